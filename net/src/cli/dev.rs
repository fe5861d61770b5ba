//! `thalweg dev`: a broker for this machine's developer, with everything set so that the first minute works.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thalweg_tuning::Host;

use super::args::DevArgs;
use crate::config::limits::CORE_BYTES_MIN;
use crate::config::load::Request;

/// Memory a development broker takes at the most by itself.
const MEMORY_BYTES_MAX: u64 = 1 << 30;

/// What to load for these arguments. `data` is the directory of the data, and the flag that chose it, if one did.
pub fn request(
    args: &DevArgs,
    data: &Path,
    chosen_by: Option<&'static str>,
    environment: Vec<(String, String)>,
    host: &Host,
) -> Request {
    let cores = args.cores.map_or(host.cpus.usable().len(), usize::from);
    let data = data.display().to_string();
    let mut request = Request {
        base: base(&data, memory_bytes(host, cores)),
        environment,
        overrides: args.overrides.clone(),
        ..Request::default()
    };
    if let Some(port) = args.port {
        request.flags.push(("--port", "listeners".to_owned(), format!("PLAINTEXT://127.0.0.1:{port}")));
    }
    if let Some(flag) = chosen_by {
        request.flags.push((flag, "log.dirs".to_owned(), data));
    }
    if let Some(cores) = args.cores {
        request.flags.push(("--cores", "thalweg.cores".to_owned(), cores.to_string()));
    }
    request
}

/// What differs from `serve`: one node, nobody waits for more members, small journals, no spinning.
fn base(data: &str, memory_bytes: u64) -> Vec<(String, String)> {
    let memory_bytes = memory_bytes.to_string();
    let settings = [
        ("node.id", "1"),
        ("process.roles", "broker,controller"),
        ("listeners", "PLAINTEXT://127.0.0.1:9092"),
        ("log.dirs", data),
        ("auto.create.topics.enable", "true"),
        ("group.initial.rebalance.delay.ms", "0"),
        ("offsets.topic.replication.factor", "1"),
        ("transaction.state.log.replication.factor", "1"),
        ("transaction.state.log.min.isr", "1"),
        ("share.coordinator.state.topic.replication.factor", "1"),
        ("share.coordinator.state.topic.min.isr", "1"),
        ("thalweg.spin.us", "0"),
        ("thalweg.journal.files", "4"),
        ("thalweg.journal.file.bytes", "16777216"),
        ("thalweg.memory.bytes", &memory_bytes),
    ];
    settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
}

/// A quarter of what there is, but no more than a developer's machine can spare.
fn memory_bytes(host: &Host, cores: usize) -> u64 {
    let quarter = host.memory.map_or(MEMORY_BYTES_MAX, |memory| memory.ceiling() / 4);
    quarter.min(MEMORY_BYTES_MAX).max(CORE_BYTES_MIN * cores.max(1) as u64)
}

/// A directory that is gone when the broker is.
pub struct Ephemeral(PathBuf);

impl Ephemeral {
    /// Makes it among the temporary files, readable by its owner only.
    pub fn new() -> io::Result<Ephemeral> {
        use std::os::unix::fs::DirBuilderExt;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(io::Error::other)?;
        let name = format!("thalweg-{:016x}", u64::from_ne_bytes(random));
        let path = std::env::temp_dir().join(name);
        fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Ephemeral(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        remove(&self.0);
    }
}

/// Removes a directory of temporary data; one that is gone already is as good.
pub fn remove(path: &Path) {
    if let Err(error) = fs::remove_dir_all(path)
        && error.kind() != io::ErrorKind::NotFound
    {
        eprintln!("warning: {} is left behind: {error}", path.display());
    }
}

/// What to copy and paste against a broker at `address`.
pub fn snippets(address: &str) -> String {
    format!(
        "\
try it
  kcat     echo hello | kcat -b {address} -t demo -P; kcat -b {address} -t demo -C -e
  java     bootstrap.servers={address}
  python   from confluent_kafka import Producer
           p = Producer({{\"bootstrap.servers\": \"{address}\"}}); p.produce(\"demo\", b\"hello\"); p.flush()
  go       client, err := kgo.NewClient(kgo.SeedBrokers(\"{address}\"))
stop with Ctrl-C
"
    )
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use clap::Parser;
    use thalweg_tuning::Root;

    use super::super::args::{Cli, Command};
    use super::*;
    use crate::config::BrokerConfig;
    use crate::config::load::load;

    fn dev(line: &str) -> (BrokerConfig, String) {
        let Ok(Cli { command: Command::Dev(args) }) = Cli::try_parse_from(line.split(' ')) else { panic!("{line}") };
        let host = Host::read(&Root::at("/nonexistent"));
        let data = args.data.clone().unwrap_or_else(|| "thalweg-data".into());
        let request = request(&args, &data, args.data.is_some().then_some("--data"), Vec::new(), &host);
        let (config, problems) = load(&request, Arc::new(host));
        (config, problems.to_string())
    }

    #[test]
    fn dev_starts_without_a_word_of_complaint() {
        let (config, said) = dev("thalweg dev");
        assert_eq!(said, "");
        assert_eq!(config.listeners.bound[0].to_string(), "PLAINTEXT://127.0.0.1:9092");
        assert_eq!(config.log_dir, Path::new("thalweg-data"));
        assert_eq!(config.groups.initial_rebalance_delay, Duration::ZERO);
        assert_eq!(config.offsets.topic_replication, 1);
        assert_eq!(config.engine.spin, Duration::ZERO);
        assert_eq!((config.engine.journal_files, config.engine.journal_file_bytes), (4, 16 << 20));
        assert!(config.topics.auto_create);
    }

    #[test]
    fn flags_win_over_the_base_and_overrides_over_flags() {
        let (config, _) = dev("thalweg dev --port 0 --data /x --override log.dirs=/y --override thalweg.spin.us=9");
        assert_eq!(config.listeners.bound[0].port, 0);
        assert_eq!(config.log_dir, Path::new("/y"));
        assert_eq!(config.engine.spin, Duration::from_micros(9));
        let (_, said) = dev("thalweg dev --override num.partitions=0");
        assert_eq!(
            said,
            "error[thalweg-E0203] --override: num.partitions = 0: 0 is out of range: at least 1\n  \
             hint: the default is 1\n"
        );
    }

    #[test]
    fn memory_is_modest_and_enough_for_the_cores() {
        let mut host = Host::read(&Root::at("/nonexistent"));
        assert_eq!(memory_bytes(&host, 2), 1 << 30);
        host.memory = Some(thalweg_tuning::memory::Memory { total: 1 << 30, available: 0, group_max: None });
        assert_eq!(memory_bytes(&host, 2), 256 << 20);
        assert_eq!(memory_bytes(&host, 16), 1 << 30);
        host.memory = Some(thalweg_tuning::memory::Memory { total: 64 << 30, available: 0, group_max: None });
        assert_eq!(memory_bytes(&host, 2), 1 << 30);
    }

    #[test]
    fn a_temporary_directory_goes_with_its_owner() {
        let kept = {
            let ephemeral = Ephemeral::new().expect("made");
            fs::write(ephemeral.path().join("f"), "x").expect("written");
            ephemeral.path().to_owned()
        };
        assert!(!kept.exists());
        assert_ne!(Ephemeral::new().expect("made").path(), Ephemeral::new().expect("made").path());
    }

    #[test]
    fn snippets_carry_the_address() {
        assert_eq!(snippets("127.0.0.1:7").matches("127.0.0.1:7").count(), 5);
    }
}
