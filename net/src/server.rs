//! One broker process, from configuration to a clean stop: host checks, data directory, listeners' addresses, then one
//! engine, its listeners and its connections on every core.
//!
//! [`run`] holds the calling thread until the broker has stopped. Errors that a person can act on are told apart by type; an
//! error of one core stops all.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use thalweg_engine::{CONTROLLER_CORE, Engine, EngineConfig, HostConfig, Message, StartError};
use thalweg_rt::{Blocked, Core, CoreId, Door, LaunchError, Listen, LocalFuture, Port, Share};
use thalweg_wire::{NodeId, Str};

use crate::config::BrokerConfig;
use crate::connection::admission::Admission;
use crate::data_dir::{DataDir, DataDirError, Meta};
use crate::fetch_session::FetchSessions;
use crate::first_topics;
use crate::handlers::init_producer_id::ProducerIds;
use crate::listener::{self, Binding};
use crate::state::{CoreState, Counters, Endpoint, Limits, Settings};
use crate::translate;

/// Time for what is in flight when the broker is told to stop.
const GRACE: Duration = Duration::from_millis(300);

/// Connections the kernel keeps for a core that is busy, at the least.
const BACKLOG: u32 = 1024;

/// Tells a broker to stop, from any thread, any number of times; also before it has started.
#[derive(Clone, Default)]
pub struct StopSignal(Arc<Mutex<Stop>>);

#[derive(Default)]
struct Stop {
    triggered: bool,
    doors: Vec<Door<Message>>,
}

impl StopSignal {
    /// Not triggered.
    pub fn new() -> StopSignal {
        StopSignal::default()
    }

    /// Tells the broker to stop.
    pub fn trigger(&self) {
        let mut stop = lock(&self.0);
        stop.triggered = true;
        for door in stop.doors.drain(..) {
            door.send(Message::Stop);
        }
    }

    /// Whether it has been told.
    pub fn is_triggered(&self) -> bool {
        lock(&self.0).triggered
    }

    fn connect(&self, doors: Vec<Door<Message>>) {
        let mut stop = lock(&self.0);
        if stop.triggered {
            doors.into_iter().for_each(|door| door.send(Message::Stop));
        } else {
            stop.doors = doors;
        }
    }
}

/// A broker that serves.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its listeners: name and address, with the port in use where 0 was asked for.
    pub listeners: Vec<(String, SocketAddr)>,
    /// What clients are told to connect to, by listener.
    pub advertised: Vec<(String, u16)>,
    /// The cluster's id.
    pub cluster_id: String,
    /// This node.
    pub node: NodeId,
    /// Cores at work.
    pub cores: u16,
    /// The data directory.
    pub data: PathBuf,
    /// Whether it was made by this start.
    pub new: bool,
    /// Time since [`run`] was called.
    pub took: Duration,
}

/// Why a broker did not start, or did not go on.
#[derive(Debug)]
pub enum ServerError {
    /// The host does not let us use io_uring; says what to do.
    Blocked(Blocked),
    /// Somebody listens there already.
    AddressInUse(SocketAddr),
    /// The address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// A listener's host has no address.
    Resolve(String, io::Error),
    /// The data directory cannot be used.
    Data(DataDirError),
    /// The cores did not start.
    Launch(LaunchError),
    /// A core's engine did not start.
    Engine(StartError),
    /// A topic that was to be there at start cannot be created.
    Topic(String),
    /// A core ended by itself.
    Core(String),
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ServerError::Blocked(blocked) => write!(f, "{blocked}"),
            ServerError::AddressInUse(at) => write!(f, "port {} is in use ({at})", at.port()),
            ServerError::Listen(at, error) => write!(f, "cannot listen on {at}: {error}"),
            ServerError::Resolve(host, error) => write!(f, "cannot listen on {host}: {error}"),
            ServerError::Data(error) => write!(f, "{error}"),
            ServerError::Launch(error) => write!(f, "{error}"),
            ServerError::Engine(error) => write!(f, "{error}"),
            ServerError::Topic(why) => write!(f, "{why}"),
            ServerError::Core(text) => write!(f, "a core stopped: {text}"),
        }
    }
}

