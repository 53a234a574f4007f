//! Conditions on the tags of what an action works on, and on the boundary around it, decided for the roles, users and policies
//! of the unit and for what runs with its roles.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::boundary::only_but;
use super::bounded::{Rebounding, boundary_doubt, is_on_boundary};
use super::federation::changes;
use super::kind::{is_tag, kind_of};
use super::retagged::{Changed, New, Retagging};
use super::world::World;
use super::worth::{Bearing, One};
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::catalogue::Action;
use crate::iam::condition::{Normal, Test};
use crate::iam::document::Statement;
use crate::iam::requester::Requester;
use crate::iam::tag::Tag;
use crate::model::Resource;
use crate::value::{Truth, Unknown, Value, Why};

/// No more tests are answered for one action of one principal.
const MAX_ANSWERED: usize = 200_000;

/// What is no thing of IAM and runs with a role.
pub(super) const CARRIER: &str = "carrier";

/// Whether a condition on a key is one on the tags of what an action works on, or on the boundary around it.
pub(super) fn is_on_target(action: &str, key: &str) -> bool {
    is_tag(key) || is_on_boundary(action, key)
}

/// Whether a test of an `Allow` on a target is passed only by what has a tag, or a boundary.
pub(super) fn asks_for_some(test: &Test) -> bool {
    test.holds_when_absent() == Some(false) || test.wants_absence() == Some(false)
}

/// What the conditions of a grant on tags leave out of it.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    /// All that is not certainly left in.
    pub(super) all: Vec<usize>,
    /// What of that may be left in, with the reason.
    pub(super) perhaps: Vec<(usize, Arc<Unknown>)>,
}

/// The things that an action of one principal may work on.
pub(super) struct Targets<'a, 'i, 'u> {
    pub(super) access: Access<'i, 'u>,
    pub(super) world: &'a World,
    pub(super) principal: usize,
    requester: Requester<'i, 'u>,
    wanted: &'a Wanted,
    pub(super) kind: &'static str,
    /// What lets the principal change the tags of the targets, once that has been asked.
    retagging: OnceCell<Retagging>,
    /// What lets it change their boundaries.
    pub(super) rebounding: OnceCell<Rebounding<'i, 'u>>,
    /// What tests come to for a boundary by its document, and for none.
    pub(super) bound: RefCell<HashMap<(*const Test, Option<usize>), Truth>>,
    /// What tests come to for a tag that is known: many things have the same.
    answers: RefCell<HashMap<(*const Test, Option<String>), Truth>>,
    /// Whether the action works on resources of a type.
    kinds: RefCell<HashMap<Arc<str>, bool>>,
}

/// A denial that looks at tags, and those that it names.
struct Tagged<'d> {
    denial: &'d Statement,
    named: BTreeSet<usize>,
}

fn looks_at_target(statement: &Statement, action: &str) -> bool {
    statement.tests.iter().any(|test| is_on_target(action, &test.key))
}

