//! Whether what one principal holds opens a known way.

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::sync::Arc;

use super::becoming::Becoming;
use super::boundary::{BOUNDARY, Shed, Shedding, asks_for, ceiling_over};
use super::command::{runs_anything, takes_document};
use super::federation::SAML;
use super::given::Assumed;
use super::kind::is_tag;
use super::path::{Way, ways};
use super::rewrite::Rewriting;
use super::target::{LeftOut, Targets, asks_of_target, kind_of_target, setter};
use super::widened::JOIN;
use super::world::World;
use super::worth::{Aim, Bearing, Hold, One};
use crate::iam::access::{Access, Extent, Grant, Grants, Pattern, Wanted, doubt_what_it_names};
use crate::iam::catalogue::{Action, EscalationPath, ResourceType};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::owner;
use crate::value::{Truth, Unknown, Value};

/// A way of which all permissions are held.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) way: usize,
    pub(super) holds: Vec<Hold>,
    /// Whom it takes over whatever that one may do so far: its permissions are rewritten on the way.
    pub(super) rewritten: Option<usize>,
    /// Of a way to every role of a sort those that are left where denials take some out of it.
    pub(super) left: Option<Vec<usize>>,
    /// It gives fixed policies: it counts by what these are good for alone.
    pub(super) is_bound: bool,
}

impl Found {
    pub(super) fn path(&self) -> Option<&'static EscalationPath> {
        ways().get(self.way).map(|way| way.path)
    }

    /// Whether it changes what the principal itself may do.
    pub(super) fn is_of_itself(&self) -> bool {
        self.path().is_some_and(|path| path.class == "self")
    }

    /// Whether it is for whole types, or for the principal itself, and not for some by name.
    pub(super) fn is_of_all_or_own(&self) -> bool {
        self.holds.iter().all(|hold| matches!(hold.aim, Aim::Whole | Aim::Own))
    }

    /// Whether all that it takes is held for certain.
    pub(super) fn is_sure(&self) -> bool {
        self.holds.iter().all(|hold| hold.unknown.is_none())
    }

    /// Those that its permissions name, where they name some.
    pub(super) fn targets(&self) -> Option<&[usize]> {
        let named = |hold: &'_ Hold| matches!(hold.aim, Aim::Some(_));
        match self.holds.iter().find(|hold| named(hold)).map(|hold| &hold.aim) {
            Some(Aim::Some(targets)) => Some(targets),
            _ => None,
        }
    }
}

/// What one principal holds, as questions go on.
pub(super) struct Judge<'a, 'i, 'u> {
    pub(super) access: Access<'i, 'u>,
    pub(super) world: &'a World,
    pub(super) principal: usize,
    /// The services of which it holds an action that takes a role.
    pub(super) consumers: Vec<&'static str>,
    grants: HashMap<&'static str, Grants<'i>>,
    /// Of the grants of an action what their conditions on tags leave out; empty where they have none.
    left_out: HashMap<&'static str, Vec<LeftOut>>,
    rewriting: Rc<Rewriting<'i, 'u>>,
    becoming: Rc<Becoming<'a, 'i, 'u>>,
    shedding: Vec<Shedding<'i>>,
    /// Whether the boundaries that grants of an action ask for can be got rid of, and by what.
    sheds: HashMap<&'static str, (Truth, Option<Shed>)>,
    /// Which conditions are taken for fulfilled.
    pub(super) assumed: Assumed,
    /// Whether it sets the tags that grants of an action ask for.
    tagging: HashMap<&'static str, bool>,
}

/// No more pairs of grants are held against each other.
const MAX_PAIRS: usize = 1_000;

/// Paths on which nobody but AWS makes roles.
const KEPT_BY_AWS: [&str; 2] = [":role/aws-service-role/", ":role/aws-reserved/"];

/// Of the roles that a way passes only those are left that another of its permissions is for.
fn within(holds: &mut [Hold]) {
    let only: Vec<Vec<usize>> = holds.iter().filter_map(|hold| hold.only.clone()).collect();
    let is_left = |role: &usize| only.iter().all(|roles| roles.contains(role));
    let Some(passed) = holds.iter_mut().find(|hold| hold.action == "iam:passrole" && !only.is_empty()) else { return };
    let roles: Vec<usize> = match &passed.aim {
        Aim::Some(roles) => roles.iter().copied().filter(is_left).collect(),
        Aim::Whole => {
            only.iter().flatten().copied().filter(is_left).filter(|one| !passed.denied.contains(one)).collect()
        }
        Aim::Own | Aim::Elsewhere => return,
    };
    passed.aim = if roles.is_empty() { Aim::Elsewhere } else { Aim::Some(roles) };
    passed.maybe.retain(|(role, _)| is_left(role));
}

