//! InitProducerId: a number for an idempotent producer. Numbers come in blocks from the controller; each core gives out its
//! own block, so that two producers never share one, across cores and restarts.

use std::cell::Cell;
use std::rc::Rc;

use thalweg_wire::ErrorCode;
use thalweg_wire::messages::init_producer_id_request::InitProducerIdRequest;
use thalweg_wire::messages::init_producer_id_response::InitProducerIdResponse;

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::control;

/// No producer id.
const NO_ID: i64 = -1;
/// No epoch.
const NO_EPOCH: i16 = -1;

/// A core's block of producer ids.
#[derive(Default)]
pub struct ProducerIds {
    next: Cell<i64>,
    end: Cell<i64>,
}

impl ProducerIds {
    fn take(&self) -> Option<i64> {
        let next = self.next.get();
        if next >= self.end.get() {
            return None;
        }
        self.next.set(next + 1);
        Some(next)
    }

    /// A block of which nothing was given out.
    pub(crate) fn refill(&self, first: i64, count: i64) {
        self.next.set(first);
        self.end.set(first.saturating_add(count));
    }
}

/// Handles an InitProducerId request. Transactions are not served: a transactional id is refused for good, so that its
/// producer tells its user instead of trying on.
pub(crate) async fn handle(cx: RequestContext, request: InitProducerIdRequest) -> Outcome<InitProducerIdResponse> {
    if let Some(id) = &request.transactional_id {
        let error = if id.is_empty() { ErrorCode::InvalidRequest } else { ErrorCode::UnsupportedVersion };
        return refusal(error);
    }
    if !authorize(&cx, Operation::IdempotentWrite, Resource::Cluster) {
        return refusal(ErrorCode::ClusterAuthorizationFailed);
    }
    // KIP-360: a producer that lost its place may name the id and epoch it had. Without a transactional id nobody knows whose
    // they are, so, as in Kafka, they buy nothing: another id is always safe, and raising the epoch of one that is not the
    // client's would fence whoever has it.
    if (request.producer_id == NO_ID) != (request.producer_epoch == NO_EPOCH) {
        return refusal(ErrorCode::InvalidRequest);
    }
    match fresh(&cx).await {
        Ok(id) => Outcome::Reply(InitProducerIdResponse { producer_id: id, producer_epoch: 0, ..Default::default() }),
        Err(error) => refusal(error),
    }
}

async fn fresh(cx: &RequestContext) -> Result<i64, ErrorCode> {
    let state = Rc::clone(&cx.state);
    if let Some(id) = state.producer_ids.take() {
        return Ok(id);
    }
    let (first, count) = control::producer_id_block(cx).await?;
    // Someone else on this core may have fetched a block meanwhile: whatever is left of that one is given up.
    state.producer_ids.refill(first, count);
    state.producer_ids.take().ok_or(ErrorCode::CoordinatorNotAvailable)
}

fn refusal(error: ErrorCode) -> Outcome<InitProducerIdResponse> {
    Outcome::Reply(InitProducerIdResponse {
        error_code: error.code(),
        producer_id: -1,
        producer_epoch: -1,
        ..Default::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_gives_each_id_once() {
        let ids = ProducerIds::default();
        assert_eq!(ids.take(), None);
        ids.refill(1000, 2);
        assert_eq!([ids.take(), ids.take(), ids.take()], [Some(1000), Some(1001), None]);
    }
}
