//! Cycles in events, written as decimal digits: what tells an event by its tag reads numbers of 64 bits only.

use serde::{Deserialize, Deserializer, Serializer};

/// Writes the digits.
pub fn serialize<S: Serializer>(cycles: &u128, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cycles)
}

/// Reads them.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
    let digits = String::deserialize(deserializer)?;
    digits.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use crate::{Answer, Call, Event, Running, Sight, Time, What};

    #[test]
    fn an_event_with_more_cycles_than_64_bits_count_comes_back() {
        let sight = Sight {
            running: Running::Running,
            module: None,
            snapshots: vec![vec![1]],
            spare_cycles: u128::MAX,
        };
        let call = Call::Deposit { cycles: 1 << 100 };
        for what in [
            What::Answered {
                canister: 1,
                answer: Answer::Seen(sight),
            },
            What::Asked { canister: 1, call },
        ] {
            let event = Event { at: Time(1), what };
            let json = serde_json::to_string(&event).unwrap();
            let back: Event = serde_json::from_str(&json).unwrap();
            assert_eq!(back, event, "{json}");
        }
    }
}
