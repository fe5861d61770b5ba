//! The schema notation, parsed. `schema/README.md` describes it.
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Everything below `schema/`.
pub struct Schema {
    pub apis: Vec<Api>,
    /// File name without extension, and its messages.
    pub records: Vec<(String, Vec<Message>)>,
}

/// One file of `schema/messages`.
pub struct Api {
    pub key: i16,
    pub name: String,
    pub file: String,
    pub broker: bool,
    pub controller: bool,
    pub request: Message,
    pub response: Message,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Request,
    Response,
    Record,
    Key,
    Value,
    Data,
}

pub struct Message {
    pub kind: Kind,
    pub name: String,
    /// Key or type number, where the kind has one.
    pub number: Option<i16>,
    pub versions: Range,
    pub flexible: Option<Range>,
    pub unstable: bool,
    /// Structs by order of appearance; the first is the message itself.
    pub structs: Vec<Struct>,
}

pub struct Struct {
    pub name: String,
    pub versions: Range,
    pub fields: Vec<Field>,
}

#[derive(Clone)]
pub struct Field {
    pub name: String,
    pub of: Type,
    pub versions: Range,
    pub nullable: Option<Range>,
    pub tag: Option<u32>,
    pub default: Option<String>,
    pub ignorable: bool,
    pub key: bool,
    pub inflexible: bool,
    pub entity: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    Bool,
    I8,
    I16,
    I32,
    I64,
    U16,
    U32,
    F64,
    Uuid,
    Str,
    Bytes,
    Records,
    Struct(String),
    Array(Box<Type>),
}

/// Versions, both ends included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Range {
    pub lo: i16,
    pub hi: i16,
}

impl Range {
    pub fn contains(self, version: i16) -> bool {
        self.lo <= version && version <= self.hi
    }

    pub fn holds(self, other: Range) -> bool {
        self.lo <= other.lo && other.hi <= self.hi
    }

    /// `3`, `3-5`, or `3+` for up to the end of `outer`.
    fn parse(text: &str, outer: Range) -> Option<Range> {
        let range = if let Some(lo) = text.strip_suffix('+') {
            Range { lo: lo.parse().ok()?, hi: outer.hi }
        } else if let Some((lo, hi)) = text.split_once('-') {
            Range { lo: lo.parse().ok()?, hi: hi.parse().ok()? }
        } else {
            let lo = text.parse().ok()?;
            Range { lo, hi: lo }
        };
        (range.lo <= range.hi && outer.holds(range)).then_some(range)
    }
}

const ALL: Range = Range { lo: 0, hi: i16::MAX };

impl Schema {
    pub fn load(dir: &Path) -> Result<Schema, String> {
        let mut apis = Vec::new();
        for (file, text) in files(&dir.join("messages"))? {
            apis.push(parse_api(&file, &text).map_err(|e| format!("messages/{file}.wire:{e}"))?);
        }
        apis.sort_by_key(|api| api.key);
        let mut records = Vec::new();
        for (file, text) in files(&dir.join("records"))? {
            let messages = parse_messages(&text, 1, None).map_err(|e| format!("records/{file}.wire:{e}"))?;
            records.push((file, messages));
        }
        Ok(Schema { apis, records })
    }

    /// Every message there is.
    pub fn messages(&self) -> impl Iterator<Item = &Message> {
        let apis = self.apis.iter().flat_map(|api| [&api.request, &api.response]);
        apis.chain(self.records.iter().flat_map(|(_, messages)| messages))
    }
}

fn files(dir: &Path) -> Result<BTreeMap<String, String>, String> {
    let at = |e: std::io::Error| format!("{}: {e}", dir.display());
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).map_err(at)? {
        let path = entry.map_err(at)?.path();
        if path.extension().is_some_and(|e| e == "wire") {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            found.insert(stem, fs::read_to_string(&path).map_err(at)?);
        }
    }
    Ok(found)
}

fn parse_api(file: &str, text: &str) -> Result<Api, String> {
    let first: Vec<&str> = text.lines().next().unwrap_or("").split_whitespace().collect();
    let ["api", key, name, listeners @ ..] = first.as_slice() else {
        return Err("1: expected `api KEY NAME LISTENER...`".into());
    };
    let rest = text.split_once('\n').map_or("", |(_, rest)| rest);
    let mut messages = parse_messages(rest, 2, Some(name))?;
    let (Some(response), Some(request), None) = (messages.pop(), messages.pop(), messages.pop()) else {
        return Err("1: expected one request and one response".into());
    };
    if (request.kind, response.kind) != (Kind::Request, Kind::Response) || request.versions != response.versions {
        return Err("1: expected a request, then a response of the same versions".into());
    }
    if request.flexible != response.flexible {
        return Err("1: request and response become flexible in different versions".into());
    }
    Ok(Api {
        key: key.parse().map_err(|_| "1: bad key")?,
        name: name.to_string(),
        file: file.to_string(),
        broker: listeners.contains(&"broker"),
        controller: listeners.contains(&"controller"),
        request,
        response,
    })
}

