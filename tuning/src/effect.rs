//! What applying did to the figures: passes before and after it, in the order A B B A so that a host that drifts drifts for
//! both alike, and a verdict that the spread has to allow.

use serde::Serialize;

use crate::probe::{Figure, quantile};

/// Passes without and with what is applied, in the order in which they were taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// As the host was.
    Before,
    /// With everything applied.
    After,
}

/// The order of the passes of so many rounds.
pub fn order(rounds: u32) -> impl Iterator<Item = Side> {
    (0..rounds).flat_map(|_| [Side::Before, Side::After, Side::After, Side::Before])
}

/// One figure, before and after.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Effect {
    /// What was measured.
    pub name: &'static str,
    /// The unit of the values.
    pub unit: &'static str,
    /// Values without.
    pub before: Spread,
    /// Values with.
    pub after: Spread,
    /// What follows.
    pub verdict: Verdict,
}

/// The values of a figure over several passes.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Spread {
    /// The smallest.
    pub least: f64,
    /// Half are no larger.
    pub median: f64,
    /// The largest.
    pub most: f64,
}

/// What follows from two spreads.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Every pass with it was better than every pass without.
    Better,
    /// Every pass with it was worse than every pass without.
    Worse,
    /// The spreads overlap: whatever the medians say may be chance.
    WithinNoise,
}

impl Spread {
    fn of(values: &[f64]) -> Spread {
        Spread { least: quantile(values, 0.0), median: quantile(values, 0.5), most: quantile(values, 1.0) }
    }
}

impl Effect {
    /// The change of the median, in percent.
    pub fn percent(&self) -> f64 {
        (self.after.median / self.before.median - 1.0) * 100.0
    }
}

/// Compares passes; figures that a pass lacks are left out.
pub fn effects(passes: &[(Side, Vec<Figure>)]) -> Vec<Effect> {
    let Some((_, first)) = passes.first() else { return Vec::new() };
    let compare = |figure: &Figure| {
        let values = |side: Side| -> Vec<f64> {
            let of_side = passes.iter().filter(|(of, _)| *of == side);
            of_side.filter_map(|(_, figures)| Some(figures.iter().find(|f| f.name == figure.name)?.value)).collect()
        };
        let (before, after) = (values(Side::Before), values(Side::After));
        if before.is_empty() || after.is_empty() {
            return None;
        }
        let (before, after) = (Spread::of(&before), Spread::of(&after));
        let verdict = match (after.least > before.most, after.most < before.least) {
            (false, false) => Verdict::WithinNoise,
            (more, _) if more == figure.more_is_better => Verdict::Better,
            _ => Verdict::Worse,
        };
        Some(Effect { name: figure.name, unit: figure.unit, before, after, verdict })
    };
    first.iter().filter_map(compare).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(more_is_better: bool, before: &[f64], after: &[f64]) -> Verdict {
        let pass =
            |side| move |value: &f64| (side, vec![Figure { name: "x", unit: "us", more_is_better, value: *value }]);
        let passes: Vec<_> = before.iter().map(pass(Side::Before)).chain(after.iter().map(pass(Side::After))).collect();
        effects(&passes)[0].verdict
    }

    #[test]
    fn only_spreads_that_do_not_overlap_say_something() {
        assert_eq!(verdict(false, &[400.0, 410.0, 405.0, 420.0], &[380.0, 390.0, 385.0, 399.0]), Verdict::Better);
        assert_eq!(verdict(true, &[400.0, 410.0, 405.0, 420.0], &[380.0, 390.0, 385.0, 399.0]), Verdict::Worse);
        assert_eq!(verdict(true, &[1.0, 2.0], &[3.0, 4.0]), Verdict::Better);
        assert_eq!(verdict(false, &[1.0, 2.0], &[3.0, 4.0]), Verdict::Worse);
        assert_eq!(verdict(false, &[400.0, 410.0], &[390.0, 401.0]), Verdict::WithinNoise);
        assert_eq!(verdict(false, &[400.0, 410.0], &[410.0, 420.0]), Verdict::WithinNoise, "touching is overlapping");
    }

    #[test]
    fn sides_take_turns_so_that_drift_counts_for_both() {
        let positions = |side| order(2).enumerate().filter(move |(_, s)| *s == side).map(|(nth, _)| nth).sum::<usize>();
        assert_eq!(order(2).count(), 8);
        assert_eq!(positions(Side::Before), positions(Side::After));
    }

    #[test]
    fn medians_and_the_change_between_them_are_told() {
        let figure = |value| vec![Figure { name: "x", unit: "us", more_is_better: false, value }];
        let passes = [(Side::Before, figure(200.0)), (Side::After, figure(150.0))];
        let effect = &effects(&passes)[0];
        assert_eq!((effect.before.median, effect.after.median, effect.percent()), (200.0, 150.0, -25.0));
        assert!(effects(&passes[..1]).is_empty());
    }
}
