//! Whatever is in a memory, the tool tells what it is, and the telling has a text, a page and JSON.

#![no_main]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::rc::Rc;

use fuzz::image::Image;
use libfuzzer_sys::fuzz_target;
use stable_migrate::{Depth, Origin, Report, Survey, html, text};

fuzz_target!(|input: &[u8]| {
    if let Some(image) = Image::of(input) {
        survey(&image.bytes);
    }
});

fn survey(bytes: &[u8]) {
    let image = Rc::new(stable_migrate::Image::of(Path::new("input"), file(bytes)).unwrap());
    for depth in [Depth::Headers, Depth::Everything] {
        let mut dealt_with = 0;
        let survey = Survey::of(&image, depth, &mut |bytes| dealt_with += bytes).unwrap();
        assert!(dealt_with <= image.bytes());
        let report = Report {
            path: "input".into(),
            snapshot: None,
            survey,
        };
        text(&report);
        html(&report, &Origin::default());
        serde_json::to_string(&report).unwrap();
    }
}

/// A file without a name that starts with `bytes`, in whole pages.
fn file(bytes: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(bytes, 0).unwrap();
    let pages = (bytes.len() as u64).next_multiple_of(1 << 16);
    file.set_len(pages).unwrap();
    file
}
