//! What a request and its answer take through the kernel's TCP, with no network in between.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

/// Bytes of a request and of its answer.
const BYTES: usize = 64;

/// Microseconds of each round trip in `time`.
pub fn round_trips_us(time: Duration) -> io::Result<Vec<f64>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    let mut stream = TcpStream::connect(address)?;
    let (mut other, _) = listener.accept()?;
    for end in [&stream, &other] {
        end.set_nodelay(true)?;
    }
    let echo = thread::spawn(move || {
        let mut bytes = [0; BYTES];
        // Ends when the other end is closed.
        while other.read_exact(&mut bytes).and_then(|()| other.write_all(&bytes)).is_ok() {}
    });
    let begin = Instant::now();
    let mut trips = Vec::new();
    let mut bytes = [0; BYTES];
    while begin.elapsed() < time {
        let sent = Instant::now();
        stream.write_all(&bytes)?;
        stream.read_exact(&mut bytes)?;
        trips.push(sent.elapsed().as_secs_f64() * 1e6);
    }
    drop(stream);
    echo.join().map_err(|_| io::Error::other("the echoing thread ended"))?;
    Ok(trips)
}
