//! What denials leave of a grant.

use std::sync::Arc;

use super::exhaust::Together;
use super::extent::{Extent, Pattern, is_everything};
use super::grant::Grant;
use crate::iam::catalogue::{Action, ArnFormat};
use crate::iam::condition::{Normal, Test};
use crate::iam::coverage::Whose;
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::principal::is_account_id;
use crate::source::Origin;
use crate::value::{Fact, Truth, Unknown, Why};

/// No grant is told apart into more parts by the conditions of denials.
const MAX_PARTS: usize = 64;

/// A denial of the action.
pub(super) struct Denial<'f> {
    pub(super) statement: &'f Statement,
    pub(super) truth: Truth,
    pub(super) extent: Extent,
    /// The tests without which it does not deny.
    pub(super) tests: Vec<&'f Test>,
    pub(super) conditional: bool,
    /// It is for some sessions of whoever asks, and not for others.
    pub(super) of_sessions: bool,
    pub(super) kind: &'static str,
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Denial<'_> {
    /// Whether it denies all that passes these tests.
    fn denies_all(&self, tests: &[&Test]) -> bool {
        let opposites = || self.statement.tests.iter().zip(self.statement.opposites());
        let opposite =
            |mine: &Test| opposites().find(|(test, _)| std::ptr::eq(*test, mine)).and_then(|(_, o)| o.as_ref());
        // Whatever passes the tests passes this one as well: none of it passes the opposite.
        let is_asked = |mine: &&Test| {
            tests.iter().any(|test| test.implies(mine))
                || (tests.iter().any(|test| test.key == mine.key)
                    && opposite(mine).is_some_and(|opposite| tests.iter().any(|test| test.excludes(opposite))))
        };
        let takes = !self.conditional || (self.statement.more_tests.is_none() && self.tests.iter().all(is_asked));
        takes && !self.of_sessions
    }
}

/// Why it is not known whether a denial outside of some regions denies all of an action whose requests are made in one.
fn unknown_regions(denial: &Denial<'_>, action: &Action) -> Option<Arc<Unknown>> {
    let tests = &denial.statement.tests;
    if tests.is_empty() || denial.statement.more_tests.is_some() || denial.truth == Truth::False {
        return None;
    }
    let undecided = |test: &Test| test.holds_in_regions_of(action) == Some(Truth::Unknown);
    let unknown =
        |test: &Test| test.rest.clone().or_else(|| test.values.iter().find_map(|value| value.first_unknown().cloned()));
    let settled = |test: &Test| test.normal_for(action) == Normal::Always || undecided(test);
    tests.iter().all(settled).then(|| tests.iter().filter(|test| undecided(test)).find_map(unknown)).flatten()
}

/// What denials leave of a grant, in parts; where that is nothing, what denies it.
pub(super) fn denied<'f>(
    grant: Grant<'f>,
    (denials, together): (&[Denial<'f>], &Together<'_, 'f>),
    action: Option<&'static Action>,
    whose: Whose<'_>,
) -> Result<Vec<Grant<'f>>, (Origin, &'static str)> {
    let mut parts = vec![grant];
    for denial in denials {
        let mut left = Vec::with_capacity(parts.len());
        for part in &parts {
            left.extend(left_by(part, denial, action, whose));
        }
        if left.is_empty() {
            return Err((denial.statement.value.origin, denial.kind));
        }
        if left.len() > MAX_PARTS {
            let subject = "what so many denials under conditions leave";
            let limit = Arc::new(Unknown::new(Why::Limit, subject, denial.statement.value.origin));
            for part in &mut parts {
                part.carved = true;
                part.denials.push(denial.statement);
                part.doubt(&limit);
            }
            continue;
        }
        parts = left;
    }
    let all = std::mem::take(&mut parts);
    let mut gone = None;
    for mut part in all {
        let by = match denied_by_types(&part, denials, action) {
            Some(by) => Some(by),
            None => together.exhaust(&part).unwrap_or_else(|limit| {
                part.doubt(&limit);
                None
            }),
        };
        match by {
            Some(by) => gone = Some(by),
            None => parts.push(part),
        }
    }
    gone.filter(|_| parts.is_empty()).map_or(Ok(parts), Err)
}

