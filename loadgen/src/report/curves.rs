//! The charts that reports are made of, each from outcomes alone.

use std::time::Duration;

use hdrhistogram::Histogram;

use super::chart::{Axis, Chart, Drawn, Ink, Line};
use super::scale::Scale;
use super::units;
use crate::outcome::{Interval, Outcome, Quantiles};
use crate::plan::Rate;
use crate::stats::median;

/// Points of a line; a longer run has several seconds in one.
const POINTS_MAX: usize = 360;

/// Steps of a percentile curve for each halving of what is left above.
const CURVE_STEPS: u32 = 8;

/// Latency by percentile, on an axis that gives each further nine as much room as the last.
pub fn percentiles(title: &str, subtitle: &str, distributions: &[(String, Ink, Histogram<u64>)]) -> String {
    let filled = || distributions.iter().filter(|(_, _, histogram)| !histogram.is_empty());
    let lines: Vec<Line> = filled()
        .map(|(name, ink, histogram)| Line {
            name: name.clone(),
            ink: *ink,
            points: percentile_points(histogram),
            drawn: Drawn::Line,
        })
        .collect();
    let rarest = filled().map(|(_, _, histogram)| histogram.len() as f64).fold(10.0, f64::max);
    let nines = rarest.log10().floor() as i32;
    let ticks = std::iter::once(2.0).chain((1..=nines).map(|n| 10f64.powi(n))).collect();
    let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y));
    Chart {
        title,
        subtitle,
        x: Axis { label: "percentile", scale: Scale::Log(1.0, rarest), ticks: Some(ticks), words: &percentile_words },
        y: latency_axis(Scale::around(values)),
        lines,
        faint: Vec::new(),
        goals: Vec::new(),
    }
    .html()
}

/// One over what is left above, and the latency there. The last point is the largest, which is one of so many.
fn percentile_points(histogram: &Histogram<u64>) -> Vec<(f64, f64)> {
    let rarest = histogram.len() as f64;
    let mut points: Vec<(f64, f64)> = histogram
        .iter_quantiles(CURVE_STEPS)
        .map(|step| {
            let above = 1.0 - step.quantile_iterated_to();
            ((1.0 / above).min(rarest), step.value_iterated_to() as f64)
        })
        .collect();
    points.dedup_by(|later, earlier| {
        let same = later.0 == earlier.0;
        if same {
            earlier.1 = earlier.1.max(later.1);
        }
        same
    });
    points
}

fn percentile_words(one_in: f64) -> String {
    let percent = 100.0 - 100.0 / one_in;
    // As many digits as the nines ask for, and none for show.
    let digits = ((one_in.log10() - 1e-9).ceil() as usize).saturating_sub(2).min(8);
    format!("{percent:.digits$} %")
}

/// Latency second by second.
pub fn latency_over_time(title: &str, outcome: &Outcome, of: fn(&Interval) -> &Quantiles) -> String {
    let seconds = Seconds::of(outcome);
    let line = |name: &str, ink: Ink, figure: fn(&Quantiles) -> u64| Line {
        name: name.to_owned(),
        ink,
        points: seconds.largest(|i| match of(i).count {
            0 => f64::NAN,
            _ => figure(of(i)) as f64,
        }),
        drawn: Drawn::Line,
    };
    let lines = vec![
        line("max", Ink::Grey, |q| q.max_ns),
        line("p99.9", Ink::Violet, |q| q.p999_ns),
        line("p99", Ink::Blue, |q| q.p99_ns),
        line("p50", Ink::Teal, |q| q.p50_ns),
    ];
    let scale = Scale::around(lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)));
    seconds.chart(title, &seconds.subtitle("each second's own percentiles"), latency_axis(scale), lines)
}

