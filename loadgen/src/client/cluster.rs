//! What a cluster looks like: who leads which partition of the run's topics, and where each broker is. Asked for when a run
//! begins and again when a broker says that it does not lead.

use std::collections::BTreeMap;
use std::time::Duration;

use thalweg_rt::Core;
use thalweg_wire::messages::create_topics_request::{CreatableTopic, CreatableTopicConfig, CreateTopicsRequest};
use thalweg_wire::messages::delete_topics_request::{DeleteTopicState, DeleteTopicsRequest};
use thalweg_wire::messages::list_offsets_request::{ListOffsetsPartition, ListOffsetsRequest, ListOffsetsTopic};
use thalweg_wire::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use thalweg_wire::messages::metadata_response::MetadataResponse;
use thalweg_wire::{ErrorCode, Str, TopicId};

use super::connection::{CallError, Connection, code};
use super::wait::rest;
use crate::failure::{Code, Failure};
use crate::plan::Plan;

/// The cluster, as far as a run is concerned.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// Its id.
    pub id: Option<String>,
    /// Where each broker is: `host:port` by its id.
    pub brokers: BTreeMap<i32, String>,
    /// The run's topics, in the plan's order.
    pub topics: Vec<TopicFacts>,
}

/// One topic.
#[derive(Clone, Debug)]
pub struct TopicFacts {
    /// Its name.
    pub name: String,
    /// Its id; zero where the cluster has none.
    pub id: TopicId,
    /// Where each partition ended before the run.
    pub ends: Vec<i64>,
    /// The leader of each partition, -1 if there is none.
    pub leaders: Vec<i32>,
}

/// Who leads, as it changes.
#[derive(Clone, Debug, Default)]
pub struct Leaders {
    /// Where each broker is.
    pub brokers: BTreeMap<i32, String>,
    /// The leader of each partition of each topic.
    pub of: Vec<Vec<i32>>,
}

/// How long a call may take that prepares a run.
const CALL_TIME: Duration = Duration::from_secs(15);
/// How long a fresh topic may be without leaders.
const SETTLE_TRIES: u32 = 100;
const SETTLE_PAUSE: Duration = Duration::from_millis(100);
/// Topics of one request.
const TOPICS_PER_CALL: usize = 500;
/// Partitions created by one request, where that is up to us: Kafka's controller refuses to write more than 10,000 records at once.
const PARTITIONS_PER_CALL: usize = 5_000;

