//! Rows about the network: queues and their CPUs, buffers of sockets, how the kernel hands packets on. What only an ioctl of
//! the driver shows (ring sizes, coalescing, offloads) is not looked at, only what follows from it.

use crate::attribute::Format;
use crate::nic::Nic;
use crate::parameter::{Look, Observation, Parameter, Paths, Persist, Place, Reach, Scope, Severity, Want};
use crate::profile::Profile;

const MIB: u64 = 1 << 20;
/// Flows the kernel remembers for steering.
const FLOWS: u64 = 32_768;
/// The kernel's own range of ports for connections that this host makes.
const PORTS: (u64, u64) = (32_768, 60_999);
/// Fewer are few: the kernel's own are 28,232.
const PORTS_MIN: u64 = 28_000;
/// Where a broker listens unless it is told otherwise.
const BROKER_PORT: u64 = 9092;
/// Bytes of a frame that devices and switches call a jumbo.
const JUMBO: u64 = 9000;
/// Mbit/s from which on the number of packets is felt.
const FAST: u64 = 10_000;
/// What the engine puts into a socket at once.
const SEND_BYTES: u64 = 256 << 10;
/// Of so many packets one may be lost for want of room without anybody noticing.
const PACKETS_PER_LOSS: u64 = 100_000;
const SYSCTLS: &str = "Documentation/networking/ip-sysctl.rst";
const CORE_SYSCTLS: &str = "Documentation/admin-guide/sysctl/net.rst";
const SCALING: &str = "Documentation/networking/scaling.rst";

