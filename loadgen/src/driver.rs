//! Driver files of the OpenMessaging Benchmark.
