//! Charts of the figures over the number of posts, as SVG. The same figures are the same bytes.

use plotters::prelude::*;

use super::contender::CONTENDERS;
use super::error::BenchError;
use super::figures::Figures;
use super::prices::Tariff;
use super::results::Results;

/// Pixels.
const SIZE: (u32, u32) = (1080, 540);
const TEXT: i32 = 16;
const TITLE: i32 = 22;
/// Pixels that names and marks of lines take, right of the plot.
const LEGEND: i32 = 256;
const LEGEND_LINE: i32 = 26;

/// The sizes along the axis, and what stands below them.
const POSTS: &[(&str, &str)] = &[
    ("empty", "0"),
    ("10", "10"),
    ("100", "100"),
    ("1000", "1 000"),
    ("10000", "10 000"),
];

/// Colours that are told apart by every eye (Okabe and Ito), in the order of [`CONTENDERS`]; the marks differ too.
const COLOURS: &[RGBColor] = &[
    RGBColor(213, 94, 0),
    RGBColor(230, 159, 0),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(0, 0, 0),
];

/// Contenders that another one often does the same as.
const BROAD: &[&str] = &["naive", "maps-default", "project"];

/// One chart.
pub struct Chart {
    /// Its file in `bench/`.
    pub file: &'static str,
    /// What it shows.
    pub title: &'static str,
    /// The vertical axis, with its unit.
    axis: &'static str,
    figure: fn(&Figures, &Tariff) -> u64,
}

/// Every chart.
pub const CHARTS: &[Chart] = &[
    Chart {
        file: "stable-pages.svg",
        title: "Stable memory after the migration",
        axis: "pages of 64 KiB",
        figure: |figures, _| figures.stable_pages.after,
    },
    Chart {
        file: "instructions.svg",
        title: "The migration: all hooks and steps, without compiling",
        axis: "instructions",
        figure: |figures, _| figures.instructions(),
    },
    Chart {
        file: "cycles.svg",
        title: "A year after the migration: what storage costs, beside the base fee",
        axis: "cycles",
        figure: |figures, tariff| {
            let bytes = figures.paid_bytes.total();
            tariff.year(bytes).saturating_sub(tariff.year(0))
        },
    },
];

/// A line of a chart.
struct Line {
    name: String,
    colour: RGBColor,
    /// Its place in [`CONTENDERS`].
    contender: usize,
    /// Whether it shows the figures of before.
    before: bool,
    points: Vec<(f64, f64)>,
}

impl Chart {
    /// Draws the chart. Where the figures of `before` are others, they are there too, dashed.
    ///
    /// # Errors
    /// `Chart` with what the plotter said.
    pub fn draw(&self, results: &Results, before: Option<&Results>) -> Result<String, BenchError> {
        let mut lines = Vec::new();
        for (number, contender) in CONTENDERS.iter().enumerate() {
            let line = |results: &Results, name: String, before: bool| Line {
                name,
                colour: COLOURS[number % COLOURS.len()],
                contender: number,
                before,
                points: self.points(results, contender.key),
            };
            let now = line(results, contender.name.to_owned(), false);
            if let Some(before) = before {
                let before = line(before, format!("{}, before", contender.name), true);
                if before.points != now.points {
                    lines.push(before);
                }
            }
            lines.push(now);
        }
        lines.retain(|line| !line.points.is_empty());
        let mut svg = String::new();
        self.plot(&mut svg, &lines)
            .map_err(|reason| BenchError::Chart {
                name: self.file,
                reason,
            })?;
        Ok(svg)
    }

    fn points(&self, results: &Results, contender: &str) -> Vec<(f64, f64)> {
        let sizes = POSTS.iter().enumerate();
        sizes
            .filter_map(|(at, (size, _))| {
                let figures = results.of(size, contender)?;
                let figure = (self.figure)(figures, &results.prices);
                // A logarithm of nothing there is not.
                let shown = figures.refused.is_none() && figure > 0;
                shown.then_some((at as f64, figure as f64))
            })
            .collect()
    }

    fn plot(&self, svg: &mut String, lines: &[Line]) -> Result<(), String> {
        let told = |error: &dyn std::fmt::Display| error.to_string();
        let (low, high) = powers_around(lines);
        let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
        root.fill(&WHITE).map_err(|e| told(&e))?;
        let (plot, legend) = root.split_horizontally(SIZE.0 as i32 - LEGEND);
        let mut chart = ChartBuilder::on(&plot)
            .caption(self.title, ("sans-serif", TITLE))
            .margin(16)
            .x_label_area_size(56)
            .y_label_area_size(96)
            .build_cartesian_2d(-0.2..POSTS.len() as f64 - 0.8, (low..high).log_scale())
            .map_err(|e| told(&e))?;
        chart
            .configure_mesh()
            .disable_x_mesh()
            .light_line_style(WHITE)
            .bold_line_style(RGBColor(221, 221, 221))
            .x_desc("posts of the user")
            .y_desc(format!("{}, logarithmic", self.axis))
            .x_labels(POSTS.len())
            .x_label_formatter(&|at| label_at(*at))
            .y_label_formatter(&|figure| short(*figure))
            .label_style(("sans-serif", TEXT))
            .axis_desc_style(("sans-serif", TEXT))
            .draw()
            .map_err(|e| told(&e))?;
        for (number, line) in lines.iter().enumerate() {
            let points = line.points.iter().copied();
            let drawn = match line.before {
                true => chart.draw_series(DashedLineSeries::new(points, 6, 5, line.style())),
                false => chart.draw_series(LineSeries::new(points, line.style())),
            };
            drawn.map_err(|e| told(&e))?;
            let marks = line
                .points
                .iter()
                .map(|&at| EmptyElement::at(at) + line.mark((0, 0)));
            chart.draw_series(marks).map_err(|e| told(&e))?;

            let y = 70 + LEGEND_LINE * number as i32;
            let stroke = PathElement::new(vec![(0, y), (28, y)], line.style());
            legend.draw(&stroke).map_err(|e| told(&e))?;
            legend.draw(&line.mark((14, y))).map_err(|e| told(&e))?;
            let name = Text::new(
                line.name.clone(),
                (38, y - TEXT / 2 + 2),
                ("sans-serif", TEXT),
            );
            legend.draw(&name).map_err(|e| told(&e))?;
        }
        root.present().map_err(|e| told(&e))
    }
}