pub(super) const ROWS: &[Parameter] = &[
    Parameter {
        scope: Scope::Network,
        severity: Severity::Warning,
        title: "connections that wait to be accepted",
        reason: "When all clients come back at once after a restart, what does not fit is dropped and tried again a second later.",
        source: SYSCTLS,
        ..Parameter::sysctl("net.somaxconn", "net.core.somaxconn", Format::Word, |_| Want::AtLeast(vec![4096]))
    },
    Parameter {
        scope: Scope::Network,
        severity: Severity::Warning,
        title: "connections that are half open",
        reason: "The same, one step earlier.",
        source: SYSCTLS,
        ..Parameter::sysctl("net.syn_backlog", "net.ipv4.tcp_max_syn_backlog", Format::Word, |_| {
            Want::AtLeast(vec![4096])
        })
    },
    Parameter {
        scope: Scope::Network,
        title: "packets that wait for a CPU",
        reason: "Packets steered to another CPU, and those of the loopback, wait here; the rest is dropped.",
        risk: "memory for as many packets on each CPU when a CPU cannot keep up",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.packet_backlog", "net.core.netdev_max_backlog", Format::Word, |_| {
            Want::AtLeast(vec![10_000])
        })
    },
    Parameter {
        scope: Scope::Network,
        title: "packets taken in one go",
        reason: "Fast devices fill more than the default before the kernel comes back to them.",
        risk: "programs on the same CPU wait a little longer for their turn",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.packet_budget", "net.core.netdev_budget", Format::Word, |place| {
            match place.look.profile {
                Profile::Throughput | Profile::Balanced => Want::AtLeast(vec![600]),
                profile => Want::leave(format!("{profile} has no use for it")),
            }
        })
    },
    Parameter {
        scope: Scope::Network,
        title: "the largest receive buffer a program may ask for",
        reason: "socket.receive.buffer.bytes above it is cut without a word.",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.rmem_max", "net.core.rmem_max", Format::Word, |_| Want::AtLeast(vec![16 * MIB]))
    },
    Parameter {
        scope: Scope::Network,
        title: "the largest send buffer a program may ask for",
        reason: "socket.send.buffer.bytes above it is cut without a word.",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.wmem_max", "net.core.wmem_max", Format::Word, |_| Want::AtLeast(vec![16 * MIB]))
    },
    Parameter {
        scope: Scope::Network,
        title: "how far a connection's receive buffer grows",
        reason: "One connection over a long line moves no more than a buffer each round trip.",
        risk: "memory of connections whose reader is slow",
        source: SYSCTLS,
        ..Parameter::sysctl("net.tcp_rmem", "net.ipv4.tcp_rmem", Format::Numbers, |_| {
            Want::AtLeast(vec![4096, 131_072, 16 * MIB])
        })
    },
    Parameter {
        scope: Scope::Network,
        title: "how far a connection's send buffer grows",
        reason: "The same in the other direction: replication and consumers.",
        risk: "memory of connections whose reader is slow",
        source: SYSCTLS,
        ..Parameter::sysctl("net.tcp_wmem", "net.ipv4.tcp_wmem", Format::Numbers, |_| {
            Want::AtLeast(vec![4096, 16_384, 16 * MIB])
        })
    },
    Parameter {
        scope: Scope::Network,
        title: "memory of all connections together",
        reason: "In pages: from the second number on the kernel shrinks buffers, at the third it drops what arrives. It takes 9 % \
                 of memory by itself; numbers copied from a smaller host are too small for all clients at once.",
        risk: "as much memory may be held by connections whose reader is slow",
        source: SYSCTLS,
        ..Parameter::sysctl("net.tcp_mem", "net.ipv4.tcp_mem", Format::Numbers, tcp_mem)
    },
    Parameter {
        scope: Scope::Network,
        title: "ports for connections this host makes",
        reason: "Each connection to the same broker takes one, and holds it for a minute after it is closed: a load generator, \
                 or clients that come and go, run out of few.",
        risk: "a firewall that lets only the old range out has to know; a port in the range on which a program listens may be \
               taken before that starts, so 9092 must be outside or in net.ipv4.ip_local_reserved_ports",
        source: SYSCTLS,
        ..Parameter::sysctl("net.ports", "net.ipv4.ip_local_port_range", Format::Numbers, ports)
    },
    Parameter {
        scope: Scope::Network,
        title: "ports that wait to be free again",
        reason: "With 0 a port rests for a minute after its connection, also where the other end is this host: a load generator \
                 beside the broker runs out of ports. 2, the kernel's own, lets those of the loopback be used again, 1 all.",
        source: SYSCTLS,
        ..Parameter::sysctl("net.port_reuse", "net.ipv4.tcp_tw_reuse", Format::Word, port_reuse)
    },
    Parameter {
        scope: Scope::Network,
        title: "bytes a socket takes ahead of the line",
        reason: "An answer is put into the socket in pieces of 256 KiB. Where fewer bytes may wait unsent, as web servers are \
                 tuned for, a core is woken several times for each of them.",
        risk: "programs that count on a short queue in the kernel have a longer one",
        source: SYSCTLS,
        ..Parameter::sysctl("net.unsent", "net.ipv4.tcp_notsent_lowat", Format::Word, |place| {
            match place.look.profile {
                Profile::Latency => Want::leave("latency is for whoever wants short queues"),
                _ => Want::AtLeast(vec![SEND_BYTES]),
            }
        })
    },
    Parameter {
        scope: Scope::Network,
        severity: Severity::Warning,
        title: "starting slowly again after a pause",
        reason: "Connections between brokers and of batching producers pause all the time; each pause would begin with a few \
                 packets a round trip.",
        risk: "a burst after a pause meets a network that may have become busy",
        source: SYSCTLS,
        ..Parameter::sysctl("net.slow_start", "net.ipv4.tcp_slow_start_after_idle", Format::Word, |_| Want::exactly(0))
    },
    Parameter {
        scope: Scope::Network,
        title: "looking at the device instead of waiting, on reads",
        reason: "It spares the interrupt where nothing else is to be done.",
        risk: "as much CPU time for each read that finds nothing",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.busy_read", "net.core.busy_read", Format::Word, busy)
    },
    Parameter {
        scope: Scope::Network,
        title: "looking at the device instead of waiting, on polls",
        reason: "The same for those that wait for several sockets.",
        risk: "as much CPU time for each poll that finds nothing",
        source: CORE_SYSCTLS,
        ..Parameter::sysctl("net.busy_poll", "net.core.busy_poll", Format::Word, busy)
    },
    Parameter {
        scope: Scope::Network,
        title: "flows the kernel steers",
        reason: "Packets of a connection should arrive on the core that owns it; with fewer queues than cores the kernel has to \
                 move them.",
        source: SCALING,
        ..Parameter::sysctl("net.flows", "net.core.rps_sock_flow_entries", Format::Word, |place| {
            if place.look.facts.nics.is_empty() {
                return Want::leave("there is no network device of its own");
            }
            match place.look.facts.nics.iter().any(|nic| is_short_of_queues(&place.look, nic)) {
                true => Want::AtLeast(vec![FLOWS]),
                false => Want::leave("every CPU has a queue of its own"),
            }
        })
    },
    Parameter {
        id: "net.queue_flows",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "flows steered from each queue",
        reach: Reach::Write { paths: Paths::Nic("queues/rx-*/rps_flow_cnt"), format: Format::Word, want: queue_flows },
        reason: "Each queue's part of the table of flows.",
        source: SCALING,
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.queue_cpus",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "CPUs that may take packets of a queue",
        reach: Reach::Write { paths: Paths::Nic("queues/rx-*/rps_cpus"), format: Format::Mask, want: queue_cpus },
        reason: "With fewer queues than cores, protocol work for all connections runs on the few CPUs that get interrupts.",
        risk: "an interrupt between CPUs for packets that move",
        source: SCALING,
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.send_queues",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "the queue each CPU sends through",
        reach: Reach::Write { paths: Paths::Nic("queues/tx-*/xps_cpus"), format: Format::Mask, want: send_queues },
        reason: "A queue that one core alone sends through needs no lock that is contended.",
        source: SCALING,
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.interrupts",
        scope: Scope::Network,
        severity: Severity::Warning,
        title: "the CPU each queue interrupts",
        reach: Reach::Write { paths: Paths::NicInterrupts, format: Format::Word, want: interrupts },
        reason: "One queue, one CPU, near the device: otherwise several queues land on one CPU, or on the other socket.",
        risk: "irqbalance must be kept off these CPUs, or it undoes it",
        source: "Documentation/core-api/irq/irq-affinity.rst",
        persist: Persist::Unit,
        setters: &["irqbalance", "tuned"],
        tuned_word: "default_irq_smp_affinity",
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.interrupt_pause",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "nanoseconds between looks at a busy device",
        reach: Reach::Write {
            paths: Paths::Nic("gro_flush_timeout"),
            format: Format::Word,
            want: |place| pause(place, 20_000),
        },
        reason: "Under load, packets are taken in batches by a timer instead of one interrupt each.",
        risk: "as much added to the first packet after a pause",
        source: "Documentation/networking/napi.rst",
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.interrupt_deferral",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "empty looks before interrupts come back",
        reach: Reach::Write {
            paths: Paths::Nic("napi_defer_hard_irqs"),
            format: Format::Word,
            want: |place| pause(place, 2),
        },
        reason: "The other half of the above.",
        risk: "as the above",
        source: "Documentation/networking/napi.rst",
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        id: "net.threads",
        scope: Scope::Network,
        severity: Severity::Info,
        title: "packets are taken by threads of the kernel",
        reach: Reach::Write { paths: Paths::Nic("threaded"), format: Format::Word, want: threads },
        reason: "Without them a queue's packets are taken on the CPU that it interrupts, beside the core that owns the \
                 connections. A thread runs where the scheduler puts it, and waits its turn behind our cores.",
        risk: "a flood of packets takes its CPU before any program has a turn",
        source: "Documentation/networking/napi.rst",
        persist: Persist::Unit,
        ..Parameter::BLANK
    },
    Parameter {
        scope: Scope::Network,
        title: "packets the network device had no room for",
        reason: "Each is sent again after a round trip at the least, and its connection slows down. How long the device's rings \
                 are only an ioctl tells; that they are too short can be seen here.",
        risk: "memory for as many packets, and the device stops for a moment while it changes",
        source: "Documentation/networking/statistics.rst, ethtool(8)",
        by_hand: "ethtool -g DEVICE says how long its rings are and may be; ethtool -G DEVICE rx N",
        undo: "ethtool -G DEVICE rx OLD",
        ..Parameter::observed("net.rings", rings)
    },
    Parameter {
        scope: Scope::Network,
        title: "queues of the network device",
        reason: "With a queue for each core no packet has to move between CPUs.",
        risk: "the device stops for a moment while it changes",
        source: "ethtool(8)",
        by_hand: "ethtool -L DEVICE combined N",
        undo: "ethtool -L DEVICE combined OLD",
        ..Parameter::observed("net.queues", queues)
    },
    Parameter {
        scope: Scope::Network,
        title: "the network device is near the cores",
        reason: "Packets that arrive at the other socket cross the link between them twice.",
        source: SCALING,
        by_hand: "name CPUs near the device in thalweg.cores, or plug it into the other socket",
        undo: "remove the setting",
        ..Parameter::observed("net.near", near)
    },
    Parameter {
        scope: Scope::Network,
        title: "who orders packets to the network",
        reason: "With pfifo_fast the answer to one client waits behind the burst for another; fq and fq_codel let connections \
                 take turns. It is what each queue of a device gets when the device comes up, so writing it changes nothing \
                 that is up.",
        risk: "a little CPU time for each packet",
        source: CORE_SYSCTLS,
        by_hand: "sysctl -w net.core.default_qdisc=fq and the same in sysctl.d, then a restart of the host",
        undo: "sysctl -w net.core.default_qdisc=OLD, and remove the line",
        reboot: true,
        ..Parameter::observed("net.qdisc", qdisc)
    },
    Parameter {
        scope: Scope::Network,
        title: "who decides how fast a connection sends",
        reason: "reno halves its speed at every loss and needs minutes to come back on a long and fast line; cubic needs seconds. \
                 bbr does not go by losses: worth a try between sites, not needed within one.",
        risk: "connections of other programs share the line in other parts than before",
        source: SYSCTLS,
        by_hand: "sysctl -w net.ipv4.tcp_congestion_control=cubic and the same in sysctl.d; for bbr modprobe tcp_bbr first",
        undo: "sysctl -w net.ipv4.tcp_congestion_control=OLD, and remove the line",
        ..Parameter::observed("net.congestion", congestion)
    },
    Parameter {
        scope: Scope::Network,
        title: "bytes of a packet",
        reason: "With 9000 the same records are a sixth of the packets. Devices that cut and join packets themselves hide most of \
                 it below 10 Gbit/s.",
        risk: "every host and switch of the segment has to agree: where one does not, large packets are lost and small ones \
               arrive, so that connections open and then hang",
        source: "ip-link(8)",
        by_hand: "ip link set dev DEVICE mtu 9000, on every host of the segment and its switches first",
        undo: "ip link set dev DEVICE mtu OLD",
        ..Parameter::observed("net.mtu", mtu)
    },
    Parameter {
        scope: Scope::Network,
        title: "the firewall remembers connections",
        reason: "Each packet is looked up in a table, and when that is full new connections are dropped.",
        risk: "rules that go by a connection's state no longer see these",
        source: "Documentation/networking/nf_conntrack-sysctl.rst",
        by_hand: "nft add rule raw prerouting tcp dport 9092 notrack, and the same for what is sent",
        undo: "remove the rules",
        ..Parameter::observed("net.tracking", tracking)
    },
];

