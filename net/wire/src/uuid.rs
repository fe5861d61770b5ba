//! Kafka's 128-bit ids, written as Kafka's tools write them: URL-safe base64 without padding.
use std::fmt;
use std::str::FromStr;

/// A topic id, directory id or member id.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uuid(pub [u8; 16]);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl Uuid {
    /// All zero: no id.
    pub const ZERO: Uuid = Uuid([0; 16]);

    /// The id of `__cluster_metadata`.
    pub const METADATA_TOPIC: Uuid = Uuid(1u128.to_be_bytes());

    /// Whether this is no id.
    pub fn is_zero(self) -> bool {
        self == Uuid::ZERO
    }
}

impl From<u128> for Uuid {
    fn from(value: u128) -> Uuid {
        Uuid(value.to_be_bytes())
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = u128::from_be_bytes(self.0);
        // 22 characters of 6 bits carry 132 bits: four zero bits stand behind the last one
        let text: String = (0..22)
            .map(|i| {
                let six = if i < 21 { value >> (122 - 6 * i) } else { value << 4 };
                char::from(ALPHABET[(six & 63) as usize])
            })
            .collect();
        f.pad(&text)
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not an id: not 22 characters of URL-safe base64 for 16 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAUuid;

impl fmt::Display for NotAUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id: 22 characters of URL-safe base64 are needed")
    }
}

impl std::error::Error for NotAUuid {}

impl FromStr for Uuid {
    type Err = NotAUuid;

    fn from_str(text: &str) -> Result<Uuid, NotAUuid> {
        let text = text.strip_suffix("==").unwrap_or(text);
        if text.len() != 22 {
            return Err(NotAUuid);
        }
        let mut value = 0u128;
        for (i, c) in text.bytes().enumerate() {
            let six = ALPHABET.iter().position(|a| *a == c).ok_or(NotAUuid)? as u128;
            if i < 21 {
                value |= six << (122 - 6 * i);
            } else if six & 15 == 0 {
                value |= six >> 4;
            } else {
                return Err(NotAUuid);
            }
        }
        Ok(Uuid(value.to_be_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_as_kafka_prints_it() {
        for (value, text) in [
            (0, "AAAAAAAAAAAAAAAAAAAAAA"),
            (1, "AAAAAAAAAAAAAAAAAAAAAQ"),
            (u128::MAX, "_____________________w"),
            (0x0123_4567_89ab_cdef_fedc_ba98_7654_3210, "ASNFZ4mrze_-3LqYdlQyEA"),
        ] {
            assert_eq!(Uuid::from(value).to_string(), text);
            assert_eq!(text.parse(), Ok(Uuid::from(value)));
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "AAAA", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAA+Q", "äAAAAAAAAAAAAAAAAAAAAA"] {
            assert_eq!(text.parse::<Uuid>(), Err(NotAUuid));
        }
    }
}