/// A message line stands at the margin; below it fields and `struct` lines are indented by two, their fields by two more.
fn parse_messages(text: &str, first_line: usize, api: Option<&str>) -> Result<Vec<Message>, String> {
    let mut messages: Vec<Message> = Vec::new();
    // structs being filled, innermost last: indentation of their fields, index in the message
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let fail = |what: &str| format!("{}: {what}: {line}", number + first_line);
        let line = line.split('#').next().unwrap_or("");
        let indent = line.len() - line.trim_start().len();
        let tokens: Vec<&str> = line.split_whitespace().collect();
        if tokens.is_empty() {
            continue;
        }
        if indent == 0 {
            messages.push(parse_head(&tokens, api).ok_or_else(|| fail("bad message line"))?);
            open = vec![(2, 0)];
            continue;
        }
        let message = messages.last_mut().ok_or_else(|| fail("field before the first message"))?;
        if tokens[0] == "struct" {
            let [_, name, rest @ ..] = tokens.as_slice() else { return Err(fail("struct without a name")) };
            let versions = match rest {
                [] => message.versions,
                [range] => Range::parse(range, message.versions).ok_or_else(|| fail("bad versions"))?,
                _ => return Err(fail("bad struct line")),
            };
            message.structs.push(Struct { name: name.to_string(), versions, fields: Vec::new() });
            open = vec![(indent + 2, message.structs.len() - 1)];
            continue;
        }
        while open.last().is_some_and(|(at, _)| *at > indent) {
            open.pop();
        }
        let (at, mut owner) = *open.last().ok_or_else(|| fail("bad indentation"))?;
        if at < indent {
            // the fields of the struct that the line above names
            let above = message.structs[owner].fields.last().ok_or_else(|| fail("bad indentation"))?;
            let name = above.of.struct_name().ok_or_else(|| fail("the field above is not a struct"))?.to_string();
            let versions = above.versions;
            message.structs.push(Struct { name, versions, fields: Vec::new() });
            owner = message.structs.len() - 1;
            open.push((indent, owner));
        }
        let outer = message.structs[owner].versions;
        let field = parse_field(&tokens, outer).ok_or_else(|| fail("bad field"))?;
        message.structs[owner].fields.push(field);
    }
    for message in &messages {
        message.check()?;
        if message.kind == Kind::Value {
            let key = message.name.strip_suffix("Value").map(|name| format!("{name}Key"));
            let goes_with = |m: &&Message| m.kind == Kind::Key && Some(&m.name) == key.as_ref();
            if messages.iter().find(goes_with).is_none_or(|key| key.number != message.number) {
                return Err(format!(" {}: no key of the same name and type", message.name));
            }
        }
    }
    Ok(messages)
}

fn parse_head(tokens: &[&str], api: Option<&str>) -> Option<Message> {
    let kind = match tokens[0] {
        "request" => Kind::Request,
        "response" => Kind::Response,
        "record" => Kind::Record,
        "key" => Kind::Key,
        "value" => Kind::Value,
        "data" => Kind::Data,
        _ => return None,
    };
    let mut rest = tokens[1..].iter().copied();
    let name = match (kind, api) {
        (Kind::Request, Some(api)) => format!("{api}Request"),
        (Kind::Response, Some(api)) => format!("{api}Response"),
        _ => rest.next()?.to_string(),
    };
    let number = match kind {
        Kind::Record | Kind::Key | Kind::Value => Some(rest.next()?.parse().ok()?),
        _ => None,
    };
    let versions = Range::parse(rest.next()?, ALL)?;
    let (mut flexible, mut unstable) = (None, false);
    let mut rest = rest.peekable();
    while let Some(word) = rest.next() {
        match word {
            "flexible" => {
                let range = rest.peek().and_then(|text| Range::parse(text, versions));
                flexible = range.or(Some(versions));
                if range.is_some() {
                    rest.next();
                }
            }
            "unstable" => unstable = true,
            _ => return None,
        }
    }
    let body = Struct { name: name.clone(), versions, fields: Vec::new() };
    Some(Message { kind, name, number, versions, flexible, unstable, structs: vec![body] })
}

fn parse_field(tokens: &[&str], outer: Range) -> Option<Field> {
    let (name, of) = (*tokens.first()?, *tokens.get(1)?);
    let (of, null) = match of.split_once('?') {
        Some((of, range)) => (of, Some(range)),
        None => (of, None),
    };
    let mut rest = tokens[2..].iter().copied().peekable();
    let mut versions = outer;
    if let Some(range) = rest.peek().and_then(|text| Range::parse(text, outer)) {
        versions = range;
        rest.next();
    }
    let nullable = match null {
        None => None,
        Some("") => Some(versions),
        Some(range) => Some(Range::parse(range, versions)?),
    };
    let mut field = Field {
        name: name.to_string(),
        of: Type::parse(of)?,
        versions,
        nullable,
        tag: None,
        default: None,
        ignorable: false,
        key: false,
        inflexible: false,
        entity: None,
    };
    while let Some(word) = rest.next() {
        match word {
            "=" => field.default = Some(rest.next()?.to_string()),
            "tag" => field.tag = Some(rest.next()?.parse().ok()?),
            "ignorable" => field.ignorable = true,
            "key" => field.key = true,
            "inflexible" => field.inflexible = true,
            _ => field.entity = Some(word.strip_prefix('@')?.to_string()),
        }
    }
    Some(field)
}

