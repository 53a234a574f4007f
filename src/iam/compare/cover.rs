//! Statements that are plainly within others: what decides most comparisons.

use crate::iam::condition::Test;
use crate::iam::document::{Elements, Statement};
use crate::iam::glob::Glob;
use crate::value::{Truth, Value};

/// Whether a statement is about every request for an action that another one is about, where both name the action. A yes is
/// always right.
pub(super) fn is_within(narrow: &Statement, wide: &Statement) -> bool {
    is_same(narrow, wide)
        || (resources_within(narrow, wide)
            && principals_within(narrow, wide)
            && wide.more_tests.is_none()
            && wide.tests.iter().all(|test| {
                narrow.variables == wide.variables && narrow.tests.iter().any(|other| is_equal(test, other))
            }))
}

/// Whether two statements say the same: the same text does not where only one of them has variables.
pub(super) fn is_same(one: &Statement, other: &Statement) -> bool {
    one.variables == other.variables && one.value.equals(&other.value).is_true()
}

fn globs(statement: &Statement, elements: &Elements) -> Option<Vec<Glob>> {
    let glob = |item: &Value| {
        let is_choice = item.as_unknown().is_some_and(|unknown| !unknown.candidates.is_empty());
        if is_choice { None } else { Glob::of_value(item, statement.variables) }
    };
    if elements.rest.is_some() { None } else { elements.items.iter().map(glob).collect() }
}

fn resources_within(narrow: &Statement, wide: &Statement) -> bool {
    let all_covered = |inner: &Elements, of: &Statement, outer: &Elements, by: &Statement| {
        let (Some(inner), Some(outer)) = (globs(of, inner), globs(by, outer)) else { return false };
        inner.iter().all(|one| outer.iter().any(|other| other.covers(one) == Truth::True))
    };
    match (&wide.resources, &wide.not_resources) {
        (None, None) => true,
        (Some(outer), _) => match (&narrow.resources, &narrow.not_resources) {
            (Some(inner), _) => all_covered(inner, narrow, outer, wide),
            _ => outer.items.iter().any(|item| item.as_str() == Some("*")),
        },
        // What the wider one leaves out must be left out by the narrower one, too.
        (None, Some(left_out)) => match (&narrow.resources, &narrow.not_resources) {
            (None, Some(inner)) => all_covered(left_out, wide, inner, narrow),
            _ => false,
        },
    }
}

fn principals_within(narrow: &Statement, wide: &Statement) -> bool {
    let same = |a: &Option<Value>, b: &Option<Value>| match (a, b) {
        (None, None) => true,
        (Some(a), Some(b)) => a.equals(b).is_true(),
        _ => false,
    };
    let is_anybody = wide.principal.as_ref().is_some_and(|principal| principal.as_str() == Some("*"));
    is_anybody || (same(&wide.principal, &narrow.principal) && same(&wide.not_principal, &narrow.not_principal))
}

/// Whether two tests are the same.
pub(super) fn is_equal(one: &Test, other: &Test) -> bool {
    let like = |test: &Test| (test.operator.clone(), test.qualifier.clone(), test.if_exists, test.key.clone());
    like(one) == like(other)
        && one.rest.is_none()
        && other.rest.is_none()
        && one.values.len() == other.values.len()
        && one.values.iter().zip(&other.values).all(|(a, b)| a.equals(b).is_true())
}
