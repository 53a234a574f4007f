//! Strings that were put together: partly known, or with structure inside.

use std::sync::{Arc, OnceLock};

use super::{Data, Truth, Unknown, Value};
use crate::source::Origin;

/// A string made of pieces, or the JSON text of a value.
#[derive(Debug)]
pub struct Text {
    content: Content,
    known: OnceLock<Option<Box<str>>>,
}

#[derive(Debug)]
enum Content {
    Pieces(Vec<Piece>),
    Json(Value),
}

/// A piece of a string, with the place of its own text.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Known text.
    Known(Arc<str>, Origin),
    /// A hole: some string that is not known.
    Hole(Arc<Unknown>, Origin),
}

impl Text {
    /// The string of these pieces, in order.
    pub fn of_pieces(pieces: Vec<Piece>) -> Text {
        Text { content: Content::Pieces(pieces), known: OnceLock::new() }
    }

    /// The string that `jsonencode(value)` gives; the value stays at hand with its places.
    pub fn of_json(value: Value) -> Text {
        Text { content: Content::Json(value), known: OnceLock::new() }
    }

    /// The value behind an encoded string.
    pub fn json(&self) -> Option<&Value> {
        match &self.content {
            Content::Json(value) => Some(value),
            Content::Pieces(_) => None,
        }
    }

    /// The pieces, where the string was put together from such.
    pub fn pieces(&self) -> Option<&[Piece]> {
        match &self.content {
            Content::Pieces(pieces) => Some(pieces),
            Content::Json(_) => None,
        }
    }

    /// The whole string, where all of it is known.
    pub fn known(&self) -> Option<&str> {
        let join = || match &self.content {
            Content::Json(value) => super::encode_json(value).map(Into::into),
            Content::Pieces(pieces) => {
                let mut joined = String::new();
                for piece in pieces {
                    match piece {
                        Piece::Known(text, _) => joined.push_str(text),
                        Piece::Hole(..) => return None,
                    }
                }
                Some(joined.into())
            }
        };
        self.known.get_or_init(join).as_deref()
    }

    /// The first hole.
    pub fn first_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.content {
            Content::Json(value) => value.first_unknown(),
            Content::Pieces(pieces) => pieces.iter().find_map(|piece| match piece {
                Piece::Hole(unknown, _) => Some(unknown),
                Piece::Known(..) => None,
            }),
        }
    }
}

impl Value {
    /// A string of pieces: neighbouring known pieces are kept apart, since each has its own place.
    /// Without a hole and with one piece it becomes a plain string.
    pub fn of_pieces(mut pieces: Vec<Piece>, origin: Origin) -> Value {
        pieces.retain(|piece| !matches!(piece, Piece::Known(text, _) if text.is_empty()));
        match pieces.as_slice() {
            [] => Value::string("", origin),
            [Piece::Known(text, at)] => Value::string(text.clone(), if origin.is_some() { origin } else { *at }),
            _ => Value::new(Data::Text(Arc::new(Text::of_pieces(pieces))), origin),
        }
    }

    /// The string as pieces: a plain string is one, an unknown value is one hole.
    /// `None` for what is no string (numbers and booleans are, as text).
    pub fn to_pieces(&self) -> Option<Vec<Piece>> {
        match &self.data {
            Data::String(text) => Some(vec![Piece::Known(text.clone(), self.origin)]),
            Data::Unknown(unknown) => Some(vec![Piece::Hole(unknown.clone(), self.origin)]),
            Data::Text(text) => match text.pieces() {
                Some(pieces) => Some(pieces.to_vec()),
                None => match (text.known(), text.first_unknown()) {
                    (Some(known), _) => Some(vec![Piece::Known(known.into(), self.origin)]),
                    (None, Some(unknown)) => Some(vec![Piece::Hole(unknown.clone(), self.origin)]),
                    (None, None) => None,
                },
            },
            _ => self.scalar_text().map(|text| vec![Piece::Known(text.as_ref().into(), self.origin)]),
        }
    }

