//! A string as it stands in a frame: a slice of the frame's bytes, known to be UTF-8.
use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use bytes::Bytes;

/// UTF-8 text that shares the bytes it came from. A clone costs a reference count.
///
/// Invariant: the bytes are UTF-8, checked where the value is made. The crate forbids `unsafe`, so borrowing it as `str`
/// checks again; comparing two of them does not.
#[derive(Clone, Default)]
pub struct Str(Bytes);

impl Str {
    /// Text that lives for ever.
    pub const fn from_static(text: &'static str) -> Str {
        Str(Bytes::from_static(text.as_bytes()))
    }

    /// The bytes as text. As in Kafka, bytes that are not UTF-8 become replacement characters (and a copy), they are
    /// not an error: some clients keep binary data in commit metadata.
    pub fn from_wire(bytes: Bytes) -> Str {
        match std::str::from_utf8(&bytes) {
            Ok(_) => Str(bytes),
            Err(_) => Str(String::from_utf8_lossy(&bytes).into_owned().into()),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a Str is checked where it is made")
    }

    /// The bytes of the text.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The bytes of the text, shared.
    pub fn into_bytes(self) -> Bytes {
        self.0
    }

    /// The same text in memory of its own, for values that outlive their frame: a slice keeps the whole frame alive.
    pub fn detached(&self) -> Str {
        Str(Bytes::copy_from_slice(&self.0))
    }
}

impl Deref for Str {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Str {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Str {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Str {
    fn from(text: &str) -> Str {
        Str(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl From<String> for Str {
    fn from(text: String) -> Str {
        Str(text.into())
    }
}

impl From<&String> for Str {
    fn from(text: &String) -> Str {
        Str::from(text.as_str())
    }
}

impl PartialEq for Str {
    fn eq(&self, other: &Str) -> bool {
        self.0 == other.0
    }
}

impl Eq for Str {}

impl PartialEq<str> for Str {
    fn eq(&self, other: &str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<&str> for Str {
    fn eq(&self, other: &&str) -> bool {
        self.0 == other.as_bytes()
    }
}

impl PartialEq<String> for Str {
    fn eq(&self, other: &String) -> bool {
        self.0 == other.as_bytes()
    }
}

// the order of UTF-8 bytes is the order of `str`
impl Ord for Str {
    fn cmp(&self, other: &Str) -> Ordering {
        self.0.cmp(&other.0)
    }
}

impl PartialOrd for Str {
    fn partial_cmp(&self, other: &Str) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

// as `str` hashes, because a map of `Str` is searched with `&str`
impl Hash for Str {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Debug for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Str {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn found_by_str() {
        let map = HashMap::from([(Str::from("topic"), 1)]);
        assert_eq!(map.get("topic"), Some(&1));
        let (empty, a, e) = (Str::default(), Str::from("a"), Str::from("é"));
        assert!(a < e && empty < a);
        assert_eq!(Str::from_static("x"), "x");
    }

    #[test]
    fn bytes_that_are_not_text_are_replaced() {
        assert_eq!(Str::from_wire(Bytes::from_static(b"a\xffb")), "a\u{fffd}b");
        assert_eq!(Str::from_wire(Bytes::from_static("ü".as_bytes())), "ü");
    }
}
