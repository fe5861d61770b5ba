//! Writes, from the same schema the codec comes from, a JSON reader and writer for every struct: by field name, so that
//! two fields of one type cannot trade places unseen.
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

#[path = "../../../net/wire/gen/mod.rs"]
mod generator;

use generator::schema::{Field, Kind, Message, Schema, Struct, Type, snake};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wire = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../net/wire");
    println!("cargo::rerun-if-changed={}", wire.join("schema").display());
    println!("cargo::rerun-if-changed={}", wire.join("gen").display());
    let schema = Schema::load(&wire.join("schema"))?;
    let mut out = String::from("pub static CODECS: &[Codec] = &[\n");
    let mut defaults = String::from("];\n\npub static DEFAULTS: &[Default] = &[\n");
    let mut bodies = String::new();
    for api in &schema.apis {
        for message in [&api.request, &api.response] {
            let path = format!("thalweg_wire::messages::{}", snake(&message.name));
            one(&mut out, &mut defaults, &mut bodies, message, &path);
        }
    }
    for (file, messages) in schema.records.iter().filter(|(file, _)| file != "header") {
        for message in messages {
            one(
                &mut out,
                &mut defaults,
                &mut bodies,
                message,
                &format!("thalweg_wire::records::{file}::{}", snake(&message.name)),
            );
        }
        for (kind, suffix) in [(Kind::Record, "Record"), (Kind::Key, "Key"), (Kind::Value, "Value")] {
            let of: Vec<&Message> = messages.iter().filter(|m| m.kind == kind).collect();
            if !of.is_empty() {
                enclose(&mut bodies, file, suffix, kind, &of);
            }
        }
    }
    out += &defaults;
    out += "];\n\n/// By message: how it stands in its topic, type and version before it.\n";
    out +=
        "pub fn in_topic(name: &str, j: &Value, v: i16) -> Option<Result<(Bytes, bool), String>> {\n    match name {\n";
    for (_, messages) in &schema.records {
        for message in messages.iter().filter(|m| matches!(m.kind, Kind::Record | Kind::Key | Kind::Value)) {
            let _ = writeln!(out, "        {0:?} => Some(topic_{1}(j, v)),", message.name, snake(&message.name));
        }
    }
    out += "        _ => None,\n    }\n}\n";
    fs::write(Path::new(&env::var("OUT_DIR")?).join("json.rs"), out + &bodies)?;
    Ok(())
}

fn one(out: &mut String, defaults: &mut String, bodies: &mut String, message: &Message, path: &str) {
    let _ = writeln!(out, "    Codec::of::<{path}::{}>(),", message.name);
    for s in &message.structs {
        json(bodies, path, s);
        // Kafka's default of records that may not be null is null, which it cannot print
        if !s.fields.iter().any(|f| f.of == Type::Records && f.nullable.is_none()) {
            let _ = writeln!(
                defaults,
                "    Default {{ message: {:?}, of: {:?}, versions: {}..={}, json: |v| <{path}::{}>::default().to(v) }},",
                message.name, s.name, s.versions.lo, s.versions.hi, s.name
            );
        }
    }
}

fn json(out: &mut String, path: &str, s: &Struct) {
    let _ = write!(
        out,
        "\nimpl Json for {path}::{} {{\n    fn to(&self, v: i16) -> Value {{\n        let mut o = Map::new();\n",
        s.name
    );
    for field in &s.fields {
        let (name, key) = (snake(&field.name), key(field));
        let mut when = vec![present(field, s)];
        if field.tag.is_some() {
            when.push(format!("self.{name} != Self::default().{name}"));
        }
        when.retain(|w| w != "true");
        let value = match field.of {
            // Kafka prints only their size
            Type::Records if field.nullable.is_some() => format!(
                "match &self.{name} {{ None => o.insert({key:?}.into(), Value::Null), Some(x) => o.insert(\"{key}SizeInBytes\".into(), x.len().into()) }};"
            ),
            Type::Records => format!("o.insert(\"{key}SizeInBytes\".into(), self.{name}.len().into());"),
            _ => format!("o.insert({key:?}.into(), self.{name}.to(v));"),
        };
        let _ = match when.is_empty() {
            true => writeln!(out, "        {value}"),
            false => writeln!(out, "        if {} {{ {value} }}", when.join(" && ")),
        };
    }
    let _ = write!(
        out,
        "        Value::Object(o)\n    }}\n\n    fn from(j: &Value, v: i16) -> Result<Self, String> {{\n        let o = object(j, &["
    );
    for field in &s.fields {
        let _ = write!(out, "{:?}, ", key(field));
    }
    let _ = write!(out, "])?;\n        let mut m = Self::default();\n");
    for field in &s.fields {
        let (name, key) = (snake(&field.name), key(field));
        let _ = match field.tag {
            Some(_) => writeln!(out, "        if let Some(x) = o.get({key:?}) {{ m.{name} = Json::from(x, v)?; }}"),
            None => writeln!(
                out,
                "        if {} {{ m.{name} = Json::from(o.get({key:?}).ok_or(\"no {}.{key}\")?, v)?; }}",
                present(field, s),
                s.name
            ),
        };
    }
    out.push_str("        Ok(m)\n    }\n}\n");
}

fn key(field: &Field) -> String {
    field.name[..1].to_lowercase() + &field.name[1..]
}

fn present(field: &Field, s: &Struct) -> String {
    if field.versions == s.versions {
        return "true".into();
    }
    format!("({}..={}).contains(&v)", field.versions.lo, field.versions.hi)
}

fn enclose(out: &mut String, file: &str, suffix: &str, kind: Kind, of: &[&Message]) {
    let module = format!("thalweg_wire::records::{file}");
    let title: String = file.split('_').map(|w| w[..1].to_uppercase() + &w[1..]).collect();
    let all = format!("{module}::{title}{suffix}");
    let (encode, decode) = match kind {
        Kind::Record => ("all.encode(&mut s, v)", format!("{all}::decode(&mut r)")),
        Kind::Key => ("all.encode(&mut s)", format!("{all}::decode(&mut r)")),
        _ => ("all.encode(&mut s, v)", format!("{all}::decode(all.kind(), &mut r)")),
    };
    for message in of {
        let _ = write!(
            out,
            "
fn topic_{}(j: &Value, v: i16) -> Result<(Bytes, bool), String> {{
    let all: {all} = <{module}::{} as Json>::from(j, v)?.into();
    if all.kind() != {} || all.name() != {:?} || all.max_version() != {} {{
        return Err(\"kind, name or version\".into());
    }}
    let mut s = Sink::new();
    {encode}.map_err(|e| e.to_string())?;
    let bytes = s.into_bytes().map_err(|e| e.to_string())?;
    let mut r = Reader::new(bytes.clone());
    let same = {decode}.map_err(|e| e.to_string())? == all;
    Ok((bytes, same))
}}
",
            snake(&message.name),
            message.name,
            message.number.unwrap_or(-1),
            message.name,
            message.versions.hi
        );
    }
}
