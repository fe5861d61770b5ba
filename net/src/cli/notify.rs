//! Tells systemd that the broker is ready or stopping, where `NOTIFY_SOCKET` says that it wants to know.

use std::env;
use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Sends `state`, such as `READY=1`. That nobody listens is no error.
pub fn send(state: &str) {
    if let Some(socket) = env::var_os("NOTIFY_SOCKET") {
        send_to(&socket, state);
    }
}

fn send_to(socket: &OsStr, state: &str) -> Option<()> {
    // A name that begins with `@` lives outside the file system.
    let address = match socket.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name).ok()?,
        None => SocketAddr::from_pathname(socket).ok()?,
    };
    UnixDatagram::unbound().ok()?.send_to_addr(state.as_bytes(), &address).ok().map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_sockets_hear_it() {
        let path = env::temp_dir().join(format!("thalweg-notify-{}", std::process::id()));
        let by_path = UnixDatagram::bind(&path).expect("a socket");
        send_to(path.as_os_str(), "READY=1");
        let mut heard = [0; 16];
        assert_eq!(by_path.recv(&mut heard).map(|n| heard[..n].to_vec()).expect("heard"), b"READY=1");
        std::fs::remove_file(&path).ok();

        let name = format!("thalweg-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let by_name = UnixDatagram::bind_addr(&address).expect("a socket");
        send_to(OsStr::new(&format!("@{name}")), "STOPPING=1");
        assert_eq!(by_name.recv(&mut heard).map(|n| heard[..n].to_vec()).expect("heard"), b"STOPPING=1");
        assert_eq!(send_to(OsStr::new("/nobody/here"), "READY=1"), None);
    }
}
