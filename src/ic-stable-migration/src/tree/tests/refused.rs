//! What a builder refuses, and in which words.

use ic_stable_structures::VectorMemory;

use super::super::testing::*;
use super::super::{Run, TreeBuilder, TreeError};
use crate::registry::Size;
use crate::test_memory::Capped;

#[test]
fn a_page_is_not_smaller_than_the_crate_allows() {
    let refused = TreeBuilder::new(
        VectorMemory::default(),
        Size::Unbounded,
        Size::Unbounded,
        127,
    );
    assert_eq!(
        refused.err(),
        Some(TreeError::SmallPage { page_bytes: 127 })
    );
}

#[test]
fn a_memory_that_does_not_grow_is_an_error_at_every_page() {
    let entries = entries::<u64, String>(1_000);
    let page = page_for(&entries);
    let needed = build(&entries).pages();
    assert!(needed > 8);
    for max_pages in 0..=needed {
        let memory = Capped {
            memory: VectorMemory::default(),
            max_pages,
        };
        let mut builder =
            TreeBuilder::new(memory, Size::Exactly(8), Size::Unbounded, page).unwrap();
        let mut run = builder.run();
        let pushed = entries.iter().try_for_each(|(key, value)| {
            builder.push(&mut run, &key.to_be_bytes(), value.as_bytes())
        });
        let finished = builder.finish([run]);
        if max_pages == needed {
            assert!(finished.is_ok());
            break;
        }
        let refused = finished.err().unwrap();
        assert!(pushed.is_ok() || pushed == Err(refused.clone()));
        let TreeError::OutOfMemory { pages, wanted } = refused else {
            panic!("{refused}");
        };
        assert!(pages <= max_pages && max_pages < wanted && wanted <= needed);
    }
}

fn numbers() -> TreeBuilder<VectorMemory> {
    let memory = VectorMemory::default();
    TreeBuilder::new(memory, Size::Exactly(8), Size::UpTo(4), 200).unwrap()
}

fn push(builder: &mut TreeBuilder<VectorMemory>, run: &mut Run, from: u64, count: u64) {
    for i in from..from + count {
        builder.push(run, &i.to_be_bytes(), b"v").unwrap();
    }
}

#[test]
fn an_entry_of_a_wrong_size_is_refused_and_others_follow() {
    let mut builder = numbers();
    let mut run = builder.run();
    push(&mut builder, &mut run, 0, 20);
    let key = builder.push(&mut run, b"short", b"v").unwrap_err();
    assert_eq!(
        key.to_string(),
        "E702: the key of entry 20 has 5 bytes, and the type is of exactly 8 bytes"
    );
    let value = builder.push(&mut run, &[9; 8], b"longer").unwrap_err();
    assert_eq!(
        value.to_string(),
        "E702: the value of entry 20 has 6 bytes, and the type is of at most 4 bytes"
    );
    push(&mut builder, &mut run, 20, 20);
    assert_eq!(run.entries(), 40);
    assert_eq!(builder.finish([run]).unwrap().entries, 40);
}

#[test]
fn a_run_that_is_left_out_is_missed() {
    let mut builder = numbers();
    let (mut first, mut second) = (builder.run(), builder.run());
    push(&mut builder, &mut first, 0, 30);
    push(&mut builder, &mut second, 30, 2);
    let missing = builder.finish([first]).unwrap_err();
    let (pushed, joined) = (32, 30);
    assert_eq!(missing, TreeError::MissingEntries { pushed, joined });
}

#[test]
fn a_run_of_another_builder_is_refused() {
    let (mut builder, mut other) = (numbers(), numbers());
    let (mut own, mut foreign) = (builder.run(), other.run());
    push(&mut builder, &mut own, 0, 30);
    push(&mut other, &mut foreign, 30, 30);
    let refused = builder.finish([own, foreign]).unwrap_err();
    assert_eq!(refused, TreeError::ForeignRun { index: 1 });
    // What was pushed with the wrong builder is missed in the right one.
    let (mut builder, mut other) = (numbers(), numbers());
    let mut run = builder.run();
    push(&mut other, &mut run, 0, 30);
    let missing = builder.finish([run]).unwrap_err();
    assert_eq!(
        missing,
        TreeError::MissingEntries {
            pushed: 0,
            joined: 30
        }
    );
}
