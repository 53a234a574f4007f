//! May a principal do an action on a resource, and who may? What it holds is put together with what policies on resources
//! say of it.

use std::cell::OnceCell;
use std::sync::Arc;

use super::account::Place;
use super::called::condition_of;
use super::carried::standing;
use super::denied::Denial;
use super::grant::{reaches as reaches_any, reason};
use super::reference::reaches_some;
use super::somewhere::sorts;
use super::standing::{Named, Naming};
use super::{Access, Extent, Grant, Pattern, Step, Wanted};
use crate::iam::arn::arn_of_principal;
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::facts::{Held, LOOSE, Limit, Standing};
use crate::iam::glob::Glob;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Why};

/// An answer with what decides it.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whether it may, at least in some requests.
    pub answer: Truth,
    /// Only requests that pass a condition are let through, or some are denied.
    pub conditional: bool,
    /// The conditions, as operator and key.
    pub conditions: Vec<String>,
    /// The way to the statement that decides, which is the last step; empty where nothing says anything.
    pub because: Vec<Step>,
    /// Why it is undecided.
    pub unknown: Option<Arc<Unknown>>,
    /// There may be policies that are not known: an attachment could not be resolved.
    pub incomplete: Option<Arc<Unknown>>,
    /// The policy on a resource by which it is let, where that has a say.
    pub(super) via: Option<Via>,
}

/// How a policy on a resource lets somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Via {
    /// The resource that the policy is written in.
    pub(super) resource: usize,
    /// It leaves it to the account: the step before it is the grant.
    pub(super) by_account: bool,
}

impl Decision {
    /// That nothing says anything; there may be policies that are not known.
    pub(super) fn nobody(incomplete: Option<Arc<Unknown>>) -> Decision {
        Decision {
            answer: Truth::False,
            conditional: false,
            conditions: Vec::new(),
            because: Vec::new(),
            unknown: None,
            incomplete,
            via: None,
        }
    }

    /// The place of the statement that decides.
    pub fn place(&self) -> Origin {
        self.because.last().map_or(Origin::NONE, |step| step.origin)
    }
}

/// A question, with the statements of policies on resources that are about it.
pub(super) struct Asked<'f> {
    pub(super) wanted: Wanted,
    pub(super) resource: Option<Glob>,
    pub(super) said: Vec<Said<'f>>,
    /// The patterns of policies on resources that take in some of it, and not all.
    pub(super) near: Vec<Glob>,
    /// Why it is not known what the policy of the resource says.
    pub(super) unread: Option<Arc<Unknown>>,
    /// Whether what is asked for in another account is of the unit, once that has been asked for.
    pub(super) is_of_unit: OnceCell<bool>,
}

/// What a policy on a resource says about a question.
#[derive(Clone)]
pub(super) struct Said<'f> {
    pub(super) standing: &'f Standing,
    pub(super) statement: &'f Statement,
    /// Whether it is about the action, and about the resource.
    pub(super) truth: Truth,
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// One way to be let.
struct Candidate {
    truth: Truth,
    conditions: Vec<String>,
    carved: bool,
    roundabout: bool,
    because: Vec<Step>,
    unknown: Option<Arc<Unknown>>,
    via: Option<Via>,
}

