//! Fetch sessions (KIP-227): what a client has asked for and what it was told, so that it need name, and be told, only what
//! changed. One cache per core, since a client keeps its session on one connection; a client that comes back on another core
//! is told that the session is unknown and begins a new one, as Kafka's clients do after any such answer.
//!
//! No clock, no socket: `now_ms` comes in. The cache holds at most `slots` sessions; a full cache evicts a session idle for
//! [`EVICT_IDLE_MS`], or one smaller than the new one that has lived that long, and otherwise the fetch goes on without a
//! session.

use std::collections::{BTreeMap, HashMap};

use thalweg_wire::ErrorCode;
use thalweg_wire::{Str, Uuid};

/// A session unused for so long may be evicted for any other; one that has lived so long for a larger one.
pub const EVICT_IDLE_MS: u64 = 120_000;

/// A topic as the client names it: by name up to Fetch version 12, by id from 13 on.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum TopicRef {
    /// By name.
    Name(Str),
    /// By id.
    Id(Uuid),
}

/// A partition asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// The topic.
    pub topic: TopicRef,
    /// The partition.
    pub partition: i32,
    /// First offset wanted.
    pub offset: i64,
    /// Bytes at the most.
    pub bytes_max: i32,
    /// The leader epoch the client believes in, or -1.
    pub current_epoch: i32,
    /// Epoch of the last record it has, or -1.
    pub last_fetched_epoch: i32,
}

impl Wanted {
    fn key(&self) -> Key {
        (self.topic.clone(), self.partition)
    }
}

type Key = (TopicRef, i32);

/// What the client is told of a partition, as far as it decides whether it must be told at all.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Told {
    /// Error code, 0 for none.
    pub error: i16,
    /// High watermark.
    pub high_watermark: i64,
    /// First offset in the log.
    pub log_start: i64,
    /// Bytes of records.
    pub bytes: u32,
    /// Logs diverge, or another replica should be read: always told.
    pub notable: bool,
}

/// What a request resolved to.
#[derive(Debug)]
pub struct Plan {
    /// The partitions to read, in order.
    pub wanted: Vec<Wanted>,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Sessionless,
    Full { by_id: bool },
    Incremental { id: i32, epoch: i32 },
}

/// How a response is to be made.
#[derive(PartialEq, Eq, Debug)]
pub struct Outcome {
    /// The session the client is in from now on, 0 for none.
    pub session: i32,
    /// For each partition of the plan, whether the response names it.
    pub include: Vec<bool>,
}

struct Cached {
    wanted: Wanted,
    /// Place in the session's order.
    place: u64,
    high_watermark: i64,
    log_start: i64,
    /// The last answer was an error: the next clean one is told whatever it says.
    failed: bool,
    /// Nothing has been told yet.
    fresh: bool,
}

struct Session {
    epoch: i32,
    by_id: bool,
    created_ms: u64,
    used_ms: u64,
    parts: HashMap<Key, Cached>,
    order: BTreeMap<u64, Key>,
    next_place: u64,
}

impl Session {
    fn put(&mut self, wanted: Wanted) {
        let key = wanted.key();
        if let Some(cached) = self.parts.get_mut(&key) {
            cached.wanted = wanted;
            return;
        }
        let place = self.next_place;
        self.next_place += 1;
        self.order.insert(place, key.clone());
        self.parts.insert(key, Cached { wanted, place, high_watermark: -1, log_start: -1, failed: false, fresh: true });
    }

    fn forget(&mut self, key: &Key) {
        if let Some(cached) = self.parts.remove(key) {
            self.order.remove(&cached.place);
        }
    }

    /// Moves a partition to the end, so that the next response begins with those that waited.
    fn rotate(&mut self, key: &Key) {
        if let Some(cached) = self.parts.get_mut(key) {
            self.order.remove(&cached.place);
            cached.place = self.next_place;
            self.next_place += 1;
            self.order.insert(cached.place, key.clone());
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        self.order.values().filter_map(|key| self.parts.get(key)).map(|cached| cached.wanted.clone()).collect()
    }
}

/// The sessions of one core.
pub struct FetchSessions {
    slots: usize,
    /// Partitions of one session.
    partitions_max: usize,
    sessions: HashMap<i32, Session>,
    random: u64,
    evictions: u64,
}

impl FetchSessions {
    /// A cache of `slots` sessions of at most `partitions_max` partitions, whose ids follow from `seed`.
    pub fn new(slots: usize, partitions_max: usize, seed: u64) -> FetchSessions {
        FetchSessions { slots, partitions_max, sessions: HashMap::new(), random: seed | 1, evictions: 0 }
    }

