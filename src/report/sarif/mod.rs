//! SARIF 2.1.0, as GitHub code scanning reads it.

mod model;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{self, Write};

use self::model::{
    ArtifactLocation, AutomationDetails, Configuration, Descriptor, Driver, DriverProperties, Fingerprints, Help,
    Invocation, Location, Log, LogicalLocation, Message, Notification, PhysicalLocation, Properties, Region, Rule, Run,
    Suppression, Tool, UriBase,
};
use super::json::Stream;
use super::location::{is_in_repository, uri};
use super::redact::redact;
use super::summary::{count, first_paragraph};
use super::{Finding, Place, Report, WriteOptions};
use crate::diagnostic::{Diagnostic, Level};
use crate::rules::{Example, RuleInfo, Severity};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const ROOT: &str = "%SRCROOT%";

/// A file with more results is refused as a whole.
const MAX_RESULTS: usize = 25_000;
/// Of the results of a run that are taken, code scanning shows this many: the first ones.
const SHOWN_RESULTS: usize = 5_000;
/// A result with more than 1,000 locations is refused, 100 of them are shown.
const MAX_RELATED: usize = 100;
/// A rule with more than 20 tags is refused, 10 of them are shown.
const MAX_TAGS: usize = 10;
/// How much of a description is taken.
const MAX_DESCRIPTION: usize = 1024;
/// How much of a name is taken.
const MAX_NAME: usize = 255;

/// Writes the report as SARIF.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    // suppressed results are the first to go, and then the least important ones
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| (finding.suppressed.is_some(), std::cmp::Reverse(finding.severity)));
    let cut = findings.split_off(findings.len().min(MAX_RESULTS)).len();

    let mut rules: BTreeMap<&str, (&RuleInfo, Severity)> =
        report.rules.iter().map(|rule| (&*rule.id, (&**rule, rule.severity))).collect();
    let mut worst: HashMap<&str, Severity> = HashMap::new();
    for finding in &findings {
        let severity = worst.entry(&finding.rule.id).or_insert(finding.severity);
        *severity = finding.severity.max(*severity);
        // the project's configuration may have changed the severity that the rule comes with
        rules.insert(&finding.rule.id, (&finding.rule, *severity));
    }
    let index: HashMap<&str, usize> = rules.keys().enumerate().map(|(index, id)| (*id, index)).collect();

    let mut notifications: Vec<Notification<'_>> =
        report.diagnostics.iter().map(|diagnostic| notification(diagnostic, report, options)).collect();
    let mut limit = |id, text: String| {
        let (message, locations) = (Message { text: text.into() }, Vec::new());
        notifications.push(Notification { descriptor: Descriptor { id }, level: "warning", message, locations });
    };
    if findings.len() > SHOWN_RESULTS {
        let number = findings.len();
        limit(
            "results-not-shown",
            format!("Code scanning shows the {SHOWN_RESULTS} most important of {number} results."),
        );
    }
    if cut > 0 {
        let left_out = count(cut, "result");
        limit("results-cut", format!("Left out: {left_out}. A run holds at most {MAX_RESULTS}."));
    }
    let description = "The root of the repository.";
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "iacscan",
                    semantic_version: &options.tool_version,
                    information_uri: env!("CARGO_PKG_REPOSITORY"),
                    properties: DriverProperties { catalogue: &options.catalogue_date },
                    rules: rules.values().map(|(rule, severity)| rule_entry(rule, *severity)).collect(),
                },
            },
            automation_details: AutomationDetails { id: "iacscan/" },
            column_kind: "unicodeCodePoints",
            original_uri_base_ids: BTreeMap::from([(
                ROOT,
                UriBase { description: Message { text: description.into() } },
            )]),
            invocations: [Invocation {
                execution_successful: report.diagnostics.iter().all(|diagnostic| diagnostic.level != Level::Error),
                tool_execution_notifications: notifications,
            }],
            results: Stream(findings.iter().map(|finding| result(finding, &index, options))),
        }],
    };
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

fn rule_entry(rule: &RuleInfo, severity: Severity) -> Rule<'_> {
    let (title, rationale) = (rule.title.trim(), first_paragraph(&rule.rationale));
    let full = if rationale.is_empty() { title } else { &rationale };
    let frameworks = rule.frameworks.iter();
    let controls =
        frameworks.flat_map(|(framework, controls)| controls.iter().map(move |id| format!("{framework}/{id}")));
    let mut tags: Vec<String> = ["security", "iam", &rule.topic, &rule.practice].map(str::to_owned).into();
    tags.extend(controls);
    let mut seen = BTreeSet::new();
    tags.retain(|tag| !tag.is_empty() && seen.insert(tag.clone()));
    tags.truncate(MAX_TAGS);
    Rule {
        id: &rule.id,
        name: cut(&pascal_case(&rule.id), MAX_NAME),
        short_description: Message { text: cut(&sentence(title), MAX_DESCRIPTION).into() },
        full_description: Message { text: cut(&sentence(full), MAX_DESCRIPTION).into() },
        help: Help {
            text: format!("{}\n\n{}\n", sentence(full), rule.remediation.trim()),
            markdown: help_markdown(rule),
        },
        default_configuration: Configuration { level: level(severity) },
        properties: Properties {
            tags,
            precision: "very-high",
            security_severity: match severity {
                Severity::Critical => Some("9.5"),
                Severity::High => Some("8.0"),
                Severity::Medium => Some("5.5"),
                Severity::Low => Some("2.0"),
                Severity::Info => None,
            },
        },
    }
}

