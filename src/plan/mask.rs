//! `after_unknown` and `after_sensitive`: trees of booleans in the shape of the values that they speak of.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::attributes::Refusal;
use crate::source::Origin;
use crate::value::Reference;

/// What a plan says about a value and its parts.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Mask<'a> {
    /// Nothing is said.
    #[default]
    Clear,
    /// It holds for the whole value; for an unknown one, what it refers to where the configuration tells
    /// ([`Mask::configured`] where it tells of something that cannot be followed).
    Set(Option<Box<Reference>>),
    /// It is said of each element.
    List(Vec<Mask<'a>>),
    /// It is said of each entry; sorted by key.
    Map(Vec<(Cow<'a, str>, Mask<'a>)>),
}

impl<'a> Mask<'a> {
    /// Reads the text of a mask; nothing at all is a clear one.
    ///
    /// # Errors
    /// A refusal at `place`, where the text is no mask or nested too deeply.
    pub(super) fn read(raw: Option<&'a RawValue>, place: Origin) -> Result<Mask<'a>, Refusal> {
        let refusal = |_| ("what is unknown or sensitive cannot be read".to_owned(), place);
        raw.map_or(Ok(Mask::Clear), |raw| serde_json::from_str(raw.get()).map_err(refusal))
    }

    /// What stands for a part that is configured with something that cannot be followed.
    pub(super) fn configured() -> Reference {
        Reference { address: "".into(), provider_type: "".into(), attribute: "".into() }
    }

    /// What is said about an entry.
    pub(super) fn entry(&self, key: &str) -> &Mask<'a> {
        match self {
            Mask::Map(entries) => match entries.binary_search_by(|(other, _)| (**other).cmp(key)) {
                Ok(at) => entries.get(at).map_or(&Mask::Clear, |(_, mask)| mask),
                Err(_) => &Mask::Clear,
            },
            Mask::Set(_) => self,
            Mask::Clear | Mask::List(_) => &Mask::Clear,
        }
    }

    /// What is said about an element.
    pub(super) fn element(&self, nth: usize) -> &Mask<'a> {
        match self {
            Mask::List(items) => items.get(nth).unwrap_or(&Mask::Clear),
            Mask::Set(_) => self,
            Mask::Clear | Mask::Map(_) => &Mask::Clear,
        }
    }

    /// Whether it holds for the value or any part of it.
    pub(super) fn any(&self) -> bool {
        match self {
            Mask::Clear => false,
            Mask::Set(_) => true,
            Mask::List(items) => items.iter().any(Mask::any),
            Mask::Map(entries) => entries.iter().any(|(_, mask)| mask.any()),
        }
    }

    /// The places that are set, depth first.
    pub(super) fn leaves<'m>(&'m mut self, found: &mut Vec<&'m mut Option<Box<Reference>>>) {
        match self {
            Mask::Clear => {}
            Mask::Set(refers) => found.push(refers),
            Mask::List(items) => items.iter_mut().for_each(|mask| mask.leaves(found)),
            Mask::Map(entries) => entries.iter_mut().for_each(|(_, mask)| mask.leaves(found)),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Mask<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Mask<'a>, D::Error> {
        deserializer.deserialize_any(MaskVisitor)
    }
}

/// A key that borrows from the text where it has no escapes.
#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

struct MaskVisitor;

impl<'de> Visitor<'de> for MaskVisitor {
    type Value = Mask<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a list or an object of such")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Mask<'de>, E> {
        Ok(if value { Mask::Set(None) } else { Mask::Clear })
    }

    fn visit_unit<E>(self) -> Result<Mask<'de>, E> {
        Ok(Mask::Clear)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Mask<'de>, A::Error> {
        let mut masks = Vec::new();
        while let Some(mask) = items.next_element()? {
            masks.push(mask);
        }
        Ok(Mask::List(masks))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Mask<'de>, A::Error> {
        let mut masks = Vec::new();
        while let Some((Key(key), mask)) = entries.next_entry()? {
            masks.push((key, mask));
        }
        masks.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Mask::Map(masks))
    }
}
