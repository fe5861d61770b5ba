//! A process out of descriptors: accepting rests, does not spin, and goes on when there are some again.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::time::{ClockId, clock_gettime};
use thalweg_rt::{Config, Kind, Listen, Segment, launch};

const CHILD: &str = "THALWEG_RT_TEST_CLIENTS";
const CLIENTS: usize = 60;

/// The other process: connects, asks, and waits for every answer.
fn clients(to: SocketAddr) {
    let mut streams: Vec<_> = (0..CLIENTS).map(|_| TcpStream::connect(to).unwrap()).collect();
    for stream in &mut streams {
        stream.write_all(b"?").unwrap();
    }
    for stream in &mut streams {
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut answer = [0];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"!");
    }
}

fn cpu() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap().into()
}

#[test]
fn accepting_rests_when_descriptors_run_out() {
    if let Ok(to) = std::env::var(CHILD) {
        return clients(to.parse().unwrap());
    }
    for kind in [Kind::Uring, Kind::Glommio] {
        let config = Config { kind, ..Config::unpinned(1) };
        let running = launch::<()>(config, |core, _| {
            Box::pin(async move {
                let how = Listen { backlog: 128, receive_buffer: None, send_buffer: None };
                let listener = core.net.listen("127.0.0.1:0".parse().unwrap(), how).unwrap();
                let mut child = Command::new(std::env::current_exe().unwrap())
                    .args(["--exact", "accepting_rests_when_descriptors_run_out"])
                    .env(CHILD, listener.local_addr().to_string())
                    .spawn()
                    .unwrap();
                let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
                let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
                setrlimit(Resource::RLIMIT_NOFILE, open + 8, hard).unwrap();
                // the first few are held until the rest has been refused for a while
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(200)).await;
                let before = cpu();
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(400)).await;
                let used = cpu() - before;
                assert!(used < Duration::from_millis(60), "{used:?} of CPU in 400 ms of waiting for descriptors");
                for _ in 0..CLIENTS {
                    let socket = poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().0;
                    assert_eq!(&poll_fn(|cx| socket.poll_recv(cx)).await.unwrap()[..], b"?");
                    socket.send(vec![Segment::Memory(Bytes::from_static(b"!"))]).await.unwrap();
                }
                setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
                while child.try_wait().unwrap().is_none() {
                    core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
                }
                assert!(child.wait().unwrap().success());
            })
        });
        running.unwrap().join().unwrap();
    }
}
