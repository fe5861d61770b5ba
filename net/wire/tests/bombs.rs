//! Bombs: small inputs that decompress to much. In a process of its own, because it looks at the memory of the whole
//! process; one test, so that nothing runs beside it.

use thalweg_wire::batch::BatchView;
use thalweg_wire::compression::{CodecError, Compression, Scratch, compress, decompress_with};
use thalweg_wire::record::{BatchBuilder, InvalidReason, Origin, TimestampRule, ValidateRules, validate_with};

const BOMB_BYTES: usize = 192 << 20;
const LIMIT_BYTES: usize = 4 << 20;
/// The limit for a result that is asked for in one piece (which may double as it grows), a codec's window, its context.
const GROWTH_MAX_KIB: u64 = 20 << 10;

#[test]
fn bombs_stop_at_the_limit_in_bounded_memory() {
    let bombs: Vec<(Compression, Vec<u8>)> = {
        let zeros = vec![0; BOMB_BYTES];
        Compression::ALL[1..].iter().map(|codec| (*codec, compress(*codec, Some(1), &zeros).unwrap())).collect()
    };
    let batches: Vec<_> = bombs
        .iter()
        .map(|(codec, _)| {
            // One record with a value of zeros, as honest as can be.
            let value = vec![0; BOMB_BYTES];
            let mut builder = BatchBuilder::new(*codec).level(Some(1));
            builder.push(0, None, Some(&value), &[]).unwrap();
            builder.finish().unwrap()
        })
        .collect();
    let mut scratch = Scratch::new();
    for ((codec, bomb), bytes) in bombs.iter().zip(&batches) {
        let exceeded = CodecError::LimitExceeded { limit_bytes: LIMIT_BYTES };
        assert!(bomb.len() < BOMB_BYTES / 15, "{codec} is a bomb");
        let growth = growth_kib(|| {
            assert_eq!(decompress_with(&mut scratch, *codec, bomb, LIMIT_BYTES), Err(exceeded), "{codec}");
        });
        assert!(growth < GROWTH_MAX_KIB, "{codec}: {growth} KiB");

        let batch = BatchView::parse(bytes).unwrap();
        let rules = |decompressed_bytes_max| ValidateRules {
            origin: Origin::Client,
            require_keys: false,
            timestamps: TimestampRule::Any,
            decompressed_bytes_max,
        };
        let growth = growth_kib(|| {
            let refused = validate_with(&mut scratch, &batch, &rules(LIMIT_BYTES)).unwrap_err();
            assert_eq!(refused.reason, InvalidReason::Codec(exceeded), "{codec}");
        });
        assert!(growth < GROWTH_MAX_KIB, "{codec}: {growth} KiB");
        // Where the limit allows it, the walk needs no more memory than before: values are skipped as they come.
        let growth = growth_kib(|| {
            assert!(validate_with(&mut scratch, &batch, &rules(BOMB_BYTES + 100)).is_ok(), "{codec}");
        });
        assert!(growth < GROWTH_MAX_KIB, "{codec}: {growth} KiB");
        // A reader wants the value in one piece, and is stopped.
        let growth = growth_kib(|| {
            let mut records = batch.records_with(&mut scratch, LIMIT_BYTES).unwrap();
            assert_eq!(records.try_next().unwrap_err().reason, InvalidReason::Codec(exceeded), "{codec}");
        });
        assert!(growth < GROWTH_MAX_KIB, "{codec}: {growth} KiB");
    }
}

/// By how much the process's highest resident size exceeds the one before.
fn growth_kib(work: impl FnOnce()) -> u64 {
    std::fs::write("/proc/self/clear_refs", "5").expect("Linux");
    let before = status_kib("VmRSS:");
    work();
    status_kib("VmHWM:").saturating_sub(before)
}

fn status_kib(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix(field)).expect("Linux");
    line.trim().trim_end_matches(" kB").parse().expect("Linux")
}
