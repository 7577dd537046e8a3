//! Progress of long steps, on a terminal only. What is shown goes away when its value is dropped.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};

/// A bar that counts up to `steps`. Nothing is shown where standard error is no terminal.
pub fn bar(doing: &str, steps: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:32} {bar:40} {pos}/{len} {eta}");
    let bar = ProgressBar::new(steps as u64)
        .with_message(doing.to_owned())
        .with_finish(ProgressFinish::AndClear);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// A sign of life for a step of unknown length.
pub fn spinner(doing: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner()
        .with_message(doing.to_owned())
        .with_finish(ProgressFinish::AndClear);
    spinner.enable_steady_tick(Duration::from_millis(120));
    spinner
}
