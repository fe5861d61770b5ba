//! One run from several hosts. Each host runs an agent; the one that starts the run gives every agent its share of the
//! producers and consumers, waits until all are connected, lets all begin at one moment of the wall clock, and merges what
//! they saw. Messages are JSON behind a four-byte length.
//!
//! The agents' clocks have to agree: end-to-end latency is a difference of theirs, and the outcome says so. The warm-up is its
//! maximum, because agents cannot each settle for themselves. Whoever reaches an agent's port can make it put a load on any
//! broker: it listens where it is told to, by default on loopback.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::wall_ns;
use crate::failure::{Code, Failure};
use crate::host;
use crate::outcome::{Interval, Latency, Outcome, Quantiles, Totals, Verdict};
use crate::plan::Plan;
use crate::run::{Part, find_cluster_first, new_run, run_part};
use crate::view::{Choice, Live};

/// What is said between the one who starts a run and an agent.
#[derive(Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
enum Message {
    /// Agent: how many cores it gives.
    Hello { version: String, cores: u16 },
    /// Starter: this is your part.
    Take { plan: Box<Plan>, run: u32, first_worker: u32, workers: u32 },
    /// Agent: everything is connected.
    Ready,
    /// Starter: begin then.
    Begin { wall_ns: u64 },
    /// Agent: this is what I saw.
    Done { outcome: Box<Outcome> },
    /// Agent: it did not work.
    Failed { message: String },
}

/// The largest message: an outcome of a long run has a few megabytes.
const MESSAGE_BYTES_MAX: u32 = 256 << 20;
const CONNECT_TIME: Duration = Duration::from_secs(5);
/// How long an agent may take to connect its part.
const READY_TIME: Duration = Duration::from_secs(180);
/// From the moment all are ready to the first record.
const RUN_UP: Duration = Duration::from_millis(500);
/// How long an agent may take beyond the run itself.
const SLACK_TIME: Duration = Duration::from_secs(120);

fn send(stream: &mut TcpStream, message: &Message) -> io::Result<()> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).ok().filter(|length| *length <= MESSAGE_BYTES_MAX);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the message is too long"))?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&text)
}

fn receive(stream: &mut TcpStream, within: Duration) -> io::Result<Message> {
    stream.set_read_timeout(Some(within))?;
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > MESSAGE_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "this is no message of a load generator"));
    }
    // memory grows with what arrives, not with what was promised
    let mut text = Vec::new();
    stream.take(length.into()).read_to_end(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

/// Serves runs, one after the other, until the process is stopped or, with `once`, after the first. `listening` is told
/// where it listens.
pub fn serve(listen: &str, cores: Option<u16>, once: bool, mut listening: impl FnMut(&str)) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(Code::Agent, format!("cannot listen on {listen}: {error}"));
    let listener = TcpListener::bind(listen).map_err(failed)?;
    listening(&listener.local_addr().map_err(failed)?.to_string());
    let cores = cores.unwrap_or_else(|| (host::cpus() / 2).max(1) as u16);
    loop {
        let (stream, _) = listener.accept().map_err(failed)?;
        let served = take_part(stream, cores);
        if once {
            return served.map_err(|error| Failure::new(Code::Agent, error.to_string()));
        }
    }
}

fn take_part(mut stream: TcpStream, cores: u16) -> io::Result<()> {
    stream.set_nodelay(true)?;
    send(&mut stream, &Message::Hello { version: env!("CARGO_PKG_VERSION").to_owned(), cores })?;
    let Message::Take { plan, run, first_worker, workers } = receive(&mut stream, READY_TIME)? else {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not what was to be said first"));
    };
    let plan = Plan { cores: Some(cores), ..*plan };
    let mut gate = || {
        let agreed = send(&mut stream, &Message::Ready).and_then(|()| receive(&mut stream, READY_TIME));
        match agreed {
            Ok(Message::Begin { wall_ns }) => Ok(Some(wall_ns)),
            _ => Err(Failure::new(Code::Agent, "whoever started the run is gone")),
        }
    };
    let done = Live::open(Choice::Quiet, &plan).map_err(|error| error.to_string()).and_then(|mut live| {
        run_part(&plan, &mut live, Part { run, first_worker, workers: Some(workers), gate: &mut gate })
            .map_err(|failure| failure.message)
    });
    let message = match done {
        Ok(outcome) => Message::Done { outcome: Box::new(outcome) },
        Err(message) => Message::Failed { message },
    };
    send(&mut stream, &message)
}

