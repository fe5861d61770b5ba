//! Which key a record has and which partition it goes to. One value per producer; the keys of verified producers do not
//! overlap, because the order of a key is only defined where one producer writes it.

use crate::plan::{Keys, Partitioning, Plan};
use crate::random::{Random, Weighted};
use crate::zipf::Zipf;

/// Chooses keys.
pub struct KeyPicker {
    how: How,
    /// Number of the first key, and the distance to the next.
    first: u64,
    stride: u64,
    /// The text of the key last picked.
    text: Vec<u8>,
}

enum How {
    None,
    RoundRobin { count: u64, next: u64 },
    Uniform { count: u64 },
    Zipf(Zipf),
}

/// Digits of a key's number.
const DIGITS: usize = 8;

impl KeyPicker {
    /// For producer number `producer` of a valid plan.
    #[must_use]
    pub fn new(plan: &Plan, producer: u32) -> KeyPicker {
        let keys = plan.records.keys;
        let (first, stride, count) = match plan.verify {
            true => (u64::from(producer), u64::from(plan.producers.count), own_keys(plan, producer)),
            false => (0, 1, keys.count()),
        };
        let how = match keys {
            Keys::None => How::None,
            Keys::RoundRobin { .. } => How::RoundRobin { count, next: 0 },
            Keys::Uniform { .. } => How::Uniform { count },
            Keys::Zipf { exponent, .. } => How::Zipf(Zipf::new(count, exponent)),
        };
        KeyPicker { how, first, stride, text: vec![b'.'; plan.records.key_bytes as usize] }
    }

    /// The next key's number, and its text in [`KeyPicker::text`].
    pub fn pick(&mut self, random: &mut Random) -> Option<u64> {
        let index = match &mut self.how {
            How::None => return None,
            How::RoundRobin { count, next } => std::mem::replace(next, (*next + 1) % *count),
            How::Uniform { count } => random.below(*count),
            How::Zipf(zipf) => zipf.pick(random),
        };
        let number = self.first + index * self.stride;
        write_digits(&mut self.text[..DIGITS], number);
        Some(number)
    }

    /// The text of the key last picked: its number, and dots up to its length.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }
}

/// How many of a verified plan's keys belong to a producer.
#[must_use]
pub fn own_keys(plan: &Plan, producer: u32) -> u64 {
    let producers = u64::from(plan.producers.count);
    (plan.records.keys.count() + producers - 1 - u64::from(producer)) / producers
}

