//! What it costs to ask another core: a message through the mesh and the answer back, on two pinned cores with a ring each. One
//! at a time it is the time of a round trip, with cores that spin and with cores that sleep; in flights of 64 it is the cost of
//! each. Beside it stands the floor: two threads that hand a cache line to and fro.

mod cores;

use std::future::poll_fn;
use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use thalweg_rt::CoreId;

use cores::Cores;

/// What crosses: a question, an answer, or the end.
type Message = Option<u64>;

/// Two cores of which the second answers, `flight` questions being on their way at a time.
fn two_cores(spin: Duration, flight: u64) -> Cores<Message> {
    Cores::start(2, spin, move |core, port, jobs| {
        Box::pin(async move {
            let Some(jobs) = jobs else {
                while let Some(number) = poll_fn(|cx| port.poll_recv(cx)).await {
                    if let Err(back) = port.try_send(CoreId(0), Some(number)) {
                        port.send(CoreId(0), back).await;
                    }
                }
                return;
            };
            while let Some(times) = jobs.next(&core).await {
                let start = Instant::now();
                let (mut asked, mut answered) = (0, 0);
                while answered < times {
                    while asked < times.min(answered + flight) {
                        if let Err(back) = port.try_send(CoreId(1), Some(asked)) {
                            port.send(CoreId(1), back).await;
                        }
                        asked += 1;
                    }
                    let answer = poll_fn(|cx| port.poll_recv(cx)).await;
                    assert_eq!(answer, Some(answered), "answers come in order");
                    answered += 1;
                }
                jobs.done(start.elapsed());
            }
            port.send(CoreId(1), None).await;
        })
    })
}

fn hops(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hop");
    group.throughput(Throughput::Elements(1));
    let spinning = Duration::from_micros(50);
    for (name, spin, flight) in [
        ("round trip, spinning", spinning, 1),
        ("round trip, sleeping", Duration::ZERO, 1),
        ("flights of 64", spinning, 64),
    ] {
        let cores = two_cores(spin, flight);
        group.bench_function(name, |bencher| bencher.iter_custom(|times| cores.measure(times)));
    }
    group.bench_function("floor: a cache line", |bencher| bencher.iter_custom(cache_line));
    group.finish();
}

/// Round trips of a counter between two threads on the same two CPUs.
fn cache_line(times: u64) -> Duration {
    let (there, back) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let (asked, answer) = (there.clone(), back.clone());
    let other = thread::spawn(move || {
        pin(1);
        for number in 1..=times {
            while asked.load(Ordering::Acquire) != number {
                spin_loop();
            }
            answer.store(number, Ordering::Release);
        }
    });
    let asking = thread::spawn(move || {
        pin(0);
        let start = Instant::now();
        for number in 1..=times {
            there.store(number, Ordering::Release);
            while back.load(Ordering::Acquire) != number {
                spin_loop();
            }
        }
        start.elapsed()
    });
    other.join().expect("it counts");
    asking.join().expect("it counts")
}

fn pin(cpu: usize) {
    assert!(core_affinity::set_for_current(core_affinity::CoreId { id: cpu }), "CPU {cpu} is not to be had");
}

criterion_group!(benches, hops);
criterion_main!(benches);
