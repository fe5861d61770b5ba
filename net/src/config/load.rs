//! From a file, the environment and the command line to a [`BrokerConfig`], with everything there is to say about them.
//!
//! A later layer wins: what was measured, the base (`thalweg dev`), the file, the environment, flags, `--override`. Nothing stops at the first
//! error; the report has all of them, each with its place, the allowed values and the default.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thalweg_replication::metadata::config_value::{list, trim};
use thalweg_tuning::Host;

use super::broker::BrokerConfig;
use super::catalogue::{self, BrokerKey, Verdict};
use super::environment;
use super::measured;
use super::origin::Origin;
use super::problem::{Code, Problem, Problems};
use super::properties;
use super::provider::Providers;
use super::settings::{Setting, Static};

/// What to load.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Settings below everything else.
    pub base: Vec<(String, String)>,
    /// The `.properties` file.
    pub file: Option<PathBuf>,
    /// The process's environment.
    pub environment: Vec<(String, String)>,
    /// Settings of flags, each with its flag.
    pub flags: Vec<(&'static str, String, String)>,
    /// `--override` key and value.
    pub overrides: Vec<(String, String)>,
    /// Unknown keys are errors (`serve --check`), otherwise warnings.
    pub strict: bool,
}

/// Largest configuration file, in bytes.
const FILE_BYTES_MAX: u64 = 4 << 20;

/// Reads everything. The configuration must not be used if the problems hold an error.
pub fn load(request: &Request, host: Arc<Host>) -> (BrokerConfig, Problems) {
    let mut problems = Problems::default();
    let mut settings = Static::new();
    for (key, value) in &request.base {
        put(&mut settings, key, value, Origin::Dev);
    }
    if let Some(path) = &request.file
        && !read_file(path, &mut settings, &mut problems)
    {
        // Without the file everything else would be missing too; that need not be said.
        let config = BrokerConfig::resolve(settings, host, &mut Problems::default());
        return (config, problems);
    }
    for found in environment::settings(&request.environment, &mut problems) {
        put(&mut settings, &found.key, &found.value, found.origin);
    }
    for (flag, key, value) in &request.flags {
        put(&mut settings, key, value, Origin::Flag(flag));
    }
    for (key, value) in &request.overrides {
        put(&mut settings, key, value, Origin::Override);
    }
    expand(&mut settings, &request.environment, &mut problems);
    check_providers(&settings, &mut problems);
    judge(&mut settings, request.strict, &mut problems);
    pair_ids(&mut settings);
    measured::add(&mut settings, &mut problems);
    let config = BrokerConfig::resolve(settings, host, &mut problems);
    (config, problems)
}

fn put(settings: &mut Static, key: &str, value: &str, origin: Origin) {
    let setting = Setting { value: trim(value).to_owned(), origin };
    settings.insert(trim(key).to_owned(), setting);
}

/// Whether the file could be read at all.
fn read_file(path: &Path, settings: &mut Static, problems: &mut Problems) -> bool {
    let at = |line| Origin::File { path: path.to_owned(), line };
    let bytes = match fs::metadata(path).and_then(|data| {
        if data.len() > FILE_BYTES_MAX { Err(std::io::ErrorKind::FileTooLarge.into()) } else { fs::read(path) }
    }) {
        Ok(bytes) => bytes,
        Err(error) => {
            let problem = Problem::error(Code::Unreadable, format!("cannot read the file: {error}"));
            problems.push(problem.at(Some(&at(0))));
            return false;
        }
    };
    let (entries, errors) = properties::parse(&bytes);
    for error in errors {
        problems.push(Problem::error(Code::Syntax, error.reason).at(Some(&at(error.line))));
    }
    let mut lines = BTreeMap::new();
    for entry in entries {
        if let Some(first) = lines.insert(entry.key.clone(), entry.line) {
            let message = format!("{} is set again; line {first} does not count", entry.key);
            problems.push(Problem::warning(Code::Contradiction, message).at(Some(&at(entry.line))));
        }
        put(settings, &entry.key, &entry.value, at(entry.line));
    }
    true
}

fn expand(settings: &mut Static, variables: &[(String, String)], problems: &mut Problems) {
    let providers = Providers { environment: variables };
    for setting in settings.values_mut().filter(|setting| setting.value.contains("${")) {
        match providers.expand(&setting.value) {
            Ok(value) => setting.value = trim(&value).to_owned(),
            Err(why) => problems.push(Problem::error(Code::Provider, why).at(Some(&setting.origin))),
        }
    }
}

