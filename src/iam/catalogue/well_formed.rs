//! Every line of every table is read.

use super::*;
use crate::value::Truth;

#[test]
fn every_action_is_read() {
    let mut id = 0;
    for service in services() {
        let lines = super::action::lines_of(service);
        assert_eq!(service.actions().len(), lines, "{}", service.prefix);
        let names: Vec<String> = service.actions().iter().map(|action| action.name.to_ascii_lowercase()).collect();
        assert!(names.is_sorted(), "{}", service.prefix);
        assert!(!service.name().is_empty(), "{}", service.prefix);
        for action in service.actions() {
            assert_eq!(action.id, id);
            id += 1;
            let types = action.resource_types().count();
            assert_eq!(types, super::action::types_of(action).split_whitespace().count(), "{}", action.full_name());
            assert_eq!(action.has_resource_types(), types > 0);
        }
    }
    assert_eq!(id, action_count());
    assert!(id > 22_000 && services().len() > 450 && services().is_sorted_by_key(|service| service.prefix));
}

#[test]
fn every_resource_type_has_an_arn() {
    let mut count = 0;
    for (service, lines) in super::resource::sections() {
        let types = resource_types(service);
        assert_eq!(types.len(), lines.lines().count(), "{service}");
        for kind in types {
            for arn in kind.arns() {
                assert_eq!(arn.glob.fields().len(), 6, "{service} {}: {}", kind.name, arn.glob);
            }
            assert!(!kind.arn_service().is_empty(), "{service} {}", kind.name);
            for key in kind.condition_keys() {
                assert!(
                    super::key(&key.replace("${", "").replace('}', "")).is_some(),
                    "{service} {}: {key}",
                    kind.name
                );
            }
            count += 1;
        }
    }
    assert!(count > 2_200, "{count}");
}

#[test]
fn every_key_has_a_type() {
    let mut count = 0;
    for (service, lines) in super::key::sections() {
        for line in lines.lines() {
            let (token, kind) = line.rsplit_once(' ').unwrap();
            let name = super::key::of_tokens(service, token).remove(0).replace("${", "").replace('}', "");
            let found = key(&name).unwrap_or_else(|| panic!("{service}: {line}"));
            if found.presence == Presence::PerAction {
                assert_eq!(found.many, kind.ends_with('*'), "{service}: {line}");
            }
            count += 1;
        }
    }
    assert!(count > 1_300, "{count}");
    let rows = include_str!("data/global_keys.tsv").lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(global_keys().len(), rows);
}

#[test]
fn every_managed_policy_is_a_document() {
    let text = include_str!("data/managed.txt");
    let heads = text.lines().filter(|line| line.starts_with('@')).count();
    assert_eq!(managed_policies().len(), heads);
    let mut statements = 0;
    let mut unknown = Vec::new();
    for policy in managed_policies() {
        assert!(std::ptr::eq(managed_policy(policy.name).unwrap(), policy));
        assert!(std::ptr::eq(managed_policy(&policy.arn()).unwrap(), policy), "{}", policy.arn());
        let document = policy.document();
        assert!(
            document.invalid.is_none() && document.rest.is_none() && !document.statements.is_empty(),
            "{}",
            policy.name
        );
        for statement in &document.statements {
            assert_ne!(statement.allows(), Truth::Unknown);
            assert!(statement.actions.is_some() != statement.not_actions.is_some(), "{}", policy.name);
            assert!(statement.resources.is_some() != statement.not_resources.is_some(), "{}", policy.name);
            assert!(statement.more_tests.is_none(), "{}", policy.name);
            let actions = statement.actions.iter().chain(&statement.not_actions).flat_map(|list| &list.items);
            unknown.extend(actions.filter(|action| levels(action.as_str().unwrap()).is_empty()).cloned());
        }
        statements += document.statements.len();
    }
    assert_eq!(statements, text.lines().filter(|line| line.starts_with(['+', '-'])).count());
    assert!(heads > 1_500 && statements > 8_000, "{heads} policies, {statements} statements");
    let admins = managed_policies()
        .iter()
        .filter(|policy| policy.document().statements.iter().any(|s| s.is_admin().truth.is_true()));
    assert_eq!(admins.map(|policy| policy.name).collect::<Vec<_>>(), ["AdministratorAccess"]);
    // AWS' own policies name actions that are gone, but most of what they name is there.
    assert!(unknown.len() < 1_000, "{}", unknown.len());
}

#[test]
fn every_sensitive_action_is_one() {
    let (sensitive_sections, retired_sections) = super::sensitive::sections();
    for (service, lines) in sensitive_sections {
        for line in lines.lines() {
            let name = format!("{service}:{}", line.split(' ').next().unwrap());
            assert!(action(&name).is_some(), "{name}");
            let classes = sensitive(&name);
            assert_eq!(classes.len(), line.split(' ').nth(1).unwrap().len(), "{name}");
            assert!(classes.iter().all(|class| action(&name).unwrap().classes.has(*class)), "{name}");
        }
    }
    for (service, lines) in retired_sections {
        for name in lines.lines().map(|line| format!("{}:{line}", service.trim_end_matches('!'))) {
            assert!(action(&name).is_none() && retired(&name).is_some(), "{name}");
        }
    }
    assert!(sensitive_sections.len() > 100 && retired_sections.len() > 30);
}

#[test]
fn every_dependent_and_consumer_is_an_action() {
    for (service, lines) in super::role::sections() {
        for line in lines.lines() {
            let (name, needed) = line.split_once(": ").unwrap();
            let name = format!("{service}:{name}");
            assert!(action(&name).is_some(), "{name}");
            assert_eq!(dependents(&name).len(), needed.split(' ').count(), "{name}");
        }
    }
    for consumer in passrole_consumers() {
        assert!(action(consumer).is_some(), "{consumer}");
    }
    assert!(passrole_consumers().len() > 300 && role_references().len() > 1_000);
}

#[test]
fn every_escalation_path_is_read() {
    let text = include_str!("data/privesc.toml");
    let paths = escalation_paths();
    assert_eq!(paths.len(), text.lines().filter(|line| *line == "[[path]]").count());
    for path in paths {
        for name in path.all.iter().flat_map(|entry| entry.split('|')) {
            assert!(path.retired || !actions_matching(name).is_empty(), "{}: {name}", path.id);
        }
        assert!(!path.all.is_empty(), "{}", path.id);
    }
    assert!(paths.len() > 100);
}

#[test]
fn every_carrier_is_read() {
    let lines = include_str!("data/carriers.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(carriers().len(), lines.count());
    assert!(carriers().len() > 440 && carriers().iter().any(|row| row.role == "trust"));
}

#[test]
fn the_catalogue_has_a_day() {
    let date = date();
    let parts: Vec<u32> = date.split('-').map(|part| part.parse().unwrap()).collect();
    assert!(matches!(parts.as_slice(), [year, 1..=12, 1..=31] if *year >= 2026), "{date}");
}
