//! Whether io_uring may be used here, and what to do where it may not.

use std::error::Error;
use std::fmt;
use std::fs;
use std::io;

use crate::uring::RING_ENTRIES;
use crate::uring::backend::KernelRing;

/// io_uring is not available: the error the kernel gave, and what to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocked {
    /// The error number of `io_uring_setup`.
    pub errno: i32,
    /// Why, as far as the host tells.
    pub cause: Cause,
}

/// Why io_uring is blocked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cause {
    /// `kernel.io_uring_disabled` has this value, above zero.
    Sysctl(u8),
    /// A seccomp filter, as container runtimes install by default.
    Seccomp,
    /// The locked-memory limit of this user, in bytes, is used up.
    Memlock(u64),
    /// The kernel, of this release, is older than 6.1 or built without it.
    Kernel(String),
    /// Something else.
    Other,
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = io::Error::from_raw_os_error(self.errno);
        write!(f, "io_uring is not available: {error}. ")?;
        match &self.cause {
            Cause::Sysctl(value) => {
                write!(f, "The sysctl kernel.io_uring_disabled is {value}; run `sysctl -w kernel.io_uring_disabled=0`")
            }
            Cause::Seccomp => f.write_str(
                "A seccomp filter forbids it, as the default profile of containers does; allow io_uring_setup, \
                 io_uring_enter and io_uring_register (docker: --security-opt seccomp=PROFILE or =unconfined)",
            ),
            Cause::Memlock(bytes) => write!(
                f,
                "The locked-memory limit of {bytes} bytes is used up; raise it (systemd: LimitMEMLOCK=infinity, \
                 docker: --ulimit memlock=-1, shell: ulimit -l unlimited)"
            ),
            Cause::Kernel(release) => write!(f, "Kernel {release} lacks what is needed; 6.1 or newer has it"),
            Cause::Other => f.write_str("See io_uring_setup(2) for this error"),
        }
    }
}

impl Error for Blocked {}

/// Sets up and drops a ring as the cores will use it.
pub fn probe() -> Result<(), Blocked> {
    match KernelRing::new(RING_ENTRIES) {
        Ok(_) => Ok(()),
        Err(e) => Err(explain(e.raw_os_error().unwrap_or(0), &Host::read())),
    }
}

/// The facts an explanation needs.
struct Host {
    /// `kernel.io_uring_disabled`; kernels before 6.6 have none.
    disabled: u8,
    release: String,
    memlock: u64,
}

impl Host {
    fn read() -> Host {
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse().ok();
        let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim().to_owned();
        let memlock = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_MEMLOCK);
        Host {
            disabled: number("/proc/sys/kernel/io_uring_disabled").unwrap_or(0),
            release,
            memlock: memlock.map_or(0, |(soft, _)| soft),
        }
    }

    fn is_old(&self) -> bool {
        let mut parts = self.release.split(|c: char| !c.is_ascii_digit()).map(|p| p.parse::<u32>().unwrap_or(0));
        (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) < (6, 1)
    }
}

fn explain(errno: i32, host: &Host) -> Blocked {
    let cause = match errno {
        libc::EPERM | libc::EACCES if host.disabled > 0 => Cause::Sysctl(host.disabled),
        libc::ENOSYS | libc::EINVAL if host.is_old() => Cause::Kernel(host.release.clone()),
        libc::EPERM | libc::EACCES | libc::ENOSYS => Cause::Seccomp,
        libc::EINVAL => Cause::Kernel(host.release.clone()),
        libc::ENOMEM => Cause::Memlock(host.memlock),
        _ => Cause::Other,
    };
    Blocked { errno, cause }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_advice() {
        let host = |disabled, release: &str| Host { disabled, release: release.into(), memlock: 65536 };
        let check = |errno, host: &Host, words: &str| {
            let text = explain(errno, host).to_string();
            assert!(text.contains(words), "{text}");
        };
        check(libc::EPERM, &host(2, "6.8.0"), "kernel.io_uring_disabled is 2");
        check(libc::EPERM, &host(0, "6.8.0"), "seccomp");
        check(libc::ENOSYS, &host(0, "6.8.0"), "seccomp");
        check(libc::ENOSYS, &host(0, "5.4.0-generic"), "Kernel 5.4.0-generic lacks");
        check(libc::EINVAL, &host(0, "5.15.1"), "6.1 or newer");
        check(libc::ENOMEM, &host(0, "6.8.0"), "memlock=-1");
        check(libc::EMFILE, &host(0, "6.8.0"), "io_uring_setup(2)");
    }
}
