//! The cluster as its metadata log describes it. [`Image::replay`] alone changes it: whoever replays the same records in the
//! same order has the same image. Every core of a node keeps one.

use std::collections::{BTreeMap, BTreeSet};

use thalweg_wire::records::metadata::{
    BrokerRegistrationChangeRecord, ConfigRecord, MetadataRecord, PartitionChangeRecord, PartitionRecord,
    RegisterBrokerRecord,
};
use thalweg_wire::{LeaderEpoch, NodeId, PartitionIndex, ProducerId, Str, Uuid};

use crate::group::TopicView;

/// What a configuration belongs to, by its number in the protocol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ResourceKind {
    /// A topic, by name.
    Topic,
    /// A broker, by node id; the empty name stands for all brokers.
    Broker,
    /// A group of clients' metrics.
    ClientMetrics,
    /// A group, by id.
    Group,
}

impl ResourceKind {
    /// The kind with this number.
    pub fn from_number(number: i8) -> Option<ResourceKind> {
        match number {
            2 => Some(ResourceKind::Topic),
            4 => Some(ResourceKind::Broker),
            16 => Some(ResourceKind::ClientMetrics),
            32 => Some(ResourceKind::Group),
            _ => None,
        }
    }

    /// Its number in the protocol.
    pub fn number(self) -> i8 {
        match self {
            ResourceKind::Topic => 2,
            ResourceKind::Broker => 4,
            ResourceKind::ClientMetrics => 16,
            ResourceKind::Group => 32,
        }
    }
}

/// A topic.
#[derive(Clone, PartialEq, Debug)]
pub struct Topic {
    /// Its name.
    pub name: Str,
    /// Its id, never zero, another one if it is created again.
    pub id: Uuid,
    /// By index, without a gap.
    pub partitions: Vec<PartitionRegistration>,
    /// Kept by brokers for themselves.
    pub internal: bool,
}

impl Topic {
    /// A partition of the topic.
    pub fn partition(&self, index: PartitionIndex) -> Option<&PartitionRegistration> {
        self.partitions.get(usize::try_from(index.0).ok()?)
    }
}

/// Who holds a partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartitionRegistration {
    /// Brokers that keep a copy, the preferred leader first.
    pub replicas: Vec<NodeId>,
    /// The log directory of each replica, or nothing where that is not known.
    pub directories: Vec<Uuid>,
    /// Replicas that count for acknowledgement.
    pub isr: Vec<NodeId>,
    /// Replicas outside the ISR that still hold everything acknowledged.
    pub elr: Vec<NodeId>,
    /// Members of the ELR that shut down uncleanly.
    pub last_known_elr: Vec<NodeId>,
    /// Replicas on their way out.
    pub removing: Vec<NodeId>,
    /// Replicas on their way in.
    pub adding: Vec<NodeId>,
    /// The leader, or -1.
    pub leader: NodeId,
    /// Grows with every change of leader.
    pub leader_epoch: LeaderEpoch,
    /// Grows with every change.
    pub partition_epoch: i32,
    /// The leader was elected outside the ISR and has not recovered yet.
    pub recovering: bool,
}

/// A listener of a broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    /// Name of the listener.
    pub name: Str,
    /// Host to connect to.
    pub host: Str,
    /// Port to connect to.
    pub port: u16,
    /// 0 plain, 1 TLS, 2 SASL, 3 both.
    pub security_protocol: i16,
}

/// A broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Broker {
    /// Its node id.
    pub id: NodeId,
    /// Grows with every registration.
    pub epoch: i64,
    /// Another one after every start.
    pub incarnation: Uuid,
    /// Its listeners.
    pub endpoints: Vec<Endpoint>,
    /// Its rack.
    pub rack: Option<Str>,
    /// Not to lead or be counted for now.
    pub fenced: bool,
    /// About to stop.
    pub stopping: bool,
    /// Its log directories.
    pub log_dirs: Vec<Uuid>,
}

impl Broker {
    /// May lead partitions.
    pub fn is_active(&self) -> bool {
        !self.fenced && !self.stopping
    }
}

/// What a record changed, for those who keep something for each topic, partition or configuration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// A topic exists; its partitions follow.
    TopicCreated {
        /// Its id.
        id: Uuid,
    },
    /// A partition exists.
    PartitionCreated {
        /// Its topic.
        topic: Uuid,
        /// Its index.
        index: PartitionIndex,
    },
    /// Another leader, epoch or set of replicas.
    PartitionChanged {
        /// Its topic.
        topic: Uuid,
        /// Its index.
        index: PartitionIndex,
    },
    /// A topic is gone, with all of its partitions.
    TopicRemoved {
        /// Its id.
        id: Uuid,
        /// Its name.
        name: Str,
        /// How many partitions it had.
        partitions: usize,
    },
    /// A configuration was set or taken back.
    ConfigChanged {
        /// What it belongs to.
        kind: ResourceKind,
        /// The name of that.
        name: Str,
    },
    /// A broker came, changed or went.
    BrokerChanged {
        /// Which.
        id: NodeId,
    },
}

