//! What there is to take over: roles with their trusts, users, groups and policies by their names, and what runs with a role.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock, RwLock};

use super::carrier::Carriers;
use super::deputy;
use super::directory::administers_directory;
use super::federation::{Federation, Providers, federations};
use super::given::Named;
use super::path::{Way, ways};
use crate::iam::access::{Access, Extent, Grant, Pattern, Wanted, role_tag};
use crate::iam::arn::{arn_of_policy, arn_of_principal};
use crate::iam::condition::{Context, Normal, Test, is_harmless};
use crate::iam::document::{Document, Statement};
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::owner;
use crate::iam::principal::{Account, Party, PartyKind, is_account_id, may_be_anybody, parties, service_name};
use crate::iam::requester::asks_of_requester;
use crate::model::Resolution;
use crate::source::Origin;
use crate::value::{Data, Fact, Truth, Unknown, Value, Why};

/// A pattern that may mean more things than this by how it begins is not held against them.
const MAX_CANDIDATES: usize = 4_000;

/// Something of IAM that a pattern of resources may mean.
#[derive(Debug)]
struct Thing {
    /// A principal, or a policy, by its number.
    index: usize,
    arn: Glob,
    /// The part of the ARN behind the account.
    name: Glob,
}

/// The things of a kind.
#[derive(Debug, Default)]
struct Things {
    all: Vec<Thing>,
    /// Positions in `all`.
    by_name: HashMap<Arc<str>, Vec<usize>>,
    by_address: HashMap<Arc<str>, usize>,
    /// Paths with names, sorted, with the positions.
    by_beginning: Vec<(String, usize)>,
    /// Positions of those whose name is not known.
    unnamed: Vec<usize>,
}

/// What the trust of a role says.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    /// Services by name.
    pub(super) services: Vec<String>,
    /// Services of which it is not known whether it lets them in, with the reason.
    pub(super) doubtful: Vec<(String, Arc<Unknown>)>,
    /// Principals of the unit that it names, with the place.
    pub(super) principals: Vec<(usize, Origin)>,
    /// Those of which it is not known whether they may assume the role.
    pub(super) perhaps: Vec<(usize, Arc<Unknown>)>,
    /// It names the own account, where everybody with a grant may assume it.
    pub(super) account: Option<Origin>,
    /// It names an account that may be the own one.
    pub(super) perhaps_account: Option<(Arc<str>, Arc<Unknown>)>,
    /// It cannot be read as a whole.
    pub(super) open: bool,
    /// It denies somebody, or asks who comes: who may assume the role is another question for each principal.
    pub(super) particular: bool,
    /// The identity providers that it names, until they are known of all roles.
    federations: Vec<Federation>,
    /// Why it is not known which services it names.
    pub(super) unknown: Option<Arc<Unknown>>,
    /// Why it is not known which users and roles it names.
    pub(super) unnamed: Option<Arc<Unknown>>,
}

/// All of it.
#[derive(Debug)]
pub(super) struct World {
    /// The account that it is the world of.
    pub(super) account: usize,
    pub(super) own_accounts: Vec<String>,
    /// The roles in other accounts.
    pub(super) elsewhere: HashSet<usize>,
    /// Those of them that trust this account, whoever asks.
    pub(super) open_elsewhere: Vec<usize>,
    /// By principal those whose trusts name it, or ask who of the account comes.
    pub(super) asking_elsewhere: HashMap<usize, Vec<usize>>,
    /// By principal the roles whose trusts let it in, but that it is denied to assume.
    pub(super) kept_out: HashMap<usize, Vec<usize>>,
    things: BTreeMap<&'static str, Things>,
    /// By principal; empty for all but roles.
    pub(super) trusted: Vec<Trusted>,
    /// Roles by the service that they trust.
    pub(super) by_service: BTreeMap<String, Vec<usize>>,
    /// Roles that trust the own account.
    pub(super) by_account: Vec<usize>,
    /// Roles that trust what may be the own account.
    pub(super) by_perhaps_account: Vec<usize>,
    /// Roles by a service that they may trust, with the reason.
    pub(super) by_doubtful_service: BTreeMap<String, Vec<(usize, Arc<Unknown>)>>,
    pub(super) carriers: Carriers,
    /// By the services of ways what runs with a role for them, once somebody has asked.
    of_services: OnceLock<BTreeMap<&'static [String], Vec<usize>>>,
    /// The providers that roles trust.
    pub(super) providers: Providers,
    /// Roles that let in whomever some SAML provider vouches for.
    pub(super) by_federation: Vec<usize>,
    /// The principals that are groups.
    groups: Vec<usize>,
    /// By principal, once somebody has asked: whether the organization leaves no administrator of it.
    controls: Vec<OnceLock<(Truth, Option<Arc<Unknown>>)>>,
    /// Roles that trust the own account, but ask who comes.
    pub(super) asking: Vec<usize>,
    /// Their trusts, once somebody has asked.
    particular: OnceLock<Vec<(usize, Document)>>,
    /// Something shows that the account administers Identity Center.
    pub(super) administers_directory: bool,
    /// Those who are denied to assume any role.
    pub(super) assuming_none: HashSet<usize>,
    /// Roles of which it is not known which services they trust, with the reason.
    pub(super) by_any_service: Vec<(usize, Arc<Unknown>)>,
    /// The policies that conditions name, by where they lie in memory: many principals hold the same.
    named: RwLock<HashMap<usize, Arc<Named>>>,
}