fn cpus<'a>(look: &Look<'a>) -> &'a [usize] {
    &look.facts.host.cpus.allowed
}

fn nic<'a>(place: &Place<'a>) -> Option<&'a Nic> {
    place.look.facts.nics.iter().find(|nic| nic.name == place.device)
}

/// The CPUs to use for a device: those near it that this process may use, or else all it may use.
fn cpus_for(look: &Look, nic: &Nic) -> Vec<usize> {
    let near: Vec<usize> = cpus(look).iter().copied().filter(|cpu| nic.near.contains(cpu)).collect();
    if near.is_empty() { cpus(look).to_vec() } else { near }
}

fn is_short_of_queues(look: &Look, nic: &Nic) -> bool {
    nic.receive_queues < cpus_for(look, nic).len()
}

fn busy(place: &Place) -> Want {
    match place.look.profile {
        Profile::Latency => Want::exactly(50),
        profile => Want::leave(format!("{profile} has no use for it")),
    }
}

/// In pages: two thirds of what the kernel takes by itself, in the same proportions.
fn tcp_mem(place: &Place) -> Want {
    let look = &place.look;
    let (Some(memory), Some(page)) = (look.facts.host.memory, page_bytes(look)) else {
        return Want::leave("how much memory there is, or how large its pages are, is not known");
    };
    let pages = memory.total / page;
    Want::AtLeast(vec![pages / 32, pages / 24, pages / 16])
}

