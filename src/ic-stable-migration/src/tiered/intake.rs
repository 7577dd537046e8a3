//! Entries that are taken from a payload while it is decoded, instead of going to the heap.

use std::cell::RefCell;
use std::rc::Rc;

/// What takes the entries of maps. Maps come one after the other, in the order in which the payload has them.
pub trait Intake {
    /// A map begins; its number is remembered with it.
    fn begin(&self) -> usize;

    /// Whether the order of keys matters: they are decoded for that.
    fn asks_for_order(&self) -> bool;

    /// The next entry of map `map`, encoded. `ascending` says whether its key comes after the one before it, in the order
    /// of its type; true where nobody asked.
    ///
    /// # Errors
    /// A sentence, if the entry cannot be taken.
    fn entry(&self, map: usize, key: &[u8], value: &[u8], ascending: bool) -> Result<(), String>;
}

thread_local! {
    static INTAKE: RefCell<Option<Rc<dyn Intake>>> = const { RefCell::new(None) };
}

/// Decodes with an intake for every map's entries.
pub fn through<R>(intake: Rc<dyn Intake>, decode: impl FnOnce() -> R) -> R {
    /// Takes the intake away again, also where decoding panics.
    struct Guard;
    impl Drop for Guard {
        fn drop(&mut self) {
            INTAKE.set(None);
        }
    }
    let _guard = Guard;
    INTAKE.set(Some(intake));
    decode()
}

/// The intake of the decoding that is under way, if it has one.
pub fn current() -> Option<Rc<dyn Intake>> {
    INTAKE.with_borrow(Clone::clone)
}
