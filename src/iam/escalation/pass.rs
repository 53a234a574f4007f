//! What a statement allows to pass, and what denials take of it: which roles, and to which services.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::kind::is_whole;
use super::world::same_service;
use super::worth::{Aim, Bearing, One};
use crate::iam::access::{Extent, Pattern, Wanted, names_action};
use crate::iam::arn::arn_of_principal;
use crate::iam::catalogue::{self, Action, ResourceType};
use crate::iam::condition::{Context, Normal, Test, is_harmless};
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::pattern;
use crate::iam::taken::Taken;
use crate::value::{Fact, Piece, Truth, Unknown, Value, Why, derived};

/// The key of the service that a role is passed to.
pub(super) const PASSED_TO: &str = "iam:passedtoservice";

/// The key of the role that a stack is given.
pub(super) const STACK_ROLE: &str = "cloudformation:rolearn";

/// The key of the instance profile that an instance is given.
const PROFILE: &str = "ec2:instanceprofile";

/// How a service is called that takes roles by actions with a prefix.
fn principal_of(prefix: &str) -> String {
    match prefix {
        "ecs" => "ecs-tasks.amazonaws.com".to_owned(),
        other => format!("{other}.amazonaws.com"),
    }
}

/// To which services roles may be passed.
enum Services {
    Any,
    /// A condition names them that some services do not send, which lets these pass.
    IfSent(Vec<String>),
    Fixed(Vec<String>),
}

impl Identity<'_> {
    /// What a statement allows to pass of whole types of roles; null where it names the roles, or binds them otherwise.
    /// `demanded` are the tests that denials beside it let through.
    pub(in crate::iam) fn passes(&self, statement: &Statement, taken: &Taken, demanded: &[&Test]) -> Value {
        let origin = statement.value.origin;
        let Some(action) = catalogue::action("iam:passrole") else { return Value::null(origin) };
        let names = crate::iam::access::names_action(statement, "iam:passrole");
        let grants = statement.allows() != Truth::False && !statement.never_matches(Some(action));
        if names == Truth::False || !grants || statement.is_admin_beside(taken).truth.is_true() {
            return Value::null(origin);
        }
        // To leave it in by leaving others out is told by the rule on that.
        let element = statement.actions.as_ref().and_then(|actions| {
            let named = |item: &&Value| {
                item.as_str().is_none_or(|text| pattern::matches(&text.to_ascii_lowercase(), "iam:passrole"))
            };
            actions.items.iter().find(named).map(|item| item.origin)
        });
        let to_some = demanded.iter().any(|test| test.key == PASSED_TO);
        let denied = if to_some { &taken.gone } else { &taken.bound };
        let (Some(place), false) = (element, denied.contains(action)) else { return Value::null(origin) };
        let Extent::Among(patterns, rest) = Extent::of(statement) else { return Value::null(origin) };
        let own = |pattern: &&Pattern| crate::iam::owner::is_own(&pattern.glob, self.own_accounts) != Truth::False;
        let every = patterns.iter().filter(own).any(|pattern| is_whole(action, pattern));
        if !every && !patterns.iter().any(is_for_services) && rest.is_none() {
            return Value::null(origin);
        }
        // Who passes is no limit to what is passed.
        let bound = |test: &&Test| test.key != PASSED_TO && test.confines() && !is_harmless(&test.key);
        let tests = || statement.tests.iter().chain(demanded.iter().copied());
        if tests().any(|test| bound(&test)) {
            return Value::null(origin);
        }
        let of_services = tests().filter(|test| test.key == PASSED_TO && test.is_positive());
        let open = rest.or(statement.more_tests.clone()).or_else(|| {
            of_services.clone().find_map(|test| {
                test.rest.clone().or_else(|| test.values.iter().find_map(|value| value.first_unknown().cloned()))
            })
        });
        let unsure = (names != Truth::True || statement.allows() != Truth::True)
            .then(|| statement.effect.first_unknown().or_else(|| statement.value.first_unknown()).cloned())
            .flatten();
        if let Some(unknown) = open.filter(|_| !of_services.clone().any(is_known_fixed)).or(unsure) {
            return Value::unknown(derived(&unknown), place);
        }
        let services = of_services.map(services).min_by_key(|services| match services {
            Services::Fixed(_) => 0,
            Services::IfSent(_) => 1,
            Services::Any => 2,
        });
        let services = services.unwrap_or(Services::Any);
        let list = |named: &[String]| {
            let names: Vec<String> = named.iter().map(|name| format!("`{name}`")).collect();
            match names.split_last() {
                Some((last, [])) => last.clone(),
                Some((last, first)) => format!("{} and {last}", first.join(", ")),
                None => String::new(),
            }
        };
        let (bounds, to) = match &services {
            Services::Any => ("none", "every service".to_owned()),
            Services::IfSent(named) => {
                ("if-sent", format!("{}, and to services that do not say who they are", list(named)))
            }
            Services::Fixed(named) => ("fixed", list(named)),
        };
        let wide = match &services {
            Services::Fixed(named) if every => self.wide_role(named),
            _ => None,
        };
        let wide = wide.map_or_else(|| Value::null(place), |role| self.principal_name(role));
        let what = if every { "every role" } else { "every role made for a service" };
        let fields = [
            ("what", Value::string(format!("{what} to {to}"), place)),
            ("roles", Value::string(if every { "every" } else { "for-services" }, place)),
            ("services", Value::string(bounds, place)),
            ("wide-role", wide),
        ];
        Value::fields(fields, place)
    }

    /// A role of the unit that one of the services may be given and that is, or becomes, an administrator.
    fn wide_role(&self, services: &[String]) -> Option<usize> {
        self.access().power().wide_role(services)
    }

    fn principal_name(&self, principal: usize) -> Value {
        self.principals
            .get(principal)
            .map_or_else(|| Value::null(crate::source::Origin::NONE), |p| self.display_name(p))
    }
}

