//! Writes the generated part of this crate from `schema/`: `cargo run -p thalweg-wire --example generate`.
use std::error::Error;
use std::fs;
use std::path::Path;

#[path = "../gen/mod.rs"]
mod generator;

fn main() -> Result<(), Box<dyn Error>> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = 0;
    for (path, text) in generator::generate(&home.join("schema"))? {
        let path = home.join("src").join(path);
        if fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            fs::write(&path, text)?;
            written += 1;
        }
    }
    println!("{written} files changed");
    Ok(())
}
