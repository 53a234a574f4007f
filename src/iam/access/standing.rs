//! What the policies that stand on resources, and the trusts of roles, are about, and whom of the unit they name.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Access, Pattern, names_action};
use crate::iam::arn::arn_of_principal;
use crate::iam::document::Statement;
use crate::iam::exposure::Carrier;
use crate::iam::facts::{Parties, Standing};
use crate::iam::glob::Glob;
use crate::iam::identity::Identity;
use crate::iam::principal::{Account, Party, PartyKind, may_be_anybody, parties};
use crate::model::Resolution;
use crate::source::Origin;
use crate::value::{Fact, Truth, Unknown, Value, Why, derived};

use super::carried::{function_of, last_part};
use super::grant::Wanted;
use super::spelled::extent_for;

/// By what a policy names a principal of the unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::iam) enum Named {
    User,
    Role,
    /// One session of a role.
    Session,
    /// The whole account: its administrators decide.
    Account,
    Everybody,
}

impl Standing {
    /// Whether a statement is about an action.
    pub(super) fn names(&self, statement: &Statement, wanted: &Wanted) -> Truth {
        let service = wanted.name.split(':').next().unwrap_or_default();
        let named = names_action(statement, &wanted.name);
        match self.service {
            Some(own) if own != service => Truth::False,
            Some(_) => named,
            None => named.and(if names_service(statement, service) { Truth::True } else { Truth::Unknown }),
        }
    }

    /// Whether a statement reaches a resource; without one, anything at all.
    pub(super) fn reaches(&self, identity: &Identity<'_>, statement: &Statement, resource: Option<&Glob>) -> Truth {
        let Some(asked) = resource else { return Truth::True };
        if let Some(role) = self.role {
            return arn_of_principal(identity, role).map_or(Truth::Unknown, |arn| arn.covers(asked));
        }
        let extent = extent_for(identity, statement, Some(asked), None);
        let is_itself = || self.is_called(&asked.to_string());
        let says = statement.resources.is_some() || statement.not_resources.is_some();
        if !says || extent.is_everything() {
            return is_itself();
        }
        extent.covers(&Pattern::text(asked.clone()))
    }

    /// Whether an ARN is that of what it stands on.
    fn is_called(&self, arn: &str) -> Truth {
        if let Some(qualifier) = &self.qualifier {
            // What stands on an alias or a version of a function is for requests that name it.
            let Some((name, asked)) = function_of(arn).split_once(':') else { return Truth::False };
            let is_alias = qualifier.scalar_text().map_or(Truth::Unknown, |qualifier| Truth::from(qualifier == asked));
            return self.name.as_ref().map_or(Truth::Unknown, |own| Truth::from(own == name)).and(is_alias);
        }
        let Some(own) = &self.name else { return Truth::Unknown };
        let asked = last_part(arn);
        // The service ends the ARN of a secret by six characters of its own.
        let suffix = asked.strip_prefix(own.as_str()).and_then(|rest| rest.strip_prefix('-'));
        let is_suffix = |rest: &str| rest.len() == 6 || rest == "*";
        let is_secret = self.service == Some("secretsmanager") && suffix.is_some_and(is_suffix);
        Truth::from(is_secret || asked == own)
    }

    /// Whether it certainly stands on what an action is asked for, or on what that is in.
    pub(super) fn stands_on(&self, wanted: &Wanted, resource: Option<&Glob>) -> bool {
        let service = wanted.name.split(':').next();
        let Some(asked) = resource.filter(|_| self.service.is_none_or(|own| Some(own) == service)) else {
            return false;
        };
        let arn = asked.to_string();
        let holder = if service == Some("s3") { arn.split('/').next().unwrap_or_default() } else { &arn };
        self.is_called(holder) == Truth::True
    }

    /// Why it is not known whether it stands on what is asked for.
    pub(super) fn doubt(&self) -> Arc<Unknown> {
        let subject = match self.role {
            Some(_) => format!("the ARN of {}", self.address),
            None => format!("what the policy of {} stands on", self.address),
        };
        Arc::new(Unknown::new(Why::AfterApply, subject, self.origin))
    }

