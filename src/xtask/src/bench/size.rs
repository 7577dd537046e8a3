//! How much user data there is: the sizes that can be asked for by name.

use canister_scenario::Fill;

use super::error::BenchError;

/// How much user data a canister has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// What it is asked for by.
    pub name: &'static str,
    /// What it is, in words.
    pub about: &'static str,
    /// Where the memory comes from.
    pub source: Source,
    /// When it is measured.
    pub group: Group,
}

/// Where the memory of release 0 comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A canister of release 0 is filled through its endpoints.
    Endpoints(Fill),
    /// The value is generated and put into stable memory.
    Value(Shape),
    /// The memory of a deployed canister in `../shared/fixtures`, where that is there.
    Fixture(&'static str),
}

/// What a generated value is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Posts.
    pub posts: u64,
    /// Likes of all posts together, the same number on each but for a rest on the first.
    pub likes: u64,
    /// Bets on each post, in rooms of a hundred.
    pub bets_a_post: u64,
    /// Profiles that follow the owner.
    pub followers: u64,
    /// Token events.
    pub events: u64,
    /// Words in the description of a post.
    pub words: u64,
}

/// When a size is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// Unless sizes are named.
    Usual,
    /// With `--full`, or by name.
    Full,
}

/// Every size, the smallest first in its kind.
pub const SIZES: &[Size] = &[
    endpoints("empty", "a new canister with nothing", 0),
    endpoints("10", "10 posts", 10),
    endpoints("100", "100 posts", 100),
    endpoints("1000", "1 000 posts", 1_000),
    endpoints("10000", "10 000 posts", 10_000),
    value(
        "2-pages",
        "40 posts",
        Group::Usual,
        shape(40, 600, 12, 60, 60, 20),
    ),
    value(
        "5-pages",
        "70 posts",
        Group::Usual,
        shape(70, 4_000, 12, 80, 80, 20),
    ),
    value(
        "29-pages",
        "500 posts",
        Group::Usual,
        shape(500, 32_500, 6, 200, 200, 20),
    ),
    value(
        "177-pages",
        "2 500 posts with 251 236 likes",
        Group::Usual,
        shape(2_500, 251_236, 5, 400, 400, 16),
    ),
    fixture(
        "fixture-2-pages",
        "a deployed canister, 40 posts",
        "legacy-small",
    ),
    fixture(
        "fixture-29-pages",
        "a deployed canister, 500 posts",
        "legacy-medium",
    ),
    value(
        "100-mb",
        "42 000 posts",
        Group::Full,
        shape(42_000, 1_660_000, 2, 5_000, 5_000, 20),
    ),
    value(
        "1-gb",
        "415 000 posts",
        Group::Full,
        shape(415_000, 16_600_000, 2, 5_000, 5_000, 20),
    ),
];

/// A canister with so many posts, and of everything else in the proportions of [`Fill::DEMO`].
const fn endpoints(name: &'static str, about: &'static str, posts: u64) -> Size {
    let fill = Fill {
        posts,
        likes: posts * 3,
        views: posts * 2,
        shares: posts / 3,
        bets: posts * 4 / 3,
        followers: posts * 5 / 6,
        rewards: posts,
        seed: 1,
    };
    Size {
        name,
        about,
        source: Source::Endpoints(fill),
        group: Group::Usual,
    }
}

const fn value(name: &'static str, about: &'static str, group: Group, shape: Shape) -> Size {
    Size {
        name,
        about,
        source: Source::Value(shape),
        group,
    }
}

const fn fixture(name: &'static str, about: &'static str, file: &'static str) -> Size {
    Size {
        name,
        about,
        source: Source::Fixture(file),
        group: Group::Usual,
    }
}

/// A shape, of its figures in their order.
pub(super) const fn shape(
    posts: u64,
    likes: u64,
    bets_a_post: u64,
    followers: u64,
    events: u64,
    words: u64,
) -> Shape {
    Shape {
        posts,
        likes,
        bets_a_post,
        followers,
        events,
        words,
    }
}

/// The sizes of these names, in the order of [`SIZES`]; without names the usual ones, and with `full` all.
///
/// # Errors
/// `NoSize` for the first name that is none.
pub fn chosen(names: &[String], full: bool) -> Result<Vec<&'static Size>, BenchError> {
    if let Some(name) = names.iter().find(|name| find(name).is_none()) {
        let known: Vec<&str> = SIZES.iter().map(|size| size.name).collect();
        return Err(BenchError::NoSize {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    let wanted = |size: &&Size| match names {
        [] => full || size.group == Group::Usual,
        names => names.iter().any(|name| name == size.name),
    };
    Ok(SIZES.iter().filter(wanted).collect())
}

/// The size of this name.
pub fn find(name: &str) -> Option<&'static Size> {
    SIZES.iter().find(|size| size.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(asked: &[&str], full: bool) -> Vec<&'static str> {
        let asked: Vec<String> = asked.iter().map(|&name| name.to_owned()).collect();
        let sizes = chosen(&asked, full).unwrap();
        sizes.iter().map(|size| size.name).collect()
    }

    #[test]
    fn sizes_are_chosen_by_name_or_all_but_the_large_ones() {
        assert_eq!(names(&["100", "empty"], false), ["empty", "100"]);
        assert!(!names(&[], false).contains(&"1-gb"));
        assert_eq!(names(&[], true).len(), SIZES.len());
        assert_eq!(names(&["1-gb"], false), ["1-gb"]);
    }

    #[test]
    fn a_size_that_does_not_exist_is_told_with_those_that_do() {
        let error = chosen(&["7".to_owned()], false).unwrap_err().to_string();
        assert!(
            error.contains("\"7\"") && error.contains("177-pages"),
            "{error}"
        );
    }

    #[test]
    fn a_filled_canister_has_the_proportions_of_the_demo() {
        let Source::Endpoints(fill) = endpoints("300", "", 300).source else {
            panic!("not filled");
        };
        assert_eq!(fill, Fill::DEMO);
    }
}
