//! Containment and intersection of patterns.

use std::collections::{BTreeSet, HashSet, VecDeque};

use super::{Except, Glob, Hole, Symbol};
use crate::value::{Fact, Truth};

/// Containment that the quick way does not decide is searched for in at most so many steps.
const MAX_STEPS: usize = 4_000_000;

/// How holes are read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Holes {
    /// As one text that nothing is known of but that it is the same as itself: what holds, holds for every filling.
    Opaque,
    /// As whatever serves best: what does not hold, holds for no filling.
    Widest,
}

impl Glob {
    /// Whether every string of the other pattern is one of this one. Undecided where it depends on a hole.
    pub fn covers(&self, other: &Glob) -> Truth {
        all_covered(&self.symbols, &other.symbols)
    }

    /// Whether some string is one of both patterns. Undecided where it depends on a hole.
    pub fn meets(&self, other: &Glob) -> Truth {
        some_in_common(&self.symbols, &other.symbols)
    }

    /// Of two ARNs with as many fields whether some string is one of both in each field but the last, and this one has every
    /// string of the last; none where they have not as many.
    pub(in crate::iam) fn meets_and_covers_name(&self, other: &Glob) -> Option<Truth> {
        let is_colon = |symbol: &Symbol| matches!(symbol, Symbol::Char(':'));
        let fields = |glob: &Glob| glob.symbols.iter().filter(|symbol| is_colon(symbol)).count().min(5) + 1;
        let count = fields(self);
        if count != fields(other) {
            return None;
        }
        let pairs = self.symbols.splitn(count, is_colon).zip(other.symbols.splitn(count, is_colon));
        let compare = |(at, (mine, theirs))| match at + 1 == count {
            true => all_covered(mine, theirs),
            false => some_in_common(mine, theirs),
        };
        Some(Truth::all(pairs.enumerate().map(compare)))
    }

    /// As [`Glob::covers`] of ARNs as the operators `ArnLike` and `ArnEquals` compare them: field by field.
    pub fn covers_arn(&self, other: &Glob) -> Truth {
        self.by_field(other, Glob::covers)
    }

    /// As [`Glob::meets`] of ARNs as the operators `ArnLike` and `ArnEquals` compare them: field by field.
    pub fn meets_arn(&self, other: &Glob) -> Truth {
        self.by_field(other, Glob::meets)
    }

    /// Whether it has certainly not every string of the other: that one ends in a run, and this one in a letter.
    pub(in crate::iam) fn ends_within(&self, other: &Glob) -> bool {
        matches!((self.symbols.last(), other.symbols.last()), (Some(Symbol::Char(_)), Some(Symbol::Run(_))))
    }

    /// Whether it is of no region or no account, where the ARNs of the other have one: `arn:aws:s3:::b/*` is no access point.
    pub(in crate::iam) fn leaves_out_place_of(&self, arn: &Glob) -> bool {
        let is_colon = |symbol: &Symbol| matches!(symbol, Symbol::Char(':'));
        let holds_none = |symbol: &Symbol| match symbol {
            Symbol::One | Symbol::Run(Except::Nothing | Except::Slash) => false,
            Symbol::Hole(hole) => !hole.except.takes(':'),
            _ => true,
        };
        let fields = |glob: &Glob| -> Option<Vec<bool>> {
            let fields: Vec<&[Symbol]> = glob.symbols.splitn(6, is_colon).collect();
            let is_arn = fields.len() == 6 && fields.iter().take(3).all(|field| field.iter().all(holds_none));
            is_arn.then(|| fields.iter().skip(3).take(2).map(|field| field.is_empty()).collect())
        };
        let (Some(mine), Some(theirs)) = (fields(self), fields(arn)) else { return false };
        mine.iter().zip(theirs).any(|(mine, theirs)| *mine && !theirs)
    }

    /// Whether a part that is not known may hold colons, which accounts, regions and partitions do not.
    fn may_hold_colons(&self) -> bool {
        let plain = [Fact::Account, Fact::Region, Fact::Partition, Fact::Organization, Fact::UrlSuffix];
        let of_fact = |hole: &Hole| hole.fact.is_some_and(|fact| plain.contains(&fact));
        self.symbols.iter().any(|symbol| matches!(symbol, Symbol::Hole(hole) if !of_fact(hole)))
    }

