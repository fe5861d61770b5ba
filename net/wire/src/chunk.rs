//! Record bytes as they travel: pieces in memory, and pieces the caller sends from elsewhere.
use std::fmt;

use bytes::Bytes;

/// One piece of an encoded message, in order.
#[derive(Clone, PartialEq)]
pub enum Chunk {
    /// Bytes to send as they are.
    Memory(Bytes),
    /// `len` bytes the caller sends from elsewhere (a file range). The token means something to the caller only.
    External {
        /// What the caller knows these bytes by.
        token: u64,
        /// How many bytes it will send.
        len: u32,
    },
}

impl Chunk {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Chunk::Memory(bytes) => bytes.len(),
            Chunk::External { len, .. } => *len as usize,
        }
    }

    /// Whether there is nothing to send.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Chunk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Chunk::Memory(bytes) => write!(f, "Memory({} bytes)", bytes.len()),
            Chunk::External { token, len } => write!(f, "External({token}, {len} bytes)"),
        }
    }
}

/// The value of a `records` field. Decoding gives `Bytes`, a slice of the frame; encoding takes either and copies neither.
#[derive(Clone, PartialEq)]
pub enum Records {
    /// One contiguous piece.
    Bytes(Bytes),
    /// Pieces to be sent one after another.
    Chunks(Vec<Chunk>),
}

impl Records {
    /// Length in bytes.
    pub fn len(&self) -> usize {
        match self {
            Records::Bytes(bytes) => bytes.len(),
            Records::Chunks(chunks) => chunks.iter().map(Chunk::len).sum(),
        }
    }

    /// Whether there is no byte in it.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes, when they are one piece in memory: always so after decoding.
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Records::Bytes(bytes) => Some(bytes),
            Records::Chunks(_) => None,
        }
    }
}

impl Default for Records {
    fn default() -> Records {
        Records::Bytes(Bytes::new())
    }
}

impl From<Bytes> for Records {
    fn from(bytes: Bytes) -> Records {
        Records::Bytes(bytes)
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Records::Bytes(bytes) => write!(f, "Records({} bytes)", bytes.len()),
            Records::Chunks(chunks) => f.debug_tuple("Records").field(chunks).finish(),
        }
    }
}
