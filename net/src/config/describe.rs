//! Rows of a DescribeConfigs response, and what AlterConfigs may set on a broker.

use std::collections::BTreeMap;

use thalweg_replication::metadata::config_value::{Kind, list, trim};
use thalweg_replication::metadata::topic_config::{Found, TOPIC_KEYS, TopicKey, effective};

use super::broker::BrokerConfig;
use super::catalogue::{self, BrokerKey, Mode, Part};
use super::settings::Source;

/// One key of a resource.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConfigRow {
    /// The key.
    pub name: &'static str,
    /// Its value; `None` where it is not set or secret.
    pub value: Option<String>,
    /// Where the value is from.
    pub source: Source,
    /// It cannot be changed while the broker runs.
    pub read_only: bool,
    /// It is a secret.
    pub sensitive: bool,
    /// Type of the value.
    pub kind: Kind,
    /// All places that set it or its synonyms, the one that counts first, the default last.
    pub synonyms: Vec<SynonymRow>,
    /// One line of explanation.
    pub doc: &'static str,
}

/// One place that sets a key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SynonymRow {
    /// The key it is set under.
    pub name: &'static str,
    /// The value there; `None` if secret.
    pub value: Option<String>,
    /// The place.
    pub source: Source,
}

impl BrokerConfig {
    /// The configuration of a topic with these overrides; `names` chooses keys, `None` means all.
    pub fn describe_topic(&self, overrides: &BTreeMap<String, String>, names: Option<&[&str]>) -> Vec<ConfigRow> {
        let wanted = TOPIC_KEYS.iter().filter(|key| names.is_none_or(|names| names.contains(&key.name)));
        wanted.map(|key| self.topic_row(key, overrides)).collect()
    }

    fn topic_row(&self, key: &'static TopicKey, overrides: &BTreeMap<String, String>) -> ConfigRow {
        let (value, found) = effective(key, overrides, &self.topic_defaults);
        let mut synonyms = Vec::new();
        if let Some(value) = overrides.get(key.name) {
            let value = Some(shown(key.kind, value));
            synonyms.push(SynonymRow { name: key.name, value, source: Source::Topic });
        }
        synonyms.extend(self.broker_synonyms(key.synonyms.iter().map(|synonym| synonym.broker_key)));
        let source = match found {
            Found::Topic => Source::Topic,
            Found::Default => Source::Default,
            Found::Broker(name) => catalogue::key(name)
                .and_then(|key| self.layers().set(key))
                .map_or(Source::Default, |(_, source)| source),
        };
        ConfigRow {
            name: key.name,
            value: Some(shown(key.kind, &value)),
            source,
            read_only: false,
            sensitive: false,
            kind: key.kind,
            synonyms,
            doc: key.doc,
        }
    }

    /// The configuration of this broker; `names` chooses keys, `None` means all. Keys of the catalogue's last part, which
    /// Kafka does not list either, and those for tests are left out.
    pub fn describe_broker(&self, names: Option<&[&str]>) -> Vec<ConfigRow> {
        listed(names).map(|key| self.broker_row(key)).collect()
    }

    /// What is set for all brokers while they run, and nothing else: the broker resource without a name.
    pub fn describe_cluster(&self, names: Option<&[&str]>) -> Vec<ConfigRow> {
        let set = listed(names).filter_map(|key| Some((key, self.layers().dynamic.cluster.get(key.name)?)));
        let row = |(key, value): (&'static BrokerKey, &String)| {
            let value = visible(key, value);
            let source = Source::DynamicCluster;
            let synonyms = vec![SynonymRow { name: key.name, value: value.clone(), source }];
            ConfigRow { value, source, synonyms, ..Self::bare(key) }
        };
        set.map(row).collect()
    }

    fn broker_row(&self, key: &'static BrokerKey) -> ConfigRow {
        let (value, source) = match self.layers().get(key) {
            Some((value, source)) => (visible(key, value), source),
            None => (None, Source::Default),
        };
        // What a synonym sets, the broker reports under both names.
        let synonyms = self.broker_synonyms(catalogue::synonyms(key.name).into_iter());
        ConfigRow { value, source, synonyms, ..Self::bare(key) }
    }

    fn bare(key: &'static BrokerKey) -> ConfigRow {
        ConfigRow {
            name: key.name,
            value: None,
            source: Source::Default,
            read_only: key.mode == Mode::Fixed,
            sensitive: key.is_sensitive(),
            kind: key.kind,
            synonyms: Vec::new(),
            doc: key.note,
        }
    }

