//! The text of a `.properties` file, read as `java.util.Properties` reads it, with the line each entry began on.
//!
//! One difference is meant: Java takes the bytes for Latin-1; here they are UTF-8 where they are valid UTF-8, so that a rack
//! called `Zürich` stays one. A file in ASCII, which is what Java's own writer produces, means the same to both.

use std::iter::Peekable;

/// One `key = value`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The key, unescaped.
    pub key: String,
    /// The value, unescaped; blanks at its end belong to it.
    pub value: String,
    /// Line it begins on, from 1.
    pub line: u32,
}

/// A line that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyntaxError {
    /// Line it begins on, from 1.
    pub line: u32,
    /// What is wrong.
    pub reason: String,
}

/// All entries in order, repeated keys included, and all lines that cannot be read.
pub fn parse(bytes: &[u8]) -> (Vec<Entry>, Vec<SyntaxError>) {
    let text = decode(bytes);
    let (mut entries, mut errors) = (Vec::new(), Vec::new());
    for (line, text) in logical_lines(&text) {
        let (key, value) = split(&text);
        match (unescape(key), unescape(value)) {
            (Ok(key), Ok(value)) => entries.push(Entry { key, value, line }),
            (Err(reason), _) | (_, Err(reason)) => errors.push(SyntaxError { line, reason }),
        }
    }
    (entries, errors)
}

fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\x0c')
}

/// Lines with their continuations joined, comments and empty lines left out, each with the number of its first line.
fn logical_lines(text: &str) -> Vec<(u32, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(u32, String)> = None;
    for (number, line) in (1..).zip(natural_lines(text)) {
        let line = line.trim_start_matches(is_blank);
        // A line continues the one before it only if that one has text: a lone backslash joins nothing.
        let (first, mut joined) = match open.take() {
            Some((first, joined)) => (first, joined),
            None if line.is_empty() || line.starts_with(['#', '!']) => continue,
            None => (number, String::new()),
        };
        let escapes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
        if escapes % 2 == 1 {
            joined.push_str(&line[..line.len() - 1]);
            open = (!joined.is_empty()).then_some((first, joined));
        } else {
            joined.push_str(line);
            lines.push((first, joined));
        }
    }
    lines.extend(open);
    lines
}

/// Lines ended by CR, LF or both.
fn natural_lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// The key ends at the first blank, `=` or `:` that is not escaped; one such sign and the blanks around it go with it.
fn split(line: &str) -> (&str, &str) {
    let mut escaped = false;
    let end = line.find(|c| {
        let ends = !escaped && (c == '=' || c == ':' || is_blank(c));
        escaped = c == '\\' && !escaped;
        ends
    });
    let end = end.unwrap_or(line.len());
    let rest = line[end..].trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (&line[..end], value.trim_start_matches(is_blank))
}

fn unescape(text: &str) -> Result<String, String> {
    // Escapes give UTF-16 units, two of which may make one character.
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('n') => '\n',
                Some('r') => '\r',
                Some('f') => '\x0c',
                Some('u') => {
                    units.push(unit(&mut chars)?);
                    continue;
                }
                Some(other) => other,
                None => break,
            },
            c => c,
        };
        units.extend_from_slice(c.encode_utf16(&mut [0; 2]));
    }
    String::from_utf16(&units).map_err(|_| "\\u escapes give half a character".to_owned())
}

fn unit(chars: &mut Peekable<std::str::Chars<'_>>) -> Result<u16, String> {
    let mut unit = 0;
    for _ in 0..4 {
        let digit = chars.next_if(char::is_ascii_hexdigit).and_then(|c| c.to_digit(16));
        let digit = digit.ok_or_else(|| "\\u must be followed by four hexadecimal digits".to_owned())?;
        unit = unit << 4 | digit as u16;
    }
    Ok(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `java.util.Properties` 17 made of the same bytes.
    #[test]
    fn files_mean_what_they_mean_to_java() {
        let vectors: Vec<serde_json::Value> =
            serde_json::from_str(include_str!("../../testdata/properties.json")).expect("the vectors are JSON");
        assert!(vectors.len() > 300, "{}", vectors.len());
        for vector in &vectors {
            let text = vector["text"].as_str().expect("a text");
            let (entries, errors) = parse(text.as_bytes());
            let Some(mut wanted) = vector["entries"].as_object().cloned() else {
                assert!(!errors.is_empty(), "Java refuses {text:?}");
                continue;
            };
            // A backslash as the last character gives Java an entry of nothing and nothing; here it gives none.
            if text.ends_with('\\') && wanted.get("").is_some_and(|value| value == "") {
                wanted.remove("");
            }
            assert_eq!(errors, [], "{text:?}");
            let mut got = serde_json::Map::new();
            for entry in entries {
                got.insert(entry.key, entry.value.into());
            }
            assert_eq!(got, wanted, "{text:?}");
        }
    }

    #[test]
    fn an_entry_knows_its_line_and_continuations_count() {
        let (entries, errors) = parse(b"# c\r\n\ra=1\nb=\\\n  2\\\n3\n\nc=4");
        assert_eq!(errors, []);
        let lines: Vec<(&str, &str, u32)> = entries.iter().map(|e| (&*e.key, &*e.value, e.line)).collect();
        assert_eq!(lines, [("a", "1", 3), ("b", "23", 4), ("c", "4", 8)]);
    }

    #[test]
    fn bad_escapes_are_all_reported_and_the_rest_is_read() {
        let (entries, errors) = parse(b"a=\\u12\nb=2\nc=\\ud800\n");
        assert_eq!(entries.len(), 1);
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [1, 3]);
    }

    #[test]
    fn bytes_are_utf_8_or_else_latin_1() {
        assert_eq!(parse("rack=Zürich".as_bytes()).0[0].value, "Zürich");
        assert_eq!(parse(b"rack=Z\xfcrich").0[0].value, "Zürich");
        assert_eq!(parse(b"\xef\xbb\xbfrack=a").0[0].key, "rack");
    }
}
