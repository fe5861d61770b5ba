//! `${env:NAME}`, `${file:/path:key}` and `${dir:/path:name}` inside values, as Kafka's three built-in configuration providers
//! resolve them. What they give is taken as it is and not searched again.

use std::path::Path;

use super::properties;

/// Where providers look.
pub struct Providers<'a> {
    /// The process's environment.
    pub environment: &'a [(String, String)],
}

/// Largest file a provider reads, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;

impl Providers<'_> {
    /// The value with every `${…}` of a known form replaced. A `${` that no colon or brace follows is left alone, as Kafka
    /// leaves it.
    pub fn expand(&self, value: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once("${") {
            let Some((inside, behind)) = after.split_once('}') else { break };
            out.push_str(before);
            match inside.split_once(':') {
                Some((provider, what)) => out.push_str(&self.resolve(provider, what)?),
                None => out.push_str(&format!("${{{inside}}}")),
            }
            rest = behind;
        }
        out.push_str(rest);
        Ok(out)
    }

    fn resolve(&self, provider: &str, what: &str) -> Result<String, String> {
        // `${provider:path:key}`; a path may be left out, and a key holds no colon.
        let (path, key) = what.rsplit_once(':').unwrap_or(("", what));
        match provider {
            "env" => {
                let found = self.environment.iter().find(|(name, _)| name == key);
                found.map(|(_, value)| value.clone()).ok_or_else(|| format!("${{env:{what}}}: {key} is not set"))
            }
            "file" => {
                let (entries, _) = properties::parse(&read(path)?);
                let found = entries.into_iter().rev().find(|entry| entry.key == key);
                found.map(|entry| entry.value).ok_or_else(|| format!("${{file:{what}}}: no key {key} in {path}"))
            }
            "dir" => {
                if key.contains('/') || key == ".." {
                    return Err(format!("${{dir:{what}}}: {key} is not the name of a file"));
                }
                let bytes = read(&format!("{path}/{key}"))?;
                String::from_utf8(bytes).map_err(|_| format!("${{dir:{what}}}: {path}/{key} is not text"))
            }
            other => Err(format!("there is no provider `{other}`: env, file and dir are built in")),
        }
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    let path = Path::new(path);
    let length = std::fs::metadata(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!("{} is larger than {FILE_BYTES_MAX} bytes", path.display()));
    }
    std::fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(value: &str) -> Result<String, String> {
        let environment = [("HOST".to_owned(), "h1".to_owned()), ("NEST".to_owned(), "${env:HOST}".to_owned())];
        Providers { environment: &environment }.expand(value)
    }

    #[test]
    fn the_environment_is_put_in_place() {
        assert_eq!(expand("PLAINTEXT://${env:HOST}:9092").as_deref(), Ok("PLAINTEXT://h1:9092"));
        assert_eq!(expand("${env:HOST}${env::HOST}").as_deref(), Ok("h1h1"));
        assert_eq!(expand("${env:NEST}").as_deref(), Ok("${env:HOST}"), "what a provider gives is not searched again");
        assert_eq!(expand("${env:GONE}"), Err("${env:GONE}: GONE is not set".to_owned()));
    }

    #[test]
    fn what_is_no_reference_stays() {
        for value in ["", "$", "${", "${x", "a${b}c", "$${}"] {
            assert_eq!(expand(value).as_deref(), Ok(value));
        }
        assert_eq!(
            expand("${vault:a:b}"),
            Err("there is no provider `vault`: env, file and dir are built in".to_owned())
        );
    }

    #[test]
    fn files_and_directories_are_read() {
        let dir = tempfile("providers");
        std::fs::write(format!("{dir}/p.properties"), "a=1\nsecret = s\\u0021\n").expect("written");
        std::fs::write(format!("{dir}/token"), "t").expect("written");
        assert_eq!(expand(&format!("x${{file:{dir}/p.properties:secret}}")).as_deref(), Ok("xs!"));
        assert_eq!(expand(&format!("${{dir:{dir}:token}}")).as_deref(), Ok("t"));
        let said = expand(&format!("${{file:{dir}/p.properties:b}}")).expect_err("no such key");
        assert!(said.contains("no key b in"), "{said}");
        let said = expand(&format!("${{dir:{dir}:../token}}")).expect_err("outside");
        assert!(said.contains("is not the name of a file"), "{said}");
        let said = expand("${file:/nowhere/at/all:k}").expect_err("no such file");
        assert!(said.starts_with("cannot read /nowhere/at/all: "), "{said}");
        std::fs::remove_dir_all(dir).ok();
    }

    fn tempfile(name: &str) -> String {
        let dir = std::env::temp_dir().join(format!("thalweg-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a directory");
        dir.to_str().expect("a path in text").to_owned()
    }
}
