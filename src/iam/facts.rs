//! What is found once of all principals of a unit: which policies each holds, by which way, and what limits them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};

use super::action_set::ActionSet;
use super::catalogue::ManagedPolicy;
use super::document::Document;
use super::exposure::{Carrier, PublicAccessBlock};
use super::principal::Party;
use super::step::Step;
use super::watched::Names;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value};

/// A policy document by where it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) enum Source {
    /// One of the unit's policies.
    Own(usize),
    /// What AWS wrote.
    Managed(&'static ManagedPolicy),
    /// A document that nothing carries.
    Loose(usize),
    /// A service control policy of the unit, by its number among those.
    Control(usize),
}

/// The number of a document that is not kept with the others.
pub(super) const LOOSE: usize = usize::MAX;

/// A policy that a principal holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) document: usize,
    /// The attachment that ties it; none for an inline policy.
    pub(super) attachment: Option<usize>,
    /// Of a user, the number of the membership in the group that holds it.
    pub(super) membership: Option<usize>,
}

/// A ceiling over what is granted.
#[derive(Clone, Debug, Default)]
pub(super) enum Limit {
    #[default]
    None,
    Document(usize),
    Unknown(Arc<Unknown>),
}

/// What one principal holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Holding {
    /// The principal that holds it; none where nothing is known of who does.
    pub(super) principal: Option<usize>,
    /// The number of the account that it is in.
    pub(super) account: usize,
    pub(super) held: Vec<Held>,
    pub(super) boundary: Limit,
    /// Those of which it has one, where it is not known which.
    pub(super) boundaries: Vec<Limit>,
    /// Why there may be more.
    pub(super) incomplete: Option<Arc<Unknown>>,
    /// The attachment or membership that could not be resolved, where it is one.
    pub(super) incomplete_at: Option<Origin>,
    /// The documents of what there may be, where that is all that there may be more.
    pub(super) perhaps: Option<Vec<usize>>,
    /// The policies of which it has one, or none, and it is not known which, where that is all that there may be more.
    pub(super) choices: Option<Vec<Vec<Option<Held>>>>,
    /// The policies of the organization that are another document for it, with that one.
    pub(super) controls: Vec<(usize, usize)>,
    /// The name of the holder, where it is a user whose name is known: `${aws:username}` in its requests.
    pub(super) user: Option<Arc<str>>,
}

impl Holding {
    /// Whether the documents are those of another holding of the same principal.
    pub(super) fn has_documents_of(&self, other: &Holding) -> bool {
        let boundary = |holding: &Holding| if let Limit::Document(one) = holding.boundary { Some(one) } else { None };
        self.held == other.held && boundary(self) == boundary(other) && self.controls == other.controls
    }

    /// The number of a policy of the organization as it is for the holder.
    pub(super) fn control(&self, document: usize) -> usize {
        self.controls.iter().find_map(|(written, own)| (*written == document).then_some(*own)).unwrap_or(document)
    }
}

/// Those whose tags others may change, and what they hold then.
#[derive(Debug, Default)]
pub(super) struct TaggedByOthers {
    /// By who changes them, and whose they are.
    pub(super) pairs: BTreeMap<(usize, usize), usize>,
    pub(super) holdings: Vec<Holding>,
    /// The first of those of whom not everybody is looked at whose tags they may change.
    pub(super) cut: Option<usize>,
}

/// Who holds what.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) sources: Vec<Source>,
    /// The policies of AWS that somebody holds or may be given, by their names, with the numbers of their documents.
    pub(super) managed: HashMap<&'static str, usize>,
    /// By document and statement.
    pub(super) names: Vec<Vec<Names>>,
    /// By principal; behind them one for each of `unheld`.
    pub(super) holdings: Vec<Holding>,
    /// The documents of policies that no principal of the unit holds.
    pub(super) unheld: Vec<usize>,
    /// What somebody holds of whom nothing is known.
    pub(super) anybody: Holding,
    /// By principal what it comes to hold by changing its own tags, where that is something else.
    pub(super) once_tagged: BTreeMap<usize, Holding>,
    pub(super) tagged_by_others: TaggedByOthers,
    /// Documents as they are for some principals, whose numbers follow those of `sources`, each with the number of the one
    /// that is written.
    pub(super) personal: Vec<(usize, Document)>,
    pub(super) controls: Controls,
    /// By document, once somebody has asked.
    pub(super) bearers: OnceLock<Vec<Vec<(usize, Held)>>>,
    /// The policies on resources, once somebody has asked.
    pub(super) standing: OnceLock<Vec<Standing>>,
    /// By document, once somebody has asked.
    pub(super) reached: Vec<OnceLock<Reached>>,
    /// By principal, once somebody has asked.
    pub(super) levels: Vec<OnceLock<Allowed>>,
}

/// A policy of the organization that is attached to something.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) document: usize,
    /// It stands over resources, of some services only, and not over principals.
    pub(super) of_resources: bool,
    /// The number of the account that it is about.
    pub(super) account: usize,
    /// Whether it limits the principals of that: it depends on where it is attached.
    pub(super) applies: Truth,
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// The service control policies of one level of the organization that allow: what they leave out is not allowed.
#[derive(Debug)]
pub(super) struct AllowList {
    /// The number of the account whose principals they may limit.
    pub(super) account: usize,
    pub(super) documents: Vec<usize>,
    /// Why it is not certain that they limit.
    pub(super) unknown: Option<Arc<Unknown>>,
    pub(super) origin: Origin,
}

