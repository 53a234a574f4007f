//! Evaluates expressions as Terraform does: conversions, unknowns, sensitive values, and errors as values.

use std::sync::Arc;

use super::functions::{self, FunctionError, to_bool};
use super::limit::MAX_PARTS;
use super::scope::{Evaluator, Frame};
use super::unify::equal;
use crate::diagnostic::Diagnostic;
use crate::model::identified_by;
use crate::source::{Origin, Span};
use crate::syntax::hcl::{BinaryOperator, Expression, ExpressionKind, ForExpression, ObjectKey, Step, UnaryOperator};
use crate::value::{Data, Entry, List, Map, Number, OpenEntry, Piece, Truth, Unknown, Value, Why, derived, plain_rest};

/// Why an expression has no value: what Terraform would say, and where.
#[derive(Clone, Debug)]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) origin: Origin,
    /// A limit of the scan, which `try` and `can` must not swallow.
    pub(super) is_limit: bool,
}

impl Failure {
    /// What a person is told of it.
    pub(super) fn diagnostic(&self) -> Diagnostic {
        let code = if self.is_limit { "terraform-limit" } else { "terraform-value" };
        Diagnostic::warning(code, self.message.clone()).at(self.origin, "")
    }
}

pub(super) type Evaluated = Result<Value, Box<Failure>>;

pub(super) fn fail<T>(message: impl Into<String>, origin: Origin) -> Result<T, Box<Failure>> {
    Err(Box::new(Failure { message: message.into(), origin, is_limit: false }))
}

/// The most elements that a `for` expression may give.
const MAX_ELEMENTS: usize = 100_000;

