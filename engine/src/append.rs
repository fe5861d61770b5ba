//! What a batch must satisfy before it may enter a log, in the order Kafka asks it, and what the broker changes in it.

use bytes::Bytes;
use thalweg_replication::metadata::topic_config::{CompressionType, TimestampType, TopicConfig};
use thalweg_wire::batch::{BatchError, BatchHeader, BatchView, HEADER_LEN};
use thalweg_wire::compression::{Compression, Scratch};
use thalweg_wire::record::{
    self, BuildError, InvalidBatch, InvalidReason, TimestampRule, ValidateRules, recompress, validate_with,
};

use crate::message::{AppendError, Origin};

/// Most bytes any batch may come to, decompressed: what an array of Kafka's clients can hold.
const DECOMPRESSED_BYTES_MAX: usize = i32::MAX as usize - 8;

/// Longest length field of a record.
const LENGTH_BYTES_MAX: usize = 5;

/// A batch that may enter a log as it is, save for its base offset and leader epoch.
#[derive(Clone, Debug)]
pub struct Prepared {
    /// Its header.
    pub header: BatchHeader,
    /// What follows the header.
    pub rest: Bytes,
    /// The time it was stamped with, or -1 where the producer's times were kept.
    pub log_append_time_ms: i64,
}

/// Checks the records field of a request.
pub fn prepare(
    scratch: &mut Scratch,
    records: &Bytes,
    origin: Origin,
    config: &TopicConfig,
    now_ms: i64,
) -> Result<Prepared, AppendError> {
    let batch = BatchView::parse(records).map_err(not_one_batch)?;
    let Origin::Client { zstd } = origin else {
        return Ok(keep(&batch, records));
    };
    let codec = batch.compression().map_err(rule)?;
    if codec == Compression::Zstd && !zstd {
        return Err(AppendError::UnsupportedCompression);
    }
    check_size(batch.size(), config)?;
    if !batch.crc_matches() {
        return Err(AppendError::Corrupt(format!("CRC-32C of a batch of {} bytes does not match", batch.size())));
    }
    let stamps = config.message_timestamp_type == TimestampType::LogAppendTime;
    let rules = ValidateRules {
        origin: record::Origin::Client,
        require_keys: config.cleanup_policy.compact,
        timestamps: if stamps {
            TimestampRule::Any
        } else {
            TimestampRule::Near {
                now_ms,
                before_max_ms: config.timestamp_before_max_ms,
                after_max_ms: config.timestamp_after_max_ms,
            }
        },
        decompressed_bytes_max: decompressed_bytes_max(&batch, codec, config),
    };
    let validated = validate_with(scratch, &batch, &rules).map_err(invalid)?;
    let (size, limit) = (validated.record_bytes_max, config.max_decompressed_message_bytes);
    if codec != Compression::None && size > limit {
        return Err(rule(format!(
            "a record has {size} bytes decompressed; the topic allows {limit} (max.decompressed.message.bytes)"
        )));
    }

    let (target, level) = stored_codec(config, codec);
    let changed;
    let mut prepared = if target == codec {
        keep(&batch, records)
    } else {
        changed = recompress(scratch, &batch, target, level, rules.decompressed_bytes_max).map_err(not_recompressed)?;
        let batch = BatchView::parse(&changed).map_err(not_one_batch)?;
        check_size(batch.size(), config)?;
        keep(&batch, &changed)
    };
    if stamps {
        prepared.header.set_append_time(now_ms);
        prepared.log_append_time_ms = now_ms;
    } else if validated.max_timestamp != prepared.header.max_timestamp() {
        prepared.header.set_max_timestamp(validated.max_timestamp);
    }
    Ok(prepared)
}

fn keep(batch: &BatchView<'_>, records: &Bytes) -> Prepared {
    Prepared { header: *batch.header(), rest: records.slice(HEADER_LEN..), log_append_time_ms: -1 }
}

fn check_size(size: usize, config: &TopicConfig) -> Result<(), AppendError> {
    let size = u32::try_from(size).unwrap_or(u32::MAX);
    if size > config.max_message_bytes {
        return Err(AppendError::TooLarge { size, limit: config.max_message_bytes });
    }
    if size > config.segment_bytes { Err(AppendError::LargerThanSegment) } else { Ok(()) }
}

