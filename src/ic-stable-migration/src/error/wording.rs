//! Parts of an error's sentence that are not always there, or not always as long.

/// Longest reason of a codec that goes into an error, in bytes: some print the value that they could not read.
const REASON_BYTES: usize = 400;

/// Cuts a long reason in the middle.
pub fn shortened(text: String) -> String {
    if text.len() <= REASON_BYTES {
        return text;
    }
    let head = text.floor_char_boundary(REASON_BYTES / 2);
    let tail = text.ceil_char_boundary(text.len() - REASON_BYTES / 2);
    format!("{} … {}", &text[..head], &text[tail..])
}

/// What starts like this, where that is known.
pub fn known(holds: &Option<&str>) -> String {
    match holds {
        Some(holds) => format!(" ({holds})"),
        None => String::new(),
    }
}

/// The collections that differ.
pub fn listed(differing: &[String]) -> String {
    if differing.is_empty() {
        return "none differs".into();
    }
    format!("these differ: {}", differing.join(", "))
}

/// The application that a release is of.
pub fn named(application: &Option<String>) -> String {
    match application {
        Some(name) => format!("{name:?}"),
        None => "an application that it does not name".into(),
    }
}
