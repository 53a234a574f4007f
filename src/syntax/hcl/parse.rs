//! Native syntax: files, templates, expressions; repair, then recovery block by block.

use std::ops::Range;

use super::lower::{Lowering, Place};
use super::repair::Repairs;
use super::scan::{Grammar, scan};
use super::tree::{Body, Expression, TemplatePart};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};

/// The largest HCL file, in bytes.
pub const MAX_HCL_BYTES: usize = 5 << 20;

/// Larger texts are looked through for very large objects before they are parsed.
const LARGE: usize = 16 << 10;

/// More bad places of one file are counted, not shown.
pub(super) const MAX_DIAGNOSTICS: usize = 20;

/// Parses a file of native syntax: `.tf`, `.tofu`, `.tfvars`. What cannot be parsed is left out and reported, top-level
/// block by block; the others are kept.
pub fn parse(file: FileId, text: &str) -> (Body, Vec<Diagnostic>) {
    if let Err(diagnostic) = check_size(file, text) {
        return (Body::default(), vec![diagnostic]);
    }
    let start = if text.starts_with('\u{FEFF}') { 3 } else { 0 };
    let inner = text.get(start..).unwrap_or("");
    if inner.len() < LARGE
        && let Ok(parsed) = hcl::edit::parser::parse_body(inner)
    {
        return lowered(&parsed, Lowering::new(file, inner, Place::From(start), None, 0));
    }
    let found = scan(text, Grammar::Body);
    let repaired = found.repairs.apply(text);
    let error = match hcl::edit::parser::parse_body(&repaired) {
        Ok(parsed) => return lowered(&parsed, Lowering::new(file, text, Place::From(0), Some(&found.repairs), 0)),
        Err(error) => error,
    };
    let mut recovery = Recovery {
        file,
        text,
        repaired: &repaired,
        repairs: &found.repairs,
        unclosed: found.unclosed,
        body: Body::default(),
        diagnostics: Vec::new(),
        left_out: 0,
    };
    for item in found.items {
        recovery.item(item);
    }
    if recovery.diagnostics.is_empty() {
        recovery.refuse(&error, 0..text.len());
    }
    recovery.finish()
}

fn check_size(file: FileId, text: &str) -> Result<(), Diagnostic> {
    if text.len() <= MAX_HCL_BYTES {
        return Ok(());
    }
    let message = format!("the text is larger than {} MiB and was not read", MAX_HCL_BYTES >> 20);
    Err(Diagnostic::error("hcl-too-large", message).at(Origin::new(file, 0, 0), ""))
}

fn lowered(parsed: &hcl::edit::structure::Body, mut lowering: Lowering<'_>) -> (Body, Vec<Diagnostic>) {
    let mut body = Body::default();
    lowering.file_body(parsed, &mut body);
    (body, lowering.diagnostics)
}

struct Recovery<'t> {
    file: FileId,
    text: &'t str,
    repaired: &'t str,
    repairs: &'t Repairs,
    unclosed: Option<usize>,
    body: Body,
    diagnostics: Vec<Diagnostic>,
    left_out: usize,
}

impl<'t> Recovery<'t> {
    /// A top-level item: if it is broken, it may have swallowed blocks behind it.
    fn item(&mut self, range: Range<usize>) {
        let repaired = self.repaired.get(range.clone()).unwrap_or("");
        let Err(error) = self.parse(range.clone(), repaired, self.repairs, range.start) else { return };
        let headers = headers(self.text, range.clone());
        if headers.is_empty() {
            return self.refuse(&error, range);
        }
        let ends = headers.iter().copied().chain([range.end]);
        let starts = [range.start].into_iter().chain(headers.iter().copied());
        for (start, end) in starts.zip(ends) {
            let found = scan(self.text.get(start..end).unwrap_or(""), Grammar::Body);
            let repaired = found.repairs.apply(self.text.get(start..end).unwrap_or(""));
            self.unclosed = found.unclosed.map(|open| open + start);
            if let Err(error) = self.parse(start..end, &repaired, &found.repairs, 0) {
                self.refuse(&error, start..end);
            }
        }
    }