/// `config.providers` may name what is built in, under the built-in names.
fn check_providers(settings: &Static, problems: &mut Problems) {
    let Some(setting) = settings.get("config.providers") else { return };
    for name in list(&setting.value).filter(|name| !["env", "file", "dir"].contains(name)) {
        let message = format!("config.providers names `{name}`, which cannot be loaded");
        let hint = "env, file and dir are built in under these names";
        problems.push(Problem::error(Code::Provider, message).at(Some(&setting.origin)).hint(hint));
    }
}

/// Every key against the catalogue. What is not known is left out of the settings afterwards.
fn judge(settings: &mut Static, strict: bool, problems: &mut Problems) {
    let mut remarks: Vec<(Verdict, &'static str, Vec<String>)> = Vec::new();
    for (name, setting) in settings.iter() {
        let Some(key) = catalogue::key(name) else {
            if catalogue::family(name).is_none() {
                problems.push(unknown(name, setting, strict));
            }
            continue;
        };
        if let Err(why) = key.check(&setting.value) {
            problems.push(invalid(key, setting, &why));
        }
        if is_default(key, &setting.value) || setting.origin == Origin::Dev {
            continue;
        }
        match key.verdict {
            Verdict::Honour => {}
            Verdict::RefuseIfNotDefault => problems.push(refused(key, setting)),
            verdict => {
                let with_place = format!("{name} ({})", setting.origin);
                match remarks.iter_mut().find(|(v, note, _)| *v == verdict && *note == key.note) {
                    Some((_, _, names)) => names.push(with_place),
                    None => remarks.push((verdict, key.note, vec![with_place])),
                }
            }
        }
    }
    for (verdict, note, names) in remarks {
        let what = match verdict {
            Verdict::Map => "taken otherwise",
            Verdict::Later => "not in effect",
            _ => "without effect",
        };
        problems.push(Problem::notice(format!("{what}: {}: {note}", names.join(", "))));
    }
    settings.retain(|name, _| catalogue::key(name).is_some() || catalogue::family(name).is_some());
}

/// `node.id` and `broker.id` are two names of one number; whoever asks for one is told it under both.
fn pair_ids(settings: &mut Static) {
    for (from, to) in [("node.id", "broker.id"), ("broker.id", "node.id")] {
        if let Some(id) = settings.get(from).filter(|_| !settings.contains_key(to)).cloned() {
            settings.insert(to.to_owned(), id);
        }
    }
}

fn is_default(key: &BrokerKey, value: &str) -> bool {
    let default = key.default.unwrap_or_default();
    list(default).eq(list(value)) || default.eq_ignore_ascii_case(value)
}

fn unknown(name: &str, setting: &Setting, strict: bool) -> Problem {
    let message = format!("unknown key {name}");
    let problem =
        if strict { Problem::error(Code::UnknownKey, message) } else { Problem::warning(Code::UnknownKey, message) };
    let problem = problem.at(Some(&setting.origin));
    match catalogue::did_you_mean(name) {
        Some(meant) => problem.hint(format!("did you mean {meant}?")),
        None => problem.hint("it has no effect here"),
    }
}

fn invalid(key: &BrokerKey, setting: &Setting, why: &str) -> Problem {
    let default = match key.default {
        Some("") => "the default is empty".to_owned(),
        Some(default) => format!("the default is {default}"),
        None => "there is no default".to_owned(),
    };
    Problem::error(Code::Value, format!("{}: {why}", shown(key, setting))).at(Some(&setting.origin)).hint(default)
}

fn refused(key: &BrokerKey, setting: &Setting) -> Problem {
    let hint = match key.default {
        None | Some("") => "remove it".to_owned(),
        Some(default) => format!("remove it, or set it to {default}"),
    };
    Problem::error(Code::Refused, format!("{}: {}", shown(key, setting), key.note)).at(Some(&setting.origin)).hint(hint)
}

/// A key and its value; a secret's value stays out of every message.
fn shown(key: &BrokerKey, setting: &Setting) -> String {
    if key.is_sensitive() { key.name.to_owned() } else { format!("{} = {}", key.name, setting.value) }
}

#[cfg(test)]
mod tests {
    use super::super::broker::tests::host;
    use super::super::problem::Severity;
    use super::*;

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    const BASE: [(&str, &str); 3] =
        [("node.id", "1"), ("log.dirs", "/data"), ("offsets.topic.replication.factor", "1")];

    /// Loads a file of this text; the file's name in messages is `F`.
    fn load_text(name: &str, text: &str, change: impl FnOnce(&mut Request)) -> (BrokerConfig, String, Problems) {
        let path = std::env::temp_dir().join(format!("thalweg-load-{}-{name}.properties", std::process::id()));
        fs::write(&path, text).expect("written");
        let mut request = Request { base: pairs(&BASE), file: Some(path.clone()), ..Request::default() };
        change(&mut request);
        let (config, problems) = load(&request, host());
        fs::remove_file(&path).ok();
        let said = problems.to_string().replace(&path.display().to_string(), "F");
        (config, said, problems)
    }

    #[test]
    fn later_layers_win() {
        let (config, said, _) = load_text("layers", "num.partitions=2\nbroker.rack=file\nlog.dirs=/f\n", |request| {
            request.environment = pairs(&[("KAFKA_NUM_PARTITIONS", "3"), ("KAFKA_BROKER_RACK", "env")]);
            request.flags = vec![("--data", "log.dirs".to_owned(), "/flag".to_owned())];
            request.overrides = pairs(&[("num.partitions", "4")]);
        });
        assert_eq!(said, "");
        assert_eq!(config.topics.partitions_default, 4);
        assert_eq!(config.rack.as_deref(), Some("env"));
        assert_eq!(config.log_dir, Path::new("/flag"));
        assert_eq!(config.layers().origin("log.dirs"), Some(&Origin::Flag("--data")));
    }

    #[test]
    fn an_invalid_value_says_where_what_is_allowed_and_the_default() {
        let (config, said, _) = load_text("value", "# x\nlog.segment.bytes = 100\nnum.partitions=many\n", |_| ());
        assert_eq!(
            said,
            "error[thalweg-E0203] F:2: log.segment.bytes = 100: 100 is out of range: at least 1048576\n  \
             hint: the default is 1073741824\n\
             error[thalweg-E0203] F:3: num.partitions = many: `many` is not a whole number (int)\n  \
             hint: the default is 1\n"
        );
        assert_eq!(config.topics.partitions_default, 1);
    }

    #[test]
    fn an_unknown_key_is_a_warning_or_under_check_an_error() {
        let text = "num.partition=3\nmy.own=1\n";
        let (_, said, _) = load_text("unknown", text, |_| ());
        assert_eq!(
            said,
            "warning[thalweg-W0204] F:2: unknown key my.own\n  hint: it has no effect here\n\
             warning[thalweg-W0204] F:1: unknown key num.partition\n  hint: did you mean num.partitions?\n"
        );
        let (_, said, problems) = load_text("unknown-strict", text, |request| request.strict = true);
        assert_eq!(problems.count(Severity::Error), 2);
        assert!(said.contains("error[thalweg-E0204] F:1: unknown key num.partition\n  hint: did you mean"), "{said}");
    }

    #[test]
    fn what_cannot_be_had_is_refused_unless_it_is_the_default() {
        let text = "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer\n\
                    log.cleaner.enable=true\nmetric.reporters=\n";
        let (_, said, problems) = load_text("refuse", text, |_| ());
        assert!(
            said.contains(
                "error[thalweg-E0205] F:1: authorizer.class.name = \
                 org.apache.kafka.metadata.authorizer.StandardAuthorizer: access control is not in this version; starting \
                 without it would let everyone in\n  hint: remove it\n"
            ),
            "{said}"
        );
        assert!(said.contains("F:3: metric.reporters = : loads a Java class"), "{said}");
        assert_eq!(problems.count(Severity::Error), 2, "{said}");
    }

    #[test]
    fn what_has_no_effect_is_noticed_once_for_each_reason() {
        let text = "num.io.threads=16\nbackground.threads=4\ngroup.coordinator.threads=9\nlog.retention.hours=1\n\
                    queued.max.requests=500\n";
        let (_, said, problems) = load_text("notice", text, |_| ());
        assert_eq!(
            said,
            "notice: without effect: background.threads (F:2), group.coordinator.threads (F:3): a setting of Kafka's \
             thread model; here each core runs its own loop\n\
             notice: not in effect: log.retention.hours (F:4): retention and compaction are not in effect in this version: \
             nothing is deleted by age, size or key\n\
             notice: taken otherwise: num.io.threads (F:1): becomes thalweg.cores: each core reads, decides and writes for \
             its own partitions\n"
        );
        assert!(!problems.has_errors());
    }

    #[test]
    fn secrets_stay_out_of_messages() {
        let (_, said, _) = load_text("secret", "ssl.key.password=hunter2\nsasl.jaas.config=hunter3\n", |_| ());
        assert!(said.contains("ssl.key.password (F:1)"), "{said}");
        assert!(!said.contains("hunter"), "{said}");
        let key = catalogue::key("ssl.key.password").expect("a key");
        let setting = Setting { value: "hunter4".to_owned(), origin: Origin::Override };
        for problem in [invalid(key, &setting, "it is bad"), refused(key, &setting)] {
            let said = problem.to_string();
            assert!(said.contains("ssl.key.password: ") && !said.contains("hunter"), "{said}");
        }
    }

    #[test]
    fn references_are_resolved_and_their_failures_reported() {
        let text = "broker.rack=${env:RACK}\nnum.partitions=${env:GONE}\nconfig.providers=env,vault\n";
        let (config, said, _) = load_text("provider", text, |request| request.environment = pairs(&[("RACK", "r7")]));
        assert_eq!(config.rack.as_deref(), Some("r7"));
        assert!(said.contains("error[thalweg-E0207] F:2: ${env:GONE}: GONE is not set\n"), "{said}");
        assert!(said.contains("error[thalweg-E0207] F:3: config.providers names `vault`"), "{said}");
    }

    #[test]
    fn the_older_name_of_the_node_s_number_does_as_well() {
        let (config, said, _) = load_text("broker-id", "broker.id=7\n", |request| request.base.remove(0).0.clear());
        assert_eq!((config.node_id.0, said.as_str()), (7, ""));
        let told = |name| config.describe_broker(Some(&[name])).remove(0).value;
        assert_eq!((told("node.id"), told("broker.id")), (Some("7".to_owned()), Some("7".to_owned())));
    }

    #[test]
    fn a_key_set_twice_and_a_broken_line_are_pointed_at() {
        let (_, said, _) = load_text("twice", "num.partitions=1\nnum.partitions=2\nbroker.rack=\\u12\n", |_| ());
        assert_eq!(
            said,
            "error[thalweg-E0202] F:3: \\u must be followed by four hexadecimal digits\n\
             warning[thalweg-W0208] F:2: num.partitions is set again; line 1 does not count\n"
        );
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let request = Request { file: Some(PathBuf::from("/no/such.properties")), ..Request::default() };
        let said = load(&request, host()).1.to_string();
        let wanted =
            "error[thalweg-E0201] /no/such.properties: cannot read the file: No such file or directory (os error 2)\n";
        assert_eq!(said, wanted);
    }

    /// What a Kafka 4 distribution ships for one node, less its comments.
    #[test]
    fn a_stock_file_starts_unchanged() {
        let text = "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.bootstrap.servers=localhost:9093\n\
            listeners=PLAINTEXT://:9092,CONTROLLER://:9093\ninter.broker.listener.name=PLAINTEXT\n\
            advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n\
            controller.listener.names=CONTROLLER\n\
            listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL\n\
            num.network.threads=3\nnum.io.threads=8\nsocket.send.buffer.bytes=102400\nsocket.receive.buffer.bytes=102400\n\
            socket.request.max.bytes=104857600\nlog.dirs=/tmp/kraft-combined-logs\nnum.partitions=1\n\
            num.recovery.threads.per.data.dir=1\noffsets.topic.replication.factor=1\n\
            share.coordinator.state.topic.replication.factor=1\nshare.coordinator.state.topic.min.isr=1\n\
            transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\nlog.retention.hours=168\n\
            log.segment.bytes=1073741824\nlog.retention.check.interval.ms=300000\n";
        let (config, said, problems) = load_text("stock", text, |_| ());
        assert!(!problems.has_errors(), "{said}");
        assert_eq!(config.listeners.bound.len(), 1);
        assert_eq!(config.listeners.advertised[0].to_string(), "PLAINTEXT://localhost:9092");
    }
}