/// Mappings tell their pages; the smallest are the kernel's.
fn page_bytes(look: &Look) -> Option<u64> {
    let maps = look.root.text("/proc/self/smaps")?;
    let kib = |line: &str| line.strip_prefix("KernelPageSize:")?.trim().strip_suffix("kB")?.trim().parse::<u64>().ok();
    maps.lines().filter_map(kib).filter(|kib| *kib > 0).min()?.checked_mul(1024)
}

fn ports(place: &Place) -> Want {
    let numbers: Vec<u64> = place.current.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let [first, last] = numbers[..] else { return Want::leave("these are not two numbers") };
    if last.saturating_sub(first) + 1 < PORTS_MIN {
        return Want::Exactly(format!("{} {}", PORTS.0, PORTS.1));
    }
    if (first..=last).contains(&BROKER_PORT) && !is_reserved(&place.look, BROKER_PORT) {
        return Want::leave(format!("{BROKER_PORT} is among them, and not in net.ipv4.ip_local_reserved_ports"));
    }
    Want::Exactly(format!("{first} {last}"))
}

/// Whether the kernel gives a port only to who asks for it.
fn is_reserved(look: &Look, port: u64) -> bool {
    let reserved = look.root.text("/proc/sys/net/ipv4/ip_local_reserved_ports").unwrap_or_default();
    reserved.split(',').any(|part| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        matches!((first.trim().parse(), last.trim().parse()), (Ok(first), Ok(last)) if (first..=last).contains(&port))
    })
}

