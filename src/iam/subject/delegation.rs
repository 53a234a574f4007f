//! Whether those who make identities and hand out permissions must hand out a permissions boundary as well, and cannot take
//! it off again: judged over all that a principal holds, after denials and within its own boundary.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::{Fields, Subject, open_list};
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::catalogue;
use crate::iam::condition::{Family, Normal, Test, is_guard, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Held, Holding, LOOSE, Limit, Source};
use crate::iam::glob::{Glob, Symbol};
use crate::iam::identity::{Attachment, Identity, Policy, aws_managed_name};
use crate::iam::step::Step;
use crate::model::{KindInstance, Resolution};
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

const KEY: &str = "iam:permissionsboundary";

/// What makes identities, or gives them permissions.
const IDENTITIES: [&str; 6] = [
    "iam:CreateUser",
    "iam:CreateRole",
    "iam:PutUserPolicy",
    "iam:PutRolePolicy",
    "iam:AttachUserPolicy",
    "iam:AttachRolePolicy",
];

const BOUNDARIES: [&str; 4] = [
    "iam:DeleteUserPermissionsBoundary",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PutUserPermissionsBoundary",
    "iam:PutRolePermissionsBoundary",
];

const VERSIONS: [&str; 4] =
    ["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion", "iam:DeletePolicyVersion", "iam:DeletePolicy"];

/// Of those who hold a policy no more are looked at that differ in what else they hold.
const MAX_BEARERS: usize = 64;

/// So many statements are read for one of them in search of who edits one of the boundaries; past that it is undecided.
const MAX_READ: usize = 100_000;

/// The actions that one of those who hold a statement may do by it.
#[derive(Debug, Default)]
struct Found {
    identities: Names,
    removes: Names,
    edits: Names,
    because: Vec<Step>,
}

#[derive(Debug, Default)]
struct Names {
    names: Vec<&'static str>,
    rest: Option<Arc<Unknown>>,
}

impl Names {
    fn add(&mut self, name: &'static str, truth: Truth, unknown: Option<&Arc<Unknown>>) {
        match truth {
            Truth::True if !self.names.contains(&name) => self.names.push(name),
            Truth::Unknown => self.rest = self.rest.take().or_else(|| unknown.cloned()),
            _ => {}
        }
    }

    fn to_value(&self, origin: Origin) -> Value {
        let items = self.names.iter().map(|name| Value::string(*name, origin)).collect();
        open_list(items, &self.rest, origin)
    }
}

impl Found {
    fn count(&self) -> usize {
        self.identities.names.len() + self.removes.names.len() + self.edits.names.len()
    }

    fn is_nothing(&self) -> bool {
        let rests = [&self.identities.rest, &self.removes.rest, &self.edits.rest];
        self.count() == 0 && rests.iter().all(|rest| rest.is_none())
    }
}

/// One who holds a statement, with all else that it holds.
struct Bearer<'b, 'i, 'u> {
    access: Access<'i, 'u>,
    holding: &'b Holding,
    /// None of a policy that nobody holds.
    principal: Option<usize>,
    /// By which way it holds the policy of the statement.
    held: Held,
    /// The tests of a permissions boundary that it must pass, with the statement and the way to it: none in its own boundary.
    demands: Vec<(&'i Test, &'i Statement, Option<Held>)>,
    /// What it is granted of an action on all resources: each statement asks again.
    granted: RefCell<HashMap<String, Arc<Vec<Grant<'i>>>>>,
    /// The boundaries that it must hand out, and its own.
    boundaries: OnceCell<Vec<Pattern>>,
    /// The statements that it holds, and how many may still be read.
    count: usize,
    left: Cell<usize>,
}

