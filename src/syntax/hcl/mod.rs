//! HCL as a compact tree of our own: the same for native syntax and for `.tf.json`.
//!
//! `hcl-edit` parses; its tree is lowered to this one and dropped inside the call that parsed it. What Terraform accepts
//! and `hcl-edit` does not is rewritten first, byte for byte, so that every span stays an offset in the original text.

mod json;
mod lower;
mod parse;
mod repair;
mod scan;
mod template;
#[cfg(test)]
mod tests;
mod tree;

pub use json::{parse_json, parse_json_values};
pub use parse::{MAX_HCL_BYTES, parse, parse_expression, parse_template, parse_template_of};
pub use tree::{
    Attribute, BinaryOperator, Block, Body, Expression, ExpressionKind, ForExpression, Label, ObjectKey, Step,
    TemplatePart, UnaryOperator,
};