impl<'a, 'i, 'u> Targets<'a, 'i, 'u> {
    /// None for an action that works on nothing that has tags.
    pub(super) fn of(
        access: Access<'i, 'u>,
        world: &'a World,
        principal: usize,
        wanted: &'a Wanted,
    ) -> Option<Targets<'a, 'i, 'u>> {
        let kind = kind_of_target(&wanted.name)?;
        let requester = Requester::of(access.identity, Some(principal));
        let (retagging, rebounding) = (OnceCell::new(), OnceCell::new());
        let (bound, answers, kinds) = (RefCell::default(), RefCell::default(), RefCell::default());
        Some(Targets {
            access,
            world,
            principal,
            requester,
            wanted,
            kind,
            retagging,
            rebounding,
            bound,
            answers,
            kinds,
        })
    }

    /// What lets the principal change the tags of the targets.
    pub(super) fn retagging(&self) -> &Retagging {
        self.retagging.get_or_init(|| self.find_retagging(self.kind, &self.wanted.name))
    }

    pub(super) fn requester(&self) -> &Requester<'i, 'u> {
        &self.requester
    }

    pub(super) fn grants(&self, action: &Wanted) -> Vec<Grant<'i>> {
        self.access.grants(self.principal, action, None).grants
    }

    /// What the conditions of each of some grants leave out; nothing at all where none of them looks at tags.
    pub(super) fn left_out(&self, grants: &[Grant<'_>]) -> Vec<LeftOut> {
        if !grants.iter().any(|grant| asks_of_target(grant, &self.wanted.name)) {
            return Vec::new();
        }
        let mut left = MAX_ANSWERED;
        grants.iter().map(|grant| self.left_out_of(grant, &mut left)).collect()
    }

    /// As [`Targets::left_out`], one for each grant.
    pub(super) fn left_out_each(&self, grants: &[Grant<'_>]) -> Vec<LeftOut> {
        let mut all = self.left_out(grants);
        all.resize_with(grants.len(), LeftOut::default);
        all
    }

    fn left_out_of(&self, grant: &Grant<'_>, left: &mut usize) -> LeftOut {
        let mut out = LeftOut::default();
        if !asks_of_target(grant, &self.wanted.name) {
            return out;
        }
        let denials: Vec<Tagged<'_>> = self.tagged(&grant.denials);
        let tests = grant.tests.len() + denials.iter().map(|one| one.denial.tests.len()).sum::<usize>();
        let all = self.all();
        let spared: BTreeSet<usize> = match &grant.extent {
            Extent::AllBut(..) => self.among(self.wanted.action, &grant.extent).into_iter().collect(),
            Extent::Among(..) => BTreeSet::new(),
        };
        // Of what is no identity the role is looked at, and not what is denied: that is left out with it.
        let gone: BTreeSet<usize> = match self.kind {
            CARRIER => self.among_some(self.wanted.action, &grant.left_out()).into_iter().collect(),
            _ => BTreeSet::new(),
        };
        let is_over = tests.saturating_mul(all.len()) > *left;
        *left = left.saturating_sub(tests.saturating_mul(all.len()));
        for target in all {
            let (truth, unknown) = match (&grant.extent, is_over) {
                (Extent::AllBut(..), _) if !spared.contains(&target) => (Truth::False, None),
                _ if gone.contains(&target) => (Truth::False, None),
                (_, true) => {
                    let subject = "the tags of so many identities";
                    let unknown = Unknown::new(Why::Limit, subject, grant.statement.value.origin);
                    (Truth::Unknown, Some(Arc::new(unknown)))
                }
                (_, false) => self.admits(grant, &denials, target),
            };
            if truth != Truth::True {
                out.all.push(target);
            }
            if let (Truth::Unknown, Some(unknown)) = (truth, unknown) {
                out.perhaps.push((target, unknown));
            }
        }
        out
    }

    /// Whether some denials take a target out for certain.
    pub(super) fn is_denied(&self, denials: &[&Statement], target: usize) -> (Truth, Option<Arc<Unknown>>) {
        let tagged = self.tagged(denials);
        let always = denials.iter().filter(|denial| denial.always_denies());
        let always: Vec<Extent> = always.map(|denial| Extent::of(denial)).collect();
        if self.among_some(self.wanted.action, &always).contains(&target) {
            return (Truth::True, None);
        }
        let tagged: Vec<&Statement> =
            tagged.iter().filter(|one| one.named.contains(&target)).map(|one| one.denial).collect();
        let tests: Vec<_> = tagged.iter().flat_map(|denial| tests_on_tags(&denial.tests, Truth::False)).collect();
        let (left, reason) = self.at_best(target, &tests, |changed| {
            let (mut truth, mut reason) = (Truth::True, None);
            for denial in &tagged {
                let (denied, why) = self.denies(denial, &[], target, changed);
                truth = truth.and(!denied);
                reason = reason.or(why);
            }
            (truth, reason)
        });
        (!left, reason)
    }

    /// All of the kind.
    fn all(&self) -> Vec<usize> {
        match self.kind {
            CARRIER => (0..self.world.carriers.len()).collect(),
            kind => self.world.all_of(kind),
        }
    }

    /// Those of the kind that an action works on by some resources.
    pub(super) fn among(&self, action: Option<&Action>, extent: &Extent) -> Vec<usize> {
        match self.kind {
            CARRIER => self.world.carriers.among(action, extent),
            kind => self.world.among(kind, extent),
        }
    }

    /// Those of the kind that an action works on by any of some resources.
    pub(super) fn among_some(&self, action: Option<&Action>, extents: &[Extent]) -> Vec<usize> {
        extents.iter().flat_map(|extent| self.among(action, extent)).collect()
    }

    fn tagged<'d>(&self, denials: &[&'d Statement]) -> Vec<Tagged<'d>> {
        let looking = denials.iter().filter(|denial| looks_at_target(denial, &self.wanted.name));
        looking
            .map(|denial| Tagged {
                denial,
                named: self.among(self.wanted.action, &Extent::of(denial)).into_iter().collect(),
            })
            .collect()
    }

    /// As [`Targets::admits`], of one that the grant is certainly for, and what is denied of it.
    pub(super) fn admits_one(&self, grant: &Grant<'_>, target: usize) -> (Truth, Option<Arc<Unknown>>) {
        let denials = grant.denials.iter().filter(|denial| looks_at_target(denial, &self.wanted.name));
        let denials: Vec<Tagged<'_>> =
            denials.map(|denial| Tagged { denial, named: BTreeSet::from([target]) }).collect();
        self.admits(grant, &denials, target)
    }

    /// Whether the conditions on tags of a grant, and of what is denied of it, leave a target in; with the reason where that is
    /// not known.
    fn admits(&self, grant: &Grant<'_>, denials: &[Tagged<'_>], target: usize) -> (Truth, Option<Arc<Unknown>>) {
        let denials: Vec<&Statement> =
            denials.iter().filter(|one| one.named.contains(&target)).map(|one| one.denial).collect();
        let asked = grant.tests.iter().copied();
        let kept = denials.iter().flat_map(|denial| tests_on_tags(&denial.tests, Truth::False));
        let tests: Vec<_> = tests_on_tags(asked, Truth::True).chain(kept).collect();
        self.at_best(target, &tests, |changed| {
            let (mut truth, mut reason) = (Truth::True, None);
            for test in grant.tests.iter().filter(|test| is_on_target(&self.wanted.name, &test.key)) {
                let holds = match is_tag(&test.key) {
                    true => self.holds(test, grant.statement.variables, target, changed),
                    false => self.holds_once_rebound(test, target, Truth::True),
                };
                truth = truth.and(holds);
                if holds == Truth::Unknown {
                    reason = reason.or_else(|| Some(self.doubt(test, target)));
                }
            }
            for denial in &denials {
                let (denied, why) = self.denies(denial, &grant.tests, target, changed);
                truth = truth.and(!denied);
                reason = reason.or(why);
            }
            (truth, reason)
        })
    }

    /// Whether a denial that names a target holds for it, whatever else a request that passes some tests says.
    fn denies(
        &self,
        denial: &Statement,
        asked: &[&Test],
        target: usize,
        changed: &Changed,
    ) -> (Truth, Option<Arc<Unknown>>) {
        let mut reason = None;
        let mut holds = |test: &Test| {
            let normal = self.wanted.action.map_or_else(|| test.normal(), |action| test.normal_for(action));
            match normal {
                Normal::Always => Truth::True,
                Normal::Never => Truth::False,
                _ if is_on_target(&self.wanted.name, &test.key) => {
                    let holds = match is_tag(&test.key) {
                        true => self.holds(test, denial.variables, target, changed),
                        false => self.holds_once_rebound(test, target, Truth::False),
                    };
                    if holds == Truth::Unknown {
                        reason = Some(self.doubt(test, target));
                    }
                    holds
                }
                _ if test.holds_for_callers() || asked.iter().any(|one| one.implies(test)) => Truth::True,
                // To which service it is passed is another question for each way.
                _ if test.key == "iam:passedtoservice" => {
                    reason = Some(Arc::new(Unknown::new(Why::Condition, test.written.clone(), test.origin)));
                    Truth::Unknown
                }
                _ => Truth::False,
            }
        };
        let tests = denial.tests.iter().fold(Truth::True, |truth, test| truth.and(holds(test)));
        let truth = tests.and(denial.denies()).and(Truth::from(denial.more_tests.is_none()).or(Truth::Unknown));
        let reason = reason.or_else(|| denial.more_tests.clone()).or_else(|| denial.effect.first_unknown().cloned());
        (truth, reason.filter(|_| truth == Truth::Unknown))
    }

    /// Whether a test on a tag holds for what a target has.
    fn holds(&self, test: &Test, variables: bool, target: usize, changed: &Changed) -> Truth {
        let Some((resource, (_, key))) = self.resource(target).zip(test.key.split_once('/')) else {
            return Truth::Unknown;
        };
        let new = changed.tag(key);
        if let Some(New::Suited(holds)) = new {
            return *holds;
        }
        if self.kind == CARRIER && !self.works_on(resource) {
            // It is made of what is in the unit, or stands around it.
            return self.answer(test, variables, &Tag::Perhaps);
        }
        let tag = new.map_or_else(|| Tag::of(resource, key), New::tag);
        let found = self.answer(test, variables, &tag);
        // Not all services say what tags the role has that they are passed: AWS warns of it.
        let may_be_left_out = self.wanted.name == "iam:passrole" && self.answer(test, variables, &Tag::Absent) != found;
        if may_be_left_out { Truth::Unknown } else { found }
    }

    /// Whether the action works on what a resource of the unit is.
    fn works_on(&self, resource: &Resource) -> bool {
        let Some(action) = self.wanted.action else { return false };
        let known = self.kinds.borrow().get(&resource.provider_type).copied();
        known.unwrap_or_else(|| {
            let found = works_on(action, resource);
            self.kinds.borrow_mut().insert(resource.provider_type.clone(), found);
            found
        })
    }

    fn answer(&self, test: &Test, variables: bool, tag: &Tag<'_>) -> Truth {
        let find = || self.requester.holds_of_tag(test, variables, tag).unwrap_or(Truth::Unknown);
        let text = match tag {
            Tag::Absent => None,
            Tag::Value(value) => match value.as_str() {
                Some(text) => Some(text.to_owned()),
                None => return find(),
            },
            Tag::Perhaps => return find(),
        };
        let key = (std::ptr::from_ref(test), text);
        if let Some(known) = self.answers.borrow().get(&key) {
            return *known;
        }
        let found = find();
        self.answers.borrow_mut().insert(key, found);
        found
    }

    /// Why it is not known whether a test on a tag holds.
    pub(super) fn doubt(&self, test: &Test, target: usize) -> Arc<Unknown> {
        if let Some(unknown) = boundary_doubt(self.access, test, target) {
            return unknown;
        }
        let key = test.key.split_once('/').map_or("", |(_, key)| key);
        let tag = self.resource(target).map(|resource| Tag::of(resource, key));
        let of_tag = if let Some(Tag::Value(value)) = tag { value.first_unknown().cloned() } else { None };
        let given =
            || test.values.iter().find_map(|value| value.first_unknown().cloned()).or_else(|| test.rest.clone());
        let open = || Arc::new(Unknown::new(Why::Condition, test.written.clone(), test.origin));
        of_tag.or_else(given).unwrap_or_else(open)
    }

    pub(super) fn resource(&self, target: usize) -> Option<&'u Resource> {
        let identity = self.access.identity;
        match self.kind {
            CARRIER => self.world.carriers.resource_of(target, identity),
            "policy" => identity.policies.get(target).map(|policy| policy.instance.resource),
            _ => identity.principals.get(target).map(|principal| principal.instance.resource),
        }
    }
}

