//! One attribute file of the kernel: how its text is read as a value, compared, and written.
//!
//! The kernel shows some attributes in another form than it takes them: a choice shows all words with the one in force in
//! brackets, and a mask comes in groups. A tree that stands for a host is no kernel; there a write leaves what the kernel
//! would show.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;

use crate::root::Root;

/// The form of an attribute.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// One word, number or line.
    Word,
    /// All that can be chosen, the one in force in brackets.
    Choice,
    /// Numbers with blanks or tabs between them.
    Numbers,
    /// A bit for each CPU, in hexadecimal digits with commas.
    Mask,
}

impl Format {
    /// The value in a text of this form: equal values are equal texts.
    pub fn value(self, text: &str) -> String {
        match self {
            Format::Word => text.trim().to_owned(),
            Format::Choice => chosen(text).unwrap_or(text.trim()).to_owned(),
            Format::Numbers => text.split_whitespace().collect::<Vec<_>>().join(" "),
            Format::Mask => {
                let digits: String = text.trim().chars().filter(|c| *c != ',').collect();
                let digits = digits.trim_start_matches('0').to_ascii_lowercase();
                if digits.is_empty() { "0".to_owned() } else { digits }
            }
        }
    }

    /// What to write to get a text back that the kernel showed.
    pub fn restoring(self, text: &str) -> String {
        if self == Format::Choice { self.value(text) } else { text.trim().to_owned() }
    }

    /// The words that can be chosen.
    pub fn choices(text: &str) -> impl Iterator<Item = &str> {
        text.split_whitespace().map(|word| word.trim_matches(['[', ']']))
    }

    /// What the kernel shows after `value` was written where it showed `old`.
    fn shown(self, old: &str, value: &str) -> String {
        if self != Format::Choice || chosen(old).is_none() {
            return value.to_owned();
        }
        let word = |word: &str| if word == value { format!("[{word}]") } else { word.to_owned() };
        Format::choices(old).map(word).collect::<Vec<_>>().join(" ")
    }
}

fn chosen(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once('[')?;
    rest.split_once(']').map(|(word, _)| word)
}

/// Whether the kernel takes writes to it at all; the privileged pass by the mode of ordinary files, not of these.
pub fn takes_writes(root: &Root, path: &str) -> bool {
    fs::metadata(root.path(path)).is_ok_and(|data| data.permissions().mode() & 0o222 != 0)
}

/// Writes a value.
pub fn write(root: &Root, path: &str, format: Format, value: &str) -> io::Result<()> {
    let text = if root.is_real() { value.to_owned() } else { format.shown(&root.read(path)?, value) };
    let mut file = OpenOptions::new().write(true).truncate(true).open(root.path(path))?;
    // One call: the kernel takes each write as a whole value.
    file.write_all(format!("{text}\n").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_what_the_kernel_means_by_its_text() {
        assert_eq!(Format::Choice.value("none [mq-deadline] bfq\n"), "mq-deadline");
        assert_eq!(Format::Choice.value("none\n"), "none", "a queue with one scheduler shows no brackets");
        assert_eq!(Format::Numbers.value("4096\t131072\t6291456\n"), "4096 131072 6291456");
        assert_eq!(Format::Mask.value("00000000,0000000F"), "f");
        assert_eq!(Format::Mask.value("00000000,00000000"), "0");
        assert_eq!(Format::Word.value("write back\n"), "write back");
    }

    #[test]
    fn a_choice_moves_its_brackets() {
        assert_eq!(Format::Choice.shown("none [mq-deadline] bfq", "none"), "[none] mq-deadline bfq");
        assert_eq!(Format::Choice.shown("[none]", "none"), "[none]");
        assert_eq!(Format::Choice.restoring("none [mq-deadline] bfq"), "mq-deadline");
        assert_eq!(Format::Numbers.restoring("1\t2\n"), "1\t2");
    }
}
