//! What one grant of one permission is good for on a known way.

use std::cell::OnceCell;
use std::sync::Arc;

use super::becoming::Becoming;
use super::boundary::{
    Shed, admits_administration, all_but, ceiling_over, is_own_boundary, leaves_administration, makes_one_alone,
    only_but,
};
use super::federation::changes;
use super::given::{Assumed, Named, POLICY};
use super::kind::{all_left_out, is_tag, is_whole, kind_of};
use super::pass::{PASSED_TO, STACK_ROLE};
use super::path::Way;
use super::rewrite::Rewriting;
use super::target::LeftOut;
use super::world::World;
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted};
use crate::iam::catalogue::{self, Action};
use crate::iam::condition::{Family, Normal, Qualifier, Test, is_guard, is_harmless};
use crate::iam::coverage::Whose;
use crate::iam::document::Statement;
use crate::iam::facts::Held;
use crate::iam::glob::Glob;
use crate::iam::pattern;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

/// Who is given it administers a cluster.
const CLUSTER_ADMIN: &str = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy";

/// What the grant of one permission is good for.
#[derive(Clone, Debug)]
pub(super) enum Aim {
    /// Everything of its type in the account, or whatever there is.
    Whole,
    /// The principal itself, one of its groups or of its policies.
    Own,
    /// These principals: it depends on what they may do.
    Some(Vec<usize>),
    /// Something that is not in the unit, or of no use.
    Elsewhere,
}

/// The best grant for one permission of a way.
#[derive(Clone, Debug)]
pub(super) struct Hold {
    pub(super) aim: Aim,
    /// Only with a second factor, or from a network.
    pub(super) guarded: bool,
    /// A condition tries to close it and does not.
    pub(super) weak: bool,
    pub(super) unknown: Option<Arc<Unknown>>,
    pub(super) action: &'static str,
    pub(super) held: Held,
    pub(super) statement: Origin,
    /// The element of the statement that names the action.
    pub(super) element: Origin,
    /// Roles, users or groups that a denial takes out of it.
    pub(super) denied: Vec<usize>,
    /// Roles of which it is not known whether they trust the service, with the reason.
    pub(super) maybe: Vec<(usize, Arc<Unknown>)>,
    /// What takes away the permissions boundary that it asks for.
    pub(super) shed: Option<Shed>,
    /// Of what changes permissions, the others whose permissions it changes: users, roles and groups of the unit.
    pub(super) others: Vec<usize>,
    /// It changes those of the principal itself.
    pub(super) itself: bool,
    /// Of a way that passes a role the roles that a condition leaves.
    pub(super) only: Option<Vec<usize>>,
    /// The policies that alone may be attached, where a condition says so and is taken for fulfilled.
    pub(super) fixed: Option<Named>,
}

impl Hold {
    pub(super) fn rank(&self) -> (u8, bool, bool) {
        let aim = match (&self.unknown, &self.aim) {
            (Some(_), Aim::Elsewhere) => 4,
            (Some(_), _) => 2,
            (None, Aim::Whole | Aim::Own) => 0,
            (None, Aim::Some(_)) => 1,
            (None, Aim::Elsewhere) if !self.maybe.is_empty() => 2,
            (None, Aim::Elsewhere) => 3,
        };
        (aim, self.weak, self.guarded)
    }
}

/// How a condition bears on a way.
pub(super) enum Bearing {
    Harmless,
    Guard,
    /// It looks as if it closed the way.
    Weak,
    Closes,
    /// It binds the grant to something that is not known here.
    Binds,
    Unknown(Arc<Unknown>),
}

/// One grant of one action for one way.
#[derive(Clone)]
pub(super) struct One<'a, 'i, 'u> {
    pub(super) access: Access<'i, 'u>,
    pub(super) world: &'a World,
    pub(super) principal: usize,
    pub(super) consumers: &'a [&'static str],
    pub(super) way: &'static Way,
    pub(super) wanted: &'static Wanted,
    pub(super) grant: &'a Grant<'i>,
    pub(super) drops_boundaries: Truth,
    pub(super) sets_tags: bool,
    pub(super) rewriting: &'a Rewriting<'i, 'u>,
    pub(super) becoming: &'a Becoming<'a, 'i, 'u>,
    /// What its conditions on tags leave out.
    pub(super) left_out: &'a LeftOut,
    /// Which conditions are taken for fulfilled.
    pub(super) assumed: Assumed,
    /// The roles that this takes out of it, once somebody has asked.
    pub(super) denied_by_tags: OnceCell<Vec<usize>>,
    /// The answer of [`One::without_profile`].
    pub(super) without_profile: OnceCell<Vec<usize>>,
}

