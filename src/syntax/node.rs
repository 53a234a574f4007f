//! The spanned tree of YAML and JSON files: no meaning yet, scalars as written.

use std::sync::Arc;

use crate::source::Span;

/// More nodes than this in one file are refused: it bounds the memory that a hostile file can ask for.
pub const MAX_NODES: usize = 4 << 20;

/// A node of a YAML or JSON document.
#[derive(Clone, Debug)]
pub struct Node {
    /// The bytes of the node, tag left out.
    pub span: Span,
    /// A YAML tag without its `!`, such as `Ref` or `GetAtt`, with its place; core tags (`!!str`) stand in full.
    pub tag: Option<(Arc<str>, Span)>,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of node.
#[derive(Clone, Debug)]
pub enum NodeKind {
    /// A scalar: its text after unescaping and folding, and how it was written.
    Scalar(Arc<str>, Style),
    /// A sequence.
    Sequence(Vec<Node>),
    /// A mapping: pairs in order, duplicates included.
    Mapping(Vec<(Node, Node)>),
    /// An alias: the anchored node, shared and never expanded.
    Alias(Arc<Node>),
}

/// How a scalar was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A YAML plain scalar or a JSON literal (number, boolean, null): its meaning depends on its text.
    Plain,
    /// In quotes.
    Quoted,
    /// A YAML block scalar (`|`, `>`).
    Block,
}

impl Node {
    /// The node behind any aliases.
    pub fn target(&self) -> &Node {
        let mut node = self;
        while let NodeKind::Alias(target) = &node.kind {
            node = target;
        }
        node
    }

    /// The scalar's text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.target().kind {
            NodeKind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// The elements of a sequence.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.target().kind {
            NodeKind::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The pairs of a mapping.
    pub fn as_mapping(&self) -> Option<&[(Node, Node)]> {
        match &self.target().kind {
            NodeKind::Mapping(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// The value of a key of a mapping; of duplicate keys the last one. Merge keys are not looked through.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.pair(key).map(|(_, value)| value)
    }

    /// The pair of a key of a mapping; of duplicate keys the last one.
    pub fn pair(&self, key: &str) -> Option<&(Node, Node)> {
        self.as_mapping()?.iter().rev().find(|(name, _)| name.as_str() == Some(key))
    }
}
