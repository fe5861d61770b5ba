//! Runs against a broker whose delays and faults are known: what comes out has to be what was put in.

#![allow(clippy::unwrap_used, reason = "test helpers: a failed unwrap is a failed test")]

mod fake;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use fake::{Fake, Fault, Manners};
use thalweg_loadgen::failure::{Code, Exit};
use thalweg_loadgen::outcome::Outcome;
use thalweg_loadgen::plan::{Keys, Plan, Rate, Size};
use thalweg_loadgen::run::run;
use thalweg_loadgen::view::{Choice, Live};

const MS: fn(u64) -> Duration = Duration::from_millis;

/// Runs measure time: one at a time.
static ALONE: Mutex<()> = Mutex::new(());

/// A plan whose latency is the broker's alone: every record leaves by itself at once, and nobody reads.
fn plan(per_second: f64, duration_ms: u64) -> Plan {
    let mut plan = Plan { rate: Rate::Constant { per_second }, duration_ms, cores: Some(1), ..Plan::default() };
    plan.warmup.max_ms = 0;
    plan.warmup.min_ms = 0;
    plan.topics.partitions = 1;
    plan.records.size = Size::Fixed { bytes: 100 };
    plan.producers.count = 1;
    plan.producers.linger_us = 0;
    plan.producers.idempotent = false;
    plan.producers.in_flight = 1000;
    plan.consumers.groups = 0;
    // the machine may be busy with other tests; the broker's share is what is looked at
    plan.limits.lag_us = 1_000_000;
    plan.limits.cpu_ratio = 1.0;
    plan
}

fn measure(mut plan: Plan, manners: Manners) -> Outcome {
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let fake = Fake::start(manners);
    plan.bootstrap = vec![fake.address.to_string()];
    let mut live = Live::open(Choice::Quiet, &plan).unwrap();
    run(&plan, &mut live).unwrap_or_else(|failure| panic!("{failure}"))
}

fn ms(ns: u64) -> f64 {
    ns as f64 / 1e6
}

/// Within 2 % of what was put in.
fn near(found_ns: u64, wanted_ms: f64) -> bool {
    (ms(found_ns) / wanted_ms - 1.0).abs() <= 0.02
}

/// Measures until `is_right`, a few times: what else runs on this machine adds to what is measured, and wrong accounting is
/// wrong every time.
fn check(plan: &Plan, manners: &Manners, is_right: impl Fn(&Outcome) -> bool) {
    const TRIES: u32 = 6;
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let outcome = measure(plan.clone(), manners.clone());
        if is_right(&outcome) {
            return;
        }
        let latency = &outcome.latency;
        seen.push((latency.response.quantiles, latency.service.quantiles, outcome.totals, outcome.verdict));
    }
    panic!("never right in {TRIES} tries: {seen:#?}");
}

#[test]
fn a_delay_is_measured_as_it_is() {
    check(&plan(200.0, 4000), &Manners { delay: MS(100), ..Manners::default() }, |outcome| {
        let (response, service) = (outcome.latency.response.quantiles, outcome.latency.service.quantiles);
        assert_eq!((outcome.totals.intended, outcome.totals.acked, response.count), (800, 800, 800));
        assert_eq!(outcome.latency.response.histogram().unwrap().len(), 800);
        // without a linger every record leaves by itself, but for what the generator comes to late
        outcome.totals.batches > 600 && near(response.p50_ns, 100.0) && near(service.p50_ns, 100.0)
    });
}

#[test]
fn a_linger_is_measured_as_it_is_and_batches_are_exact() {
    let mut plan = plan(1000.0, 4000);
    plan.producers.linger_us = 100_000;
    check(&plan, &Manners { delay: MS(50), ..Manners::default() }, |outcome| {
        let (response, service) = (outcome.latency.response.quantiles, outcome.latency.service.quantiles);
        assert_eq!(response.count, 4000);
        // a batch holds what should have left within 100 ms of its first: 100 records, or 101 with the one on the edge;
        // it takes from 50 ms for its last record to 150 ms for its first
        (39..=40).contains(&outcome.totals.batches)
            && near(response.p50_ns, 100.0)
            && near(response.p99_ns, 149.0)
            && near(service.p50_ns, 50.0)
    });
}

#[test]
fn a_full_batch_leaves_before_its_linger() {
    let mut plan = plan(1000.0, 2000);
    plan.producers.linger_us = 10_000_000;
    // header 61, record 8 + 100: ten of them and not eleven
    plan.producers.batch_bytes = 61 + 10 * 108 + 50;
    check(&plan, &Manners { delay: MS(100), ..Manners::default() }, |outcome| {
        assert_eq!((outcome.totals.acked, outcome.totals.batches), (2000, 200));
        // the first of a batch waits for the ninth after it
        let histogram = outcome.latency.response.histogram().unwrap();
        near(histogram.value_at_quantile(0.05), 100.0) && near(histogram.value_at_quantile(0.95), 109.0)
    });
}