/// Configurations of one resource, by key.
pub type Configs = BTreeMap<String, String>;

/// The metadata of the cluster.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Image {
    topics: BTreeMap<Str, Topic>,
    names: BTreeMap<Uuid, Str>,
    /// Names of topics with '.' or '_' in them, by the name with '_' for '.': metrics cannot tell them apart.
    alike: BTreeMap<String, BTreeSet<Str>>,
    partition_count: usize,
    brokers: BTreeMap<NodeId, Broker>,
    configs: BTreeMap<ResourceKind, BTreeMap<Str, Configs>>,
    features: BTreeMap<Str, i16>,
    next_producer_id: i64,
    /// Records of a metadata transaction that has not ended.
    open: Option<Vec<MetadataRecord>>,
    ignored: u64,
}

impl Image {
    /// Takes in one record. A record that speaks of something unknown changes nothing.
    pub fn replay(&mut self, record: &MetadataRecord) -> Vec<Change> {
        let mut changes = Vec::new();
        match (record, &mut self.open) {
            (MetadataRecord::BeginTransaction(_), _) => self.open = Some(Vec::new()),
            (MetadataRecord::AbortTransaction(_), _) => self.open = None,
            (MetadataRecord::EndTransaction(_), open) => {
                for record in open.take().unwrap_or_default() {
                    self.apply(&record, &mut changes);
                }
            }
            (record, Some(open)) => open.push(record.clone()),
            (record, None) => self.apply(record, &mut changes),
        }
        changes
    }

    fn apply(&mut self, record: &MetadataRecord, changes: &mut Vec<Change>) {
        let applied = match record {
            MetadataRecord::Topic(it) => {
                self.add_topic(&it.name, it.topic_id);
                changes.push(Change::TopicCreated { id: it.topic_id });
                Some(())
            }
            MetadataRecord::Partition(it) => self.add_partition(it).map(|change| changes.push(change)),
            MetadataRecord::PartitionChange(it) => self.change_partition(it).map(|change| changes.push(change)),
            MetadataRecord::RemoveTopic(it) => self.remove_topic(it.topic_id).map(|change| changes.push(change)),
            MetadataRecord::Config(it) => self.set_config(it).map(|change| changes.push(change)),
            MetadataRecord::RegisterBroker(it) => {
                let broker = registered(it);
                changes.push(Change::BrokerChanged { id: broker.id });
                self.brokers.insert(broker.id, broker);
                Some(())
            }
            MetadataRecord::UnregisterBroker(it) => {
                changes.push(Change::BrokerChanged { id: NodeId(it.broker_id) });
                self.brokers.remove(&NodeId(it.broker_id)).map(drop)
            }
            MetadataRecord::FenceBroker(it) => self.fence(NodeId(it.id), true, changes),
            MetadataRecord::UnfenceBroker(it) => self.fence(NodeId(it.id), false, changes),
            MetadataRecord::BrokerRegistrationChange(it) => self.change_broker(it, changes),
            MetadataRecord::FeatureLevel(it) => {
                match it.feature_level {
                    0 => drop(self.features.remove(&it.name)),
                    level => drop(self.features.insert(it.name.detached(), level)),
                }
                Some(())
            }
            MetadataRecord::ProducerIds(it) => {
                self.next_producer_id = it.next_producer_id;
                Some(())
            }
            MetadataRecord::NoOp(_) => Some(()),
            _ => None,
        };
        self.ignored += u64::from(applied.is_none());
    }

    /// A topic by name.
    pub fn topic(&self, name: &str) -> Option<&Topic> {
        self.topics.get(name)
    }

    /// A topic by id.
    pub fn topic_by_id(&self, id: Uuid) -> Option<&Topic> {
        self.topics.get(self.names.get(&id)?)
    }

    /// Every topic, by name.
    pub fn topics(&self) -> impl Iterator<Item = &Topic> {
        self.topics.values()
    }

    /// Every topic from this name on, by name.
    pub fn topics_from(&self, name: &Str) -> impl Iterator<Item = &Topic> {
        self.topics.range(name.clone()..).map(|(_, topic)| topic)
    }

    /// How many topics there are.
    pub fn topic_count(&self) -> usize {
        self.topics.len()
    }