fn help_markdown(rule: &RuleInfo) -> String {
    let mut text =
        format!("# {}\n\n{}\n\n## What to do\n\n{}\n", rule.title, rule.rationale.trim(), rule.remediation.trim());
    for (heading, examples) in [("Breaks the rule", rule.examples.bad()), ("Keeps the rule", rule.examples.good())] {
        let blocks: Vec<String> = examples.iter().flat_map(code_blocks).collect();
        if !blocks.is_empty() {
            text.push_str(&format!("\n## {heading}\n\n{}", blocks.join("\n")));
        }
    }
    if !rule.aliases.is_empty() {
        text.push_str(&format!("\nThe same check elsewhere: {}\n", rule.aliases.join(", ")));
    }
    text
}

fn code_blocks(example: &Example) -> impl Iterator<Item = String> {
    let json = [("json", &example.policy), ("json", &example.plan)];
    let blocks = [("hcl", &example.terraform), ("yaml", &example.cloudformation)].into_iter().chain(json);
    blocks.into_iter().filter_map(|(language, code)| {
        code.as_ref().map(|code| format!("```{language}\n{}\n```\n", code.trim_matches('\n')))
    })
}

fn result<'a>(finding: &'a Finding, index: &HashMap<&str, usize>, options: &WriteOptions) -> model::Finding<'a> {
    let linked = || finding.related.iter().filter(|related| !related.place.file.is_empty()).take(MAX_RELATED);
    let mut text = sentence(&redact(&finding.message));
    if let Some(when) = &finding.when {
        text.push_str(&format!("\n{}", sentence(&format!("this is so when {}", redact(when)))));
    }
    if let Some(possible) = &finding.possible {
        text.push_str(&format!("\nThe resource may not exist: {}", sentence(&redact(possible))));
    }
    for consequence in &finding.consequences {
        text.push_str(&format!("\nThis also means: {}", sentence(&redact(&consequence.message))));
    }
    if let Some(construct) = &finding.construct {
        text.push_str(&format!("\n{}", sentence(&construct.phrase())));
    }
    if let Some(instances) = super::text::instances(finding) {
        text.push_str(&format!("\n{}", sentence(&instances)));
    }
    let links: Vec<String> = linked()
        .enumerate()
        .map(|(id, related)| format!("[{}]({})", link_text(&redact(&related.message)), id + 1))
        .collect();
    if !links.is_empty() {
        text.push_str(&format!("\nSee {}.", links.join(", ")));
    }
    let related = linked().enumerate().map(|(id, related)| Location {
        id: Some(id + 1),
        message: Some(Message { text: redact(&related.message) }),
        ..location(&related.place, options)
    });
    let mut logical = vec![LogicalLocation { fully_qualified_name: &finding.resource, kind: "resource" }];
    logical.extend(
        (finding.construct.as_ref())
            .map(|construct| LogicalLocation { fully_qualified_name: &construct.path, kind: "construct" }),
    );
    model::Finding {
        rule_id: &finding.rule.id,
        rule_index: index.get(&*finding.rule.id).copied().unwrap_or(0),
        level: level(finding.severity),
        message: Message { text: text.into() },
        locations: [Location { logical_locations: Some(logical), ..location(&finding.place, options) }],
        related_locations: related.collect(),
        partial_fingerprints: Fingerprints {
            // code hosts take what stands behind the colon for the number among equal ones
            line_hash: match finding.fingerprint.contains(':') {
                true => finding.fingerprint.as_str().into(),
                false => format!("{}:1", finding.fingerprint).into(),
            },
            own: &finding.fingerprint,
        },
        suppressions: (finding.suppressed.iter())
            .map(|suppressed| Suppression {
                kind: "inSource",
                justification: redact(&suppressed.reason),
                location: Some(location(&suppressed.place, options)).filter(|_| !suppressed.place.file.is_empty()),
            })
            .collect(),
    }
}

