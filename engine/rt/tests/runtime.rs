//! Both runtimes, behind the seam, on the real kernel: what engine and net rely on. Every test runs under each kind.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test")]

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use thalweg_rt::{
    AlignedBuf, AppendBuf, BLOCK, Config, Core, CoreId, Kind, Listen, Listener, LocalFuture, Open, Port, Segment,
    Share, Socket, launch,
};

const KINDS: [Kind; 2] = [Kind::Uring, Kind::Glommio];

/// One test at a time: they count descriptors and CPU time of the process, and the machine is small.
static ONE: Mutex<()> = Mutex::new(());

const LISTEN: Listen = Listen { backlog: 1024, receive_buffer: None, send_buffer: None };

/// Runs `main` on `cores` cores of each kind.
fn each_kind<M, F>(cores: usize, change: impl Fn(&mut Config), main: F)
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

fn one<F>(main: F)
where
    F: Fn(Core) -> LocalFuture<()> + Send + Sync + Clone + 'static,
{
    each_kind::<(), _>(1, |_| {}, move |core, _| main(core));
}

fn localhost() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

async fn accept(listener: &Rc<dyn Listener>) -> Rc<dyn Socket> {
    poll_fn(|cx| listener.poll_accept(cx)).await.unwrap().0
}

async fn recv(socket: &Rc<dyn Socket>) -> Bytes {
    poll_fn(|cx| socket.poll_recv(cx)).await.unwrap()
}

async fn echo(socket: Rc<dyn Socket>) {
    loop {
        let bytes = recv(&socket).await;
        if bytes.is_empty() || socket.send(vec![Segment::Memory(bytes)]).await.is_err() {
            return;
        }
    }
}

/// Awaits the end of a foreign thread without blocking the core.
async fn joined<T>(core: &Core, handle: thread::JoinHandle<T>) -> T {
    while !handle.is_finished() {
        core.timer.sleep_until(core.timer.now() + Duration::from_millis(1)).await;
    }
    handle.join().unwrap()
}

fn bytes_of(seed: usize, len: usize) -> Vec<u8> {
    (0..len).map(|i| ((i + seed).wrapping_mul(0x9E37_79B1) >> 13) as u8).collect()
}

fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits until this process has no more than `base` descriptors.
async fn settles(core: &Core, base: usize) {
    let until = Instant::now() + Duration::from_secs(5);
    while descriptors() > base {
        assert!(Instant::now() < until, "{} descriptors, {base} before", descriptors());
        core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
    }
}

#[test]
fn echoes() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            assert_ne!(to.port(), 0);
            let clients: Vec<_> = [1usize, 1000, 70_000, 3_000_000]
                .into_iter()
                .map(|len| {
                    thread::spawn(move || {
                        let mut stream = TcpStream::connect(to).unwrap();
                        let sent = bytes_of(len, len);
                        let mut reader = stream.try_clone().unwrap();
                        let expected = sent.clone();
                        let check = thread::spawn(move || {
                            let mut got = vec![];
                            reader.read_to_end(&mut got).unwrap();
                            assert!(got == expected, "{} of {} bytes came back", got.len(), expected.len());
                        });
                        stream.write_all(&sent).unwrap();
                        stream.shutdown(Shutdown::Write).unwrap();
                        check.join().unwrap();
                    })
                })
                .collect();
            for _ in 0..4 {
                let socket = accept(&listener).await;
                assert_eq!(socket.local_addr(), to);
                assert_eq!(socket.peer_addr().ip(), to.ip());
                core.spawn.spawn(Share::Foreground, Box::pin(echo(socket)));
            }
            for client in clients {
                joined(&core, client).await;
            }
        })
    });
}

#[test]
fn connects_to_itself_and_to_nobody() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            let client = core.net.connect(to).await.unwrap();
            assert_eq!(client.peer_addr(), to);
            let server = accept(&listener).await;
            assert_eq!(client.local_addr(), server.peer_addr());
            client.send(vec![Segment::Memory(Bytes::from_static(b"over here"))]).await.unwrap();
            assert_eq!(&recv(&server).await[..], b"over here");
            drop(client);
            assert!(recv(&server).await.is_empty(), "the end of the stream");
            assert!(recv(&server).await.is_empty(), "and again");
            drop((server, listener));
            let refused = loop {
                // the listener closes once its accept is cancelled
                match core.net.connect(to).await {
                    Ok(_) => core.spawn.yield_now().await,
                    Err(e) if e.kind() == std::io::ErrorKind::NotConnected => {}
                    Err(e) => break e,
                }
            };
            assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        })
    });
}

