#![no_main]
//! See `thalweg_fuzz::log`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::log(data));
