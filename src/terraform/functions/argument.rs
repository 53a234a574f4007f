//! How functions read their arguments and place their results.

use std::borrow::Cow;
use std::sync::Arc;

use super::super::unify::elements;
use super::{Context, FunctionError};
use crate::value::{Data, Entry, List, Map, Number, Piece, Unknown, Value, Why};

/// No result has more elements than this.
pub(super) const MAX_ELEMENTS: usize = 1_000_000;

/// No result has more bytes than this.
pub(super) const MAX_TEXT: usize = 4 << 20;

/// No text is made of more pieces than this.
pub(super) const MAX_PIECES: usize = 100_000;

/// Values are not followed deeper than this.
pub(super) const MAX_DEPTH: usize = 128;

/// Why a function gives no result of its own.
pub(super) enum Stop {
    /// The call is wrong.
    Failed(FunctionError),
    /// The result depends on this.
    Unknown(Arc<Unknown>),
}

/// What a function gives.
pub(super) type Outcome = Result<Value, Stop>;

/// One call of a function.
pub(super) struct Call<'a> {
    pub(super) name: &'a str,
    pub(super) arguments: &'a [Value],
    pub(super) context: &'a Context<'a>,
}

impl<'a> Call<'a> {
    pub(super) fn fail(&self, message: impl Into<String>) -> Stop {
        Stop::Failed(FunctionError { argument: None, message: message.into() })
    }

    pub(super) fn fail_at(&self, argument: usize, message: impl Into<String>) -> Stop {
        Stop::Failed(FunctionError { argument: Some(argument), message: message.into() })
    }

    pub(super) fn too_large(&self) -> Stop {
        self.fail("the result is too large")
    }

    fn wrong_type(&self, argument: usize, wanted: &str) -> Stop {
        let found = self.arguments.get(argument).map_or("nothing", kind_name);
        self.fail_at(argument, format!("{wanted} is required, not {found}"))
    }

    /// An unknown for the same reason, which stands for another value: what is computed from an unknown is not the same
    /// as the unknown itself.
    pub(super) fn derived(&self, unknown: &Unknown) -> Arc<Unknown> {
        let (why, subject) = match unknown.why {
            Why::Environment(_) => (Why::Function, format!("{}({})", self.name, unknown.subject).into()),
            why => (why, unknown.subject.clone()),
        };
        Arc::new(Unknown { derived: true, ..Unknown::new(why, subject, self.context.origin) })
    }

    pub(super) fn undecided(&self, unknown: &Unknown) -> Stop {
        Stop::Unknown(self.derived(unknown))
    }

    /// The first unknown part of a value as the reason that nothing can be said.
    pub(super) fn undecided_by(&self, value: &Value) -> Stop {
        match value.first_unknown() {
            Some(unknown) => self.undecided(unknown),
            None => self.offline(),
        }
    }

    /// The call itself is what cannot be computed.
    pub(super) fn offline(&self) -> Stop {
        Stop::Unknown(Arc::new(Unknown::new(Why::Function, format!("{}()", self.name), self.context.origin)))
    }

