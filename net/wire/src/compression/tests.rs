//! Round trips, damage, and inputs made to cost more than they should. How much memory a bomb takes is measured in
//! `tests/bombs.rs`, in a process of its own.

use std::io::Write;

use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};
use proptest::prelude::*;

use super::*;

const CODED: [Compression; 4] = [Compression::Gzip, Compression::Snappy, Compression::Lz4, Compression::Zstd];

fn some_data() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..2000),
        (any::<u8>(), 0..400_000usize).prop_map(|(byte, len)| vec![byte; len]),
        (1..5000usize, 0..200_000usize).prop_map(|(period, len)| (0..len).map(|at| (at % period) as u8).collect()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_compressed_comes_back(data in some_data(), level in proptest::option::of(-10..30i32)) {
        let mut scratch = Scratch::new();
        for codec in Compression::ALL {
            let compressed = compress(codec, level, &data).unwrap();
            let back = decompress_with(&mut scratch, codec, &compressed, data.len());
            prop_assert!(back.as_ref() == Ok(&data), "{codec}: {:?}", back.map(|back| back.len()));
            if let Some(limit_bytes) = data.len().checked_sub(1) {
                let refused = Err(CodecError::LimitExceeded { limit_bytes });
                prop_assert!(decompress_with(&mut scratch, codec, &compressed, limit_bytes) == refused, "{codec}");
            }
        }
    }

    #[test]
    fn noise_does_no_harm(mut noise in proptest::collection::vec(any::<u8>(), 0..200), damaged: bool, at: prop::sample::Index) {
        for codec in CODED {
            if damaged {
                let byte = noise.first().copied().unwrap_or(1);
                noise = compress(codec, None, &noise).unwrap();
                let at = at.index(noise.len());
                noise[at] ^= byte;
            }
            if let Ok(output) = decompress(codec, &noise, 10_000) {
                prop_assert!(output.len() <= 10_000);
            }
            noise.truncate(200);
        }
    }
}

#[test]
fn every_truncation_is_an_error() {
    let data: Vec<u8> = (0..70_000_u32).map(|at| (at % 251) as u8).collect();
    for codec in CODED {
        let whole = compress(codec, None, &data).unwrap();
        for len in (0..whole.len()).filter(|len| len % 7 == 0 || whole.len() - len < 40 || *len < 40) {
            match decompress(codec, &whole[..len], 1 << 20) {
                // Snappy's framing has no end of its own: a cut between two blocks is seen by the records missing.
                Ok(output) => {
                    assert!(codec == Compression::Snappy && output.len() < data.len(), "{codec} cut to {len}")
                }
                Err(CodecError::Corrupt { codec: named, .. }) => assert_eq!(named, codec),
                Err(other) => panic!("{codec} cut to {len}: {other}"),
            }
        }
    }
}

#[test]
fn bytes_behind_the_end_are_an_error() {
    for codec in CODED {
        let mut longer = compress(codec, None, b"some bytes").unwrap();
        longer.extend_from_slice(b"more");
        assert!(matches!(decompress(codec, &longer, 1 << 20), Err(CodecError::Corrupt { .. })), "{codec}");
    }
}

#[test]
fn nothing_is_not_an_empty_stream() {
    for codec in CODED {
        assert!(matches!(decompress(codec, &[], 10), Err(CodecError::Corrupt { .. })), "{codec}");
        let empty = compress(codec, None, &[]).unwrap();
        assert_eq!(decompress(codec, &empty, 0), Ok(Vec::new()), "{codec}");
    }
    assert_eq!(decompress(Compression::None, &[], 0), Ok(Vec::new()));
}

#[test]
fn gzip_and_zstd_may_come_in_several_pieces() {
    for codec in [Compression::Gzip, Compression::Zstd] {
        let mut both = compress(codec, None, b"one ").unwrap();
        both.extend(compress(codec, None, b"two").unwrap());
        assert_eq!(decompress(codec, &both, 7), Ok(b"one two".to_vec()), "{codec}");
    }
}

