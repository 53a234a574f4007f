//! `aws_iam_policy_document`: the document that the provider renders, with the places of the blocks it came from.
//!
//! The rules of merging are those of the provider (`source_policy_documents`, `override_policy_documents`): statements
//! without a sid are never replaced; an override replaces the statement of the same sid.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{Origin, Sources};
use crate::value::{
    Data, Entry, List, Map, OpenEntry, Piece, Text, Truth, Unknown, Value, Why, decode_json, derived, joined_rest,
    plain_rest,
};

/// The value of the attribute `json`, and what the provider would refuse in it.
pub(super) fn render(arguments: &Map, origin: Origin, sources: &Sources) -> (Value, Vec<Diagnostic>) {
    let mut merged = Merged::default();
    for name in ["source_json", "source_policy_documents"] {
        merged.take_documents(arguments.get(name), Step::Source, sources);
    }
    let own = arguments.get("statement").map(statements).unwrap_or_default();
    // What may be there may take the place of what has its sid.
    let replaces = |one: &&Value| sid(one).is_some_and(|mine| merged.may_hold(mine));
    let is_apart = own.1.as_ref().and_then(|rest| rest.further()).is_some_and(|all| !all.iter().any(replaces));
    let more = if is_apart { own.1.clone() } else { plain_rest(&own.1) };
    merged.rest = joined_rest(joined_rest(merged.rest.take(), more), arguments.rest.clone());
    merged.begin_own();
    for statement in own.0 {
        merged.put(statement, Step::Own);
    }
    let given = |name: &str| arguments.get(name).filter(|value| !value.is_null()).cloned();
    merged.head(given("version").or_else(|| Some(Value::string(VERSION, origin))), given("policy_id"));
    for name in ["override_json", "override_policy_documents"] {
        merged.take_documents(arguments.get(name), Step::Override, sources);
    }
    let version = merged.version.unwrap_or_else(|| Value::string(VERSION, origin));
    let mut entries = vec![("Version", version)];
    entries.extend(merged.id.map(|id| ("Id", id)));
    let list = List { items: merged.statements, rest: merged.rest, is_set: false };
    entries.push(("Statement", Value::new(Data::List(Arc::new(list)), origin)));
    let sensitive = arguments.entries().iter().any(|entry| entry.value.holds_sensitive());
    let document = Value::fields(entries, origin);
    let text = Value::new(Data::Text(Arc::new(Text::of_json(document))), origin).marked(sensitive);
    (text, merged.refused)
}

/// The version that a document has where it names none.
const VERSION: &str = "2012-10-17";

/// Where a statement comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    /// `source_policy_documents`: no two statements of the same sid.
    Source,
    /// The `statement` blocks: they replace statements of the sources, and no two of them have the same sid.
    Own,
    /// `override_policy_documents`: they replace whatever was there.
    Override,
}

#[derive(Default)]
struct Merged {
    statements: Vec<Value>,
    rest: Option<Arc<Unknown>>,
    version: Option<Value>,
    id: Option<Value>,
    /// Sids that may not come again in this step.
    taken: Vec<String>,
    refused: Vec<Diagnostic>,
}

/// The sid of a statement, where it has one that is not empty; an unknown one may be any.
fn sid(statement: &Value) -> Option<&Value> {
    statement.get("Sid").filter(|sid| !sid.is_null() && sid.as_str() != Some(""))
}

impl Merged {
    /// Whether a statement may have this sid.
    fn may_hold(&self, mine: &Value) -> bool {
        self.statements.iter().filter_map(sid).any(|theirs| theirs.equals(mine) != Truth::False)
    }

    fn begin_own(&mut self) {
        self.taken.clear();
    }

