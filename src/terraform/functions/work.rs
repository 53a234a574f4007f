//! What calls cost beyond a look at their arguments, and regular expressions that are compiled once.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use regex::{Regex, RegexBuilder};

/// How large the program of a pattern may get, in bytes, and what it costs to compile one of that size. Most patterns
/// fit the first size: what grows is found out at little cost.
const PROGRAMS: [(usize, usize); 4] = [(4 << 10, 1_000), (32 << 10, 4_000), (256 << 10, 32_000), (2 << 20, 256_000)];

/// No more patterns are kept than these many bytes of programs.
const MAX_KEPT: usize = 32 << 20;

/// A search may look at all of its program for each byte of the text: no more than this, program times text.
const MAX_SEARCH: usize = 1 << 34;

/// One step pays for so much of a search.
const SEARCH_PER_STEP: usize = 1 << 16;

/// Each match may have been looked for in all of the text: no more than this, matches times text.
const MAX_MATCHED: usize = 1 << 28;

/// One step pays for so much of what is looked through for matches.
const MATCHED_PER_STEP: usize = 1 << 12;

/// A compiled pattern.
#[derive(Clone)]
pub(crate) struct Pattern {
    pub(super) regex: Regex,
    program: usize,
}

/// What one root module has asked of functions.
#[derive(Default)]
pub(crate) struct Work {
    steps: Cell<usize>,
    patterns: RefCell<HashMap<String, Result<Rc<Pattern>, regex::Error>>>,
    kept: Cell<usize>,
}

impl Work {
    /// Adds to the cost of the call.
    pub(super) fn add(&self, steps: usize) {
        self.steps.set(self.steps.get().saturating_add(steps));
    }

    /// The cost since this was last asked for.
    pub(crate) fn take(&self) -> usize {
        self.steps.take()
    }

    /// Pays for a search in a text of so many bytes; whether it ends soon.
    pub(super) fn admits(&self, pattern: &Pattern, length: usize) -> bool {
        let search = pattern.program.saturating_mul(length);
        let admits = search <= MAX_SEARCH;
        self.add(if admits { search / SEARCH_PER_STEP } else { 0 });
        admits
    }

    /// Pays for one match of a text of so many bytes; whether there may be more than so many of them.
    pub(super) fn goes_on(&self, matches: usize, length: usize) -> bool {
        self.add(length / MATCHED_PER_STEP);
        matches.saturating_mul(length) <= MAX_MATCHED
    }

    /// The compiled form of a pattern in the crate's syntax.
    pub(super) fn pattern(&self, text: &str) -> Result<Rc<Pattern>, regex::Error> {
        if let Some(known) = self.patterns.borrow().get(text) {
            return known.clone();
        }
        let mut compiled = Err(regex::Error::CompiledTooBig(0));
        let mut size = 0;
        for (program, steps) in PROGRAMS {
            self.add(steps);
            size = program;
            compiled = RegexBuilder::new(text).size_limit(program).dfa_size_limit(program).build();
            if !matches!(compiled, Err(regex::Error::CompiledTooBig(_))) {
                break;
            }
        }
        let compiled = compiled.map(|regex| Rc::new(Pattern { regex, program: size }));
        let kept = self.kept.get() + size + text.len();
        if kept <= MAX_KEPT {
            self.kept.set(kept);
            self.patterns.borrow_mut().insert(text.to_owned(), compiled.clone());
        }
        compiled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_paid_for_once_and_a_search_by_its_size() {
        let work = Work::default();
        let small = work.pattern("a+").expect("a pattern");
        let first = work.take();
        assert!(first > 0);
        assert!(work.pattern("a+").is_ok() && work.take() == 0);
        let large = work.pattern("(a{50}){50}").expect("a pattern");
        assert!(work.take() > first);
        assert!(work.admits(&small, 1 << 20) && !work.admits(&large, 1 << 20));
        assert!(work.goes_on(20_000, 10_000) && !work.goes_on(20_000, 1 << 20));
    }
}