    /// Sessions kept.
    pub fn len(&self) -> usize {
        self.sessions.len()
    }

    /// Whether no session is kept.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty()
    }

    /// Sessions evicted since the start.
    pub fn evictions(&self) -> u64 {
        self.evictions
    }

    /// Works out what a request asks for. `by_id` says whether it names topics by id.
    pub fn begin(
        &mut self,
        now_ms: u64,
        (id, epoch): (i32, i32),
        by_id: bool,
        wanted: Vec<Wanted>,
        forgotten: &[(TopicRef, i32)],
    ) -> Result<Plan, ErrorCode> {
        if epoch == 0 || epoch == -1 {
            if id != 0 {
                self.sessions.remove(&id);
            }
            let kind = if epoch == 0 { Kind::Full { by_id } } else { Kind::Sessionless };
            return Ok(Plan { wanted, kind });
        }
        let Some(session) = self.sessions.get_mut(&id) else { return Err(ErrorCode::FetchSessionIdNotFound) };
        if session.epoch != epoch {
            return Err(ErrorCode::InvalidFetchSessionEpoch);
        }
        if session.by_id != by_id {
            return Err(ErrorCode::FetchSessionTopicIdError);
        }
        for part in wanted {
            session.put(part);
        }
        if session.parts.len() > self.partitions_max {
            // The client begins anew and names everything, which is served without a session.
            self.sessions.remove(&id);
            return Err(ErrorCode::FetchSessionIdNotFound);
        }
        for key in forgotten {
            session.forget(key);
        }
        if session.parts.is_empty() {
            self.sessions.remove(&id);
            return Ok(Plan { wanted: Vec::new(), kind: Kind::Sessionless });
        }
        session.used_ms = now_ms;
        session.epoch = if epoch == i32::MAX { 1 } else { epoch + 1 };
        Ok(Plan { wanted: session.wanted(), kind: Kind::Incremental { id, epoch: session.epoch } })
    }

    /// Notes what is about to be told, partition by partition in the plan's order, and says what of it must be.
    pub fn finish(&mut self, now_ms: u64, plan: &Plan, told: &[Told]) -> Result<Outcome, ErrorCode> {
        match plan.kind {
            Kind::Sessionless => Ok(Outcome { session: 0, include: vec![true; told.len()] }),
            Kind::Full { by_id } => {
                let session = self.create(now_ms, by_id, plan, told);
                Ok(Outcome { session, include: vec![true; told.len()] })
            }
            Kind::Incremental { id, epoch } => {
                let Some(session) = self.sessions.get_mut(&id) else { return Err(ErrorCode::FetchSessionIdNotFound) };
                if session.epoch != epoch {
                    return Err(ErrorCode::InvalidFetchSessionEpoch);
                }
                let include = plan.wanted.iter().zip(told).map(|(wanted, told)| note(session, wanted, *told)).collect();
                Ok(Outcome { session: id, include })
            }
        }
    }

    fn create(&mut self, now_ms: u64, by_id: bool, plan: &Plan, told: &[Told]) -> i32 {
        let size = plan.wanted.len();
        if size == 0 || size > self.partitions_max || !self.make_room(now_ms, size) {
            return 0;
        }
        let mut session = Session {
            epoch: 1,
            by_id,
            created_ms: now_ms,
            used_ms: now_ms,
            parts: HashMap::with_capacity(plan.wanted.len()),
            order: BTreeMap::new(),
            next_place: 0,
        };
        for wanted in &plan.wanted {
            session.put(wanted.clone());
        }
        for (wanted, told) in plan.wanted.iter().zip(told) {
            note(&mut session, wanted, *told);
        }
        let id = self.fresh_id();
        self.sessions.insert(id, session);
        id
    }

    fn make_room(&mut self, now_ms: u64, size: usize) -> bool {
        if self.sessions.len() < self.slots {
            return true;
        }
        let idle = self.sessions.iter().min_by_key(|(_, s)| s.used_ms);
        let victim = match idle {
            Some((id, s)) if now_ms.saturating_sub(s.used_ms) > EVICT_IDLE_MS => Some(*id),
            _ => self
                .sessions
                .iter()
                .filter(|(_, s)| now_ms.saturating_sub(s.created_ms) > EVICT_IDLE_MS && s.parts.len() < size)
                .min_by_key(|(_, s)| s.parts.len())
                .map(|(id, _)| *id),
        };
        let Some(victim) = victim else { return false };
        self.sessions.remove(&victim);
        self.evictions += 1;
        true
    }