#[test]
fn sends_keep_their_order_even_if_nobody_waits() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            let client = thread::spawn(move || {
                let mut stream = TcpStream::connect(to).unwrap();
                thread::sleep(Duration::from_millis(50));
                let mut got = vec![];
                stream.read_to_end(&mut got).unwrap();
                got
            });
            let socket = accept(&listener).await;
            let mut expected = vec![];
            let mut last = None;
            for i in 0..600usize {
                let data = bytes_of(i, i * 37 % 20_000);
                expected.extend_from_slice(&data);
                let middle = data.len() / 2;
                let (a, b) = (Bytes::from(data[..middle].to_vec()), Bytes::from(data[middle..].to_vec()));
                let send = socket.send(vec![Segment::Memory(a), Segment::Memory(Bytes::new()), Segment::Memory(b)]);
                if i % 3 == 0 {
                    drop(send);
                } else {
                    last = Some(send);
                }
            }
            last.unwrap().await.unwrap();
            socket.send(vec![]).await.unwrap();
            drop(socket);
            assert!(joined(&core, client).await == expected);
        })
    });
}

#[test]
fn sends_files_between_memory() {
    one(|core| {
        Box::pin(async move {
            let dir = directory("send");
            let data = bytes_of(5, 3_000_000);
            std::fs::write(dir.join("data"), &data).unwrap();
            for direct in [false, true] {
                let file = core.disk.open(&dir.join("data"), Open { direct, ..Open::default() }).await.unwrap();
                let shared = file.shared().expect("a real file has a descriptor");
                let listener = core.net.listen(localhost(), LISTEN).unwrap();
                let to = listener.local_addr();
                let client = thread::spawn(move || {
                    let mut stream = TcpStream::connect(to).unwrap();
                    let (mut got, mut part) = (vec![], vec![0; 100_000]);
                    loop {
                        // slow enough that the sender meets a full socket
                        thread::sleep(Duration::from_micros(500));
                        match stream.read(&mut part).unwrap() {
                            0 => return got,
                            n => got.extend_from_slice(&part[..n]),
                        }
                    }
                });
                let socket = accept(&listener).await;
                let mut expected = vec![];
                for (at, len) in
                    [(0, 3_000_000), (1, 1), (4095, 2_000_001), (4096, 8192), (2_999_999, 1), (77, 1_500_000)]
                {
                    let head = bytes_of(at, 40);
                    expected.extend_from_slice(&head);
                    expected.extend_from_slice(&data[at..at + len]);
                    let file = Segment::File { file: shared.clone(), at: at as u64, len: len as u32 };
                    socket.send(vec![Segment::Memory(head.into()), file.clone()]).await.unwrap();
                    expected.extend_from_slice(&data[at..at + len]);
                    drop(socket.send(vec![file]));
                }
                drop(socket);
                let got = joined(&core, client).await;
                assert_eq!(got.len(), expected.len());
                assert!(got == expected);

                // bytes that do not exist end the send with an error, not with a hang or a hole
                let client = core.net.connect(to).await.unwrap();
                let socket = accept(&listener).await;
                let beyond = Segment::File { file: shared.clone(), at: 2_999_000, len: 2000 };
                assert!(socket.send(vec![beyond]).await.is_err());
                drop(client);
            }
            std::fs::remove_dir_all(dir).unwrap();
        })
    });
}