/// The number in front of a key.
#[must_use]
pub fn key_number(text: &[u8]) -> Option<u64> {
    let digits = text.get(..DIGITS)?;
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

fn write_digits(text: &mut [u8], mut number: u64) {
    for digit in text.iter_mut().rev() {
        *digit = b"0123456789abcdef"[(number & 15) as usize];
        number >>= 4;
    }
}

/// Chooses partitions.
pub struct Partitioner {
    how: Spread,
    partitions: u32,
    /// The partition of records without a key until a batch is full.
    current: u32,
}

enum Spread {
    Auto,
    RoundRobin,
    Uniform,
    Zipf(Zipf),
    Weights(Weighted),
}

impl Partitioner {
    /// For a producer of a topic with so many partitions.
    #[must_use]
    pub fn new(plan: &Plan, producer: u32, partitions: u32) -> Partitioner {
        let how = match &plan.producers.partitioning {
            Partitioning::Auto => Spread::Auto,
            Partitioning::RoundRobin => Spread::RoundRobin,
            Partitioning::Uniform => Spread::Uniform,
            Partitioning::Zipf { exponent } => Spread::Zipf(Zipf::new(partitions.into(), *exponent)),
            Partitioning::Weights { weights } => Spread::Weights(Weighted::new(weights.iter().copied())),
        };
        Partitioner { how, partitions, current: producer % partitions }
    }

    /// The partition of the next record.
    pub fn pick(&mut self, key: Option<&[u8]>, random: &mut Random) -> u32 {
        match (&self.how, key) {
            (Spread::Auto, Some(key)) => by_key(key, self.partitions),
            (Spread::Auto, None) => self.current,
            (Spread::RoundRobin, _) => {
                self.current = (self.current + 1) % self.partitions;
                self.current
            }
            (Spread::Uniform, _) => random.below(self.partitions.into()) as u32,
            (Spread::Zipf(zipf), _) => zipf.pick(random) as u32,
            (Spread::Weights(weights), _) => weights.pick(random) as u32,
        }
    }

    /// A batch is complete: records without a key go on to the next partition.
    pub fn batch_complete(&mut self) {
        if matches!(self.how, Spread::Auto) {
            self.current = (self.current + 1) % self.partitions;
        }
    }
}

/// The partition Kafka's clients put a key into.
fn by_key(key: &[u8], partitions: u32) -> u32 {
    (murmur2(key) & 0x7FFF_FFFF) % partitions
}

/// Murmur2, 32 bits, with the seed of Kafka's clients.
fn murmur2(data: &[u8]) -> u32 {
    const M: u32 = 0x5BD1_E995;
    let mut hash = 0x9747_B28C ^ data.len() as u32;
    let chunks = data.chunks_exact(4);
    let rest = chunks.remainder();
    for chunk in chunks {
        let mut k = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    for (at, byte) in rest.iter().enumerate().rev() {
        hash ^= u32::from(*byte) << (8 * at);
    }
    if !rest.is_empty() {
        hash = hash.wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_that_of_kafka_s_clients() {
        for (key, hash) in [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971),
            ("abc", 479_470_107),
        ] {
            assert_eq!(murmur2(key.as_bytes()) as i32, hash, "{key}");
        }
    }

    fn plan(keys: Keys) -> Plan {
        let mut plan = Plan::default();
        plan.records.keys = keys;
        plan
    }

    #[test]
    fn a_key_is_its_number_and_room() {
        let mut picker = KeyPicker::new(&plan(Keys::RoundRobin { count: 300 }), 0);
        let mut random = Random::new(1, 1);
        let numbers: Vec<u64> = (0..302).filter_map(|_| picker.pick(&mut random)).collect();
        assert_eq!((numbers[0], numbers[299], numbers[300]), (0, 299, 0));
        assert_eq!(picker.text(), b"00000001........");
        assert_eq!(key_number(picker.text()), Some(1));
        assert_eq!(KeyPicker::new(&plan(Keys::None), 0).pick(&mut random), None);
    }

    #[test]
    fn verified_producers_share_no_key_and_leave_none_out() {
        let mut plan = plan(Keys::RoundRobin { count: 10 });
        plan.verify = true;
        plan.producers.count = 3;
        let mut random = Random::new(1, 1);
        let mut seen: Vec<u64> = (0..3)
            .flat_map(|producer| {
                let mut picker = KeyPicker::new(&plan, producer);
                (0..own_keys(&plan, producer)).filter_map(|_| picker.pick(&mut random)).collect::<Vec<_>>()
            })
            .collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn without_a_key_a_batch_stays_in_a_partition() {
        let mut partitioner = Partitioner::new(&Plan::default(), 3, 8);
        let mut random = Random::new(1, 1);
        let first = partitioner.pick(None, &mut random);
        assert_eq!((first, partitioner.pick(None, &mut random)), (3, 3));
        partitioner.batch_complete();
        assert_eq!(partitioner.pick(None, &mut random), 4);
        assert_eq!(partitioner.pick(Some(b"21"), &mut random), ((-973_932_308i32 as u32) & 0x7FFF_FFFF) % 8);
    }

    #[test]
    fn a_skew_is_the_one_asked_for() {
        let mut plan = Plan::default();
        plan.producers.partitioning = Partitioning::Weights { weights: vec![9.0, 1.0] };
        let mut partitioner = Partitioner::new(&plan, 0, 8);
        let mut random = Random::new(2, 2);
        let mut counts = [0u32; 8];
        (0..10_000).for_each(|_| counts[partitioner.pick(None, &mut random) as usize] += 1);
        assert!(counts[0].abs_diff(9000) < 150 && counts[2..].iter().all(|n| *n == 0), "{counts:?}");
    }
}
