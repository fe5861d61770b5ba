//! What the rules of `replication` are told of the configuration: the controller's defaults, the coordinators' times.

use thalweg_replication::controller::{BrokerKey, ControlDefaults};
use thalweg_replication::group::GroupConfig;
use thalweg_replication::metadata::config_value::Kind;

use super::broker::BrokerConfig;
use super::catalogue::{self, Mode};
use super::limits::Limits;

/// What the controller decides by.
pub fn control_defaults(config: &BrokerConfig) -> ControlDefaults {
    ControlDefaults {
        num_partitions: config.topics.partitions_default,
        default_replication_factor: config.topics.replication_default,
        delete_topic_enable: config.topics.delete_enable,
        offsets_topic_partitions: config.offsets.topic_partitions,
        offsets_topic_replication_factor: config.offsets.topic_replication,
        offsets_topic_segment_bytes: config.offsets.topic_segment_bytes.unsigned_abs(),
        broker: config.topic_defaults.clone(),
        broker_key,
        ..ControlDefaults::default()
    }
}

/// What a group coordinator goes by.
pub fn group_config(config: &BrokerConfig, limits: &Limits) -> GroupConfig {
    let ms = |time: std::time::Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX);
    let ms_i32 = |time: std::time::Duration| i32::try_from(time.as_millis()).unwrap_or(i32::MAX);
    let members_max = limits.group_members_max as usize;
    GroupConfig {
        session_timeout_ms_min: ms_i32(config.groups.session_min),
        session_timeout_ms_max: ms_i32(config.groups.session_max),
        initial_rebalance_delay_ms: ms(config.groups.initial_rebalance_delay),
        members_max,
        pending_members_max: members_max,
        offset_metadata_max: limits.offset_text_bytes_max as usize,
        retention_ms: ms(config.offsets.retention),
        retention_check_ms: ms(config.offsets.retention_check),
        ..GroupConfig::default()
    }
}

/// What the controller may know of a broker key; `None` if nobody knows it.
pub fn broker_key(name: &str) -> Option<BrokerKey> {
    let key = catalogue::key(name)?;
    Some(BrokerKey {
        dynamic: key.mode != Mode::Fixed && !key.takes_a_restart(),
        list: key.kind == Kind::List,
        default: key.default.unwrap_or_default(),
        validate: |name, value| match catalogue::key(name) {
            Some(key) => key.check_change(value),
            None => Err("the key is not known".to_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::super::broker::tests::config;
    use super::*;

    #[test]
    fn the_controller_is_told_what_was_set() {
        let defaults = control_defaults(&config(&[
            ("num.partitions", "7"),
            ("delete.topic.enable", "false"),
            ("offsets.topic.num.partitions", "3"),
            ("log.retention.hours", "5"),
        ]));
        assert_eq!((defaults.num_partitions, defaults.default_replication_factor), (7, 1));
        assert_eq!((defaults.delete_topic_enable, defaults.offsets_topic_partitions), (false, 3));
        assert_eq!(defaults.offsets_topic_segment_bytes, 104_857_600);
        assert_eq!(defaults.broker.get("log.retention.hours").map(String::as_str), Some("5"));
        assert!(!defaults.broker.contains_key("log.retention.ms"), "a default is not set");
    }

    #[test]
    fn coordinators_are_told_what_was_set() {
        let config = config(&[
            ("group.initial.rebalance.delay.ms", "0"),
            ("group.max.size", "5"),
            ("group.min.session.timeout.ms", "10"),
            ("offsets.retention.minutes", "2"),
            ("offset.metadata.max.bytes", "9"),
        ]);
        let told = group_config(&config, &Limits::of(&config, None));
        assert_eq!((told.initial_rebalance_delay_ms, told.members_max, told.session_timeout_ms_min), (0, 5, 10));
        assert_eq!((told.retention_ms, told.offset_metadata_max), (120_000, 9));
        assert_eq!((told.session_timeout_ms_max, told.retention_check_ms), (1_800_000, 600_000));
    }

    #[test]
    fn nothing_set_is_what_the_rules_have_themselves() {
        let config = config(&[]);
        assert_eq!(group_config(&config, &Limits::of(&config, None)), GroupConfig::default());
    }

    #[test]
    fn broker_keys_are_judged_by_the_catalogue() {
        let segment = broker_key("log.segment.bytes").expect("a key");
        assert!(segment.dynamic && !segment.list);
        assert_eq!((segment.validate)("log.segment.bytes", "2000000"), Ok(()));
        assert!((segment.validate)("log.segment.bytes", "1").is_err());
        assert!(broker_key("log.cleanup.policy").is_some_and(|key| key.list && key.default == "delete"));
        assert!(!broker_key("num.partitions").expect("a key").dynamic);
        assert!(!broker_key("listeners").expect("a key").dynamic);
        assert!(broker_key("nobody.knows").is_none());
    }
}