#[test]
fn a_connection_that_sent_a_file_still_waits_without_cpu() {
    one(|core| {
        Box::pin(async move {
            let dir = directory("after");
            std::fs::write(dir.join("data"), bytes_of(1, 100_000)).unwrap();
            let file = core.disk.open(&dir.join("data"), Open::default()).await.unwrap().shared().unwrap();
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let client = core.net.connect(listener.local_addr()).await.unwrap();
            let server = accept(&listener).await;
            // more than receiving takes unread, so that it stops, and starts again after the file was sent
            let question = client.send(vec![Segment::Memory(bytes_of(2, 2_000_000).into())]);
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(50)).await;
            server.send(vec![Segment::File { file, at: 5, len: 99_995 }]).await.unwrap();
            for (socket, total) in [(&server, 2_000_000), (&client, 99_995)] {
                let mut got = 0;
                while got < total {
                    got += recv(socket).await.len();
                }
                assert_eq!(got, total);
            }
            question.await.unwrap();
            let mut waiting = Box::pin(recv(&server));
            poll_fn(|cx| {
                assert!(waiting.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            let cpu = || nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
            let before = cpu();
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(300)).await;
            let used = Duration::from(cpu()) - Duration::from(before);
            assert!(used < Duration::from_millis(10), "{used:?} of CPU in 300 ms of waiting");
            client.send(vec![Segment::Memory(Bytes::from_static(b"on"))]).await.unwrap();
            assert_eq!(&waiting.await[..], b"on");
            std::fs::remove_dir_all(dir).unwrap();
        })
    });
}

#[test]
fn one_slow_reader_holds_nobody_up() {
    each_kind::<(), _>(
        1,
        |config| {
            config.receive_buffers = 8;
            config.receive_buffer_bytes = 4096;
        },
        |core, _| {
            Box::pin(async move {
                let listener = core.net.listen(localhost(), LISTEN).unwrap();
                let to = listener.local_addr();
                // twelve that send without end and are never read; together they could hold every buffer
                let (stop, stopped) = mpsc::channel::<()>();
                let slow: Vec<_> = (0..12)
                    .map(|_| {
                        let mut stream = TcpStream::connect(to).unwrap();
                        stream.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
                        thread::spawn(move || {
                            let mut sent = 0;
                            while let Ok(n) = stream.write(&[7; 50_000]) {
                                sent += n;
                            }
                            (stream, sent)
                        })
                    })
                    .collect();
                let mut held = vec![];
                for _ in 0..12 {
                    held.push(accept(&listener).await);
                }
                // each holds one chunk in hand as well, as a parked request would
                let mut hands = vec![];
                for socket in &held {
                    hands.push(recv(socket).await);
                }
                let client = thread::spawn(move || {
                    let mut stream = TcpStream::connect(to).unwrap();
                    let mut back = vec![0; 20_000];
                    for i in 0..200 {
                        let sent = bytes_of(i, 20_000);
                        stream.write_all(&sent).unwrap();
                        stream.read_exact(&mut back).unwrap();
                        assert!(back == sent);
                    }
                });
                let innocent = accept(&listener).await;
                core.spawn.spawn(Share::Foreground, Box::pin(echo(innocent)));
                joined(&core, client).await;
                drop(stop);
                drop(stopped);
                // what was not read is still there, in order, up to the last byte
                drop(hands);
                for (socket, sender) in held.into_iter().zip(slow) {
                    let (stream, sent) = joined(&core, sender).await;
                    drop(stream);
                    let mut got = 0;
                    loop {
                        let bytes = poll_fn(|cx| socket.poll_recv(cx)).await.unwrap();
                        if bytes.is_empty() {
                            break;
                        }
                        assert!(bytes.iter().all(|b| *b == 7));
                        got += bytes.len();
                    }
                    assert!(got < sent && sent - got <= 4096 * 8, "{got} of {sent} after the first chunk");
                }
            })
        },
    );
}

#[test]
fn received_bytes_go_home_from_another_core() {
    each_kind::<Bytes, _>(
        2,
        |config| config.receive_buffers = 4,
        |core, port| {
            Box::pin(async move {
                if core.id == CoreId(1) {
                    // drops every chunk, late
                    let mut total = 0;
                    while total < 20_000_000 {
                        let bytes = poll_fn(|cx| port.poll_recv(cx)).await;
                        assert!(bytes.iter().all(|b| *b == 9));
                        total += bytes.len();
                        if total % 7 == 0 {
                            core.timer.sleep_until(core.timer.now() + Duration::from_micros(200)).await;
                        }
                    }
                    return;
                }
                let listener = core.net.listen(localhost(), LISTEN).unwrap();
                let to = listener.local_addr();
                let client = thread::spawn(move || {
                    let mut stream = TcpStream::connect(to).unwrap();
                    for _ in 0..200 {
                        stream.write_all(&vec![9; 100_000]).unwrap();
                    }
                });
                let socket = accept(&listener).await;
                loop {
                    let bytes = recv(&socket).await;
                    if bytes.is_empty() {
                        break;
                    }
                    port.send(CoreId(1), bytes).await;
                }
                joined(&core, client).await;
            })
        },
    );
}

#[test]
fn files() {
    one(|core| {
        Box::pin(async move {
            let dir = directory("files");
            let disk = &core.disk;
            for (direct, data_sync) in [(false, false), (true, false), (true, true)] {
                let path = dir.join("a/b/file");
                disk.create_dir(&dir.join("a/b")).await.unwrap();
                disk.create_dir(&dir.join("a/b")).await.unwrap();
                let how = Open { write: true, create: true, new: true, direct, data_sync };
                let file = disk.open(&path, how).await.unwrap();
                assert_eq!(disk.open(&path, how).await.err().unwrap().kind(), std::io::ErrorKind::AlreadyExists);
                file.reserve(0, 1 << 20).await.unwrap();
                assert_eq!(file.len().await.unwrap(), 0);

                let mut chunk = AppendBuf::with_capacity(256 << 10);
                let data = bytes_of(3, 256 << 10);
                chunk.append(&data);
                // two halves at once, the later one first
                let second = file.write_at(128 << 10, chunk.slice(128 << 10..256 << 10));
                let first = file.write_at(0, chunk.slice(0..128 << 10));
                second.await.unwrap();
                first.await.unwrap();
                file.sync_data().await.unwrap();
                disk.sync_dir(&dir.join("a/b")).await.unwrap();
                assert_eq!(file.len().await.unwrap(), 256 << 10);
                assert!(std::fs::read(&path).unwrap() == data);

                let (result, buf) = file.read_at(0, AlignedBuf::with_capacity(256 << 10)).await;
                result.unwrap();
                assert!(buf[..] == data[..]);
                // past the end: what there is
                let (result, buf) = file.read_at(252 << 10, buf).await;
                result.unwrap();
                assert!(buf[..] == data[252 << 10..]);
                let (result, buf) = file.read_at(1 << 20, buf).await;
                result.unwrap();
                assert!(buf.is_empty());
                // an end off the block border
                file.set_len(10_000).await.unwrap();
                let (result, buf) = file.read_at(BLOCK as u64, buf).await;
                result.unwrap();
                assert!(buf[..] == data[BLOCK..10_000]);
                file.write_at(0, Bytes::new()).await.unwrap();

                let mut names = disk.list(&dir.join("a")).await.unwrap();
                assert_eq!(names.len(), 1);
                assert!(names[0].is_dir && names[0].name == "b");
                names = disk.list(&dir.join("a/b")).await.unwrap();
                assert_eq!((names[0].name.as_str(), names[0].len, names[0].is_dir), ("file", 10_000, false));
                disk.rename(&path, &dir.join("renamed")).await.unwrap();
                assert_eq!(disk.open(&path, Open::default()).await.err().unwrap().kind(), std::io::ErrorKind::NotFound);
                let read_only = disk.open(&dir.join("renamed"), Open::default()).await.unwrap();
                assert!(read_only.write_at(0, Bytes::from_static(b"no")).await.is_err());
                disk.remove_file(&dir.join("renamed")).await.unwrap();
                assert!(disk.remove_file(&dir.join("renamed")).await.is_err());
                disk.remove_dir(&dir.join("a")).await.unwrap();
                assert!(disk.list(&dir.join("a")).await.is_err());
            }
            let space = disk.space(&dir).await.unwrap();
            assert!(space.total > space.free && space.free > 0);
            std::fs::remove_dir_all(dir).unwrap();
        })
    });
}

#[test]
fn timers_fire_in_order_and_not_early() {
    one(|core| {
        Box::pin(async move {
            let (timer, fired) = (&core.timer, Rc::new(RefCell::new(vec![])));
            let start = timer.now();
            for ms in [30u64, 10, 20, 10, 0] {
                let (timer, fired) = (timer.clone(), fired.clone());
                let task = async move {
                    timer.sleep_until(start + Duration::from_millis(ms)).await;
                    let late = timer.now().since(start + Duration::from_millis(ms));
                    assert!(timer.now() >= start + Duration::from_millis(ms));
                    assert!(late < Duration::from_millis(500), "late by {late:?}");
                    fired.borrow_mut().push(ms);
                };
                core.spawn.spawn(Share::Foreground, Box::pin(task));
            }
            // one that is dropped before it fires, polled and not
            let mut dropped = timer.sleep_until(start + Duration::from_millis(5));
            poll_fn(|cx| {
                assert!(dropped.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            drop(dropped);
            drop(timer.sleep_until(start + Duration::from_millis(5)));
            timer.sleep_until(start + Duration::from_millis(60)).await;
            assert_eq!(*fired.borrow(), [0, 10, 10, 20, 30]);
            let wall = timer.wall_ms();
            assert!(wall > 1_600_000_000_000);
        })
    });
}

#[test]
fn an_idle_core_uses_no_cpu() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let client = core.net.connect(listener.local_addr()).await.unwrap();
            let server = accept(&listener).await;
            let before = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(500)).await;
            let after = nix::time::clock_gettime(nix::time::ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
            let used = Duration::from(after) - Duration::from(before);
            assert!(used < Duration::from_millis(5), "{used:?} of CPU in half a second of rest");
            drop((client, server));
        })
    });
}

