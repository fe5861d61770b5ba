//! What the tests of the rules share: the small language of stories, and a group coordinator with a log of its own.
//!
//! A story is a text file in `testdata`: commands at the margin, and below each, indented, everything it caused. `#` begins a
//! comment. With `STORIES=write` in the environment the files are rewritten with what really happened; read the difference.
#![allow(clippy::disallowed_methods, reason = "the test reads its stories from files; the rules see none")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(dead_code, reason = "every test uses its own part")]

pub mod coordinator;

use std::path::{Path, PathBuf};

/// Runs every story whose file name begins with `kind`. `run` returns what a command caused, line by line.
pub fn run_stories<W>(kind: &str, world: impl Fn() -> W, run: impl Fn(&mut W, &str) -> Vec<String>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no stories of {kind}");
    let write = std::env::var("STORIES").is_ok_and(|word| word == "write");
    let mut wrong = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let happened = tell(&text, &mut world(), &run);
        if happened != text {
            if write {
                std::fs::write(&path, &happened).unwrap();
            }
            wrong.push(difference(&path, &text, &happened));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// The story as it really happened: its commands and comments, with what they caused.
fn tell<W>(text: &str, world: &mut W, run: &impl Fn(&mut W, &str) -> Vec<String>) -> String {
    let mut told = String::new();
    for line in text.lines() {
        if line.starts_with("    ") {
            continue;
        }
        told.push_str(line);
        told.push('\n');
        let command = if line.starts_with('#') { "" } else { line.split(" #").next().unwrap().trim() };
        if !command.is_empty() {
            for caused in run(world, command) {
                told.push_str("    ");
                told.push_str(&caused);
                told.push('\n');
            }
        }
    }
    told
}

fn difference(path: &Path, expected: &str, happened: &str) -> String {
    let name = path.file_name().unwrap().to_str().unwrap();
    let mut text = format!("{name}:\n");
    let (mut before, mut after) = (expected.lines(), happened.lines());
    let mut number = 0;
    loop {
        number += 1;
        match (before.next(), after.next()) {
            (None, None) => return text,
            (a, b) if a == b => {}
            (a, b) => {
                text.push_str(&format!("  {number} told:     {}\n", a.unwrap_or("(end)")));
                text.push_str(&format!("  {number} happened: {}\n", b.unwrap_or("(end)")));
                return text;
            }
        }
    }
}

/// `500ms`, `3s`, `10m`, `2h` or `7d` in milliseconds.
pub fn milliseconds(text: &str) -> i64 {
    let split = text.find(|letter: char| letter.is_alphabetic()).expect("a time has a unit");
    let (number, unit) = text.split_at(split);
    let number: i64 = number.parse().unwrap();
    number
        * match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            other => panic!("no unit of time: {other}"),
        }
}

/// The words of a command: those with `=` as options, the others in order.
pub struct Words<'a> {
    pub plain: Vec<&'a str>,
    pub options: Vec<(&'a str, &'a str)>,
}

impl<'a> Words<'a> {
    pub fn of(text: &'a str) -> Words<'a> {
        let (mut plain, mut options) = (Vec::new(), Vec::new());
        for word in text.split_whitespace() {
            match word.split_once('=') {
                Some(option) => options.push(option),
                None => plain.push(word),
            }
        }
        Words { plain, options }
    }

    /// Takes an option out.
    pub fn take(&mut self, name: &str) -> Option<&'a str> {
        let at = self.options.iter().position(|(own, _)| *own == name)?;
        Some(self.options.remove(at).1)
    }

    /// Takes an option out and reads it as a number, or gives another.
    pub fn number<T: std::str::FromStr>(&mut self, name: &str, otherwise: T) -> T {
        match self.take(name) {
            Some(text) => text.parse().unwrap_or_else(|_| panic!("{name} is a number, not {text}")),
            None => otherwise,
        }
    }
}
