//! `iacscan test [DIR]`: the examples of rules, run.

use std::io::Write;

use rayon::prelude::*;

use super::args::TestArgs;
use super::{Status, Stop, setup};
use crate::rules::{self, Example, Overrides, Rule};
use crate::scan::{Options, Text};
use crate::source::Sources;

/// What marks the line of a bad example at which the rule must be found.
const MARK: &str = "expect";

/// What went wrong with an example.
struct Failure {
    rule: String,
    example: String,
    message: String,
}

pub(super) fn run(args: &TestArgs, out: &mut dyn Write) -> Result<Status, Stop> {
    let sources = Sources::within([]);
    let rules = match &args.folder {
        None => rules::built_in(&Overrides::new()).map_err(|d| Stop::Call(Box::new(d), Box::default()))?,
        Some(folder) => {
            let (rules, diagnostics) = rules::read_folder(folder, &Overrides::new(), &sources);
            if !diagnostics.is_empty() {
                setup::print_diagnostics(&diagnostics, &sources)?;
                return Ok(Status::Failed);
            }
            if rules.is_empty() {
                return Err(Stop::call("no-rules", format!("there is no rule in `{}`", folder.display())));
            }
            rules
        }
    };
    let results: Vec<(usize, Vec<Failure>)> = rules.par_iter().map(test_rule).collect();
    let examples: usize = results.iter().map(|(examples, _)| examples).sum();
    let failures: Vec<Failure> = results.into_iter().flat_map(|(_, failures)| failures).collect();
    for failure in &failures {
        writeln!(out, "FAILED {} ({}): {}", failure.rule, failure.example, failure.message)?;
    }
    writeln!(
        out,
        "{} rules, {examples} examples: {} passed, {} failed",
        rules.len(),
        examples - failures.len(),
        failures.len()
    )?;
    Ok(if failures.is_empty() { Status::Clean } else { Status::Findings })
}

fn test_rule(rule: &Rule) -> (usize, Vec<Failure>) {
    let mut failures = Vec::new();
    let mut count = 0;
    let mut fail = |example: String, message: String| {
        failures.push(Failure { rule: rule.info.id.to_string(), example, message });
    };
    for (word, examples) in [("bad", rule.info.examples.bad()), ("good", rule.info.examples.good())] {
        for (nth, example) in examples.iter().enumerate() {
            for (language, text) in example.texts() {
                count += 1;
                let name = format!("{word} {} in {language}", nth + 1);
                if let Err(message) = test_example(rule, word == "bad", example, (language, text)) {
                    fail(name, message);
                }
            }
        }
    }
    if count == 0 {
        count = 1;
        fail("no example".to_owned(), "a rule needs a bad and a good example".to_owned());
    }
    (count, failures)
}

fn test_example(rule: &Rule, is_bad: bool, example: &Example, form: (&str, &str)) -> Result<(), String> {
    let (language, text) = form;
    let (name, bytes) = (example.file_name(language).to_owned(), Example::without_marks(language, text).into_bytes());
    let options = Options {
        rules: vec![rule.clone()],
        texts: vec![Text { name, bytes }],
        threads: Some(1),
        ..Options::default()
    };
    let report = crate::scan::scan(&options);
    if let Some(diagnostic) = report.diagnostics.first() {
        return Err(format!("the example is not understood: {}", diagnostic.message));
    }
    let found: Vec<u32> = report.findings.iter().map(|finding| finding.place.start.line).collect();
    if !is_bad {
        return match report.findings.first() {
            None => Ok(()),
            Some(finding) => Err(format!("found at line {}: {}", finding.place.start.line, finding.message)),
        };
    }
    let is_marked = |line: &str| line.split('#').next_back().is_some_and(|comment| comment.trim() == MARK);
    let mut expected: Vec<u32> =
        (1u32..).zip(text.lines()).filter(|(_, line)| is_marked(line)).map(|(n, _)| n).collect();
    let mut distinct = found.clone();
    distinct.sort_unstable();
    distinct.dedup();
    expected.sort_unstable();
    if expected.is_empty() {
        return Err(format!("no line is marked `# {MARK}`; found at lines {distinct:?}"));
    }
    if distinct != expected {
        let why = report.undecided.first().map(|open| format!("; undecided: {}", open.reason)).unwrap_or_default();
        return Err(format!("expected at lines {expected:?}, found at lines {distinct:?}{why}"));
    }
    Ok(())
}