#[test]
fn cores_and_threads_talk() {
    each_kind::<u64, _>(
        2,
        |config| config.mesh_slots = 8,
        |core, port| {
            Box::pin(async move {
                let other = CoreId(1 - core.id.0);
                for i in 0..20_000u64 {
                    if core.id.0 == 0 {
                        port.send(other, i).await;
                    }
                    assert_eq!(poll_fn(|cx| port.poll_recv(cx)).await, i);
                    if core.id.0 == 1 {
                        port.send(other, i).await;
                    }
                    if i % 1000 == 0 {
                        // long enough for the other side to sleep
                        core.timer.sleep_until(core.timer.now() + Duration::from_millis(1)).await;
                    }
                }
                // a flood larger than the ring, both ways at once
                let sender = port.clone();
                core.spawn.spawn(
                    Share::Foreground,
                    Box::pin(async move {
                        for i in 0..50_000 {
                            sender.send(other, i).await;
                        }
                    }),
                );
                for i in 0..50_000 {
                    assert_eq!(poll_fn(|cx| port.poll_recv(cx)).await, i);
                }
                // the sender's last messages are in the ring only when it has ended
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(100)).await;
            })
        },
    );
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for kind in KINDS {
        let config = Config { kind, ..Config::unpinned(2) };
        let running = launch::<u64>(config, |_, port| {
            Box::pin(async move {
                let mut sum = 0;
                while sum < 10_000 {
                    sum += poll_fn(|cx| port.poll_recv(cx)).await;
                }
            })
        })
        .unwrap();
        for _ in 0..10_000 {
            running.door(CoreId(0)).send(1);
            running.door(CoreId(1)).send(1);
        }
        running.join().unwrap();
    }
}

