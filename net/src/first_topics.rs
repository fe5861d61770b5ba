//! Topics that are to be there when the broker is ready (`thalweg dev --topic`). One that is there already stays as it is.

use std::rc::Rc;

use thalweg_engine::{CONTROLLER_CORE, Call, Engine, Reply};
use thalweg_replication::controller::{ControlRequest, ControlResponse};
use thalweg_wire::messages::create_topics_request::{CreatableTopic, CreateTopicsRequest};
use thalweg_wire::{ErrorCode, Str};

/// The version of CreateTopics that is asked: the newest, which answers with texts.
const VERSION: i16 = 7;

/// Creates those that are not there, through the controller as any client would. Says why one cannot be.
pub(crate) async fn create(engine: &Rc<Engine>, topics: &[(String, i32)]) -> Result<(), String> {
    if topics.is_empty() {
        return Ok(());
    }
    let topics = topics.iter().map(|(name, partitions)| CreatableTopic {
        name: Str::from(name),
        num_partitions: *partitions,
        replication_factor: -1,
        ..Default::default()
    });
    let request = CreateTopicsRequest { topics: topics.collect(), timeout_ms: 60_000, ..Default::default() };
    let request = ControlRequest::CreateTopics { version: VERSION, request };
    let reply = engine.call(CONTROLLER_CORE, Call::Control(request)).await;
    let Ok(Reply::Control(response)) = reply else { return Err("the controller is stopping".to_owned()) };
    let ControlResponse::CreateTopics(response) = *response else {
        return Err("the controller did not answer".to_owned());
    };
    let fits = |code: i16| [ErrorCode::None, ErrorCode::TopicAlreadyExists].iter().any(|fits| fits.code() == code);
    match response.topics.iter().find(|topic| !fits(topic.error_code)) {
        None => Ok(()),
        Some(topic) => {
            let why = topic.error_message.as_ref().map_or("", |why| why.as_str());
            Err(format!("topic {} cannot be created (error {}): {why}", topic.name.as_str(), topic.error_code))
        }
    }
}