impl Identity<'_> {
    /// For each statement that hands out permissions what it allows around boundaries, and for each attachment of a policy
    /// that AWS wrote.
    pub(super) fn delegation_subjects(&self) -> Vec<Subject> {
        let in_use = self.uses_boundaries();
        let names_key = |document: &Document| document.statements.iter().flat_map(|s| &s.tests).any(|t| t.key == KEY);
        let mut subjects = Vec::new();
        if in_use || self.policies.iter().any(|policy| names_key(&policy.document)) {
            for (at, policy) in self.policies.iter().enumerate().filter(|(_, policy)| !policy.is_boundary) {
                self.add_delegations(&mut subjects, at, policy, in_use);
            }
            for (at, attachment) in self.attachments.iter().enumerate() {
                subjects.extend(self.attached_delegation(at, attachment));
            }
        }
        for (instance, document) in &self.loose {
            if !document.has_principals && (in_use || names_key(document)) {
                self.add_loose_delegations(&mut subjects, instance, document, in_use);
            }
        }
        subjects
    }

    fn add_delegations(&self, subjects: &mut Vec<Subject>, at: usize, policy: &Policy<'_>, in_use: bool) {
        let origin = policy.instance.origin();
        let kind = if &*policy.instance.row.kind == "policy" { "managed" } else { "inline" };
        let mut statements = policy.document.granting().iter().filter(|statement| hands_out(statement)).peekable();
        if statements.peek().is_none() {
            return;
        }
        let access = self.access();
        let bearers = access.facts.bearers(at);
        let held = Held { document: at, attachment: None, membership: None };
        let alone = Holding { held: vec![held], ..Holding::default() };
        let is_it = |source: Source| matches!(source, Source::Own(policy) if policy == at);
        let alone = access.facts.holder_of(is_it).unwrap_or(&alone);
        let held = alone.held.first().copied().unwrap_or(held);
        let bearers = match bearers.is_empty() {
            true => Bearers { some: vec![Bearer::of(access, alone, None, held)], more: false },
            false => self.bearers(bearers),
        };
        for statement in statements {
            let mut found = Found::default();
            bearers.judge(&[statement], in_use, &mut found);
            if found.is_nothing() {
                continue;
            }
            let about = [("name", self.policy_name(policy)), ("type", Value::string(kind, origin))];
            let holders = self.holders_value(&policy.holders, origin);
            let fields = fields(&found, element(statement), Value::fields(about, origin), holders);
            subjects.push(self.subject(&policy.instance, statement.value.origin, fields));
        }
    }

    fn add_loose_delegations(
        &self,
        subjects: &mut Vec<Subject>,
        instance: &KindInstance<'_>,
        document: &Document,
        in_use: bool,
    ) {
        let origin = instance.origin();
        let kind = if &*instance.row.kind == "policy-file" { "file" } else { "loose" };
        let held = Held { document: LOOSE, attachment: None, membership: None };
        let alone = Holding { held: vec![held], ..Holding::default() };
        let bearer = Bearer::of(self.access().with(document), &alone, None, held);
        for statement in document.granting().iter().filter(|statement| hands_out(statement)) {
            let mut found = Found::default();
            bearer.judge(statement, in_use, &mut found);
            if found.is_nothing() {
                continue;
            }
            let name = Value::string(instance.resource.address.clone(), origin);
            let about = Value::fields([("name", name), ("type", Value::string(kind, origin))], origin);
            let fields = fields(&found, element(statement), about, Value::list(Vec::new(), origin));
            subjects.push(self.subject(instance, statement.value.origin, fields));
        }
    }

    /// What a policy that AWS wrote adds for those who must hand out a boundary, or have one: it cannot be edited, and its
    /// attachment can.
    fn attached_delegation(&self, at: usize, attachment: &Attachment<'_>) -> Option<Subject> {
        let name = aws_managed_name(&attachment.policy).filter(|_| attachment.own.is_none())?;
        let document = catalogue::managed_policy(&name)?.document();
        let statements: Vec<&Statement> = document.granting().iter().filter(|statement| hands_out(statement)).collect();
        if statements.is_empty() {
            return None;
        }
        let access = self.access();
        let holding = attachment.holders.iter().find_map(|holder| access.facts.holdings.get(holder.principal?))?;
        let number = holding.held.iter().find(|held| held.attachment == Some(at))?.document;
        let bearers = access.facts.bearers(number);
        let mine: Vec<(usize, Held)> =
            bearers.iter().filter(|(_, held)| held.attachment == Some(at)).copied().collect();
        let mut found = Found::default();
        self.bearers(&mine).judge(&statements, false, &mut found);
        if found.is_nothing() {
            return None;
        }
        let origin = attachment.policy.origin.or(attachment.instance.origin());
        let about = [("name", Value::string(name, origin)), ("type", Value::string("AWS managed", origin))];
        let holders = self.holders_value(&attachment.holders, origin);
        let fields = fields(&found, origin, Value::fields(about, origin), holders);
        Some(self.subject(&attachment.instance, origin, fields))
    }

    /// Those who hold a policy and differ in what else they hold. Whoever is an administrator by another policy is told of
    /// there.
    fn bearers(&self, bearers: &[(usize, Held)]) -> Bearers<'_, '_, '_> {
        let access = self.access();
        let mut all = Bearers { some: Vec::new(), more: false };
        let mut seen: HashSet<(Vec<usize>, Option<usize>)> = HashSet::new();
        // Who holds it without a group shows best what it does by itself.
        let (direct, members): (Vec<&(usize, Held)>, Vec<_>) =
            bearers.iter().partition(|(_, held)| held.membership.is_none());
        for (principal, held) in direct.into_iter().chain(members) {
            let Some(holding) = access.facts.holdings.get(*principal) else { continue };
            let mut documents: Vec<usize> = holding.held.iter().map(|held| held.document).collect();
            documents.sort_unstable();
            let boundary = match &holding.boundary {
                Limit::None => None,
                Limit::Document(document) => Some(*document),
                Limit::Unknown(_) => Some(LOOSE),
            };
            if !seen.insert((documents, boundary)) || access.is_granted_administration(*principal) == Truth::True {
                continue;
            }
            if seen.len() > MAX_BEARERS {
                all.more = true;
                return all;
            }
            all.some.push(Bearer::of(access, holding, Some(*principal), *held));
        }
        all
    }
}

