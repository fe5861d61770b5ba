//! The data directory before anything of the engine's is in it: the lock that keeps a second process out, and
//! `meta.properties`, which says whose data it is. It is Kafka's format, version 1:
//!
//! ```text
//! cluster.id=22 characters, base64url
//! directory.id=22 characters, base64url
//! node.id=number
//! version=1
//! ```

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use thalweg_wire::{NodeId, Uuid};

use crate::config::properties;

/// Kafka's name for the lock file.
const LOCK: &str = ".lock";
const META: &str = "meta.properties";

/// Why a data directory cannot be used.
#[derive(Debug)]
pub enum DataDirError {
    /// Another process uses it.
    Locked(PathBuf),
    /// It cannot be made, opened or written.
    Io(PathBuf, io::Error),
    /// Its `meta.properties` is damaged or speaks of another node or cluster.
    Meta(PathBuf, String),
    /// The system gave no random numbers.
    Random,
}

impl fmt::Display for DataDirError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DataDirError::Locked(path) => write!(f, "{} is in use by another process", path.display()),
            DataDirError::Io(path, error) => write!(f, "{}: {error}", path.display()),
            DataDirError::Meta(path, reason) => write!(f, "{}: {reason}", path.display()),
            DataDirError::Random => write!(f, "the system gives no random numbers"),
        }
    }
}

/// Who the data belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Meta {
    /// The cluster: an id in base64url, or whatever an older Kafka called it.
    pub cluster: String,
    /// This directory.
    pub directory: Uuid,
    /// The node.
    pub node: NodeId,
}

/// A data directory this process alone uses, until it is dropped.
pub struct DataDir {
    /// Its absolute path.
    pub path: PathBuf,
    /// Whose it is.
    pub meta: Meta,
    /// Whether it was empty of us before.
    pub new: bool,
    _lock: File,
}

impl DataDir {
    /// Opens the directory for `node`, and makes it if it is not there; `cluster` is the cluster it must be of, if that is
    /// known.
    pub fn open(path: &Path, node: NodeId, cluster: Option<&str>) -> Result<DataDir, DataDirError> {
        let failed = |error| DataDirError::Io(path.to_owned(), error);
        fs::create_dir_all(path).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        let lock = OpenOptions::new().write(true).create(true).truncate(false).open(path.join(LOCK)).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(DataDirError::Locked(path)),
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let file = path.join(META);
        let (meta, new) = match fs::read(&file) {
            Ok(bytes) => {
                let meta = read(&bytes).map_err(|reason| DataDirError::Meta(file.clone(), reason))?;
                if meta.node != node {
                    let reason = format!("it belongs to node {}, and node.id is {node}", meta.node);
                    return Err(DataDirError::Meta(file, reason));
                }
                if let Some(cluster) = cluster.filter(|cluster| *cluster != meta.cluster) {
                    let reason =
                        format!("it belongs to cluster {}, and the configuration says {cluster}", meta.cluster);
                    return Err(DataDirError::Meta(file, reason));
                }
                (meta, false)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let cluster = match cluster {
                    Some(cluster) => cluster.to_owned(),
                    None => random_uuid()?.to_string(),
                };
                let meta = Meta { cluster, directory: random_uuid()?, node };
                write(&path, &meta).map_err(failed)?;
                (meta, true)
            }
            Err(error) => return Err(failed(error)),
        };
        Ok(DataDir { path, meta, new, _lock: lock })
    }
}

fn read(bytes: &[u8]) -> Result<Meta, String> {
    let (entries, errors) = properties::parse(bytes);
    if let Some(error) = errors.first() {
        return Err(format!("line {}: {}", error.line, error.reason));
    }
    let get = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key == key);
        entry.map(|entry| entry.value.as_str()).ok_or_else(|| format!("{key} is missing"))
    };
    let uuid = |key: &str| get(key)?.parse::<Uuid>().map_err(|_| format!("{key} is not an id"));
    if get("version")? != "1" {
        return Err(format!("version {} is not known", get("version")?));
    }
    let node = get("node.id")?.parse().map_err(|_| "node.id is not a number".to_owned())?;
    Ok(Meta { cluster: get("cluster.id")?.to_owned(), directory: uuid("directory.id")?, node: NodeId(node) })
}

fn write(dir: &Path, meta: &Meta) -> io::Result<()> {
    let Meta { cluster, directory, node } = meta;
    let text = format!("#\ncluster.id={cluster}\ndirectory.id={directory}\nnode.id={node}\nversion=1\n");
    let part = dir.join("meta.properties.tmp");
    let mut file = File::create(&part)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&part, dir.join(META))?;
    File::open(dir)?.sync_all()
}

/// A random id that, like Kafka's, does not begin with a dash when it is written.
pub fn random_uuid() -> Result<Uuid, DataDirError> {
    loop {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|_| DataDirError::Random)?;
        // version and variant of a random UUID: also keeps clear of the ids Kafka reserves, 0 and 1
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let id = Uuid(bytes);
        if !id.to_string().starts_with('-') {
            return Ok(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("thalweg-data-dir-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        dir
    }

    #[test]
    fn the_second_start_finds_what_the_first_wrote() {
        let path = dir("again");
        let first = DataDir::open(&path, NodeId(3), None).unwrap();
        let meta = first.meta.clone();
        assert!(first.new && meta.cluster != meta.directory.to_string());
        drop(first);
        let second = DataDir::open(&path, NodeId(3), None).unwrap();
        assert!(!second.new);
        assert_eq!(second.meta, meta);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn two_processes_do_not_share_a_directory() {
        let path = dir("lock");
        let _first = DataDir::open(&path, NodeId(1), None).unwrap();
        assert!(matches!(DataDir::open(&path, NodeId(1), None), Err(DataDirError::Locked(_))));
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn another_nodes_data_and_damage_are_refused() {
        let path = dir("other");
        drop(DataDir::open(&path, NodeId(1), None).unwrap());
        assert!(
            matches!(DataDir::open(&path, NodeId(2), None), Err(DataDirError::Meta(_, reason)) if reason.contains("node 1"))
        );
        fs::write(path.join(META), "version=1\nnode.id=1\n").unwrap();
        assert!(
            matches!(DataDir::open(&path, NodeId(1), None), Err(DataDirError::Meta(_, reason)) if reason.contains("cluster.id"))
        );
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn kafkas_own_file_is_understood() {
        let text = b"#\n#Sun Nov 22 12:00:00 UTC 2026\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\ndirectory.id=2cYrXPFCRVqAWBJPi5yNPQ\nnode.id=1\nversion=1\n";
        assert_eq!(read(text).unwrap().node, NodeId(1));
    }
}
