//! What another one comes to by what somebody gives it: all that its permissions boundary allows, or fixed policies; and how it
//! goes on from there.

use std::sync::Arc;

use super::boundary::can_shed_own;
use super::chain::title;
use super::doubt::{perhaps, undecided};
use super::federation::SAML;
use super::given::Gives;
use super::held::{Held, held};
use super::net::{Net, is_enough};
use super::path::ways;
use super::widened::JOIN;
use super::world::World;
use super::worth::Aim;
use crate::iam::access::Access;
use crate::iam::facts::{self, Holding, Limit};
use crate::iam::power::Next;
use crate::iam::step::Step;
use crate::source::Origin;
use crate::value::{Truth, Unknown};

/// So many steps are told of how one goes on.
const MAX_STEPS: usize = 8;

/// What one comes to hold.
#[derive(Debug)]
pub(super) struct Raised {
    /// It may then do everything.
    granted: bool,
    /// What it is given, and how it gets out of its boundary.
    because: Vec<Step>,
    held: Held,
}

/// How one goes on who has been raised.
#[derive(Debug)]
pub(super) struct Onward {
    pub(super) because: Vec<Step>,
    /// The way by which it is an administrator itself.
    pub(super) way: Option<usize>,
    /// How many principals it becomes.
    pub(super) hops: usize,
    /// Why that is not certain.
    pub(super) unknown: Option<Arc<Unknown>>,
}

impl Raised {
    /// What a principal of the unit comes to; none where that is nothing more.
    pub(super) fn of(access: Access<'_, '_>, world: &World, target: usize, gives: &Gives) -> Option<Raised> {
        let (actor, mut more) = (access.actor(target)?, access.holding(target)?.clone());
        let (documents, mut because) = match (gives, &more.boundary) {
            (Gives::All, Limit::Document(boundary)) => (vec![*boundary], Vec::from_iter(access.bounded_by(target))),
            (Gives::All, _) => return None,
            (Gives::Less(off), _) if off.policies.is_empty() && !access.is_bounded(target) => return None,
            (Gives::Less(off), _) => {
                let mut at = 0..;
                more.held.retain(|_| at.next().is_some_and(|at| !off.policies.contains(&at)));
                let denials = (!off.policies.is_empty()).then_some("what denies it something");
                let boundary = off.boundary.then_some("its permissions boundary");
                if boundary.is_some() {
                    more.boundary = Limit::None;
                }
                let gone: Vec<&str> = denials.into_iter().chain(boundary).collect();
                let text = format!("{} `{}` is then rid of {}", actor.kind, actor.name, gone.join(" and "));
                (Vec::new(), vec![Step::new(text, actor.origin)])
            }
            (Gives::Within(document), Limit::Document(own)) if own != document && access.is_bounded(target) => {
                more.boundary = Limit::Document(*document);
                let name = access.document_name(*document);
                let text = format!("`{name}` becomes the permissions boundary of {} `{}`", actor.kind, actor.name);
                (Vec::new(), vec![Step::new(text, access.document_origin(*document).unwrap_or(actor.origin))])
            }
            (Gives::Within(_), _) => return None,
            (Gives::Tagged(at), _) => {
                more = access.once_tagged_by_another(*at)?.clone();
                let text = format!("{} `{}` then has the tags that it is told apart by", actor.kind, actor.name);
                (Vec::new(), vec![Step::new(text, actor.origin)])
            }
            (Gives::Policies(documents), _) => {
                let told = |document: &usize| {
                    let text =
                        format!("`{}` is attached to {} `{}`", access.document_name(*document), actor.kind, actor.name);
                    Step::new(text, access.document_origin(*document).unwrap_or(actor.origin))
                };
                (documents.clone(), documents.iter().map(told).collect())
            }
        };
        let new = documents.into_iter().filter(|new| {
            *gives == Gives::All || !more.held.iter().any(|held| access.facts.written(held.document) == *new)
        });
        let new: Vec<usize> = new.collect();
        if new.is_empty() && !matches!(gives, Gives::Less(_) | Gives::Within(_) | Gives::Tagged(_)) {
            return None;
        }
        more.held.extend(new.into_iter().map(|document| facts::Held { document, attachment: None, membership: None }));
        let is_bounded = !matches!(more.boundary, Limit::None);
        if is_bounded && can_shed_own(access.as_if(target, &more), world, target) {
            because.push(Step::new(format!("{} `{}` may get out of it", actor.kind, actor.name), actor.origin));
            more = Holding { boundary: Limit::None, ..more };
            if *gives == Gives::All && access.comes_to_everything(target, &more) == Truth::True {
                return Some(Raised { granted: true, because, held: Held::default() });
            }
        }
        let then = access.as_if(target, &more);
        let granted = then.holds_everything(target) == Truth::True;
        let held = if granted { Held::default() } else { held(then, world, target) };
        Some(Raised { granted, because, held })
    }

