//! The message header and vectors of a gathered send, at an address that stays while they are kept.

/// Kept by a connection from one gathered send to the next.
pub(crate) struct Gather {
    /// On the heap: the kernel is given its address, and the connection may move.
    message: Box<libc::msghdr>,
    vectors: Vec<libc::iovec>,
}

impl Gather {
    pub(crate) fn new() -> Gather {
        // SAFETY: a msghdr is integers and pointers, for all of which zero is a valid value.
        Gather { message: Box::new(unsafe { std::mem::zeroed() }), vectors: Vec::new() }
    }

    /// Points at these pieces. The message is good for as long as the pieces are kept and this is not pointed elsewhere.
    pub(crate) fn point_at<'a>(&mut self, pieces: impl Iterator<Item = &'a [u8]>) -> *const libc::msghdr {
        self.vectors.clear();
        self.vectors.extend(pieces.map(|p| libc::iovec { iov_base: p.as_ptr() as *mut _, iov_len: p.len() }));
        self.message.msg_iov = self.vectors.as_mut_ptr();
        self.message.msg_iovlen = self.vectors.len();
        &raw const *self.message
    }
}
