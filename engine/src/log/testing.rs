//! Batches for tests.

use bytes::Bytes;
use thalweg_wire::batch::BatchHeader;
use thalweg_wire::compression::Compression;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::{Offset, ProducerEpoch, ProducerId, Sequence};

/// A batch being put together.
pub struct TestBatch {
    base: i64,
    records: i32,
    value_len: usize,
    time_ms: i64,
    codec: Compression,
    producer: Option<(i64, i16, i32)>,
}

/// A batch of `records` small records at `base`.
pub fn batch(base: i64, records: i32) -> TestBatch {
    TestBatch { base, records, value_len: 10, time_ms: 1_000, codec: Compression::None, producer: None }
}

impl TestBatch {
    pub fn producer(mut self, id: i64, epoch: i16, sequence: i32) -> TestBatch {
        self.producer = Some((id, epoch, sequence));
        self
    }

    pub fn value_len(mut self, bytes: usize) -> TestBatch {
        self.value_len = bytes;
        self
    }

    /// Timestamp of the first record; each later one is 10 ms later.
    pub fn time_ms(mut self, ms: i64) -> TestBatch {
        self.time_ms = ms;
        self
    }

    pub fn codec(mut self, codec: Compression) -> TestBatch {
        self.codec = codec;
        self
    }

    pub fn bytes(self) -> Bytes {
        let mut builder = BatchBuilder::new(self.codec);
        for i in 0..self.records {
            let value: Vec<u8> = (0..self.value_len).map(|at| (at as i32 + i + self.base as i32) as u8).collect();
            let key = format!("key-{i}");
            builder.push(self.time_ms + i64::from(i) * 10, Some(key.as_bytes()), Some(&value), &[]).unwrap();
        }
        builder = builder.base_offset(Offset(self.base));
        if let Some((id, epoch, sequence)) = self.producer {
            builder = builder.producer(ProducerId(id), ProducerEpoch(epoch), Sequence(sequence));
        }
        builder.finish().unwrap()
    }
}

/// `(base offset, last offset)` of each batch in a stretch of log.
pub fn offsets_of(bytes: &[u8]) -> Vec<(i64, i64)> {
    let mut rest = bytes;
    let mut list = Vec::new();
    while !rest.is_empty() {
        let header = BatchHeader::parse_prefix(rest).unwrap();
        list.push((header.base_offset().0, header.last_offset().0));
        rest = &rest[header.size()..];
    }
    list
}
