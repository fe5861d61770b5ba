#![no_main]
//! See `thalweg_fuzz::codec`.
use thalweg_wire::compression::Compression;
libfuzzer_sys::fuzz_target!(|data: &[u8]| thalweg_fuzz::codec(Compression::Lz4, data));
