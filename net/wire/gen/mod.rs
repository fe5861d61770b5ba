//! The generator: reads `schema/`, writes Rust. Shared by the example that writes the files, the test that compares them
//! and the differential test, which builds its own code from the same schema.
#![allow(dead_code, reason = "each user needs its own part")]

pub mod emit;
pub mod schema;

use std::path::Path;

/// Every generated file: its path below `src/`, and its text.
pub fn generate(schema_dir: &Path) -> Result<Vec<(String, String)>, String> {
    let schema = schema::Schema::load(schema_dir)?;
    Ok(emit::files(&schema))
}
