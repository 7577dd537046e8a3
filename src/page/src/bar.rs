//! Bars: a whole in its parts, progress, and a value against its limit.

use alloc::format;
use alloc::string::String;

use crate::share::{WHOLE, percent, share};
use crate::{Fill, Html, escape};

/// A bar in segments, each as long as its part of the whole.
#[derive(Clone, Debug)]
pub struct Bar {
    label: String,
    whole: u64,
    segments: String,
}

impl Bar {
    /// A bar for a whole. `label` says in words what the bar shows, for those who do not see it.
    pub fn new(label: &str, whole: u64) -> Self {
        Self {
            label: escape(label),
            whole,
            segments: String::new(),
        }
    }

    /// The next segment, in the colour of its fill.
    #[must_use]
    pub fn segment(self, fill: Fill, part: u64) -> Self {
        self.owned(fill, part, 0)
    }

    /// The next segment, in the colour of owner number `owner`.
    #[must_use]
    pub fn owned(mut self, fill: Fill, part: u64, owner: usize) -> Self {
        if part > 0 {
            self.segments.push_str(&format!(
                "<i class=\"{}\" style=\"width:{};--h:{}\"></i>",
                fill.class(),
                percent(share(part, self.whole)),
                hue(owner)
            ));
        }
        self
    }

    /// The bar.
    pub fn html(self) -> Html {
        Html::raw(format!(
            "<div class=\"bar\" role=\"img\" aria-label=\"{}\">{}</div>\n",
            self.label, self.segments
        ))
    }
}

/// Hues far apart from each other, in degrees.
pub fn hue(owner: usize) -> usize {
    (250 + owner % 360 * 137) % 360
}

impl Html {
    /// How far something has come, with its name in front and `text` behind, which has the numbers and their unit.
    pub fn progress(name: &str, done: u64, of: u64, text: &str) -> Self {
        let fill = match done >= of {
            true => Fill::Good,
            false => Fill::Used,
        };
        // All of nothing is done.
        let done = if of == 0 { WHOLE } else { share(done, of) };
        measure(name, fill, done, "progressbar", text)
    }

    /// A value against its limit: amber from four fifths on, red at the limit.
    pub fn meter(name: &str, value: u64, limit: u64, text: &str) -> Self {
        let part = share(value, limit);
        let fill = match part {
            8_000..WHOLE => Fill::Waiting,
            WHOLE.. => Fill::Bad,
            _ => Fill::Used,
        };
        measure(name, fill, part, "meter", text)
    }
}

fn measure(name: &str, fill: Fill, part: u64, role: &str, text: &str) -> Html {
    let (name, text) = (escape(name), escape(text));
    Html::raw(format!(
        "<div class=\"measure\"><b>{name}</b><span>{text}</span>\
         <div class=\"bar\" role=\"{role}\" aria-label=\"{name}\" aria-valuemin=\"0\" aria-valuemax=\"100\" \
         aria-valuenow=\"{}\" aria-valuetext=\"{text}\"><i class=\"{}\" style=\"width:{}\"></i></div></div>\n",
        part / 100,
        fill.class(),
        percent(part)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_as_long_as_their_parts() {
        let bar = Bar::new("\"two\" parts", 4).segment(Fill::Used, 1);
        let html = bar.segment(Fill::Gap, 0).segment(Fill::Dead, 3).html();
        assert!(
            html.as_str()
                .contains("aria-label=\"&quot;two&quot; parts\"")
        );
        assert!(html.as_str().contains("f-used\" style=\"width:25.00%"));
        assert!(html.as_str().contains("f-dead\" style=\"width:75.00%"));
        assert!(!html.as_str().contains("f-gap"));
    }

    #[test]
    fn a_meter_warns_before_its_limit_and_progress_of_nothing_is_done() {
        let meter = |value| Html::meter("heap", value, 100, "");
        assert!(meter(79).as_str().contains("f-used"));
        assert!(meter(80).as_str().contains("f-waiting"));
        assert!(meter(100).as_str().contains("f-bad"));
        assert!(meter(u64::MAX).as_str().contains("aria-valuenow=\"100\""));
        assert!(Html::progress("x", 0, 0, "").as_str().contains("f-good"));
    }
}
