#![no_main]
//! What stands in internal topics and control batches, and what consumers put into groups.
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::messages::internal(data));
