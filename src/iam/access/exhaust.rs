//! Denials under conditions on one key that together take every request: where it is absent as well as whatever it says.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Extent;
use super::denied::Denial;
use super::grant::Grant;
use crate::iam::condition::{Family, Normal, Qualifier, Test};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// Of the tests on one key no more pairs are kept that take whatever it says.
const MAX_ALTERNATIVES: usize = 256;

/// A test of a denial: the number of the denial, and the place of the test there.
type Asking = (usize, usize);

/// What denials ask of one key.
#[derive(Default)]
struct OfKey {
    /// What takes the requests without it.
    absent: Vec<Asking>,
    /// What takes, alone or by two, all requests with it.
    present: Vec<(Asking, Asking)>,
    /// There are more that do.
    is_cut: bool,
}

/// Which of some denials take every request together, found once for all grants that they are held against.
pub(super) struct Together<'d, 'f> {
    denials: &'d [Denial<'f>],
    keys: Vec<OfKey>,
}

impl<'d, 'f> Together<'d, 'f> {
    pub(super) fn of(denials: &'d [Denial<'f>]) -> Together<'d, 'f> {
        let is_sure = |denial: &Denial<'_>| {
            denial.conditional && denial.truth == Truth::True && denial.statement.more_tests.is_none()
        };
        let mut by_key: BTreeMap<&str, Vec<(Asking, &'f Test)>> = BTreeMap::new();
        for (number, denial) in denials.iter().enumerate().filter(|(_, denial)| is_sure(denial)) {
            for (at, test) in denial.tests.iter().enumerate() {
                by_key.entry(&test.key).or_default().push(((number, at), *test));
            }
        }
        let keys = by_key.into_values().filter(|tests| tests.len() > 1).map(|tests| OfKey::of(&tests));
        let keys = keys.filter(|key| !key.absent.is_empty() && !key.present.is_empty()).collect();
        Together { denials, keys }
    }

    /// What denies all that a grant is for, where several denials do so together; else why that is not known.
    pub(super) fn exhaust(&self, grant: &Grant<'_>) -> Result<Option<(Origin, &'static str)>, Arc<Unknown>> {
        let fits = |(number, at): &Asking| {
            let Some(denial) = self.denials.get(*number) else { return false };
            takes_in(&denial.extent, &grant.extent) && left_of(denial, grant) == Some(*at)
        };
        for key in &self.keys {
            let Some((number, _)) = key.absent.iter().find(|asking| fits(asking)) else { continue };
            let Some(denial) = self.denials.get(*number) else { continue };
            let place = denial.statement.value.origin;
            if key.present.iter().any(|(one, other)| fits(one) && (one == other || fits(other))) {
                return Ok(Some((place, denial.kind)));
            }
            if key.is_cut {
                let subject = "whether so many denials leave anything";
                return Err(Arc::new(Unknown::new(Why::Limit, subject, place)));
            }
        }
        Ok(None)
    }
}

impl OfKey {
    fn of(tests: &[(Asking, &Test)]) -> OfKey {
        let mut key = OfKey::default();
        key.absent.extend(tests.iter().filter(|(_, test)| takes_absent(test)).map(|(asking, _)| *asking));
        if key.absent.is_empty() {
            return key;
        }
        for (asking, test) in tests {
            if matches!(test.normal(), Normal::Present | Normal::Always) {
                key.add(*asking, *asking);
            }
        }
        let plain: Vec<(Asking, Test)> =
            tests.iter().filter_map(|(asking, test)| Some((*asking, plain(test)?))).collect();
        let saying = |word: &str| {
            let said: Vec<Asking> =
                plain.iter().filter(|(_, test)| says(test, word)).map(|(asking, _)| *asking).collect();
            said
        };
        let no = saying("false");
        for one in saying("true") {
            no.iter().for_each(|other| key.add(one, *other));
        }
        for (one, test) in &plain {
            let Some(opposite) = test.negated().and_then(|test| self::plain(&test)) else { continue };
            let others = plain.iter().filter(|(_, other)| opposite.implies(other));
            others.for_each(|(other, _)| key.add(*one, *other));
        }
        key
    }

    fn add(&mut self, one: Asking, other: Asking) {
        match self.present.len() < MAX_ALTERNATIVES {
            true => self.present.push((one, other)),
            false => self.is_cut = true,
        }
    }
}

/// A test as it is for requests that have its key; none where it is not known what it asks of them.
fn plain(test: &Test) -> Option<Test> {
    let is_plain = test.quantity() == Some(Qualifier::None) && test.rest.is_none();
    is_plain.then(|| Test { if_exists: false, ..test.clone() })
}

fn says(test: &Test, word: &str) -> bool {
    let is_bool = test.kind().is_some_and(|kind| kind.family == Family::Bool);
    let named = |value: &Value| value.scalar_text().is_some_and(|text| text.eq_ignore_ascii_case(word));
    is_bool && test.values.iter().any(named)
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
