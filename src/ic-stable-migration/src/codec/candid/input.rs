//! The bytes of a message as they come.

use std::io::Read;

use crate::codec::io_reason;

/// Bytes that a growing buffer asks for before the first of them has arrived.
const FIRST_STEP_BYTES: u64 = 64 << 10;

/// So few bytes are read at once: room for them costs less than asking whether they come.
const FEW_BYTES: u64 = 1 << 10;

/// A stream that keeps what was read from it, or what is wanted of it.
pub struct Input<'r> {
    reader: &'r mut dyn Read,
    /// What was read and kept.
    pub kept: Vec<u8>,
    /// Whether what is read is kept.
    pub keeps: bool,
    /// Bytes read.
    pub read: u64,
}

impl<'r> Input<'r> {
    /// A stream of which everything is kept.
    pub fn new(reader: &'r mut dyn Read) -> Self {
        Self {
            reader,
            kept: Vec::new(),
            keeps: true,
            read: 0,
        }
    }

    /// Reads `count` bytes; the buffer grows as they arrive, so a false count cannot make it large.
    pub fn skip(&mut self, count: u64) -> Result<(), String> {
        if count <= FEW_BYTES {
            let start = self.kept.len();
            self.kept.resize(start + count as usize, 0);
            let arrived = self.reader.read_exact(&mut self.kept[start..]);
            if !self.keeps || arrived.is_err() {
                self.kept.truncate(start);
            }
            self.read += count;
            return arrived.map_err(io_reason);
        }
        let mut left = count;
        while left > 0 {
            let start = self.kept.len();
            let step = left.min(FIRST_STEP_BYTES.max(if self.keeps { start as u64 } else { 0 }));
            self.kept.reserve_exact(step as usize);
            let arrived = (&mut *self.reader).take(step).read_to_end(&mut self.kept);
            if arrived.map_err(io_reason)? as u64 != step {
                return Err(ended());
            }
            if !self.keeps {
                self.kept.truncate(start);
            }
            self.read += step;
            left -= step;
        }
        Ok(())
    }

    pub fn byte(&mut self) -> Result<u8, String> {
        let mut byte = [0];
        self.reader.read_exact(&mut byte).map_err(io_reason)?;
        if self.keeps {
            self.kept.push(byte[0]);
        }
        self.read += 1;
        Ok(byte[0])
    }

    /// An unsigned number of at most 64 bits.
    pub fn leb(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a length of more than 64 bits".into())
    }

    /// A type: an entry of the table, or a negative number for one that has a name.
    pub fn sleb(&mut self) -> Result<i64, String> {
        let mut value = 0i64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let unused = 64 - shift - 7;
                return Ok(if unused > 0 {
                    value << unused >> unused
                } else {
                    value
                });
            }
        }
        Err("a type of more than 63 bits".into())
    }

    /// A reference by value: the tag 1.
    pub fn reference(&mut self) -> Result<(), String> {
        match self.byte()? {
            1 => Ok(()),
            tag => Err(format!("reference tag {tag}")),
        }
    }

    pub fn principal(&mut self) -> Result<(), String> {
        self.reference()?;
        let length = self.leb()?;
        self.skip(length)
    }
}

#[cold]
fn ended() -> String {
    "the memory ends inside the value".into()
}
