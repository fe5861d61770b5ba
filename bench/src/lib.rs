#![forbid(unsafe_code)]
//! Nothing a broker runs: the crate that holds Criterion benches and the test of the workspace's shape. What drives whole
//! brokers (peers, conformance, faults) stands beside it as commands.
