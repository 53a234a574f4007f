//! The sentences at the end of a report.

use std::collections::BTreeMap;

use crate::diagnostic::Level;
use crate::report::{Report, Summary, Undecided};
use crate::rules::{RuleInfo, Severity};

/// How many reasons a sentence tells before it says how many there are besides.
const REASONS: usize = 3;

/// A number with its noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// How many findings there are, without suppressed ones.
pub(super) fn total(summary: &Summary) -> usize {
    summary.by_severity.iter().sum()
}

/// What was found and where it was looked for.
pub(super) fn headline(summary: &Summary) -> String {
    let scope = format!(
        "in {} of {} ({})",
        count(summary.resources, "resource"),
        count(summary.units, "unit"),
        count(summary.files, "file")
    );
    let mut line = match total(summary) {
        0 => format!("no findings {scope}"),
        total => format!("{} ({}) {scope}", count(total, "finding"), by_severity(&summary.by_severity)),
    };
    let mut aside = Vec::new();
    if summary.suppressed > 0 {
        aside.push(format!("{} suppressed", summary.suppressed));
    }
    if summary.hidden > 0 {
        let hidden = by_severity(&summary.hidden_by_severity);
        let counted = if hidden.is_empty() { hidden } else { format!(" ({hidden}; the exit status counts them)") };
        aside.push(format!("{} of lower severity not shown{counted}", summary.hidden));
    }
    if !aside.is_empty() {
        line.push_str(&format!("; {}", aside.join(", ")));
    }
    line
}

/// `1 critical, 2 high`
fn by_severity(numbers: &[usize; 5]) -> String {
    let numbers = Severity::ALL.iter().zip(numbers).rev().filter(|(_, number)| **number > 0);
    numbers.map(|(severity, number)| format!("{number} {}", severity.name())).collect::<Vec<_>>().join(", ")
}

/// How many questions had a definite answer by what was known of AWS on which day, and why the others had none.
pub(super) fn decided(report: &Report, catalogue_date: &str) -> String {
    let Summary { checks, decided, .. } = report.summary;
    let mut line = format!("decided {decided} of {}", count(checks, "check"));
    if !catalogue_date.is_empty() {
        line.push_str(&format!(" with AWS as of {catalogue_date}"));
    }
    if report.undecided.is_empty() {
        return line;
    }
    let groups = undecided_by_reason(report);
    let mut reasons: Vec<String> = (groups.iter().take(REASONS))
        .map(|(reason, group)| format!("{} because {}", group.len(), super::redact::one_line(reason)))
        .collect();
    let others: usize = groups.iter().skip(REASONS).map(|(_, group)| group.len()).sum();
    if others > 0 {
        reasons.push(format!("{others} for {}", count(groups.len() - REASONS, "other reason")));
    }
    line.push_str(&format!("; {} undecided: {}", report.undecided.len(), reasons.join(", ")));
    line
}

/// What could not be decided, the most frequent reason first.
pub(super) fn undecided_by_reason(report: &Report) -> Vec<(&str, Vec<&Undecided>)> {
    let mut groups: BTreeMap<&str, Vec<&Undecided>> = BTreeMap::new();
    for undecided in &report.undecided {
        groups.entry(&undecided.reason).or_default().push(undecided);
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, group)| std::cmp::Reverse(group.len()));
    groups
}

/// How much of the input could not be read or understood; `None` where all of it was.
pub(super) fn unread(report: &Report) -> Option<String> {
    let number = |level| report.diagnostics.iter().filter(|diagnostic| diagnostic.level == level).count();
    let parts = [(number(Level::Error), "error"), (number(Level::Warning), "warning")];
    let parts: Vec<String> =
        parts.iter().filter(|(number, _)| *number > 0).map(|(number, noun)| count(*number, noun)).collect();
    (!parts.is_empty()).then(|| format!("{} in the input", parts.join(" and ")))
}

/// What to do about a rule's findings, in a line; where a block of code would follow, where to find it.
pub(super) fn advice(rule: &RuleInfo) -> String {
    let remediation = first_paragraph(&rule.remediation);
    if remediation.starts_with("```") {
        return format!("`iacscan explain {}` shows how to put it right", rule.id);
    }
    match remediation.strip_suffix(':') {
        Some(sentence) => format!("{sentence} (`iacscan explain {}` shows how)", rule.id),
        None => remediation,
    }
}

/// The first paragraph of a Markdown text, as one line.
pub(super) fn first_paragraph(text: &str) -> String {
    let lines = text.trim().lines().map(str::trim).take_while(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{advice, count, decided, first_paragraph, headline, unread};
    use crate::report::{Summary, sample};

    #[test]
    fn the_sentences() {
        let report = sample::report();
        assert_eq!(
            headline(&report.summary),
            "3 findings (1 critical, 1 high, 1 low) in 42 resources of 3 units (12 files); 1 suppressed"
        );
        assert_eq!(
            decided(&report, "2026-10-27"),
            "decided 417 of 420 checks with AWS as of 2026-10-27; 3 undecided: 2 because `var.users` has no value, 1 because `data.aws_iam_policy.p` \
             is looked up at deployment"
        );
        assert_eq!(unread(&report), Some("1 error and 1 warning in the input".to_owned()));
    }

    #[test]
    fn nothing_found() {
        let summary = Summary { files: 1, units: 1, resources: 1, hidden: 2, ..Summary::default() };
        assert_eq!(headline(&summary), "no findings in 1 resource of 1 unit (1 file); 2 of lower severity not shown");
        assert_eq!(summary.worst(), None);
        let summary = Summary { hidden_by_severity: [0, 1, 0, 1, 0], ..summary };
        assert_eq!(
            headline(&summary),
            "no findings in 1 resource of 1 unit (1 file); 2 of lower severity not shown (1 high, 1 low; the exit status \
             counts them)"
        );
        assert_eq!(summary.worst(), Some(crate::rules::Severity::High));
        assert_eq!(count(0, "unit"), "0 units");
    }

    #[test]
    fn paragraphs_become_lines() {
        assert_eq!(first_paragraph("\nName\nthe account.\n\nOr not.\n"), "Name the account.");
    }

    #[test]
    fn advice_is_a_sentence() {
        let rule = sample::report().findings[0].rule.clone();
        let of =
            |remediation: &str| advice(&crate::rules::RuleInfo { remediation: remediation.into(), ..(*rule).clone() });
        assert_eq!(of("Name the account.\n\n```json\n{}\n```"), "Name the account.");
        let shown = format!("`iacscan explain {}` shows how", rule.id);
        assert_eq!(of("Name the account:\n\n```json\n{}\n```"), format!("Name the account ({shown})"));
        assert_eq!(of("```json\n{}\n```"), format!("{shown} to put it right"));
    }
}
