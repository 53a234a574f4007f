//! Which policies each principal holds, by which way, and what limits them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::named::watch;
use crate::iam::accounts::HOME;
use crate::iam::catalogue::{self, ManagedPolicy};
use crate::iam::document::{Document, Statement};
use crate::iam::either::MAX_EITHER;
use crate::iam::facts::{Controls, Facts, Held, Holding, Limit, Source, TaggedByOthers};
use crate::iam::glob::Glob;
use crate::iam::identity::{Attachment, Identity, Principal, aws_managed_name, given_at};
use crate::iam::watched::Names;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, Why};

impl Facts {
    pub(super) fn of(identity: &Identity<'_>) -> Facts {
        let mut sources: Vec<Source> = (0..identity.policies.len()).map(Source::Own).collect();
        let mut managed = HashMap::new();
        let mut holdings: Vec<Holding> =
            identity.principals.iter().map(|p| own_holding(identity, p, &mut sources, &mut managed)).collect();
        for at in 0..holdings.len() {
            let (more, incomplete) = of_groups(identity, at, &holdings);
            let perhaps = perhaps_of_groups(identity, at, &holdings);
            let choices = choices_of_groups(identity, at, &holdings);
            if let Some(holding) = holdings.get_mut(at) {
                holding.held.extend(more);
                holding.perhaps = holding.perhaps.take().zip(perhaps).map(|(own, others)| [own, others].concat());
                holding.choices = holding.choices.take().zip(choices).map(|(own, others)| [own, others].concat());
                if let (None, Some((unknown, place))) = (&holding.incomplete, incomplete) {
                    holding.incomplete = Some(unknown);
                    holding.incomplete_at = place;
                }
            }
        }
        // Whoever holds them is not part of the unit.
        let unheld = unheld(identity, &mut sources);
        holdings.extend(unheld.iter().map(|policy| Holding {
            account: identity.policies.get(*policy).map_or(HOME, |one| identity.accounts.at(one.instance.index)),
            held: vec![Held { document: *policy, attachment: None, membership: None }],
            ..Holding::default()
        }));
        name_demanded(identity, &mut sources, &mut managed);
        let controls = Controls::of(identity, &mut sources);
        let mut facts = Facts {
            managed,
            reached: Vec::new(),
            levels: holdings.iter().map(|_| OnceLock::new()).collect(),
            sources,
            names: Vec::new(),
            holdings,
            unheld,
            anybody: Holding::default(),
            once_tagged: BTreeMap::new(),
            tagged_by_others: TaggedByOthers::default(),
            personal: Vec::new(),
            controls,
            bearers: OnceLock::new(),
            standing: OnceLock::new(),
        };
        facts.make_personal(identity);
        facts.name_actions(identity);
        facts
    }

    /// Finds which actions the statements name of the documents that have been added.
    pub(super) fn name_actions(&mut self, identity: &Identity<'_>) {
        let names = |document: usize| {
            let document = self.document(identity, document);
            document.map(|document| document.statements.iter().map(|s| watch().names(s)).collect()).unwrap_or_default()
        };
        let new: Vec<Vec<Names>> = (self.names.len()..self.count()).map(names).collect();
        self.names.extend(new);
        self.reached.resize_with(self.count(), OnceLock::new);
    }

    pub(in crate::iam) fn document<'f>(&'f self, identity: &'f Identity<'_>, document: usize) -> Option<&'f Document> {
        if let Some((_, personal)) = self.personal_at(document) {
            return Some(personal);
        }
        match self.source(document)? {
            Source::Own(at) => identity.policies.get(at).map(|policy| &policy.document),
            Source::Managed(policy) => Some(policy.document()),
            Source::Loose(at) => identity.loose.get(at).map(|(_, document)| document),
            Source::Control(at) => self.controls.documents.get(at),
        }
    }
}

/// Of more policies of AWS that one pattern of a condition takes in none is looked at.
pub(in crate::iam) const MAX_COVERED: usize = 48;

/// The policies of AWS that a value of a condition names, by their ARN or by a pattern; none of a pattern that takes in too
/// many, or of what is no policy of AWS.
pub(in crate::iam) fn named_of_aws(text: &str) -> Option<Vec<&'static ManagedPolicy>> {
    if !text.contains(":iam::aws:policy/") {
        return None;
    }
    if !text.contains(['*', '?']) {
        return Some(catalogue::managed_policy(text).into_iter().collect());
    }
    let pattern = Glob::pattern(text);
    let covered = |policy: &&ManagedPolicy| pattern.covers(&Glob::literal(&policy.arn())) == Truth::True;
    let all: Vec<&ManagedPolicy> = catalogue::managed_policies().iter().filter(covered).take(MAX_COVERED + 1).collect();
    (all.len() <= MAX_COVERED).then_some(all)
}