impl Evaluator<'_> {
    /// The value of an expression.
    pub(super) fn evaluate(&self, expression: &Expression, frame: &Frame<'_>) -> Evaluated {
        let origin = frame.origin(expression.span);
        self.enter(origin)?;
        let result = self.evaluate_kind(expression, frame, origin);
        self.leave();
        result
    }

    fn evaluate_kind(&self, expression: &Expression, frame: &Frame<'_>, origin: Origin) -> Evaluated {
        Ok(match &expression.kind {
            ExpressionKind::Null => Value::null(origin),
            ExpressionKind::Bool(value) => Value::bool(*value, origin),
            ExpressionKind::Number(text) => match Number::parse(text) {
                Some(number) => Value::new(Data::Number(number), origin),
                None => return fail("not a number", origin),
            },
            ExpressionKind::String(text) => Value::string(text.clone(), origin),
            ExpressionKind::Template(parts) => self.template(parts, frame, origin)?,
            ExpressionKind::Tuple(items) => {
                let items = items.iter().map(|item| self.evaluate(item, frame)).collect::<Result<_, _>>()?;
                Value::list(items, origin)
            }
            ExpressionKind::Object(entries) => self.object(entries, frame, origin)?,
            ExpressionKind::Variable(name) => match frame.binding(name) {
                Some(value) => value.clone(),
                None => return self.root(name, frame, origin),
            },
            ExpressionKind::GetAttr(inner, name, _) => match self.symbol(inner, name, frame, origin) {
                Some(result) => result?,
                None => {
                    let value = self.evaluate(inner, frame)?;
                    if value.as_unknown().is_some_and(|unknown| !unknown.candidates.is_empty()) {
                        self.check_size(&value, MAX_PARTS, origin)?;
                    }
                    get_attribute(&value, name, origin)?
                }
            },
            ExpressionKind::Index(inner, key) => {
                let value = self.evaluate(inner, frame)?;
                let key = self.evaluate(key, frame)?;
                for side in [&value, &key] {
                    if side.as_unknown().is_some_and(|unknown| !unknown.candidates.is_empty()) {
                        self.check_size(side, MAX_PARTS, origin)?;
                    }
                }
                index(&value, &key, origin)?
            }
            ExpressionKind::Splat { value, steps, .. } => self.splat(value, steps, frame, origin)?,
            ExpressionKind::Call { name, arguments, expand_final, .. } => {
                self.call(name, arguments, *expand_final, frame, origin)?
            }
            ExpressionKind::Conditional(parts) => self.conditional(parts, frame, origin)?,
            ExpressionKind::Unary(operator, inner) => unary(*operator, &self.evaluate(inner, frame)?, origin)?,
            ExpressionKind::Binary(operator, sides) => self.binary(*operator, sides, frame, origin)?,
            ExpressionKind::For(parts) => self.for_expression(parts, frame, origin)?,
            ExpressionKind::Parenthesis(inner) => self.evaluate(inner, frame)?,
        })
    }

    fn object(&self, entries: &[(ObjectKey, Expression)], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let mut map = Vec::with_capacity(entries.len());
        let mut open = Vec::new();
        let mut sensitive = false;
        for (key, expression) in entries {
            let value = self.evaluate(expression, frame)?;
            let (key, key_origin) = match key {
                ObjectKey::Name(name, span) => (name.clone(), frame.origin(*span)),
                ObjectKey::Expression(expression) => {
                    let key_origin = frame.origin(expression.span);
                    if matches!(expression.kind, ExpressionKind::GetAttr(..)) {
                        return fail("a key that is a reference must stand in parentheses", key_origin);
                    }
                    let key = self.evaluate(expression, frame)?;
                    sensitive |= key.sensitive;
                    if open_key(&key).is_some() {
                        open.push(OpenEntry { key: key.at(key_origin), value });
                        continue;
                    }
                    match key.scalar_text() {
                        Some(text) => (text.into(), key_origin),
                        None => return fail("the key of an object must be a string", key_origin),
                    }
                }
            };
            map.push(Entry { key, key_origin, value });
        }
        let map = Map::new(map).with_open(open);
        Ok(Value::new(Data::Map(Arc::new(map)), origin).marked(sensitive))
    }

    fn splat(&self, value: &Expression, steps: &[Step], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let value = self.evaluate(value, frame)?;
        self.splat_value(&value, steps, frame, origin)
    }

    fn splat_value(&self, value: &Value, steps: &[Step], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let walk = |item: &Value| -> Evaluated {
            let mut item = item.clone();
            for step in steps {
                item = match step {
                    Step::Attribute(name) => get_attribute(&item, name, origin)?,
                    Step::Index(key) => index(&item, &self.evaluate(key, frame)?, origin)?,
                    Step::Splat(steps) => {
                        self.enter(origin)?;
                        let inner = self.splat_value(&item, steps, frame, origin);
                        self.leave();
                        inner?
                    }
                };
            }
            Ok(item)
        };
        let (items, rest) = match &value.data {
            Data::Null if value.collection => return fail("a list that is null has no elements", origin),
            Data::Null => (Vec::new(), None),
            Data::List(list) => {
                self.spend(list.items.len(), origin)?;
                (list.items.iter().map(walk).collect::<Result<_, _>>()?, plain_rest(&list.rest))
            }
            Data::Unknown(unknown) => return Ok(Value::unknown(derived(unknown), origin).marked(value.sensitive)),
            _ => (vec![walk(value)?], None),
        };
        let list = List { items, rest, is_set: false };
        let found = Value::new(Data::List(Arc::new(list)), origin).marked(value.sensitive);
        Ok(if value.collection && value.as_list().is_some() { found.as_collection() } else { found })
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Expression],
        expand_final: bool,
        frame: &Frame<'_>,
        origin: Origin,
    ) -> Evaluated {
        match name {
            "try" => return self.try_each(arguments, frame, origin),
            "can" => return self.can(arguments, frame, origin),
            _ => {}
        }
        if name == "templatestring"
            && let Some(ExpressionKind::String(_) | ExpressionKind::Template(_)) =
                arguments.first().map(|first| &first.kind)
        {
            return fail("`templatestring`: the template must be a reference, not a text in quotes", origin);
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            values.push(self.evaluate(argument, frame)?);
        }
        if expand_final && let Some(last) = values.pop() {
            match &last.data {
                Data::List(list) => {
                    if let Some(unknown) = &list.rest {
                        return Ok(Value::unknown(derived(unknown), origin));
                    }
                    values.extend(list.items.iter().cloned());
                }
                Data::Unknown(unknown) => return Ok(Value::unknown(derived(unknown), origin)),
                _ => return fail("only a list can be expanded with `...`", origin),
            }
        }
        self.spend(values.iter().map(size).sum(), origin)?;
        if functions::walks(name) {
            for value in &values {
                self.check_size(value, MAX_PARTS, origin)?;
            }
        }
        let render = |template: &functions::Template<'_>, variables: &Map| self.render(template, variables, frame);
        let context = functions::Context {
            sources: self.sources,
            working_directory: &self.root_directory,
            origin,
            render: &render,
            work: &self.work,
        };
        let result = functions::call(name, &values, &context);
        self.spend(self.work.take() + result.as_ref().map_or(0, size), origin)?;
        if let Ok(value) = &result {
            self.tell_of_outside(name, value, origin);
        }
        result.map_err(|FunctionError { argument, message }| {
            let place = argument.and_then(|nth| arguments.get(nth)).map(|argument| frame.origin(argument.span));
            let message = format!("`{name}`: {message}");
            Box::new(Failure { message, origin: place.unwrap_or(origin), is_limit: false })
        })
    }

    /// Terraform would read what lies outside of the scanned tree; that it is not read here must not go unsaid.
    fn tell_of_outside(&self, name: &str, value: &Value, origin: Origin) {
        if let Some(unknown) = value.as_unknown()
            && unknown.why == Why::NotInTree
            && unknown.origin == origin
            && !unknown.derived
            && &*unknown.subject != functions::TREE
        {
            let message = format!("`{name}`: {} is not in the scanned tree and was not read", unknown.subject);
            self.report(Diagnostic::warning("file-outside", message).at(origin, "what it holds is undecided"));
        }
    }

    fn binary(
        &self,
        operator: BinaryOperator,
        sides: &[Expression; 2],
        frame: &Frame<'_>,
        origin: Origin,
    ) -> Evaluated {
        let [first, second] = sides;
        let left = match self.evaluate(first, frame) {
            Err(failure) => return self.decided_by(operator, second, failure, frame, origin),
            Ok(left) => left,
        };
        let short = match operator {
            BinaryOperator::And => to_bool(&left) == Some(false),
            BinaryOperator::Or => to_bool(&left) == Some(true),
            _ => false,
        };
        if short {
            return Ok(Value::bool(operator == BinaryOperator::Or, origin).marked(left.sensitive));
        }
        let right = self.evaluate(second, frame)?;
        self.check_size(&left, MAX_PARTS, origin)?;
        self.check_size(&right, MAX_PARTS, origin)?;
        // What is compared tells of all of its parts.
        let is_comparison = matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual);
        let is_sensitive = |side: &Value| if is_comparison { side.holds_sensitive() } else { side.sensitive };
        let sensitive = is_sensitive(&left) || is_sensitive(&right);
        let unknown = left.first_unknown().or_else(|| right.first_unknown());
        let undecided = || match unknown {
            Some(unknown) => Value::unknown(derived(unknown), origin),
            None => Value::unknown(Unknown::new(Why::Function, "==", origin), origin),
        };
        let truth = |truth: Truth| match truth {
            Truth::Unknown => undecided(),
            truth => Value::bool(truth.is_true(), origin),
        };
        let value = match operator {
            BinaryOperator::Equal => truth(equal(&left, &right)),
            BinaryOperator::NotEqual => truth(!equal(&left, &right)),
            BinaryOperator::And | BinaryOperator::Or => {
                let side = |value: &Value| match (value.as_unknown(), to_bool(value)) {
                    (Some(_), _) => Ok(Truth::Unknown),
                    (None, Some(known)) => Ok(known.into()),
                    (None, None) => fail("expected true or false", value.origin),
                };
                let (a, b) = (side(&left)?, side(&right)?);
                truth(if operator == BinaryOperator::And { a.and(b) } else { a.or(b) })
            }
            _ if left.as_unknown().is_some() || right.as_unknown().is_some() => {
                let of = |a: &Value, b: &Value| arithmetic(operator, &a.as_number()?, &b.as_number()?, origin).ok();
                let found = match (few(&left), few(&right)) {
                    (Some(unknown), None) => through(unknown, origin, |candidate| of(candidate, &right)),
                    (None, Some(unknown)) => through(unknown, origin, |candidate| of(&left, candidate)),
                    _ => None,
                };
                found.unwrap_or_else(undecided)
            }
            _ => {
                let (Some(a), Some(b)) = (left.as_number(), right.as_number()) else {
                    let wrong = if left.as_number().is_none() { &left } else { &right };
                    return fail("expected a number", wrong.origin);
                };
                arithmetic(operator, &a, &b, origin)?
            }
        };
        Ok(value.marked(sensitive))
    }

    fn for_expression(&self, parts: &ForExpression, frame: &Frame<'_>, origin: Origin) -> Evaluated {
        let collection = self.evaluate(&parts.collection, frame)?;
        let (pairs, mut rest) = match pairs(&collection, origin) {
            Ok(pairs) => pairs,
            Err(unknown) => {
                let all = self.for_any(parts, &unknown, frame, origin);
                return Ok(all
                    .unwrap_or_else(|| Value::unknown(derived(&unknown), origin))
                    .marked(collection.sensitive));
            }
        };
        let Some(pairs) = pairs else { return fail("only a list, set or map can be walked", collection.origin) };
        if pairs.len() > MAX_ELEMENTS {
            return self.limit(format!("a `for` over more than {MAX_ELEMENTS} elements"), origin);
        }
        let mut sensitive = collection.sensitive;
        let mut items = Vec::new();
        let mut entries: Vec<Entry> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut groups: std::collections::BTreeMap<Arc<str>, Vec<Value>> = std::collections::BTreeMap::new();
        for (key, value) in pairs {
            let frame = frame.bind(&parts.value_name, value);
            let with_key;
            let frame = match &parts.key_name {
                Some(name) => {
                    with_key = frame.bind(name, key);
                    &with_key
                }
                None => &frame,
            };
            if let Some(condition) = &parts.condition {
                let keep = self.evaluate(condition, frame)?;
                sensitive |= keep.sensitive;
                match (to_bool(&keep), keep.as_unknown()) {
                    (Some(true), _) => {}
                    (Some(false), _) => continue,
                    (None, Some(unknown)) => {
                        rest = Some(derived(unknown));
                        continue;
                    }
                    (None, None) => return fail("the filter must be true or false", keep.origin),
                }
            }
            let value = self.evaluate(&parts.value, frame)?;
            let Some(key) = &parts.key else {
                items.push(value);
                continue;
            };
            let key_origin = frame.origin(key.span);
            let key = self.evaluate(key, frame)?;
            sensitive |= key.sensitive;
            if let Some(unknown) = open_key(&key) {
                rest = Some(derived(unknown));
                continue;
            }
            let Some(key) = key.scalar_text().map(Arc::<str>::from) else {
                return fail("the key of an object must be a string", key_origin);
            };
            if parts.grouping {
                groups.entry(key).or_default().push(value);
            } else {
                // Two iterations under one key: Terraform refuses them unless they are grouped.
                if !seen.insert(key.clone()) {
                    return fail(format!("two elements have the key `{key}`; group them with `...`"), key_origin);
                }
                entries.push(Entry { key, key_origin, value });
            }
        }
        let data = if parts.key.is_none() {
            Data::List(Arc::new(List { items, rest, is_set: false }))
        } else {
            for (key, values) in groups {
                entries.push(Entry { key, key_origin: origin, value: Value::list(values, origin) });
            }
            let mut map = Map::new(entries);
            map.rest = rest;
            Data::Map(Arc::new(map))
        };
        Ok(Value::new(data, origin).marked(sensitive))
    }
}

