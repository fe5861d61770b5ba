//! Every key of the broker, from `catalogue.txt`: type, mode, default, rule, verdict and a line about it.
//!
//! The table is text compiled in and taken apart at first use; a test takes it apart too, so a broken row cannot ship.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use thalweg_replication::metadata::config_value::{Kind, Rule, trim};
use thalweg_replication::metadata::topic_config::TOPIC_KEYS;

use super::suggest;

/// What becomes of a key here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It does what it does in Kafka.
    Honour,
    /// It is accepted and becomes something else; the key's line says what.
    Map,
    /// It is accepted and has no effect, and none is needed.
    IgnoreWithNotice,
    /// It is accepted and shown, and not in effect in this version.
    Later,
    /// It is an error unless it has its default.
    RefuseIfNotDefault,
}

/// When a key may change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// Read at start only.
    Fixed,
    /// For all brokers at once, or one, while they run.
    Cluster,
    /// For one broker while it runs.
    Node,
}

/// Where a key is from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Kafka's public keys.
    Kafka,
    /// This engine's.
    Engine,
    /// Older Kafkas', Kafka's internal ones, and those of its plug-ins.
    Other,
}

/// One key of the broker.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct BrokerKey {
    /// The key.
    pub name: &'static str,
    /// Type of its value.
    pub kind: Kind,
    /// When it may change.
    pub mode: Mode,
    /// Its value when nothing sets it; `None` means not set.
    pub default: Option<&'static str>,
    /// What a value must satisfy.
    pub rule: Rule,
    /// What becomes of it.
    pub verdict: Verdict,
    /// One line of explanation.
    pub note: &'static str,
    /// Where it is from.
    pub part: Part,
}

impl BrokerKey {
    /// Never shown: a secret.
    pub fn is_sensitive(&self) -> bool {
        self.kind == Kind::Password
    }

    /// Known to tests only: not listed, not suggested.
    pub fn is_hidden(&self) -> bool {
        self.name.starts_with("thalweg.test.")
    }

    /// Kafka changes it while the broker runs; here it takes a restart.
    pub fn takes_a_restart(&self) -> bool {
        const READ_AT_START: [&str; 6] = [
            "listener.security.protocol.map",
            "listeners",
            "max.connections",
            "max.connections.per.ip",
            "max.connections.per.ip.overrides",
            "producer.id.expiration.ms",
        ];
        READ_AT_START.contains(&self.name)
    }

    /// Checks a value it is to have from now on while the broker runs.
    pub fn check_change(&self, value: &str) -> Result<(), String> {
        self.check(value)?;
        if self.verdict == Verdict::RefuseIfNotDefault && self.default.unwrap_or_default() != trim(value) {
            return Err(self.note.to_owned());
        }
        Ok(())
    }

    /// Checks a value; an empty text is not set where the default is not set either.
    pub fn check(&self, value: &str) -> Result<(), String> {
        let absent = trim(value).is_empty() && self.default.is_none() && !matches!(self.rule, Rule::Filled);
        if absent && matches!(self.kind, Kind::String | Kind::List | Kind::Class | Kind::Password) {
            return Ok(());
        }
        self.rule.check(self.kind, value)
    }
}

/// All keys of the broker, in order of name.
pub fn keys() -> impl Iterator<Item = &'static BrokerKey> {
    table().values()
}

/// The key of that name.
pub fn key(name: &str) -> Option<&'static BrokerKey> {
    table().get(name)
}

/// Whether the key belongs to a family whose members carry names of their own, such as `listener.name.x.ssl.keystore.type`.
pub fn family(name: &str) -> Option<Verdict> {
    const FAMILIES: [(&str, Verdict); 4] = [
        ("listener.name.", Verdict::Later),
        ("config.providers.", Verdict::Map),
        ("rlmm.config.", Verdict::Later),
        ("rsm.config.", Verdict::Later),
    ];
    FAMILIES.iter().find(|(prefix, _)| name.starts_with(prefix)).map(|(_, verdict)| *verdict)
}

/// The key most probably meant by an unknown one.
pub fn did_you_mean(typed: &str) -> Option<&'static str> {
    suggest::nearest(typed, keys().filter(|key| !key.is_hidden()).map(|key| key.name))
}

