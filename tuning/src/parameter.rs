//! A row of the table: one thing of a host that matters to a broker, where it is set, what it should be, and why.

use crate::attribute::Format;
use crate::facts::Facts;
use crate::profile::Profile;
use crate::root::Root;

/// One row. Rows are constants; what differs between hosts is in the functions.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name: the scope, a dot, what it is.
    pub id: &'static str,
    /// The part of the host it belongs to.
    pub scope: Scope,
    /// How much it matters.
    pub severity: Severity,
    /// What it is, in a few words.
    pub title: &'static str,
    /// Where it is and what it should be.
    pub reach: Reach,
    /// What a broker has of it.
    pub reason: &'static str,
    /// What else changes with it.
    pub risk: &'static str,
    /// Where it is documented.
    pub source: &'static str,
    /// How to set it by hand, where a command for it does not follow from its path.
    pub by_hand: &'static str,
    /// How to undo that.
    pub undo: &'static str,
    /// How it survives a restart of the host.
    pub persist: Persist,
    /// It takes effect only after one.
    pub reboot: bool,
    /// Parameters the kernel sets anew when this one is written.
    pub disturbs: &'static [&'static str],
    /// Programs known to set it.
    pub setters: &'static [&'static str],
    /// What tuned's profiles call it.
    pub tuned_word: &'static str,
}

impl Parameter {
    /// A row to begin with.
    pub const BLANK: Parameter = Parameter {
        id: "",
        scope: Scope::Cpu,
        severity: Severity::Info,
        title: "",
        reach: Reach::Observe(|_| Observation::Leave(String::new())),
        reason: "",
        risk: "none known",
        source: "",
        by_hand: "",
        undo: "",
        persist: Persist::ByHand,
        reboot: false,
        disturbs: &[],
        setters: &[],
        tuned_word: "",
    };

    /// The sysctl behind it.
    pub const fn sysctl(id: &'static str, key: &'static str, format: Format, want: fn(&Place) -> Want) -> Parameter {
        Parameter {
            id,
            reach: Reach::Write { paths: Paths::Sysctl(key), format, want },
            persist: Persist::Sysctl,
            setters: &["tuned"],
            tuned_word: key,
            ..Parameter::BLANK
        }
    }

    /// An attribute of the queue of each disk.
    pub const fn queue(id: &'static str, name: &'static str, want: fn(&Place) -> Want) -> Parameter {
        Parameter {
            id,
            scope: Scope::Disk,
            reach: Reach::Write { paths: Paths::Disk(name), format: Format::Word, want },
            persist: Persist::Udev,
            source: "Documentation/ABI/stable/sysfs-block",
            ..Parameter::BLANK
        }
    }

    /// Something that is looked at and never written.
    pub const fn observed(id: &'static str, look: fn(&Look) -> Observation) -> Parameter {
        Parameter { id, reach: Reach::Observe(look), ..Parameter::BLANK }
    }
}

/// The part of the host a parameter belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Scope {
    Cpu,
    Memory,
    IoUring,
    Disk,
    Network,
    Time,
    Limits,
}

impl Scope {
    /// Its name, which every id of the scope begins with.
    pub fn name(self) -> &'static str {
        match self {
            Scope::Cpu => "cpu",
            Scope::Memory => "mem",
            Scope::IoUring => "io_uring",
            Scope::Disk => "disk",
            Scope::Network => "net",
            Scope::Time => "time",
            Scope::Limits => "limits",
        }
    }
}

/// How much a parameter matters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// The broker does not run with it, or loses what it acknowledged.
    Error,
    /// It costs speed that a person notices.
    Warning,
    /// It costs a little, or matters to few.
    Info,
}

impl Severity {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }
}

/// How a value survives a restart of the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Persist {
    /// A line of a file in sysctl.d.
    Sysctl,
    /// A udev rule, which also reaches devices that come later.
    Udev,
    /// A unit that applies it at every start.
    Unit,
    /// An argument of the kernel, which its owner puts into the boot loader.
    Boot,
    /// Not by a program.
    ByHand,
}

impl Persist {
    /// How, in words.
    pub fn how(self) -> &'static str {
        match self {
            Persist::Sysctl => "a line in /etc/sysctl.d/90-thalweg.conf",
            Persist::Udev => "a rule in /etc/udev/rules.d/90-thalweg.rules",
            Persist::Unit => "thalweg-tune.service sets it at every start",
            Persist::Boot => "an argument of the kernel, in the boot loader's configuration",
            Persist::ByHand => "by hand",
        }
    }
}

/// Where a parameter is and what it should be.
#[derive(Clone, Copy, Debug)]
pub enum Reach {
    /// Attributes that can be written.
    Write {
        /// Where they are.
        paths: Paths,
        /// Their form.
        format: Format,
        /// What each should be.
        want: fn(&Place) -> Want,
    },
    /// Something that is only looked at: setting it is not a matter of writing a file, or not ours to do.
    Observe(fn(&Look) -> Observation),
}