#[test]
fn a_pause_is_paid_for_by_every_record_that_should_have_left_within_it() {
    let mut plan = plan(1000.0, 5000);
    plan.producers.in_flight = 5;
    let manners = Manners { pause: Some((MS(2000), MS(200))), ..Manners::default() };
    check(&plan, &manners, |outcome| {
        let (response, service) = (outcome.latency.response.quantiles, outcome.latency.service.quantiles);
        assert_eq!(response.count, 5000);
        let slow = outcome.latency.response.histogram().unwrap().count_between(20_000_000, u64::MAX);
        // 200 of 5000 records waited, the five worst of them for 196 ms and more, the fiftieth for 151 ms; five requests
        // were on the way: a generator that waits for its answers sees hardly more than those
        near(response.p999_ns, 196.0)
            && near(response.p99_ns, 151.0)
            && (178..=190).contains(&slow)
            && ms(service.p99_ns) < 20.0
    });
}

#[test]
fn a_broker_that_is_too_slow_is_not_the_generator_s_fault() {
    let mut plan = plan(2000.0, 3000);
    plan.producers.in_flight = 1;
    plan.producers.batch_bytes = 61 + 10 * 108 + 50;
    plan.producers.buffer_bytes = 100 * 100;
    plan.limits.lag_us = 50_000;
    check(&plan, &Manners { delay: MS(10), one_by_one: true, ..Manners::default() }, |outcome| {
        let totals = &outcome.totals;
        assert_eq!(totals.intended, 6000);
        assert_eq!(totals.acked + totals.unsent + totals.unanswered, 6000, "{totals:?}");
        assert_eq!(outcome.latency.response.quantiles.count, 6000, "what never left has its age");
        // ten records every ten milliseconds, and what a round trip costs
        (1500..=3100).contains(&totals.acked)
            && ms(outcome.latency.response.quantiles.p99_ns) > 1000.0
            && outcome.verdict.is_valid()
    });
}

#[test]
fn a_closed_loop_says_so_and_keeps_the_connection_full() {
    let mut plan = plan(1.0, 2000);
    plan.rate = Rate::Max;
    plan.producers.in_flight = 2;
    plan.producers.batch_bytes = 61 + 10 * 108 + 50;
    check(&plan, &Manners { delay: MS(20), ..Manners::default() }, |outcome| {
        assert!(outcome.closed_loop);
        // two requests of ten records every twenty milliseconds
        (1000..=2040).contains(&outcome.totals.acked)
    });
}

/// A run that verifies what comes back.
fn verified(fault: Fault) -> Outcome {
    let mut plan = plan(2000.0, 1000);
    plan.verify = true;
    plan.records.keys = Keys::Uniform { count: 4 };
    plan.consumers.groups = 2;
    plan.producers.linger_us = 10_000;
    plan.producers.in_flight = 1;
    measure(plan, Manners { fault, ..Manners::default() })
}

#[test]
fn what_is_whole_is_found_whole() {
    let outcome = verified(Fault::None);
    let found = outcome.verification.unwrap();
    assert!(found.is_clean(), "{found:?}");
    assert_eq!((found.acked, found.read, found.keys), (2000, 4000, 4));
    assert_eq!(outcome.latency.end_to_end.quantiles.count, 4000);
}

#[test]
fn planted_loss_duplication_reordering_and_damage_are_found() {
    let lost = verified(Fault::Lose(10)).verification.unwrap();
    assert!(lost.lost > 0 && lost.lost.is_multiple_of(2), "both groups miss the same: {lost:?}");
    assert_eq!((lost.duplicated, lost.reordered, lost.corrupt), (0, 0, 0), "{lost:?}");
    let doubled = verified(Fault::Double(10)).verification.unwrap();
    assert!(doubled.duplicated > 0 && doubled.lost == 0 && doubled.reordered == 0, "{doubled:?}");
    let late = verified(Fault::Late(10)).verification.unwrap();
    assert!(late.reordered > 0 && late.lost == 0 && late.duplicated == 0, "{late:?}");
    let damaged = verified(Fault::Damage(10)).verification.unwrap();
    assert_eq!((damaged.corrupt, damaged.lost), (2, 2), "{damaged:?}");
    assert!(damaged.findings.iter().any(|finding| finding.contains("not what was sent")), "{damaged:?}");
}

#[test]
fn a_leader_that_moved_costs_a_retry_and_nothing_else() {
    let outcome = verified(Fault::NotLeader(10));
    assert!(outcome.verification.clone().unwrap().is_clean(), "{:?}", outcome.verification);
    assert_eq!(outcome.totals.errors["NOT_LEADER_OR_FOLLOWER"], 1);
    assert_eq!(outcome.totals.retries, 1);
}

#[test]
fn a_lost_connection_is_opened_again_and_what_was_on_the_way_is_sent_again() {
    let outcome = verified(Fault::HangUp(10));
    assert_eq!((outcome.totals.errors["DISCONNECTED"], outcome.totals.connects), (1, 2));
    // without sequence numbers the broker stored it twice, and that is found
    let found = outcome.verification.unwrap();
    assert!(found.duplicated > 0 && found.lost == 0, "{found:?}");
}

#[test]
fn nobody_there_is_said_at_once_with_exit_code_3() {
    let mut plan = plan(1.0, 1000);
    plan.bootstrap = vec!["127.0.0.1:1".to_owned()];
    let mut live = Live::open(Choice::Quiet, &plan).unwrap();
    let failure = run(&plan, &mut live).unwrap_err();
    assert_eq!((failure.code, failure.exit), (Code::Unreachable, Exit::CannotConnect));
    assert!(failure.to_string().contains("cannot reach 127.0.0.1:1"), "{failure}");
}