/// Records a second, beside what was asked for.
pub fn rate_over_time(outcome: &Outcome) -> String {
    let seconds = Seconds::of(outcome);
    let line = |name: &str, ink: Ink, count: fn(&Interval) -> u64| Line {
        name: name.to_owned(),
        ink,
        points: seconds.mean(|i| count(i) as f64 * 1000.0 / i.for_ms.max(1) as f64),
        drawn: Drawn::Line,
    };
    let mut lines = Vec::new();
    if let Rate::Constant { per_second } = outcome.plan.rate {
        let points = [seconds.begin(), seconds.end()].map(|at| (at, per_second)).to_vec();
        lines.push(Line { name: "asked for".to_owned(), ink: Ink::Dashed, points, drawn: Drawn::Line });
    }
    lines.push(line("acknowledged", Ink::Blue, |i| i.acked));
    if outcome.plan.consumers.count() > 0 {
        lines.push(line("read", Ink::Teal, |i| i.consumed));
    }
    let scale = Scale::from_zero(lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)));
    let axis = Axis { label: "records/s", scale, ticks: None, words: &|v| short(v) };
    seconds.chart("Rate", &seconds.subtitle("records a second"), axis, lines)
}

/// Processor time of both sides.
pub fn cpu_over_time(outcome: &Outcome) -> String {
    let seconds = Seconds::of(outcome);
    let mut lines = vec![Line {
        name: "generator".to_owned(),
        ink: Ink::Amber,
        points: seconds.mean(|i| i.generator_cpu_ratio),
        drawn: Drawn::Line,
    }];
    if outcome.intervals.iter().any(|i| i.broker_cpu.is_some()) {
        let points = seconds.mean(|i| i.broker_cpu.unwrap_or(f64::NAN));
        lines.push(Line { name: "broker".to_owned(), ink: Ink::Blue, points, drawn: Drawn::Line });
    }
    let limit = outcome.plan.limits.cpu_ratio;
    let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y));
    let scale = Scale::from_zero(values.chain([limit]));
    let axis = Axis { label: "CPU", scale, ticks: None, words: &|v| units::percent(v) };
    let subtitle = seconds.subtitle("generator: its busiest core; broker: all its threads, 100 % is one CPU");
    let mut chart = seconds.bare("Processor time", &subtitle, axis, lines);
    chart.goals.push((limit, "generator's limit".to_owned()));
    chart.html()
}

/// Latency against rate: one dot a run, a line through the medians of the runs that asked for one rate.
pub fn rate_against_latency(outcomes: &[&Outcome], goal: Option<(f64, String)>) -> String {
    let place = |o: &Outcome, figure: fn(&Quantiles) -> u64| {
        (o.totals.acked_per_second, figure(&o.latency.response.quantiles) as f64)
    };
    let of = |name: &str, ink: Ink, figure: fn(&Quantiles) -> u64| {
        let dots = outcomes.iter().map(|o| place(o, figure)).collect();
        let mut medians: Vec<(f64, f64)> = by_rate(outcomes)
            .iter()
            .filter_map(|runs| {
                let (rates, latencies): (Vec<f64>, Vec<f64>) = runs.iter().map(|o| place(o, figure)).unzip();
                median(&rates).zip(median(&latencies))
            })
            .collect();
        medians.sort_by(|a, b| a.0.total_cmp(&b.0));
        [
            Line { name: name.to_owned(), ink, points: medians, drawn: Drawn::Line },
            Line { name: format!("{name} of a run"), ink, points: dots, drawn: Drawn::Dots },
        ]
    };
    let lines: Vec<Line> = [
        of("p99.9", Ink::Violet, |q| q.p999_ns),
        of("p99", Ink::Blue, |q| q.p99_ns),
        of("p50", Ink::Teal, |q| q.p50_ns),
    ]
    .into_iter()
    .flatten()
    .collect();
    let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)).chain(goal.iter().map(|g| g.0));
    let rates = outcomes.iter().map(|o| o.totals.acked_per_second);
    Chart {
        title: "Latency against rate",
        subtitle: "each dot a valid run, lines through the medians of each rate",
        x: Axis {
            label: "records acknowledged a second",
            scale: Scale::from_zero(rates),
            ticks: None,
            words: &|v| short(v),
        },
        y: latency_axis(Scale::around(values)),
        lines,
        faint: Vec::new(),
        goals: goal.into_iter().collect(),
    }
    .html()
}