/// Where the attributes of a row are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Paths {
    /// A sysctl, by its key.
    Sysctl(&'static str),
    /// Files that fit a pattern.
    Glob(&'static str),
    /// An attribute of the queue of each disk under the data that has nothing below it.
    Disk(&'static str),
    /// The same of the disk that is mounted.
    Mounted(&'static str),
    /// Files of each network device that fit a pattern.
    Nic(&'static str),
    /// The affinity of each interrupt of each network device.
    NicInterrupts,
}

/// What everything is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Where the host's files are.
    pub root: &'a Root,
    /// The host.
    pub facts: &'a Facts,
    /// What it is tuned for.
    pub profile: Profile,
}

/// One attribute, among those of its row on one device.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// What everything is judged by.
    pub look: Look<'a>,
    /// Its path.
    pub path: &'a str,
    /// The disk or network device it belongs to; empty where it belongs to none.
    pub device: &'a str,
    /// Which of the device's attributes of this row it is, from 0.
    pub nth: usize,
    /// Its text.
    pub current: &'a str,
}

impl Place<'_> {
    /// The text of a file in the same directory.
    pub fn beside(&self, name: &str) -> Option<String> {
        let (dir, _) = self.path.rsplit_once('/')?;
        self.look.root.text(format!("{dir}/{name}"))
    }
}

/// What an attribute should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Want {
    /// This.
    Exactly(String),
    /// One of these, the first if it has to be set.
    OneOf(&'static [&'static str]),
    /// Each number at least this.
    AtLeast(Vec<u64>),
    /// At most this.
    AtMost(u64),
    /// It does not matter here, or is better left alone; why.
    Leave(String),
}

impl Want {
    /// This word or number.
    pub fn exactly(value: impl ToString) -> Want {
        Want::Exactly(value.to_string())
    }

    /// It is left alone.
    pub fn leave(why: impl Into<String>) -> Want {
        Want::Leave(why.into())
    }

    /// The value that satisfies it, given the one in force; the same if that does. `None` if that is no such value.
    pub fn satisfied(&self, current: &str) -> Option<String> {
        let numbers = || current.split_whitespace().map(|word| word.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
        match self {
            Want::Exactly(value) => Some(value.clone()),
            Want::OneOf(words) => Some(if words.contains(&current) { current } else { words.first()? }.to_string()),
            Want::AtLeast(floors) => {
                let now = numbers().filter(|now| now.len() == floors.len())?;
                let raised = now.iter().zip(floors).map(|(now, floor)| now.max(floor).to_string());
                Some(raised.collect::<Vec<_>>().join(" "))
            }
            Want::AtMost(most) => match numbers()?[..] {
                [now] => Some(now.min(*most).to_string()),
                _ => None,
            },
            Want::Leave(_) => Some(current.to_owned()),
        }
    }

    /// What is wanted, in words.
    pub fn words(&self) -> String {
        match self {
            Want::Exactly(value) => value.clone(),
            Want::OneOf(words) => words.join(" or "),
            Want::AtLeast(floors) => {
                let floors: Vec<String> = floors.iter().map(u64::to_string).collect();
                format!("at least {}", floors.join(" "))
            }
            Want::AtMost(most) => format!("at most {most}"),
            Want::Leave(_) => "anything".to_owned(),
        }
    }
}

/// What looking at something shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observation {
    /// As it should be: what it is.
    Good(String),
    /// Otherwise: what it is and what would be better.
    Better(String, String),
    /// It does not matter here, or cannot be seen; why.
    Leave(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_floor_raises_only_what_is_below_it() {
        let want = Want::AtLeast(vec![4096, 131_072, 16_777_216]);
        assert_eq!(want.satisfied("4096 131072 6291456").as_deref(), Some("4096 131072 16777216"));
        assert_eq!(want.satisfied("8192 87380 33554432").as_deref(), Some("8192 131072 33554432"));
        assert_eq!(want.satisfied("4096 131072"), None);
        assert_eq!(want.satisfied("max"), None);
    }

    #[test]
    fn a_ceiling_lowers_and_a_choice_keeps_what_is_as_good() {
        assert_eq!(Want::AtMost(1).satisfied("60").as_deref(), Some("1"));
        assert_eq!(Want::AtMost(1).satisfied("0").as_deref(), Some("0"));
        assert_eq!(Want::AtMost(1).satisfied("1 2"), None);
        assert_eq!(Want::OneOf(&["madvise", "never"]).satisfied("never").as_deref(), Some("never"));
        assert_eq!(Want::OneOf(&["madvise", "never"]).satisfied("always").as_deref(), Some("madvise"));
    }
}
