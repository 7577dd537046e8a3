//! Progress on a terminal, from the first second on.

use std::cell::Cell;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What is over sooner shows nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// Time between two signs of life.
const BEAT: Duration = Duration::from_millis(200);

/// A bar that appears on standard error if the work takes longer than a second and standard error is a terminal.
pub struct Progress {
    bar: ProgressBar,
    since: Instant,
    shown: Cell<bool>,
}

impl Progress {
    /// A bar for `bytes` of work.
    pub fn bytes(what: &str, bytes: u64) -> Self {
        Self::of(
            what,
            bytes,
            "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {eta}",
        )
    }

    /// A bar for `steps` of work.
    pub fn steps(what: &str, steps: u64) -> Self {
        Self::of(what, steps, "{msg} {wide_bar} {pos}/{len} {eta}")
    }

    /// A bar for many snapshots that are worked on side by side, shown at once: the first may take long.
    pub fn many(what: &str, snapshots: u64) -> Self {
        let progress = Self::of(
            what,
            snapshots,
            "{spinner} {msg} {wide_bar} {pos}/{len} {per_sec} {eta}",
        );
        progress.show();
        progress
    }

    /// A bar that is never shown, for one of many snapshots.
    pub fn hidden() -> Self {
        let progress = Self::of("", 0, "");
        // As if it were.
        progress.shown.set(true);
        progress
    }

    /// Does something that may write to the same terminal.
    pub fn beside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }

    /// A sign of life for work of unknown length.
    pub fn busy() -> Self {
        let progress = Self::of("", 0, "{spinner} {msg}");
        progress.show();
        progress
    }

    fn show(&self) {
        self.bar.set_draw_target(ProgressDrawTarget::stderr());
        self.bar.enable_steady_tick(BEAT);
        self.shown.set(true);
    }

    /// Says what is being done.
    pub fn say(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn of(what: &str, length: u64, template: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        Self {
            bar,
            since: Instant::now(),
            shown: Cell::new(false),
        }
    }

    /// Notes that `amount` more is done.
    pub fn add(&self, amount: u64) {
        if !self.shown.get() && self.since.elapsed() > PATIENCE {
            self.shown.set(true);
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.inc(amount);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
