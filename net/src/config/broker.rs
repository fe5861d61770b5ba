//! [`BrokerConfig`]: everything the broker honours, typed.
//!
//! It is a pure function of the settings' layers and the host's facts, so a change made while the broker runs gives a new
//! value ([`BrokerConfig::with_dynamic`]) and never edits an old one. Reading goes on after an error: the caller gets all of
//! them, and a configuration that must not be used if there are any.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use thalweg_replication::metadata::config_value::{Kind, list, parse_bool, parse_whole, trim};
use thalweg_replication::metadata::topic_config::{Durability, TopicConfig};
use thalweg_tuning::{Host, cpu};
use thalweg_wire::NodeId;

use super::catalogue::{self, BrokerKey};
use super::limits::CORE_BYTES_MIN;
use super::listener::{self, Listeners};
use super::problem::{Code, Problem, Problems};
use super::settings::{Dynamic, Layers, Source, Static};

/// Bytes in a MiB.
pub const MIB: u64 = 1 << 20;

/// The configuration of a broker.
#[derive(Clone, PartialEq, Debug)]
pub struct BrokerConfig {
    /// This node.
    pub node_id: NodeId,
    /// Id of the cluster; `None` takes the one the data directory holds, or makes one up at the first start.
    pub cluster_id: Option<String>,
    /// Where this node stands.
    pub rack: Option<String>,
    /// Where to listen and what to tell clients.
    pub listeners: Listeners,
    /// The data directory. Kafka's list of them has one member in this version.
    pub log_dir: PathBuf,
    /// Creating and deleting topics.
    pub topics: Topics,
    /// Connections and requests.
    pub sockets: Sockets,
    /// Classic groups.
    pub groups: Groups,
    /// Committed offsets.
    pub offsets: Offsets,
    /// How long the state of a silent producer is kept.
    pub producer_id_expiration: Duration,
    /// What only this engine has.
    pub engine: Engine,
    /// Topics to create at start if they are not there: name and partitions (`thalweg dev --topic`).
    pub initial_topics: Vec<(String, i32)>,
    /// The broker keys that are set: what topics fall back on.
    pub topic_defaults: BTreeMap<String, String>,
    layers: Layers,
    host: Arc<Host>,
}

/// Creating and deleting topics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topics {
    /// Partitions where a request names no number.
    pub partitions_default: i32,
    /// Replicas where a request names no number.
    pub replication_default: i16,
    /// Asking for an unknown topic creates it.
    pub auto_create: bool,
    /// Topics may be deleted.
    pub delete_enable: bool,
}

/// Connections and requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sockets {
    /// Largest request.
    pub request_bytes_max: u32,
    /// Connections at the most.
    pub connections_max: u32,
    /// Connections of one address at the most.
    pub connections_per_ip_max: u32,
    /// Exceptions to it.
    pub connections_per_ip_overrides: BTreeMap<IpAddr, u32>,
    /// A connection silent for so long is closed; `None` never.
    pub idle_max: Option<Duration>,
    /// Connections the kernel holds until they are accepted.
    pub backlog: u32,
    /// Bytes of records in one fetch response.
    pub fetch_bytes_max: u32,
    /// Fetch sessions remembered.
    pub fetch_sessions_max: u32,
    /// Partitions in one DescribeTopicPartitions response.
    pub described_partitions_max: u32,
}

/// Classic groups.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Groups {
    /// Shortest session timeout.
    pub session_min: Duration,
    /// Longest session timeout.
    pub session_max: Duration,
    /// Wait for further members before a new group's first rebalance.
    pub initial_rebalance_delay: Duration,
    /// Members of a group.
    pub members_max: u32,
}

/// Committed offsets.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Offsets {
    /// Partitions of `__consumer_offsets` when it is created.
    pub topic_partitions: i32,
    /// Replicas of it.
    pub topic_replication: i16,
    /// Its segment size.
    pub topic_segment_bytes: i32,
    /// How long the offsets of an empty group are kept.
    pub retention: Duration,
    /// Time between two looks for offsets to forget.
    pub retention_check: Duration,
    /// Longest text with an offset.
    pub metadata_bytes_max: u32,
}

