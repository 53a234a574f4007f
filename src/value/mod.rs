//! The one value tree of all front ends, and three-valued truth over it.
//!
//! A [`Value`] knows where it stands ([`Origin`]) and may be unknown as a whole ([`Unknown`]), unknown in part (a string
//! with holes, a list that may have further elements), or known with an inner structure (a string that `jsonencode` made).

mod digest;
mod field_name;
mod float;
mod json;
mod number;
mod rename;
mod text;
mod truth;

use std::sync::Arc;

pub use digest::Digester;
pub use field_name::FieldName;
pub(crate) use json::align;
pub use json::{
    DecodeError, JsonEvent, JsonReader, JsonSyntaxError, MAX_JSON_DEPTH, decode_json, encode_json, encoded_length,
    of_serde, to_serde,
};
pub use number::Number;
pub use rename::{Plain, Rename};
pub use text::{Piece, Text};
pub use truth::Truth;

use crate::source::Origin;

/// A value with the place that a person would edit to change it.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub data: Data,
    /// Where it stands.
    pub origin: Origin,
    /// Must never be printed: Terraform `sensitive`, CloudFormation `NoEcho`, a plan's `sensitive_values`.
    pub sensitive: bool,
    /// Terraform has it as a list, set or map, of which all elements have one type, and not as a tuple or object.
    pub collection: bool,
}

/// The kinds of value.
#[derive(Clone, Debug)]
pub enum Data {
    /// Absent; Terraform's `null`, CloudFormation's `AWS::NoValue`.
    Null,
    /// True or false.
    Bool(bool),
    /// A decimal number, as written.
    Number(Number),
    /// A string known as a whole and without inner structure.
    String(Arc<str>),
    /// A string put together from pieces: some may be unknown, or it holds encoded structure.
    Text(Arc<Text>),
    /// A list, tuple or set.
    List(Arc<List>),
    /// A map or object.
    Map(Arc<Map>),
    /// Not known before the deployment, with the reason.
    Unknown(Arc<Unknown>),
}

/// A list, tuple or set.
#[derive(Clone, Debug, Default)]
pub struct List {
    /// The known elements, in order; an element may itself be unknown.
    pub items: Vec<Value>,
    /// There may be further elements, for this reason. Where its candidates are lists, each further element is one of theirs, any
    /// number of times.
    pub rest: Option<Arc<Unknown>>,
    /// A Terraform set: sorted and without duplicates.
    pub is_set: bool,
}

/// A map or object; the entries are sorted by key and keys are unique.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
    /// There may be further entries, for this reason.
    pub rest: Option<Arc<Unknown>>,
    /// What is known of those further entries: `"${issuer}:sub" = …`.
    open: Option<Arc<Vec<OpenEntry>>>,
}

/// An entry of a [`Map`] of which the key is known in part.
#[derive(Clone, Debug)]
pub struct OpenEntry {
    /// The key, a string with holes.
    pub key: Value,
    /// The value.
    pub value: Value,
}

/// One entry of a [`Map`].
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Arc<str>,
    /// Where the key stands.
    pub key_origin: Origin,
    /// The value.
    pub value: Value,
}

impl Map {
    /// A map of these entries; of equal keys the last one stays.
    pub fn new(mut entries: Vec<Entry>) -> Map {
        if !entries.is_sorted_by(|a, b| a.key < b.key) {
            entries.reverse();
            entries.sort_by(|a, b| a.key.cmp(&b.key));
            entries.dedup_by(|later, kept| later.key == kept.key);
        }
        Map { entries, rest: None, open: None }
    }

    /// The same with further entries, of whose keys only parts are known; `rest` stands for any of them.
    #[must_use]
    pub fn with_open(mut self, entries: Vec<OpenEntry>) -> Map {
        let unknown = entries.iter().find_map(|entry| entry.key.first_unknown());
        self.rest = self.rest.or_else(|| unknown.map(derived));
        self.open = (!entries.is_empty()).then(|| Arc::new(entries));
        self
    }

    /// The entries of whose keys only parts are known: not all that `rest` may stand for.
    pub fn open_entries(&self) -> &[OpenEntry] {
        self.open.as_deref().map_or(&[], Vec::as_slice)
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let at = self.entries.binary_search_by(|entry| (*entry.key).cmp(key)).ok()?;
        self.entries.get(at)
    }

