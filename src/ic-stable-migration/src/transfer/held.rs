//! A memory that was written, and is read once more while its pages are taken.

use std::cell::RefCell;
use std::rc::Rc;

use ic_stable_structures::Memory;

use super::pages::Pages;
use super::target::Target;
use crate::bucket_plan::PAGE_BYTES;

/// A memory of which every byte is read once, in any order: a page is given up when as many have been read as it has. The
/// first and the last are kept to the end, because a map has a header there and what nobody reads.
pub struct Held<M: Memory> {
    pages: Rc<Pages<M>>,
    /// The place of each page, and its bytes that are to be read.
    left: RefCell<Vec<(usize, u64)>>,
}

impl<M: Memory> Held<M> {
    /// Holds the pages of `target`, of which the buckets may be given out anew after that.
    pub fn of(pages: &Rc<Pages<M>>, target: &Target<M>) -> Self {
        let bucket_pages = pages.bucket_pages();
        let places = target.buckets().into_iter().flat_map(|bucket| {
            let first = 1 + bucket * bucket_pages;
            first..first + bucket_pages
        });
        let held = places.take(target.size() as usize);
        Self {
            left: RefCell::new(held.map(|page| (pages.hold(page), PAGE_BYTES)).collect()),
            pages: Rc::clone(pages),
        }
    }

    fn note_read(&self, page: usize, bytes: u64) {
        let mut left = self.left.borrow_mut();
        let ends = page == 0 || page + 1 == left.len();
        if let Some((at, left)) = left.get_mut(page).filter(|_| !ends) {
            *left = left.saturating_sub(bytes);
            if *left == 0 {
                self.pages.release(*at);
            }
        }
    }
}

impl<M: Memory> Drop for Held<M> {
    fn drop(&mut self) {
        for (at, _) in self.left.borrow().iter() {
            self.pages.release(*at);
        }
    }
}

impl<M: Memory> Memory for Held<M> {
    fn size(&self) -> u64 {
        self.left.borrow().len() as u64
    }

    fn grow(&self, _pages: u64) -> i64 {
        -1
    }

    fn read(&self, offset: u64, dst: &mut [u8]) {
        let mut done = 0;
        while done < dst.len() {
            let offset = offset + done as u64;
            let page = (offset / PAGE_BYTES) as usize;
            let within = offset % PAGE_BYTES;
            let piece = (dst.len() - done).min((PAGE_BYTES - within) as usize);
            if let Some(&(at, _)) = self.left.borrow().get(page) {
                self.pages.read_at(at, within, &mut dst[done..done + piece]);
            }
            self.note_read(page, piece as u64);
            done += piece;
        }
    }

    /// Nothing: a reader does not write.
    fn write(&self, _offset: u64, _src: &[u8]) {}
}
