//! What stands in values. Bytes are made once, before the run, and copied from there: making them must cost nothing while
//! it is measured. One pool per core; a value is a window of it that moves on with every record, or a line of a corpus.

use std::fs;
use std::io;
use std::ops::Range;

use crate::plan::{Plan, STAMP_BYTES, Size};
use crate::random::{Random, Weighted};

/// The values of a core.
pub struct Payloads {
    bytes: Vec<u8>,
    kind: Kind,
    random: Random,
    at: usize,
}

enum Kind {
    Fixed(usize),
    Uniform {
        min: usize,
        max: usize,
    },
    Normal {
        mean: f64,
        deviation: f64,
        min: f64,
        max: f64,
    },
    Weighted {
        sizes: Vec<usize>,
        weights: Weighted,
    },
    /// Where each line lies in the pool.
    Lines(Vec<(usize, usize)>),
}

/// Pool of values that are not compressed: small enough for a core's cache.
const PLAIN_BYTES: usize = 512 << 10;
/// Pool of values that are: a codec must not find the same bytes twice within its window or a batch.
const CODED_BYTES: usize = 8 << 20;
/// Random and constant bytes alternate in pieces of this size, so that every value has its part of both.
const GRAIN_BYTES: usize = 64;
/// How far the window moves beyond the value's own length: never in step with the pool.
const DRIFT_BYTES: usize = 37;
/// Random numbers of payloads, among those of the seed.
const STREAM: u64 = 0x0AB1_0AD0_0000_0000;

impl Payloads {
    /// For one core of a valid plan. Fails if a corpus cannot be read or has no line.
    pub fn new(plan: &Plan, worker: u32) -> io::Result<Payloads> {
        let mut random = Random::new(plan.seed, STREAM + u64::from(worker));
        let (_, largest) = plan.records.size.bounds();
        let (bytes, kind) = match &plan.records.size {
            Size::Corpus { path } => {
                let bytes = fs::read(path)?;
                let lines = lines(&bytes);
                if lines.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "there is no line in it"));
                }
                (bytes, Kind::Lines(lines))
            }
            size => {
                let coded = plan.producers.codec != crate::plan::Codec::None;
                let pool = if coded { CODED_BYTES } else { PLAIN_BYTES } + largest as usize;
                (pool_of(pool, plan.records.random_ratio, &mut random), kind_of(size))
            }
        };
        Ok(Payloads { bytes, kind, random, at: 0 })
    }

    /// Bytes of the next value, time included.
    pub fn next_len(&mut self) -> usize {
        let random = &mut self.random;
        match &self.kind {
            Kind::Fixed(bytes) => *bytes,
            Kind::Uniform { min, max } => min + random.below((max - min + 1) as u64) as usize,
            Kind::Normal { mean, deviation, min, max } => {
                (mean + deviation * random.normal()).round().clamp(*min, *max) as usize
            }
            Kind::Weighted { sizes, weights } => sizes[weights.pick(random)],
            Kind::Lines(lines) => {
                self.at = (self.at + 1) % lines.len();
                lines[self.at].1 - lines[self.at].0 + STAMP_BYTES as usize
            }
        }
    }

    /// Where in the pool the bytes lie for the value whose length was asked for last, `len` of them or what its line has.
    pub fn window(&mut self, len: usize) -> Range<usize> {
        if let Kind::Lines(lines) = &self.kind {
            let (from, to) = lines[self.at];
            return from..to.min(from + len);
        }
        if self.at + len > self.bytes.len() {
            self.at %= GRAIN_BYTES;
        }
        let from = self.at;
        self.at += len + DRIFT_BYTES;
        from..from + len
    }

    /// The bytes of a window.
    #[must_use]
    pub fn bytes(&self, window: Range<usize>) -> &[u8] {
        &self.bytes[window]
    }
}

fn kind_of(size: &Size) -> Kind {
    match size {
        Size::Fixed { bytes } => Kind::Fixed(*bytes as usize),
        Size::Uniform { min_bytes, max_bytes } => Kind::Uniform { min: *min_bytes as usize, max: *max_bytes as usize },
        Size::Normal { mean_bytes, deviation_bytes, min_bytes, max_bytes } => Kind::Normal {
            mean: *mean_bytes,
            deviation: *deviation_bytes,
            min: f64::from(*min_bytes),
            max: f64::from(*max_bytes),
        },
        Size::Weighted { sizes } => Kind::Weighted {
            sizes: sizes.iter().map(|size| size.bytes as usize).collect(),
            weights: Weighted::new(sizes.iter().map(|size| size.weight)),
        },
        Size::Corpus { .. } => Kind::Lines(Vec::new()),
    }
}

