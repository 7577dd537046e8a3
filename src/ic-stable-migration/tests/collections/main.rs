//! Kinds of collections, each held against what it would be on the heap: before the move, while it goes on, and after it.

mod indexed;
mod moving;
mod reshaped;
mod sets_and_lists;
mod versions;