/// Burns CPU until told to stop; counts.
fn burner(core: &Core, share: Share, count: Rc<Cell<u64>>, stop: Rc<Cell<bool>>) {
    let spawn = core.spawn.clone();
    let task = async move {
        while !stop.get() {
            let start = Instant::now();
            while start.elapsed() < Duration::from_micros(20) {}
            count.set(count.get() + 1);
            spawn.yield_now().await;
        }
    };
    core.spawn.spawn(share, Box::pin(task));
}

#[test]
fn background_yields_and_is_not_starved() {
    one(|core| {
        Box::pin(async move {
            let (fore, back, stop) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
            for _ in 0..4 {
                burner(&core, Share::Foreground, fore.clone(), stop.clone());
                burner(&core, Share::Background, back.clone(), stop.clone());
            }
            let start = core.timer.now();
            core.timer.sleep_until(start + Duration::from_millis(300)).await;
            let late = core.timer.now().since(start + Duration::from_millis(300));
            assert!(late < Duration::from_millis(500), "late by {late:?} under load");
            assert!(back.get() > 20, "background starved: {}", back.get());
            assert!(fore.get() > back.get() * 2, "foreground {} against background {}", fore.get(), back.get());
            stop.set(true);
            // alone, the background has it all
            core.spawn.yield_now().await;
            let (back, stop) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
            burner(&core, Share::Background, back.clone(), stop.clone());
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(100)).await;
            stop.set(true);
            assert!(back.get() > 50, "background alone: {}", back.get());
        })
    });
}

