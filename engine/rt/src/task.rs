//! Tasks.

/// Aborts the process when a panic unwinds through it: half-done state is worse than none.
pub(crate) struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("thalweg: a panic on a core or its helper; the process stops here");
            std::process::abort();
        }
    }
}
