//! What the batch tests and the `batches` example share: a description of a batch in the words the Java program of
//! `bench/conformance/wire-differential` prints, and hexadecimal.

use std::fmt::Write;

use thalweg_wire::batch::{BatchView, TimestampType};
use thalweg_wire::record::{EndMarker, Record};

/// More than any batch of these tests holds.
pub const LIMIT_BYTES: usize = 64 << 20;

/// One line for the batch, one for each record.
pub fn describe(name: &str, bytes: &[u8]) -> Result<String, String> {
    let batch = BatchView::parse(bytes).map_err(|error| format!("{name}: {error}"))?;
    if !batch.crc_matches() {
        return Err(format!("{name}: CRC"));
    }
    let mut text = format!(
        "batch {name} size={} base={} last={} epoch={} crc={:08x} codec={} time={} txn={} control={} horizon={} max={} \
         pid={} pepoch={} seq={} lastseq={} count={}\n",
        batch.size(),
        batch.base_offset(),
        batch.last_offset(),
        batch.leader_epoch(),
        batch.crc(),
        batch.compression().map_err(|error| format!("{name}: {error}"))?,
        if batch.timestamp_type() == TimestampType::CreateTime { "create" } else { "append" },
        batch.is_transactional(),
        batch.is_control(),
        batch.delete_horizon_ms().map_or("none".into(), |horizon| horizon.to_string()),
        batch.max_timestamp(),
        batch.producer_id(),
        batch.producer_epoch(),
        batch.base_sequence(),
        batch.last_sequence(),
        batch.record_count(),
    );
    let mut records = batch.records(LIMIT_BYTES).map_err(|error| format!("{name}: {error}"))?;
    while let Some(record) = records.try_next().map_err(|error| format!("{name}: {error}"))? {
        describe_record(&mut text, &batch, &record);
    }
    Ok(text)
}

fn describe_record(text: &mut String, batch: &BatchView<'_>, record: &Record<'_>) {
    let headers: Vec<String> =
        record.headers.iter().map(|header| format!("{}:{}", hex(header.key), hex_or_null(header.value))).collect();
    let marker = match EndMarker::of(record).filter(|_| batch.is_control()) {
        Some(EndMarker { is_commit, coordinator_epoch }) => {
            format!(" marker={}:{coordinator_epoch}", if is_commit { "commit" } else { "abort" })
        }
        None => String::new(),
    };
    writeln!(
        text,
        "record offset={} time={} key={} value={} headers=[{}]{marker}",
        batch.base_offset().0 + i64::from(record.offset_delta),
        batch.timestamp_of(record.timestamp_delta),
        hex_or_null(record.key),
        hex_or_null(record.value),
        headers.join(","),
    )
    .expect("a string takes everything");
}

fn hex_or_null(bytes: Option<&[u8]>) -> String {
    bytes.map_or("null".into(), hex)
}

/// Two digits a byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}

/// The bytes of [`hex`].
pub fn unhex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "hexadecimal digits come in pairs");
    (0..text.len() / 2).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).expect("a digit")).collect()
}
