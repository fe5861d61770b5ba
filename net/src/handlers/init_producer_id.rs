//! InitProducerId: a number for an idempotent producer. Numbers come in blocks from the controller; each core gives out its
//! own block, so that two producers never share one, across cores and restarts.

use std::cell::Cell;
use std::rc::Rc;

use thalweg_wire::ErrorCode;
use thalweg_wire::messages::init_producer_id_request::InitProducerIdRequest;
use thalweg_wire::messages::init_producer_id_response::InitProducerIdResponse;

use crate::dispatch::{Operation, Outcome, RequestContext, Resource, authorize};
use crate::handlers::control;

/// The last epoch of a producer id; after it the producer gets another id.
const EPOCH_MAX: i16 = i16::MAX - 1;

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
    let known = cx.version >= 3 && request.producer_id >= 0;
    // KIP-360: a producer that lost its place goes on under the next epoch of its own id, which begins a new sequence
    // everywhere and fences what is still on its way.
    if known && (0..EPOCH_MAX).contains(&request.producer_epoch) {
        return Outcome::Reply(InitProducerIdResponse {
            producer_id: request.producer_id,
            producer_epoch: request.producer_epoch + 1,
            ..Default::default()
        });
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