    /// All entries, sorted by key.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entries themselves.
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.entries.retain(|entry| &*entry.key != key);
    }

    /// Sets a key.
    pub fn insert(&mut self, entry: Entry) {
        match self.entries.binary_search_by(|other| other.key.cmp(&entry.key)) {
            Ok(at) => self.entries[at] = entry,
            Err(at) => self.entries.insert(at, entry),
        }
    }
}

/// Why a value is not known before the deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Why {
    /// A Terraform variable or CloudFormation parameter that has no value and no default.
    NoValue,
    /// An attribute that the provider or the service computes.
    AfterApply,
    /// A data source, an import of another stack, a dynamic reference.
    DataSource,
    /// A fact of the deployment, such as the account it goes to.
    Environment(Fact),
    /// A function that cannot be decided offline.
    Function,
    /// A module, template or file that is not in the scanned tree.
    NotInTree,
    /// The condition that chooses it is not known.
    Condition,
    /// The text is one that Terraform or CloudFormation would refuse; a diagnostic says more.
    Invalid,
    /// A limit of the scan was reached.
    Limit,
}

/// A fact of the deployment: every occurrence in one unit is the same unknown value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// The id of the account that is deployed to.
    Account,
    /// The region.
    Region,
    /// The partition (`aws`, `aws-cn`, `aws-us-gov`).
    Partition,
    /// The DNS suffix (`amazonaws.com`).
    UrlSuffix,
    /// The organization of the account.
    Organization,
    /// The identity that deploys.
    Caller,
    /// The name or id of the stack or workspace.
    Stack,
}

/// An unknown value: the reason, and what can still be said of it.
#[derive(Clone, Debug)]
pub struct Unknown {
    /// The reason.
    pub why: Why,
    /// What is unknown, in the user's words: `var.account_id`, `aws_iam_user.a.arn`, `AWS::AccountId`.
    pub subject: Arc<str>,
    /// Where it became unknown.
    pub origin: Origin,
    /// The resource attribute that the value stands for; it ties resources together though nothing is known.
    pub refers: Option<Reference>,
    /// It is one of these; empty where it may be anything.
    pub candidates: Vec<Value>,
    /// It was made from what `subject` names and need not be that value itself; unless `refers` tells, it is
    /// the same as no other unknown.
    pub derived: bool,
}

/// Why a list is open of which two parts are: what further elements are is only known where it is of both.
pub fn joined_rest(a: Option<Arc<Unknown>>, b: Option<Arc<Unknown>>) -> Option<Arc<Unknown>> {
    match (a, b) {
        (Some(a), Some(b)) => match (a.further(), b.further()) {
            (Some(_), Some(_)) => {
                let candidates = a.candidates.iter().chain(&b.candidates).cloned().collect();
                Some(Arc::new(Unknown { candidates, ..(*a).clone() }))
            }
            _ => Some(derived(&a)),
        },
        (one, other) => one.or(other),
    }
}

/// Why a list is open that is made from one: its elements are others, so that nothing is known of the further ones.
pub fn plain_rest(rest: &Option<Arc<Unknown>>) -> Option<Arc<Unknown>> {
    let plain = |unknown: &Arc<Unknown>| match unknown.candidates.is_empty() {
        true => unknown.clone(),
        false => Arc::new(Unknown { candidates: Vec::new(), ..(**unknown).clone() }),
    };
    rest.as_ref().map(plain)
}

/// The same reason for a value that was made from an unknown one and need not be that value itself.
pub fn derived(unknown: &Arc<Unknown>) -> Arc<Unknown> {
    if unknown.derived && unknown.refers.is_none() && unknown.candidates.is_empty() {
        return unknown.clone();
    }
    Arc::new(unknown.derived())
}

/// What an unknown value is, whatever it turns out to be: equal where two unknowns are certainly the same value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Identity {
    /// The attribute of a resource.
    Attribute(Reference),
    /// A fact of the deployment.
    Fact(Fact),
    /// An input without a value, by what it is called and where it stands.
    Input(Arc<str>, Origin),
}

/// An attribute of a resource of the same unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// The address of the resource, with instance keys.
    pub address: Arc<str>,
    /// Its provider type, such as `aws_iam_user` or `AWS::IAM::User`.
    pub provider_type: Arc<str>,
    /// The attribute: Terraform's name, or CloudFormation's `Ref` or `GetAtt` name.
    pub attribute: Arc<str>,
}