/// One latency of each round, for either side.
pub fn rounds(title: &str, sides: &[(&str, Ink, &[Outcome])], of: fn(&Outcome) -> u64) -> String {
    let lines: Vec<Line> = sides
        .iter()
        .map(|(name, ink, runs)| {
            let value = |o: &Outcome| if o.verdict.is_valid() { of(o) as f64 } else { f64::NAN };
            let points = runs.iter().enumerate().map(|(n, o)| ((n + 1) as f64, value(o))).collect();
            Line { name: (*name).to_owned(), ink: *ink, points, drawn: Drawn::LineAndDots }
        })
        .collect();
    let most = sides.iter().map(|(_, _, runs)| runs.len()).max().unwrap_or(0);
    let values = lines.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y));
    let every = most.div_ceil(20).max(1);
    Chart {
        title,
        subtitle: "round by round; a void run leaves a gap",
        x: Axis {
            label: "round",
            scale: Scale::Linear(0.5, most as f64 + 0.5),
            ticks: Some((1..=most).step_by(every).map(|n| n as f64).collect()),
            words: &|n| format!("{n:.0}"),
        },
        y: latency_axis(Scale::around(values)),
        lines,
        faint: Vec::new(),
        goals: Vec::new(),
    }
    .html()
}

/// Runs that asked for the same rate, together.
fn by_rate<'a>(outcomes: &[&'a Outcome]) -> Vec<Vec<&'a Outcome>> {
    let asked = |o: &Outcome| o.plan.rate.per_second();
    let mut groups: Vec<Vec<&Outcome>> = Vec::new();
    for outcome in outcomes {
        match groups.iter_mut().find(|group| asked(group[0]) == asked(outcome)) {
            Some(group) => group.push(outcome),
            None => groups.push(vec![outcome]),
        }
    }
    groups
}

fn latency_axis(scale: Scale) -> Axis<'static> {
    Axis { label: "latency", scale, ticks: None, words: &|v| units::round(&units::time_ns(v as u64)) }
}

/// A number on an axis: `250 k`, `1.50 M`.
fn short(n: f64) -> String {
    match n {
        n if n >= 999_500.0 => units::round(&format!("{} M", units::three_digits(n / 1e6))),
        n if n >= 1_000.0 => units::round(&format!("{} k", units::three_digits(n / 1e3))),
        n => units::three_digits(n),
    }
}

/// A run's seconds, put together where there are more than a chart has room for.
struct Seconds<'a> {
    pieces: Vec<&'a [Interval]>,
    faint: Vec<(f64, f64)>,
}

impl<'a> Seconds<'a> {
    fn of(outcome: &'a Outcome) -> Seconds<'a> {
        let each = outcome.intervals.len().div_ceil(POINTS_MAX).max(1);
        let mut faint: Vec<(f64, f64)> = Vec::new();
        for interval in outcome.intervals.iter().filter(|i| !i.measured) {
            let (from, to) = (interval.at_ms as f64 / 1e3, (interval.at_ms + interval.for_ms) as f64 / 1e3);
            match faint.last_mut() {
                Some(last) if (last.1 - from).abs() < 0.01 => last.1 = to,
                _ => faint.push((from, to)),
            }
        }
        Seconds { pieces: outcome.intervals.chunks(each).collect(), faint }
    }

    fn begin(&self) -> f64 {
        self.pieces.first().and_then(|piece| piece.first()).map_or(0.0, |i| i.at_ms as f64 / 1e3)
    }

    fn end(&self) -> f64 {
        let last = self.pieces.last().and_then(|piece| piece.last());
        last.map_or(1.0, |i| (i.at_ms + i.for_ms) as f64 / 1e3)
    }

    /// A point stands in the middle of its seconds.
    fn points(&self, figure: impl Fn(&[Interval]) -> f64) -> Vec<(f64, f64)> {
        let middle = |piece: &[Interval]| {
            let begin = piece.first().map_or(0, |i| i.at_ms);
            let end = piece.last().map_or(0, |i| i.at_ms + i.for_ms);
            begin.midpoint(end) as f64 / 1e3
        };
        self.pieces.iter().map(|piece| (middle(piece), figure(piece))).collect()
    }

    fn largest(&self, figure: impl Fn(&Interval) -> f64) -> Vec<(f64, f64)> {
        self.points(|piece| piece.iter().map(&figure).fold(f64::NAN, f64::max))
    }

    fn mean(&self, figure: impl Fn(&Interval) -> f64) -> Vec<(f64, f64)> {
        self.points(|piece| piece.iter().map(&figure).sum::<f64>() / piece.len() as f64)
    }

    fn subtitle(&self, words: &str) -> String {
        let each = self.pieces.first().map_or(1, |piece| piece.len());
        let grey = if self.faint.is_empty() { "" } else { "; grey: not measured" };
        if each == 1 { format!("{words}{grey}") } else { format!("{words}; {each} seconds in one point{grey}") }
    }

    fn bare<'c>(&self, title: &'c str, subtitle: &'c str, y: Axis<'c>, lines: Vec<Line>) -> Chart<'c> {
        let (begin, end) = (self.begin(), self.end());
        let words: &dyn Fn(f64) -> String = &|s| units::clock(Duration::from_secs_f64(s.max(0.0)));
        let scale = Scale::Linear(begin, end.max(begin + 1.0));
        let x = Axis { label: "time", scale, ticks: Some(time_ticks(begin, end)), words };
        Chart { title, subtitle, x, y, lines, faint: self.faint.clone(), goals: Vec::new() }
    }

    fn chart(&self, title: &str, subtitle: &str, y: Axis<'_>, lines: Vec<Line>) -> String {
        self.bare(title, subtitle, y, lines).html()
    }
}

