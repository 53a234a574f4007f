//! Kinds: one vocabulary for both languages, declared as data in `kinds/*.toml`.
//!
//! A row says how resources of one provider type answer the questions of a kind: from which attribute a field comes, what
//! the provider does when it is absent, which other resource answers it. `each` makes an instance of every element of a
//! list attribute, so that an inline policy inside of a user is an inline policy like any other.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use serde::Deserialize;

use super::{Change, Relations, Resource, Unit};
use crate::source::Origin;
use crate::value::{Data, List, Reference, Unknown, Value, Why, of_serde};

/// The files that declare the kinds.
const DECLARATIONS: [&str; 5] = [
    include_str!("kinds/identity.toml"),
    include_str!("kinds/resource-policy.toml"),
    include_str!("kinds/account.toml"),
    include_str!("kinds/resource-grant.toml"),
    include_str!("kinds/public-access.toml"),
];

/// All kinds. The rows of a provider type are read when somebody asks for them: most scans meet few types.
#[derive(Debug, Default)]
pub struct Kinds {
    by_provider_type: HashMap<&'static str, Declared>,
    names: HashSet<&'static str>,
}

/// The declarations of one provider type: kind and text of each.
#[derive(Debug, Default)]
struct Declared {
    texts: Vec<(&'static str, &'static str)>,
    rows: OnceLock<Vec<KindRow>>,
}

/// How one provider type answers the questions of one kind.
#[derive(Debug)]
pub struct KindRow {
    /// The kind.
    pub kind: Arc<str>,
    each: Option<String>,
    when: Option<(String, Vec<String>)>,
    fields: Vec<(Arc<str>, Field)>,
}

/// Where a field comes from.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Field {
    /// Names joined by dots; `.` is the element itself.
    path: Option<String>,
    /// The path starts at the resource, also where `each` walks its elements.
    #[serde(default)]
    of_resource: bool,
    /// What the provider does where the attribute is absent.
    default: Option<toml::Value>,
    /// The value, whatever the resource says.
    constant: Option<toml::Value>,
    /// The resource itself, as something that others refer to.
    #[serde(default)]
    itself: bool,
    /// Whether the attribute is there at all.
    #[serde(default)]
    present: bool,
    /// The resources that the attribute refers to, as a list of `{ type, attribute }`.
    #[serde(default)]
    references: bool,
    /// Resources of this provider type …
    related: Option<String>,
    /// … whose attribute of this name refers to this one.
    by: Option<String>,
}

#[derive(Deserialize)]
struct RowDeclaration {
    each: Option<String>,
    when: Option<std::collections::BTreeMap<String, Vec<String>>>,
    #[serde(flatten)]
    fields: toml::Table,
}

/// A resource, or an element of it, seen as a kind.
#[derive(Clone, Copy, Debug)]
pub struct KindInstance<'u> {
    /// The row that makes it one.
    pub row: &'u KindRow,
    /// The position of the resource in its unit.
    pub index: usize,
    /// The resource.
    pub resource: &'u Resource,
    /// The element of `each`.
    pub element: Option<&'u Value>,
}