    fn by_field(&self, other: &Glob, compare: fn(&Glob, &Glob) -> Truth) -> Truth {
        // `*` alone is every value of the key.
        if self.is_everything() {
            return Truth::True;
        }
        let (mine, theirs) = (self.fields(), other.fields());
        if mine.len() != theirs.len() {
            let open = [&mine, &theirs].iter().any(|fields| fields.iter().any(Glob::may_hold_colons));
            // A hole may hold the colons that are missing.
            return if open { Truth::Unknown } else { Truth::False };
        }
        let truth = Truth::all(mine.iter().zip(&theirs).map(|(a, b)| compare(a, b)));
        let spans = |fields: &[Glob]| fields.iter().take(5).any(Glob::may_hold_colons);
        match truth {
            Truth::False if spans(&mine) || spans(&theirs) => self.meets(other).and(Truth::Unknown),
            truth => truth,
        }
    }
}

fn has_holes(symbols: &[Symbol]) -> bool {
    symbols.iter().any(|symbol| matches!(symbol, Symbol::Hole(_)))
}

fn all_covered(wide: &[Symbol], narrow: &[Symbol]) -> Truth {
    if matches!(wide, [Symbol::Run(Except::Nothing)]) || covers(wide, narrow, Holes::Opaque) {
        return Truth::True;
    }
    if !has_holes(wide) && !has_holes(narrow) {
        return Truth::False;
    }
    // With holes in the other only what is apart from it is certainly not covered.
    let possible = match has_holes(narrow) {
        true => meets(wide, narrow, Holes::Widest),
        false => covers(wide, narrow, Holes::Widest),
    };
    if possible { Truth::Unknown } else { Truth::False }
}

fn some_in_common(a: &[Symbol], b: &[Symbol]) -> Truth {
    if meets(a, b, Holes::Opaque) {
        return Truth::True;
    }
    let possible = (has_holes(a) || has_holes(b)) && meets(a, b, Holes::Widest);
    if possible { Truth::Unknown } else { Truth::False }
}

/// Whether a symbol of the wider pattern, which stays where it is, takes one of the narrower.
fn run_takes(run: &Symbol, symbol: &Symbol, holes: Holes) -> bool {
    match (run, symbol) {
        (Symbol::Run(except), Symbol::Char(character) | Symbol::Letter(character)) => except.takes(*character),
        (Symbol::Run(except), Symbol::Run(other)) => except.takes_all_of(*other),
        (Symbol::Run(except), Symbol::Hole(hole)) if hole.literal => except.takes_all_of(hole.except),
        (Symbol::Run(except), _) => *except == Except::Nothing,
        // Filled with text it is a part of that text; filled with wildcards it may be everything.
        (Symbol::Hole(Hole { literal: true, except, .. }), other) if holes == Holes::Widest => match other {
            Symbol::Char(character) | Symbol::Letter(character) => except.takes(*character),
            other => matches!(other, Symbol::Variable(_) | Symbol::Hole(Hole { literal: true, .. })),
        },
        (Symbol::Hole(_), _) => holes == Holes::Widest,
        _ => false,
    }
}

fn step_takes(wide: &Symbol, narrow: &Symbol) -> bool {
    match (wide, narrow) {
        (Symbol::Char(a), Symbol::Char(b)) => a == b,
        (Symbol::Letter(a), Symbol::Char(b) | Symbol::Letter(b)) => *a == b.to_ascii_lowercase(),
        (Symbol::One, Symbol::Char(_) | Symbol::Letter(_) | Symbol::One) => true,
        (Symbol::Variable(a), Symbol::Variable(b)) => a == b,
        (Symbol::Hole(a), Symbol::Hole(b)) => a.same.is_some() && a.same == b.same,
        _ => false,
    }
}

fn is_run(symbol: &Symbol, holes: Holes) -> bool {
    match symbol {
        Symbol::Run(_) => true,
        Symbol::Hole(_) => holes == Holes::Widest,
        _ => false,
    }
}

fn covers(wide: &[Symbol], narrow: &[Symbol], holes: Holes) -> bool {
    let Some((wide, narrow)) = without_equal_ends(wide, narrow) else { return false };
    // A run has strings that begin and end with other letters than this one.
    if let (Some(Symbol::Char(_)), Some(Symbol::Run(_))) = (wide.first(), narrow.first()) {
        return false;
    }
    if let (Some(Symbol::Char(_)), Some(Symbol::Run(_))) = (wide.last(), narrow.last()) {
        return false;
    }
    if covers_by_symbol(wide, narrow, holes) {
        return true;
    }
    // The quick way errs only where a symbol takes some characters but not every run of them.
    let partial = |symbol: &Symbol| matches!(symbol, Symbol::One | Symbol::Letter(_)) || is_restricted(symbol);
    if !wide.iter().any(partial) || !narrow.iter().any(|symbol| matches!(symbol, Symbol::Run(_) | Symbol::One)) {
        return false;
    }
    let widened: Vec<Symbol>;
    let wide = if holes == Holes::Widest {
        let widen = |symbol: &Symbol| match symbol {
            Symbol::Hole(_) => Symbol::Run(Except::Nothing),
            other => other.clone(),
        };
        widened = wide.iter().map(widen).collect();
        &widened
    } else {
        wide
    };
    covers_by_search(wide, narrow)
}

