//! Starting and ending the cores of a process.

use std::error::Error;
use std::fmt;
use std::io;
use std::rc::Rc;
use std::sync::{Arc, mpsc};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::glommio::{GlommioCore, Mailbox};
use crate::mesh::{Door, Port, mesh};
use crate::probe::{Blocked, probe};
use crate::seam::{Core, CoreId, LocalFuture};
use crate::task::AbortOnPanic;
use crate::uring::{RingConfig, RingCore, doorbells};

/// A core's CPU in [`Config::cores`] if it is to run wherever the kernel likes.
pub const UNPINNED: usize = usize::MAX;

/// The most cores a process may have.
const CORES_MAX: usize = 1024;

/// Which runtime.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// One io_uring ring per core.
    #[default]
    Uring,
    /// Glommio executors: the reference the ring is checked against.
    Glommio,
}

/// What to start.
#[derive(Clone, Debug)]
pub struct Config {
    /// Which runtime.
    pub kind: Kind,
    /// The kernel's CPU number for each core, or [`UNPINNED`].
    pub cores: Vec<usize>,
    /// How long an idle core spins before it sleeps; zero: not at all.
    pub spin: Duration,
    /// Receive buffers per core, rounded up to a power of two, at most 32,768.
    pub receive_buffers: u16,
    /// Size of each, in bytes.
    pub receive_buffer_bytes: usize,
    /// Memory of each core's buffer pool, in bytes, touched at start.
    pub pool_bytes: usize,
    /// Messages that fit between two cores, in each direction, rounded up to a power of two.
    pub mesh_slots: usize,
}

impl Config {
    /// `cores` cores, not pinned, on the ring, with middling sizes: for tests and small tools.
    pub fn unpinned(cores: usize) -> Config {
        Config {
            kind: Kind::Uring,
            cores: vec![UNPINNED; cores],
            spin: Duration::ZERO,
            receive_buffers: 128,
            receive_buffer_bytes: 64 << 10,
            pool_bytes: 4 << 20,
            mesh_slots: 1024,
        }
    }
}

/// Why the cores did not start. None is left running.
#[derive(Debug)]
pub enum LaunchError {
    /// io_uring is not to be had.
    Blocked(Blocked),
    /// No core, or more than the limit, was asked for.
    Cores(usize),
    /// A core could not be pinned to this CPU: there is none, or the process may not use it.
    Pin {
        /// The core.
        core: CoreId,
        /// The kernel's CPU number.
        cpu: usize,
    },
    /// A core's ring, buffers or thread could not be set up.
    Setup {
        /// The core.
        core: CoreId,
        /// What failed.
        error: io::Error,
    },
}

impl fmt::Display for LaunchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LaunchError::Blocked(blocked) => blocked.fmt(f),
            LaunchError::Cores(n) => write!(f, "{n} cores asked for; it takes 1 to {CORES_MAX}"),
            LaunchError::Pin { core, cpu } => {
                write!(
                    f,
                    "core {} cannot run on CPU {cpu}: it does not exist or is not allowed to this process",
                    core.0
                )
            }
            LaunchError::Setup { core, error } => write!(f, "core {} cannot be set up: {error}", core.0),
        }
    }
}

impl Error for LaunchError {}

/// A core's thread ended in a way it should not.
#[derive(Debug)]
pub struct JoinError {
    /// The core.
    pub core: CoreId,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the thread of core {} ended in a panic", self.core.0)
    }
}

impl Error for JoinError {}

/// Cores that run. Dropping this lets them go on by themselves.
pub struct Running<M> {
    threads: Vec<JoinHandle<()>>,
    doors: Vec<Door<M>>,
}

impl<M: Send + 'static> Running<M> {
    /// The door of a core, for threads that are none.
    pub fn door(&self, core: CoreId) -> Door<M> {
        self.doors[usize::from(core.0)].clone()
    }

    /// Waits until the main future of every core has resolved and its core has ended.
    pub fn join(self) -> Result<(), JoinError> {
        let mut result = Ok(());
        for (core, thread) in self.threads.into_iter().enumerate() {
            if thread.join().is_err() {
                result = Err(JoinError { core: CoreId(core as u16) });
            }
        }
        result
    }
}

/// Starts one thread per core and runs `main` on each. A core ends when its main future resolves; what it spawned is then
/// dropped. A panic on a core ends the process.
pub fn launch<M: Send + 'static>(
    config: Config,
    main: impl Fn(Core, Rc<Port<M>>) -> LocalFuture<()> + Send + Sync + 'static,
) -> Result<Running<M>, LaunchError> {
    let cores = match config.cores.len() {
        n @ 1..=CORES_MAX => n as u16,
        n => return Err(LaunchError::Cores(n)),
    };
    probe().map_err(LaunchError::Blocked)?;
    raise_descriptor_limit();
    let main: Main<M> = Arc::new(main);
    match config.kind {
        Kind::Uring => launch_uring(config, cores, main),
        Kind::Glommio => launch_glommio(config, cores, main),
    }
}

