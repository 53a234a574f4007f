//! How broad the grant of a statement is: what it gives on whole types of resource, and what of it has no effect.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::group::{GROUPS, Group, NAMED, NamedActions, Width, and_more, groups_of, has_stars, of_open};
use super::{open_list, truth_value};
use crate::iam::action_set::ActionSet;
use crate::iam::catalogue::{self, AccessLevel, Action};
use crate::iam::condition::{Normal, Test, Trap};
use crate::iam::document::{Elements, Statement};
use crate::iam::everything::opens_a_door;
use crate::iam::taken::Taken;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why, derived};

/// AWS takes no policy with more wildcard resources in one statement: of a longer list nothing is told.
const MAX_RESOURCES: usize = 300;

/// So many actions are of many services, of which all are read.
const MANY: usize = 2_000;

/// Nor are more pairs of an action and a resource looked at in search of those without effect.
const MAX_PAIRS: usize = 10_000;

/// Whether a key tells when a request, or the session that makes it, came about.
fn is_time(key: &str) -> bool {
    matches!(key, "aws:currenttime" | "aws:epochtime" | "aws:tokenissuetime")
}

/// The service fields of resource patterns; none where one of them is not fixed.
fn services_named(elements: &Elements) -> Option<Vec<&str>> {
    elements
        .items
        .iter()
        .map(|item| item.as_str()?.split(':').nth(2).filter(|name| !name.contains(['*', '?', '$'])))
        .collect()
}

fn makes_service_role(action: &Action) -> bool {
    action.service == "iam" && action.name == "CreateServiceLinkedRole"
}

/// Whether a resource takes in the service-linked roles of whatever service: they have a folder of their own for each.
fn is_service_role_of_any(resource: &Value) -> bool {
    let text = resource.as_str().map_or_else(|| resource.known_suffix(), str::to_owned);
    let Some((_, path)) = text.split_once(":role/aws-service-role/") else { return false };
    let (service, name) = path.split_once('/').unwrap_or((path, "*"));
    let of_any = name.strip_suffix('*').is_some_and(|start| "AWSServiceRoleFor".starts_with(start));
    service.starts_with('*') && of_any
}

/// A level with a number of actions.
fn counted(level: AccessLevel, count: usize, at: Origin) -> Value {
    let fields = [
        ("name", Value::string(doing(level, count), at)),
        ("level", Value::string(level.name(), at)),
        ("count", Value::integer(i64::try_from(count).unwrap_or(i64::MAX), at)),
    ];
    Value::fields(fields, at)
}

/// Why actions have no effect on resources that none of them works on.
fn unfit(actions: &ActionSet) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    for action in actions.iter().take(NAMED) {
        kinds.extend(action.resource_types().map(|(kind, _)| kind.name));
    }
    kinds.sort_unstable();
    kinds.dedup();
    let kinds: Vec<String> = kinds.into_iter().map(|kind| format!("`{kind}`")).collect();
    match kinds.as_slice() {
        [] => "AWS confines it to no resource, so that only `*` fits".to_owned(),
        [kind] => format!("it works on resources of type {kind}, and the statement names none"),
        kinds => format!("it works on resources of the types {}, and the statement names none", and_more(kinds, false)),
    }
}

/// How many actions do what a level says, for people: "2 write".
fn doing(level: AccessLevel, count: usize) -> String {
    let (one, many) = match level {
        AccessLevel::List => ("lists", "list"),
        AccessLevel::Read => ("reads", "read"),
        AccessLevel::Write => ("writes", "write"),
        AccessLevel::Tagging => ("tags", "tag"),
        AccessLevel::PermissionsManagement => ("manages permissions", "manage permissions"),
    };
    format!("{count} {}", if count == 1 { one } else { many })
}

impl Statement {
    /// Whether a condition ties the grant to some resources, requests or holders.
    pub(super) fn tied(&self) -> Truth {
        self.by_some_test(Test::ties)
    }