    /// How it goes on to an administrator; none where it does not.
    pub(super) fn onward(&self, access: Access<'_, '_>, world: &World, net: &Net<'_>, target: usize) -> Option<Onward> {
        let mut because = self.because.clone();
        if self.granted {
            return Some(Onward { because, way: None, hops: 0, unknown: None });
        }
        let actor = access.actor(target)?;
        let told = |by: &str, place: Origin| {
            Step::new(format!("{} `{}` may {by}", actor.kind, actor.name), place.or(actor.origin))
        };
        if let Some(found) = self.held.found.iter().find(|found| is_enough(&self.held, found)) {
            let way = ways().get(found.way)?;
            because.push(told(&title(way), found.holds.first().map_or(Origin::NONE, |hold| hold.element)));
            return Some(Onward { because, way: Some(found.way), hops: 0, unknown: None });
        }
        if let Some((to, by, place)) = self.to(world, net, target) {
            let name = access.actor(to).map(|to| format!("{} `{}`", to.kind, to.name)).unwrap_or_default();
            let text = format!("{} `{}` reaches {name} by {by}", actor.kind, actor.name);
            because.push(Step::new(text, place.or(actor.origin)));
            let hops = 1 + net.tell(access, to, MAX_STEPS, &mut because);
            return Some(Onward { because, way: None, hops, unknown: None });
        }
        let of_ways = self.held.found.iter().find_map(|found| undecided(&self.held, found));
        let leads = |role: usize| !matches!(net.next.get(role), None | Some(Next::Not));
        let of_roles =
            || perhaps(world, &self.held).into_iter().find(|(role, _)| leads(*role)).map(|(_, unknown)| unknown);
        let unknown = of_ways.or_else(of_roles).or_else(|| self.held.cut.clone())?;
        Some(Onward { because, way: None, hops: 0, unknown: Some(unknown) })
    }

    /// Whom it reaches that is an administrator or becomes one, by what, and the place that shows it.
    fn to(&self, world: &World, net: &Net<'_>, target: usize) -> Option<(usize, String, Origin)> {
        let leads = |at: &usize| *at != target && !matches!(net.next.get(*at), None | Some(Next::Not));
        let assume = || "`sts:AssumeRole`".to_owned();
        if let Some((role, place)) = self.held.assumes.iter().find(|(role, _)| leads(role)) {
            return Some((*role, assume(), *place));
        }
        if let Some(place) = self.held.assumes_any
            && let Some(role) = world.by_account.iter().find(|role| leads(role))
        {
            return Some((*role, assume(), place));
        }
        for found in &self.held.found {
            let Some(way) = ways().get(found.way) else { continue };
            let sure = found.is_sure() && !found.holds.iter().any(|hold| matches!(hold.aim, Aim::Elsewhere));
            if !sure || self.held.is_limited(way, found) {
                continue;
            }
            let place = found.holds.last().map_or(Origin::NONE, |hold| hold.statement);
            let named = found.targets().or(found.left.as_deref());
            let to = match named {
                Some(targets) => targets.iter().find(|to| leads(to)).copied(),
                None if way.path.id == JOIN => world.groups().find(|group| leads(group)),
                None if way.path.id == SAML => world.by_federation.iter().find(|role| leads(role)).copied(),
                None => {
                    let (passed, attached) = (way.reaches() == "role-passed", way.reaches() == "role-attached");
                    let of_service = |service: &String| {
                        let roles = world.by_service.get(service).into_iter().flatten().copied();
                        roles.filter(leads).find(|role| passed || world.is_carried(*role, service))
                    };
                    way.path.service.iter().filter(|_| passed || attached).find_map(of_service)
                }
            };
            if let Some(to) = to {
                return Some((to, title(way), place));
            }
        }
        None
    }
}
