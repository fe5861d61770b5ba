//! The shape of the workspace, kept by a test: which crate may see which, where unsafe code and the ring live, what
//! stands at the top level, and that a file begins by saying what it owns and stays readable in one sitting.
//!
//! Each rule is a function from facts to a list of breaches, so that it can be shown to fail on planted ones.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Who may see whom; a crate may only look left. `None`: everything.
const MAY_SEE: &[(&str, Option<&[&str]>)] = &[
    ("thalweg-wire", Some(&[])),
    ("thalweg-rt", Some(&[])),
    ("thalweg-tuning", Some(&[])),
    ("thalweg-replication", Some(&["thalweg-wire"])),
    ("thalweg-engine", Some(&["thalweg-wire", "thalweg-replication", "thalweg-rt"])),
    (
        "thalweg-net",
        Some(&[
            "thalweg-wire",
            "thalweg-replication",
            "thalweg-engine",
            "thalweg-rt",
            "thalweg-tuning",
            // one executable: the broker's and the load generator's commands meet here
            "thalweg-loadgen",
        ]),
    ),
    ("thalweg-loadgen", Some(&["thalweg-wire", "thalweg-rt", "thalweg-tuning"])),
    ("thalweg-sim", None),
    ("thalweg-bench", None),
];

/// Nothing sees these.
const SEEN_BY_NONE: &[&str] = &["thalweg-bench", "thalweg-sim"];

/// Crates whose code reaches the kernel's ring; only `thalweg-rt` names them.
const RING_CRATES: &[&str] = &["glommio", "io-uring"];

/// The only crate with unsafe code.
const UNSAFE_CRATE: &str = "thalweg-rt";

const TOP_LEVEL: &[&str] =
    &["Cargo.lock", "Cargo.toml", "LICENSE", "README.md", "bench", "engine", "loadgen", "net", "replication", "tuning"];

/// Folders whose files a generator wrote.
const GENERATED: &[&str] = &["net/wire/src/messages/", "net/wire/src/records/"];

/// The design says "about 800".
const FILE_LINES_MAX: usize = 850;

/// What a rule asks of one crate.
struct Package {
    name: String,
    folder: PathBuf,
    dependencies: BTreeSet<String>,
    roots: Vec<PathBuf>,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("bench stands in the repository").to_path_buf()
}

fn packages() -> Vec<Package> {
    let out = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(repository())
        .output()
        .expect("cargo metadata runs");
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    let metadata: Value = serde_json::from_slice(&out.stdout).expect("cargo metadata prints JSON");
    let text = |v: &Value| v.as_str().expect("a text").to_owned();
    let list = |v: &Value| v.as_array().expect("a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|p| Package {
            name: text(&p["name"]),
            folder: PathBuf::from(text(&p["manifest_path"])).parent().expect("a manifest has a folder").to_path_buf(),
            dependencies: list(&p["dependencies"]).iter().map(|d| text(&d["name"])).collect(),
            roots: list(&p["targets"])
                .iter()
                .filter(|t| list(&t["kind"]).iter().any(|k| k == "lib" || k == "bin"))
                .map(|t| PathBuf::from(text(&t["src_path"])))
                .collect(),
        })
        .collect()
}

/// Files the repository keeps, relative to its root.
fn tracked() -> Vec<String> {
    let out = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(repository())
        .output()
        .expect("git runs");
    assert!(out.status.success(), "git ls-files: {}", String::from_utf8_lossy(&out.stderr));
    let mut files: Vec<String> = out
        .stdout
        .split(|&b| b == 0)
        .filter(|f| !f.is_empty())
        .map(|f| String::from_utf8_lossy(f).into_owned())
        .collect();
    files.retain(|f| repository().join(f).exists());
    files
}

fn edge_breaches(packages: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, dependencies) in packages {
        let Some((_, allowed)) = MAY_SEE.iter().find(|(n, _)| n == name) else {
            breaches.push(format!("{name}: a new crate; say in MAY_SEE what it may see"));
            continue;
        };
        for dependency in dependencies {
            let ours = packages.contains_key(dependency);
            if ours && SEEN_BY_NONE.contains(&dependency.as_str()) && !SEEN_BY_NONE.contains(&name.as_str()) {
                breaches.push(format!("{name} -> {dependency}: nothing sees {dependency}"));
            } else if ours && allowed.is_some_and(|a| !a.contains(&dependency.as_str())) {
                breaches.push(format!("{name} -> {dependency}: not an edge of the design"));
            }
            if RING_CRATES.contains(&dependency.as_str()) && name != UNSAFE_CRATE {
                breaches.push(format!("{name} -> {dependency}: only {UNSAFE_CRATE} names it"));
            }
        }
    }
    breaches
}

fn source_breaches(path: &str, text: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    if GENERATED.iter().any(|g| path.starts_with(g)) {
        return breaches;
    }
    let lines = text.lines().count();
    if lines > FILE_LINES_MAX {
        breaches.push(format!("{path}: {lines} lines, more than {FILE_LINES_MAX}"));
    }
    let said = text.lines().take(8).any(|l| l.starts_with("//!"));
    // a file named tests.rs belongs to the file beside it, which has said it
    if path.ends_with(".rs") && !path.ends_with("/tests.rs") && !said {
        breaches.push(format!("{path}: does not begin with what it owns (//!)"));
    }
    breaches
}

