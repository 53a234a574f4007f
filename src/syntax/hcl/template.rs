//! Templates as HashiCorp's HCL reads them: strip markers and the indentation of `<<-` work on the literals between two
//! markers, in heredocs and bare templates on each line of them.

use std::sync::Arc;

use super::tree::{Expression, ExpressionKind, TemplatePart};
use crate::source::Span;

/// A template before it is folded: literals and markers in the order of the text.
pub(super) enum Token {
    /// Text.
    Literal(Literal),
    /// `${ … }` or `%{ … }`.
    Marker {
        /// `${~`: blanks before it go.
        strips_before: bool,
        /// `~}`: blanks after it go.
        strips_after: bool,
        /// What it is.
        kind: Marker,
    },
}

/// Text with its place.
pub(super) struct Literal {
    /// After unescaping.
    pub(super) text: String,
    /// The source.
    pub(super) span: Span,
    /// The text is its source, byte for byte.
    pub(super) is_exact: bool,
}

/// What stands between the braces.
pub(super) enum Marker {
    /// `${ expression }`
    Interpolation(Expression),
    /// `%{ if condition }`
    If(Expression),
    /// `%{ else }`
    Else,
    /// `%{ endif }`
    EndIf,
    /// `%{ for key, value in collection }`
    For(Option<Arc<str>>, Arc<str>, Expression),
    /// `%{ endfor }`
    EndFor,
}

impl Literal {
    fn trim_start(&mut self) {
        let length = self.text.len() - self.text.trim_start().len();
        self.cut_start(length);
    }

    fn cut_start(&mut self, length: usize) {
        self.text.drain(..length);
        if self.is_exact {
            self.span.start += length as u32;
        }
    }

    fn trim_end(&mut self) {
        let length = self.text.trim_end().len();
        if self.is_exact {
            self.span.end -= (self.text.len() - length) as u32;
        }
        self.text.truncate(length);
    }
}

/// The literals of a raw source text (a heredoc, a bare template), one for each line.
pub(super) fn raw_literals(source: &str, start: usize, mut place: impl FnMut(usize, usize) -> Span) -> Vec<Token> {
    let mut at = start;
    let mut tokens = Vec::new();
    for line in source.split_inclusive('\n') {
        let text = super::lower::composed(&line.replace("$${", "${").replace("%%{", "%{")).into_owned();
        let is_exact = text == line;
        tokens.push(Token::Literal(Literal { text, span: place(at, at + line.len()), is_exact }));
        at += line.len();
    }
    tokens
}

/// Applies the strip markers.
pub(super) fn strip(tokens: &mut [Token]) {
    for nth in 0..tokens.len() {
        let Some(Token::Marker { strips_before, strips_after, .. }) = tokens.get(nth) else { continue };
        let (before, after) = (*strips_before, *strips_after);
        if before && let Some(Token::Literal(literal)) = nth.checked_sub(1).and_then(|nth| tokens.get_mut(nth)) {
            literal.trim_end();
        }
        if after && let Some(Token::Literal(literal)) = tokens.get_mut(nth + 1) {
            literal.trim_start();
        }
    }
}

/// Takes off the indentation of `<<-`: the least one of all lines that are not blank.
/// A line that begins with a marker has none.
pub(super) fn dedent(tokens: &mut [Token]) {
    let mut least = usize::MAX;
    let mut at_line_start = true;
    let mut first_of_line = Vec::new();
    for (nth, token) in tokens.iter().enumerate() {
        let Token::Literal(literal) = token else {
            if at_line_start {
                least = 0;
            }
            at_line_start = false;
            continue;
        };
        let text = &literal.text;
        let ends_line = text.ends_with('\n');
        if at_line_start && !(ends_line && text.trim().is_empty()) {
            least = least.min(text.chars().take_while(|c| c.is_whitespace()).count());
            first_of_line.push(nth);
        }
        at_line_start = ends_line;
    }
    for nth in first_of_line {
        if let Some(Token::Literal(literal)) = tokens.get_mut(nth) {
            let length = literal.text.chars().take(least).map(char::len_utf8).sum();
            literal.cut_start(length);
        }
    }
}

struct Open {
    marker: Marker,
    parts: Vec<TemplatePart>,
    then: Option<Vec<TemplatePart>>,
}

/// Folds tokens into parts; markers without a partner are passed over (the parser lets none through).
pub(super) fn fold(tokens: Vec<Token>) -> Vec<TemplatePart> {
    let mut root = Vec::new();
    let mut stack: Vec<Open> = Vec::new();
    let count = tokens.len();
    let tokens = join(tokens);
    // Blanks that a strip marker took away still make a string of what they stood beside.
    let is_stripped = count > 1 && matches!(tokens.as_slice(), [Token::Marker { .. }]);
    for token in tokens {
        let part = match token {
            Token::Literal(literal) => TemplatePart::Literal(literal.text.into(), literal.span),
            Token::Marker { kind, .. } => match kind {
                Marker::Interpolation(expression) => TemplatePart::Interpolation(expression),
                marker @ (Marker::If(_) | Marker::For(..)) => {
                    stack.push(Open { marker, parts: Vec::new(), then: None });
                    continue;
                }
                Marker::Else => {
                    if let Some(open) = stack.last_mut() {
                        open.then = Some(std::mem::take(&mut open.parts));
                    }
                    continue;
                }
                Marker::EndIf | Marker::EndFor => {
                    let Some(Open { marker, parts, then }) = stack.pop() else { continue };
                    match (marker, then) {
                        (Marker::If(condition), Some(then)) => TemplatePart::If { condition, then, otherwise: parts },
                        (Marker::If(condition), None) => {
                            TemplatePart::If { condition, then: parts, otherwise: Vec::new() }
                        }
                        (Marker::For(key, value, collection), _) => TemplatePart::For { key, value, collection, parts },
                        _ => continue,
                    }
                }
            },
        };
        let parts = stack.last_mut().map_or(&mut root, |open| &mut open.parts);
        parts.push(part);
    }
    if is_stripped && let [TemplatePart::Interpolation(expression)] = root.as_slice() {
        let span = Span { start: expression.span.end, end: expression.span.end };
        root.push(TemplatePart::Literal("".into(), span));
    }
    root
}

/// Literals that follow each other become one.
fn join(tokens: Vec<Token>) -> Vec<Token> {
    let mut joined: Vec<Token> = Vec::with_capacity(tokens.len());
    for token in tokens {
        match (joined.last_mut(), token) {
            (_, Token::Literal(literal)) if literal.text.is_empty() => {}
            (Some(Token::Literal(last)), Token::Literal(literal)) => {
                last.text.push_str(&literal.text);
                last.span = last.span.join(literal.span);
            }
            (_, token) => joined.push(token),
        }
    }
    joined
}

/// A template without a marker is a string.
pub(super) fn string_or_template(mut parts: Vec<TemplatePart>) -> ExpressionKind {
    match parts.pop() {
        None => ExpressionKind::String("".into()),
        Some(TemplatePart::Literal(text, _)) if parts.is_empty() => ExpressionKind::String(text),
        Some(last) => {
            parts.push(last);
            ExpressionKind::Template(parts)
        }
    }
}