#[test]
fn snappy_is_read_bare_and_framed() {
    let data = vec![7; 100_000];
    let bare = snap::raw::Encoder::new().compress_vec(&data).unwrap();
    assert_eq!(decompress(Compression::Snappy, &bare, 100_000).as_ref(), Ok(&data));
    let framed = compress(Compression::Snappy, None, &data).unwrap();
    assert_eq!(framed[..16], *b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01");
    // The Java library starts anew in the middle of a stream.
    let mut twice = framed.clone();
    twice.extend(&framed);
    assert_eq!(decompress(Compression::Snappy, &twice, 200_000).map(|output| output.len()), Ok(200_000));
}

#[test]
fn snappy_lengths_that_lie_are_refused() {
    let corrupt = |what| Err(CodecError::Corrupt { codec: Compression::Snappy, what });
    // Four gigabytes declared by six bytes, in both forms.
    let bare = [0xff, 0xff, 0xff, 0xff, 0x0f, 0x00];
    let lie = "a block declares more than it can hold";
    assert_eq!(decompress(Compression::Snappy, &bare, usize::MAX), corrupt(lie));
    let mut framed = b"\x82SNAPPY\0\0\0\0\x01\0\0\0\x01\0\0\0\x06".to_vec();
    framed.extend(bare);
    assert_eq!(decompress(Compression::Snappy, &framed, usize::MAX), corrupt(lie));
    framed[16..20].copy_from_slice(&[0xff; 4]);
    assert_eq!(decompress(Compression::Snappy, &framed, usize::MAX), corrupt("cut short"));
    // More than the limit, and possible: refused before anything is decoded.
    let zeros = snap::raw::Encoder::new().compress_vec(&vec![0; 1 << 20]).unwrap();
    let refused = Err(CodecError::LimitExceeded { limit_bytes: 1 << 10 });
    assert_eq!(decompress(Compression::Snappy, &zeros, 1 << 10), refused);
}

fn lz4_frame(info: FrameInfo, data: &[u8]) -> Vec<u8> {
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lz4_frames_of_every_shape_are_read() {
    let data: Vec<u8> = (0..600_000_u32).map(|at| (at / 9) as u8).collect();
    for size in [BlockSize::Max64KB, BlockSize::Max256KB, BlockSize::Max1MB, BlockSize::Max4MB] {
        for bits in 0..8 {
            let info = FrameInfo::new()
                .block_mode(BlockMode::Independent)
                .block_size(size)
                .block_checksums(bits & 1 != 0)
                .content_checksum(bits & 2 != 0)
                .content_size((bits & 4 != 0).then_some(data.len() as u64));
            let frame = lz4_frame(info, &data);
            assert_eq!(decompress(Compression::Lz4, &frame, data.len()).as_ref(), Ok(&data));
            // Every checksum is checked: with all of them on, no changed bit gets through.
            if bits == 7 {
                for at in (0..frame.len()).filter(|at| *at < 40 || at % 97 == 0 || frame.len() - at < 20) {
                    let mut damaged = frame.clone();
                    damaged[at] ^= 0x10;
                    assert!(decompress(Compression::Lz4, &damaged, 1 << 20).is_err(), "byte {at}");
                }
            }
        }
    }
}

#[test]
fn lz4_frames_java_cannot_read_are_refused() {
    let linked = lz4_frame(FrameInfo::new().block_mode(BlockMode::Linked), b"data data data");
    assert!(matches!(decompress(Compression::Lz4, &linked, 1000), Err(CodecError::Unsupported { .. })));
    let mut other = lz4_frame(FrameInfo::new().block_mode(BlockMode::Independent), b"data data data");
    // The magics of the old format and of a frame to be skipped.
    for magic in [0x184c_2102_u32, 0x184d_2a50] {
        other[..4].copy_from_slice(&magic.to_le_bytes());
        let refused = Err(CodecError::Corrupt { codec: Compression::Lz4, what: "not a frame" });
        assert_eq!(decompress(Compression::Lz4, &other, 1000), refused);
    }
}

#[test]
fn lz4_content_of_another_size_is_refused() {
    let mut frame =
        lz4_frame(FrameInfo::new().block_mode(BlockMode::Independent).content_size(Some(14)), b"data data data");
    for size in [13_u64, 15, u64::MAX] {
        frame[6..14].copy_from_slice(&size.to_le_bytes());
        frame[14] = (twox_hash::XxHash32::oneshot(0, &frame[4..14]) >> 8) as u8;
        let refused = decompress(Compression::Lz4, &frame, 1000);
        assert!(matches!(refused, Err(CodecError::Corrupt { what, .. }) if what.contains("size")), "{refused:?}");
    }
}

#[test]
fn zstd_windows_beyond_the_limit_are_refused() {
    // A frame header alone: magic, no single segment, a window of 2^(10 + exponent) bytes.
    let frame = |exponent: u8| [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x01, 0x00, 0x00];
    let refused = Err(CodecError::Unsupported { codec: Compression::Zstd, what: "window larger than the limit" });
    assert_eq!(decompress(Compression::Zstd, &frame(13), 1000), Ok(Vec::new()));
    assert_eq!(decompress(Compression::Zstd, &frame(14), 1000), refused);
    assert_eq!(decompress(Compression::Zstd, &frame(17), 128 << 20), Ok(Vec::new()));
    assert_eq!(decompress(Compression::Zstd, &frame(18), usize::MAX), refused);
}

#[test]
fn a_scratch_keeps_little_and_recovers_from_errors() {
    let mut scratch = Scratch::new();
    let data = vec![1; 20 << 20];
    for codec in CODED {
        let compressed = compress(codec, Some(1), &data).unwrap();
        let raw = if codec == Compression::Snappy {
            snap::raw::Encoder::new().compress_vec(&data).unwrap()
        } else {
            compressed.clone()
        };
        assert_eq!(decompress_with(&mut scratch, codec, &raw, data.len()).unwrap().len(), data.len());
        assert!(scratch.window.buffer.len() <= WINDOW_KEPT_BYTES_MAX, "{codec}");
        // After a failure in the middle the same scratch reads the next batch.
        assert!(decompress_with(&mut scratch, codec, &compressed[..compressed.len() / 2], data.len()).is_err());
        assert_eq!(decompress_with(&mut scratch, codec, &compressed, data.len()).unwrap().len(), data.len());
    }
}

#[test]
fn names_and_numbers() {
    for codec in Compression::ALL {
        assert_eq!(Compression::from_bits(codec.bits()), Ok(codec));
        assert_eq!(Compression::from_name(codec.name()), Some(codec));
    }
    assert_eq!(Compression::from_name("uncompressed"), Some(Compression::None));
    assert_eq!(Compression::from_name("producer"), None);
    for bits in 5..=u8::MAX {
        assert_eq!(Compression::from_bits(bits), Err(CodecError::UnknownCodec { bits }));
    }
}

#[test]
fn levels_are_held_to_their_range() {
    for (codec, asked, used) in [
        (Compression::Gzip, None, 6),
        (Compression::Gzip, Some(-1), 6),
        (Compression::Gzip, Some(0), 1),
        (Compression::Gzip, Some(10), 9),
        (Compression::Zstd, None, 3),
        (Compression::Zstd, Some(-1), -1),
        (Compression::Zstd, Some(23), 22),
        (Compression::Zstd, Some(i32::MIN), -131_072),
    ] {
        assert_eq!(codec.effective_level(asked), used, "{codec} {asked:?}");
    }
    // And it reaches the codec.
    let data: Vec<u8> = (0..100_000_u32).flat_map(|at| (at.wrapping_mul(at) / 70_000).to_le_bytes()).collect();
    for codec in [Compression::Gzip, Compression::Zstd] {
        let size = |level| compress(codec, level, &data).unwrap().len();
        assert!(size(Some(9)) < size(Some(1)), "{codec}");
    }
}

#[test]
fn a_large_zstd_window_is_not_kept() {
    let mut scratch = Scratch::new();
    // An empty frame that asks for a window of 2^(10 + exponent) bytes.
    let mut read = |exponent: u8| {
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x01, 0x00, 0x00];
        assert_eq!(decompress_with(&mut scratch, Compression::Zstd, &frame, 1000), Ok(Vec::new()));
        scratch.bytes()
    };
    let usual = read(11);
    assert!((2 << 20..SCRATCH_KEPT_BYTES_MAX).contains(&usual), "{usual}");
    let after_large = read(13);
    assert!(after_large < 1 << 20, "{after_large}");
}
