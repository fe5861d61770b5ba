//! Requests that wait: appends for their batches to be durable, reads for data. Bounded, ordered by deadline, each answered
//! exactly once.

use std::cell::Cell;
use std::collections::BTreeMap;

use bytes::Bytes;
use thalweg_rt::{Tick, Wakers};

use crate::message::{Acks, AppendError, Appended, Origin, PartitionKey, Read, ReadId, Reply};

/// Where an answer goes.
pub type Answer = Box<dyn FnOnce(Reply)>;

/// One batch of a waiting append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AppendTicket {
    /// The append.
    pub serial: u64,
    /// Which of its parts.
    pub part: usize,
    /// What it is answered with once it is durable.
    pub appended: Appended,
}

/// A batch in front of a partition that is not ready for it.
pub struct Backlog {
    /// The append it belongs to.
    pub serial: u64,
    /// Which of its parts.
    pub part: usize,
    /// Its bytes.
    pub records: Bytes,
    /// Who appends.
    pub origin: Origin,
    /// What is waited for.
    pub acks: Acks,
}

/// A parked read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadSlot(pub u64);

/// What became of one batch.
pub type AppendResult = Result<Appended, AppendError>;

struct PendingAppend {
    results: Vec<Option<AppendResult>>,
    open: usize,
    began: Tick,
    deadline: Tick,
    answer: Answer,
}

/// A parked read, given back when its wait is over.
pub struct ParkedRead {
    /// What was asked.
    pub read: Read,
    /// Where the answer goes.
    pub answer: Answer,
    bytes: u64,
    bytes_min: u64,
    deadline: Tick,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Which {
    Append,
    Read,
}

/// The requests that wait on one core.
#[derive(Default)]
pub struct Waiting {
    next: u64,
    appends: BTreeMap<u64, PendingAppend>,
    reads: BTreeMap<u64, ParkedRead>,
    by_id: BTreeMap<(u16, u64), u64>,
    deadlines: BTreeMap<(Tick, Which, u64), ()>,
}

/// An append that has its answer.
pub struct Finished {
    /// The answer of each part.
    pub results: Vec<AppendResult>,
    /// Where it goes.
    pub answer: Answer,
    /// When the append came.
    pub began: Tick,
}

impl Waiting {
    /// Number of appends that wait.
    pub fn appends(&self) -> usize {
        self.appends.len()
    }

    /// Number of reads that wait.
    pub fn reads(&self) -> usize {
        self.reads.len()
    }

    /// Enters an append of so many parts.
    pub fn enter_append(&mut self, parts: usize, began: Tick, deadline: Tick, answer: Answer) -> u64 {
        let serial = self.serial();
        let results = (0..parts).map(|_| None).collect();
        self.appends.insert(serial, PendingAppend { results, open: parts, began, deadline, answer });
        serial
    }

    /// Answers one part; the append, once all its parts have their answer. A part answered already is left as it is.
    pub fn resolve(&mut self, serial: u64, part: usize, result: AppendResult) -> Option<Finished> {
        let append = self.appends.get_mut(&serial)?;
        let place = append.results.get_mut(part)?;
        if place.is_none() {
            *place = Some(result);
            append.open -= 1;
        }
        if append.open > 0 { None } else { self.finish(serial) }
    }

    /// Gives the append a deadline to be watched; call it once its parts have been handed out.
    pub fn watch_append(&mut self, serial: u64) -> Option<Tick> {
        let deadline = self.appends.get(&serial)?.deadline;
        self.deadlines.insert((deadline, Which::Append, serial), ());
        Some(deadline)
    }

    /// An append without parts, or one whose parts all have their answer.
    pub fn finish(&mut self, serial: u64) -> Option<Finished> {
        let append = self.appends.remove(&serial)?;
        self.deadlines.remove(&(append.deadline, Which::Append, serial));
        let results = append.results.into_iter().map(|r| r.unwrap_or(Err(AppendError::TimedOut))).collect();
        Some(Finished { results, answer: append.answer, began: append.began })
    }

    /// Parks a read that found `bytes` and waits for `bytes_min`.
    pub fn park(&mut self, read: Read, bytes: u64, bytes_min: u64, deadline: Tick, answer: Answer) -> u64 {
        let serial = self.serial();
        self.by_id.insert((read.id.from.0, read.id.serial), serial);
        self.deadlines.insert((deadline, Which::Read, serial), ());
        self.reads.insert(serial, ParkedRead { read, answer, bytes, bytes_min, deadline });
        serial
    }

    /// A partition that a parked read waits for has gained bytes; the read, if that is enough.
    pub fn gain(&mut self, slot: ReadSlot, bytes: u64) -> Option<ParkedRead> {
        let parked = self.reads.get_mut(&slot.0)?;
        parked.bytes += bytes;
        if parked.bytes >= parked.bytes_min { self.unpark(slot) } else { None }
    }

    /// Ends a read's wait.
    pub fn unpark(&mut self, slot: ReadSlot) -> Option<ParkedRead> {
        let parked = self.reads.remove(&slot.0)?;
        self.by_id.remove(&(parked.read.id.from.0, parked.read.id.serial));
        self.deadlines.remove(&(parked.deadline, Which::Read, slot.0));
        Some(parked)
    }

    /// The slot of a parked read.
    pub fn slot_of(&self, id: ReadId) -> Option<ReadSlot> {
        self.by_id.get(&(id.from.0, id.serial)).copied().map(ReadSlot)
    }

