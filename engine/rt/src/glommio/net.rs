//! Sockets on glommio's streams.
//!
//! Receiving is by request: nothing is read from a socket nobody polls, so back-pressure is the kernel's. Received bytes are
//! copied out of a buffer the core's sockets share. Sending is a queue and a task per socket while there is something in it.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::FileExt;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use futures_lite::{AsyncRead, AsyncWrite};
use glommio::Task;
use glommio::net::{TcpListener, TcpStream};

use crate::file::SharedFile;
use crate::glommio::Tasks;
use crate::glommio::adopt::adopt;
use crate::helper::Helper;
use crate::seam::{Listen, Listener, LocalFuture, Net, Segment, Share, Socket, Spawn};
use crate::sockets;

/// Accepted connections that may wait for `poll_accept`.
const ACCEPTED_MAX: usize = 256;
/// How long accepting rests after an error such as a lack of descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// Bytes of a file read and sent at a time.
const READ_BYTES: usize = 256 << 10;

struct Shared {
    helper: Rc<Helper>,
    tasks: Rc<Tasks>,
    scratch: RefCell<Vec<u8>>,
}

/// Sockets of a core.
pub(crate) struct GlommioNet(Rc<Shared>);

impl GlommioNet {
    pub(crate) fn new(helper: Rc<Helper>, tasks: Rc<Tasks>, receive_bytes: usize) -> GlommioNet {
        GlommioNet(Rc::new(Shared { helper, tasks, scratch: RefCell::new(vec![0; receive_bytes.max(1)]) }))
    }
}

impl Net for GlommioNet {
    fn listen(&self, at: SocketAddr, how: Listen) -> io::Result<Rc<dyn Listener>> {
        let socket = sockets::listen(at, how)?;
        let local = sockets::address(socket.local_addr()?)?;
        let listener = adopt(socket);
        let state = Rc::new(Accepting::default());
        let task = glommio::spawn_local(accept(listener, state.clone()));
        Ok(Rc::new(GlommioListener { net: self.0.clone(), state, local, _task: task }))
    }

    fn connect(&self, to: SocketAddr) -> LocalFuture<io::Result<Rc<dyn Socket>>> {
        let net = self.0.clone();
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            Ok(Rc::new(GlommioSocket::new(net, stream)?) as Rc<dyn Socket>)
        })
    }
}

#[derive(Default)]
struct Accepting {
    accepted: RefCell<VecDeque<TcpStream>>,
    waker: RefCell<Option<Waker>>,
    room: RefCell<Option<Waker>>,
}

