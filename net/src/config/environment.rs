//! Settings from the environment, under the names of Kafka's container image: `KAFKA_LOG_DIRS` is `log.dirs`. One underscore
//! is a dot, two are an underscore, three are a dash. `THALWEG_CORES` is `thalweg.cores` in the same way.
//!
//! A variable that gives no known key is somebody else's (`KAFKA_OPTS`, `KAFKA_HOME`) and is left alone, unless it is a slip
//! away from one.

use super::catalogue;
use super::origin::Origin;
use super::problem::{Code, Problem, Problems};

/// A setting found in the environment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    /// The key.
    pub key: String,
    /// Its value.
    pub value: String,
    /// The variable.
    pub origin: Origin,
}

/// All settings among the variables, in order of name.
pub fn settings(variables: &[(String, String)], problems: &mut Problems) -> Vec<Found> {
    let mut variables: Vec<&(String, String)> = variables.iter().collect();
    variables.sort();
    let mut found = Vec::new();
    for (name, value) in variables {
        let Some(key) = key_of(name) else { continue };
        let origin = Origin::Environment(name.clone());
        if catalogue::key(&key).is_some() || catalogue::family(&key).is_some() {
            found.push(Found { key, value: value.clone(), origin });
        } else if let Some(meant) = catalogue::did_you_mean(&key) {
            let message = format!("no broker setting is called {key}");
            let hint = format!("did you mean {meant}? set {}", variable_of(meant));
            problems.push(Problem::warning(Code::UnknownKey, message).at(Some(&origin)).hint(hint));
        }
    }
    found
}

fn key_of(variable: &str) -> Option<String> {
    let (prefix, rest) = match variable.strip_prefix("KAFKA_") {
        Some(rest) => ("", rest),
        None => ("thalweg.", variable.strip_prefix("THALWEG_")?),
    };
    let mut key = prefix.to_owned();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        let mut run = 1;
        while c == '_' && chars.next_if_eq(&'_').is_some() {
            run += 1;
        }
        match (c, run) {
            ('_', 1) => key.push('.'),
            ('_', 2) => key.push('_'),
            ('_', 3) => key.push('-'),
            ('_', _) => return None,
            _ => key.push(c.to_ascii_lowercase()),
        }
    }
    (!rest.is_empty()).then_some(key)
}

fn variable_of(key: &str) -> String {
    let name = key.to_ascii_uppercase().replace('.', "_");
    if key.starts_with("thalweg.") { name } else { format!("KAFKA_{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> (Vec<(String, String)>, String) {
        let variables: Vec<(String, String)> = variables.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect();
        let mut problems = Problems::default();
        let found = settings(&variables, &mut problems);
        (found.into_iter().map(|found| (found.key, found.value)).collect(), problems.to_string())
    }

    #[test]
    fn underscores_become_what_they_stand_for() {
        assert_eq!(key_of("KAFKA_LOG_DIRS").as_deref(), Some("log.dirs"));
        assert_eq!(key_of("KAFKA_A__B___C_D").as_deref(), Some("a_b-c.d"));
        assert_eq!(key_of("THALWEG_SPIN_US").as_deref(), Some("thalweg.spin.us"));
        assert_eq!((key_of("KAFKA_"), key_of("PATH"), key_of("KAFKA_A____B")), (None, None, None));
    }

    #[test]
    fn settings_are_taken_and_everything_else_is_left_alone() {
        let (found, said) = read(&[
            ("KAFKA_NUM_PARTITIONS", "3"),
            ("THALWEG_CORES", "2"),
            ("KAFKA_HEAP_OPTS", "-Xmx1g"),
            ("KAFKA_OPTS", "-Dx=y"),
            ("KAFKA_VERSION", "4.4.0"),
            ("KAFKA_LOG4J_OPTS", "x"),
            ("KAFKA_JMX_PORT", "1"),
            ("KAFKA_CLUSTER_ID", "x"),
            ("KAFKA_BOOTSTRAP", "x"),
            ("HOME", "y"),
        ]);
        let wanted = [("num.partitions", "3"), ("thalweg.cores", "2")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        assert_eq!(found, wanted);
        assert_eq!(said, "");
    }

    #[test]
    fn a_slip_is_pointed_out() {
        let (found, said) = read(&[("KAFKA_NUM_PARTITION", "3")]);
        assert_eq!(found, []);
        assert_eq!(
            said,
            "warning[thalweg-W0204] $KAFKA_NUM_PARTITION: no broker setting is called num.partition\n  \
             hint: did you mean num.partitions? set KAFKA_NUM_PARTITIONS\n"
        );
    }
}
