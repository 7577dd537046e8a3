//! Reports as pages: one module for each, all in the design of the crate `page`.

#[cfg(feature = "run")]
mod check;
mod map;
mod memory;
mod moving;
mod origin;
mod owners;
#[cfg(feature = "run")]
mod rehearsal;
mod standing;
#[cfg(feature = "run")]
mod upgrade;
mod waste;

#[cfg(feature = "run")]
pub use check::check_html;
pub use memory::html;
pub use origin::Origin;
#[cfg(feature = "run")]
pub use rehearsal::rehearsal_html;
#[cfg(feature = "run")]
pub use upgrade::upgrade_html;