struct Agent {
    address: String,
    stream: TcpStream,
    cores: u16,
}

impl Agent {
    fn failed(&self, what: impl std::fmt::Display) -> Failure {
        Failure::new(Code::Agent, format!("agent {}: {what}", self.address))
    }

    fn hear(&mut self, within: Duration) -> Result<Message, Failure> {
        match receive(&mut self.stream, within) {
            Ok(Message::Failed { message }) => Err(self.failed(message)),
            Ok(message) => Ok(message),
            Err(error) => Err(self.failed(format!("no word from it: {error}"))),
        }
    }

    fn tell(&mut self, message: &Message) -> Result<(), Failure> {
        send(&mut self.stream, message).map_err(|error| self.failed(error))
    }
}

fn greet(address: &str) -> Result<Agent, Failure> {
    let failed = |error: io::Error| {
        Failure::new(Code::Unreachable, format!("cannot reach the agent at {address}: {error}"))
            .hint("start it there: thalweg loadgen agent --listen HOST:PORT")
    };
    let missing = || io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    let to = address.to_socket_addrs().map_err(failed)?.next().ok_or_else(missing).map_err(failed)?;
    let stream = TcpStream::connect_timeout(&to, CONNECT_TIME).map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    let mut agent = Agent { address: address.to_owned(), stream, cores: 0 };
    match agent.hear(CONNECT_TIME)? {
        Message::Hello { version, cores } if version == env!("CARGO_PKG_VERSION") => agent.cores = cores,
        Message::Hello { version, .. } => {
            return Err(agent.failed(format!("it is version {version}, this is {}", env!("CARGO_PKG_VERSION"))));
        }
        _ => return Err(agent.failed("not what was to be said first")),
    }
    Ok(agent)
}

/// Runs a plan from the agents at these addresses.
pub fn run_on(plan: &Plan, addresses: &[String]) -> Result<Outcome, Failure> {
    if plan.verify || plan.backlog.is_some() || plan.bootstrap.is_empty() {
        return Err(Failure::new(
            Code::Plan,
            "agents neither verify nor build a backlog, and need a broker: -b HOST:PORT",
        ));
    }
    plan.validate().map_err(|problems| {
        Failure::new(Code::Plan, problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
    })?;
    let mut agents = addresses.iter().map(|address| greet(address)).collect::<Result<Vec<Agent>, Failure>>()?;
    // topics are there before agents look for them, each at the same time
    find_cluster_first(plan)?;
    let workers = agents.iter().map(|agent| u32::from(agent.cores)).sum();
    let (run, mut first_worker) = (new_run(plan.seed), 0);
    for agent in &mut agents {
        let plan = Box::new(Plan { cores: Some(agent.cores), ..plan.clone() });
        agent.tell(&Message::Take { plan, run, first_worker, workers })?;
        first_worker += u32::from(agent.cores);
    }
    for agent in &mut agents {
        let Message::Ready = agent.hear(READY_TIME)? else { return Err(agent.failed("it is not ready")) };
    }
    let begin = Message::Begin { wall_ns: wall_ns() + RUN_UP.as_nanos() as u64 };
    agents.iter_mut().try_for_each(|agent| agent.tell(&begin))?;
    let time = Duration::from_millis(plan.warmup.max_ms + plan.duration_ms) + SLACK_TIME;
    let mut outcomes = Vec::new();
    for agent in &mut agents {
        match agent.hear(time)? {
            Message::Done { outcome } => outcomes.push(*outcome),
            _ => return Err(agent.failed("it did not say what it saw")),
        }
    }
    merge(plan, outcomes).map_err(|error| Failure::new(Code::Agent, error))
}

/// One outcome of the parts of one run.
fn merge(plan: &Plan, parts: Vec<Outcome>) -> Result<Outcome, String> {
    let mut parts = parts.into_iter();
    let mut all = parts.next().ok_or("no agent took part")?;
    all.plan = Plan { cores: None, ..plan.clone() };
    all.host.agents = vec![all.host.name.clone()];
    for part in parts {
        all.host.agents.push(part.host.name.clone());
        add_totals(&mut all.totals, &part.totals);
        for (sum, more) in [
            (&mut all.latency.response, &part.latency.response),
            (&mut all.latency.service, &part.latency.service),
            (&mut all.latency.lag, &part.latency.lag),
            (&mut all.latency.end_to_end, &part.latency.end_to_end),
        ] {
            let mut histogram = sum.histogram().map_err(|bad| bad.to_string())?;
            let more = more.histogram().map_err(|bad| bad.to_string())?;
            histogram.add(&more).map_err(|error| format!("histograms do not fit: {error:?}"))?;
            *sum = Latency::of(&histogram).map_err(|bad| bad.to_string())?;
        }
        add_intervals(&mut all.intervals, part.intervals);
        all.verdict = both(all.verdict, part.verdict);
        all.cpu.generator_cores += part.cpu.generator_cores;
        all.cpu.generator_ns += part.cpu.generator_ns;
        all.cpu.generator_busiest_ratio = all.cpu.generator_busiest_ratio.max(part.cpu.generator_busiest_ratio);
        all.remarks.extend(part.remarks);
    }
    let gib = all.totals.acked_bytes as f64 / f64::from(1 << 30);
    all.cpu.generator_seconds_per_gib = (gib > 0.0).then(|| all.cpu.generator_ns as f64 / 1e9 / gib);
    all.cpu.broker_seconds_per_gib =
        all.cpu.broker_ns.filter(|_| gib > 0.0).map(|broker_ns| broker_ns as f64 / 1e9 / gib);
    all.remarks
        .push("a second's quantiles are the largest of its agents'; those of the whole run are merged".to_owned());
    all.remarks.dedup();
    Ok(all)
}

fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Valid, Verdict::Valid) => Verdict::Valid,
        (Verdict::Invalid { mut reasons }, Verdict::Invalid { reasons: more }) => {
            reasons.extend(more);
            Verdict::Invalid { reasons }
        }
        (invalid @ Verdict::Invalid { .. }, Verdict::Valid) | (Verdict::Valid, invalid) => invalid,
    }
}

