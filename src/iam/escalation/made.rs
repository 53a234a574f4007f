//! Users and roles that somebody may make, though not as it likes: within a permissions boundary that is demanded, or with fixed
//! policies. Each is looked at as one of the principals, with all that it may be given.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rayon::prelude::*;

use super::boundary::{asks_for, is_open_boundary, makes_one_alone};
use super::given::{Assumed, Demanded, Gives, named_policies};
use super::held::{Held, held};
use super::judge::{Found, Judge};
use super::kind::is_whole;
use super::net::is_enough;
use super::path::{Way, ways};
use super::rewrite::{Rewriting, is_free};
use super::world::World;
use super::worlds::Worlds;
use super::worth::Aim;
use crate::iam::access::{Access, Actor, Extent, Grant, Pattern, Wanted};
use crate::iam::condition::{Operator, Test, folded_glob, is_harmless, wanted};
use crate::iam::document::Statement;
use crate::iam::facts::{self, Holding, Limit};
use crate::iam::glob::Glob;
use crate::iam::owner;
use crate::iam::requester::asks_of_requester;
use crate::iam::watched::Bits;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// So many users and roles that may be made are looked at in one unit, and so many times those that these make in turn.
const MAX_MADE: usize = 4_096;
const MAX_ROUNDS: usize = 4;

/// So many boundaries that may be demanded are looked at for one principal.
const MAX_DEMANDED: usize = 16;

/// What a new user has of so many groups is looked at: it cannot be in more.
const MAX_JOINED: usize = 10;

/// So many values of conditions are looked at for them.
const MAX_VALUES: usize = 1_000;

/// So many trusts are held against those that may be made.
const MAX_TRUSTS: usize = 20_000;

/// What one who may be made is told apart by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The number of the account that it is made in.
    account: usize,
    kind: &'static str,
    /// What is known of its name: `app-*`.
    name: String,
    gives: Gives,
    boundary: Option<usize>,
}

/// A user or role that somebody may make.
#[derive(Clone, Debug)]
pub(super) struct Making {
    /// The position of the way by which, among those that are held.
    found: usize,
    key: Key,
    pattern: Pattern,
    /// The boundary as it is demanded.
    boundary: Option<Value>,
    place: Origin,
}

/// One that is looked at as a principal.
#[derive(Debug)]
pub(super) struct Made {
    making: Making,
    pub(super) holding: Holding,
    pub(super) actor: Actor,
    /// What is done to come to it: `a role is made within the permissions boundary …`.
    pub(super) text: String,
    pub(super) origin: Origin,
}

