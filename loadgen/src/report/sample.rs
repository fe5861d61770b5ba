//! Made-up outcomes for tests of reports and result files: plausible, and the same for the same seed.

use hdrhistogram::Histogram;

use crate::outcome::{
    Clock, Cpu, HostFacts, Interval, Latencies, Latency, Outcome, Quantiles, SCHEMA_VERSION, Target, Totals, Verdict,
    WarmedUp,
};
use crate::plan::Plan;
use crate::random::Random;

const WARMUP_SECONDS: usize = 5;

/// A run of so many measured seconds after five of warm-up, with consumers, 10,000 records a second as planned.
pub fn outcome(seconds: usize, seed: u64) -> Outcome {
    at_rate(seconds, seed, 10_000.0)
}

/// The same at another rate; latency rises steeply from 300,000 a second.
pub fn at_rate(seconds: usize, seed: u64, per_second: f64) -> Outcome {
    let mut random = Random::new(seed, 0);
    let plan = Plan { rate: crate::plan::Rate::Constant { per_second }, ..Plan::default() };
    let empty = || Histogram::<u64>::new_with_max(600_000_000_000, 3).expect("bounds in range");
    let (mut response, mut service, mut lag, mut end_to_end) = (empty(), empty(), empty(), empty());
    let load = 1.0 + (per_second / 300_000.0).powi(6);
    let rate = per_second as u64;
    let mut intervals = Vec::new();
    for second in 0..seconds + WARMUP_SECONDS {
        let measured = second >= WARMUP_SECONDS;
        let stall = if second % 17 == 11 { 9.0 } else { 1.0 };
        let (mut of_response, mut of_lag, mut of_end_to_end) = (empty(), empty(), empty());
        for _ in 0..2000 {
            let t = (600_000.0 + 250_000.0 * random.exponential() * stall * random.exponential()) * load;
            let behind = 20_000.0 * random.exponential();
            let values = [t + behind, t, behind, t * 1.3 + behind].map(|v| v as u64);
            of_response.saturating_record(values[0]);
            of_lag.saturating_record(values[2]);
            of_end_to_end.saturating_record(values[3]);
            if measured {
                for (histogram, value) in
                    [&mut response, &mut service, &mut lag, &mut end_to_end].into_iter().zip(values)
                {
                    histogram.saturating_record(value);
                }
            }
        }
        let shaken = (rate as f64 * (0.99 + 0.02 * random.unit())) as u64;
        intervals.push(Interval {
            at_ms: second as u64 * 1000,
            for_ms: 1000,
            measured,
            sent: shaken,
            acked: shaken,
            acked_bytes: shaken * 1024,
            consumed: shaken,
            consumed_bytes: shaken * 1024,
            response: Quantiles::of(&of_response),
            lag: Quantiles::of(&of_lag),
            end_to_end: Quantiles::of(&of_end_to_end),
            generator_cpu_ratio: 0.3 + 0.05 * random.unit(),
            broker_cpu: Some(0.8 + 0.2 * random.unit()),
            ..Interval::default()
        });
    }
    let acked = rate * seconds as u64;
    let written = |histogram: &Histogram<u64>| Latency::of(histogram).expect("a histogram can be written");
    Outcome {
        schema_version: SCHEMA_VERSION,
        generator_version: "0.1.0".to_owned(),
        plan,
        began_ms: 1_795_692_775_000,
        measured_ns: seconds as u64 * 1_000_000_000,
        warmup: WarmedUp { took_ms: 5000, settled: true },
        verdict: Verdict::Valid,
        closed_loop: false,
        totals: Totals {
            intended: acked,
            sent: acked,
            acked,
            acked_bytes: acked * 1024,
            consumed: acked,
            consumed_bytes: acked * 1024,
            requests: acked / 16,
            batches: acked / 15,
            wire_bytes: acked * 1030,
            connects: 8,
            acked_per_second: per_second * (0.995 + 0.01 * random.unit()),
            consumed_per_second: per_second,
            ..Totals::default()
        },
        latency: Latencies {
            response: written(&response),
            service: written(&service),
            lag: written(&lag),
            end_to_end: written(&end_to_end),
            clock: Clock::Monotonic,
        },
        intervals,
        cpu: Cpu {
            generator_cores: 1,
            generator_ns: seconds as u64 * 320_000_000,
            generator_busiest_ratio: 0.32,
            generator_seconds_per_gib: Some(0.61),
            broker_ns: Some(seconds as u64 * 900_000_000),
            broker_seconds_per_gib: Some(1.7 * (0.98 + 0.04 * random.unit())),
            stolen_ns: Some(0),
        },
        host: HostFacts {
            name: "riverbed".to_owned(),
            kernel: "6.18.0".to_owned(),
            cpu_model: "Example 9000".to_owned(),
            cpus: 2,
            memory_bytes: Some(16 << 30),
            agents: Vec::new(),
        },
        target: Target {
            bootstrap: vec!["127.0.0.1:9092".to_owned()],
            cluster_id: Some("river".to_owned()),
            brokers: vec!["1 127.0.0.1:9092".to_owned()],
            process: Some("thalweg (pid 4711)".to_owned()),
            ephemeral: false,
        },
        backlog: None,
        verification: None,
        remarks: Vec::new(),
    }
}
