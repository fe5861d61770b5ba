//! What the runtime costs over a bare ring: the same traffic against a hand-written io_uring loop without tasks, our ring
//! runtime, and glommio, in interleaved runs; medians, and each one's ratio to the bare loop.
//!
//!     cargo run --release -p thalweg-rt --example reactor [-- --runs 5 --seconds 1 --only receive-64]
//!
//! The server runs on CPU 0, the client on CPU 1. CPU time is the process's less the client thread's.

#![allow(clippy::unwrap_used, reason = "a measuring program; it stops at the first thing that is off")]

use std::cell::Cell;
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use io_uring::{IoUring, cqueue, opcode, types};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::time::{ClockId, clock_gettime};
use thalweg_rt::{Config, CoreId, Kind, Listen, Segment, Share, launch};

const BUFFERS: u16 = 128;
const BUFFER_BYTES: usize = 64 << 10;

/// One kind of traffic.
#[derive(Clone, Copy)]
struct Case {
    name: &'static str,
    connections: usize,
    bytes: usize,
    echo: bool,
}

const CASES: [Case; 4] = [
    Case { name: "receive-64", connections: 64, bytes: 64 << 10, echo: false },
    Case { name: "receive-1", connections: 1, bytes: 64 << 10, echo: false },
    Case { name: "echo-64", connections: 64, bytes: 1 << 10, echo: true },
    Case { name: "echo-1", connections: 1, bytes: 1 << 10, echo: true },
];

const SERVERS: [&str; 4] = ["bare", "uring", "uring-spin", "glommio"];

fn cpu(clock: ClockId) -> f64 {
    Duration::from(clock_gettime(clock).unwrap()).as_secs_f64()
}

fn pin(cpu: usize) {
    assert!(core_affinity::set_for_current(core_affinity::CoreId { id: cpu }));
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let option = |name: &str| args.iter().position(|a| a == name).and_then(|i| args.get(i + 1)).cloned();
    let runs: usize = option("--runs").map_or(5, |v| v.parse().unwrap());
    let seconds: f64 = option("--seconds").map_or(1.0, |v| v.parse().unwrap());
    let only = option("--only").unwrap_or_default();
    let server = option("--server").unwrap_or_default();
    pin(1);
    for case in CASES.into_iter().filter(|c| c.name.contains(&only)) {
        let servers: Vec<&str> = SERVERS.into_iter().filter(|s| server.is_empty() || *s == server).collect();
        let mut results = vec![vec![]; servers.len()];
        for _ in 0..runs {
            for (i, server) in servers.iter().enumerate() {
                results[i].push(run(server, case, seconds));
            }
        }
        let unit = if case.echo { "us/round trip" } else { "s/GiB" };
        let mut bare = f64::NAN;
        for (server, mut costs) in servers.iter().zip(results) {
            costs.sort_by(|a, b| a.0.total_cmp(&b.0));
            let (cost, rate) = costs[costs.len() / 2];
            if *server == "bare" {
                bare = cost;
            }
            let (low, high) = (costs[0].0, costs[costs.len() - 1].0);
            let rate = if case.echo { format!("{rate:.0}/s") } else { format!("{:.2} GB/s", rate / 1e9) };
            println!(
                "{:11} {server:11} CPU {cost:7.3} {unit} [{low:.3}-{high:.3}]  x{:.2}  {rate}",
                case.name,
                cost / bare
            );
        }
    }
    if "hop".contains(&only) {
        for spin in [true, false] {
            for kind in ["bare", "uring", "glommio"] {
                let mut p50: Vec<f64> = (0..runs).map(|_| hop(kind, spin)).collect();
                p50.sort_by(f64::total_cmp);
                let how = if spin { "spinning" } else { "parked" };
                println!("hop         {kind:11} {how:8} p50 {:.2} us round trip", p50[runs / 2]);
            }
        }
    }
}

/// CPU seconds per GiB, or microseconds per round trip; and bytes or round trips per second.
fn run(server: &str, case: Case, seconds: f64) -> (f64, f64) {
    let (to, wait): (SocketAddr, Box<dyn FnOnce()>) = match server {
        "bare" => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let to = listener.local_addr().unwrap();
            let server = thread::spawn(move || bare(&listener, case));
            (to, Box::new(move || server.join().unwrap()))
        }
        kind => {
            let spin = if kind == "uring-spin" { Duration::from_micros(50) } else { Duration::ZERO };
            let kind = if kind == "glommio" { Kind::Glommio } else { Kind::Uring };
            runtime(kind, spin, case)
        }
    };
    let streams: Vec<TcpStream> = (0..case.connections)
        .map(|_| {
            let stream = TcpStream::connect(to).unwrap();
            stream.set_nodelay(true).unwrap();
            stream
        })
        .collect();
    thread::sleep(Duration::from_millis(50));
    let (own, all, start) =
        (cpu(ClockId::CLOCK_THREAD_CPUTIME_ID), cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID), Instant::now());
    let count = client(&streams, case, Duration::from_secs_f64(seconds)) as f64;
    let wall = start.elapsed().as_secs_f64();
    for stream in &streams {
        let _ = stream.shutdown(Shutdown::Write);
    }
    drop(streams);
    let used = cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID) - all - (cpu(ClockId::CLOCK_THREAD_CPUTIME_ID) - own);
    wait();
    let scale = if case.echo { 1e6 } else { f64::from(1 << 30) };
    (used * scale / count, count / wall)
}

