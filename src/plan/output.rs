//! The outputs of a plan.

use std::collections::{HashMap, HashSet};
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::attributes::{Ground, Names, Overlay, Refusal, Subject, read_value};
use super::entry::{Action, ChangeText, Values, also_null, decode, object, refusal};
use super::link::Links;
use super::mask::Mask;
use crate::diagnostic::Diagnostic;
use crate::model::{Change, Mode, Resource};
use crate::source::Origin;
use crate::value::Value;

/// The entries of an object in the order of the text, names and values still text.
#[derive(Default)]
pub(super) struct RawEntries<'a>(pub(super) Vec<(&'a RawValue, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for RawEntries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RawEntries<'a>, D::Error> {
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = RawEntries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<RawEntries<'de>, E> {
                Ok(RawEntries::default())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawEntries<'de>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(RawEntries(entries))
            }
        }
        deserializer.deserialize_any(EntriesVisitor)
    }
}

#[derive(Deserialize, Default)]
struct OutputText<'a> {
    #[serde(borrow, default)]
    sensitive: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "also_null")]
    value: Option<&'a RawValue>,
}

/// One output, its values still text.
pub(super) struct Output<'a> {
    name: &'a RawValue,
    whole: &'a RawValue,
    action: Action,
    values: Values<'a>,
    sensitive: Option<&'a RawValue>,
    /// There is no word on what is unknown: an absent value is.
    absent_is_unknown: bool,
}

/// Brings together the changes of outputs and their planned values, in the order of the changes.
pub(super) fn outputs<'a>(
    changes: &RawEntries<'a>,
    planned: &RawEntries<'a>,
    is_state: bool,
    ground: Ground<'_>,
) -> Vec<Result<Output<'a>, Diagnostic>> {
    let mut planned: Vec<_> =
        planned.0.iter().map(|(name, whole)| (decode(name).unwrap_or_default(), *name, *whole)).collect();
    let mut found = Vec::new();
    let by_name: HashMap<_, _> = planned.iter().map(|(text, _, whole)| (text.clone(), *whole)).collect();
    let mut changed = HashSet::new();
    for (name, whole) in &changes.0 {
        let text = decode(name).unwrap_or_default();
        let declared: Option<OutputText<'a>> = by_name.get(&text).and_then(|whole| object(whole));
        let sensitive = declared.and_then(|declared| declared.sensitive);
        changed.insert(text);
        let change: Option<ChangeText<'a>> = object(whole);
        let change = change.ok_or_else(|| refusal(whole, ground, "output_changes"));
        found.push(change.map(|change| {
            let (action, values) = change.take();
            Output { name, whole, action, values, sensitive, absent_is_unknown: false }
        }));
    }
    planned.retain(|(text, ..)| !changed.contains(text));
    for (_, name, whole) in planned {
        let output: Option<OutputText<'a>> = object(whole);
        let output = output.ok_or_else(|| refusal(whole, ground, "outputs"));
        found.push(output.map(|OutputText { sensitive, value }| {
            let values = Values { after: value, ..Values::default() };
            Output { name, whole, action: Action::Create, values, sensitive, absent_is_unknown: !is_state }
        }));
    }
    found
}

impl Output<'_> {
    /// The output as a resource.
    ///
    /// # Errors
    /// The place of a value that is nested too deeply.
    pub(super) fn resource(
        &self,
        ground: Ground<'_>,
        links: &Links<'_>,
        names: &mut Names,
    ) -> Result<Resource, Refusal> {
        let place = ground.origin(self.name.get());
        let name = decode(self.name).unwrap_or_default();
        let subject = Subject { address: format!("output.{name}").into(), provider_type: None, place };
        let mut unknown = Mask::read(self.values.after_unknown, place)?;
        if self.absent_is_unknown && self.values.after.is_none() {
            unknown = Mask::Set(None);
        }
        links.annotate_output(&name, &mut unknown);
        let declared = self.sensitive.is_some_and(|raw| raw.get() == "true");
        let sensitive = if declared { Mask::Set(None) } else { Mask::read(self.values.after_sensitive, place)? };
        let is_sensitive = matches!(sensitive, Mask::Set(_));
        let mut read = |raw: Option<&RawValue>, overlay: &Overlay<'_, '_>| match (raw, overlay.unknown) {
            (Some(raw), _) => read_value(raw.get(), ground, &subject, overlay, names),
            (None, mask) if mask.any() => {
                let refers = match mask {
                    Mask::Set(refers) => refers.as_deref().cloned(),
                    _ => None,
                };
                Ok(Value::unknown(subject.whole(refers), place).marked(overlay.sensitive.any()))
            }
            (None, _) => Ok(Value::null(place)),
        };
        let fields = |value: Value| {
            let flag = Value::bool(is_sensitive, self.sensitive.map_or(place, |raw| ground.origin(raw.get())));
            Value::fields([("sensitive", flag), ("value", value)], ground.origin(self.whole.get()))
        };
        let value = read(self.values.after, &Overlay { unknown: &unknown, sensitive: &sensitive, partial: false })?;
        let change = match self.action {
            Action::Create => Change::Create,
            Action::Keep => Change::None,
            Action::Delete => Change::Delete,
            Action::Update => {
                let before = if declared { Mask::Set(None) } else { Mask::read(self.values.before_sensitive, place)? };
                let overlay = Overlay { unknown: &Mask::Clear, sensitive: &before, partial: false };
                Change::Update(Box::new(fields(read(self.values.before, &overlay)?)))
            }
        };
        let extent = Origin { file: place.file, span: place.span.join(ground.origin(self.whole.get()).span) };
        Ok(Resource {
            address: subject.address.clone(),
            provider_type: names.get(Resource::OUTPUT),
            mode: Mode::Output,
            attributes: fields(value),
            origin: place,
            extent,
            change,
            possible: None,
            chain: [].into(),
            construct: None,
            account: None,
        })
    }
}