/// Connects to the first address that answers.
pub async fn connect_any(core: &Core, plan: &Plan, timeout: Duration) -> Result<Connection, CallError> {
    let client_id = Str::from(&plan.client_id);
    let mut last = CallError::Disconnected;
    for address in &plan.bootstrap {
        match Connection::open(core, address, &client_id, timeout).await {
            Ok(connection) => return Ok(connection),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Asks for the run's topics.
pub async fn ask_metadata(connection: &Connection, topics: &[String]) -> Result<MetadataResponse, CallError> {
    let mut all = MetadataResponse::default();
    for names in topics.chunks(TOPICS_PER_CALL) {
        let topic = |name: &String| MetadataRequestTopic { name: Some(Str::from(name)), ..Default::default() };
        let request = MetadataRequest {
            topics: Some(names.iter().map(topic).collect()),
            allow_auto_topic_creation: false,
            ..Default::default()
        };
        let part = connection.ask(&request).await?;
        let mut topics = std::mem::take(&mut all.topics);
        topics.extend(part.topics.iter().cloned());
        all = MetadataResponse { topics, ..part };
    }
    Ok(all)
}

/// Who leads, from an answer about all topics in their order; partitions without an answer have no leader.
#[must_use]
pub fn leaders_of(response: &MetadataResponse, names: &[String], before: &Leaders) -> Leaders {
    let of = names.iter().zip(&before.of).map(|(name, before)| {
        let mut leaders = vec![-1; before.len()];
        let found = response.topics.iter().find(|topic| topic.name.as_ref().is_some_and(|n| *n == *name));
        for partition in found.iter().flat_map(|topic| &topic.partitions) {
            let slot = usize::try_from(partition.partition_index).ok().and_then(|at| leaders.get_mut(at));
            if let Some(slot) = slot
                && response.brokers.iter().any(|broker| broker.node_id == partition.leader_id)
            {
                *slot = partition.leader_id;
            }
        }
        leaders
    });
    Leaders { of: of.collect(), brokers: brokers_of(response) }
}

fn brokers_of(response: &MetadataResponse) -> BTreeMap<i32, String> {
    response.brokers.iter().map(|broker| (broker.node_id, format!("{}:{}", &*broker.host, broker.port))).collect()
}

/// Finds the cluster, creates the topics that are missing, and waits until every partition has a leader.
pub async fn prepare(core: &Core, plan: &Plan) -> Result<Cluster, Failure> {
    let connection = connect_any(core, plan, CALL_TIME).await.map_err(|error| {
        Failure::new(Code::Unreachable, error.to_string())
            .hint("is a broker running there? `thalweg dev` starts one; without -b one is started for the run")
    })?;
    let refused = |what: &str| {
        let what = what.to_owned();
        move |error: CallError| Failure::new(Code::Refused, format!("{what}: {error}"))
    };
    let names = plan.topic_names();
    let mut created = false;
    for _ in 0..SETTLE_TRIES {
        let answer = ask_metadata(&connection, &names).await.map_err(refused("cannot ask for topics"))?;
        let missing: Vec<&String> = names
            .iter()
            .filter(|name| {
                !answer.topics.iter().any(|t| t.name.as_ref().is_some_and(|n| *n == **name) && t.error_code == 0)
            })
            .collect();
        if !missing.is_empty() && !created {
            create(&connection, plan, &missing).await.map_err(refused("cannot create the topics"))?;
            created = true;
            continue;
        }
        let facts = |name: &String| {
            let topic =
                answer.topics.iter().find(|t| t.name.as_ref().is_some_and(|n| *n == *name) && t.error_code == 0)?;
            let mut leaders = vec![-1; topic.partitions.len()];
            for partition in &topic.partitions {
                let known = answer.brokers.iter().any(|broker| broker.node_id == partition.leader_id);
                *leaders.get_mut(usize::try_from(partition.partition_index).ok()?)? =
                    if known { partition.leader_id } else { -1 };
            }
            Some(TopicFacts { name: name.clone(), id: topic.topic_id, ends: vec![0; leaders.len()], leaders })
        };
        let topics: Option<Vec<TopicFacts>> = names.iter().map(facts).collect();
        if let Some(topics) = topics
            && topics.iter().all(|topic| !topic.leaders.contains(&-1))
        {
            if let Some(odd) = topics.iter().find(|topic| topic.leaders.len() != plan.topics.partitions as usize) {
                return Err(other_partitions(plan, odd));
            }
            let id = answer.cluster_id.as_ref().map(|id| id.to_string());
            let mut cluster = Cluster { id, brokers: brokers_of(&answer), topics };
            if plan.consumers.count() > 0 {
                find_ends(core, plan, &mut cluster).await.map_err(refused("cannot ask where partitions end"))?;
            }
            return Ok(cluster);
        }
        rest(core, SETTLE_PAUSE).await;
    }
    Err(Failure::new(Code::Refused, format!("topic {} has partitions without a leader", names[0]))
        .hint("is the cluster whole? every partition needs a broker that leads it"))
}

fn other_partitions(plan: &Plan, odd: &TopicFacts) -> Failure {
    let (has, wanted) = (odd.leaders.len(), plan.topics.partitions);
    Failure::new(Code::Refused, format!("topic {} exists with {has} partitions, the plan wants {wanted}", odd.name))
        .hint(format!("take another topic: --topic NAME, or these partitions: --partitions {has}"))
}

async fn create(connection: &Connection, plan: &Plan, names: &[&String]) -> Result<(), CallError> {
    let configs: Vec<CreatableTopicConfig> = plan
        .topics
        .configs
        .iter()
        .map(|(name, value)| CreatableTopicConfig { name: Str::from(name), value: Some(Str::from(value)) })
        .collect();
    let together = (PARTITIONS_PER_CALL / plan.topics.partitions.max(1) as usize).clamp(1, TOPICS_PER_CALL);
    for names in names.chunks(together) {
        let topic = |name: &&String| CreatableTopic {
            name: Str::from(*name),
            num_partitions: plan.topics.partitions as i32,
            replication_factor: plan.topics.replication,
            configs: configs.clone(),
            ..Default::default()
        };
        let request = CreateTopicsRequest {
            topics: names.iter().map(topic).collect(),
            timeout_ms: CALL_TIME.as_millis() as i32,
            ..Default::default()
        };
        for topic in connection.ask(&request).await?.topics {
            if topic.error_code != ErrorCode::TopicAlreadyExists.code() {
                code(topic.error_code, topic.error_message.as_deref().unwrap_or_default())?;
            }
        }
    }
    Ok(())
}

/// Removes the run's topics.
pub async fn delete(core: &Core, plan: &Plan, cluster: &Cluster) -> Result<(), CallError> {
    let connection = connect_any(core, plan, CALL_TIME).await?;
    for topics in cluster.topics.chunks(TOPICS_PER_CALL) {
        let names = topics.iter().map(|topic| Str::from(&topic.name));
        let version = connection.versions().pick::<DeleteTopicsRequest>(DeleteTopicsRequest::MAX)?;
        let mut request = DeleteTopicsRequest { timeout_ms: CALL_TIME.as_millis() as i32, ..Default::default() };
        if version >= 6 {
            request.topics = names.map(|name| DeleteTopicState { name: Some(name), ..Default::default() }).collect();
        } else {
            request.topic_names = names.collect();
        }
        for topic in connection.call(&request, version).await?.responses {
            code(topic.error_code, "")?;
        }
    }
    Ok(())
}

/// The newest version of a request as a number.
trait Newest {
    const MAX: i16;
}

impl<M: thalweg_wire::Message> Newest for M {
    const MAX: i16 = M::MAX_VERSION;
}

/// Asks every leader where its partitions end.
async fn find_ends(core: &Core, plan: &Plan, cluster: &mut Cluster) -> Result<(), CallError> {
    const LATEST: i64 = -1;
    let client_id = Str::from(&plan.client_id);
    for (broker, address) in cluster.brokers.clone() {
        let led = |topic: &TopicFacts| -> Vec<ListOffsetsPartition> {
            let led = topic.leaders.iter().enumerate().filter(|(_, leader)| **leader == broker);
            led.map(|(at, _)| ListOffsetsPartition {
                partition_index: at as i32,
                current_leader_epoch: -1,
                timestamp: LATEST,
            })
            .collect()
        };
        let topics: Vec<ListOffsetsTopic> = cluster
            .topics
            .iter()
            .map(|topic| ListOffsetsTopic { name: Str::from(&topic.name), partitions: led(topic) })
            .filter(|topic| !topic.partitions.is_empty())
            .collect();
        if topics.is_empty() {
            continue;
        }
        let connection = Connection::open(core, &address, &client_id, CALL_TIME).await?;
        // a fresh leader may need a moment to know itself
        for attempt in 0.. {
            let request = ListOffsetsRequest { replica_id: -1, topics: topics.clone(), ..Default::default() };
            let answer = connection.ask(&request).await?;
            let mut failed = Ok(());
            for topic in &answer.topics {
                let facts = cluster.topics.iter_mut().find(|facts| topic.name == facts.name);
                let Some(facts) = facts else { continue };
                for partition in &topic.partitions {
                    failed = failed.and(code(partition.error_code, ""));
                    if let Some(end) = facts.ends.get_mut(partition.partition_index as usize) {
                        *end = partition.offset;
                    }
                }
            }
            match failed {
                Ok(()) => break,
                Err(error) if attempt == SETTLE_TRIES => return Err(error),
                Err(_) => rest(core, SETTLE_PAUSE).await,
            }
        }
    }
    Ok(())
}
