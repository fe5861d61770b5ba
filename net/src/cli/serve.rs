//! `thalweg serve` before the broker runs: the configuration loaded, judged and, under `--check`, reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use thalweg_tuning::{Host, Root};

use super::args::ServeArgs;
use super::failure::{Code, Exit, Failure};
use super::preflight;
use crate::config::BrokerConfig;
use crate::config::catalogue::{self, Verdict};
use crate::config::load::{Request, load};
use crate::config::origin::Origin;
use crate::config::problem::{Problems, Severity};

/// Loads what `args` name, with everything there is to say about it and the host.
pub fn read(
    args: &ServeArgs,
    environment: Vec<(String, String)>,
    host: Host,
    open_files: Option<u64>,
) -> (BrokerConfig, Problems) {
    let request = Request {
        file: Some(args.config.clone()),
        environment,
        overrides: args.overrides.clone(),
        strict: args.check,
        ..Request::default()
    };
    let (config, mut problems) = load(&request, Arc::new(host));
    preflight::look(&config, open_files, &Root::real(), &mut problems);
    (config, problems)
}

/// One line on what becomes of the settings.
pub fn summary(config: &BrokerConfig) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    // The node's number is told under both its names and was set once; what was measured was not set.
    let set =
        |name: &&String| *name != "broker.id" && !matches!(config.layers().origin(name), Some(Origin::Measured(_)));
    let settings: Vec<&String> = config.layers().fixed.keys().filter(set).collect();
    for name in &settings {
        let verdict = catalogue::key(name).map(|key| key.verdict).or_else(|| catalogue::family(name));
        let becomes = match verdict {
            Some(Verdict::Honour) => "1 honoured",
            Some(Verdict::Map) => "2 taken otherwise",
            Some(Verdict::Later) => "3 not in effect in this version",
            Some(Verdict::IgnoreWithNotice) => "4 without effect",
            Some(Verdict::RefuseIfNotDefault) => "5 refused unless default",
            None => continue,
        };
        *counts.entry(becomes).or_default() += 1;
    }
    let counts: Vec<String> = counts.iter().map(|(becomes, count)| format!("{count} {}", &becomes[2..])).collect();
    format!("{} settings: {}", settings.len(), counts.join(", "))
}

/// Fails if there are errors. They have been printed; this is the line that says what follows.
pub fn pass(problems: &Problems, exit: Exit) -> Result<(), Failure> {
    match problems.count(Severity::Error) {
        0 => Ok(()),
        1 => Err(Failure::new(Code::Configuration, "the configuration has an error; nothing was started").exit(exit)),
        errors => {
            let message = format!("the configuration has {errors} errors; nothing was started");
            Err(Failure::new(Code::Configuration, message).exit(exit))
        }
    }
}
