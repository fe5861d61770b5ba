//! Listeners: addresses found free before anything starts, a listening socket on every core, and the loop that accepts.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use thalweg_rt::{Listener, Share, Socket};

use crate::connection::{self, ConnectionInfo, End};
use crate::state::{CoreState, count};

/// Pause after the system could not give a connection (no descriptor, no memory): trying at once would only spin.
const BREATH: Duration = Duration::from_millis(100);

/// A listener's address and what clients are told of it.
#[derive(Clone, Debug)]
pub struct Binding {
    /// Its name, `PLAINTEXT` for one.
    pub name: String,
    /// Where it listens; with port 0 the system chooses.
    pub bind: SocketAddr,
    /// Host told to clients.
    pub advertised_host: String,
    /// Port told to clients, or `None` for the one it listens on.
    pub advertised_port: Option<u16>,
}

/// Makes sure that nobody listens on the address, and chooses the port if it is 0. Every core listens with SO_REUSEPORT, so
/// a second broker of the same user would silently get half of the connections instead of an error; a socket without that
/// option finds it out.
pub fn reserve(binding: &mut Binding) -> io::Result<()> {
    let probe = TcpListener::bind(binding.bind)?;
    binding.bind = probe.local_addr()?;
    binding.advertised_port.get_or_insert(binding.bind.port());
    Ok(())
}

/// The first address of `host:port`; an empty host is every interface.
pub fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let host = if host.is_empty() { "0.0.0.0" } else { host };
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let mut found = (host, port).to_socket_addrs()?;
    found.next().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the name has no address"))
}

/// Accepts connections until the core stops.
pub(crate) async fn accept(state: Rc<CoreState>, listener: Rc<dyn Listener>, index: usize) {
    loop {
        let next = poll_fn(|cx| {
            if state.stopping.get() {
                return Poll::Ready(None);
            }
            state.stop_wakers.register(cx);
            listener.poll_accept(cx).map(Some)
        });
        match next.await {
            None => return,
            Some(Ok((socket, _))) => admit(&state, socket, index),
            Some(Err(_)) => state.core.timer.sleep_until(state.core.timer.now() + BREATH).await,
        }
    }
}

fn admit(state: &Rc<CoreState>, socket: Rc<dyn Socket>, listener: usize) {
    let Ok(pass) = state.admission.admit(socket.peer_addr().ip()) else {
        count(&state.counters.refused);
        socket.shutdown();
        return;
    };
    count(&state.counters.accepted);
    let serial = state.serial();
    let info = Rc::new(ConnectionInfo::new(listener, &*socket));
    state.connections.borrow_mut().insert(serial, info.clone());
    let task = state.clone();
    state.core.spawn.spawn(
        Share::Foreground,
        Box::pin(async move {
            let end = connection::serve(task.clone(), socket, info, pass).await;
            if matches!(end, End::Frame(_) | End::Refused(_) | End::Memory) {
                count(&task.counters.broken);
            }
            task.connections.borrow_mut().remove(&serial);
            task.closed_wakers.wake();
        }),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_found_out_even_if_its_owner_would_share() {
        let mut first = Binding {
            name: "PLAINTEXT".into(),
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            advertised_host: "localhost".into(),
            advertised_port: None,
        };
        reserve(&mut first).unwrap();
        assert!(first.bind.port() != 0 && first.advertised_port == Some(first.bind.port()));
        let _taken = TcpListener::bind(first.bind).unwrap();
        assert_eq!(reserve(&mut first).unwrap_err().kind(), io::ErrorKind::AddrInUse);
    }

    #[test]
    fn hosts_as_configurations_write_them() {
        assert_eq!(resolve("", 9092).unwrap(), "0.0.0.0:9092".parse().unwrap());
        assert_eq!(resolve("[::1]", 9092).unwrap(), "[::1]:9092".parse().unwrap());
        assert_eq!(resolve("127.0.0.1", 1).unwrap(), "127.0.0.1:1".parse().unwrap());
    }
}
