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

/// More bad blocks of one file are counted, not shown.
const MAX_DIAGNOSTICS: usize = 20;

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

impl Recovery<'_> {
    /// A top-level item: if it is broken, it may have swallowed blocks behind it.
    fn item(&mut self, range: Range<usize>) {
        if self.parse(range.clone()).is_ok() {
            return;
        }
        let mut start = range.start;
        for header in headers(self.text, range.clone()) {
            self.part(start..header);
            start = header;
        }
        self.part(start..range.end);
    }

    fn part(&mut self, range: Range<usize>) {
        if let Err(error) = self.parse(range.clone()) {
            self.refuse(&error, range);
        }
    }

    fn parse(&mut self, range: Range<usize>) -> Result<(), hcl::edit::parser::Error> {
        let parsed = hcl::edit::parser::parse_body(self.repaired.get(range.clone()).unwrap_or(""))?;
        let original = self.text.get(range.clone()).unwrap_or("");
        let place = Place::From(range.start);
        let mut lowering = Lowering::new(self.file, original, place, Some(self.repairs), range.start);
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
    let message = error.message();
    let words = message.strip_suffix("; ").unwrap_or(message).replace(['\n', '\r'], "\\n");
    let diagnostic = Diagnostic::error(code, format!("not valid HCL: {words}")).at(Origin::new(file, at, end), "");
    match () {
        () if message.contains("at most 64 nested levels") => diagnostic.help("split the expression into local values"),
        () if message.contains("chained binary operators") => {
            diagnostic.help("split the expression into local values, or use a function over a list")
        }
        () if message.contains("escape sequence") => diagnostic.help("write `\\\\` for a backslash"),
        () if next == Some('\'') => diagnostic.help("strings stand in double quotes"),
        () => diagnostic,
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

pub(super) fn template_at(file: FileId, text: &str, place: Place) -> Result<Vec<TemplatePart>, Diagnostic> {
    check_size(file, text)?;
    if !text.contains("${") && !text.contains("%{") {
        let span = placed(place, 0, text.len());
        return Ok(if text.is_empty() { Vec::new() } else { vec![TemplatePart::Literal(text.into(), span)] });
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
