//! What the host's disks and networks did since the last look, from `/proc`. What cannot be read is not shown.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use thalweg_tuning::Root;

/// Reads counters and tells how fast they grow.
pub struct HostMeter {
    root: Root,
    last: Option<(Instant, Counters)>,
}

/// A disk, in bytes a second.
#[derive(Clone, Debug, PartialEq)]
pub struct DiskRate {
    /// The kernel's name for it.
    pub name: String,
    /// Read.
    pub read_per_second: f64,
    /// Written.
    pub written_per_second: f64,
    /// Part of the time with a request under way.
    pub busy_ratio: f64,
}

/// A network interface, in bytes a second.
#[derive(Clone, Debug, PartialEq)]
pub struct NetRate {
    /// The kernel's name for it.
    pub name: String,
    /// Received.
    pub received_per_second: f64,
    /// Sent.
    pub sent_per_second: f64,
}

/// Rates since the last look, the busiest first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostRates {
    /// Disks that did anything.
    pub disks: Vec<DiskRate>,
    /// Interfaces that carried anything.
    pub nets: Vec<NetRate>,
}

/// More devices than this are not kept: the busiest two or three are shown.
const DEVICES_MAX: usize = 256;

/// The kernel counts disk sectors of this size, whatever the disk's own.
const SECTOR_BYTES: u64 = 512;

#[derive(Clone, Default)]
struct Counters {
    disks: BTreeMap<String, [u64; 3]>,
    nets: BTreeMap<String, [u64; 2]>,
}

impl HostMeter {
    /// A meter of the host that `root` shows.
    #[must_use]
    pub fn new(root: Root) -> HostMeter {
        HostMeter { root, last: None }
    }

    /// What happened since the last look; nothing at the first.
    pub fn look(&mut self, now: Instant) -> HostRates {
        let counters = Counters::read(&self.root);
        let rates = match &self.last {
            Some((then, last)) => counters.since(last, now.saturating_duration_since(*then)),
            None => HostRates::default(),
        };
        self.last = Some((now, counters));
        rates
    }
}

impl Counters {
    fn read(root: &Root) -> Counters {
        let disks = root.text("/proc/diskstats").unwrap_or_default();
        let nets = root.text("/proc/net/dev").unwrap_or_default();
        // A partition's requests are its disk's too; only a disk has a folder here.
        let is_disk = |name: &str| {
            !name.starts_with("loop") && !name.starts_with("ram") && root.path(format!("/sys/block/{name}")).is_dir()
        };
        Counters {
            disks: disks.lines().filter_map(disk).filter(|(name, _)| is_disk(name)).take(DEVICES_MAX).collect(),
            nets: nets.lines().filter_map(net).take(DEVICES_MAX).collect(),
        }
    }

    fn since(&self, last: &Counters, time: Duration) -> HostRates {
        let seconds = time.as_secs_f64();
        if seconds == 0.0 {
            return HostRates::default();
        }
        let rate = |now: u64, then: u64| now.saturating_sub(then) as f64 / seconds;
        let both = |(name, now): (&String, &[u64; 2])| {
            let then = last.nets.get(name)?;
            let (received, sent) = (rate(now[0], then[0]), rate(now[1], then[1]));
            Some(NetRate { name: name.clone(), received_per_second: received, sent_per_second: sent })
        };
        let mut nets: Vec<NetRate> = self.nets.iter().filter_map(both).collect();
        nets.retain(|net| net.received_per_second + net.sent_per_second > 0.0);
        nets.sort_by(|a, b| {
            (b.received_per_second + b.sent_per_second).total_cmp(&(a.received_per_second + a.sent_per_second))
        });
        let all = |(name, now): (&String, &[u64; 3])| {
            let then = last.disks.get(name)?;
            Some(DiskRate {
                name: name.clone(),
                read_per_second: rate(now[0], then[0]),
                written_per_second: rate(now[1], then[1]),
                busy_ratio: (rate(now[2], then[2]) / 1000.0).min(1.0),
            })
        };
        let mut disks: Vec<DiskRate> = self.disks.iter().filter_map(all).collect();
        disks.retain(|disk| disk.read_per_second + disk.written_per_second + disk.busy_ratio > 0.0);
        disks.sort_by(|a, b| {
            (b.read_per_second + b.written_per_second).total_cmp(&(a.read_per_second + a.written_per_second))
        });
        HostRates { disks, nets }
    }
}