impl Judge<'_, '_, '_> {
    /// Adds to what a principal holds the ways by which it makes users and roles, though not as it likes.
    pub(super) fn makings(&mut self, bits: &Bits, held: &mut Held) {
        for (at, way) in ways().iter().enumerate().filter(|(_, way)| way.makes() && way.path.class == "principal") {
            let is_free = |found: &Found| found.way == at && is_enough(held, found);
            let is_held = way.entries.iter().all(|entry| entry.iter().any(|wanted| wanted.is_in(bits)));
            if is_held && !held.found.iter().any(is_free) {
                self.making(at, way, held);
            }
        }
    }

    fn making(&mut self, at: usize, way: &'static Way, held: &mut Held) {
        let Some(create) = way.entries.first().and_then(|entry| entry.first()) else { return };
        let kind = if create.name.contains("role") { "role" } else { "user" };
        let (access, world) = (self.access, self.world);
        let grants = &self.grants_of(create).grants;
        if grants.is_empty() {
            return;
        }
        let mut demands: Vec<(Option<usize>, Value, Option<Arc<Unknown>>)> = Vec::new();
        for test in grants.iter().flat_map(asks_for).filter(|test| test.is_positive() || !test.values.is_empty()) {
            for value in &test.values {
                let one = Test { values: vec![value.clone()], ..test.clone() };
                let named = named_policies(access, world, &one);
                demands.extend(named.documents.iter().map(|document| (Some(*document), value.clone(), None)));
                demands.extend(named.unknown.map(|unknown| (None, value.clone(), Some(unknown))));
                if demands.len() > MAX_VALUES {
                    break;
                }
            }
        }
        demands.sort_by_key(|(document, ..)| *document);
        demands.dedup_by_key(|(document, ..)| *document);
        if demands.len() > MAX_DEMANDED {
            demands.truncate(MAX_DEMANDED);
            held.cut = held.cut.take().or_else(|| demands.first().map(|(_, value, _)| Held::limit(value.origin)));
        }
        let place = grants.first().map_or(Origin::NONE, |grant| grant.statement.value.origin);
        let mut unknown = None;
        for (document, value, why) in &demands {
            let boundary = document.map_or(Demanded::Any, Demanded::Document);
            let Some((found, gives)) = self.made_by(at, way, boundary) else { continue };
            match why {
                Some(why) => unknown = unknown.or_else(|| Some((found, why.clone()))),
                None => self.add_making(way, held, (found, gives), (*document, Some(value.clone()), kind, place)),
            }
        }
        if let Some((found, gives)) = self.made_by(at, way, Demanded::Unsaid) {
            self.add_making(way, held, (found, gives), (None, None, kind, place));
        }
        // What a boundary allows that stands elsewhere is not known.
        if let Some((mut found, why)) = unknown {
            if let Some(first) = found.holds.first_mut() {
                first.unknown = first.unknown.take().or(Some(why));
            }
            found.left = None;
            held.found.push(found);
        }
    }

    /// The way with what is given by it, where it goes as far as a user or role that is new.
    fn made_by(&mut self, at: usize, way: &'static Way, boundary: Demanded) -> Option<(Found, Gives)> {
        let is_whole = |found: &Found| found.is_of_all_or_own();
        let free = Assumed { policies: false, boundary };
        self.assumed = free;
        let found = self.way(at, way).filter(is_whole);
        let mut found = found.map(|found| {
            let gives = self.by_groups(way, &found).map_or(Gives::All, Gives::Policies);
            (found, gives)
        });
        if found.is_none() {
            self.assumed = Assumed { policies: true, boundary };
            found = self.way(at, way).filter(is_whole).map(|found| {
                let fixed = found.holds.iter().find_map(|hold| hold.fixed.as_ref());
                let documents = fixed.map(|fixed| fixed.documents.clone()).unwrap_or_default();
                (found, Gives::Policies(documents))
            });
        }
        self.assumed = Assumed::default();
        found
    }

    /// What groups have that whoever is new joins, where it is given nothing but that.
    fn by_groups(&mut self, way: &'static Way, found: &Found) -> Option<Vec<usize>> {
        const JOINS: &str = "iam:addusertogroup";
        found.holds.iter().find(|hold| hold.action == JOINS)?;
        let entry = way.entries.iter().find(|entry| entry.iter().any(|wanted| wanted.name == JOINS))?;
        let (joins, others): (Vec<_>, Vec<_>) = entry.iter().partition(|wanted| wanted.name == JOINS);
        if others.into_iter().any(|wanted| self.hold(way, wanted).is_some()) {
            return None;
        }
        let groups = match self.hold(way, joins.first()?)?.aim {
            Aim::Some(groups) => groups,
            Aim::Whole => self.world.groups().collect(),
            Aim::Own | Aim::Elsewhere => Vec::new(),
        };
        let facts = self.access.facts;
        let holdings = groups.into_iter().take(MAX_JOINED).filter_map(|group| facts.holdings.get(group));
        let mut documents: Vec<usize> = holdings.flat_map(|holding| &holding.held).map(|held| held.document).collect();
        documents.sort_unstable();
        documents.dedup();
        Some(documents)
    }

    fn add_making(
        &mut self,
        way: &'static Way,
        held: &mut Held,
        (mut found, gives): (Found, Gives),
        (document, boundary, kind, place): (Option<usize>, Option<Value>, &'static str, Origin),
    ) {
        // Without a boundary and with any policy it is an administrator: that is told already.
        if document.is_none() && gives == Gives::All {
            return;
        }
        self.assumed = Assumed { policies: true, boundary: Demanded::Any };
        let pattern = self.made(way).unwrap_or_else(|| Pattern::text(Glob::pattern("*")));
        self.assumed = Assumed::default();
        let name = owner::name(&pattern.glob).map_or_else(|| "*".to_owned(), |name| name.to_string());
        let name = name.strip_prefix(kind).and_then(|name| name.strip_prefix('/')).unwrap_or(&name).to_owned();
        if let Some(first) = found.holds.first_mut() {
            first.aim = Aim::Some(Vec::new());
        }
        found.left = None;
        let key = Key { account: self.world.account, kind, name, gives, boundary: document };
        held.makes.push(Making { found: held.found.len(), key, pattern, boundary, place });
        held.found.push(found);
    }
}

