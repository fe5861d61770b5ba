//! The highest rate a broker sustains: every record acknowledged, none late to leave, a quantile of the response time within a
//! limit. Doubling finds two rates between which it lies, halving the distance finds it; repeated, it has an interval.

use crate::outcome::{Outcome, Quantiles, Verdict};

/// What a rate has to keep to count as sustained.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slo {
    /// Which quantile.
    pub quantile: Quantile,
    /// Its limit.
    pub limit_ns: u64,
}

/// A quantile people set limits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantile {
    /// The median.
    P50,
    /// 95 of 100.
    P95,
    /// 99 of 100.
    P99,
    /// 999 of 1000.
    P999,
    /// All.
    Max,
}

impl Quantile {
    /// What people call it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Quantile::P50 => "p50",
            Quantile::P95 => "p95",
            Quantile::P99 => "p99",
            Quantile::P999 => "p99.9",
            Quantile::Max => "max",
        }
    }

    /// The one called so.
    #[must_use]
    pub fn named(name: &str) -> Option<Quantile> {
        let all = [Quantile::P50, Quantile::P95, Quantile::P99, Quantile::P999, Quantile::Max];
        all.into_iter().find(|quantile| quantile.name() == name)
    }

    /// Its value.
    #[must_use]
    pub fn of(self, quantiles: &Quantiles) -> u64 {
        match self {
            Quantile::P50 => quantiles.p50_ns,
            Quantile::P95 => quantiles.p95_ns,
            Quantile::P99 => quantiles.p99_ns,
            Quantile::P999 => quantiles.p999_ns,
            Quantile::Max => quantiles.max_ns,
        }
    }
}

/// What a run at a rate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Probe {
    /// The broker keeps it.
    Sustained,
    /// It does not.
    Missed(String),
    /// The generator was the limit: nothing is known about the broker at this rate.
    Void(String),
}

/// A part of the records that may be missing at the end of a run without the rate being missed.
const MISSING_MAX: f64 = 0.001;

/// The age at the 99th percentile from which records have piled up for their readers: neither a fetch that waits nor a batch
/// that lingers explains it.
const READERS_BEHIND_NS: u64 = 1_000_000_000;

impl Slo {
    /// What is kept where nothing else is said.
    pub const DEFAULT: Slo = Slo { quantile: Quantile::P99, limit_ns: 10_000_000 };

    /// Judges a run whose readers have to keep up too.
    #[must_use]
    pub fn judge_with_readers(&self, outcome: &Outcome) -> Probe {
        let probe = self.judge(outcome);
        let consumers = &outcome.plan.consumers;
        let readings = if consumers.count() > 0 { consumers.groups } else { 0 };
        let wanted = outcome.totals.acked * u64::from(readings);
        let unread = wanted.saturating_sub(outcome.totals.consumed);
        let age_ns = outcome.latency.end_to_end.quantiles.p99_ns;
        match probe {
            Probe::Sustained if unread as f64 > MISSING_MAX * wanted as f64 => {
                Probe::Missed(format!("{unread} records were not read"))
            }
            Probe::Sustained if age_ns > READERS_BEHIND_NS => {
                Probe::Missed(format!("readers fell behind: p99 end to end is {:.2} s", age_ns as f64 / 1e9))
            }
            probe => probe,
        }
    }

    /// Judges a run.
    #[must_use]
    pub fn judge(&self, outcome: &Outcome) -> Probe {
        let totals = &outcome.totals;
        let found = self.quantile.of(&outcome.latency.response.quantiles);
        let missing = totals.unsent + totals.unanswered + totals.failed;
        // a broker that does not keep up is the cause of what the generator looks like then
        if totals.unsent > 0 {
            return Probe::Missed(format!("{} records never left", totals.unsent));
        }
        if let Verdict::Invalid { reasons } = &outcome.verdict {
            return Probe::Void(reasons.join("; "));
        }
        if missing as f64 > MISSING_MAX * totals.intended as f64 {
            return Probe::Missed(format!("{missing} records were not acknowledged"));
        }
        if found > self.limit_ns {
            return Probe::Missed(format!("{} is {:.2} ms", self.quantile.name(), found as f64 / 1e6));
        }
        Probe::Sustained
    }
}

