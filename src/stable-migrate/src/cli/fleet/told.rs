//! What a run tells while it goes on.

use std::collections::VecDeque;
use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use fleet::{Command, Event, Fleet, Report, Unfit, What};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stable_migrate::duration_text;
use stable_migrate::fleet::{Observer, time_text, write_metrics};
use stable_migrate::number_text;

use crate::cli::Document;

/// Between two lines where there is no terminal, and between two writes of the metrics.
const EVERY: Duration = Duration::from_secs(10);

/// How far back the rate looks.
const WINDOW: Duration = Duration::from_secs(300);

/// The form of an event as a line of JSON.
const EVENT: &str = "stable-migrate/fleet-event/1";

/// Tells the operator, a log and a monitor.
pub struct Told {
    quiet: bool,
    json_lines: bool,
    metrics: Option<PathBuf>,
    bar: ProgressBar,
    last: Option<Instant>,
    began: Instant,
    ended: VecDeque<(Instant, u32)>,
    complained: bool,
}

impl Told {
    pub fn new(quiet: bool, json_lines: bool, metrics: Option<PathBuf>) -> Self {
        let target = match quiet || json_lines || !std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self {
            quiet,
            json_lines,
            metrics,
            bar,
            last: None,
            began: Instant::now(),
            ended: VecDeque::new(),
            complained: false,
        }
    }

    fn line(&mut self, fleet: &Fleet) -> String {
        let tally = fleet.tally();
        let (all, ended) = (tally.canisters, tally.ended());
        let now = Instant::now();
        self.ended.push_back((now, ended));
        while self.ended.len() > 2 && self.ended.front().is_some_and(|(at, _)| now - *at > WINDOW) {
            self.ended.pop_front();
        }
        let (since, before) = self.ended.front().copied().unwrap_or((self.began, 0));
        let passed = (now - since).as_secs_f64().max(1.0);
        let rate = f64::from(ended.saturating_sub(before)) / passed;
        let outside = match fleet.is_finished() {
            true => "finished",
            false => "not begun",
        };
        let wave = fleet.wave().map_or(outside.to_owned(), |(wave, tally)| {
            format!("wave {wave}: {} of {}", tally.ended(), tally.canisters)
        });
        let left = match rate > 0.0 && ended < all {
            true => format!(
                ", {:.0} a minute, about {} left",
                rate * 60.0,
                duration_text((f64::from(all - ended) / rate) as u64)
            ),
            false => String::new(),
        };
        let head = fleet.head();
        let stands = match (head.aborted, head.halted, head.paused) {
            (true, _, _) => ", being aborted",
            (_, true, _) => ", halted",
            (_, _, true) => ", paused",
            _ => "",
        };
        format!(
            "{wave}; {} of {} done, {} under way, {} failed{left}{stands}",
            number_text(ended.into()),
            number_text(all.into()),
            tally.active,
            tally.failed
        )
    }

    /// Says a line, above the bar where there is one.
    fn say(&self, text: &str) {
        if !self.quiet && !self.json_lines {
            self.bar.suspend(|| eprintln!("{text}"));
        }
    }

    /// Writes the metrics now.
    pub fn measure(&mut self, fleet: &Fleet) {
        if let Some(path) = &self.metrics
            && let Err(error) = write_metrics(path, fleet)
            && !std::mem::replace(&mut self.complained, true)
        {
            eprintln!("stable-migrate: {error}");
        }
    }
}

impl Observer for Told {
    fn happened(&mut self, fleet: &Fleet, events: &[Event]) {
        for event in events {
            if self.json_lines
                && let Ok(json) = serde_json::to_string(&Document::of(EVENT, event))
            {
                // Whoever reads may have gone away.
                let _ = writeln!(std::io::stdout(), "{json}");
                continue;
            }
            let at = time_text(event.at);
            match &event.what {
                What::WaveBegan { wave } => self.say(&format!("{at}  wave {wave} begins")),
                What::WaveEnded { wave } => {
                    let tally = fleet.waves().find(|(number, _)| number == wave);
                    let tally = tally.map(|(_, tally)| tally).unwrap_or_default();
                    self.say(&format!(
                        "{at}  wave {wave} has ended: {} migrated, {} there before, {} passed over, {} failed",
                        tally.migrated, tally.already, tally.passed, tally.failed
                    ));
                }
                What::Halted { failures } => {
                    self.say(&format!("{at}  halted after {failures} failures; what was begun is brought to an end"));
                    for group in Report::of(fleet).groups {
                        self.say(&format!(
                            "  {:>6}  {} ({}): {}",
                            group.canisters, group.class, group.end, group.text
                        ));
                    }
                }
                What::Restarted => self.say(&format!(
                    "{at}  goes on where the journal ends; what became of open calls is found out"
                )),
                _ => {}
            }
        }
    }

    fn commanded(&mut self, command: &Command, unfit: Option<&Unfit>) {
        let name = serde_json::to_string(command).unwrap_or_default();
        match unfit {
            None => self.say(&format!("command {name}")),
            Some(unfit) => self.say(&format!("command {name} does not fit: {unfit}")),
        }
    }

    fn passed(&mut self, fleet: &Fleet) {
        let due = self.last.is_none_or(|last| last.elapsed() >= EVERY);
        let shown = !self.bar.is_hidden()
            && self
                .last
                .is_none_or(|last| last.elapsed().as_millis() > 500);
        if !due && !shown {
            return;
        }
        let line = self.line(fleet);
        if due {
            self.last = Some(Instant::now());
            self.measure(fleet);
            if self.bar.is_hidden() {
                self.say(&line);
            }
        }
        self.bar.set_message(line);
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