    /// Whether a condition confines the grant to some resources or requests.
    fn confined(&self) -> Truth {
        self.by_some_test(Test::confines)
    }

    fn by_some_test(&self, says: fn(&Test) -> bool) -> Truth {
        match (self.tests.iter().any(says), &self.more_tests) {
            (true, _) => Truth::True,
            (false, Some(_)) => Truth::Unknown,
            (false, None) => Truth::False,
        }
    }

    /// What an `Allow` gives on whole types of resource, by group, as far as denials leave it. Nothing of an administrator's
    /// statement, which is all of it.
    pub(super) fn type_wide(&self, taken: &Taken, own_accounts: &[String]) -> Value {
        let origin = self.value.origin;
        let confined = self.confined();
        let is_admin = self.is_admin_beside(taken).truth.is_true();
        if self.allows() == Truth::False || is_admin || confined == Truth::True || self.never_matches(None) {
            return Value::null(origin);
        }
        let reached = self.actions_reached();
        let certain = reached.certain.without(&taken.narrow);
        let named = NamedActions::of(self);
        let element = |action: &Action| {
            let found = named.first(action).map(|item| item.origin);
            found.or(self.not_actions.as_ref().map(|not| not.origin)).unwrap_or(origin)
        };
        let every = self.on_every_resource().truth.is_true();
        // What an element such as `s3:*` gives is told of that one; what others give beside it, of those.
        let services = self.wide_services(taken);
        let first_service = services.first().copied();
        let mut groups: [Group; GROUPS.len()] = Default::default();
        let mut of_services: [Group; GROUPS.len()] = Default::default();
        let mut wholes: HashMap<(&'static str, &'static str), (Truth, Width)> = HashMap::new();
        let mut undecided = [false; GROUPS.len()];
        let many =
            self.resources.as_ref().or(self.not_resources.as_ref()).filter(|list| list.items.len() > MAX_RESOURCES);
        if let Some(list) = many.filter(|_| !every) {
            let subject = format!("more than {MAX_RESOURCES} resources in one statement");
            return Value::unknown(Unknown::new(Why::Limit, subject, list.origin), origin);
        }
        let outside = self.outside(every);
        let kept_out = self.keeps_out();
        let accounts = if every { Vec::new() } else { self.other_accounts(own_accounts) };
        let width = |action: &'static Action| {
            if !action.has_resource_types() {
                return (if every { Truth::True } else { self.reaches_whole(action) }, Width::Unconfined);
            }
            if every || (makes_service_role(action) && self.on_service_role_of_any()) {
                return (Truth::True, Width::Type);
            }
            let all = self.reaches_whole(action);
            if accounts.is_empty() || all == Truth::False {
                return (all, Width::Type);
            }
            match self.reaches_whole_at_home(action, own_accounts) {
                // IAM works on nothing that another account has.
                Truth::False if action.service == "iam" => (Truth::False, Width::Elsewhere),
                Truth::False => (all, Width::Elsewhere),
                home => (home, Width::Type),
            }
        };
        // Of what takes in much, only that is looked at of which there is still something to tell.
        let looks_ahead = every && services.is_empty() && certain.len() > MANY;
        let mut untold = if looks_ahead { of_open(&groups) } else { ActionSet::empty() };
        for action in certain.iter() {
            if (looks_ahead && !untold.contains(action)) || outside(action) || kept_out(action) {
                continue;
            }
            // Actions on the same types come out alike.
            let (types, _) = action.asked_about();
            let (whole, width) = match every || makes_service_role(action) {
                true => width(action),
                false => *wholes.entry((action.service, types)).or_insert_with(|| width(action)),
            };
            match whole {
                Truth::False => continue,
                Truth::Unknown => {
                    for at in groups_of(action).positions() {
                        undecided.get_mut(at).into_iter().for_each(|group| *group = true);
                    }
                    continue;
                }
                Truth::True => {}
            }
            let belongs = groups_of(action);
            if services.is_empty() && belongs.positions().all(|at| groups.get(at).is_none_or(Group::is_full)) {
                continue;
            }
            let place = element(action);
            let by_service = services.contains(&place);
            let told = if by_service { &mut of_services } else { &mut groups };
            let mut fills = false;
            for at in belongs.positions() {
                if let Some(group) = told.get_mut(at) {
                    let was_full = group.is_full();
                    group.add(width, action, if by_service { first_service.unwrap_or(place) } else { place });
                    fills |= group.is_full() && !was_full;
                }
            }
            if looks_ahead && fills {
                untold = of_open(&groups);
            }
            if groups.iter().all(Group::is_full) {
                break;
            }
        }
        for (group, of_services) in groups.iter_mut().zip(of_services) {
            if group.is_empty() {
                *group = of_services;
            }
        }
        // One pattern for some actions of a service that gives to change permissions is worth telling of once.
        if self.is_of_one_pattern()
            && let [permissions, _, _, changes, ..] = &mut groups
        {
            changes.told_with(permissions);
        }
        let open = self.open_reason(reached.possible != reached.certain);
        let open_group = self.open_reason(undecided.contains(&true));
        let maybe = confined == Truth::Unknown || self.allows() == Truth::Unknown;
        let open = |undecided: bool| open.as_ref().or(open_group.as_ref().filter(|_| undecided));
        let value = |kind: &str, group: Group, undecided: bool| match (
            Some(group).filter(|group| !group.is_empty()),
            open(undecided),
        ) {
            (Some(_), Some(reason)) if maybe => Value::unknown(derived(reason), origin),
            (Some(group), _) => {
                let at = group.origin.unwrap_or(origin);
                group.value(kind, &accounts, at)
            }
            (None, Some(reason)) => Value::unknown(derived(reason), origin),
            (None, None) => Value::null(origin),
        };
        let all = GROUPS.into_iter().zip(groups).zip(undecided);
        let fields: Vec<(&str, Value)> =
            all.map(|((kind, group), undecided)| (kind, value(kind, group, undecided))).collect();
        Value::fields(fields, origin)
    }

    /// Whether an action works on resources of other services alone than those that the statement names.
    fn outside(&self, every: bool) -> impl Fn(&Action) -> bool {
        let named = self.resources.as_ref().filter(|_| !every).and_then(services_named);
        move |action| {
            named
                .as_ref()
                .is_some_and(|named| !action.resource_types().any(|(kind, _)| named.contains(&kind.arn_service())))
        }
    }

    /// The accounts of its resources that are known not to be the own one.
    fn other_accounts(&self, own_accounts: &[String]) -> Vec<String> {
        let items = self.resources.iter().flat_map(|resources| &resources.items);
        let mut accounts: Vec<String> = items.filter_map(|item| self.other_account(item, own_accounts)).collect();
        accounts.sort_unstable();
        accounts.dedup();
        accounts
    }

    /// Of some actions those that the statement has an effect for; where it has one for none for certain, those for which it
    /// may have one.
    fn effective(&self, actions: &ActionSet) -> ActionSet {
        let every = self.on_every_resource().truth.is_true();
        if every && self.keeps_out_alike() {
            return actions.clone();
        }
        let (outside, kept_out) = (self.outside(every), self.keeps_out());
        let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
        // Actions on the same types come out alike.
        let mut alike: HashMap<(&str, &str), Truth> = HashMap::new();
        for action in actions.iter().filter(|action| !outside(action) && !kept_out(action)) {
            let mut reached =
                || *alike.entry((action.service, action.asked_about().0)).or_insert_with(|| self.reaches_any(action));
            match if every { Truth::True } else { reached() } {
                Truth::True => certain.insert(action),
                Truth::Unknown => possible.insert(action),
                Truth::False => {}
            }
        }
        if certain.is_empty() { possible } else { certain }
    }

    /// The element of the resources by which something is given on whole types of them: the first that takes them in alone.
    pub(super) fn widest_resource(&self, type_wide: &Value) -> Value {
        let Some(resources) = &self.resources else {
            return Value::null(self.not_resources.as_ref().map_or(self.value.origin, |not| not.origin));
        };
        let every = self.on_every_resource();
        if every.truth.is_true() {
            let shown = resources.items.iter().find(|item| item.origin == every.origin).or(resources.items.first());
            return shown.cloned().unwrap_or_else(|| Value::null(every.origin));
        }
        let [first, _, ..] = resources.items.as_slice() else {
            return resources.items.first().cloned().unwrap_or_else(|| Value::null(resources.origin));
        };
        let named = type_wide.get("changes").and_then(|group| group.get("actions"));
        let named = named.and_then(|actions| actions.elements().first()?.as_str());
        let Some(action) = named.and_then(catalogue::action) else { return first.clone() };
        let alone = |item: &&Value| {
            let one = Elements { items: vec![(*item).clone()], rest: None, origin: item.origin };
            let alone = Statement {
                resources: Some(one),
                admin: OnceLock::new(),
                reach: OnceLock::new(),
                watched: OnceLock::new(),
                denial: OnceLock::new(),
                ..self.clone()
            };
            alone.reaches_whole(action).is_true()
        };
        let whole = resources.items.iter().take(MAX_RESOURCES).find(alone);
        whole.cloned().unwrap_or_else(|| Value::null(resources.origin))
    }

    fn on_service_role_of_any(&self) -> bool {
        self.resources.iter().flat_map(|resources| &resources.items).any(is_service_role_of_any)
    }

    /// Why more may be granted than what is certain.
    fn open_reason(&self, open: bool) -> Option<Arc<Unknown>> {
        let lists = [&self.actions, &self.not_actions, &self.resources, &self.not_resources];
        let lists = lists.into_iter().flatten();
        let of_lists = || {
            lists.clone().find_map(|list| {
                list.rest.clone().or_else(|| list.items.iter().find_map(|item| item.first_unknown().cloned()))
            })
        };
        let of_effect = || self.effect.first_unknown().cloned();
        self.more_tests.clone().or_else(of_effect).or_else(|| if open { of_lists() } else { None })
    }

    /// Whether it names its actions by one pattern, which is not that of a whole service: `s3:Put*`.
    fn is_of_one_pattern(&self) -> bool {
        let only = self.actions.as_ref().and_then(|actions| match actions.items.as_slice() {
            [one] => one.as_str()?.split_once(':'),
            _ => None,
        });
        only.is_some_and(|(service, name)| !has_stars(service) && name != "*")
    }

    /// The elements that name a whole service: `sqs:*`. Services that can only be read are left out, and those of which
    /// denials leave the smaller part.
    pub(super) fn whole_services(&self, taken: &Taken) -> Value {
        let origin = self.value.origin;
        let Some(actions) = &self.actions else { return Value::list(Vec::new(), origin) };
        if self.is_admin_beside(taken).truth.is_true() || self.never_matches(None) {
            return Value::list(Vec::new(), origin);
        }
        let every = self.on_every_resource().truth;
        let (confined, kept_out) = (self.confined(), self.keeps_out());
        let one = |item: &Value| {
            let service = item.as_str()?.strip_suffix(":*").filter(|service| !service.contains(['*', '?']))?;
            let all = ActionSet::matching(item.as_str()?);
            let mut gone = taken.clone();
            let mut out = ActionSet::empty();
            all.iter().filter(|action| kept_out(action)).for_each(|action| out.insert(action));
            gone.add(&Taken::wholly(out));
            let actions = all.without(&gone.narrow);
            let closed = service.eq_ignore_ascii_case("iam") && !opens_a_door(&gone.bound);
            if actions.len() * 2 < all.len() || closed {
                return None;
            }
            let changing = |action: &&Action| !matches!(action.level, AccessLevel::List | AccessLevel::Read);
            let changes = self.effective(&actions).iter().any(|action| changing(&action));
            let whole = |action: &'static Action| self.resources_reached(action).whole;
            let whole = if every.is_true() { every } else { Truth::any(actions.iter().filter(changing).map(whole)) };
            let wide = (!confined).and(whole);
            let fields = [
                ("name", Value::string(service, item.origin)),
                ("action", item.clone()),
                ("wide", truth_value(wide, item.origin, self.open_reason(true))),
                ("own-data", Value::bool(catalogue::is_of_own_data(service), item.origin)),
            ];
            changes.then(|| Value::fields(fields, item.origin))
        };
        let items = actions.items.iter().filter_map(one).collect();
        let rest = actions.rest.clone().or_else(|| actions.items.iter().find_map(|item| item.first_unknown().cloned()));
        open_list(items, &rest, actions.origin)
    }

    /// The places of the elements that name a whole service on whole types of its resources, where there are others beside
    /// them.
    fn wide_services(&self, taken: &Taken) -> Vec<Origin> {
        let whole = |item: &&Value| item.as_str().is_some_and(|text| text.ends_with(":*"));
        let actions = self.actions.as_ref().filter(|actions| actions.items.len() > 1);
        if !actions.is_some_and(|actions| actions.items.iter().any(|item| whole(&item))) {
            return Vec::new();
        }
        let services = self.whole_services(taken);
        let wide =
            services.elements().iter().filter(|service| service.get("wide").and_then(Value::as_bool) == Some(true));
        wide.map(|service| service.origin).collect()
    }

    /// The elements with a wildcard: the levels that each takes in, how many of its actions change something, and one of
    /// those of the highest level, without what is denied outright.
    pub(super) fn wildcards(&self, denied: &ActionSet) -> Value {
        if self.never_matches(None) {
            return Value::list(Vec::new(), self.value.origin);
        }
        let one = |item: &&Value| {
            let set = ActionSet::matching(item.as_str().filter(|text| has_stars(text))?);
            let set = if self.allows() == Truth::False { set } else { self.effective(&set.without(denied)) };
            let counts: Vec<(AccessLevel, usize)> =
                AccessLevel::ALL.into_iter().zip(set.count_by_level()).filter(|(_, count)| *count > 0).collect();
            let at = item.origin;
            let level = |(level, _): &(AccessLevel, usize)| Value::string(level.name(), at);
            let is_change = |level: AccessLevel| !matches!(level, AccessLevel::List | AccessLevel::Read);
            let changes = counts.iter().rev().filter(|(level, _)| is_change(*level));
            let changes: Vec<Value> = changes.map(|(level, count)| counted(*level, *count, at)).collect();
            let highest = counts.iter().map(|(level, _)| *level).filter(|level| is_change(*level)).max();
            let such_as = highest.and_then(|level| set.iter().find(|action| action.level == level));
            let fields = [
                ("action", (*item).clone()),
                ("levels", Value::list(counts.iter().map(level).collect(), at)),
                ("changes", Value::list(changes, at)),
                ("such-as", such_as.map_or_else(|| Value::null(at), |action| Value::string(action.full_name(), at))),
            ];
            Some(Value::fields(fields, at))
        };
        let items = self.actions.iter().flat_map(|actions| &actions.items).collect::<Vec<_>>();
        open_list(items.iter().filter_map(one).collect(), &self.more_wildcard_actions(), self.value.origin)
    }

    /// What an `Allow` with `NotAction` leaves in, by level; null of any other.
    pub(super) fn left(&self, denied: &ActionSet) -> Value {
        let Some(not) = self.not_actions.as_ref().filter(|_| self.allows() != Truth::False) else {
            return Value::null(self.value.origin);
        };
        let counts = self.effective(&self.actions_reached().certain.without(denied)).count_by_level();
        let levels = AccessLevel::ALL.into_iter().zip(counts).filter(|(_, count)| *count > 0);
        Value::list(levels.map(|(level, count)| counted(level, count, not.origin)).collect(), not.origin)
    }

    /// How many of a hundred actions of AWS an `Allow` grants on every resource.
    pub(super) fn share(&self, taken: &Taken) -> Value {
        let origin = self.actions.as_ref().or(self.not_actions.as_ref()).map_or(self.value.origin, |e| e.origin);
        let wide = self.on_every_resource().truth.is_true() && self.allows().is_true();
        let plain = self.unconditional().is_true() && !self.is_admin_beside(taken).truth.is_true();
        let granted = if wide && plain { self.actions_reached().certain.without(&taken.narrow).len() } else { 0 };
        let percent = granted * 100 / catalogue::action_count().max(1);
        Value::integer(i64::try_from(percent).unwrap_or(0), origin)
    }

    /// The elements without any effect: actions that none of the resources fits, resources that fit no action, and tests that
    /// no request passes. Only where all of the lists is known.
    pub(super) fn idle(&self, own_accounts: &[String]) -> Value {
        let origin = self.value.origin;
        let none = || Value::list(Vec::new(), origin);
        let (Some(actions), Some(resources)) = (&self.actions, &self.resources) else { return none() };
        let open = actions.rest.is_some() || resources.rest.is_some();
        if open || actions.items.iter().any(|item| item.first_unknown().is_some()) || actions.items.len() > 200 {
            return match self.open_reason(true) {
                Some(reason) => Value::unknown(derived(&reason), origin),
                None => none(),
            };
        }
        if actions.items.len() * resources.items.len() > MAX_PAIRS {
            let subject = format!("more than {MAX_PAIRS} pairs of an action and a resource in one statement");
            return Value::unknown(Unknown::new(Why::Limit, subject, origin), origin);
        }
        // What takes in all services fits any resource.
        let across = |item: &Value| item.as_str().is_some_and(|text| text.split(':').next().is_some_and(has_stars));
        let across = actions.items.iter().any(across);
        let record = |name: Value, reason: &str, why: String, at: Origin| {
            let (reason, why) = (Value::string(reason, at), Value::string(why, at));
            Value::fields([("name", name), ("reason", reason), ("why", why)], at)
        };
        let mut idle = Vec::new();
        if !across && !self.on_every_resource().truth.is_true() && !resources.items.is_empty() {
            for item in &actions.items {
                let named = catalogue::actions_matching(item.as_str().unwrap_or_default());
                if !named.is_empty() && named.iter().all(|action| self.reaches_any(action) == Truth::False) {
                    let set = ActionSet::matching(item.as_str().unwrap_or_default());
                    idle.push(record(item.clone(), "action", unfit(&set), item.origin));
                }
            }
            let all_idle = idle.len() == actions.items.len();
            if !all_idle {
                let resources = self.resources_without_effect();
                let why = || "no action of the statement works on it".to_owned();
                idle.extend(resources.into_iter().map(|item| record(item.clone(), "resource", why(), item.origin)));
            }
        }
        let is_of_iam = |item: &Value| item.as_str().is_some_and(|text| text.to_ascii_lowercase().starts_with("iam:"));
        if !actions.items.is_empty() && actions.items.iter().all(is_of_iam) {
            for item in &resources.items {
                let Some(account) = self.other_account(item, own_accounts) else { continue };
                let why = format!("IAM works on nothing of account `{account}`, which is another one");
                idle.push(record(item.clone(), "resource", why, item.origin));
            }
        }
        let absent = |trap: Trap| matches!(trap, Trap::DenyOnAbsentKey | Trap::AllowOnAbsentKey);
        if let Some((_, test)) = self.traps().into_iter().find(|(trap, _)| absent(*trap)) {
            let why = "no request for these actions carries the key".to_owned();
            idle.push(record(Value::string(test.written.clone(), test.origin), "condition", why, test.origin));
        } else if let Some((test, why)) = self.asked_of_another_region() {
            idle.push(record(Value::string(test.written.clone(), test.origin), "condition", why, test.origin));
        } else if self.never_matches(None) {
            let test = self.tests.iter().find(|test| test.normal() == Normal::Never);
            let over = test.filter(|test| is_time(&test.key));
            // What was meant to end has ended, and so has what keeps out sessions from before a day.
            if over.is_some_and(|test| self.allows() != Truth::False || test.key == "aws:tokenissuetime") {
                return Value::list(idle, origin);
            }
            let why = match test {
                Some(_) if over.is_some() => "the time that it asks for is over",
                Some(_) => "no request can have such a value",
                None => "its tests contradict each other",
            };
            let test = test.or(self.contradiction()).or(self.tests.first());
            let at = test.map_or(origin, |test| test.origin);
            let key = test.map_or_else(|| Value::null(at), |test| Value::string(test.written.clone(), test.origin));
            idle.push(record(key, "condition", why.to_owned(), at));
        }
        if idle.is_empty() && !self.never_matches(None) {
            for item in &actions.items {
                let Some(test) = self.asks_for_absent_key(item) else { continue };
                let why = format!("no request for it carries `{}`, which the condition asks for", test.written);
                idle.push(record(item.clone(), "action", why, item.origin));
            }
        }
        Value::list(idle, origin)
    }

    /// The test on a key that no request for the actions of an element carries, while those for others do.
    fn asks_for_absent_key(&self, item: &Value) -> Option<&Test> {
        if !self.tests.iter().any(Test::depends_on_action) {
            return None;
        }
        let named = catalogue::actions_matching(item.as_str().unwrap_or_default());
        let lacks = |test: &&Test| {
            test.holds_when_absent() == Some(false) && named.iter().all(|action| !test.may_be_present_for(action))
        };
        self.tests.iter().filter(|_| !named.is_empty()).find(lacks)
    }

    /// The test on the region that none of the actions passes, since requests for them are all made in another one.
    fn asked_of_another_region(&self) -> Option<(&Test, String)> {
        let actions = &self.actions_reached().possible;
        let never = |test: &&Test| {
            let out = |action: &Action| test.holds_in_regions_of(action) == Some(Truth::False);
            test.key == "aws:requestedregion" && actions.iter().all(out)
        };
        let test = self.tests.iter().find(never)?;
        let region = actions.iter().find_map(catalogue::only_regions)?.first()?;
        Some((test, format!("requests for these actions are all made in `{region}`")))
    }

    /// The conditions that do not do what they look like.
    pub(super) fn traps_value(&self) -> Value {
        let origin = self.value.origin;
        let one = |(trap, test): (Trap, &Test)| {
            let fields = [
                ("name", Value::string(trap.name(), test.origin)),
                ("key", Value::string(test.key.as_str(), test.origin)),
            ];
            Value::fields(fields, test.origin)
        };
        open_list(self.traps().into_iter().map(one).collect(), &self.more_tests, origin)
    }
}

impl Trap {
    /// The name in rules.
    pub(super) fn name(self) -> &'static str {
        match self {
            Trap::MfaDenyMissesKeys => "mfa-deny-misses-keys",
            Trap::MfaAgeMissesKeys => "mfa-age-misses-keys",
            Trap::MfaAllowAdmitsKeys => "mfa-allow-admits-keys",
            Trap::NegatedAllowAdmitsAbsent => "negated-allow-admits-absent",
            Trap::DenyOnAbsentKey => "deny-on-absent-key",
            Trap::AllowOnAbsentKey => "allow-on-absent-key",
            Trap::NetworkDenyBlocksServices => "network-deny-blocks-services",
            Trap::RegionDenyBreaksGlobalServices => "region-deny-breaks-global-services",
            Trap::MissingQualifier => "missing-qualifier",
            Trap::AllValuesAdmitsAbsent => "all-values-admits-absent",
            Trap::LiteralWildcard => "literal-wildcard",
            Trap::NeverHolds => "never-holds",
        }
    }
}
