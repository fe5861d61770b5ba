//! Hosts the controller on its core: one request after the other is decided on this core's image, its records are appended to
//! `__cluster_metadata`, every core replays them, and then the answer leaves.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;

use thalweg_replication::controller::{BrokerFacts, ControlRequest, Controller, Decision, bootstrap, encode};
use thalweg_rt::{CoreId, Share, Tick};
use thalweg_wire::compression::Compression;
use thalweg_wire::error_code::ErrorCode;
use thalweg_wire::record::BatchBuilder;
use thalweg_wire::records::metadata::MetadataRecord;
use thalweg_wire::{Offset, PartitionIndex};

use crate::core::Engine;
use crate::ids::Ids;
use crate::message::{AppendError, Call, METADATA_TOPIC, PartitionKey, Reply};
use crate::promise::all;
use crate::waiting::Answer;

/// The metadata log.
const METADATA_LOG: PartitionKey = PartitionKey { topic: METADATA_TOPIC, index: PartitionIndex(0) };

/// The controller and its log.
pub(crate) struct ControllerHost {
    engine: Rc<Engine>,
    controller: Controller,
    ids: Rc<RefCell<Ids>>,
    queue: RefCell<VecDeque<(ControlRequest, Answer)>>,
    working: Cell<bool>,
    /// Offset of the next record.
    end: Cell<Offset>,
}

impl ControllerHost {
    /// The controller of a node whose cores have all replayed the metadata log. Writes into an empty one what a cluster begins
    /// with, then registers this broker.
    pub(crate) async fn start(
        engine: Rc<Engine>,
        controller: Controller,
        broker: BrokerFacts,
        ids: Rc<RefCell<Ids>>,
    ) -> Result<Rc<ControllerHost>, String> {
        let bounds = engine.bounds_own(METADATA_LOG).await;
        let (_, end) = bounds.map_err(|error| format!("the metadata log cannot be read: {error:?}"))?;
        let this = Rc::new(ControllerHost {
            engine,
            controller,
            ids,
            queue: RefCell::default(),
            working: Cell::new(false),
            end: Cell::new(end),
        });
        let failed = |error: AppendError| format!("the metadata log cannot be written: {error:?}");
        if end == Offset(0) {
            this.commit(bootstrap()).await.map_err(failed)?;
        }
        let broker = BrokerFacts { epoch: this.end.get().0, ..broker };
        let decision = this.decide(ControlRequest::RegisterBroker(broker));
        this.commit(decision.records).await.map_err(failed)?;
        Ok(this)
    }

    /// Takes a request; it is answered once every core knows what was decided.
    pub(crate) fn ask(self: &Rc<ControllerHost>, request: ControlRequest, answer: Answer) {
        if self.queue.borrow().len() >= QUEUE_MAX {
            return answer(Reply::Control(Box::new(request.refuse(ErrorCode::RequestTimedOut))));
        }
        self.queue.borrow_mut().push_back((request, answer));
        if !self.working.replace(true) {
            let this = self.clone();
            let task = Box::pin(async move { this.work().await });
            self.engine.runtime().spawn.spawn(Share::Foreground, task);
        }
    }

    async fn work(&self) {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            let Some((request, answer)) = next else { return self.working.set(false) };
            let asked = request.clone();
            let decision = self.decide(request);
            let reply = match self.commit(decision.records).await {
                Ok(()) => decision.reply,
                Err(error) => asked.refuse(code(&error)),
            };
            answer(Reply::Control(Box::new(reply)));
        }
    }

    fn decide(&self, request: ControlRequest) -> Decision {
        let mut ids = self.ids.borrow_mut();
        self.controller.decide(&self.engine.image(), request, &mut || ids.draw())
    }

    /// Appends records as one batch and has every core replay them.
    async fn commit(&self, records: Vec<MetadataRecord>) -> Result<(), AppendError> {
        if records.is_empty() {
            return Ok(());
        }
        let unwritable = |what: String| AppendError::Invalid { reason: what, records: Vec::new() };
        let now_ms = self.engine.runtime().timer.wall_ms();
        let mut builder = BatchBuilder::new(Compression::None);
        for record in &records {
            let value = encode(record).map_err(|error| unwritable(error.to_string()))?;
            builder.push(now_ms, None, Some(&value), &[]).map_err(|error| unwritable(error.to_string()))?;
        }
        let batch = builder.finish().map_err(|error| unwritable(error.to_string()))?;
        // No deadline: what was given up but then happens would be true on no core.
        let appended = self.engine.append_own(METADATA_LOG, batch, Tick(u64::MAX)).await?;
        self.end.set(appended.base_offset.plus(i64::try_from(records.len()).unwrap_or(i64::MAX)));
        let records = Arc::new(records);
        let cores = (0..self.engine.cores()).map(CoreId);
        let replays = cores.map(|core| self.engine.call(core, Call::Replay(records.clone())));
        // A core that does not answer is stopping, and then so is the node.
        all(replays.collect()).await;
        Ok(())
    }
}

/// What someone is told whose change could not be written.
fn code(error: &AppendError) -> ErrorCode {
    match error {
        AppendError::TooLarge { .. } | AppendError::LargerThanSegment => ErrorCode::PolicyViolation,
        AppendError::Invalid { .. } => ErrorCode::InvalidRequest,
        _ => ErrorCode::RequestTimedOut,
    }
}

/// Requests waiting for their turn.
const QUEUE_MAX: usize = 1_000;