#[test]
fn what_is_dropped_leaves_nothing_behind() {
    one(|core| {
        Box::pin(async move {
            let dir = directory("dropped");
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            // warm-up, so that lazily opened descriptors are there
            drop(core.net.connect(to).await.unwrap());
            drop(accept(&listener).await);
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(50)).await;
            let base = descriptors();
            let path = dir.join("file");
            for round in 0..200 {
                let file = core.disk.open(&path, Open { create: true, direct: true, ..Open::default() }).await.unwrap();
                let mut chunk = AppendBuf::with_capacity(64 << 10);
                chunk.append(&[round as u8; 64 << 10]);
                // started and dropped, polled once or not at all
                drop(file.write_at(0, chunk.slice(0..64 << 10)));
                let mut pending =
                    [file.write_at(0, chunk.slice(0..BLOCK)), file.sync_data(), Box::pin(async { Ok(()) })];
                poll_fn(|cx| {
                    for p in &mut pending {
                        let _ = p.as_mut().poll(cx);
                    }
                    Poll::Ready(())
                })
                .await;
                let mut read = file.read_at(0, AlignedBuf::with_capacity(64 << 10));
                let mut connect = core.net.connect(to);
                let mut open = core.disk.open(&path, Open::default());
                poll_fn(|cx| {
                    let _ = read.as_mut().poll(cx);
                    let _ = connect.as_mut().poll(cx);
                    let _ = open.as_mut().poll(cx);
                    Poll::Ready(())
                })
                .await;
                drop((pending, read, connect, open, file, chunk));
                if round % 10 == 0 {
                    core.timer.sleep_until(core.timer.now() + Duration::from_millis(1)).await;
                }
            }
            // connections that did get through to the listener
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(50)).await;
            poll_fn(|cx| {
                while let Poll::Ready(Ok(socket)) = listener.poll_accept(cx) {
                    drop(socket);
                }
                Poll::Ready(())
            })
            .await;
            settles(&core, base).await;
            std::fs::remove_dir_all(dir).unwrap();
        })
    });
}

#[test]
fn a_thousand_connections_come_and_go() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(20)).await;
            let base = descriptors();
            let client = thread::spawn(move || {
                let mut streams: Vec<_> = (0..1000).map(|_| TcpStream::connect(to).unwrap()).collect();
                for stream in &mut streams {
                    stream.write_all(b"hello").unwrap();
                }
                let mut back = [0; 5];
                for (i, stream) in streams.iter_mut().enumerate() {
                    stream.read_exact(&mut back).unwrap();
                    assert_eq!(&back, b"hello");
                    match i % 3 {
                        0 => stream.shutdown(Shutdown::Both).unwrap(),
                        // unread bytes at the other end make this a reset
                        1 => stream.write_all(b"bye").unwrap(),
                        _ => {}
                    }
                }
            });
            let ended = Rc::new(Cell::new(0));
            for _ in 0..1000 {
                let (socket, ended) = (accept(&listener).await, ended.clone());
                core.spawn.spawn(
                    Share::Foreground,
                    Box::pin(async move {
                        let bytes = poll_fn(|cx| socket.poll_recv(cx)).await.unwrap();
                        socket.send(vec![Segment::Memory(bytes)]).await.unwrap();
                        // an answer, an end or a reset: all of them end it
                        while let Ok(bytes) = poll_fn(|cx| socket.poll_recv(cx)).await
                            && !bytes.is_empty()
                        {}
                        ended.set(ended.get() + 1);
                    }),
                );
            }
            joined(&core, client).await;
            let until = Instant::now() + Duration::from_secs(5);
            while ended.get() < 1000 {
                assert!(Instant::now() < until, "{} of 1000 ended", ended.get());
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
            }
            settles(&core, base).await;
        })
    });
}

