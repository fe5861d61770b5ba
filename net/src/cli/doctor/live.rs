//! A broker that runs, as a client meets it: it connects, asks what the broker speaks and where the cluster is, and dials every
//! address it is told. Each step has five seconds.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use thalweg_wire::messages::api_versions_request::ApiVersionsRequest;
use thalweg_wire::messages::metadata_request::MetadataRequest;
use thalweg_wire::messages::metadata_response::{MetadataResponse, MetadataResponseBroker, MetadataResponsePartition};
use thalweg_wire::{ApiKey, Reader, Request, RequestHeader, Sink, Str, decode_response};

use super::finding::{Finding, Topic};
use crate::cli::failure::{Code, Exit, Failure};

/// Longest wait for one step.
const PATIENCE: Duration = Duration::from_secs(5);
/// Largest answer.
const ANSWER_BYTES_MAX: usize = 64 << 20;
/// Brokers that are dialled.
const BROKERS_MAX: usize = 64;

/// Looks at the cluster behind `bootstrap`; fails if nobody can be connected to.
pub(super) fn look(bootstrap: &str, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let (name, mut client) = connect_to_any(bootstrap)?;
    let served = match client.served() {
        Ok(served) => served,
        Err(why) => {
            let hint = "is it a Kafka listener, and one without TLS and SASL?";
            findings.push(Finding::error(Topic::Answers, format!("{name} does not answer as a broker: {why}"), hint));
            return Ok(());
        }
    };
    findings.push(Finding::fine(Topic::Answers, format!("{name} answers, with {} APIs", served.len())));
    match client.metadata(&served) {
        Ok(cluster) => look_at_cluster(&cluster, client.peer, findings),
        Err(why) => {
            let message = format!("{name} does not say where its cluster is: {why}");
            findings.push(Finding::error(Topic::Cluster, message, "look into the broker's log"));
        }
    }
    Ok(())
}