impl std::error::Error for ServerError {}

/// What all cores share while they start.
struct Shared {
    config: Arc<BrokerConfig>,
    engine: Arc<EngineConfig>,
    host: HostConfig,
    settings: Settings,
    limits: Limits,
    meta: Meta,
    bindings: Vec<Binding>,
    endpoints: Vec<Endpoint>,
    admission: Arc<Admission>,
    stop: StopSignal,
    progress: Mutex<Progress>,
    changed: Condvar,
}

#[derive(Default)]
struct Progress {
    ready: u16,
    ended: u16,
    error: Option<ServerError>,
}

impl Shared {
    fn fail(&self, error: ServerError) {
        lock(&self.progress).error.get_or_insert(error);
        self.changed.notify_all();
        self.stop.trigger();
    }

    fn note(&self, change: impl FnOnce(&mut Progress)) {
        change(&mut lock(&self.progress));
        self.changed.notify_all();
    }

    /// Waits until every core serves, or one has failed or ended.
    fn wait(&self, cores: u16) -> bool {
        let mut progress = lock(&self.progress);
        while progress.ready < cores && progress.error.is_none() && progress.ended == 0 {
            progress = self.changed.wait(progress).unwrap_or_else(PoisonError::into_inner);
        }
        progress.ready == cores && progress.error.is_none()
    }
}

/// Runs a broker until `stop`. `on_ready` is called once, when every core serves.
pub fn run(
    config: BrokerConfig,
    on_ready: impl FnOnce(Ready) + Send + 'static,
    stop: StopSignal,
) -> Result<(), ServerError> {
    let began = Instant::now();
    thalweg_rt::probe().map_err(ServerError::Blocked)?;
    let data =
        DataDir::open(&config.log_dir, config.node_id, config.cluster_id.as_deref()).map_err(ServerError::Data)?;
    let limits = crate::config::Limits::of(&config, translate::open_files());
    let mut bindings = translate::bindings(&config)?;
    for binding in &mut bindings {
        listener::reserve(binding).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => ServerError::AddressInUse(binding.bind),
            _ => ServerError::Listen(binding.bind, error),
        })?;
    }
    let endpoints: Vec<Endpoint> = bindings
        .iter()
        .map(|binding| Endpoint {
            listener: Str::from(&binding.name),
            host: Str::from(&binding.advertised_host),
            port: i32::from(binding.advertised_port.unwrap_or(binding.bind.port())),
        })
        .collect();
    let runtime = translate::runtime(&config, &limits);
    let cores = u16::try_from(runtime.cores.len()).unwrap_or(u16::MAX);
    let shared = Arc::new(Shared {
        engine: Arc::new(translate::engine(&config, &limits, &data)),
        host: translate::host(&config, &limits, &data, &endpoints).map_err(ServerError::Data)?,
        settings: translate::settings(&config, &limits),
        limits: translate::limits(&config, &limits),
        meta: data.meta.clone(),
        endpoints,
        admission: Admission::new(translate::connections(&config, &limits)),
        config: Arc::new(config),
        stop: stop.clone(),
        progress: Mutex::default(),
        changed: Condvar::new(),
        bindings,
    });
    let on_core = shared.clone();
    let running = thalweg_rt::launch(runtime, move |core, port| -> LocalFuture<()> {
        Box::pin(serve(on_core.clone(), core, port))
    })
    .map_err(ServerError::Launch)?;
    stop.connect((0..cores).map(|core| running.door(CoreId(core))).collect());
    if shared.wait(cores) {
        on_ready(Ready {
            listeners: shared.bindings.iter().map(|binding| (binding.name.clone(), binding.bind)).collect(),
            advertised: shared.endpoints.iter().map(|e| (e.host.to_string(), e.port as u16)).collect(),
            cluster_id: shared.meta.cluster.clone(),
            node: shared.meta.node,
            cores,
            data: data.path.clone(),
            new: data.new,
            took: began.elapsed(),
        });
    }
    let joined = running.join();
    if let Some(error) = lock(&shared.progress).error.take() {
        return Err(error);
    }
    joined.map_err(|error| ServerError::Core(format!("{error:?}")))
}

