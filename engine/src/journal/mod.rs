//! The journal of one core: a ring of prewritten files in which every commit of every partition of the core is one
//! sequential direct write and one flush.
//!
//! - `frame` — what one commit writes; `record` — what stands in it;
//! - `ring` — the files; `commit` — the writer;
//! - `recover` — what is found after a start; `extents` — the bytes of a partition as told by it.
//!
//! A caller may rely on this: a frame is reported complete only when it and every frame before it are on stable storage and
//! every completion it was to wait for has been given; a file is written again only once nothing in it is needed and a
//! complete frame says so.

pub mod commit;
pub mod extents;
pub mod frame;
pub mod pulse;
pub mod record;
pub mod recover;
pub mod ring;

pub use commit::{Feed, Journal, Room, Slot};
pub use recover::{JournalError, Recovered, Replay, Use};
