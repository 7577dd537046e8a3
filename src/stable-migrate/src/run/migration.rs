//! Whether a canister's migration is done: the one place that knows which query tells, and how.

use candid::types::value::VariantValue;
use candid::{IDLArgs, IDLValue, idl_hash};

/// The query that tells where a migration stands.
pub const STATUS_QUERY: &str = "migration_status";

/// Queries that report on memory itself, and so answer otherwise after every upgrade.
pub const REPORTS: [&str; 2] = [STATUS_QUERY, "memory_report"];

/// The field, anywhere in the status, that holds the phase; a variant.
const PHASE: &str = "phase";

/// Where a migration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is none, or it is through.
    Done,
    /// It goes on.
    UnderWay,
    /// It found that something is wrong, or stopped; the phase's name.
    Failed(&'static str),
}

/// Reads a status. A reply without a phase is one of a release that moves nothing.
///
/// # Errors
/// A sentence, if the reply is not Candid.
pub fn standing(reply: &[u8]) -> Result<Standing, String> {
    let args = IDLArgs::from_bytes(reply).map_err(|error| error.to_string())?;
    let mut standing = Standing::Done;
    for phase in args.args.iter().flat_map(phases) {
        let failed = ["Differs", "Stuck"]
            .into_iter()
            .find(|name| idl_hash(name) == phase);
        match failed {
            Some(name) => return Ok(Standing::Failed(name)),
            None if phase == idl_hash("Done") => {}
            None => standing = Standing::UnderWay,
        }
    }
    Ok(standing)
}

/// The cases, by their hashes, of every variant in a field called [`PHASE`].
fn phases(value: &IDLValue) -> Vec<u32> {
    match value {
        IDLValue::Opt(inner) => phases(inner),
        IDLValue::Vec(elements) => elements.iter().flat_map(phases).collect(),
        IDLValue::Variant(VariantValue(field, _)) => phases(&field.val),
        IDLValue::Record(fields) => fields
            .iter()
            .flat_map(|field| match &field.val {
                IDLValue::Variant(VariantValue(case, _))
                    if field.id.get_id() == idl_hash(PHASE) =>
                {
                    vec![case.id.get_id()]
                }
                other => phases(other),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use candid::{CandidType, encode_args};
    use ic_stable_migration::Phase;

    use super::*;

    #[derive(CandidType)]
    struct Status {
        release: u32,
        moving: Option<Moving>,
    }

    #[derive(CandidType)]
    struct Moving {
        phase: Phase,
        left: u64,
    }

    fn standing_of(phase: Option<Phase>) -> Standing {
        let moving = phase.map(|phase| Moving { phase, left: 3 });
        standing(&encode_args((Status { release: 2, moving },)).unwrap()).unwrap()
    }

    #[test]
    fn the_phase_tells_wherever_it_stands() {
        assert_eq!(standing_of(None), Standing::Done);
        assert_eq!(standing_of(Some(Phase::Done)), Standing::Done);
        assert_eq!(standing_of(Some(Phase::Moving)), Standing::UnderWay);
        assert_eq!(standing_of(Some(Phase::Auditing)), Standing::UnderWay);
        assert_eq!(standing_of(Some(Phase::Stuck)), Standing::Failed("Stuck"));
        assert_eq!(
            standing_of(Some(Phase::Differs)),
            Standing::Failed("Differs")
        );
    }

    #[test]
    fn a_reply_that_is_not_candid_is_an_error() {
        assert!(standing(b"hello").is_err());
    }
}
