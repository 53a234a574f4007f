//! The entries of a plan that stand for resources, in either of its forms.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::attributes::Ground;
use crate::diagnostic::Diagnostic;
use crate::model::Mode;
use crate::source::Origin;

/// What a plan does to a resource or output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Made anew.
    Create,
    /// Left as it is, or only read.
    Keep,
    /// Changed in place or replaced.
    Update,
    /// Destroyed, or no longer looked after.
    Delete,
}

impl Action {
    /// The action that a list of words stands for; what is not known is judged by whether there is a before.
    pub(super) fn of(actions: &[Cow<'_, str>], has_before: bool) -> Action {
        let has = |word: &str| actions.iter().any(|action| action == word);
        let goes = has("delete") || has("forget");
        if has("update") || (has("create") && goes) {
            Action::Update
        } else if has("create") {
            Action::Create
        } else if goes {
            Action::Delete
        } else if has("no-op") || has("read") {
            Action::Keep
        } else if has_before {
            Action::Update
        } else {
            Action::Create
        }
    }
}

/// One resource of a plan, its values still text.
pub(super) struct Entry<'a> {
    pub(super) address: Cow<'a, str>,
    /// The text of the address.
    pub(super) place: Origin,
    /// The whole entry.
    pub(super) extent: Origin,
    pub(super) provider_type: Cow<'a, str>,
    pub(super) mode: Mode,
    pub(super) action: Action,
    pub(super) values: Values<'a>,
    /// From `planned_values`: what is unknown is left out.
    pub(super) partial: bool,
}

/// The texts of a resource's or output's values.
#[derive(Clone, Copy, Default)]
pub(super) struct Values<'a> {
    pub(super) before: Option<&'a RawValue>,
    pub(super) before_sensitive: Option<&'a RawValue>,
    pub(super) after: Option<&'a RawValue>,
    pub(super) after_unknown: Option<&'a RawValue>,
    pub(super) after_sensitive: Option<&'a RawValue>,
}

/// A change of `resource_changes` or `output_changes`.
#[derive(Deserialize)]
pub(super) struct ChangeText<'a> {
    #[serde(borrow, default)]
    actions: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    before: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "also_null")]
    after: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_unknown: Option<&'a RawValue>,
    #[serde(borrow, default)]
    before_sensitive: Option<&'a RawValue>,
    #[serde(borrow, default)]
    after_sensitive: Option<&'a RawValue>,
}

impl<'a> ChangeText<'a> {
    /// What happens, and the values.
    pub(super) fn take(self) -> (Action, Values<'a>) {
        let ChangeText { actions, before, after, after_unknown, before_sensitive, after_sensitive } = self;
        let action = Action::of(&actions, before.is_some());
        (action, Values { before, before_sensitive, after, after_unknown, after_sensitive })
    }
}

#[derive(Deserialize)]
struct ResourceChangeText<'a> {
    #[serde(borrow)]
    address: &'a RawValue,
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    provider_type: Cow<'a, str>,
    #[serde(borrow)]
    change: ChangeText<'a>,
}

#[derive(Deserialize)]
struct ResourceValuesText<'a> {
    #[serde(borrow)]
    address: &'a RawValue,
    #[serde(borrow, default)]
    mode: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    provider_type: Cow<'a, str>,
    #[serde(borrow, default)]
    values: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sensitive_values: Option<&'a RawValue>,
}

/// A module of `planned_values` or of a state.
#[derive(Deserialize, Default)]
pub(super) struct ModuleValues<'a> {
    #[serde(borrow, default)]
    resources: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    child_modules: Vec<ModuleValues<'a>>,
}

impl<'a> ModuleValues<'a> {
    /// All resources of the module and those below it, in the order of the text. The depth is the reader's limit at most.
    pub(super) fn resources(&self, found: &mut Vec<&'a RawValue>) {
        found.extend(&self.resources);
        for module in &self.child_modules {
            module.resources(found);
        }
    }
}

impl<'a> Entry<'a> {
    /// Reads an entry of `resource_changes`.
    ///
    /// # Errors
    /// A diagnostic, where it is not such an entry.
    pub(super) fn of_change(raw: &'a RawValue, ground: Ground<'_>) -> Result<Entry<'a>, Diagnostic> {
        let text: ResourceChangeText<'a> = object(raw).ok_or_else(|| refusal(raw, ground, "resource_changes"))?;
        let address = decode(text.address).ok_or_else(|| refusal(raw, ground, "resource_changes"))?;
        let (action, values) = text.change.take();
        Ok(Entry {
            address,
            place: ground.origin(text.address.get()),
            extent: ground.origin(raw.get()),
            provider_type: text.provider_type,
            mode: mode(&text.mode),
            action,
            values,
            partial: false,
        })
    }

    /// Reads a resource of `planned_values` (`partial`) or of a state.
    ///
    /// # Errors
    /// A diagnostic, where it is not such an entry.
    pub(super) fn of_values(raw: &'a RawValue, ground: Ground<'_>, partial: bool) -> Result<Entry<'a>, Diagnostic> {
        let text: ResourceValuesText<'a> = object(raw).ok_or_else(|| refusal(raw, ground, "resources"))?;
        let address = decode(text.address).ok_or_else(|| refusal(raw, ground, "resources"))?;
        let values = Values { after: text.values, after_sensitive: text.sensitive_values, ..Values::default() };
        Ok(Entry {
            address,
            place: ground.origin(text.address.get()),
            extent: ground.origin(raw.get()),
            provider_type: text.provider_type,
            mode: mode(&text.mode),
            action: Action::Create,
            values,
            partial,
        })
    }
}

/// A value that is there, be it null.
pub(super) fn also_null<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&'a RawValue>::deserialize(deserializer).map(Some)
}

/// Reads an object; a struct would also be read from a list of its fields.
pub(super) fn object<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    raw.get().starts_with('{').then(|| serde_json::from_str(raw.get()).ok()).flatten()
}

fn mode(word: &str) -> Mode {
    if word == "data" { Mode::Data } else { Mode::Managed }
}

/// The string that a JSON text stands for.
pub(super) fn decode(raw: &RawValue) -> Option<Cow<'_, str>> {
    let inner = raw.get().strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') { serde_json::from_str(raw.get()).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inner)) }
}

/// The word on an entry that cannot be read.
pub(super) fn refusal(raw: &RawValue, ground: Ground<'_>, list: &str) -> Diagnostic {
    Diagnostic::error("plan-entry", format!("an entry of `{list}` is not what a plan has there"))
        .at(ground.origin(raw.get()), "passed over")
        .help("it should be an object as `terraform show -json` writes it")
}
