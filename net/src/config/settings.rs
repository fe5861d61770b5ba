//! The layers a broker setting may come from, and which of them counts.
//!
//! From the strongest: set for this broker while it runs, set for all brokers while they run, set at start (override, flag,
//! environment, file, in that order), the default. Only keys that may change while the broker runs have the first two.

use std::collections::BTreeMap;

use super::catalogue::{self, BrokerKey, Mode};
use super::origin::Origin;

/// A value set at start and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The value, references resolved, blanks around it removed.
    pub value: String,
    /// Where it was set.
    pub origin: Origin,
}

/// Everything set at start, by key.
pub type Static = BTreeMap<String, Setting>;

/// What was set while brokers run: the broker's ConfigRecords of the metadata log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dynamic {
    /// For this broker (ConfigRecord with its id).
    pub node: BTreeMap<String, String>,
    /// For all brokers (ConfigRecord with an empty name).
    pub cluster: BTreeMap<String, String>,
}

/// The layer a value was found in, with its number in a DescribeConfigs response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i8)]
pub enum Source {
    /// Set on the topic.
    Topic = 1,
    /// Set for this broker while it runs.
    DynamicNode = 2,
    /// Set for all brokers while they run.
    DynamicCluster = 3,
    /// Set at start.
    Static = 4,
    /// Set nowhere.
    Default = 5,
}

impl Source {
    /// The number of the wire.
    pub fn code(self) -> i8 {
        self as i8
    }
}

/// All layers of the broker's settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Layers {
    /// Set at start.
    pub fixed: Static,
    /// Set while running.
    pub dynamic: Dynamic,
}

impl Layers {
    /// The value of a key and the layer it is from; `None` where nothing sets it and it has no default.
    pub fn get(&self, key: &BrokerKey) -> Option<(&str, Source)> {
        let set = self.set(key);
        set.or_else(|| key.default.map(|value| (value, Source::Default)))
    }

    /// The value set for a key, defaults aside. A value that breaks the key's rule counts as not set: at start it has been
    /// reported, and while running only a foreign controller could have accepted it.
    pub fn set(&self, key: &BrokerKey) -> Option<(&str, Source)> {
        self.chain(key).into_iter().find(|(value, _)| key.check(value).is_ok())
    }

    /// The values set for a key in every layer, strongest first, defaults aside.
    pub fn chain(&self, key: &BrokerKey) -> Vec<(&str, Source)> {
        let mut chain = Vec::new();
        if key.mode != Mode::Fixed {
            chain.extend(self.dynamic.node.get(key.name).map(|value| (value.as_str(), Source::DynamicNode)));
            chain.extend(self.dynamic.cluster.get(key.name).map(|value| (value.as_str(), Source::DynamicCluster)));
        }
        chain.extend(self.fixed.get(key.name).map(|setting| (setting.value.as_str(), Source::Static)));
        chain
    }

    /// Where a key was set at start.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.fixed.get(key).map(|setting| &setting.origin)
    }

    /// The broker keys that are set, with the value that counts: what topics fall back on.
    pub fn set_values(&self) -> BTreeMap<String, String> {
        let set = catalogue::keys().filter_map(|key| Some((key.name.to_owned(), self.set(key)?.0.to_owned())));
        set.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(fixed: &[(&str, &str)], cluster: &[(&str, &str)], node: &[(&str, &str)]) -> Layers {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let fixed: BTreeMap<String, String> = map(fixed);
        let setting = |(key, value)| (key, Setting { value, origin: Origin::Override });
        Layers {
            fixed: fixed.into_iter().map(setting).collect(),
            dynamic: Dynamic { node: map(node), cluster: map(cluster) },
        }
    }

    fn get<'a>(layers: &'a Layers, key: &str) -> Option<(&'a str, Source)> {
        layers.get(catalogue::key(key).expect("a key"))
    }

    #[test]
    fn the_strongest_layer_that_sets_a_key_counts() {
        let key = "log.segment.bytes";
        let (a, b, c) = ([(key, "2000000")], [(key, "3000000")], [(key, "4000000")]);
        assert_eq!(get(&layers(&a, &b, &c), key), Some(("4000000", Source::DynamicNode)));
        assert_eq!(get(&layers(&a, &b, &[]), key), Some(("3000000", Source::DynamicCluster)));
        assert_eq!(get(&layers(&a, &[], &[]), key), Some(("2000000", Source::Static)));
        assert_eq!(get(&layers(&[], &[], &[]), key), Some(("1073741824", Source::Default)));
        assert_eq!(get(&layers(&[], &[], &[]), "broker.rack"), None);
    }

    #[test]
    fn a_fixed_key_cannot_be_set_while_running_and_a_bad_value_does_not_count() {
        let fixed = layers(&[], &[("num.partitions", "7")], &[("num.partitions", "8")]);
        assert_eq!(get(&fixed, "num.partitions"), Some(("1", Source::Default)));
        let bad = layers(&[("log.segment.bytes", "2000000")], &[("log.segment.bytes", "1")], &[]);
        assert_eq!(get(&bad, "log.segment.bytes"), Some(("2000000", Source::Static)));
    }
}