    /// As [`Value::to_pieces`], with the known pieces that follow each other as one: what is read out of a string, such as a
    /// policy variable, may stand in several.
    pub fn to_joined_pieces(&self) -> Option<Vec<Piece>> {
        let mut joined: Vec<Piece> = Vec::new();
        for piece in self.to_pieces()? {
            match (joined.last_mut(), piece) {
                (Some(Piece::Known(before, _)), Piece::Known(text, _)) => *before = [&**before, &*text].concat().into(),
                (_, piece) => joined.push(piece),
            }
        }
        Some(joined)
    }

    /// The text as a pattern in which `*` stands for every hole, for what is text at all.
    pub fn with_holes_as_wildcards(&self) -> Option<String> {
        let piece = |piece: &Piece| match piece {
            Piece::Known(text, _) => text.to_string(),
            Piece::Hole(..) => "*".to_owned(),
        };
        Some(self.to_pieces()?.iter().map(piece).collect())
    }

    /// The known text before the first hole.
    pub fn known_prefix(&self) -> String {
        let mut prefix = String::new();
        for piece in self.to_pieces().unwrap_or_default() {
            match piece {
                Piece::Known(text, _) => prefix.push_str(&text),
                Piece::Hole(..) => break,
            }
        }
        prefix
    }

    /// The known text after the last hole.
    pub fn known_suffix(&self) -> String {
        let mut parts: Vec<Arc<str>> = Vec::new();
        for piece in self.to_pieces().unwrap_or_default().into_iter().rev() {
            match piece {
                Piece::Known(text, _) => parts.push(text),
                Piece::Hole(..) => break,
            }
        }
        parts.iter().rev().map(|part| &**part).collect()
    }
}

/// Whether a string with holes may be this text: its known parts stand in it one after the other, the outer ones at its
/// ends.
fn may_be(value: &Value, text: &str) -> bool {
    let (prefix, suffix) = (value.known_prefix(), value.known_suffix());
    let Some(inner) = text.strip_prefix(&*prefix).and_then(|rest| rest.strip_suffix(&*suffix)) else {
        return value.as_str().is_some_and(|known| known == text);
    };
    let pieces = value.to_pieces().unwrap_or_default();
    let is_hole = |piece: &Piece| matches!(piece, Piece::Hole(..));
    let (Some(first), Some(last)) = (pieces.iter().position(is_hole), pieces.iter().rposition(is_hole)) else {
        return true;
    };
    let mut rest = inner;
    for piece in pieces.get(first..last).unwrap_or_default() {
        if let Piece::Known(part, _) = piece {
            let Some(at) = rest.find(&**part) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or("");
        }
    }
    true
}

/// Equality of two strings of which at least one has holes: different known ends decide against it,
/// equal pieces with the same unknowns decide for it.
pub(super) fn may_be_equal(a: &Value, b: &Value) -> Truth {
    let differ = |x: &str, y: &str| !x.starts_with(y) && !y.starts_with(x);
    if differ(&a.known_prefix(), &b.known_prefix()) {
        return Truth::False;
    }
    let reversed = |value: &Value| value.known_suffix().chars().rev().collect::<String>();
    if differ(&reversed(a), &reversed(b)) {
        return Truth::False;
    }
    let is_excluded = |text: &Value, known: &Value| known.as_str().is_some_and(|known| !may_be(text, known));
    if is_excluded(a, b) || is_excluded(b, a) {
        return Truth::False;
    }
    // The one hole of an encoded value stands for all of its text, of which more is known than the hole says.
    let is_encoded = |value: &Value| matches!(&value.data, Data::Text(text) if text.json().is_some());
    if is_encoded(a) || is_encoded(b) {
        return Truth::Unknown;
    }
    if let (Some(x), Some(y)) = (a.to_pieces(), b.to_pieces()) {
        let same = |(x, y): (&Piece, &Piece)| match (x, y) {
            (Piece::Known(s, _), Piece::Known(t, _)) => s == t,
            (Piece::Hole(s, _), Piece::Hole(t, _)) => s.is_same(t),
            _ => false,
        };
        if x.len() == y.len() && x.iter().zip(&y).all(same) {
            return Truth::True;
        }
    }
    Truth::Unknown
}
