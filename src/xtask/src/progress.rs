//! Progress of long steps, on a terminal only.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that counts up to `steps`. Nothing is shown where standard error is no terminal.
pub fn bar(doing: &str, steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:32} {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(steps as u64).with_message(doing.to_owned());
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A sign of life for a step of unknown length.
pub fn spinner(doing: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(doing.to_owned());
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