/// Those of the unit that a pattern means.
#[derive(Debug, Default)]
pub(super) struct Matches {
    pub(super) sure: Vec<usize>,
    /// Whether there may be further ones.
    pub(super) open: bool,
    /// It may mean more of them than are held against it: none of those is told.
    pub(super) is_cut: bool,
}

impl Things {
    /// Those that a pattern with wildcards may mean by its text up to the first of them.
    fn beginning_as(&self, kind: &str, pattern: &Glob) -> Vec<usize> {
        let name = pattern.fields().get(5).map(Glob::to_string).unwrap_or_default();
        let name = name.strip_prefix(kind).and_then(|name| name.strip_prefix('/'));
        let known = name.unwrap_or_default().split(['*', '?', '$', '…']).next().unwrap_or_default();
        let start = self.by_beginning.partition_point(|(name, _)| name.as_str() < known);
        let some = self.by_beginning.iter().skip(start).take_while(|(name, _)| name.starts_with(known));
        some.map(|(_, at)| *at).chain(self.unnamed.iter().copied()).take(MAX_CANDIDATES + 1).collect()
    }
}

impl World {
    pub(super) fn of(access: Access<'_, '_>, account: usize) -> World {
        let is_in = |resource: usize| access.is_same_account(account, access.identity.accounts.at(resource));
        let mut elsewhere = HashSet::new();
        let asked = asked_where_assuming(access);
        let identity = access.identity;
        let mut things: BTreeMap<&'static str, Things> = BTreeMap::new();
        let mut add = |kind: &'static str, index: usize, address: &Arc<str>, arn: Option<Glob>| {
            let Some(arn) = arn else { return };
            let of_kind = things.entry(kind).or_default();
            let at = of_kind.all.len();
            let name = owner::name(&arn).unwrap_or_default();
            // What stands behind `role/`: the path with the name.
            let last = arn.fields().pop().filter(|last| last.is_literal() && !last.has_holes());
            match last.map(|last| last.to_string()).as_deref().and_then(|last| last.split_once('/')) {
                Some((_, whole)) => {
                    let known = whole.rsplit('/').next().unwrap_or(whole);
                    of_kind.by_name.entry(known.into()).or_default().push(at);
                    of_kind.by_beginning.push((whole.to_owned(), at));
                }
                None => of_kind.unnamed.push(at),
            }
            of_kind.by_address.insert(address.clone(), at);
            of_kind.all.push(Thing { index, arn, name });
        };
        for (index, principal) in identity.principals.iter().enumerate() {
            let kind = match &*principal.instance.row.kind {
                "user" => "user",
                "group" => "group",
                "role" => "role",
                _ => continue,
            };
            let (address, arn) = (&principal.instance.resource.address, arn_of_principal(identity, index));
            match is_in(principal.instance.index) {
                true => add(kind, index, address, arn),
                false => elsewhere.extend((kind == "role").then_some(index)),
            }
        }
        for (index, policy) in identity.policies.iter().enumerate().filter(|(_, one)| is_in(one.instance.index)) {
            add("policy", index, &policy.instance.resource.address, arn_of_policy(identity, index));
        }
        things.values_mut().for_each(|of_kind| of_kind.by_beginning.sort_unstable());
        let mut world = World {
            account,
            own_accounts: identity.accounts.ids(account).to_vec(),
            things,
            elsewhere,
            open_elsewhere: Vec::new(),
            asking_elsewhere: HashMap::new(),
            kept_out: HashMap::new(),
            trusted: Vec::new(),
            by_service: BTreeMap::new(),
            by_account: Vec::new(),
            by_perhaps_account: Vec::new(),
            by_doubtful_service: BTreeMap::new(),
            carriers: Carriers::of(identity, |role| {
                identity.principals.get(role).is_some_and(|role| is_in(role.instance.index))
            }),
            of_services: OnceLock::new(),
            providers: Providers::default(),
            by_federation: Vec::new(),
            groups: Vec::new(),
            controls: access.facts.holdings.iter().map(|_| OnceLock::new()).collect(),
            asking: Vec::new(),
            particular: OnceLock::new(),
            administers_directory: administers_directory(identity, is_in),
            assuming_none: HashSet::new(),
            by_any_service: Vec::new(),
            named: RwLock::default(),
        };
        world.groups = world.all_of("group");
        world.trusted = (0..identity.principals.len()).map(|index| world.trust_of(access, &asked, index)).collect();
        let federations = world.trusted.iter_mut().flat_map(|trusted| std::mem::take(&mut trusted.federations));
        world.providers = Providers::of(federations, &world.own_accounts);
        world.by_federation = world.providers.roles_by_saml();
        world.name_those_who_assume(access);
        for (role, trusted) in world.trusted.iter().enumerate() {
            for service in &trusted.services {
                world.by_service.entry(service.clone()).or_default().push(role);
            }
            if trusted.account.is_some() {
                world.by_account.push(role);
            } else if trusted.perhaps_account.is_some() && !trusted.particular {
                world.by_perhaps_account.push(role);
            }
            world.by_any_service.extend(trusted.unknown.clone().map(|unknown| (role, unknown)));
            for (service, unknown) in &trusted.doubtful {
                world.by_doubtful_service.entry(service.clone()).or_default().push((role, unknown.clone()));
            }
        }
        world
    }

    /// The roles that trust the own account, but ask who comes, with their trusts.
    pub(super) fn particular(&self, identity: &Identity<'_>) -> &[(usize, Document)] {
        let read = |role: &usize| Some((*role, identity.trust_of(&identity.principals.get(*role)?.instance)));
        self.particular.get_or_init(|| self.asking.iter().filter_map(read).collect())
    }

    /// The policies that a condition of a document of the unit names, found once.
    pub(super) fn named(&self, test: &Test, find: impl FnOnce() -> Named) -> Arc<Named> {
        let key = std::ptr::from_ref(test).addr();
        if let Some(known) = self.named.read().ok().and_then(|known| known.get(&key).cloned()) {
            return known;
        }
        let found = Arc::new(find());
        if let Ok(mut known) = self.named.write() {
            known.insert(key, found.clone());
        }
        found
    }

    /// Whether the policies of the organization leave no administrator of a principal whatever it is granted, with the
    /// reason where that is not known.
    pub(super) fn under_controls(&self, access: Access<'_, '_>, principal: usize) -> (Truth, Option<Arc<Unknown>>) {
        if access.facts.controls.is_empty() {
            return (Truth::False, None);
        }
        let find = || {
            let (remains, unknown) = access.remains_under_controls(principal);
            (!remains, unknown)
        };
        self.controls.get(principal).map_or_else(find, |cell| cell.get_or_init(find).clone())
    }

    /// The groups of the unit.
    pub(super) fn groups(&self) -> impl Iterator<Item = usize> {
        self.groups.iter().copied()
    }

    /// Whether a principal is a group.
    pub(super) fn is_group(&self, principal: usize) -> bool {
        self.groups.binary_search(&principal).is_ok()
    }

    /// Whether a pattern can mean something of IAM in the own account.
    pub(super) fn is_own(&self, pattern: &Pattern) -> Truth {
        owner::is_own(&pattern.glob, &self.own_accounts)
    }

    /// Whether the account that a pattern names, if it is one by its id, may be this one.
    pub(super) fn may_be_here(&self, pattern: &Pattern) -> bool {
        let account = pattern.glob.fields().into_iter().nth(4).map(|account| account.to_string()).unwrap_or_default();
        !is_account_id(&account) || self.own_accounts.is_empty() || self.own_accounts.contains(&account)
    }

    /// The principals or policies of the unit that a pattern means for certain.
    pub(super) fn matching(&self, kind: &str, pattern: &Pattern) -> Matches {
        match self.is_own(pattern) {
            Truth::True => self.matching_if_own(kind, pattern),
            Truth::Unknown => Matches { open: true, ..Matches::default() },
            Truth::False => Matches::default(),
        }
    }

    /// The principals or policies of the unit that a pattern means if it is about the own account.
    pub(super) fn matching_if_own(&self, kind: &str, pattern: &Pattern) -> Matches {
        let mut matches = Matches::default();
        let Some(things) = self.things.get(kind) else {
            matches.open = true;
            return matches;
        };
        if let Some(at) = pattern.refers.as_ref().and_then(|address| things.by_address.get(address)) {
            matches.sure.extend(things.all.get(*at).map(|thing| thing.index));
            return matches;
        }
        let text = pattern.glob.to_string();
        // What it means is said by its name once the account is the own one.
        let own_name = owner::name(&pattern.glob);
        let meant = own_name.as_ref().unwrap_or(&pattern.glob);
        let literal = meant.is_literal() && !meant.has_holes();
        let name = text.rsplit('/').next().unwrap_or(&text);
        let candidates: Vec<usize> = if literal {
            things.by_name.get(name).into_iter().flatten().chain(&things.unnamed).copied().collect()
        } else {
            things.beginning_as(kind, &pattern.glob)
        };
        if candidates.len() > MAX_CANDIDATES {
            (matches.open, matches.is_cut) = (true, true);
            return matches;
        }
        for thing in candidates.into_iter().filter_map(|at| things.all.get(at)) {
            match meant.meets(if own_name.is_some() { &thing.name } else { &thing.arn }) {
                Truth::True => matches.sure.push(thing.index),
                Truth::Unknown => matches.open = true,
                Truth::False => {}
            }
        }
        // What is not in the unit may be in the account.
        matches.open |= matches.sure.is_empty() || !literal;
        matches
    }

    /// Whether a pattern means one role for certain.
    fn means_role(&self, pattern: &Pattern, role: usize) -> bool {
        let Some(things) = self.things.get("role").filter(|_| self.is_own(pattern) == Truth::True) else {
            return false;
        };
        let Ok(at) = things.all.binary_search_by_key(&role, |thing| thing.index) else { return false };
        if let Some(refers) = &pattern.refers {
            return things.by_address.get(refers) == Some(&at);
        }
        things.all.get(at).is_some_and(|thing| match owner::name(&pattern.glob) {
            Some(name) => name.meets(&thing.name) == Truth::True,
            None => pattern.glob.meets(&thing.arn) == Truth::True,
        })
    }

    /// Those of a kind that denials without a condition name for certain.
    pub(super) fn denied(&self, kind: &str, grant: &Grant<'_>) -> Vec<usize> {
        let mut denied: Vec<usize> = grant.left_out().iter().flat_map(|extent| self.among(kind, extent)).collect();
        denied.sort_unstable();
        denied.dedup();
        denied
    }

    /// Those of a kind that are among some resources for certain.
    pub(super) fn among(&self, kind: &str, extent: &Extent) -> Vec<usize> {
        match extent {
            Extent::Among(patterns, _) => {
                patterns.iter().flat_map(|pattern| self.matching(kind, pattern).sure).collect()
            }
            Extent::AllBut(patterns, None) => {
                let all = self.things.get(kind).into_iter().flat_map(|things| &things.all);
                let left_out = |thing: &&Thing| {
                    patterns.iter().all(|pattern| pattern.glob.meets(&thing.arn) == Truth::False)
                        && patterns.iter().all(|pattern| pattern.refers.is_none())
                };
                all.filter(left_out).map(|thing| thing.index).collect()
            }
            Extent::AllBut(..) => Vec::new(),
        }
    }

    /// Why a role that is named may be assumed by who is of an account that may be the own one; none where what names the role
    /// says that it is of another one.
    pub(super) fn perhaps_assumed(&self, role: usize, extent: &Extent) -> Option<(usize, Arc<Unknown>)> {
        let (account, unknown) = self.trusted.get(role)?.perhaps_account.as_ref()?;
        let is_there = |pattern: &&Pattern| {
            let named =
                pattern.glob.fields().get(4).is_none_or(|one| one.meets(&Glob::pattern(account)) != Truth::False);
            named && self.means_role(pattern, role)
        };
        let there = match extent {
            Extent::Among(patterns, _) => patterns.iter().any(|pattern| is_there(&pattern)),
            Extent::AllBut(..) => true,
        };
        there.then(|| (role, unknown.clone()))
    }

    /// All of a kind.
    pub(super) fn all_of(&self, kind: &str) -> Vec<usize> {
        self.things.get(kind).into_iter().flat_map(|things| &things.all).map(|thing| thing.index).collect()
    }

    /// The roles of a name, and whether somebody may begin a session of that name with each: whoever assumes a role names the
    /// session, unless its trust asks for other names.
    fn begins(&self, identity: &Identity<'_>, name: &str, session: &str) -> Vec<(usize, Truth)> {
        let things = self.things.get("role");
        let known = things.and_then(|things| things.by_name.get(name)).into_iter().flatten();
        let named = known.filter_map(|at| Some(things?.all.get(*at)?.index));
        let answer = |role: usize| {
            let Some(principal) = identity.principals.get(role) else { return Truth::False };
            let document = identity.trust_of(&principal.instance);
            let allowed = |statement: &Statement| {
                Truth::all(statement.tests.iter().filter(|test| test.key == SESSION_NAME).map(|test| {
                    let context = Context::default().with(SESSION_NAME, [session]);
                    let is_fixed = test.values.iter().all(|one| one.as_str().is_some_and(|text| !text.contains("${")));
                    if is_fixed { test.holds(&context, statement.variables) } else { Truth::Unknown }
                }))
            };
            Truth::any(document.granting().iter().map(allowed))
        };
        named.map(|role| (role, answer(role))).collect()
    }

    fn trust_of(&self, access: Access<'_, '_>, asked: &HashSet<&str>, index: usize) -> Trusted {
        let (identity, accounts) = (access.identity, &access.identity.accounts);
        let mut trusted = Trusted::default();
        let Some(role) = identity.principals.get(index).filter(|p| &*p.instance.row.kind == "role") else {
            return trusted;
        };
        let is_here = access.is_same_account(self.account, accounts.at(role.instance.index));
        let document = identity.trust_of(&role.instance);
        trusted.open = document.rest.is_some();
        trusted.particular = document.statements.iter().any(|statement| statement.denies() != Truth::False);
        trusted.unknown.clone_from(&document.rest);
        trusted.unnamed.clone_from(&document.rest);
        trusted.federations = federations(identity, index, &document);
        let assuming = Wanted::at_home("sts:AssumeRole").action;
        for statement in document.granting() {
            let federated = crate::iam::access::names_action(statement, "sts:assumerolewithwebidentity") == Truth::True;
            if statement.allows() != Truth::True || !(assumes(statement) || federated) {
                if statement.allows() == Truth::Unknown {
                    trusted.open = true;
                    trusted.unknown = trusted.unknown.or_else(|| statement.effect.first_unknown().cloned());
                    trusted.unnamed = trusted.unnamed.or_else(|| statement.effect.first_unknown().cloned());
                }
                continue;
            }
            let Some(principal) = statement.principal.as_ref().filter(|_| !statement.never_matches(None)) else {
                continue;
            };
            let (mut found, _) = parties(principal, accounts.all_ids());
            // Services and identity providers are given roles of their own account only.
            let is_principal = |party: &Party| {
                use PartyKind::{Oidc, Saml, Service, SharedIssuer};
                !matches!(party.kind, Service | SharedIssuer | Saml | Oidc)
            };
            found.retain(|party| access.is_of_account(party, self.account) && (is_here || is_principal(party)));
            let of_services = more_of(principal, "Service");
            trusted.open |= of_services.is_some();
            trusted.unknown = trusted.unknown.or(of_services);
            trusted.unnamed =
                trusted.unnamed.or_else(|| more_of(principal, "AWS").filter(|unknown| may_be_anybody(unknown)));
            // What the requests of users and roles never carry is absent from each of them.
            let never_asks = |test: &Test| assuming.is_some_and(|action| test.normal_for(action) == Normal::Always);
            let asks_who = |test: &Test| asks_of_requester(test) || role_tag(test).is_some();
            let is_free = |test: &Test| is_harmless(&test.key) || asks_who(test) || never_asks(test);
            let guarded = !statement.tests.iter().all(is_free);
            // What a grant asks for may be just what the trust does not let in.
            let is_asked = |test: &Test| asked.contains(test.key.as_str());
            trusted.particular |=
                statement.more_tests.is_some() || statement.tests.iter().any(|test| asks_who(test) || is_asked(test));
            for party in found {
                let place = party.value.origin;
                let own = matches!(party.account, Account::Own)
                    || (self.own_accounts.is_empty() && matches!(party.account, Account::Id(_)));
                match party.kind {
                    // Cognito gives the role that it was passed by way of its identities.
                    PartyKind::SharedIssuer if federated => {
                        trusted.services.extend(party.value.as_str().map(str::to_ascii_lowercase));
                    }
                    _ if !assumes(statement) => {}
                    PartyKind::Service => match service_name(&party.value) {
                        Some(name) => match deputy::lets_in(identity, &document, statement, &name) {
                            (Truth::True, _) => trusted.services.push(name),
                            (Truth::Unknown, Some(unknown)) => trusted.doubtful.push((name, unknown)),
                            _ => {}
                        },
                        None => {
                            trusted.open = true;
                            trusted.unknown = trusted.unknown.or_else(|| party.value.first_unknown().cloned());
                        }
                    },
                    // Who passes an unknown condition cannot be told.
                    _ if guarded => trusted.open = true,
                    PartyKind::Role if own && let Some((name, session)) = session_of(&party.value) => {
                        for (principal, answer) in self.begins(identity, name, session) {
                            match answer {
                                Truth::True => trusted.principals.push((principal, place)),
                                Truth::Unknown => {
                                    let subject = format!("whether a session of `{name}` may be called `{session}`");
                                    let unknown = Arc::new(Unknown::new(Why::Condition, subject, place));
                                    trusted.perhaps.push((principal, unknown));
                                }
                                Truth::False => {}
                            }
                        }
                    }
                    PartyKind::User | PartyKind::Role if own => {
                        let kind = if party.kind == PartyKind::User { "user" } else { "role" };
                        match identity.relations.resolve(&party.value, kind, role.instance.index) {
                            Resolution::Resources(found) => {
                                let principals = found.iter().filter_map(|at| identity.principal_at(*at));
                                trusted.principals.extend(principals.map(|principal| (principal, place)));
                            }
                            Resolution::Unknown(unknown) => {
                                match self.named_perhaps(identity, index, &party.value, kind) {
                                    Some(some) => {
                                        trusted.perhaps.extend(some.into_iter().map(|one| (one, unknown.clone())));
                                    }
                                    None => trusted.unnamed = trusted.unnamed.or(Some(unknown)),
                                }
                            }
                            Resolution::Outside(_) => {}
                        }
                    }
                    PartyKind::Account if matches!(party.account, Account::Own) => trusted.account = Some(place),
                    PartyKind::Account if own && let Account::Id(id) = &party.account => {
                        let subject = format!("whether {id} is the own account");
                        let unknown = Unknown::new(Why::Environment(Fact::Account), subject, place);
                        trusted.perhaps_account = Some((id.clone(), Arc::new(unknown)));
                    }
                    PartyKind::Any => trusted.account = Some(place),
                    PartyKind::Account if let Some(unknown) = party.value.first_unknown() => {
                        trusted.perhaps_account = Some(("*".into(), unknown.clone()));
                    }
                    PartyKind::Unknown | PartyKind::Other => {
                        let unknown = party.value.first_unknown().filter(|unknown| may_be_anybody(unknown));
                        trusted.unnamed = trusted.unnamed.or_else(|| unknown.cloned());
                    }
                    _ => {}
                }
            }
        }
        trusted.unnamed = trusted.unnamed.filter(|_| is_here);
        // Whom it names that is not known may be the account, where everybody may assume the role who is granted that.
        if let (None, Some(unknown)) = (trusted.account, &trusted.unnamed) {
            trusted.perhaps_account.get_or_insert_with(|| ("*".into(), unknown.clone()));
        }
        trusted
    }

    /// The users or roles that a principal may be which is not known; none where it may be any.
    fn named_perhaps(&self, identity: &Identity<'_>, role: usize, party: &Value, kind: &str) -> Option<Vec<usize>> {
        let Some(unknown) = party.as_unknown() else {
            let glob = Glob::pattern(&party.with_holes_as_wildcards()?);
            let all = self.things.get(kind).into_iter().flat_map(|things| &things.all);
            return Some(all.filter(|thing| thing.arn.meets(&glob) != Truth::False).map(|thing| thing.index).collect());
        };
        let mut some = Vec::new();
        for candidate in &unknown.candidates {
            match identity.relations.resolve(candidate, kind, identity.principals.get(role)?.instance.index) {
                Resolution::Resources(found) => some.extend(found.iter().filter_map(|at| identity.principal_at(*at))),
                Resolution::Outside(_) => {}
                Resolution::Unknown(_) => return None,
            }
        }
        (!unknown.candidates.is_empty()).then_some(some)
    }

    /// What runs with a role for a way, in order.
    pub(super) fn carriers_of(&self, way: &'static Way) -> &[usize] {
        let find = || {
            let mut all: BTreeMap<&'static [String], Vec<usize>> = BTreeMap::new();
            for services in ways().iter().map(|way| way.path.service.as_slice()) {
                all.entry(services).or_insert_with(|| {
                    let is_of = |carrier: &usize| {
                        let role = self.carriers.role_of(*carrier).and_then(|role| self.trusted.get(role));
                        self.carriers.is_of(*carrier, services, role.map_or(&[], |trusted| &trusted.services))
                    };
                    (0..self.carriers.len()).filter(is_of).collect()
                });
            }
            all
        };
        self.of_services.get_or_init(find).get(way.path.service.as_slice()).map_or(&[], Vec::as_slice)
    }

    /// Whether something of a service runs with a role.
    pub(super) fn is_carried(&self, role: usize, service: &str) -> bool {
        let trusted = self.trusted.get(role).map_or(&[][..], |trusted| &trusted.services);
        self.carriers.carries_for(role, service, trusted)
    }

    /// Whether a role trusts a service of one of these prefixes: `ecs-tasks.amazonaws.com` is of `ecs`.
    pub(super) fn trusts_prefix(&self, role: usize, prefixes: &[&str]) -> Truth {
        self.trusts_one(role, |name| {
            let labels = name.split('.').take_while(|label| *label != "amazonaws");
            labels.into_iter().any(|label| prefixes.contains(&label.strip_suffix("-tasks").unwrap_or(label)))
        })
    }

    /// Whether a role trusts one of the services.
    pub(super) fn trusts(&self, role: usize, services: &[String]) -> Truth {
        self.trusts_one(role, |name| services.iter().any(|service| same_service(service, name)))
    }

    fn trusts_one(&self, role: usize, is_one: impl Fn(&str) -> bool) -> Truth {
        let Some(trusted) = self.trusted.get(role) else { return Truth::False };
        if trusted.services.iter().any(|name| is_one(name)) {
            return Truth::True;
        }
        let perhaps = trusted.open || trusted.doubtful.iter().any(|(name, _)| is_one(name));
        if perhaps { Truth::Unknown } else { Truth::False }
    }
}

