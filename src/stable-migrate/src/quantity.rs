//! How people write sizes, cycles and times on a command line, and what they meant where they wrote it otherwise.

/// Reads a number of bytes, as in `130123`, `2 MiB` or `4GiB`.
///
/// ```
/// assert_eq!(stable_migrate::parse_bytes("4GiB"), Ok(4 << 30));
/// assert_eq!(stable_migrate::parse_bytes("1.5 KiB"), Ok(1_536));
/// assert!(stable_migrate::parse_bytes("-1").is_err());
/// ```
///
/// # Errors
/// A sentence saying what can be read.
pub fn parse_bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, u64); 5] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("TiB", 1 << 40),
        ("B", 1),
    ];
    let text = text.trim();
    let with_unit = UNITS
        .into_iter()
        .find_map(|(unit, size)| text.strip_suffix(unit).map(|number| (number, size)));
    let (number, size) = with_unit.unwrap_or((text, 1));
    let number = number.trim().replace('_', "");
    if let Ok(whole) = number.parse::<u64>() {
        return whole
            .checked_mul(size)
            .ok_or(format!("{text} is too large"));
    }
    match number.parse::<f64>() {
        Ok(part) if part >= 0.0 && part * (size as f64) < (1u64 << 53) as f64 => {
            Ok((part * size as f64).round() as u64)
        }
        _ => Err(format!(
            "\"{text}\" is not a number of bytes, as 130123, 2 MiB or 4GiB are{}",
            meant(text, &BYTES)
        )),
    }
}

/// Reads a number of cycles, as in `3_000_000_000_000`, `500B` or `3.5 T`.
///
/// ```
/// assert_eq!(stable_migrate::parse_cycles("3T"), Ok(3_000_000_000_000));
/// assert_eq!(stable_migrate::parse_cycles("1.5 B"), Ok(1_500_000_000));
/// assert!(stable_migrate::parse_cycles("some").is_err());
/// ```
///
/// # Errors
/// A sentence saying what can be read.
pub fn parse_cycles(text: &str) -> Result<u128, String> {
    const UNITS: [(&str, u32); 4] = [("T", 12), ("B", 9), ("M", 6), ("k", 3)];
    let wrong = || {
        let meant = meant(text, &CYCLES);
        format!(
            "\"{text}\" is not a number of cycles, as 3_000_000_000_000, 500B or 3.5 T are{meant}"
        )
    };
    let given = text.trim();
    let with_unit = UNITS
        .into_iter()
        .find_map(|(unit, zeros)| Some((given.strip_suffix(unit)?, zeros)));
    let (number, zeros) = with_unit.unwrap_or((given, 0));
    let number = number.trim().replace('_', "");
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    // Digits behind the point take the place of zeros.
    let left = u32::try_from(part.len())
        .ok()
        .and_then(|digits| zeros.checked_sub(digits));
    let digits = format!("{whole}{part}");
    if !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return Err(wrong());
    }
    let digits: u128 = digits.parse().map_err(|_| wrong())?;
    let size = left.and_then(|left| 10u128.checked_pow(left));
    size.and_then(|size| digits.checked_mul(size))
        .ok_or_else(wrong)
}

/// Reads a time in seconds, as in `2592000`, or in days, as in `30d`.
///
/// ```
/// assert_eq!(stable_migrate::parse_seconds("30d"), Ok(2_592_000));
/// assert_eq!(stable_migrate::parse_seconds("3_600"), Ok(3_600));
/// assert!(stable_migrate::parse_seconds("a month").is_err());
/// ```
///
/// # Errors
/// A sentence saying what can be read.
pub fn parse_seconds(text: &str) -> Result<u64, String> {
    let (number, size) = match text.strip_suffix('d') {
        Some(days) => (days, DAY),
        None => (text, 1),
    };
    let number = number.replace('_', "").parse::<u64>().ok();
    let seconds = number.and_then(|number| number.checked_mul(size));
    seconds.ok_or_else(|| {
        format!(
            "\"{text}\" is neither a number of seconds nor of days, as 2592000 or 30d are{}",
            meant(text, &TIMES)
        )
    })
}