/// Looks at all who may be made as principals: their numbers follow those of the others.
pub(super) fn make(access: Access<'_, '_>, worlds: &mut Worlds, all: &mut Vec<Held>) -> Vec<Made> {
    let (count, mut made, mut known) = (all.len(), Vec::<Made>::new(), BTreeMap::<Key, usize>::new());
    let mut from = 0;
    for round in 0..=MAX_ROUNDS {
        let before = made.len();
        for at in from..all.len() {
            let Some(held) = all.get_mut(at) else { continue };
            for making in std::mem::take(&mut held.makes) {
                let next = count + made.len();
                let number = known.get(&making.key).copied().or_else(|| {
                    (made.len() < MAX_MADE && round < MAX_ROUNDS).then(|| {
                        known.insert(making.key.clone(), next);
                        made.push(Made::of(access, making.clone(), next));
                        worlds.add(making.key.account);
                        next
                    })
                });
                let aim = held.found.get_mut(making.found).and_then(|found| found.holds.first_mut());
                match (number, aim) {
                    (Some(number), Some(hold)) => hold.aim = Aim::Some(vec![number]),
                    _ => held.cut = held.cut.take().or_else(|| Some(Held::limit(making.place))),
                }
            }
        }
        from = all.len();
        if made.len() == before {
            break;
        }
        let held = |(at, one): (usize, &Made)| {
            worlds.around(count + at).map(|world| one.held(access, world, count + at)).unwrap_or_default()
        };
        let new: Vec<Held> = made.par_iter().enumerate().skip(before).map(held).collect();
        all.extend(new);
    }
    made
}

