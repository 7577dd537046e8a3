//! How sizes and costs are written for people.

/// A year as costs are reckoned by it: 365 days, in seconds.
#[cfg(feature = "run")]
pub const YEAR: u64 = 365 * 24 * 3600;

/// Bytes in the largest binary unit that leaves at least one, with at most four digits.
///
/// ```
/// assert_eq!(stable_migrate::bytes_text(8_388_608), "8 MiB");
/// assert_eq!(stable_migrate::bytes_text(130_123), "127.1 KiB");
/// assert_eq!(stable_migrate::bytes_text(999), "999 B");
/// ```
pub fn bytes_text(bytes: u64) -> String {
    const UNITS: [(&str, u64); 4] = [
        ("TiB", 1 << 40),
        ("GiB", 1 << 30),
        ("MiB", 1 << 20),
        ("KiB", 1 << 10),
    ];
    match UNITS.into_iter().find(|&(_, size)| bytes >= size) {
        None => format!("{bytes} B"),
        Some((unit, size)) => format!("{} {unit}", one_digit(bytes as f64 / size as f64)),
    }
}

/// Cycles in billions or trillions.
///
/// ```
/// assert_eq!(stable_migrate::cycles_text(31_536_000_000), "31.5 B cycles");
/// assert_eq!(stable_migrate::cycles_text(4_005_072_000_000), "4.01 T cycles");
/// assert_eq!(stable_migrate::cycles_text(1_305_000_000_000_000), "1 305 T cycles");
/// ```
pub fn cycles_text(cycles: u128) -> String {
    const UNITS: [(&str, f64); 3] = [("T", 1e12), ("B", 1e9), ("M", 1e6)];
    let value = cycles as f64;
    match UNITS.into_iter().find(|&(_, size)| value >= size) {
        None => format!("{cycles} cycles"),
        Some((unit, size)) => {
            let scaled = value / size;
            let digits = match scaled {
                ..10.0 => format!("{scaled:.2}"),
                ..1_000.0 => format!("{scaled:.1}"),
                _ => number_text(scaled.round() as u64),
            };
            format!("{digits} {unit} cycles")
        }
    }
}

/// Instructions in millions or billions, with one digit behind the point at most.
///
/// ```
/// assert_eq!(stable_migrate::instructions_text(300_000_000_000), "300 B");
/// assert_eq!(stable_migrate::instructions_text(56_367_940), "56.4 M");
/// assert_eq!(stable_migrate::instructions_text(391_920), "391 920");
/// ```
pub fn instructions_text(instructions: u64) -> String {
    const UNITS: [(&str, u64); 2] = [("B", 1_000_000_000), ("M", 1_000_000)];
    match UNITS.into_iter().find(|&(_, size)| instructions >= size) {
        None => number_text(instructions),
        Some((unit, size)) => format!("{} {unit}", one_digit(instructions as f64 / size as f64)),
    }
}

/// Seconds for people, rounded up to a whole unit of which there are at least two.
///
/// ```
/// assert_eq!(stable_migrate::duration_text(90), "90 s");
/// assert_eq!(stable_migrate::duration_text(604_800), "7 d");
/// ```
pub fn duration_text(seconds: u64) -> String {
    match seconds {
        ..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds.div_ceil(60)),
        7_200..172_800 => format!("{} h", seconds.div_ceil(3_600)),
        _ => format!("{} d", number_text(seconds.div_ceil(86_400))),
    }
}

/// A number with its thousands set apart.
///
/// ```
/// assert_eq!(stable_migrate::number_text(22_169_421), "22 169 421");
/// ```
pub fn number_text(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join(" ")
}

/// A number of things, with the thing's name in the singular or the plural.
///
/// ```
/// assert_eq!(stable_migrate::count_text(1, "page"), "1 page");
/// assert_eq!(stable_migrate::count_text(1_000, "page"), "1 000 pages");
/// ```
pub fn count_text(number: u64, thing: &str) -> String {
    let plural = match (
        number,
        thing.strip_suffix("entry"),
        thing.strip_suffix("memory"),
    ) {
        (1, _, _) => thing.to_owned(),
        (_, Some(stem), _) => format!("{stem}entries"),
        (_, _, Some(stem)) => format!("{stem}memories"),
        _ => format!("{thing}s"),
    };
    format!("{} {plural}", number_text(number))
}

/// A share of a whole in percent, with a digit behind the point where it is small.
///
/// ```
/// assert_eq!(stable_migrate::share_text(1, 3), "33 %");
/// assert_eq!(stable_migrate::share_text(1, 300), "0.3 %");
/// assert_eq!(stable_migrate::share_text(0, 0), "0 %");
/// ```
pub fn share_text(part: u64, whole: u64) -> String {
    percent_text(100.0 * part as f64 / whole.max(1) as f64)
}

fn percent_text(percent: f64) -> String {
    match percent >= 9.95 {
        true => format!("{percent:.0} %"),
        false => format!("{} %", one_digit(percent)),
    }
}

/// How much less `after` is than `before`, in percent.
///
/// ```
/// assert_eq!(stable_migrate::saving_text(129, 5), "96 % less");
/// assert_eq!(stable_migrate::saving_text(5, 5), "the same");
/// assert_eq!(stable_migrate::saving_text(4, 5), "25 % more");
/// assert_eq!(stable_migrate::saving_text(0, 5), "from nothing");
/// ```
pub fn saving_text(before: u128, after: u128) -> String {
    if before == after {
        return "the same".into();
    }
    if before == 0 {
        return "from nothing".into();
    }
    let change = 100.0 * (after as f64 - before as f64) / before as f64;
    match change < 0.0 {
        true => format!("{} less", percent_text(-change)),
        false => format!("{} more", percent_text(change)),
    }
}

fn one_digit(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => text,
    }
}

/// Longest sentence that is shown, in characters.
const MOST_SHOWN: usize = 1_600;

/// A sentence that can be read: where it is long, because a decoder or a canister has put its data into it, the middle
/// is left out.
///
/// ```
/// assert_eq!(stable_migrate::shortened("short"), "short");
/// let shown = stable_migrate::shortened(&"state ".repeat(1_000));
/// assert!(shown.chars().count() < 1_700 && shown.contains("4 400 characters left out"));
/// ```
pub fn shortened(text: &str) -> String {
    let length = text.chars().count();
    if length <= MOST_SHOWN {
        return text.to_owned();
    }
    let (start, end) = (MOST_SHOWN * 3 / 4, MOST_SHOWN / 4);
    let head: String = text.chars().take(start).collect();
    let tail: String = text.chars().skip(length - end).collect();
    let left_out = number_text((length - start - end) as u64);
    format!("{head} … ({left_out} characters left out) … {tail}")
}