/// Name, bytes read, bytes written, milliseconds with a request under way.
fn disk(line: &str) -> Option<(String, [u64; 3])> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u64>().ok();
    let read = number(5)?.saturating_mul(SECTOR_BYTES);
    let written = number(9)?.saturating_mul(SECTOR_BYTES);
    Some(((*words.get(2)?).to_owned(), [read, written, number(12)?]))
}

/// Name, bytes received, bytes sent. The first two lines are headings and have no number there.
fn net(line: &str) -> Option<(String, [u64; 2])> {
    let (name, numbers) = line.split_once(':')?;
    let words: Vec<&str> = numbers.split_ascii_whitespace().collect();
    let number = |at: usize| words.get(at)?.parse::<u64>().ok();
    Some((name.trim().to_owned(), [number(0)?, number(8)?]))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A directory that stands for `/` and goes when dropped.
    struct Tree(PathBuf);

    impl Tree {
        fn new(name: &str) -> Tree {
            let dir = std::env::temp_dir().join(format!("thalweg-loadgen-{name}-{}", std::process::id()));
            for part in ["proc/net", "sys/block/vda", "sys/block/loop0"] {
                fs::create_dir_all(dir.join(part)).expect("a directory");
            }
            Tree(dir)
        }

        fn write(&self, disks: &str, nets: &str) {
            fs::write(self.0.join("proc/diskstats"), disks).expect("a file");
            fs::write(self.0.join("proc/net/dev"), nets).expect("a file");
        }
    }

    impl Drop for Tree {
        fn drop(&mut self) {
            // What stays behind is a temporary file.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const HEADINGS: &str = "Inter-|   Receive            |  Transmit\n face |bytes packets |bytes packets\n";

    #[test]
    fn rates_are_differences_over_time_of_whole_disks() {
        let tree = Tree::new("host-rates");
        let mut meter = HostMeter::new(Root::at(&tree.0));
        let start = Instant::now();
        tree.write(
            " 254 0 vda 10 0 1000 5 20 0 2000 9 0 100 14\n 254 1 vda1 10 0 1000 5 20 0 2000 9 0 100 14\n 7 0 loop0 1 0 8 0 0 0 0 0 0 0 0\n",
            &format!("{HEADINGS}    lo: 1000 1 0 0 0 0 0 0 1000 1 0 0 0 0 0 0\n  eth0: 5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"),
        );
        assert_eq!(meter.look(start), HostRates::default());
        tree.write(
            " 254 0 vda 10 0 1200 5 20 0 6000 9 0 1100 14\n 254 1 vda1 10 0 1200 5 20 0 6000 9 0 1100 14\n 7 0 loop0 9 0 80 0 0 0 0 0 0 0 0\n",
            &format!("{HEADINGS}    lo: 3000 1 0 0 0 0 0 0 5000 1 0 0 0 0 0 0\n  eth0: 5 1 0 0 0 0 0 0 7 1 0 0 0 0 0 0\n"),
        );
        let rates = meter.look(start + Duration::from_secs(2));
        let disk = DiskRate {
            name: "vda".to_owned(),
            read_per_second: 100.0 * 512.0,
            written_per_second: 2000.0 * 512.0,
            busy_ratio: 0.5,
        };
        let net = NetRate { name: "lo".to_owned(), received_per_second: 1000.0, sent_per_second: 2000.0 };
        assert_eq!(rates, HostRates { disks: vec![disk], nets: vec![net] });
    }

    #[test]
    fn a_host_that_tells_nothing_or_nonsense_has_no_rates() {
        let tree = Tree::new("host-none");
        let mut meter = HostMeter::new(Root::at(&tree.0));
        let start = Instant::now();
        assert_eq!(meter.look(start), HostRates::default());
        tree.write("x\n1 2\n254 0 vda a b c\n", "eth0 1 2\neth1: x\n:\n");
        assert_eq!(meter.look(start + Duration::from_secs(1)), HostRates::default());
        assert_eq!(meter.look(start + Duration::from_secs(1)), HostRates::default());
    }
}