impl One<'_, '_, '_> {
    pub(super) fn hold(&self) -> Option<Hold> {
        let mut hold = Hold {
            aim: Aim::Whole,
            guarded: self.grant.carved && self.is_guarded_by_denial(),
            weak: false,
            unknown: None,
            action: self.wanted.action.map_or(self.wanted.name.as_str(), |_| self.wanted.name.as_str()),
            held: self.grant.held,
            statement: self.grant.statement.value.origin,
            element: element(self.grant.statement, &self.wanted.name),
            denied: self.denied(),
            maybe: Vec::new(),
            shed: None,
            others: Vec::new(),
            itself: true,
            only: self.stack_roles(),
            fixed: if self.assumed.policies { self.left_by_tests(POLICY) } else { None },
        };
        if let Some(unknown) = hold.fixed.as_ref().filter(|fixed| fixed.documents.is_empty()) {
            hold.unknown.clone_from(&unknown.unknown);
        }
        if self.grant.truth != Truth::True {
            let some = || Arc::new(Unknown::new(Why::Invalid, "the statement", hold.statement));
            hold.unknown = Some(self.grant.unknown.clone().unwrap_or_else(some));
        }
        let mut bound = false;
        for test in self.grant.tests.iter().filter(|test| !self.is_decided(test)) {
            match self.bearing(test) {
                Bearing::Harmless => {}
                Bearing::Guard => hold.guarded = true,
                Bearing::Weak => hold.weak = true,
                Bearing::Closes => return None,
                Bearing::Binds => bound = true,
                Bearing::Unknown(unknown) => hold.unknown = Some(unknown),
            }
        }
        for test in self.grant.denials.iter().filter_map(|denial| only_but(denial, self.grant)) {
            let closes = test.key != PASSED_TO && self.way.closed_by_key(&self.wanted.name, &test.key);
            if self.is_assumed(test) || !closes || self.is_decided(test) {
                continue;
            }
            match self.closed_by(test) {
                Bearing::Closes => return None,
                Bearing::Unknown(unknown) => hold.unknown = Some(unknown),
                _ => hold.weak = true,
            }
        }
        for denial in self.grant.denials.iter().filter(|_| self.way.closed_by_key(&self.wanted.name, POLICY)) {
            if let Some(test) = all_but(denial, self.grant)
                && let Bearing::Unknown(unknown) = self.but_for(test, denial.variables)
            {
                hold.unknown = Some(unknown);
            }
        }
        let (nowhere, reason) = self.passes_nowhere();
        if nowhere == Truth::True {
            return None;
        }
        hold.unknown = hold.unknown.or(reason);
        let aim = self.aim();
        let is_found = matches!(aim, Some((Aim::Whole | Aim::Own, _)));
        let has_doubtful = !self.left_out.perhaps.is_empty()
            || changes(&self.wanted.name).is_some()
            || !self.without_profile().is_empty();
        if !bound && (!is_found || has_doubtful) {
            hold.maybe = self.perhaps();
        }
        let (aim, unknown) = match aim {
            None if hold.maybe.is_empty() => return None,
            None => (Aim::Elsewhere, None),
            Some(found) => found,
        };
        hold.aim = aim;
        hold.unknown = hold.unknown.or(unknown);
        if bound {
            hold.aim = Aim::Elsewhere;
        }
        // What the unit does not have may have other tags.
        hold.weak |= matches!(hold.aim, Aim::Whole) && self.grant.tests.iter().any(|test| self.is_decided(test));
        if !bound && !matches!(hold.aim, Aim::Whole) && matches!(self.way.path.class.as_str(), "self" | "guardrail") {
            (hold.others, hold.itself) = self.changed();
        }
        let of_own_boundary = self.way.path.class == "guardrail" && hold.denied.contains(&self.principal);
        if of_own_boundary && self.wanted.name.ends_with("permissionsboundary") {
            hold.aim = Aim::Elsewhere;
        }
        Some(hold)
    }

    fn is_role(&self) -> bool {
        let kind = self.access.identity.principals.get(self.principal).map(|principal| &*principal.instance.row.kind);
        matches!(kind, Some("role" | "permission-set"))
    }

    /// Whether all of it is denied without a second factor, or from elsewhere.
    fn is_guarded_by_denial(&self) -> bool {
        let guards = |denial: &&Statement| {
            let mut tests = denial.tests.iter().filter(|test| is_guard(&test.key)).peekable();
            tests.peek().is_some() && !tests.any(|test| self.spares_keys(test, false))
        };
        self.grant.denials.iter().copied().filter(guards).any(|denial| self.is_all_denied(denial))
    }

    /// Whether a denial names all that is granted.
    pub(super) fn is_all_denied(&self, denial: &Statement) -> bool {
        let denied = Extent::of(denial);
        let covers = |pattern: &Pattern| denied.covers(pattern) == Truth::True;
        denied.is_everything()
            || matches!(&self.grant.extent, Extent::Among(patterns, None) if patterns.iter().all(covers))
            || self
                .wanted
                .action
                .is_some_and(|action| denial.takes_in_all(action, Whose::Own(&self.world.own_accounts)).is_true())
    }

    /// Whether a test on the second factor comes out so for requests that are made with the access keys of a user, which say
    /// nothing of one. A role acts in sessions, which do.
    fn spares_keys(&self, test: &Test, absent: bool) -> bool {
        test.key.starts_with("aws:multifactorauth") && !self.is_role() && test.holds_when_absent() == Some(absent)
    }

    pub(super) fn bearing(&self, test: &Test) -> Bearing {
        if self.is_assumed(test) {
            return Bearing::Harmless;
        }
        if self.gives_by(&test.key) && test.normal() == Normal::Absent {
            return Bearing::Closes;
        }
        let closes = self.way.closed_by_key(&self.wanted.name, &test.key);
        if self.sets_tags && is_tag(&test.key) {
            return Bearing::Weak;
        }
        if !closes {
            if let Some(unknown) = self.unknown_region(test) {
                return Bearing::Unknown(unknown);
            }
            return match test.key.as_str() {
                _ if self.spares_keys(test, true) => Bearing::Harmless,
                key if is_guard(key) => Bearing::Guard,
                // The roles of other accounts are what the way is about.
                "aws:resourceorgid" if self.wanted.name == "sts:assumerole" && test.ties() => Bearing::Binds,
                key if is_harmless(key) => Bearing::Harmless,
                // Whoever acts as a role does so in a session, and the keys of users begin none.
                "aws:tokenissuetime" if test.normal() == Normal::Present && self.is_role() => Bearing::Harmless,
                "aws:viaawsservice" if says_no(test) => Bearing::Harmless,
                _ if !test.is_positive() || test.holds_when_absent() == Some(true) => Bearing::Weak,
                // Stacks are made with the permissions of whoever makes them, where they have no role of their own.
                "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" | "aws:viaawsservice" => {
                    let subject = "which services make requests on behalf of whoever asks";
                    Bearing::Unknown(Arc::new(Unknown::new(Why::Condition, subject, test.origin)))
                }
                _ => Bearing::Binds,
            };
        }
        if test.key == POLICY && test.kind().is_some_and(|kind| kind.negated) {
            return self.but_for(test, self.grant.statement.variables);
        }
        if test.key == PASSED_TO {
            return self.passes_somewhere(test);
        }
        if !test.is_positive() || (test.holds_when_absent() != Some(false) && !self.must_be_there(test)) {
            return Bearing::Weak;
        }
        self.closed_by(test)
    }

    /// What is left of a way by which policies are attached, but for some.
    fn but_for(&self, test: &Test, variables: bool) -> Bearing {
        match leaves_administration(self.rewriting, self.world, test, variables) {
            (_, Some(unknown)) => Bearing::Unknown(unknown),
            (_, None) => Bearing::Weak,
        }
    }

    /// Whether a test that leaves only some values closes the way by them.
    pub(super) fn closed_by(&self, test: &Test) -> Bearing {
        match self.drops_boundaries {
            Truth::True if test.key == "iam:permissionsboundary" => return Bearing::Weak,
            Truth::Unknown if test.key == "iam:permissionsboundary" => {
                let subject = "whether so many grants take away a permissions boundary";
                return Bearing::Unknown(Arc::new(Unknown::new(Why::Limit, subject, test.origin)));
            }
            _ => {}
        }
        if let Some(unknown) = &test.rest {
            return Bearing::Unknown(unknown.clone());
        }
        let is_own = |value: &Value| is_own_boundary(self.access, self.world, self.principal, value);
        let of_itself = self.way.path.class == "self" && test.key == "iam:permissionsboundary";
        if of_itself && test.values.iter().any(is_own) {
            return Bearing::Weak;
        }
        let mut undecided = None;
        for value in &test.values {
            match self.leaves_open(test, value) {
                (Truth::True, _) => return Bearing::Weak,
                (Truth::Unknown, unknown) => undecided = undecided.or(unknown),
                (Truth::False, _) => {}
            }
        }
        match undecided {
            Some(unknown) => Bearing::Unknown(unknown),
            None => Bearing::Closes,
        }
    }

    /// Why it is not known whether a test on the region admits requests that are all made in one region.
    fn unknown_region(&self, test: &Test) -> Option<Arc<Unknown>> {
        let answer = self.wanted.action.and_then(|action| test.holds_in_regions_of(action));
        let unknown =
            || test.rest.clone().or_else(|| test.values.iter().find_map(|value| value.first_unknown().cloned()));
        if answer == Some(Truth::Unknown) { unknown() } else { None }
    }

    /// Whether a test that absence passes bounds all the same: each request has the key, another test demands it, or absence is
    /// harmless.
    pub(super) fn must_be_there(&self, test: &Test) -> bool {
        let demanded = self.grant.tests.iter().any(|other| {
            let absent = other.kind().is_some_and(|kind| kind.family == Family::Null).then(|| other.wants_absence());
            other.key == test.key && absent.flatten() == Some(false)
        });
        let is_always_there = |action| test.is_in_each_request_for(action);
        // A function without layers brings in nothing.
        demanded
            || self.gives_by(&test.key)
            || self.wanted.action.is_some_and(is_always_there)
            || (test.key == "lambda:layer" && test.quantity() == Some(Qualifier::AllValues))
    }

    /// Whether a value of a condition that could close the way leaves it open, and why that is not known.
    fn leaves_open(&self, test: &Test, value: &Value) -> (Truth, Option<Arc<Unknown>>) {
        let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
        if matches!(test.key.as_str(), "iam:policyarn" | "iam:permissionsboundary") {
            // A boundary gives nothing to whom it is put around: it is tried with what that one has.
            let puts = self.wanted.name.starts_with("iam:put") && self.wanted.name.ends_with("permissionsboundary");
            let counts = if puts { |_: &Way| false } else { makes_one_alone };
            return admits_administration(self.rewriting, self.world, value, wildcards, counts);
        }
        if test.key == STACK_ROLE && self.way.passes() && !self.stack_roles_of(value).is_empty() {
            return (Truth::True, None);
        }
        let Some(text) = value.scalar_text() else {
            let Some(unknown) = value.first_unknown() else { return (Truth::True, None) };
            // What a resource or the deployment gives is some value and no wildcard.
            let is_some = unknown.refers.is_some() || matches!(unknown.why, Why::Environment(_));
            let starts_fixed = !value.known_prefix().is_empty() && !value.known_prefix().starts_with(['*', '?']);
            let fixed = is_some || starts_fixed;
            return if fixed { (Truth::False, None) } else { (Truth::Unknown, Some(unknown.clone())) };
        };
        if text.is_empty() || (wildcards && text.starts_with(['*', '?'])) {
            return (Truth::True, None);
        }
        let any_case = test.kind().is_some_and(|kind| kind.family == Family::TextIgnoringCase);
        let text = if any_case { text.to_ascii_lowercase().into() } else { text };
        let glob = if wildcards { Glob::pattern(&text) } else { Glob::literal(&text) };
        let open = match test.key.as_str() {
            "eks:policyarn" => glob.meets(&Glob::literal(CLUSTER_ADMIN)),
            "lambda:functionurlauthtype" => Truth::from(text.eq_ignore_ascii_case("NONE")),
            "kms:grantisforawsresource" => Truth::from(!text.eq_ignore_ascii_case("true")),
            "ec2:attribute" => glob.meets(&Glob::literal("UserData")).or(glob.meets(&Glob::literal("userData"))),
            _ => Truth::False,
        };
        let unknown = || Arc::new(Unknown::new(Why::Invalid, "the condition", value.origin));
        (open, (open == Truth::Unknown).then(unknown))
    }

    /// Whom denials take out of the grant, and roles that may not be given to what runs with them; in order.
    pub(super) fn denied(&self) -> Vec<usize> {
        let mut denied = self.denied_otherwise();
        let none = self.without_profile();
        if !none.is_empty() {
            denied.extend(none);
            denied.sort_unstable();
            denied.dedup();
        }
        denied
    }

    /// Whom denials take out of the grant: without a condition, or by the services that they may be passed to.
    pub(super) fn denied_otherwise(&self) -> Vec<usize> {
        let mut denied = self.denied_always();
        let by_service = self.denied_by_service();
        let by_tags = self.denied_by_tags();
        if !by_service.is_empty() || !by_tags.is_empty() {
            denied.extend(by_service);
            denied.extend(by_tags.iter());
            denied.sort_unstable();
            denied.dedup();
        }
        denied
    }

    pub(super) fn denied_always(&self) -> Vec<usize> {
        match self.wanted.name.as_str() {
            name if changes(name).is_some() => self.federation_denied(),
            "iam:passrole" | "sts:assumerole" => self.world.denied("role", self.grant),
            name => match kind_of(name) {
                Some(kind) => self.world.denied(kind, self.grant),
                None => self.world.carriers.denied(self.grant, self.wanted.action),
            },
        }
    }

    /// What the resources of the grant are good for, and why that is not certain; none where they are of no use at all.
    fn aim(&self) -> Option<(Aim, Option<Arc<Unknown>>)> {
        let (patterns, rest) = match &self.grant.extent {
            // What is left out of it is left out by its tags as well.
            Extent::AllBut(..) if self.is_tied() => return self.aim_at(&[&Pattern::text(Glob::pattern("*"))]),
            Extent::AllBut(..) if self.is_bound_to_consumers() => return Some((self.passed_to_consumers(), None)),
            Extent::AllBut(patterns, _) => {
                let all_gone =
                    self.wanted.action.is_some_and(|action| all_left_out(action, patterns, &self.world.own_accounts));
                return (!all_gone).then_some((Aim::Whole, None));
            }
            Extent::Among(patterns, rest) => (patterns, rest),
        };
        let (mut own, mut perhaps) = (Vec::with_capacity(patterns.len()), Vec::new());
        for pattern in patterns.iter().filter(|pattern| self.is_of_use(pattern)) {
            match if self.stays_in_account() { self.world.is_own(pattern) } else { Truth::True } {
                Truth::True => own.push(pattern),
                Truth::Unknown => perhaps.push(pattern),
                Truth::False => {}
            }
        }
        let certain = self.aim_at(&own);
        if !matches!(certain, None | Some((Aim::Elsewhere, _))) {
            return certain;
        }
        if let Some(unknown) = perhaps.iter().find_map(|pattern| pattern.unknown.clone()) {
            own.extend(perhaps);
            let aim = self.aim_at(&own);
            if !matches!(aim, None | Some((Aim::Elsewhere, _))) {
                return aim.map(|(aim, _)| (aim, Some(unknown)));
            }
        }
        if let Some(unknown) = rest {
            return Some((Aim::Whole, Some(unknown.clone())));
        }
        let open = own.iter().find_map(|pattern| {
            let (unknown, some) = pattern.possible.as_deref()?;
            let some: Vec<&Pattern> = some.iter().filter(|pattern| self.is_of_use(pattern)).collect();
            match self.aim_at(&some) {
                None | Some((Aim::Elsewhere, _)) => None,
                Some((aim, _)) => Some((aim, Some(unknown.clone()))),
            }
        });
        open.or(certain)
    }

    /// Whether a pattern means something that the action works on and that is more than one has: one's own sessions are not.
    fn is_of_use(&self, pattern: &Pattern) -> bool {
        let is_session = |(kind, _): (&catalogue::ResourceType, bool)| kind.name == "session";
        let works_on_sessions = self.wanted.action.is_none_or(|action| action.resource_types().any(is_session));
        let is_own_session = !self.stays_in_account() && pattern.of_caller && works_on_sessions;
        let meets = |action: &Action| {
            let mut types = action.resource_types().peekable();
            let meets = |arn: &catalogue::ArnFormat| arn.meets(&pattern.glob) != Truth::False;
            types.peek().is_none() || types.any(|(kind, _)| kind.arns().iter().any(meets))
        };
        let is_here = self.wanted.name == "sts:assumerole" || self.world.may_be_here(pattern);
        !is_own_session && is_here && self.wanted.action.is_none_or(meets)
    }

    /// Whether the action never works on what another account has.
    fn stays_in_account(&self) -> bool {
        self.wanted.name.starts_with("iam:") || self.wanted.name == "sts:assumerole"
    }

    fn aim_at(&self, patterns: &[&Pattern]) -> Option<(Aim, Option<Arc<Unknown>>)> {
        let whole = self.wanted.action.map_or_else(
            || patterns.iter().any(|pattern| pattern.glob.is_everything()),
            |action| patterns.iter().any(|pattern| is_whole(action, pattern)),
        );
        let tied = self.is_tied();
        if whole && !tied {
            let bound = self.is_bound_to_consumers();
            return Some((if bound { self.passed_to_consumers() } else { Aim::Whole }, None));
        }
        if patterns.is_empty() {
            return None;
        }
        // Self-service of keys, passwords and MFA raises nobody.
        let of_boundary = self.wanted.name.ends_with("permissionsboundary");
        let of_users = kind_of(&self.wanted.name) == Some("user") && self.way.path.class != "self" && !of_boundary;
        if of_users && patterns.iter().all(|pattern| pattern.of_caller) {
            return None;
        }
        if !tied && !self.way.confined_by_resource(&self.wanted.name) {
            // What nothing is known of any more may not work on what is named.
            let aim = if self.wanted.action.is_none() { Aim::Elsewhere } else { Aim::Whole };
            return Some((aim, None));
        }
        self.confined(patterns)
    }

    fn confined(&self, patterns: &[&Pattern]) -> Option<(Aim, Option<Arc<Unknown>>)> {
        let kind = match self.wanted.name.as_str() {
            "iam:passrole" => return self.passed(patterns),
            "sts:assumerole" => return Some((self.assumed(patterns), None)),
            name => kind_of(name),
        };
        let Some(kind) = kind else {
            return Some(match changes(&self.wanted.name) {
                Some(_) => (self.federated(patterns), None),
                None => self.carried(patterns),
            });
        };
        let path = &self.way.path;
        let about_itself = path.class == "self" || path.class == "guardrail";
        let denied = self.denied();
        let (mut targets, mut own, mut open) = (Vec::new(), false, false);
        for pattern in patterns {
            own |= pattern.of_caller && !self.leaves_itself_out(kind);
            let matches = self.world.matching_if_own(kind, pattern);
            if matches.is_cut {
                return Some(self.cut());
            }
            open |= matches.open;
            for target in matches.sure.into_iter().filter(|target| denied.binary_search(target).is_err()) {
                if self.is_own(kind, target) {
                    own = true;
                }
                match kind {
                    // Who holds the policy is rewritten with it.
                    "policy" => targets.extend(self.holders_of(target)),
                    _ if target == self.principal => {}
                    _ if self.is_own(kind, target) => {}
                    _ => targets.push(target),
                }
            }
        }
        targets.sort_unstable();
        targets.dedup();
        let joins = self.wanted.name == "iam:addusertogroup";
        let aim = match (own && !joins, about_itself) {
            // Keys and passwords of oneself are no more than one has.
            (true, true) => Some(Aim::Own),
            (true, false) if targets.is_empty() && !open => None,
            _ if kind == "role" && about_itself => {
                let assumable = targets.into_iter().filter(|role| self.may_become(*role));
                let writes = path.class == "self";
                let left = assumable.map(|role| match writes {
                    true => ceiling_over(self.access, self.world, self.principal, role),
                    false => (Truth::False, None),
                });
                let open = left.filter(|(held, _)| *held != Truth::True).min_by_key(|(held, _)| *held != Truth::False);
                return Some(match open {
                    Some((_, unknown)) => (Aim::Own, unknown),
                    None => (Aim::Elsewhere, None),
                });
            }
            _ if (!about_itself || joins) && !targets.is_empty() => Some(Aim::Some(targets)),
            _ => match self.perhaps_itself(patterns).filter(|_| about_itself && !joins) {
                Some(unknown) => return Some((Aim::Own, Some(unknown))),
                None => Some(Aim::Elsewhere),
            },
        };
        aim.map(|aim| (aim, None))
    }

    /// Whether it is the principal itself, one of its groups, or a policy that it holds.
    pub(super) fn is_own(&self, kind: &str, target: usize) -> bool {
        match kind {
            "policy" => {
                let holding = self.access.facts.holdings.get(self.principal);
                let facts = self.access.facts;
                holding.is_some_and(|holding| holding.held.iter().any(|held| facts.written(held.document) == target))
            }
            "group" => {
                let groups = self.access.groups_of(self.principal);
                target == self.principal || groups.iter().any(|(group, _)| *group == target)
            }
            _ => target == self.principal,
        }
    }

    fn may_become(&self, role: usize) -> bool {
        self.becoming.may_be(role)
    }

    /// The other users and roles that hold a policy of the unit.
    pub(super) fn holders_of(&self, policy: usize) -> Vec<usize> {
        let holders = self.access.identity.policies.get(policy).into_iter().flat_map(|policy| &policy.holders);
        let principals = holders.filter(|holder| holder.kind != "group").filter_map(|holder| holder.principal);
        principals.filter(|holder| *holder != self.principal).collect()
    }

    fn passed(&self, patterns: &[&Pattern]) -> Option<(Aim, Option<Arc<Unknown>>)> {
        let denied = self.denied();
        let (mut roles, mut open) = (Vec::new(), false);
        for pattern in patterns {
            let matches = self.world.matching_if_own("role", pattern);
            if matches.is_cut {
                return Some(self.cut());
            }
            open |= matches.open;
            for role in matches.sure.into_iter().filter(|role| denied.binary_search(role).is_err()) {
                match self.trusts_service(role) {
                    Truth::True if !roles.contains(&role) => roles.push(role),
                    Truth::Unknown => open = true,
                    _ => {}
                }
            }
        }
        match (roles.is_empty(), open) {
            (false, _) => Some((Aim::Some(roles), None)),
            (true, true) => Some((Aim::Elsewhere, None)),
            (true, false) => None,
        }
    }

    /// What a pattern is good for that may mean more than is held against it.
    fn cut(&self) -> (Aim, Option<Arc<Unknown>>) {
        (Aim::Whole, Some(super::held::Held::limit(self.grant.statement.value.origin)))
    }

    /// Whether a role trusts the service of the way.
    pub(super) fn trusts_service(&self, role: usize) -> Truth {
        match self.way.needs_consumer() {
            true => self.world.trusts_prefix(role, &self.open_consumers()),
            false => self.world.trusts(role, &self.ways_services()),
        }
    }

    /// The roles that may be passed of which it is not known whether they trust the service.
    pub(super) fn maybe_passed(&self, denied: &[usize]) -> Vec<(usize, Arc<Unknown>)> {
        let unknown = |role: usize| {
            let trusted = self.world.trusted.get(role)?;
            let doubtful = trusted.doubtful.first().map(|(_, unknown)| unknown);
            let unknown = trusted.unknown.as_ref().or(doubtful)?.clone();
            (denied.binary_search(&role).is_err() && self.trusts_service(role) == Truth::Unknown)
                .then_some((role, unknown))
        };
        self.among().into_iter().filter_map(unknown).collect()
    }

    fn assumed(&self, patterns: &[&Pattern]) -> Aim {
        let matched = patterns.iter().flat_map(|pattern| self.world.matching_if_own("role", pattern).sure);
        let denied = self.denied();
        let left = matched.filter(|role| denied.binary_search(role).is_err());
        let some: Vec<usize> = left.filter(|role| self.may_become(*role)).collect();
        // With other permissions on the same role it need not be wide yet.
        let alone = self.way.entries.len() == 1;
        match (some.is_empty(), alone) {
            (false, false) => Aim::Some(some),
            // To be let in to a role by name is what its trust is for.
            _ => Aim::Elsewhere,
        }
    }
}

/// Whether a test lets only requests through that say no.
fn says_no(test: &Test) -> bool {
    let is_no = |value: &Value| value.scalar_text().is_some_and(|text| text.eq_ignore_ascii_case("false"));
    test.rest.is_none() && !test.values.is_empty() && test.values.iter().all(is_no)
}

/// The element of a statement that names an action.
pub(super) fn element(statement: &Statement, name: &str) -> Origin {
    let names = |item: &&Value| item.as_str().is_some_and(|text| pattern::matches(&text.to_ascii_lowercase(), name));
    let item = statement.actions.iter().flat_map(|actions| &actions.items).find(names).map(|item| item.origin);
    let list = statement.not_actions.as_ref().or(statement.actions.as_ref()).map(|list| list.origin);
    item.or(list).unwrap_or(Origin::NONE).or(statement.value.origin)
}