/// The broker keys of the same setting, strongest first, the key itself among them.
pub fn synonyms(name: &str) -> Vec<&'static str> {
    const PAIRS: [&[&str]; 2] = [&["node.id", "broker.id"], &["log.dirs", "log.dir"]];
    let same_topic_key = TOPIC_KEYS.iter().find(|key| key.synonyms.iter().any(|synonym| synonym.broker_key == name));
    if let Some(topic_key) = same_topic_key {
        return topic_key.synonyms.iter().map(|synonym| synonym.broker_key).collect();
    }
    if let Some(pair) = PAIRS.iter().find(|pair| pair.contains(&name)) {
        return pair.to_vec();
    }
    key(name).map(|key| key.name).into_iter().collect()
}

fn table() -> &'static BTreeMap<&'static str, BrokerKey> {
    static TABLE: OnceLock<BTreeMap<&'static str, BrokerKey>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = BTreeMap::new();
        let mut part = Part::Kafka;
        for line in include_str!("catalogue.txt").lines() {
            if let Some(title) = line.strip_prefix("## ") {
                part = match title.split(':').next() {
                    Some("thalweg") => Part::Engine,
                    Some("other") => Part::Other,
                    _ => Part::Kafka,
                };
            } else if !line.starts_with('#') && !line.is_empty() {
                let key = row(line, part).unwrap_or_else(|| panic!("catalogue.txt: cannot read `{line}`"));
                assert!(table.insert(key.name, key).is_none(), "catalogue.txt: {} stands twice", key.name);
            }
        }
        table
    })
}

fn row(line: &'static str, part: Part) -> Option<BrokerKey> {
    let columns: Vec<&str> = line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
    let [name, kind, mode, default, rule, verdict, note] = columns[..] else { return None };
    Some(BrokerKey {
        name,
        kind: Kind::from_name(kind)?,
        mode: match mode {
            "fixed" => Mode::Fixed,
            "cluster" => Mode::Cluster,
            "node" => Mode::Node,
            _ => return None,
        },
        default: match default {
            "null" | "required" => None,
            "\"\"" => Some(""),
            value => Some(value),
        },
        rule: read_rule(rule)?,
        verdict: match verdict {
            "honour" => Verdict::Honour,
            "map" => Verdict::Map,
            "ignore" => Verdict::IgnoreWithNotice,
            "later" => Verdict::Later,
            "refuse" => Verdict::RefuseIfNotDefault,
            _ => return None,
        },
        note,
        part,
    })
}

