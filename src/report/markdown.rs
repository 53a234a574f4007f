//! A summary for a job or a comment: a table, the details folded.

use std::fmt;
use std::io::{self, Write};

use super::redact::redact;
use super::summary::{advice, count, decided, headline, undecided_by_reason, unread};
use super::text::at;
use super::{Finding, Place, Report, WriteOptions, escape::code_spans};
use crate::diagnostic::Level;

/// What a job summary of GitHub Actions takes, less some room for the end.
const MAX_BYTES: usize = (1 << 20) - 4096;

/// How many places an undecided reason shows.
const MAX_PLACES: usize = 20;

/// Writes the report as Markdown, at most 1 MiB of it.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut page = Page { out, written: 0 };
    page.add(&format!("## iacscan: {}\n\n", Words(&headline(&report.summary))))?;
    write_diagnostics(report, &mut page)?;
    let findings: Vec<&Finding> = report.findings.iter().filter(|finding| finding.suppressed.is_none()).collect();
    if !findings.is_empty() {
        page.add("| severity | rule | resource | place |\n| --- | --- | --- | --- |\n")?;
        // half of the room: the details need the other half
        let rows = findings.iter().take_while_ok(|finding| page.add_within(&row(finding), MAX_BYTES / 2))?;
        page.add("\n")?;
        let told = findings.iter().take_while_ok(|finding| page.add_within(&details(finding), MAX_BYTES / 4 * 3))?;
        if rows.min(told) < findings.len() {
            let (rows, told, all) = (rows, told, findings.len());
            page.add(&format!("\nCut to size: {rows} of {all} findings are in the table, {told} in the details.\n\n"))?;
        }
    }
    write_undecided(report, &options.catalogue_date, &mut page)
}

trait TakeWhileOk: Iterator + Sized {
    /// Counts the elements up to the first one that `add` refuses.
    fn take_while_ok(self, add: impl FnMut(Self::Item) -> io::Result<bool>) -> io::Result<usize>;
}

impl<I: Iterator> TakeWhileOk for I {
    fn take_while_ok(self, mut add: impl FnMut(I::Item) -> io::Result<bool>) -> io::Result<usize> {
        let mut number = 0;
        for item in self {
            if !add(item)? {
                break;
            }
            number += 1;
        }
        Ok(number)
    }
}

struct Page<'a> {
    out: &'a mut dyn Write,
    written: usize,
}

impl Page<'_> {
    fn add(&mut self, text: &str) -> io::Result<()> {
        self.add_within(text, MAX_BYTES).map(|_| ())
    }

    /// Writes a text if the page does not grow beyond `limit` by it.
    fn add_within(&mut self, text: &str, limit: usize) -> io::Result<bool> {
        let fits = self.written + text.len() <= limit;
        if fits {
            self.out.write_all(text.as_bytes())?;
            self.written += text.len();
        }
        Ok(fits)
    }
}

fn row(finding: &Finding) -> String {
    format!(
        "| {} | {} | {} | {} |\n",
        finding.severity.name(),
        Code(&finding.rule.id),
        Code(&finding.resource),
        place(&finding.place)
    )
}

fn place(place: &Place) -> String {
    at(place).map(|place| Code(&place).to_string()).unwrap_or_default()
}

fn details(finding: &Finding) -> String {
    let message = Words(&finding.message);
    let mut text = format!("<details><summary>{}: {message}</summary>\n\n", finding.severity.name());
    let mut item = |item: String| text.push_str(&format!("- {item}\n"));
    item(format!("{} in {} {}", Code(&finding.rule.id), Code(&finding.resource), place(&finding.place)));
    if let Some(when) = &finding.when {
        item(format!("this is so when {}", Words(when)));
    }
    if let Some(construct) = &finding.construct {
        item(Words(&construct.phrase()).to_string());
    }
    if let Some(possible) = &finding.possible {
        item(format!("the resource may not exist: {}", Words(possible)));
    }
    for related in &finding.related {
        item(format!("{} {}", Words(&related.message), place(&related.place)));
    }
    for consequence in &finding.consequences {
        item(format!("this also means: {} ({})", Words(&consequence.message), Code(&consequence.rule)));
    }
    if let Some(instances) = super::text::instances(finding) {
        item(Words(&instances).to_string());
    }
    // the rule's own text is Markdown already
    let remediation = advice(&finding.rule);
    text.push_str(&format!("\n{remediation}\n\n</details>\n\n"));
    text
}

