//! Numbers as a page shows them, without floating-point formatting, which would make the module larger.

/// In groups of three digits: `1 300`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// With one digit behind the point, below a hundred: `2.5`, `1 300`.
pub fn tenths(number: f64) -> String {
    let tenths = (number * 10.0) as u64;
    match tenths {
        0..1_000 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => grouped(tenths / 10),
    }
}

/// Bytes in the largest unit of which there is one at least, rounded down: `448.0 KiB`.
pub fn size(bytes: u64) -> String {
    scaled(bytes.into(), 1_024, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// Cycles: `31.5 B`.
pub fn cycles(cycles: u128) -> String {
    scaled(cycles, 1_000, &["cycles", "K", "M", "B", "T"])
}

fn scaled(number: u128, step: u128, units: &[&str]) -> String {
    let mut unit = 1;
    let mut at = 0;
    while at + 1 < units.len() && number / unit >= step {
        unit *= step;
        at += 1;
    }
    match at {
        0 => format!("{number} {}", units[0]),
        _ => format!(
            "{}.{} {}",
            number / unit,
            number % unit * 10 / unit,
            units[at]
        ),
    }
}

/// Nanoseconds in the two largest units of which there is one at least: `3 h 12 min`.
pub fn duration(nanoseconds: u64) -> String {
    let seconds = nanoseconds / 1_000_000_000;
    let (minutes, hours, days) = (seconds / 60, seconds / 3_600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min {} s", seconds % 60),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short_and_rounded_down() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!((tenths(2.59), tenths(99.99)), ("2.5".into(), "99.9".into()));
        assert_eq!(tenths(1_300.9), "1\u{a0}300");
        assert_eq!(
            (size(1_023), size(1_536)),
            ("1023 B".into(), "1.5 KiB".into())
        );
        assert_eq!(size(u64::MAX), "16777215.9 TiB");
        assert_eq!(cycles(31_549_999_999), "31.5 B");
        assert_eq!(
            (duration(999_999_999), duration(61 * SECOND)),
            ("0 s".into(), "1 min 1 s".into())
        );
        assert_eq!(duration(3_600 * 25 * SECOND), "1 d 1 h");
        assert_eq!(duration(3_661 * SECOND), "1 h 1 min");
    }

    const SECOND: u64 = 1_000_000_000;
}
