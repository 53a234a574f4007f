//! The actions that a pattern such as `s3:Put*` takes in.

use super::action::{AccessLevel, Action, service, services};
use crate::iam::pattern;

/// No whole name of an action is longer.
const LONGEST_NAME: usize = 200;

/// An action pattern in lower case.
struct Wanted {
    text: String,
}

impl Wanted {
    /// `None` for a pattern that is longer than any name.
    fn new(action_pattern: &str) -> Option<Wanted> {
        if action_pattern.bytes().filter(|byte| *byte != b'*').count() > LONGEST_NAME {
            return None;
        }
        let mut text = action_pattern.to_ascii_lowercase();
        while text.contains("**") {
            text = text.replace("**", "*");
        }
        Some(Wanted { text })
    }

    /// The parts before and behind the colon. Whole names have one: a pattern without takes it in by a wildcard.
    fn parts(&self) -> (&str, &str) {
        self.text.split_once(':').unwrap_or((&self.text, "*"))
    }

    fn has_colon(&self) -> bool {
        self.text.contains(':')
    }

    /// The actions that the beginning of the pattern leaves open.
    fn candidates(&self) -> impl Iterator<Item = &'static Action> {
        let (prefix, name) = self.parts();
        let wild = prefix.contains(['*', '?']);
        let one = if wild { None } else { service(prefix).filter(|_| self.has_colon()) };
        let literal = name.split(['*', '?']).next().unwrap_or_default();
        let of_one = one.map(|service| service.beginning(literal)).unwrap_or_default();
        let of_all = services()
            .iter()
            .filter(move |service| wild && (!self.has_colon() || pattern::matches(prefix, service.prefix)));
        of_one.iter().chain(of_all.flat_map(|service| service.actions()))
    }

    /// Whether it takes in an action of any service.
    fn takes_in(&self, action: &Action) -> bool {
        let (prefix, _) = self.parts();
        let of_service = match (prefix.contains(['*', '?']), self.has_colon()) {
            (true, true) => pattern::matches(prefix, action.service),
            (false, true) => prefix == action.service,
            (wild, false) => wild,
        };
        of_service && self.matches(action)
    }

    fn matches(&self, action: &Action) -> bool {
        if !self.has_colon() {
            return self.text == "*" || pattern::matches(&self.text, &action.full_name().to_ascii_lowercase());
        }
        pattern::matches_ignoring_case(self.parts().1, action.name)
    }
}

/// The actions that an action pattern such as `s3:Put*` takes in, in the catalogue's order.
pub fn actions_matching(action_pattern: &str) -> Vec<&'static Action> {
    let Some(wanted) = Wanted::new(action_pattern) else { return Vec::new() };
    wanted.candidates().filter(|action| wanted.matches(action)).collect()
}

/// Whether an action pattern such as `s3:Put*` takes in an action.
pub fn takes_in(action_pattern: &str, action: &Action) -> bool {
    Wanted::new(action_pattern).is_some_and(|wanted| wanted.takes_in(action))
}

/// The levels of the actions that an action pattern such as `s3:Put*` takes in, sorted; empty where there is no such action.
pub fn levels(action_pattern: &str) -> Vec<AccessLevel> {
    let mut found = Vec::new();
    let Some(wanted) = Wanted::new(action_pattern) else { return found };
    for action in wanted.candidates() {
        if !found.contains(&action.level) && wanted.matches(action) {
            found.push(action.level);
            if found.len() == AccessLevel::ALL.len() {
                break;
            }
        }
    }
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::catalogue::{Service, action_count};

    #[test]
    fn a_wildcard_takes_in_levels() {
        assert_eq!(levels("ec2:Describe*"), [AccessLevel::List]);
        assert_eq!(levels("s3:Get*"), [AccessLevel::Read]);
        assert!(levels("iam:*").contains(&AccessLevel::PermissionsManagement));
        assert_eq!(levels("S3:getobject"), [AccessLevel::Read]);
        assert_eq!(levels("no-such-service:*"), []);
        assert_eq!(levels("*").len(), 5);
        assert_eq!(levels("*:*").len(), 5);
    }

    #[test]
    fn wildcards_take_in_actions_of_any_place() {
        let names = |text: &str| actions_matching(text).iter().map(|a| a.full_name()).collect::<Vec<_>>();
        assert_eq!(names("s3:GetObjectAc?"), ["s3:GetObjectAcl"]);
        assert_eq!(names("s*3:getobjectacl"), ["s3:GetObjectAcl"]);
        assert_eq!(names("iam:*Role").iter().filter(|name| *name == "iam:PassRole").count(), 1);
        assert_eq!(names("*").len(), action_count());
        assert_eq!(names("iam"), [""; 0]);
        assert_eq!(names("iam:"), [""; 0]);
        assert_eq!(names("***:***").len(), action_count());
        assert_eq!(names(&"?*a".repeat(10_000)), [""; 0]);
        for text in ["*", "***:***", "s*3:getobjectacl", "S3:getobj*", "iam", "iam:", "i*", "iam:*Role"] {
            let taken = services().iter().flat_map(Service::actions).filter(|action| takes_in(text, action));
            assert_eq!(taken.map(Action::full_name).collect::<Vec<_>>(), names(text), "{text}");
        }
        assert!(names("*").iter().all(|name| name.len() <= LONGEST_NAME));
    }
}
