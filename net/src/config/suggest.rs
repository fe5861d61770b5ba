//! "Did you mean": the known name nearest to a mistyped one.

/// The name of `known` that is most probably meant by `typed`, or `None` if nothing is near. Case does not count, and `_` and
/// `-` count as the dots they often stand for. Of two equally near names the first counts.
pub fn nearest<'a>(typed: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Longer than any key: not worth a table.
    const CHARS_MAX: usize = 128;
    let typed = folded(typed);
    if typed.len() > CHARS_MAX {
        return None;
    }
    // A slip is a letter or two, in a long name a few more.
    let slips_max = (typed.len() / 6).clamp(1, 4);
    let near = known.filter_map(|name| {
        let distance = distance(&typed, &folded(name), slips_max)?;
        Some((distance, name))
    });
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

fn folded(name: &str) -> Vec<char> {
    name.chars().map(|c| if c == '_' || c == '-' { '.' } else { c.to_ascii_lowercase() }).collect()
}

/// Letters inserted, left out, replaced, or swapped with their neighbour that make `b` of `a`; `None` above `max`.
fn distance(a: &[char], b: &[char], max: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > max {
        return None;
    }
    // Three rows of the usual table: the one being filled, the one above, and the one above that for swaps.
    let mut above2 = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = above[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(above[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(above2[j - 2] + 1);
            }
        }
        above2 = std::mem::replace(&mut above, row);
    }
    Some(above[b.len()]).filter(|distance| *distance <= max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 5] = ["log.dirs", "log.dir", "num.partitions", "log.retention.hours", "log.retention.ms"];

    fn near(typed: &str) -> Option<&str> {
        nearest(typed, KEYS.into_iter())
    }

    #[test]
    fn slips_are_undone() {
        assert_eq!(near("num.partition"), Some("num.partitions"));
        assert_eq!(near("num.patritions"), Some("num.partitions"));
        assert_eq!(near("log.retention.hour"), Some("log.retention.hours"));
        assert_eq!(near("LOG_RETENTION_MS"), Some("log.retention.ms"));
        assert_eq!(near("log.dri"), Some("log.dir"));
    }

    #[test]
    fn something_else_is_left_alone() {
        assert_eq!(near("zookeeper.connect"), None);
        assert_eq!(near(""), None);
        assert_eq!(near(&"x".repeat(100_000)), None);
    }
}
