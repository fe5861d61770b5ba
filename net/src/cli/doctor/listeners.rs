//! Addresses of a configuration: whether they can be listened on, and where those that clients are told lead.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use thalweg_tuning::{Root, port};

use super::finding::{Finding, Topic};
use super::live::resolve;
use crate::config::BrokerConfig;
use crate::config::listener::Listener;

pub(super) fn look(config: &BrokerConfig, root: &Root, findings: &mut Vec<Finding>) {
    for listener in &config.listeners.bound {
        findings.push(match listener.resolve() {
            Ok(address) => can_listen(listener, address, root),
            Err(error) => Finding::error(
                Topic::Port,
                format!("cannot listen on {listener}: {error}"),
                "write an address of this host, or a name that resolves to one",
            ),
        });
    }
    for told in &config.listeners.advertised {
        let here = config.listeners.bound.iter().find(|bound| bound.name == told.name);
        let everywhere = here.is_some_and(Listener::is_everywhere);
        // What is written as a loopback address was found when the configuration was read.
        if !(everywhere && told.is_loopback()) {
            findings.push(judge_told(told, everywhere, resolve(&told.host, told.port)));
        }
    }
}

fn can_listen(listener: &Listener, address: SocketAddr, root: &Root) -> Finding {
    let error = match TcpListener::bind(address) {
        Ok(_) => return Finding::fine(Topic::Port, format!("{listener} can be listened on")),
        Err(error) => error,
    };
    let hint = match error.kind() {
        ErrorKind::AddrInUse => {
            let (_, holders) = port::listeners(root, address.port());
            let who: Vec<String> =
                holders.iter().map(|holder| format!("{} (pid {})", holder.name, holder.pid)).collect();
            match (who.is_empty(), holders.iter().any(|holder| holder.name.starts_with("thalweg"))) {
                (true, _) => format!("`ss -ltnp sport = {}` as root names who does", address.port()),
                (false, true) => {
                    format!("{} does: a broker that runs already, which is fine if it is this one", who.join(", "))
                }
                (false, false) => format!("{} does: stop it, or change `listeners`", who.join(", ")),
            }
        }
        ErrorKind::PermissionDenied => "ports below 1024 need CAP_NET_BIND_SERVICE; choose one above".to_owned(),
        ErrorKind::AddrNotAvailable => "this host does not have that address: `ip address` lists its own".to_owned(),
        _ => "change `listeners`".to_owned(),
    };
    let message = match error.kind() {
        ErrorKind::AddrInUse => format!("{listener} cannot be listened on: somebody listens there"),
        _ => format!("{listener} cannot be listened on: {error}"),
    };
    // A broker that runs is what one asks about, as often as not.
    match error.kind() {
        ErrorKind::AddrInUse => Finding::warning(Topic::Port, message, hint),
        _ => Finding::error(Topic::Port, message, hint),
    }
}

fn judge_told(told: &Listener, everywhere: bool, looked_up: Result<Vec<SocketAddr>, String>) -> Finding {
    match looked_up {
        Err(why) => Finding::error(
            Topic::Advertised,
            format!("clients will be told to use {told}, and {} cannot be looked up: {why}", told.host),
            "set advertised.listeners to a name that clients can look up, or to an address",
        ),
        Ok(addresses) if everywhere && addresses.iter().all(|address| address.ip().is_loopback()) => Finding::warning(
            Topic::Advertised,
            format!("clients on other machines will be told to use {told}, which leads to themselves"),
            "set advertised.listeners to a name or an address that they can reach",
        ),
        Ok(addresses) => {
            let addresses: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
            Finding::fine(Topic::Advertised, format!("clients will be told to use {told}: {}", addresses.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Level;
    use super::*;

    fn listener(host: &str, port: u16) -> Listener {
        Listener { name: "PLAINTEXT".to_owned(), host: host.to_owned(), port }
    }

    #[test]
    fn a_loopback_address_is_wrong_only_for_those_who_listen_everywhere() {
        let told = listener("box", 9092);
        let at = |text: &str| Ok(vec![text.parse::<SocketAddr>().expect("an address")]);
        assert_eq!(judge_told(&told, true, at("127.0.1.1:9092")).level, Level::Warning);
        assert_eq!(judge_told(&told, false, at("127.0.0.1:9092")).level, Level::Fine);
        assert_eq!(judge_told(&told, true, at("10.0.0.7:9092")).level, Level::Fine);
        assert_eq!(judge_told(&told, true, Err("no".to_owned())).level, Level::Error);
    }

    #[test]
    fn a_port_in_use_names_who_uses_it() {
        let holder = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = holder.local_addr().expect("an address");
        let told = can_listen(&listener("127.0.0.1", address.port()), address, &Root::real());
        assert_eq!(told.level, Level::Warning);
        assert!(told.hint.is_some_and(|hint| hint.contains(&format!("(pid {})", std::process::id()))));
        drop(holder);
        let told = can_listen(&listener("127.0.0.1", address.port()), address, &Root::real());
        assert_eq!(told.level, Level::Fine, "{told}");
        let elsewhere = "192.0.2.1:9092".parse().expect("an address");
        assert_eq!(can_listen(&listener("192.0.2.1", 9092), elsewhere, &Root::real()).level, Level::Error);
    }
}
