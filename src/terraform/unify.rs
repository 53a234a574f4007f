//! The types of values, and what Terraform converts them to where several values must have one type.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::functions::{set_of, to_bool, to_number};
use crate::value::{Data, Entry, List, Map, Truth, Value, plain_rest};

/// Types are not compared deeper than this.
const MAX_DEPTH: usize = 100;

/// The type of a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Type {
    /// Of null and of what is unknown, nothing is said.
    Any,
    Bool,
    Number,
    String,
    List(Box<Type>),
    Set(Box<Type>),
    Map(Box<Type>),
    Tuple(Vec<Type>),
    Object(BTreeMap<Arc<str>, Type>),
}

impl Type {
    /// The type of a value; of a collection, as far as its elements tell.
    pub(super) fn of(value: &Value) -> Type {
        Type::at_depth(value, 0)
    }

    fn at_depth(value: &Value, depth: usize) -> Type {
        if depth > MAX_DEPTH {
            return Type::Any;
        }
        let inner = |value: &Value| Type::at_depth(value, depth + 1);
        match &value.data {
            Data::Unknown(unknown) if unknown.is_text() => Type::String,
            Data::Null | Data::Unknown(_) => Type::Any,
            Data::Bool(_) => Type::Bool,
            Data::Number(_) => Type::Number,
            Data::String(_) | Data::Text(_) => Type::String,
            Data::List(list) if value.collection || list.is_set => {
                let element = Box::new(Type::of_elements(list.items.iter().map(inner)));
                if list.is_set { Type::Set(element) } else { Type::List(element) }
            }
            Data::Map(map) if value.collection => {
                Type::Map(Box::new(Type::of_elements(map.entries().iter().map(|entry| inner(&entry.value)))))
            }
            // Which further parts there are is not known, and so neither is the type.
            Data::List(list) if list.rest.is_some() => Type::Any,
            Data::Map(map) if map.rest.is_some() => Type::Any,
            Data::List(list) => Type::Tuple(list.items.iter().map(inner).collect()),
            Data::Map(map) => {
                Type::Object(map.entries().iter().map(|entry| (entry.key.clone(), inner(&entry.value))).collect())
            }
        }
    }

    /// The type of the elements of a collection, which have one: the first that is told as a whole.
    fn of_elements(types: impl Iterator<Item = Type>) -> Type {
        let mut so_far = Type::Any;
        for one in types {
            if one.is_whole() {
                return one;
            }
            so_far = Type::unify([so_far.clone(), one]).unwrap_or(so_far);
        }
        so_far
    }

