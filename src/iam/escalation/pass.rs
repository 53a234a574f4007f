//! What a statement allows to pass: which roles, and to which services.

use super::world::same_service;
use super::worth::is_whole;
use crate::iam::access::{Extent, Pattern};
use crate::iam::catalogue;
use crate::iam::condition::{Test, is_harmless};
use crate::iam::document::Statement;
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::pattern;
use crate::iam::taken::Taken;
use crate::value::{Truth, Value, derived};

const KEY: &str = "iam:passedtoservice";

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
        let to_some = demanded.iter().any(|test| test.key == KEY);
        let denied = if to_some { &taken.gone } else { &taken.bound };
        let (Some(place), false) = (element, denied.contains(action)) else { return Value::null(origin) };
        let Extent::Among(patterns, rest) = Extent::of(statement) else { return Value::null(origin) };
        let own = |pattern: &&Pattern| super::owner::is_own(&pattern.glob, self.own_accounts) != Truth::False;
        let every = patterns.iter().filter(own).any(|pattern| is_whole(action, pattern));
        if !every && !patterns.iter().any(is_for_services) && rest.is_none() {
            return Value::null(origin);
        }
        let bound = |test: &&Test| {
            test.key != KEY && test.is_positive() && test.holds_when_absent() == Some(false) && !is_harmless(&test.key)
        };
        let tests = || statement.tests.iter().chain(demanded.iter().copied());
        if tests().any(|test| bound(&test)) {
            return Value::null(origin);
        }
        let of_services = tests().filter(|test| test.key == KEY && test.is_positive());
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
    test.rest.is_none()
        && matches!(services(test), Services::Fixed(_))
        && test.values.iter().all(|value| value.first_unknown().is_none())
}

fn services(test: &Test) -> Services {
    let wildcards = test.kind().is_some_and(crate::iam::condition::Operator::has_wildcards);
    let named: Vec<String> = test.values.iter().filter_map(|value| Some(value.scalar_text()?.into_owned())).collect();
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
    name == "role/service-role/*" || name == "role/aws-service-role/*"
}

/// Whether a service is meant by a value of a condition.
pub(super) fn is_service(value: &str, service: &str) -> bool {
    same_service(value, service) || pattern::matches(value, service)
}