impl One<'_, '_, '_> {
    /// Whether a test is on tags that the unit tells of what the action works on, or on the boundary around it.
    pub(super) fn is_decided(&self, test: &Test) -> bool {
        is_on_target(&self.wanted.name, &test.key)
            && !self.is_open_to_tags()
            && match self.kind_of_target() {
                Some(CARRIER) => !matches!(self.closed_by(test), Bearing::Unknown(_)),
                kind => kind.is_some(),
            }
    }

    /// Whether only what has some tag is left of it.
    pub(super) fn is_tied(&self) -> bool {
        let of_carriers = self.kind_of_target() == Some(CARRIER);
        let ties = |test: &Test| {
            asks_for_some(test)
                && (!of_carriers || (test.is_positive() && matches!(self.closed_by(test), Bearing::Closes)))
        };
        self.grant.tests.iter().any(|test| self.is_decided(test) && ties(test)) || self.is_tied_by_denial()
    }

    /// Whether a denial leaves of it only what has some tag and runs with a role.
    fn is_tied_by_denial(&self) -> bool {
        let denials = self.grant.denials.iter().filter(|_| self.kind_of_target() == Some(CARRIER));
        let mut tests = denials.filter_map(|denial| only_but(denial, self.grant));
        tests.any(|test| self.is_decided(test) && matches!(self.closed_by(test), Bearing::Closes))
    }

    /// The kind of what the way works on by the action; none where it is of no account to the way which it is.
    pub(super) fn kind_of_target(&self) -> Option<&'static str> {
        let of_way = || self.way.class() == "reuse" || self.way.confined_by_resource(&self.wanted.name);
        kind_of_target(&self.wanted.name).filter(|kind| *kind != CARRIER || of_way())
    }

    /// The roles that the conditions of the grant on tags take out of it.
    pub(super) fn denied_by_tags(&self) -> &[usize] {
        match self.kind_of_target() {
            None => &[],
            _ if self.is_open_to_tags() => &[],
            Some(CARRIER) => self.denied_by_tags.get_or_init(|| self.carried_by_none_but(&self.left_out.all)),
            Some(_) => &self.left_out.all,
        }
    }

    /// The roles, users or policies of which it is not known whether the grant is good for them, with the reason.
    pub(super) fn perhaps(&self) -> Vec<(usize, Arc<Unknown>)> {
        if changes(&self.wanted.name).is_some() {
            return self.perhaps_federated();
        }
        if self.kind_of_target().is_none_or(|kind| kind == CARRIER) {
            return self.perhaps_carried();
        }
        let named = |perhaps: &[(usize, Arc<Unknown>)]| {
            let among: BTreeSet<usize> =
                if perhaps.is_empty() { BTreeSet::new() } else { self.among().into_iter().collect() };
            perhaps.iter().filter(|(one, _)| among.contains(one)).cloned().collect::<Vec<_>>()
        };
        let denied = self.denied_always();
        let tags = if self.is_open_to_tags() { &[][..] } else { &self.left_out.perhaps };
        let mut perhaps = named(tags);
        perhaps.retain(|(one, _)| denied.binary_search(one).is_err() && *one != self.principal);
        match self.wanted.name.as_str() {
            "iam:passrole" => {
                perhaps.retain(|(role, _)| self.trusts_service(*role) != Truth::False);
                perhaps.extend(self.maybe_passed(&self.denied()));
                perhaps.extend(self.perhaps_profiled());
            }
            "sts:assumerole" => {
                let may = |role: usize| self.world.trusted.get(role).is_some_and(|role| role.account.is_some());
                perhaps.retain(|(role, _)| may(*role));
                let denied = self.denied();
                let left = self.among().into_iter().filter(|role| denied.binary_search(role).is_err());
                perhaps.extend(left.filter_map(|role| self.world.perhaps_assumed(role, &self.grant.extent)));
            }
            name if kind_of(name) == Some("policy") => {
                let holders = |(policy, why): (usize, Arc<Unknown>)| {
                    self.holders_of(policy).into_iter().map(move |holder| (holder, why.clone())).collect::<Vec<_>>()
                };
                perhaps = perhaps.into_iter().flat_map(holders).collect();
            }
            _ => {}
        }
        perhaps
    }

    /// Whether conditions on tags and boundaries take the principal itself out of those of a kind that the grant is for.
    pub(super) fn leaves_itself_out(&self, kind: &str) -> bool {
        kind != "policy" && !self.is_open_to_tags() && self.left_out.all.binary_search(&self.principal).is_ok()
    }

    /// Why it is not known whether conditions on tags and boundaries leave the principal itself among what some patterns name.
    pub(super) fn perhaps_itself(&self, patterns: &[&Pattern]) -> Option<Arc<Unknown>> {
        let kind = self.kind_of_target().filter(|_| !self.is_open_to_tags())?;
        let (_, unknown) = self.left_out.perhaps.iter().find(|(one, _)| kind != "policy" && *one == self.principal)?;
        let names = |pattern: &&&Pattern| {
            pattern.of_caller || self.world.matching_if_own(kind, pattern).sure.contains(&self.principal)
        };
        let is_named = patterns.iter().any(|pattern| names(&pattern));
        (is_named && !self.denied_always().contains(&self.principal)).then(|| unknown.clone())
    }

    /// Whether no condition on tags says anything: the principal sets them, or the thing is yet to be made.
    pub(super) fn is_open_to_tags(&self) -> bool {
        self.sets_tags || self.way.makes()
    }

    /// The roles, users or policies of the unit that the grant names.
    pub(super) fn among(&self) -> Vec<usize> {
        self.kind_of_target().map(|kind| self.world.among(kind, &self.grant.extent)).unwrap_or_default()
    }
}

