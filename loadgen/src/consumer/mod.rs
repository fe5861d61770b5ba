//! The consumers of one core: each reads the partitions it has, from their leaders, and says what it found to the recorder
//! and, in a verified run, to the ledger of its group.

pub mod fetcher;
pub mod group;
pub mod range;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use thalweg_rt::{Core, Share, Wakers};
use thalweg_wire::{Str, TopicId};

use crate::client::{Cluster, Leaders};
use crate::clock::RunClock;
use crate::ledger::ReadLedger;
use crate::plan::{Assignment, Plan};
use crate::progress::Progress;
use crate::recorder::Recorder;

/// A partition of a topic, both counted from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The topic.
    pub topic: u32,
    /// The partition.
    pub partition: u32,
}

/// What the consumers of a core share.
pub struct Readers {
    core: Core,
    plan: Arc<Plan>,
    clock: Rc<RunClock>,
    recorder: Rc<RefCell<Recorder>>,
    progress: Arc<Progress>,
    topics: Vec<(Str, TopicId)>,
    /// Where every partition ended before the run: where reading begins.
    ends: Vec<Vec<i64>>,
    leaders: RefCell<Leaders>,
    ledgers: RefCell<BTreeMap<u32, ReadLedger>>,
    /// How far each group has read on this core: a member that joins again does not read again what was read here.
    furthest: RefCell<BTreeMap<(u32, Place), i64>>,
    run: u32,
    client_id: Str,
    /// Consumers wait for a backlog.
    resting: Cell<bool>,
    ended: Cell<bool>,
    /// Consumers that know where they read.
    placed: Cell<u32>,
    /// Consumers that have not come to their end.
    alive: Cell<u32>,
    /// Someone's partitions changed, or a fetch loop ended.
    changed: Wakers,
}

/// One consumer and the partitions it has.
pub struct Consumer {
    /// Its group.
    pub group: u32,
    /// Its number within the group.
    pub number: u32,
    /// Bytes a second it takes, if it takes its time.
    pub bytes_per_second: Option<u64>,
    /// Where it reads, and how far it is.
    pub positions: RefCell<BTreeMap<Place, i64>>,
    /// Which set of partitions this is; a fetch loop of an earlier one ends.
    pub generation: Cell<u32>,
    /// Fetch loops that run.
    pub loops: Cell<u32>,
    /// A fetch loop ended because its broker does not lead, or is gone.
    pub lost: Cell<bool>,
}

impl Readers {
    /// Those of a worker.
    #[must_use]
    pub fn new(
        core: &Core,
        plan: &Arc<Plan>,
        run: u32,
        cluster: &Cluster,
        (clock, recorder, progress): (Rc<RunClock>, Rc<RefCell<Recorder>>, Arc<Progress>),
    ) -> Rc<Readers> {
        let of = cluster.topics.iter().map(|topic| topic.leaders.clone()).collect();
        Rc::new(Readers {
            core: core.clone(),
            plan: plan.clone(),
            clock,
            recorder,
            progress,
            topics: cluster.topics.iter().map(|topic| (Str::from(&topic.name), topic.id)).collect(),
            ends: cluster.topics.iter().map(|topic| topic.ends.clone()).collect(),
            leaders: RefCell::new(Leaders { brokers: cluster.brokers.clone(), of }),
            ledgers: RefCell::default(),
            furthest: RefCell::default(),
            run,
            client_id: Str::from(&plan.client_id),
            resting: Cell::new(plan.backlog.is_some()),
            ended: Cell::new(false),
            placed: Cell::new(0),
            alive: Cell::new(0),
            changed: Wakers::default(),
        })
    }

    /// Starts the consumers of worker `worker` of `workers`; says how many.
    pub fn start(self: &Rc<Self>, worker: u32, workers: u32) -> u32 {
        let plan = &self.plan.consumers;
        let mut started = 0;
        for all in (worker..plan.groups * plan.per_group).step_by(workers as usize) {
            let (group, number) = (all / plan.per_group, all % plan.per_group);
            let slow = plan.slow.filter(|slow| number < slow.per_group);
            let consumer = Rc::new(Consumer {
                group,
                number,
                bytes_per_second: slow.map(|slow| slow.bytes_per_second),
                positions: RefCell::default(),
                generation: Cell::new(0),
                loops: Cell::new(0),
                lost: Cell::new(false),
            });
            if self.plan.verify {
                self.ledgers.borrow_mut().entry(group).or_insert_with(|| ReadLedger::new(self.run));
            }
            started += 1;
            self.alive.set(self.alive.get() + 1);
            let me = self.clone();
            let life = async move {
                match me.plan.consumers.assignment {
                    Assignment::Simple => fetcher::read_assigned(&me, &consumer).await,
                    Assignment::Group => group::read_as_member(&me, &consumer).await,
                }
                me.alive.set(me.alive.get() - 1);
            };
            self.core.spawn.spawn(Share::Foreground, Box::pin(life));
        }
        started
    }

    /// How many consumers know where they read.
    #[must_use]
    pub fn placed(&self) -> u32 {
        self.placed.get()
    }

    /// The backlog is there: consumers begin.
    pub fn wake(&self) {
        self.resting.set(false);
    }

    /// Consumers come to their end.
    pub fn end(&self) {
        self.ended.set(true);
        self.resting.set(false);
        self.changed.wake();
    }

    /// Whether all have come to their end.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.alive.get() == 0
    }

    /// What each group read here, for a verified run.
    #[must_use]
    pub fn take_ledgers(&self) -> BTreeMap<u32, ReadLedger> {
        std::mem::take(&mut *self.ledgers.borrow_mut())
    }

    fn all_places(&self) -> Vec<u32> {
        self.ends.iter().map(|ends| ends.len() as u32).collect()
    }

    fn end_of(&self, place: Place) -> i64 {
        self.ends[place.topic as usize][place.partition as usize]
    }

    fn leader_of(&self, place: Place) -> i32 {
        self.leaders.borrow().of[place.topic as usize][place.partition as usize]
    }
}
