//! Why bytes are not a message, and why a value does not fit a version.
use std::fmt;

/// Why bytes could not be turned into a message. The fate is always the same: the connection that sent them is closed,
/// or, for bytes from our own disk, the reader reports them as damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// A field needs more bytes than are left.
    Truncated {
        /// Bytes the field needs.
        need: usize,
        /// Bytes left.
        left: usize,
    },
    /// An array claims more elements, or a struct more tagged fields, than the bytes left could hold or Kafka allows.
    TooMany {
        /// Elements claimed.
        count: usize,
        /// Bytes left.
        left: usize,
    },
    /// The message would take more memory than its size justifies.
    OverBudget,
    /// Null where the version does not allow it.
    Null,
    /// A string longer than 32767 bytes.
    StringTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// A varint longer than its type allows.
    BadVarint,
    /// A tagged field whose content is shorter than its size says.
    BadTagSize {
        /// The tag.
        tag: u32,
    },
    /// A version this message does not have.
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A request header whose key no API has. Header version 1 is assumed, so nothing behind these fields is known.
    UnknownApi {
        /// The key in the header.
        api_key: i16,
        /// The version in the header.
        api_version: i16,
        /// The correlation id in the header.
        correlation_id: i32,
    },
    /// A record of an internal topic whose type this version does not know.
    UnknownRecord {
        /// The type, as its topic numbers them.
        kind: u32,
    },
    /// A metadata record in a frame other than version 1.
    UnknownFrame {
        /// The frame version found.
        version: u32,
    },
    /// Bytes behind the end of the message.
    Trailing {
        /// How many.
        bytes: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Truncated { need, left } => write!(f, "a field of {need} bytes with {left} bytes left"),
            DecodeError::TooMany { count, left } => write!(f, "an array of {count} elements with {left} bytes left"),
            DecodeError::OverBudget => f.write_str("message would take more memory than its size justifies"),
            DecodeError::Null => f.write_str("null where the version does not allow it"),
            DecodeError::StringTooLong { len } => write!(f, "string of {len} bytes, the most is 32767"),
            DecodeError::BadVarint => f.write_str("varint too long"),
            DecodeError::BadTagSize { tag } => write!(f, "tagged field {tag} is shorter than its size says"),
            DecodeError::UnsupportedVersion { message, version } => write!(f, "{message} has no version {version}"),
            DecodeError::UnknownApi { api_key, api_version, .. } => {
                write!(f, "no API has key {api_key} (version {api_version})")
            }
            DecodeError::UnknownRecord { kind } => write!(f, "unknown record type {kind}"),
            DecodeError::UnknownFrame { version } => write!(f, "unknown record frame version {version}"),
            DecodeError::Trailing { bytes } => write!(f, "{bytes} bytes behind the end of the message"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// Why a value could not be written in a version. Always a mistake of the caller, who chose value and version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EncodeError {
    /// A version this message does not have.
    UnsupportedVersion {
        /// The message.
        message: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The field is set, the version lacks it, and dropping it would change the meaning.
    NoSuchField {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// The field is `None` and the version has no null for it.
    Null {
        /// `Struct.field`.
        field: &'static str,
        /// The version asked for.
        version: i16,
    },
    /// A string longer than 32767 bytes.
    StringTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// A length that does not fit 31 bits.
    TooLong {
        /// The length.
        len: usize,
    },
    /// Contiguous bytes were asked for and some are to be sent from elsewhere.
    NotInMemory,
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EncodeError::UnsupportedVersion { message, version } => write!(f, "{message} has no version {version}"),
            EncodeError::NoSuchField { field, version } => write!(f, "{field} is set, version {version} lacks it"),
            EncodeError::Null { field, version } => write!(f, "{field} is null, version {version} needs a value"),
            EncodeError::StringTooLong { len } => write!(f, "string of {len} bytes, the most is 32767"),
            EncodeError::TooLong { len } => write!(f, "length {len} does not fit 31 bits"),
            EncodeError::NotInMemory => f.write_str("some bytes are to be sent from elsewhere"),
        }
    }
}

impl std::error::Error for EncodeError {}