impl Unknown {
    /// An unknown without further knowledge.
    pub fn new(why: Why, subject: impl Into<Arc<str>>, origin: Origin) -> Unknown {
        Unknown { why, subject: subject.into(), origin, refers: None, candidates: Vec::new(), derived: false }
    }

    /// The same reason without what can be said of the value: it stands for something made from this unknown.
    #[must_use]
    pub fn derived(&self) -> Unknown {
        Unknown { derived: true, ..Unknown::new(self.why, self.subject.clone(), self.origin) }
    }

    /// Whether it is always one string that is not empty: the identity of a resource, or a fact of the deployment.
    pub fn is_text(&self) -> bool {
        let named = |attribute: &str| matches!(attribute, "arn" | "id" | "name" | "unique_id");
        let is_fact = matches!(self.why, Why::Environment(_));
        is_fact || self.refers.as_ref().is_some_and(|reference| named(&reference.attribute))
    }

    /// What makes it the same value as another unknown; none where nothing can be said about that.
    pub fn identity(&self) -> Option<Identity> {
        match (&self.refers, self.why) {
            // Whichever data source tells it.
            (_, Why::Environment(fact)) if !self.derived => Some(Identity::Fact(fact)),
            (Some(reference), _) => Some(Identity::Attribute(reference.clone())),
            _ if self.derived => None,
            (None, Why::NoValue) => Some(Identity::Input(self.subject.clone(), self.origin)),
            (None, _) => None,
        }
    }

    /// Whether both stand for the same value, whatever it is.
    pub fn is_same(&self, other: &Unknown) -> bool {
        self.identity().is_some_and(|identity| other.identity() == Some(identity))
    }

    /// What all candidates answer alike; undecided where they differ, or where it may be anything.
    pub fn agree(&self, test: impl Fn(&Value) -> Truth) -> Truth {
        let mut truths = self.candidates.iter().map(test);
        match truths.next() {
            Some(first) if truths.all(|truth| truth == first) => first,
            _ => Truth::Unknown,
        }
    }

    /// Of the reason why a list is open, or of a list that is not known: what its elements are among, where that is known.
    pub fn further(&self) -> Option<Vec<&Value>> {
        let mut found = Vec::new();
        for candidate in &self.candidates {
            match &candidate.data {
                Data::List(list) if list.rest.is_none() => found.extend(&list.items),
                Data::Null => {}
                _ => return None,
            }
        }
        (!self.candidates.is_empty()).then_some(found)
    }

    /// The reason as a phrase, to stand after "undecided:".
    pub fn reason(&self) -> String {
        let subject = &self.subject;
        match self.why {
            Why::NoValue => format!("`{subject}` has no value"),
            Why::AfterApply => format!("`{subject}` is known only after the deployment"),
            Why::DataSource => format!("`{subject}` is looked up outside of the configuration"),
            Why::Environment(_) => format!("`{subject}` depends on the account that is deployed to"),
            Why::Function => format!("`{subject}` cannot be computed offline"),
            Why::NotInTree => format!("{subject} is not in the scanned tree"),
            Why::Condition => format!("it depends on `{subject}`, which is not known"),
            Why::Invalid => format!("`{subject}` is not valid"),
            Why::Limit => format!("a limit of the scan was reached: {subject}"),
        }
    }
}

impl Value {
    /// A value of this kind at this place.
    pub fn new(data: Data, origin: Origin) -> Value {
        Value { data, origin, sensitive: false, collection: false }
    }

    /// Null.
    pub fn null(origin: Origin) -> Value {
        Value::new(Data::Null, origin)
    }

    /// A boolean.
    pub fn bool(value: bool, origin: Origin) -> Value {
        Value::new(Data::Bool(value), origin)
    }

    /// A whole number.
    pub fn integer(value: i64, origin: Origin) -> Value {
        Value::new(Data::Number(Number::from(value)), origin)
    }

    /// A string.
    pub fn string(value: impl Into<Arc<str>>, origin: Origin) -> Value {
        Value::new(Data::String(value.into()), origin)
    }

    /// A list.
    pub fn list(items: Vec<Value>, origin: Origin) -> Value {
        Value::new(Data::List(Arc::new(List { items, rest: None, is_set: false })), origin)
    }

    /// A map; of equal keys the last one stays.
    pub fn map(entries: Vec<Entry>, origin: Origin) -> Value {
        Value::new(Data::Map(Arc::new(Map::new(entries))), origin)
    }

