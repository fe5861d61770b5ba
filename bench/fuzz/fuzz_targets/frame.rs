#![no_main]
//! A frame as it comes from a socket.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::messages::frame(data));