/// What only this engine has.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Engine {
    /// What a core runs on.
    pub runtime: Runtime,
    /// The kernel's CPU number for each core.
    pub cores: Vec<usize>,
    /// Memory budget of the process.
    pub memory_bytes: u64,
    /// How long an idle core looks for work before it sleeps.
    pub spin: Duration,
    /// Files in the journal ring of a core.
    pub journal_files: u16,
    /// Size of one of them.
    pub journal_file_bytes: u64,
    /// How cold records are read.
    pub read_path: ReadPath,
    /// When a record is answered, where its topic does not say.
    pub durability: Durability,
    /// Size of the pieces in which the journal goes to segments.
    pub destage_piece_bytes: u32,
    /// Such pieces of one segment that are written at once.
    pub destage_pieces: u16,
    /// Age at which appended bytes go to their segment.
    pub destage_age: Duration,
    /// Pending bytes of one partition from which an append bypasses the journal.
    pub bypass_bytes: u32,
    /// For tests: answer without flushing.
    pub unsafe_no_flush: bool,
}

/// What a core runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Runtime {
    /// One io_uring ring of our own.
    Uring,
    /// A glommio executor.
    Glommio,
}

impl Runtime {
    /// Its name in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Runtime::Uring => "uring",
            Runtime::Glommio => "glommio",
        }
    }
}

/// How cold records are read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReadPath {
    /// Whichever is cheaper for the read at hand.
    Auto,
    /// From the page cache to the socket.
    Sendfile,
    /// Past the page cache, into our own buffers.
    Direct,
}

impl BrokerConfig {
    /// Reads the configuration from what was set at start.
    pub fn resolve(fixed: Static, host: Arc<Host>, problems: &mut Problems) -> BrokerConfig {
        let layers = Layers { fixed, dynamic: Dynamic::default() };
        Reader { layers: &layers, host: &host, problems }.read(host.clone())
    }

    /// The configuration after a change made while the broker runs. Values that do not fit count as not set.
    pub fn with_dynamic(&self, dynamic: Dynamic) -> BrokerConfig {
        if dynamic == self.layers.dynamic {
            return self.clone();
        }
        let layers = Layers { fixed: self.layers.fixed.clone(), dynamic };
        let mut unheard = Problems::default();
        let config = Reader { layers: &layers, host: &self.host, problems: &mut unheard }.read(self.host.clone());
        BrokerConfig { initial_topics: self.initial_topics.clone(), ..config }
    }

    /// The layers it was read from.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// The host it was read on.
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The settings of a topic that sets nothing itself.
    pub fn topic_config(&self) -> TopicConfig {
        TopicConfig::resolve(&BTreeMap::new(), &self.topic_defaults)
    }
}