/// One core, from its engine's start to its end.
async fn serve(shared: Arc<Shared>, core: Core, port: Rc<Port<Message>>) {
    let ended = Ended(shared.clone());
    let engine = match Engine::start(core.clone(), port, shared.engine.clone()).await {
        Ok(engine) => engine,
        Err(error) => return shared.fail(ServerError::Engine(error)),
    };
    if let Err(error) = thalweg_engine::host(&engine, shared.host.clone()).await {
        return shared.fail(ServerError::Engine(error));
    }
    if core.id == CONTROLLER_CORE
        && let Err(why) = first_topics::create(&engine, &shared.config.initial_topics).await
    {
        return shared.fail(ServerError::Topic(why));
    }
    let state = Rc::new(state(&shared, core, engine));
    for (index, binding) in shared.bindings.iter().enumerate() {
        let backlog = shared.config.sockets.backlog.max(BACKLOG);
        let how = Listen { backlog, receive_buffer: None, send_buffer: None };
        match state.core.net.listen(binding.bind, how) {
            Ok(listener) => {
                let task = listener::accept(state.clone(), listener, index);
                state.core.spawn.spawn(Share::Foreground, Box::pin(task));
            }
            Err(error) => {
                shared.fail(ServerError::Listen(binding.bind, error));
                break;
            }
        }
    }
    shared.note(|progress| progress.ready += 1);
    state.engine.stop_asked().await;
    stop(&state).await;
    drop(ended);
}

/// Notes that a core has ended, however it did.
struct Ended(Arc<Shared>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.note(|progress| progress.ended += 1);
        self.0.stop.trigger();
    }
}

fn state(shared: &Shared, core: Core, engine: Rc<Engine>) -> CoreState {
    let seed = core.timer.now().0 ^ (u64::from(core.id.0) << 48) ^ u64::from(std::process::id());
    CoreState {
        engine,
        node: shared.meta.node,
        cluster_id: Str::from(&shared.meta.cluster),
        directory_id: shared.meta.directory,
        log_dir: Str::from(shared.engine.data.to_string_lossy().into_owned()),
        data: shared.engine.data.clone(),
        settings: shared.settings.clone(),
        limits: shared.limits,
        endpoints: shared.endpoints.clone(),
        config: shared.config.clone(),
        admission: shared.admission.clone(),
        sessions: RefCell::new(FetchSessions::new(
            shared.limits.fetch_sessions_max,
            shared.limits.fetch_session_partitions_max,
            seed,
        )),
        producer_ids: ProducerIds::default(),
        counters: Counters::default(),
        request_bytes: Cell::new(0),
        stopping: Cell::new(false),
        stop_wakers: Default::default(),
        closed_wakers: Default::default(),
        connections: RefCell::new(HashMap::new()),
        next_serial: Cell::new(0),
        core,
    }
}

/// Takes nothing more, answers what is in flight, puts the engine to rest.
async fn stop(state: &Rc<CoreState>) {
    state.stopping.set(true);
    state.stop_wakers.wake();
    let open: Vec<_> = state.connections.borrow().values().cloned().collect();
    open.iter().for_each(|connection| connection.stop());
    let mut grace = state.core.timer.sleep_until(state.core.timer.now() + GRACE);
    std::future::poll_fn(|cx| {
        if state.connections.borrow().is_empty() || grace.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        state.closed_wakers.register(cx);
        Poll::Pending
    })
    .await;
    state.engine.stop().await;
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is guarded is whole at every step; a thread that panicked elsewhere is reported by its core.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