    /// Whether two types are the same as far as both are told.
    pub(super) fn is_like(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::List(a), Type::List(b)) | (Type::Set(a), Type::Set(b)) | (Type::Map(a), Type::Map(b)) => {
                a.is_like(b)
            }
            (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.is_like(b)),
            (Type::Object(a), Type::Object(b)) => {
                a.keys().eq(b.keys()) && a.values().zip(b.values()).all(|(a, b)| a.is_like(b))
            }
            _ => self == other,
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Type::Any => false,
            Type::Bool | Type::Number | Type::String => true,
            Type::List(element) | Type::Set(element) | Type::Map(element) => element.is_whole(),
            Type::Tuple(types) => types.iter().all(Type::is_whole),
            Type::Object(types) => types.values().all(Type::is_whole),
        }
    }

    /// The type that all of these can be converted to; none where there is no such type.
    pub(super) fn unify(types: impl IntoIterator<Item = Type>) -> Option<Type> {
        let mut types: Vec<Type> = types.into_iter().filter(|one| *one != Type::Any).collect();
        types.dedup();
        match types.as_slice() {
            [] => return Some(Type::Any),
            [_] => return types.pop(),
            _ => {}
        }
        let all = |is: fn(&Type) -> bool| types.iter().all(is);
        let any = |is: fn(&Type) -> bool| types.iter().any(is);
        if all(|one| matches!(one, Type::Bool | Type::Number | Type::String)) {
            return if any(|one| *one == Type::String) {
                Some(Type::String)
            } else {
                let first = types.pop()?;
                types.iter().all(|one| *one == first).then_some(first)
            };
        }
        if all(|one| matches!(one, Type::Object(_) | Type::Map(_))) {
            return Type::unify_objects(types);
        }
        if !all(|one| matches!(one, Type::Tuple(_) | Type::List(_) | Type::Set(_))) {
            return None;
        }
        let first_length =
            types.iter().find_map(|one| if let Type::Tuple(parts) = one { Some(parts.len()) } else { None });
        let alike = |one: &Type| matches!(one, Type::Tuple(parts) if Some(parts.len()) == first_length);
        if types.iter().all(alike) {
            let mut columns: Vec<Vec<Type>> = vec![Vec::new(); first_length?];
            for one in types {
                let Type::Tuple(parts) = one else { continue };
                columns.iter_mut().zip(parts).for_each(|(column, part)| column.push(part));
            }
            return columns.into_iter().map(Type::unify).collect::<Option<_>>().map(Type::Tuple);
        }
        let is_set = any(|one| matches!(one, Type::Set(_))) && !any(|one| matches!(one, Type::List(_)));
        let element = Box::new(Type::unify(types.into_iter().flat_map(Type::into_parts))?);
        Some(if is_set { Type::Set(element) } else { Type::List(element) })
    }

    fn unify_objects(types: Vec<Type>) -> Option<Type> {
        let mut columns: BTreeMap<Arc<str>, Vec<Type>> = BTreeMap::new();
        let count = types.len();
        let mut alike = true;
        for one in &types {
            let Type::Object(parts) = one else {
                alike = false;
                continue;
            };
            for (name, part) in parts {
                columns.entry(name.clone()).or_default().push(part.clone());
            }
        }
        alike &= columns.values().all(|column| column.len() == count);
        if alike {
            let unified = columns.into_iter().map(|(name, column)| Some((name, Type::unify(column)?)));
            return unified.collect::<Option<_>>().map(Type::Object);
        }
        Some(Type::Map(Box::new(Type::unify(types.into_iter().flat_map(Type::into_parts))?)))
    }

    fn into_parts(self) -> Vec<Type> {
        match self {
            Type::List(element) | Type::Set(element) | Type::Map(element) => vec![*element],
            Type::Tuple(types) => types,
            Type::Object(types) => types.into_values().collect(),
            _ => Vec::new(),
        }
    }

    /// Converts a value; none where it has no such form. What is unknown stays as it is.
    pub(super) fn convert(&self, value: Value) -> Option<Value> {
        let like = |converted: Value| Some(converted.marked(value.sensitive));
        match (self, &value.data) {
            (Type::Any, _) | (_, Data::Null | Data::Unknown(_)) => Some(value),
            (Type::String, Data::String(_) | Data::Text(_)) => Some(value),
            (Type::String, _) => like(Value::string(value.scalar_text()?.as_ref(), value.origin)),
            (Type::Number, Data::Number(_)) | (Type::Bool, Data::Bool(_)) => Some(value),
            (Type::Number | Type::Bool, Data::Text(text)) if text.known().is_none() => {
                let unknown = crate::value::derived(text.first_unknown()?);
                like(Value::unknown(unknown, value.origin))
            }
            (Type::Number, _) => like(Value::new(Data::Number(to_number(&value)?), value.origin)),
            (Type::Bool, _) => like(Value::bool(to_bool(&value)?, value.origin)),
            (Type::List(element), Data::List(list)) => {
                let list = List { is_set: false, ..element.convert_items(list)? };
                like(Value::new(Data::List(Arc::new(list)), value.origin).as_collection())
            }
            (Type::Set(element), Data::List(list)) => {
                let converted = element.convert_items(list)?;
                let list = List { rest: converted.rest, ..set_of(converted.items) };
                like(Value::new(Data::List(Arc::new(list)), value.origin).as_collection())
            }
            (Type::Tuple(types), Data::List(list)) if list.rest.is_none() && types.len() == list.items.len() => {
                let parts = types.iter().zip(&list.items);
                let items = parts.map(|(one, item)| one.convert(item.clone())).collect::<Option<_>>()?;
                like(Value::list(items, value.origin))
            }
            (Type::Map(element), Data::Map(map)) => {
                let converted = map.converted(|_, part| element.convert(part))?;
                like(Value::new(Data::Map(Arc::new(converted)), value.origin).as_collection())
            }
            (Type::Object(types), Data::Map(map)) => {
                let converted = map.converted(|name, part| match types.get(name) {
                    Some(one) => one.convert(part),
                    None => Some(part),
                })?;
                like(Value::new(Data::Map(Arc::new(converted)), value.origin))
            }
            _ => None,
        }
    }

    fn convert_items(&self, list: &List) -> Option<List> {
        let items = list.items.iter().map(|item| self.convert(item.clone())).collect::<Option<_>>()?;
        Some(List { items, ..List { rest: plain_rest(&list.rest), is_set: list.is_set, items: Vec::new() } })
    }
}

