//! Where the broker listens and what it tells clients to connect to.
//!
//! Listeners for the quorum (`controller.listener.names`) are known and not opened: the quorum lives in this process. Only
//! PLAINTEXT listeners are served in this version; any other is an error, never a listener without its lock.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use super::origin::Origin;
use super::problem::{Code, Problem, Problems};

/// A named address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listener {
    /// Its name, in capitals.
    pub name: String,
    /// Host name or address without brackets; empty means every address of this machine.
    pub host: String,
    /// Port; 0 lets the kernel choose.
    pub port: u16,
}

impl Listener {
    /// The address to bind. A name with several addresses gives its first IPv4 one, else its first.
    pub fn resolve(&self) -> io::Result<SocketAddr> {
        if self.host.is_empty() {
            // Both families through one socket, unless the kernel has no IPv6.
            let both = std::net::UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
            let any = if both { IpAddr::from(Ipv6Addr::UNSPECIFIED) } else { IpAddr::from(Ipv4Addr::UNSPECIFIED) };
            return Ok(SocketAddr::new(any, self.port));
        }
        let all: Vec<SocketAddr> = (self.host.as_str(), self.port).to_socket_addrs()?.collect();
        let chosen = all.iter().find(|address| address.is_ipv4()).or(all.first());
        chosen.copied().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
    }

    /// Listens on every address.
    pub fn is_everywhere(&self) -> bool {
        self.host.is_empty() || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_unspecified())
    }

    /// Its host is written as this machine itself.
    pub fn is_loopback(&self) -> bool {
        self.host.eq_ignore_ascii_case("localhost") || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Listener { name, host, port } = self;
        if host.contains(':') { write!(f, "{name}://[{host}]:{port}") } else { write!(f, "{name}://{host}:{port}") }
    }
}

/// What is opened and what is told.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listeners {
    /// To bind.
    pub bound: Vec<Listener>,
    /// To tell clients, by listener name. Port 0 stands for the port that was bound.
    pub advertised: Vec<Listener>,
}

/// The settings listeners are made of, with their origins for messages.
pub struct Texts<'a> {
    /// `listeners`.
    pub listeners: (&'a str, Option<&'a Origin>),
    /// `advertised.listeners`, if set.
    pub advertised: Option<(&'a str, Option<&'a Origin>)>,
    /// `listener.security.protocol.map`.
    pub protocols: (&'a str, Option<&'a Origin>),
    /// `controller.listener.names`.
    pub controller_names: &'a str,
    /// This machine's name, for a listener on every address that is not advertised.
    pub host_name: &'a str,
}

/// Reads them; whatever does not fit goes to `problems`.
pub fn read(texts: &Texts<'_>, problems: &mut Problems) -> Listeners {
    let all = parse("listeners", texts.listeners, problems);
    let controllers: BTreeSet<String> = texts
        .controller_names
        .split(',')
        .map(|name| name.trim().to_ascii_uppercase())
        .filter(|n| !n.is_empty())
        .collect();
    let protocols = parse_protocols(texts.protocols, problems);
    let (quorum, bound): (Vec<_>, Vec<_>) = all.into_iter().partition(|listener| controllers.contains(&listener.name));
    for listener in &quorum {
        problems.push(
            Problem::notice(format!("listener {listener} is not opened: the quorum lives in this process"))
                .at(texts.listeners.1),
        );
    }
    if bound.is_empty() && !problems.has_errors() {
        problems.push(Problem::error(Code::Listeners, "listeners names no address for clients").at(texts.listeners.1));
    }
    check_protocols(&bound, &protocols, texts, problems);
    check_ports(&bound, texts.listeners.1, problems);
    let advertised = advertise(&bound, &controllers, texts, problems);
    Listeners { bound, advertised }
}

fn parse(key: &str, (text, origin): (&str, Option<&Origin>), problems: &mut Problems) -> Vec<Listener> {
    let mut listeners: Vec<Listener> = Vec::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        match parse_one(item) {
            Ok(listener) if listeners.iter().any(|other| other.name == listener.name) => {
                let message = format!("{key} names {} twice", listener.name);
                problems
                    .push(Problem::error(Code::Listeners, message).at(origin).hint("give each listener its own name"));
            }
            Ok(listener) => listeners.push(listener),
            Err(why) => {
                let problem = Problem::error(Code::Listeners, format!("{key}: `{item}`: {why}"));
                problems.push(
                    problem.at(origin).hint("write PLAINTEXT://HOST:PORT, for example PLAINTEXT://127.0.0.1:9092"),
                );
            }
        }
    }
    listeners
}

