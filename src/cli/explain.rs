//! `iacscan explain RULE`

use std::collections::BTreeSet;
use std::io::Write;

use super::args::{ExplainArgs, RuleArgs};
use super::{Status, Stop, setup};
use crate::rules::{Example, Severity};

pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, mut settings, sources) = setup::config(args.config.as_deref())?;
    // A rule that is switched off can be asked about, too.
    settings.disabled.clear();
    let folders = RuleArgs { folders: args.folders.clone(), only: Vec::new(), skip: Vec::new() };
    let (rules, _) = setup::rules(&folders, &config, &settings, sources)?;
    let wanted = |rule: &&crate::rules::Rule| {
        *rule.info.id == *args.rule || rule.info.aliases.iter().any(|alias| is_meant(alias, &args.rule))
    };
    let found: Vec<_> = rules.iter().filter(wanted).collect();
    if found.is_empty() {
        let diagnostic = setup::unknown_rule(&args.rule, &rules);
        return Err(Stop::Call(Box::new(diagnostic), Box::default()));
    }
    for (nth, rule) in found.iter().enumerate() {
        if nth > 0 {
            writeln!(out, "\n---\n")?;
        }
        let info = &rule.info;
        writeln!(out, "# {}\n\n{}\n", info.id, info.title)?;
        writeln!(out, "severity: {}   topic: {}   looks at: {}", info.severity.name(), info.topic, info.target)?;
        let others: BTreeSet<Severity> = rule.severities().collect();
        let others: Vec<&str> = others.into_iter().rev().map(Severity::name).collect();
        if !others.is_empty() {
            writeln!(out, "in some cases: {}", others.join(", "))?;
        }
        for (name, value) in rule.parameters() {
            writeln!(out, "parameter `{name}` = {value}")?;
        }
        for (name, text) in [("Why", &info.rationale), ("What to do", &info.remediation)] {
            if !text.is_empty() {
                writeln!(out, "\n## {name}\n\n{text}")?;
            }
        }
        examples(out, "Found", info.examples.bad())?;
        examples(out, "Not found", info.examples.good())?;
        if !info.frameworks.is_empty() {
            writeln!(out, "\n## Frameworks\n")?;
            for (framework, controls) in &info.frameworks {
                writeln!(out, "- {framework}: {}", controls.join(", "))?;
            }
        }
        if !info.aliases.is_empty() {
            writeln!(out, "\n## The same check in other tools\n")?;
            for alias in &info.aliases {
                writeln!(out, "- {alias}")?;
            }
        }
    }
    Ok(Status::Clean)
}

/// Whether an alias such as `checkov:CKV_AWS_1` is what a person calls it: with or without the tool, with or without the
/// `AVD-` that Trivy shows before its ids.
fn is_meant(alias: &str, name: &str) -> bool {
    let parts = |text: &str| {
        let lower = text.to_ascii_lowercase();
        let (tool, id) = lower.split_once(':').unwrap_or(("", &lower));
        (tool.to_owned(), id.strip_prefix("avd-").unwrap_or(id).to_owned())
    };
    let ((tool, id), (named_tool, named)) = (parts(alias), parts(name));
    id == named && (named_tool.is_empty() || named_tool == tool)
}

fn examples(out: &mut dyn Write, title: &str, examples: &[Example]) -> Result<(), Stop> {
    for example in examples {
        for (language, text) in example.texts() {
            writeln!(out, "\n## {title} ({language})\n\n```\n{}\n```", text.trim())?;
        }
    }
    Ok(())
}
