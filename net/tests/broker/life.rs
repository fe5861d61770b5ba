//! Start, stop, restart.

use std::time::Duration;

use thalweg_net::data_dir::DataDirError;
use thalweg_net::server::ServerError;
use thalweg_wire::messages::metadata_request::MetadataRequest;

use crate::support::*;

#[test]
fn a_broker_starts_fast_and_stops_clean_within_a_second() {
    let mut broker = Broker::start("quick", &[]);
    assert!(broker.ready.took < Duration::from_secs(5), "{:?}", broker.ready.took);
    assert!(broker.ready.new);
    let mut client = broker.connect();
    client.create_topic("t", 1, &[]);
    client.write("t", 0, &["a"]);
    // a fetch that waits must not hold the stop up
    let mut waiting = broker.connect();
    waiting.send(12, &fetch("t", &[(0, 1)], 30_000));
    std::thread::sleep(Duration::from_millis(100));
    let took = broker.stop();
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(client.is_closed());
    // the core it waits on may have stopped, and answered, before the one it came to
    assert!(waiting.ends());
}

#[test]
fn what_was_acknowledged_is_there_after_a_restart() {
    let broker = Broker::start("restart", &[]);
    let mut client = broker.connect();
    client.create_topic("kept", 3, &[("retention.ms", "-1")]);
    let id = topic_id(&mut client, "kept");
    for round in 0..20 {
        let partition = round % 3;
        client.write("kept", partition, &[&format!("{round}-a"), &format!("{round}-b")]);
    }
    let cluster = broker.ready.cluster_id.clone();
    let broker = broker.restart();
    assert_eq!(broker.ready.cluster_id, cluster);
    assert!(!broker.ready.new);
    let mut client = broker.connect();
    assert_eq!(topic_id(&mut client, "kept"), id);
    for partition in 0..3 {
        let rounds = (0..20).filter(|round| round % 3 == partition);
        let want: Vec<(i64, String)> = rounds
            .flat_map(|round| [format!("{round}-a"), format!("{round}-b")])
            .enumerate()
            .map(|(offset, value)| (offset as i64, value))
            .collect();
        assert_eq!(records_of(&client.fetch("kept", partition, 0, 1000)), want);
    }
    assert_eq!(client.write("kept", 0, &["next"]), 14);
}

#[test]
fn a_port_in_use_is_an_error_that_names_it() {
    let broker = Broker::start("port", &[]);
    let listeners = format!("PLAINTEXT://{}", broker.address);
    let dir = fresh_dir("port-2");
    let error = launch(&dir, &[("listeners".to_owned(), listeners)]).map(|_| ()).unwrap_err();
    assert!(matches!(error, ServerError::AddressInUse(at) if at == broker.address), "{error}");
    let _ = std::fs::remove_dir_all(dir);
}

#[test]
fn a_data_directory_in_use_is_an_error_that_names_it() {
    let broker = Broker::start("lock", &[]);
    let error = launch(&broker.dir, &[]).map(|_| ()).unwrap_err();
    assert!(matches!(error, ServerError::Data(DataDirError::Locked(_))), "{error}");
    // the one that has it goes on
    broker.connect().call(9, &MetadataRequest { topics: Some(vec![]), ..Default::default() });
}
