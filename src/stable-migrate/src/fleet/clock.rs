//! What time it is.

use std::time::{SystemTime, UNIX_EPOCH};

use ::fleet::Time;

use crate::date::date_text;

/// Where a runner gets the time from.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Seconds since a moment, added to a time: in tests, where time passes when nothing else does.
    Since(tokio::time::Instant, Time),
}

impl Clock {
    /// Now, in whole seconds.
    pub fn now(&self) -> Time {
        match self {
            Self::System => {
                let since = SystemTime::now().duration_since(UNIX_EPOCH);
                Time(since.map_or(0, |since| since.as_secs()))
            }
            Self::Since(start, time) => time.after(start.elapsed().as_secs()),
        }
    }
}

/// A time as people write it: `2026-11-30 17:54:13`, UTC.
pub fn time_text(time: Time) -> String {
    date_text(time.0)
}