fn notification<'a>(diagnostic: &'a Diagnostic, report: &Report, options: &WriteOptions) -> Notification<'a> {
    let mut text = sentence(&redact(&diagnostic.message));
    if let Some(help) = &diagnostic.help {
        text.push_str(&format!("\n{}", sentence(&redact(help))));
    }
    let place = match (diagnostic.labels.first(), &diagnostic.path) {
        (Some(label), _) => Some(location(&Place::of(label.origin, &report.sources), options)),
        (None, Some(path)) => Some(at_file(path, options)),
        (None, None) => None,
    };
    Notification {
        descriptor: Descriptor { id: diagnostic.code },
        level: match diagnostic.level {
            Level::Error => "error",
            Level::Warning => "warning",
        },
        message: Message { text: text.into() },
        locations: place.into_iter().collect(),
    }
}

fn location(place: &Place, options: &WriteOptions) -> Location<'static> {
    let mut location = at_file(&place.file, options);
    let (start, end) = (place.start, place.end.max(place.start));
    location.physical_location.region = Region {
        start_line: start.line.max(1),
        start_column: start.column.max(1),
        end_line: end.line.max(1),
        end_column: end.column.max(1),
    };
    location
}

/// The first character of a file; of the root where the file has no name.
fn at_file(file: &str, options: &WriteOptions) -> Location<'static> {
    let uri = uri(file, options);
    let uri_base_id = is_in_repository(&uri).then_some(ROOT);
    let region = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 1 };
    Location {
        id: None,
        physical_location: PhysicalLocation { artifact_location: ArtifactLocation { uri, uri_base_id }, region },
        logical_locations: None,
        message: None,
    }
}

fn link_text(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A text with a full stop and a capital, where it begins with a word.
fn sentence(text: &str) -> String {
    let text = text.trim();
    let mut letters = text.chars();
    let mut sentence: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    sentence.push_str(letters.as_str());
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

fn pascal_case(id: &str) -> String {
    id.split('-')
        .map(|word| {
            let mut letters = word.chars();
            let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
            first + letters.as_str()
        })
        .collect()
}

/// At most so many characters.
fn cut(text: &str, limit: usize) -> String {
    match text.char_indices().nth(limit) {
        None => text.to_owned(),
        Some(_) => text.chars().take(limit - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{MAX_RESULTS, cut, write};
    use crate::report::{Report, WriteOptions, sample};
    use crate::rules::Severity;

    fn options() -> WriteOptions {
        WriteOptions {
            repository_root: Some("/repo".into()),
            working_directory: "/repo/infra".into(),
            tool_version: "1.2.3".to_owned(),
            ..WriteOptions::default()
        }
    }

    fn sarif(report: &Report) -> String {
        let mut out = Vec::new();
        write(report, &options(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report() {
        insta::assert_snapshot!(sarif(&sample::report()));
    }

    #[test]
    fn a_run_holds_what_code_scanning_takes() {
        let mut report = sample::report();
        let related = report.findings[0].related.clone();
        report.findings[0].related = related.iter().cycle().take(300).cloned().collect();
        let (last, first) = (report.findings[3].clone(), report.findings[0].clone());
        report.findings = vec![last; MAX_RESULTS];
        report.findings.push(first);
        let log: serde_json::Value = serde_json::from_str(&sarif(&report)).unwrap();
        let run = &log["runs"][0];
        assert_eq!(run["results"].as_array().unwrap().len(), MAX_RESULTS);
        assert_eq!(run["results"][0]["ruleId"], "trusts-everyone", "the most important one stays");
        assert_eq!(run["results"][0]["relatedLocations"].as_array().unwrap().len(), 100);
        let notifications = run["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
        let texts: Vec<&str> =
            notifications.iter().rev().take(2).map(|one| one["message"]["text"].as_str().unwrap()).collect();
        assert_eq!(texts[0], "Left out: 1 result. A run holds at most 25000.");
        assert_eq!(texts[1], "Code scanning shows the 5000 most important of 25000 results.");
    }

    #[test]
    fn a_rule_takes_the_severity_that_the_project_gave_it() {
        let mut report = sample::report();
        report.findings[3].severity = Severity::Critical;
        let mut rule = (*report.findings[3].rule).clone();
        rule.title = "é".repeat(2000);
        report.findings[3].rule = Arc::new(rule);
        let log: serde_json::Value = serde_json::from_str(&sarif(&report)).unwrap();
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        let rule = rules.iter().find(|rule| rule["id"] == "unused-policy").unwrap();
        assert_eq!(rule["properties"]["security-severity"], "9.5");
        assert_eq!(rule["shortDescription"]["text"].as_str().unwrap().chars().count(), 1024);
        assert_eq!(cut("abc", 3), "abc");
    }

    /// Every link in a message has its location, every result its rule, and no path of the machine is told.
    #[test]
    fn references_hold() {
        let text = sarif(&sample::report());
        assert!(!text.contains("/repo"), "{text}");
        let log: serde_json::Value = serde_json::from_str(&text).unwrap();
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = result["ruleIndex"].as_u64().unwrap() as usize;
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
            for location in result["relatedLocations"].as_array().into_iter().flatten() {
                let link = format!("]({})", location["id"]);
                assert!(result["message"]["text"].as_str().unwrap().contains(&link), "{result}");
            }
        }
    }
}