/// Lines of code, without comments, that use the keyword itself.
fn unsafe_lines(text: &str) -> usize {
    let uses = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        ["unsafe {", "unsafe fn", "unsafe impl", "unsafe extern", "unsafe trait"].iter().any(|u| code.contains(u))
    };
    text.lines().filter(|l| uses(l)).count()
}

fn top_level_breaches(files: &[String]) -> Vec<String> {
    let found: BTreeSet<&str> =
        files.iter().map(|f| f.split('/').next().unwrap_or(f)).filter(|f| !f.starts_with('.')).collect();
    let agreed: BTreeSet<&str> = TOP_LEVEL.iter().copied().collect();
    let extra = found.difference(&agreed).map(|f| format!("{f}: not agreed at the top level"));
    let gone = agreed.difference(&found).map(|f| format!("{f}: missing at the top level"));
    extra.chain(gone).collect()
}

fn none(breaches: Vec<String>) {
    assert!(breaches.is_empty(), "\n{}", breaches.join("\n"));
}

fn is_text_we_write(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let kept_facts = ["Cargo.lock", "go.sum", "package-lock.json", "LICENSE"].contains(&name);
    let data = [".json", ".tsv", ".txt", ".bin", ".log", ".hex"].iter().any(|e| name.ends_with(e));
    !kept_facts && !data
}

#[test]
fn a_crate_only_looks_left() {
    let graph: BTreeMap<_, _> = packages().into_iter().map(|p| (p.name, p.dependencies)).collect();
    assert_eq!(graph.len(), MAY_SEE.len(), "crates: {:?}", graph.keys());
    none(edge_breaches(&graph));
}

#[test]
fn unsafe_code_stands_in_one_crate() {
    let mut breaches = Vec::new();
    let files = tracked();
    for p in packages().iter().filter(|p| p.name != UNSAFE_CRATE) {
        for root in &p.roots {
            let text = std::fs::read_to_string(root).expect("a crate's root reads");
            if !text.lines().any(|l| l.trim() == "#![forbid(unsafe_code)]") {
                breaches.push(format!("{}: no #![forbid(unsafe_code)]", root.display()));
            }
        }
    }
    let home = packages().into_iter().find(|p| p.name == UNSAFE_CRATE).expect("the crate with unsafe code").folder;
    for file in files.iter().filter(|f| f.ends_with(".rs")) {
        let path = repository().join(file);
        let text = std::fs::read_to_string(&path).expect("a source file reads");
        let count = unsafe_lines(&text);
        if count > 0 && !path.starts_with(&home) && !file.ends_with("tests/architecture.rs") {
            breaches.push(format!("{file}: {count} lines of unsafe code outside {UNSAFE_CRATE}"));
        }
    }
    none(breaches);
}

#[test]
fn the_top_level_is_as_agreed() {
    none(top_level_breaches(&tracked()));
}

#[test]
fn a_file_says_what_it_owns_and_is_not_long() {
    let mut breaches = Vec::new();
    for file in tracked().iter().filter(|f| is_text_we_write(f)) {
        let Ok(text) = std::fs::read_to_string(repository().join(file)) else { continue };
        breaches.extend(source_breaches(file, &text));
    }
    none(breaches);
}

#[test]
fn planted_breaches_are_found() {
    let graph = |name: &str, dependency: &str| {
        let mut g: BTreeMap<String, BTreeSet<String>> =
            MAY_SEE.iter().map(|(n, _)| ((*n).to_owned(), BTreeSet::new())).collect();
        g.entry(name.to_owned()).or_default().insert(dependency.to_owned());
        edge_breaches(&g).len()
    };
    assert_eq!(graph("thalweg-engine", "thalweg-wire"), 0);
    assert_eq!(graph("thalweg-sim", "thalweg-net"), 0);
    assert_eq!(graph("thalweg-engine", "serde"), 0);
    assert_eq!(graph("thalweg-wire", "thalweg-replication"), 1);
    assert_eq!(graph("thalweg-replication", "thalweg-rt"), 1);
    assert_eq!(graph("thalweg-engine", "thalweg-net"), 1);
    assert_eq!(graph("thalweg-net", "thalweg-bench"), 1);
    assert_eq!(graph("thalweg-engine", "io-uring"), 1);
    assert_eq!(graph("thalweg-engine", "glommio"), 1);
    assert_eq!(graph("thalweg-new", "serde"), 1);

    let long = format!("//! long\n{}", "fn x() {}\n".repeat(FILE_LINES_MAX));
    assert_eq!(source_breaches("engine/src/x.rs", &long).len(), 1);
    assert_eq!(source_breaches("net/wire/src/messages/x.rs", &long).len(), 0);
    assert_eq!(source_breaches("engine/src/x.rs", "fn x() {}\n").len(), 1);
    assert_eq!(unsafe_lines("// unsafe { }\nlet x = unsafe { y() };\n#![forbid(unsafe_code)]\n"), 1);

    let mut files: Vec<String> = TOP_LEVEL.iter().map(|f| format!("{f}/x")).collect();
    files.push(".ci/run".to_owned());
    assert!(top_level_breaches(&files).is_empty());
    files.push("scripts/x".to_owned());
    files.retain(|f| !f.starts_with("LICENSE"));
    assert_eq!(top_level_breaches(&files).len(), 2);
}