/// Looks for the highest rate: asks for one at a time and is told what came of it.
#[derive(Clone, Debug)]
pub struct Search {
    low: Option<f64>,
    high: Option<f64>,
    next: f64,
    max: f64,
    resolution: f64,
    /// The generator was the limit somewhere above.
    void: bool,
}

/// Rates below this are none.
const RATE_MIN: f64 = 1.0;

impl Search {
    /// Begins with a rate and goes up to `max`; ends when two rates differ by less than `resolution`, a part of them.
    #[must_use]
    pub fn new(from: f64, max: f64, resolution: f64) -> Search {
        Search { low: None, high: None, next: from.min(max), max, resolution, void: false }
    }

    /// The rate to try next; none: it is found.
    #[must_use]
    pub fn next(&self) -> Option<f64> {
        match (self.low, self.high) {
            (Some(low), Some(high)) if high / low <= 1.0 + self.resolution => None,
            (Some(low), None) if low >= self.max => None,
            (None, Some(high)) if high <= RATE_MIN => None,
            _ => Some(self.next),
        }
    }

    /// Takes what came of it.
    pub fn take(&mut self, probe: &Probe) {
        match probe {
            Probe::Sustained => self.low = Some(self.next),
            Probe::Missed(_) => self.high = Some(self.next),
            Probe::Void(_) => {
                self.high = Some(self.next);
                self.void = true;
            }
        }
        self.next = match (self.low, self.high) {
            (Some(low), Some(high)) => (low * high).sqrt(),
            (Some(low), None) => (low * 2.0).min(self.max),
            (None, Some(high)) => (high / 2.0).max(RATE_MIN),
            (None, None) => self.next,
        };
    }

    /// The highest rate that was sustained; none: no rate was.
    #[must_use]
    pub fn found(&self) -> Option<f64> {
        self.low
    }

    /// Whether what stopped the search was the generator or the rate it was to end at: the broker may do more.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.void || self.high.is_none()
    }

    /// Another search around what this one found.
    #[must_use]
    pub fn again(&self) -> Search {
        Search::new(self.low.unwrap_or(self.next), self.max, self.resolution)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A broker that keeps everything up to a rate.
    fn search(limit: f64, from: f64, void_above: f64) -> (Search, u32) {
        let mut search = Search::new(from, 1e6, 0.05);
        let mut probes = 0;
        while let Some(rate) = search.next() {
            probes += 1;
            search.take(&match rate {
                rate if rate > void_above => Probe::Void(String::new()),
                rate if rate > limit => Probe::Missed(String::new()),
                _ => Probe::Sustained,
            });
            assert!(probes < 50, "{search:?}");
        }
        (search, probes)
    }

    #[test]
    fn the_limit_is_found_from_below_and_from_above() {
        for limit in [3.0, 777.0, 12_345.0, 999_999.0] {
            for from in [10.0, 1000.0, 500_000.0] {
                let (search, _) = search(limit, from, f64::INFINITY);
                let found = search.found().unwrap();
                assert!(found <= limit && found >= limit / 1.051, "{limit} from {from}: {found}");
                assert!(!search.is_open());
            }
        }
    }

    #[test]
    fn it_ends_at_its_maximum_at_nothing_and_at_the_generator() {
        let (all, _) = search(1e9, 1000.0, f64::INFINITY);
        assert!(all.found() == Some(1e6) && all.is_open());
        let (nothing, probes) = search(0.0, 1000.0, f64::INFINITY);
        assert!(nothing.found().is_none() && probes <= 12);
        let (void, _) = search(1e9, 1000.0, 5000.0);
        assert!(void.is_open() && void.found().unwrap() <= 5000.0);
    }

    #[test]
    fn a_second_search_begins_where_the_first_ended() {
        let (first, _) = search(12_345.0, 10.0, f64::INFINITY);
        assert_eq!(first.again().next(), first.found());
    }

    #[test]
    fn a_quantile_is_known_by_its_name() {
        for name in ["p50", "p95", "p99", "p99.9", "max"] {
            assert_eq!(Quantile::named(name).unwrap().name(), name);
        }
        assert_eq!(Quantile::named("p42"), None);
    }
}