/// Keys and values, and the reason why there may be more of them.
type Pairs = (Option<Vec<(Value, Value)>>, Option<Arc<Unknown>>);

/// Keys and values of a collection; none for what cannot be walked.
pub(super) fn pairs(collection: &Value, origin: Origin) -> Result<Pairs, Arc<Unknown>> {
    Ok(match &collection.data {
        Data::List(list) => {
            let key = |nth: usize, item: &Value| {
                if list.is_set { item.clone() } else { Value::integer(nth as i64, origin) }
            };
            let pairs = list.items.iter().enumerate().map(|(nth, item)| (key(nth, item), item.clone()));
            (Some(pairs.collect()), plain_rest(&list.rest))
        }
        Data::Map(map) => {
            let pair = |entry: &Entry| (Value::string(entry.key.clone(), entry.key_origin), entry.value.clone());
            let mut pairs: Vec<(Value, Value)> = map.entries().iter().map(pair).collect();
            let rest = map.rest.as_ref().filter(|rest| rest.refers.is_none()).map(derived);
            if let (Some(rest), Some(only)) = (&rest, only_entry(collection)) {
                pairs.push((Value::unknown(rest.clone(), origin), only.clone()));
            }
            (Some(pairs), rest)
        }
        Data::Unknown(unknown) => return Err(unknown.clone()),
        _ => (None, None),
    })
}

