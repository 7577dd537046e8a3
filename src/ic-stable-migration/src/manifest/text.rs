//! Writing a manifest while the module is compiled: once to count its bytes, once to have them.

/// Writes to what there is room for, and counts the rest.
pub struct Text<'a> {
    out: &'a mut [u8],
    at: usize,
}

impl<'a> Text<'a> {
    pub const fn over(out: &'a mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// Bytes written or counted.
    pub const fn len(&self) -> usize {
        self.at
    }

    const fn byte(&mut self, byte: u8) {
        if self.at < self.out.len() {
            self.out[self.at] = byte;
        }
        self.at += 1;
    }

    const fn bytes(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            assert!(
                bytes[at] >= b' ' && bytes[at] != 0x7f,
                "a name in the manifest has no control characters"
            );
            self.byte(bytes[at]);
            at += 1;
        }
    }

    /// Begins a line with its first word.
    pub const fn line(&mut self, word: &str) {
        self.byte(b'\n');
        self.bytes(word);
    }

    /// The next field of the line.
    pub const fn field(&mut self, text: &str) {
        self.byte(b'\t');
        self.bytes(text);
    }

    /// The next field of the line: a type as the source writes it, whose line ends become spaces.
    pub const fn source(&mut self, text: &str) {
        self.byte(b'\t');
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let control = bytes[at] < b' ' || bytes[at] == 0x7f;
            self.byte(if control { b' ' } else { bytes[at] });
            at += 1;
        }
    }

    /// The next field of the line.
    pub const fn number(&mut self, number: u64) {
        self.byte(b'\t');
        self.digits(number);
    }

    /// The next field of the line: a sign and a number.
    pub const fn signed(&mut self, sign: u8, number: u64) {
        self.byte(b'\t');
        self.byte(sign);
        self.digits(number);
    }

    const fn digits(&mut self, number: u64) {
        let mut unit = 1;
        while number / unit >= 10 {
            unit *= 10;
        }
        while unit > 0 {
            self.byte(b'0' + (number / unit % 10) as u8);
            unit /= 10;
        }
    }

    /// Ends the last line.
    pub const fn end(&mut self) {
        self.byte(b'\n');
    }
}