    /// The next deadline.
    pub fn next_deadline(&self) -> Option<Tick> {
        self.deadlines.first_key_value().map(|((at, _, _), ())| *at)
    }

    /// Takes out everything whose deadline has passed.
    pub fn expired(&mut self, now: Tick) -> (Vec<Finished>, Vec<(ReadSlot, ParkedRead)>) {
        let (mut appends, mut reads) = (Vec::new(), Vec::new());
        while let Some((&(at, which, serial), ())) = self.deadlines.first_key_value() {
            if at > now {
                break;
            }
            self.deadlines.pop_first();
            match which {
                Which::Append => appends.extend(self.finish(serial)),
                Which::Read => reads.extend(self.unpark(ReadSlot(serial)).map(|read| (ReadSlot(serial), read))),
            }
        }
        (appends, reads)
    }

    /// Takes out every append, unfinished parts answered with `error`.
    pub fn drain_appends(&mut self, error: &AppendError) -> Vec<Finished> {
        let serials: Vec<u64> = self.appends.keys().copied().collect();
        serials
            .into_iter()
            .filter_map(|serial| {
                let append = self.appends.get_mut(&serial)?;
                for result in append.results.iter_mut().filter(|result| result.is_none()) {
                    *result = Some(Err(error.clone()));
                }
                self.finish(serial)
            })
            .collect()
    }

    /// Takes out every read.
    pub fn drain_reads(&mut self) -> Vec<(ReadSlot, ParkedRead)> {
        let slots: Vec<u64> = self.reads.keys().copied().collect();
        slots.into_iter().filter_map(|slot| Some((ReadSlot(slot), self.unpark(ReadSlot(slot))?))).collect()
    }

    fn serial(&mut self) -> u64 {
        self.next += 1;
        self.next
    }
}

/// A flag that one task waits for.
#[derive(Default)]
pub struct Bell {
    rung: Cell<bool>,
    wakers: Wakers,
}

impl Bell {
    /// Rings: the waiting task goes on, now or as soon as it comes to wait.
    pub fn ring(&self) {
        self.rung.set(true);
        self.wakers.wake();
    }

    /// Whether it was rung since the last time.
    pub fn poll(&self, cx: &std::task::Context<'_>) -> std::task::Poll<()> {
        if self.rung.replace(false) {
            return std::task::Poll::Ready(());
        }
        self.wakers.register(cx);
        std::task::Poll::Pending
    }

    /// Waits for the next ring.
    pub async fn wait(&self) {
        std::future::poll_fn(|cx| self.poll(cx)).await;
    }
}

/// The partitions of a read, each once.
pub fn partitions_of(read: &Read) -> Vec<PartitionKey> {
    let mut keys: Vec<PartitionKey> = read.parts.iter().map(|part| part.key).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use thalweg_rt::CoreId;
    use thalweg_wire::Offset;

    use super::*;
    use crate::message::Isolation;

    fn answer(log: &Rc<RefCell<Vec<&'static str>>>, what: &'static str) -> Answer {
        let log = log.clone();
        Box::new(move |_| log.borrow_mut().push(what))
    }

    fn read(serial: u64) -> Read {
        Read {
            id: ReadId { from: CoreId(1), serial },
            parts: Vec::new(),
            bytes_max: 1,
            oversized_first: true,
            wait: None,
            isolation: Isolation::ReadUncommitted,
            away: std::time::Duration::ZERO,
        }
    }

    const DONE: AppendResult = Ok(Appended { base_offset: Offset(4), log_append_time_ms: -1, log_start: Offset(0) });

    #[test]
    fn an_append_is_finished_by_its_last_part() {
        let (mut waiting, log) = (Waiting::default(), Rc::default());
        let serial = waiting.enter_append(2, Tick(0), Tick(10), answer(&log, "a"));
        assert!(waiting.resolve(serial, 1, DONE).is_none());
        assert!(waiting.resolve(serial, 1, Err(AppendError::Busy)).is_none(), "answered once");
        let finished = waiting.resolve(serial, 0, Err(AppendError::Busy)).unwrap();
        assert_eq!(finished.results, [Err(AppendError::Busy), DONE]);
        assert!(waiting.resolve(serial, 0, DONE).is_none());
    }

    #[test]
    fn deadlines_pass_in_order_and_the_rest_stays() {
        let (mut waiting, log) = (Waiting::default(), Rc::default());
        let late = waiting.park(read(1), 0, 5, Tick(30), answer(&log, "late"));
        waiting.park(read(2), 0, 5, Tick(10), answer(&log, "soon"));
        let append = waiting.enter_append(1, Tick(0), Tick(20), answer(&log, "append"));
        assert_eq!(waiting.watch_append(append), Some(Tick(20)));
        assert_eq!(waiting.next_deadline(), Some(Tick(10)));
        let (appends, reads) = waiting.expired(Tick(20));
        assert_eq!((appends.len(), reads.len()), (1, 1));
        assert_eq!(appends[0].results, [Err(AppendError::TimedOut)]);
        assert_eq!(reads[0].1.read.id.serial, 2);
        assert!(waiting.slot_of(ReadId { from: CoreId(1), serial: 2 }).is_none());
        assert!(waiting.gain(ReadSlot(late), 4).is_none());
        assert!(waiting.gain(ReadSlot(late), 1).is_some());
        assert_eq!(waiting.next_deadline(), None);
    }
}
