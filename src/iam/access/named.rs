//! Which of the actions that ways of escalation ask for a statement names.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::iam::catalogue::{escalation_paths, passrole_consumers};
use crate::iam::document::{Elements, Statement};
use crate::iam::pattern;
use crate::iam::watched::{Bits, Names, WORDS};
use crate::value::Value;

/// Nobody names so many actions of many services by pattern.
const MAX_WILDCARDS: usize = 300;

/// The watched actions: those of all paths, and those that take a role.
#[derive(Debug)]
pub(in crate::iam) struct Watch {
    /// In lower case, sorted.
    names: Vec<String>,
    bits: HashMap<String, usize>,
}

/// Actions that open ways for whoever holds what these take.
pub(in crate::iam) const BESIDES: [&str; 4] =
    ["iam:DeleteUserPermissionsBoundary", "iam:DeleteRolePermissionsBoundary", "iam:TagRole", "iam:TagUser"];

pub(in crate::iam) fn watch() -> &'static Watch {
    static WATCH: OnceLock<Watch> = OnceLock::new();
    WATCH.get_or_init(|| {
        let of_paths = escalation_paths().iter().flat_map(|path| {
            let defused = path.defuse.iter().filter_map(|defuse| defuse.split(' ').next());
            path.all
                .iter()
                .flat_map(|entry| entry.split('|'))
                .chain(path.helpers.iter().map(String::as_str))
                .chain(defused)
        });
        let all = of_paths.chain(passrole_consumers().iter().copied()).chain(BESIDES);
        let mut names: Vec<String> = all.map(str::to_ascii_lowercase).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(WORDS * 64);
        let bits = names.iter().cloned().enumerate().map(|(bit, name)| (name, bit)).collect();
        Watch { names, bits }
    })
}

impl Watch {
    /// The bit of an action, given in lower case.
    pub(in crate::iam) fn bit(&self, lower: &str) -> Option<usize> {
        self.bits.get(lower).copied()
    }

    fn matching(&self, text: &str) -> Bits {
        let lower = text.to_ascii_lowercase();
        let mut bits = Bits::default();
        if !lower.contains(['*', '?']) {
            if let Some(bit) = self.bit(&lower) {
                bits.set(bit);
            }
            return bits;
        }
        if lower == "*" || lower == "*:*" {
            return Bits::ALL;
        }
        let literal = lower.split(['*', '?']).next().unwrap_or_default();
        let start = self.names.partition_point(|name| name.as_str() < literal);
        let some = self.names.iter().enumerate().skip(start).take_while(|(_, name)| name.starts_with(literal));
        some.filter(|(_, name)| pattern::matches(&lower, name)).for_each(|(bit, _)| bits.set(bit));
        bits
    }

    fn of(&self, elements: &Elements) -> Names {
        let mut names = Names::default();
        if elements.rest.is_some() {
            names.possible = Bits::ALL;
        }
        let mut wildcards = 0;
        for item in &elements.items {
            if let Some(text) = item.as_str() {
                wildcards += usize::from(text.contains(['*', '?']));
                if wildcards > MAX_WILDCARDS {
                    names.possible = Bits::ALL;
                    continue;
                }
                let bits = self.matching(text);
                names.certain.add(&bits);
                names.possible.add(&bits);
                continue;
            }
            match item.as_unknown() {
                Some(unknown) if !unknown.candidates.is_empty() => {
                    let mut agreed = Bits::ALL;
                    for candidate in &unknown.candidates {
                        let bits = candidate.as_str().map_or(Bits::ALL, |text| self.matching(text));
                        agreed = agreed.common(&candidate.as_str().map_or(Bits::default(), |_| bits));
                        names.possible.add(&bits);
                    }
                    names.certain.add(&agreed);
                }
                _ => {
                    if let Some(widest) = item.with_holes_as_wildcards() {
                        names.possible.add(&self.matching(&widest));
                    }
                }
            }
        }
        names
    }

    /// The watched actions of a statement.
    pub(in crate::iam) fn names(&self, statement: &Statement) -> Names {
        let read = || match (&statement.actions, &statement.not_actions) {
            (Some(actions), _) => self.of(actions),
            (None, Some(not)) => {
                let left_out = self.of(not);
                Names { certain: left_out.possible.complement(), possible: left_out.certain.complement() }
            }
            (None, None) => Names::default(),
        };
        *statement.watched.get_or_init(read)
    }
}

/// The watched actions in lower case, by their bits.
pub(in crate::iam) fn watched_names() -> impl Iterator<Item = &'static str> {
    watch().names.iter().map(String::as_str)
}

/// Whether a statement names an action, given in lower case.
pub(in crate::iam) fn names_action(statement: &Statement, lower: &str) -> crate::value::Truth {
    use crate::value::Truth;
    let takes_in = |item: &Value| pattern_takes(item, lower);
    match (&statement.actions, &statement.not_actions) {
        (Some(actions), _) => actions.find(takes_in).0,
        (None, Some(not)) => !not.find(takes_in).0,
        (None, None) => Truth::False,
    }
}

fn pattern_takes(item: &Value, lower: &str) -> crate::value::Truth {
    use crate::value::Truth;
    match (item.as_str(), item.as_unknown()) {
        (Some(text), _) => pattern::covers(&text.to_ascii_lowercase(), lower).into(),
        (None, Some(unknown)) => unknown.agree(|candidate| pattern_takes(candidate, lower)),
        (None, None) => {
            let widest = item.with_holes_as_wildcards().unwrap_or_default().to_ascii_lowercase();
            if pattern::covers(&widest, lower) { Truth::Unknown } else { Truth::False }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_every_action() {
        let watch = watch();
        assert!(watch.names.len() < WORDS * 64, "{}", watch.names.len());
        assert!(watch.matching("iam:PASS*").has(watch.bit("iam:passrole").unwrap()));
        assert!(!watch.matching("iam:PASS*").has(watch.bit("iam:createrole").unwrap()));
        assert!(watch.matching("*:createfunction").has(watch.bit("lambda:createfunction").unwrap()));
    }
}
