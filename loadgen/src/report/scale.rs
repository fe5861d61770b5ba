//! From values to places on an axis, and where its ticks stand.

/// How values are spread over an axis.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Scale {
    /// Evenly, between two values.
    Linear(f64, f64),
    /// By their logarithm, between two values above zero.
    Log(f64, f64),
}

/// Most ticks of an axis, about.
const TICKS: f64 = 6.0;

impl Scale {
    /// From zero to a round number above all values.
    pub fn from_zero(values: impl Iterator<Item = f64>) -> Scale {
        let largest = values.filter(|v| v.is_finite()).fold(0.0, f64::max);
        if largest == 0.0 {
            return Scale::Linear(0.0, 1.0);
        }
        let step = round_step(largest);
        Scale::Linear(0.0, (largest / step * 1.02).ceil() * step)
    }

    /// By logarithm, around all values above zero: to the nearest 1, 2 or 5 of a decade on either side.
    pub fn around(values: impl Iterator<Item = f64>) -> Scale {
        let (mut smallest, mut largest) = (f64::INFINITY, 0.0f64);
        for value in values.filter(|v| v.is_finite() && *v > 0.0) {
            (smallest, largest) = (smallest.min(value), largest.max(value));
        }
        if largest == 0.0 {
            return Scale::Log(1.0, 10.0);
        }
        let low = round_values(smallest / 10.0, smallest).last().unwrap_or(smallest);
        let high = round_values(largest, largest * 10.0).next().unwrap_or(largest);
        // Less than half a decade looks like a cliff where there is a pebble.
        if high / low < 4.0 { Scale::Log(low / 2.0, high * 2.0) } else { Scale::Log(low, high) }
    }

    /// Where a value lies, from 0 to 1; what lies outside is moved to the end.
    pub fn place(self, value: f64) -> f64 {
        let place = match self {
            Scale::Linear(low, high) => (value - low) / (high - low),
            Scale::Log(low, high) => (value.max(low) / low).ln() / (high / low).ln(),
        };
        place.clamp(0.0, 1.0)
    }

    /// Values worth a tick.
    pub fn ticks(self) -> Vec<f64> {
        match self {
            Scale::Linear(low, high) => {
                let step = round_step(high - low);
                let first = (low / step).ceil() as i64;
                let last = (high / step + 1e-9).floor() as i64;
                (first..=last).map(|n| n as f64 * step).collect()
            }
            Scale::Log(low, high) => {
                let fine: Vec<f64> = round_values(low * 0.999, high * 1.001).collect();
                if fine.len() as f64 <= TICKS * 1.5 {
                    return fine;
                }
                fine.into_iter().filter(|v| is_power_of_ten(*v)).collect()
            }
        }
    }
}

fn is_power_of_ten(value: f64) -> bool {
    (value.log10() - value.log10().round()).abs() < 1e-6
}

/// A step of 1, 2 or 5 of a decade that gives about [`TICKS`] ticks over a range.
fn round_step(range: f64) -> f64 {
    let wanted = range / TICKS;
    let decade = 10f64.powf(wanted.log10().floor());
    let factor = [1.0, 2.0, 5.0, 10.0].into_iter().find(|f| f * decade >= wanted * 0.999).unwrap_or(10.0);
    factor * decade
}

/// All of 1, 2, 5 times a power of ten between two values above zero.
fn round_values(low: f64, high: f64) -> impl Iterator<Item = f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    decades
        .flat_map(|decade| [1.0, 2.0, 5.0].map(|factor| factor * 10f64.powi(decade)))
        .filter(move |v| *v >= low * (1.0 - 1e-9) && *v <= high * (1.0 + 1e-9))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: &[f64], wanted: &[f64]) {
        let close =
            found.len() == wanted.len() && found.iter().zip(wanted).all(|(f, w)| (f - w).abs() <= 1e-9 * w.abs());
        assert!(close, "{found:?}, not {wanted:?}");
    }

    #[test]
    fn axes_end_at_round_numbers_and_hold_all_values() {
        assert_eq!(Scale::from_zero([3.0, 87.0, f64::NAN].into_iter()), Scale::Linear(0.0, 100.0));
        assert_eq!(Scale::from_zero([0.0].into_iter()), Scale::Linear(0.0, 1.0));
        let Scale::Log(low, high) = Scale::around([0.7e6, 14e6].into_iter()) else { panic!("a logarithm") };
        near(&[low, high], &[5e5, 2e7]);
        let Scale::Log(low, high) = Scale::around([100.0, 100.0].into_iter()) else { panic!("a logarithm") };
        near(&[low, high], &[50.0, 200.0]);
        assert_eq!(Scale::around([0.0].into_iter()), Scale::Log(1.0, 10.0));
    }

    #[test]
    fn ticks_are_few_and_round() {
        near(&Scale::Linear(0.0, 100.0).ticks(), &[0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        near(&Scale::Linear(0.0, 60.0).ticks(), &[0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0]);
        near(&Scale::Log(5e5, 2e7).ticks(), &[5e5, 1e6, 2e6, 5e6, 1e7, 2e7]);
        near(&Scale::Log(1e3, 1e9).ticks(), &[1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]);
    }

    #[test]
    fn a_value_has_its_place() {
        let log = Scale::Log(1.0, 100.0);
        near(&[log.place(1.0), log.place(10.0), log.place(100.0)], &[0.0, 0.5, 1.0]);
        near(&[log.place(0.0), log.place(1e9)], &[0.0, 1.0]);
        near(&[Scale::Linear(0.0, 4.0).place(1.0)], &[0.25]);
    }
}
