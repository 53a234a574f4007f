//! The outputs of a plan.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::attributes::{Ground, Names, Overlay, Refusal, Subject, read_value};
use super::entry::{Action, ChangeText, Values, decode};
use super::link::Links;
use super::mask::Mask;
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
    #[serde(borrow, default)]
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
pub(super) fn outputs<'a>(changes: &RawEntries<'a>, planned: &RawEntries<'a>, is_state: bool) -> Vec<Output<'a>> {
    let mut values: Vec<_> =
        planned.0.iter().map(|(name, value)| (decode(name).unwrap_or_default(), *name, *value)).collect();
    values.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    let read = |whole: &'a RawValue| serde_json::from_str::<OutputText<'a>>(whole.get()).unwrap_or_default();
    let find = |name: &str| values.binary_search_by(|(other, ..)| (**other).cmp(name)).ok();
    let mut found = Vec::new();
    let mut seen = vec![false; values.len()];
    for (name, whole) in &changes.0 {
        let Ok(change) = serde_json::from_str::<ChangeText<'a>>(whole.get()) else { continue };
        let (action, values_of) = change.take();
        let at = decode(name).and_then(|name| find(&name));
        let planned = at.and_then(|at| values.get(at)).map(|(_, _, value)| read(value)).unwrap_or_default();
        if let Some(seen) = at.and_then(|at| seen.get_mut(at)) {
            *seen = true;
        }
        let sensitive = planned.sensitive;
        found.push(Output { name, whole, action, values: values_of, sensitive, absent_is_unknown: false });
    }
    for (name, whole) in &planned.0 {
        let at = decode(name).and_then(|name| find(&name));
        if at.and_then(|at| seen.get(at)).copied().unwrap_or(false) {
            continue;
        }
        let OutputText { sensitive, value } = read(whole);
        let values = Values { after: value, ..Values::default() };
        found.push(Output { name, whole, action: Action::Create, values, sensitive, absent_is_unknown: !is_state });
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
        let mask = |raw: Option<&RawValue>| Mask::read(raw).map_err(|error| (error.to_string(), place));
        let mut unknown = mask(self.values.after_unknown)?;
        if self.absent_is_unknown && self.values.after.is_none() {
            unknown = Mask::Set(None);
        }
        links.annotate_output(&name, &mut unknown);
        let declared = self.sensitive.is_some_and(|raw| raw.get() == "true");
        let sensitive = if declared { Mask::Set(None) } else { mask(self.values.after_sensitive)? };
        let is_sensitive = matches!(sensitive, Mask::Set(_));
        let mut read = |raw: Option<&RawValue>, overlay: &Overlay<'_>| match (raw, overlay.unknown) {
            (Some(raw), _) => read_value(raw.get(), ground, &subject, overlay, names),
            (None, Mask::Set(refers)) => {
                let refers = refers.as_deref().cloned();
                Ok(Value::unknown(subject.unknown("", refers), place).marked(overlay.sensitive.any()))
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
                let before = if declared { Mask::Set(None) } else { mask(self.values.before_sensitive)? };
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
        })
    }
}
