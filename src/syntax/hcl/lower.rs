//! From the tree of `hcl-edit` to ours.

use std::ops::Range;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::expr as edit;
use hcl::edit::expr::TraversalOperator as Operator;
use hcl::edit::structure::{self, Structure};
use hcl::edit::template as edit_template;

use super::repair::Repairs;
use super::template::{self, Literal, Marker, Token};
use super::tree::{
    Attribute, BinaryOperator, Block, Body, Expression, ExpressionKind, ForExpression, Label, ObjectKey, Step,
    TemplatePart, UnaryOperator,
};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};

/// The deepest expression, counted in nodes from the attribute down.
const MAX_DEPTH: usize = 400;

/// Where the bytes of the text that is lowered stand.
#[derive(Clone, Copy)]
pub(super) enum Place {
    /// Byte n of the text is byte `n + base` of the file.
    From(usize),
    /// All of the text came from this span.
    Whole(Span),
}

/// Lowers what was parsed from one text.
pub(super) struct Lowering<'t> {
    file: FileId,
    /// The text as it was before any repair.
    text: &'t str,
    place: Place,
    /// In bytes of `text` plus `shift`.
    repairs: Option<&'t Repairs>,
    shift: usize,
    depth: usize,
    /// Why the item at hand cannot be kept.
    failure: Option<Diagnostic>,
    /// What was found besides.
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl<'t> Lowering<'t> {
    /// `shift` is where `text` begins in the text that `repairs` speak of.
    pub(super) fn new(
        file: FileId,
        text: &'t str,
        place: Place,
        repairs: Option<&'t Repairs>,
        shift: usize,
    ) -> Lowering<'t> {
        Lowering { file, text, place, repairs, shift, depth: 0, failure: None, diagnostics: Vec::new() }
    }

    /// Takes why the last item cannot be kept.
    pub(super) fn take_failure(&mut self) -> Option<Diagnostic> {
        self.failure.take()
    }

    fn place(&self, start: usize, end: usize) -> Span {
        match self.place {
            Place::From(base) => Span::new(start + base, end + base),
            Place::Whole(span) => span,
        }
    }

    fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or_default();
        self.place(range.start, range.end)
    }

    fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or("")
    }

    fn fail(&mut self, span: Span, message: &str) {
        if self.failure.is_none() {
            let origin = Origin { file: self.file, span };
            self.failure = Some(Diagnostic::error("hcl-too-deep", message).at(origin, ""));
        }
    }

    /// The top level: an item that cannot be kept is left out and reported.
    pub(super) fn file_body(&mut self, from: &structure::Body, into: &mut Body) {
        for item in from {
            let (attributes, blocks) = (into.attributes.len(), into.blocks.len());
            self.structure(item, into);
            if let Some(failure) = self.failure.take() {
                into.attributes.truncate(attributes);
                into.blocks.truncate(blocks);
                self.diagnostics.push(failure);
            }
        }
    }

    fn structure(&mut self, item: &Structure, into: &mut Body) {
        match item {
            Structure::Attribute(attribute) => {
                let range = attribute.key.span().unwrap_or_default();
                let name_span = self.place(range.start, range.end);
                if self.repairs.is_some_and(|repairs| repairs.is_repeated(range.start + self.shift)) {
                    let name = self.slice(&range);
                    let origin = Origin { file: self.file, span: name_span };
                    self.diagnostics.push(
                        Diagnostic::error("hcl-repeated-attribute", format!("`{name}` is set twice in this block"))
                            .at(origin, "passed over: the first one counts")
                            .help("remove one of the two: Terraform refuses the file"),
                    );
                    return;
                }
                let value = self.expression(&attribute.value);
                into.attributes.push(Attribute { name: attribute.key.as_str().into(), name_span, value });
            }
            Structure::Block(block) => {
                let ident = self.span(block.ident.span());
                let labels: Vec<Label> = block
                    .labels
                    .iter()
                    .map(|label| Label { text: label.as_str().into(), span: self.span(label.span()) })
                    .collect();
                let header = labels.last().map_or(ident, |last| ident.join(last.span));
                let span = block.span().map_or(header, |range| self.place(range.start, range.end));
                let mut body = Body::default();
                for inner in &block.body {
                    self.structure(inner, &mut body);
                }
                into.blocks.push(Block { kind: block.ident.as_str().into(), labels, body, header, span });
            }
        }
    }

    /// An expression.
    pub(super) fn expression(&mut self, from: &edit::Expression) -> Expression {
        let span = self.span(from.span());
        if self.depth >= MAX_DEPTH {
            self.fail(span, "the expression is nested too deeply");
            return Expression { kind: ExpressionKind::Null, span };
        }
        self.depth += 1;
        let kind = self.kind(from, span);
        self.depth -= 1;
        Expression { kind, span }
    }

    fn boxed(&mut self, from: &edit::Expression) -> Box<Expression> {
        Box::new(self.expression(from))
    }

    fn kind(&mut self, from: &edit::Expression, span: Span) -> ExpressionKind {
        use edit::Expression as E;
        match from {
            E::Null(_) => ExpressionKind::Null,
            E::Bool(value) => ExpressionKind::Bool(*value.value()),
            E::Number(_) => ExpressionKind::Number(number(self.slice(&from.span().unwrap_or_default()))),
            E::String(text) => ExpressionKind::String(composed(text.as_str()).as_ref().into()),
            E::Array(array) => {
                let start = array.span().unwrap_or_default().start + self.shift;
                if self.repairs.is_some_and(|repairs| repairs.is_object(start)) {
                    self.object_of_list(array, span)
                } else {
                    ExpressionKind::Tuple(array.iter().map(|item| self.expression(item)).collect())
                }
            }
            E::Object(object) => {
                let entry = |(key, value): (&edit::ObjectKey, &edit::ObjectValue)| {
                    let key = match key {
                        edit::ObjectKey::Ident(name) => ObjectKey::Name(name.as_str().into(), self.span(name.span())),
                        edit::ObjectKey::Expression(key) => self.object_key(key),
                    };
                    (key, self.expression(value.expr()))
                };
                ExpressionKind::Object(object.iter().map(entry).collect())
            }
            E::StringTemplate(template) => {
                let mut tokens = Vec::new();
                self.tokens(template.iter(), false, &mut tokens);
                template::strip(&mut tokens);
                template::string_or_template(template::fold(tokens))
            }
            E::HeredocTemplate(heredoc) => {
                let mut tokens = Vec::new();
                self.tokens(heredoc.template.iter(), true, &mut tokens);
                template::strip(&mut tokens);
                if self.slice(&from.span().unwrap_or_default()).starts_with("<<-") {
                    template::dedent(&mut tokens);
                }
                template::string_or_template(template::fold(tokens))
            }
            E::Parenthesis(inner) => ExpressionKind::Parenthesis(self.boxed(inner.inner())),
            E::Variable(name) => ExpressionKind::Variable(name.as_str().into()),
            E::Conditional(conditional) => ExpressionKind::Conditional(Box::new([
                self.expression(&conditional.cond_expr),
                self.expression(&conditional.true_expr),
                self.expression(&conditional.false_expr),
            ])),
            E::FuncCall(call) => {
                let mut name = String::new();
                for part in &call.name.namespace {
                    name.push_str(part.as_str());
                    name.push_str("::");
                }
                name.push_str(call.name.name.as_str());
                let last = self.span(call.name.name.span());
                let name_span = call.name.namespace.first().map_or(last, |first| self.span(first.span()).join(last));
                ExpressionKind::Call {
                    name: name.into(),
                    name_span,
                    arguments: call.args.iter().map(|argument| self.expression(argument)).collect(),
                    expand_final: call.args.expand_final(),
                }
            }
            E::Traversal(traversal) => self.traversal(traversal),
            E::UnaryOp(operation) => {
                let operator = match operation.operator.value() {
                    edit::UnaryOperator::Neg => UnaryOperator::Negate,
                    edit::UnaryOperator::Not => UnaryOperator::Not,
                };
                ExpressionKind::Unary(operator, self.boxed(&operation.expr))
            }
            E::BinaryOp(operation) => ExpressionKind::Binary(
                binary(*operation.operator.value()),
                Box::new([self.expression(&operation.lhs_expr), self.expression(&operation.rhs_expr)]),
            ),
            E::ForExpr(inner) => ExpressionKind::For(Box::new(ForExpression {
                key_name: inner.intro.key_var.as_ref().map(|name| name.as_str().into()),
                value_name: inner.intro.value_var.as_str().into(),
                collection: self.expression(&inner.intro.collection_expr),
                key: inner.key_expr.as_ref().map(|key| self.expression(key)),
                value: self.expression(&inner.value_expr),
                grouping: inner.grouping,
                condition: inner.cond.as_ref().map(|condition| self.expression(&condition.expr)),
            })),
        }
    }

    /// A key that is one of the words `null`, `true`, `false` is a name like any other.
    fn object_key(&mut self, key: &edit::Expression) -> ObjectKey {
        match key {
            edit::Expression::Variable(_) | edit::Expression::Null(_) | edit::Expression::Bool(_) => {
                let range = key.span().unwrap_or_default();
                ObjectKey::Name(self.slice(&range).into(), self.place(range.start, range.end))
            }
            _ => ObjectKey::Expression(self.expression(key)),
        }
    }

    /// An object that was rewritten as a list of keys and values.
    fn object_of_list(&mut self, array: &edit::Array, span: Span) -> ExpressionKind {
        let mut entries = Vec::with_capacity(array.len() / 2);
        let mut items = array.iter();
        while let Some(key) = items.next() {
            let Some(value) = items.next() else {
                self.fail(span, "the object could not be read");
                break;
            };
            entries.push((self.object_key(key), self.expression(value)));
        }
        ExpressionKind::Object(entries)
    }

    fn traversal(&mut self, traversal: &edit::Traversal) -> ExpressionKind {
        let operators = &traversal.operators;
        let before = self.depth;
        self.depth += operators.len();
        if self.depth >= MAX_DEPTH {
            self.fail(self.span(traversal.span()), "the expression is nested too deeply");
            self.depth = before;
            return ExpressionKind::Null;
        }
        self.check_legacy(operators);
        let mut value = self.expression(&traversal.expr);
        let mut rest = operators.as_slice();
        while let Some((operator, tail)) = rest.split_first() {
            let start = value.span;
            let mut end = self.span(operator.span());
            rest = tail;
            let kind = match operator.value() {
                Operator::GetAttr(name) => {
                    ExpressionKind::GetAttr(Box::new(value), name.as_str().into(), self.span(name.span()))
                }
                Operator::Index(key) => {
                    let key = self.expression(key);
                    ExpressionKind::Index(Box::new(value), Box::new(key))
                }
                Operator::LegacyIndex(index) => {
                    let key = self.legacy_index(*index.value(), operator.span());
                    ExpressionKind::Index(Box::new(value), Box::new(key))
                }
                Operator::AttrSplat(_) | Operator::FullSplat(_) => {
                    let is_attribute_splat = matches!(operator.value(), Operator::AttrSplat(_));
                    let length = if is_attribute_splat { attribute_steps(rest) } else { rest.len() };
                    let (own, after) = rest.split_at(length);
                    if let Some(last) = own.last() {
                        end = self.span(last.span());
                    }
                    rest = after;
                    let steps = self.steps(own);
                    ExpressionKind::Splat { value: Box::new(value), steps, is_attribute_splat }
                }
            };
            value = Expression { kind, span: start.join(end) };
        }
        self.depth = before;
        value.kind
    }

    /// Terraform refuses two indexes in a row in their old form, and a splat within an attribute splat.
    fn check_legacy(&mut self, operators: &[hcl::edit::Decorated<Operator>]) {
        let mut refuse = |operator: &hcl::edit::Decorated<Operator>, message: &str, help: &str| {
            let origin = Origin { file: self.file, span: self.span(operator.span()) };
            self.diagnostics.push(Diagnostic::error("hcl-legacy-index", message).at(origin, "").help(help));
        };
        for (nth, operator) in operators.iter().enumerate() {
            let after = operators.get(nth + 1..).unwrap_or_default();
            match operator.value() {
                Operator::LegacyIndex(_) => {
                    if let Some(next) = after.first().filter(|next| matches!(next.value(), Operator::LegacyIndex(_))) {
                        refuse(next, "two indexes in a row need brackets", "write `[0][0]` instead of `.0.0`");
                    }
                }
                Operator::AttrSplat(_) => {
                    let next =
                        after.get(attribute_steps(after)).filter(|next| matches!(next.value(), Operator::AttrSplat(_)));
                    if let Some(next) = next {
                        refuse(next, "`.*` must not follow another `.*`", "write `[*]` instead");
                    }
                }
                _ => {}
            }
        }
    }

    fn legacy_index(&self, index: u64, range: Option<Range<usize>>) -> Expression {
        let digits = index.to_string();
        let range = range.unwrap_or_default();
        let start = range.end.saturating_sub(digits.len());
        Expression { kind: ExpressionKind::Number(digits.into()), span: self.place(start, range.end) }
    }

    /// The steps of a splat; a splat among them takes what follows, as far as its kind allows.
    fn steps(&mut self, mut operators: &[hcl::edit::Decorated<Operator>]) -> Vec<Step> {
        let mut outer: Vec<Vec<Step>> = Vec::new();
        let mut steps = Vec::new();
        while let Some((operator, tail)) = operators.split_first() {
            operators = tail;
            match operator.value() {
                Operator::GetAttr(name) => steps.push(Step::Attribute(name.as_str().into())),
                Operator::Index(key) => steps.push(Step::Index(self.expression(key))),
                Operator::LegacyIndex(index) => {
                    steps.push(Step::Index(self.legacy_index(*index.value(), operator.span())));
                }
                Operator::AttrSplat(_) => {
                    let (own, after) = tail.split_at(attribute_steps(tail));
                    operators = after;
                    let inner = own.iter().filter_map(|operator| match operator.value() {
                        Operator::GetAttr(name) => Some(Step::Attribute(name.as_str().into())),
                        Operator::LegacyIndex(index) => {
                            Some(Step::Index(self.legacy_index(*index.value(), operator.span())))
                        }
                        _ => None,
                    });
                    steps.push(Step::Splat(inner.collect()));
                }
                Operator::FullSplat(_) => outer.push(std::mem::take(&mut steps)),
            }
        }
        while let Some(mut before) = outer.pop() {
            before.push(Step::Splat(steps));
            steps = before;
        }
        steps
    }

    /// The tokens of a template; `is_raw` where a backslash is text and each line is a literal of its own.
    fn tokens<'e>(
        &mut self,
        elements: impl Iterator<Item = &'e edit_template::Element>,
        is_raw: bool,
        into: &mut Vec<Token>,
    ) {
        use edit_template::{Directive, Element};
        for element in elements {
            match element {
                Element::Literal(literal) => {
                    let range = literal.span().unwrap_or_default();
                    let source = self.slice(&range);
                    if is_raw {
                        into.extend(template::raw_literals(source, range.start, |from, to| self.place(from, to)));
                    } else {
                        let text = composed(literal.value()).into_owned();
                        let is_exact = text == source && matches!(self.place, Place::From(_));
                        let span = self.place(range.start, range.end);
                        into.push(Token::Literal(Literal { text, span, is_exact }));
                    }
                }
                Element::Interpolation(interpolation) => {
                    let kind = Marker::Interpolation(self.expression(&interpolation.expr));
                    into.push(marker(interpolation.strip, kind));
                }
                Element::Directive(directive) => match &**directive {
                    Directive::If(directive) => {
                        let condition = self.expression(&directive.if_expr.cond_expr);
                        into.push(marker(directive.if_expr.strip, Marker::If(condition)));
                        self.tokens(directive.if_expr.template.iter(), is_raw, into);
                        if let Some(otherwise) = &directive.else_expr {
                            into.push(marker(otherwise.strip, Marker::Else));
                            self.tokens(otherwise.template.iter(), is_raw, into);
                        }
                        into.push(marker(directive.endif_expr.strip, Marker::EndIf));
                    }
                    Directive::For(directive) => {
                        let inner = &directive.for_expr;
                        let collection = self.expression(&inner.collection_expr);
                        let key = inner.key_var.as_ref().map(|name| name.as_str().into());
                        let kind = Marker::For(key, inner.value_var.as_str().into(), collection);
                        into.push(marker(inner.strip, kind));
                        self.tokens(inner.template.iter(), is_raw, into);
                        into.push(marker(directive.endfor_expr.strip, Marker::EndFor));
                    }
                },
            }
        }
    }

    /// A template without quotes.
    pub(super) fn template(&mut self, from: &edit_template::Template) -> Vec<TemplatePart> {
        let mut tokens = Vec::new();
        self.tokens(from.iter(), true, &mut tokens);
        template::strip(&mut tokens);
        template::fold(tokens)
    }
}