/// Those who hold a policy.
struct Bearers<'b, 'i, 'u> {
    some: Vec<Bearer<'b, 'i, 'u>>,
    /// There are too many to look at all of them.
    more: bool,
}

impl Bearers<'_, '_, '_> {
    /// What statements of the policy allow them.
    fn judge(&self, statements: &[&Statement], in_use: bool, found: &mut Found) {
        for bearer in &self.some {
            for statement in statements {
                bearer.judge(statement, in_use, found);
            }
        }
        if self.more {
            let place = statements.first().map_or(Origin::NONE, |statement| statement.value.origin);
            let subject = format!("more than {MAX_BEARERS} who hold the policy with others");
            let unknown = Arc::new(Unknown::new(Why::Limit, subject, place));
            for names in [&mut found.identities, &mut found.removes, &mut found.edits] {
                names.add("", Truth::Unknown, Some(&unknown));
            }
        }
    }
}

impl<'b, 'i, 'u> Bearer<'b, 'i, 'u> {
    fn of(access: Access<'i, 'u>, holding: &'b Holding, principal: Option<usize>, held: Held) -> Bearer<'b, 'i, 'u> {
        let mut demands = Vec::new();
        let own = holding.held.iter().map(|held| (held.document, Some(*held)));
        let ceiling = match &holding.boundary {
            Limit::Document(document) => Some((*document, None)),
            _ => None,
        };
        for (document, held) in own.chain(ceiling) {
            let statements = access.document(document).map_or(&[][..], |document| document.statements.as_slice());
            for statement in statements {
                let tests = statement.tests.iter().filter(|test| test.key == KEY);
                demands.extend(tests.map(|test| (test, statement, held)));
            }
        }
        let documents = holding.held.iter().filter_map(|held| access.document(held.document));
        Bearer {
            access,
            holding,
            principal,
            held,
            demands,
            granted: RefCell::default(),
            boundaries: OnceCell::new(),
            count: documents.map(|document| document.statements.len()).sum(),
            left: Cell::new(MAX_READ),
        }
    }

    fn judge(&self, statement: &Statement, in_use: bool, found: &mut Found) {
        let is_bounded = !matches!(self.holding.boundary, Limit::None);
        if self.demands.is_empty() && !in_use && !is_bounded {
            return;
        }
        let before = found.count();
        for name in IDENTITIES {
            for grant in self.grants(name, statement, None) {
                if is_wide(&grant.extent) && !is_demanded(&grant) {
                    found.identities.add(name, grant.truth, grant.unknown.as_ref());
                }
            }
        }
        for name in BOUNDARIES {
            for grant in self.grants(name, statement, None) {
                // To take off just the boundary that is demanded is to take it off.
                let deletes = name.contains("Delete");
                let free = |test: &Test| test.key == KEY && (deletes || !is_fixed(test));
                if is_wide(&grant.extent) && is_free(&grant, free) && (deletes || !is_demanded(&grant)) {
                    found.removes.add(name, grant.truth, grant.unknown.as_ref());
                }
            }
        }
        let reached = &statement.actions_reached().possible;
        let edits = |name: &&&str| catalogue::action(name).is_none_or(|action| reached.contains(action));
        let versions: Vec<&'static str> = VERSIONS.iter().filter(edits).copied().collect();
        'all: for boundary in self.boundaries().iter().filter(|_| !versions.is_empty()) {
            let asked = self.asked(boundary, statement);
            for name in versions.iter().copied() {
                if asked.is_some() && !self.reads() {
                    let subject = "whether so many statements edit so many permissions boundaries";
                    let unknown = Arc::new(Unknown::new(Why::Limit, subject, statement.value.origin));
                    found.edits.add(name, Truth::Unknown, Some(&unknown));
                    break 'all;
                }
                let granted = self.grants(name, statement, asked.as_ref());
                for grant in granted.iter().filter(|grant| is_free(grant, |_| false)) {
                    let reaches = match (&asked, &grant.extent) {
                        (Some(_), _) => true,
                        (None, Extent::Among(patterns, _)) => {
                            boundary.refers.is_some() && patterns.iter().any(|p| p.refers == boundary.refers)
                        }
                        (None, Extent::AllBut(..)) => false,
                    };
                    if reaches {
                        found.edits.add(name, grant.truth, grant.unknown.as_ref());
                    }
                }
            }
        }
        if found.count() > before && found.because.is_empty() {
            found.because = self.because();
        }
    }