impl Kinds {
    /// The built-in kinds.
    pub fn built_in() -> &'static Kinds {
        static KINDS: OnceLock<Kinds> = OnceLock::new();
        KINDS.get_or_init(|| Kinds::declared(&DECLARATIONS))
    }

    fn declared(texts: &[&'static str]) -> Kinds {
        let mut kinds = Kinds::default();
        for (kind, provider_type, text) in texts.iter().copied().flat_map(sections) {
            kinds.names.insert(kind);
            kinds.by_provider_type.entry(provider_type).or_default().texts.push((kind, text));
        }
        kinds
    }

    /// Whether some provider type answers to this kind.
    pub fn has_kind(&self, kind: &str) -> bool {
        self.names.contains(kind)
    }

    /// The fields that some provider type of a kind has, sorted.
    pub fn field_names(&self, kind: &str) -> Vec<String> {
        let types: std::collections::BTreeSet<&str> = self.by_provider_type.keys().copied().collect();
        let rows =
            types.into_iter().flat_map(|provider_type| self.rows(provider_type)).filter(|row| &*row.kind == kind);
        let names: std::collections::BTreeSet<&str> = rows.flat_map(KindRow::field_names).map(|name| &**name).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The rows of a provider type.
    pub fn rows(&self, provider_type: &str) -> &[KindRow] {
        let Some(declared) = self.by_provider_type.get(provider_type) else { return &[] };
        declared.rows.get_or_init(|| {
            // The declarations are compiled in, and a test reads every one of them.
            declared.texts.iter().filter_map(|(kind, text)| KindRow::read(kind, text).ok()).collect()
        })
    }

    /// The kind that a resource as a whole is, for display; none for a type that no kind declares.
    pub fn kind_of(&self, provider_type: &str) -> Option<&Arc<str>> {
        self.rows(provider_type).iter().find(|row| row.each.is_none()).map(|row| &row.kind)
    }

    /// All instances of all kinds in a unit, in the order of its resources.
    pub fn instances<'u>(&'u self, unit: &'u Unit) -> impl Iterator<Item = KindInstance<'u>> {
        let judged = |resource: &Resource| !matches!(resource.mode, super::Mode::Data | super::Mode::Ephemeral);
        unit.resources.iter().enumerate().filter(move |(_, r)| judged(r)).flat_map(move |(index, resource)| {
            self.rows(&resource.provider_type).iter().flat_map(move |row| row.instances(index, resource))
        })
    }
}

impl Kinds {
    /// What data sources are, as [`Kinds::instances`] of what is deployed.
    pub fn looked_up<'u>(&'u self, unit: &'u Unit) -> impl Iterator<Item = KindInstance<'u>> {
        let of_data = |resource: &Resource| matches!(resource.mode, super::Mode::Data);
        unit.resources.iter().enumerate().filter(move |(_, r)| of_data(r)).flat_map(move |(index, resource)| {
            self.rows(&resource.provider_type).iter().flat_map(move |row| row.instances(index, resource))
        })
    }
}

/// The tables of a declaration, whose headers are all of the form `[kind."provider type"]`: kind, provider type, text.
fn sections(text: &'static str) -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    text.strip_prefix('[').into_iter().chain(text.split("\n[").skip(1)).filter_map(|section| {
        let (header, rest) = section.split_once('\n').unwrap_or((section, ""));
        let (kind, provider_type) = header.split_once(".\"")?;
        Some((kind, provider_type.split_once("\"]")?.0, rest))
    })
}

impl KindRow {
    fn read(kind: &str, text: &str) -> Result<KindRow, toml::de::Error> {
        let row: RowDeclaration = toml::from_str(text)?;
        let mut fields = Vec::with_capacity(row.fields.len());
        for (name, field) in row.fields {
            fields.push((Arc::from(name), field.try_into::<Field>()?));
        }
        let when = row.when.and_then(|when| when.into_iter().next());
        Ok(KindRow { kind: kind.into(), each: row.each, when, fields })
    }

    fn instances<'u>(&'u self, index: usize, resource: &'u Resource) -> Vec<KindInstance<'u>> {
        if let Some((path, values)) = &self.when {
            let found = descend(&resource.attributes, path);
            let fits = found.scalar_text().is_some_and(|text| values.iter().any(|value| *value == text));
            let absent = found.is_null() && values.iter().any(String::is_empty);
            if !fits && !absent {
                return Vec::new();
            }
        }
        let instance = |element| KindInstance { row: self, index, resource, element };
        let Some(each) = &self.each else { return vec![instance(None)] };
        let Some(list) = borrow(&resource.attributes, each) else { return Vec::new() };
        if list.as_unknown().is_some() {
            // How many there are is not known: see `rest`.
            return Vec::new();
        }
        list.elements().iter().map(|element| instance(Some(element))).collect()
    }