/// Most bytes a batch may come to, decompressed. `max.decompressed.message.bytes` bounds one record of a compressed batch; so
/// many of them bound what is worth decompressing to find a larger one.
fn decompressed_bytes_max(batch: &BatchView<'_>, codec: Compression, config: &TopicConfig) -> usize {
    if codec == Compression::None {
        return DECOMPRESSED_BYTES_MAX;
    }
    let record_bytes = (config.max_decompressed_message_bytes as usize).saturating_add(LENGTH_BYTES_MAX);
    let records = usize::try_from(batch.record_count()).unwrap_or(0);
    record_bytes.saturating_mul(records).min(DECOMPRESSED_BYTES_MAX)
}

fn stored_codec(config: &TopicConfig, codec: Compression) -> (Compression, Option<i32>) {
    match config.compression_type {
        CompressionType::Producer => (codec, None),
        CompressionType::Uncompressed => (Compression::None, None),
        CompressionType::Gzip => (Compression::Gzip, Some(config.compression_gzip_level)),
        CompressionType::Snappy => (Compression::Snappy, None),
        CompressionType::Lz4 => (Compression::Lz4, Some(config.compression_lz4_level)),
        CompressionType::Zstd => (Compression::Zstd, Some(config.compression_zstd_level)),
    }
}

fn rule(reason: impl ToString) -> AppendError {
    AppendError::Invalid { reason: reason.to_string(), records: Vec::new() }
}

fn not_one_batch(error: BatchError) -> AppendError {
    match error {
        BatchError::BadLength { .. } => AppendError::Corrupt(error.to_string()),
        BatchError::Truncated { .. } | BatchError::BadMagic { .. } | BatchError::TrailingBytes { .. } => rule(error),
    }
}

fn not_recompressed(error: BuildError) -> AppendError {
    rule(error)
}