/// Why there may be more in an element of a principal.
fn more_of(principal: &Value, element: &str) -> Option<Arc<Unknown>> {
    match &principal.data {
        Data::Unknown(unknown) => Some(unknown.clone()),
        Data::Map(map) => {
            let of_element = map.entries().iter().filter(|entry| &*entry.key == element);
            let mut rests = of_element.filter_map(|entry| entry.value.as_list()?.rest.clone());
            map.rest.clone().or_else(|| rests.next())
        }
        _ => None,
    }
}

/// The same service in any partition: `ec2.amazonaws.com.cn`.
pub(super) fn same_service(a: &str, b: &str) -> bool {
    a.trim_end_matches(".cn").eq_ignore_ascii_case(b.trim_end_matches(".cn"))
}

/// The keys that conditions of those who assume roles ask about.
fn asked_where_assuming<'a>(access: Access<'a, '_>) -> HashSet<&'a str> {
    let documents = (0..access.facts.sources.len()).filter_map(|at| access.facts.document(access.identity, at));
    let statements =
        documents.flat_map(|document| &document.statements).filter(|statement| !statement.tests.is_empty());
    let assuming = statements.filter(|statement| {
        statement.allows() != Truth::False
            && crate::iam::access::names_action(statement, "sts:assumerole") != Truth::False
    });
    assuming.flat_map(|statement| &statement.tests).map(|test| test.key.as_str()).collect()
}

const SESSION_NAME: &str = "sts:rolesessionname";

/// The role and the name of a session that a principal is.
fn session_of(value: &Value) -> Option<(&str, &str)> {
    value.as_str()?.split_once(":assumed-role/")?.1.split_once('/')
}

fn assumes(statement: &Statement) -> bool {
    crate::iam::access::names_action(statement, "sts:assumerole") == Truth::True
}