    /// Whether one of the fields, or the list that `each` walks, is that of an attribute of this name.
    pub fn reads(&self, attribute: &str) -> bool {
        let paths = self.fields.iter().filter_map(|(_, field)| field.path.as_deref()).chain(self.each.as_deref());
        paths.flat_map(|path| path.split('.')).any(|part| part == attribute)
    }

    /// The names of the fields.
    pub fn field_names(&self) -> impl Iterator<Item = &Arc<str>> {
        self.fields.iter().map(|(name, _)| name)
    }

    /// The reason why a list that `each` walks may have further elements, if there is one. A list that the provider
    /// fills in by itself adds nothing to what other resources say.
    pub fn rest(&self, resource: &Resource) -> Option<Arc<Unknown>> {
        let list = borrow(&resource.attributes, self.each.as_ref()?)?;
        match &list.data {
            Data::Unknown(unknown) => {
                let is_own = unknown.refers.as_ref().is_some_and(|refers| refers.address == resource.address);
                (!is_own).then(|| unknown.clone())
            }
            Data::List(list) => list.rest.clone(),
            _ => None,
        }
    }
}

impl<'u> KindInstance<'u> {
    /// Where the instance stands: the element, or the resource's header.
    pub fn origin(&self) -> Origin {
        self.element.map_or(self.resource.origin, |element| element.origin.or(self.resource.origin))
    }

    /// Where the resource says what a field is: the attribute, though its value may come from elsewhere.
    pub fn place_of(&self, name: &str) -> Option<Origin> {
        let (_, field) = self.row.fields.iter().find(|(other, _)| &**other == name)?;
        let path = field.path.as_deref().filter(|path| *path != ".")?;
        let start = self.element.filter(|_| !field.of_resource).unwrap_or(&self.resource.attributes);
        let first = path.split('.').next()?;
        start.as_map()?.entry(first).map(|entry| entry.key_origin)
    }

    /// Whether the row has such a field.
    pub fn has_field(&self, name: &str) -> bool {
        self.row.fields.iter().any(|(field, _)| &**field == name)
    }

    /// The value of a field; null where the kind's row does not have it or the resource does not set it.
    /// `relations` answer fields that other resources hold.
    pub fn field(&self, name: &str, relations: &Relations<'u>) -> Value {
        let nowhere = Value::null(self.origin());
        let Some((_, field)) = self.row.fields.iter().find(|(other, _)| &**other == name) else { return nowhere };
        if let Some(constant) = &field.constant {
            return of_toml(constant, self.origin());
        }
        if field.itself {
            return self.reference(self.origin());
        }
        if let (Some(related), Some(by)) = (&field.related, &field.by) {
            let found = relations.referring(related, by, self.index);
            return found.unwrap_or_else(|| default_of(field, nowhere.origin));
        }
        let start = self.element.filter(|_| !field.of_resource).unwrap_or(&self.resource.attributes);
        let found = match field.path.as_deref() {
            None | Some(".") => start.clone(),
            Some(path) => descend(start, path),
        };
        // What is absent has no place of its own.
        let found = if found.is_null() { default_of(field, self.origin()) } else { found };
        if field.present {
            return match found.as_unknown() {
                Some(unknown) if unknown.why != Why::AfterApply => found,
                _ => Value::bool(!found.is_null(), found.origin),
            };
        }
        if field.references {
            let mut references = Vec::new();
            collect_references(&found, &mut references);
            return Value::list(references, found.origin);
        }
        found
    }

    /// The value that a field had before the change that a plan makes, where the attributes themselves say it; `None`
    /// where the resource, or the element of this name, was not there.
    pub fn field_before(&self, name: &str) -> Option<Value> {
        let Change::Update(before) = &self.resource.change else { return None };
        let (_, field) = self.row.fields.iter().find(|(other, _)| &**other == name)?;
        let path = field.path.as_deref()?;
        let start = match (&self.row.each, self.element) {
            (Some(each), Some(element)) if !field.of_resource => {
                let name = element.get("name")?;
                let same = |other: &&Value| other.get("name").is_some_and(|other| other.equals(name).is_true());
                borrow(before, each)?.elements().iter().find(same)?
            }
            _ => before,
        };
        Some(if path == "." { start.clone() } else { descend(start, path) })
    }