fn read_rule(text: &'static str) -> Option<Rule> {
    if let Some((how, words)) = text.split_once(':') {
        return match how {
            "one-of" => Some(Rule::OneOf(words)),
            "any-case" => Some(Rule::OneOfAnyCase(words)),
            "each-of" => Some(Rule::EachOf(words)),
            _ => None,
        };
    }
    match text {
        "any" => return Some(Rule::Any),
        "filled" => return Some(Rule::Filled),
        _ => {}
    }
    if let Some(min) = text.strip_prefix(">=") {
        return Some(Rule::at_least(min.parse().ok()?));
    }
    let (min, max) = text.split_once("..")?;
    if let Some((max, or)) = max.split_once('|') {
        return Some(Rule::RangeOr { min: min.parse().ok()?, max: max.parse().ok()?, or: or.parse().ok()? });
    }
    match (min.parse(), max.parse()) {
        (Ok(min), Ok(max)) => Some(Rule::Range { min, max }),
        _ => Some(Rule::Real { min: min.parse().ok()?, max: max.parse().ok()? }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kafka() -> impl Iterator<Item = &'static BrokerKey> {
        keys().filter(|key| key.part == Part::Kafka)
    }

    /// Kafka 4.4.0 has 353 broker keys. Their names are held by a checksum, so that none can be lost, added or misspelt.
    #[test]
    fn the_catalogue_is_total() {
        assert_eq!(kafka().count(), 353);
        let of = |mode| kafka().filter(|key| key.mode == mode).count();
        assert_eq!((of(Mode::Fixed), of(Mode::Cluster), of(Mode::Node)), (246, 70, 37));
        let bytes = kafka().flat_map(|key| key.name.bytes().chain([b'\n']));
        let fnv =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(fnv, 0xffef_b0e1_6ca2_a7d8);
        assert_eq!(TOPIC_KEYS.iter().filter(|key| !key.name.starts_with("thalweg.")).count(), 37);
    }

    #[test]
    fn every_default_keeps_its_own_rule() {
        for key in keys() {
            if let Some(default) = key.default {
                assert_eq!(key.check(default), Ok(()), "{}", key.name);
            }
        }
    }

    #[test]
    fn every_key_says_what_becomes_of_it() {
        for key in keys() {
            assert!(key.note.len() > 8 && key.note.len() <= 110, "{}: {}", key.name, key.note);
        }
        for verdict in
            [Verdict::Honour, Verdict::Map, Verdict::IgnoreWithNotice, Verdict::Later, Verdict::RefuseIfNotDefault]
        {
            assert!(kafka().any(|key| key.verdict == verdict), "{verdict:?}");
        }
    }

    #[test]
    fn the_readme_counts_right() {
        let readme = include_str!("../../README.md");
        for (verdict, name) in [
            (Verdict::Honour, "honour"),
            (Verdict::Map, "map"),
            (Verdict::IgnoreWithNotice, "ignore"),
            (Verdict::Later, "later"),
            (Verdict::RefuseIfNotDefault, "refuse"),
        ] {
            let row = readme.lines().find(|line| line.starts_with(&format!("| {name} | ")));
            let count = kafka().filter(|key| key.verdict == verdict).count();
            assert!(row.is_some_and(|row| row.ends_with(&format!("| {count} |"))), "{name}: {count}");
        }
        for key in keys().filter(|key| key.part == Part::Engine && !key.is_hidden()) {
            assert!(readme.contains(key.name), "{}", key.name);
        }
    }

    /// A setting that can be changed and is honoured must not be one of those the server reads once.
    #[test]
    fn what_is_honoured_while_running_is_what_topics_fall_back_on() {
        for key in keys().filter(|key| key.mode != Mode::Fixed && key.verdict == Verdict::Honour) {
            let topics_fall_back =
                TOPIC_KEYS.iter().any(|topic| topic.synonyms.iter().any(|s| s.broker_key == key.name));
            assert!(topics_fall_back || key.takes_a_restart(), "{}", key.name);
        }
    }

    /// What lets people in without asking is never accepted in silence.
    #[test]
    fn access_control_is_refused_while_it_is_not_there() {
        let authorizer = key("authorizer.class.name").expect("a key");
        assert_eq!(authorizer.verdict, Verdict::RefuseIfNotDefault);
    }

    #[test]
    fn topic_keys_and_their_broker_keys_agree() {
        for topic in TOPIC_KEYS {
            for (nth, synonym) in topic.synonyms.iter().enumerate() {
                let broker = key(synonym.broker_key).unwrap_or_else(|| panic!("{} is no key", synonym.broker_key));
                if nth == 0 {
                    assert_eq!(broker.kind, topic.kind, "{}", topic.name);
                }
                if let Some(default) = broker.default.filter(|_| topic.synonyms.len() == 1) {
                    assert_eq!(synonym.convert(default), topic.default, "{}", topic.name);
                }
            }
        }
    }

    #[test]
    fn synonyms_come_strongest_first() {
        assert_eq!(
            synonyms("log.retention.hours"),
            ["log.retention.ms", "log.retention.minutes", "log.retention.hours"]
        );
        assert_eq!(synonyms("broker.id"), ["node.id", "broker.id"]);
        assert_eq!(synonyms("num.partitions"), ["num.partitions"]);
        assert_eq!(synonyms("nobody.knows"), [""; 0]);
    }

    #[test]
    fn a_mistyped_key_finds_the_right_one() {
        assert_eq!(did_you_mean("num.partition"), Some("num.partitions"));
        assert_eq!(did_you_mean("log.retention.hour"), Some("log.retention.hours"));
        assert_eq!(did_you_mean("auto_create_topics_enable"), Some("auto.create.topics.enable"));
        assert_eq!(did_you_mean("thalweg.core"), Some("thalweg.cores"));
        assert_eq!(did_you_mean("thalweg.test.unsafe.no.flash"), None, "hidden keys are not offered");
        assert_eq!(did_you_mean("some.connector.setting"), None);
    }
}