/// Whether nothing is known of the resources that a statement names.
fn names_nothing(statement: &Statement) -> bool {
    let is_open = |item: &Value| item.as_unknown().is_some_and(|unknown| unknown.refers.is_none());
    statement.resources.as_ref().is_some_and(|resources| resources.items.iter().all(is_open))
}

/// Everything, less what is denied by name.
fn is_wide(extent: &Extent) -> bool {
    extent.is_everything() || matches!(extent, Extent::AllBut(..))
}

impl<'a, 'i, 'u> Judge<'a, 'i, 'u> {
    pub(super) fn new(access: Access<'i, 'u>, world: &'a World, principal: usize) -> Judge<'a, 'i, 'u> {
        let (grants, left_out, sheds) = (HashMap::new(), HashMap::new(), HashMap::new());
        let rewriting = Rc::new(Rewriting::of(access, principal));
        let becoming = Rc::new(Becoming::of(access, world, principal));
        let (consumers, shedding, tagging) = (Vec::new(), Vec::new(), HashMap::new());
        let assumed = Assumed::default();
        Judge {
            access,
            world,
            principal,
            consumers,
            grants,
            left_out,
            rewriting,
            becoming,
            shedding,
            sheds,
            assumed,
            tagging,
        }
    }

    pub(super) fn grants_of(&mut self, wanted: &'static Wanted) -> &Grants<'i> {
        let (access, principal) = (self.access, self.principal);
        self.grants.entry(wanted.name.as_str()).or_insert_with(|| {
            let mut found = access.grants(principal, wanted, None);
            let unnamed = found.grants.iter_mut().filter(|grant| names_nothing(grant.statement));
            unnamed.for_each(|grant| doubt_what_it_names(grant, wanted));
            found
        })
    }

    /// The grants of an action, each with what its conditions on tags leave out.
    pub(super) fn with_left_out(&mut self, wanted: &'static Wanted) -> impl Iterator<Item = (&Grant<'i>, &LeftOut)> {
        static NOTHING: LeftOut = LeftOut { all: Vec::new(), perhaps: Vec::new() };
        let name = wanted.name.as_str();
        if !self.left_out.contains_key(name) {
            let (access, world, principal) = (self.access, self.world, self.principal);
            let grants = &self.grants_of(wanted).grants;
            let asks = grants.iter().any(|grant| asks_of_target(grant, name));
            let targets = if asks { Targets::of(access, world, principal, wanted) } else { None };
            let left_out = targets.map(|targets| targets.left_out(grants)).unwrap_or_default();
            self.left_out.insert(name, left_out);
        }
        let (grants, left_out) = (self.grants.get(name), self.left_out.get(name));
        let grants = grants.into_iter().flat_map(|grants| &grants.grants);
        grants.enumerate().map(move |(at, grant)| (grant, left_out.and_then(|all| all.get(at)).unwrap_or(&NOTHING)))
    }

    /// The way as far as it goes; none where a permission is missing or the way is closed.
    pub(super) fn way(&mut self, at: usize, way: &'static Way) -> Option<Found> {
        let mut holds = Vec::with_capacity(way.entries.len());
        for entry in &way.entries {
            let best = entry.iter().filter_map(|wanted| self.hold(way, wanted)).min_by_key(Hold::rank)?;
            holds.push(best);
        }
        for guard in &way.guards {
            let held = !self.grants_of(guard).grants.is_empty();
            if held && self.hold(way, guard).is_none() {
                return None;
            }
        }
        if way.passes() && !self.meet_on_one(way) {
            return None;
        }
        let is_elsewhere = matches!(holds.as_slice(), [hold] if matches!(hold.aim, Aim::Elsewhere));
        if is_elsewhere && let Some(more) = self.by_own_group(way) {
            holds = more;
        }
        let on_one = matches!(way.class(), "principal" | "reuse");
        let rewritten = if on_one { self.agree(way, &mut holds) } else { None };
        if way.passes() {
            within(&mut holds);
        }
        let left = self.left(way, &holds);
        Some(Found { way: at, holds, rewritten, left, is_bound: false })
    }

    /// The roles that a way over all of them still leads to, where denials take some out of it.
    fn left(&self, way: &'static Way, holds: &[Hold]) -> Option<Vec<usize>> {
        let denied: BTreeSet<usize> = holds.iter().flat_map(|hold| &hold.denied).copied().collect();
        if denied.is_empty() {
            return None;
        }
        let world = self.world;
        let of_service = |service: &String| {
            let roles = world.by_service.get(service).into_iter().flatten().copied();
            let attached = way.reaches() == "role-attached";
            roles.filter(|role| !attached || world.is_carried(*role, service)).collect::<Vec<_>>()
        };
        let mut roles = match way.path.id.as_str() {
            "sts-assume-any-role" => world.by_account.clone(),
            JOIN => world.groups().collect(),
            SAML => world.by_federation.clone(),
            _ => way.path.service.iter().flat_map(of_service).collect(),
        };
        roles.retain(|role| !denied.contains(role));
        roles.sort_unstable();
        roles.dedup();
        Some(roles)
    }

    /// Several permissions on principals, or on what runs with roles, have to be held on the same one. Returns it where what it
    /// may do is rewritten.
    fn agree(&mut self, way: &'static Way, holds: &mut [Hold]) -> Option<usize> {
        if way.makes() {
            if self.made(way).is_some() {
                // What is there of the name already does not keep others from being made.
                let confined = holds.iter_mut().filter(|hold| matches!(hold.aim, Aim::Elsewhere | Aim::Some(_)));
                confined.for_each(|hold| hold.aim = Aim::Own);
            }
            return None;
        }
        let named = |hold: &Hold| if let Aim::Some(targets) = &hold.aim { Some(targets.clone()) } else { None };
        let mut common: Option<Vec<usize>> = None;
        for targets in holds.iter().filter_map(named) {
            common = Some(match common {
                Some(common) => common.into_iter().filter(|one| targets.contains(one)).collect(),
                None => targets,
            });
        }
        let mut common = common.filter(|_| holds.len() > 1)?;
        if holds.iter().any(|hold| hold.action == "sts:assumerole") {
            common.retain(|role| self.may_become(*role));
        }
        let rewritten = if way.rewrites() { self.rewritten(&common) } else { None };
        if let Some(((_, Some(unknown)), hold)) = rewritten.as_ref().zip(holds.first_mut()) {
            hold.unknown.get_or_insert_with(|| unknown.clone());
        }
        let rewritten = rewritten.map(|(target, _)| target);
        let aim = match (&rewritten, common.is_empty()) {
            (Some(_), _) => Aim::Own,
            (None, true) => Aim::Elsewhere,
            (None, false) => Aim::Some(common),
        };
        let confined = holds.iter_mut().filter(|hold| matches!(hold.aim, Aim::Some(_)));
        confined.for_each(|hold| hold.aim = aim.clone());
        rewritten
    }

    /// Whether permissions on things of the same type may be for one of them: what is made by one is run by another.
    fn meet_on_one(&mut self, way: &'static Way) -> bool {
        for wanted in way.entries.iter().flatten() {
            self.grants_of(wanted);
        }
        let of = |wanted: &Wanted| self.grants.get(wanted.name.as_str()).map_or(&[][..], |grants| &grants.grants);
        let meet = |a: &Wanted, b: &Wanted| {
            let meets = |one: &Grant<'_>| of(b).iter().any(|other| may_be_one(&one.extent, &other.extent));
            let are_few = of(a).len().saturating_mul(of(b).len()) <= MAX_PAIRS;
            match are_few && work_on_one_type(a, b) {
                true => of(a).iter().any(meets),
                false => !of(a).is_empty() && !of(b).is_empty(),
            }
        };
        let pairs = way.entries.iter().enumerate();
        let mut pairs = pairs.flat_map(|(at, one)| way.entries.iter().skip(at + 1).map(move |other| (one, other)));
        pairs.all(|(one, other)| one.iter().any(|a| other.iter().any(|b| meet(a, b))))
    }

    /// The name of what may be made by a pattern and given permissions by one: what does not exist yet can be had by a name
    /// that fits both.
    pub(super) fn made(&mut self, way: &'static Way) -> Option<Pattern> {
        let world = self.world;
        let wild = |pattern: &Pattern| {
            let text = pattern.glob.to_string();
            let is_reserved = KEPT_BY_AWS.iter().any(|path| text.contains(path));
            pattern.refers.is_none() && text.contains('*') && !is_reserved && world.is_own(pattern) == Truth::True
        };
        let mut patterns: Vec<Vec<Pattern>> = Vec::new();
        for entry in &way.entries {
            let mut of_entry = Vec::new();
            for wanted in entry {
                of_entry.extend(self.each(way, wanted, |one| {
                    let is_free =
                        |test: &&Test| matches!(one.bearing(test), Bearing::Harmless | Bearing::Guard | Bearing::Weak);
                    let free = one.grant.truth == Truth::True && one.grant.tests.iter().all(is_free);
                    match &one.grant.extent {
                        Extent::Among(some, _) if free => {
                            some.iter().filter(|pattern| wild(pattern)).cloned().collect()
                        }
                        _ => Vec::new(),
                    }
                }));
            }
            patterns.push(of_entry);
        }
        let (made, others) = patterns.split_first()?;
        let own_accounts = &self.world.own_accounts;
        let same = |made: &Pattern, given: &Pattern| owner::meets(&given.glob, &made.glob, own_accounts) == Truth::True;
        let fits = |made: &&Pattern| others.iter().all(|given| given.iter().any(|given| same(made, given)));
        let made = made.iter().find(fits)?;
        // The narrower of the two says more of the name.
        let given = others.iter().flatten().find(|given| same(made, given) && made.covers(given) == Truth::True);
        Some(given.unwrap_or(made).clone())
    }

    /// The first of some that can be given any permissions, else one of whom that is not known, with the reason.
    fn rewritten(&self, targets: &[usize]) -> Option<(usize, Option<Arc<Unknown>>)> {
        let mut doubtful = None;
        for target in targets {
            match ceiling_over(self.access, self.world, self.principal, *target) {
                (Truth::False, _) => return Some((*target, None)),
                (Truth::Unknown, unknown) => doubtful = doubtful.or(Some((*target, unknown))),
                (Truth::True, _) => {}
            }
        }
        doubtful
    }

    fn may_become(&self, role: usize) -> bool {
        self.becoming.may_be(role)
    }

    /// What each grant of an action comes to for a way.
    pub(super) fn each<T, F>(&mut self, way: &'static Way, wanted: &'static Wanted, judged: F) -> Vec<T::Item>
    where
        T: IntoIterator,
        F: Fn(&One<'_, 'i, 'u>) -> T,
    {
        let (drops_boundaries, _) = self.drops_boundaries(way, wanted);
        let sets_tags = self.sets_tags(wanted);
        let (access, world, principal) = (self.access, self.world, self.principal);
        let (consumers, rewriting) = (&self.consumers.clone(), &Rc::clone(&self.rewriting));
        let (becoming, assumed) = (&Rc::clone(&self.becoming), self.assumed);
        let one = |(grant, left_out)| One {
            access,
            world,
            principal,
            consumers,
            way,
            wanted,
            grant,
            drops_boundaries,
            sets_tags,
            rewriting,
            becoming,
            left_out,
            assumed,
            denied_by_tags: OnceCell::new(),
            without_profile: OnceCell::new(),
        };
        self.with_left_out(wanted).map(one).flat_map(|one| judged(&one)).collect()
    }

    /// The best of the grants of an action; none where all of them are closed.
    pub(super) fn hold(&mut self, way: &'static Way, wanted: &'static Wanted) -> Option<Hold> {
        let sets_tags = takes_document(wanted) && self.sets_tags(wanted);
        if !works(wanted, self.grants_of(wanted)) || !runs_anything(wanted, self.grants_of(wanted), sets_tags) {
            return None;
        }
        let (_, shed) = self.drops_boundaries(way, wanted);
        let judged: Vec<Hold> = self.each(way, wanted, |one| {
            let by = shed.clone().filter(|_| asks_for(one.grant).next().is_some());
            one.hold().map(|hold| Hold { shed: by, ..hold })
        });
        let is_sure = judged.iter().any(|hold| hold.unknown.is_none());
        let alike = judged.iter().filter(|hold| hold.unknown.is_none() == is_sure);
        let mut others: Vec<usize> = alike.flat_map(|hold| &hold.others).copied().collect();
        others.sort_unstable();
        others.dedup();
        judged.into_iter().min_by_key(Hold::rank).map(|best| Hold { others, ..best })
    }

    /// Whether the tags that a grant asks of a resource can be set by the principal.
    fn sets_tags(&mut self, wanted: &'static Wanted) -> bool {
        if let Some(known) = self.tagging.get(wanted.name.as_str()) {
            return *known;
        }
        let found = self.find_sets_tags(wanted);
        self.tagging.insert(wanted.name.as_str(), found);
        found
    }

    fn find_sets_tags(&mut self, wanted: &'static Wanted) -> bool {
        let tests = self.grants_of(wanted).grants.iter().flat_map(|grant| &grant.tests);
        let tests: Vec<&&Test> = tests.filter(|test| is_tag(&test.key)).collect();
        // Nothing loses a tag by being given one.
        if tests.is_empty() || tests.iter().any(|test| test.operator == "null" && test.wants_absence() == Some(true)) {
            return false;
        }
        let setter = kind_of_target(&wanted.name).and_then(|kind| setter(kind, &wanted.name));
        setter.is_some_and(|action| {
            let grants = self.access.grants(self.principal, &Wanted::at_home(action), None).grants;
            grants.iter().any(|grant| grant.truth == Truth::True && grant.tests.is_empty() && is_wide(&grant.extent))
        })
    }

    /// Whether a boundary that a grant asks for can be taken away or rewritten afterwards.
    fn drops_boundaries(&mut self, way: &Way, wanted: &'static Wanted) -> (Truth, Option<Shed>) {
        if !way.closed_by_key(&wanted.name, BOUNDARY) {
            return (Truth::False, None);
        }
        if let Some(known) = self.sheds.get(wanted.name.as_str()) {
            return known.clone();
        }
        let (access, world, principal) = (self.access, self.world, self.principal);
        self.grants_of(wanted);
        let grants = self.grants.get(wanted.name.as_str()).into_iter().flat_map(|grants| &grants.grants);
        let mut asking = grants.filter(|grant| asks_for(grant).next().is_some()).peekable();
        let mut sheds = (Truth::False, None);
        if asking.peek().is_some() {
            if !self.shedding.iter().any(|one| one.is_for(&wanted.name)) {
                self.shedding.push(Shedding::of(access, principal, &wanted.name));
            }
            if let Some(shedding) = self.shedding.iter_mut().find(|one| one.is_for(&wanted.name)) {
                for (truth, by) in asking.map(|grant| shedding.sheds(world, grant)) {
                    sheds = (sheds.0.or(truth), sheds.1.or(by));
                    if sheds.0 == Truth::True {
                        break;
                    }
                }
            }
        }
        self.sheds.insert(wanted.name.as_str(), sheds.clone());
        sheds
    }
}

/// Whether each request for either of two actions names something of the same type.
fn work_on_one_type(a: &Wanted, b: &Wanted) -> bool {
    let named = |wanted: &Wanted| wanted.action.map(Action::types_of_each_request).unwrap_or_default();
    let (mine, theirs) = (named(a), named(b));
    let is_one =
        |a: &[&ResourceType], b: &[&ResourceType]| matches!((a, b), ([a], [b]) if std::ptr::eq::<ResourceType>(*a, *b));
    mine.iter().any(|a| theirs.iter().any(|b| is_one(a, b)))
}

/// Whether something may be among both, or a version of it.
fn may_be_one(one: &Extent, other: &Extent) -> bool {
    let (Extent::Among(mine, None), Extent::Among(theirs, None)) = (one, other) else { return true };
    let version = |pattern: &Pattern| {
        let versions = Glob::pattern(":*");
        Glob::of_symbols([pattern.glob.symbols(), versions.symbols()].concat())
    };
    // What ends before the name, as `arn:aws:lambda:*` does, goes on beyond its last field.
    let meets = |a: &Glob, b: &Glob| match a.fields().len() == b.fields().len() {
        true => a.meets_arn(b) != Truth::False,
        false => a.meets(b) != Truth::False,
    };
    let meet = |a: &Pattern, b: &Pattern| {
        meets(&a.glob, &b.glob) || meets(&version(a), &b.glob) || meets(&a.glob, &version(b))
    };
    mine.iter().any(|a| theirs.iter().any(|b| meet(a, b)))
}

/// Whether all that a request for an action cannot do without is among what several grants of it reach: to run an instance
/// takes an image and a network as well.
fn works(wanted: &Wanted, grants: &Grants<'_>) -> bool {
    let Some(action) = wanted.action else { return true };
    let reached = |kind: &ResourceType| grants.grants.iter().any(|grant| grant.reaches(kind));
    action.types_of_each_request().iter().all(|kinds| kinds.iter().any(|kind| reached(kind)))
}
