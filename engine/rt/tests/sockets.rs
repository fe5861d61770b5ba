//! Sockets of both runtimes, behind the seam, on the real kernel: what net relies on. Every test runs under each kind.
#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::*;

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

/// More than is expected, less and then the end: whoever expects much hears of all of it.
#[test]
fn what_is_expected_is_a_hint_only() {
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            for (expected, sent) in [(300_000, 300_000), (300_000, 3_000_000), (300_000, 50_000), (1 << 30, 5_000_000)]
            {
                let client = thread::spawn(move || {
                    let mut stream = TcpStream::connect(to).unwrap();
                    let bytes = bytes_of(sent, sent);
                    for part in bytes.chunks(sent / 5) {
                        stream.write_all(part).unwrap();
                        thread::sleep(Duration::from_millis(5));
                    }
                    stream.shutdown(Shutdown::Write).unwrap();
                });
                let socket = accept(&listener).await;
                let mut got = vec![];
                loop {
                    socket.expect(expected);
                    let chunk = recv(&socket).await;
                    if chunk.is_empty() {
                        break;
                    }
                    got.extend_from_slice(&chunk);
                }
                assert!(got == bytes_of(sent, sent), "{} of {sent} bytes came", got.len());
                joined(&core, client).await;
            }
            // A small request after a large one is heard of at once.
            let client = core.net.connect(to).await.unwrap();
            let socket = accept(&listener).await;
            socket.expect(200_000);
            client.send(vec![Segment::Memory(Bytes::from(vec![7; 200_000]))]).await.unwrap();
            let mut left = 200_000;
            while left > 0 {
                left -= recv(&socket).await.len();
            }
            socket.expect(1);
            client.send(vec![Segment::Memory(Bytes::from_static(b"small"))]).await.unwrap();
            assert_eq!(&recv(&socket).await[..], b"small");
        })
    });
}

/// As [`one`]; whether it is the ring is told.
fn one_knowing(main: impl Fn(Core, bool) -> LocalFuture<()> + Send + Sync + Clone + 'static) {
    let by_ring = Arc::new(AtomicBool::new(false));
    let kind = by_ring.clone();
    each_kind::<(), _>(
        1,
        move |config| kind.store(config.kind == Kind::Uring, Ordering::Relaxed),
        move |core, _| main(core, by_ring.load(Ordering::Relaxed)),
    );
}

/// A reader that says what it expects, a length and then so many bytes, gets all of it in order, and once large messages
/// follow each other the ring gives it each one whole; with its length where it knows of such.
#[test]
fn large_messages_come_whole_to_a_reader_that_expects_them() {
    large_messages_come_whole(false);
    large_messages_come_whole(true);
}

fn large_messages_come_whole(framed: bool) {
    one_knowing(move |core, by_ring| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            // large ones, small ones between them, one larger than any piece, and large ones again
            let sizes = [vec![100_000; 12], vec![50; 3], vec![300_000, 40, 9_000_000], vec![1_000_000; 8]].concat();
            let sent = sizes.clone();
            let client = thread::spawn(move || {
                let mut stream = TcpStream::connect(to).unwrap();
                for (n, size) in sent.into_iter().enumerate() {
                    stream.write_all(&(size as u32).to_be_bytes()).unwrap();
                    for part in bytes_of(n, size).chunks(size / 3 + 1) {
                        stream.write_all(part).unwrap();
                        if n % 4 == 0 {
                            thread::sleep(Duration::from_millis(2));
                        }
                    }
                }
            });
            let socket = accept(&listener).await;
            if framed {
                socket.framed();
            }
            let (mut rest, mut whole) = (Bytes::new(), vec![]);
            for (n, size) in sizes.into_iter().enumerate() {
                let (mut got, mut chunks) = (vec![], 0);
                while got.len() < 4 + size {
                    if rest.is_empty() {
                        let left = if got.len() < 4 { 4 - got.len() } else { 4 + size - got.len() };
                        socket.expect(left);
                        rest = recv(&socket).await;
                        assert!(!rest.is_empty(), "ended in message {n}");
                        chunks += 1;
                    }
                    got.extend_from_slice(&rest.split_to(rest.len().min(4 + size - got.len())));
                }
                assert!(got[4..] == bytes_of(n, size), "message {n}");
                // memory is not kept for the largest before something of them has come
                let with_length = framed && size < 500_000;
                whole.push(chunks == if with_length { 1 } else { 2 } && rest.is_empty());
            }
            if by_ring {
                assert!(whole[6..12].iter().all(|w| *w), "{whole:?}");
                assert!(whole[whole.len() - 4..].iter().all(|w| *w), "{whole:?}");
            }
            joined(&core, client).await;
        })
    });
}

