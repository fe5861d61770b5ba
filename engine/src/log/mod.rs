//! The log of a partition: segments, what of them is still in memory, their indexes, how bytes get to them and back.

pub mod ahead;
pub mod beside;
pub mod destage;
pub mod index;
pub mod open;
pub mod read;
pub mod relieve;
pub mod segment;
pub mod tail;
#[cfg(test)]
pub(crate) mod testing;
pub mod together;