fn lines(bytes: &[u8]) -> Vec<(usize, usize)> {
    let mut from = 0;
    let mut lines = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        if !line.is_empty() {
            lines.push((from, from + line.len()));
        }
        from += line.len() + 1;
    }
    lines
}

fn pool_of(len: usize, random_ratio: f64, random: &mut Random) -> Vec<u8> {
    let mut bytes = vec![b'x'; len];
    let filled = (GRAIN_BYTES as f64 * random_ratio).round() as usize;
    for grain in bytes.chunks_mut(GRAIN_BYTES) {
        let filled = filled.min(grain.len());
        random.fill(&mut grain[..filled]);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use thalweg_wire::compression::{Compression, compress};

    use super::*;
    use crate::plan::{Codec, WeightedSize};

    fn payloads(size: Size, random_ratio: f64, codec: Codec) -> Payloads {
        let mut plan = Plan::default();
        plan.records.size = size;
        plan.records.random_ratio = random_ratio;
        plan.producers.codec = codec;
        Payloads::new(&plan, 0).unwrap()
    }

    fn lengths(size: Size) -> Vec<f64> {
        let mut payloads = payloads(size, 1.0, Codec::None);
        (0..20_000)
            .map(|_| {
                let len = payloads.next_len();
                assert_eq!(payloads.window(len).len(), len);
                len as f64
            })
            .collect()
    }

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn sizes_follow_their_distribution() {
        assert!(lengths(Size::Fixed { bytes: 100 }).iter().all(|len| *len == 100.0));
        let uniform = lengths(Size::Uniform { min_bytes: 10, max_bytes: 30 });
        assert!((mean(&uniform) - 20.0).abs() < 0.3 && uniform.contains(&10.0) && uniform.contains(&30.0));
        let size = Size::Normal { mean_bytes: 500.0, deviation_bytes: 50.0, min_bytes: 450, max_bytes: 900 };
        let normal = lengths(size);
        let below = normal.iter().filter(|len| **len <= 500.0).count() as f64 / normal.len() as f64;
        assert!((below - 0.5).abs() < 0.02 && normal.iter().all(|len| *len >= 450.0), "{below}");
        let sizes = vec![WeightedSize { bytes: 10, weight: 3.0 }, WeightedSize { bytes: 110, weight: 1.0 }];
        assert!((mean(&lengths(Size::Weighted { sizes })) - 35.0).abs() < 1.0);
    }

    #[test]
    fn what_is_random_does_not_compress_and_the_rest_does() {
        for ratio in [0.0, 0.25, 0.5, 1.0] {
            let mut payloads = payloads(Size::Fixed { bytes: 1000 }, ratio, Codec::Zstd);
            let mut batch = Vec::new();
            for _ in 0..500 {
                let len = payloads.next_len();
                let window = payloads.window(len);
                batch.extend_from_slice(payloads.bytes(window));
            }
            let packed = compress(Compression::Zstd, None, &batch).unwrap().len() as f64 / batch.len() as f64;
            assert!((packed - ratio).abs() < 0.08, "{ratio}: {packed}");
        }
    }

    #[test]
    fn a_corpus_gives_its_lines() {
        let path = std::env::temp_dir().join(format!("thalweg-loadgen-corpus-{}", std::process::id()));
        fs::write(&path, "one\n\nthree\n").unwrap();
        let mut payloads = payloads(Size::Corpus { path: path.clone() }, 1.0, Codec::None);
        let mut taken = Vec::new();
        for _ in 0..3 {
            let len = payloads.next_len() - STAMP_BYTES as usize;
            let window = payloads.window(len);
            taken.push(payloads.bytes(window).to_vec());
        }
        assert_eq!(taken, [b"three".to_vec(), b"one".to_vec(), b"three".to_vec()]);
        fs::write(&path, "\n").unwrap();
        let mut plan = Plan::default();
        plan.records.size = Size::Corpus { path: path.clone() };
        assert!(Payloads::new(&plan, 0).is_err());
        fs::remove_file(&path).unwrap();
    }
}