fn write_diagnostics(report: &Report, page: &mut Page<'_>) -> io::Result<()> {
    let Some(unread) = unread(report) else { return Ok(()) };
    page.add(&format!("<details><summary>{unread}</summary>\n\n"))?;
    for diagnostic in &report.diagnostics {
        let level = if diagnostic.level == Level::Error { "error" } else { "warning" };
        let found = diagnostic.labels.first().map(|label| Place::of(label.origin, &report.sources));
        let found = match (&found, &diagnostic.path) {
            (Some(found), _) => place(found),
            (None, Some(path)) => Code(path).to_string(),
            (None, None) => String::new(),
        };
        page.add_within(&format!("- {level}: {} {found}\n", Words(&diagnostic.message)), MAX_BYTES / 4)?;
    }
    page.add("\n</details>\n\n")
}

fn write_undecided(report: &Report, catalogue_date: &str, page: &mut Page<'_>) -> io::Result<()> {
    let decided = decided(report, catalogue_date);
    if report.undecided.is_empty() {
        return page.add(&format!("{}\n", Words(&decided)));
    }
    page.add(&format!("<details><summary>{}</summary>\n\n", Words(&decided)))?;
    for (reason, group) in undecided_by_reason(report) {
        let mut text = format!("- {} because {}\n", count(group.len(), "check"), Words(reason));
        for undecided in group.iter().take(MAX_PLACES) {
            let place = place(&undecided.place);
            text.push_str(&format!("  - {} {} {place}\n", Code(&undecided.rule.id), Code(&undecided.resource)));
        }
        if group.len() > MAX_PLACES {
            text.push_str(&format!("  - and {} more\n", group.len() - MAX_PLACES));
        }
        page.add(&text)?;
    }
    page.out.write_all(b"\n</details>\n")
}

/// A message: its code spans as code, everything else as plain words.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_code, text) in code_spans(&redact(self.0)) {
            if is_code { Code(text).fmt(f)? } else { write_plain(text, f)? }
        }
        Ok(())
    }
}

/// Code: an HTML element, since no Markdown code span holds every text inside of a table.
struct Code<'a>(&'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<code>")?;
        write_plain(&redact(self.0), f)?;
        f.write_str("</code>")
    }
}

/// Writes a text so that it is neither Markdown nor HTML.
fn write_plain(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for character in text.chars() {
        match character {
            '&' | '<' | '>' | '"' | '\'' | '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '~' | '@' | '#' | '!' | '$' => {
                write!(f, "&#{};", u32::from(character))?;
            }
            '\n' | '\t' => f.write_str(" ")?,
            '\r' => {}
            other if super::redact::is_unprintable(other) => f.write_str("\u{FFFD}")?,
            other => write!(f, "{other}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Words, write};
    use crate::report::{WriteOptions, sample};

    #[test]
    fn messages_are_no_markup() {
        assert_eq!(Words("`a|b` is <b> [x](y)").to_string(), "<code>a&#124;b</code> is &#60;b&#62; &#91;x&#93;(y)");
    }

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        write(&sample::report(), &WriteOptions::default(), &mut out).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap());
    }

    #[test]
    fn a_large_report_is_cut_and_says_so() {
        let mut report = sample::report();
        report.findings = vec![report.findings[0].clone(); 20_000];
        let mut out = Vec::new();
        write(&report, &WriteOptions::default(), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.len() <= 1 << 20, "{}", text.len());
        assert!(text.contains("of 20000 findings are in the table"));
        assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
    }
}
