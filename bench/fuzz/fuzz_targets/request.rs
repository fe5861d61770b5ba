#![no_main]
//! Every request, every version.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::messages::request(data));