fn is_restricted(symbol: &Symbol) -> bool {
    matches!(symbol, Symbol::Run(except) if *except != Except::Nothing)
}

/// Reads the narrower pattern symbol by symbol with the wider one. A yes is always right.
fn covers_by_symbol(wide: &[Symbol], narrow: &[Symbol], holes: Holes) -> bool {
    let (mut reached, mut next) = (vec![false; wide.len() + 1], vec![false; wide.len() + 1]);
    reached[0] = true;
    close(&mut reached, wide, holes);
    for symbol in narrow {
        next.fill(false);
        for (at, mine) in wide.iter().enumerate().filter(|(at, _)| reached[*at]) {
            let runs = is_run(mine, holes) && run_takes(mine, symbol, holes);
            next[at] |= runs;
            next[at + 1] |= step_takes(mine, symbol) || runs;
        }
        close(&mut next, wide, holes);
        if !next.contains(&true) {
            return false;
        }
        std::mem::swap(&mut reached, &mut next);
    }
    reached[wide.len()]
}

/// A run may be empty, and so may a hole of which nothing tells that it is not.
fn close(reached: &mut [bool], pattern: &[Symbol], holes: Holes) {
    for (at, symbol) in pattern.iter().enumerate() {
        let is_filled = matches!(symbol, Symbol::Hole(Hole { may_be_empty: false, .. }));
        if reached[at] && is_run(symbol, holes) && !is_filled {
            reached[at + 1] = true;
        }
    }
}

/// The letters that tell patterns apart: those that occur, both separators, and one that occurs nowhere.
pub(super) fn alphabet(patterns: &[&[Symbol]]) -> Vec<Symbol> {
    let mut letters: BTreeSet<Symbol> = ['/', ':'].map(Symbol::Char).into();
    let occurring = patterns.iter().flat_map(|pattern| pattern.iter());
    for symbol in occurring {
        match symbol {
            Symbol::One | Symbol::Run(_) => {}
            Symbol::Letter(letter) => {
                letters.extend([*letter, letter.to_ascii_uppercase()].map(Symbol::Char));
            }
            other => drop(letters.insert(other.clone())),
        }
    }
    let fresh = ('a'..='z').chain('A'..='Z').chain('0'..='9').chain('\u{E000}'..='\u{F8FF}');
    let fresh = fresh.map(Symbol::Char).find(|symbol| !letters.contains(symbol));
    letters.into_iter().chain(fresh).collect()
}

/// Looks for a string of the narrower pattern that the wider one does not have. Where that takes too long, the answer is
/// no, which is the careful one.
fn covers_by_search(wide: &[Symbol], narrow: &[Symbol]) -> bool {
    let letters = alphabet(&[wide, narrow]);
    let most_states = MAX_STEPS / (letters.len() * (wide.len() + 1));
    let mut start = vec![false; wide.len() + 1];
    start[0] = true;
    close(&mut start, wide, Holes::Opaque);
    let mut seen: HashSet<(usize, Vec<bool>)> = HashSet::new();
    let mut queue = VecDeque::from([(0, start)]);
    while let Some((at, reached)) = queue.pop_front() {
        if !seen.insert((at, reached.clone())) {
            continue;
        }
        if seen.len() > most_states {
            return false;
        }
        let Some(symbol) = narrow.get(at) else {
            if !reached[wide.len()] {
                return false;
            }
            continue;
        };
        let stays = is_run(symbol, Holes::Opaque);
        if stays {
            queue.push_back((at + 1, reached.clone()));
        }
        for letter in &letters {
            let takes = if stays { run_takes(symbol, letter, Holes::Opaque) } else { step_takes(symbol, letter) };
            if takes {
                let mut next = vec![false; wide.len() + 1];
                for (from, mine) in wide.iter().enumerate().filter(|(from, _)| reached[*from]) {
                    next[from] |= is_run(mine, Holes::Opaque) && run_takes(mine, letter, Holes::Opaque);
                    next[from + 1] |= step_takes(mine, letter);
                }
                close(&mut next, wide, Holes::Opaque);
                queue.push_back((if stays { at } else { at + 1 }, next));
            }
        }
    }
    true
}

/// Both patterns without the letters that they begin and end with alike; none where these differ, so that they have no string
/// in common.
fn without_equal_ends<'s>(mut a: &'s [Symbol], mut b: &'s [Symbol]) -> Option<(&'s [Symbol], &'s [Symbol])> {
    while let ([Symbol::Char(x), more @ ..], [Symbol::Char(y), others @ ..]) = (a, b) {
        if x != y {
            return None;
        }
        (a, b) = (more, others);
    }
    while let ([more @ .., Symbol::Char(x)], [others @ .., Symbol::Char(y)]) = (a, b) {
        if x != y {
            return None;
        }
        (a, b) = (more, others);
    }
    Some((a, b))
}