    fn fresh_id(&mut self) -> i32 {
        loop {
            // xorshift: ids need be hard to hit by accident, not by intent, as in Kafka
            self.random ^= self.random << 13;
            self.random ^= self.random >> 7;
            self.random ^= self.random << 17;
            let id = (self.random >> 33) as i32;
            if id > 0 && !self.sessions.contains_key(&id) {
                return id;
            }
        }
    }
}

/// Notes what a partition's answer is and whether the client must be told.
fn note(session: &mut Session, wanted: &Wanted, told: Told) -> bool {
    let key = wanted.key();
    let Some(cached) = session.parts.get_mut(&key) else { return false };
    let mut must = told.bytes > 0 || told.notable || cached.fresh || cached.failed;
    must |= cached.high_watermark != told.high_watermark || cached.log_start != told.log_start;
    must |= told.error != 0;
    cached.high_watermark = told.high_watermark;
    cached.log_start = told.log_start;
    cached.failed = told.error != 0;
    cached.fresh = false;
    if told.bytes > 0 {
        session.rotate(&key);
    }
    must
}

#[cfg(test)]
mod tests {
    use super::*;

    fn want(partition: i32, offset: i64) -> Wanted {
        Wanted {
            topic: TopicRef::Id(Uuid([7; 16])),
            partition,
            offset,
            bytes_max: 1 << 20,
            current_epoch: -1,
            last_fetched_epoch: -1,
        }
    }

    fn told(high_watermark: i64, bytes: u32) -> Told {
        Told { error: 0, high_watermark, log_start: 0, bytes, notable: false }
    }

    fn sessions(slots: usize) -> FetchSessions {
        FetchSessions::new(slots, 5, 42)
    }

    fn open(cache: &mut FetchSessions, now: u64, parts: &[i32]) -> i32 {
        let wanted = parts.iter().map(|p| want(*p, 0)).collect();
        let plan = cache.begin(now, (0, 0), true, wanted, &[]).unwrap();
        let told: Vec<Told> = parts.iter().map(|_| told(5, 0)).collect();
        cache.finish(now, &plan, &told).unwrap().session
    }

    fn order(plan: &Plan) -> Vec<i32> {
        plan.wanted.iter().map(|w| w.partition).collect()
    }

