//! Kafka's JSON form of a message, for our structs. The impls themselves are written by `build.rs`.
use bytes::Bytes;
use serde_json::{Map, Value};
use thalweg_wire::{Message, Reader, Records, Sink, Str, Uuid, decode_whole};

/// A value that can be told as Kafka's `*JsonConverter` tells it.
pub trait Json: Sized {
    /// What Kafka prints.
    fn to(&self, v: i16) -> Value;
    /// From what Kafka reads.
    fn from(j: &Value, v: i16) -> Result<Self, String>;
}

/// One message, its type forgotten.
pub struct Codec {
    pub name: &'static str,
    pub min: i16,
    pub max: i16,
    /// JSON of one version, written in another.
    pub encode: fn(&Value, i16, i16) -> Written,
    /// Bytes of one version: their JSON, and the same value written in another version.
    pub decode: fn(Bytes, i16, i16) -> Read,
}

/// What a message says, and the same message written.
pub type Read = Result<(Value, Written), String>;

/// A struct as it is before anything is set.
pub struct Default {
    pub message: &'static str,
    pub of: &'static str,
    pub versions: std::ops::RangeInclusive<i16>,
    pub json: fn(i16) -> Value,
}

/// A message written, or why the version cannot have it.
pub type Written = Result<Bytes, String>;

impl Codec {
    const fn of<M: Message + Json + PartialEq>() -> Codec {
        Codec {
            name: M::NAME,
            min: M::MIN_VERSION,
            max: M::MAX_VERSION,
            encode: |j, v, to| write(&<M as Json>::from(j, v)?, to),
            decode: |bytes, v, to| {
                let message: M = decode_whole(&mut Reader::new(bytes), v).map_err(|e| e.to_string())?;
                Ok((message.to(v), write(&message, to)))
            },
        }
    }
}

fn write<M: Message>(message: &M, version: i16) -> Result<Bytes, String> {
    let mut s = Sink::new();
    message.encode(&mut s, version).map_err(|e| e.to_string())?;
    let len = s.len();
    let bytes = s.into_bytes().map_err(|e| e.to_string())?;
    assert_eq!(len, bytes.len(), "{}: Sink::len", M::NAME);
    Ok(bytes)
}

macro_rules! numbers {
    ($($t:ty),*) => {$(
        impl Json for $t {
            fn to(&self, _: i16) -> Value {
                (*self).into()
            }

            fn from(j: &Value, _: i16) -> Result<$t, String> {
                j.as_i64().and_then(|n| <$t>::try_from(n).ok()).ok_or_else(|| format!("{j} is no number of its type"))
            }
        }
    )*};
}

numbers!(i8, i16, i32, i64, u16, u32);

impl Json for f64 {
    fn to(&self, _: i16) -> Value {
        (*self).into()
    }

    fn from(j: &Value, _: i16) -> Result<f64, String> {
        j.as_f64().ok_or_else(|| format!("{j} is no number"))
    }
}

impl Json for bool {
    fn to(&self, _: i16) -> Value {
        (*self).into()
    }

    fn from(j: &Value, _: i16) -> Result<bool, String> {
        j.as_bool().ok_or_else(|| format!("{j} is no truth value"))
    }
}

impl Json for Str {
    fn to(&self, _: i16) -> Value {
        self.as_str().into()
    }

    fn from(j: &Value, _: i16) -> Result<Str, String> {
        j.as_str().map(|text| text.into()).ok_or_else(|| format!("{j} is no string"))
    }
}

impl Json for Uuid {
    fn to(&self, _: i16) -> Value {
        self.to_string().into()
    }

    fn from(j: &Value, _: i16) -> Result<Uuid, String> {
        j.as_str().and_then(|text| text.parse().ok()).ok_or_else(|| format!("{j} is no id"))
    }
}

impl Json for Bytes {
    fn to(&self, _: i16) -> Value {
        base64(self).into()
    }

    fn from(j: &Value, _: i16) -> Result<Bytes, String> {
        j.as_str().and_then(unbase64).map(|bytes| bytes.into()).ok_or_else(|| format!("{j} is not base64"))
    }
}

impl Json for Records {
    fn to(&self, _: i16) -> Value {
        unreachable!("printed by their size")
    }

    fn from(j: &Value, v: i16) -> Result<Records, String> {
        <Bytes as Json>::from(j, v).map(Records::Bytes)
    }
}

impl<T: Json> Json for Vec<T> {
    fn to(&self, v: i16) -> Value {
        self.iter().map(|element| element.to(v)).collect()
    }

    fn from(j: &Value, v: i16) -> Result<Vec<T>, String> {
        let array = j.as_array().ok_or_else(|| format!("{j} is no array"))?;
        array.iter().map(|element| T::from(element, v)).collect()
    }
}

impl<T: Json> Json for Option<T> {
    fn to(&self, v: i16) -> Value {
        self.as_ref().map_or(Value::Null, |value| value.to(v))
    }

    fn from(j: &Value, v: i16) -> Result<Option<T>, String> {
        if j.is_null() { Ok(None) } else { T::from(j, v).map(Some) }
    }
}

fn object<'a>(j: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let o = j.as_object().ok_or_else(|| format!("{j} is no object"))?;
    match o.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown field {key}")),
        None => Ok(o),
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 with padding, as Kafka's JSON has bytes.
pub fn base64(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let n = u32::from_be_bytes([0, chunk[0], *chunk.get(1).unwrap_or(&0), *chunk.get(2).unwrap_or(&0)]);
        for i in 0..4 {
            let six = ALPHABET[(n >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= chunk.len() { char::from(six) } else { '=' });
        }
    }
    out
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    let (mut out, mut n, mut bits) = (Vec::new(), 0u32, 0);
    for c in text.trim_end_matches('=').bytes() {
        n = n << 6 | ALPHABET.iter().position(|a| *a == c)? as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((n >> bits) as u8);
        }
    }
    Some(out)
}

pub use written::*;

#[allow(unused_variables, unused_mut, clippy::all, reason = "generated")]
mod written {
    use super::*;
    include!(concat!(env!("OUT_DIR"), "/json.rs"));
}
