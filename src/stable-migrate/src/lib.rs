//! Looks into the stable memory of a downloaded canister snapshot, rehearses upgrades on it, makes it smaller, takes it
//! forward to a new layout or back to the old one, and upgrades a fleet of canisters on the network.
//!
//! The library behind the command-line tool of the same name. Nothing but [`fleet`] talks to a network, and nothing
//! writes over a file but its journal: what is made appears under a new name when it is complete.

mod buckets;
#[cfg(feature = "run")]
mod check;
mod compaction;
#[cfg(feature = "run")]
mod config;
#[cfg(feature = "run")]
mod cost;
mod date;
mod diff;
mod error;
#[cfg(feature = "fleet")]
pub mod fleet;
mod hex;
mod image;
mod input;
mod interrupt;
mod module;
#[cfg(feature = "run")]
mod offline;
mod patch;
mod progress;
mod quantity;
mod recognition;
mod report;
#[cfg(feature = "run")]
mod run;
mod snapshot_dir;
mod source;
mod sparse;
mod staging;
mod structure;
mod survey;
mod table;
#[cfg(test)]
mod test_images;
mod units;
mod virtual_memory;

#[doc = include_str!("error/codes.md")]
pub mod codes {}

#[cfg(feature = "run")]
pub use canister_questions::did_you_mean;
#[cfg(feature = "run")]
pub use check::{
    Before, Checked, Finding, Heap, MemoryFacts, Outline, Said, Severity, Side, check,
};
pub use compaction::{BucketChoice, Compaction, RepackOutcome, Repacked};
#[cfg(feature = "run")]
pub use config::{
    Assumption, CONFIG_FILE, Config, NetworkFacts, Settings, ValueSource, assumptions_text,
};
#[cfg(feature = "run")]
pub use cost::{
    Basis, CanisterCost, Effort, FleetCost, FleetMigration, MAX_CANISTERS, MigrationCost, Paid,
    Releases, STATIONS, Sample, Spread, StationCost, Terms, parse_sizes,
};
pub use diff::{Both, EntriesDiff, FieldDiff, MemoryDiff, ProgramDiff, SnapshotDiff};
pub use error::{DAMAGED, Error, NOT_HELD, Result, explain};
pub use hex::{hex, unhex};
pub use image::Image;
pub use input::{read as read_file, read_text};
pub use interrupt::{clean_up_when_interrupted, end_unfinished};
#[cfg(feature = "run")]
pub use module::ModuleWeight;
pub use module::{follows_a_rewrite, uses_this_library};
#[cfg(feature = "run")]
pub use offline::{Goal, OfflineRevert, OfflineUpgrade, Outcome};
pub use patch::{Patch, extract};
pub use progress::Progress;
pub use quantity::{parse_bytes, parse_cycles, parse_seconds};
pub use recognition::{Certainty, Frame, Kind};
pub use report::{Origin, Report, content_text, diff_text, html, layout_text, text};
#[cfg(feature = "run")]
pub use report::{
    check_html, check_text, rehearsal_html, rehearsal_text, revert_text, upgrade_html, upgrade_text,
};
#[cfg(feature = "run")]
pub use run::{
    Asking, Compared, Coverage, Difference, Failed, FaultRun, Hook, Interface, MoveOutcome, Moved,
    NO_ARGUMENT, NotAsked, OwnSettings, Price, Rehearsal, Rehearsed, Room, STEP_METHOD, Setting,
    Step, Upgraded, of_bare, of_directory, write_snapshot,
};
pub use snapshot_dir::{MAX_MODULE, Metadata, NewSnapshotDir, SnapshotDir, is_snapshot};
pub use source::{Rest, Source};
pub use staging::{NewDir, NewFile, check_new};
pub use structure::{BTree, Depth, KeyField, Slots, Structure, Walk};
pub use survey::{
    Behind, Content, DifferenceSurvey, Forecast, ForeignSurvey, GivesBack, INSTALL_INSTRUCTIONS,
    JournalSurvey, JournaledCollectionSurvey, Layout, LegacySurvey, ManagedSurvey, MemorySurvey,
    MoveVerdict, RegisteredSurvey, RightSize, SavedState, StuckSurvey, Survey, ValueSurvey, Waste,
    WasteKind, WastePart, Way,
};
pub use table::table_lines;
pub use units::{
    bytes_text, count_text, cycles_text, duration_text, instructions_text, number_text,
    saving_text, share_text, shortened,
};
