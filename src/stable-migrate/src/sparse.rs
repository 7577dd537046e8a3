//! Files with holes: where their data is, and how to write one.
//!
//! A stable memory of 100 GiB may hold a few MiB of data. The file system knows which parts of a file were never
//! written, so those need not be read, and what is nothing but zeros need not be written.

use std::fs::File;
use std::io::{self, Write};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// Unit in which zeros are left out when a file is written: the usual block of a file system.
const BLOCK: usize = 4_096;

/// The first stretch of `file` at or after `from` that may hold anything but zeros; `None` if there is none. On a
/// file system that does not tell, the rest of the file is that stretch.
///
/// # Errors
/// The system's, for a file that cannot be searched.
pub fn next_data(file: &File, from: u64) -> io::Result<Option<Range<u64>>> {
    let length = file.metadata()?.len();
    if from >= length {
        return Ok(None);
    }
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{SeekFrom, seek};
        use rustix::io::Errno;
        match seek(file, SeekFrom::Data(from)) {
            Ok(start) => {
                let end = seek(file, SeekFrom::Hole(start))?;
                return Ok(Some(start..end));
            }
            Err(Errno::NXIO) => return Ok(None),
            Err(Errno::INVAL) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Some(from..length))
}

/// Writes a new file from its start on, leaving holes where whole blocks are zero.
pub struct SparseWriter {
    file: File,
    at: u64,
    /// Bytes short of a whole block.
    pending: Vec<u8>,
}

impl SparseWriter {
    /// A writer for an empty file.
    pub fn new(file: File) -> Self {
        Self {
            file,
            at: 0,
            pending: Vec::with_capacity(BLOCK),
        }
    }

    /// Bytes written so far, holes included.
    pub fn position(&self) -> u64 {
        self.at + self.pending.len() as u64
    }

    /// Goes on at `position` and leaves zeros before it; a position that was passed already is left as it is.
    ///
    /// # Errors
    /// The system's.
    pub fn skip_to(&mut self, position: u64) -> io::Result<()> {
        const ZEROS: [u8; BLOCK] = [0; BLOCK];
        let mut left = position.saturating_sub(self.position());
        if !self.pending.is_empty() {
            let fill = left.min((BLOCK - self.pending.len()) as u64);
            self.write_all(&ZEROS[..fill as usize])?;
            left -= fill;
        }
        let blocks = left / BLOCK as u64 * BLOCK as u64;
        if self.pending.is_empty() {
            self.at += blocks;
            left -= blocks;
        }
        self.write_all(&ZEROS[..left as usize])
    }

    /// Ends the file at the position reached and returns it, its content handed to the disk.
    ///
    /// # Errors
    /// The system's.
    pub fn finish(mut self) -> io::Result<File> {
        let length = self.position();
        let rest = std::mem::take(&mut self.pending);
        self.put(&rest)?;
        self.file.set_len(length)?;
        self.file.sync_all()?;
        Ok(self.file)
    }

    fn put(&mut self, block: &[u8]) -> io::Result<()> {
        if block.iter().any(|&byte| byte != 0) {
            self.file.write_all_at(block, self.at)?;
        }
        self.at += block.len() as u64;
        Ok(())
    }
}

impl Write for SparseWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let len = bytes.len().min(BLOCK - self.pending.len());
        if len == BLOCK {
            self.put(&bytes[..BLOCK])?;
            return Ok(len);
        }
        self.pending.extend_from_slice(&bytes[..len]);
        if self.pending.len() == BLOCK {
            let block = std::mem::replace(&mut self.pending, Vec::with_capacity(BLOCK));
            self.put(&block)?;
        }
        Ok(len)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn data_of(file: &File) -> Vec<Range<u64>> {
        let mut found = Vec::new();
        let mut from = 0;
        while let Some(range) = next_data(file, from).unwrap() {
            from = range.end;
            found.push(range);
        }
        found
    }

    #[test]
    fn zeros_are_left_out_of_the_file_and_read_back_as_zeros() {
        let mut writer = SparseWriter::new(tempfile::tempfile().unwrap());
        writer.write_all(b"start").unwrap();
        writer.skip_to(3 << 30).unwrap();
        writer.write_all(b"middle").unwrap();
        writer.write_all(&[0; 100_000]).unwrap();
        writer.skip_to(4 << 30).unwrap();
        let file = writer.finish().unwrap();

        let metadata = file.metadata().unwrap();
        assert_eq!(metadata.len(), 4 << 30);
        assert!(metadata.blocks() * 512 < 1 << 20, "{}", metadata.blocks());
        let mut read = [1; 10];
        file.read_exact_at(&mut read, 3 << 30).unwrap();
        assert_eq!(&read, b"middle\0\0\0\0");
        let data = data_of(&file);
        assert!(data.iter().any(|range| range.contains(&(3 << 30))));
        assert!(
            data.iter()
                .map(|range| range.end - range.start)
                .sum::<u64>()
                <= 1 << 20
        );
    }

    #[test]
    fn positions_are_kept_however_the_bytes_come() {
        let mut expected = Vec::new();
        let mut writer = SparseWriter::new(tempfile::tempfile().unwrap());
        for (i, length) in [1, 4_095, 4_096, 7, 0, 9_000, 3].into_iter().enumerate() {
            writer.write_all(&vec![i as u8; length]).unwrap();
            expected.resize(expected.len() + length, i as u8);
            let skipped = expected.len() + 1_000 * i;
            writer.skip_to(skipped as u64).unwrap();
            expected.resize(skipped, 0);
            assert_eq!(writer.position(), expected.len() as u64);
        }
        let file = writer.finish().unwrap();
        let mut found = vec![0; expected.len()];
        file.read_exact_at(&mut found, 0).unwrap();
        assert_eq!(file.metadata().unwrap().len(), expected.len() as u64);
        assert!(found == expected);
    }

    #[test]
    fn a_position_that_was_passed_is_left_alone() {
        let mut writer = SparseWriter::new(tempfile::tempfile().unwrap());
        writer.write_all(b"12345").unwrap();
        writer.skip_to(2).unwrap();
        assert_eq!(writer.position(), 5);
    }
}
