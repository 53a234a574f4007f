//! What AWS' actions do, by access level. Laid out for direct use: nothing is decoded before the first question.

use std::sync::OnceLock;

use super::pattern;

const LEVELS: &str = include_str!("levels.txt");

/// What an action does, in AWS' own five classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccessLevel {
    /// Names what there is.
    List,
    /// Reads contents or settings.
    Read,
    /// Changes tags, which may be what conditions test.
    Tagging,
    /// Changes contents or settings.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
}

impl AccessLevel {
    /// AWS' name of the level.
    pub fn name(self) -> &'static str {
        match self {
            AccessLevel::List => "List",
            AccessLevel::Read => "Read",
            AccessLevel::Tagging => "Tagging",
            AccessLevel::Write => "Write",
            AccessLevel::PermissionsManagement => "Permissions management",
        }
    }

    fn of_letter(letter: &str) -> Option<AccessLevel> {
        Some(match letter {
            "L" => AccessLevel::List,
            "R" => AccessLevel::Read,
            "T" => AccessLevel::Tagging,
            "W" => AccessLevel::Write,
            "P" => AccessLevel::PermissionsManagement,
            _ => return None,
        })
    }
}

/// The lines of the table, sorted by service.
fn services() -> &'static [(&'static str, &'static str)] {
    static SERVICES: OnceLock<Vec<(&str, &str)>> = OnceLock::new();
    SERVICES.get_or_init(|| {
        LEVELS.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('\t')).collect()
    })
}

/// The levels of the actions that an action pattern such as `s3:Put*` takes in, sorted; empty for an unknown service.
pub fn levels(action_pattern: &str) -> Vec<AccessLevel> {
    let (service, name) = action_pattern.split_once(':').unwrap_or(("*", "*"));
    let service = service.to_ascii_lowercase();
    let mut found = Vec::new();
    let table = services();
    let candidates = match table.binary_search_by(|(other, _)| (*other).cmp(&service)) {
        Ok(at) => &table[at..=at],
        Err(_) if service.contains(['*', '?']) => table,
        Err(_) => &[],
    };
    for (other, classes) in candidates {
        if !pattern::matches_ignoring_case(&service, other) {
            continue;
        }
        for class in classes.split('\t') {
            let Some((letter, actions)) = class.split_once(' ') else { continue };
            let Some(level) = AccessLevel::of_letter(letter) else { continue };
            if !found.contains(&level) && actions.split(',').any(|a| pattern::matches_ignoring_case(name, a)) {
                found.push(level);
            }
        }
    }
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wildcard_takes_in_levels() {
        assert_eq!(levels("ec2:Describe*"), [AccessLevel::List]);
        assert_eq!(levels("s3:Get*"), [AccessLevel::Read]);
        assert!(levels("iam:*").contains(&AccessLevel::PermissionsManagement));
        assert_eq!(levels("S3:getobject"), [AccessLevel::Read]);
        assert_eq!(levels("no-such-service:*"), []);
        assert_eq!(levels("*").len(), 5);
    }

    #[test]
    fn the_table_is_sorted() {
        assert!(services().is_sorted());
        assert!(services().len() > 400);
    }
}