impl Made {
    /// `user` or `role`.
    pub(super) fn kind(&self) -> &'static str {
        self.making.key.kind
    }

    fn of(access: Access<'_, '_>, making: Making, index: usize) -> Made {
        let held = |document: usize| facts::Held { document, attachment: None, membership: None };
        let given = match &making.key.gives {
            Gives::All => making.key.boundary.into_iter().map(held).collect(),
            Gives::Policies(documents) => documents.iter().copied().map(held).collect(),
            Gives::Less(_) | Gives::Within(_) | Gives::Tagged(_) => Vec::new(),
        };
        let boundary = making.key.boundary.map_or(Limit::None, Limit::Document);
        let holding = Holding { account: making.key.account, held: given, boundary, ..Holding::default() };
        let (kind, name) = (making.key.kind, making.key.name.clone());
        let actor =
            Actor { index, kind: kind.into(), name, address: Arc::default(), origin: making.place, existing: false };
        let documents = match &making.key.gives {
            Gives::All | Gives::Less(_) | Gives::Within(_) | Gives::Tagged(_) => Vec::new(),
            Gives::Policies(documents) => documents.clone(),
        };
        let within = making
            .key
            .boundary
            .map(|document| format!(" within the permissions boundary `{}`", access.document_name(document)));
        let names: Vec<String> =
            documents.iter().map(|document| format!("`{}`", access.document_name(*document))).collect();
        let with = if names.is_empty() { String::new() } else { format!(" with {}", names.join(", ")) };
        let text = format!("makes a {kind} `{}`{with}{}", actor.name, within.unwrap_or_default());
        let shown = making.key.boundary.or(documents.first().copied());
        let origin = shown.and_then(|document| access.document_origin(document)).filter(|origin| origin.is_some());
        let origin = origin.unwrap_or(making.place);
        Made { making, holding, actor, text, origin }
    }

    /// What it holds of the known ways.
    fn held(&self, access: Access<'_, '_>, world: &World, index: usize) -> Held {
        let access = access.as_if(index, &self.holding);
        if let Some(way) = self.sheds(access, world, index) {
            return Held { sheds: Some(way), ..Held::default() };
        }
        let mut all = held(access, world, index);
        if let Some(bits) = access.watched(index) {
            let mut judge = Judge::new(access, world, index);
            all.changes = judge.changes(&bits);
            judge.makings(&bits, &mut all);
        }
        self.assumes(access, world, index, &mut all);
        all
    }

    /// The way by which it rids itself of its boundary, where it is given anything: it is an administrator then.
    fn sheds(&self, access: Access<'_, '_>, world: &World, index: usize) -> Option<usize> {
        let boundary = self.making.boundary.as_ref().filter(|_| self.making.key.gives == Gives::All)?;
        let (name, drop) = match self.making.key.kind {
            "role" => ("Role", "iam-drop-role-boundary"),
            _ => ("User", "iam-drop-user-boundary"),
        };
        let way = |id: &str| ways().iter().position(|way| way.path.id == id);
        let free = Holding { boundary: Limit::None, ..self.holding.clone() };
        if access.comes_to_everything(index, &free) != Truth::True {
            return None;
        }
        let rewriting = Rewriting::of(access, index);
        let grants = |verb: &str| {
            access.grants(index, &Wanted::new(&format!("iam:{verb}{name}PermissionsBoundary")), None).grants
        };
        let opens = |test: &Test| is_harmless(&test.key) || is_open_boundary(&rewriting, world, test, makes_one_alone);
        let is_dropped = grants("Delete").iter().any(|grant| is_free(grant) && self.is_reached(access, grant))
            || grants("Put").iter().any(|grant| {
                grant.truth == Truth::True
                    && grant.tests.iter().all(|test| opens(test))
                    && self.is_reached(access, grant)
            });
        match is_dropped {
            true => way(drop),
            false if rewriting.may_write(world, boundary) == Truth::True => way("iam-create-policy-version"),
            false => None,
        }
    }

    /// Whether a grant is for it as well.
    fn is_reached(&self, access: Access<'_, '_>, grant: &Grant<'_>) -> bool {
        let own = access.identity.accounts.ids(self.making.key.account);
        let meets = |pattern: &Pattern| {
            (pattern.of_caller && self.making.key.kind == "user")
                || owner::meets(&pattern.glob, &self.making.pattern.glob, own) == Truth::True
        };
        let named = match &grant.extent {
            extent if extent.is_everything() => true,
            Extent::Among(patterns, _) => patterns.iter().any(meets),
            Extent::AllBut(patterns, _) => !patterns.iter().any(|one| one.covers(&self.making.pattern) == Truth::True),
        };
        let denied = |denial: &Statement| {
            denial.always_denies() && Extent::of(denial).covers(&self.making.pattern) == Truth::True
        };
        named && !grant.exceptions.iter().any(|denial| denied(denial))
    }

    /// Adds the roles that it may assume by their trusts, which ask who comes.
    fn assumes(&self, access: Access<'_, '_>, world: &World, index: usize, held: &mut Held) {
        let wanted = Wanted::at_home("sts:AssumeRole");
        let roles: HashSet<usize> = world.particular(access.identity).iter().map(|(role, _)| *role).collect();
        if roles.is_empty() {
            return;
        }
        for grant in access.grants(index, &wanted, None).grants.iter().filter(|grant| is_free(grant)) {
            let denied = world.denied("role", grant);
            let patterns = if let Extent::Among(patterns, _) = &grant.extent { &patterns[..] } else { &[] };
            let mut own = patterns.iter().filter(|pattern| world.is_own(pattern) == Truth::True);
            let any = matches!(grant.extent, Extent::AllBut(..))
                || wanted.action.is_some_and(|action| own.any(|pattern| is_whole(action, pattern)));
            let named: HashSet<usize> =
                if any { HashSet::new() } else { world.among("role", &grant.extent).into_iter().collect() };
            let place = grant.statement.value.origin;
            let trusts = world.particular(access.identity);
            if trusts.len() > MAX_TRUSTS {
                held.cut = held.cut.take().or_else(|| Some(Held::limit(place)));
            }
            for (role, document) in trusts.iter().take(MAX_TRUSTS) {
                if denied.contains(role) || !(any || named.contains(role)) {
                    continue;
                }
                match self.is_let_in(document) {
                    Truth::True => held.assumes.push((*role, place)),
                    Truth::Unknown => {
                        let subject = format!("whether a new {} `{}` may assume it", self.actor.kind, self.actor.name);
                        let origin = document.origin.unwrap_or(place);
                        held.perhaps.push((*role, Arc::new(Unknown::new(Why::Condition, subject, origin))));
                    }
                    Truth::False => {}
                }
            }
        }
    }

    /// Whether a trust that names the account lets it in by one of the names that it may have.
    fn is_let_in(&self, trust: &crate::iam::document::Document) -> Truth {
        let holds = |statement: &Statement| {
            let who = statement.tests.iter().filter(|test| asks_of_requester(test) || !is_harmless(&test.key));
            let more = Truth::from(statement.more_tests.is_none());
            let more = if more == Truth::False { Truth::Unknown } else { more };
            who.map(|test| self.passes(test)).fold(more, Truth::and)
        };
        let allowed = trust.granting().iter().filter(|statement| statement.allows() == Truth::True);
        let allowed = Truth::any(allowed.map(holds));
        let denials = trust.statements.iter().filter(|statement| statement.denies() != Truth::False);
        let denied = Truth::any(denials.map(|statement| {
            // What denies some of the names leaves the others.
            Truth::all(statement.tests.iter().map(|test| self.is_always_passed(test)))
        }));
        allowed.and(!denied)
    }

    /// Whether a test is passed by one of the names.
    fn passes(&self, test: &Test) -> Truth {
        match self.compared(test) {
            Some((met, covered, negated)) => {
                if negated {
                    !covered
                } else {
                    met
                }
            }
            None => Truth::Unknown,
        }
    }

    /// Whether it is passed by all of them.
    fn is_always_passed(&self, test: &Test) -> Truth {
        match self.compared(test) {
            Some((met, covered, negated)) => {
                if negated {
                    !met
                } else {
                    covered
                }
            }
            None => Truth::Unknown,
        }
    }

    /// Whether one of the names is what a test on the ARN compares with, whether all are, and whether it asks for the
    /// opposite; none of another test.
    fn compared(&self, test: &Test) -> Option<(Truth, Truth, bool)> {
        let operator: Operator = test.kind().filter(|_| test.key == "aws:principalarn" && test.rest.is_none())?;
        test.quantity()?;
        let name = format!("{}/{}", self.making.key.kind, self.making.key.name);
        let own = folded_glob(operator, Glob::pattern(&name));
        let (mut met, mut covered) = (Truth::False, Truth::False);
        for value in &test.values {
            let asked = folded_glob(operator, wanted(operator, value, false)?);
            let asked = owner::name(&asked).unwrap_or(asked);
            met = met.or(asked.meets(&own));
            covered = covered.or(asked.covers(&own));
        }
        Some((met, covered, operator.negated))
    }
}