    fn parse(
        &mut self,
        range: Range<usize>,
        repaired: &str,
        repairs: &Repairs,
        shift: usize,
    ) -> Result<(), hcl::edit::parser::Error> {
        let parsed = hcl::edit::parser::parse_body(repaired)?;
        let original = self.text.get(range.clone()).unwrap_or("");
        let mut lowering = Lowering::new(self.file, original, Place::From(range.start), Some(repairs), shift);
        lowering.file_body(&parsed, &mut self.body);
        self.diagnostics.append(&mut lowering.diagnostics);
        Ok(())
    }

    fn refuse(&mut self, error: &hcl::edit::parser::Error, range: Range<usize>) {
        if self.diagnostics.len() >= MAX_DIAGNOSTICS {
            self.left_out += 1;
            return;
        }
        let mut diagnostic = syntax("hcl-syntax", self.file, self.text, range.start, error);
        let item = self.text.get(range.clone()).unwrap_or("");
        let header = item.split(['{', '\n', '=']).next().unwrap_or("").trim_end();
        if !header.is_empty() {
            let origin = Origin::new(self.file, range.start, range.start + header.len());
            diagnostic = diagnostic.at(origin, "this is left out");
        }
        if let Some(open) = self.unclosed
            && range.contains(&open)
        {
            let origin = Origin::new(self.file, open, open + 1);
            diagnostic = diagnostic.at(origin, "never closed").help("look for a missing closing bracket or quote");
        }
        self.diagnostics.push(diagnostic);
    }

    fn finish(mut self) -> (Body, Vec<Diagnostic>) {
        if self.left_out > 0 {
            let message = format!("{} more places of the file are not valid HCL", self.left_out);
            self.diagnostics.push(Diagnostic::error("hcl-syntax", message).at(Origin::new(self.file, 0, 0), ""));
        }
        (self.body, self.diagnostics)
    }
}

/// Lines within `range`, but for its first, that look like the start of a top-level block.
fn headers(text: &str, range: Range<usize>) -> Vec<usize> {
    const KINDS: [&str; 14] = [
        "resource",
        "data",
        "module",
        "variable",
        "locals",
        "output",
        "provider",
        "terraform",
        "moved",
        "import",
        "removed",
        "check",
        "ephemeral",
        "action",
    ];
    let mut at = range.start;
    let mut found = Vec::new();
    for line in text.get(range.clone()).unwrap_or("").split_inclusive('\n') {
        let kind = line.split([' ', '\t', '"', '{']).next().unwrap_or("");
        if at > range.start && KINDS.contains(&kind) && line.contains('{') {
            found.push(at);
        }
        at += line.len();
    }
    found
}