fn look_at_cluster(cluster: &MetadataResponse, peer: SocketAddr, findings: &mut Vec<Finding>) {
    let brokers = cluster.brokers.len();
    let id = cluster.cluster_id.as_ref().map_or("without id", Str::as_str);
    let known = cluster.brokers.iter().any(|broker| broker.node_id == cluster.controller_id);
    let said = format!("cluster {id}: {}, {}", counted(brokers, "broker"), counted(cluster.topics.len(), "topic"));
    findings.push(match (brokers, known) {
        (0, _) => {
            Finding::error(Topic::Cluster, format!("{said}: clients have nowhere to go"), "look into the broker's log")
        }
        (_, true) => Finding::fine(Topic::Cluster, said),
        (_, false) => Finding::warning(
            Topic::Cluster,
            format!("{said}, and no controller among them"),
            "topics cannot be created until there is one: look into the controllers' logs",
        ),
    });
    let dialled = thread::scope(|scope| {
        let brokers = cluster.brokers.iter().take(BROKERS_MAX);
        let threads: Vec<_> = brokers.map(|broker| scope.spawn(move || dial(broker, peer))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect::<Vec<_>>()
    });
    findings.extend(dialled.into_iter().flatten());
    if brokers > BROKERS_MAX {
        let message = format!("{} not dialled", counted(brokers - BROKERS_MAX, "broker"));
        findings.push(Finding::notice(Topic::Dialled, message));
    }
    look_at_partitions(cluster, findings);
}

/// Does what a client does with the address it is told.
fn dial(broker: &MetadataResponseBroker, peer: SocketAddr) -> Vec<Finding> {
    let name = at(&broker.host, broker.port);
    let node = broker.node_id;
    let unusable = |why: String| {
        let hint = "set advertised.listeners of that broker to an address that its clients can reach";
        vec![Finding::error(Topic::Dialled, format!("node {node} tells clients to use {name}, {why}"), hint)]
    };
    let Ok(port) = u16::try_from(broker.port) else { return unusable("which is no port".to_owned()) };
    let addresses = match resolve(&broker.host, port) {
        Ok(addresses) => addresses,
        Err(why) => return unusable(format!("which cannot be looked up from here: {why}")),
    };
    let loopback = addresses.iter().all(|address| address.ip().is_loopback());
    if loopback && !peer.ip().is_loopback() {
        let message = format!("node {node}, reached at {peer}, tells clients to use {name}, which is themselves");
        let hint = "set advertised.listeners of that broker to an address that its clients can reach";
        return vec![Finding::error(Topic::ToldLoopback, message, hint)];
    }
    let mut found = match Client::connect(&addresses).map_err(|error| error.to_string()).and_then(|mut c| c.served()) {
        Ok(_) => vec![Finding::fine(Topic::Dialled, format!("node {node} answers at {name}, as it tells clients"))],
        Err(why) => return unusable(format!("where it does not answer: {why}")),
    };
    if loopback {
        let message = format!("node {node} tells clients to use {name}: those on other machines cannot");
        found.push(Finding::notice(Topic::ToldLoopback, message));
    }
    found
}

fn look_at_partitions(cluster: &MetadataResponse, findings: &mut Vec<Finding>) {
    let named = |is: &dyn Fn(&MetadataResponsePartition) -> bool| {
        let all =
            cluster.topics.iter().flat_map(|topic| topic.partitions.iter().map(move |partition| (topic, partition)));
        let such = all.filter(|(_, partition)| is(partition));
        let name = |topic: &Option<Str>| topic.as_ref().map_or("?".to_owned(), ToString::to_string);
        such.map(|(topic, partition)| format!("{}-{}", name(&topic.name), partition.partition_index))
            .collect::<Vec<_>>()
    };
    let told = |names: &[String]| {
        const NAMES_MAX: usize = 3;
        let more = if names.len() > NAMES_MAX { ", ..." } else { "" };
        format!("{}{more}", names[..names.len().min(NAMES_MAX)].join(", "))
    };
    let leaderless = named(&|partition| partition.leader_id < 0);
    if !leaderless.is_empty() {
        let message = format!("{} without a leader: {}", counted(leaderless.len(), "partition"), told(&leaderless));
        findings.push(Finding::error(Topic::Leaders, message, "start the brokers that hold them"));
    }
    let short =
        named(&|partition| partition.leader_id >= 0 && partition.isr_nodes.len() < partition.replica_nodes.len());
    if !short.is_empty() {
        let message = format!("{} short of copies in sync: {}", counted(short.len(), "partition"), told(&short));
        findings.push(Finding::warning(Topic::Copies, message, "look for brokers that are down or behind"));
    }
    if leaderless.is_empty() && short.is_empty() && !cluster.topics.is_empty() {
        findings.push(Finding::fine(Topic::Leaders, "every partition has a leader and all its copies"));
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn at(host: &str, port: i32) -> String {
    if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
}

/// Looks up a name, and waits no longer than for anything else.
pub(super) fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    let (tell, told) = mpsc::channel();
    let owned = host.to_owned();
    thread::spawn(move || {
        let found = (owned.as_str(), port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        tell.send(found).ok();
    });
    match told.recv_timeout(PATIENCE) {
        Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
        Ok(Ok(_)) => Err("the name has no address".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("no answer in {} s", PATIENCE.as_secs())),
    }
}

fn connect_to_any(bootstrap: &str) -> Result<(String, Client), Failure> {
    let mut last = ("nothing is named".to_owned(), "write HOST:PORT".to_owned());
    for name in bootstrap.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let address = name.rsplit_once(':').and_then(|(host, port)| {
            Some((host.trim_start_matches('[').trim_end_matches(']'), port.parse::<u16>().ok()?))
        });
        let Some((host, port)) = address else {
            last = (format!("`{name}` is no address"), "write HOST:PORT".to_owned());
            continue;
        };
        let addresses = match resolve(host, port) {
            Ok(addresses) => addresses,
            Err(why) => {
                last = (format!("cannot look up {host}: {why}"), "is the name right?".to_owned());
                continue;
            }
        };
        match Client::connect(&addresses) {
            Ok(client) => return Ok((name.to_owned(), client)),
            Err(error) => {
                let hint = match error.kind() {
                    ErrorKind::ConnectionRefused => {
                        "nobody listens there: is the broker running, and is the port right?"
                    }
                    ErrorKind::TimedOut | ErrorKind::WouldBlock => "nothing came back: is a firewall in between?",
                    _ => "can this host reach that one?",
                };
                last = (format!("cannot connect to {name}: {error}"), hint.to_owned());
            }
        }
    }
    Err(Failure::new(Code::CannotConnect, last.0).hint(last.1).exit(Exit::CannotConnect))
}

/// An API and the versions in which a broker serves it.
struct Served {
    key: i16,
    min: i16,
    max: i16,
}

/// One connection, one request at a time.
struct Client {
    stream: TcpStream,
    peer: SocketAddr,
    correlation: i32,
}

impl Client {
    fn connect(addresses: &[SocketAddr]) -> io::Result<Client> {
        let mut last = io::Error::from(ErrorKind::NotFound);
        for address in addresses {
            match TcpStream::connect_timeout(address, PATIENCE) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(PATIENCE))?;
                    stream.set_write_timeout(Some(PATIENCE))?;
                    return Ok(Client { stream, peer: *address, correlation: 0 });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What the broker serves; in version 0, which every broker answers.
    fn served(&mut self) -> Result<Vec<Served>, String> {
        let answer = self.call(0, &ApiVersionsRequest::default())?;
        if answer.error_code != 0 {
            return Err(format!("it answers with error {}", answer.error_code));
        }
        let served =
            answer.api_keys.iter().map(|api| Served { key: api.api_key, min: api.min_version, max: api.max_version });
        Ok(served.collect())
    }

    fn metadata(&mut self, served: &[Served]) -> Result<MetadataResponse, String> {
        let row = served.iter().find(|row| row.key == ApiKey::Metadata.key()).ok_or("it serves no Metadata")?;
        let version = row.max.min(ApiKey::Metadata.advertised_max_version());
        if version < row.min.max(1) {
            return Err(format!("it serves Metadata in versions {} to {} only", row.min, row.max));
        }
        self.call(version, &MetadataRequest { topics: None, ..Default::default() })
    }

    fn call<R: Request>(&mut self, version: i16, request: &R) -> Result<R::Response, String> {
        self.correlation += 1;
        let header = RequestHeader {
            api_key: R::KEY.key(),
            api_version: version,
            correlation_id: self.correlation,
            client_id: Some(Str::from_static("thalweg-doctor")),
        };
        let mut sink = Sink::framed();
        header.encode(&mut sink).map_err(|error| error.to_string())?;
        request.encode(&mut sink, version).map_err(|error| error.to_string())?;
        let frame = sink.into_bytes().map_err(|error| error.to_string())?;
        let answer = self.exchange(&frame).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => "it closed the connection".to_owned(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => format!("no answer in {} s", PATIENCE.as_secs()),
            _ => error.to_string(),
        })?;
        let (header, body) = decode_response::<R>(&mut Reader::new(answer), version)
            .map_err(|error| format!("its answer is damaged: {error}"))?;
        if header.correlation_id != self.correlation {
            return Err("it answers something else than was asked".to_owned());
        }
        Ok(body)
    }

    fn exchange(&mut self, frame: &[u8]) -> io::Result<Bytes> {
        self.stream.write_all(frame)?;
        let mut length = [0; 4];
        self.stream.read_exact(&mut length)?;
        let length = usize::try_from(i32::from_be_bytes(length)).ok().filter(|length| *length <= ANSWER_BYTES_MAX);
        let length =
            length.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "its answer is no frame of the protocol"))?;
        // Memory grows with what arrives, not with what the length promises.
        let mut answer = Vec::new();
        (&self.stream).take(length as u64).read_to_end(&mut answer)?;
        if answer.len() < length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(Bytes::from(answer))
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use thalweg_wire::messages::metadata_response::MetadataResponseTopic;

    use super::super::finding::Level;
    use super::*;

    /// Somebody who answers every connection with these bytes.
    fn somebody(answer: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").expect("bound");
        let address = listener.local_addr().expect("an address");
        thread::spawn(move || {
            for stream in listener.incoming().take(2) {
                let mut stream = stream.expect("a connection");
                let mut length = [0; 4];
                stream.read_exact(&mut length).expect("a length");
                let mut request = vec![0; u32::from_be_bytes(length) as usize];
                stream.read_exact(&mut request).expect("a request");
                stream.write_all(answer).ok();
            }
        });
        address
    }

    fn found(bootstrap: &str) -> Vec<Finding> {
        let mut findings = Vec::new();
        look(bootstrap, &mut findings).expect("connected");
        findings
    }

    #[test]
    fn who_cannot_be_reached_is_exit_code_3_with_a_reason() {
        let nobody = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
        for (bootstrap, wanted) in [
            (nobody.to_string(), "cannot connect to"),
            ("nowhere".to_owned(), "is no address"),
            (",".to_owned(), "nothing is named"),
        ] {
            let failure = look(&bootstrap, &mut Vec::new()).expect_err(&bootstrap);
            assert_eq!(failure.exit, Exit::CannotConnect);
            assert!(failure.message.contains(wanted) && failure.hint.is_some(), "{failure}");
        }
    }

    #[test]
    fn who_does_not_speak_the_protocol_is_found_out_and_does_no_harm() {
        for (answer, wanted) in [
            (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "its answer is no frame of the protocol"),
            (b"", "it closed the connection"),
            (&[0x7f, 0xff, 0xff, 0xff, 1], "its answer is no frame of the protocol"),
            (&[0, 0, 0, 9, 1], "it closed the connection"),
            (&[0, 0, 0, 4, 0, 0, 0, 9], "its answer is damaged"),
        ] {
            let findings = found(&somebody(answer).to_string());
            assert_eq!(findings.len(), 1);
            assert!(findings[0].level == Level::Error && findings[0].message.contains(wanted), "{}", findings[0]);
        }
    }

    #[test]
    fn a_broker_that_sends_its_clients_to_themselves_is_an_error_for_those_far_away_only() {
        let nobody = TcpListener::bind("127.0.0.1:0").expect("bound").local_addr().expect("an address");
        let broker =
            MetadataResponseBroker { node_id: 1, host: Str::from("localhost"), port: nobody.port().into(), rack: None };
        let far = dial(&broker, "10.0.0.7:9092".parse().expect("an address"));
        assert!(far[0].message.ends_with("which is themselves") && far[0].level == Level::Error, "{}", far[0]);
        let near = dial(&broker, "127.0.0.1:9092".parse().expect("an address"));
        assert!(near[0].message.contains("where it does not answer"), "{}", near[0]);
        let nonsense = dial(&MetadataResponseBroker { port: -1, ..broker }, nobody);
        assert!(nonsense[0].message.contains("which is no port"), "{}", nonsense[0]);
    }

    #[test]
    fn partitions_without_a_leader_or_with_too_few_copies_are_named() {
        let partition = |index: i32, leader: i32, isr: &[i32]| MetadataResponsePartition {
            partition_index: index,
            leader_id: leader,
            replica_nodes: vec![1, 2],
            isr_nodes: isr.to_vec(),
            ..Default::default()
        };
        let topic = |partitions| MetadataResponseTopic { name: Some(Str::from("t")), partitions, ..Default::default() };
        let judged = |partitions| {
            let mut findings = Vec::new();
            look_at_partitions(
                &MetadataResponse { topics: vec![topic(partitions)], ..Default::default() },
                &mut findings,
            );
            findings.iter().map(ToString::to_string).collect::<Vec<_>>().concat()
        };
        assert!(judged(vec![partition(0, 1, &[1, 2])]).starts_with("fine[thalweg-I0535]"));
        let said = judged(vec![partition(0, -1, &[]), partition(1, 2, &[2]), partition(2, 1, &[2, 1])]);
        assert!(said.contains("error[thalweg-E0535] 1 partition without a leader: t-0"), "{said}");
        assert!(said.contains("warning[thalweg-W0536] 1 partition short of copies in sync: t-1"), "{said}");
    }
}
