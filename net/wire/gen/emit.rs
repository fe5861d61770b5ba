//! From schema to Rust: one flat struct per level, one `if` per field that not every version has.
use std::fmt::Write;

use super::schema::{Api, Field, Kind, Message, Range, Schema, Struct, Type, snake};

const NOTE: &str = "Written by `cargo run -p thalweg-wire --example generate`; edit the schema instead.";

/// Every generated file: its path below `src/`, and its text.
pub fn files(schema: &Schema) -> Vec<(String, String)> {
    let mut files = vec![("api_key.rs".to_string(), api_key(schema)), ("messages/mod.rs".to_string(), index(schema))];
    for api in &schema.apis {
        files.push((format!("messages/{}.rs", api.file), api_file(api)));
    }
    for (name, messages) in schema.records.iter().filter(|(name, _)| name != "header") {
        files.push((format!("records/{name}.rs"), record_file(name, messages)));
    }
    files
}

fn api_key(schema: &Schema) -> String {
    let mut out = format!("//! The API table of Kafka 4.4.0, from `schema/messages`. {NOTE}\nuse crate::ApiInfo;\n\n");
    out += "/// An API, by its name; the discriminant is its key on the wire. Keys 4 to 7 do not exist any more.\n";
    out += "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\n#[repr(i16)]\n";
    out += "#[allow(missing_docs, reason = \"Kafka's names speak for themselves\")]\npub enum ApiKey {\n";
    for api in &schema.apis {
        let _ = writeln!(out, "    {} = {},", api.name, api.key);
    }
    let _ = write!(
        out,
        "}}\n\n/// Facts by row, ascending by key.\npub(crate) static TABLE: [ApiInfo; {}] = [\n",
        schema.apis.len()
    );
    for api in &schema.apis {
        let Message { versions, flexible, unstable, .. } = &api.request;
        let flexible = flexible.map_or("None".to_string(), |range| format!("Some({})", range.lo));
        let _ = writeln!(
            out,
            "    ApiInfo {{ key: ApiKey::{0}, name: \"{0}\", min: {1}, max: {2}, unstable: {unstable}, flexible_from: {flexible}, broker: {3}, controller: {4} }},",
            api.name, versions.lo, versions.hi, api.broker, api.controller
        );
    }
    let rows = schema.apis.last().map_or(0, |api| api.key as usize + 1);
    let _ = write!(
        out,
        "];\n\n/// Row in `TABLE` of each key; {} for keys without one.\npub(crate) static ROW_OF_KEY: [u8; {rows}] = [\n   ",
        u8::MAX
    );
    for key in 0..rows {
        let row = schema.apis.iter().position(|api| api.key as usize == key).unwrap_or(u8::MAX as usize);
        let _ = write!(out, " {row},{}", if key % 16 == 15 { "\n   " } else { "" });
    }
    out += "\n];\n";
    out
}

fn index(schema: &Schema) -> String {
    let mut out = format!(
        "//! Every request and response of Kafka 4.4.0: one module per message, named as Kafka names it. {NOTE}\n"
    );
    out += "//!\n//! Fields are public and documented by the schema; the comment behind a field gives its versions where it is not in all.\n";
    out += "#![allow(missing_docs, unused_variables, clippy::all, reason = \"generated: the schema is the place to read\")]\n\n";
    for api in &schema.apis {
        let _ = writeln!(out, "mod {};", api.file);
    }
    out.push('\n');
    for api in &schema.apis {
        let _ =
            writeln!(out, "pub use {0}::{{{1}, {2}}};", api.file, snake(&api.request.name), snake(&api.response.name));
    }
    out += "\n/// Calls a macro with every API as `Key request_module::Request response_module::Response`, one per line.\n";
    out += "#[macro_export]\nmacro_rules! each_api {\n    ($use:ident) => {\n        $use! {\n";
    for api in &schema.apis {
        let (q, p) = (&api.request.name, &api.response.name);
        let _ = writeln!(out, "            {} {}::{q} {}::{p};", api.name, snake(q), snake(p));
    }
    out += "        }\n    };\n}\n";
    out
}

