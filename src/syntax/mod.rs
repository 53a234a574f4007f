//! Bytes to spanned trees, without meaning.

pub mod comment;
mod duplicate;
pub mod hcl;
pub mod json;
pub mod node;
pub mod yaml;
