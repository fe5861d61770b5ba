//! What people type for numbers, sizes, times and shapes, and the plan's values for it.

use std::time::Duration;

use crate::plan::{Keys, Partitioning, Rate, Size, Step, WeightedSize};

/// A number of bytes: `1024`, `16KiB`, `1M` (a thousand thousands), `1MiB`.
pub fn bytes(text: &str) -> Result<u64, String> {
    const UNITS: [(&str, f64); 10] = [
        ("kib", 1024.0),
        ("mib", 1_048_576.0),
        ("gib", 1_073_741_824.0),
        ("kb", 1e3),
        ("mb", 1e6),
        ("gb", 1e9),
        ("k", 1e3),
        ("m", 1e6),
        ("g", 1e9),
        ("b", 1.0),
    ];
    let value = with_unit(text, &UNITS, 1.0).ok_or_else(|| format!("`{text}` is no size: write 1024, 16KiB or 1MB"))?;
    Ok(value.round() as u64)
}

/// The same where four bytes have to hold it.
pub fn bytes_u32(text: &str) -> Result<u32, String> {
    u32::try_from(bytes(text)?).map_err(|_| format!("`{text}` is too large"))
}

/// A rate in records a second: `200k`, `1.5M`, `50000`.
pub fn per_second(text: &str) -> Result<f64, String> {
    const UNITS: [(&str, f64); 3] = [("k", 1e3), ("m", 1e6), ("g", 1e9)];
    let trimmed = text.strip_suffix("/s").unwrap_or(text);
    with_unit(trimmed, &UNITS, 1.0).ok_or_else(|| format!("`{text}` is no rate: write 50000, 200k or 1.5M"))
}

/// A time: `30s`, `5ms`, `250us`, `2m`, `1h`.
pub fn time(text: &str) -> Result<Duration, String> {
    const UNITS: [(&str, f64); 6] = [("ms", 1e-3), ("us", 1e-6), ("ns", 1e-9), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
    let seconds = with_unit(text, &UNITS, f64::NAN).filter(|s| s.is_finite() && *s < 1e9);
    let seconds = seconds.ok_or_else(|| format!("`{text}` is no time: write 30s, 5ms, 250us or 2m"))?;
    Ok(Duration::from_secs_f64(seconds))
}

fn with_unit(text: &str, units: &[(&str, f64)], alone: f64) -> Option<f64> {
    let lower = text.trim().to_ascii_lowercase();
    let found = units.iter().find_map(|(unit, factor)| Some((lower.strip_suffix(unit)?.trim_end(), *factor)));
    let (number, factor) = found.unwrap_or((&lower, alone));
    let value = number.parse::<f64>().ok()? * factor;
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// What `--rate` says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RateText {
    /// As many as there is room for.
    Max,
    /// Records a second.
    PerSecond(f64),
}

/// `max`, or records a second.
pub fn rate(text: &str) -> Result<RateText, String> {
    if text == "max" { Ok(RateText::Max) } else { per_second(text).map(RateText::PerSecond) }
}

/// What `--shape` says.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeText {
    /// Evenly spaced.
    Constant,
    /// At random.
    Poisson,
    /// So many at once.
    Burst(u64),
    /// A wave: height and length.
    Sine(f64, Duration),
    /// One rate after another; the rate counts for nothing.
    Steps(Vec<Step>),
}

/// `constant`, `poisson`, `burst:RECORDS`, `sine:HEIGHT:PERIOD`, `steps:RATE@TIME,RATE@TIME`.
pub fn shape(text: &str) -> Result<ShapeText, String> {
    let wrong = || format!("`{text}` is no shape: constant, poisson, burst:1000, sine:0.5:10s, steps:10k@30s,20k@30s");
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    match name {
        "constant" if rest.is_empty() => Ok(ShapeText::Constant),
        "poisson" if rest.is_empty() => Ok(ShapeText::Poisson),
        "burst" => Ok(ShapeText::Burst(per_second(rest).map_err(|_| wrong())? as u64)),
        "sine" => {
            let (height, period) = rest.split_once(':').ok_or_else(wrong)?;
            Ok(ShapeText::Sine(height.parse().map_err(|_| wrong())?, time(period)?))
        }
        "steps" => {
            let step = |text: &str| {
                let (rate, for_time) = text.split_once('@').ok_or_else(wrong)?;
                Ok(Step { per_second: per_second(rate)?, for_ms: time(for_time)?.as_millis() as u64 })
            };
            rest.split(',').map(step).collect::<Result<_, String>>().map(ShapeText::Steps)
        }
        _ => Err(wrong()),
    }
}

