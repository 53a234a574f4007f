//! `iacscan explain RULE`

use std::io::Write;

use super::args::{ExplainArgs, RuleArgs};
use super::{Status, Stop, setup};
use crate::rules::Example;

pub(super) fn run(args: &ExplainArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let (config, settings, sources) = setup::config(None)?;
    let folders = RuleArgs { folders: args.folders.clone(), only: Vec::new(), skip: Vec::new() };
    let rules = setup::rules(&folders, &config, &settings, sources)?;
    let wanted = |rule: &&crate::rules::Rule| {
        *rule.info.id == *args.rule || rule.info.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(&args.rule))
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
            writeln!(out, "\n## The same check in other tools\n\n{}", info.aliases.join(", "))?;
        }
    }
    Ok(Status::Clean)
}

fn examples(out: &mut dyn Write, title: &str, examples: &[Example]) -> Result<(), Stop> {
    for example in examples {
        for (language, text) in example.texts() {
            writeln!(out, "\n## {title} ({language})\n\n```\n{}\n```", text.trim())?;
        }
    }
    Ok(())
}
