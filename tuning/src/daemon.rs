//! Programs that run beside the broker and set the same parameters, so that what one sets the other undoes.

use std::collections::BTreeSet;

use crate::root::Root;

/// Those that run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Daemons {
    running: BTreeSet<&'static str>,
    /// Text of tuned's active profile and of what it includes.
    tuned: String,
}

/// Names as the kernel keeps them, cut to 15 letters.
const KNOWN: [&str; 10] = [
    "irqbalance",
    "tuned",
    "power-profiles-",
    "tlp",
    "thermald",
    "auto-cpufreq",
    "chronyd",
    "ntpd",
    "systemd-timesyn",
    "auditd",
];

impl Daemons {
    /// Looks through the processes.
    pub fn read(root: &Root) -> Daemons {
        let names = root.glob("/proc/*/comm").into_iter().filter_map(|path| root.text(path));
        let running: BTreeSet<&'static str> =
            names.filter_map(|name| KNOWN.into_iter().find(|known| *known == name)).collect();
        let tuned = if running.contains("tuned") { tuned_profile(root) } else { String::new() };
        Daemons { running, tuned }
    }

    /// Whether one of that name runs.
    pub fn runs(&self, name: &str) -> bool {
        self.running.contains(name)
    }

    /// Which of `names` runs and sets what is called `word` in tuned's profiles. tuned sets what its profile names, the
    /// others what they are for.
    pub fn setter(&self, names: &[&'static str], word: &str) -> Option<&'static str> {
        let sets = |name: &&&str| self.runs(name) && (**name != "tuned" || self.tuned_sets(word));
        names.iter().find(sets).map(|name| full(name))
    }

    fn tuned_sets(&self, word: &str) -> bool {
        self.tuned.lines().any(|line| line.split_once('=').is_some_and(|(key, _)| key.trim() == word))
    }

    /// One of those that set the clock.
    pub fn timekeeper(&self) -> Option<&'static str> {
        ["chronyd", "ntpd", "systemd-timesyn"].into_iter().find(|name| self.runs(name)).map(full)
    }
}

fn full(name: &'static str) -> &'static str {
    match name {
        "power-profiles-" => "power-profiles-daemon",
        "systemd-timesyn" => "systemd-timesyncd",
        name => name,
    }
}

fn tuned_profile(root: &Root) -> String {
    const INCLUDES_MAX: usize = 16;
    let mut text = String::new();
    let mut profiles: Vec<String> = root
        .text("/etc/tuned/active_profile")
        .map(|names| names.split_whitespace().map(str::to_owned).collect())
        .unwrap_or_default();
    for nth in 0..INCLUDES_MAX {
        let Some(name) = profiles.get(nth).filter(|name| !name.contains("..")).cloned() else { break };
        let dirs = ["/etc/tuned", "/etc/tuned/profiles", "/usr/lib/tuned", "/usr/lib/tuned/profiles"];
        let found = dirs.iter().find_map(|dir| root.text(format!("{dir}/{name}/tuned.conf")));
        for line in found.unwrap_or_default().lines() {
            match line.split_once('=') {
                Some((key, value)) if key.trim() == "include" => {
                    profiles.extend(value.split([',', ' ']).filter(|name| !name.is_empty()).map(str::to_owned));
                }
                _ => {
                    text.push_str(line);
                    text.push('\n');
                }
            }
        }
    }
    text
}
