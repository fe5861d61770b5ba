//! Changing configurations: all of a resource's at once (AlterConfigs), or key by key (IncrementalAlterConfigs).

use std::collections::BTreeSet;

use thalweg_wire::messages::alter_configs_request::AlterConfigsRequest;
use thalweg_wire::messages::alter_configs_response::{self, AlterConfigsResponse};
use thalweg_wire::messages::incremental_alter_configs_request::{AlterableConfig, IncrementalAlterConfigsRequest};
use thalweg_wire::messages::incremental_alter_configs_response::{self, IncrementalAlterConfigsResponse};
use thalweg_wire::records::metadata::{ConfigRecord, MetadataRecord};
use thalweg_wire::{ErrorCode, NodeId, Str};

use super::{ControlResponse, Controller, Decision, RECORDS_MAX, Refusal};
use crate::metadata::config_value::Kind;
use crate::metadata::topic_config::{effective, topic_key, validate_all};
use crate::metadata::{Configs, Image, ResourceKind};

impl Controller {
    pub(super) fn incremental_alter_configs(&self, image: &Image, request: IncrementalAlterConfigsRequest) -> Decision {
        let mut change = ConfigChange::new(self, image);
        let named = request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone()));
        let twice = repeated(named);
        let mut responses = Vec::with_capacity(request.resources.len());
        for resource in &request.resources {
            let name = &resource.resource_name;
            let changed = once(&twice, resource.resource_type, name)
                .and_then(|()| self.resource(image, resource.resource_type, name))
                .and_then(|kind| change.key_by_key(kind, name, &resource.configs));
            let (code, why) = told(changed);
            responses.push(incremental_alter_configs_response::AlterConfigsResourceResponse {
                error_code: code as i16,
                error_message: why,
                resource_type: resource.resource_type,
                resource_name: name.clone(),
            });
        }
        let records = if request.validate_only { Vec::new() } else { change.records };
        let reply = IncrementalAlterConfigsResponse { responses, ..Default::default() };
        Decision { records, reply: ControlResponse::IncrementalAlterConfigs(reply) }
    }

    pub(super) fn alter_configs(&self, image: &Image, request: AlterConfigsRequest) -> Decision {
        let mut change = ConfigChange::new(self, image);
        let named = request.resources.iter().map(|resource| (resource.resource_type, resource.resource_name.clone()));
        let twice = repeated(named);
        let mut responses = Vec::with_capacity(request.resources.len());
        for resource in &request.resources {
            let name = &resource.resource_name;
            let pairs = resource.configs.iter().map(|config| (&config.name, config.value.as_ref()));
            let changed = once(&twice, resource.resource_type, name)
                .and_then(|()| self.resource(image, resource.resource_type, name))
                .and_then(|kind| change.whole(kind, name, pairs));
            let (code, why) = told(changed);
            responses.push(alter_configs_response::AlterConfigsResourceResponse {
                error_code: code as i16,
                error_message: why,
                resource_type: resource.resource_type,
                resource_name: name.clone(),
            });
        }
        let records = if request.validate_only { Vec::new() } else { change.records };
        let reply = AlterConfigsResponse { responses, ..Default::default() };
        Decision { records, reply: ControlResponse::AlterConfigs(reply) }
    }

    /// The kind of a resource that exists and can be configured here.
    fn resource(&self, image: &Image, number: i8, name: &Str) -> Result<ResourceKind, Refusal> {
        let kind = ResourceKind::from_number(number);
        match kind {
            Some(ResourceKind::Topic) if image.topic(name).is_some() => Ok(ResourceKind::Topic),
            Some(ResourceKind::Topic) => {
                Err((ErrorCode::UnknownTopicOrPartition, format!("there is no topic {name:?}")))
            }
            Some(ResourceKind::Broker) if name.is_empty() => Ok(ResourceKind::Broker),
            Some(ResourceKind::Broker) => match name.parse::<i32>() {
                Ok(id) if image.broker(NodeId(id)).is_some() => Ok(ResourceKind::Broker),
                Ok(id) => Err((ErrorCode::BrokerIdNotRegistered, format!("there is no broker {id}"))),
                Err(_) => Err((ErrorCode::InvalidRequest, format!("a broker's name is its number, not {name:?}"))),
            },
            Some(ResourceKind::ClientMetrics | ResourceKind::Group) | None => {
                let why = format!("resources of type {number} cannot be configured here");
                Err((ErrorCode::InvalidRequest, why))
            }
        }
    }
}

/// Changes of several resources, decided on together.
struct ConfigChange<'a> {
    controller: &'a Controller,
    image: &'a Image,
    broker: Configs,
    records: Vec<MetadataRecord>,
}