/// Bytes sent, or round trips.
fn client(streams: &[TcpStream], case: Case, time: Duration) -> u64 {
    let data = vec![5u8; case.bytes];
    let mut back = vec![0u8; 1 << 20];
    let end = Instant::now() + time;
    let mut count = 0;
    if let [stream] = streams {
        let mut stream = stream;
        while Instant::now() < end {
            stream.write_all(&data).unwrap();
            if case.echo {
                stream.read_exact(&mut back[..case.bytes]).unwrap();
                count += 1;
            } else {
                count += case.bytes as u64;
            }
        }
        return count;
    }
    let epoll = Epoll::new(EpollCreateFlags::empty()).unwrap();
    let interest = if case.echo { EpollFlags::EPOLLIN } else { EpollFlags::EPOLLOUT };
    for (i, stream) in streams.iter().enumerate() {
        stream.set_nonblocking(true).unwrap();
        epoll.add(stream, EpollEvent::new(interest, i as u64)).unwrap();
        if case.echo {
            let mut stream = stream;
            stream.write_all(&data).unwrap();
        }
    }
    let mut got = vec![0; streams.len()];
    let mut events = vec![EpollEvent::empty(); 128];
    while Instant::now() < end {
        let n = epoll.wait(&mut events, EpollTimeout::from(100u8)).unwrap();
        for event in &events[..n] {
            let i = event.data() as usize;
            let mut stream = &streams[i];
            if !case.echo {
                count += stream.write(&data).unwrap_or(0) as u64;
                continue;
            }
            let Ok(n) = stream.read(&mut back) else { continue };
            got[i] += n;
            if got[i] >= case.bytes {
                got[i] = 0;
                count += 1;
                stream.write_all(&data).unwrap();
            }
        }
    }
    count
}

/// The server on one of the two runtimes.
fn runtime(kind: Kind, spin: Duration, case: Case) -> (SocketAddr, Box<dyn FnOnce()>) {
    let (tell, told) = mpsc::channel();
    let config = Config {
        kind,
        cores: vec![0],
        spin,
        receive_buffers: BUFFERS,
        receive_buffer_bytes: BUFFER_BYTES,
        ..Config::unpinned(1)
    };
    let running = launch::<()>(config, move |core, _| {
        let tell = tell.clone();
        Box::pin(async move {
            let how = Listen { backlog: 128, receive_buffer: None, send_buffer: None };
            let listener = core.net.listen("127.0.0.1:0".parse().unwrap(), how).unwrap();
            tell.send(listener.local_addr()).unwrap();
            let open = Rc::new(Cell::new(case.connections));
            for _ in 0..case.connections {
                let socket = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().0;
                let open = open.clone();
                core.spawn.spawn(
                    Share::Foreground,
                    Box::pin(async move {
                        loop {
                            let Ok(bytes) = poll_fn(|cx| socket.poll_recv(cx)).await else { break };
                            if bytes.is_empty() {
                                break;
                            }
                            if case.echo && socket.send(vec![Segment::Memory(bytes)]).await.is_err() {
                                break;
                            }
                        }
                        open.set(open.get() - 1);
                    }),
                );
            }
            while open.get() > 0 {
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(10)).await;
            }
        })
    })
    .unwrap();
    (told.recv().unwrap(), Box::new(move || running.join().unwrap()))
}

