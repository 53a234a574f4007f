//! For people: each finding with its lines, what explains it, and what to do.

use std::fmt;
use std::io::{self, Write};

use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

use super::excerpt::{Excerpt, Mark};
use super::redact::one_line;
use super::summary::{advice, decided, headline, undecided_by_reason, unread};
use super::{Finding, Place, Report, WriteOptions};
use crate::diagnostic::{Diagnostic, Level};
use crate::rules::Severity;
use crate::source::Sources;

/// How many places of one file are drawn; the others are notes.
const MAX_MARKS: usize = 8;
/// How many further instances are named.
const MAX_INSTANCES: usize = 5;

/// Writes the report as text.
///
/// # Errors
/// What the writer says.
pub(super) fn write(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    write_diagnostics(report, options, out)?;
    let page = Page::new(options);
    for finding in report.findings.iter().filter(|finding| finding.suppressed.is_none()) {
        page.draw(of_finding(finding, &report.sources), out)?;
    }
    if options.show_undecided {
        write_undecided(report, out)?;
    }
    writeln!(out, "{}", headline(&report.summary))?;
    let hint = if report.undecided.is_empty() || options.show_undecided { "" } else { "; list them with --undecided" };
    writeln!(out, "{}{hint}", decided(report, &options.catalogue_date))?;
    if let Some(unread) = unread(report) {
        writeln!(out, "{unread}")?;
    }
    Ok(())
}

/// Writes only what could not be read or understood.
///
/// # Errors
/// What the writer says.
pub fn write_diagnostics(report: &Report, options: &WriteOptions, out: &mut dyn Write) -> io::Result<()> {
    let page = Page::new(options);
    for diagnostic in &report.diagnostics {
        page.draw(of_diagnostic(diagnostic, &report.sources), out)?;
    }
    Ok(())
}

