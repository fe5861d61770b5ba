//! What the disk of a data directory can do, measured once and kept beside the data, and what a broker makes of it.
//!
//! `DATA/io-properties.json` is [`IoProperties`] as JSON. [`IoProperties::advice`] is a pure function of it.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::probe::disk::{Flushes, Scratch};
use crate::probe::quantile;

/// Name of the file in the data directory.
pub const FILE: &str = "io-properties.json";

const VERSION: u32 = 1;
const KIB: u32 = 1 << 10;
/// Sizes of requests that are measured: those the engine may be told to use.
const SIZES: [u32; 5] = [64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, 1024 * KIB];
const DEPTHS: [u32; 4] = [1, 2, 4, 8];
/// Time for each size and depth.
const CELL: Duration = Duration::from_millis(70);
/// A rate that is this share of the best is as good.
const AS_GOOD: f64 = 0.9;
/// The usual sizes and depths were chosen with the engine itself; they go only where they are clearly slower.
const USUAL_AS_GOOD: f64 = 0.75;
/// Each size and depth is measured so many times, all of them in turns, and the median counts.
const TURNS: usize = 3;
/// A way of reading that is so many times as fast is chosen for good.
const CLEARLY: f64 = 2.0;

/// The measurements.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IoProperties {
    version: u32,
    /// Seconds since 1970 at which it was measured.
    pub measured_at: u64,
    /// The block device, or what else was mounted.
    pub device: String,
    /// The file system.
    pub file_system: String,
    /// Durable writes of 4 KiB, at several depths.
    pub flushes: Vec<Flushes>,
    /// Writes past the page cache.
    pub writes: Vec<Rate>,
    /// Reads past the page cache.
    pub reads: Vec<Rate>,
    /// Reads through a page cache that holds nothing of what is read.
    pub cached_reads: Vec<Rate>,
}

/// How fast requests of a size go, so many at once.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Rate {
    /// Size of a request.
    pub bytes: u32,
    /// Requests at once.
    pub depth: u32,
    /// All together.
    pub mib_per_second: f64,
}

/// What a broker does if it is told nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Usual {
    /// Size of the pieces in which segments are written.
    pub piece_bytes: u32,
    /// Such pieces at once.
    pub pieces_in_flight: u32,
    /// Pending bytes of a partition from which they bypass the journal.
    pub bypass_bytes: u32,
}

/// What a broker should be told; `None` where the measurements do not say.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Advice {
    /// Size of the pieces in which segments are written.
    pub piece_bytes: Option<u32>,
    /// Such pieces at once.
    pub pieces_in_flight: Option<u32>,
    /// Pending bytes from which an append is written once, past the journal.
    pub bypass_bytes: Option<u32>,
    /// How cold records are read.
    pub read_way: Option<ReadWay>,
}

/// How cold records are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadWay {
    /// Whichever is cheaper for the read at hand.
    Auto,
    /// Through the page cache.
    Sendfile,
    /// Past it.
    Direct,
}

impl ReadWay {
    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            ReadWay::Auto => "auto",
            ReadWay::Sendfile => "sendfile",
            ReadWay::Direct => "direct",
        }
    }
}

impl IoProperties {
    /// Measures; takes about fifteen seconds.
    pub fn measure(scratch: &Scratch, device: &str, file_system: &str, now: u64) -> io::Result<IoProperties> {
        let grid = |depths: &[u32], measure: &dyn Fn(usize, u32) -> io::Result<f64>| {
            let cells = || SIZES.iter().flat_map(|bytes| depths.iter().map(move |depth| (*bytes, *depth)));
            let mut turns: Vec<Vec<f64>> = Vec::new();
            for _ in 0..TURNS {
                turns.push(cells().map(|(bytes, depth)| measure(bytes as usize, depth)).collect::<io::Result<_>>()?);
            }
            let median = |nth: usize| quantile(&turns.iter().map(|turn| turn[nth]).collect::<Vec<_>>(), 0.5);
            let rates = cells().enumerate().map(|(nth, (bytes, depth))| Rate {
                bytes,
                depth,
                mib_per_second: tenths(median(nth)),
            });
            io::Result::Ok(rates.collect::<Vec<_>>())
        };
        let flushes = |depth: &u32| {
            let Flushes { depth, p50_us, p99_us, per_second } = scratch.flushes(*depth, 6 * CELL)?;
            let [p50_us, p99_us, per_second] = [p50_us, p99_us, per_second].map(tenths);
            io::Result::Ok(Flushes { depth, p50_us, p99_us, per_second })
        };
        let flushes = DEPTHS.iter().map(flushes).collect::<io::Result<_>>()?;
        Ok(IoProperties {
            version: VERSION,
            measured_at: now,
            device: device.to_owned(),
            file_system: file_system.to_owned(),
            flushes,
            writes: grid(&DEPTHS, &|bytes, depth| scratch.writes(bytes, depth, CELL))?,
            reads: grid(&DEPTHS, &|bytes, depth| scratch.reads(bytes, depth, CELL))?,
            cached_reads: grid(&DEPTHS[..1], &|bytes, depth| scratch.cached_reads(bytes, depth, CELL))?,
        })
    }

