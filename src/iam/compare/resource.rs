//! The resources that patterns tell apart, for the types of one action.

use crate::iam::catalogue::{AccessLevel, Action, ResourceType};
use crate::iam::glob::{Except, Glob, Symbol, regions_within};
use crate::value::Truth;

/// Regions of resource patterns are searched in at most so many states.
const MAX_STATES: usize = 20_000;

/// A resource without wildcards, and whether it is one that the action works on.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) glob: Glob,
    pub(super) fits: Truth,
}

/// One resource of every class that the patterns tell apart; `None` where they are too many, or are not
/// found within so many steps, which are taken off.
pub(super) fn words(action: Option<&Action>, patterns: &[Glob], steps: &mut usize) -> Option<Vec<Word>> {
    let mut forms: Vec<Glob> = Vec::new();
    for pattern in patterns {
        for form in [pattern.widest(), pattern.clone()] {
            if !forms.contains(&form) {
                forms.push(form);
            }
        }
    }
    let star = Word { glob: Glob::literal("*"), fits: Truth::True };
    let mut words = Vec::new();
    let mut add = |word: Word| {
        if !words.iter().any(|other: &Word| other.glob == word.glob) {
            words.push(word);
        }
    };
    match action {
        Some(action) if !action.has_resource_types() => add(star),
        Some(action) => {
            let mut kinds: Vec<(&ResourceType, bool)> = action.resource_types().collect();
            // What the action is about comes before what else it may take.
            kinds.sort_by_key(|(kind, required)| (!required, kind.name.len()));
            let none_is_required = kinds.iter().all(|(_, required)| !required);
            let kinds: Vec<&ResourceType> = kinds.into_iter().map(|(kind, _)| kind).collect();
            for kind in &kinds {
                for arn in kind.arns() {
                    let base = arn.as_asked_by(&forms);
                    for partition in partitions(&forms) {
                        let base = in_partition(base, &partition);
                        among(&base, &forms, Truth::True, steps)?.into_iter().for_each(&mut add);
                    }
                }
            }
            // What has a part that is not known is a resource of its own.
            for pattern in patterns.iter().filter(|pattern| pattern.has_holes()) {
                let mut fits = Truth::False;
                for kind in &kinds {
                    let meets = Truth::any(kind.arns().iter().map(|arn| arn.meets(pattern)));
                    fits = fits.or(if meets == Truth::Unknown { is_of(kind, pattern) } else { meets });
                }
                if fits != Truth::False {
                    among(pattern, &forms, fits, steps)?.into_iter().for_each(&mut add);
                }
            }
            // Where none of the types is required, a list may be of all there is.
            if none_is_required && action.level == AccessLevel::List {
                add(Word { fits: Truth::Unknown, ..star });
            }
        }
        // Nobody knows what it works on.
        None => {
            add(star);
            among(&Glob::pattern("?*"), &forms, Truth::True, steps)?.into_iter().for_each(&mut add);
        }
    }
    Some(words)
}

/// Whether a pattern that may be of a type is taken to be: the attributes of resources are what they are called, but for
/// that of a bucket, which is no object.
fn is_of(kind: &ResourceType, pattern: &Glob) -> Truth {
    let symbols = pattern.symbols();
    let is_bare = matches!(symbols, [Symbol::Hole(_)]);
    let named = symbols.iter().all(|symbol| !matches!(symbol, Symbol::Hole(hole) if !hole.literal));
    let is_arn = symbols.iter().zip("arn:".chars()).all(|(symbol, wanted)| *symbol == Symbol::Char(wanted));
    if (is_arn || named) && !(is_bare && (kind.service, kind.name) == ("s3", "object")) {
        Truth::True
    } else {
        Truth::Unknown
    }
}

