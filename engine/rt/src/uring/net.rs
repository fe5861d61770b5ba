//! Sockets: the seam's traits over the reactor's connections and listeners.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::seam::{Listen, Listener, LocalFuture, Net, Segment, Socket};
use crate::sockets;
use crate::uring::connection::SendDone;
use crate::uring::disk::check;
use crate::uring::reactor::Reactor;
use crate::uring::reactor::operations::Owned;
use crate::uring::slots::Key;

/// Sockets of a core's ring.
pub(crate) struct RingNet(pub(crate) Rc<Reactor>);

impl Net for RingNet {
    fn listen(&self, at: SocketAddr, how: Listen) -> io::Result<Rc<dyn Listener>> {
        let socket = sockets::listen(at, how)?;
        let local = sockets::address(socket.local_addr()?)?;
        let key = self.0.listener(OwnedFd::from(socket));
        Ok(Rc::new(RingListener { reactor: self.0.clone(), key, local }))
    }

    fn connect(&self, to: SocketAddr) -> LocalFuture<io::Result<Rc<dyn Socket>>> {
        let reactor = self.0.clone();
        Box::pin(async move {
            let socket = sockets::stream(to)?;
            let (result, owned) = reactor.connect(OwnedFd::from(socket), to.into()).await;
            check(result)?;
            let Owned::Connect(fd, _) = owned else { unreachable!("a connect owns a socket") };
            Ok(Rc::new(socket_of(&reactor, fd)?) as Rc<dyn Socket>)
        })
    }
}

fn socket_of(reactor: &Rc<Reactor>, fd: OwnedFd) -> io::Result<RingSocket> {
    let socket = socket2::Socket::from(fd);
    let peer = sockets::address(socket.peer_addr()?)?;
    let local = sockets::address(socket.local_addr()?)?;
    let key = reactor.connection(OwnedFd::from(socket));
    Ok(RingSocket { reactor: reactor.clone(), key, peer, local })
}

struct RingListener {
    reactor: Rc<Reactor>,
    key: Key,
    local: SocketAddr,
}

impl Listener for RingListener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Rc<dyn Socket>, SocketAddr)>> {
        loop {
            let Poll::Ready(fd) = self.reactor.poll_accept(self.key, cx)? else { return Poll::Pending };
            // a connection that is gone already is no news
            if let Ok(socket) = socket_of(&self.reactor, fd) {
                let peer = socket.peer;
                return Poll::Ready(Ok((Rc::new(socket), peer)));
            }
        }
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for RingListener {
    fn drop(&mut self) {
        self.reactor.release_listener(self.key);
    }
}

struct RingSocket {
    reactor: Rc<Reactor>,
    key: Key,
    peer: SocketAddr,
    local: SocketAddr,
}

impl Socket for RingSocket {
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        self.reactor.poll_receive(self.key, cx)
    }

    fn expect(&self, bytes: usize) {
        self.reactor.expect(self.key, bytes);
    }

    fn gather(&self, bytes: usize) {
        self.reactor.gather(self.key, bytes);
    }

    fn framed(&self) {
        self.reactor.framed(self.key);
    }

    fn send(&self, segments: Vec<Segment>) -> LocalFuture<io::Result<()>> {
        Box::pin(Sending(self.reactor.send(self.key, segments)))
    }

    fn shutdown(&self) {
        self.reactor.shutdown(self.key);
    }

    fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

impl Drop for RingSocket {
    fn drop(&mut self) {
        self.reactor.release(self.key);
    }
}

/// Waits until a send's last byte is with the kernel. The send goes on if this is dropped: a stream with a hole is of no use.
struct Sending(Rc<SendDone>);

impl Future for Sending {
    type Output = io::Result<()>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.poll(cx).map_or(Poll::Pending, |result| Poll::Ready(result.map_err(io::Error::from_raw_os_error)))
    }
}