    /// The resource as something that others refer to.
    pub fn reference(&self, origin: Origin) -> Value {
        let resource = self.resource;
        let mut unknown = Unknown::new(Why::AfterApply, resource.address.clone(), resource.origin);
        unknown.refers = Some(Reference {
            address: resource.address.clone(),
            provider_type: resource.provider_type.clone(),
            attribute: "id".into(),
        });
        Value::unknown(unknown, origin)
    }
}

fn default_of(field: &Field, origin: Origin) -> Value {
    field.default.as_ref().map_or_else(|| Value::null(origin), |default| of_toml(default, origin))
}

/// A value of a TOML file as a value of ours, all of it at one place.
pub fn of_toml(value: &toml::Value, origin: Origin) -> Value {
    match value {
        toml::Value::String(text) => Value::string(text.as_str(), origin),
        toml::Value::Integer(number) => Value::integer(*number, origin),
        toml::Value::Boolean(value) => Value::bool(*value, origin),
        toml::Value::Float(number) => Value::string(number.to_string(), origin),
        toml::Value::Datetime(date) => Value::string(date.to_string(), origin),
        toml::Value::Array(items) => Value::list(items.iter().map(|item| of_toml(item, origin)).collect(), origin),
        toml::Value::Table(table) => {
            Value::fields(table.iter().map(|(key, value)| (key.clone(), of_toml(value, origin))), origin)
        }
    }
}

/// The value at a path of names joined by dots; null where it is absent, unknown where the way is. A list of one stands
/// for its element, since both languages write single blocks as lists; a longer list gives the list of what its elements
/// have there.
pub fn descend(value: &Value, path: &str) -> Value {
    let Some((name, rest)) = path.split_once('.').or(Some((path, ""))) else { return value.clone() };
    if name.is_empty() {
        return value.clone();
    }
    match &value.data {
        Data::Map(map) => match map.get(name) {
            Some(inner) => descend(inner, rest),
            None => match &map.rest {
                Some(unknown) => Value::unknown(unknown.clone(), value.origin),
                None => Value::null(value.origin),
            },
        },
        Data::List(list) => match (list.items.as_slice(), &list.rest) {
            ([single], None) => descend(single, path),
            ([], None) => Value::null(value.origin),
            (items, more) => {
                let items = items.iter().map(|item| descend(item, path)).filter(|item| !item.is_null()).collect();
                let list = List { items, rest: more.clone(), is_set: false };
                Value::new(Data::List(Arc::new(list)), value.origin)
            }
        },
        Data::Unknown(_) => value.clone(),
        // Structure that is handed over as JSON text, such as the parameters of a Config rule.
        Data::Text(text) if text.json().is_some() => text.json().map_or_else(|| value.clone(), |j| descend(j, path)),
        Data::Text(text) if text.known().is_none() => match text.first_unknown() {
            Some(unknown) => Value::unknown(unknown.clone(), value.origin),
            None => Value::null(value.origin),
        },
        Data::String(_) | Data::Text(_) => match value.as_str().and_then(|text| of_json_object(text, value.origin)) {
            Some(inner) => descend(&inner, path),
            None => Value::null(value.origin),
        },
        _ => Value::null(value.origin),
    }
}

fn of_json_object(text: &str, origin: Origin) -> Option<Value> {
    let parsed: serde_json::Value = serde_json::from_str(text.trim_start().starts_with('{').then_some(text)?).ok()?;
    Some(of_serde(&parsed, origin))
}

/// Like [`descend`] without cloning, through maps and lists of one only.
fn borrow<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    let mut value = value;
    for name in path.split('.') {
        if let Data::List(list) = &value.data {
            value = match list.items.as_slice() {
                [single] => single,
                _ => return None,
            };
        }
        value = value.get(name)?;
    }
    Some(value)
}