fn api_file(api: &Api) -> String {
    let mut out = format!("//! {}, API {}, from `schema/messages/{}.wire`. {NOTE}\n", api.name, api.key, api.file);
    for message in [&api.request, &api.response] {
        let _ = write!(out, "\npub mod {} {{\nuse crate::message::generated::*;\n", snake(&message.name));
        out += &message_text(message);
        if message.kind == Kind::Request {
            let response = &api.response.name;
            let _ = write!(
                out,
                "\nimpl Request for {} {{\n    const KEY: ApiKey = ApiKey::{};\n    type Response = super::{}::{response};\n}}\n",
                message.name,
                api.name,
                snake(response)
            );
        }
        out += "}\n";
    }
    out
}

fn record_file(name: &str, messages: &[Message]) -> String {
    let mut out = format!(
        "//! From `schema/records/{name}.wire`: one module per record, the record itself one level up. {NOTE}\n"
    );
    out += "#![allow(missing_docs, unused_variables, clippy::all, reason = \"generated: the schema is the place to read\")]\n";
    if messages.iter().any(|m| m.kind != Kind::Data) {
        out += "use crate::message::generated::*;\n";
    }
    for message in messages {
        let module = snake(&message.name);
        let _ = write!(
            out,
            "\npub use {module}::{0};\npub mod {module} {{\nuse crate::message::generated::*;\n",
            message.name
        );
        out += &message_text(message);
        out += "}\n";
    }
    let title = snake_to_camel(name);
    for (kind, suffix, doc) in [
        (Kind::Record, "Record", "Any record of the topic."),
        (Kind::Key, "Key", "Any key of the topic: its type, then its fields."),
        (Kind::Value, "Value", "Any value of the topic: its version, then its fields. Its type stands in the key."),
    ] {
        let of: Vec<&Message> = messages.iter().filter(|m| m.kind == kind).collect();
        if !of.is_empty() {
            out += &record_enum(&format!("{title}{suffix}"), suffix, doc, kind, &of);
        }
    }
    out
}

fn record_enum(name: &str, suffix: &str, doc: &str, kind: Kind, of: &[&Message]) -> String {
    let number = |m: &Message| m.number.unwrap_or(-1);
    let variant = |m: &Message| m.name.strip_suffix(suffix).unwrap_or(&m.name).to_string();
    let mut out = format!("\n/// {doc}\n#[derive(Clone, Debug, PartialEq)]\npub enum {name} {{\n");
    for m in of {
        let _ = writeln!(out, "    {}({}),", variant(m), m.name);
    }
    let _ = write!(
        out,
        "}}\n\nimpl {name} {{\n    /// The number of its type.\n    pub fn kind(&self) -> i16 {{\n        match self {{\n"
    );
    for m in of {
        let _ = writeln!(out, "            Self::{}(_) => {},", variant(m), number(m));
    }
    out += "        }\n    }\n\n    /// The name of its type.\n    pub fn name(&self) -> &'static str {\n        match self {\n";
    for m in of {
        let _ = writeln!(out, "            Self::{}(_) => \"{}\",", variant(m), m.name);
    }
    out += "        }\n    }\n\n    /// Highest version of its type.\n    pub fn max_version(&self) -> i16 {\n        match self {\n";
    for m in of {
        let _ = writeln!(out, "            Self::{}(_) => {},", variant(m), m.versions.hi);
    }
    out += "        }\n    }\n\n";
    match kind {
        Kind::Record => {
            out += "    /// Reads a framed record (frame version, type, version, fields) and insists that nothing follows it.\n";
            out += "    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {\n        let (kind, v) = super::read_frame(r)?;\n        Ok(match kind {\n";
        }
        Kind::Key => {
            out += "    /// Reads a key and insists that nothing follows it.\n";
            out += "    pub fn decode(r: &mut Reader) -> Result<Self, DecodeError> {\n        let (kind, v) = (r.i16()?, 0);\n        Ok(match kind {\n";
        }
        _ => {
            out += "    /// Reads a value whose key is of type `kind` and insists that nothing follows it.\n";
            out += "    pub fn decode(kind: i16, r: &mut Reader) -> Result<Self, DecodeError> {\n        let v = r.i16()?;\n        Ok(match kind {\n";
        }
    }
    for m in of {
        let _ = writeln!(out, "            {} => Self::{}(decode_whole(r, v)?),", number(m), variant(m));
    }
    out +=
        "            _ => return Err(DecodeError::UnknownRecord { kind: kind as u16 as u32 }),\n        })\n    }\n\n";
    match kind {
        Kind::Record => {
            out += "    /// Writes the record in its frame.\n    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {\n        super::write_frame(s, self.kind(), v);\n        match self {\n";
        }
        Kind::Key => {
            out += "    /// Writes the key.\n    pub fn encode(&self, s: &mut Sink) -> Result<(), EncodeError> {\n        let v = 0;\n        s.i16(self.kind());\n        match self {\n";
        }
        _ => {
            out += "    /// Writes the value.\n    pub fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {\n        s.i16(v);\n        match self {\n";
        }
    }
    for m in of {
        let _ = writeln!(out, "            Self::{}(m) => m.encode(s, v),", variant(m));
    }
    out += "        }\n    }\n}\n";
    for m in of {
        let _ = write!(
            out,
            "\nimpl From<{0}> for {name} {{\n    fn from(m: {0}) -> Self {{\n        Self::{1}(m)\n    }}\n}}\n",
            m.name,
            variant(m)
        );
    }
    out
}

