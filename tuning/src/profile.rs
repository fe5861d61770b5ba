//! What a host is tuned for.

use std::fmt;

/// What a host is tuned for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Profile {
    /// The shortest and steadiest answers, whatever the electricity.
    Latency,
    /// The most bytes a second.
    Throughput,
    /// A server that does both.
    Balanced,
    /// A virtual machine: what belongs to the machine below is left alone.
    Vm,
    /// A developer's machine: nothing that drains a battery or gets in the way of other work.
    LaptopSafe,
}

impl Profile {
    /// All of them.
    pub const ALL: [Profile; 5] =
        [Profile::Latency, Profile::Throughput, Profile::Balanced, Profile::Vm, Profile::LaptopSafe];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Profile::Latency => "latency",
            Profile::Throughput => "throughput",
            Profile::Balanced => "balanced",
            Profile::Vm => "vm",
            Profile::LaptopSafe => "laptop-safe",
        }
    }

    /// The profile of that name.
    pub fn from_name(name: &str) -> Option<Profile> {
        Profile::ALL.into_iter().find(|profile| profile.name() == name)
    }

    /// Whether power may be spent on speed.
    pub fn spends_power(self) -> bool {
        self != Profile::LaptopSafe
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
