//! Making sockets: what both runtimes need before their own I/O starts.

use std::io;
use std::net::SocketAddr;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

use crate::seam::Listen;

/// A listening socket with `SO_REUSEPORT`. Accepted sockets inherit `TCP_NODELAY` and the buffer sizes.
pub(crate) fn listen(at: SocketAddr, how: Listen) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(true)?;
    socket.set_tcp_nodelay(true)?;
    if let Some(bytes) = how.receive_buffer {
        socket.set_recv_buffer_size(bytes as usize)?;
    }
    if let Some(bytes) = how.send_buffer {
        socket.set_send_buffer_size(bytes as usize)?;
    }
    socket.bind(&at.into())?;
    socket.listen(i32::try_from(how.backlog).unwrap_or(i32::MAX))?;
    Ok(socket)
}

/// A socket to connect to `to`, with `TCP_NODELAY`.
pub(crate) fn stream(to: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_tcp_nodelay(true)?;
    Ok(socket)
}

/// An internet address, which all our sockets have.
pub(crate) fn address(address: SockAddr) -> io::Result<SocketAddr> {
    address.as_socket().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
}