fn snake_to_camel(name: &str) -> String {
    name.split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Structs of a message, their codec, and `impl Message`.
fn message_text(message: &Message) -> String {
    let mut out = String::new();
    for s in &message.structs {
        out += &struct_text(message, s);
    }
    let Range { lo, hi } = message.versions;
    let name = &message.name;
    let flexible = match message.flexible {
        None => "false".to_string(),
        Some(range) => condition(range, message.versions).unwrap_or("true".to_string()),
    };
    let in_range = if lo == hi { format!("v != {lo}") } else { format!("v < {lo} || v > {hi}") };
    let _ = write!(
        out,
        "
impl Message for {name} {{
    const NAME: &'static str = \"{name}\";
    const MIN_VERSION: i16 = {lo};
    const MAX_VERSION: i16 = {hi};

    fn decode(r: &mut Reader, v: i16) -> Result<Self, DecodeError> {{
        if {in_range} {{
            return Err(DecodeError::UnsupportedVersion {{ message: Self::NAME, version: v }});
        }}
        Part::read(r, v, {flexible})
    }}

    fn encode(&self, s: &mut Sink, v: i16) -> Result<(), EncodeError> {{
        if {in_range} {{
            return Err(EncodeError::UnsupportedVersion {{ message: Self::NAME, version: v }});
        }}
        Part::write(self, s, v, {flexible})
    }}
}}
"
    );
    out
}

fn struct_text(message: &Message, s: &Struct) -> String {
    let mut out = String::new();
    let plain = s.fields.iter().all(default_is_plain);
    let derive = if plain { ", Default" } else { "" };
    let _ = write!(out, "\n#[derive(Clone, Debug, PartialEq{derive})]\npub struct {} {{\n", s.name);
    for field in &s.fields {
        let _ = write!(out, "    pub {}: {},", snake(&field.name), field_type(field));
        let mut notes = Vec::new();
        if field.versions != s.versions {
            notes.push(range_note(field.versions, s.versions));
        }
        if let Some(nullable) = field.nullable.filter(|n| *n != field.versions) {
            notes.push(format!("null in {}", range_note(nullable, field.versions)));
        }
        if let Some(tag) = field.tag {
            notes.push(format!("tag {tag}"));
        }
        if !notes.is_empty() {
            let _ = write!(out, " // {}", notes.join(", "));
        }
        out.push('\n');
    }
    out += "}\n";
    if !plain {
        let _ = write!(out, "\nimpl Default for {} {{\n    fn default() -> Self {{\n        Self {{\n", s.name);
        for field in &s.fields {
            let _ = writeln!(out, "            {}: {},", snake(&field.name), default_value(field));
        }
        out += "        }\n    }\n}\n";
    }
    let min = (s.versions.lo..=s.versions.hi).map(|v| message.min_bytes(s, v)).min().unwrap_or(0);
    let _ = write!(
        out,
        "\nimpl Part for {} {{\n    const MIN_BYTES: usize = {min};\n\n    fn read(r: &mut Reader, v: i16, f: bool) -> Result<Self, DecodeError> {{\n",
        s.name
    );
    out += &read_text(message, s);
    out += "    }\n\n    fn write(&self, s: &mut Sink, v: i16, f: bool) -> Result<(), EncodeError> {\n";
    out += &write_text(message, s);
    out += "    }\n}\n";
    out
}

fn read_text(message: &Message, s: &Struct) -> String {
    let tagged = s.fields.iter().any(|f| f.tag.is_some());
    let flexible = flexibility(message, s);
    let mut out = String::new();
    if flexible == Flexibility::Never {
        out += "        Ok(Self {\n";
    } else {
        let _ = writeln!(out, "        let {}m = Self {{", if tagged { "mut " } else { "" });
    }
    for field in &s.fields {
        let name = snake(&field.name);
        let value = match (field.tag, condition(field.versions, s.versions)) {
            (Some(_), _) => default_value(field),
            (None, None) => read_value(field),
            (None, Some(present)) => {
                format!("if {present} {{ {} }} else {{ {} }}", read_value(field), default_value(field))
            }
        };
        let _ = writeln!(out, "            {name}: {value},");
    }
    if flexible == Flexibility::Never {
        return out + "        })\n";
    }
    out += "        };\n";
    let pad = if flexible == Flexibility::Sometimes { "    " } else { "" };
    if flexible == Flexibility::Sometimes {
        out += "        if f {\n";
    }
    if tagged {
        let _ = write!(out, "        {pad}r.tagged_fields(|r, tag| {{\n            {pad}match tag {{\n");
        for field in s.fields.iter() {
            let Some(tag) = field.tag else { continue };
            let within = tag_condition(message, field, s).map_or(String::new(), |c| format!(" if {c}"));
            let _ = writeln!(
                out,
                "                {pad}{tag}{within} => m.{} = {},",
                snake(&field.name),
                read_value(field)
            );
        }
        let _ = write!(
            out,
            "                {pad}_ => return Ok(false),\n            {pad}}}\n            {pad}Ok(true)\n        {pad}}})?;\n"
        );
    } else {
        let _ = writeln!(out, "        {pad}r.skip_tagged_fields()?;");
    }
    if flexible == Flexibility::Sometimes {
        out += "        }\n";
    }
    out + "        Ok(m)\n"
}

fn write_text(message: &Message, s: &Struct) -> String {
    let mut out = String::new();
    for field in &s.fields {
        let at = format!("\"{}.{}\"", s.name, snake(&field.name));
        let present = condition(field.versions, s.versions);
        let mut body = Vec::new();
        if field.tag.is_none() {
            if let Some(nullable) = field.nullable.filter(|n| *n != field.versions) {
                let allowed = condition(nullable, field.versions).unwrap_or_default();
                body.push(format!(
                    "if self.{}.is_none() && !({allowed}) {{ return Err(EncodeError::Null {{ field: {at}, version: v }}); }}",
                    snake(&field.name)
                ));
            }
            body.push(write_value(field));
        }
        let lost = (!field.ignorable).then(|| {
            let set = is_set(field);
            format!("if {set} {{ return Err(EncodeError::NoSuchField {{ field: {at}, version: v }}); }}")
        });
        match (field.tag, present, lost) {
            (None, None, _) => body.iter().for_each(|line| {
                let _ = writeln!(out, "        {line}");
            }),
            (None, Some(present), lost) => {
                let _ = writeln!(out, "        if {present} {{");
                for line in body {
                    let _ = writeln!(out, "            {line}");
                }
                match lost {
                    Some(lost) => {
                        let _ = writeln!(out, "        }} else {lost}");
                    }
                    None => out += "        }\n",
                }
            }
            (Some(_), Some(present), Some(lost)) => {
                let _ = writeln!(out, "        if !({present}) {{ {lost} }}");
            }
            (Some(_), _, _) => {}
        }
    }
    let flexible = flexibility(message, s);
    if flexible == Flexibility::Never {
        return out + "        Ok(())\n";
    }
    let pad = if flexible == Flexibility::Sometimes { "    " } else { "" };
    if flexible == Flexibility::Sometimes {
        out += "        if f {\n";
    }
    let mut tagged: Vec<&Field> = s.fields.iter().filter(|f| f.tag.is_some()).collect();
    tagged.sort_by_key(|f| f.tag);
    let mut count = Vec::new();
    for field in &tagged {
        let tag = field.tag.unwrap_or_default();
        let within = tag_condition(message, field, s).map_or(String::new(), |c| format!("{c} && "));
        let _ = writeln!(out, "        {pad}let t{tag} = {within}{};", is_set(field));
        count.push(format!("t{tag} as u32"));
    }
    let count = if count.is_empty() { "0".to_string() } else { count.join(" + ") };
    let _ = writeln!(out, "        {pad}s.uvarint({count});");
    for field in &tagged {
        let tag = field.tag.unwrap_or_default();
        let _ = writeln!(
            out,
            "        {pad}if t{tag} {{ let t = s.begin_tagged({tag}); {} s.end_tagged(t); }}",
            write_value(field)
        );
    }
    if flexible == Flexibility::Sometimes {
        out += "        }\n";
    }
    out + "        Ok(())\n"
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Flexibility {
    Never,
    Sometimes,
    Always,
}

fn flexibility(message: &Message, s: &Struct) -> Flexibility {
    match message.flexible {
        Some(range) if range.holds(s.versions) => Flexibility::Always,
        Some(range) if range.lo <= s.versions.hi => Flexibility::Sometimes,
        _ => Flexibility::Never,
    }
}

/// When a tagged field counts, given that the version is flexible.
fn tag_condition(message: &Message, field: &Field, s: &Struct) -> Option<String> {
    let flexible = message.flexible.unwrap_or(message.versions);
    let outer = Range { lo: flexible.lo.max(s.versions.lo), hi: flexible.hi.min(s.versions.hi) };
    condition(field.versions, outer)
}

/// `None` when `range` is all of `outer`.
fn condition(range: Range, outer: Range) -> Option<String> {
    match (range.lo > outer.lo, range.hi < outer.hi) {
        (false, false) => None,
        (true, false) => Some(format!("v >= {}", range.lo)),
        (false, true) => Some(format!("v <= {}", range.hi)),
        (true, true) if range.lo == range.hi => Some(format!("v == {}", range.lo)),
        (true, true) => Some(format!("v >= {} && v <= {}", range.lo, range.hi)),
    }
}

fn range_note(range: Range, outer: Range) -> String {
    match range {
        Range { lo, hi } if hi == outer.hi => format!("{lo}+"),
        Range { lo, hi } if lo == hi => lo.to_string(),
        Range { lo, hi } => format!("{lo}-{hi}"),
    }
}

fn rust_type(of: &Type) -> String {
    match of {
        Type::Bool => "bool".into(),
        Type::Array(element) => format!("Vec<{}>", rust_type(element)),
        Type::Struct(name) => name.clone(),
        Type::Str => "Str".into(),
        Type::Uuid => "Uuid".into(),
        Type::Bytes => "Bytes".into(),
        Type::Records => "Records".into(),
        number => method(number).into(),
    }
}

fn field_type(field: &Field) -> String {
    let of = rust_type(&field.of);
    if field.nullable.is_some() { format!("Option<{of}>") } else { of }
}

/// Name of the reader's and sink's method, which for numbers is the name of the type.
fn method(of: &Type) -> &'static str {
    match of {
        Type::Bool => "bool",
        Type::I8 => "i8",
        Type::I16 => "i16",
        Type::I32 => "i32",
        Type::I64 => "i64",
        Type::U16 => "u16",
        Type::U32 => "u32",
        Type::F64 => "f64",
        Type::Uuid => "uuid",
        Type::Str => "string",
        Type::Bytes => "bytes",
        Type::Records => "records",
        Type::Array(_) => "vec",
        Type::Struct(_) => "struct",
    }
}

fn read_value(field: &Field) -> String {
    let (name, null) = (method(&field.of), field.nullable.is_some());
    let value = match &field.of {
        Type::Str | Type::Bytes | Type::Records if null => format!("r.opt_{name}(f)?"),
        Type::Str | Type::Bytes | Type::Records => format!("r.{name}(f)?"),
        Type::Array(_) if null => "r.opt_vec(v, f)?".into(),
        Type::Array(_) => "r.vec(v, f)?".into(),
        Type::Struct(_) if null && field.tag.is_some() => "r.opt_tagged_struct(v, f)?".into(),
        Type::Struct(_) if null => "r.opt_struct(v, f)?".into(),
        Type::Struct(_) => "Part::read(r, v, f)?".into(),
        _ => format!("r.{name}()?"),
    };
    match field.nullable.and_then(|nullable| condition(nullable, field.versions)) {
        Some(allowed) => format!("null_only_if({allowed}, {value})?"),
        None => value,
    }
}

fn write_value(field: &Field) -> String {
    let (name, null) = (method(&field.of), field.nullable.is_some());
    let of = format!("self.{}", snake(&field.name));
    match &field.of {
        Type::Str | Type::Bytes | Type::Records if null => format!("s.opt_{name}(&{of}, f)?;"),
        Type::Str | Type::Bytes | Type::Records => format!("s.{name}(&{of}, f)?;"),
        Type::Array(_) if null => format!("s.opt_vec(&{of}, v, f)?;"),
        Type::Array(_) => format!("s.vec(&{of}, v, f)?;"),
        Type::Struct(_) if null && field.tag.is_some() => format!("s.opt_tagged_struct(&{of}, v, f)?;"),
        Type::Struct(_) if null => format!("s.opt_struct(&{of}, v, f)?;"),
        Type::Struct(_) => format!("{of}.write(s, v, f)?;"),
        _ => format!("s.{name}({of});"),
    }
}

fn default_is_plain(field: &Field) -> bool {
    let null = field.nullable.is_some();
    match field.default.as_deref() {
        Some("null") => true,
        Some(_) => false,
        None => !null || field.of == Type::Records,
    }
}

fn default_value(field: &Field) -> String {
    let null = field.nullable.is_some();
    match field.default.as_deref() {
        Some("null") => "None".into(),
        Some(text) => match (&field.of, text) {
            (Type::I32, "2147483647") => "i32::MAX".into(),
            (Type::I32, "-2147483648") => "i32::MIN".into(),
            (Type::I64, "9223372036854775807") => "i64::MAX".into(),
            (Type::Str, text) if null => format!("Some(Str::from_static({text:?}))"),
            (Type::Str, text) => format!("Str::from_static({text:?})"),
            (_, text) => text.into(),
        },
        // Kafka's default of a nullable field without one is empty, not null; only records are null
        None if null && field.of == Type::Records => "None".into(),
        None if null => format!("Some({})", empty(&field.of)),
        None => empty(&field.of),
    }
}

fn empty(of: &Type) -> String {
    match of {
        Type::Bool => "false".into(),
        Type::F64 => "0.0".into(),
        Type::Uuid => "Uuid::ZERO".into(),
        Type::Str => "Str::default()".into(),
        Type::Bytes => "Bytes::new()".into(),
        Type::Records => "Records::default()".into(),
        Type::Struct(name) => format!("{name}::default()"),
        Type::Array(_) => "Vec::new()".into(),
        _ => "0".into(),
    }
}

/// Whether the field differs from its default.
fn is_set(field: &Field) -> String {
    let of = format!("self.{}", snake(&field.name));
    let null = field.nullable.is_some();
    match (field.default.as_deref(), &field.of) {
        (Some("null"), _) => format!("{of}.is_some()"),
        (None, Type::Records) if null => format!("{of}.is_some()"),
        (None, Type::Str | Type::Bytes | Type::Array(_)) if null => {
            format!("{of}.as_ref().is_none_or(|x| !x.is_empty())")
        }
        (None, Type::Str | Type::Bytes | Type::Records | Type::Array(_)) => format!("!{of}.is_empty()"),
        (None, Type::Bool) => of,
        (Some("true"), Type::Bool) => format!("!{of}"),
        _ => format!("{of} != {}", default_value(field)),
    }
}