fn is_known_fixed(test: &Test) -> bool {
    let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
    test.rest.is_none()
        && matches!(services(test), Services::Fixed(_))
        && test.values.iter().all(|value| service_name(value, wildcards).is_some())
}

/// The name of a service, in whichever partition; where texts are compared letter by letter, one that is not known is one, too.
fn service_name(value: &Value, wildcards: bool) -> Option<String> {
    if let Some(text) = value.scalar_text() {
        return Some(text.into_owned());
    }
    let one = |piece: &Piece| match piece {
        Piece::Known(text, _) => Some(text.to_string()),
        Piece::Hole(hole, _) if matches!(hole.why, Why::Environment(Fact::UrlSuffix)) => {
            Some("amazonaws.com".to_owned())
        }
        Piece::Hole(hole, _) => (!wildcards).then(|| format!("${{{}}}", hole.subject)),
    };
    value.to_pieces()?.iter().map(one).collect()
}

fn services(test: &Test) -> Services {
    let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
    let named: Vec<String> = test.values.iter().filter_map(|value| service_name(value, wildcards)).collect();
    let fixed = |text: &String| !(text.is_empty() || wildcards && text.starts_with(['*', '?']));
    match (named.iter().all(fixed) && !named.is_empty(), test.holds_when_absent()) {
        (false, _) => Services::Any,
        (true, Some(false)) => Services::Fixed(named),
        (true, _) => Services::IfSent(named),
    }
}

/// `role/service-role/*`: the roles that the console makes for services.
fn is_for_services(pattern: &Pattern) -> bool {
    let fields = pattern.glob.fields();
    let name = fields.last().map(Glob::to_string).unwrap_or_default();
    // Service-linked roles are never passed.
    name == "role/service-role/*"
}

/// Whether a service is meant by a value of a condition.
pub(super) fn is_service(value: &str, service: &str) -> bool {
    same_service(value, service) || pattern::matches(value, service)
}

/// Whether a test on the service that a role is passed to holds for one. The suffix of the partition is that of `aws` where it
/// is not known.
fn holds_for(test: &Test, service: &str, variables: bool) -> Truth {
    let context = Context::default().with(PASSED_TO, [service]);
    let named = |value: &Value| match value.as_str() {
        Some(_) => value.clone(),
        None => crate::iam::principal::service_name(value)
            .map_or_else(|| value.clone(), |name| Value::string(name, value.origin)),
    };
    let values = test.values.iter().map(named).collect();
    Test { values, ..test.clone() }.holds(&context, variables)
}

/// Instances are given roles by profiles alone.
const INSTANCES: &str = "ec2.amazonaws.com";