type Main<M> = Arc<dyn Fn(Core, Rc<Port<M>>) -> LocalFuture<()> + Send + Sync>;

fn launch_uring<M: Send + 'static>(config: Config, cores: u16, main: Main<M>) -> Result<Running<M>, LaunchError> {
    let first = |error| LaunchError::Setup { core: CoreId(0), error };
    let (bells, wakes) = doorbells(cores).map_err(first)?;
    let (seeds, doors) = mesh::<M>(cores, config.mesh_slots, wakes.clone());
    let ring = RingConfig {
        spin: config.spin,
        receive_buffers: config.receive_buffers,
        receive_buffer_bytes: config.receive_buffer_bytes,
        pool_bytes: config.pool_bytes,
    };
    let parts = seeds.into_iter().zip(wakes).zip(config.cores);
    let bodies = parts.map(|((seed, wake), cpu)| {
        let (bells, ring, main) = (bells.clone(), ring.clone(), main.clone());
        move |start: Start| {
            let id = seed.core();
            let set_up = pin(id, cpu).and_then(|()| {
                RingCore::new(id, bells, wake, &ring).map_err(|error| LaunchError::Setup { core: id, error })
            });
            if let Some(core) = start.ready(set_up) {
                core.run(seed, |core, port| main(core, port));
            }
        }
    });
    let threads = start_threads(bodies)?;
    Ok(Running { threads, doors })
}

fn launch_glommio<M: Send + 'static>(config: Config, cores: u16, main: Main<M>) -> Result<Running<M>, LaunchError> {
    let (mailboxes, wakes) = Mailbox::for_cores(cores);
    let (seeds, doors) = mesh::<M>(cores, config.mesh_slots, wakes);
    let Config { spin, receive_buffer_bytes, pool_bytes, cores: cpus, .. } = config;
    let bodies = seeds.into_iter().zip(mailboxes).zip(cpus).map(|((seed, mailbox), cpu)| {
        let main = main.clone();
        move |start: Start| {
            let id = seed.core();
            let set_up = pin(id, cpu).and_then(|()| {
                GlommioCore::new(id, cpu, mailbox, spin, receive_buffer_bytes, pool_bytes)
                    .map_err(|error| LaunchError::Setup { core: id, error })
            });
            if let Some(core) = start.ready(set_up) {
                core.run(seed, |core, port| main(core, port));
            }
        }
    });
    let threads = start_threads(bodies)?;
    Ok(Running { threads, doors })
}

/// A starting core's end of the agreement: it says whether it is set up, and hears whether all are.
pub(crate) struct Start {
    ready: mpsc::Sender<Result<(), LaunchError>>,
    go: mpsc::Receiver<()>,
}

impl Start {
    /// Reports; then the core, if every core is set up.
    pub(crate) fn ready<T>(self, set_up: Result<T, LaunchError>) -> Option<T> {
        let (report, core) = match set_up {
            Ok(core) => (Ok(()), Some(core)),
            Err(e) => (Err(e), None),
        };
        // the launcher waits for this report
        let _ = self.ready.send(report);
        self.go.recv().ok().and(core)
    }
}

/// Starts a thread per body; all go on, or none.
fn start_threads<B: FnOnce(Start) + Send + 'static>(
    bodies: impl Iterator<Item = B>,
) -> Result<Vec<JoinHandle<()>>, LaunchError> {
    let (ready, reports) = mpsc::channel();
    let (mut threads, mut gos) = (Vec::new(), Vec::new());
    let mut result = Ok(());
    for (core, body) in bodies.enumerate() {
        let (go, wait) = mpsc::channel();
        let start = Start { ready: ready.clone(), go: wait };
        let thread = thread::Builder::new().name(format!("core-{core}")).spawn(move || {
            let _abort = AbortOnPanic;
            body(start);
        });
        match thread {
            Ok(thread) => threads.push(thread),
            Err(error) => {
                result = Err(LaunchError::Setup { core: CoreId(core as u16), error });
                break;
            }
        }
        gos.push(go);
    }
    drop(ready);
    for _ in 0..threads.len() {
        if let Ok(report) = reports.recv() {
            result = result.and(report);
        }
    }
    if result.is_ok() {
        for go in &gos {
            // the thread waits for this
            let _ = go.send(());
        }
        return Ok(threads);
    }
    drop(gos);
    for thread in threads {
        // one that panicked has aborted the process
        let _ = thread.join();
    }
    result.map(|()| Vec::new())
}

/// Pins this thread.
pub(crate) fn pin(core: CoreId, cpu: usize) -> Result<(), LaunchError> {
    if cpu == UNPINNED {
        return Ok(());
    }
    // the largest set the system call's wrapper can name; it panics beyond
    const CPUS_MAX: usize = 1024;
    if cpu < CPUS_MAX && core_affinity::set_for_current(core_affinity::CoreId { id: cpu }) {
        return Ok(());
    }
    Err(LaunchError::Pin { core, cpu })
}

/// Raises the soft limit of open descriptors to the hard one; every connection and segment takes one.
fn raise_descriptor_limit() {
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        // as many as before is the worst that can come of it
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
