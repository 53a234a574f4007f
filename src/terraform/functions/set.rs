//! Functions over sets.

use std::sync::Arc;

use super::argument::{Call, MAX_ELEMENTS, Outcome, Stop};
use super::convert::{MAX_COMPARED, set_of};
use crate::value::{List, Truth, Unknown, Value, plain_rest};

/// The arguments as sets of one element type.
fn sets(call: &Call<'_>) -> Result<Vec<Vec<Value>>, Stop> {
    let lists = (0..call.arguments.len()).map(|at| call.list(at)).collect::<Result<Vec<&List>, Stop>>()?;
    let all: Vec<Value> = lists.iter().flat_map(|list| list.items.iter().cloned()).collect();
    if all.len() > MAX_ELEMENTS {
        return Err(call.too_large());
    }
    let mut unified = call.unify(0, all)?.into_iter();
    Ok(lists.iter().map(|list| unified.by_ref().take(list.items.len()).collect()).collect())
}

fn rest(call: &Call<'_>, at: usize) -> Result<Option<Arc<Unknown>>, Stop> {
    Ok(plain_rest(&call.list(at)?.rest))
}

pub(super) fn setunion(call: &Call<'_>) -> Outcome {
    let items = sets(call)?.into_iter().flatten().collect();
    let mut open = None;
    for at in 0..call.arguments.len() {
        open = open.or(rest(call, at)?);
    }
    call.give_list(List { rest: open, ..set_of(items) })
}

/// A set to look elements up in; only those that are not known as a whole are compared one by one.
struct Lookup<'a> {
    known: std::collections::HashSet<String>,
    open: Vec<&'a Value>,
}

impl<'a> Lookup<'a> {
    fn new(items: &'a [Value]) -> Lookup<'a> {
        let mut lookup = Lookup { known: std::collections::HashSet::new(), open: Vec::new() };
        for item in items {
            match crate::value::encode_json(item) {
                Some(text) => {
                    lookup.known.insert(text);
                }
                None => lookup.open.push(item),
            }
        }
        lookup
    }

    fn holds(&self, item: &Value, items: &[Value]) -> Truth {
        match crate::value::encode_json(item) {
            Some(text) if self.known.contains(&text) => Truth::True,
            Some(_) if self.open.len() > MAX_COMPARED => Truth::Unknown,
            None if items.len() > MAX_COMPARED => Truth::Unknown,
            Some(_) => Truth::any(self.open.iter().map(|other| other.equals(item))),
            None => Truth::any(items.iter().map(|other| other.equals(item))),
        }
    }
}

pub(super) fn setintersection(call: &Call<'_>) -> Outcome {
    let sets = sets(call)?;
    for at in 0..call.arguments.len() {
        if let Some(open) = rest(call, at)? {
            return Err(call.undecided(&open));
        }
    }
    let Some((first, others)) = sets.split_first() else { return call.give_list(set_of(Vec::new())) };
    let lookups: Vec<Lookup<'_>> = others.iter().map(|items| Lookup::new(items)).collect();
    filter(call, first, |item| Truth::all(lookups.iter().zip(others).map(|(lookup, items)| lookup.holds(item, items))))
}

pub(super) fn setsubtract(call: &Call<'_>) -> Outcome {
    let sets = sets(call)?;
    if let Some(open) = rest(call, 1)? {
        return Err(call.undecided(&open));
    }
    let [first, second] = sets.as_slice() else { return call.give_list(set_of(Vec::new())) };
    let lookup = Lookup::new(second);
    let mut result = filter(call, first, |item| !lookup.holds(item, second))?;
    if let (crate::value::Data::List(list), Some(open)) = (&mut result.data, rest(call, 0)?) {
        Arc::make_mut(list).rest.get_or_insert(open);
    }
    Ok(result)
}

/// The elements that surely stay; where it is not known of one, there may be further elements.
fn filter(call: &Call<'_>, items: &[Value], stays: impl Fn(&Value) -> Truth) -> Outcome {
    let mut kept = Vec::new();
    let mut open = None;
    for item in items {
        match stays(item) {
            Truth::True => kept.push(item.clone()),
            Truth::False => {}
            Truth::Unknown => {
                let Stop::Unknown(unknown) = call.undecided_by(item) else { continue };
                open.get_or_insert(unknown);
            }
        }
    }
    call.give_list(List { rest: open, ..set_of(kept) })
}

pub(super) fn setproduct(call: &Call<'_>) -> Outcome {
    let mut total = 1_usize;
    let mut factors = Vec::new();
    let mut all_sets = true;
    for at in 0..call.arguments.len() {
        let items = call.items(at)?;
        all_sets &= call.list(at)?.is_set;
        total = total.saturating_mul(items.len());
        factors.push(call.unify(at, items.to_vec())?);
    }
    if total.saturating_mul(factors.len()) > MAX_ELEMENTS {
        return Err(call.too_large());
    }
    let mut rows: Vec<Vec<Value>> = if total > 0 { vec![Vec::new()] } else { Vec::new() };
    for factor in &factors {
        let longer = |row: &Vec<Value>, item: &Value| row.iter().chain([item]).cloned().collect();
        rows = rows.iter().flat_map(|row| factor.iter().map(move |item| longer(row, item))).collect();
    }
    let tuples: Vec<Value> = rows.into_iter().map(|row| Value::list(row, call.context.origin)).collect();
    if all_sets {
        return call.give_list(set_of(tuples));
    }
    call.give_elements(tuples)
}