impl Map {
    /// The same map with every value changed; none where one of them has no new value.
    fn converted(&self, change: impl Fn(&str, Value) -> Option<Value>) -> Option<Map> {
        let entry = |entry: &Entry| Some(Entry { value: change(&entry.key, entry.value.clone())?, ..entry.clone() });
        let mut map = Map::new(self.entries().iter().map(entry).collect::<Option<Vec<_>>>()?);
        map.rest.clone_from(&self.rest);
        Some(map)
    }
}

/// Elements as those of one collection; none where they have no type in common.
pub(super) fn elements(items: Vec<Value>) -> Option<Vec<Value>> {
    let mut types = items.iter().map(Type::of);
    let first = types.next().unwrap_or(Type::Any);
    let mut all = vec![first];
    for one in types {
        // Long lists are mostly of one type, which is kept once.
        if all.last() != Some(&one) {
            all.push(one);
        }
    }
    let wanted = Type::unify(all)?;
    match wanted {
        Type::Any | Type::Bool | Type::Number => Some(items),
        _ => items.into_iter().map(|item| wanted.convert(item)).collect(),
    }
}

/// Whether two values are equal as `==` says: without conversion, and lists are no tuples, maps no objects.
pub(super) fn equal(a: &Value, b: &Value) -> Truth {
    match a.equals(b) {
        Truth::False => Truth::False,
        truth => truth.and(same_kind(a, b, true, 0)),
    }
}

/// Whether two values that may be equal are of one type. What is null or empty within them may have any.
fn same_kind(a: &Value, b: &Value, outermost: bool, depth: usize) -> Truth {
    if depth > MAX_DEPTH {
        return Truth::Unknown;
    }
    let is_list = |value: &Value| matches!(&value.data, Data::List(list) if value.collection && !list.is_set);
    let is_set = |value: &Value| matches!(&value.data, Data::List(list) if list.is_set);
    let both = |x: &Value, y: &Value| same_kind(x, y, false, depth + 1);
    match (&a.data, &b.data) {
        (Data::Null, Data::Null) => {
            if outermost {
                Truth::True
            } else {
                Truth::Unknown
            }
        }
        (Data::List(x), Data::List(y)) => {
            if is_list(a) != is_list(b) || is_set(a) != is_set(b) {
                return Truth::False;
            }
            let truths = x.items.iter().zip(&y.items).map(|(x, y)| both(x, y));
            if a.collection || is_set(a) { of_collection(truths) } else { Truth::all(truths) }
        }
        (Data::Map(x), Data::Map(y)) => {
            if a.collection != b.collection {
                return Truth::False;
            }
            let truths = x.entries().iter().zip(y.entries()).map(|(x, y)| both(&x.value, &y.value));
            if a.collection { of_collection(truths) } else { Truth::all(truths) }
        }
        _ => Truth::True,
    }
}

/// All elements of a collection have one type: one pair of them tells for all.
fn of_collection(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut found = Truth::Unknown;
    for truth in truths {
        match truth {
            Truth::False => return Truth::False,
            Truth::True => found = Truth::True,
            Truth::Unknown => {}
        }
    }
    found
}
