//! What a configuration value may be: its type, the rule it must keep, and how its text is read.
//!
//! Both the topic keys of [`super::topic_config`] and the broker's catalogue describe their keys with these types, so that a
//! value refused at start is refused for the same reason when it arrives over the wire. Text is read as Kafka reads it:
//! blanks around it do not count, booleans have no case, lists are split at commas. Two differences are meant: a double must
//! be finite and decimal, since a ratio of `NaN` would pass every range check and mean nothing.

use std::fmt;

/// The type of a configuration value, as DescribeConfigs tells it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `true` or `false`.
    Bool,
    /// Any text.
    String,
    /// 32-bit whole number.
    Int,
    /// 16-bit whole number.
    Short,
    /// 64-bit whole number.
    Long,
    /// Decimal number.
    Double,
    /// Texts separated by commas.
    List,
    /// The name of a Java class.
    Class,
    /// A secret: never shown.
    Password,
}

impl Kind {
    /// The type's number in a DescribeConfigs response.
    pub fn code(self) -> i8 {
        match self {
            Kind::Bool => 1,
            Kind::String => 2,
            Kind::Int => 3,
            Kind::Short => 4,
            Kind::Long => 5,
            Kind::Double => 6,
            Kind::List => 7,
            Kind::Class => 8,
            Kind::Password => 9,
        }
    }

    /// The type's name in catalogues and messages.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Bool => "boolean",
            Kind::String => "string",
            Kind::Int => "int",
            Kind::Short => "short",
            Kind::Long => "long",
            Kind::Double => "double",
            Kind::List => "list",
            Kind::Class => "class",
            Kind::Password => "password",
        }
    }

    /// The type of that name.
    pub fn from_name(name: &str) -> Option<Kind> {
        use Kind::*;
        [Bool, String, Int, Short, Long, Double, List, Class, Password].into_iter().find(|kind| kind.name() == name)
    }

    /// The whole numbers of this type; everything else has none.
    fn bounds(self) -> Option<(i64, i64)> {
        match self {
            Kind::Int => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Kind::Short => Some((i64::from(i16::MIN), i64::from(i16::MAX))),
            Kind::Long => Some((i64::MIN, i64::MAX)),
            _ => None,
        }
    }
}

