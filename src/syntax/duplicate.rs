//! Keys that stand twice in one mapping.

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, Span};
use crate::syntax::node::{Node, NodeKind};

/// Mappings up to this size are searched pair by pair, larger ones through an index.
const SMALL_MAPPING: usize = 8;

/// A warning for each key that stands twice in a mapping; the merge key may.
pub(super) fn duplicate_keys(file: FileId, pairs: &[(Node, Node)]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let key_of = |(key, _): &(Node, Node)| match &key.target().kind {
        NodeKind::Scalar(text, _) if &**text != "<<" => Some((text.clone(), key.span)),
        _ => None,
    };
    if pairs.len() <= SMALL_MAPPING {
        for (nth, pair) in pairs.iter().enumerate() {
            let Some((text, span)) = key_of(pair) else { continue };
            let earlier = pairs.iter().take(nth).filter_map(key_of).find(|(other, _)| *other == text);
            found.extend(earlier.map(|(_, first)| (text, first, span)));
        }
    } else {
        let mut seen: HashMap<Arc<str>, Span> = HashMap::with_capacity(pairs.len());
        for (text, span) in pairs.iter().filter_map(key_of) {
            if let Some(first) = seen.insert(text.clone(), span) {
                found.push((text, first, span));
            }
        }
    }
    let origin = |span| Origin { file, span };
    let told = found.into_iter().map(|(text, first, second)| {
        let message = format!("the key `{text}` stands twice in one mapping; the last one counts");
        Diagnostic::warning("duplicate-key", message)
            .at(origin(second), "this one counts")
            .at(origin(first), "first here")
    });
    told.collect()
}