    /// Whether there is still time to read all its statements once more.
    fn reads(&self) -> bool {
        let left = self.left.get().checked_sub(self.count);
        self.left.set(left.unwrap_or_default());
        left.is_some()
    }

    /// What a statement grants of an action, once all that the bearer holds has had its say.
    fn grants(&self, name: &str, statement: &Statement, resource: Option<&Glob>) -> Vec<Grant<'i>> {
        let ask = || Arc::new(self.access.grants_of(self.holding, &Wanted::new(name), resource).grants);
        let all = match resource {
            Some(_) => ask(),
            None => self.granted.borrow_mut().entry(name.to_owned()).or_insert_with(ask).clone(),
        };
        let is_this = |grant: &&Grant<'_>| grant.held == self.held && grant.statement.position == statement.position;
        all.iter().filter(is_this).cloned().collect()
    }

    /// The boundaries that it must hand out, and its own.
    fn boundaries(&self) -> &[Pattern] {
        self.boundaries.get_or_init(|| {
            let values = self.demands.iter().flat_map(|(test, ..)| &test.values);
            let own = self.principal.and_then(|principal| self.access.boundary_value(principal));
            let mut seen = HashSet::new();
            let patterns = values.chain(&own).filter_map(|value| self.policy(value));
            patterns.filter(|pattern| seen.insert(pattern.glob.clone())).collect()
        })
    }

    /// A policy that a value names, by its ARN as far as it is known.
    fn policy(&self, value: &Value) -> Option<Pattern> {
        let identity = self.access.identity;
        let pattern = Pattern::of(value, true)?;
        if value.as_str().is_some() {
            return Some(pattern);
        }
        let Resolution::Resources(found) = identity.relations.resolve(value, "policy", usize::MAX) else {
            return Some(pattern);
        };
        let policy = found.first().and_then(|at| identity.policy_at(*at)).and_then(|at| identity.policies.get(at));
        let Some(policy) = policy else { return Some(pattern) };
        let resource = policy.instance.resource;
        let path = ["path", "Path"].into_iter().find_map(|name| resource.attributes.get(name)?.as_str());
        let name = identity.field(&policy.instance, "name");
        let arn = name.as_str().map(|name| format!("arn:aws:iam::{OWN}:policy{}{name}", path.unwrap_or("/")));
        Some(Pattern {
            glob: arn.map_or(pattern.glob, |arn| Glob::literal(&arn)),
            refers: Some(resource.address.clone()),
            unknown: pattern.unknown,
            possible: None,
            of_caller: pattern.of_caller,
        })
    }

    /// The ARN of a boundary as the statement would name it: a policy of the unit belongs to the account that the statement
    /// names. None where it is known by a reference only.
    fn asked(&self, boundary: &Pattern, statement: &Statement) -> Option<Glob> {
        let refers = |pattern: &Pattern| pattern.refers.is_some() && pattern.refers == boundary.refers;
        let extent = Extent::of(statement);
        let patterns = match &extent {
            Extent::Among(patterns, _) | Extent::AllBut(patterns, _) => patterns,
        };
        if matches!(extent, Extent::Among(..)) && patterns.iter().any(refers) {
            return None;
        }
        let mine = boundary.glob.fields();
        let own: Vec<Symbol> = OWN.chars().map(Symbol::Char).collect();
        if mine.get(4).is_none_or(|account| account.symbols() != own) {
            return Some(boundary.glob.clone());
        }
        let theirs = patterns.iter().map(|pattern| pattern.glob.fields()).find(|fields| fields.len() == 6);
        let known = self.access.identity.known();
        let deployed_to = match known.accounts {
            [] => known.likely.first(),
            accounts => accounts.first().filter(|_| accounts.len() == 1),
        };
        let deployed_to = deployed_to.map(|account| Glob::literal(account));
        let head = |at: usize| {
            let written = theirs.as_ref().and_then(|fields| fields.get(at)).filter(|field| {
                !field.symbols().is_empty()
                    && !field.symbols().iter().any(|s| matches!(s, Symbol::Run(_) | Symbol::One))
            });
            let own = deployed_to.as_ref().filter(|_| at == 4);
            written.or(own).or(mine.get(at)).map(|field| field.symbols().to_vec()).unwrap_or_default()
        };
        let fields = (0..6).map(|at| match at {
            1 | 4 => head(at),
            _ => mine.get(at).map(|field| field.symbols().to_vec()).unwrap_or_default(),
        });
        let mut symbols = Vec::new();
        for (at, field) in fields.enumerate() {
            if at > 0 {
                symbols.push(Symbol::Char(':'));
            }
            symbols.extend(field);
        }
        Some(Glob::of_symbols(symbols))
    }

    /// The steps where the statement does not tell all: what else the bearer holds, and by which way it holds this.
    fn because(&self) -> Vec<Step> {
        let (Some(principal), access) = (self.principal, self.access) else { return Vec::new() };
        let demand = self.demands.first();
        let is_here = demand.is_some_and(|(.., held)| *held == Some(self.held));
        let is_shared = self.held.membership.is_some() || self.held.attachment.is_some();
        let mut steps = Vec::new();
        if !is_here && let Some((test, _, held)) = demand {
            match held {
                Some(held) => steps.extend(access.way(principal, held)),
                None => steps.extend(access.bounded_by(principal)),
            }
            if test.origin.is_some() {
                steps.push(Step::new("which names the permissions boundary", test.origin));
            }
        } else if demand.is_none() {
            steps.extend(access.bounded_by(principal));
        }
        if !steps.is_empty() || is_shared {
            steps.extend(access.way(principal, &self.held));
        }
        steps
    }
}

