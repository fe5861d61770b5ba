//! Cores, files and timers of both runtimes, on the real kernel: what engine relies on. Every test runs under each kind.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::*;
use nix::time::ClockId;

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
                file.reserve(0, 128 << 10).await.unwrap();
                assert_eq!(file.len().await.unwrap(), 128 << 10);
                assert!(std::fs::read(&path).unwrap().iter().all(|byte| *byte == 0));

                let mut chunk = AppendBuf::with_capacity(256 << 10);
                let data = bytes_of(3, 256 << 10);
                chunk.append(&data);
                // two halves at once, the later one first
                let second = file.write_at(128 << 10, chunk.slice(128 << 10..256 << 10));
                let first = file.write_at(0, chunk.slice(0..128 << 10));
                second.await.unwrap();
                first.await.unwrap();
                file.reserve(0, 64 << 10).await.unwrap();
                file.sync_data().await.unwrap();
                disk.sync_dir(&dir.join("a/b")).await.unwrap();
                disk.sync_all(&path).await.unwrap();
                assert!(disk.sync_all(&dir.join("a/none")).await.is_err());
                disk.unwritten().await.unwrap();
                let piece = |name: &str, at, parts: &[Bytes]| Piece { path: dir.join(name), at, parts: parts.to_vec() };
                let [one, two] = [Bytes::from_static(b"one"), Bytes::from_static(b"two")];
                let pieces = vec![
                    piece("a/b/together", 0, &[one.clone(), two.clone()]),
                    piece("a/none/together", 0, std::slice::from_ref(&one)),
                    piece("a/b/together", 6, std::slice::from_ref(&one)),
                    piece("a/b/file", 5, std::slice::from_ref(&two)),
                ];
                let written = disk.write_together(pieces).await.unwrap();
                assert_eq!(written.iter().map(|result| result.is_ok()).collect::<Vec<_>>(), [true, false, true, true]);
                assert_eq!(std::fs::read(dir.join("a/b/together")).unwrap(), b"onetwoone");
                assert_eq!(std::fs::read(&path).unwrap()[5..8], *b"two");
                file.write_at(0, chunk.slice(0..BLOCK)).await.unwrap();
                assert!(disk.write_together(vec![piece("none/x", 0, &[one])]).await.unwrap()[0].is_err());
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
                let mut block = AlignedBuf::with_capacity(BLOCK);
                block.extend_from_slice(&[7; BLOCK]);
                file.write_through(0, block.freeze().slice(..BLOCK)).await.unwrap();
                let (result, buf) = file.read_at(0, AlignedBuf::with_capacity(BLOCK)).await;
                result.unwrap();
                assert!(buf[..] == [7; BLOCK]);

                // pieces of several lengths, more than the kernel takes at once
                let cuts = [0, 1, 1, 3, 40, 64].map(|block| block * BLOCK);
                let mut pieces: Vec<Bytes> = cuts.windows(2).map(|cut| chunk.slice(cut[0]..cut[1])).collect();
                pieces.extend((0..1500).map(|number| chunk.slice(number % 64 * BLOCK..(number % 64 + 1) * BLOCK)));
                let expected = pieces.concat();
                file.write_all_at(BLOCK as u64, pieces).await.unwrap();
                file.write_all_at(BLOCK as u64, vec![chunk.slice(0..BLOCK)]).await.unwrap();
                file.write_all_at(0, Vec::new()).await.unwrap();
                assert!(std::fs::read(&path).unwrap() == [&[7; BLOCK][..], &expected].concat());
                file.set_len(10_000).await.unwrap();

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
fn what_is_in_the_page_cache_is_known() {
    use nix::fcntl::{PosixFadviseAdvice, posix_fadvise};
    use std::os::unix::fs::FileExt;
    const LEN: u64 = 1 << 20;
    const HALF: u64 = LEN / 2;
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut numbers = release.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let told = (numbers.next().unwrap(), numbers.next().unwrap()) >= (6, 5);
    one(move |core| {
        Box::pin(async move {
            let dir = directory("resident");
            for direct in [true, false] {
                let path = dir.join("cached");
                std::fs::write(&path, bytes_of(1, LEN as usize)).unwrap();
                let outside = std::fs::File::open(&path).unwrap();
                outside.sync_all().unwrap();
                let file = core.disk.open(&path, Open { direct, ..Open::default() }).await.unwrap();
                assert_eq!(file.resident(0, LEN), told);
                assert_eq!(file.resident(5000, 1), told);
                assert!(!file.resident(5000, 0) && !file.resident(0, LEN + 1), "nothing, or more than there is");
                posix_fadvise(&outside, 0, LEN as i64, PosixFadviseAdvice::POSIX_FADV_RANDOM).unwrap();
                // it forgets what nobody holds just now
                for _ in 0..100 {
                    posix_fadvise(&outside, 0, LEN as i64, PosixFadviseAdvice::POSIX_FADV_DONTNEED).unwrap();
                    if !file.resident(0, LEN) && !file.resident(0, 1) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                assert!(!file.resident(0, LEN) && !file.resident(0, 1), "the cache was told to forget it");
                // nothing is read ahead
                outside.read_exact_at(&mut [0; 4096], HALF).unwrap();
                let (hit, around) = (file.resident(HALF + 5, 4000), file.resident(HALF - 1, 2));
                assert_eq!((hit, around, file.resident(0, LEN)), (told, false, false));
                assert!(std::fs::read(&path).unwrap() == bytes_of(1, LEN as usize));
                assert_eq!(file.resident(0, LEN), told);
            }
            let how = Open { write: true, create: true, direct: true, ..Open::default() };
            let file = core.disk.open(&dir.join("direct"), how).await.unwrap();
            let mut chunk = AppendBuf::with_capacity(LEN as usize);
            chunk.append(&bytes_of(2, LEN as usize));
            file.write_at(0, chunk.slice(0..LEN as usize)).await.unwrap();
            assert!(!file.resident(0, LEN) && !file.resident(0, 1));
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
fn a_core_that_may_spin_looks_for_what_is_expected_and_no_longer() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    for (spin, expects, looks) in [(1, true, true), (1, false, false), (0, true, false)] {
        let config = Config { spin: Duration::from_micros(spin), ..Config::unpinned(1) };
        let main = move |core: Core, _: Rc<Port<()>>| -> LocalFuture<()> {
            Box::pin(async move {
                let used = || Duration::from(nix::time::clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap());
                let mut most = Duration::ZERO;
                // one that is to look has several chances: a core gets less of a CPU that others want too
                for _ in 0..if looks { 20 } else { 1 } {
                    let before = used();
                    if expects {
                        core.timer.expect(core.timer.now() + Duration::from_millis(20));
                    }
                    core.timer.sleep_until(core.timer.now() + Duration::from_millis(100)).await;
                    most = most.max(used() - before);
                    if most >= Duration::from_millis(5) {
                        break;
                    }
                }
                let wanted = if looks { 5..40 } else { 0..5 };
                assert!(wanted.contains(&most.as_millis()), "{most:?} of CPU, {spin} us of spin, {expects}");
            })
        };
        launch(config, main).unwrap().join().unwrap();
    }
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
                let (sender, sent) = (port.clone(), Rc::new(Cell::new(false)));
                let all_sent = sent.clone();
                core.spawn.spawn(
                    Share::Foreground,
                    Box::pin(async move {
                        for i in 0..50_000 {
                            sender.send(other, i).await;
                        }
                        sent.set(true);
                    }),
                );
                for i in 0..50_000 {
                    assert_eq!(poll_fn(|cx| port.poll_recv(cx)).await, i);
                }
                // a core that ends takes with it what its sender still has, and the other would wait for it for ever
                while !all_sent.get() {
                    core.timer.sleep_until(core.timer.now() + Duration::from_millis(1)).await;
                }
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
