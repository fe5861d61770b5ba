//! The checked-in code is what the schema says: generates it again and compares.
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

#[allow(missing_docs, reason = "a module of this test")]
#[path = "../gen/mod.rs"]
mod generator;

#[test]
fn checked_in_code_is_what_the_schema_says() {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = generator::generate(&home.join("schema")).unwrap();
    assert!(files.len() > 95, "{} files", files.len());
    let mut expected = BTreeSet::new();
    for (path, text) in files {
        let found = fs::read_to_string(home.join("src").join(&path)).unwrap_or_default();
        assert!(found == text, "src/{path} differs: cargo run -p thalweg-wire --example generate");
        expected.insert(path);
    }
    // and nothing is left over from a schema that is gone
    for folder in ["messages", "records"] {
        for entry in fs::read_dir(home.join("src").join(folder)).unwrap() {
            let path = format!("{folder}/{}", entry.unwrap().file_name().to_string_lossy());
            assert!(expected.contains(&path) || path == "records/mod.rs", "src/{path} has no schema");
        }
    }
}
