//! A broker of one's own for one run: this executable started as `dev --ephemeral` on a free port, and stopped at the end,
//! whatever the end is: it reads a pipe that nobody writes to and stops when the pipe is closed, which the system does for a
//! process that is killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::failure::{Code, Failure};

/// A broker that lives as long as this value.
pub struct Ephemeral {
    child: Child,
    address: String,
}

/// How long it may take to come up, and to go: longer than its own patience with itself, after which it removes its data.
const START_TIME: Duration = Duration::from_secs(60);
const STOP_TIME: Duration = Duration::from_secs(15);

impl Ephemeral {
    /// Starts one and waits until it is ready.
    pub fn start() -> Result<Ephemeral, Failure> {
        let failed = |what: String| {
            Failure::new(Code::Ephemeral, what)
                .hint("see what it says: thalweg dev --ephemeral; or measure another broker: -b HOST:PORT")
        };
        let program =
            std::env::current_exe().map_err(|error| failed(format!("cannot find this executable: {error}")))?;
        let mut child = Command::new(program)
            .args(["dev", "--ephemeral", "--until-stdin-ends", "--port", "0"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(format!("cannot start a broker: {error}")))?;
        let out = child.stdout.take();
        let (tell, told) = mpsc::channel();
        // it goes on to read what the broker prints, so that the broker never waits for that
        let reader = thread::Builder::new().name("broker-output".to_owned()).spawn(move || {
            for line in out.into_iter().flat_map(|out| BufReader::new(out).lines()).map_while(Result::ok) {
                if let Some(address) = address_in(&line) {
                    tell.send(address).ok();
                }
            }
        });
        let mut broker = Ephemeral { child, address: String::new() };
        reader.map_err(|error| failed(format!("cannot start a thread: {error}")))?;
        broker.address = told
            .recv_timeout(START_TIME)
            .map_err(|_| failed("the broker for this run did not become ready".to_owned()))?;
        Ok(broker)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let late = Instant::now() + STOP_TIME;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > late {
                self.child.kill().ok();
                self.child.wait().ok();
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// The address in the line a broker prints when it is ready.
fn address_in(line: &str) -> Option<String> {
    let (_, rest) = line.strip_prefix("ready: ")?.split_once(" on ")?;
    let (addresses, _) = rest.split_once(", data in ")?;
    addresses.split(", ").next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_says_where() {
        let line = "ready: thalweg 0.1.0 on 127.0.0.1:43211, data in /tmp/x on y (1 core, uring)";
        assert_eq!(address_in(line).as_deref(), Some("127.0.0.1:43211"));
        assert_eq!(address_in("  try  kcat -b 127.0.0.1:9092"), None);
    }
}
