//! The properties blocks of a driver file: `key=value`, as `java.util.Properties` reads them, as far as clients' settings use
//! it: comments, continued lines, `=`, `:` or a blank behind the key. Escapes other than a continuation stay as they are.

/// Keys and values in order, repeated keys included.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let mut entries = Vec::new();
    let mut joined = String::new();
    for line in text.lines() {
        let line = line.trim_start();
        if joined.is_empty() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        match line.strip_suffix('\\') {
            Some(begun) => joined.push_str(begun),
            None => {
                joined.push_str(line);
                entries.extend(entry(&joined));
                joined.clear();
            }
        }
    }
    entries.extend(entry(&joined));
    entries
}

fn entry(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let end = line.find(|c: char| c == '=' || c == ':' || c.is_whitespace()).unwrap_or(line.len());
    let rest = line[end..].trim_start();
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest).trim_start();
    (end > 0).then(|| (line[..end].to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_read_as_java_reads_them() {
        let text = "# a comment\nacks=all\n  linger.ms = 5\n! another\n\nbatch.size: 16384\nretries 3\n\
                    bootstrap.servers=one:9092,\\\n    two:9092\nflag\nssl.key=a=b:c\nlast=1\\";
        let found = parse(text);
        let wanted = [
            ("acks", "all"),
            ("linger.ms", "5"),
            ("batch.size", "16384"),
            ("retries", "3"),
            ("bootstrap.servers", "one:9092,two:9092"),
            ("flag", ""),
            ("ssl.key", "a=b:c"),
            ("last", "1"),
        ];
        assert_eq!(found, wanted.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(parse(""), []);
        assert_eq!(parse("=x\n : y\n"), []);
    }
}