    #[test]
    fn an_incremental_answer_names_only_what_changed() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0, 1, 2]);
        assert!(id > 0);
        let plan = cache.begin(1, (id, 1), true, vec![], &[]).unwrap();
        assert_eq!(order(&plan), [0, 1, 2]);
        let outcome = cache.finish(1, &plan, &[told(5, 0), told(6, 0), told(5, 100)]).unwrap();
        assert_eq!(outcome, Outcome { session: id, include: vec![false, true, true] });
        // the same again: the watermark was told, so only records or a new change count
        let plan = cache.begin(2, (id, 2), true, vec![], &[]).unwrap();
        let outcome = cache.finish(2, &plan, &[told(5, 0), told(6, 0), told(5, 0)]).unwrap();
        assert_eq!(outcome.include, [false, false, false]);
    }

    #[test]
    fn trap18_the_watermark_of_an_idle_partition_is_told_once() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0]);
        let plan = cache.begin(1, (id, 1), true, vec![want(9, 3)], &[]).unwrap();
        // partition 9 joined the session now: told although it has no records, and the watermark looks like the default
        let outcome = cache.finish(1, &plan, &[told(5, 0), Told { high_watermark: -1, log_start: -1, ..told(0, 0) }]);
        assert_eq!(outcome.unwrap().include, [false, true]);
    }

    #[test]
    fn partitions_that_returned_records_go_to_the_end() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0, 1, 2]);
        let plan = cache.begin(1, (id, 1), true, vec![], &[]).unwrap();
        cache.finish(1, &plan, &[told(9, 10), told(5, 0), told(9, 10)]).unwrap();
        let plan = cache.begin(2, (id, 2), true, vec![want(0, 4)], &[]).unwrap();
        assert_eq!(order(&plan), [1, 0, 2]);
        assert_eq!(plan.wanted[1].offset, 4);
    }

    #[test]
    fn an_error_is_told_every_time_and_its_end_once() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0]);
        let mut ask = |epoch, answer| {
            let plan = cache.begin(1, (id, epoch), true, vec![], &[]).unwrap();
            cache.finish(1, &plan, &[answer]).unwrap().include[0]
        };
        let failed = Told { error: 6, ..told(5, 0) };
        assert!(ask(1, failed));
        assert!(ask(2, failed));
        assert!(ask(3, told(5, 0)));
        assert!(!ask(4, told(5, 0)));
    }

    #[test]
    fn errors_of_sessions() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0]);
        let code = |r: Result<Plan, ErrorCode>| r.map(|_| ()).unwrap_err();
        assert_eq!(code(cache.begin(1, (id + 1, 1), true, vec![], &[])), ErrorCode::FetchSessionIdNotFound);
        assert_eq!(code(cache.begin(1, (id, 2), true, vec![], &[])), ErrorCode::InvalidFetchSessionEpoch);
        assert_eq!(code(cache.begin(1, (id, 1), false, vec![], &[])), ErrorCode::FetchSessionTopicIdError);
        // a closing request ends it
        cache.begin(1, (id, -1), true, vec![want(0, 0)], &[]).unwrap();
        assert_eq!(code(cache.begin(1, (id, 1), true, vec![], &[])), ErrorCode::FetchSessionIdNotFound);
    }

    #[test]
    fn the_epoch_wraps_to_one() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0]);
        cache.sessions.get_mut(&id).unwrap().epoch = i32::MAX;
        cache.begin(1, (id, i32::MAX), true, vec![], &[]).unwrap();
        assert!(cache.begin(1, (id, 1), true, vec![], &[]).is_ok());
    }

    #[test]
    fn trap18_forgotten_partitions_leave_and_an_empty_session_ends() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0, 1]);
        let topic = TopicRef::Id(Uuid([7; 16]));
        let plan = cache.begin(1, (id, 1), true, vec![], &[(topic.clone(), 0)]).unwrap();
        assert_eq!(order(&plan), [1]);
        let plan = cache.begin(1, (id, 2), true, vec![], &[(topic, 1)]).unwrap();
        assert!(plan.wanted.is_empty());
        assert_eq!(cache.finish(1, &plan, &[]).unwrap().session, 0);
        assert!(cache.is_empty());
    }

    #[test]
    fn a_full_cache_refuses_until_a_session_is_idle_or_smaller_and_old() {
        let mut cache = sessions(2);
        let a = open(&mut cache, 0, &[0, 1, 2]);
        let b = open(&mut cache, 0, &[0]);
        assert_eq!(open(&mut cache, EVICT_IDLE_MS, &[0, 1]), 0, "nothing may be evicted yet");
        cache.begin(EVICT_IDLE_MS, (a, 1), true, vec![], &[]).unwrap();
        cache.begin(EVICT_IDLE_MS, (b, 1), true, vec![], &[]).unwrap();
        let c = open(&mut cache, EVICT_IDLE_MS + 1, &[0, 1]);
        assert!(c > 0, "the smaller old one goes");
        assert!(!cache.sessions.contains_key(&b));
        assert!(open(&mut cache, 3 * EVICT_IDLE_MS, &[0]) > 0, "an idle one goes");
        assert_eq!((cache.len(), cache.evictions()), (2, 2));
    }

    #[test]
    fn a_session_that_grows_too_large_ends_and_one_too_large_is_none() {
        let mut cache = sessions(4);
        assert_eq!(open(&mut cache, 0, &[0, 1, 2, 3, 4, 5]), 0);
        let id = open(&mut cache, 0, &[0, 1, 2]);
        assert!(cache.begin(1, (id, 1), true, vec![want(3, 0), want(4, 0)], &[]).is_ok());
        let grown = cache.begin(1, (id, 2), true, vec![want(5, 0)], &[]);
        assert_eq!(grown.map(|_| ()).unwrap_err(), ErrorCode::FetchSessionIdNotFound);
        assert!(cache.is_empty());
    }

    #[test]
    fn a_session_gone_while_a_fetch_waited_is_an_error_not_a_lie() {
        let mut cache = sessions(4);
        let id = open(&mut cache, 0, &[0]);
        let plan = cache.begin(1, (id, 1), true, vec![], &[]).unwrap();
        cache.begin(1, (id, -1), true, vec![], &[]).unwrap();
        assert_eq!(cache.finish(1, &plan, &[told(5, 0)]), Err(ErrorCode::FetchSessionIdNotFound));
    }
}
