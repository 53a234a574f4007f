//! One page with everything in it: no scripts, no outside parts.

use std::fmt;
use std::io::{self, Write};

use super::escape::{Markup, code_spans};
use super::excerpt::{Excerpt, Mark};
use super::redact::{one_line, redact};
use super::summary::{count, decided, headline, undecided_by_reason, unread};
use super::text::at;
use super::{Finding, Place, Report, WriteOptions};
use crate::diagnostic::Level;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
article { border: 1px solid var(--line); border-left-width: 6px; border-radius: 4px; padding: .5rem 1rem; margin: 1rem 0; }
article.critical { border-left-color: #c2185b; } article.high { border-left-color: #e53935; }
article.medium { border-left-color: #fb8c00; } article.low { border-left-color: #fdd835; }
article.info { border-left-color: #42a5f5; } article.suppressed { opacity: .7; }
h2 { font-size: 1.05rem; margin: .3rem 0; } p, ul { margin: .4rem 0; }
code, pre { font: .9em/1.45 ui-monospace, monospace; } code { background: var(--soft); padding: 0 .2em; }
pre { overflow-x: auto; background: var(--soft); padding: .5rem; } mark { background: #fdd83566; color: inherit; }
.place { color: GrayText; }
";

/// Writes the report as an HTML page.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
    writeln!(
        out,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    )?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")?;
    writeln!(out, "<title>iacscan</title>\n<style>{STYLE}</style>\n</head>\n<body>")?;
    writeln!(
        out,
        "<h1>iacscan</h1>\n<p>{}</p>\n<p>{}</p>",
        Words(&headline(&report.summary)),
        Words(&decided(report, &options.catalogue_date))
    )?;
    write_diagnostics(report, out)?;
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        write_finding(finding, report, out)?;
    }
    let suppressed = report.findings.iter().filter(|finding| finding.suppressed.is_some());
    if suppressed.clone().next().is_some() {
        let number = count(suppressed.clone().count(), "finding");
        writeln!(out, "<details><summary>{number} accepted by a comment</summary>")?;
        for finding in suppressed {
            write_finding(finding, report, out)?;
        }
        writeln!(out, "</details>")?;
    }
    write_undecided(report, out)?;
    writeln!(out, "<p class=\"place\">iacscan {}</p>\n</body>\n</html>", Markup(&options.tool_version))
}

fn write_finding(finding: &Finding, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let class = if finding.suppressed.is_some() { " suppressed" } else { "" };
    let severity = finding.severity.name();
    writeln!(out, "<article class=\"{severity}{class}\">\n<h2>{severity}: {}</h2>", Words(&finding.message))?;
    writeln!(out, "<p>{} in {}{}</p>", Code(&finding.rule.id), Code(&finding.resource), Where(&finding.place))?;
    if let Some(suppressed) = &finding.suppressed {
        writeln!(out, "<p>accepted: {}{}</p>", Words(&suppressed.reason), Where(&suppressed.place))?;
    }
    write_excerpt(&finding.place, report, out)?;
    let mut items: Vec<String> = Vec::new();
    items.extend(finding.when.iter().map(|when| format!("this is so when {}", Words(when))));
    items.extend(finding.possible.iter().map(|why| format!("the resource may not exist: {}", Words(why))));
    items.extend(finding.related.iter().map(|related| format!("{}{}", Words(&related.message), Where(&related.place))));
    items.extend(
        (finding.consequences.iter()).map(|consequence| {
            format!("this also means: {} ({})", Words(&consequence.message), Code(&consequence.rule))
        }),
    );
    items.extend(finding.construct.as_ref().map(|construct| Words(&construct.phrase()).to_string()));
    items.extend(super::text::instances(finding).map(|instances| Words(&instances).to_string()));
    if !items.is_empty() {
        writeln!(out, "<ul>")?;
        for item in items {
            writeln!(out, "<li>{item}</li>")?;
        }
        writeln!(out, "</ul>")?;
    }
    for paragraph in finding.rule.remediation.trim().split("\n\n").filter(|paragraph| !paragraph.is_empty()) {
        writeln!(out, "<p>{}</p>", Words(paragraph))?;
    }
    writeln!(out, "</article>")
}

fn write_excerpt(place: &Place, report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if !place.origin.is_some() {
        return Ok(());
    }
    let mark = Mark { span: place.origin.span, position: Some(place.start), text: String::new() };
    let excerpt = Excerpt::new(&report.sources.get(place.origin.file), place.file.clone(), &[mark]);
    let marked = excerpt.shown.first().map(|shown| shown.at.clone()).unwrap_or_default();
    write!(out, "<pre>")?;
    for (number, range, text) in excerpt.lines() {
        let cut = |at: usize| at.clamp(range.start, range.end) - range.start;
        let (start, end) = (cut(marked.start), cut(marked.end));
        let part = |part: std::ops::Range<usize>| text.get(part).unwrap_or("");
        write!(out, "{number:>5}  {}", Markup(part(0..start)))?;
        if end > start {
            write!(out, "<mark>{}</mark>", Markup(part(start..end)))?;
        }
        writeln!(out, "{}", Markup(part(end..text.len())))?;
    }
    writeln!(out, "</pre>")
}

fn write_diagnostics(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(unread) = unread(report) else { return Ok(()) };
    writeln!(out, "<details open><summary>{unread}</summary>\n<ul>")?;
    for diagnostic in &report.diagnostics {
        let level = if diagnostic.level == Level::Error { "error" } else { "warning" };
        let path = diagnostic.path.as_ref().map(|path| format!(" {}", Code(path))).unwrap_or_default();
        write!(out, "<li>{level}: {}{path}", Words(&diagnostic.message))?;
        for label in &diagnostic.labels {
            write!(out, "{}", Where(&Place::of(label.origin, &report.sources)))?;
        }
        if let Some(help) = &diagnostic.help {
            write!(out, "<br>{}", Words(help))?;
        }
        writeln!(out, "</li>")?;
    }
    writeln!(out, "</ul>\n</details>")
}

fn write_undecided(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (reason, group) in undecided_by_reason(report) {
        let number = count(group.len(), "check");
        writeln!(out, "<details><summary>{number} undecided because {}</summary>\n<ul>", Words(reason))?;
        for undecided in group {
            let place = Where(&undecided.place);
            writeln!(out, "<li>{} {}{place}</li>", Code(&undecided.rule.id), Code(&undecided.resource))?;
        }
        writeln!(out, "</ul>\n</details>")?;
    }
    Ok(())
}

/// A message with its code spans.
struct Words<'a>(&'a str);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (is_code, text) in code_spans(&redact(self.0)) {
            if is_code { write!(f, "<code>{}</code>", Markup(text))? } else { write!(f, "{}", Markup(text))? }
        }
        Ok(())
    }
}

/// A name.
struct Code<'a>(&'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<code>{}</code>", Markup(&one_line(self.0)))
    }
}

/// A place, behind other words; nothing where there is no file.
struct Where<'a>(&'a Place);

impl fmt::Display for Where<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        at(self.0).map_or(Ok(()), |place| write!(f, " <span class=\"place\">{}</span>", Markup(&place)))
    }
}

#[cfg(test)]
mod tests {
    use super::write;
    use crate::report::{WriteOptions, sample};

    #[test]
    fn a_report() {
        let mut out = Vec::new();
        let options = WriteOptions { tool_version: "1.2.3".to_owned(), ..WriteOptions::default() };
        write(&sample::report(), &options, &mut out).unwrap();
        let page = String::from_utf8(out).unwrap();
        let body = page.split_once("</style>").unwrap().1;
        insta::assert_snapshot!(body);
    }
}