    /// How many partitions all topics have.
    pub fn partition_count(&self) -> usize {
        self.partition_count
    }

    /// An existing topic whose name metrics could not tell from this one.
    pub fn topic_alike(&self, name: &str) -> Option<&Str> {
        self.alike.get(&name.replace('.', "_"))?.first()
    }

    /// Every broker, by id.
    pub fn brokers(&self) -> impl Iterator<Item = &Broker> {
        self.brokers.values()
    }

    /// A broker.
    pub fn broker(&self, id: NodeId) -> Option<&Broker> {
        self.brokers.get(&id)
    }

    /// What was set on a resource; `None` if nothing was.
    pub fn config(&self, kind: ResourceKind, name: &str) -> Option<&Configs> {
        self.configs.get(&kind)?.get(name)
    }

    /// What counts as set on a broker: its own file, then what was set for all brokers, then what was set for this one.
    pub fn broker_settings(&self, file: &Configs, node: NodeId) -> Configs {
        let layers = [self.config(ResourceKind::Broker, ""), self.config(ResourceKind::Broker, &node.to_string())];
        let mut settings = file.clone();
        for (key, value) in layers.into_iter().flatten().flatten() {
            settings.insert(key.clone(), value.clone());
        }
        settings
    }

    /// Every resource of a kind that something was set on.
    pub fn configs(&self, kind: ResourceKind) -> impl Iterator<Item = (&Str, &Configs)> {
        self.configs.get(&kind).into_iter().flatten()
    }

    /// The level of a feature, 0 if it was never set.
    pub fn feature(&self, name: &str) -> i16 {
        self.features.get(name).copied().unwrap_or(0)
    }

    /// Every feature with a level.
    pub fn features(&self) -> impl Iterator<Item = (&Str, i16)> {
        self.features.iter().map(|(name, level)| (name, *level))
    }

    /// The first producer id that was never handed out to a broker.
    pub fn next_producer_id(&self) -> ProducerId {
        ProducerId(self.next_producer_id)
    }

    /// Records that were of a kind not kept here, or spoke of something unknown.
    pub fn ignored(&self) -> u64 {
        self.ignored
    }

    fn add_topic(&mut self, name: &Str, id: Uuid) {
        let name = name.detached();
        if let Some(before) = self.topics.get(&name).map(|topic| topic.id) {
            self.remove_topic(before);
        }
        if name.contains(['.', '_']) {
            self.alike.entry(name.replace('.', "_")).or_default().insert(name.clone());
        }
        let internal = is_internal(&name);
        self.names.insert(id, name.clone());
        self.topics.insert(name.clone(), Topic { name, id, partitions: Vec::new(), internal });
    }

    fn add_partition(&mut self, it: &PartitionRecord) -> Option<Change> {
        let topic = self.topics.get_mut(self.names.get(&it.topic_id)?)?;
        // the log creates them in order; anything else would leave a hole
        let index = usize::try_from(it.partition_id).ok()?;
        let partition = PartitionRegistration {
            replicas: nodes(&it.replicas),
            directories: it.directories.clone(),
            isr: nodes(&it.isr),
            elr: it.eligible_leader_replicas.as_deref().map(nodes).unwrap_or_default(),
            last_known_elr: it.last_known_elr.as_deref().map(nodes).unwrap_or_default(),
            removing: nodes(&it.removing_replicas),
            adding: nodes(&it.adding_replicas),
            leader: NodeId(it.leader),
            leader_epoch: LeaderEpoch(it.leader_epoch),
            partition_epoch: it.partition_epoch,
            recovering: it.leader_recovery_state == RECOVERING,
        };
        let at = PartitionIndex(it.partition_id);
        if let Some(known) = topic.partitions.get_mut(index) {
            *known = partition;
            return Some(Change::PartitionChanged { topic: it.topic_id, index: at });
        }
        if index != topic.partitions.len() {
            return None;
        }
        topic.partitions.push(partition);
        self.partition_count += 1;
        Some(Change::PartitionCreated { topic: it.topic_id, index: at })
    }

