//! The table: every parameter of a host that matters to a broker, in the order in which they are set.

use crate::parameter::Parameter;

mod cpu;
mod disk;
mod io_uring;
mod limits;
mod memory;
mod network;
mod time;

/// All rows.
pub fn rows() -> impl Iterator<Item = &'static Parameter> {
    [cpu::ROWS, memory::ROWS, io_uring::ROWS, limits::ROWS, disk::ROWS, network::ROWS, time::ROWS].into_iter().flatten()
}

/// The row of that id.
pub fn row(id: &str) -> Option<&'static Parameter> {
    rows().find(|row| row.id == id)
}

/// CPUs as the kernel's mask, in hexadecimal digits.
fn mask(cpus: &[usize]) -> String {
    let words = cpus.iter().max().map_or(1, |cpu| cpu / 32 + 1);
    let word = |nth: usize| {
        let bits = cpus.iter().filter(|cpu| **cpu / 32 == nth).fold(0_u32, |bits, cpu| bits | 1 << (cpu % 32));
        format!("{bits:08x}")
    };
    (0..words).rev().map(word).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::parameter::{Paths, Persist, Reach};

    #[test]
    fn every_row_is_complete_and_its_id_is_its_own() {
        let mut ids = BTreeSet::new();
        for row in rows() {
            assert!(ids.insert(row.id), "{} is there twice", row.id);
            assert!(row.id.starts_with(&format!("{}.", row.scope.name())), "{} in {:?}", row.id, row.scope);
            for (name, text) in
                [("title", row.title), ("reason", row.reason), ("risk", row.risk), ("source", row.source)]
            {
                assert!(!text.is_empty(), "{} has no {name}", row.id);
            }
            let written = matches!(row.reach, Reach::Write { .. });
            assert!(
                written || !row.by_hand.is_empty(),
                "{}: what is only looked at needs words on how to set it",
                row.id
            );
            assert!(written || !matches!(row.persist, Persist::Sysctl | Persist::Udev | Persist::Unit), "{}", row.id);
            let by_sysctl = matches!(row.reach, Reach::Write { paths: Paths::Sysctl(_), .. });
            assert!(!written || by_sysctl == (row.persist == Persist::Sysctl), "{}", row.id);
            for other in row.disturbs {
                let at = rows().position(|row| row.id == *other);
                assert!(at > rows().position(|r| r.id == row.id), "{} disturbs {other}, which must come later", row.id);
            }
        }
    }

    #[test]
    fn a_mask_has_a_bit_for_each_cpu() {
        assert_eq!(mask(&[0, 1]), "00000003");
        assert_eq!(mask(&[4, 33]), "00000002,00000010");
        assert_eq!(mask(&[]), "00000000");
    }

    #[test]
    fn no_row_touches_what_must_not_be_touched() {
        for row in rows() {
            let Reach::Write { paths, .. } = row.reach else { continue };
            let path = match paths {
                Paths::Sysctl(text)
                | Paths::Glob(text)
                | Paths::Disk(text)
                | Paths::Mounted(text)
                | Paths::Nic(text) => text,
                Paths::NicInterrupts => "smp_affinity_list",
            };
            for never in ["write_cache", "fua", "vulnerabilities", "mitigations", "randomize_va_space"] {
                assert!(!path.contains(never), "{} writes {path}", row.id);
            }
            // 0 is what they mostly are, and a 0 they do not take back.
            for never in ["dirty_bytes", "dirty_background_bytes"] {
                assert!(!path.contains(never), "{} writes {path}", row.id);
            }
        }
    }
}
