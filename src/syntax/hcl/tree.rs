//! The tree that native syntax and `.tf.json` are lowered to.

use std::sync::Arc;

use crate::source::Span;

/// The attributes and blocks of a file or of a block, each in the order of the text.
#[derive(Clone, Debug, Default)]
pub struct Body {
    /// `name = expression`
    pub attributes: Vec<Attribute>,
    /// `kind "label" { … }`
    pub blocks: Vec<Block>,
}

/// `name = expression`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Arc<str>,
    /// Where the name stands.
    pub name_span: Span,
    /// The expression.
    pub value: Expression,
}

/// `kind "label" { … }`
#[derive(Clone, Debug)]
pub struct Block {
    /// The block type: `resource`, `statement`, `dynamic` …
    pub kind: Arc<str>,
    /// The labels.
    pub labels: Vec<Label>,
    /// What stands between the braces.
    pub body: Body,
    /// From the block type to the last label, without the brace.
    pub header: Span,
    /// The whole block with its braces.
    pub span: Span,
}

/// A label of a block.
#[derive(Clone, Debug)]
pub struct Label {
    /// Its text.
    pub text: Arc<str>,
    /// Its place, quotes included.
    pub span: Span,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What it is.
    pub kind: ExpressionKind,
    /// Its place; a string's quotes and a heredoc's markers are inside.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Clone, Debug)]
pub enum ExpressionKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(Arc<str>),
    /// A string without interpolation.
    String(Arc<str>),
    /// A quoted string or heredoc with interpolation or directives; strip markers and indentation are already applied.
    Template(Vec<TemplatePart>),
    /// `[a, b]`
    Tuple(Vec<Expression>),
    /// `{ a = 1 }`: keys as written, duplicates included (the last one wins).
    Object(Vec<(ObjectKey, Expression)>),
    /// The first name of a traversal: `var`, `local`, `aws_iam_user`, `each`, an iterator.
    Variable(Arc<str>),
    /// `value.name`, with the place of the name.
    GetAttr(Box<Expression>, Arc<str>, Span),
    /// `value[key]`, also the legacy `value.0`.
    Index(Box<Expression>, Box<Expression>),
    /// `value[*].a` or `value.*.a`: the steps apply to each element.
    Splat {
        /// The list, or the single value that counts as a list of one.
        value: Box<Expression>,
        /// What applies to each element.
        steps: Vec<Step>,
        /// `.*`: an index after it applies to the whole list, which the lowering already arranged.
        is_attribute_splat: bool,
    },
    /// `name(a, b...)`
    Call {
        /// The function, with its namespace if any (`provider::aws::arn_parse`).
        name: Arc<str>,
        /// Where the name stands.
        name_span: Span,
        /// The arguments.
        arguments: Vec<Expression>,
        /// The last argument is expanded (`...`).
        expand_final: bool,
    },
    /// `condition ? yes : no`
    Conditional(Box<[Expression; 3]>),
    /// `-a`, `!a`
    Unary(UnaryOperator, Box<Expression>),
    /// `a + b`
    Binary(BinaryOperator, Box<[Expression; 2]>),
    /// `[for …]`, `{for …}`
    For(Box<ForExpression>),
    /// `( a )`
    Parenthesis(Box<Expression>),
}

/// A key of an object.
#[derive(Clone, Debug)]
pub enum ObjectKey {
    /// A bare name: literal text, never a reference.
    Name(Arc<str>, Span),
    /// Any other expression: a string, a template, `(expression)`, a traversal.
    Expression(Expression),
}

/// A step of a splat.
#[derive(Clone, Debug)]
pub enum Step {
    /// `.name`
    Attribute(Arc<str>),
    /// `[key]`, also the legacy `.0`
    Index(Expression),
    /// `[*]` or `.*` within a splat: what was reached counts as a list, and these steps apply to each of its elements.
    Splat(Vec<Step>),
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text after unescaping, and the source text it came from (without quotes or markers).
    Literal(Arc<str>, Span),
    /// `${ expression }`; the span of the expression is without the braces.
    Interpolation(Expression),
    /// `%{ if condition } … %{ else } … %{ endif }`
    If {
        /// The condition.
        condition: Expression,
        /// Where it holds.
        then: Vec<TemplatePart>,
        /// Where it does not.
        otherwise: Vec<TemplatePart>,
    },
    /// `%{ for key, value in collection } … %{ endfor }`
    For {
        /// The name of the key, if any.
        key: Option<Arc<str>>,
        /// The name of the value.
        value: Arc<str>,
        /// What is walked.
        collection: Expression,
        /// What is repeated.
        parts: Vec<TemplatePart>,
    },
}

/// `[for k, v in collection : value if condition]`, `{for k, v in collection : key => value... if condition}`
#[derive(Clone, Debug)]
pub struct ForExpression {
    /// The name of the key, if any.
    pub key_name: Option<Arc<str>>,
    /// The name of the value.
    pub value_name: Arc<str>,
    /// What is walked.
    pub collection: Expression,
    /// The key of an object entry; absent for a list.
    pub key: Option<Expression>,
    /// The value.
    pub value: Expression,
    /// `...` after the value: equal keys are grouped.
    pub grouping: bool,
    /// The filter.
    pub condition: Option<Expression>,
}

/// Operators of one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`
    Negate,
    /// `!`
    Not,
}

/// Operators of two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `&&`
    And,
    /// `||`
    Or,
}
