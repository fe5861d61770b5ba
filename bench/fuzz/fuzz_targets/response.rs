#![no_main]
//! Every response, every version.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::messages::response(data));