/// The server as a loop around a ring: no tasks, no futures, nothing shared.
fn bare(listener: &TcpListener, case: Case) {
    const GROUP: u16 = 1;
    const SEND: u64 = 1 << 32;
    pin(0);
    let streams: Vec<TcpStream> = (0..case.connections).map(|_| listener.accept().unwrap().0).collect();
    for stream in &streams {
        stream.set_nodelay(true).unwrap();
    }
    let mut ring: IoUring =
        IoUring::builder().setup_single_issuer().setup_defer_taskrun().setup_coop_taskrun().build(1024).unwrap();
    // page-aligned by over-allocation; both outlive the ring, which is dropped first
    let mut memory = vec![1u8; usize::from(BUFFERS) * BUFFER_BYTES + 4096];
    let mut entries = vec![0u8; usize::from(BUFFERS) * 16 + 4096];
    let base = memory.as_mut_ptr() as u64 + (4096 - memory.as_ptr() as u64 % 4096);
    let first = (entries.as_mut_ptr() as u64 + (4096 - entries.as_ptr() as u64 % 4096)) as *mut types::BufRingEntry;
    let mut tail = 0u16;
    let mut give = |buffer: u16| {
        // SAFETY: the index is within the entries, the buffer within the memory, and the kernel has finished with it.
        unsafe {
            let entry = &mut *first.add(usize::from(tail & (BUFFERS - 1)));
            entry.set_addr(base + u64::from(buffer) * BUFFER_BYTES as u64);
            entry.set_len(BUFFER_BYTES as u32);
            entry.set_bid(buffer);
            tail = tail.wrapping_add(1);
            (*types::BufRingEntry::tail(first).cast::<AtomicU16>()).store(tail, Ordering::Release);
        }
    };
    // SAFETY: page-aligned, as many entries as said, alive until the ring is gone.
    unsafe { ring.submitter().register_buf_ring_with_flags(first as u64, BUFFERS, GROUP, 0).unwrap() };
    (0..BUFFERS).for_each(&mut give);
    let receive = |ring: &mut IoUring, fd: RawFd, i: u64| {
        let entry = opcode::RecvMulti::new(types::Fd(fd), GROUP).build().user_data(i);
        // SAFETY: it names a descriptor that stays open, and registered buffers.
        unsafe { ring.submission().push(&entry).unwrap() };
    };
    for (i, stream) in streams.iter().enumerate() {
        receive(&mut ring, stream.as_raw_fd(), i as u64);
    }
    let mut open = streams.len();
    let mut done = vec![];
    while open > 0 {
        ring.submit_and_wait(1).unwrap();
        done.extend(ring.completion().map(|c| (c.user_data(), c.result(), c.flags())));
        for (data, result, flags) in done.drain(..) {
            if data & SEND != 0 {
                give((data >> 33) as u16);
                continue;
            }
            let fd = streams[data as usize].as_raw_fd();
            if let Some(buffer) = cqueue::buffer_select(flags) {
                if case.echo && result > 0 {
                    let from = (base + u64::from(buffer) * BUFFER_BYTES as u64) as *const u8;
                    let user_data = SEND | u64::from(buffer) << 33;
                    let entry = opcode::Send::new(types::Fd(fd), from, result as u32).flags(libc::MSG_WAITALL);
                    // SAFETY: the buffer is given again only when this completes; the descriptor stays open.
                    unsafe { ring.submission().push(&entry.build().user_data(user_data)).unwrap() };
                } else {
                    give(buffer);
                }
            }
            if !cqueue::more(flags) {
                if result > 0 || result == -libc::ENOBUFS {
                    receive(&mut ring, fd, data);
                } else {
                    open -= 1;
                }
            }
        }
    }
    drop(ring);
}

/// Median round trip between two cores, in microseconds.
fn hop(kind: &str, spin: bool) -> f64 {
    const ROUNDS: usize = 20_000;
    let mut times = vec![0u64; ROUNDS];
    if kind == "bare" {
        let (there, back) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (a, b) = (there.clone(), back.clone());
        let main = thread::current();
        let other = thread::spawn(move || {
            pin(1);
            for i in 1..=ROUNDS as u64 {
                while a.load(Ordering::Acquire) != i {
                    if spin { std::hint::spin_loop() } else { thread::park() }
                }
                b.store(i, Ordering::Release);
                main.unpark();
            }
        });
        pin(0);
        for (i, time) in times.iter_mut().enumerate() {
            let start = Instant::now();
            there.store(i as u64 + 1, Ordering::Release);
            if !spin {
                other.thread().unpark();
            }
            while back.load(Ordering::Acquire) != i as u64 + 1 {
                if spin { std::hint::spin_loop() } else { thread::park() }
            }
            *time = start.elapsed().as_nanos() as u64;
        }
        other.join().unwrap();
        pin(1);
    } else {
        let kind = if kind == "glommio" { Kind::Glommio } else { Kind::Uring };
        let spin = if spin { Duration::from_micros(50) } else { Duration::ZERO };
        let config = Config { kind, cores: vec![0, 1], spin, ..Config::unpinned(2) };
        let (tell, told) = mpsc::channel();
        let running = launch::<u64>(config, move |core, port| {
            let tell = tell.clone();
            Box::pin(async move {
                let mut times = vec![0u64; ROUNDS];
                for (i, time) in times.iter_mut().enumerate() {
                    let start = Instant::now();
                    if core.id.0 == 0 {
                        port.send(CoreId(1), i as u64).await;
                    }
                    poll_fn(|cx| port.poll_recv(cx)).await;
                    if core.id.0 == 1 {
                        port.send(CoreId(0), i as u64).await;
                    }
                    *time = start.elapsed().as_nanos() as u64;
                }
                if core.id.0 == 0 {
                    tell.send(times).unwrap();
                }
            })
        })
        .unwrap();
        times = told.recv().unwrap();
        running.join().unwrap();
    }
    times.sort_unstable();
    times[ROUNDS / 2] as f64 / 1e3
}