    fn put(&mut self, statement: Value, step: Step) {
        let Some(mine) = sid(&statement).cloned() else {
            self.statements.push(statement);
            return;
        };
        if step != Step::Override
            && let Some(text) = mine.as_str()
        {
            if self.taken.iter().any(|other| other == text) {
                let message = format!("two statements have the sid `{text}`");
                let diagnostic = Diagnostic::warning("duplicate-sid", message).at(mine.origin, "again here");
                self.refused.push(diagnostic.help("statements of `override_policy_documents` may replace others"));
                // Nothing is passed over, though neither of them would be deployed.
                self.statements.push(statement);
                return;
            }
            self.taken.push(text.to_owned());
        }
        let mut replaced = false;
        if step != Step::Source {
            for other in &mut self.statements {
                let Some(theirs) = sid(other) else { continue };
                match theirs.equals(&mine) {
                    Truth::True if !replaced => {
                        *other = statement.clone();
                        replaced = true;
                    }
                    Truth::Unknown => {
                        // It stays, or this one takes its place.
                        let reason = mine.first_unknown().or_else(|| theirs.first_unknown());
                        let subject = reason.map_or_else(|| "Sid".into(), |unknown| unknown.subject.clone());
                        let mut either = Unknown::new(Why::Condition, subject, other.origin);
                        either.candidates = vec![other.clone(), statement.clone()];
                        *other = Value::unknown(either, other.origin);
                    }
                    _ => {}
                }
            }
        }
        if !replaced {
            self.statements.push(statement);
        }
    }

    /// The id of a later document takes the place of that of an earlier one, and so does a later version.
    fn head(&mut self, version: Option<Value>, id: Option<Value>) {
        self.id = id.filter(|id| !id.is_null() && id.as_str() != Some("")).or_else(|| self.id.take());
        let is_later = |old: &Value, new: &Value| match (old.as_str(), new.as_str()) {
            (Some(old), Some(new)) => new > old,
            _ => true,
        };
        if let Some(version) = version.filter(|version| !version.is_null())
            && self.version.as_ref().is_none_or(|old| is_later(old, &version))
        {
            self.version = Some(version);
        }
    }

    fn take_documents(&mut self, documents: Option<&Value>, step: Step, sources: &Sources) {
        let Some(documents) = documents.filter(|value| !value.is_null()) else { return };
        if let Data::List(list) = &documents.data {
            self.rest = joined_rest(self.rest.take(), plain_rest(&list.rest));
        }
        for document in documents.elements() {
            let is_nothing = document.is_null() || document.as_str().is_some_and(|text| text.trim().is_empty());
            if is_nothing {
                continue;
            }
            let decoded = decode_json(document, sources).ok().filter(|decoded| decoded.as_map().is_some());
            match decoded {
                Some(decoded) => {
                    self.head(decoded.get("Version").cloned(), decoded.get("Id").cloned());
                    let list = decoded.get("Statement");
                    let more = list.and_then(Value::as_list).and_then(|list| list.rest.clone());
                    self.rest = joined_rest(self.rest.take(), more);
                    let more = decoded.as_map().and_then(|map| map.rest.clone());
                    self.rest = joined_rest(self.rest.take(), more);
                    for statement in list.map(Value::elements).unwrap_or_default() {
                        self.put(statement.clone(), step);
                    }
                }
                None => {
                    // Neither what it adds nor what it replaces is known.
                    let unknown = document.first_unknown().cloned();
                    let invalid = || Arc::new(Unknown::new(Why::Invalid, "a policy document", document.origin));
                    if unknown.is_none() {
                        let message = "this is no policy document in JSON";
                        self.refused.push(Diagnostic::warning("terraform-value", message).at(document.origin, ""));
                    }
                    self.rest = Some(derived(&unknown.unwrap_or_else(invalid)));
                    if step == Step::Override {
                        self.statements.retain(|statement| statement.get("Sid").is_none());
                    }
                }
            }
        }
    }
}