impl<'i> Access<'i, '_> {
    /// Whether a principal may do an action, such as `s3:GetObject`, on a resource; without one, on any at all.
    pub fn may(&self, principal: usize, action: &str, resource: Option<&str>) -> Decision {
        self.decide(principal, &self.asked(action, resource))
    }

    /// All principals that may do an action, or of whom it cannot be told, with the reasons.
    pub fn who_may(&self, action: &str, resource: Option<&str>) -> Vec<(usize, Decision)> {
        let asked = self.asked(action, resource);
        let of = |principal: usize| (principal, self.decide(principal, &asked));
        let all = (0..self.identity.principals.len()).map(of);
        all.filter(|(_, decision)| decision.answer != Truth::False).collect()
    }

    /// The policies that stand on resources.
    pub(super) fn standing(&self) -> &'i [Standing] {
        self.facts.standing.get_or_init(|| standing(self.identity))
    }

    pub(super) fn asked(&self, action: &str, resource: Option<&str>) -> Asked<'i> {
        self.asked_about(Wanted::new(action), resource.map(Glob::pattern))
    }

    pub(super) fn asked_about(&self, wanted: Wanted, resource: Option<Glob>) -> Asked<'i> {
        let said = self.standing().iter();
        let said = said.flat_map(|standing| self.said_by(standing, &wanted, resource.as_ref())).collect();
        let near = self.near(&wanted, resource.as_ref());
        let mut on_it = self.standing().iter().filter(|one| one.role.is_none() && one.document.rest.is_some());
        let unread =
            on_it.find(|one| one.stands_on(&wanted, resource.as_ref())).and_then(|one| one.document.rest.clone());
        Asked { wanted, resource, said, near, unread, is_of_unit: OnceCell::new() }
    }

    /// What one policy says about a question.
    pub(super) fn said_by(&self, standing: &'i Standing, wanted: &Wanted, resource: Option<&Glob>) -> Vec<Said<'i>> {
        let mut said = Vec::new();
        let resource_of = self.identity.unit.resources.get(standing.resource).filter(|_| standing.role.is_none());
        let possible = resource_of.and_then(|resource| resource.possible.as_ref());
        for statement in &standing.document.statements {
            let named = standing.names(statement, wanted);
            if named == Truth::False {
                continue;
            }
            let says = statement.resources.is_some() || statement.not_resources.is_some();
            if says && resource.is_none() && !reaches_any(statement, wanted) {
                continue;
            }
            let reaches = standing.reaches(self.identity, statement, resource);
            // A policy that may be refused may not be there.
            let there = match standing.refused() {
                _ if possible.is_some() => Truth::Unknown,
                Truth::False => Truth::True,
                Truth::True if statement.allows() == Truth::True => Truth::True,
                Truth::True | Truth::Unknown => Truth::Unknown,
            };
            let truth = named.and(reaches).and(there);
            if truth != Truth::False {
                let doubt = || match (reaches, there) {
                    (Truth::Unknown, _) => Some(standing.doubt()),
                    (_, Truth::Unknown) => possible.cloned().or_else(|| Some(standing.blocking_doubt())),
                    _ => None,
                };
                let unknown = reason(statement, &Extent::of(statement)).or_else(doubt);
                said.push(Said { standing, statement, truth, unknown });
            }
        }
        said
    }

    fn decide(&self, principal: usize, asked: &Asked<'i>) -> Decision {
        let found = self.decide_by_choice(principal, asked, self.decide_in_accounts(principal, asked));
        let accounts = &self.identity.accounts;
        if self.is_one_account() || found.answer != Truth::False || !accounts.are_some_open() {
            return found;
        }
        // What is not let between accounts may be let within one.
        let within = self.as_one_account().decide_in_accounts(principal, asked);
        if within.answer == Truth::False {
            return found;
        }
        let unknown = Some(accounts.doubt(within.place()));
        Decision { answer: Truth::Unknown, unknown: within.unknown.clone().or(unknown), ..within }
    }

    pub(super) fn decide_in_accounts(&self, principal: usize, asked: &Asked<'i>) -> Decision {
        let found = self.decide_at_once(principal, asked);
        if asked.resource.is_some() {
            return self.decide_in_parts(principal, asked, found);
        }
        if found.answer == Truth::False {
            return found;
        }
        // What several statements leave that name what they leave out is seen on single resources only.
        let about = self.holding(principal).map(|holding| self.about(holding, &asked.wanted));
        let mut about = about.unwrap_or_default();
        about.extend(asked.said.iter().map(|said| said.statement));
        let Some(sorts) = asked.wanted.action.and_then(|action| sorts(&about, action)) else { return found };
        let mut best: Option<Decision> = None;
        for sort in sorts {
            let asked = self.asked_about(asked.wanted.clone(), Some(sort));
            let one = self.decide_at_once(principal, &asked);
            if one.answer == found.answer {
                return found;
            }
            if best.as_ref().is_none_or(|best| best.answer == Truth::False && one.answer == Truth::Unknown) {
                best = Some(one);
            }
        }
        best.unwrap_or(found)
    }

    pub(super) fn decide_at_once(&self, principal: usize, asked: &Asked<'i>) -> Decision {
        let incomplete = self.incomplete(principal).cloned();
        let nobody = Decision::nobody(incomplete.clone());
        if let Some(free) = self.needs_no_permission(principal, &asked.wanted) {
            return Decision { answer: Truth::True, because: vec![free], ..nobody };
        }
        let Some(holding) = self.holding(principal) else { return nobody };
        let (wanted, star) = (&asked.wanted, Glob::literal("*"));
        // Requests for what cannot be confined are for `*`.
        let unconfined = wanted.action.is_some_and(|action| !action.has_resource_types());
        let resource = if unconfined { Some(&star) } else { asked.resource.as_ref() };
        let (mut grants, mut denials) = self.said(holding, wanted, resource);
        if resource.is_none() {
            grants.iter_mut().for_each(|grant| doubt_what_it_names(grant, wanted));
        }
        let ways = self.ways(principal, asked);
        let mut first = None;
        if grants.is_empty() && ways.is_empty() {
            let is_all = |denial: &&Denial<'_>| {
                let whole = resource.is_some() || denial.extent.is_everything();
                denial.truth == Truth::True && !denial.conditional && whole
            };
            first = denials.iter().find(is_all).map(|denial| (denial.statement.value.origin, denial.kind));
        }
        denials.extend(self.denials_on_resources(principal, asked));
        denials.extend(self.ceiling_denials(holding, wanted, resource));
        let mut held = self.settle(grants, &denials, holding, &holding.boundary, (wanted, resource));
        let mut denied = first.or(held.denied);
        self.deny_where_policies_stand(principal, asked, &mut held);
        denied = denied.or(held.denied);
        if wanted.name.starts_with("kms:") {
            denied = denied.or(self.within_key_policies(principal, &mut held.grants, asked));
        }
        let mut all = Vec::new();
        let place = self.place_of(principal, asked);
        if is_about_roles(wanted) || place == Place::There {
            all.extend(self.let_by_both(principal, &held.grants, &ways, asked));
        } else {
            all.extend(held.grants.iter().map(|grant| {
                let because = self.because(principal, grant, wanted);
                let mut one = Candidate::of(grant, because, grant.held.membership.is_some());
                if place == Place::Elsewhere {
                    one.doubt_elsewhere(grant, "the policies of another account");
                }
                one
            }));
        }
        for (said, naming) in ways.iter().filter(|(_, naming)| naming.by != Named::Account) {
            let Some(grant) = self.direct(principal, said, naming, asked) else { continue };
            let is_role = self.identity.principals.get(principal).is_some_and(|p| &*p.instance.row.kind != "user");
            let names = |test: &Test| test.key == "aws:principalarn" && test.is_positive();
            let by_arn = said.statement.tests.iter().any(names);
            let limited = match naming.by {
                Named::Role => true,
                Named::Everybody => is_role && !by_arn,
                Named::User | Named::Session | Named::Account => false,
            };
            let free = Limit::None;
            let limit = if limited { &holding.boundary } else { &free };
            // What a boundary denies counts whoever is named.
            let mut settled = self.settle(vec![grant], &denials, holding, limit, (wanted, resource));
            self.deny_beside(principal, said.standing, asked, &mut settled);
            denied = denied.or(settled.denied);
            let because = |grant: &Grant<'_>| self.because_named(principal, said, naming, grant, wanted);
            let via = Some(Via { resource: said.standing.resource, by_account: false });
            let of = |grant: &Grant<'_>| Candidate { via, ..Candidate::of(grant, because(grant), false) };
            all.extend(settled.grants.iter().map(of));
        }
        let rank =
            |one: &Candidate| (one.truth != Truth::True, !one.conditions.is_empty() || one.carved, one.roundabout);
        let best = all.into_iter().filter(|one| one.truth != Truth::False).min_by_key(rank);
        if let Some(best) = best {
            let unknown = best.unknown.filter(|_| best.truth != Truth::True);
            return Decision {
                answer: best.truth,
                conditional: !best.conditions.is_empty() || best.carved,
                conditions: best.conditions,
                because: best.because,
                unknown,
                incomplete: incomplete.or_else(|| asked.unread.clone()),
                via: best.via,
            };
        }
        let because = denied.map(|(origin, kind)| Step::new(kind, origin)).into_iter().collect::<Vec<_>>();
        // What is denied stays denied, whatever else is attached.
        let is_principal = self.identity.principals.get(principal).is_some_and(|p| &*p.instance.row.kind != "group");
        let more = self.more_that_allows(holding, wanted).or(asked.unread.as_ref().filter(|_| is_principal));
        let open = more.filter(|_| because.is_empty()).cloned();
        let answer = if open.is_some() { Truth::Unknown } else { Truth::False };
        Decision { answer, because, unknown: open, ..nobody }
    }

    /// The statements of policies on resources that allow it and name the principal; none of a policy that is refused.
    fn ways<'a>(&self, principal: usize, asked: &'a Asked<'i>) -> Vec<(&'a Said<'i>, Naming)> {
        let is_there = |said: &&Said<'_>| said.standing.refused() != Truth::True;
        let allowing = asked.said.iter().filter(is_there).filter(|said| said.statement.allows() != Truth::False);
        let named = allowing.filter_map(|said| Some((said, self.named_by(said.standing, said.statement, principal)?)));
        named.collect()
    }

    /// Whether a policy on a resource allows something and names the principal.
    pub(super) fn is_named(&self, principal: usize, asked: &Asked<'i>) -> bool {
        !self.ways(principal, asked).is_empty()
    }

    /// What a policy on a resource grants by naming somebody.
    fn direct(&self, principal: usize, said: &Said<'i>, naming: &Naming, asked: &Asked<'i>) -> Option<Grant<'i>> {
        let tests = self.conditions_for(said.statement, asked.wanted.action, principal)?;
        let allows = said.statement.allows();
        let open = if said.statement.more_tests.is_some() { Truth::Unknown } else { Truth::True };
        Some(Grant {
            held: Held { document: LOOSE, attachment: None, membership: None },
            statement: said.statement,
            truth: said.truth.and(naming.truth).and(allows).and(open),
            extent: self.extent_of(said, asked),
            tests,
            carved: false,
            exceptions: Vec::new(),
            denials: Vec::new(),
            unknown: said.unknown.clone().or_else(|| naming.unknown.clone()),
        })
    }

    fn extent_of(&self, said: &Said<'_>, asked: &Asked<'_>) -> Extent {
        let one = |glob: Glob, refers| Extent::Among(vec![Pattern { refers, ..Pattern::text(glob) }], None);
        if let Some(resource) = &asked.resource {
            return one(resource.clone(), None);
        }
        if let Some(role) = said.standing.role {
            let arn = arn_of_principal(self.identity, role).unwrap_or_else(|| Glob::pattern("arn:*:role/*"));
            return one(arn, Some(said.standing.address.clone()));
        }
        let extent = Extent::of(said.statement);
        if extent.is_empty() { one(Glob::pattern("*"), said.standing.on.clone()) } else { extent }
    }

    /// What policies on resources deny a principal. What one denies on the resource that it stands on is no denial of
    /// another one.
    fn denials_on_resources(&self, principal: usize, asked: &Asked<'i>) -> Vec<Denial<'i>> {
        let mut denials = Vec::new();
        for said in asked.said.iter().filter(|said| said.statement.denies() != Truth::False) {
            let Some(naming) = self.named_by(said.standing, said.statement, principal) else { continue };
            let Some(tests) = self.conditions_for(said.statement, asked.wanted.action, principal) else { continue };
            let extent = self.extent_of(said, asked);
            if asked.resource.is_none() && extent.is_everything() {
                continue;
            }
            denials.push(Denial {
                statement: said.statement,
                truth: said.truth.and(naming.truth).and(said.statement.denies()),
                extent,
                conditional: !tests.is_empty() || said.statement.more_tests.is_some(),
                tests,
                of_sessions: naming.by == Named::Session,
                kind: "denied by the policy of the resource",
                unknown: said
                    .unknown
                    .clone()
                    .or(naming.unknown)
                    .or_else(|| said.statement.effect.first_unknown().cloned()),
            });
        }
        denials
    }

    /// What a principal may do by what it is granted where the policy of the resource must name it or its account, too: the roles
    /// that it may assume, and what is in another account. Of a role that is not of the unit nothing is known.
    fn let_by_both(
        &self,
        principal: usize,
        grants: &[Grant<'i>],
        ways: &[(&Said<'i>, Naming)],
        asked: &Asked<'i>,
    ) -> Vec<Candidate> {
        let mut all = Vec::new();
        for grant in grants {
            let mut trusted = Vec::new();
            for (said, naming) in ways.iter().filter(|(_, naming)| naming.by == Named::Account) {
                let reaches = match said.standing.role {
                    Some(role) if asked.resource.is_none() => self.means_role(&grant.extent, role),
                    Some(_) => Truth::True,
                    None => Truth::from(!is_about_roles(&asked.wanted)),
                };
                let truth = grant.truth.and(reaches).and(said.truth).and(naming.truth);
                let Some(tests) = self.conditions_for(said.statement, asked.wanted.action, principal) else { continue };
                let excludes = |test: &&Test| grant.tests.iter().any(|asked| asked.excludes(test));
                if truth == Truth::False || said.statement.allows() != Truth::True || tests.iter().any(excludes) {
                    continue;
                }
                let mut because = self.because(principal, grant, &asked.wanted);
                because.push(Step::new(self.lets_account_in(said.standing), naming.place));
                let mut one = Candidate::of(grant, because, grant.held.membership.is_some());
                one.via = Some(Via { resource: said.standing.resource, by_account: true });
                one.truth = truth;
                one.conditions.extend(tests.iter().map(|test| condition_of(test)));
                one.unknown = one.unknown.or_else(|| naming.unknown.clone()).or_else(|| said.unknown.clone());
                trusted.push(one);
            }
            if trusted.is_empty() && is_about_roles(&asked.wanted) && self.leads_outside(&grant.extent) {
                let mut one = Candidate::of(grant, self.because(principal, grant, &asked.wanted), false);
                one.doubt_elsewhere(grant, "the trust policy of a role elsewhere");
                trusted.push(one);
            }
            all.extend(trusted);
        }
        all
    }

    /// The step that tells that a policy leaves it to the account, or to somebody of another one.
    fn lets_account_in(&self, standing: &Standing) -> String {
        match standing.role {
            Some(_) => standing.lets_in("the account"),
            None => standing.lets_in("who asks from another account"),
        }
    }

    pub(super) fn means_role(&self, extent: &Extent, role: usize) -> Truth {
        let Some(principal) = self.identity.principals.get(role) else { return Truth::False };
        let address = &principal.instance.resource.address;
        let Some(arn) = arn_of_principal(self.identity, role) else { return Truth::False };
        let is_meant = |pattern: &Pattern| match &pattern.refers {
            Some(refers) => Truth::from(refers == address),
            None => pattern.glob.meets(&arn),
        };
        match extent {
            Extent::Among(patterns, rest) => {
                let known = Truth::any(patterns.iter().map(is_meant));
                if rest.is_some() { known.or(Truth::Unknown) } else { known }
            }
            Extent::AllBut(patterns, _) => !Truth::any(patterns.iter().map(is_meant)),
        }
    }

    /// Whether something among these may be a role of another configuration.
    fn leads_outside(&self, extent: &Extent) -> bool {
        let Extent::Among(patterns, None) = extent else { return true };
        let roles = || self.identity.principals.iter().enumerate().filter(|(_, p)| &*p.instance.row.kind == "role");
        let is_own = |pattern: &Pattern| {
            let one = Extent::Among(vec![pattern.clone()], None);
            let literal = pattern.refers.is_some() || pattern.glob.is_literal();
            literal && roles().any(|(role, _)| self.means_role(&one, role) == Truth::True)
        };
        patterns.iter().any(|pattern| !is_own(pattern))
    }

    /// The steps from a principal to the statement of a grant.
    pub(in crate::iam) fn because(&self, principal: usize, grant: &Grant<'_>, wanted: &Wanted) -> Vec<Step> {
        let mut steps = self.way(principal, &grant.held);
        steps.extend(self.says(grant.statement, format!("which allows `{}`", wanted.full_name())));
        steps
    }

    fn because_named(
        &self,
        principal: usize,
        said: &Said<'_>,
        naming: &Naming,
        grant: &Grant<'_>,
        wanted: &Wanted,
    ) -> Vec<Step> {
        let actor = self.actor(principal);
        let who = match naming.by {
            Named::Everybody => "everybody".to_owned(),
            Named::Session => actor.map(|actor| format!("a session of role `{}`", actor.name)).unwrap_or_default(),
            _ => actor.map(|actor| format!("{} `{}`", actor.kind, actor.name)).unwrap_or_default(),
        };
        let who = if naming.truth == Truth::Unknown { format!("perhaps {who}") } else { who };
        let mut steps = vec![Step::new(said.standing.lets_in(&who), naming.place)];
        steps.extend(self.says(grant.statement, format!("which allows `{}`", wanted.full_name())));
        steps
    }
}

/// Whether it is about who assumes a role, in whose trust it must stand, too.
fn is_about_roles(wanted: &Wanted) -> bool {
    matches!(wanted.name.as_str(), "sts:assumerole" | "sts:tagsession")
}

/// A grant of which it is not known whether it names anything that the action works on.
pub(in crate::iam) fn doubt_what_it_names(grant: &mut Grant<'_>, wanted: &Wanted) {
    let reaches = wanted.action.map_or(Truth::True, |action| reaches_some(grant.statement, action));
    if let (Truth::Unknown, Some(unknown)) = (reaches, unknown_resource(grant.statement)) {
        grant.doubt(&unknown);
    }
}

/// What of the resources of a statement is not known.
fn unknown_resource(statement: &Statement) -> Option<Arc<Unknown>> {
    let elements = [&statement.resources, &statement.not_resources].into_iter().flatten();
    elements.flat_map(|elements| &elements.items).find_map(|item| item.first_unknown().cloned())
}

impl Candidate {
    fn of(grant: &Grant<'_>, because: Vec<Step>, roundabout: bool) -> Candidate {
        Candidate {
            truth: grant.truth,
            conditions: grant.tests.iter().map(|test| condition_of(test)).collect(),
            carved: grant.carved,
            roundabout,
            because,
            unknown: grant.unknown.clone().or_else(|| unknown_resource(grant.statement)),
            via: None,
        }
    }

    /// What decides is not in the tree.
    fn doubt_elsewhere(&mut self, grant: &Grant<'_>, subject: &str) {
        self.truth = self.truth.and(Truth::Unknown);
        self.unknown = Some(Arc::new(Unknown::new(Why::NotInTree, subject, grant.statement.value.origin)));
    }
}

impl Wanted {
    pub(super) fn full_name(&self) -> String {
        self.action.map_or_else(|| self.name.clone(), |action| action.full_name())
    }
}
