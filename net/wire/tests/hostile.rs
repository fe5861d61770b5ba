//! Bytes nobody would send in good faith, for every message and version: an answer or an error, never a panic, and
//! nothing allocated that the bytes do not justify. What a fuzzer found or could find is kept here for stable Rust.
use bytes::Bytes;
use thalweg_wire::messages::metadata_request::MetadataRequest;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::records::offsets::{OffsetsKey, OffsetsValue};
use thalweg_wire::records::transaction::{TransactionKey, TransactionValue};
use thalweg_wire::{
    ApiKey, DecodeError, Message, Reader, RequestHeader, Sink, decode_request, decode_whole, each_api, messages,
};

/// One message with its type forgotten: name, versions, and `bytes -> how many were read, the value written again`.
struct Kind {
    name: &'static str,
    versions: std::ops::RangeInclusive<i16>,
    read: fn(Bytes, i16) -> Result<(usize, Bytes), DecodeError>,
}

fn kind<M: Message>() -> Kind {
    Kind {
        name: M::NAME,
        versions: M::MIN_VERSION..=M::MAX_VERSION,
        read: |bytes, version| {
            let mut r = Reader::new(bytes.clone());
            let message = M::decode(&mut r, version)?;
            let mut s = Sink::new();
            message.encode(&mut s, version).expect("what was read can be written");
            Ok((bytes.len() - r.remaining(), s.into_bytes().expect("in memory")))
        },
    }
}

fn kinds() -> Vec<Kind> {
    macro_rules! all {
        ($($key:ident $qm:ident::$q:ident $pm:ident::$p:ident;)*) => {
            vec![$(kind::<messages::$qm::$q>(), kind::<messages::$pm::$p>()),*]
        };
    }
    each_api!(all)
}

/// Small and reproducible.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Mostly empty lengths (0, in flexible versions 1) and small numbers, which is what a message looks like.
    fn soup(&mut self, len: usize) -> Vec<u8> {
        let empty = (self.next() % 2) as u8;
        let rare = 4 + self.next() % 60;
        (0..len)
            .map(|_| match self.next() % rare {
                0 => 2,
                1 => self.next() as u8 % 4,
                2 => self.next() as u8,
                _ => empty,
            })
            .collect()
    }
}

#[test]
fn every_message_survives_noise() {
    let mut random = Random(1);
    for kind in kinds() {
        for version in kind.versions.clone() {
            for byte in [0u8, 1, 2, 0x7f, 0x80, 0xfe, 0xff] {
                let _ = (kind.read)(Bytes::from(vec![byte; 512]), version);
            }
            let counts = b"\x7f\xff\xff\xff".repeat(64);
            for shift in 0..4 {
                let _ = (kind.read)(Bytes::copy_from_slice(&counts[shift..]), version);
            }
            for _ in 0..20 {
                let noise = (0..256).map(|_| random.next() as u8).collect::<Vec<_>>();
                let _ = (kind.read)(noise.into(), version);
            }
        }
    }
}

#[test]
fn every_message_cut_short_is_an_error() {
    let mut random = Random(2);
    let mut cut = 0;
    for kind in kinds() {
        for version in kind.versions.clone() {
            let mut read = 0;
            for _ in 0..100 {
                let soup = random.soup(400);
                let Ok((_, bytes)) = (kind.read)(soup.into(), version) else { continue };
                read += 1;
                // what was written is read to its end and written again unchanged
                assert_eq!((kind.read)(bytes.clone(), version), Ok((bytes.len(), bytes.clone())), "{}", kind.name);
                for len in 0..bytes.len() {
                    let short = (kind.read)(bytes.slice(..len), version);
                    assert!(short.is_err(), "{} version {version} cut to {len}: {short:?}", kind.name);
                    cut += 1;
                }
            }
            assert!(read > 0, "{} version {version}: no soup was a message", kind.name);
        }
    }
    assert!(cut > 100_000, "{cut} cuts");
}

#[test]
fn versions_that_do_not_exist_are_refused() {
    for kind in kinds() {
        let (lo, hi) = kind.versions.clone().into_inner();
        for version in [i16::MIN, lo - 1, hi + 1, i16::MAX] {
            let refused = (kind.read)(Bytes::from(vec![0; 400]), version);
            assert_eq!(refused, Err(DecodeError::UnsupportedVersion { message: kind.name, version }));
        }
    }
}

#[test]
fn metadata_for_two_thousand_million_topics() {
    for version in 0..=13 {
        let body = Bytes::from_static(b"\x7f\xff\xff\xff");
        let read = decode_request::<MetadataRequest>(&mut Reader::new(body.clone()), version);
        assert!(read.is_err(), "version {version}: {read:?}");
        // and with enough behind it to look a little like topics
        let mut body = body.to_vec();
        body.resize(1 << 20, 0);
        let read = decode_request::<MetadataRequest>(&mut Reader::new(body.into()), version);
        assert!(read.is_err(), "version {version}");
    }
}

#[test]
fn arrays_of_tiny_elements_do_not_multiply_memory() {
    // a million topics of two bytes each would take 48 bytes of memory apiece
    let claim = |count: i32| {
        let mut body = count.to_be_bytes().to_vec();
        body.resize(4 + 2 * count as usize, 0);
        decode_request::<MetadataRequest>(&mut Reader::new(body.into()), 0)
    };
    assert_eq!(claim(20_000).unwrap().topics.unwrap().len(), 20_000);
    assert_eq!(claim(1_000_000), Err(DecodeError::OverBudget));
    assert_eq!(claim(1_000_001), Err(DecodeError::TooMany { count: 1_000_001, left: 2_000_002 }));
}