/// Reads typed values out of the layers.
struct Reader<'a> {
    layers: &'a Layers,
    host: &'a Host,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn read(mut self, host: Arc<Host>) -> BrokerConfig {
        let config = BrokerConfig {
            node_id: self.node_id(),
            cluster_id: self.text("thalweg.cluster.id"),
            rack: self.text("broker.rack"),
            listeners: self.listeners(),
            log_dir: self.log_dir(),
            topics: Topics {
                partitions_default: self.int("num.partitions"),
                replication_default: i16::try_from(self.long("default.replication.factor")).unwrap_or(i16::MAX),
                auto_create: self.bool("auto.create.topics.enable"),
                delete_enable: self.bool("delete.topic.enable"),
            },
            sockets: self.sockets(),
            groups: self.groups(),
            offsets: Offsets {
                topic_partitions: self.int("offsets.topic.num.partitions"),
                topic_replication: i16::try_from(self.long("offsets.topic.replication.factor")).unwrap_or(i16::MAX),
                topic_segment_bytes: self.int("offsets.topic.segment.bytes"),
                retention: Duration::from_secs(self.size("offsets.retention.minutes") * 60),
                retention_check: self.ms("offsets.retention.check.interval.ms"),
                metadata_bytes_max: self.count("offset.metadata.max.bytes"),
            },
            producer_id_expiration: self.ms("producer.id.expiration.ms"),
            engine: self.engine(),
            initial_topics: Vec::new(),
            topic_defaults: self.layers.set_values(),
            layers: self.layers.clone(),
            host,
        };
        self.check_single_node(&config);
        config
    }

    fn node_id(&mut self) -> NodeId {
        let (node, broker) = (self.set_long("node.id"), self.set_long("broker.id").filter(|id| *id >= 0));
        let id = match (node, broker) {
            (Some(node), Some(broker)) if node != broker => {
                let message = format!("node.id is {node} and broker.id is {broker}: they are two names of one number");
                let at = self.layers.origin("broker.id");
                self.problems.push(Problem::error(Code::Contradiction, message).at(at));
                node
            }
            (Some(id), _) | (None, Some(id)) => id,
            (None, None) => {
                let problem = Problem::error(Code::Missing, "node.id is not set");
                self.problems.push(problem.hint("give this node a number, for example node.id=1"));
                0
            }
        };
        self.check_quorum(id);
        NodeId(i32::try_from(id).unwrap_or(i32::MAX))
    }

    fn check_quorum(&mut self, node: i64) {
        if let Some(roles) = self.text("process.roles")
            && !["broker", "controller"].iter().all(|role| list(&roles).any(|item| item == *role))
        {
            let message = format!("process.roles is {roles}; in this version one process is broker and controller");
            let at = self.layers.origin("process.roles");
            let hint = "set process.roles=broker,controller";
            self.problems.push(Problem::error(Code::Refused, message).at(at).hint(hint));
        }
        for voter in list(&self.text("controller.quorum.voters").unwrap_or_default()) {
            let id = voter.split_once('@').and_then(|(id, _)| id.parse::<i64>().ok());
            if id != Some(node) {
                let message =
                    format!("controller.quorum.voters names {voter}; in this version the quorum is node {node}");
                let at = self.layers.origin("controller.quorum.voters");
                self.problems.push(Problem::error(Code::Refused, message).at(at));
            }
        }
    }

    fn listeners(&mut self) -> Listeners {
        let text = |key: &str| self.text(key).unwrap_or_default();
        let (listeners, protocols) = (text("listeners"), text("listener.security.protocol.map"));
        let (controllers, advertised) = (text("controller.listener.names"), self.text("advertised.listeners"));
        let texts = listener::Texts {
            listeners: (&listeners, self.layers.origin("listeners")),
            advertised: advertised.as_deref().map(|text| (text, self.layers.origin("advertised.listeners"))),
            protocols: (&protocols, self.layers.origin("listener.security.protocol.map")),
            controller_names: &controllers,
            host_name: self.host.name.as_deref().unwrap_or("localhost"),
        };
        listener::read(&texts, self.problems)
    }

    fn log_dir(&mut self) -> PathBuf {
        let key = if self.text("log.dirs").is_some() { "log.dirs" } else { "log.dir" };
        let text = self.text(key).unwrap_or_default();
        let dirs: Vec<&str> = list(&text).filter(|dir| !dir.is_empty()).collect();
        match dirs[..] {
            [] => self.problems.push(
                Problem::error(Code::Missing, "log.dirs is not set")
                    .hint("name the directory of the data, for example log.dirs=/var/lib/thalweg"),
            ),
            [_] => {}
            [..] => self.problems.push(
                Problem::error(
                    Code::Refused,
                    format!("{key} names {} directories; this version stores in one", dirs.len()),
                )
                .at(self.layers.origin(key))
                .hint("join the disks below one file system, or keep one directory"),
            ),
        }
        PathBuf::from(dirs.first().copied().unwrap_or_default())
    }

    fn sockets(&mut self) -> Sockets {
        let idle_ms = self.long("connections.max.idle.ms");
        Sockets {
            request_bytes_max: self.count("socket.request.max.bytes"),
            connections_max: self.count("max.connections"),
            connections_per_ip_max: self.count("max.connections.per.ip"),
            connections_per_ip_overrides: self.per_ip_overrides(),
            idle_max: u64::try_from(idle_ms).ok().map(Duration::from_millis),
            backlog: self.count("socket.listen.backlog.size"),
            fetch_bytes_max: self.count("fetch.max.bytes"),
            fetch_sessions_max: self.count("max.incremental.fetch.session.cache.slots"),
            described_partitions_max: self.count("max.request.partition.size.limit"),
        }
    }

    fn per_ip_overrides(&mut self) -> BTreeMap<IpAddr, u32> {
        const KEY: &str = "max.connections.per.ip.overrides";
        let text = self.text(KEY).unwrap_or_default();
        let mut overrides = BTreeMap::new();
        for item in list(&text).filter(|item| !item.is_empty()) {
            let parsed = item.rsplit_once(':').and_then(|(ip, count)| {
                let ip = ip.strip_prefix('[').and_then(|ip| ip.strip_suffix(']')).unwrap_or(ip);
                Some((ip.parse::<IpAddr>().ok()?, count.parse::<u32>().ok()?))
            });
            match parsed {
                Some((ip, count)) => {
                    overrides.insert(ip, count);
                }
                None => self.problems.push(
                    Problem::error(Code::Value, format!("{KEY}: `{item}` is not ADDRESS:COUNT"))
                        .at(self.layers.origin(KEY))
                        .hint("write addresses, not names, for example 127.0.0.1:100,[::1]:100"),
                ),
            }
        }
        overrides
    }

    fn groups(&mut self) -> Groups {
        let groups = Groups {
            session_min: self.ms("group.min.session.timeout.ms"),
            session_max: self.ms("group.max.session.timeout.ms"),
            initial_rebalance_delay: self.ms("group.initial.rebalance.delay.ms"),
            members_max: self.count("group.max.size"),
        };
        if groups.session_min > groups.session_max {
            let message = "group.min.session.timeout.ms is greater than group.max.session.timeout.ms";
            let at = self.layers.origin("group.min.session.timeout.ms");
            self.problems.push(Problem::error(Code::Contradiction, message).at(at));
        }
        groups
    }

    fn engine(&mut self) -> Engine {
        let cores = self.cores();
        let memory_bytes = self.memory(cores.len());
        let journal_file_bytes = self.size("thalweg.journal.file.bytes");
        let destage_piece_bytes = self.count("thalweg.destage.piece.bytes");
        self.check_multiple("thalweg.journal.file.bytes", journal_file_bytes, MIB);
        self.check_multiple("thalweg.destage.piece.bytes", destage_piece_bytes.into(), 4096);
        let word = |key: &str| self.text(key).unwrap_or_default();
        let engine = Engine {
            runtime: if word("thalweg.runtime") == "glommio" { Runtime::Glommio } else { Runtime::Uring },
            read_path: match word("thalweg.read.path").as_str() {
                "sendfile" => ReadPath::Sendfile,
                "direct" => ReadPath::Direct,
                _ => ReadPath::Auto,
            },
            durability: Durability::from_name(&word("thalweg.durability")).unwrap_or(Durability::Fsync),
            cores,
            memory_bytes,
            spin: Duration::from_micros(self.size("thalweg.spin.us")),
            journal_files: u16::try_from(self.long("thalweg.journal.files")).unwrap_or(u16::MAX),
            journal_file_bytes,
            destage_piece_bytes,
            destage_pieces: u16::try_from(self.long("thalweg.destage.pieces")).unwrap_or(u16::MAX),
            destage_age: self.ms("thalweg.destage.age.ms"),
            bypass_bytes: self.count("thalweg.bypass.bytes"),
            unsafe_no_flush: self.bool("thalweg.test.unsafe.no.flush"),
        };
        if engine.durability == Durability::WriteBehind {
            let message = "thalweg.durability is write-behind: a power cut loses records that were acknowledged";
            self.problems.push(Problem::notice(message).at(self.layers.origin("thalweg.durability")));
        }
        if engine.unsafe_no_flush {
            let message = "thalweg.test.unsafe.no.flush is on: nothing is flushed, a power cut loses everything recent";
            let at = self.layers.origin("thalweg.test.unsafe.no.flush");
            self.problems.push(Problem::warning(Code::Remark, message).at(at));
        }
        engine
    }

    /// A count of cores takes the first CPUs this process may use; a list of CPUs is taken as it is.
    fn cores(&mut self) -> Vec<usize> {
        const KEY: &str = "thalweg.cores";
        const CORES_MAX: usize = 256;
        let text = self.text(KEY).unwrap_or_default();
        let usable = self.host.cpus.usable();
        let allowed = &self.host.cpus.allowed;
        let at = self.layers.origin(KEY).cloned();
        let mut refuse = |message: String| {
            let hint = format!("this process may use CPUs {}", cpu::List(allowed));
            self.problems.push(Problem::error(Code::Value, format!("{KEY}: {message}")).at(at.as_ref()).hint(hint));
            usable[..usable.len().min(1)].to_vec()
        };
        if text == "all" || text == "auto" {
            let count = if text == "auto" { cores_by_default(usable.len()) } else { usable.len() };
            return usable[..count.min(CORES_MAX)].to_vec();
        }
        if let Ok(count) = text.parse::<usize>() {
            return match count {
                0 => refuse("0 cores cannot run anything".to_owned()),
                count if count > CORES_MAX => refuse(format!("{count} is out of range: 1 to {CORES_MAX}")),
                count if count > allowed.len() => {
                    let message =
                        format!("{KEY} is {count}, and {} CPUs may be used: cores will share them", allowed.len());
                    self.problems.push(Problem::warning(Code::Host, message).at(at.as_ref()));
                    (0..count).map(|nth| allowed[nth % allowed.len()]).collect()
                }
                count => allowed[..count].to_vec(),
            };
        }
        match cpu::parse_list(&text) {
            None => refuse(format!("`{text}` is no count, no list of CPUs, and neither `all` nor `auto`")),
            Some(cpus) if cpus.len() > CORES_MAX => refuse(format!("{} CPUs are more than {CORES_MAX}", cpus.len())),
            Some(cpus) => match cpus.iter().find(|cpu| !allowed.contains(cpu)) {
                Some(cpu) => refuse(format!("CPU {cpu} may not be used")),
                None => cpus,
            },
        }
    }

    fn memory(&mut self, cores: usize) -> u64 {
        const KEY: &str = "thalweg.memory.bytes";
        let ceiling = self.host.memory.map(|memory| memory.ceiling());
        let needed = CORE_BYTES_MIN * cores.max(1) as u64;
        let at = self.layers.origin(KEY);
        if let Ok(bytes) = u64::try_from(self.long(KEY)) {
            if bytes < needed {
                let message = format!("{KEY} is {bytes}; {cores} cores need {needed}, {CORE_BYTES_MIN} each");
                self.problems.push(Problem::error(Code::Contradiction, message).at(at));
            } else if let Some(ceiling) = ceiling.filter(|ceiling| bytes > *ceiling) {
                let message = format!("{KEY} is {bytes}, and this process may have {ceiling}: the kernel may kill it");
                self.problems.push(Problem::warning(Code::Host, message).at(at));
            }
            return bytes.max(needed);
        }
        // A share of what there is: the rest is the kernel's, for sockets and page cache.
        let share = ceiling.unwrap_or(2 * needed) / 10 * 6;
        if share < needed {
            let message = format!("{cores} cores need {needed} bytes of memory, and this host gives {share}");
            self.problems.push(Problem::warning(Code::Host, message).hint("run fewer cores: thalweg.cores"));
        }
        (share / MIB * MIB).max(needed)
    }

    fn check_multiple(&mut self, key: &str, value: u64, of: u64) {
        if !value.is_multiple_of(of) {
            let problem = Problem::error(Code::Value, format!("{key} = {value}: not a multiple of {of}"));
            self.problems.push(problem.at(self.layers.origin(key)));
        }
    }

    /// More copies than there are nodes: legal, and almost always a surprise.
    fn check_single_node(&mut self, config: &BrokerConfig) {
        let copies = [
            (
                "offsets.topic.replication.factor",
                i64::from(config.offsets.topic_replication),
                "no consumer group can work",
            ),
            (
                "default.replication.factor",
                i64::from(config.topics.replication_default),
                "topics cannot be created by default",
            ),
            (
                "min.insync.replicas",
                i64::from(config.topic_config().min_insync_replicas),
                "no acks=all write can succeed",
            ),
        ];
        for (key, count, then) in copies {
            if count > 1 {
                let message = format!("{key} is {count}, and this version runs one node: {then}");
                let at = self.layers.origin(key);
                self.problems.push(Problem::warning(Code::Contradiction, message).at(at).hint(format!("set {key}=1")));
            }
        }
    }

    fn key(name: &str) -> &'static BrokerKey {
        catalogue::key(name).unwrap_or_else(|| panic!("{name} is not in the catalogue"))
    }

    /// The text of a key; `None` where it is neither set nor has a default, or is empty.
    fn text(&self, name: &str) -> Option<String> {
        let (value, _) = self.layers.get(Self::key(name))?;
        Some(trim(value).to_owned()).filter(|value| !value.is_empty())
    }

    fn set_long(&self, name: &str) -> Option<i64> {
        let (value, source) = self.layers.get(Self::key(name))?;
        parse_whole(Kind::Long, value).filter(|_| source != Source::Default)
    }

    fn long(&self, name: &str) -> i64 {
        self.layers.get(Self::key(name)).and_then(|(value, _)| parse_whole(Kind::Long, value)).unwrap_or(0)
    }

    fn int(&self, name: &str) -> i32 {
        i32::try_from(self.long(name)).unwrap_or(i32::MAX)
    }

    /// Zero for negative numbers.
    fn size(&self, name: &str) -> u64 {
        u64::try_from(self.long(name)).unwrap_or(0)
    }

    /// A number of things; Kafka's largest int means any number.
    fn count(&self, name: &str) -> u32 {
        match self.long(name) {
            count if count >= i64::from(i32::MAX) => u32::MAX,
            count => u32::try_from(count).unwrap_or(0),
        }
    }

    fn ms(&self, name: &str) -> Duration {
        Duration::from_millis(self.size(name))
    }

    fn bool(&self, name: &str) -> bool {
        self.layers.get(Self::key(name)).and_then(|(value, _)| parse_bool(value)).unwrap_or(false)
    }
}

