//! SIGTERM and SIGINT, on a thread of their own: the cores never see a signal.
//!
//! The first asks the broker to stop cleanly. A second, from somebody who does not want to wait, ends the process at once.

use std::io;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Exit code of a process ended by SIGINT, as shells count.
const INTERRUPTED: i32 = 130;

/// Calls `stop` at the first signal; at the second calls `abandon` and exits. Must be called before any other thread starts,
/// so that no thread is without the handler.
pub fn watch(stop: impl Fn() + Send + 'static, abandon: impl Fn() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let wait = move || {
        let mut asked = false;
        for _ in signals.forever() {
            if asked {
                abandon();
                std::process::exit(INTERRUPTED);
            }
            asked = true;
            stop();
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(wait).map(drop)
}