impl Line {
    /// A line that another covers is the broader one of the two.
    fn style(&self) -> ShapeStyle {
        let opacity = if self.before { 0.6 } else { 1.0 };
        let width = if self.is_broad() { 5 } else { 2 };
        self.colour.mix(opacity).stroke_width(width)
    }

    fn mark(&self, (x, y): (i32, i32)) -> Polygon<(i32, i32)> {
        let size = if self.is_broad() { 8 } else { 5 };
        let corners = outline(self.contender).iter();
        let corners: Vec<_> = corners
            .map(|(dx, dy)| (x + dx * size / 10, y + dy * size / 10))
            .collect();
        let opacity = if self.before { 0.6 } else { 1.0 };
        Polygon::new(corners, self.colour.mix(opacity).filled())
    }

    fn is_broad(&self) -> bool {
        BROAD.contains(&CONTENDERS[self.contender].key)
    }
}

/// The powers of ten around all points.
fn powers_around(lines: &[Line]) -> (f64, f64) {
    let figures = || {
        lines
            .iter()
            .flat_map(|line| line.points.iter().map(|at| at.1))
    };
    let low = figures().fold(f64::INFINITY, f64::min).max(1.0);
    let high = figures().fold(1.0, f64::max);
    let low = if low.is_finite() { low } else { 1.0 };
    let power = |exponent: f64| 10_f64.powi(exponent as i32);
    (
        power(low.log10().floor()),
        power(high.log10().floor() + 1.0),
    )
}

/// The outline of a mark, in tenths of its size: a different one for each contender.
fn outline(contender: usize) -> &'static [(i32, i32)] {
    match contender % COLOURS.len() {
        0 => &[(-10, -10), (10, -10), (10, 10), (-10, 10)],
        1 => &[(0, -14), (14, 0), (0, 14), (-14, 0)],
        2 => &[(-11, 10), (0, -12), (11, 10)],
        3 => &[(-11, -10), (0, 12), (11, -10)],
        4 => &[(-11, -11), (11, 0), (-11, 11)],
        5 => &[
            (-5, -11),
            (5, -11),
            (11, -5),
            (11, 5),
            (5, 11),
            (-5, 11),
            (-11, 5),
            (-11, -5),
        ],
        _ => &[(-11, -10), (-11, 10), (11, -10), (11, 10)],
    }
}

fn label_at(at: f64) -> String {
    let whole = at.round();
    let label = POSTS
        .get(whole as usize)
        .filter(|_| (at - whole).abs() < 0.01);
    label
        .map(|(_, label)| (*label).to_owned())
        .unwrap_or_default()
}

/// A power of ten in few letters.
fn short(figure: f64) -> String {
    let units = [
        (1e12, " T"),
        (1e9, " B"),
        (1e6, " M"),
        (1e3, " k"),
        (1.0, ""),
    ];
    let unit = units.into_iter().find(|(unit, _)| figure >= *unit);
    unit.map_or(format!("{figure}"), |(unit, letter)| {
        format!("{}{letter}", figure / unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::results::tests::results;

    #[test]
    fn a_chart_names_what_it_shows_and_is_the_same_every_time() {
        let results = results();
        for chart in CHARTS {
            let svg = chart.draw(&results, None).unwrap();
            assert!(svg.starts_with("<svg "), "{svg}");
            for text in [
                chart.title,
                chart.axis,
                "this project, 0 → 1 → 2",
                "posts of the user",
            ] {
                assert!(svg.contains(text), "{text} in {svg}");
            }
            assert_eq!(svg, chart.draw(&results, Some(&results)).unwrap());
        }
    }

    #[test]
    fn figures_of_before_are_drawn_where_they_are_others() {
        let mut before = results();
        let measured = before.sizes.get_mut("10").unwrap();
        let figures = measured.contenders.get_mut("project").unwrap();
        figures.stable_pages.after += 1;
        let svg = CHARTS[0].draw(&results(), Some(&before)).unwrap();
        assert!(svg.contains("this project, 0 → 1 → 2, before"), "{svg}");
    }

    #[test]
    fn axes_end_at_powers_of_ten() {
        let line = |figures: &[f64]| Line {
            name: String::new(),
            colour: BLACK,
            contender: 0,
            before: false,
            points: figures.iter().map(|figure| (0.0, *figure)).collect(),
        };
        assert_eq!(powers_around(&[line(&[2.0, 300.0])]), (1.0, 1000.0));
        assert_eq!(powers_around(&[]), (1.0, 10.0));
        assert_eq!(
            [short(1000.0), short(10.0), short(1e11)],
            ["1 k", "10", "100 B"]
        );
        assert_eq!([label_at(1.0), label_at(1.5)], ["10", ""]);
    }
}