impl Type {
    fn parse(text: &str) -> Option<Type> {
        if let Some(element) = text.strip_prefix("[]") {
            return Some(Type::Array(Box::new(Type::parse(element)?)));
        }
        Some(match text {
            "bool" => Type::Bool,
            "int8" => Type::I8,
            "int16" => Type::I16,
            "int32" => Type::I32,
            "int64" => Type::I64,
            "uint16" => Type::U16,
            "uint32" => Type::U32,
            "float64" => Type::F64,
            "uuid" => Type::Uuid,
            "string" => Type::Str,
            "bytes" => Type::Bytes,
            "records" => Type::Records,
            name if name.starts_with(|c: char| c.is_ascii_uppercase()) => Type::Struct(name.to_string()),
            _ => return None,
        })
    }

    /// The struct this is or is an array of.
    pub fn struct_name(&self) -> Option<&str> {
        match self {
            Type::Struct(name) => Some(name),
            Type::Array(element) => element.struct_name(),
            _ => None,
        }
    }
}

impl Message {
    pub fn body(&self) -> &Struct {
        &self.structs[0]
    }

    pub fn find(&self, name: &str) -> Option<&Struct> {
        self.structs.iter().find(|s| s.name == name)
    }

    pub fn is_flexible(&self, version: i16) -> bool {
        self.flexible.is_some_and(|range| range.contains(version))
    }

    /// What the notation cannot rule out by itself.
    fn check(&self) -> Result<(), String> {
        for s in &self.structs {
            if self.structs.iter().filter(|other| other.name == s.name).count() > 1 {
                return Err(format!(" {}: two structs named {}", self.name, s.name));
            }
            for field in &s.fields {
                let at = format!(" {}.{}: ", s.name, field.name);
                if let Some(name) = field.of.struct_name() {
                    let Some(inner) = self.find(name) else { return Err(at + "no such struct") };
                    if !inner.versions.holds(field.versions) {
                        return Err(at + "used in versions its struct does not have");
                    }
                }
                if field.tag.is_some() && !self.flexible.is_some_and(|range| range.holds(field.versions)) {
                    return Err(at + "tagged in a version that is not flexible");
                }
                if field.default.as_deref() == Some("null") && field.nullable != Some(field.versions) {
                    return Err(at + "default null in a version without null");
                }
            }
        }
        self.depth(self.body(), 0).map(|_| ())
    }

    /// How deep structs nest. Bounded, so that decoding is: a message cannot contain itself.
    fn depth(&self, s: &Struct, above: usize) -> Result<usize, String> {
        if above > 8 {
            return Err(format!(" {}: nested too deep", self.name));
        }
        let mut deepest = above;
        for inner in s.fields.iter().filter_map(|field| self.find(field.of.struct_name()?)) {
            deepest = deepest.max(self.depth(inner, above + 1)?);
        }
        Ok(deepest)
    }

    /// Fewest bytes a struct takes in a version.
    pub fn min_bytes(&self, s: &Struct, version: i16) -> usize {
        let flexible = self.is_flexible(version);
        let mut sum = usize::from(flexible);
        for field in s.fields.iter().filter(|f| f.versions.contains(version) && f.tag.is_none()) {
            sum += match &field.of {
                Type::Bool | Type::I8 => 1,
                Type::I16 | Type::U16 => 2,
                Type::I32 | Type::U32 => 4,
                Type::I64 | Type::F64 => 8,
                Type::Uuid => 16,
                Type::Str => {
                    if flexible {
                        1
                    } else {
                        2
                    }
                }
                Type::Bytes | Type::Records | Type::Array(_) => {
                    if flexible {
                        1
                    } else {
                        4
                    }
                }
                Type::Struct(_) if field.nullable.is_some() => 1,
                Type::Struct(name) => self.find(name).map_or(0, |inner| self.min_bytes(inner, version)),
            };
        }
        sum
    }
}

/// `TopicId` as `topic_id`; a word of the language gets an underscore.
pub fn snake(name: &str) -> String {
    let mut out = String::new();
    let mut previous = ' ';
    for c in name.replace("KRaft", "Kraft").chars() {
        if c.is_ascii_uppercase() && (previous.is_ascii_lowercase() || previous.is_ascii_digit()) {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
        previous = c;
    }
    if matches!(out.as_str(), "type" | "match" | "ref" | "use" | "move" | "where" | "gen") {
        out.push('_');
    }
    out
}
