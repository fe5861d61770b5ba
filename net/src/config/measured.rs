//! Settings that follow from what `thalweg tune measure` found out about the disk of the data. They count where nothing else
//! sets the key: the weakest layer above the defaults.

use std::path::{Path, PathBuf};

use thalweg_replication::metadata::config_value::list;
use thalweg_tuning::io_properties::{self, IoProperties, Usual};
use thalweg_tuning::{Root, facts};

use super::catalogue;
use super::origin::Origin;
use super::problem::{Code, Problem, Problems};
use super::settings::{Setting, Static};

/// Adds what follows from the file in the data directory, if there is one, and says what was taken from it.
pub fn add(settings: &mut Static, problems: &mut Problems) {
    let Some(data) = data(settings) else { return };
    let path = data.join(io_properties::FILE);
    let at = Origin::File { path: path.clone(), line: 0 };
    let properties = match IoProperties::read(&data) {
        Ok(Some(properties)) => properties,
        Ok(None) => return,
        Err(error) => {
            let problem = Problem::warning(Code::Unreadable, format!("cannot read what was measured: {error}"));
            problems
                .push(problem.at(Some(&at)).hint("measure again: thalweg tune measure --data DIR, or remove the file"));
            return;
        }
    };
    let (device, file_system) = std::path::absolute(&data).map_or_else(
        |_| (properties.device.clone(), properties.file_system.clone()),
        |data| facts::medium(&Root::real(), &data),
    );
    if (&device, &file_system) != (&properties.device, &properties.file_system) {
        let message = format!(
            "measured on {} of {}, and the data lies on {file_system} of {device}: not used",
            properties.file_system, properties.device
        );
        problems.push(Problem::warning(Code::Host, message).at(Some(&at)).hint("measure again: thalweg tune measure"));
        return;
    }
    let advised = self::settings(&properties);
    let taken: Vec<(&str, String)> = advised.into_iter().filter(|(key, _)| !settings.contains_key(*key)).collect();
    if taken.is_empty() {
        return;
    }
    let told: Vec<String> = taken.iter().map(|(key, value)| format!("{key}={value}")).collect();
    problems.push(Problem::notice(format!("taken from what was measured: {}", told.join(", "))).at(Some(&at)));
    for (key, value) in taken {
        settings.insert(key.to_owned(), Setting { value, origin: Origin::Measured(path.clone()) });
    }
}

fn data(settings: &Static) -> Option<PathBuf> {
    let setting = settings.get("log.dirs").or_else(|| settings.get("log.dir"))?;
    list(&setting.value).find(|dir| !dir.is_empty()).map(|dir| Path::new(dir).to_owned())
}

