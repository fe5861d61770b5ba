//! Real cores for benches that measure on them: pinned, on the ring, each measurement carried out on a core.

use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use thalweg_rt::{Config, Core, LocalFuture, Port, Running, launch};

/// Cores that run, and the way to have core 0 measure something.
pub struct Cores<M: Send + 'static> {
    ask: Option<Sender<u64>>,
    told: Receiver<Duration>,
    running: Option<Running<M>>,
}

/// What core 0 asks for and tells.
pub struct Jobs {
    asked: Receiver<u64>,
    tell: Sender<Duration>,
}

impl Jobs {
    /// The number of times to do what is measured; nothing once nobody wants to know any more. To be followed by [`Jobs::done`].
    pub async fn next(&self, core: &Core) -> Option<u64> {
        loop {
            match self.asked.try_recv() {
                Ok(times) => return Some(times),
                Err(TryRecvError::Disconnected) => return None,
                Err(TryRecvError::Empty) => core.timer.sleep_until(core.timer.now() + LOOK_EVERY).await,
            }
        }
    }

    /// Tells how long it took.
    pub fn done(&self, took: Duration) {
        // Who does not listen any more does not want to know.
        let _ = self.tell.send(took);
    }
}

const LOOK_EVERY: Duration = Duration::from_micros(200);

impl<M: Send + 'static> Cores<M> {
    /// Starts `cores` cores on the first CPUs; `main` of core 0 is given the jobs. They spin for `spin` before they sleep.
    pub fn start<F>(cores: usize, spin: Duration, main: F) -> Cores<M>
    where
        F: Fn(Core, Rc<Port<M>>, Option<Jobs>) -> LocalFuture<()> + Send + Sync + Clone + 'static,
    {
        let (ask, asked) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(Some(Jobs { asked, tell })));
        let config = Config { cores: (0..cores).collect(), spin, pool_bytes: 160 << 20, ..Config::unpinned(cores) };
        let running = launch::<M>(config, move |core, port| {
            let jobs = if core.id.0 == 0 { jobs.lock().expect("no core panics").take() } else { None };
            main(core, port, jobs)
        });
        let running = running.unwrap_or_else(|error| panic!("the cores do not start: {error}"));
        Cores { ask: Some(ask), told, running: Some(running) }
    }

    /// Has core 0 do it so many times; how long that took.
    pub fn measure(&self, times: u64) -> Duration {
        let asked = self.ask.as_ref().is_some_and(|ask| ask.send(times).is_ok());
        assert!(asked, "core 0 has ended");
        self.told.recv().expect("core 0 measures as long as it is asked to")
    }
}

impl<M: Send + 'static> Drop for Cores<M> {
    fn drop(&mut self) {
        self.ask = None;
        if let Some(running) = self.running.take() {
            running.join().expect("the cores end");
        }
    }
}
