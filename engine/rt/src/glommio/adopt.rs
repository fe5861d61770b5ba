//! A listening socket made by us, in glommio's hands.

use std::os::fd::{FromRawFd, IntoRawFd};

use glommio::net::TcpListener;

/// Hands the socket over.
pub(crate) fn adopt(socket: socket2::Socket) -> TcpListener {
    // SAFETY: the descriptor is an open listening socket, given up by its one owner in the same expression.
    unsafe { TcpListener::from_raw_fd(socket.into_raw_fd()) }
}
