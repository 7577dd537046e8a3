//! Names that somebody may have meant.

/// How alike two names are that may be meant for each other: 1 is the same, 0 nothing in common.
const ALIKE: f64 = 0.85;

/// The name that may be meant by one that is not known; none where none is near.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let alike = known
        .into_iter()
        .map(|known| (strsim::jaro_winkler(name, known), known));
    let nearest = alike.max_by(|(one, _), (other, _)| one.total_cmp(other));
    nearest.and_then(|(alike, known)| (alike >= ALIKE).then_some(known))
}

/// A question behind a name that is not known, `; did you mean get_post?`; nothing where no name is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map_or_else(String::new, |known| format!("; did you mean {known}?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_asked_for() {
        let known = ["get_post", "get_profile", "all"];
        let asked = |name| did_you_mean(name, known);
        assert_eq!(asked("get_pots"), "; did you mean get_post?");
        assert_eq!(asked("getProfile"), "; did you mean get_profile?");
        assert_eq!(asked("missing"), "");
        assert_eq!(did_you_mean("any", []), "");
    }
}
