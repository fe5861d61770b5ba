//! What a run shows while it goes on: a screen in a terminal, or one line a second. Both go to standard error, so that
//! standard output holds results alone.
//!
//! Whoever drives the run calls [`Live::show`] once a second and [`Live::wait`] in between: it keeps the screen fresh and
//! hears the keys. Dropping a [`Live`] gives the terminal back, after a panic too.

use std::io::{self, IsTerminal};
use std::thread;
use std::time::{Duration, Instant};

use thalweg_tuning::Root;

pub mod history;
pub mod host;
pub mod lines;
pub mod screen;
pub mod snapshot;

pub use snapshot::{Phase, Snapshot};

use crate::plan::Plan;
use history::History;
use host::HostMeter;
use lines::Lines;
use screen::Terminal;

/// How a run is to be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// A screen if standard error is a terminal, else lines.
    Auto,
    /// One line a second.
    Lines,
    /// Nothing.
    Quiet,
}

/// What the one who watches wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Go on.
    GoOn,
    /// End now and say what is known.
    Stop,
}

/// A view of a run.
pub struct Live {
    history: History,
    meter: HostMeter,
    shown: Shown,
}

enum Shown {
    Screen(Terminal),
    Lines(Lines<io::Stderr>),
    Nothing,
}

impl Live {
    /// Begins to show the run that `plan` decides.
    pub fn open(choice: Choice, plan: &Plan) -> io::Result<Live> {
        let shown = match choice {
            Choice::Auto if io::stderr().is_terminal() => Shown::Screen(Terminal::open()?),
            Choice::Auto | Choice::Lines => Shown::Lines(Lines::new(io::stderr())),
            Choice::Quiet => Shown::Nothing,
        };
        Ok(Live { history: History::new(plan), meter: HostMeter::new(Root::real()), shown })
    }

    /// Takes the second that is over, and shows it.
    pub fn show(&mut self, snapshot: Snapshot) -> io::Result<()> {
        let host = self.meter.look(Instant::now());
        self.history.push(snapshot, host);
        match &mut self.shown {
            Shown::Screen(terminal) => terminal.draw(&self.history),
            Shown::Lines(lines) => lines.write(&self.history),
            Shown::Nothing => Ok(()),
        }
    }

    /// Waits until a moment, or until a wish to stop.
    pub fn wait(&mut self, until: Instant) -> io::Result<Wish> {
        match &mut self.shown {
            Shown::Screen(terminal) => terminal.wait(until, &self.history),
            Shown::Lines(_) | Shown::Nothing => {
                thread::sleep(until.saturating_duration_since(Instant::now()));
                Ok(Wish::GoOn)
            }
        }
    }
}

/// A part of `whole`, for a gauge: never above 1, and 0 of nothing.
fn part(of: Duration, whole: Duration) -> f64 {
    if whole.is_zero() { 0.0 } else { (of.as_secs_f64() / whole.as_secs_f64()).clamp(0.0, 1.0) }
}