#[test]
fn twenty_million_tagged_fields() {
    let claim = |count: usize| {
        // topics null, three flags, then the tagged fields, each a tag and a size of nothing
        let mut s = Sink::new();
        s.raw(&[0, 0, 0, 0]);
        s.uvarint(count as u32);
        s.raw(&vec![0; 2 * count]);
        decode_request::<MetadataRequest>(&mut Reader::new(s.into_bytes().unwrap()), 9)
    };
    assert_eq!(claim(10_000).unwrap().topics, None);
    assert_eq!(claim(20_000_000), Err(DecodeError::TooMany { count: 20_000_000, left: 40_000_000 }));
}

#[test]
fn bytes_behind_a_request_are_an_error() {
    let read = decode_request::<MetadataRequest>(&mut Reader::new(Bytes::from_static(b"\0\0\0\0\x2a")), 1);
    assert_eq!(read, Err(DecodeError::Trailing { bytes: 1 }));
}

#[test]
fn headers() {
    let read = |bytes: &'static [u8]| RequestHeader::decode(&mut Reader::new(Bytes::from_static(bytes)));
    assert_eq!(
        read(b"\0\x04\0\x01\0\0\0\x07garbage"),
        Err(DecodeError::UnknownApi { api_key: 4, api_version: 1, correlation_id: 7 })
    );
    assert_eq!(
        read(b"\xff\xff\x80\0\0\0\0\x07"),
        Err(DecodeError::UnknownApi { api_key: -1, api_version: i16::MIN, correlation_id: 7 })
    );
    assert_eq!(read(b"GET / HTTP/1.1\r\n\r\n"), Err(unknown(0x4745, 0x5420, 0x2f20_4854)));
    assert_eq!(read(b"\x16\x03\x01\x02\0\x01\0\x01\xfc"), Err(unknown(0x1603, 0x0102, 0x0001_0001)));
    // ApiVersions of a version from the future: the header is readable, what to answer is decided elsewhere
    let header = read(b"\0\x12\0\x63\0\0\0\x07\0\x01c\0\xff\xff").unwrap();
    assert_eq!(
        (header.api(), header.api_version, header.client_id.as_deref()),
        (Some(ApiKey::ApiVersions), 99, Some("c"))
    );
    for len in 0..11 {
        let bytes = Bytes::from_static(b"\0\x12\0\x03\0\0\0\x07\0\x01c\0").slice(..len);
        assert!(RequestHeader::decode(&mut Reader::new(bytes)).is_err(), "{len}");
    }
}

fn unknown(api_key: i16, api_version: i16, correlation_id: i32) -> DecodeError {
    DecodeError::UnknownApi { api_key, api_version, correlation_id }
}

#[test]
fn records_of_internal_topics_survive_noise() {
    let mut random = Random(3);
    let reader = |bytes: &[u8]| Reader::new(Bytes::copy_from_slice(bytes));
    let mut read = 0;
    for kind in 0..40u8 {
        for version in 0..6u8 {
            for len in [0, 8, 40, 300] {
                let soup = random.soup(len);
                let framed = [&[1, kind, version][..], &soup].concat();
                read += usize::from(MetadataRecord::decode(&mut reader(&framed)).is_ok());
                let key = [&[0, kind][..], &soup].concat();
                read += usize::from(OffsetsKey::decode(&mut reader(&key)).is_ok());
                let _ = TransactionKey::decode(&mut reader(&key));
                let value = [&[0, version][..], &soup].concat();
                let _ = OffsetsValue::decode(kind.into(), &mut reader(&value));
                let _ = TransactionValue::decode(kind.into(), &mut reader(&value));
            }
        }
    }
    assert!(read > 0);
    assert_eq!(MetadataRecord::decode(&mut reader(&[2, 0, 0])), Err(DecodeError::UnknownFrame { version: 2 }));
    assert_eq!(MetadataRecord::decode(&mut reader(&[1, 99, 0])), Err(DecodeError::UnknownRecord { kind: 99 }));
    assert_eq!(OffsetsKey::decode(&mut reader(&[0, 9])), Err(DecodeError::UnknownRecord { kind: 9 }));
    let huge = [1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0];
    assert_eq!(MetadataRecord::decode(&mut reader(&huge)), Err(DecodeError::UnknownRecord { kind: u32::MAX }));
}

#[test]
fn a_whole_message_is_the_whole_of_the_bytes() {
    let mut s = Sink::new();
    let record = thalweg_wire::records::metadata::NoOpRecord::default();
    MetadataRecord::from(record).encode(&mut s, 0).unwrap();
    s.i8(0);
    let read = MetadataRecord::decode(&mut Reader::new(s.into_bytes().unwrap()));
    assert_eq!(read, Err(DecodeError::Trailing { bytes: 1 }));
    let read = decode_whole::<messages::heartbeat_request::HeartbeatRequest>(&mut Reader::new(Bytes::new()), 4);
    assert_eq!(read, Err(DecodeError::Truncated { need: 1, left: 0 }));
}
