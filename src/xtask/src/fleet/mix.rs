//! What a fleet is made of: how many users have how much, and which canisters have something wrong with them.

use std::str::FromStr;

use fleet::ModuleHash;
use fleet::model::Flaw;

/// Shares of the users by how much they have: sizes of the bench, each with its share. Nobody has counted a real fleet
/// for this; a fleet's own shares are given with `--sizes`.
pub const SIZES: &str = "empty:60,10:25,100:12,1000:3";

/// Users by how much they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shares(Vec<(String, u32)>);

impl Shares {
    /// The size that belongs to a number.
    pub fn pick(&self, number: u64) -> &str {
        let all: u64 = self.0.iter().map(|(_, share)| u64::from(*share)).sum();
        let mut left = number % all.max(1);
        for (size, share) in &self.0 {
            match left.checked_sub(u64::from(*share)) {
                Some(less) => left = less,
                None => return size,
            }
        }
        ""
    }
}

impl FromStr for Shares {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let share = |part: &str| {
            let (size, share) = part.split_once(':')?;
            let share: u32 = share.trim().parse().ok()?;
            Some((size.trim().to_owned(), share))
        };
        let shares: Option<Vec<_>> = text.split(',').map(share).collect();
        match shares {
            Some(shares) if shares.iter().any(|(_, share)| *share > 0) => Ok(Self(shares)),
            _ => Err(format!(
                "'{text}' is no list of SIZE:SHARE, as in {SIZES}, with a share above 0"
            )),
        }
    }
}

/// What can be wrong with a canister, in turn: each as often as the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Told to the model.
    Flaw(Flaw),
    /// Somebody stopped it.
    Stopped,
    /// It has fewer cycles than it needs.
    FewCycles,
    /// It runs a module that nobody knows.
    Foreign,
}

/// Everything that can be wrong with a canister on its way through two stages.
pub fn wrongs(first: ModuleHash, second: ModuleHash) -> Vec<Wrong> {
    let flaws = [
        Flaw::NotControlled,
        Flaw::Gone,
        Flaw::KeepsCalls(2),
        Flaw::KeepsCalls(1_000),
        Flaw::Traps(first),
        Flaw::Traps(second),
        Flaw::Stuck(second),
        Flaw::Differs(first),
        Flaw::WrongAnswers(second),
    ];
    let others = [Wrong::Stopped, Wrong::FewCycles, Wrong::Foreign];
    flaws.into_iter().map(Wrong::Flaw).chain(others).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_picked_as_often_as_their_share_says() {
        let shares: Shares = "empty:3,10:1".parse().unwrap();
        let picked: Vec<&str> = (0..8).map(|number| shares.pick(number)).collect();
        assert_eq!(picked, ["empty", "empty", "empty", "10"].repeat(2));
        assert!("".parse::<Shares>().is_err());
        assert!("10:0".parse::<Shares>().is_err());
        assert!(SIZES.parse::<Shares>().is_ok());
    }
}
