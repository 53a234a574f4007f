//! What of a policy document is left to those who hold it, once denials and what stands over them have had their say.

use std::sync::Arc;

use super::group::GROUPS;
use super::shut::{Shares, Shut, common, settled};
use crate::iam::catalogue;
use crate::iam::condition::Test;
use crate::iam::document::{Document, Statement, Together};
use crate::iam::everything::leaves_an_administrator;
use crate::iam::identity::Holder;
use crate::iam::taken::Taken;
use crate::source::Origin;
use crate::value::{Truth, Unknown, Value, derived};

/// As large a part of all actions makes a power user.
const POWER: i64 = 70;

/// What a document denies, with what stands over some who hold it.
pub(super) struct Beside {
    /// What is taken for certain.
    pub(super) certain: Taken,
    /// The same, with what possibly is.
    pub(super) possible: Taken,
}

impl Beside {
    fn of(document: &Document, shut: &Shut) -> Beside {
        let with = |denied: &Taken, taken: &Taken| {
            let mut sum = denied.clone();
            sum.add(taken);
            sum
        };
        let certain = with(document.taken(), &shut.certain);
        Beside { certain, possible: with(document.possibly_taken(), &shut.possible) }
    }

    /// Whether a grant of everything still makes an administrator.
    pub(super) fn leaves_an_administrator(&self) -> Truth {
        match [&self.certain, &self.possible].map(|taken| leaves_an_administrator(&taken.bound)) {
            [_, true] => Truth::True,
            [true, false] => Truth::Unknown,
            [false, false] => Truth::False,
        }
    }
}

/// What all statements of a document have in common.
pub(super) struct Left<'d> {
    pub(super) document: &'d Document,
    /// What stands over all who hold it.
    pub(super) shut: Shut,
    /// What is taken from all of them together.
    pub(super) beside: Beside,
    /// The same of those over whom the same stands.
    each: Vec<(Beside, &'d [Holder])>,
    /// Why not all that is taken is certain.
    pub(super) reason: Option<Arc<Unknown>>,
    /// The statements that allow everything only together.
    pub(super) together: Option<&'d Together>,
    /// Whether a grant of everything makes an administrator of some who hold it.
    pub(super) is_one: Truth,
    /// The statement that allows everything, where that does.
    pub(super) whole: Option<usize>,
    /// What denials let through that leave out passing roles.
    pub(super) demanded: Vec<&'d Test>,
    pub(super) mostly_denied: bool,
}

impl<'d> Left<'d> {
    /// None where all who hold it are denied everything: they have nothing of it, as if it said so.
    pub(super) fn of(document: &'d Document, shares: &'d Shares, origin: Origin) -> Option<Left<'d>> {
        let shut = common(shares);
        let beside = Beside::of(document, &shut);
        if !shut.is_nothing() && beside.certain.gone.len() == catalogue::action_count() {
            return None;
        }
        let with = |(shut, among): &'d (Shut, Vec<Holder>)| (Beside::of(document, shut), among.as_slice());
        let each: Vec<(Beside, &[Holder])> = shares.iter().map(with).collect();
        let is_one = Truth::any(each.iter().map(|(beside, _)| beside.leaves_an_administrator()));
        // Together they are left with what none of them has alone.
        let widest = match (is_one, beside.leaves_an_administrator()) {
            (Truth::False, Truth::True | Truth::Unknown) => {
                shares.iter().zip(&each).min_by_key(|(_, (beside, _))| beside.certain.bound.len())
            }
            _ => None,
        };
        let beside = widest.map_or(beside, |((shut, _), _)| Beside::of(document, shut));
        let reason = shut.open(origin).or_else(|| document.doubtful_denial());
        let reason = reason.filter(|_| beside.certain != beside.possible);
        let mostly_denied = beside.certain.narrow.len() * 2 >= catalogue::action_count();
        let demanded = catalogue::action("iam:PassRole").map(|action| document.demanded(action)).unwrap_or_default();
        let together = document.everything_together();
        let is_whole = |statement: &Statement| statement.is_admin().truth.is_true();
        let widest = together.map(|all| all.widest);
        let whole = widest.or_else(|| document.granting().iter().position(is_whole)).filter(|_| is_one.is_true());
        Some(Left { document, shut, beside, each, reason, together, is_one, whole, demanded, mostly_denied })
    }

    /// What everything is that is left.
    pub(super) fn what(&self) -> &'static str {
        match (self.mostly_denied, self.shut.bounded) {
            (true, true) => "every action that boundaries and denials leave",
            (true, false) => "every action that is not denied",
            (false, _) => "every action",
        }
    }

    /// A field that depends on what is taken: unknown where that is not certain and it would be another one.
    pub(super) fn found(&self, field: impl Fn(&Taken) -> Value) -> Value {
        let most = field(&self.beside.certain);
        match &self.reason {
            Some(reason) => settled(most, &field(&self.beside.possible), reason),
            None => most,
        }
    }

    /// What a statement allows of whole types of resources, by groups.
    pub(super) fn type_wide(&self, statement: &Statement, own_accounts: &[String]) -> Value {
        let most = statement.type_wide(&self.beside.certain, own_accounts);
        let Some(reason) = &self.reason else { return most };
        let least = statement.type_wide(&self.beside.possible, own_accounts);
        // Of an administrator, if it is one, nothing else is told.
        let most = if most.as_map().is_some() { most } else { least.clone() };
        if most.as_map().is_none() {
            return most;
        }
        let origin = statement.value.origin;
        let group = |name: &&'static str| {
            let of = |all: &Value| all.get(name).cloned().unwrap_or_else(|| Value::null(origin));
            (*name, settled(of(&most), &of(&least), reason))
        };
        Value::fields(GROUPS.iter().map(group), origin)
    }

    /// How much of all actions a statement allows.
    pub(super) fn share(&self, statement: &Statement) -> Value {
        let most = statement.share(&self.beside.certain);
        let Some(reason) = &self.reason else { return most };
        let least = statement.share(&self.beside.possible);
        let is_power = |value: &Value| value.as_number().and_then(|n| n.as_i64()).is_some_and(|n| n >= POWER);
        if is_power(&most) && !is_power(&least) { Value::unknown(derived(reason), most.origin) } else { least }
    }

    /// Of those who hold it the ones to whom a statement gives what it is told for: everything, or changes of permissions on
    /// whole types.
    pub(super) fn wide_holders(&self, is_admin: Option<bool>, type_wide: &Value) -> Vec<Holder> {
        let changes = type_wide.get("permissions").and_then(|group| group.get("actions"));
        let changes = changes.map_or(&[][..], |actions| actions.elements()).iter();
        let changes: Vec<_> = changes.filter_map(|name| catalogue::action(name.as_str()?)).collect();
        let gives = |(beside, _): &&(Beside, &[Holder])| match is_admin {
            _ if self.each.len() == 1 => true,
            Some(true) => beside.leaves_an_administrator().is_true(),
            _ => !changes.is_empty() && !changes.iter().any(|action| beside.possible.narrow.contains(action)),
        };
        self.each.iter().filter(gives).flat_map(|(_, among)| among.iter().cloned()).collect()
    }
}
