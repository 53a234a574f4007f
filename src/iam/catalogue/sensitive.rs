//! Actions that matter beyond their level, and those that are gone.

use super::action::Action;
use super::table::Table;

static SENSITIVE: Table = Table::new(include_str!("data/sensitive.txt"));
static RETIRED: Table = Table::new(include_str!("data/retired.txt"));

/// Services that take what a program tells of itself, and little else.
const OWN_DATA: [&str; 5] = ["logs", "xray", "ssmmessages", "ec2messages", "cloudwatch"];

/// Actions that stand on every resource since there is no other way, and give no more than a way to read images or a session.
const FORMALITIES: [(&str, &str); 6] = [
    ("ecr", "GetAuthorizationToken"),
    ("ecr-public", "GetAuthorizationToken"),
    ("sts", "GetServiceBearerToken"),
    ("sts", "GetCallerIdentity"),
    // Whoever has a key may ask for a session of his own with it: AWS asks for no permission.
    ("sts", "GetSessionToken"),
    // Each secret of a batch is given to whom `GetSecretValue` gives it.
    ("secretsmanager", "BatchGetSecretValue"),
];

/// Whether a service takes what a program tells of itself, and little else.
pub fn is_of_own_data(service: &str) -> bool {
    OWN_DATA.contains(&service)
}

impl Action {
    /// Whether it returns credentials in name only.
    pub fn is_formality(&self) -> bool {
        FORMALITIES.contains(&(self.service, self.name))
    }
}

/// Why an action matters beyond its access level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SensitiveClass {
    /// It returns credentials.
    Credentials,
    /// It reads customer data.
    Data,
    /// It can expose a resource: resource policies, sharing.
    Exposure,
    /// It manages identities and their permissions.
    Identity,
    /// It is a step of an escalation.
    Escalation,
    /// It switches off logging or protection.
    Protection,
}

/// Several classes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SensitiveClasses(u8);

impl SensitiveClasses {
    /// Whether a class is among them.
    pub fn has(self, class: SensitiveClass) -> bool {
        self.0 & (1 << class as u8) != 0
    }
}

/// The classes of the actions of a service that have some, by name.
pub(super) fn of_service(prefix: &str) -> impl Iterator<Item = (&'static str, SensitiveClasses)> {
    let classes =
        |letters: &str| letters.chars().filter_map(class_of).fold(0, |classes, class| classes | 1 << class as u8);
    let lines = SENSITIVE.section(prefix).lines().filter_map(|line| line.split_once(' '));
    lines.map(move |(name, letters)| (name, SensitiveClasses(classes(letters))))
}

/// How an action is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retired {
    /// The service has taken it away.
    Action,
    /// The whole service is gone.
    Service,
}

/// The classes of an action such as `s3:GetObject`; none for most.
pub fn sensitive(action: &str) -> Vec<SensitiveClass> {
    let line = action.split_once(':').and_then(|(service, name)| SENSITIVE.line(&service.to_ascii_lowercase(), name));
    line.unwrap_or_default().chars().filter_map(class_of).collect()
}

fn class_of(letter: char) -> Option<SensitiveClass> {
    Some(match letter {
        'C' => SensitiveClass::Credentials,
        'D' => SensitiveClass::Data,
        'E' => SensitiveClass::Exposure,
        'I' => SensitiveClass::Identity,
        'X' => SensitiveClass::Escalation,
        'G' => SensitiveClass::Protection,
        _ => return None,
    })
}

/// Whether an action was documented once and is no more.
pub fn retired(action: &str) -> Option<Retired> {
    let (service, name) = action.split_once(':')?;
    let service = service.to_ascii_lowercase();
    if RETIRED.line(&service, name).is_some() {
        return Some(Retired::Action);
    }
    RETIRED.line(&format!("{service}!"), name).map(|_| Retired::Service)
}

#[cfg(test)]
pub(super) fn sections() -> (&'static [super::table::Section], &'static [super::table::Section]) {
    (SENSITIVE.sections(), RETIRED.sections())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_have_classes_and_may_be_gone() {
        assert_eq!(sensitive("s3:getobject"), [SensitiveClass::Data]);
        assert!(sensitive("iam:PutUserPolicy").contains(&SensitiveClass::Identity));
        assert!(sensitive("s3:ListAllMyBuckets").is_empty());
        assert_eq!(retired("account:GetChallengeQuestions"), Some(Retired::Action));
        assert_eq!(retired("codestar:CreateProject"), Some(Retired::Service));
        assert_eq!(retired("s3:GetObject"), None);
    }
}
