//! Denials under conditions on one key that together take every request: where it is absent as well as whatever it says.

use super::Extent;
use super::denied::Denial;
use super::grant::Grant;
use crate::iam::condition::{Family, Normal, Qualifier, Test};
use crate::source::Origin;
use crate::value::Truth;

/// What denies all that a grant is for, where several denials do so together that each ask something of the same key.
pub(super) fn exhausted(grant: &Grant<'_>, denials: &[Denial<'_>]) -> Option<(Origin, &'static str)> {
    let conditional = || denials.iter().filter(|denial| denial.conditional && denial.truth == Truth::True);
    conditional().nth(1)?;
    let single = |denial: &Denial<'_>| denial.statement.more_tests.is_none().then(|| left_of(denial, grant)).flatten();
    let asked: Vec<(&Denial<'_>, &Test)> = conditional()
        .filter(|denial| takes_in(&denial.extent, &grant.extent))
        .filter_map(|denial| {
            let at = single(denial)?;
            Some((denial, *denial.tests.get(at)?))
        })
        .collect();
    let all_of_key = |key: &str| {
        let tests: Vec<&Test> = asked.iter().map(|(_, test)| *test).filter(|test| test.key == key).collect();
        tests.iter().any(|test| takes_absent(test)) && take_present(&tests)
    };
    let (denial, _) = asked.iter().find(|(_, test)| all_of_key(&test.key))?;
    Some((denial.statement.value.origin, denial.kind))
}

/// The place of the one test of a denial that not all that is granted passes.
fn left_of(denial: &Denial<'_>, grant: &Grant<'_>) -> Option<usize> {
    let is_open = |test: &Test| !grant.tests.iter().any(|asked| asked.implies(test));
    let mut left = denial.tests.iter().enumerate().filter(|(_, test)| is_open(test)).map(|(at, _)| at);
    left.next().filter(|_| left.next().is_none())
}

fn takes_in(denied: &Extent, granted: &Extent) -> bool {
    let covers = |pattern| denied.covers(pattern) == Truth::True;
    denied.is_everything() || matches!(granted, Extent::Among(patterns, None) if patterns.iter().all(covers))
}

fn takes_absent(test: &Test) -> bool {
    test.holds_when_absent() == Some(true) || test.normal() == Normal::Absent
}

/// Whether one of some tests on a key holds whatever it says.
fn take_present(tests: &[&Test]) -> bool {
    let is_plain = |test: &Test| test.quantity() == Some(Qualifier::None) && test.rest.is_none();
    let says = |word: &str| {
        let has = |test: &&&Test| {
            let is_bool = test.kind().is_some_and(|kind| kind.family == Family::Bool);
            let named =
                |value: &crate::value::Value| value.scalar_text().is_some_and(|text| text.eq_ignore_ascii_case(word));
            is_bool && is_plain(test) && test.values.iter().any(named)
        };
        tests.iter().any(|test| has(&test))
    };
    let opposite = |one: &Test| {
        let strict = |test: &Test| Test { if_exists: false, ..test.clone() };
        let Some(opposite) = one.negated().filter(|_| is_plain(one)).map(|test| strict(&test)) else { return false };
        tests.iter().any(|other| is_plain(other) && opposite.implies(&strict(other)))
    };
    tests.iter().any(|test| matches!(test.normal(), Normal::Present | Normal::Always))
        || (says("true") && says("false"))
        || tests.iter().any(|test| opposite(test))
}
