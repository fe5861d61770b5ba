//! One line a second, for logs and pipes. A heading stands above every twentieth line.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::history::{History, a_second};
use super::snapshot::Phase;
use crate::report::units;

/// Writes the lines.
pub struct Lines<W> {
    out: W,
    written: u64,
}

const HEADING_EVERY: u64 = 20;

impl<W: Write> Lines<W> {
    /// Lines into `out`.
    pub fn new(out: W) -> Lines<W> {
        Lines { out, written: 0 }
    }

    /// The second that is over.
    pub fn write(&mut self, history: &History) -> io::Result<()> {
        if self.written.is_multiple_of(HEADING_EVERY) {
            writeln!(self.out, "{}", heading())?;
        }
        self.written += 1;
        writeln!(self.out, "{}", line(history))?;
        self.out.flush()
    }
}

fn heading() -> String {
    row(["time", "phase", "acked/s", "", "read/s", "p50", "p99", "p99.9", "max", "in flight", "gen", "broker"])
}

fn line(history: &History) -> String {
    let now = history.now();
    let interval = &now.interval;
    let response = interval.response;
    let latency = |ns: u64| if response.count == 0 { "-".to_owned() } else { units::time_ns(ns) };
    let phase = match now.phase {
        Phase::Preparing => "prepare",
        Phase::WarmUp => "warm-up",
        Phase::BuildingBacklog => "backlog",
        Phase::Measuring => "measure",
        Phase::Draining => "drain",
    };
    let cells = [
        units::clock(now.elapsed),
        phase.to_owned(),
        units::per_second(a_second(interval.acked, interval)),
        format!("{}/s", units::bytes(a_second(interval.acked_bytes, interval))),
        units::per_second(a_second(interval.consumed, interval)),
        latency(response.p50_ns),
        latency(response.p99_ns),
        latency(response.p999_ns),
        latency(response.max_ns),
        now.in_flight.to_string(),
        units::percent(interval.generator_cpu_ratio),
        interval.broker_cpu.map_or_else(|| "-".to_owned(), units::percent),
    ];
    let mut line = row(cells.each_ref().map(String::as_str));
    for (name, n) in &interval.errors {
        // Writing to a string does not fail.
        let _ = write!(line, "  {name} x {n}");
    }
    line
}

const WIDTHS: [usize; 12] = [7, 8, 11, 11, 11, 8, 8, 8, 8, 9, 5, 6];

fn row(cells: [&str; 12]) -> String {
    let mut row = String::new();
    for (cell, width) in cells.into_iter().zip(WIDTHS) {
        // Writing to a string does not fail.
        let _ = write!(row, "{cell:>width$} ");
    }
    row.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Plan;
    use crate::view::screen::tests::{busy_second, host};

    #[test]
    fn a_second_is_a_line_and_its_errors_stand_at_the_end() {
        let mut history = History::new(&Plan::default());
        let mut out = Vec::new();
        let mut lines = Lines::new(&mut out);
        for _ in 0..21 {
            history.push(busy_second(), host());
            lines.write(&history).expect("a vector takes it");
        }
        let text = String::from_utf8(out).expect("text");
        let found: Vec<&str> = text.lines().collect();
        assert_eq!(found.len(), 23, "21 seconds under two headings");
        assert_eq!(found[0], found[21]);
        assert_eq!(
            found[1],
            "   0:42  measure     199,998   195 MiB/s     199,400   870 µs  4.21 ms  9.80 ms  14.2 ms        12  41 %  137 %  \
             NOT_LEADER_OR_FOLLOWER x 3"
        );
        // all columns end where their headings do, up to the last
        let end =
            |line: &str, word: &str| line.chars().count() - line.split(word).nth(1).map_or(0, |r| r.chars().count());
        assert_eq!(end(found[0], "in flight"), end(found[1], " 12"));
    }

    #[test]
    fn a_second_without_answers_has_no_latency() {
        let mut history = History::new(&Plan::default());
        history.push(crate::view::Snapshot::default(), host());
        let line = line(&history);
        assert!(line.contains("prepare") && line.matches(" -").count() == 5, "{line}");
    }
}
