//! Which of several patterns one string can match at once, with a string for each answer.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::compare::alphabet;
use super::{Except, Glob, Symbol};

/// Above so many states the question is not answered.
pub const MAX_STATES: usize = 50_000;

/// The strings that match certain ones of several patterns and no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// For each pattern whether the strings match it.
    pub members: Vec<bool>,
    /// One such string, as short as any.
    pub witness: String,
    /// The same as a pattern without wildcards, in which variables and holes are still such.
    pub word: Glob,
}

impl Region {
    /// Whether the strings match a pattern.
    pub fn is_in(&self, pattern: usize) -> bool {
        self.members.get(pattern).copied().unwrap_or(false)
    }
}

/// Nor above so many steps from state to state, counted in words.
const MAX_STEPS: usize = 100_000_000;

/// A state of all patterns at once, and from which state which letter led to it.
type Reached = (Box<[u64]>, Option<(usize, usize)>);

/// All regions of these patterns, that of no pattern included, in the order of their witnesses' length; `None` where that
/// takes more than `max_states`. Holes are opaque: ask about [`Glob::widest`] for what may be.
pub fn regions(patterns: &[Glob], max_states: usize) -> Option<Vec<Region>> {
    let mut steps = MAX_STEPS;
    regions_within(patterns, max_states, &mut steps)
}

/// As [`regions`], within so many steps, which it takes off: for those who ask again and again.
pub(in crate::iam) fn regions_within(patterns: &[Glob], max_states: usize, steps: &mut usize) -> Option<Vec<Region>> {
    let machine = Machine::new(patterns);
    let of_state = machine.letters.len() * (machine.runs.len() + 1);
    let max_states = max_states.min((*steps).min(MAX_STEPS) / of_state.max(1));
    let start = machine.start();
    let mut states: Vec<Reached> = vec![(start.clone(), None)];
    let mut known: HashMap<Box<[u64]>, usize> = HashMap::from([(start, 0)]);
    let mut found: HashMap<Vec<bool>, ()> = HashMap::new();
    let mut regions = Vec::new();
    let mut at = 0;
    while let Some((state, _)) = states.get(at).cloned() {
        let members = machine.accepts(&state);
        if let Entry::Vacant(entry) = found.entry(members.clone()) {
            entry.insert(());
            let word = machine.word(&states, at);
            regions.push(Region { members, witness: word.to_string(), word });
        }
        for letter in 0..machine.letters.len() {
            let next = machine.step(&state, letter);
            if !known.contains_key(&next) {
                if states.len() >= max_states {
                    *steps = steps.saturating_sub(states.len() * of_state);
                    return None;
                }
                known.insert(next.clone(), states.len());
                states.push((next, Some((at, letter))));
            }
        }
        at += 1;
    }
    *steps = steps.saturating_sub(states.len() * of_state);
    Some(regions)
}

/// The positions of all patterns side by side, one bit each.
struct Machine {
    letters: Vec<Symbol>,
    /// For each letter the positions that it leads on from, and those that it leaves where they are.
    masks: Vec<(Vec<u64>, Vec<u64>)>,
    runs: Vec<u64>,
    starts: Vec<u64>,
    ends: Vec<usize>,
}

fn set(bits: &mut [u64], at: usize) {
    if let Some(word) = bits.get_mut(at / 64) {
        *word |= 1 << (at % 64);
    }
}

fn has(bits: &[u64], at: usize) -> bool {
    bits.get(at / 64).is_some_and(|word| word & (1 << (at % 64)) != 0)
}

impl Machine {
    fn new(patterns: &[Glob]) -> Machine {
        let symbols: Vec<&[Symbol]> = patterns.iter().map(Glob::symbols).collect();
        let letters = alphabet(&symbols);
        let words = symbols.iter().map(|pattern| pattern.len() + 1).sum::<usize>().div_ceil(64);
        let empty = vec![0; words];
        let mut machine = Machine {
            masks: vec![(empty.clone(), empty.clone()); letters.len()],
            letters,
            runs: empty.clone(),
            starts: empty,
            ends: Vec::new(),
        };
        let mut at = 0;
        for pattern in symbols {
            set(&mut machine.starts, at);
            for symbol in pattern {
                let is_run = matches!(symbol, Symbol::Run(_));
                if is_run {
                    set(&mut machine.runs, at);
                }
                for (letter, (leads_on, stays)) in machine.letters.iter().zip(&mut machine.masks) {
                    if is_taken(symbol, letter) {
                        set(if is_run { stays } else { leads_on }, at);
                    }
                }
                at += 1;
            }
            machine.ends.push(at);
            at += 1;
        }
        machine
    }

    fn start(&self) -> Box<[u64]> {
        let mut state = self.starts.clone();
        self.close(&mut state);
        state.into()
    }

    /// A run may be empty, and so may those behind it.
    fn close(&self, state: &mut [u64]) {
        loop {
            let mut carry = 0;
            let mut changed = false;
            for (word, runs) in state.iter_mut().zip(&self.runs) {
                let from = *word & runs;
                let grown = *word | (from << 1) | carry;
                carry = from >> 63;
                changed |= grown != *word;
                *word = grown;
            }
            if !changed {
                return;
            }
        }
    }

    fn step(&self, state: &[u64], letter: usize) -> Box<[u64]> {
        let mut next = vec![0; state.len()];
        if let Some((leads_on, stays)) = self.masks.get(letter) {
            let mut carry = 0;
            for (((word, next), leads_on), stays) in state.iter().zip(&mut next).zip(leads_on).zip(stays) {
                let on = word & leads_on;
                *next = (on << 1) | carry | (word & stays);
                carry = on >> 63;
            }
        }
        self.close(&mut next);
        next.into()
    }

    fn accepts(&self, state: &[u64]) -> Vec<bool> {
        self.ends.iter().map(|end| has(state, *end)).collect()
    }

    fn word(&self, states: &[Reached], mut at: usize) -> Glob {
        let mut letters = Vec::new();
        while let Some((_, Some((before, letter)))) = states.get(at) {
            letters.extend(self.letters.get(*letter).cloned());
            at = *before;
        }
        letters.reverse();
        Glob { symbols: letters }
    }
}

fn is_taken(symbol: &Symbol, letter: &Symbol) -> bool {
    match (symbol, letter) {
        (Symbol::Run(except), Symbol::Char(character)) => except.takes(*character),
        (Symbol::Run(except), _) => *except == Except::Nothing,
        (Symbol::One, Symbol::Char(_)) => true,
        (Symbol::Letter(mine), Symbol::Char(letter)) => *mine == letter.to_ascii_lowercase(),
        // Of two holes that nothing ties together neither is the other, nor, as far as is known, itself.
        (Symbol::Hole(hole), _) if hole.same.is_none() => false,
        (mine, letter) => mine == letter,
    }
}