/// Seconds of a day.
const DAY: u64 = 24 * 3_600;

/// How a unit begins that somebody may have meant, in small letters, and what it is written as.
type Meant = (&'static str, Written);

#[derive(Clone, Copy)]
enum Written {
    /// The number, with this behind it.
    Unit(&'static str),
    /// So many times the number, with this behind it.
    Times(u64, &'static str),
}

const BYTES: [Meant; 5] = [
    ("k", Written::Unit("KiB")),
    ("m", Written::Unit("MiB")),
    ("g", Written::Unit("GiB")),
    ("t", Written::Unit("TiB")),
    ("b", Written::Unit("B")),
];

const CYCLES: [Meant; 5] = [
    ("t", Written::Unit("T")),
    ("b", Written::Unit("B")),
    ("g", Written::Unit("B")),
    ("m", Written::Unit("M")),
    ("k", Written::Unit("k")),
];

const TIMES: [Meant; 6] = [
    ("s", Written::Unit("")),
    ("mi", Written::Times(60, "")),
    ("h", Written::Times(3_600, "")),
    ("d", Written::Unit("d")),
    ("w", Written::Times(7, "d")),
    ("y", Written::Times(365, "d")),
];

/// A question whether this was meant; nothing where it is not known.
fn meant(text: &str, units: &[Meant]) -> String {
    let text = text.trim().replace(',', ".").to_ascii_lowercase();
    let end = text.find(|c: char| c.is_ascii_alphabetic());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let number = number.trim().replace('_', "");
    let found = units.iter().find(|(start, _)| unit.starts_with(start));
    let is_number =
        number.starts_with(|c: char| c.is_ascii_digit()) && number.parse::<f64>().is_ok();
    let written = match found {
        _ if !is_number => None,
        None => None,
        Some((_, Written::Unit(unit))) => Some(format!("{number}{unit}")),
        Some((_, Written::Times(times, unit))) => {
            let product = number
                .parse::<u64>()
                .ok()
                .and_then(|n| n.checked_mul(*times));
            product.map(|product| format!("{product}{unit}"))
        }
    };
    written.map_or_else(String::new, |written| format!("; did you mean {written}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is asked behind the sentence.
    fn question(told: Result<impl Sized, String>) -> String {
        let Err(told) = told else {
            return "understood".to_owned();
        };
        let (_, question) = told.rsplit_once("; ").unwrap_or_default();
        question.to_owned()
    }

    #[test]
    fn sizes_with_other_units_are_asked_for_in_the_right_ones() {
        for (given, meant) in [
            ("4GB", "did you mean 4GiB?"),
            ("4 gib", "did you mean 4GiB?"),
            ("4G", "did you mean 4GiB?"),
            ("1,5 MiB", "did you mean 1.5MiB?"),
            ("512kb", "did you mean 512KiB?"),
            ("100 bytes", "did you mean 100B?"),
            ("much", ""),
            ("-4GiB", ""),
            ("4 pages", ""),
            ("", ""),
        ] {
            assert_eq!(question(parse_bytes(given)), meant, "{given}");
        }
    }

    #[test]
    fn cycles_with_other_units_are_asked_for_in_the_right_ones() {
        for (given, meant) in [
            ("3t", "did you mean 3T?"),
            ("3 trillion", "did you mean 3T?"),
            ("3TC", "did you mean 3T?"),
            ("0,5 T cycles", "did you mean 0.5T?"),
            ("500G", "did you mean 500B?"),
            ("some", ""),
        ] {
            assert_eq!(question(parse_cycles(given)), meant, "{given}");
        }
    }

    #[test]
    fn times_with_other_units_are_asked_for_in_the_right_ones() {
        for (given, meant) in [
            ("30 days", "did you mean 30d?"),
            ("30D", "did you mean 30d?"),
            ("24h", "did you mean 86400?"),
            ("5min", "did you mean 300?"),
            ("2 weeks", "did you mean 14d?"),
            ("90s", "did you mean 90?"),
            ("a month", ""),
            ("3 months", ""),
        ] {
            assert_eq!(question(parse_seconds(given)), meant, "{given}");
        }
    }
}