/// Stands for the account that is deployed to in the ARN of a policy of the unit.
const OWN: &str = "111111111111";

fn fields(found: &Found, place: Origin, policy: Value, holders: Value) -> Fields {
    let step = |step: &Step| {
        let origin = step.origin.or(place);
        Value::fields([("text", Value::string(step.text.as_str(), origin))], origin)
    };
    vec![
        ("identities", found.identities.to_value(place)),
        ("removes", found.removes.to_value(place)),
        ("edits", found.edits.to_value(place)),
        ("steps", Value::list(found.because.iter().map(step).collect(), place)),
        ("policy", policy),
        ("holders", holders),
    ]
}

/// Whether a statement allows something of what boundaries are about, short of everything: that is told by itself.
fn hands_out(statement: &Statement) -> bool {
    if statement.allows() == Truth::False || statement.is_admin().truth.is_true() {
        return false;
    }
    let reached = &statement.actions_reached().possible;
    let names = IDENTITIES.iter().chain(&BOUNDARIES).chain(&VERSIONS);
    names.filter_map(|name| catalogue::action(name)).any(|action| reached.contains(action))
}

/// Whether a set of resources is more than some that are named.
fn is_wide(extent: &Extent) -> bool {
    let wild = |symbol: &Symbol| matches!(symbol, Symbol::Run(_) | Symbol::One);
    match extent {
        Extent::Among(patterns, _) => patterns.iter().any(|pattern| pattern.glob.symbols().iter().any(wild)),
        Extent::AllBut(..) => true,
    }
}