/// What follows the first field of two patterns, where that of the first is one run without colons and that of the second is
/// written out, so that the run is that field.
enum Field<'s> {
    /// What follows in both.
    Same(&'s [Symbol], &'s [Symbol]),
    /// The run does not take the field.
    Differs,
    /// It is not so.
    Open,
}

fn first_field<'s>(a: &'s [Symbol], b: &'s [Symbol]) -> Field<'s> {
    let [Symbol::Run(except @ (Except::Colon | Except::Both)), Symbol::Char(':'), after @ ..] = a else {
        return Field::Open;
    };
    for (at, symbol) in b.iter().enumerate() {
        match symbol {
            Symbol::Char(':') => return Field::Same(after, b.get(at + 1..).unwrap_or_default()),
            Symbol::Char('/') if *except == Except::Both => return Field::Differs,
            Symbol::Char(_) => {}
            _ => break,
        }
    }
    Field::Open
}

/// Whether some string matches both. ARNs are mostly told apart field by field; only what is left is searched.
fn meets(a: &[Symbol], b: &[Symbol], holes: Holes) -> bool {
    let (mut a, mut b) = (a, b);
    loop {
        let Some(rest) = without_equal_ends(a, b) else { return false };
        (a, b) = rest;
        match (first_field(a, b), first_field(b, a)) {
            (Field::Differs, _) | (_, Field::Differs) => return false,
            (Field::Same(x, y), _) | (_, Field::Same(y, x)) => (a, b) = (x, y),
            (Field::Open, Field::Open) => break,
        }
    }
    let everything = |symbols: &[Symbol]| matches!(symbols, [Symbol::Run(Except::Nothing)]);
    if everything(a) || everything(b) {
        return true;
    }
    // A name without colons has as many as are written out: with as many in the other, none are in its runs.
    let no_colons = |symbol: &Symbol| matches!(symbol, Symbol::Char(_) | Symbol::Run(Except::Colon | Except::Both));
    let is_colon = |symbol: &Symbol| matches!(symbol, Symbol::Char(':'));
    let colons = |symbols: &[Symbol]| symbols.iter().filter(|symbol| is_colon(symbol)).count();
    if (a.iter().all(no_colons) || b.iter().all(no_colons)) && colons(a) == colons(b) && colons(a) > 0 {
        return a.split(is_colon).zip(b.split(is_colon)).all(|(a, b)| {
            let Some((a, b)) = without_equal_ends(a, b) else { return false };
            everything(a) || everything(b) || meets_by_symbol(a, b, holes)
        });
    }
    meets_by_symbol(a, b, holes)
}

/// Which beginnings of the two have a string in common.
fn meets_by_symbol(a: &[Symbol], b: &[Symbol], holes: Holes) -> bool {
    let (mut reach, mut next) = (vec![false; b.len() + 1], vec![false; b.len() + 1]);
    reach[0] = true;
    for (at, symbol) in b.iter().enumerate() {
        reach[at + 1] = reach[at] && is_run(symbol, holes);
    }
    for x in a {
        next[0] = reach[0] && is_run(x, holes);
        for (at, y) in b.iter().enumerate() {
            // Either run may end here, or take what the other pattern asks for.
            let mut met = reach[at] && (step_takes(x, y) || step_takes(y, x));
            if is_run(x, holes) {
                met |= reach[at + 1] || (next[at] && (is_run(y, holes) || takes_in_common(x, y)));
            }
            if is_run(y, holes) {
                met |= next[at] || (reach[at + 1] && (is_run(x, holes) || takes_in_common(y, x)));
            }
            next[at + 1] = met;
        }
        std::mem::swap(&mut reach, &mut next);
    }
    reach[b.len()]
}

/// Whether a run can take what a single symbol stands for.
fn takes_in_common(run: &Symbol, symbol: &Symbol) -> bool {
    match (run, symbol) {
        (Symbol::Run(except), Symbol::Char(character) | Symbol::Letter(character)) => except.takes(*character),
        // A hole is opaque here, and may hold the very character that the run excepts.
        (Symbol::Run(except), Symbol::Hole(hole)) => except.takes_all_of(hole.except),
        (Symbol::Hole(hole), Symbol::Char(character) | Symbol::Letter(character)) => hole.except.takes(*character),
        (Symbol::Run(_) | Symbol::Hole(_), _) => true,
        _ => false,
    }
}