/// The partitions that the patterns name. A deployment has one, so that where none is named there is no choice.
fn partitions(patterns: &[Glob]) -> Vec<Glob> {
    let mut named: Vec<Glob> = Vec::new();
    for pattern in patterns {
        let fields = pattern.fields();
        let (Some(head), Some(partition)) = (fields.first(), fields.get(1)) else { continue };
        if *head == Glob::literal("arn") && partition.is_literal() && !named.contains(partition) {
            named.push(partition.clone());
        }
    }
    if named.is_empty() { vec![Glob::literal("aws")] } else { named }
}

fn in_partition(base: &Glob, partition: &Glob) -> Glob {
    let head = Glob::literal("arn:");
    let any = "arn:*".len();
    let symbols = head.symbols().iter().chain(partition.symbols()).chain(base.symbols().iter().skip(any));
    Glob::of_symbols(symbols.cloned())
}

/// One text of every class within a base.
fn among(base: &Glob, patterns: &[Glob], fits: Truth, steps: &mut usize) -> Option<Vec<Word>> {
    // A pattern that takes in all of the base, or nothing of it, tells nothing apart.
    let telling: Vec<Glob> = patterns
        .iter()
        .filter(|pattern| !pattern.is_everything() && base.meets(pattern) != Truth::False)
        .cloned()
        .collect();
    let sample = sample(base);
    if telling.is_empty() {
        return Some(vec![Word { glob: sample, fits }]);
    }
    let all: Vec<Glob> = std::iter::once(base.clone()).chain(telling.iter().cloned()).collect();
    let found = regions_within(&all, MAX_STATES, steps)?;
    let words = found.into_iter().filter(|region| region.is_in(0) && !region.witness.is_empty());
    let legible = |word: Glob| Word { glob: legible(word, &sample, base, &telling), fits };
    Some(words.map(|region| legible(region.word)).collect())
}

/// A text of the base that looks like one that AWS would have.
fn sample(base: &Glob) -> Glob {
    let mut field = 0;
    let mut symbols = Vec::new();
    for symbol in base.symbols() {
        let filling = match (symbol, field) {
            (Symbol::Run(_), 1) => "aws",
            (Symbol::Run(_), 3) => "us-east-1",
            (Symbol::Run(_), 4) => "123456789012",
            (Symbol::Run(Except::Nothing | Except::Slash | Except::Colon | Except::Both), _) => "example",
            (Symbol::One, _) => "x",
            (other, _) => {
                field += usize::from(*other == Symbol::Char(':'));
                symbols.push(other.clone());
                continue;
            }
        };
        symbols.extend(filling.chars().map(Symbol::Char));
    }
    Glob::of_symbols(symbols)
}

/// A word of the same class that is easier to read, where one is found.
fn legible(word: Glob, sample: &Glob, base: &Glob, patterns: &[Glob]) -> Glob {
    let class = |word: &Glob| patterns.iter().map(|pattern| pattern.covers(word)).collect::<Vec<Truth>>();
    let wanted = class(&word);
    let is_same = |candidate: &Glob| base.covers(candidate) == Truth::True && class(candidate) == wanted;
    if is_same(sample) {
        return sample.clone();
    }
    let mut best = word;
    for field in [3, 4, 5] {
        let (mut fields, theirs) = (best.fields(), sample.fields());
        let (Some(mine), Some(theirs)) = (fields.get_mut(field), theirs.get(field)) else { continue };
        mine.clone_from(theirs);
        let joined = fields.iter().enumerate().flat_map(|(at, field)| {
            let colon = (at > 0).then_some(Symbol::Char(':'));
            colon.into_iter().chain(field.symbols().iter().cloned())
        });
        let candidate = Glob::of_symbols(joined);
        if is_same(&candidate) {
            best = candidate;
        }
    }
    let longer = Glob::of_symbols(best.symbols().iter().cloned().chain("example".chars().map(Symbol::Char)));
    if best.symbols().last().is_some_and(|last| matches!(last, Symbol::Char(':' | '/'))) && is_same(&longer) {
        return longer;
    }
    best
}