/// Without timestamps the kernel could not tell a late packet of the old connection from one of the new.
fn port_reuse(place: &Place) -> Want {
    match place.beside("tcp_timestamps").as_deref() {
        Some("0") => Want::leave("it goes by timestamps, and net.ipv4.tcp_timestamps is 0"),
        _ => Want::OneOf(&["2", "1"]),
    }
}

/// With CPUs set aside for it a thread is what somebody made room for.
fn threads(place: &Place) -> Want {
    match place.look.root.text("/sys/devices/system/cpu/isolated") {
        Some(list) if !list.is_empty() => Want::leave("with CPUs set aside they may have some of their own"),
        _ => Want::exactly(0),
    }
}

fn queue_flows(place: &Place) -> Want {
    match nic(place) {
        Some(nic) if is_short_of_queues(&place.look, nic) => {
            Want::AtLeast(vec![(FLOWS / nic.receive_queues.max(1) as u64).next_power_of_two()])
        }
        _ => Want::leave("every CPU has a queue of its own"),
    }
}

fn queue_cpus(place: &Place) -> Want {
    match nic(place) {
        Some(nic) if is_short_of_queues(&place.look, nic) => Want::Exactly(super::mask(&cpus_for(&place.look, nic))),
        _ => Want::leave("every CPU has a queue of its own"),
    }
}

fn send_queues(place: &Place) -> Want {
    let Some(nic) = nic(place) else { return Want::leave("the device is not known") };
    let cpus = cpus_for(&place.look, nic);
    match cpus.get(place.nth) {
        Some(cpu) if !is_short_of_queues(&place.look, nic) => Want::Exactly(super::mask(&[*cpu])),
        Some(_) => Want::leave("CPUs have to share queues"),
        None => Want::leave("there are more queues than CPUs"),
    }
}

fn interrupts(place: &Place) -> Want {
    let Some(nic) = nic(place) else { return Want::leave("the device is not known") };
    let cpus = cpus_for(&place.look, nic);
    if cpus.len() < 2 || nic.receive_queues < 2 {
        return Want::leave("with one queue there is nothing to spread");
    }
    Want::exactly(cpus[place.nth % cpus.len()])
}

fn pause(place: &Place, value: u64) -> Want {
    match place.look.profile {
        Profile::Throughput => Want::AtLeast(vec![value]),
        profile => Want::leave(format!("{profile} has no use for it")),
    }
}

fn queues(look: &Look) -> Observation {
    if look.facts.nics.is_empty() {
        return Observation::Leave("there is no network device of its own".to_owned());
    }
    let said: Vec<String> =
        look.facts.nics.iter().map(|nic| format!("{} has {}", nic.name, nic.receive_queues)).collect();
    let most = look.facts.nics.iter().map(|nic| cpus_for(look, nic).len()).max().unwrap_or(1);
    match look.facts.nics.iter().any(|nic| is_short_of_queues(look, nic)) {
        true => Observation::Better(said.join(", "), format!("{most}, one for each CPU near it")),
        false => Observation::Good(said.join(", ")),
    }
}