fn statements(blocks: &Value) -> (Vec<Value>, Option<Arc<Unknown>>) {
    let rest = blocks.as_list().and_then(|list| list.rest.as_ref());
    let mut rendered = Vec::new();
    let mut more = rest.map(|rest| {
        let one = |block: &&Value| Some(statement(block.as_map()?, block.origin));
        let further = rest.further().map(|blocks| blocks.iter().map(one).collect::<Option<Vec<Value>>>());
        let candidates = further.flatten().map(|all| Value::list(all, blocks.origin)).into_iter().collect();
        Arc::new(Unknown { candidates, ..(**rest).clone() })
    });
    for block in blocks.elements() {
        match block.as_map() {
            Some(map) => rendered.push(statement(map, block.origin)),
            None => more = joined_rest(more.take(), block.first_unknown().cloned()),
        }
    }
    (rendered, more)
}

fn statement(block: &Map, origin: Origin) -> Value {
    let mut entries: Vec<Entry> = Vec::new();
    let mut put = |key: &str, key_origin: Origin, value: Value| {
        entries.push(Entry { key: key.into(), key_origin, value });
    };
    let given = |name: &str| block.entry(name).filter(|entry| !entry.value.is_null());
    // Without elements it is no part of the statement; a plan lists the blocks of which there are none, too.
    let is_empty = |value: &Value| value.as_list().is_some_and(|list| list.items.is_empty() && list.rest.is_none());
    let listed = |name: &str| given(name).filter(|entry| !is_empty(&entry.value));
    if let Some(sid) = given("sid") {
        put("Sid", sid.key_origin, sid.value.clone());
    }
    match given("effect") {
        Some(effect) => put("Effect", effect.key_origin, effect.value.clone()),
        None => put("Effect", origin, Value::string("Allow", origin)),
    }
    for (name, key) in [
        ("actions", "Action"),
        ("not_actions", "NotAction"),
        ("resources", "Resource"),
        ("not_resources", "NotResource"),
    ] {
        if let Some(entry) = listed(name) {
            put(key, entry.key_origin, strings(&entry.value));
        }
    }
    for (name, key) in [("principals", "Principal"), ("not_principals", "NotPrincipal")] {
        if let Some(entry) = listed(name) {
            put(key, entry.key_origin, principals(&entry.value));
        }
    }
    if let Some(entry) = listed("condition") {
        put("Condition", entry.key_origin, conditions(&entry.value));
    }
    let mut map = Map::new(entries);
    map.rest.clone_from(&block.rest);
    Value::new(Data::Map(Arc::new(map)), origin)
}

/// A list of strings as the provider renders it: a set in descending order, and one as a plain string. `&{…}` becomes the policy variable `${…}`.
fn strings(value: &Value) -> Value {
    match &value.data {
        Data::List(list) => {
            let mut items: Vec<Value> = Vec::with_capacity(list.items.len());
            let mut seen = HashSet::new();
            for item in list.items.iter().map(variables) {
                if item.as_str().is_none_or(|text| seen.insert(text.to_owned())) {
                    items.push(item);
                }
            }
            // The last comes first, as the provider has it; only what is known can be put in order.
            if list.rest.is_none() && items.iter().all(|item| item.as_str().is_some()) {
                items.sort_by(|a, b| b.as_str().cmp(&a.as_str()));
            }
            match (items.as_slice(), &list.rest) {
                ([single], None) => single.clone(),
                _ => {
                    let list = List { items, rest: list.rest.clone(), is_set: false };
                    Value::new(Data::List(Arc::new(list)), value.origin)
                }
            }
        }
        _ => variables(value),
    }
}