/// Cores to run where so many CPUs are usable. On two or three the kernel's part of the work and the clients need the others,
/// and cores that share a CPU with them cost more than they bring (engine/decisions/0002).
fn cores_by_default(usable: usize) -> usize {
    if usable < 4 { usable.min(1) } else { usable }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::super::origin::Origin;
    use super::super::settings::Setting;
    use super::*;

    /// A host of four CPUs and 16 GiB.
    pub fn host() -> Arc<Host> {
        let mut host = Host::read(&thalweg_tuning::Root::at("/nonexistent"));
        host.name = Some("box".to_owned());
        host.cpus.allowed = vec![0, 1, 2, 3];
        host.memory = Some(thalweg_tuning::memory::Memory { total: 16 << 30, available: 8 << 30, group_max: None });
        Arc::new(host)
    }

    pub fn read(overrides: &[(&str, &str)]) -> (BrokerConfig, String) {
        let base = [
            ("node.id", "1"),
            ("log.dirs", "/data"),
            ("listeners", "PLAINTEXT://127.0.0.1:9092"),
            ("offsets.topic.replication.factor", "1"),
        ];
        let set = |(key, value): &(&str, &str)| {
            ((*key).to_owned(), Setting { value: (*value).to_owned(), origin: Origin::Override })
        };
        let mut problems = Problems::default();
        let config = BrokerConfig::resolve(base.iter().chain(overrides).map(set).collect(), host(), &mut problems);
        (config, problems.to_string())
    }

    /// The configuration those settings make, which must be faultless.
    pub fn config(overrides: &[(&str, &str)]) -> BrokerConfig {
        let (config, said) = read(overrides);
        assert!(!said.contains("error"), "{said}");
        config
    }

    #[test]
    fn nothing_set_gives_kafkas_defaults() {
        let config = config(&[]);
        assert_eq!(config.node_id, NodeId(1));
        assert_eq!(config.topics.partitions_default, 1);
        assert_eq!(config.sockets.request_bytes_max, 104_857_600);
        assert_eq!(config.sockets.connections_max, u32::MAX);
        assert_eq!(config.sockets.idle_max, Some(Duration::from_secs(600)));
        assert_eq!(config.groups.initial_rebalance_delay, Duration::from_secs(3));
        assert_eq!(config.offsets.retention, Duration::from_secs(7 * 24 * 3600));
        assert_eq!(config.engine.cores, [0, 1, 2, 3]);
        assert_eq!(config.engine.memory_bytes, 9830 * MIB, "six tenths of 16 GiB");
        assert_eq!(config.engine.durability, Durability::Fsync);
        assert_eq!(config.topic_config().max_message_bytes, 1_048_588);
    }

    #[test]
    fn all_errors_are_said_at_once() {
        let (_, said) = read(&[
            ("broker.id", "2"),
            ("log.dirs", "/a,/b"),
            ("listeners", "SSL://h:1"),
            ("group.min.session.timeout.ms", "10"),
            ("group.max.session.timeout.ms", "5"),
            ("process.roles", "broker"),
            ("controller.quorum.voters", "1@h:1,2@h:2"),
            ("thalweg.cores", "0-9"),
            ("max.connections.per.ip.overrides", "127.0.0.1:5,localhost:3"),
        ]);
        let wanted = [
            "node.id is 1 and broker.id is 2: they are two names of one number",
            "process.roles is broker; in this version one process is broker and controller\n  hint: set process.roles=broker,controller",
            "controller.quorum.voters names 2@h:2; in this version the quorum is node 1",
            "listener SSL needs SSL, which is not in this version",
            "log.dirs names 2 directories; this version stores in one",
            "max.connections.per.ip.overrides: `localhost:3` is not ADDRESS:COUNT",
            "group.min.session.timeout.ms is greater than group.max.session.timeout.ms",
            "thalweg.cores: CPU 4 may not be used\n  hint: this process may use CPUs 0-3",
        ];
        for wanted in wanted {
            assert!(said.contains(&format!("--override: {wanted}")), "{wanted} is not in\n{said}");
        }
        assert_eq!(said.matches("error[").count(), wanted.len(), "{said}");
    }

    #[test]
    fn what_serve_cannot_do_without_is_asked_for() {
        let mut problems = Problems::default();
        BrokerConfig::resolve(Static::new(), host(), &mut problems);
        let said = problems.to_string();
        assert!(said.contains("error[thalweg-E0209] node.id is not set\n  hint: give this node a number"), "{said}");
        assert!(said.contains("error[thalweg-E0209] log.dirs is not set\n  hint: name the directory"), "{said}");
        assert_eq!(problems.count(super::super::problem::Severity::Error), 2, "{said}");
    }

    #[test]
    fn cores_are_a_count_or_a_list_or_all() {
        assert_eq!([1, 2, 3, 4, 64].map(cores_by_default), [1, 1, 1, 4, 64]);
        let cores = |text| config(&[("thalweg.cores", text)]).engine.cores;
        assert_eq!(cores("2"), [0, 1]);
        assert_eq!(cores("1,3"), [1, 3]);
        assert_eq!(cores("3-3"), [3]);
        assert_eq!(cores("all"), [0, 1, 2, 3]);
        assert_eq!(cores("auto"), [0, 1, 2, 3]);
        let (config, said) = read(&[("thalweg.cores", "6")]);
        assert_eq!(config.engine.cores, [0, 1, 2, 3, 0, 1]);
        assert!(
            said.starts_with("warning[thalweg-W0210] --override: thalweg.cores is 6, and 4 CPUs may be used"),
            "{said}"
        );
        for (text, why) in [("0", "0 cores"), ("x", "`x` is no count"), ("257", "257 is out of range")] {
            let (_, said) = read(&[("thalweg.cores", text)]);
            assert!(said.contains(&format!("thalweg.cores: {why}")), "{said}");
        }
    }

    #[test]
    fn memory_must_do_for_the_cores_and_be_there() {
        let (_, said) = read(&[("thalweg.memory.bytes", "134217728")]);
        assert!(said.contains("4 cores need 268435456, 67108864 each"), "{said}");
        let (config, said) = read(&[("thalweg.memory.bytes", "34359738368")]);
        assert!(said.contains("this process may have 17179869184: the kernel may kill it"), "{said}");
        assert_eq!(config.engine.memory_bytes, 32 << 30);
    }

    #[test]
    fn more_copies_than_nodes_is_a_warning() {
        let (_, said) = read(&[("offsets.topic.replication.factor", "3"), ("min.insync.replicas", "2")]);
        let wanted = "warning[thalweg-W0208] --override: offsets.topic.replication.factor is 3, and this version runs one \
                      node: no consumer group can work\n  hint: set offsets.topic.replication.factor=1\n";
        assert!(said.contains(wanted), "{said}");
        assert_eq!(said.matches("warning[").count(), 2, "{said}");
    }

    #[test]
    fn a_change_while_running_gives_a_new_configuration() {
        let before = BrokerConfig { initial_topics: vec![("t".to_owned(), 2)], ..config(&[]) };
        let cluster = [("message.max.bytes", "5000"), ("num.partitions", "9"), ("max.connections", "no number")];
        let cluster = cluster.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let after = before.with_dynamic(Dynamic { cluster, node: BTreeMap::new() });
        assert_eq!(after.topic_config().max_message_bytes, 5000);
        assert_eq!(after.topics.partitions_default, 1, "num.partitions is fixed");
        assert_eq!(after.sockets, before.sockets);
        assert_eq!(after.initial_topics, before.initial_topics);
        assert_eq!(before.topic_config().max_message_bytes, 1_048_588);
    }

    #[test]
    fn losing_records_is_always_announced() {
        let (_, said) = read(&[("thalweg.durability", "write-behind"), ("thalweg.test.unsafe.no.flush", "true")]);
        assert!(said.contains("notice: --override: thalweg.durability is write-behind: a power cut loses"), "{said}");
        assert!(said.contains("warning[thalweg-W0211] --override: thalweg.test.unsafe.no.flush is on"), "{said}");
    }

    #[test]
    fn addresses_may_be_exempt() {
        let config = config(&[("max.connections.per.ip.overrides", "127.0.0.1:5, [::1]:7")]);
        let overrides: Vec<(String, u32)> =
            config.sockets.connections_per_ip_overrides.iter().map(|(ip, count)| (ip.to_string(), *count)).collect();
        assert_eq!(overrides, [("127.0.0.1".to_owned(), 5), ("::1".to_owned(), 7)]);
    }
}