    /// A map of fields that all carry their own place.
    pub fn fields<K: FieldName>(fields: impl IntoIterator<Item = (K, Value)>, origin: Origin) -> Value {
        let entry = |(key, value): (K, Value)| Entry { key: key.shared(), key_origin: value.origin, value };
        Value::map(fields.into_iter().map(entry).collect(), origin)
    }

    /// An unknown value.
    pub fn unknown(unknown: impl Into<Arc<Unknown>>, origin: Origin) -> Value {
        Value::new(Data::Unknown(unknown.into()), origin)
    }

    /// The same value at another place.
    #[must_use]
    pub fn at(mut self, origin: Origin) -> Value {
        self.origin = origin;
        self
    }

    /// The same value, marked sensitive where `sensitive` holds.
    #[must_use]
    pub fn marked(mut self, sensitive: bool) -> Value {
        self.sensitive |= sensitive;
        self
    }

    /// The same value as a list, set or map instead of a tuple or object.
    #[must_use]
    pub fn as_collection(mut self) -> Value {
        self.collection = true;
        self
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.data, Data::Null)
    }

    /// The reason, where the value is unknown as a whole.
    pub fn as_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            _ => None,
        }
    }

    /// The string, where it is one and known as a whole.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            Data::Text(text) => text.known(),
            _ => None,
        }
    }

    /// The scalar as text: a known string, a number as written, `true` or `false`.
    pub fn scalar_text(&self) -> Option<std::borrow::Cow<'_, str>> {
        match &self.data {
            Data::Bool(true) => Some("true".into()),
            Data::Bool(false) => Some("false".into()),
            Data::Number(number) => Some(number.to_string().into()),
            _ => self.as_str().map(Into::into),
        }
    }

    /// The boolean; the strings `true` and `false` count, as they do for both languages.
    pub fn as_bool(&self) -> Option<bool> {
        match &self.data {
            Data::Bool(value) => Some(*value),
            _ => match self.as_str()? {
                "true" => Some(true),
                "false" => Some(false),
                _ => None,
            },
        }
    }

    /// The number; a string of digits counts, as it does for both languages.
    pub fn as_number(&self) -> Option<Number> {
        match &self.data {
            Data::Number(number) => Some(number.clone()),
            _ => Number::parse(self.as_str()?),
        }
    }

    /// The map.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.data {
            Data::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list, tuple or set.
    pub fn as_list(&self) -> Option<&List> {
        match &self.data {
            Data::List(list) => Some(list),
            _ => None,
        }
    }

    /// The value of a key, where this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.as_map()?.get(key)
    }

    /// The elements of a list, or the value itself as the only one; nothing for null.
    pub fn elements(&self) -> &[Value] {
        match &self.data {
            Data::List(list) => &list.items,
            Data::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }

    /// The first unknown in the value, depth first, or none where all of it is known.
    pub fn first_unknown(&self) -> Option<&Arc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown),
            Data::Text(text) => text.first_unknown(),
            Data::List(list) => list.items.iter().find_map(Value::first_unknown).or(list.rest.as_ref()),
            Data::Map(map) => map.entries().iter().find_map(|e| e.value.first_unknown()).or(map.rest.as_ref()),
            _ => None,
        }
    }

    /// The first unknown part that may turn out to have no value at all: anything but what a reference stands for, and
    /// within a string anything that may be no string.
    pub fn first_unsure(&self) -> Option<&Arc<Unknown>> {
        match &self.data {
            Data::Unknown(unknown) => Some(unknown).filter(|unknown| unknown.refers.is_none()),
            Data::Text(text) => match text.pieces() {
                Some(pieces) => pieces.iter().find_map(|piece| match piece {
                    Piece::Hole(unknown, _) if !unknown.is_text() => Some(unknown),
                    _ => None,
                }),
                None => text.json().and_then(Value::first_unsure),
            },
            Data::List(list) => list.items.iter().find_map(Value::first_unsure).or(list.rest.as_ref()),
            Data::Map(map) => map
                .entries()
                .iter()
                .find_map(|e| e.value.first_unsure())
                .or(map.rest.as_ref().filter(|rest| rest.refers.is_none())),
            _ => None,
        }
    }

    /// Whether the value or any part of it is sensitive.
    pub fn holds_sensitive(&self) -> bool {
        self.sensitive
            || match &self.data {
                Data::List(list) => list.items.iter().any(Value::holds_sensitive),
                Data::Map(map) => map.entries().iter().any(|entry| entry.value.holds_sensitive()),
                _ => false,
            }
    }
}