/// Strings are normalised as Terraform does it: what looks the same is the same.
pub(super) fn composed(text: &str) -> std::borrow::Cow<'_, str> {
    if text.is_ascii() || unicode_normalization::is_nfc(text) {
        return text.into();
    }
    unicode_normalization::UnicodeNormalization::nfc(text).collect::<String>().into()
}

/// How many of the operators belong to an attribute splat before them.
fn attribute_steps(operators: &[hcl::edit::Decorated<Operator>]) -> usize {
    let belongs = |operator: &hcl::edit::Decorated<Operator>| {
        matches!(operator.value(), Operator::GetAttr(_) | Operator::LegacyIndex(_))
    };
    operators.iter().position(|operator| !belongs(operator)).unwrap_or(operators.len())
}

fn marker(strip: edit_template::Strip, kind: Marker) -> Token {
    Token::Marker { strips_before: strip.strip_start(), strips_after: strip.strip_end(), kind }
}

/// The digits as written; a blank between the sign and the digits goes.
fn number(source: &str) -> Arc<str> {
    let digits = source.find(|c: char| c.is_ascii_digit()).and_then(|at| source.get(at..)).unwrap_or(source);
    if source.starts_with('-') { format!("-{digits}").into() } else { digits.into() }
}

fn binary(operator: edit::BinaryOperator) -> BinaryOperator {
    use edit::BinaryOperator as B;
    match operator {
        B::Eq => BinaryOperator::Equal,
        B::NotEq => BinaryOperator::NotEqual,
        B::LessEq => BinaryOperator::LessOrEqual,
        B::GreaterEq => BinaryOperator::GreaterOrEqual,
        B::Less => BinaryOperator::Less,
        B::Greater => BinaryOperator::Greater,
        B::Plus => BinaryOperator::Add,
        B::Minus => BinaryOperator::Subtract,
        B::Mul => BinaryOperator::Multiply,
        B::Div => BinaryOperator::Divide,
        B::Mod => BinaryOperator::Modulo,
        B::And => BinaryOperator::And,
        B::Or => BinaryOperator::Or,
    }
}
