//! The executable: everything is in the library.

#![forbid(unsafe_code)]

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// What thousands of partitions keep for long, between what each request needs for a moment, costs least with this one
/// (`engine/decisions/0012`).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    thalweg_net::cli::main()
}