/// What a value must satisfy besides being of its type.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Rule {
    /// Nothing.
    Any,
    /// A whole number from `min` to `max`, both included.
    Range {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
    },
    /// A whole number from `min` to `max`, or the one value `or` that means something else.
    RangeOr {
        /// Smallest.
        min: i64,
        /// Largest.
        max: i64,
        /// The exception.
        or: i64,
    },
    /// A decimal number from `min` to `max`, both included.
    Real {
        /// Smallest.
        min: f64,
        /// Largest.
        max: f64,
    },
    /// One of these words, written `a|b|c`.
    OneOf(&'static str),
    /// One of these words in any case.
    OneOfAnyCase(&'static str),
    /// A list, possibly empty, of these words.
    EachOf(&'static str),
    /// Not empty.
    Filled,
    /// `*`, or a list of `partition:broker` pairs.
    Replicas,
}

impl Rule {
    /// At least `min`.
    pub const fn at_least(min: i64) -> Rule {
        Rule::Range { min, max: i64::MAX }
    }

    /// Checks a value of type `kind` and says in words what is wrong with it.
    pub fn check(self, kind: Kind, text: &str) -> Result<(), String> {
        let text = trim(text);
        match kind {
            Kind::Bool => parse_bool(text).map(drop).ok_or_else(|| not_a(text, "true or false")),
            Kind::Int | Kind::Short | Kind::Long => self.check_whole(kind, text),
            Kind::Double => self.check_real(text),
            Kind::String | Kind::List | Kind::Class | Kind::Password => self.check_words(text),
        }
    }

    fn check_whole(self, kind: Kind, text: &str) -> Result<(), String> {
        let number =
            parse_whole(kind, text).ok_or_else(|| not_a(text, &format!("a whole number ({})", kind.name())))?;
        let fits = match self {
            Rule::Range { min, max } => (min..=max).contains(&number),
            Rule::RangeOr { min, max, or } => (min..=max).contains(&number) || number == or,
            _ => true,
        };
        if fits { Ok(()) } else { Err(format!("{number} is out of range: {self}")) }
    }

    fn check_real(self, text: &str) -> Result<(), String> {
        let number = parse_real(text).ok_or_else(|| not_a(text, "a decimal number"))?;
        match self {
            Rule::Real { min, max } if !(min..=max).contains(&number) => {
                Err(format!("{number} is out of range: {self}"))
            }
            _ => Ok(()),
        }
    }

    fn check_words(self, text: &str) -> Result<(), String> {
        let refuse = |word: &str| Err(format!("`{}` is not allowed: {self}", excerpt(word)));
        match self {
            Rule::OneOf(words) if !words.split('|').any(|word| word == text) => refuse(text),
            Rule::OneOfAnyCase(words) if !words.split('|').any(|word| word.eq_ignore_ascii_case(text)) => refuse(text),
            Rule::EachOf(words) => match list(text).find(|item| !words.split('|').any(|word| word == *item)) {
                Some(item) => refuse(item),
                None => Ok(()),
            },
            Rule::Filled if text.is_empty() => Err("an empty value is not allowed".to_owned()),
            Rule::Replicas if text != "*" => match list(text).find(|item| !item.is_empty() && !is_replica(item)) {
                Some(item) => refuse(item),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spaced = |words: &str| words.replace('|', ", ");
        match *self {
            Rule::Any => write!(f, "any value"),
            Rule::Range { min, max } if max == i64::MAX => write!(f, "at least {min}"),
            Rule::Range { min, max } => write!(f, "{min} to {max}"),
            Rule::RangeOr { min, max, or } => write!(f, "{min} to {max}, or {or}"),
            Rule::Real { min, max } => write!(f, "{min} to {max}"),
            Rule::OneOf(words) => write!(f, "one of {}", spaced(words)),
            Rule::OneOfAnyCase(words) => write!(f, "one of {} in any case", spaced(words)),
            Rule::EachOf(words) => write!(f, "a list of {}", spaced(words)),
            Rule::Filled => write!(f, "not empty"),
            Rule::Replicas => write!(f, "`*`, or a list of partition:broker"),
        }
    }
}

/// The text without the blanks and control characters around it, as Java trims.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c| c <= ' ')
}

/// `true` or `false` in any case.
pub fn parse_bool(text: &str) -> Option<bool> {
    match trim(text) {
        text if text.eq_ignore_ascii_case("true") => Some(true),
        text if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A whole number that fits the type `kind`.
pub fn parse_whole(kind: Kind, text: &str) -> Option<i64> {
    let (min, max) = kind.bounds()?;
    trim(text).parse().ok().filter(|number| (min..=max).contains(number))
}

/// A finite decimal number; Java's suffixes `d` and `f` are let pass.
pub fn parse_real(text: &str) -> Option<f64> {
    let text = trim(text);
    let text = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    text.parse().ok().filter(|number: &f64| number.is_finite() && !text.is_empty())
}

/// The items of a list: an empty text has none.
pub fn list(text: &str) -> impl Iterator<Item = &str> {
    let text = trim(text);
    let items = if text.is_empty() { None } else { Some(text.split(',').map(trim)) };
    items.into_iter().flatten()
}

fn is_replica(item: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    item.split_once(':').is_some_and(|(partition, broker)| digits(partition) && digits(broker))
}

fn not_a(text: &str, what: &str) -> String {
    format!("`{}` is not {what}", excerpt(text))
}

/// The beginning of a value of unknown length, for a message.
fn excerpt(text: &str) -> &str {
    const CHARS_MAX: usize = 80;
    text.char_indices().nth(CHARS_MAX).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_the_value_and_what_is_allowed() {
        let check = |rule: Rule, kind, text| rule.check(kind, text).unwrap_err();
        assert_eq!(check(Rule::at_least(1), Kind::Int, "0"), "0 is out of range: at least 1");
        assert_eq!(check(Rule::RangeOr { min: 1, max: 9, or: -1 }, Kind::Int, "0"), "0 is out of range: 1 to 9, or -1");
        assert_eq!(check(Rule::Real { min: 0.0, max: 1.0 }, Kind::Double, "1.5"), "1.5 is out of range: 0 to 1");
        assert_eq!(check(Rule::OneOf("a|b"), Kind::String, "c"), "`c` is not allowed: one of a, b");
        assert_eq!(check(Rule::Any, Kind::Int, "9999999999"), "`9999999999` is not a whole number (int)");
        assert_eq!(check(Rule::Any, Kind::Bool, "yes"), "`yes` is not true or false");
    }

    #[test]
    fn a_long_value_is_cut_at_a_character() {
        let text = "ü".repeat(500);
        let said = Rule::Any.check(Kind::Int, &text).unwrap_err();
        assert!(said.starts_with(&format!("`{}`", "ü".repeat(80))), "{said}");
    }

    #[test]
    fn every_kind_has_its_own_name_and_number() {
        let codes: Vec<i8> = ["boolean", "string", "int", "short", "long", "double", "list", "class", "password"]
            .iter()
            .map(|name| Kind::from_name(name).expect("a kind").code())
            .collect();
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }
}