fn write_undecided(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for (reason, group) in undecided_by_reason(report) {
        writeln!(out, "undecided because {} ({}):", one_line(reason), group.len())?;
        for undecided in group {
            let place = at(&undecided.place).unwrap_or_else(|| "no file".to_owned());
            let when = undecided.when.as_ref().map(|when| format!(", when {}", one_line(when))).unwrap_or_default();
            writeln!(out, "  {place}: {} {}{when}", undecided.rule.id, one_line(&undecided.resource))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// `file:line:column`; `None` where there is no file.
pub(super) fn at(place: &Place) -> Option<String> {
    let file = one_line(&place.file);
    (!file.is_empty()).then(|| format!("{file}:{}:{}", place.start.line, place.start.column))
}

fn of_finding(finding: &Finding, sources: &Sources) -> Drawn {
    let mut places = vec![(String::new(), finding.place.clone())];
    places.extend(finding.related.iter().map(|related| (related.message.clone(), related.place.clone())));
    let mut drawn = Drawn {
        code: format!("{}[{}] {}", finding.severity.name(), finding.rule.id, one_line(&finding.resource)),
        message: one_line(&finding.message),
        severity: match finding.severity {
            Severity::Critical | Severity::High => miette::Severity::Error,
            Severity::Medium => miette::Severity::Warning,
            Severity::Low | Severity::Info => miette::Severity::Advice,
        },
        ..Drawn::pointing_at(&places, sources)
    };
    if let Some(when) = &finding.when {
        drawn.notes.push(format!("this is so when {}", one_line(when)));
    }
    if let Some(construct) = &finding.construct {
        drawn.notes.push(one_line(&construct.phrase()));
    }
    if let Some(possible) = &finding.possible {
        drawn.notes.push(format!("the resource may not exist: {}", one_line(possible)));
    }
    for consequence in &finding.consequences {
        drawn.notes.push(format!("this also means: {} [{}]", one_line(&consequence.message), consequence.rule));
    }
    if let Some(instances) = instances(finding) {
        drawn.notes.push(instances);
    }
    let advice = advice(&finding.rule);
    drawn.help = (!advice.is_empty()).then_some(advice);
    drawn
}

/// A sentence about the other instances with the same cause.
pub(super) fn instances(finding: &Finding) -> Option<String> {
    let named: Vec<String> =
        finding.instances.iter().take(MAX_INSTANCES).map(|address| format!("`{}`", one_line(address))).collect();
    let more = match finding.instances.len().saturating_sub(MAX_INSTANCES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    (!named.is_empty()).then(|| format!("the same holds for {}{more}", named.join(", ")))
}

fn of_diagnostic(diagnostic: &Diagnostic, sources: &Sources) -> Drawn {
    let places: Vec<(String, Place)> =
        diagnostic.labels.iter().map(|label| (label.text.clone(), Place::of(label.origin, sources))).collect();
    let (level, severity) = match diagnostic.level {
        Level::Error => ("error", miette::Severity::Error),
        Level::Warning => ("warning", miette::Severity::Warning),
    };
    // A message that starts with the path needs it no second time.
    let path = diagnostic.path.as_ref().filter(|path| !diagnostic.message.starts_with(&format!("`{path}`")));
    let path = path.map(|path| format!("{}: ", one_line(path))).unwrap_or_default();
    Drawn {
        code: format!("{level}[{}]", diagnostic.code),
        message: format!("{path}{}", one_line(&diagnostic.message)),
        severity,
        help: diagnostic.help.as_deref().map(one_line),
        ..Drawn::pointing_at(&places, sources)
    }
}

/// What miette draws, and the notes behind it.
#[derive(Debug)]
struct Drawn {
    code: String,
    message: String,
    severity: miette::Severity,
    excerpt: Option<Excerpt>,
    labels: Vec<LabeledSpan>,
    notes: Vec<String>,
    help: Option<String>,
}

impl Drawn {
    /// Draws the places that lie in the file of the first one; the others become notes.
    fn pointing_at(places: &[(String, Place)], sources: &Sources) -> Drawn {
        let mut drawn = Drawn {
            code: String::new(),
            message: String::new(),
            severity: miette::Severity::Error,
            excerpt: None,
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
        };
        let file = places.first().filter(|(_, first)| first.origin.is_some()).map(|(_, first)| first.origin.file);
        let here: Vec<usize> = (places.iter().enumerate())
            .filter(|(_, (_, place))| place.origin.is_some() && Some(place.origin.file) == file)
            .map(|(index, _)| index)
            .take(MAX_MARKS)
            .collect();
        let marks: Vec<Mark> = (here.iter().filter_map(|index| places.get(*index)))
            .map(|(text, place)| Mark { span: place.origin.span, position: Some(place.start), text: one_line(text) })
            .collect();
        let mut is_drawn = vec![false; places.len()];
        if let (Some(file), Some((_, first))) = (file, places.first()) {
            let excerpt = Excerpt::new(&sources.get(file), one_line(&first.file), &marks);
            for shown in &excerpt.shown {
                let text = marks.get(shown.mark).map(|mark| mark.text.clone()).filter(|text| !text.is_empty());
                let span = (shown.at.start, shown.at.len());
                drawn.labels.push(match shown.mark {
                    0 => LabeledSpan::new_primary_with_span(text, span),
                    _ => LabeledSpan::new_with_span(text, span),
                });
                if let Some(is_drawn) = here.get(shown.mark).and_then(|index| is_drawn.get_mut(*index)) {
                    *is_drawn = true;
                }
            }
            drawn.excerpt = Some(excerpt);
        }
        for ((text, place), _) in places.iter().zip(is_drawn).filter(|(_, is_drawn)| !is_drawn) {
            let parts = [at(place), Some(one_line(text)).filter(|text| !text.is_empty())];
            let note = parts.into_iter().flatten().collect::<Vec<_>>().join(": ");
            drawn.notes.extend(Some(note).filter(|note| !note.is_empty()));
        }
        drawn
    }
}

impl fmt::Display for Drawn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Drawn {}

impl miette::Diagnostic for Drawn {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}

/// How things look.
struct Page {
    handler: GraphicalReportHandler,
    width: usize,
    color: bool,
}

impl Page {
    fn new(options: &WriteOptions) -> Page {
        let theme = match (options.color, options.unicode) {
            (true, true) => GraphicalTheme::unicode(),
            (true, false) => GraphicalTheme::ascii(),
            (false, true) => GraphicalTheme::unicode_nocolor(),
            (false, false) => GraphicalTheme::none(),
        };
        let width = options.width.max(40);
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_urls(false)
            .with_width(width)
            // miette would break names at their hyphens and slashes
            .with_wrap_lines(false)
            .without_syntax_highlighting();
        Page { handler, width, color: options.color }
    }

    fn draw(&self, mut drawn: Drawn, out: &mut dyn Write) -> io::Result<()> {
        drawn.message = wrap(&drawn.message, self.width.saturating_sub(4)).join("\n");
        let mut text = String::new();
        self.handler.render_report(&mut text, &drawn).map_err(io::Error::other)?;
        out.write_all(text.as_bytes())?;
        for note in &drawn.notes {
            self.draw_note("note", note, out)?;
        }
        if let Some(help) = &drawn.help {
            self.draw_note("help", help, out)?;
        }
        writeln!(out)
    }

    fn draw_note(&self, word: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        for (index, line) in wrap(text, self.width.saturating_sub(8)).iter().enumerate() {
            match (index, self.color) {
                (0, true) => writeln!(out, "\u{1b}[36m  {word}: \u{1b}[0m{line}")?,
                (0, false) => writeln!(out, "  {word}: {line}")?,
                _ => writeln!(out, "        {line}")?,
            }
        }
        Ok(())
    }
}

/// Lines of at most `width` characters, broken at spaces only.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut left = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        match lines.last_mut() {
            Some(line) if length < left => {
                line.push(' ');
                line.push_str(word);
                left -= length + 1;
            }
            _ => {
                lines.push(word.to_owned());
                left = width.saturating_sub(length);
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{Drawn, Page, wrap, write};
    use crate::report::{Place, WriteOptions, sample};
    use crate::source::{Origin, Sources};

    fn text(options: &WriteOptions) -> String {
        let mut out = Vec::new();
        write(&sample::report(), options, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report() {
        insta::assert_snapshot!(text(&WriteOptions::default()));
    }

    #[test]
    fn a_report_in_ascii_with_what_is_undecided() {
        let options = WriteOptions { unicode: false, show_undecided: true, width: 60, ..WriteOptions::default() };
        insta::assert_snapshot!(text(&options));
    }

    #[test]
    fn colours_are_all_that_colour_adds() {
        let coloured = text(&WriteOptions { color: true, ..WriteOptions::default() });
        let plain = regex::Regex::new("\u{1b}\\[[0-9;]*m").unwrap().replace_all(&coloured, "").into_owned();
        assert!(coloured.len() > plain.len());
        assert_eq!(plain, text(&WriteOptions::default()));
    }

    proptest::proptest! {
        /// Whatever the text and the places: nothing panics, and each line that is printed has a bound.
        #[test]
        fn any_text_and_any_places(
            text in "([a-z \\t\"=]|é|漢|\\n|\\r\\n|\u{feff}|\u{1b}|password=\"hunter2hunter2\"|x{300}){0,40}",
            spans in proptest::collection::vec((0usize..900, 0usize..700), 1..5),
        ) {
            let sources = Sources::default();
            let file = sources.add("a.tf", text.clone());
            let places: Vec<_> = (spans.iter().enumerate())
                .map(|(index, (start, length))| (format!("label {index}"), Origin::new(file, *start, start + length)))
                // the places of the scan lie between characters
                .filter(|(_, origin)| text.get(origin.span.range()).is_some() || origin.span.start as usize > text.len())
                .map(|(text, origin)| (text, Place::of(origin, &sources)))
                .collect();
            let page = Page::new(&WriteOptions::default());
            let mut out = Vec::new();
            page.draw(Drawn::pointing_at(&places, &sources), &mut out).unwrap();
            let shown = String::from_utf8(out).unwrap();
            proptest::prop_assert!(!shown.contains("Failed to read"), "{}", shown);
            proptest::prop_assert!(!shown.contains("hunter2"), "{}", shown);
            proptest::prop_assert!(!shown.contains('\u{1b}'), "{}", shown);
            // a window, its ends, the gutter, and tabs drawn four columns wide
            proptest::prop_assert!(shown.lines().all(|line| line.chars().count() < 4 * 160 + 40), "{}", shown);
            if let Some((_, first)) = places.first() {
                let header = format!("[a.tf:{}:{}]", first.start.line, first.start.column);
                proptest::prop_assert!(shown.contains(&header), "{} in {}", header, shown);
            }
        }
    }

    #[test]
    fn lines_break_at_spaces() {
        assert_eq!(wrap("a bc def-ghi j", 5), ["a bc", "def-ghi", "j"]);
        assert_eq!(wrap("", 5), [""]);
    }
}