/// What stands for all entries of a map of which no key is known: the one possible instance of a `for_each`.
pub(super) fn only_entry(map: &Value) -> Option<&Value> {
    let map = map.as_map().filter(|map| map.entries().is_empty())?;
    match map.rest.as_ref()?.candidates.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

/// What an evaluation of a value may cost, for the budget: its elements, or a sixteenth of its text.
fn size(value: &Value) -> usize {
    match &value.data {
        Data::List(list) => list.items.len(),
        Data::Map(map) => map.entries().len(),
        Data::String(text) => text.len() / 16,
        _ => 1,
    }
}

/// The reason why a key is not known; lists and maps are no keys, whatever they hold.
pub(super) fn open_key(key: &Value) -> Option<&Arc<Unknown>> {
    match &key.data {
        Data::List(_) | Data::Map(_) => None,
        _ => key.first_unknown(),
    }
}

/// `value.name`
pub(super) fn get_attribute(value: &Value, name: &str, origin: Origin) -> Evaluated {
    let found = match &value.data {
        Data::Map(map) => match (map.get(name), &map.rest) {
            (Some(found), Some(rest)) if rest.refers.is_some() => of_resource(found, rest, name, origin),
            (Some(found), _) => found.clone(),
            (None, Some(rest)) => match only_entry(value) {
                Some(only) => only.clone(),
                None => identity(map, rest, name).unwrap_or_else(|| computed(rest, name, origin)),
            },
            (None, None) => return fail(format!("there is no attribute named `{name}`"), origin),
        },
        Data::Unknown(unknown) => {
            let part = inner(unknown, name);
            agreed(&part.candidates).cloned().unwrap_or_else(|| Value::unknown(part, origin))
        }
        Data::List(list) => match name.parse::<usize>() {
            Ok(nth) => return index(value, &Value::integer(nth as i64, origin), origin),
            Err(_) if list.items.len() == 1 && list.rest.is_none() => {
                return fail(format!("this is a list; did you mean `[0].{name}`"), origin);
            }
            Err(_) => return fail(format!("a list has no attribute named `{name}`"), origin),
        },
        Data::Null => return fail(format!("a null value has no attribute named `{name}`"), origin),
        _ => return fail(format!("this value has no attribute named `{name}`"), origin),
    };
    // What is not known has no text that one could edit but the reference.
    let found = if found.as_unknown().is_some() { found.at(origin) } else { found };
    Ok(found.marked(value.sensitive))
}

/// An unknown that is one of few values is followed through each of them; there are no more of those than this.
const MAX_CANDIDATES: usize = 16;

/// The unknown, where it is one of few values.
fn few(value: &Value) -> Option<&Arc<Unknown>> {
    value.as_unknown().filter(|unknown| (1..=MAX_CANDIDATES).contains(&unknown.candidates.len()))
}

/// What an unknown becomes that is one of few values; none where one of them becomes nothing.
fn through(unknown: &Unknown, origin: Origin, change: impl Fn(&Value) -> Option<Value>) -> Option<Value> {
    let candidates: Vec<Value> = unknown.candidates.iter().map(change).collect::<Option<_>>()?;
    if let Some(same) = agreed(&candidates) {
        return Some(same.clone());
    }
    Some(Value::unknown(Unknown { candidates, ..unknown.derived() }, origin))
}

/// What all of these are, where they are one and the same known value.
pub(super) fn agreed(candidates: &[Value]) -> Option<&Value> {
    let (first, others) = candidates.split_first()?;
    let is_same = |other: &Value| equal(first, other).is_true();
    (first.first_unknown().is_none() && others.iter().all(is_same)).then_some(first)
}

/// An attribute that the configuration sets: an unknown one stands for this attribute of this resource.
fn of_resource(found: &Value, rest: &Unknown, name: &str, origin: Origin) -> Value {
    match &found.data {
        Data::Null => computed(rest, name, origin),
        Data::Unknown(unknown) if unknown.refers.is_none() => {
            let mut named = (**unknown).clone();
            named.refers = rest.refers.clone().map(|mut reference| {
                reference.attribute = name.into();
                reference
            });
            Value::unknown(named, found.origin).marked(found.sensitive)
        }
        // AWS keeps the issuer without a scheme, and what is read is what AWS keeps.
        _ if name == "url" && refers_to(rest).is_some_and(|provider_type| provider_type == OIDC_PROVIDER) => {
            without_scheme(found)
        }
        _ => found.clone(),
    }
}

const OIDC_PROVIDER: &str = "aws_iam_openid_connect_provider";

/// The type of the resource whose attributes are open.
fn refers_to(rest: &Unknown) -> Option<&str> {
    let reference = rest.refers.as_ref().filter(|reference| reference.attribute.is_empty())?;
    Some(&reference.provider_type)
}

fn without_scheme(url: &Value) -> Value {
    let Some(mut pieces) = url.to_pieces() else { return url.clone() };
    if let Some(Piece::Known(text, _)) = pieces.first_mut()
        && let Some(rest) = text.strip_prefix("https://")
    {
        *text = rest.into();
    }
    Value::of_pieces(pieces, url.origin).marked(url.sensitive)
}

/// The `id` of a resource that is identified by its name, where the configuration chooses one.
fn identity(attributes: &Map, rest: &Unknown, name: &str) -> Option<Value> {
    let argument = identified_by(refers_to(rest).filter(|_| name == "id")?)?;
    attributes.get(argument).filter(|name| name.as_str().is_some()).cloned()
}

/// An attribute that the provider computes.
fn computed(rest: &Unknown, name: &str, origin: Origin) -> Value {
    let mut unknown = Unknown::new(rest.why, format!("{}.{name}", rest.subject), origin);
    // The reason of an open map is not what all of its further entries are.
    unknown.derived = true;
    unknown.refers = rest.refers.clone().map(|mut reference| {
        reference.attribute = name.into();
        reference
    });
    Value::unknown(unknown, origin)
}

/// What a part of something unknown is called; not longer than people read, however long the row of parts is.
fn longer(subject: &Arc<str>, part: &str) -> Arc<str> {
    const ENOUGH: usize = 200;
    if subject.len() + part.len() > ENOUGH { subject.clone() } else { format!("{subject}{part}").into() }
}

/// A part of something unknown.
fn inner(unknown: &Arc<Unknown>, name: &str) -> Arc<Unknown> {
    if unknown.candidates.is_empty() {
        let mut part = Unknown::new(unknown.why, longer(&unknown.subject, &format!(".{name}")), unknown.origin);
        // `aws_x.y[var.k].name` still stands for an attribute of that resource.
        if let Some(reference) = &unknown.refers
            && reference.attribute.is_empty()
        {
            part.refers = Some(crate::value::Reference { attribute: name.into(), ..reference.clone() });
        }
        part.derived = unknown.derived || part.subject == unknown.subject;
        return Arc::new(part);
    }
    let parts: Result<Vec<Value>, _> =
        unknown.candidates.iter().map(|candidate| get_attribute(candidate, name, candidate.origin)).collect();
    let mut part = unknown.derived();
    part.candidates = parts.unwrap_or_default();
    Arc::new(part)
}

/// `value[key]`
pub(super) fn index(value: &Value, key: &Value, origin: Origin) -> Evaluated {
    let found = match (few(value), few(key)) {
        (Some(unknown), None) => through(unknown, origin, |candidate| index(candidate, key, origin).ok()),
        (None, Some(unknown)) => through(unknown, origin, |candidate| index(value, candidate, origin).ok()),
        _ => None,
    };
    if let Some(found) = found {
        return Ok(found.marked(value.sensitive || key.sensitive));
    }
    if let Some(unknown) = open_key(key) {
        if let Some(only) = only_entry(value) {
            return Ok(only.clone().marked(value.sensitive || key.sensitive));
        }
        let reference = match &value.data {
            Data::Map(map) => map.rest.as_ref().and_then(|rest| rest.refers.clone()),
            Data::Unknown(unknown) => unknown.refers.clone(),
            _ => None,
        };
        let mut one = unknown.derived();
        one.refers = reference;
        return Ok(Value::unknown(one, origin).marked(value.sensitive || key.sensitive));
    }
    let found = match &value.data {
        Data::List(list) => {
            let Some(nth) = key.as_number().and_then(|number| number.as_i64()) else {
                return fail("a list takes a whole number as index", key.origin);
            };
            match (usize::try_from(nth).ok().and_then(|nth| list.items.get(nth)), &list.rest) {
                (Some(found), _) => found.clone(),
                (None, Some(rest)) => Value::unknown(derived(rest), origin),
                (None, None) => return fail(format!("there is no element {nth}"), origin),
            }
        }
        Data::Map(map) => {
            let Some(name) = key.scalar_text() else { return fail("a map takes a string as key", key.origin) };
            match (map.get(&name), &map.rest) {
                (Some(found), Some(rest)) if rest.refers.is_some() => of_resource(found, rest, &name, origin),
                (Some(found), _) => found.clone(),
                (None, Some(rest)) if rest.refers.is_some() => {
                    identity(map, rest, &name).unwrap_or_else(|| computed(rest, &name, origin))
                }
                (None, Some(rest)) => {
                    only_entry(value).cloned().unwrap_or_else(|| Value::unknown(derived(rest), origin))
                }
                (None, None) => return fail(format!("there is no element with the key `{name}`"), origin),
            }
        }
        Data::Unknown(unknown) => {
            let name = key.scalar_text().unwrap_or_default();
            let mut part = Unknown::new(unknown.why, longer(&unknown.subject, &format!("[{name}]")), unknown.origin);
            part.refers = unknown.refers.clone().filter(|reference| reference.attribute.is_empty());
            part.derived = unknown.derived || part.subject == unknown.subject;
            Value::unknown(part, origin)
        }
        _ => return fail("only lists and maps have elements", origin),
    };
    Ok(found.marked(value.sensitive || key.sensitive))
}

fn unary(operator: UnaryOperator, value: &Value, origin: Origin) -> Evaluated {
    if let Some(unknown) = value.as_unknown() {
        return Ok(Value::unknown(derived(unknown), origin).marked(value.sensitive));
    }
    let result = match operator {
        UnaryOperator::Not => match to_bool(value) {
            Some(known) => Value::bool(!known, origin),
            None => return fail("expected true or false", value.origin),
        },
        UnaryOperator::Negate => match value.as_number() {
            Some(number) => Value::new(Data::Number(Number::from(0).minus(&number)), origin),
            None => return fail("expected a number", value.origin),
        },
    };
    Ok(result.marked(value.sensitive))
}

fn arithmetic(operator: BinaryOperator, a: &Number, b: &Number, origin: Origin) -> Evaluated {
    let number = |number: Option<Number>, message: &str| match number {
        Some(number) => Ok(Value::new(Data::Number(number), origin)),
        None => fail(message, origin),
    };
    Ok(match operator {
        BinaryOperator::Less => Value::bool(a < b, origin),
        BinaryOperator::LessOrEqual => Value::bool(a <= b, origin),
        BinaryOperator::Greater => Value::bool(a > b, origin),
        BinaryOperator::GreaterOrEqual => Value::bool(a >= b, origin),
        BinaryOperator::Add => Value::new(Data::Number(a.plus(b)), origin),
        BinaryOperator::Subtract => Value::new(Data::Number(a.minus(b)), origin),
        BinaryOperator::Multiply => number(a.times(b), "the product has too many digits")?,
        BinaryOperator::Divide => number(a.divided_by(b), "division by zero")?,
        _ => number(a.modulo(b), "division by zero")?,
    })
}

impl Frame<'_> {
    /// The place of a span in the file of this frame.
    pub(super) fn origin(&self, span: Span) -> Origin {
        Origin { file: self.file, span }
    }
}