/// A refusal in words.
fn syntax(code: &'static str, file: FileId, text: &str, start: usize, error: &hcl::edit::parser::Error) -> Diagnostic {
    let mut at = (start + error.location().offset()).min(text.len());
    while at > 0 && !text.is_char_boundary(at) {
        at -= 1;
    }
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    let end = at + next.filter(|c| *c != '\n').map_or(0, char::len_utf8);
    let found = error.message();
    let rest = text.get(at..).unwrap_or("");
    let is_open_string = rest.strip_prefix('"').is_some_and(|rest| !rest.lines().next().unwrap_or("").contains('"'));
    let (message, help) = if is_open_string {
        ("the string has no closing quote on its line", None)
    } else if rest.starts_with("<<") && found.starts_with("invalid expression") {
        ("the heredoc has no line that is only its end marker", None)
    } else if found.contains("at most 64 nested levels") {
        ("nested too deeply", Some("split the expression into local values"))
    } else if found.contains("chained binary operators") {
        ("too many operators in one expression", Some("split the expression into local values"))
    } else if found.contains("escape sequence") {
        ("not an escape that HCL knows", Some("write `\\\\` for a backslash"))
    } else if found.starts_with("invalid expression") {
        ("expected an expression", rest.starts_with('\'').then_some("strings stand in double quotes"))
    } else if found == "expected newline or eof" {
        ("expected the end of the line", None)
    } else {
        (found, None)
    };
    let message = format!("not valid HCL: {}", message.replace(['\n', '\r'], " "));
    let diagnostic = Diagnostic::error(code, message).at(Origin::new(file, at, end), "");
    match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// Parses a template without quotes: the text of `templatefile` and `templatestring`, a string of a `.tf.json` file.
/// Byte 0 of the text is byte `base` of the file.
///
/// # Errors
/// Where the text is no template.
pub fn parse_template(file: FileId, text: &str, base: u32) -> Result<Vec<TemplatePart>, Diagnostic> {
    template_at(file, text, Place::From(base as usize))
}

/// Parses a template whose text came from a place but is not what stands there: all of it has that one place.
///
/// # Errors
/// Where the text is no template.
pub fn parse_template_of(origin: Origin, text: &str) -> Result<Vec<TemplatePart>, Diagnostic> {
    template_at(origin.file, text, Place::Whole(origin.span))
}

pub(super) fn template_at(file: FileId, text: &str, place: Place) -> Result<Vec<TemplatePart>, Diagnostic> {
    check_size(file, text)?;
    if !text.contains("${") && !text.contains("%{") {
        let span = placed(place, 0, text.len());
        return Ok(if text.is_empty() {
            Vec::new()
        } else {
            vec![TemplatePart::Literal(super::lower::composed(text).as_ref().into(), span)]
        });
    }
    let found = scan(text, Grammar::Template);
    let repaired = found.repairs.apply(text);
    let parsed = hcl::edit::parser::parse_template(&repaired)
        .map_err(|error| relocated(syntax("hcl-template", file, text, 0, &error), place))?;
    let mut lowering = Lowering::new(file, text, place, Some(&found.repairs), 0);
    let parts = lowering.template(&parsed);
    lowering.take_failure().map_or(Ok(parts), Err)
}

/// Parses one expression: the value of `--var`, a string of a `.tf.json` file that holds a reference.
/// Byte 0 of the text is byte `base` of the file.
///
/// # Errors
/// Where the text is no expression.
pub fn parse_expression(file: FileId, text: &str, base: u32) -> Result<Expression, Diagnostic> {
    expression_at(file, text, Place::From(base as usize))
}

pub(super) fn expression_at(file: FileId, text: &str, place: Place) -> Result<Expression, Diagnostic> {
    check_size(file, text)?;
    let found = scan(text, Grammar::Expression);
    let repaired = found.repairs.apply(text);
    let start = repaired.len() - repaired.trim_start().len();
    let parsed = hcl::edit::parser::parse_expr(repaired.trim())
        .map_err(|error| relocated(syntax("hcl-expression", file, text, start, &error), place))?;
    let place = match place {
        Place::From(base) => Place::From(base + start),
        whole => whole,
    };
    let original = text.get(start..).unwrap_or("");
    let mut lowering = Lowering::new(file, original, place, Some(&found.repairs), start);
    let expression = lowering.expression(&parsed);
    lowering.take_failure().map_or(Ok(expression), Err)
}

fn placed(place: Place, start: usize, end: usize) -> Span {
    match place {
        Place::From(base) => Span::new(start + base, end + base),
        Place::Whole(span) => span,
    }
}

fn relocated(mut diagnostic: Diagnostic, place: Place) -> Diagnostic {
    for label in &mut diagnostic.labels {
        let Span { start, end } = label.origin.span;
        label.origin.span = placed(place, start as usize, end as usize);
    }
    diagnostic
}