/// The kind of thing with tags that an action works on.
pub(super) fn kind_of_target(action: &str) -> Option<&'static str> {
    match action {
        "sts:assumerole" => Some("role"),
        _ if action.starts_with("iam:") && action.contains("provider") => None,
        _ => kind_of(action).or(Some(CARRIER)),
    }
}

/// Whether a grant of an action, or what is denied of it, is told by the tags or boundaries of what it is for.
pub(super) fn asks_of_target(grant: &Grant<'_>, action: &str) -> bool {
    let mut denials = grant.denials.iter();
    grant.tests.iter().any(|test| is_on_target(action, &test.key))
        || denials.any(|denial| looks_at_target(denial, action))
}

/// Whether some policy compares the tags of what is worked on with those of whoever asks.
pub(super) fn compares_tags(access: Access<'_, '_>) -> bool {
    let of_caller = |value: &Value| {
        let text = value.as_str().map(str::to_owned).or_else(|| value.with_holes_as_wildcards()).unwrap_or_default();
        text.to_ascii_lowercase().contains("${aws:principaltag/")
    };
    let compares = |test: &Test| is_tag(&test.key) && test.values.iter().any(of_caller);
    let documents = (0..access.facts.sources.len()).filter_map(|at| access.facts.document(access.identity, at));
    documents.flat_map(|document| &document.statements).flat_map(|statement| &statement.tests).any(compares)
}

