//! Policy documents, in every spelling that AWS accepts.

use std::sync::{Arc, OnceLock};

use super::answer::Answer;
use super::cached::Cached;
use super::condition::{OpenTest, Test, Tests, read_tests};
use super::coverage::Reach;
use super::denial::Denial;
use super::taken::Taken;
use super::watched::Names;
use crate::source::{Origin, Sources};
use crate::value::{Data, DecodeError, Entry, Truth, Unknown, Value, Why, decode_json, derived, plain_rest};

/// AWS takes policies of some 20 KiB at most: of a longer one no more statements are read.
const MAX_STATEMENTS: usize = 2_000;

/// Nor more actions or resources of one statement.
const MAX_ELEMENTS: usize = 5_000;

/// A policy document.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// The document as a whole, where it is known.
    pub origin: Option<Origin>,
    /// There may be further statements, or statements that differ, for this reason.
    pub rest: Option<Arc<Unknown>>,
    /// It is not a document that AWS would take: what is wrong, and where.
    pub invalid: Option<(String, Origin)>,
    /// `Id`, where there is one.
    pub id: Option<Value>,
    /// `Version`, where there is one.
    pub version: Option<Value>,
    /// A statement that names principals, which only trust and resource policies do.
    pub has_principals: bool,
    /// The answer of [`Document::everything_together`], for everybody who has the policy.
    pub(super) together: OnceLock<Option<Together>>,
    /// The answer of [`Document::taken`], for everybody who has the policy.
    pub(super) taken: OnceLock<Box<Taken>>,
    /// The answer of [`Document::possibly_taken`].
    pub(super) possibly_taken: OnceLock<Option<Box<Taken>>>,
}

/// Statements that allow everything together.
#[derive(Clone, Debug)]
pub(super) struct Together {
    /// The one that allows most.
    pub(super) widest: usize,
    /// The others that are needed for it.
    pub(super) others: Vec<usize>,
}

/// One statement.
#[derive(Clone, Debug)]
pub struct Statement {
    /// The statement as it stands.
    pub value: Value,
    /// Its number in the document.
    pub(super) position: usize,
    /// The identifier; null where there is none.
    pub sid: Value,
    /// `Allow` or `Deny`.
    pub effect: Value,
    /// `Action`, as a list.
    pub actions: Option<Elements>,
    /// `NotAction`, as a list.
    pub not_actions: Option<Elements>,
    /// `Resource`, as a list.
    pub resources: Option<Elements>,
    /// `NotResource`, as a list.
    pub not_resources: Option<Elements>,
    /// `Principal`, as written.
    pub principal: Option<Value>,
    /// `NotPrincipal`, as written.
    pub not_principal: Option<Value>,
    /// The tests of `Condition`: all of them must hold.
    pub tests: Vec<Test>,
    /// There may be further tests, for this reason.
    pub more_tests: Option<Arc<Unknown>>,
    /// Those of the further tests whose key is known in part.
    pub open_tests: Vec<OpenTest>,
    /// There may be further tests than those, too, for this reason.
    pub other_tests: Option<Arc<Unknown>>,
    /// `${…}` in its texts is a policy variable: the document is of version 2012-10-17, or may be.
    pub variables: bool,
    /// The answer of [`Statement::on_every_resource`].
    pub(super) every_resource: Cached<Answer>,
    /// The answer of [`Statement::is_admin`], which is asked for again by everybody who has the policy.
    pub(super) admin: OnceLock<Answer>,
    /// What [`Statement::actions_reached`] and [`Statement::resources_reached`] start from, read at the first question.
    pub(super) reach: OnceLock<Reach>,
    /// The actions that ways of escalation ask for, among those that it names: read once, since an AWS managed policy is
    /// held by many and names thousands.
    pub(super) watched: OnceLock<Names>,
    /// What it denies whatever others allow, which each statement that allows asks for.
    pub(super) denial: OnceLock<Box<Denial>>,
    /// The opposites of its tests, which are what is left where it denies.
    pub(super) opposites: OnceLock<Vec<Option<Test>>>,
}

/// A list of strings that may be written as a single string.
#[derive(Clone, Debug)]
pub struct Elements {
    /// The strings.
    pub items: Vec<Value>,
    /// There may be further ones, for this reason.
    pub rest: Option<Arc<Unknown>>,
    /// The whole element.
    pub origin: Origin,
}

