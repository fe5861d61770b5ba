//! SIGTERM and SIGINT, on a thread of their own: the cores never see a signal.
//!
//! The first asks the broker to stop cleanly. A second, from somebody who does not want to wait, ends the process at once.
//!
//! A broker that somebody started for themselves is told by the end of its standard input too: a pipe whose other end is
//! closed when they are gone, however they went.

use std::io;
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Exit code of a process ended by SIGINT, as shells count.
const INTERRUPTED: i32 = 130;

/// How long a clean stop may take when nobody is left to lose patience.
const STOP_TIME: Duration = Duration::from_secs(10);

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

/// Calls `stop` at the end of standard input; if the process is still there a while later, calls `abandon` and exits.
pub fn watch_stdin(stop: impl Fn() + Send + 'static, abandon: impl Fn() + Send + 'static) -> io::Result<()> {
    let wait = move || {
        // what is written there has no meaning, and an error is as good as an end
        io::copy(&mut io::stdin().lock(), &mut io::sink()).ok();
        stop();
        thread::sleep(STOP_TIME);
        abandon();
        std::process::exit(INTERRUPTED);
    };
    thread::Builder::new().name("stdin".to_owned()).spawn(wait).map(drop)
}
