//! A command that is stopped by a signal takes what it has not finished with it.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;

use crate::staging;

/// From now on SIGINT and SIGTERM end the process as they would have, but remove unfinished output first.
///
/// # Errors
/// The system's, if it takes no handler.
pub fn clean_up_when_interrupted() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::spawn(move || {
        for signal in &mut signals {
            staging::remove_unfinished(|| {
                // Ends the process; where it could not, the next signal is waited for.
                let _ = emulate_default_handler(signal);
            });
        }
    });
    Ok(())
}

/// Removes unfinished output and ends the process as the signal does.
pub fn end_unfinished(signal: i32) {
    staging::remove_unfinished(|| {
        let _ = emulate_default_handler(signal);
    });
}