fn variables(value: &Value) -> Value {
    let replace = |text: &str| text.replace("&{", "${");
    match &value.data {
        Data::String(text) if text.contains("&{") => Value::string(replace(text), value.origin).marked(value.sensitive),
        Data::Text(text) => match text.pieces() {
            Some(pieces)
                if pieces.iter().any(|piece| matches!(piece, Piece::Known(text, _) if text.contains("&{"))) =>
            {
                let piece = |piece: &Piece| match piece {
                    Piece::Known(text, origin) => Piece::Known(replace(text).into(), *origin),
                    hole => hole.clone(),
                };
                Value::of_pieces(pieces.iter().map(piece).collect(), value.origin).marked(value.sensitive)
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn principals(blocks: &Value) -> Value {
    let mut kinds: Vec<Entry> = Vec::new();
    let mut rest = blocks.as_list().and_then(|list| plain_rest(&list.rest));
    for block in blocks.elements() {
        let Some(map) = block.as_map() else {
            rest = rest.or_else(|| block.first_unknown().cloned());
            continue;
        };
        let identifiers = map.get("identifiers").cloned().unwrap_or_else(|| Value::null(block.origin));
        let kind = map.get("type");
        match kind.and_then(Value::as_str) {
            Some("*") if identifiers.elements().iter().any(|item| item.as_str() == Some("*")) => {
                let place = identifiers.elements().first().map_or(block.origin, |item| item.origin);
                return Value::string("*", place);
            }
            Some(kind) => {
                let same = kinds.iter_mut().find(|entry| *entry.key == *kind);
                match same {
                    Some(entry) => entry.value = joined(&entry.value, &identifiers),
                    None => {
                        let value = strings(&identifiers);
                        kinds.push(Entry { key: kind.into(), key_origin: block.origin, value });
                    }
                }
            }
            None => rest = rest.or_else(|| kind.and_then(|kind| kind.first_unknown().cloned())),
        }
    }
    let mut map = Map::new(kinds);
    map.rest = rest;
    Value::new(Data::Map(Arc::new(map)), blocks.origin)
}

/// The keys that are tested by one operator.
struct Operator {
    name: Arc<str>,
    origin: Origin,
    keys: Vec<Entry>,
    open: Vec<OpenEntry>,
}

fn conditions(blocks: &Value) -> Value {
    let mut operators: Vec<Operator> = Vec::new();
    let mut rest = blocks.as_list().and_then(|list| plain_rest(&list.rest));
    for block in blocks.elements() {
        let Some(map) = block.as_map() else {
            rest = rest.or_else(|| block.first_unknown().cloned());
            continue;
        };
        let text = |name: &str| map.get(name).and_then(Value::as_str).map(Arc::<str>::from);
        let variable = map.get("variable").filter(|variable| !variable.is_null());
        let (Some(test), Some(variable)) = (text("test"), variable) else {
            let unknown = ["test", "variable"].iter().find_map(|name| map.get(name)?.first_unknown().cloned());
            rest = rest.or(unknown);
            continue;
        };
        let values = map.get("values").cloned().unwrap_or_else(|| Value::null(block.origin));
        let at = operators.iter().position(|other| other.name == test).unwrap_or_else(|| {
            operators.push(Operator { name: test, origin: block.origin, keys: Vec::new(), open: Vec::new() });
            operators.len() - 1
        });
        let Some(Operator { keys, open, .. }) = operators.get_mut(at) else { continue };
        match (variable.as_str(), variable.first_unknown()) {
            (Some(variable), _) => match keys.iter_mut().find(|entry| &*entry.key == variable) {
                Some(entry) => entry.value = joined(&entry.value, &values),
                None => {
                    keys.push(Entry { key: variable.into(), key_origin: block.origin, value: strings(&values) });
                }
            },
            // `"${replace(aws_eks_cluster.….issuer, "https://", "")}:sub"`
            (None, Some(_)) => {
                open.push(OpenEntry { key: variable.clone().at(block.origin), value: strings(&values) });
            }
            (None, None) => {}
        }
    }
    let operator = |operator: Operator| {
        let keys = Map::new(operator.keys).with_open(operator.open);
        let value = Value::new(Data::Map(Arc::new(keys)), operator.origin);
        Entry { key: operator.name, key_origin: operator.origin, value }
    };
    let mut map = Map::new(operators.into_iter().map(operator).collect());
    map.rest = rest;
    Value::new(Data::Map(Arc::new(map)), blocks.origin)
}

/// Blocks of the same sort merge their values.
fn joined(a: &Value, b: &Value) -> Value {
    let items = a.elements().iter().chain(b.elements()).cloned().collect();
    let rest = [a, b].iter().find_map(|value| value.as_list().and_then(|list| list.rest.clone()));
    strings(&Value::new(Data::List(Arc::new(List { items, rest, is_set: false })), a.origin))
}