fn near(look: &Look) -> Observation {
    if look.facts.nodes.len() < 2 {
        return Observation::Leave("there is one NUMA node".to_owned());
    }
    let known: Vec<&Nic> = look.facts.nics.iter().filter(|nic| !nic.near.is_empty()).collect();
    if known.is_empty() {
        return Observation::Leave("no network device tells where it is".to_owned());
    }
    let far = |nic: &&&Nic| cpus(look).iter().any(|cpu| !nic.near.contains(cpu));
    match known.iter().find(far) {
        Some(nic) => Observation::Better(
            format!("{} is near CPUs {}", nic.name, crate::cpu::List(&nic.near)),
            format!("thalweg.cores={}", crate::cpu::List(&nic.near)),
        ),
        None => Observation::Good("yes".to_owned()),
    }
}

fn qdisc(look: &Look) -> Observation {
    match look.root.text("/proc/sys/net/core/default_qdisc") {
        Some(name) if ["fq", "fq_codel", "cake"].contains(&name.as_str()) => Observation::Good(name),
        Some(name) => Observation::Better(name, "fq or fq_codel".to_owned()),
        None => Observation::Leave("this kernel does not have it".to_owned()),
    }
}

fn congestion(look: &Look) -> Observation {
    match look.root.text("/proc/sys/net/ipv4/tcp_congestion_control") {
        Some(name) if name == "reno" => Observation::Better(name, "cubic or bbr".to_owned()),
        Some(name) => Observation::Good(name),
        None => Observation::Leave("this kernel does not have it".to_owned()),
    }
}

/// Since the device came up. Drivers count the same loss under one name or the other, some under both.
fn rings(look: &Look) -> Observation {
    if look.facts.nics.is_empty() {
        return Observation::Leave("there is no network device of its own".to_owned());
    }
    let counted = |nic: &Nic| {
        let file = |name: &str| look.root.number::<u64>(format!("/sys/class/net/{}/statistics/rx_{name}", nic.name));
        let lost = file("missed_errors").max(file("fifo_errors"))?;
        Some((nic.name.clone(), lost, file("packets")?))
    };
    let known: Vec<(String, u64, u64)> = look.facts.nics.iter().filter_map(counted).collect();
    if known.is_empty() {
        return Observation::Leave("the kernel does not tell".to_owned());
    }
    let said: Vec<String> = known.iter().map(|(name, lost, of)| format!("{name} {lost} of {of}")).collect();
    match known.iter().any(|(_, lost, of)| *lost > of / PACKETS_PER_LOSS) {
        true => Observation::Better(said.join(", "), "longer rings".to_owned()),
        false => Observation::Good(said.join(", ")),
    }
}

fn mtu(look: &Look) -> Observation {
    if look.facts.nics.is_empty() {
        return Observation::Leave("there is no network device of its own".to_owned());
    }
    let number = |nic: &Nic, name: &str| look.root.number::<u64>(format!("/sys/class/net/{}/{name}", nic.name));
    let known: Vec<(&Nic, u64)> = look.facts.nics.iter().filter_map(|nic| Some((nic, number(nic, "mtu")?))).collect();
    if known.is_empty() {
        return Observation::Leave("the kernel does not tell".to_owned());
    }
    let said: Vec<String> = known.iter().map(|(nic, mtu)| format!("{} {mtu}", nic.name)).collect();
    // A hypervisor's device has no line of its own; one that is down or does not know its speed tells none.
    let is_fast = |nic: &Nic| number(nic, "speed").is_some_and(|speed| speed >= FAST);
    match look.facts.hypervisor.is_none() && known.iter().any(|(nic, mtu)| *mtu < JUMBO && is_fast(nic)) {
        true => Observation::Better(said.join(", "), format!("{JUMBO} where the whole segment takes it")),
        false => Observation::Good(said.join(", ")),
    }
}

fn tracking(look: &Look) -> Observation {
    let file = |name: &str| look.root.number::<u64>(format!("/proc/sys/net/netfilter/nf_conntrack_{name}"));
    match (file("count"), file("max")) {
        (Some(0), _) | (None, _) => Observation::Good("it remembers none".to_owned()),
        (Some(count), max) => {
            let of = max.map(|max| format!(" of {max}")).unwrap_or_default();
            Observation::Better(format!("{count}{of} connections"), "not those of the broker".to_owned())
        }
    }
}