impl ShapeText {
    /// The shape at a rate.
    #[must_use]
    pub fn at(self, per_second: f64) -> Rate {
        match self {
            ShapeText::Constant => Rate::Constant { per_second },
            ShapeText::Poisson => Rate::Poisson { per_second },
            ShapeText::Burst(records) => Rate::Burst { per_second, records },
            ShapeText::Sine(amplitude, period) => {
                Rate::Sine { per_second, amplitude, period_ms: period.as_millis() as u64 }
            }
            ShapeText::Steps(steps) => Rate::Steps { steps },
        }
    }
}

/// `1KiB`, `100-2000`, `normal:1KiB:200`, `100*3,1KiB*1`, `@FILE`.
pub fn size(text: &str) -> Result<Size, String> {
    if let Some(path) = text.strip_prefix('@') {
        return Ok(Size::Corpus { path: path.into() });
    }
    if let Some(rest) = text.strip_prefix("normal:") {
        let (mean, deviation) = rest.split_once(':').ok_or("write normal:MEAN:DEVIATION")?;
        let (mean, deviation) = (bytes(mean)? as f64, bytes(deviation)? as f64);
        let (min, max) = ((mean - 4.0 * deviation).max(8.0), mean + 4.0 * deviation);
        let (min_bytes, max_bytes) = (min as u32, max as u32);
        return Ok(Size::Normal { mean_bytes: mean, deviation_bytes: deviation, min_bytes, max_bytes });
    }
    if text.contains('*') {
        let sizes = text.split(',').map(|part| {
            let (bytes, weight) = part.split_once('*').ok_or("write BYTES*WEIGHT,BYTES*WEIGHT")?;
            let weight = weight.parse().map_err(|_| format!("`{weight}` is no weight"))?;
            Ok(WeightedSize { bytes: bytes_u32(bytes)?, weight })
        });
        return Ok(Size::Weighted { sizes: sizes.collect::<Result<_, String>>()? });
    }
    match text.split_once('-') {
        Some((min, max)) => Ok(Size::Uniform { min_bytes: bytes_u32(min)?, max_bytes: bytes_u32(max)? }),
        None => Ok(Size::Fixed { bytes: bytes_u32(text)? }),
    }
}

/// `none`, `10k`, `round-robin:10k`, `zipf:10k`, `zipf:10k:1.2`.
pub fn keys(text: &str) -> Result<Keys, String> {
    let wrong = || format!("`{text}` says nothing about keys: none, 10k, round-robin:10k, zipf:10k:1.2");
    let count = |text: &str| per_second(text).map(|count| count as u64).map_err(|_| wrong());
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        ["none"] => Ok(Keys::None),
        ["round-robin", number] => Ok(Keys::RoundRobin { count: count(number)? }),
        ["zipf", number] => Ok(Keys::Zipf { count: count(number)?, exponent: 1.0 }),
        ["zipf", number, exponent] => {
            Ok(Keys::Zipf { count: count(number)?, exponent: exponent.parse().map_err(|_| wrong())? })
        }
        ["uniform", number] | [number] => Ok(Keys::Uniform { count: count(number)? }),
        _ => Err(wrong()),
    }
}