fn parse_one(item: &str) -> Result<Listener, String> {
    let (name, address) = item.split_once("://").ok_or("there is no `://`")?;
    let is_name =
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !is_name {
        return Err("the name before `://` must be letters, digits, `_`, `-` and `.`".to_owned());
    }
    let (host, port) = address.rsplit_once(':').ok_or("there is no port")?;
    let port = port.parse::<u16>().map_err(|_| format!("`{port}` is no port: 0 to 65535"))?;
    let host = match host.strip_prefix('[') {
        Some(rest) => rest.strip_suffix(']').ok_or("a `[` is not closed")?,
        None => host,
    };
    let is_host = host.len() <= 255
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b':' | b'%'));
    if !is_host || (host.contains(':') && host.split('%').next().is_none_or(|ip| ip.parse::<Ipv6Addr>().is_err())) {
        return Err(format!("`{host}` is no host name and no address"));
    }
    Ok(Listener { name: name.to_ascii_uppercase(), host: host.to_owned(), port })
}

fn parse_protocols((text, origin): (&str, Option<&Origin>), problems: &mut Problems) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
        match item.split_once(':') {
            Some((name, protocol)) => {
                map.insert(name.trim().to_ascii_uppercase(), protocol.trim().to_ascii_uppercase());
            }
            None => {
                let message = format!("listener.security.protocol.map: `{item}` is not NAME:PROTOCOL");
                problems.push(Problem::error(Code::Listeners, message).at(origin));
            }
        }
    }
    map
}

fn check_protocols(bound: &[Listener], map: &BTreeMap<String, String>, texts: &Texts<'_>, problems: &mut Problems) {
    for Listener { name, .. } in bound {
        match map.get(name).map(String::as_str) {
            Some("PLAINTEXT") => {}
            Some(protocol @ ("SSL" | "SASL_PLAINTEXT" | "SASL_SSL")) => problems.push(
                Problem::error(
                    Code::Listeners,
                    format!("listener {name} needs {protocol}, which is not in this version"),
                )
                .at(texts.listeners.1)
                .hint("only PLAINTEXT is served so far; remove the listener"),
            ),
            Some(protocol) => problems.push(
                Problem::error(Code::Listeners, format!("listener {name} has the unknown protocol {protocol}"))
                    .at(texts.protocols.1)
                    .hint("known are PLAINTEXT, SSL, SASL_PLAINTEXT and SASL_SSL"),
            ),
            None => problems.push(
                Problem::error(Code::Listeners, format!("listener {name} has no protocol"))
                    .at(texts.listeners.1)
                    .hint(format!("add {name}:PLAINTEXT to listener.security.protocol.map")),
            ),
        }
    }
}

fn check_ports(bound: &[Listener], origin: Option<&Origin>, problems: &mut Problems) {
    for (at, listener) in bound.iter().enumerate() {
        let same = |other: &&Listener| {
            let overlap = other.host == listener.host || other.is_everywhere() || listener.is_everywhere();
            other.port == listener.port && listener.port != 0 && overlap
        };
        if let Some(other) = bound[..at].iter().find(same) {
            let message = format!("listeners {other} and {listener} want the same port");
            problems.push(Problem::error(Code::Listeners, message).at(origin));
        }
    }
}