/// Numbers the policies of AWS that conditions let somebody attach, or demand as a boundary.
fn name_demanded(identity: &Identity<'_>, sources: &mut Vec<Source>, managed: &mut Managed) {
    let own = identity.policies.iter().map(|policy| &policy.document);
    let documents = own.chain(identity.loose.iter().map(|(_, document)| document));
    let tests = documents.flat_map(|document| &document.statements).flat_map(|statement| &statement.tests);
    let asks = |key: &str| matches!(key, "iam:policyarn" | "iam:permissionsboundary");
    for value in tests.filter(|test| asks(&test.key)).flat_map(|test| &test.values) {
        for policy in value.as_str().and_then(named_of_aws).unwrap_or_default() {
            managed_document(policy, sources, managed);
        }
    }
}

/// The documents that grant something to nobody of the unit.
fn unheld(identity: &Identity<'_>, sources: &mut Vec<Source>) -> Vec<usize> {
    let policies = identity.policies.iter().enumerate().filter(|(_, policy)| !policy.is_boundary);
    let unheld = policies.filter(|(_, policy)| policy.holders.iter().all(|holder| holder.principal.is_none()));
    let mut unheld: Vec<usize> = unheld.map(|(at, _)| at).collect();
    let loose = identity.loose.iter().enumerate();
    for (at, _) in loose.filter(|(_, (_, document))| !document.has_principals && document.rest.is_none()) {
        unheld.push(sources.len());
        sources.push(Source::Loose(at));
    }
    unheld
}

type Managed = HashMap<&'static str, usize>;

fn managed_document(policy: &'static ManagedPolicy, sources: &mut Vec<Source>, managed: &mut Managed) -> usize {
    *managed.entry(policy.name).or_insert_with(|| {
        sources.push(Source::Managed(policy));
        sources.len() - 1
    })
}