async fn accept(listener: TcpListener, state: Rc<Accepting>) {
    loop {
        match listener.accept().await {
            Ok(stream) => {
                state.accepted.borrow_mut().push_back(stream);
                if let Some(waker) = state.waker.borrow_mut().take() {
                    waker.wake();
                }
            }
            Err(_) => glommio::timer::sleep(ACCEPT_PAUSE).await,
        }
        poll_fn(|cx| {
            if state.accepted.borrow().len() < ACCEPTED_MAX {
                return Poll::Ready(());
            }
            *state.room.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

struct GlommioListener {
    net: Rc<Shared>,
    state: Rc<Accepting>,
    local: SocketAddr,
    /// Accepts; cancelled, and the listening socket closed, when this is dropped.
    _task: Task<()>,
}

impl Listener for GlommioListener {
    fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(Rc<dyn Socket>, SocketAddr)>> {
        loop {
            let Some(stream) = self.state.accepted.borrow_mut().pop_front() else {
                *self.state.waker.borrow_mut() = Some(cx.waker().clone());
                return Poll::Pending;
            };
            if let Some(waker) = self.state.room.borrow_mut().take() {
                waker.wake();
            }
            // a connection that is gone already is no news
            if let Ok(socket) = GlommioSocket::new(self.net.clone(), stream) {
                let peer = socket.0.peer;
                return Poll::Ready(Ok((Rc::new(socket), peer)));
            }
        }
    }

    fn local_addr(&self) -> SocketAddr {
        self.local
    }
}

#[derive(Default)]
struct Done {
    result: RefCell<Option<io::Result<()>>>,
    waker: RefCell<Option<Waker>>,
}

impl Done {
    fn end(&self, result: io::Result<()>) {
        *self.result.borrow_mut() = Some(result);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

struct Stream {
    net: Rc<Shared>,
    stream: RefCell<TcpStream>,
    peer: SocketAddr,
    local: SocketAddr,
    queue: RefCell<VecDeque<(Vec<Segment>, Rc<Done>)>>,
    writing: Cell<bool>,
    /// Why nothing more is sent.
    broken: Cell<Option<io::ErrorKind>>,
    shut: Cell<bool>,
    reader: RefCell<Option<Waker>>,
}

impl Stream {
    async fn write(&self, segments: Vec<Segment>) -> io::Result<()> {
        for segment in segments {
            match segment {
                Segment::Memory(bytes) => self.write_bytes(&bytes).await?,
                Segment::File { file, mut at, mut len } => {
                    while len > 0 {
                        let piece = (len as usize).min(READ_BYTES);
                        let bytes = self.read_file(file.clone(), at, piece).await?;
                        self.write_bytes(&bytes).await?;
                        at += piece as u64;
                        len -= piece as u32;
                    }
                }
            }
        }
        Ok(())
    }

    async fn read_file(&self, file: SharedFile, at: u64, len: usize) -> io::Result<Vec<u8>> {
        let read = self.net.helper.run(move || {
            let mut bytes = vec![0; len];
            let fd = file.cached().unwrap_or_else(|| file.as_fd()).try_clone_to_owned()?;
            fs::File::from(fd).read_exact_at(&mut bytes, at)?;
            Ok(bytes)
        });
        read.await
    }

    async fn write_bytes(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let n = poll_fn(|cx| Pin::new(&mut *self.stream.borrow_mut()).poll_write(cx, bytes)).await?;
            if n == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            bytes = &bytes[n..];
        }
        Ok(())
    }

    /// Sends what is queued, in order, until nothing is.
    async fn drain(self: Rc<Self>) {
        loop {
            let Some((segments, done)) = self.queue.borrow_mut().pop_front() else { break };
            let result = match self.broken.get() {
                Some(kind) => Err(kind.into()),
                None => self.write(segments).await,
            };
            if let Err(e) = &result {
                self.broken.set(Some(e.kind()));
            }
            done.end(result);
        }
        self.writing.set(false);
    }
}

struct GlommioSocket(Rc<Stream>);

impl GlommioSocket {
    fn new(net: Rc<Shared>, stream: TcpStream) -> io::Result<GlommioSocket> {
        stream.set_nodelay(true)?;
        let (peer, local) = (stream.peer_addr()?, stream.local_addr()?);
        Ok(GlommioSocket(Rc::new(Stream {
            net,
            stream: RefCell::new(stream),
            peer,
            local,
            queue: RefCell::default(),
            writing: Cell::new(false),
            broken: Cell::new(None),
            shut: Cell::new(false),
            reader: RefCell::default(),
        })))
    }
}

impl Socket for GlommioSocket {
    fn poll_recv(&self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        if self.0.shut.get() {
            return Poll::Ready(Ok(Bytes::new()));
        }
        let mut scratch = self.0.net.scratch.borrow_mut();
        let read = Pin::new(&mut *self.0.stream.borrow_mut()).poll_read(cx, &mut scratch);
        match read {
            Poll::Ready(Ok(n)) => Poll::Ready(Ok(Bytes::copy_from_slice(&scratch[..n]))),
            Poll::Ready(Err(e)) => Poll::Ready(Err(e)),
            Poll::Pending => {
                *self.0.reader.borrow_mut() = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn expect(&self, _bytes: usize) {} // glommio polls its sockets itself
    fn gather(&self, _bytes: usize) {}

    fn framed(&self) {} // and receives what has come

    fn send(&self, segments: Vec<Segment>) -> LocalFuture<io::Result<()>> {
        let done = Rc::new(Done::default());
        self.0.queue.borrow_mut().push_back((segments, done.clone()));
        if !self.0.writing.replace(true) {
            self.0.net.tasks.spawn(Share::Foreground, Box::pin(self.0.clone().drain()));
        }
        Box::pin(Sending(done))
    }

    fn shutdown(&self) {
        self.0.shut.set(true);
        self.0.broken.set(Some(io::ErrorKind::BrokenPipe));
        // not connected any more is what was asked for
        let fd = self.0.stream.borrow().as_raw_fd();
        let _ = nix::sys::socket::shutdown(fd, nix::sys::socket::Shutdown::Both);
        if let Some(waker) = self.0.reader.borrow_mut().take() {
            waker.wake();
        }
    }

    fn peer_addr(&self) -> SocketAddr {
        self.0.peer
    }

    fn local_addr(&self) -> SocketAddr {
        self.0.local
    }
}

struct Sending(Rc<Done>);

impl Future for Sending {
    type Output = io::Result<()>;
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(result) = self.0.result.borrow_mut().take() {
            return Poll::Ready(result);
        }
        *self.0.waker.borrow_mut() = Some(cx.waker().clone());
        Poll::Pending
    }
}
