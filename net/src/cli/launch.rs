//! From a configuration to a running broker and back to an exit code: signals, the ready line, the words for what went wrong.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use thalweg_rt::LaunchError;
use thalweg_tuning::{Root, port};

use super::failure::{Code, Failure};
use super::{notify, signals};
use crate::config::broker::Runtime;
use crate::config::{BrokerConfig, Limits};
use crate::data_dir::DataDirError;
use crate::server::{self, Ready, ServerError, StopSignal};

/// How a broker is run.
pub struct Launch {
    /// Its configuration.
    pub config: BrokerConfig,
    /// The bounds of the process, to print when it is ready.
    pub limits: Limits,
    /// What to print after the ready line, given the address of the first listener.
    pub epilogue: fn(&str) -> String,
    /// What else to do if somebody does not want to wait for a clean stop.
    pub abandon: Arc<dyn Fn() + Send + Sync>,
    /// Whether the end of standard input stops it too.
    pub until_stdin_ends: bool,
    /// What to advise where the port is taken.
    pub port_hint: &'static str,
}

/// Runs a broker until it is told to stop.
pub fn launch(launch: Launch) -> Result<(), Failure> {
    let Launch { config, limits, epilogue, abandon, until_stdin_ends, port_hint } = launch;
    let stop = StopSignal::new();
    let on_end = {
        let stop = stop.clone();
        move || {
            notify::send("STOPPING=1");
            stop.trigger();
        }
    };
    let on_second = abandon.clone();
    signals::watch(on_end.clone(), move || on_second())
        .map_err(|error| Failure::new(Code::Other, format!("cannot watch for signals: {error}")))?;
    if until_stdin_ends {
        signals::watch_stdin(on_end, move || abandon())
            .map_err(|error| Failure::new(Code::Other, format!("cannot watch standard input: {error}")))?;
    }
    let runtime = config.engine.runtime;
    let on_ready = move |ready: Ready| {
        writeln!(std::io::stderr(), "{limits}").ok();
        // Whoever reads our output may have gone; the broker goes on.
        let address = first_address(&ready);
        let text = format!("{}\n{}", ready_line(&ready, runtime), epilogue(&address));
        let mut out = std::io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
        notify::send("READY=1");
    };
    server::run(config, on_ready, stop).map_err(|error| explain(error, &Root::real(), port_hint))
}

fn first_address(ready: &Ready) -> String {
    match (ready.advertised.first(), ready.listeners.first()) {
        (Some((host, port)), _) if host.contains(':') => format!("[{host}]:{port}"),
        (Some((host, port)), _) => format!("{host}:{port}"),
        (None, Some((_, address))) => address.to_string(),
        (None, None) => "nowhere".to_owned(),
    }
}

fn ready_line(ready: &Ready, runtime: Runtime) -> String {
    let addresses: Vec<String> = ready.listeners.iter().map(|(_, address)| address.to_string()).collect();
    let cores = if ready.cores == 1 { "core" } else { "cores" };
    format!(
        "ready: thalweg {} on {}, data in {} ({} {cores}, {})",
        env!("CARGO_PKG_VERSION"),
        addresses.join(" "),
        ready.data.display(),
        ready.cores,
        runtime.name()
    )
}

/// The words for an error of the server, with what to do about it.
fn explain(error: ServerError, root: &Root, port_hint: &str) -> Failure {
    match error {
        ServerError::Blocked(blocked) | ServerError::Launch(LaunchError::Blocked(blocked)) => {
            // Its text is the fact, then what to do.
            let text = blocked.to_string();
            match text.split_once(". ") {
                Some((fact, advice)) => Failure::new(Code::IoUringBlocked, fact).hint(advice),
                None => Failure::new(Code::IoUringBlocked, text),
            }
        }
        ServerError::AddressInUse(address) => port_in_use(address, root, port_hint),
        ServerError::Listen(address, error) => {
            let failure = Failure::new(Code::Listen, format!("cannot listen on {address}: {error}"));
            match error.kind() {
                std::io::ErrorKind::PermissionDenied => {
                    failure.hint("ports below 1024 need CAP_NET_BIND_SERVICE; choose one above")
                }
                std::io::ErrorKind::AddrNotAvailable => {
                    failure.hint("this host does not have that address: `ip address` lists its own")
                }
                _ => failure,
            }
        }
        ServerError::Resolve(listener, error) => {
            Failure::new(Code::Listen, format!("cannot listen on {listener}: {error}"))
                .hint("write an address of this host, or a name that resolves to one")
        }
        ServerError::Data(error) => data(&error),
        ServerError::Launch(error) => Failure::new(Code::Cores, error.to_string()),
        ServerError::Engine(error) => Failure::new(Code::Storage, error.to_string()),
        ServerError::Topic(why) => Failure::new(Code::Other, why),
        ServerError::Core(text) => {
            Failure::new(Code::CoreEnded, format!("a core ended, and with it the broker: {text}"))
        }
    }
}

fn port_in_use(address: SocketAddr, root: &Root, hint: &str) -> Failure {
    let (_, holders) = port::listeners(root, address.port());
    let who: Vec<String> = holders.iter().map(|holder| format!("{} (pid {})", holder.name, holder.pid)).collect();
    let port = address.port();
    let message = match who.is_empty() {
        true => format!("port {port} is in use ({address}) by a process of another user"),
        false => format!("port {port} is in use ({address}) by {}", who.join(", ")),
    };
    let find = if who.is_empty() { format!("`ss -ltnp sport = {port}` as root names it; ") } else { String::new() };
    Failure::new(Code::PortInUse, message).hint(format!("{find}stop it, or {hint}"))
}

