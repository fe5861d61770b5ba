//! What bytes cost on their way between a socket and a core: 64 KiB at a time received, and sent in gathered pieces as a Fetch
//! reply is, over loopback between CPU 0 (the core) and CPU 1 (a plain thread). Beside each stands the floor: two plain
//! threads with blocking calls. (`engine/rt/examples/reactor.rs` compares CPU time with a bare ring loop.)

mod cores;

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thalweg_rt::{Core, Segment, Socket};

use cores::Cores;

const PIECE: usize = 64 << 10;
/// Pieces of a gathered send.
const GATHERED: usize = 16;

/// A plain thread at the other end of a connection: it reads, or writes, all it can, on CPU 1.
fn other_end(reads: bool) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let at = listener.local_addr().expect("it listens");
    thread::spawn(move || {
        pin(1);
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_nodelay(true).expect("a stream");
        let mut piece = vec![7; 1 << 20];
        let mut more = || if reads { stream.read(&mut piece) } else { stream.write(&piece[..PIECE]) };
        while more().is_ok_and(|n| n > 0) {}
    });
    at
}

async fn receive(socket: &Rc<dyn Socket>, mut left: u64) {
    while left > 0 {
        let chunk = poll_fn(|cx| socket.poll_recv(cx)).await.expect("a stream");
        assert!(!chunk.is_empty(), "the other end goes on");
        left = left.saturating_sub(chunk.len() as u64);
    }
}

async fn send(socket: &Rc<dyn Socket>, piece: &Bytes, times: u64) {
    for _ in 0..times {
        let segments = (0..GATHERED).map(|_| Segment::Memory(piece.clone())).collect();
        socket.send(segments).await.expect("a stream");
    }
}

async fn connect(core: &Core, to: SocketAddr) -> Rc<dyn Socket> {
    core.net.connect(to).await.expect("the other end listens")
}

/// One core that receives or sends, measured in pieces received or gathered sends.
fn one_core(receives: bool) -> Cores<()> {
    let to = other_end(!receives);
    Cores::start(1, Duration::from_micros(50), move |core, _, jobs| {
        Box::pin(async move {
            let Some(jobs) = jobs else { return };
            let socket = connect(&core, to).await;
            let piece = Bytes::from(vec![7; PIECE]);
            while let Some(times) = jobs.next(&core).await {
                let begin = Instant::now();
                if receives {
                    receive(&socket, times * PIECE as u64).await
                } else {
                    send(&socket, &piece, times).await
                }
                jobs.done(begin.elapsed());
            }
        })
    })
}

/// The same with blocking calls of a plain thread on CPU 0.
fn plain(receives: bool) -> impl FnMut(u64) -> Duration {
    let (ask, asked) = mpsc::channel::<u64>();
    let (tell, told) = mpsc::channel();
    let to = other_end(!receives);
    thread::spawn(move || {
        pin(0);
        let mut stream = TcpStream::connect(to).expect("the other end listens");
        stream.set_nodelay(true).expect("a stream");
        let mut bytes = vec![7; if receives { PIECE } else { GATHERED * PIECE }];
        for times in asked {
            let begin = Instant::now();
            for _ in 0..times {
                if receives { stream.read_exact(&mut bytes) } else { stream.write_all(&bytes) }.expect("a stream");
            }
            tell.send(begin.elapsed()).expect("somebody listens");
        }
    });
    move |times| {
        ask.send(times).expect("the thread runs");
        told.recv().expect("the thread runs")
    }
}

fn pin(cpu: usize) {
    assert!(core_affinity::set_for_current(core_affinity::CoreId { id: cpu }), "CPU {cpu} is not to be had");
}

fn sockets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("socket");
    for (name, receives, bytes) in [("receive 64 KiB", true, PIECE), ("send 16 x 64 KiB", false, GATHERED * PIECE)] {
        group.throughput(Throughput::Bytes(bytes as u64));
        let cores = one_core(receives);
        group.bench_function(name, |bencher| bencher.iter_custom(|times| cores.measure(times)));
        drop(cores);
        let mut floor = plain(receives);
        group.bench_function(format!("floor: {name}, blocking calls"), |bencher| bencher.iter_custom(&mut floor));
    }
    group.finish();
}

criterion_group!(benches, sockets);
criterion_main!(benches);