impl Document {
    /// Reads the value of a policy attribute: an object, a JSON string, or something not known.
    pub fn read(value: &Value, sources: &Sources) -> Document {
        if let Some(either) = value.as_unknown().and_then(|unknown| Document::either(unknown, sources)) {
            return either;
        }
        let decoded;
        let value = match &value.data {
            Data::Map(_) => value,
            Data::Null => return Document::default(),
            Data::List(list) if list.items.len() == 1 => return Document::read(&list.items[0], sources),
            _ => match decode_json(value, sources) {
                Ok(inner) => {
                    decoded = inner;
                    &decoded
                }
                Err(DecodeError::Unknown(unknown)) => {
                    return Document { rest: Some(unknown), ..Document::default() };
                }
                Err(DecodeError::Syntax { message, origin }) => {
                    return Document { invalid: Some((message, origin)), ..Document::default() };
                }
                Err(DecodeError::NotText) => {
                    let message = "a policy document is an object or a JSON string".to_owned();
                    return Document { invalid: Some((message, value.origin)), ..Document::default() };
                }
            },
        };
        Document::of_value(value)
    }

    /// The statements that can grant something: none beside an unconditional denial of everything.
    pub fn granting(&self) -> &[Statement] {
        if self.statements.iter().any(Statement::denies_everything) { &[] } else { &self.statements }
    }

    /// Reads the object that a document is.
    pub fn of_value(value: &Value) -> Document {
        let mut document = Document { origin: Some(value.origin), ..Document::default() };
        let Data::Map(map) = &value.data else {
            match value.first_unknown() {
                Some(unknown) => document.rest = Some(unknown.clone()),
                None => document.invalid = Some(("a policy document is an object".to_owned(), value.origin)),
            }
            return document;
        };
        document.rest = plain_rest(&map.rest);
        document.id = map.get("Id").filter(|id| !id.is_null()).cloned();
        document.version = map.get("Version").filter(|version| !version.is_null()).cloned();
        let variables = document.version.as_ref().is_some_and(|version| version.as_str() != Some("2008-10-17"));
        let Some(statements) = map.get("Statement") else { return document };
        if let Data::List(list) = &statements.data
            && let Some(rest) = &list.rest
        {
            document.add_possible(rest, variables);
        }
        if statements.elements().len() > MAX_STATEMENTS {
            let subject = format!("more than {MAX_STATEMENTS} statements in one policy");
            document.rest = Some(Unknown::new(Why::Limit, subject, statements.origin).into());
        }
        for item in statements.elements().iter().take(MAX_STATEMENTS) {
            match &item.data {
                Data::Map(map) => {
                    // Whom it trusts may be among the keys that are not known.
                    let is_whole = ["Principal", "NotPrincipal", "Resource", "NotResource"];
                    if !is_whole.iter().any(|key| map.get(key).is_some()) {
                        document.rest = document.rest.or_else(|| map.rest.clone());
                    }
                    document.statements.push(Statement::read(item, variables));
                }
                Data::Null => {}
                // Of a statement that is chosen among several nothing is taken for certain, not even what all of them say.
                Data::Unknown(unknown) => document.add_possible(unknown, variables),
                Data::List(inner) => {
                    document.statements.extend(
                        inner
                            .items
                            .iter()
                            .take(MAX_STATEMENTS)
                            .filter(|i| i.as_map().is_some())
                            .map(|i| Statement::read(i, variables)),
                    );
                    document.rest = document.rest.or_else(|| inner.rest.clone());
                }
                _ => match item.first_unknown() {
                    Some(unknown) => document.rest = Some(unknown.clone()),
                    None => document.invalid = Some(("a statement is an object".to_owned(), item.origin)),
                },
            }
        }
        for (position, statement) in document.statements.iter_mut().enumerate() {
            statement.position = position;
        }
        document.has_principals = document
            .statements
            .iter()
            .any(|statement| statement.principal.is_some() || statement.not_principal.is_some());
        document
    }
}

impl Document {
    /// Statements of which it is not known whether they are there: what they say is, else the document is open.
    fn add_possible(&mut self, unknown: &Arc<Unknown>, variables: bool) {
        let candidates = || -> Option<Vec<&Value>> {
            let mut found = Vec::new();
            for candidate in &unknown.candidates {
                match &candidate.data {
                    Data::List(list) if list.rest.is_none() => found.extend(&list.items),
                    Data::Null => {}
                    _ => found.push(candidate),
                }
            }
            (!unknown.candidates.is_empty()).then_some(found)
        };
        let room = MAX_STATEMENTS.saturating_sub(self.statements.len());
        let statements: Option<Vec<Value>> = candidates()
            .filter(|found| found.len() <= room)
            .and_then(|found| found.into_iter().map(|one| possible(one, unknown)).collect());
        match statements {
            Some(found) => self.statements.extend(found.iter().map(|one| Statement::read(one, variables))),
            None => self.rest = self.rest.take().or_else(|| Some(derived(unknown))),
        }
    }
}

