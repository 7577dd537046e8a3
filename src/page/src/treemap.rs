//! A map whose tiles are as large as what they stand for.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::bar::hue;
use crate::share::{WHOLE, percent, share};
use crate::{Fill, Html, escape};

/// A tile: somebody, and what they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Where in the page its details are: an id.
    pub id: String,
    /// What stands in the tile where there is room.
    pub name: String,
    /// What is under the name and is read with it: its size.
    pub size: String,
    /// Number of the owner, for its colour.
    pub owner: usize,
    /// What it has, from the top.
    pub parts: Vec<(Fill, u64)>,
}

impl Tile {
    fn weight(&self) -> u64 {
        let parts = self.parts.iter();
        parts.fold(0, |sum, (_, part)| sum.saturating_add(*part))
    }
}

/// A rectangle in hundredths of a percent of the map.
#[derive(Clone, Copy)]
struct Area {
    left: u64,
    top: u64,
    width: u64,
    height: u64,
}

/// How much wider than high the map is, in tenths.
const ASPECT: u64 = 18;

/// A map of tiles, the largest first; each is a link to its details. Tiles of nothing are left out.
pub fn treemap(label: &str, tiles: impl IntoIterator<Item = Tile>) -> Html {
    let mut tiles: Vec<Tile> = tiles.into_iter().filter(|tile| tile.weight() > 0).collect();
    tiles.sort_by_key(|tile| core::cmp::Reverse(tile.weight()));
    let mut drawn = String::new();
    let all = Area {
        left: 0,
        top: 0,
        width: WHOLE,
        height: WHOLE,
    };
    draw(&tiles, all, &mut drawn);
    Html::raw(format!(
        "<nav class=\"map\" aria-label=\"{}\">{drawn}</nav>\n",
        escape(label)
    ))
}

/// Divides an area between tiles: in two lots of about the same weight, along its longer side, and so on.
fn draw(tiles: &[Tile], area: Area, out: &mut String) {
    let [first, rest @ ..] = tiles else { return };
    if rest.is_empty() {
        out.push_str(&tile(first, area));
        return;
    }
    let whole = weight(tiles);
    let mut count = 1;
    let mut lot = first.weight();
    while count + 1 < tiles.len() && lot.saturating_add(tiles[count].weight()) <= whole / 2 {
        lot = lot.saturating_add(tiles[count].weight());
        count += 1;
    }
    let part = share(lot, whole);
    let (mut one, mut other) = (area, area);
    if area.width * ASPECT >= area.height * 10 {
        one.width = area.width * part / WHOLE;
        other.left += one.width;
        other.width -= one.width;
    } else {
        one.height = area.height * part / WHOLE;
        other.top += one.height;
        other.height -= one.height;
    }
    draw(&tiles[..count], one, out);
    draw(&tiles[count..], other, out);
}

fn weight(tiles: &[Tile]) -> u64 {
    let weights = tiles.iter().map(Tile::weight);
    weights.fold(0, u64::saturating_add)
}

fn tile(tile: &Tile, area: Area) -> String {
    let whole = tile.weight();
    let parts: String = (tile.parts.iter())
        .map(|&(fill, part)| {
            let (class, height) = (fill.class(), percent(share(part, whole)));
            format!("<i class=\"{class}\" style=\"height:{height}\"></i>")
        })
        .collect();
    let [left, top, width, height] = [area.left, area.top, area.width, area.height].map(percent);
    let (id, name, size) = (escape(&tile.id), escape(&tile.name), escape(&tile.size));
    format!(
        "<a href=\"#{id}\" aria-label=\"{name} {size}\" title=\"{name} {size}\" \
         style=\"left:{left};top:{top};width:{width};height:{height};--h:{}\">{parts}<span>{name} <small>{size}</small></span></a>\n",
        hue(tile.owner)
    )
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec;

    use super::*;

    fn tiles(weights: &[u64]) -> Vec<Tile> {
        let tile = |(owner, &weight): (usize, &u64)| Tile {
            id: format!("m{owner}"),
            name: "<m>".to_string(),
            size: String::new(),
            owner,
            parts: vec![(Fill::Used, weight)],
        };
        weights.iter().enumerate().map(tile).collect()
    }

    /// The area of each tile, in ten-thousandths of the map.
    fn areas(html: &Html) -> Vec<u64> {
        let length = |tile: &str, name: &str| {
            let (_, from) = tile.split_once(name).unwrap();
            let digits: String = from.split('%').next().unwrap().replace('.', "");
            digits.parse::<u64>().unwrap()
        };
        let links = html.as_str().lines();
        let links = links.filter(|line| line.contains("<a "));
        links
            .map(|tile| length(tile, ";width:") * length(tile, ";height:") / WHOLE)
            .collect()
    }

    #[test]
    fn areas_are_in_proportion_and_the_largest_comes_first() {
        let html = treemap("map", tiles(&[10, 60, 20, 10]));
        let found = areas(&html);
        for (area, wanted) in found.iter().zip([6_000, 2_000, 1_000, 1_000]) {
            assert!(area.abs_diff(wanted) < 10, "{found:?}");
        }
    }

    #[test]
    fn no_weights_are_too_large_or_too_many() {
        assert!(areas(&treemap("", tiles(&[0]))).is_empty());
        assert_eq!(areas(&treemap("", tiles(&[u64::MAX; 5]))).len(), 5);
        let found = areas(&treemap("", tiles(&[3; 255])));
        assert_eq!(found.len(), 255);
        assert!(found.iter().sum::<u64>() <= WHOLE);
    }

    #[test]
    fn names_are_escaped() {
        assert!(!treemap("<x>", tiles(&[1])).as_str().contains("<m>"));
    }
}
