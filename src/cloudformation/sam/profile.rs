//! The policy templates and connector profiles of SAM as text, and as tables. The head of the file says how to read it.

use std::collections::HashMap;
use std::sync::OnceLock;

const TEXT: &str = include_str!("policies.txt");

/// A policy template.
#[derive(Default)]
pub(super) struct PolicyTemplate {
    pub(super) parameters: Vec<&'static str>,
    pub(super) statements: Vec<&'static str>,
}

/// What a connector makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Makes {
    ManagedPolicy,
    QueuePolicy,
    TopicPolicy,
    Permission,
}

/// What a connector between two types grants for one kind of access.
pub(super) struct Profile {
    pub(super) access: &'static str,
    pub(super) makes: Makes,
    /// Statements, or the properties of one permission as JSON.
    pub(super) lines: Vec<&'static str>,
}

/// Profiles by the type of the destination.
type ByDestination = HashMap<&'static str, Vec<Profile>>;

#[derive(Default)]
struct Tables {
    templates: HashMap<&'static str, PolicyTemplate>,
    /// By the type of the source.
    profiles: HashMap<&'static str, ByDestination>,
}

fn tables() -> &'static Tables {
    static TABLES: OnceLock<Tables> = OnceLock::new();
    TABLES.get_or_init(|| {
        let mut tables = Tables::default();
        let mut template = "";
        let mut ends = None;
        for line in TEXT.lines() {
            if let Some(head) = line.strip_prefix('@') {
                let mut words = head.split(' ');
                template = words.next().unwrap_or("");
                ends = None;
                tables.templates.entry(template).or_default().parameters = words.collect();
            } else if let Some(head) = line.strip_prefix('%') {
                let mut words = head.split(' ');
                let mut word = || words.next().unwrap_or("");
                let (source, destination) = (word(), word());
                let makes = match word() {
                    "AWS_LAMBDA_PERMISSION" => Makes::Permission,
                    "AWS_SNS_TOPIC_POLICY" => Makes::TopicPolicy,
                    "AWS_SQS_QUEUE_POLICY" => Makes::QueuePolicy,
                    _ => Makes::ManagedPolicy,
                };
                ends = Some((source, destination));
                let profile = Profile { access: word(), makes, lines: Vec::new() };
                tables.profiles.entry(source).or_default().entry(destination).or_default().push(profile);
            } else if let Some(statement) = line.strip_prefix("+ ").or(line.strip_prefix("= ")) {
                match ends {
                    Some((source, destination)) => {
                        let profiles = tables.profiles.get_mut(source).and_then(|ends| ends.get_mut(destination));
                        if let Some(profile) = profiles.and_then(|profiles| profiles.last_mut()) {
                            profile.lines.push(statement);
                        }
                    }
                    None => tables.templates.entry(template).or_default().statements.push(statement),
                }
            }
        }
        tables
    })
}

/// The policy templates by name.
pub(super) fn policy_templates() -> &'static HashMap<&'static str, PolicyTemplate> {
    &tables().templates
}

/// What connectors between two types grant, by access; nothing where there is no such connector.
pub(super) fn profiles(source: &str, destination: &str) -> &'static [Profile] {
    tables().profiles.get(source).and_then(|ends| ends.get(destination)).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_whole() {
        assert!(policy_templates().len() > 80, "{}", policy_templates().len());
        assert!(policy_templates().values().all(|template| !template.statements.is_empty()));
        assert_eq!(policy_templates()["DynamoDBStreamReadPolicy"].parameters, ["StreamName", "TableName"]);
        let ends = || tables().profiles.values().flat_map(HashMap::values);
        assert_eq!(ends().count(), 31);
        assert!(ends().flatten().all(|profile| !profile.lines.is_empty()));
        let [read, write] = profiles("AWS::Lambda::Function", "AWS::S3::Bucket") else { panic!("two kinds of access") };
        assert_eq!((read.access, write.access, read.makes), ("Read", "Write", Makes::ManagedPolicy));
        assert!(profiles("AWS::S3::Bucket", "AWS::S3::Bucket").is_empty());
    }
}