impl One<'_, '_, '_> {
    /// The roles that a way gives to instances alone for which the unit has no instance profile, where the principal puts none
    /// into one.
    pub(super) fn without_profile(&self) -> &[usize] {
        let find = || {
            let to_instances = self.wanted.name == "iam:passrole" && self.way.passes();
            let (of_instances, others): (Vec<String>, Vec<String>) =
                self.ways_services().into_iter().filter(|_| to_instances).partition(|one| one == INSTANCES);
            let roles = of_instances.iter().flat_map(|service| self.world.by_service.get(service)).flatten().copied();
            let is_other = |role: usize| !others.is_empty() && self.world.trusts(role, &others) != Truth::False;
            let mut roles: Vec<usize> =
                roles.filter(|role| !self.world.is_carried(*role, INSTANCES) && !is_other(*role)).collect();
            let puts = Wanted::at_home("iam:AddRoleToInstanceProfile");
            if !roles.is_empty() && !self.access.grants(self.principal, &puts, None).grants.is_empty() {
                roles.clear();
            }
            roles
        };
        self.without_profile.get_or_init(find)
    }

    /// Those of them that the grant is for and that nothing else takes out of it, with the reason why it is not known whether
    /// they may be given to instances.
    pub(super) fn perhaps_profiled(&self) -> Vec<(usize, Arc<Unknown>)> {
        let none = self.without_profile();
        if none.is_empty() {
            return Vec::new();
        }
        let named = match &self.grant.extent {
            Extent::Among(patterns, _) => {
                let own = patterns.iter().filter(|pattern| self.world.is_own(pattern) != Truth::False);
                own.flat_map(|pattern| self.world.matching_if_own("role", pattern).sure).collect()
            }
            Extent::AllBut(..) => self.among(),
        };
        let denied = self.denied_otherwise();
        let place = self.grant.statement.value.origin;
        let left = none.iter().filter(|role| named.contains(role) && !denied.contains(role));
        left.map(|role| {
            let name = self.access.actor(*role).map(|actor| actor.name).unwrap_or_default();
            let subject = format!("an instance profile with role `{name}`");
            (*role, Arc::new(Unknown::new(Why::NotInTree, subject, place)))
        })
        .collect()
    }

    /// The denials that look at which service a role is passed to.
    fn denials_to_services(&self) -> impl Iterator<Item = &Statement> {
        let denials = self.grant.denials.iter().copied().filter(|_| self.wanted.name == "iam:passrole");
        denials.filter(|denial| denial.tests.iter().any(|test| test.key == PASSED_TO))
    }

    /// The services of the way to which the grant lets a role be passed.
    pub(super) fn ways_services(&self) -> Vec<String> {
        let of_way = match self.way.needs_consumer() {
            true => self.consumers.iter().map(|consumer| principal_of(consumer)).collect(),
            false => self.way.path.service.clone(),
        };
        of_way.into_iter().filter(|service| self.passes_to(service) != Truth::False).collect()
    }

    /// The services of actions that take a role to which the grant lets it be passed.
    pub(super) fn open_consumers(&self) -> Vec<&'static str> {
        let is_open = |consumer: &&&str| self.passes_to(&principal_of(consumer)) != Truth::False;
        self.consumers.iter().filter(is_open).copied().collect()
    }

    /// The tests of the grant on the service that a role is passed to. Some services do not say who they are, AWS warns
    /// without naming them: what lets these in keeps none out.
    fn tests_of_service(&self) -> impl Iterator<Item = &Test> {
        let lets_silent_in =
            |test: &Test| test.is_positive() && test.holds_when_absent() != Some(false) && !self.must_be_there(test);
        let tests = self.grant.tests.iter().copied().filter(|test| test.key == PASSED_TO);
        tests.filter(move |test| self.wanted.name == "iam:passrole" && !lets_silent_in(test))
    }

    /// Whether one service passes all tests of the grant on it.
    fn passes_to(&self, service: &str) -> Truth {
        let variables = self.grant.statement.variables;
        let holds = |name: &str| Truth::all(self.tests_of_service().map(|test| holds_for(test, name, variables)));
        let of_china = |value: &Value| value.scalar_text().is_some_and(|text| text.ends_with(".cn"));
        let is_in_china = self.tests_of_service().any(|test| test.values.iter().any(of_china));
        let known = holds(service);
        if is_in_china { known.or(holds(&format!("{service}.cn"))) } else { known }
    }

    /// How a test on the service that a role is passed to bears on the way, beside the others on it.
    pub(super) fn passes_somewhere(&self, test: &Test) -> Bearing {
        match Truth::any(self.ways_services().iter().map(|service| self.passes_to(service))) {
            Truth::True => Bearing::Weak,
            Truth::False => Bearing::Closes,
            Truth::Unknown => {
                let unknown = test.rest.as_ref().or_else(|| test.values.iter().find_map(Value::first_unknown));
                let some = || Arc::new(Unknown::new(Why::Condition, test.written.clone(), test.origin));
                Bearing::Unknown(unknown.cloned().unwrap_or_else(some))
            }
        }
    }

    /// Whether roles may be passed only to services that are named, by what has no way of its own.
    pub(super) fn is_bound_to_consumers(&self) -> bool {
        let names =
            |test: &&Test| test.key == PASSED_TO && test.is_positive() && matches!(services(test), Services::Fixed(_));
        self.way.needs_consumer() && self.grant.tests.iter().any(names)
    }

    /// The roles of the unit that those services may be given.
    pub(super) fn passed_to_consumers(&self) -> Aim {
        let denied = self.denied();
        let services = self.open_consumers().into_iter().map(principal_of);
        let trusting = services.filter_map(|service| self.world.by_service.get(&service)).flatten().copied();
        let roles: BTreeSet<usize> = trusting.filter(|role| !denied.contains(role)).collect();
        if roles.is_empty() { Aim::Elsewhere } else { Aim::Some(roles.into_iter().collect()) }
    }

    /// The roles of the unit to which a condition on what stacks are given confines the grant.
    pub(super) fn stack_roles(&self) -> Option<Vec<usize>> {
        let asks =
            |test: &&&Test| test.key == STACK_ROLE && test.is_positive() && test.holds_when_absent() == Some(false);
        let test = self.grant.tests.iter().find(asks).filter(|_| self.way.passes())?;
        let is_open = |value: &Value| value.scalar_text().is_some_and(|text| text.starts_with(['*', '?']));
        if test.values.is_empty() || test.values.iter().any(is_open) {
            return None;
        }
        Some(test.values.iter().flat_map(|value| self.stack_roles_of(value)).collect())
    }

    /// The roles of the unit that a value of such a condition names.
    pub(super) fn stack_roles_of(&self, value: &Value) -> Vec<usize> {
        let pattern = Pattern::of(value, self.grant.statement.variables);
        pattern.map(|pattern| self.world.matching("role", &pattern).sure).unwrap_or_default()
    }

    /// Whether a denial holds for all that is passed to a service, as far as it names the role.
    fn denies_service(&self, denial: &Statement, service: &str) -> Truth {
        self.denies_where(denial, |test| (test.key == PASSED_TO).then(|| holds_for(test, service, denial.variables)))
    }

    /// Whether a denial holds for all requests of which it is known how some tests come out.
    fn denies_where(&self, denial: &Statement, known: impl Fn(&Test) -> Option<Truth>) -> Truth {
        let action = self.wanted.action;
        let holds = |test: &Test| {
            let normal = action.map_or_else(|| test.normal(), |action| test.normal_for(action));
            let always = || normal == Normal::Always || test.holds_for_callers();
            let implied = || self.grant.tests.iter().any(|asked| asked.implies(test));
            known(test).unwrap_or_else(|| Truth::from(always() || implied()))
        };
        let tests = Truth::all(denial.tests.iter().map(holds));
        let tests = if denial.more_tests.is_some() { tests.and(Truth::Unknown) } else { tests };
        let names = names_action(denial, &self.wanted.name);
        tests.and(denial.denies()).and(names).and(self.stands_over(denial))
    }

    /// Whether a denial is about the principal at all: a policy of the organization may be attached elsewhere.
    fn stands_over(&self, denial: &Statement) -> Truth {
        let facts = self.access.facts;
        let Some(holding) = self.access.holding(self.principal) else { return Truth::True };
        let is_of = |document: usize| {
            let document = facts.document(self.access.identity, document);
            document.is_some_and(|document| document.statements.iter().any(|one| std::ptr::eq(one, denial)))
        };
        let doubtful = facts.controls.over(holding.account).filter(|control| control.applies != Truth::True);
        let mut of_it = doubtful.filter(|control| is_of(holding.control(control.document)));
        of_it.next().map_or(Truth::True, |control| control.applies)
    }

    /// Whether requests of the way say by a key which role they give to what they make.
    pub(super) fn gives_by(&self, key: &str) -> bool {
        let is_given = self.way.passes() && matches!(key, STACK_ROLE | PROFILE);
        let is_of = |action: &Action| key.starts_with(action.service) && action.has_condition_key(key);
        is_given && self.wanted.action.is_some_and(is_of)
    }

    /// Whether what is made may be given no role: that is denied, or the grant is for none of what takes one.
    fn gives_nothing(&self) -> Truth {
        let is_there = |test: &Test| {
            self.gives_by(&test.key).then(|| Truth::from(matches!(test.normal(), Normal::Present | Normal::Always)))
        };
        let asks = |denial: &&Statement| denial.tests.iter().any(|test| self.gives_by(&test.key));
        let denials = self.grant.denials.iter().copied().filter(asks).filter(|denial| self.is_all_denied(denial));
        let takes = |kind: &ResourceType| kind.condition_keys().iter().any(|key| key.eq_ignore_ascii_case(PROFILE));
        let action = self.wanted.action.filter(|_| !self.grant.extent.is_everything() && self.gives_by(PROFILE));
        let kinds = action.into_iter().flat_map(Action::resource_types);
        let mut taking = kinds.map(|(kind, _)| kind).filter(|kind| takes(kind)).peekable();
        let is_other = taking.peek().is_some() && !taking.any(|kind| self.grant.reaches(kind));
        Truth::any(denials.map(|denial| self.denies_where(denial, is_there))).or(Truth::from(is_other))
    }

    /// Whether denials leave nothing that may be passed to any service of the way, or no role that is given to what is made, and
    /// why that is not known.
    pub(super) fn passes_nowhere(&self) -> (Truth, Option<Arc<Unknown>>) {
        if self.gives_nothing() == Truth::True {
            return (Truth::True, None);
        }
        let denials: Vec<&Statement> = self.denials_to_services().filter(|denial| self.is_all_denied(denial)).collect();
        let services = if denials.is_empty() { Vec::new() } else { self.ways_services() };
        if services.is_empty() {
            return (Truth::False, None);
        }
        let is_denied =
            |service: &String| Truth::any(denials.iter().map(|denial| self.denies_service(denial, service)));
        let answer = Truth::all(services.iter().map(is_denied));
        let reason = || {
            let values = denials.iter().flat_map(|denial| &denial.tests).flat_map(|test| &test.values);
            let unknown = values.filter_map(|value| value.first_unknown()).next().cloned();
            let rests = || denials.iter().flat_map(|denial| &denial.tests).find_map(|test| test.rest.clone());
            let elements = || denials.iter().find_map(|denial| denial.value.first_unknown().cloned());
            unknown.or_else(rests).or_else(elements)
        };
        let reason = if answer == Truth::Unknown { reason() } else { None };
        (answer, reason)
    }

    /// The roles that denials by the service leave to none of the services that they trust.
    pub(super) fn denied_by_service(&self) -> Vec<usize> {
        let denials: Vec<(&Statement, Extent)> =
            self.denials_to_services().map(|denial| (denial, Extent::of(denial))).collect();
        if denials.is_empty() {
            return Vec::new();
        }
        let services = self.ways_services();
        let trusting = services.iter().flat_map(|service| self.world.by_service.get(service)).flatten();
        let mut roles: Vec<usize> = trusting.copied().collect();
        roles.sort_unstable();
        roles.dedup();
        // Which services a denial is for is the same for all roles.
        let of_services = |denial: &Statement| -> Vec<bool> {
            services.iter().map(|service| self.denies_service(denial, service) == Truth::True).collect()
        };
        let denials: Vec<(Vec<usize>, bool, Extent, Vec<bool>)> = denials
            .into_iter()
            .map(|(denial, extent)| {
                let named = match &extent {
                    Extent::Among(patterns, _) => {
                        patterns.iter().flat_map(|one| self.world.matching("role", one).sure).collect()
                    }
                    Extent::AllBut(..) => Vec::new(),
                };
                (named, extent.is_everything(), extent, of_services(denial))
            })
            .collect();
        let reaches = |role: usize, named: &[usize], everything: bool, extent: &Extent| {
            everything
                || named.contains(&role)
                || match extent {
                    Extent::AllBut(spared, None) if spared.iter().all(|one| one.refers.is_none()) => {
                        let arn = arn_of_principal(self.access.identity, role);
                        arn.is_some_and(|arn| extent.covers(&Pattern::text(arn)) == Truth::True)
                    }
                    _ => false,
                }
        };
        roles.retain(|role| {
            let trusted = self.world.trusted.get(*role);
            let may_be = |service: &String| {
                trusted.is_some_and(|trusted| {
                    trusted.open || trusted.services.iter().any(|name| same_service(name, service))
                })
            };
            services.iter().enumerate().filter(|(_, service)| may_be(service)).all(|(at, _)| {
                denials.iter().any(|(named, everything, extent, denied)| {
                    denied.get(at) == Some(&true) && reaches(*role, named, *everything, extent)
                })
            })
        });
        roles
    }
}
