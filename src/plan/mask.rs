//! `after_unknown` and `after_sensitive`: trees of booleans in the shape of the values that they speak of.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::value::Reference;

/// What a plan says about a value and its parts.
#[derive(Debug, Default, PartialEq)]
pub(super) enum Mask {
    /// Nothing is said.
    #[default]
    Clear,
    /// It holds for the whole value; for an unknown one, what it refers to where the configuration tells.
    Set(Option<Box<Reference>>),
    /// It is said of each element.
    List(Vec<Mask>),
    /// It is said of each entry; sorted by key.
    Map(Vec<(String, Mask)>),
}

impl Mask {
    /// Reads the text of a mask; nothing at all is a clear one.
    ///
    /// # Errors
    /// Whatever serde_json says of a text that is nested too deeply.
    pub(super) fn read(raw: Option<&RawValue>) -> Result<Mask, serde_json::Error> {
        raw.map_or(Ok(Mask::Clear), |raw| serde_json::from_str(raw.get()))
    }

    /// What is said about an entry.
    pub(super) fn entry(&self, key: &str) -> &Mask {
        match self {
            Mask::Map(entries) => match entries.binary_search_by(|(other, _)| other.as_str().cmp(key)) {
                Ok(at) => entries.get(at).map_or(&Mask::Clear, |(_, mask)| mask),
                Err(_) => &Mask::Clear,
            },
            Mask::Set(_) => self,
            Mask::Clear | Mask::List(_) => &Mask::Clear,
        }
    }

    /// What is said about an element.
    pub(super) fn element(&self, nth: usize) -> &Mask {
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

impl<'de> Deserialize<'de> for Mask {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Mask, D::Error> {
        deserializer.deserialize_any(MaskVisitor)
    }
}

struct MaskVisitor;

impl<'de> Visitor<'de> for MaskVisitor {
    type Value = Mask;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a list or an object of such")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Mask, E> {
        Ok(if value { Mask::Set(None) } else { Mask::Clear })
    }

    fn visit_unit<E>(self) -> Result<Mask, E> {
        Ok(Mask::Clear)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Mask, A::Error> {
        let mut masks = Vec::new();
        while let Some(mask) = items.next_element()? {
            masks.push(mask);
        }
        Ok(Mask::List(masks))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Mask, A::Error> {
        let mut masks: Vec<(String, Mask)> = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            masks.push(entry);
        }
        masks.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(Mask::Map(masks))
    }
}
