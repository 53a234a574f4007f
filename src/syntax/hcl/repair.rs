//! Rewriting of text that Terraform accepts and `hcl-edit` refuses, or reads in quadratic time.
//!
//! Every edit keeps the length of the text, so that spans stay true:
//! - a byte order mark becomes blanks;
//! - line breaks and comments directly within a `for` expression or a template directive become blanks;
//! - a heredoc line that starts with the marker but goes on gets another first byte (literals are read from the original text);
//! - an object with a repeated key, or with very many keys, is written as a list `[key, value, key, value]` that the
//!   lowering turns back into an object;
//! - the exponent of a number that may not fit into 64 bits becomes zero (numbers are read from the original text);
//! - an attribute that is there already is renamed, reported and left out.

use std::ops::Range;

/// Replaces a range by `first` and blanks.
pub(super) struct Edit {
    /// The bytes.
    pub(super) range: Range<usize>,
    /// What the first of them becomes.
    pub(super) first: u8,
}

/// What must be rewritten.
#[derive(Default)]
pub(super) struct Repairs {
    /// The edits.
    pub(super) edits: Vec<Edit>,
    /// Where objects that are written as lists begin; sorted.
    pub(super) objects: Vec<usize>,
    /// Where the names of repeated attributes begin; in the order of the text.
    pub(super) repeated: Vec<usize>,
}

impl Repairs {
    /// Adds an edit.
    pub(super) fn edit(&mut self, range: Range<usize>, first: u8) {
        self.edits.push(Edit { range, first });
    }

    /// Sorts what was found at the ends of brackets.
    pub(super) fn sort(&mut self) {
        self.objects.sort_unstable();
        self.repeated.sort_unstable();
    }

    /// Whether the object at `offset` is written as a list.
    pub(super) fn is_object(&self, offset: usize) -> bool {
        self.objects.binary_search(&offset).is_ok()
    }

    /// Whether the attribute whose name starts at `offset` is a repeated one.
    pub(super) fn is_repeated(&self, offset: usize) -> bool {
        self.repeated.binary_search(&offset).is_ok()
    }

    /// The text with all edits.
    pub(super) fn apply(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        for edit in &self.edits {
            if let Some(range) = bytes.get_mut(edit.range.clone()) {
                range.fill(b' ');
                if let Some(first) = range.first_mut() {
                    *first = edit.first;
                }
            }
        }
        String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
    }
}