#[test]
fn shutdown_ends_both_directions() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let client = core.net.connect(listener.local_addr()).await.unwrap();
            let server = accept(&listener).await;
            // a receive that waits, and a send the other side does not take
            let big = Segment::Memory(Bytes::from(vec![1; 64 << 20]));
            let send = server.send(vec![big]);
            let woken = Rc::new(Cell::new(false));
            let (theirs, reader) = (woken.clone(), server.clone());
            core.spawn.spawn(
                Share::Foreground,
                Box::pin(async move {
                    assert!(recv(&reader).await.is_empty());
                    theirs.set(true);
                }),
            );
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(20)).await;
            assert!(!woken.get());
            server.shutdown();
            assert!(send.await.is_err());
            assert!(recv(&server).await.is_empty());
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(20)).await;
            assert!(woken.get());
            assert!(server.send(vec![Segment::Memory(Bytes::from_static(b"late"))]).await.is_err());
            // the client sees what was sent before, and then the end
            while !poll_fn(|cx| client.poll_recv(cx)).await.unwrap_or_default().is_empty() {}
        })
    });
}

#[test]
fn a_core_that_ends_drops_its_tasks() {
    static DROPPED: AtomicUsize = AtomicUsize::new(0);
    struct Count;
    impl Drop for Count {
        fn drop(&mut self) {
            DROPPED.fetch_add(1, Ordering::SeqCst);
        }
    }
    let before = Arc::new(());
    let held = before.clone();
    DROPPED.store(0, Ordering::SeqCst);
    each_kind::<(), _>(
        2,
        |_| {},
        move |core, port| {
            let held = held.clone();
            Box::pin(async move {
                let listener = core.net.listen(localhost(), LISTEN).unwrap();
                let socket = core.net.connect(listener.local_addr()).await.unwrap();
                for i in 0..5 {
                    let (count, held, core, socket, port) =
                        (Count, held.clone(), core.clone(), socket.clone(), port.clone());
                    core.clone().spawn.spawn(
                        if i % 2 == 0 { Share::Foreground } else { Share::Background },
                        Box::pin(async move {
                            let _keep = (count, held);
                            match i {
                                0 => drop(poll_fn(|cx| socket.poll_recv(cx)).await),
                                1 => core.timer.sleep_until(core.timer.now() + Duration::from_secs(100)).await,
                                2 => poll_fn(|cx| port.poll_recv(cx)).await,
                                3 => loop {
                                    core.spawn.yield_now().await;
                                },
                                _ => std::future::pending().await,
                            }
                        }),
                    );
                }
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
            })
        },
    );
    assert_eq!(DROPPED.load(Ordering::SeqCst), 10 * KINDS.len());
    assert_eq!(Arc::strong_count(&before), 1);
}

#[test]
fn a_panic_in_a_task_ends_the_process() {
    const CHILD: &str = "THALWEG_RT_TEST_PANIC";
    let Ok(kind) = std::env::var(CHILD) else {
        for kind in KINDS {
            let child = std::process::Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "a_panic_in_a_task_ends_the_process", "--nocapture"])
                .env(CHILD, format!("{kind:?}"))
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&child.stderr).into_owned();
            assert!(!child.status.success() && child.status.code().is_none(), "{:?}: {text}", child.status);
            assert!(text.contains("this task is broken") && text.contains("the process stops here"), "{text}");
        }
        return;
    };
    let kind = if kind == "Uring" { Kind::Uring } else { Kind::Glommio };
    let config = Config { kind, ..Config::unpinned(1) };
    let running = launch::<()>(config, |core, _| {
        Box::pin(async move {
            core.spawn.spawn(Share::Background, Box::pin(async { panic!("this task is broken") }));
            std::future::pending::<()>().await;
        })
    });
    running.unwrap().join().unwrap();
}

#[test]
fn a_wrong_cpu_is_refused() {
    for kind in KINDS {
        for cpu in [1000, 9999] {
            let config = Config { kind, cores: vec![0, cpu], ..Config::unpinned(2) };
            let error = launch::<()>(config, |_, _| Box::pin(async {})).err().unwrap().to_string();
            assert!(error.contains("core 1") && error.contains(&format!("CPU {cpu}")), "{error}");
        }
        let config = Config { kind, cores: vec![], ..Config::unpinned(2) };
        assert!(launch::<()>(config, |_, _| Box::pin(async {})).is_err());
    }
}
