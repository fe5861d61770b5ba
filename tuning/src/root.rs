//! Where the host's files are read from: `/`, or a directory that holds a copy of the part that matters.

use std::cmp::Ordering;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The directory that stands for `/`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Root(PathBuf);

impl Root {
    /// This host.
    pub fn real() -> Root {
        Root(PathBuf::from("/"))
    }

    /// A tree that looks like a host.
    pub fn at(dir: impl Into<PathBuf>) -> Root {
        Root(dir.into())
    }

    /// Whether this is the host that runs, and not a tree that looks like one.
    pub fn is_real(&self) -> bool {
        self.0 == Path::new("/")
    }

    /// Where an absolute path of the host lies.
    pub fn path(&self, absolute: impl AsRef<Path>) -> PathBuf {
        let absolute = absolute.as_ref();
        self.0.join(absolute.strip_prefix("/").unwrap_or(absolute))
    }

    /// The text of a file, without the blanks around it; `None` if it is not there, not readable or not text.
    pub fn text(&self, absolute: impl AsRef<Path>) -> Option<String> {
        self.read(absolute).ok()
    }

    /// The same, with the reason where there is none.
    pub fn read(&self, absolute: impl AsRef<Path>) -> io::Result<String> {
        // Files of /proc have no length; none of those read here comes near the limit.
        const BYTES_MAX: u64 = 4 << 20;
        let mut text = String::new();
        fs::File::open(self.path(absolute))?.take(BYTES_MAX).read_to_string(&mut text)?;
        Ok(text.trim().to_owned())
    }

    /// Whether there is anything at that path.
    pub fn exists(&self, absolute: impl AsRef<Path>) -> bool {
        self.path(absolute).exists()
    }

    /// The names in a directory, numbers in them in order of their size; none where it cannot be read.
    pub fn names(&self, absolute: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.path(absolute)).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort_by(|a, b| by_number(a, b));
        names
    }

    /// The absolute paths that fit a pattern, in which one `*` in a name stands for any letters of it.
    pub fn glob(&self, pattern: &str) -> Vec<String> {
        let mut found = vec![String::new()];
        for name in pattern.split('/').filter(|name| !name.is_empty()) {
            let fitting = |dir: String| match name.split_once('*') {
                None => vec![format!("{dir}/{name}")],
                Some((head, tail)) => {
                    let fits = |n: &String| n.len() >= name.len() - 1 && n.starts_with(head) && n.ends_with(tail);
                    let names = self.names(&dir).into_iter().filter(fits);
                    names.map(|name| format!("{dir}/{name}")).collect()
                }
            };
            found = found.into_iter().flat_map(fitting).collect();
        }
        found.retain(|path| self.exists(path));
        found
    }

    /// A file that holds one number.
    pub fn number<N: std::str::FromStr>(&self, absolute: impl AsRef<Path>) -> Option<N> {
        self.text(absolute)?.parse().ok()
    }
}

/// Orders names so that `cpu2` comes before `cpu10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| {
        let digits = text.bytes().skip_while(|b| !b.is_ascii_digit()).take_while(u8::is_ascii_digit).count();
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap_or(text.len());
        (text[..at].to_owned(), text[at..at + digits].parse::<u64>().unwrap_or(0), text[at + digits..].to_owned())
    };
    parts(a).cmp(&parts(b)).then_with(|| a.cmp(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let mut names = ["cpu10", "cpu2", "cpufreq", "cpu1", "nvme1n1", "nvme0n1"];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["cpu1", "cpu2", "cpu10", "cpufreq", "nvme0n1", "nvme1n1"]);
    }
}