    /// An argument, whatever it is.
    pub(super) fn any(&self, at: usize) -> Result<&'a Value, Stop> {
        self.arguments.get(at).ok_or_else(|| self.fail_at(at, "the argument is missing"))
    }

    /// An argument that is neither null nor unknown as a whole.
    pub(super) fn value(&self, at: usize) -> Result<&'a Value, Stop> {
        let value = self.any(at)?;
        match &value.data {
            Data::Null => Err(self.fail_at(at, "the argument must not be null")),
            Data::Unknown(unknown) => Err(self.undecided(unknown)),
            _ => Ok(value),
        }
    }

    pub(super) fn text(&self, at: usize) -> Result<Cow<'a, str>, Stop> {
        let value = self.value(at)?;
        match (value.scalar_text(), &value.data) {
            (Some(text), _) => Ok(text),
            (None, Data::Text(_)) => Err(self.undecided_by(value)),
            _ => Err(self.wrong_type(at, "a string")),
        }
    }

    /// A string of which parts may be unknown.
    pub(super) fn pieces(&self, at: usize) -> Result<Vec<Piece>, Stop> {
        self.value(at)?.to_pieces().ok_or_else(|| self.wrong_type(at, "a string"))
    }

    pub(super) fn number(&self, at: usize) -> Result<Number, Stop> {
        let value = self.value(at)?;
        match (to_number(value), &value.data) {
            (Some(number), _) => Ok(number),
            (None, Data::Text(text)) if text.known().is_none() => Err(self.undecided_by(value)),
            _ => Err(self.wrong_type(at, "a number")),
        }
    }

    pub(super) fn whole(&self, at: usize) -> Result<i64, Stop> {
        self.number(at)?.as_i64().ok_or_else(|| self.fail_at(at, "a whole number is required"))
    }

    pub(super) fn list(&self, at: usize) -> Result<&'a List, Stop> {
        self.value(at)?.as_list().ok_or_else(|| self.wrong_type(at, "a list or set"))
    }

    /// The elements of a list of which all are there.
    pub(super) fn items(&self, at: usize) -> Result<&'a [Value], Stop> {
        let list = self.list(at)?;
        match &list.rest {
            Some(rest) => Err(self.undecided(rest)),
            None => Ok(&list.items),
        }
    }

    pub(super) fn map(&self, at: usize) -> Result<&'a Map, Stop> {
        self.value(at)?.as_map().ok_or_else(|| self.wrong_type(at, "a map or object"))
    }

    /// The known strings of a list.
    pub(super) fn texts(&self, at: usize) -> Result<Vec<Cow<'a, str>>, Stop> {
        let text = |item: &'a Value| match item.scalar_text() {
            Some(text) => Ok(text),
            None if item.is_null() => Err(self.fail_at(at, "no element may be null")),
            None if item.first_unknown().is_some() => Err(self.undecided_by(item)),
            None => Err(self.fail_at(at, format!("every element must be a string, not {}", kind_name(item)))),
        };
        self.items(at)?.iter().map(text).collect()
    }

    pub(super) fn give_string(&self, text: impl Into<Arc<str>>) -> Outcome {
        let text = text.into();
        if text.len() > MAX_TEXT {
            return Err(self.too_large());
        }
        Ok(Value::string(composed(text), self.context.origin))
    }

    /// A string of pieces; one that is known as a whole becomes a plain string of this call.
    pub(super) fn give_pieces(&self, pieces: Vec<Piece>) -> Outcome {
        let length = |piece: &Piece| if let Piece::Known(text, _) = piece { text.len() } else { 0 };
        if pieces.iter().map(length).sum::<usize>() > MAX_TEXT {
            return Err(self.too_large());
        }
        let known: Option<String> =
            pieces.iter().map(|piece| if let Piece::Known(text, _) = piece { Some(&**text) } else { None }).collect();
        match (known, pieces.as_slice()) {
            (Some(known), _) => self.give_string(known),
            (None, [Piece::Hole(unknown, _)]) => Ok(Value::unknown(unknown.clone(), self.context.origin)),
            (None, _) => Ok(Value::of_pieces(pieces, self.context.origin)),
        }
    }

    pub(super) fn give_number(&self, number: Number) -> Outcome {
        Ok(Value::new(Data::Number(number), self.context.origin))
    }

    pub(super) fn give_bool(&self, value: bool) -> Outcome {
        Ok(Value::bool(value, self.context.origin))
    }

    /// A tuple, all of which is there.
    pub(super) fn give_items(&self, items: Vec<Value>) -> Outcome {
        self.give_list(List { items, rest: None, is_set: false })
    }

    /// A list whose elements have one type.
    pub(super) fn give_elements(&self, items: Vec<Value>) -> Outcome {
        Ok(self.give_items(items)?.as_collection())
    }

    /// The elements as those of one collection.
    pub(super) fn unify(&self, argument: usize, items: Vec<Value>) -> Result<Vec<Value>, Stop> {
        let mixed = || self.fail_at(argument, "the elements have no single type in common");
        elements(items).ok_or_else(mixed)
    }

    pub(super) fn give_list(&self, list: List) -> Outcome {
        if list.items.len() > MAX_ELEMENTS {
            return Err(self.too_large());
        }
        let is_set = list.is_set;
        let value = Value::new(Data::List(Arc::new(list)), self.context.origin);
        Ok(if is_set { value.as_collection() } else { value })
    }

    pub(super) fn give_entries(&self, entries: Vec<Entry>, rest: Option<Arc<Unknown>>) -> Outcome {
        if entries.len() > MAX_ELEMENTS {
            return Err(self.too_large());
        }
        let mut map = Map::new(entries);
        map.rest = rest;
        Ok(Value::new(Data::Map(Arc::new(map)), self.context.origin))
    }

    /// A fresh string in a list or map that this call makes.
    pub(super) fn part(&self, text: impl Into<Arc<str>>) -> Value {
        Value::string(text, self.context.origin)
    }
}

/// Strings are normalised as Terraform does it: what looks the same is the same.
pub(super) fn composed(text: Arc<str>) -> Arc<str> {
    if text.is_ascii() || unicode_normalization::is_nfc(&text) {
        return text;
    }
    unicode_normalization::UnicodeNormalization::nfc(&*text).collect::<String>().into()
}

/// What a value is, for messages.
pub(super) fn kind_name(value: &Value) -> &'static str {
    match &value.data {
        Data::Null => "null",
        Data::Bool(_) => "a boolean",
        Data::Number(_) => "a number",
        Data::String(_) | Data::Text(_) => "a string",
        Data::List(list) if list.is_set => "a set",
        Data::List(_) => "a list",
        Data::Map(_) => "a map",
        Data::Unknown(_) => "an unknown value",
    }
}

/// A string or number as a boolean, as Terraform converts it.
pub(in crate::terraform) fn to_bool(value: &Value) -> Option<bool> {
    match &value.data {
        Data::Bool(value) => Some(*value),
        _ => match value.as_str()? {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
    }
}

/// A number or the text of one, as Terraform converts it: unlike in a literal, a sign and bare points may stand there.
pub(in crate::terraform) fn to_number(value: &Value) -> Option<Number> {
    if let Some(number) = value.as_number() {
        return Some(number);
    }
    let text = value.as_str()?;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let zero = if digits.starts_with('.') { "0" } else { "" };
    Number::parse(&format!("{sign}{zero}{}", digits.strip_suffix('.').unwrap_or(digits)))
}
