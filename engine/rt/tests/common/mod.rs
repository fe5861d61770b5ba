//! What the tests of both runtimes share: starting cores of each kind, small sockets' helpers, what is counted.
#![allow(dead_code, unused_imports, reason = "each test program uses a part")]
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(missing_docs, reason = "a test")]

pub use std::cell::{Cell, RefCell};
pub use std::future::poll_fn;
pub use std::io::{Read, Write};
pub use std::net::{Shutdown, SocketAddr, TcpStream};
pub use std::path::PathBuf;
pub use std::rc::Rc;
pub use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
pub use std::sync::{Arc, Mutex, PoisonError, mpsc};
pub use std::task::Poll;
pub use std::thread;
pub use std::time::{Duration, Instant};

pub use bytes::Bytes;
pub use thalweg_rt::{
    AlignedBuf, AppendBuf, BLOCK, Config, Core, CoreId, Kind, Listen, Listener, LocalFuture, Open, Piece, Port,
    Segment, Share, Socket, launch,
};

pub const KINDS: [Kind; 2] = [Kind::Uring, Kind::Glommio];

/// One test at a time: they count descriptors and CPU time of the process, and the machine is small.
pub static ONE: Mutex<()> = Mutex::new(());

pub const LISTEN: Listen = Listen { backlog: 1024, receive_buffer: None, send_buffer: None };

/// Runs `main` on `cores` cores of each kind.
pub fn each_kind<M, F>(cores: usize, change: impl Fn(&mut Config), main: F)
where
    M: Send + 'static,
    F: Fn(Core, Rc<Port<M>>) -> LocalFuture<()> + Send + Sync + Clone + 'static,
{
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for kind in KINDS {
        let mut config = Config { kind, ..Config::unpinned(cores) };
        change(&mut config);
        eprintln!("{kind:?}");
        launch(config, main.clone()).unwrap().join().unwrap();
    }
}

pub fn one<F>(main: F)
where
    F: Fn(Core) -> LocalFuture<()> + Send + Sync + Clone + 'static,
{
    each_kind::<(), _>(1, |_| {}, move |core, _| main(core));
}

pub fn localhost() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

pub async fn accept(listener: &Rc<dyn Listener>) -> Rc<dyn Socket> {
    poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().0
}

pub async fn recv(socket: &Rc<dyn Socket>) -> Bytes {
    poll_fn(|cx| socket.poll_recv(cx)).await.unwrap()
}

pub async fn echo(socket: Rc<dyn Socket>) {
    loop {
        let bytes = recv(&socket).await;
        if bytes.is_empty() || socket.send(vec![Segment::Memory(bytes)]).await.is_err() {
            return;
        }
    }
}

/// Awaits the end of a foreign thread without blocking the core.
pub async fn joined<T>(core: &Core, handle: thread::JoinHandle<T>) -> T {
    while !handle.is_finished() {
        core.timer.sleep_until(core.timer.now() + Duration::from_millis(1)).await;
    }
    handle.join().unwrap()
}

pub fn bytes_of(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i + seed).wrapping_mul(0x9E37_79B1) >> 13) as u8).collect()
}

pub fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

pub fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits until this process has no more than `base` descriptors.
pub async fn settles(core: &Core, base: usize) {
    let until = Instant::now() + Duration::from_secs(5);
    while descriptors() > base {
        assert!(Instant::now() < until, "{} descriptors, {base} before", descriptors());
        core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
    }
}