/// All that stands over the principals of a unit.
#[derive(Debug, Default)]
pub(super) struct Controls {
    pub(super) controls: Vec<Control>,
    pub(super) allow_lists: Vec<AllowList>,
    pub(super) documents: Vec<Document>,
}

impl Controls {
    pub(super) fn is_empty(&self) -> bool {
        self.controls.is_empty() && self.allow_lists.is_empty()
    }

    /// The policies of the organization that may stand over an account.
    pub(super) fn over(&self, account: usize) -> impl Iterator<Item = &Control> {
        self.controls.iter().filter(move |control| control.account == account)
    }

    /// Those that allow, by level.
    pub(super) fn lists_over(&self, account: usize) -> impl Iterator<Item = &AllowList> {
        self.allow_lists.iter().filter(move |list| list.account == account)
    }
}

/// A policy that stands on a resource of the unit.
#[derive(Debug)]
pub(super) struct Standing {
    pub(super) document: Document,
    pub(super) carrier: Carrier,
    /// The role, of the trust of a role.
    pub(super) role: Option<usize>,
    /// The position of the resource that holds the policy, and its address.
    pub(super) resource: usize,
    pub(super) address: Arc<str>,
    pub(super) origin: Origin,
    /// The service whose actions it is about, where that is known.
    pub(super) service: Option<&'static str>,
    /// The address of what it stands on, and its name, as far as they are known.
    pub(super) on: Option<Arc<str>>,
    pub(super) name: Option<String>,
    /// Of a function the alias or version that it is for alone.
    pub(super) qualifier: Option<Value>,
    /// It is a grant that is written in attributes, not a document.
    pub(super) is_grant: bool,
    /// Whether the service takes the policy for public.
    pub(super) public: Truth,
    /// What keeps the public out whatever the policy says, with the steps that show it.
    pub(super) block: PublicAccessBlock,
    pub(super) blocked_by: Vec<Step>,
    /// The parties of each statement, once somebody has asked.
    pub(super) parties: OnceLock<Vec<Parties>>,
}

/// The parties of one statement, by the principals of the unit that each may name.
#[derive(Debug, Default)]
pub(super) struct Parties {
    pub(super) all: Vec<Party>,
    /// Why there may be more.
    pub(super) rest: Option<Arc<Unknown>>,
    /// Those that may name any principal, by their positions.
    pub(super) of_any: Vec<usize>,
    /// Those that may name one principal, by that.
    pub(super) of: HashMap<usize, Vec<usize>>,
}

impl Parties {
    /// Those that may name a principal, in the order of the statement.
    pub(super) fn for_principal(&self, principal: usize) -> impl Iterator<Item = &Party> {
        let own = self.of.get(&principal).map_or(&[][..], Vec::as_slice);
        let mut found: Vec<usize> = self.of_any.iter().chain(own).copied().collect();
        found.sort_unstable();
        found.into_iter().filter_map(|at| self.all.get(at))
    }
}

/// What a document allows and denies.
#[derive(Clone, Debug, Default)]
pub(super) struct Reached {
    pub(super) certain: ActionSet,
    pub(super) possible: ActionSet,
    /// Allowed for certain on every resource without a condition.
    pub(super) whole: ActionSet,
    /// Denied in part: on some resources, or in some requests.
    pub(super) partly_denied: ActionSet,
    /// Possibly so on all resources of a type.
    pub(super) types_denied: ActionSet,
    /// Denied on every resource without a condition.
    pub(super) denied: ActionSet,
    /// Possibly so.
    pub(super) maybe_denied: ActionSet,
}

/// What a principal is allowed.
#[derive(Clone, Debug, Default)]
pub(super) struct Allowed {
    /// For certain, at least on some resource and in some request.
    pub(super) certain: ActionSet,
    /// Possibly.
    pub(super) possible: ActionSet,
}

impl Facts {
    /// The principals that hold a document, members of groups among them, with the way.
    pub(super) fn bearers(&self, document: usize) -> &[(usize, Held)] {
        let all = self.bearers.get_or_init(|| {
            let mut all = vec![Vec::new(); self.sources.len()];
            for (principal, holding) in self.holdings.iter().enumerate() {
                for held in &holding.held {
                    if let Some(bearers) = all.get_mut(self.written(held.document)) {
                        bearers.push((principal, *held));
                    }
                }
            }
            all
        });
        all.get(document).map_or(&[], Vec::as_slice)
    }

    /// Where a document is written.
    pub(super) fn source(&self, document: usize) -> Option<Source> {
        self.sources.get(self.written(document)).copied()
    }

    /// The number of a document as it is written.
    pub(super) fn written(&self, document: usize) -> usize {
        self.personal_at(document).map_or(document, |(written, _)| *written)
    }

    /// What the unknown holder of a document has, where no principal of the unit holds that; none where nothing depends on
    /// who asks.
    pub(super) fn holder_of(&self, is_it: impl Fn(Source) -> bool) -> Option<&Holding> {
        if self.personal.is_empty() {
            return None;
        }
        let at = self.unheld.iter().position(|document| self.source(*document).is_some_and(&is_it))?;
        self.holdings.get((self.holdings.len() - self.unheld.len()) + at)
    }

    /// A document that is one for some principals.
    pub(super) fn personal_at(&self, document: usize) -> Option<&(usize, Document)> {
        self.personal.get(document.checked_sub(self.sources.len())?)
    }

    /// How many documents there are.
    pub(super) fn count(&self) -> usize {
        self.sources.len() + self.personal.len()
    }
}
