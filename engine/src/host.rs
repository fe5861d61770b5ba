//! What lives beside a core's storage: the group coordinators of the partitions it owns, and on one core the controller.

use std::cell::RefCell;
use std::rc::Rc;

use thalweg_replication::controller::{BrokerFacts, ControlDefaults, ControlRequest, Controller};
use thalweg_replication::group::GroupConfig;
use thalweg_replication::metadata::Change;
use thalweg_wire::error_code::ErrorCode;

use crate::controller::ControllerHost;
use crate::coordinator::Coordinators;
use crate::core::{Engine, Host, StartError};
use crate::ids::Ids;
use crate::message::{CONTROLLER_CORE, GroupCall, Reply};
use crate::waiting::Answer;

/// What the rules of a node are told when it starts.
#[derive(Clone, Debug)]
pub struct HostConfig {
    /// Of groups.
    pub groups: GroupConfig,
    /// Of the controller.
    pub control: ControlDefaults,
    /// How this broker registers; its epoch is filled in.
    pub broker: BrokerFacts,
    /// What random ids are drawn from: new at every start, fixed in a simulation.
    pub seed: u128,
}

/// The hosts of one core.
struct Hosts {
    coordinators: Rc<Coordinators>,
    controller: RefCell<Option<Rc<ControllerHost>>>,
}

/// Puts the hosts beside a core's storage. Every core calls it once its engine has started. On the controller's core it
/// resolves when this broker is registered and every core knows it: from then on the node may serve.
pub async fn host(engine: &Rc<Engine>, config: HostConfig) -> Result<(), StartError> {
    let core = engine.this_core();
    let ids = Rc::new(RefCell::new(Ids::for_core(config.seed, core)));
    let coordinators = Coordinators::start(engine.clone(), config.groups, ids.clone());
    let hosts = Rc::new(Hosts { coordinators, controller: RefCell::new(None) });
    engine.set_host(hosts.clone());
    if core == CONTROLLER_CORE {
        let controller = Controller { node: engine.config().node, defaults: config.control };
        let started = ControllerHost::start(engine.clone(), controller, config.broker, ids).await;
        *hosts.controller.borrow_mut() = Some(started.map_err(StartError::Other)?);
    }
    Ok(())
}

impl Host for Hosts {
    fn group(&self, _: &Rc<Engine>, call: GroupCall, answer: Answer) {
        self.coordinators.ask(call, answer);
    }

    fn control(&self, _: &Rc<Engine>, request: ControlRequest, answer: Answer) {
        match &*self.controller.borrow() {
            Some(controller) => controller.ask(request, answer),
            // not started yet, or asked of the wrong core: the client tries again
            None => answer(Reply::Control(Box::new(request.refuse(ErrorCode::NotController)))),
        }
    }

    fn changed(&self, _: &Rc<Engine>, changes: &[Change]) {
        self.coordinators.changed(changes);
    }
}