fn data(error: &DataDirError) -> Failure {
    let failure = Failure::new(Code::DataDirectory, error.to_string());
    match error {
        DataDirError::Locked(path) => {
            let hint = format!("stop the broker that uses {}, or choose another directory", path.display());
            Failure { code: Code::DataDirectoryInUse, ..failure.hint(hint) }
        }
        DataDirError::Io(path, error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            failure.hint(format!("this user must be able to write {}", existing(path).display()))
        }
        _ => failure,
    }
}

fn existing(path: &Path) -> &Path {
    path.ancestors().find(|path| path.exists()).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::path::PathBuf;
    use std::time::Duration;

    use thalweg_wire::NodeId;

    use super::*;

    fn ready(listeners: &[(&str, &str)], cores: u16) -> Ready {
        let address = |text: &str| text.parse::<SocketAddr>().expect("an address");
        Ready {
            listeners: listeners.iter().map(|(name, text)| ((*name).to_owned(), address(text))).collect(),
            advertised: vec![("::1".to_owned(), 9092)],
            cluster_id: String::new(),
            node: NodeId(1),
            cores,
            data: PathBuf::from("/data"),
            new: true,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn the_ready_line_names_addresses_data_and_cores() {
        let one = ready(&[("PLAINTEXT", "127.0.0.1:9092")], 1);
        let line =
            format!("ready: thalweg {} on 127.0.0.1:9092, data in /data (1 core, uring)", env!("CARGO_PKG_VERSION"));
        assert_eq!(ready_line(&one, Runtime::Uring), line);
        let two = ready(&[("A", "127.0.0.1:1"), ("B", "[::1]:2")], 2);
        assert!(
            ready_line(&two, Runtime::Glommio).contains("on 127.0.0.1:1 [::1]:2, data in /data (2 cores, glommio)")
        );
        assert_eq!(first_address(&two), "[::1]:9092");
    }

    fn explained(error: ServerError) -> String {
        explain(error, &Root::real(), "choose another port").to_string()
    }

    #[test]
    fn a_port_in_use_names_the_port_and_who_holds_it() {
        let holder = std::net::TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = holder.local_addr().expect("an address");
        let said = explained(ServerError::AddressInUse(address));
        let port = address.port();
        assert!(
            said.starts_with(&format!("error[thalweg-E0102] port {port} is in use (127.0.0.1:{port}) by ")),
            "{said}"
        );
        assert!(said.contains(&format!("(pid {})", std::process::id())), "{said}");
        assert!(said.ends_with("\n  hint: stop it, or choose another port"), "{said}");
        let nobody =
            explain(ServerError::AddressInUse(address), &Root::at("/nonexistent"), "choose another port").to_string();
        assert_eq!(
            nobody,
            format!(
                "error[thalweg-E0102] port {port} is in use (127.0.0.1:{port}) by a process of another user\n  \
                 hint: `ss -ltnp sport = {port}` as root names it; stop it, or choose another port"
            )
        );
    }

    #[test]
    fn every_error_of_the_server_has_its_code_and_says_what_to_do() {
        let address = "127.0.0.1:80".parse().expect("an address");
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let said = explained(ServerError::Listen(address, denied()));
        assert_eq!(
            said,
            "error[thalweg-E0104] cannot listen on 127.0.0.1:80: permission denied\n  \
             hint: ports below 1024 need CAP_NET_BIND_SERVICE; choose one above"
        );
        let said = explained(ServerError::Listen(address, io::Error::from(io::ErrorKind::AddrNotAvailable)));
        assert!(said.contains("`ip address` lists its own"), "{said}");
        let said = explained(ServerError::Resolve("PLAINTEXT://nowhere:1".to_owned(), denied()));
        assert!(said.starts_with("error[thalweg-E0104] cannot listen on PLAINTEXT://nowhere:1: "), "{said}");
        let said = explained(ServerError::Data(DataDirError::Locked("/data".into())));
        assert_eq!(
            said,
            "error[thalweg-E0106] /data is in use by another process\n  \
             hint: stop the broker that uses /data, or choose another directory"
        );
        let said = explained(ServerError::Data(DataDirError::Io("/proc/x/y".into(), denied())));
        assert_eq!(
            said,
            "error[thalweg-E0105] /proc/x/y: permission denied\n  hint: this user must be able to write /proc"
        );
        let blocked = thalweg_rt::Blocked { errno: 1, cause: thalweg_rt::Cause::Sysctl(2) };
        assert_eq!(
            explained(ServerError::Blocked(blocked)),
            "error[thalweg-E0103] io_uring is not available: Operation not permitted (os error 1)\n  hint: The sysctl \
             kernel.io_uring_disabled is 2; run `sysctl -w kernel.io_uring_disabled=0`"
        );
        let blocked = thalweg_rt::Blocked { errno: 1, cause: thalweg_rt::Cause::Seccomp };
        let said = explained(ServerError::Blocked(blocked));
        assert!(said.contains("seccomp=PROFILE"), "{said}");
        let said = explained(ServerError::Core("panic".to_owned()));
        assert_eq!(said, "error[thalweg-E0110] a core ended, and with it the broker: panic");
    }
}
