//! Values for a message and version, made up from the schema: the corners first, then whatever the seed says.
use serde_json::{Map, Value, json};
use thalweg_wire::Uuid;

use crate::generator::schema::{Field, Message, Struct, Type};
use crate::json::base64;

/// Small and reproducible.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Everything empty or zero, tagged fields absent.
    Empty,
    /// Lowest numbers, null where allowed, tagged fields present.
    Low,
    /// Highest numbers, nothing null or empty.
    High,
    /// One string and one byte field as long as they may be or around the borders of a varint.
    Long,
    Mixed,
}

pub struct Values<'a> {
    pub message: &'a Message,
    pub version: i16,
    pub random: Random,
    style: Style,
}

impl<'a> Values<'a> {
    pub fn new(message: &'a Message, version: i16, seed: u64) -> Values<'a> {
        Values { message, version, random: Random(seed), style: Style::Empty }
    }

    /// The `index`th value.
    pub fn value(&mut self, index: usize) -> Value {
        self.style = [Style::Empty, Style::Low, Style::High, Style::Long].get(index).copied().unwrap_or(Style::Mixed);
        let body = self.message.body();
        self.of(body, 0)
    }

    fn of(&mut self, s: &Struct, depth: usize) -> Value {
        let mut o = Map::new();
        let version = self.version;
        for field in s.fields.iter().filter(|field| field.versions.contains(version)) {
            let absent = match self.style {
                Style::Empty => true,
                Style::Mixed => self.random.below(3) == 0,
                _ => false,
            };
            if field.tag.is_none() || !absent {
                o.insert(field.name[..1].to_lowercase() + &field.name[1..], self.field(field, depth));
            }
        }
        Value::Object(o)
    }

    fn field(&mut self, field: &Field, depth: usize) -> Value {
        let nullable = field.nullable.is_some_and(|range| range.contains(self.version));
        let null = match self.style {
            Style::Low => true,
            Style::Empty | Style::High | Style::Long => false,
            Style::Mixed => self.random.below(4) == 0,
        };
        if nullable && null { Value::Null } else { self.typed(&field.of, depth) }
    }

    fn typed(&mut self, of: &Type, depth: usize) -> Value {
        match of {
            Type::Bool => json!(match self.style {
                Style::Empty | Style::Low => false,
                Style::High => true,
                _ => self.random.below(2) == 0,
            }),
            Type::I8 => json!(self.number(8) as i8),
            Type::I16 => json!(self.number(16) as i16),
            Type::I32 => json!(self.number(32) as i32),
            Type::I64 => json!(self.number(64) as i64),
            Type::U16 => json!(self.number(16) as u16),
            Type::U32 => json!(self.number(32) as u32),
            Type::F64 => json!(match self.style {
                Style::Empty => 0.0,
                Style::Low => -f64::MAX,
                Style::High => f64::MIN_POSITIVE,
                _ => (self.random.next() as i64 as f64) / 1e7,
            }),
            Type::Uuid => json!(
                Uuid::from(match self.style {
                    Style::Empty => 0,
                    Style::Low => 1,
                    Style::High => u128::MAX,
                    _ => u128::from(self.random.next()) << 64 | u128::from(self.random.next()),
                })
                .to_string()
            ),
            Type::Str => json!(self.text()),
            Type::Bytes | Type::Records => {
                let len = self.length();
                json!(base64(&(0..len).map(|_| self.random.next() as u8).collect::<Vec<u8>>()))
            }
            Type::Struct(name) => {
                let message = self.message;
                message.find(name).map_or(Value::Null, |s| self.of(s, depth + 1))
            }
            Type::Array(element) => {
                let count = match self.style {
                    Style::Empty => 0,
                    Style::Low | Style::Long => 1,
                    Style::High => 2,
                    // a count of two varint bytes now and then, where elements are small
                    Style::Mixed if depth == 0 && element.struct_name().is_none() && self.random.below(16) == 0 => 200,
                    Style::Mixed => self.random.below(4 - (depth as u64).min(2)),
                };
                (0..count).map(|_| self.typed(element, depth + 1)).collect()
            }
        }
    }

    /// The low `bits` bits of a number.
    fn number(&mut self, bits: u32) -> u64 {
        match self.style {
            Style::Empty => 0,
            Style::Low => 1 << (bits - 1),
            Style::High => (1 << (bits - 1)) - 1,
            // -1, 0, 1 and the like as often as anything
            Style::Long | Style::Mixed => match self.random.below(2) {
                0 => self.random.below(5).wrapping_sub(2),
                _ => self.random.next(),
            },
        }
    }

    fn length(&mut self) -> usize {
        match self.style {
            Style::Empty => 0,
            Style::Low => 1,
            Style::High => 130,
            Style::Long => [126, 127, 128, 16_382, 16_383, 16_384, 20_000][self.random.below(7) as usize],
            Style::Mixed => self.random.below(12) as usize,
        }
    }

    fn text(&mut self) -> String {
        let len = match self.style {
            Style::Long if self.random.below(4) == 0 => i16::MAX as usize,
            _ => self.length(),
        };
        let wide = self.style == Style::Mixed && self.random.below(4) == 0;
        (0..len)
            .map(|_| {
                if wide {
                    ['é', '流', '🜂', '\u{0}', '"', '\\'][self.random.below(6) as usize]
                } else {
                    char::from(b'!' + self.random.below(94) as u8)
                }
            })
            .collect()
    }
}
