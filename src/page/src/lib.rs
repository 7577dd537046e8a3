//! One design for every page that says how something stands: a memory, a move, a rehearsal, a fleet.
//!
//! A [`Page`] begins with its verdict, in a word, a colour and a symbol; then what that means, the next command to type, and
//! the facts. [`Section`]s follow, made of [`Html`], which is markup that is known to be safe: every text that comes from
//! elsewhere is escaped on its way into it, so that no name brings an element into a page.
//!
//! A page is one string without a script, and its policy forbids any; nothing is fetched. It follows the reader's choice of
//! light or dark, can be read from 320 pixels on, and says nothing by colour alone. The crate needs no other and no
//! operating system: canisters serve pages made with it.
//!
//! ```
//! use page::{Html, Page, Section, Tone, Verdict};
//!
//! let body = Html::progress("posts", 812, 1_300, "812 of 1 300 moved");
//! let page = Page::new("Migration", "rrkah-fqaaa-aaaaa-aaaaq-cai", Verdict::new(Tone::Waiting, "Moving"))
//!     .meaning("Every call is answered as before while the collections move.")
//!     .next("Look again", "icp canister call my_canister migration_status")
//!     .fact("Release", "2")
//!     .section(Section::new("collections", "Collections", body))
//!     .html();
//! assert!(page.starts_with("<!doctype html>"));
//! ```

#![no_std]

extern crate alloc;

mod bar;
mod document;
mod fill;
mod html;
mod share;
mod table;
mod term;
mod treemap;
mod verdict;

pub use bar::Bar;
pub use document::{Page, STYLE, Section};
pub use fill::Fill;
pub use html::{Html, escape};
pub use table::{Column, Table};
pub use treemap::{Tile, treemap};
pub use verdict::{Tone, Verdict};
