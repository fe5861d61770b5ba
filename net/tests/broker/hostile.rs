//! Bytes nobody should send. The broker answers or closes, and others go on.

use std::io::Write;
use std::time::{Duration, Instant};

use thalweg_wire::messages::metadata_request::MetadataRequest;
use thalweg_wire::{RequestHeader, Sink};

use crate::support::*;

fn closes(bytes: &[u8]) {
    let mut client = shared().connect();
    client.stream.write_all(bytes).unwrap();
    let began = Instant::now();
    assert!(client.is_closed(), "{bytes:?}");
    assert!(began.elapsed() < Duration::from_secs(2), "{bytes:?}");
    innocent();
}

fn innocent() {
    let answer = shared().connect().call(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() });
    assert_eq!(answer.brokers.len(), 1);
}

fn framed(key: i16, version: i16, body: &[u8]) -> Vec<u8> {
    let mut sink = Sink::framed();
    RequestHeader { api_key: key, api_version: version, correlation_id: 1, client_id: None }.encode(&mut sink).unwrap();
    sink.raw(body);
    sink.into_bytes().unwrap().to_vec()
}

#[test]
fn other_protocols_are_closed() {
    closes(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    closes(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    closes(b"SSH-2.0-OpenSSH_9.6\r\n");
}

#[test]
fn lengths_that_cannot_be_are_closed() {
    for length in [-1i32, 0, 3, i32::MIN, i32::MAX, 104_857_601] {
        closes(&length.to_be_bytes());
    }
}

#[test]
fn unknown_apis_and_versions_are_closed() {
    closes(&framed(4, 0, &[]));
    closes(&framed(999, 0, &[]));
    closes(&framed(-1, 0, &[]));
    closes(&framed(3, 14, &[0; 20]));
    closes(&framed(22, 6, &[0; 20]));
}

#[test]
fn a_body_that_promises_the_sky_costs_nothing() {
    closes(&framed(3, 1, &[0x7f, 0xff, 0xff, 0xff]));
    closes(&framed(3, 9, &[0, 0xff, 0xff, 0xff, 0xff, 0x0f]));
    closes(&framed(0, 3, &[0xff; 40]));
}

#[test]
fn what_came_before_the_nonsense_is_answered() {
    let mut client = shared().connect();
    let request = MetadataRequest { topics: Some(vec![]), ..Default::default() };
    let mut bytes = client.frame(9, &request);
    bytes.extend_from_slice(&framed(999, 0, &[]));
    client.stream.write_all(&bytes).unwrap();
    assert_eq!(client.receive::<MetadataRequest>(9, 1).brokers.len(), 1);
    assert!(client.is_closed());
}

#[test]
fn a_request_that_comes_byte_by_byte_is_served() {
    let mut client = shared().connect();
    let frame = client.frame(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() });
    for byte in frame {
        client.stream.write_all(&[byte]).unwrap();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(client.receive::<MetadataRequest>(9, 1).brokers.len(), 1);
}

#[test]
fn half_a_request_and_gone_leaves_nothing_behind() {
    for _ in 0..50 {
        let mut client = shared().connect();
        let frame = client.frame(9, &MetadataRequest { topics: None, ..Default::default() });
        client.stream.write_all(&frame[..frame.len() / 2]).unwrap();
    }
    innocent();
}

#[test]
fn a_flood_of_connections_that_say_nothing_keeps_nobody_out() {
    let flood: Vec<_> = (0..500).map(|_| shared().connect()).collect();
    innocent();
    drop(flood);
    innocent();
}

#[test]
fn a_client_that_does_not_read_is_not_read_from() {
    // Answers of some 100 KiB each that nobody takes: the broker stops reading, and its memory stays its own.
    let mut broker = Broker::start("slow-reader", &[]);
    let mut setup = broker.connect();
    setup.create_topic("wide", 1000, &[]);
    let mut slow = broker.connect();
    slow.client_id = Some("x".repeat(10_000).as_str().into());
    slow.stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let mut sent = 0;
    let mut frames = Vec::new();
    for _ in 0..200 {
        frames.extend(slow.frame(9, &MetadataRequest { topics: None, ..Default::default() }));
    }
    while sent < 400 && slow.stream.write_all(&frames).is_ok() {
        sent += 1;
    }
    assert!(sent < 400, "800 MB of requests were taken in without a single answer being read");
    assert_eq!(setup.call(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() }).brokers.len(), 1);
    drop(slow);
    assert!(broker.stop() < Duration::from_secs(2));
}

#[test]
fn connections_beyond_the_limit_are_closed_at_once() {
    let broker = Broker::start("limits", &[("max.connections.per.ip", "3")]);
    let request = MetadataRequest { topics: Some(vec![]), ..Default::default() };
    let mut open: Vec<Client> = (0..3).map(|_| broker.connect()).collect();
    for client in &mut open {
        client.call(9, &request);
    }
    assert!(broker.connect().is_closed());
    open.pop();
    eventually("room for another", || {
        let mut client = broker.connect();
        let frame = client.frame(9, &request);
        client.stream.write_all(&frame).ok()?;
        client.receive_frame().ok()
    });
}

#[test]
fn a_silent_connection_is_closed_after_its_time() {
    let broker = Broker::start("idle", &[("connections.max.idle.ms", "300")]);
    let mut client = broker.connect();
    client.call(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() });
    let began = Instant::now();
    assert!(client.is_closed());
    assert!((250..3000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
}