/// A statement that may be there or not: it has its effect, or none.
pub(super) fn possible(statement: &Value, reason: &Arc<Unknown>) -> Option<Value> {
    let map = statement.as_map().filter(|map| map.rest.is_none())?;
    let effect = map.entry("Effect").filter(|effect| effect.value.as_str().is_some())?;
    let candidates = vec![effect.value.clone(), Value::null(effect.value.origin)];
    let either = Unknown { candidates, refers: None, ..reason.derived() };
    let value = Value::unknown(either, effect.value.origin);
    let (key, key_origin) = (effect.key.clone(), effect.key_origin);
    let mut map = map.clone();
    map.insert(Entry { key, key_origin, value });
    Some(Value { data: Data::Map(Arc::new(map)), ..statement.clone() })
}

impl Statement {
    pub(super) fn read(value: &Value, variables: bool) -> Statement {
        let get = |key: &str| value.get(key).filter(|found| !found.is_null());
        // An object of which not all keys are known may hold whatever is not among them.
        let open = value.as_map().and_then(|map| map.rest.as_ref());
        let element = |key: &str, other: &str| match (get(key), open) {
            (Some(given), _) => Some(Elements::read(given)),
            (None, Some(open)) if get(other).is_none() => {
                Some(Elements { items: Vec::new(), rest: Some(open.clone()), origin: value.origin })
            }
            _ => None,
        };
        let none = || Tests { more: open.cloned(), others: open.cloned(), ..Tests::default() };
        let condition = get("Condition").map_or_else(none, read_tests);
        let no_effect = || open.map_or(Value::null(value.origin), |open| Value::unknown(open.clone(), value.origin));
        Statement {
            sid: get("Sid").cloned().unwrap_or_else(|| Value::null(value.origin)),
            effect: get("Effect").cloned().unwrap_or_else(no_effect),
            actions: element("Action", "NotAction"),
            not_actions: get("NotAction").map(Elements::read),
            resources: element("Resource", "NotResource"),
            not_resources: get("NotResource").map(Elements::read),
            principal: get("Principal").cloned(),
            not_principal: get("NotPrincipal").cloned(),
            tests: condition.tests,
            more_tests: condition.more,
            open_tests: condition.open,
            other_tests: condition.others,
            variables,
            every_resource: Cached::default(),
            admin: OnceLock::new(),
            reach: OnceLock::new(),
            watched: OnceLock::new(),
            denial: OnceLock::new(),
            opposites: OnceLock::new(),
            position: 0,
            value: value.clone(),
        }
    }

    /// Whether the statement allows.
    pub fn allows(&self) -> Truth {
        match self.effect.as_str() {
            Some(effect) => Truth::from(effect == "Allow"),
            None => self.effect.equals(&Value::string("Allow", Origin::NONE)),
        }
    }

    /// The statement as it is where it is there at all, if only that is not known.
    pub(super) fn assumed(&self) -> Option<Statement> {
        let [effect, none] = self.effect.as_unknown()?.candidates.as_slice() else { return None };
        let map = self.value.as_map().filter(|_| none.is_null() && effect.as_str().is_some())?;
        let entry = map.entry("Effect")?;
        let mut map = map.clone();
        map.insert(Entry { key: entry.key.clone(), key_origin: entry.key_origin, value: effect.clone() });
        let value = Value { data: Data::Map(Arc::new(map)), ..self.value.clone() };
        Some(Statement { position: self.position, ..Statement::read(&value, self.variables) })
    }

    /// Whether the statement denies.
    pub(super) fn denies(&self) -> Truth {
        self.effect.equals(&Value::string("Deny", Origin::NONE))
    }

    /// Whether the statement has no condition at all that could keep anyone out.
    pub fn unconditional(&self) -> Truth {
        match (&self.tests[..], &self.more_tests) {
            ([], None) => Truth::True,
            ([], Some(_)) => Truth::Unknown,
            (tests, _) => Truth::all(tests.iter().map(Test::always_holds)),
        }
    }
}

impl Elements {
    /// Reads a string or a list of strings.
    pub fn read(value: &Value) -> Elements {
        let rest = value.as_list().and_then(|list| list.rest.clone());
        let items: Vec<Value> = value.elements().iter().take(MAX_ELEMENTS).cloned().collect();
        let left_out = (value.elements().len() > items.len()).then(|| {
            let subject = format!("more than {MAX_ELEMENTS} elements in one statement");
            Arc::new(Unknown::new(Why::Limit, subject, value.origin))
        });
        Elements { items, rest: rest.or(left_out), origin: value.origin }
    }

    /// The first element of which the test is certain; else whether one may be.
    pub fn find(&self, test: impl Fn(&Value) -> Truth) -> (Truth, Option<&Value>) {
        let mut undecided = None;
        for item in &self.items {
            match test(item) {
                Truth::True => return (Truth::True, Some(item)),
                Truth::Unknown => undecided = undecided.or(Some(item)),
                Truth::False => {}
            }
        }
        match (undecided, &self.rest) {
            (Some(item), _) => (Truth::Unknown, Some(item)),
            (None, Some(_)) => (Truth::Unknown, None),
            (None, None) => (Truth::False, None),
        }
    }
}