/// What sets the tags of what an action works on.
pub(super) fn setter(kind: &str, action: &str) -> Option<&'static str> {
    changers(kind, action).map(|[sets, _]| sets)
}

/// What sets the tags of what an action works on, and what removes them.
pub(super) fn changers(kind: &str, action: &str) -> Option<[&'static str; 2]> {
    Some(match (kind, action.split(':').next().unwrap_or_default()) {
        ("role", _) => ["iam:TagRole", "iam:UntagRole"],
        ("user", _) => ["iam:TagUser", "iam:UntagUser"],
        ("policy", _) => ["iam:TagPolicy", "iam:UntagPolicy"],
        (CARRIER, "iam") => ["iam:TagInstanceProfile", "iam:UntagInstanceProfile"],
        (CARRIER, "ec2" | "ec2-instance-connect" | "ssm") => ["ec2:CreateTags", "ec2:DeleteTags"],
        (CARRIER, "apprunner") => ["apprunner:TagResource", "apprunner:UntagResource"],
        (CARRIER, "batch") => ["batch:TagResource", "batch:UntagResource"],
        (CARRIER, "cloudformation") => ["cloudformation:UpdateStack", "cloudformation:UpdateStack"],
        (CARRIER, "codebuild") => ["codebuild:UpdateProject", "codebuild:UpdateProject"],
        (CARRIER, "codepipeline") => ["codepipeline:TagResource", "codepipeline:UntagResource"],
        (CARRIER, "ecs") => ["ecs:TagResource", "ecs:UntagResource"],
        (CARRIER, "glue") => ["glue:TagResource", "glue:UntagResource"],
        (CARRIER, "lambda") => ["lambda:TagResource", "lambda:UntagResource"],
        (CARRIER, "sagemaker") => ["sagemaker:AddTags", "sagemaker:DeleteTags"],
        (CARRIER, "states") => ["states:TagResource", "states:UntagResource"],
        _ => return None,
    })
}

/// Of some tests those on the tags of what is worked on, with how they had better come out.
fn tests_on_tags<'t>(
    tests: impl IntoIterator<Item = &'t Test>,
    suits: Truth,
) -> impl Iterator<Item = (&'t Test, Truth)> {
    tests.into_iter().filter(|test| is_tag(&test.key)).map(move |test| (test, suits))
}

/// Whether an action works on what a resource of the unit is, by its type: `aws_lambda_function` is a `function`.
fn works_on(action: &Action, resource: &Resource) -> bool {
    let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    let own = plain(&resource.provider_type);
    // A request that makes instances is none.
    action.resource_types().any(|(kind, _)| own.ends_with(&plain(kind.name)))
}