/// What follows from the measurements, as broker keys; what would be so anyway is left out.
pub fn settings(properties: &IoProperties) -> Vec<(&'static str, String)> {
    let default = |key: &str| catalogue::key(key).and_then(|key| key.default);
    let usual = |key: &str| default(key).and_then(|value| value.parse().ok()).unwrap_or(0);
    let advice = properties.advice(Usual {
        piece_bytes: usual(PIECE_BYTES),
        pieces_in_flight: usual(PIECES),
        bypass_bytes: usual(BYPASS),
    });
    let number = |value: Option<u32>| value.map(|value| value.to_string());
    let all = [
        (PIECE_BYTES, number(advice.piece_bytes)),
        (PIECES, number(advice.pieces_in_flight)),
        (BYPASS, number(advice.bypass_bytes)),
        ("thalweg.read.path", advice.read_way.map(|way| way.name().to_owned())),
    ];
    let other =
        |(key, value): (&'static str, Option<String>)| Some((key, value?)).filter(|(_, v)| default(key) != Some(v));
    all.into_iter().filter_map(other).collect()
}

const PIECE_BYTES: &str = "thalweg.destage.piece.bytes";
const PIECES: &str = "thalweg.destage.pieces";
const BYPASS: &str = "thalweg.bypass.bytes";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use serde_json::json;

    fn with_file(name: &str, text: &str, set: &[(&str, &str)]) -> (Static, String) {
        let dir = std::env::temp_dir().join(format!("thalweg-measured-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).expect("a directory");
        fs::write(dir.join(io_properties::FILE), text).expect("written");
        let setting = |value: &str| Setting { value: value.to_owned(), origin: Origin::Override };
        let mut settings: Static = set.iter().map(|(key, value)| ((*key).to_owned(), setting(value))).collect();
        settings.insert("log.dirs".to_owned(), setting(&dir.display().to_string()));
        let mut problems = Problems::default();
        add(&mut settings, &mut problems);
        fs::remove_dir_all(&dir).ok();
        (settings, problems.to_string().replace(&dir.display().to_string(), "D"))
    }

    fn measured_here(device: Option<&str>) -> String {
        let (here, file_system) = facts::medium(&Root::real(), &std::env::temp_dir());
        let rate = |bytes: u32, depth: u32, rate: f64| json!({"bytes": bytes, "depth": depth, "mib_per_second": rate});
        json!({
            "version": 1, "measured_at": 0, "device": device.unwrap_or(&here), "file_system": file_system,
            "flushes": [{"depth": 4, "p50_us": 400.0, "p99_us": 900.0, "per_second": 2000.0}],
            "writes": [rate(262_144, 2, 500.0), rate(1_048_576, 1, 300.0)],
            "reads": [rate(1_048_576, 4, 1000.0)],
            "cached_reads": [rate(1_048_576, 1, 900.0)],
        })
        .to_string()
    }

    #[test]
    fn what_was_measured_counts_where_nothing_else_is_set() {
        let (settings, said) = with_file("taken", &measured_here(None), &[("thalweg.bypass.bytes", "4096")]);
        let of = |key: &str| settings.get(key).map(|setting| setting.value.as_str());
        assert_eq!(
            said,
            "notice: D/io-properties.json: taken from what was measured: thalweg.destage.piece.bytes=262144, \
             thalweg.destage.pieces=2\n"
        );
        assert_eq!((of("thalweg.destage.piece.bytes"), of("thalweg.bypass.bytes")), (Some("262144"), Some("4096")));
    }

    #[test]
    fn what_was_measured_elsewhere_or_cannot_be_read_is_not_used() {
        let (settings, said) = with_file("elsewhere", &measured_here(Some("nvme9n9")), &[]);
        assert_eq!(settings.len(), 1);
        assert!(said.contains("of nvme9n9, and the data lies on"), "{said}");
        let (settings, said) = with_file("damaged", "{", &[]);
        assert_eq!(settings.len(), 1);
        assert!(
            said.starts_with("warning[thalweg-W0201] D/io-properties.json: cannot read what was measured"),
            "{said}"
        );
    }

    #[test]
    fn whatever_is_measured_fits_the_rules_of_the_keys_it_sets() {
        let rate = |bytes: u32, depth: u32, rate: f64| json!({"bytes": bytes, "depth": depth, "mib_per_second": rate});
        let mut seen = std::collections::BTreeSet::new();
        for (bytes, depth, flushes, direct) in
            [(65_536, 1, 0.1, 1.0), (1 << 20, 8, 1e9, 1e6), (131_072, 8, 500.0, 4000.0), (1 << 20, 1, 5000.0, 1000.0)]
        {
            let measured = json!({
                "version": 1, "measured_at": 0, "device": "x", "file_system": "x",
                "flushes": [{"depth": 1, "p50_us": 1.0, "p99_us": 1.0, "per_second": flushes}],
                "writes": [rate(bytes, depth, 1000.0)], "reads": [rate(bytes, depth, direct)],
                "cached_reads": [rate(bytes, 1, 900.0)],
            });
            let properties: IoProperties = serde_json::from_value(measured).expect("properties");
            for (key, value) in settings(&properties) {
                assert_eq!(catalogue::key(key).expect("a key").check(&value), Ok(()), "{key}={value}");
                seen.insert(key);
            }
        }
        assert_eq!(seen.len(), 4, "{seen:?}");
    }
}