impl<'a> ConfigChange<'a> {
    fn new(controller: &'a Controller, image: &'a Image) -> ConfigChange<'a> {
        let broker = image.broker_settings(&controller.defaults.broker, controller.node);
        ConfigChange { controller, image, broker, records: Vec::new() }
    }

    fn key_by_key(&mut self, kind: ResourceKind, name: &Str, changes: &[AlterableConfig]) -> Result<(), Refusal> {
        unique(changes.iter().map(|change| &change.name))?;
        let mut after = self.current(kind, name);
        for change in changes {
            let key = change.name.as_str();
            let value = match (change.config_operation, &change.value) {
                (DELETE, _) => {
                    after.remove(key);
                    continue;
                }
                (SET | APPEND | SUBTRACT, None) => {
                    return Err((ErrorCode::InvalidRequest, format!("{key} has no value")));
                }
                (SET, Some(value)) => value.to_string(),
                (APPEND, Some(value)) => {
                    let mut words = self.words(kind, key, &after)?;
                    for word in value.split(',').map(str::trim) {
                        if !words.iter().any(|known| known == word) {
                            words.push(word.to_owned());
                        }
                    }
                    words.join(",")
                }
                (SUBTRACT, Some(value)) => {
                    let mut words = self.words(kind, key, &after)?;
                    words.retain(|known| !value.split(',').any(|word| word.trim() == known));
                    words.join(",")
                }
                (other, _) => return Err((ErrorCode::InvalidRequest, format!("there is no operation {other}"))),
            };
            after.insert(key.to_owned(), value);
        }
        let touched: BTreeSet<&str> = changes.iter().map(|change| change.name.as_str()).collect();
        self.replace(kind, name, after, &touched)
    }

    fn whole<'b>(
        &mut self,
        kind: ResourceKind,
        name: &Str,
        configs: impl Iterator<Item = (&'b Str, Option<&'b Str>)> + Clone,
    ) -> Result<(), Refusal> {
        unique(configs.clone().map(|(key, _)| key))?;
        let mut after = Configs::new();
        for (key, value) in configs {
            let Some(value) = value else {
                return Err((ErrorCode::InvalidRequest, format!("{key} has no value")));
            };
            after.insert(key.to_string(), value.to_string());
        }
        let before = self.current(kind, name);
        let touched: Vec<String> = before.keys().chain(after.keys()).cloned().collect();
        self.replace(kind, name, after, &touched.iter().map(String::as_str).collect())
    }

    fn current(&self, kind: ResourceKind, name: &Str) -> Configs {
        self.image.config(kind, name).cloned().unwrap_or_default()
    }

    /// The words of a list as it stands; of one that is not set, those of what is in force instead.
    fn words(&self, kind: ResourceKind, key: &str, now: &Configs) -> Result<Vec<String>, Refusal> {
        let no_list =
            || (ErrorCode::InvalidConfig, format!("{key} is not a list: nothing can be added to it or taken from it"));
        let value = match kind {
            ResourceKind::Topic => {
                let known = topic_key(key).filter(|known| known.kind == Kind::List).ok_or_else(no_list)?;
                effective(known, now, &self.broker).0.into_owned()
            }
            _ => {
                let known =
                    (self.controller.defaults.broker_key)(key).filter(|known| known.list).ok_or_else(no_list)?;
                now.get(key).cloned().unwrap_or_else(|| known.default.to_owned())
            }
        };
        Ok(value.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect())
    }

    /// Checks the resource as it would be, and records what differs.
    fn replace(
        &mut self,
        kind: ResourceKind,
        name: &Str,
        after: Configs,
        touched: &BTreeSet<&str>,
    ) -> Result<(), Refusal> {
        match kind {
            ResourceKind::Topic => {
                validate_all(&after, &self.broker).map_err(|why| (ErrorCode::InvalidConfig, why))?;
            }
            _ => self.check_broker_keys(&after, touched)?,
        }
        let before = self.current(kind, name);
        let mut records = Vec::new();
        for key in touched {
            let (was, is) = (before.get(*key), after.get(*key));
            if was != is {
                records.push(MetadataRecord::Config(ConfigRecord {
                    resource_type: kind.number(),
                    resource_name: name.clone(),
                    name: Str::from(*key),
                    value: is.map(Str::from),
                }));
            }
        }
        if self.records.len() + records.len() > RECORDS_MAX {
            return Err((ErrorCode::PolicyViolation, "too many changes for one request".to_owned()));
        }
        self.records.extend(records);
        Ok(())
    }

    fn check_broker_keys(&self, after: &Configs, touched: &BTreeSet<&str>) -> Result<(), Refusal> {
        for key in touched {
            let Some(known) = (self.controller.defaults.broker_key)(key) else {
                return Err((ErrorCode::InvalidConfig, format!("unknown broker configuration `{key}`")));
            };
            if !known.dynamic {
                return Err((ErrorCode::InvalidRequest, format!("{key} cannot be changed while the broker runs")));
            }
            if let Some(value) = after.get(*key) {
                let why = |why| (ErrorCode::InvalidConfig, format!("invalid value for {key}: {why}"));
                (known.validate)(key, value).map_err(why)?;
            }
        }
        Ok(())
    }
}

const SET: i8 = 0;
const DELETE: i8 = 1;
const APPEND: i8 = 2;
const SUBTRACT: i8 = 3;

fn unique<'a>(keys: impl Iterator<Item = &'a Str>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if !seen.insert(key) {
            return Err((ErrorCode::InvalidRequest, format!("{key} stands twice in the request")));
        }
    }
    Ok(())
}

fn repeated(resources: impl Iterator<Item = (i8, Str)>) -> BTreeSet<(i8, Str)> {
    let mut seen = BTreeSet::new();
    resources.filter(|resource| !seen.insert(resource.clone())).collect()
}

fn once(twice: &BTreeSet<(i8, Str)>, number: i8, name: &Str) -> Result<(), Refusal> {
    if twice.contains(&(number, name.clone())) {
        return Err((ErrorCode::InvalidRequest, "the resource stands twice in the request".to_owned()));
    }
    Ok(())
}

fn told(changed: Result<(), Refusal>) -> (ErrorCode, Option<Str>) {
    match changed {
        Ok(()) => (ErrorCode::None, None),
        Err((code, why)) => (code, Some(Str::from(why))),
    }
}
