use super::*;

fn filled(pages: u64) -> StableMemory {
    let bytes: Vec<u8> = (0..pages * PAGE_SIZE).map(|i| (i / 7) as u8).collect();
    StableMemory::from(bytes.as_slice())
}

#[test]
fn a_write_shows_in_one_copy_and_not_in_the_other() {
    let before = filled(2);
    let mut after = before.clone();
    after.write(70_000, b"hello").unwrap();

    let mut there = [0; 5];
    after.read(70_000, &mut there).unwrap();
    assert_eq!(&there, b"hello");
    assert_eq!(before.to_vec().unwrap(), filled(2).to_vec().unwrap());
    assert_eq!(before.first_difference(&after).unwrap(), Some(69_632));
}

#[test]
fn a_block_counts_as_dirty_once_between_two_copies() {
    let committed = filled(1);
    let mut working = committed.clone();
    assert_eq!(
        working.write(4_000, &[1; 200]).unwrap(),
        2,
        "the range crosses a border"
    );
    assert_eq!(working.write(4_000, &[2; 200]).unwrap(), 0);
    assert_eq!(working.write(8_192, &[3]).unwrap(), 1);
    assert_eq!(working.grow(1, 10), Some(1));
    assert_eq!(working.write(PAGE_SIZE, &[4; 8_192]).unwrap(), 2);

    let mut next = working.clone();
    assert_eq!(next.write(4_000, &[5; 200]).unwrap(), 2);
}

#[test]
fn a_grow_past_the_limit_changes_nothing() {
    let mut memory = filled(1);
    assert_eq!(memory.grow(3, 3), None);
    assert_eq!(memory.grow(u64::MAX, u64::MAX), None);
    assert_eq!(memory.pages(), 1);
    assert_eq!(memory.grow(2, 3), Some(1));
    assert_eq!(memory.pages(), 3);
}

#[test]
fn what_is_outside_is_refused_with_the_range_and_the_size() {
    let mut memory = filled(1);
    let error = memory.write(65_530, b"too long").unwrap_err();
    assert_eq!(
        error.to_string(),
        "stable memory range 65530+8 is outside the 1 pages there are"
    );
    assert!(memory.read(u64::MAX, &mut [0; 2]).is_err());
    assert_eq!(memory.read(65_536, &mut []).ok(), Some(()));
}

struct Pattern {
    len: u64,
    broken_at: u64,
}

impl StableSource for Pattern {
    fn len(&self) -> u64 {
        self.len
    }
    fn read_at(&self, offset: u64, target: &mut [u8]) -> io::Result<()> {
        if offset >= self.broken_at {
            return Err(io::Error::other("bad sector"));
        }
        for (i, b) in target.iter_mut().enumerate() {
            *b = ((offset + i as u64) >> 12) as u8;
        }
        Ok(())
    }
}

#[test]
fn a_source_of_hundreds_of_gib_is_read_only_where_it_is_asked() {
    let len = 400 << 30;
    let mut memory = StableMemory::over(Arc::new(Pattern {
        len,
        broken_at: u64::MAX,
    }));
    assert_eq!(memory.size(), len);
    let mut here = [0; 3];
    memory.read(len - 4_097, &mut here).unwrap();
    assert_eq!(here, [0xfe, 0xff, 0xff]);

    memory.write(len - 1, &[7]).unwrap();
    memory.read(len - 3, &mut here).unwrap();
    assert_eq!(
        here,
        [0xff, 0xff, 7],
        "the rest of the block came from the source"
    );
}

#[test]
fn behind_the_end_of_the_source_there_are_zeros() {
    let mut memory = StableMemory::over(Arc::new(Pattern {
        len: 70_000,
        broken_at: u64::MAX,
    }));
    assert_eq!(memory.pages(), 2);
    memory.grow(1, 3);
    let mut here = [9; 2];
    memory.read(69_999, &mut here).unwrap();
    assert_eq!(here, [(69_999 >> 12) as u8, 0]);
    memory.read(140_000, &mut here).unwrap();
    assert_eq!(here, [0, 0]);
}

#[test]
fn a_failing_source_is_an_error_and_not_zeros() {
    let memory = StableMemory::over(Arc::new(Pattern {
        len: 65_536,
        broken_at: 8_192,
    }));
    assert!(memory.read(0, &mut [0; 16]).is_ok());
    let error = memory.read(8_192, &mut [0; 16]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "stable memory at 8192 could not be read from its source: bad sector"
    );
}

#[test]
fn the_written_blocks_are_told_apart_from_the_source() {
    let source = Pattern {
        len: 400 << 30,
        broken_at: u64::MAX,
    };
    let mut memory = StableMemory::over(Arc::new(source));
    assert_eq!(memory.written_blocks().count(), 0);
    for at in [399 << 30, 5, 4_095, 3 << 30, 2 << 20] {
        memory.write(at, &[1]).unwrap();
    }
    let written: Vec<u64> = memory.written_blocks().collect();
    assert_eq!(written, [0, 2 << 20, 3 << 30, 399 << 30]);
}