fn is_pattern(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.contains(['*', '?']))
}

/// Whether a test holds only with the boundaries that it names.
fn is_fixed(test: &Test) -> bool {
    let family = test.kind().map(|kind| kind.family);
    let names = matches!(family, Some(Family::Text | Family::TextIgnoringCase | Family::Pattern | Family::Arn));
    names && test.is_positive() && test.holds_when_absent() == Some(false) && !test.values.iter().any(is_pattern)
}

/// Whether a grant comes with a boundary only: its condition demands one by its ARN, or a denial of all else does.
fn is_demanded(grant: &Grant<'_>) -> bool {
    let spares = |test: &Test| {
        let negated = test.kind().is_some_and(|kind| kind.negated);
        let fixed = !test.values.is_empty() && !test.values.iter().any(is_pattern);
        test.key == KEY && negated && fixed && test.holds_when_absent() == Some(true)
    };
    let denies = |denial: &Statement| {
        let denied = Extent::of(denial);
        let whole = match &grant.extent {
            Extent::Among(patterns, _) => patterns.iter().all(|pattern| denied.covers(pattern) == Truth::True),
            Extent::AllBut(..) => denied.is_everything(),
        };
        whole && !denial.tests.is_empty() && denial.tests.iter().all(spares)
    };
    grant.tests.iter().any(|test| test.key == KEY && is_fixed(test))
        || grant.denials.iter().any(|denial| denies(denial))
}

/// Whether nothing that counts stands in the way: no condition, and no denial that its author wrote for this.
fn is_free(grant: &Grant<'_>, also: impl Fn(&Test) -> bool) -> bool {
    let harmless = |test: &Test| is_harmless(&test.key) && !is_guard(&test.key);
    let passes = |test: &Test| harmless(test) || test.normal() == Normal::Always || also(test);
    // Whoever has a second factor, or is in the right place, is not denied.
    let passable = |denial: &Statement| denial.tests.iter().any(|test| is_harmless(&test.key));
    grant.tests.iter().all(|test| passes(test)) && grant.denials.iter().all(|denial| passable(denial))
}

fn element(statement: &Statement) -> Origin {
    let elements = statement.actions.as_ref().or(statement.not_actions.as_ref());
    elements.map_or(statement.value.origin, |list| list.origin)
}
