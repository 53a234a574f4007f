//! What new policies allow beyond old ones, by access level.

use super::request::Policy;
use super::search::{Outcome, Search};
use crate::iam::action_set::ActionSet;

/// The actions for which requests came to be allowed, or ceased to be.
#[derive(Clone, Debug, Default)]
pub struct Gain {
    /// Those of which some request certainly is.
    pub certain: ActionSet,
    /// Those of which some request may be, the certain ones not among them.
    pub possible: ActionSet,
}

/// What changed, action by action: see [`ActionSet::levels`] for the count by access level.
#[derive(Clone, Debug, Default)]
pub struct Difference {
    /// What the new policies allow and the old ones did not.
    pub gained: Gain,
    /// What the old policies allowed and the new ones do not.
    pub lost: Gain,
}

/// The difference between two policies; that from nothing is what a policy grants.
pub fn difference<'d>(old: impl Into<Policy<'d>>, new: impl Into<Policy<'d>>) -> Difference {
    let (old, new) = (old.into(), new.into());
    Difference { gained: gain(&old, &new), lost: gain(&new, &old) }
}

fn gain(old: &Policy<'_>, new: &Policy<'_>) -> Gain {
    let mut search = Search::new(old, new);
    let mut gain = Gain::default();
    if new.rest.is_some() {
        gain.possible = ActionSet::all();
        return gain;
    }
    let is_blocked = search.blocked().is_some();
    for atom in search.atoms() {
        if is_blocked {
            atom.known.iter().for_each(|action| gain.possible.insert(action));
            continue;
        }
        for group in search.groups(&atom) {
            let set = match search.group(&atom, &group) {
                Outcome::Nothing => continue,
                Outcome::New(_) => &mut gain.certain,
                Outcome::Open(_) => &mut gain.possible,
            };
            group.known.iter().for_each(|action| set.insert(action));
        }
    }
    gain
}