    /// Every place that sets one of these keys, and the defaults at the end: of synonyms only the last has one.
    fn broker_synonyms(&self, names: impl Iterator<Item = &'static str>) -> Vec<SynonymRow> {
        let mut rows = Vec::new();
        for key in names.filter_map(catalogue::key) {
            let default = key.default.map(|value| (value, Source::Default));
            for (value, source) in self.layers().chain(key).into_iter().chain(default) {
                rows.push(SynonymRow { name: key.name, value: visible(key, value), source });
            }
        }
        rows
    }
}

fn listed(names: Option<&[&str]>) -> impl Iterator<Item = &'static BrokerKey> {
    let listed = catalogue::keys().filter(|key| key.part != Part::Other && !key.is_hidden());
    listed.filter(move |key| names.is_none_or(|names| names.contains(&key.name)))
}

fn visible(key: &BrokerKey, value: &str) -> Option<String> {
    (!key.is_sensitive()).then(|| shown(key.kind, value))
}

/// The value as Kafka shows it after reading it: blanks around it and its items removed.
fn shown(kind: Kind, value: &str) -> String {
    match kind {
        Kind::List => list(value).collect::<Vec<_>>().join(","),
        Kind::Bool => trim(value).to_ascii_lowercase(),
        _ => trim(value).to_owned(),
    }
}

/// For whom a broker setting is changed while it runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// One broker.
    Node,
    /// All brokers.
    Cluster,
}

/// Why a broker setting may not be changed while it runs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DynamicError {
    /// It is read at start only, or cannot be set in this scope: the request is invalid.
    NotDynamic(String),
    /// The key is unknown or the value is not allowed: the configuration is invalid.
    Invalid(String),
}

/// Whether `value` may be set for `key` while the broker runs; `None` means the setting is removed.
pub fn validate_dynamic(key: &str, value: Option<&str>, scope: Scope) -> Result<(), DynamicError> {
    let Some(known) = catalogue::key(key) else {
        if catalogue::family(key).is_some() {
            return Ok(());
        }
        let meant = catalogue::did_you_mean(key).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
        return Err(DynamicError::Invalid(format!("unknown broker configuration `{key}`{meant}")));
    };
    match (known.mode, scope) {
        (Mode::Fixed, _) => return Err(DynamicError::NotDynamic(format!("{key} is read at start only"))),
        (Mode::Node, Scope::Cluster) => {
            return Err(DynamicError::NotDynamic(format!("{key} can be set for one broker only, not for all")));
        }
        _ if known.takes_a_restart() => {
            return Err(DynamicError::NotDynamic(format!("{key} takes a restart in this version")));
        }
        _ => {}
    }
    let Some(value) = value else { return Ok(()) };
    let why = |why| DynamicError::Invalid(format!("invalid value for {key}: {why}"));
    known.check_change(value).map_err(why)
}

#[cfg(test)]
mod tests {
    use super::super::broker::tests::config;
    use super::super::settings::Dynamic;
    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    fn topic(config: &BrokerConfig, overrides: &[(&str, &str)], key: &str) -> ConfigRow {
        config.describe_topic(&map(overrides), Some(&[key])).remove(0)
    }

    fn broker(config: &BrokerConfig, key: &str) -> ConfigRow {
        config.describe_broker(Some(&[key])).remove(0)
    }

    fn chain(row: &ConfigRow) -> Vec<(&str, &str, i8)> {
        row.synonyms.iter().map(|s| (s.name, s.value.as_deref().unwrap_or("-"), s.source.code())).collect()
    }

    #[test]
    fn a_topic_shows_every_key_and_what_was_never_set_is_a_default() {
        let rows = config(&[]).describe_topic(&BTreeMap::new(), None);
        assert_eq!(rows.len(), 38);
        for row in rows {
            assert!(row.value.is_some() && !row.read_only && !row.sensitive, "{}", row.name);
            assert_eq!(row.source, Source::Default, "{}", row.name);
        }
    }

    #[test]
    fn a_topic_value_names_all_places_that_set_it() {
        let config = config(&[("log.segment.bytes", "2000000"), ("log.retention.hours", "1")]);
        let dynamic = Dynamic { cluster: map(&[("log.segment.bytes", "3000000")]), node: BTreeMap::new() };
        let config = config.with_dynamic(dynamic);
        let row = topic(&config, &[("segment.bytes", " 1048576 ")], "segment.bytes");
        assert_eq!((row.value.as_deref(), row.source), (Some("1048576"), Source::Topic));
        assert_eq!(
            chain(&row),
            [
                ("segment.bytes", "1048576", 1),
                ("log.segment.bytes", "3000000", 3),
                ("log.segment.bytes", "2000000", 4),
                ("log.segment.bytes", "1073741824", 5)
            ]
        );
        let row = topic(&config, &[], "segment.bytes");
        assert_eq!((row.value.as_deref(), row.source), (Some("3000000"), Source::DynamicCluster));
        let row = topic(&config, &[], "retention.ms");
        assert_eq!((row.value.as_deref(), row.source), (Some("3600000"), Source::Static));
        assert_eq!(chain(&row), [("log.retention.hours", "1", 4), ("log.retention.hours", "168", 5)]);
    }