fn advertise(
    bound: &[Listener],
    controllers: &BTreeSet<String>,
    texts: &Texts<'_>,
    problems: &mut Problems,
) -> Vec<Listener> {
    let (mut told, origin) = match texts.advertised {
        Some((text, origin)) => (parse("advertised.listeners", (text, origin), problems), origin),
        None => (Vec::new(), texts.listeners.1),
    };
    told.retain(|listener| !controllers.contains(&listener.name));
    for listener in told.iter().filter(|told| !bound.iter().any(|bound| bound.name == told.name)) {
        let message = format!("advertised.listeners names {}, which is not in listeners", listener.name);
        problems.push(Problem::error(Code::Listeners, message).at(origin));
    }
    told.retain(|told| bound.iter().any(|bound| bound.name == told.name));
    for listener in bound {
        if !told.iter().any(|told| told.name == listener.name) {
            let host = if listener.host.is_empty() { texts.host_name.to_owned() } else { listener.host.clone() };
            told.push(Listener { host, ..listener.clone() });
        }
    }
    for listener in &told {
        let here = bound.iter().find(|bound| bound.name == listener.name);
        if listener.is_everywhere() {
            problems.push(
                Problem::error(
                    Code::Listeners,
                    format!("{listener} cannot be advertised: no client can connect to it"),
                )
                .at(origin)
                .hint(format!("set advertised.listeners={}://NAME-OF-THIS-MACHINE:{}", listener.name, listener.port)),
            );
        } else if listener.is_loopback() && here.is_some_and(Listener::is_everywhere) {
            problems.push(
                Problem::warning(
                    Code::Listeners,
                    format!("clients on other machines will be told to use {listener}, which is themselves"),
                )
                .at(origin)
                .hint("set advertised.listeners to a name they can reach"),
            );
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listen(listeners: &str, advertised: Option<&str>, protocols: &str) -> (Listeners, String) {
        let mut problems = Problems::default();
        let texts = Texts {
            listeners: (listeners, None),
            advertised: advertised.map(|text| (text, None)),
            protocols: (protocols, None),
            controller_names: "CONTROLLER",
            host_name: "box",
        };
        let read = read(&texts, &mut problems);
        (read, problems.to_string())
    }

    const MAP: &str = "PLAINTEXT:PLAINTEXT,EXTERNAL:PLAINTEXT,SASL_SSL:SASL_SSL";

    fn texts(listeners: &[Listener]) -> Vec<String> {
        listeners.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn names_hosts_and_ports_of_all_kinds() {
        let (read, said) = listen("PLAINTEXT://[::1]:9092, external://10.0.0.1:0", None, MAP);
        assert_eq!(said, "");
        assert_eq!(texts(&read.bound), ["PLAINTEXT://[::1]:9092", "EXTERNAL://10.0.0.1:0"]);
        assert_eq!(read.advertised, read.bound);
        assert_eq!(read.bound[0].resolve().expect("an address").to_string(), "[::1]:9092");
        let (read, said) = listen("PLAINTEXT://:9092", None, MAP);
        assert_eq!((texts(&read.advertised), said), (vec!["PLAINTEXT://box:9092".to_owned()], String::new()));
        assert!(read.bound[0].is_everywhere());
        let (read, _) = listen("PLAINTEXT://localhost:9092", None, MAP);
        assert!(read.bound[0].resolve().expect("an address").ip().is_loopback());
    }

    #[test]
    fn what_cannot_be_read_is_reported_with_an_example() {
        for (text, why) in [
            ("PLAINTEXT:9092", "there is no `://`"),
            ("PLAINTEXT://host", "there is no port"),
            ("PLAINTEXT://host:99999", "`99999` is no port: 0 to 65535"),
            ("PLAINTEXT://[::1:9092", "a `[` is not closed"),
            ("PLAINTEXT://a b:1", "`a b` is no host name and no address"),
            ("PLAINTEXT://1:2:3:9092", "`1:2:3` is no host name and no address"),
            ("://h:1", "the name before `://` must be letters, digits, `_`, `-` and `.`"),
        ] {
            let (_, said) = listen(text, None, MAP);
            let wanted = format!(
                "error[thalweg-E0206] listeners: `{text}`: {why}\n  \
                 hint: write PLAINTEXT://HOST:PORT, for example PLAINTEXT://127.0.0.1:9092\n"
            );
            assert_eq!(said, wanted);
        }
    }

    #[test]
    fn a_listener_that_needs_a_lock_is_refused_and_not_opened_without() {
        let (_, said) = listen("SASL_SSL://:9093", None, MAP);
        assert_eq!(
            said,
            "error[thalweg-E0206] listener SASL_SSL needs SASL_SSL, which is not in this version\n  \
             hint: only PLAINTEXT is served so far; remove the listener\n"
        );
        let (_, said) = listen("OTHER://:9093", None, MAP);
        assert!(said.contains("hint: add OTHER:PLAINTEXT to listener.security.protocol.map"), "{said}");
    }

    #[test]
    fn quorum_listeners_stay_closed() {
        let (read, said) = listen("PLAINTEXT://h:1,CONTROLLER://h:2", Some("PLAINTEXT://h:1,CONTROLLER://h:2"), MAP);
        assert_eq!(texts(&read.bound), ["PLAINTEXT://h:1"]);
        assert_eq!(texts(&read.advertised), ["PLAINTEXT://h:1"]);
        assert_eq!(said, "notice: listener CONTROLLER://h:2 is not opened: the quorum lives in this process\n");
    }

    #[test]
    fn advertising_what_nobody_can_reach_is_caught() {
        let (_, said) = listen("PLAINTEXT://0.0.0.0:9092", None, MAP);
        assert!(said.starts_with("error[thalweg-E0206] PLAINTEXT://0.0.0.0:9092 cannot be advertised"), "{said}");
        let (_, said) = listen("PLAINTEXT://:9092", Some("PLAINTEXT://localhost:9092"), MAP);
        assert_eq!(
            said,
            "warning[thalweg-W0206] clients on other machines will be told to use PLAINTEXT://localhost:9092, which is \
             themselves\n  hint: set advertised.listeners to a name they can reach\n"
        );
        let (_, said) = listen("PLAINTEXT://:9092", Some("EXTERNAL://h:1"), MAP);
        assert!(said.contains("advertised.listeners names EXTERNAL, which is not in listeners"), "{said}");
    }

    #[test]
    fn two_listeners_on_one_port_or_with_one_name_are_caught() {
        let (_, said) = listen("PLAINTEXT://h:1,EXTERNAL://h:1", None, MAP);
        assert!(said.contains("listeners PLAINTEXT://h:1 and EXTERNAL://h:1 want the same port"), "{said}");
        let (_, said) = listen("PLAINTEXT://h:0,EXTERNAL://h:0", None, MAP);
        assert_eq!(said, "");
        let (_, said) = listen("PLAINTEXT://a:1,plaintext://b:2", None, MAP);
        assert!(said.contains("listeners names PLAINTEXT twice"), "{said}");
    }
}
