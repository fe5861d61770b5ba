//! Whatever clients do, in whatever order, with whatever the log holds back: a coordinator that reads the log knows what the
//! live one has told its clients, and nobody is left without an answer, or answered twice.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use common::coordinator::{Topics, World, subscription};
use thalweg_replication::group::{GroupConfig, GroupEffect, GroupRequest, GroupResponse, Groups, Ticket};
use thalweg_wire::messages::heartbeat_request::HeartbeatRequest;
use thalweg_wire::messages::offset_fetch_request::OffsetFetchRequestGroup;
use thalweg_wire::{Str, Uuid};

/// A small generator of numbers: the seed is all there is to a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % sides
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.roll(from.len() as u64) as usize]
    }
}

#[test]
fn what_was_told_is_what_the_log_says() {
    let mut stable = 0;
    for seed in 1..=400 {
        stable += run(seed);
    }
    // without this the test could pass by never reaching a state worth comparing
    assert!(stable > 1_000, "only {stable} comparisons of a group with members");
}

fn run(seed: u64) -> u64 {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let delay_ms = [0, 0, 3_000][dice.roll(3) as usize];
    let config =
        GroupConfig { initial_rebalance_delay_ms: delay_ms, retention_ms: 1_800_000, ..GroupConfig::default() };
    let mut world = World::new(config);
    world.run("topic t:3");
    world.run("topic u:2");
    let mut compared = 0;
    for step in 0..150 {
        let command = command(&mut dice);
        world.run(&command);
        if dice.roll(4) == 0 {
            world.run("release");
            compared += compare(&mut world, &format!("seed {seed} step {step} after {command}"));
        }
    }
    world.run("release");
    for _ in 0..4 {
        world.run("elapse 1h");
    }
    let left: Vec<_> = world.waiting.values().collect();
    assert!(left.is_empty(), "seed {seed}: never answered: {left:?}");
    compared
}

fn command(dice: &mut Dice) -> String {
    let who = dice.pick(&["ada", "bob", "eve", "joe", "sue"]);
    let group = dice.pick(&["g", "g", "h"]);
    let version = dice.pick(&["9", "9", "8", "3"]);
    // two of the five are static, and two bear the same name
    let instance = match who {
        "joe" | "sue" => " instance=i1",
        "eve" => " instance=i2",
        _ => "",
    };
    let lost_its_id = if dice.roll(6) == 0 { " as=nobody" } else { "" };
    match dice.roll(100) {
        0..=29 => {
            let offers = dice.pick(&["range=t rr=t", "range=t", "rr=t range=t", "range=t+u rr=u"]);
            format!("{who}> join {group} v={version} session=10s rebalance=20s{instance}{lost_its_id} {offers}")
        }
        30..=54 => {
            let assigned = dice.pick(&["ada=1 bob=2 eve=3 joe=4 sue=5", "ada=a", "bob=b eve=e"]);
            format!("{who}> sync {group}{instance} {assigned}")
        }
        55..=61 => format!("{who}> heartbeat {group}{instance}"),
        62..=67 => format!("{who}> leave {group}{instance}"),
        68..=77 => {
            let offset = dice.roll(1_000);
            let outside = dice.pick(&["", "", " gen=-1 as=nobody"]);
            let topic = dice.pick(&["t/0", "t/1", "u/0", "x/0"]);
            format!("{who}> commit {group}{instance}{outside} {topic}={offset}")
        }
        78..=79 => format!("{who}> forget {group} t/0 u/0"),
        80..=81 => format!("{who}> delete {group}"),
        82..=87 => "hold".to_owned(),
        88..=94 => format!("elapse {}ms", dice.roll(12_000)),
        95 => "elapse 10m".to_owned(),
        96..=97 => "restart".to_owned(),
        98 => "crash".to_owned(),
        _ => "release".to_owned(),
    }
}

/// Reads the log into a second coordinator and compares what both say. Returns how many groups with members were compared.
fn compare(world: &mut World, when: &str) -> u64 {
    let mut restored = Groups::loading(world.config.clone());
    for (key, value) in &world.log {
        restored.replay(key, value.as_deref()).unwrap();
    }
    restored.loaded(world.now_ms, &mut Vec::new());
    let now_ms = world.now_ms;
    let mut compared = 0;
    for id in ["g", "h"].map(Str::from) {
        let all = OffsetFetchRequestGroup { group_id: id.clone(), topics: None, ..Default::default() };
        let fetch = GroupRequest::OffsetFetch { version: 9, request: all, require_stable: true };
        let offsets = ask(&mut world.groups, &world.topics, now_ms, fetch.clone());
        assert_eq!(offsets, ask(&mut restored, &world.topics, now_ms, fetch), "offsets of {id}, {when}");

        let describe = GroupRequest::Describe { version: 6, groups: vec![id.clone()] };
        let live = described(ask(&mut world.groups, &world.topics, now_ms, describe.clone()));
        let read = described(ask(&mut restored, &world.topics, now_ms, describe));
        match &*live.group_state {
            "Stable" => {
                assert_eq!(live, read, "{when}");
                compared += 1;
                for client in world.clients.values() {
                    let heartbeat = GroupRequest::Heartbeat {
                        version: 4,
                        request: HeartbeatRequest {
                            group_id: id.clone(),
                            generation_id: client.generation,
                            member_id: Str::from(&client.member),
                            group_instance_id: client.instance.as_ref().map(Str::from),
                        },
                    };
                    // on copies in time only: a heartbeat moves nothing but the session
                    let told = ask(&mut restored, &world.topics, now_ms, heartbeat.clone());
                    assert_eq!(ask(&mut world.groups, &world.topics, now_ms, heartbeat), told, "{id} {when}");
                }
            }
            "Empty" | "Dead" => assert!(read.members.is_empty(), "{id} has members again, {when}: {read:?}"),
            _ => {}
        }
    }
    compared
}

fn ask(groups: &mut Groups, topics: &Topics, now_ms: i64, request: GroupRequest) -> GroupResponse {
    let mut out = Vec::new();
    groups.handle(now_ms, request, Ticket(0), topics, &mut || Uuid::ZERO, &mut out);
    match out.pop() {
        Some(GroupEffect::Reply { response, .. }) if out.is_empty() => response,
        other => panic!("a question is answered at once: {other:?} {out:?}"),
    }
}

fn described(response: GroupResponse) -> thalweg_wire::messages::describe_groups_response::DescribedGroup {
    let GroupResponse::Describe(mut groups) = response else { panic!("not a description") };
    groups.pop().unwrap()
}

/// A subscription as this test writes it is what the rules read: otherwise no topic would count as subscribed.
#[test]
fn subscriptions_are_read() {
    let mut world = World::new(GroupConfig { initial_rebalance_delay_ms: 0, ..GroupConfig::default() });
    assert!(subscription("t").len() > 6);
    world.run("topic t:1");
    for command in ["ada> join g v=3 range=t", "ada> sync g ada=1", "ada> commit g t/0=1"] {
        world.run(command);
    }
    assert_eq!(world.run("app> forget g t/0"), ["app: forgot t/0=GROUP_SUBSCRIBED_TO_TOPIC"]);
}