    #[test]
    fn a_broker_shows_kafkas_keys_and_ours() {
        let rows = config(&[]).describe_broker(None);
        let kafka = rows.iter().filter(|row| !row.name.starts_with("thalweg.")).count();
        assert_eq!(kafka, 353);
        assert!(rows.iter().any(|row| row.name == "thalweg.durability"));
        assert!(!rows.iter().any(|row| row.name.starts_with("thalweg.test.")));
        let read_only = rows.iter().filter(|row| row.read_only && !row.name.starts_with("thalweg.")).count();
        assert_eq!(read_only, 246);
    }

    #[test]
    fn secrets_are_never_shown() {
        let config = config(&[("ssl.keystore.password", "hunter2")]);
        let row = broker(&config, "ssl.keystore.password");
        assert!(row.sensitive && row.value.is_none() && row.source == Source::Static);
        assert!(!format!("{row:?}").contains("hunter2"));
    }

    #[test]
    fn broker_values_know_their_layer_and_synonyms() {
        let node = map(&[("log.retention.ms", "5")]);
        let config = config(&[("log.retention.hours", "2")]).with_dynamic(Dynamic { node, cluster: BTreeMap::new() });
        let row = broker(&config, "log.retention.ms");
        assert_eq!((row.value.as_deref(), row.source.code()), (Some("5"), 2));
        assert_eq!(
            chain(&row),
            [("log.retention.ms", "5", 2), ("log.retention.hours", "2", 4), ("log.retention.hours", "168", 5)]
        );
        assert_eq!(broker(&config, "broker.rack").value, None);
        assert_eq!(broker(&config, "controller.listener.names").value, None);
    }

    #[test]
    fn all_brokers_together_show_only_what_was_set_for_them() {
        let cluster = map(&[("log.retention.ms", "5"), ("unknown.key", "x")]);
        let rows = config(&[("num.partitions", "4")])
            .with_dynamic(Dynamic { cluster, node: map(&[("max.connections", "3")]) })
            .describe_cluster(None);
        let rows: Vec<(&str, Option<&str>, i8)> =
            rows.iter().map(|row| (row.name, row.value.as_deref(), row.source.code())).collect();
        assert_eq!(rows, [("log.retention.ms", Some("5"), 3)]);
    }

    #[test]
    fn lists_and_booleans_are_shown_as_read() {
        let config = config(&[("auto.create.topics.enable", " FALSE ")]);
        assert_eq!(broker(&config, "auto.create.topics.enable").value.as_deref(), Some("false"));
        let row = topic(&config, &[("cleanup.policy", "compact, delete")], "cleanup.policy");
        assert_eq!(row.value.as_deref(), Some("compact,delete"));
    }

    #[test]
    fn what_may_be_changed_while_running() {
        use DynamicError::{Invalid, NotDynamic};
        let check = |key: &str, value: &str, scope| validate_dynamic(key, Some(value), scope);
        assert_eq!(check("log.segment.bytes", "2000000", Scope::Cluster), Ok(()));
        assert_eq!(check("log.segment.bytes", "2000000", Scope::Node), Ok(()));
        assert_eq!(validate_dynamic("log.segment.bytes", None, Scope::Node), Ok(()));
        assert_eq!(
            check("log.segment.bytes", "1", Scope::Cluster),
            Err(Invalid("invalid value for log.segment.bytes: 1 is out of range: at least 1048576".to_owned()))
        );
        assert_eq!(
            check("num.partitions", "2", Scope::Cluster),
            Err(NotDynamic("num.partitions is read at start only".to_owned()))
        );
        assert_eq!(
            check("ssl.keystore.type", "PEM", Scope::Cluster),
            Err(NotDynamic("ssl.keystore.type can be set for one broker only, not for all".to_owned()))
        );
        assert_eq!(
            check("listeners", "PLAINTEXT://h:1", Scope::Node),
            Err(NotDynamic("listeners takes a restart in this version".to_owned()))
        );
        assert_eq!(
            check("log.segment.byte", "1", Scope::Cluster),
            Err(Invalid("unknown broker configuration `log.segment.byte`; did you mean log.segment.bytes?".to_owned()))
        );
        let said = check("metric.reporters", "com.example.Reporter", Scope::Cluster);
        assert_eq!(
            said,
            Err(Invalid("invalid value for metric.reporters: loads a Java class; this broker runs none".to_owned()))
        );
    }
}