/// A reader that lets bytes gather is woken for all of them together, or when it no longer does, or at the end of the stream.
#[test]
fn what_gathers_wakes_the_reader_once() {
    one_knowing(move |core, by_ring| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let client = core.net.connect(listener.local_addr()).await.unwrap();
            let socket = accept(&listener).await;
            let sent = Rc::new(Cell::new(0));
            let send = |parts: usize| {
                let (core, client, sent) = (core.clone(), client.clone(), sent.clone());
                async move {
                    for _ in 0..parts {
                        core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
                        client.send(vec![Segment::Memory(Bytes::from(vec![1; 60_000]))]).await.unwrap();
                        sent.set(sent.get() + 60_000);
                    }
                }
            };
            // twice: what gathered once is not waited for again until the reader says so
            for _ in 0..2 {
                sent.set(0);
                socket.expect(4);
                socket.gather(300_000);
                core.spawn.spawn(Share::Foreground, Box::pin(send(5)));
                let mut got = recv(&socket).await.len();
                assert!(!by_ring || sent.get() >= 240_000, "woken when {} bytes were sent", sent.get());
                while got < 300_000 {
                    socket.expect(4);
                    got += recv(&socket).await.len();
                }
            }
            socket.gather(300_000);
            sent.set(0);
            core.spawn.spawn(Share::Foreground, Box::pin(send(1)));
            let mut first = Box::pin(recv(&socket));
            poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_ready())).await;
            core.timer.sleep_until(core.timer.now() + Duration::from_millis(50)).await;
            let early = poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx).is_ready())).await;
            assert!(!by_ring || !early, "less than gathers");
            if !early {
                socket.gather(0);
                assert!(!first.await.is_empty());
            }
            socket.gather(300_000);
            client.shutdown();
            while !recv(&socket).await.is_empty() {}
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

/// Data and a reset right behind it, on connections just accepted: the kernel may tell a multishot receive of the data alone.
#[test]
fn a_reset_right_behind_data_ends_the_connection() {
    const CONNECTIONS: usize = 20_000;
    one(|core| {
        Box::pin(async move {
            let listener = core.net.listen(localhost(), LISTEN).unwrap();
            let to = listener.local_addr();
            let counts = Rc::new((Cell::new(0), Cell::new(0)));
            let client = thread::spawn(move || {
                for number in 0..CONNECTIONS {
                    let mut stream = TcpStream::connect(to).unwrap();
                    socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
                    let connected = Instant::now();
                    while connected.elapsed() < Duration::from_micros(number as u64 % 100) {}
                    stream.write_all(b"hi").unwrap();
                }
            });
            let (here, spawn) = (counts.clone(), core.clone());
            core.spawn.spawn(
                Share::Foreground,
                Box::pin(async move {
                    loop {
                        let socket = accept(&listener).await;
                        here.0.set(here.0.get() + 1);
                        let here = here.clone();
                        spawn.spawn.spawn(
                            Share::Foreground,
                            Box::pin(async move {
                                while let Ok(bytes) = poll_fn(|cx| socket.poll_recv(cx)).await
                                    && !bytes.is_empty()
                                {}
                                here.1.set(here.1.get() + 1);
                            }),
                        );
                    }
                }),
            );
            joined(&core, client).await;
            let until = Instant::now() + Duration::from_secs(5);
            // those that were gone before they were accepted are nobody's
            while counts.0.get() == 0 || counts.1.get() < counts.0.get() {
                assert!(Instant::now() < until, "{} of {} ended", counts.1.get(), counts.0.get());
                core.timer.sleep_until(core.timer.now() + Duration::from_millis(5)).await;
            }
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
