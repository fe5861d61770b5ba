#![forbid(unsafe_code)]
//! The parts of the load generator that stand: the absolute schedule of an open loop ([`schedule`]) and the recorder that
//! measures latency from the intended time ([`recorder`]). The command that drives a broker with them comes with the
//! numbers; the clients that load a broker until then are in `bench/peers`.

pub mod recorder;
pub mod schedule;
