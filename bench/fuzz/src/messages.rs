//! Messages from any bytes: frames, bodies, and what stands in internal topics.
use bytes::Bytes;
use thalweg_wire::records::consumer_protocol::{ConsumerProtocolAssignment, ConsumerProtocolSubscription};
use thalweg_wire::records::control::{KRaftVersionRecord, LeaderChangeMessage, SnapshotHeaderRecord, VotersRecord};
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::records::offsets::{OffsetsKey, OffsetsValue};
use thalweg_wire::records::share_state::{ShareStateKey, ShareStateValue};
use thalweg_wire::records::transaction::{TransactionKey, TransactionValue};
use thalweg_wire::{ApiKey, DecodeError, Message, Reader, RequestHeader, Sink, decode_request, each_api, messages};

/// Any bytes as a frame from a socket: the header, then whatever body the header promises.
pub fn frame(data: &[u8]) {
    let frame = Bytes::copy_from_slice(data);
    let mut r = Reader::new(frame.clone());
    let header = match RequestHeader::decode(&mut r) {
        Ok(header) => header,
        Err(DecodeError::UnknownApi { api_key, .. }) => {
            assert_eq!(ApiKey::from_i16(api_key), None);
            return;
        }
        Err(_) => return,
    };
    let api = header.api().expect("the header's key is in the table");
    let mut s = Sink::new();
    header.encode(&mut s).expect("a header that was read can be written");
    let again = RequestHeader::decode(&mut Reader::new(s.into_bytes().expect("in memory")));
    assert_eq!(again, Ok(header.clone()));

    macro_rules! body {
        ($($key:ident $qm:ident::$q:ident $pm:ident::$p:ident;)*) => {
            match api {
                $(ApiKey::$key => drop(decode_request::<messages::$qm::$q>(&mut r, header.api_version)),)*
            }
        };
    }
    each_api!(body);
}

/// Any bytes as a request: the first byte picks the API, the second the version.
pub fn request(data: &[u8]) {
    let Some((api, version, body)) = pick(data) else { return };
    macro_rules! check {
        ($($key:ident $qm:ident::$q:ident $pm:ident::$p:ident;)*) => {
            match api {
                $(ApiKey::$key => check::<messages::$qm::$q>(body, version),)*
            }
        };
    }
    each_api!(check);
}

/// Any bytes as a response: the first byte picks the API, the second the version.
pub fn response(data: &[u8]) {
    let Some((api, version, body)) = pick(data) else { return };
    macro_rules! check {
        ($($key:ident $qm:ident::$q:ident $pm:ident::$p:ident;)*) => {
            match api {
                $(ApiKey::$key => check::<messages::$pm::$p>(body, version),)*
            }
        };
    }
    each_api!(check);
}

/// Any bytes as what stands in internal topics, in control batches or in the bytes that groups carry: the first byte
/// picks which.
pub fn internal(data: &[u8]) {
    let [which, kind, rest @ ..] = data else { return };
    let bytes = Bytes::copy_from_slice(rest);
    let mut r = Reader::new(bytes.clone());
    let mut s = Sink::new();
    let kind = i16::from(*kind);
    let written = match which % 9 {
        0 => MetadataRecord::decode(&mut r).ok().map(|record| {
            // the version stands in the frame, behind the frame's own and the type
            let mut r = Reader::new(bytes.clone());
            let version = [r.uvarint(), r.uvarint(), r.uvarint()][2];
            record.encode(&mut s, version.expect("it was read") as i16)
        }),
        1 => OffsetsKey::decode(&mut r).ok().map(|key| key.encode(&mut s)),
        2 => OffsetsValue::decode(kind, &mut r).ok().map(|value| value.encode(&mut s, version(&bytes))),
        3 => TransactionKey::decode(&mut r).ok().map(|key| key.encode(&mut s)),
        4 => TransactionValue::decode(kind, &mut r).ok().map(|value| value.encode(&mut s, version(&bytes))),
        5 => ShareStateKey::decode(&mut r).ok().map(|key| key.encode(&mut s)),
        6 => ShareStateValue::decode(kind, &mut r).ok().map(|value| value.encode(&mut s, version(&bytes))),
        7 => {
            drop(ConsumerProtocolSubscription::from_bytes(bytes.clone()));
            drop(ConsumerProtocolAssignment::from_bytes(bytes));
            None
        }
        _ => {
            check::<LeaderChangeMessage>(bytes.clone(), kind % 3);
            check::<VotersRecord>(bytes.clone(), kind % 2);
            check::<KRaftVersionRecord>(bytes.clone(), kind % 2);
            check::<SnapshotHeaderRecord>(bytes, kind % 2);
            None
        }
    };
    if let Some(written) = written {
        written.expect("what was read can be written");
    }
}

fn version(value: &Bytes) -> i16 {
    Reader::new(value.clone()).i16().expect("it was read")
}

/// What was read can be written in its version; what was written is read to its end and written again unchanged.
fn check<M: Message>(input: Bytes, version: i16) {
    let message = match M::decode(&mut Reader::new(input), version) {
        Ok(message) => message,
        Err(DecodeError::UnsupportedVersion { .. }) => {
            assert!(!(M::MIN_VERSION..=M::MAX_VERSION).contains(&version));
            return;
        }
        Err(_) => return,
    };
    let written = write(&message, version);
    let mut r = Reader::new(written.clone());
    let again = M::decode(&mut r, version).expect("what was written can be read");
    assert_eq!(r.remaining(), 0);
    // bytes, not values: a NaN differs from itself
    assert_eq!(write(&again, version), written);
}

fn write<M: Message>(message: &M, version: i16) -> Bytes {
    let mut s = Sink::new();
    message.encode(&mut s, version).expect("what was read can be written");
    let len = s.len();
    let bytes = s.into_bytes().expect("in memory");
    assert_eq!(bytes.len(), len);
    bytes
}

/// The API and version the first two bytes pick, and the rest. Versions go one beyond both ends.
fn pick(input: &[u8]) -> Option<(ApiKey, i16, Bytes)> {
    let [key, version, rest @ ..] = input else { return None };
    let api = ApiKey::all().nth(usize::from(*key) % ApiKey::all().count())?;
    let versions = api.max_version() - api.min_version() + 3;
    let version = api.min_version() - 1 + i16::from(*version) % versions;
    Some((api, version, Bytes::copy_from_slice(rest)))
}