/// Ticks at whole seconds, minutes or hours.
fn time_ticks(begin: f64, end: f64) -> Vec<f64> {
    const STEPS: [f64; 13] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 21_600.0];
    let step = STEPS.into_iter().find(|step| (end - begin) / step <= 8.0).unwrap_or(86_400.0);
    let first = (begin / step).ceil() as i64;
    let last = (end / step).floor() as i64;
    (first..=last).map(|n| n as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn percentiles_are_said_with_the_digits_they_need() {
        let found = [1.0, 2.0, 10.0, 100.0, 1000.0, 1e5].map(percentile_words);
        assert_eq!(found, ["0 %", "50 %", "90 %", "99 %", "99.9 %", "99.999 %"]);
    }

    #[test]
    fn a_percentile_curve_rises_and_ends_at_the_largest() {
        let mut histogram = Histogram::<u64>::new(3).expect("three digits");
        for n in 1..=10_000u64 {
            histogram.record(n).expect("it fits");
        }
        let points = percentile_points(&histogram);
        assert!(points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1), "{points:?}");
        let (one_in, value) = points[points.len() - 1];
        assert_eq!((one_in, value as u64), (10_000.0, histogram.max()));
        let half = points.iter().find(|(one_in, _)| *one_in >= 2.0).expect("the middle");
        assert!((half.1 - 5000.0).abs() < 10.0, "{half:?}");
    }

    #[test]
    fn a_long_run_keeps_its_worst_second_and_says_how_many_are_in_a_point() {
        let mut outcome = sample::outcome(1000, 1);
        outcome.intervals[500].response.max_ns = 9_000_000_000;
        let seconds = Seconds::of(&outcome);
        let points = seconds.largest(|i| i.response.max_ns as f64);
        assert!(points.len() <= POINTS_MAX);
        assert!(points.iter().any(|(_, y)| *y == 9e9));
        assert!(seconds.subtitle("x").starts_with("x; 3 seconds in one point"), "{}", seconds.subtitle("x"));
    }

    #[test]
    fn runs_at_one_rate_give_one_point_of_the_line_and_a_dot_each() {
        let runs: Vec<Outcome> =
            [1e4, 1e4, 1e4, 2e4].iter().zip(0..).map(|(rate, n)| sample::at_rate(1, n, *rate)).collect();
        let svg = rate_against_latency(&runs.iter().collect::<Vec<_>>(), None);
        let paths: Vec<&str> = svg.split("d=\"").skip(1).filter_map(|p| p.split('"').next()).collect();
        assert_eq!(paths.iter().map(|p| p.matches(['M', 'L']).count()).collect::<Vec<_>>(), [2, 2, 2]);
        assert_eq!(svg.matches("<circle").count(), 12);
        assert_eq!(svg.matches("class=\"name").count(), 3);
    }

    #[test]
    fn time_has_round_ticks() {
        assert_eq!(time_ticks(0.0, 40.0), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 35.0, 40.0]);
        assert_eq!(time_ticks(0.0, 905.0), [0.0, 120.0, 240.0, 360.0, 480.0, 600.0, 720.0, 840.0]);
    }
}