    /// That it lets somebody in, as people say.
    pub(super) fn lets_in(&self, whom: &str) -> String {
        match (self.role, self.is_grant) {
            (Some(_), _) => format!("`{}` trusts {whom}", self.address),
            (None, true) if self.carrier == Carrier::Bucket => {
                format!("the access control list of `{}` names {whom}", self.address)
            }
            (None, true) => format!("`{}` names {whom}", self.address),
            (None, false) => format!("the policy of `{}` names {whom}", self.address),
        }
    }

    /// Whether the policy is refused for being public, and so is not there.
    pub(super) fn refused(&self) -> Truth {
        self.block.refuses.and(self.public)
    }

    /// Whether it lets in only the own account and services, for being public.
    pub(super) fn restricted(&self) -> Truth {
        self.block.restricts.and(self.public)
    }

    /// Why it is not known whether the public is kept out.
    pub(super) fn blocking_doubt(&self) -> Arc<Unknown> {
        self.block.unknown.clone().unwrap_or_else(|| {
            let subject = format!("whether the policy of {} counts as public", self.address);
            Arc::new(Unknown::new(Why::Function, subject, self.origin))
        })
    }

    /// Whether two policies stand on the same resource.
    pub(super) fn is_beside(&self, other: &Standing) -> bool {
        std::ptr::eq(self, other)
            || (self.on.is_some() && self.on == other.on)
            || (self.name.is_some() && self.name == other.name && self.service == other.service)
    }
}

fn names_service(statement: &Statement, service: &str) -> bool {
    let names = |value: &Value| {
        let text = value.as_str().and_then(|text| text.split_once(':'));
        text.is_some_and(|(prefix, _)| prefix.eq_ignore_ascii_case(service))
    };
    statement.actions.as_ref().is_some_and(|actions| actions.items.iter().any(names))
}