fn invalid(error: InvalidBatch) -> AppendError {
    match error.reason {
        InvalidReason::Timestamp { .. } | InvalidReason::AppendTimeFromClient => {
            AppendError::InvalidTimestamp(error.to_string())
        }
        // The checksum holds, so this is what the producer made: a codec's failure is as final as any other, and "corrupt" would
        // have clients send the same bytes again and again.
        _ => AppendError::Invalid {
            reason: error.to_string(),
            records: error.record_errors.iter().map(|(index, reason)| (*index, reason.to_string())).collect(),
        },
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use thalweg_wire::record::BatchBuilder;

    use super::*;
    use crate::log::testing::batch;

    fn config(pairs: &[(&str, &str)]) -> TopicConfig {
        let overrides: BTreeMap<String, String> = pairs.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        TopicConfig::resolve(&overrides, &BTreeMap::new())
    }

    fn run(records: &Bytes, pairs: &[(&str, &str)]) -> Result<Prepared, AppendError> {
        prepare(&mut Scratch::new(), records, Origin::Client { zstd: true }, &config(pairs), 1_000)
    }

    /// The kind of refusal, by the name of its variant.
    #[track_caller]
    fn refused(records: &Bytes, pairs: &[(&str, &str)], kind: &str) {
        let error = format!("{:?}", run(records, pairs).unwrap_err());
        assert!(error.starts_with(kind), "{error}");
    }

    #[test]
    fn a_good_batch_is_kept_as_it_came() {
        let records = batch(0, 3).bytes();
        let prepared = run(&records, &[]).unwrap();
        assert_eq!([prepared.header.bytes(), &prepared.rest[..]].concat(), records);
        assert_eq!(prepared.log_append_time_ms, -1);
    }

    #[test]
    fn what_is_not_one_good_batch_is_refused() {
        let records = batch(0, 3).bytes();
        refused(&Bytes::new(), &[], "Invalid {");
        refused(&records.slice(..70), &[], "Invalid {");
        refused(&[records.clone(), records.clone()].concat().into(), &[], "Invalid {");
        refused(&batch(5, 3).bytes(), &[], "Invalid {");
        let mut old = records.to_vec();
        old[16] = 1;
        refused(&old.into(), &[], "Invalid {");
        let mut flipped = records.to_vec();
        flipped[80] ^= 1;
        refused(&flipped.into(), &[], "Corrupt");
        refused(&records, &[("max.message.bytes", "100")], "TooLarge { size: 1");
        let late = batch(0, 1).time_ms(1_000 + 3_600_001).bytes();
        refused(&late, &[], "InvalidTimestamp");
        assert!(run(&late, &[("message.timestamp.after.max.ms", "3600002")]).is_ok());
        let zstd = batch(0, 3).codec(Compression::Zstd).bytes();
        let told = prepare(&mut Scratch::new(), &zstd, Origin::Client { zstd: false }, &config(&[]), 0);
        assert_eq!(told.unwrap_err(), AppendError::UnsupportedCompression);
    }

    #[test]
    fn an_intact_batch_that_cannot_be_decompressed_is_invalid_and_not_corrupt() {
        for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
            refused(&undecodable(&batch(0, 3).codec(codec).bytes()), &[], "Invalid {");
        }
        let mut unknown = batch(0, 3).bytes().to_vec();
        unknown[22] = 5;
        refused(&sealed(unknown), &[], "Invalid {");
    }

    /// Under a checksum that is right again.
    fn sealed(mut bytes: Vec<u8>) -> Bytes {
        let crc = crc32c::crc32c(&bytes[21..]);
        bytes[17..21].copy_from_slice(&crc.to_be_bytes());
        bytes.into()
    }

    /// The batch with another payload of the same length.
    fn undecodable(batch: &Bytes) -> Bytes {
        let mut bytes = batch.to_vec();
        bytes[HEADER_LEN..].iter_mut().for_each(|byte| *byte ^= 0x5a);
        sealed(bytes)
    }

    #[test]
    fn a_record_of_a_compressed_batch_is_bounded_and_an_uncompressed_one_is_not() {
        // 8 bytes of attributes, deltas, key and lengths stand around a value of so many
        let record = |codec, value: usize| {
            let mut builder = BatchBuilder::new(codec);
            for _ in 0..20 {
                builder.push(1_000, Some(b"k"), Some(&vec![b'v'; value]), &[]).unwrap();
            }
            builder.finish().unwrap()
        };
        let limit = [("max.decompressed.message.bytes", "1000")];
        for codec in [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd] {
            assert!(run(&record(codec, 992), &limit).is_ok(), "{codec}");
            refused(&record(codec, 993), &limit, "Invalid {");
            refused(&record(codec, 100_000), &limit, "Invalid {");
        }
        assert!(run(&record(Compression::None, 40_000), &limit).is_ok());
        let recompressed = [limit[0], ("compression.type", "gzip")];
        assert!(run(&record(Compression::None, 40_000), &recompressed).is_ok());
    }

    #[test]
    fn append_time_is_stamped_under_a_checksum_that_holds() {
        let records = batch(0, 3).bytes();
        let prepared = run(&records, &[("message.timestamp.type", "LogAppendTime")]).unwrap();
        let stored: Bytes = [prepared.header.bytes(), &prepared.rest[..]].concat().into();
        let stored = BatchView::parse(&stored).unwrap();
        assert!(stored.crc_matches());
        assert_eq!((stored.max_timestamp(), prepared.log_append_time_ms), (1_000, 1_000));
    }

    #[test]
    fn the_topic_decides_the_codec() {
        for (name, codec) in
            [("gzip", Compression::Gzip), ("uncompressed", Compression::None), ("zstd", Compression::Zstd)]
        {
            let records = batch(0, 30).codec(Compression::Lz4).bytes();
            let prepared = run(&records, &[("compression.type", name)]).unwrap();
            let stored: Bytes = [prepared.header.bytes(), &prepared.rest[..]].concat().into();
            let stored = BatchView::parse(&stored).unwrap();
            assert!(stored.crc_matches());
            assert_eq!(stored.compression().unwrap(), codec);
            let mut all = stored.records(1 << 20).unwrap();
            let mut count = 0;
            while all.try_next().unwrap().is_some() {
                count += 1;
            }
            assert_eq!(count, 30);
        }
    }
}