    /// Reads the file of a data directory; `None` where there is none.
    pub fn read(data: &Path) -> io::Result<Option<IoProperties>> {
        const BYTES_MAX: u64 = 1 << 20;
        let path = data.join(FILE);
        let invalid = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
        match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(found) if found.len() > BYTES_MAX => return Err(invalid(format!("it has {} bytes", found.len()))),
            _ => {}
        }
        let properties: IoProperties =
            serde_json::from_str(&fs::read_to_string(&path)?).map_err(|error| invalid(error.to_string()))?;
        match properties.version {
            VERSION => Ok(Some(properties)),
            version => Err(invalid(format!("version {version} is not known"))),
        }
    }

    /// Writes the file, whole or not at all.
    pub fn write(&self, data: &Path) -> io::Result<()> {
        let part = data.join(format!("{FILE}.tmp"));
        let mut file = File::create(&part)?;
        file.write_all(serde_json::to_string_pretty(self).map_err(io::Error::other)?.as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&part, data.join(FILE))?;
        File::open(data)?.sync_all()
    }

    /// What follows for a broker.
    ///
    /// - Pieces are the usual ones unless these are clearly slower than the best. Then they are as small, and as few at once, as
    ///   still write at nine tenths of the best rate: more only makes others wait.
    /// - Bytes that go through the journal are written twice, those that bypass it cost a durable write more: it pays from the
    ///   size on that the disk could write in the time of one more durable write among several, and not below the usual one.
    /// - `auto` reads by what is in the page cache; one way for everything only where it is twice as fast as the other. The page
    ///   cache was filled by one reader, so past it has to be twice as fast again.
    pub fn advice(&self, usual: Usual) -> Advice {
        let piece = cheapest(&self.writes, usual);
        let among_several = self.flushes.iter().filter(|flushes| flushes.depth <= 4).map(|flushes| flushes.per_second);
        let flushes_per_second = among_several.fold(0.0, f64::max);
        let bypass = piece.filter(|_| flushes_per_second > 0.0).map(|piece| {
            let bytes = piece.mib_per_second * f64::from(1024 * KIB) / flushes_per_second;
            // A power of two, between the sizes the engine was measured at.
            let size = SIZES.into_iter().rev().find(|size| f64::from(*size) <= bytes).unwrap_or(SIZES[0]);
            size.max(usual.bypass_bytes)
        });
        let best = |rates: &[Rate]| rates.iter().map(|rate| rate.mib_per_second).fold(0.0, f64::max);
        let (direct, cached) = (best(&self.reads), best(&self.cached_reads));
        let read_way = match (direct, cached) {
            (direct, cached) if direct <= 0.0 || cached <= 0.0 => None,
            (direct, cached) if cached >= direct * CLEARLY => Some(ReadWay::Sendfile),
            (direct, cached) if direct >= cached * 2.0 * CLEARLY => Some(ReadWay::Direct),
            _ => Some(ReadWay::Auto),
        };
        Advice {
            piece_bytes: piece.map(|piece| piece.bytes),
            pieces_in_flight: piece.map(|piece| piece.depth),
            bypass_bytes: bypass,
            read_way,
        }
    }
}

