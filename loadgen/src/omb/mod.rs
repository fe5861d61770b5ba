//! The OpenMessaging Benchmark's files: its workloads and drivers become a [`Plan`], and an outcome can be written as its
//! result file.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::driver::{Driver, Unmapped};
use crate::plan::{Plan, Problem};

mod result;
mod workload;

pub use result::{NoResult, result};
pub use workload::Workload;

/// What a workload and a driver come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Translated {
    /// The plan. It has not been validated: whoever has it may change it first.
    pub plan: Plan,
    /// `producerRate: 0`: the highest rate is to be found first; the plan's own rate is none.
    pub find_maximum: bool,
    /// What the driver is called in results.
    pub driver_name: String,
    /// What has no effect here, by name.
    pub unmapped: Vec<Unmapped>,
}

/// A workload or a driver is a page of text.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// The largest payload a broker takes by far; what is beyond says nothing more about its bytes.
const PAYLOAD_BYTES_MAX: u64 = 16 << 20;

/// Reads both files, and the payload the workload names: it is looked for where the command runs, beside the workload and
/// one folder above it, which is how the benchmark's own files lie.
pub fn load(workload: &Path, driver: &Path) -> Result<Translated, Vec<Problem>> {
    let text = |path: &Path| {
        read(path, FILE_BYTES_MAX).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not text"))
        })
    };
    let problem = |path: &Path, error: &io::Error| {
        vec![Problem { field: path.display().to_string(), message: format!("cannot be read: {error}") }]
    };
    let workload_text = text(workload).map_err(|error| problem(workload, &error))?;
    let driver_text = text(driver).map_err(|error| problem(driver, &error))?;
    translate(&workload_text, &driver_text, |payload| {
        let beside = workload.parent().unwrap_or(Path::new(""));
        let above = beside.parent().unwrap_or(Path::new(""));
        let places: [PathBuf; 3] = [payload.to_owned(), beside.join(payload), above.join(payload)];
        places.iter().find_map(|place| read(place, PAYLOAD_BYTES_MAX).ok())
    })
}

/// The plan that a workload and a driver ask for. `payload` gives the bytes of the file a workload names.
pub fn translate(
    workload: &str,
    driver: &str,
    payload: impl FnOnce(&Path) -> Option<Vec<u8>>,
) -> Result<Translated, Vec<Problem>> {
    let (workload, unknown) = Workload::from_yaml(workload).map_err(|problem| vec![problem])?;
    let driver = Driver::from_yaml(driver).map_err(|problem| vec![problem])?;
    let mut plan = Plan::default();
    let of_driver = driver.apply(&mut plan);
    let of_workload = workload.apply(&mut plan, payload);
    match (of_workload, of_driver) {
        (Ok(of_workload), Ok(of_driver)) => Ok(Translated {
            plan,
            find_maximum: workload.finds_maximum(),
            driver_name: driver.name,
            unmapped: unknown.into_iter().chain(of_workload).chain(of_driver).collect(),
        }),
        (of_workload, of_driver) => Err(of_workload.err().into_iter().chain(of_driver.err()).flatten().collect()),
    }
}

fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > bytes_max {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {bytes_max} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/omb").join(name)
    }

    #[test]
    fn two_files_become_a_plan_that_holds() {
        let found = load(&data("workload-payload-file.yaml"), &data("driver-all-settings.yaml")).expect("a plan");
        assert_eq!(found.plan.validate(), Ok(()));
        assert_eq!((found.find_maximum, found.driver_name.as_str()), (false, "River"));
        assert_eq!(found.plan.producers.batch_bytes, 131_072, "the driver's");
        assert_eq!(found.plan.records.random_ratio, 0.5, "the payload beside the workload has been read");
        assert_eq!(found.unmapped.len(), 2, "{:?}", found.unmapped);
    }

    #[test]
    fn problems_of_both_files_are_said_at_once() {
        let found = translate("name: x\n", "producerConfig: |\n  acks=7\n", |_| None).expect_err("problems");
        let fields: Vec<&str> = found.iter().map(|p| p.field.as_str()).collect();
        assert_eq!(
            fields,
            [
                "workload: topics",
                "workload: partitionsPerTopic",
                "workload: messageSize",
                "workload: producersPerTopic",
                "workload: testDurationMinutes",
                "producerConfig: acks"
            ]
        );
        let gone = load(&data("none.yaml"), &data("driver-unmapped.yaml")).expect_err("no such file");
        assert!(gone[0].field.ends_with("none.yaml") && gone[0].message.contains("cannot be read"), "{gone:?}");
    }
}