/// The document of a policy that is named: one of the unit, one that AWS wrote, none where AWS has withdrawn it.
fn resolve(
    value: &Value,
    own: Option<usize>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Result<Option<usize>, Arc<Unknown>> {
    if own.is_some() {
        return Ok(own);
    }
    if let Some(name) = aws_managed_name(value) {
        return match catalogue::managed_policy(&name) {
            Some(policy) => Ok(Some(managed_document(policy, sources, managed))),
            None if catalogue::withdrawn_policy(&name).is_some() => Ok(None),
            // AWS may have made it since.
            None => Err(Arc::new(Unknown::new(Why::NotInTree, format!("AWS managed policy `{name}`"), value.origin))),
        };
    }
    match value.first_unknown() {
        Some(unknown) => Err(unknown.clone()),
        None => {
            let subject: Arc<str> = value.scalar_text().unwrap_or_default().into();
            Err(Arc::new(Unknown::new(Why::DataSource, subject, value.origin)))
        }
    }
}

fn own_holding(
    identity: &Identity<'_>,
    principal: &Principal<'_>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Holding {
    let (at, account) = (principal.instance.index, identity.accounts.at(principal.instance.index));
    let mut holding = Holding { principal: identity.principal_at(at), account, ..Holding::default() };
    let inline = principal.inline.iter().map(|at| Held { document: *at, attachment: None, membership: None });
    holding.held.extend(inline);
    let (mut choices, mut either_of, mut either_at) = (Vec::new(), Vec::new(), None);
    for at in &principal.attached {
        let Some(attachment) = identity.attachments.get(*at) else { continue };
        let held = |document| Held { document, attachment: Some(*at), membership: None };
        match attached(&attachment.policy, attachment.own, sources, managed) {
            Ok(Some(document)) => holding.held.push(held(document)),
            Ok(None) => {}
            Err(unknown) if let Some(either) = either_attached(identity, attachment, sources, managed) => {
                let all = |document: &usize| {
                    let others = || either.iter().filter(|other| **other != Some(*document));
                    others().all(|other| comes_to(identity, sources, *other, *document))
                };
                holding.held.extend(either.iter().flatten().copied().find(all).map(held));
                choices.push(either.iter().map(|document| document.map(held)).collect());
                either_of.extend(either.into_iter().flatten());
                either_at = Some((unknown, place_of(attachment)));
            }
            Err(unknown) if holding.incomplete.is_none() => {
                holding.incomplete = Some(unknown);
                holding.incomplete_at = Some(place_of(attachment)).filter(|place| place.is_some());
            }
            Err(_) => {}
        }
    }
    let open = |held: &Held| match sources.get(held.document) {
        Some(Source::Own(at)) => identity.policies.get(*at).and_then(|policy| policy.document.rest.clone()),
        _ => None,
    };
    // Who is a member of a group changes nothing for the group.
    let memberships = principal.rest.memberships.as_ref().filter(|_| &*principal.instance.row.kind == "user");
    let rest = [principal.rest.attached.as_ref(), principal.rest.inline.as_ref(), memberships];
    let of_document = holding.held.iter().find_map(open);
    if holding.incomplete.is_none() && of_document.is_none() && !principal.rest.other_policies {
        holding.perhaps = perhaps(identity, principal, sources, managed);
        let is_all = |perhaps: &Vec<usize>| perhaps.is_empty() && rest.iter().all(Option::is_none);
        holding.choices = holding.perhaps.as_ref().filter(|perhaps| is_all(perhaps)).map(|_| choices);
        holding.perhaps.iter_mut().for_each(|perhaps| perhaps.append(&mut either_of));
    }
    if let (None, Some((unknown, place))) = (&holding.incomplete, either_at) {
        holding.incomplete = Some(unknown);
        holding.incomplete_at = Some(place).filter(|place| place.is_some());
    }
    let unknown = of_document.or_else(|| rest.into_iter().flatten().next().cloned());
    holding.incomplete = holding.incomplete.or(unknown);
    (holding.boundary, holding.boundaries) = boundary(identity, principal, sources, managed);
    if &*principal.instance.row.kind == "user" {
        holding.user = identity.field(&principal.instance, "name").as_str().map(Arc::from);
    }
    holding
}

/// More policies that are tied to a principal perhaps are not looked at.
const MAX_PERHAPS: usize = 100;

/// The documents of what is tied to a principal perhaps; none where one of them is not known whole.
fn perhaps(
    identity: &Identity<'_>,
    principal: &Principal<'_>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Option<Vec<usize>> {
    let of_any = identity.perhaps_of_any.get(&*principal.instance.row.kind);
    let mut all = Vec::new();
    for perhaps in of_any.into_iter().chain([&principal.perhaps]) {
        if perhaps.inline.len() + perhaps.attached.len() > MAX_PERHAPS {
            return None;
        }
        all.extend(&perhaps.inline);
        for at in &perhaps.attached {
            let attachment = identity.attachments.get(*at)?;
            all.extend(attached(&attachment.policy, attachment.own, sources, managed).ok()?);
        }
    }
    all.iter().all(|document| is_whole(identity, sources, *document)).then_some(all)
}

/// Whether all statements of a document are known.
fn is_whole(identity: &Identity<'_>, sources: &[Source], document: usize) -> bool {
    match sources.get(document) {
        Some(Source::Own(at)) => identity.policies.get(*at).is_none_or(|policy| policy.document.rest.is_none()),
        source => source.is_some(),
    }
}

/// The documents of which an attachment attaches one, where it is not known which; none where one of them is not known whole.
fn either_attached(
    identity: &Identity<'_>,
    attachment: &Attachment<'_>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Option<Vec<Option<usize>>> {
    let candidates = &attachment.policy.as_unknown()?.candidates;
    let mut attach = |policy: &Value| match policy.is_null() {
        true => Some(None),
        false => attached(policy, identity.policy_index(policy, &attachment.instance), sources, managed).ok(),
    };
    let all: Vec<Option<usize>> = candidates.iter().map(&mut attach).collect::<Option<_>>()?;
    let is_known = |document: &usize| is_whole(identity, sources, *document);
    ((2..=MAX_EITHER).contains(&all.len()) && all.iter().flatten().all(is_known)).then_some(all)
}

/// Whether a document allows and denies all that another one does, which is not for others to rewrite.
fn comes_to(identity: &Identity<'_>, sources: &[Source], document: Option<usize>, other: usize) -> bool {
    let read = |document: usize| match sources.get(document)? {
        Source::Own(at) => identity.policies.get(*at).map(|policy| &policy.document),
        Source::Managed(policy) => Some(policy.document()),
        Source::Loose(_) | Source::Control(_) => None,
    };
    let Some((document, written)) = document.and_then(read).zip(read(other)) else { return false };
    // Whatever it is rewritten to, everything is no less.
    let is_everything = || {
        document.statements.iter().any(Statement::allows_everything)
            && document.statements.iter().all(|statement| statement.denies() == Truth::False)
    };
    let is_fixed = matches!(sources.get(other), Some(Source::Managed(_)));
    (is_fixed || is_everything()) && written.statements.iter().all(|statement| document.comes_to(statement))
}

/// Where an attachment says what it attaches: what comes from elsewhere is handed to it there.
fn place_of(attachment: &Attachment<'_>) -> Origin {
    given_at(&attachment.instance, "policy", attachment.policy.origin)
}

fn attached(
    policy: &Value,
    own: Option<usize>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Result<Option<usize>, Arc<Unknown>> {
    // AWS refuses to attach what is for service-linked roles.
    let name = aws_managed_name(policy).filter(|_| own.is_none());
    if name.and_then(|name| catalogue::managed_policy(&name)).is_some_and(ManagedPolicy::is_service_linked) {
        return Ok(None);
    }
    resolve(policy, own, sources, managed)
}

/// The permissions boundary of a principal, and those of which it has one, or none, where it is not known which.
fn boundary(
    identity: &Identity<'_>,
    principal: &Principal<'_>,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> (Limit, Vec<Limit>) {
    let value = identity.boundary_of(principal);
    let mut limit = |value: &Value| limit_by(identity, principal, value, sources, managed);
    let candidates = value.as_unknown().map_or(&[][..], |unknown| &unknown.candidates);
    let either: Vec<Limit> = candidates.iter().take(MAX_EITHER + 1).map(&mut limit).collect();
    let is_known = either.len() <= MAX_EITHER && !either.iter().any(|one| matches!(one, Limit::Unknown(_)));
    (limit(&value), if is_known { either } else { Vec::new() })
}

fn limit_by(
    identity: &Identity<'_>,
    principal: &Principal<'_>,
    value: &Value,
    sources: &mut Vec<Source>,
    managed: &mut Managed,
) -> Limit {
    if value.is_null() || value.as_str() == Some("") {
        return Limit::None;
    }
    let own = identity.policy_index(value, &principal.instance);
    match resolve(value, own, sources, managed) {
        Ok(Some(document)) => match sources.get(document) {
            Some(Source::Own(at)) => match identity.policies.get(*at).and_then(|p| p.document.rest.clone()) {
                Some(unknown) => Limit::Unknown(unknown),
                None => Limit::Document(document),
            },
            _ => Limit::Document(document),
        },
        Ok(None) => {
            let subject: Arc<str> = value.scalar_text().unwrap_or_default().into();
            Limit::Unknown(Arc::new(Unknown::new(Why::NotInTree, subject, value.origin)))
        }
        Err(unknown) => Limit::Unknown(unknown),
    }
}

/// Why there may be more, and where that is written.
type Incomplete = Option<(Arc<Unknown>, Option<Origin>)>;

/// What a user holds by its groups.
fn of_groups(identity: &Identity<'_>, at: usize, holdings: &[Holding]) -> (Vec<Held>, Incomplete) {
    let (mut more, mut incomplete): (_, Incomplete) = (Vec::new(), None);
    let Some(user) = identity.principals.get(at).filter(|p| &*p.instance.row.kind == "user") else {
        return (more, incomplete);
    };
    for (membership, found) in user.memberships.iter().enumerate() {
        let Some(holding) = found.other.and_then(|group| holdings.get(group)) else {
            let subject: Arc<str> = found.value.scalar_text().unwrap_or_default().into();
            let outside = || Arc::new(Unknown::new(Why::NotInTree, format!("group `{subject}`"), found.value.origin));
            let unknown = || found.value.first_unknown().cloned().unwrap_or_else(outside);
            let place = Some(found.value.origin).filter(|place| place.is_some());
            incomplete = incomplete.or_else(|| Some((unknown(), place)));
            continue;
        };
        more.extend(holding.held.iter().map(|held| Held { membership: Some(membership), ..*held }));
        incomplete = incomplete.or_else(|| Some((holding.incomplete.clone()?, holding.incomplete_at)));
    }
    (more, incomplete)
}

/// The documents that a user perhaps holds by its groups, or by those that it is a member of perhaps; none where there may be
/// others.
fn perhaps_of_groups(identity: &Identity<'_>, at: usize, holdings: &[Holding]) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    let Some(user) = identity.principals.get(at).filter(|p| &*p.instance.row.kind == "user") else { return Some(all) };
    if user.rest.other_groups {
        return None;
    }
    for membership in &user.memberships {
        all.extend(holdings.get(membership.other?)?.perhaps.as_ref()?);
    }
    for group in &user.perhaps.groups {
        let holding = holdings.get((*group)?)?;
        all.extend(holding.held.iter().map(|held| held.document));
        all.extend(holding.perhaps.as_ref()?);
    }
    Some(all)
}

/// The policies of which a user has one by each of its groups; none where it may have others by them.
fn choices_of_groups(identity: &Identity<'_>, at: usize, holdings: &[Holding]) -> Option<Vec<Vec<Option<Held>>>> {
    let mut all = Vec::new();
    let Some(user) = identity.principals.get(at).filter(|p| &*p.instance.row.kind == "user") else { return Some(all) };
    for (membership, found) in user.memberships.iter().enumerate() {
        let of_user = |held: &Option<Held>| held.map(|held| Held { membership: Some(membership), ..held });
        let choices = holdings.get(found.other?)?.choices.as_ref()?;
        all.extend(choices.iter().map(|choice| choice.iter().map(of_user).collect()));
    }
    user.perhaps.groups.is_empty().then_some(all)
}