    fn change_partition(&mut self, it: &PartitionChangeRecord) -> Option<Change> {
        let topic = self.topics.get_mut(self.names.get(&it.topic_id)?)?;
        let known = topic.partitions.get_mut(usize::try_from(it.partition_id).ok()?)?;
        let set = |to: &mut Vec<NodeId>, from: &Option<Vec<i32>>| {
            if let Some(from) = from {
                *to = nodes(from);
            }
        };
        set(&mut known.replicas, &it.replicas);
        set(&mut known.isr, &it.isr);
        set(&mut known.removing, &it.removing_replicas);
        set(&mut known.adding, &it.adding_replicas);
        set(&mut known.elr, &it.eligible_leader_replicas);
        set(&mut known.last_known_elr, &it.last_known_elr);
        if let Some(directories) = &it.directories {
            known.directories = directories.clone();
        }
        if it.leader_recovery_state != UNCHANGED_STATE {
            known.recovering = it.leader_recovery_state == RECOVERING;
        }
        if it.leader != UNCHANGED_LEADER {
            known.leader = NodeId(it.leader);
            known.leader_epoch.0 = known.leader_epoch.0.saturating_add(1);
        }
        known.partition_epoch = known.partition_epoch.saturating_add(1);
        Some(Change::PartitionChanged { topic: it.topic_id, index: PartitionIndex(it.partition_id) })
    }

    fn remove_topic(&mut self, id: Uuid) -> Option<Change> {
        let name = self.names.remove(&id)?;
        let topic = self.topics.remove(&name)?;
        if let Some(topics) = self.configs.get_mut(&ResourceKind::Topic) {
            topics.remove(&name);
        }
        let like = name.replace('.', "_");
        if let Some(names) = self.alike.get_mut(&like) {
            names.remove(&name);
            if names.is_empty() {
                self.alike.remove(&like);
            }
        }
        self.partition_count -= topic.partitions.len();
        Some(Change::TopicRemoved { id, name, partitions: topic.partitions.len() })
    }

    fn set_config(&mut self, it: &ConfigRecord) -> Option<Change> {
        let kind = ResourceKind::from_number(it.resource_type)?;
        let name = it.resource_name.detached();
        let of_kind = self.configs.entry(kind).or_default();
        match &it.value {
            Some(value) => {
                let configs = of_kind.entry(name.clone()).or_default();
                configs.insert(it.name.to_string(), value.to_string());
            }
            None => {
                if let Some(configs) = of_kind.get_mut(&name) {
                    configs.remove(it.name.as_str());
                    if configs.is_empty() {
                        of_kind.remove(&name);
                    }
                }
            }
        }
        Some(Change::ConfigChanged { kind, name })
    }

    fn fence(&mut self, id: NodeId, fenced: bool, changes: &mut Vec<Change>) -> Option<()> {
        self.brokers.get_mut(&id)?.fenced = fenced;
        changes.push(Change::BrokerChanged { id });
        Some(())
    }

    fn change_broker(&mut self, it: &BrokerRegistrationChangeRecord, changes: &mut Vec<Change>) -> Option<()> {
        let id = NodeId(it.broker_id);
        let broker = self.brokers.get_mut(&id)?;
        match it.fenced {
            1 => broker.fenced = true,
            -1 => broker.fenced = false,
            _ => {}
        }
        broker.stopping |= it.in_controlled_shutdown == 1;
        if !it.log_dirs.is_empty() {
            broker.log_dirs = it.log_dirs.clone();
        }
        changes.push(Change::BrokerChanged { id });
        Some(())
    }
}

impl TopicView for Image {
    fn topic_id(&self, name: &str) -> Option<Uuid> {
        self.topic(name).map(|topic| topic.id)
    }

    fn topic_name(&self, id: Uuid) -> Option<Str> {
        self.names.get(&id).cloned()
    }

    fn has_partition(&self, name: &str, partition: i32) -> bool {
        self.topic(name).is_some_and(|topic| topic.partition(PartitionIndex(partition)).is_some())
    }
}

/// Whether brokers keep a topic of this name for themselves.
pub fn is_internal(name: &str) -> bool {
    matches!(name, OFFSETS_TOPIC | "__transaction_state" | "__share_group_state")
}

/// The topic in which group coordinators keep their state.
pub const OFFSETS_TOPIC: &str = "__consumer_offsets";

const RECOVERING: i8 = 1;
const UNCHANGED_STATE: i8 = -1;
const UNCHANGED_LEADER: i32 = -2;

fn nodes(ids: &[i32]) -> Vec<NodeId> {
    ids.iter().copied().map(NodeId).collect()
}

fn registered(it: &RegisterBrokerRecord) -> Broker {
    let endpoints = it.end_points.iter().map(|at| Endpoint {
        name: at.name.detached(),
        host: at.host.detached(),
        port: at.port,
        security_protocol: at.security_protocol,
    });
    Broker {
        id: NodeId(it.broker_id),
        epoch: it.broker_epoch,
        incarnation: it.incarnation_id,
        endpoints: endpoints.collect(),
        rack: it.rack.as_ref().map(Str::detached),
        fenced: it.fenced,
        stopping: it.in_controlled_shutdown,
        log_dirs: it.log_dirs.clone(),
    }
}
