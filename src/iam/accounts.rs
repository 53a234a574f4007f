//! The accounts that the resources of a unit are deployed to: one, unless provider configurations act in others.

use std::collections::HashMap;
use std::sync::Arc;

use super::principal::{Account as Whose, Party, PartyKind, is_account_id, is_own_account};
use crate::model::{Account, Mode, Unit};
use crate::source::Origin;
use crate::value::{Fact, Piece, Truth, Unknown, Value, Why};

/// The number of the account that the unit itself is deployed to.
pub(super) const HOME: usize = 0;

/// No more accounts are told apart in one unit.
const MAX_ACCOUNTS: usize = 64;

/// One account.
#[derive(Debug, Default)]
struct One {
    /// The ids that it may have; none where that is not known.
    ids: Vec<String>,
    /// The provider configuration that acts in it; none for that of the unit itself.
    provider: Option<Arc<str>>,
}

/// The accounts of a unit, by numbers.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    all: Vec<One>,
    /// By resource; empty where there is one account only.
    of: Vec<usize>,
    /// The ids of all, and those that are known to be of the own account.
    ids: Vec<String>,
    /// Something is deployed to that of the unit itself.
    is_home_used: bool,
}

impl Accounts {
    /// `own` are the ids that are known to be the own account.
    pub(super) fn of(unit: &Unit, own: &[String]) -> Accounts {
        if unit.resources.iter().all(|resource| resource.account.is_none()) {
            // Other accounts that it tells of are those of configurations that nothing uses.
            let told = unit.account.as_ref().filter(|_| own == unit.own_accounts);
            let home = told.map_or_else(|| own.to_vec(), |id| vec![id.clone()]);
            return Accounts {
                all: vec![One { ids: home, provider: None }],
                of: Vec::new(),
                ids: own.to_vec(),
                is_home_used: true,
            };
        }
        let home = match &unit.account {
            Some(id) => vec![id.clone()],
            // What the configuration says of its accounts, it says of those of other providers.
            None if own == unit.own_accounts => Vec::new(),
            None => own.to_vec(),
        };
        let mut all = vec![One { ids: home, provider: None }];
        let mut known: HashMap<&Account, usize> = HashMap::new();
        let mut of = Vec::with_capacity(unit.resources.len());
        for resource in &unit.resources {
            let Some(account) = &resource.account else {
                of.push(HOME);
                continue;
            };
            let at = *known.entry(&**account).or_insert_with(|| {
                let ids: Vec<String> = account.id.iter().map(ToString::to_string).collect();
                if let Some(same) = all.iter().position(|one| !ids.is_empty() && one.ids == ids) {
                    return same;
                }
                if all.len() == MAX_ACCOUNTS {
                    return MAX_ACCOUNTS - 1;
                }
                all.push(One { ids, provider: Some(account.provider.clone()) });
                all.len() - 1
            });
            of.push(at);
        }
        let mut ids: Vec<String> = own.iter().chain(all.iter().flat_map(|one| &one.ids)).cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        let is_home_used = unit.resources.iter().zip(&of).any(|(resource, account)| {
            *account == HOME && resource.mode == Mode::Managed && resource.provider_type.starts_with("aws_")
        });
        Accounts { all, of, ids, is_home_used }
    }

    /// Whether there is one account only.
    pub(super) fn is_one(&self) -> bool {
        self.all.len() < 2
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.all.len().max(1)
    }

    /// The account of a resource of the unit.
    pub(super) fn at(&self, resource: usize) -> usize {
        self.of.get(resource).copied().unwrap_or(HOME)
    }

    /// The ids that an account may have; none where that is not known.
    pub(super) fn ids(&self, account: usize) -> &[String] {
        self.all.get(account).map_or(&[], |one| &one.ids)
    }

    /// The ids of all of them.
    pub(super) fn all_ids(&self) -> &[String] {
        &self.ids
    }

    /// Whether two are one and the same.
    pub(super) fn are_same(&self, a: usize, b: usize) -> Truth {
        let (one, other) = (self.ids(a), self.ids(b));
        // What is beyond the limit is of several.
        let is_many = |account: usize| account + 1 == MAX_ACCOUNTS;
        if a == b {
            Truth::from(!is_many(a)).or(Truth::Unknown)
        } else if one.is_empty() || other.is_empty() || one.iter().any(|id| other.contains(id)) {
            Truth::Unknown
        } else {
            Truth::False
        }
    }

    /// Whether an account has an id, as far as ids are known.
    pub(super) fn has_id(&self, account: usize, id: &str) -> Truth {
        let ids = self.ids(account);
        match ids {
            [] if self.all.iter().any(|one| one.ids == [id]) => Truth::Unknown,
            // As of any account that nobody says the id of.
            [] => Truth::True,
            _ => Truth::from(ids.iter().any(|own| own == id)),
        }
    }

    /// Whether some of them may be one and the same.
    pub(super) fn are_some_open(&self) -> bool {
        let first = if self.is_home_used { HOME } else { HOME + 1 };
        (first..self.all.len()).any(|a| (first..a).any(|b| self.are_same(a, b) == Truth::Unknown))
    }

    /// Why it is not known whether an account is one of the others.
    pub(super) fn doubt(&self, origin: Origin) -> Arc<Unknown> {
        let open = self.all.iter().filter(|one| one.ids.is_empty());
        let provider = open.filter_map(|one| one.provider.as_deref()).next().unwrap_or("aws");
        let subject = format!("which account the provider `{provider}` acts in");
        Arc::new(Unknown::new(Why::Environment(Fact::Account), subject, origin))
    }

    /// Whether a party of a policy is of an account; `at` tells the account of a resource by its address.
    pub(super) fn has(&self, account: usize, party: &Party, at: impl Fn(&str) -> Option<usize>) -> Truth {
        if matches!(party.kind, PartyKind::Any) || matches!(party.account, Whose::None | Whose::Unknown(_)) {
            return Truth::True;
        }
        if let Some(of) = party.value.as_unknown().and_then(|unknown| at(&unknown.refers.as_ref()?.address)) {
            return self.are_same(account, of);
        }
        match id_in(&party.value) {
            Some(Ok(id)) => self.has_id(account, &id),
            Some(Err(())) => self.are_same(account, HOME),
            None => Truth::True,
        }
    }
}

/// The account in an ARN, or the id that is written alone: an error where it is that of the deployment, whose id is not known.
fn id_in(value: &Value) -> Option<Result<String, ()>> {
    let is_hole = |piece: &Piece| matches!(piece, Piece::Hole(unknown, _) if is_own_account(unknown));
    let pieces = value.to_pieces()?;
    if pieces.iter().any(is_hole) {
        return Some(Err(()));
    }
    let text: String = pieces.iter().map(|piece| if let Piece::Known(text, _) = piece { text } else { "" }).collect();
    let id = if text.starts_with("arn:") { text.split(':').nth(4)? } else { &text };
    is_account_id(id).then(|| Ok(id.to_owned()))
}