/// What denies every type of resource that an action is for, together with what a part leaves out itself.
fn denied_by_types(
    part: &Grant<'_>,
    denials: &[Denial<'_>],
    action: Option<&'static Action>,
) -> Option<(Origin, &'static str)> {
    let whole = |denial: &&Denial<'_>| denial.truth == Truth::True && denial.denies_all(&part.tests);
    let whole: Vec<&Denial<'_>> = denials.iter().filter(whole).collect();
    let is_open = matches!(part.extent, Extent::AllBut(..));
    let action = action.filter(|_| is_open || !whole.is_empty())?;
    let ceiling = (part.statement.value.origin, "not left by the ceiling");
    let by = || whole.last().map_or(ceiling, |last| (last.statement.value.origin, last.kind));
    are_types_denied(&part.extent, &whole, action).then(by)
}

/// What one denial leaves of a grant: the resources that it does not name, and of the others those requests that it is not
/// for, by each test that keeps some out.
fn left_by<'f>(
    grant: &Grant<'f>,
    denial: &Denial<'f>,
    action: Option<&'static Action>,
    whose: Whose<'_>,
) -> Vec<Grant<'f>> {
    let carved = || {
        let mut carved = grant.clone();
        carved.carved = true;
        carved.denials.push(denial.statement);
        carved
    };
    if let Some(unknown) = action.and_then(|action| unknown_regions(denial, action))
        && denial.extent.meets(&grant.extent)
    {
        let mut doubtful = grant.clone();
        doubtful.doubt(&unknown);
        doubtful.denials.push(denial.statement);
        return vec![doubtful];
    }
    let conditional = (denial.conditional || denial.of_sessions) && !denial.denies_all(&grant.tests);
    // Without a resource, as in the trust of a role, it is for what its policy stands on.
    let says = denial.statement.resources.is_some() || denial.statement.not_resources.is_some();
    let is_whole = !conditional && denial.truth == Truth::True && denial.extent.meets(&grant.extent);
    let takes_in_all = |action| denial.statement.takes_in_all(action, whose);
    let takes_all = action.filter(|_| says && is_whole).map_or(Truth::False, takes_in_all);
    if takes_all == Truth::True {
        return Vec::new();
    }
    let tests = match conditional {
        true if denial.of_sessions => {
            return vec![if denial.extent.meets(&grant.extent) { carved() } else { grant.clone() }];
        }
        true => match denial.statement.left_open(action) {
            Some(tests) => tests,
            None => return vec![carved()],
        },
        false => Vec::new(),
    };
    let (left, cut) = grant.extent.left_by(&denial.extent, action, whose);
    if takes_all == Truth::Unknown
        && let Some(unknown) = unknown_home(denial, whose)
    {
        let mut doubtful = grant.clone();
        doubtful.doubt(&unknown);
        doubtful.denials.push(denial.statement);
        return vec![doubtful];
    }
    if denial.truth != Truth::True {
        // It may deny all of it.
        let mut doubtful = grant.clone();
        if cut != Truth::False || left.is_empty() {
            doubtful.truth = doubtful.truth.and(Truth::Unknown);
            doubtful.unknown = doubtful.unknown.or_else(|| denial.unknown.clone());
            doubtful.denials.push(denial.statement);
        }
        return vec![doubtful];
    }
    let mut parts = Vec::with_capacity(1 + tests.len());
    if !left.is_empty() {
        let mut part = grant.clone();
        if denial.extent.meets(&grant.extent) && !conditional {
            part.exceptions.push(denial.statement);
        }
        if cut == Truth::Unknown {
            part.truth = part.truth.and(Truth::Unknown);
            part.unknown = part.unknown.or_else(|| denial.unknown.clone());
        }
        if cut != Truth::False || conditional {
            part.carved = true;
            part.denials.push(denial.statement);
        }
        part.extent = left;
        parts.push(part);
    }
    let mut hit = if tests.is_empty() { Extent::Among(Vec::new(), None) } else { grant.extent.within(&denial.extent) };
    if let Some(action) = action {
        hit.keep_types_of(action);
    }
    let is_left = |test: &&Test| !hit.is_empty() && !grant.tests.iter().any(|asked| asked.excludes(test));
    for test in tests.into_iter().filter(is_left) {
        let mut part = carved();
        part.extent = hit.clone();
        part.tests.push(test);
        parts.push(part);
    }
    parts
}

/// Why it is not known whether a denial is for all of the own account: it names an account by a number that may be its.
fn unknown_home(denial: &Denial<'_>, whose: Whose<'_>) -> Option<Arc<Unknown>> {
    let Extent::Among(patterns, _) = &denial.extent else { return None };
    let account = |pattern: &Pattern| pattern.glob.fields().get(4).map(Glob::to_string).filter(|id| is_account_id(id));
    let id = patterns.iter().filter(|_| matches!(whose, Whose::Own([]))).find_map(account)?;
    let subject = format!("whether {id} is the own account");
    Some(Arc::new(Unknown::new(Why::Environment(Fact::Account), subject, denial.statement.value.origin)))
}

/// Whether denials together, with what a grant leaves out itself, cover every type of resource that it is for.
fn are_types_denied(extent: &Extent, denials: &[&Denial<'_>], action: &'static Action) -> bool {
    let (patterns, left_out) = match extent {
        Extent::Among(patterns, None) => (Some(patterns), &[][..]),
        Extent::AllBut(left_out, None) => (None, left_out.as_slice()),
        _ => return false,
    };
    let denied = denials.iter().flat_map(|denial| match &denial.extent {
        Extent::Among(patterns, _) => patterns.as_slice(),
        Extent::AllBut(..) => &[],
    });
    let denied: Vec<&Pattern> = denied.chain(left_out).collect();
    let covers = |glob: &Glob| denied.iter().any(|pattern| pattern.glob.covers(glob) == Truth::True);
    let is_gone = |format: &ArnFormat| {
        let is_covered = || covers(format.glob_in_aws());
        let Some(patterns) = patterns else { return is_covered() };
        patterns.iter().filter(|one| format.meets(&one.glob) != Truth::False).all(|one| {
            let is_whole = || is_everything(&one.glob) || one.glob.covers(format.glob_in_aws()) == Truth::True;
            covers(&one.glob) || (is_covered() && is_whole())
        })
    };
    action.has_resource_types() && action.resource_types().flat_map(|(kind, _)| kind.arns()).all(is_gone)
}