/// What is measured is not more exact, and a short number reads back as it was written.
fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The usual size and depth unless clearly slower than the best, else the smallest size, and for it the smallest depth, that
/// are as good.
fn cheapest(rates: &[Rate], usual: Usual) -> Option<Rate> {
    let best = rates.iter().map(|rate| rate.mib_per_second).fold(0.0, f64::max);
    if best <= 0.0 {
        return None;
    }
    let reach = |share: f64| move |rate: &&Rate| rate.mib_per_second >= best * share;
    let is_usual = |rate: &&Rate| (rate.bytes, rate.depth) == (usual.piece_bytes, usual.pieces_in_flight);
    let usual = rates.iter().filter(reach(USUAL_AS_GOOD)).find(is_usual);
    let cheapest = || rates.iter().filter(reach(AS_GOOD)).min_by_key(|rate| (rate.bytes, rate.depth));
    usual.or_else(cheapest).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: Usual = Usual { piece_bytes: 512 * KIB, pieces_in_flight: 4, bypass_bytes: 128 * KIB };

    /// A disk whose requests take `fixed_us` and then a second for each `mib` MiB, `ways` of them at once.
    fn disk(fixed_us: f64, mib: f64, ways: u32, flushes_per_second: f64, cached: f64) -> IoProperties {
        let rate = |bytes: u32, depth: u32| {
            let at_once = f64::from(depth.min(ways));
            let alone = f64::from(bytes)
                / (f64::from(1024 * KIB))
                / (fixed_us / 1e6 + f64::from(bytes) / f64::from(1024 * KIB) / mib);
            Rate { bytes, depth, mib_per_second: tenths((alone * at_once).min(mib)) }
        };
        let grid: Vec<Rate> = SIZES.iter().flat_map(|b| DEPTHS.iter().map(move |d| rate(*b, *d))).collect();
        let flushes = |depth: u32| Flushes {
            depth,
            p50_us: 0.0,
            p99_us: 0.0,
            per_second: flushes_per_second * f64::from(depth.min(ways)),
        };
        IoProperties {
            version: VERSION,
            measured_at: 0,
            device: "vda".to_owned(),
            file_system: "ext4".to_owned(),
            flushes: DEPTHS.map(flushes).to_vec(),
            reads: grid.clone(),
            cached_reads: vec![Rate { bytes: 1 << 20, depth: 1, mib_per_second: cached }],
            writes: grid,
        }
    }

    #[test]
    fn a_fast_disk_with_capacitors_takes_what_is_usual() {
        let advice = disk(15.0, 3000.0, 8, 40_000.0, 2000.0).advice(USUAL);
        assert_eq!((advice.piece_bytes, advice.pieces_in_flight), (Some(512 * KIB), Some(4)));
        assert_eq!(advice.bypass_bytes, Some(128 * KIB));
        assert_eq!(advice.read_way, Some(ReadWay::Auto));
    }

    #[test]
    fn a_disk_that_flushes_slowly_bypasses_the_journal_later() {
        let advice = disk(100.0, 1000.0, 4, 500.0, 800.0).advice(USUAL);
        assert_eq!(advice.bypass_bytes, Some(512 * KIB));
        let slow = disk(100.0, 1000.0, 1, 100.0, 800.0).advice(USUAL);
        assert_eq!(slow.bypass_bytes, Some(1024 * KIB), "never later than the largest request");
    }

    #[test]
    fn a_disk_that_does_one_thing_at_a_time_gets_large_pieces_one_by_one() {
        let advice = disk(4000.0, 200.0, 1, 100.0, 150.0).advice(USUAL);
        assert_eq!((advice.piece_bytes, advice.pieces_in_flight), (Some(1024 * KIB), Some(1)));
    }

    #[test]
    fn where_the_usual_pieces_are_too_slow_the_cheapest_that_are_not_are_taken() {
        let mut properties = disk(15.0, 3000.0, 8, 40_000.0, 2000.0);
        let usual =
            properties.writes.iter_mut().find(|rate| (rate.bytes, rate.depth) == (512 * KIB, 4)).expect("a rate");
        usual.mib_per_second = 2249.0;
        let advice = properties.advice(USUAL);
        assert_eq!((advice.piece_bytes, advice.pieces_in_flight), (Some(64 * KIB), Some(2)));
    }

    #[test]
    fn one_way_of_reading_is_chosen_only_where_it_is_clearly_faster() {
        let way = |cached: f64| disk(15.0, 1000.0, 8, 1000.0, cached).advice(USUAL).read_way;
        assert_eq!(way(2500.0), Some(ReadWay::Sendfile));
        assert_eq!(way(1900.0), Some(ReadWay::Auto));
        assert_eq!(way(300.0), Some(ReadWay::Auto), "read-ahead alone keeps one request in flight");
        assert_eq!(way(200.0), Some(ReadWay::Direct));
    }

    #[test]
    fn what_was_not_measured_gives_no_advice() {
        let mut nothing = disk(1.0, 1.0, 1, 1.0, 1.0);
        (nothing.writes, nothing.reads, nothing.flushes) = (Vec::new(), Vec::new(), Vec::new());
        assert_eq!(nothing.advice(USUAL), Advice::default());
        let mut still = disk(1.0, 1.0, 1, 1.0, 1.0);
        still.writes.iter_mut().for_each(|rate| rate.mib_per_second = 0.0);
        assert_eq!(still.advice(USUAL).piece_bytes, None);
    }

    #[test]
    fn the_file_reads_as_it_was_written_and_anything_else_is_an_error() {
        let dir = std::env::temp_dir().join(format!("tuning-io-properties-{}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        assert!(IoProperties::read(&dir).expect("read").is_none());
        let properties = disk(15.0, 1000.0, 8, 1000.0, 500.0);
        properties.write(&dir).expect("written");
        assert_eq!(IoProperties::read(&dir).expect("read"), Some(properties.clone()));
        for text in [
            "nonsense".to_owned(),
            fs::read_to_string(dir.join(FILE)).expect("text").replace("\"version\": 1", "\"version\": 7"),
        ] {
            fs::write(dir.join(FILE), text).expect("written");
            assert!(IoProperties::read(&dir).is_err());
        }
        fs::remove_dir_all(dir).ok();
    }
}
