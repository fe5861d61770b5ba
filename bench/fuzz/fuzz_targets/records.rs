#![no_main]
//! See `thalweg_fuzz::records`.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::records(data));
