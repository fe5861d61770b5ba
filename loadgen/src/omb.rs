//! OpenMessaging Benchmark files become a plan.
