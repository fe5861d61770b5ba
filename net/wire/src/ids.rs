//! Ids as types, so that swapped arguments do not compile. They carry what the wire carries, negative markers included.
use std::fmt;

use crate::Uuid;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident($repr:ty);)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $repr);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl From<$repr> for $name {
            fn from(value: $repr) -> $name {
                $name(value)
            }
        }
    )*};
}

ids! {
    /// A broker or controller; -1 on the wire means none or unknown.
    NodeId(i32);
    /// A partition within its topic.
    PartitionIndex(i32);
    /// A position in a partition's log; -1 on the wire means unknown.
    Offset(i64);
    /// How many leaders a partition has had; -1 on the wire means unknown.
    LeaderEpoch(i32);
    /// An idempotent producer; -1 on the wire means none.
    ProducerId(i64);
    /// The incarnation of a producer id; -1 on the wire means none.
    ProducerEpoch(i16);
    /// A producer's record number within a partition; wraps from 2147483647 to 0, -1 on the wire means none.
    Sequence(i32);
}

/// A topic for ever, across deletion and re-creation under the same name.
pub type TopicId = Uuid;

impl Offset {
    /// The offset `count` records further on, at most the last one there is.
    pub fn plus(self, count: i64) -> Offset {
        Offset(self.0.saturating_add(count))
    }
}

macro_rules! none {
    ($($name:ident)*) => {$(
        impl $name {
            /// The wire's "none".
            pub const NONE: $name = $name(-1);
        }
    )*};
}

none! { NodeId Offset LeaderEpoch ProducerId ProducerEpoch Sequence }

impl Sequence {
    /// The sequence `count` records further on, wrapping from 2147483647 to 0.
    pub fn plus(self, count: i32) -> Sequence {
        Sequence(((i64::from(self.0) + i64::from(count)) & i64::from(i32::MAX)) as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequence_wraps_to_zero() {
        assert_eq!(Sequence(i32::MAX).plus(1), Sequence(0));
        assert_eq!(Sequence(i32::MAX - 1).plus(4), Sequence(2));
        assert_eq!(Sequence(0).plus(i32::MAX), Sequence(i32::MAX));
        assert_eq!(Offset(i64::MAX).plus(1), Offset(i64::MAX));
        assert_eq!(Offset(7).to_string(), "7");
    }
}
