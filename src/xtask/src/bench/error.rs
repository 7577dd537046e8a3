//! Why a bench has no figures.

use crate::journey::MoveError;
use crate::rehearsal::RehearsalError;

/// Why a bench stopped.
#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    /// A size that does not exist.
    #[error("there is no size {name:?}; there are {known}")]
    NoSize {
        /// The name that was asked for.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The memory that all start from could not be made.
    #[error("the memory of the size {size} could not be made: {source}")]
    Prepare {
        /// The size.
        size: &'static str,
        /// What refused, and why.
        source: Box<RehearsalError>,
    },
    /// The value that all start from could not be encoded or is not one.
    #[error("the legacy value of the size {size} is not one: {reason}")]
    Value {
        /// The size.
        size: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The memory that all start from is not there.
    #[error("the memory of the size {size} is not in ../shared/fixtures")]
    NoFixture {
        /// The size.
        size: &'static str,
    },
    /// A contender could not be asked, or its move did not come to its end.
    #[error("{contender} at the size {size}: {source}")]
    Contender {
        /// The size.
        size: &'static str,
        /// The contender.
        contender: &'static str,
        /// Why.
        source: Box<MoveError>,
    },
    /// A contender tells of its content in a way that is not understood.
    #[error("{contender} at the size {size} does not tell what it holds: {reason}")]
    Untold {
        /// The size.
        size: &'static str,
        /// The contender.
        contender: &'static str,
        /// What is wrong with the answer.
        reason: String,
    },
    /// A contender holds something else than the others.
    #[error(
        "{contender} at the size {size} holds {found} in {collection}, where {reference} holds {expected}: \
         figures of different contents do not compare"
    )]
    Content {
        /// The size.
        size: &'static str,
        /// The contender.
        contender: &'static str,
        /// The contender it is compared with.
        reference: &'static str,
        /// The collection.
        collection: String,
        /// What it holds.
        found: String,
        /// What it should.
        expected: String,
    },
    /// Some figures got worse.
    #[error(
        "{count} figures are more than {tolerance} % worse than in bench/results.json; if that is meant, \
         `cargo xtask bench --record` writes them down"
    )]
    Worse {
        /// How many.
        count: usize,
        /// How much may be.
        tolerance: u64,
    },
    /// There are no figures to compare with, or to make a page of.
    #[error("there is no bench/results.json; `cargo xtask bench --record` writes it")]
    NotRecorded,
    /// A chart could not be drawn.
    #[error("the chart {name} could not be drawn: {reason}")]
    Chart {
        /// Its file.
        name: &'static str,
        /// What the plotter said.
        reason: String,
    },
}