fn collect_references(value: &Value, references: &mut Vec<Value>) {
    let mut take = |unknown: &Unknown, origin: Origin| {
        if let Some(reference) = &unknown.refers {
            let fields = [
                ("type", Value::string(reference.provider_type.clone(), origin)),
                ("attribute", Value::string(reference.attribute.clone(), origin)),
                ("address", Value::string(reference.address.clone(), origin)),
            ];
            references.push(Value::fields(fields, origin));
        }
    };
    match &value.data {
        Data::Unknown(unknown) => take(unknown, value.origin),
        Data::Text(text) => match (text.pieces(), text.json()) {
            (Some(pieces), _) => {
                for piece in pieces {
                    if let crate::value::Piece::Hole(unknown, origin) = piece {
                        take(unknown, *origin);
                    }
                }
            }
            (None, Some(inner)) => collect_references(inner, references),
            (None, None) => {}
        },
        Data::List(list) => list.items.iter().for_each(|item| collect_references(item, references)),
        Data::Map(map) => map.entries().iter().for_each(|entry| collect_references(&entry.value, references)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_is_read() {
        for text in DECLARATIONS {
            let tables: toml::Table = toml::from_str(text).unwrap();
            let declared: usize = tables.values().map(|rows| rows.as_table().unwrap().len()).sum();
            assert_eq!(sections(text).count(), declared);
            for (kind, provider_type, text) in sections(text) {
                let row = KindRow::read(kind, text).unwrap_or_else(|error| panic!("{kind} {provider_type}: {error}"));
                let whole: toml::Table = tables[kind][provider_type].clone().try_into().unwrap();
                let fields: Vec<&str> = row.field_names().map(|name| &**name).collect();
                let expected: Vec<&str> =
                    whole.keys().map(String::as_str).filter(|key| !["each", "when"].contains(key)).collect();
                assert_eq!(fields, expected);
            }
        }
        assert!(Kinds::built_in().has_kind("user"));
    }

    #[test]
    fn a_list_of_one_stands_for_its_element() {
        let inner = Value::fields([("b", Value::integer(1, Origin::NONE))], Origin::NONE);
        let outer = Value::fields([("a", Value::list(vec![inner], Origin::NONE))], Origin::NONE);
        assert_eq!(descend(&outer, "a.b").as_number(), Some(1.into()));
    }

    /// A bucket whose logging is a resource of its own, which names the bucket by reference.
    #[test]
    fn another_resource_answers_a_field() {
        let kinds = Kinds::declared(&["[bucket.\"aws_s3_bucket\"]\n\
            logging = { related = \"aws_s3_bucket_logging\", by = \"bucket\", default = false }\n"]);
        let resource = |address: &str, attributes: Vec<(&'static str, Value)>| Resource {
            address: address.into(),
            provider_type: address.split('.').next().unwrap().into(),
            mode: super::super::Mode::Managed,
            attributes: Value::fields(attributes, Origin::NONE),
            origin: Origin::NONE,
            extent: Origin::NONE,
            change: super::super::Change::Create,
            possible: None,
            chain: Arc::new([]),
            construct: None,
            account: None,
        };
        let mut id = Unknown::new(Why::AfterApply, "aws_s3_bucket.a.id", Origin::NONE);
        let (address, provider_type) = ("aws_s3_bucket.a".into(), "aws_s3_bucket".into());
        id.refers = Some(Reference { address, provider_type, attribute: "id".into() });
        let target = ("target_bucket", Value::string("logs", Origin::NONE));
        let resources = vec![
            resource("aws_s3_bucket.a", vec![]),
            resource("aws_s3_bucket.b", vec![]),
            resource("aws_s3_bucket_logging.a", vec![("bucket", Value::unknown(id, Origin::NONE)), target]),
        ];
        let unit = &Unit::new(super::super::UnitKind::Terraform, ".", resources);
        let relations = Relations::new(unit, &kinds, &[]);
        let answers: Vec<Value> = kinds.instances(unit).map(|instance| instance.field("logging", &relations)).collect();
        assert_eq!(answers[0].get("target_bucket").and_then(Value::as_str), Some("logs"));
        assert_eq!(answers[1].as_bool(), Some(false));
    }
}