/// How a party of a policy names a principal of the unit.
pub(super) struct Naming {
    pub(super) by: Named,
    pub(super) truth: Truth,
    pub(super) place: Origin,
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Access<'_, '_> {
    /// How a statement of a policy on a resource names a principal of the unit; the most direct way first.
    pub(super) fn named_by(&self, standing: &Standing, statement: &Statement, principal: usize) -> Option<Naming> {
        let (holds, doubt) = self.holds_for(statement, principal);
        if holds == Truth::False {
            return None;
        }
        let mut naming = self.named_as_party(standing, statement, principal)?;
        naming.truth = naming.truth.and(holds);
        naming.unknown = naming.unknown.or(doubt);
        Some(naming)
    }

    fn named_as_party(&self, standing: &Standing, statement: &Statement, principal: usize) -> Option<Naming> {
        let fresh;
        let named = match self.known_parties(standing, statement) {
            Some(parties) => parties,
            None => {
                fresh = self.parties(standing, statement);
                &fresh
            }
        };
        if let Some(not) = &statement.not_principal {
            // Of an account that is named none of the users and roles is spared, and of a role only the sessions by name.
            let denies = statement.effect.as_str() == Some("Deny");
            let rest = named.rest.clone();
            let named: Vec<Naming> =
                named.for_principal(principal).filter_map(|one| self.names(standing, one, principal, false)).collect();
            let names_role = named.iter().any(|naming| naming.by == Named::Role);
            let spared = |naming: &Naming| match naming.by {
                Named::Account | Named::Role if denies => false,
                // Besides the session the role itself must be named.
                Named::Session if denies => names_role,
                Named::User | Named::Role | Named::Session | Named::Account | Named::Everybody => true,
            };
            let perhaps = named.iter().find(|naming| naming.by == Named::Role || naming.truth != Truth::True);
            let unknown = rest.or_else(|| perhaps.map(|naming| self.sessions_of(principal, naming)));
            let truth = if unknown.is_some() { Truth::Unknown } else { Truth::True };
            let is_group = self.identity.principals.get(principal).is_some_and(|p| &*p.instance.row.kind == "group");
            let naming = Naming { by: Named::Everybody, truth, place: not.origin, unknown };
            let spares = named.iter().any(|naming| naming.truth == Truth::True && spared(naming));
            return (!spares && !is_group).then_some(naming);
        }
        statement.principal.as_ref()?;
        let denies = statement.effect.as_str() == Some("Deny");
        let mut all: Vec<Naming> =
            named.for_principal(principal).filter_map(|one| self.names(standing, one, principal, denies)).collect();
        if let Some(unknown) = named.rest.clone() {
            let place = statement.value.origin;
            let by = self.named_perhaps(standing, principal, &unknown);
            all.push(Naming { by, truth: Truth::Unknown, place, unknown: Some(unknown) });
        }
        let rank = |naming: &Naming| {
            let direct = match naming.by {
                // What is denied all sessions is denied each.
                Named::Session if denies => 4,
                Named::User | Named::Session => 0,
                Named::Role => 1,
                Named::Everybody => 2,
                Named::Account => 3,
            };
            (naming.truth != Truth::True, direct)
        };
        all.into_iter().min_by_key(rank)
    }

    /// The parties of a statement that stands in a policy, found once for all principals.
    fn known_parties<'s>(&self, standing: &'s Standing, statement: &Statement) -> Option<&'s Parties> {
        let statements = &standing.document.statements;
        // What is made of a statement for one principal names the same parties.
        let own = statements.get(statement.position)?;
        let origin = |one: &Statement| one.not_principal.as_ref().or(one.principal.as_ref()).map(|named| named.origin);
        let all = (own.value.origin == statement.value.origin && origin(own) == origin(statement)).then(|| {
            standing.parties.get_or_init(|| statements.iter().map(|one| self.parties(standing, one)).collect())
        });
        all?.get(statement.position)
    }

    /// The parties of a statement. An ARN is resolved once, and not for each principal.
    fn parties(&self, standing: &Standing, statement: &Statement) -> Parties {
        let own = self.identity.accounts.all_ids();
        let element = statement.not_principal.as_ref().or(statement.principal.as_ref());
        let (all, rest) = element.map(|element| parties(element, own)).unwrap_or_default();
        let mut found = Parties { all, rest, ..Parties::default() };
        let mut by_name: Option<HashMap<String, Vec<usize>>> = None;
        for (at, party) in found.all.iter().enumerate() {
            let wanted = match party.kind {
                PartyKind::User | PartyKind::FederatedUser => "user",
                PartyKind::Role => "role",
                _ => {
                    found.of_any.push(at);
                    continue;
                }
            };
            let text = party.value.as_str().map_or_else(|| party.value.known_suffix(), str::to_owned);
            if let Some((_, session)) = text.split_once(":assumed-role/") {
                let by_name = by_name.get_or_insert_with(|| {
                    let mut by_name: HashMap<String, Vec<usize>> = HashMap::new();
                    self.actors().into_iter().for_each(|one| by_name.entry(one.name).or_default().push(one.index));
                    by_name
                });
                let named = session.split('/').next().and_then(|name| by_name.get(name));
                named.into_iter().flatten().for_each(|principal| found.of.entry(*principal).or_default().push(at));
                continue;
            }
            match self.identity.relations.resolve(&party.value, wanted, standing.resource) {
                Resolution::Resources(resources) => {
                    for principal in resources.iter().filter_map(|resource| self.identity.principal_at(*resource)) {
                        found.of.entry(principal).or_default().push(at);
                    }
                }
                Resolution::Unknown(_) => found.of_any.push(at),
                Resolution::Outside(_) => {}
            }
        }
        found
    }

    /// By what something that is not known may name a principal. Access control lists name accounts and everybody.
    fn named_perhaps(&self, standing: &Standing, principal: usize, unknown: &Unknown) -> Named {
        let kind = self.identity.principals.get(principal).map(|principal| &*principal.instance.row.kind);
        let is_list = standing.is_grant && standing.carrier == Carrier::Bucket;
        match kind.filter(|_| !is_list && may_be_anybody(unknown)) {
            Some("user") => Named::User,
            Some("role" | "permission-set") => Named::Role,
            _ => Named::Account,
        }
    }

    /// Whether an ARN is not that of a user or role, for its path or name.
    fn is_elsewhere(&self, principal: usize, arn: &str) -> bool {
        let last = |glob: &Glob| glob.fields().into_iter().nth(5);
        let own = arn_of_principal(self.identity, principal).as_ref().and_then(last);
        let named = last(&Glob::literal(arn));
        own.zip(named).is_some_and(|(own, named)| own.meets(&named) == Truth::False)
    }

    /// Why it is not known whether a denial for all but a principal spares it.
    fn sessions_of(&self, principal: usize, naming: &Naming) -> Arc<Unknown> {
        let name = self.actor(principal).map(|actor| actor.name).unwrap_or_default();
        let subject = format!("which sessions of role {name} there are");
        naming.unknown.clone().unwrap_or_else(|| Arc::new(Unknown::new(Why::AfterApply, subject, naming.place)))
    }

    fn names(&self, standing: &Standing, party: &Party, principal: usize, denies: bool) -> Option<Naming> {
        let accounts = &self.identity.accounts;
        if accounts.is_one() {
            return self.names_at_home(standing, party, principal, denies);
        }
        let own = self.account_of(principal);
        if !self.is_of_account(party, own) {
            return None;
        }
        let naming = self.names_at_home(standing, party, principal, denies)?;
        // In another account its own policies must allow it, too.
        let by = match denies || self.is_same_account(own, accounts.at(standing.resource)) {
            true => naming.by,
            false => Named::Account,
        };
        Some(Naming { by, ..naming })
    }

    /// As [`Access::names`], where the principal and the policy are in one account.
    fn names_at_home(&self, standing: &Standing, party: &Party, principal: usize, denies: bool) -> Option<Naming> {
        let found = self.identity.principals.get(principal)?;
        let kind = &*found.instance.row.kind;
        // A group is nobody's principal; what is left to the account is left to its members, and what is denied everybody is
        // denied them.
        let is_for_members = party.kind == PartyKind::Account || (party.kind == PartyKind::Any && denies);
        if kind == "group" && !is_for_members {
            return None;
        }
        let naming = |by, truth, unknown| Some(Naming { by, truth, place: party.value.origin, unknown });
        let may_be_own = matches!(party.account, Account::Own)
            || (self.ids_of(principal).is_empty() && matches!(party.account, Account::Id(_)));
        match party.kind {
            PartyKind::Any => naming(Named::Everybody, Truth::True, None),
            PartyKind::Account => match &party.account {
                Account::Own => naming(Named::Account, Truth::True, None),
                Account::Id(id) if may_be_own => {
                    let subject = format!("whether {id} is the own account");
                    let unknown = Unknown::new(Why::Environment(Fact::Account), subject, party.value.origin);
                    naming(Named::Account, Truth::Unknown, Some(Arc::new(unknown)))
                }
                Account::Unknown(unknown) => naming(Named::Account, Truth::Unknown, Some(unknown.clone())),
                _ => None,
            },
            PartyKind::User | PartyKind::Role | PartyKind::FederatedUser if may_be_own => {
                let text = party.value.as_str().map_or_else(|| party.value.known_suffix(), str::to_owned);
                if let Some((_, session)) = text.split_once(":assumed-role/") {
                    let is_it = session.split('/').next() == self.actor(principal).as_ref().map(|a| a.name.as_str());
                    return if is_it && kind == "role" { naming(Named::Session, Truth::True, None) } else { None };
                }
                let wanted = if party.kind == PartyKind::Role { "role" } else { "user" };
                if party.kind == PartyKind::FederatedUser || wanted != kind {
                    return None;
                }
                let by = if wanted == "role" { Named::Role } else { Named::User };
                // The path is a part of the ARN.
                if party.value.as_str().is_some_and(|arn| self.is_elsewhere(principal, arn)) {
                    return None;
                }
                match self.identity.relations.resolve(&party.value, wanted, standing.resource) {
                    Resolution::Resources(found_at) if found_at.contains(&found.instance.index) => {
                        naming(by, Truth::True, None)
                    }
                    Resolution::Unknown(unknown) => naming(by, Truth::Unknown, Some(unknown)),
                    _ => None,
                }
            }
            PartyKind::Unknown | PartyKind::Other => {
                let unknown = party.value.first_unknown()?;
                naming(self.named_perhaps(standing, principal, unknown), Truth::Unknown, Some(derived(unknown)))
            }
            _ => None,
        }
    }
}