fn add_errors(sum: &mut BTreeMap<String, u64>, more: &BTreeMap<String, u64>) {
    for (name, count) in more {
        *sum.entry(name.clone()).or_default() += count;
    }
}

fn add_totals(sum: &mut Totals, more: &Totals) {
    sum.intended += more.intended;
    sum.sent += more.sent;
    sum.acked += more.acked;
    sum.acked_bytes += more.acked_bytes;
    sum.failed += more.failed;
    sum.unanswered += more.unanswered;
    sum.unsent += more.unsent;
    sum.consumed += more.consumed;
    sum.consumed_bytes += more.consumed_bytes;
    sum.requests += more.requests;
    sum.batches += more.batches;
    sum.wire_bytes += more.wire_bytes;
    sum.retries += more.retries;
    sum.connects += more.connects;
    sum.acked_per_second += more.acked_per_second;
    sum.consumed_per_second += more.consumed_per_second;
    add_errors(&mut sum.errors, &more.errors);
}

fn add_intervals(sum: &mut Vec<Interval>, more: Vec<Interval>) {
    for (number, second) in more.into_iter().enumerate() {
        let Some(of) = sum.get_mut(number) else {
            sum.push(second);
            continue;
        };
        of.sent += second.sent;
        of.acked += second.acked;
        of.acked_bytes += second.acked_bytes;
        of.consumed += second.consumed;
        of.consumed_bytes += second.consumed_bytes;
        add_errors(&mut of.errors, &second.errors);
        of.response = largest(of.response, second.response);
        of.lag = largest(of.lag, second.lag);
        of.end_to_end = largest(of.end_to_end, second.end_to_end);
        of.generator_cpu_ratio = of.generator_cpu_ratio.max(second.generator_cpu_ratio);
        of.broker_cpu = of.broker_cpu.or(second.broker_cpu);
    }
}

/// Of two sets of quantiles, what is no smaller than either.
fn largest(one: Quantiles, other: Quantiles) -> Quantiles {
    let count = one.count + other.count;
    let mean = |q: Quantiles| q.mean_ns * q.count as f64;
    Quantiles {
        count,
        mean_ns: (mean(one) + mean(other)) / count.max(1) as f64,
        p50_ns: one.p50_ns.max(other.p50_ns),
        p75_ns: one.p75_ns.max(other.p75_ns),
        p95_ns: one.p95_ns.max(other.p95_ns),
        p99_ns: one.p99_ns.max(other.p99_ns),
        p999_ns: one.p999_ns.max(other.p999_ns),
        p9999_ns: one.p9999_ns.max(other.p9999_ns),
        max_ns: one.max_ns.max(other.max_ns),
    }
}