/// `auto`, `round-robin`, `uniform`, `zipf:1.2`, `3,1,1`.
pub fn partitioning(text: &str) -> Result<Partitioning, String> {
    let wrong = || format!("`{text}` is no way to choose partitions: auto, round-robin, uniform, zipf:1.2, 3,1,1");
    match text {
        "auto" => Ok(Partitioning::Auto),
        "round-robin" => Ok(Partitioning::RoundRobin),
        "uniform" => Ok(Partitioning::Uniform),
        _ => match text.strip_prefix("zipf:") {
            Some(exponent) => Ok(Partitioning::Zipf { exponent: exponent.parse().map_err(|_| wrong())? }),
            None => {
                let weights = text.split(',').map(|weight| weight.parse().map_err(|_| wrong()));
                Ok(Partitioning::Weights { weights: weights.collect::<Result<_, String>>()? })
            }
        },
    }
}

/// What `--warmup` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WarmupText {
    /// By the rule, as the plan has it.
    Auto,
    /// By the rule, but not before and not after these.
    Between(Duration, Duration),
}

/// `auto`, `none`, `10s`, `3s-20s`.
pub fn warmup(text: &str) -> Result<WarmupText, String> {
    match text {
        "auto" => Ok(WarmupText::Auto),
        "none" => Ok(WarmupText::Between(Duration::ZERO, Duration::ZERO)),
        _ => match text.split_once('-') {
            Some((min, max)) => Ok(WarmupText::Between(time(min)?, time(max)?)),
            None => time(text).map(|exact| WarmupText::Between(exact, exact)),
        },
    }
}

/// `KEY=VALUE`.
pub fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_their_units() {
        assert_eq!(
            ["1024", "16KiB", "1M", "1.5kb", "2GiB"].map(|text| bytes(text).unwrap()),
            [1024, 16384, 1_000_000, 1500, 2 << 30]
        );
        assert_eq!(["200k", "1.5M", "7", "5k/s"].map(|text| per_second(text).unwrap()), [2e5, 1.5e6, 7.0, 5e3]);
        let times = ["30s", "5ms", "250us", "2m", "1h"].map(|text| time(text).unwrap().as_micros());
        assert_eq!(times, [30_000_000, 5000, 250, 120_000_000, 3_600_000_000]);
        for wrong in ["", "x", "1q", "-1", "1e400"] {
            assert!(bytes(wrong).is_err() && per_second(wrong).is_err() && time(wrong).is_err(), "{wrong}");
        }
        assert!(time("30").is_err(), "a time has a unit");
    }

    #[test]
    fn shapes_sizes_keys_and_partitions() {
        assert_eq!(shape("burst:1k").unwrap().at(5.0), Rate::Burst { per_second: 5.0, records: 1000 });
        assert_eq!(shape("sine:0.5:10s").unwrap(), ShapeText::Sine(0.5, Duration::from_secs(10)));
        let steps = vec![Step { per_second: 1e4, for_ms: 30_000 }, Step { per_second: 2e4, for_ms: 500 }];
        assert_eq!(shape("steps:10k@30s,20k@500ms").unwrap(), ShapeText::Steps(steps));
        assert!(shape("square").is_err() && shape("sine:1").is_err() && shape("constant:3").is_err());
        assert_eq!(size("100-2000").unwrap(), Size::Uniform { min_bytes: 100, max_bytes: 2000 });
        assert_eq!(size("1KiB").unwrap(), Size::Fixed { bytes: 1024 });
        assert_eq!(size("@lines.txt").unwrap(), Size::Corpus { path: "lines.txt".into() });
        let Size::Weighted { sizes } = size("100*3,1KiB*1").unwrap() else { panic!("weights") };
        assert_eq!((sizes[1].bytes, sizes[0].weight), (1024, 3.0));
        assert_eq!(keys("zipf:10k:1.2").unwrap(), Keys::Zipf { count: 10_000, exponent: 1.2 });
        assert_eq!(keys("5").unwrap(), Keys::Uniform { count: 5 });
        assert!(keys("some").is_err() && partitioning("some").is_err());
        assert_eq!(partitioning("3,1").unwrap(), Partitioning::Weights { weights: vec![3.0, 1.0] });
        assert_eq!(warmup("3s-20s").unwrap(), WarmupText::Between(Duration::from_secs(3), Duration::from_secs(20)));
    }
}
