//! Who may connect: the process-wide count of connections and the count for each address, shared by all cores. It is
//! touched when a connection is accepted and when it closes, never in between.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Why a connection was turned away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// `max.connections` are open.
    Full,
    /// The address has as many as it may have.
    Address,
}

/// Limits on connections.
#[derive(Clone, Debug)]
pub struct ConnectionLimits {
    /// Connections of the process (`max.connections`).
    pub connections_max: usize,
    /// Connections from one address (`max.connections.per.ip`).
    pub per_address_max: usize,
    /// Exceptions for single addresses (`max.connections.per.ip.overrides`).
    pub overrides: HashMap<IpAddr, usize>,
}

/// The counts.
pub struct Admission {
    limits: ConnectionLimits,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

impl Admission {
    /// No connections yet.
    pub fn new(limits: ConnectionLimits) -> Arc<Admission> {
        Arc::new(Admission { limits, open: Mutex::default() })
    }

    /// Counts a connection in, until the pass is dropped.
    pub fn admit(self: &Arc<Self>, from: IpAddr) -> Result<Pass, Refused> {
        let from = from.to_canonical();
        let most = self.limits.overrides.get(&from).copied().unwrap_or(self.limits.per_address_max);
        let mut open = self.lock();
        if open.total >= self.limits.connections_max {
            return Err(Refused::Full);
        }
        let count = open.by_address.get(&from).copied().unwrap_or(0);
        if count >= most {
            return Err(Refused::Address);
        }
        open.total += 1;
        open.by_address.insert(from, count + 1);
        Ok(Pass { admission: self.clone(), from })
    }

    /// Connections open now.
    pub fn open(&self) -> usize {
        self.lock().total
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Two counters are whole at every step; a panic elsewhere does not spoil them.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection's place in the counts.
pub struct Pass {
    admission: Arc<Admission>,
    from: IpAddr,
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut open = self.admission.lock();
        open.total -= 1;
        match open.by_address.get_mut(&self.from) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(open.by_address.remove(&self.from)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_by_process_and_by_address_and_forgets_the_closed() {
        let one = IpAddr::from([10, 0, 0, 1]);
        let two = IpAddr::from([10, 0, 0, 2]);
        let three = IpAddr::from([10, 0, 0, 3]);
        let limits = ConnectionLimits { connections_max: 4, per_address_max: 1, overrides: [(two, 2)].into() };
        let admission = Admission::new(limits);
        let a = admission.admit(one).unwrap();
        assert_eq!(admission.admit(one).err(), Some(Refused::Address));
        let b = admission.admit(two).unwrap();
        let c = admission.admit(two).unwrap();
        assert_eq!(admission.admit(two).err(), Some(Refused::Address));
        let d = admission.admit(three).unwrap();
        assert_eq!(admission.admit(IpAddr::from([10, 0, 0, 4])).err(), Some(Refused::Full));
        drop((a, b, c, d));
        assert_eq!(admission.open(), 0);
        assert!(admission.lock().by_address.is_empty(), "an address without connections costs nothing");
    }

    #[test]
    fn an_address_mapped_into_version_6_is_the_same_address() {
        let limits = ConnectionLimits { connections_max: 9, per_address_max: 1, overrides: HashMap::new() };
        let admission = Admission::new(limits);
        let _pass = admission.admit("127.0.0.1".parse().unwrap()).unwrap();
        assert_eq!(admission.admit("::ffff:127.0.0.1".parse().unwrap()).err(), Some(Refused::Address));
    }
}
