//! The resources of a grant as patterns, cut down by denials and ceilings.

use std::sync::Arc;

use crate::iam::catalogue::{Action, ResourceType};
use crate::iam::coverage::Whose;
use crate::iam::document::Statement;
use crate::iam::glob::{Except, Glob, Hole, Symbol};
use crate::iam::taken::takes_all;
use crate::source::Origin;
use crate::value::{Piece, Truth, Unknown, Value, Why};

/// AWS takes no policy with so many resources: of a longer list no more are looked at.
pub(super) const MAX_PATTERNS: usize = 1_000;

/// One pattern of resources.
#[derive(Clone, Debug)]
pub(in crate::iam) struct Pattern {
    pub(in crate::iam) glob: Glob,
    /// The address of the resource that it names by a reference.
    pub(in crate::iam) refers: Option<Arc<str>>,
    /// Why a part of it is not known.
    pub(in crate::iam) unknown: Option<Arc<Unknown>>,
    /// What it may be where that is for somebody to choose, and who has not: what a resource or the deployment gives is some
    /// name, and no wildcard.
    pub(in crate::iam) possible: Option<Box<(Arc<Unknown>, Vec<Pattern>)>>,
    /// It says `${aws:username}` or `${aws:userid}`: whoever asks is meant, and what is its own.
    pub(in crate::iam) of_caller: bool,
}

/// A set of resources.
#[derive(Clone, Debug)]
pub(in crate::iam) enum Extent {
    /// Those that match one of the patterns; the second part says why there may be more.
    Among(Vec<Pattern>, Option<Arc<Unknown>>),
    /// Those that match none of them; the second part says why less may be left.
    AllBut(Vec<Pattern>, Option<Arc<Unknown>>),
}

impl Pattern {
    pub(in crate::iam) fn of(value: &Value, variables: bool) -> Option<Pattern> {
        let (value, unknown) = match value.as_unknown() {
            // There is only one text that it can be.
            Some(unknown) if unknown.candidates.len() == 1 => (unknown.candidates.first()?, value.as_unknown()),
            unknown => (value, unknown),
        };
        let refers = unknown.and_then(|unknown| unknown.refers.as_ref());
        let refers = match refers {
            Some(reference) => Some(reference.address.clone()),
            // `arn:aws:iam::123456789012:role/${aws_iam_role.ci.name}`
            None => match value.to_pieces()?.last() {
                Some(Piece::Hole(unknown, _)) => unknown.refers.as_ref().map(|reference| reference.address.clone()),
                _ => None,
            },
        };
        let glob = Glob::of_value(value, variables)?;
        let possible = Pattern::possible(value, &glob, variables);
        let of_caller = is_of_caller(&glob);
        Some(Pattern { glob, refers, unknown: value.first_unknown().cloned(), possible, of_caller })
    }

    /// A pattern that is known as a whole.
    pub(in crate::iam) fn text(glob: Glob) -> Pattern {
        Pattern { glob, refers: None, unknown: None, possible: None, of_caller: false }
    }

    fn possible(value: &Value, glob: &Glob, variables: bool) -> Option<Box<(Arc<Unknown>, Vec<Pattern>)>> {
        let is_open =
            |unknown: &&Arc<Unknown>| matches!(unknown.why, Why::NoValue | Why::Limit) && unknown.refers.is_none();
        if let Some(unknown) = value.as_unknown() {
            let some: Vec<Pattern> = match unknown.candidates.as_slice() {
                [] if is_open(&unknown) => vec![Pattern::text(glob.widest())],
                candidates => candidates.iter().filter_map(|one| Pattern::of(one, variables)).collect(),
            };
            return (!some.is_empty()).then(|| Box::new((unknown.clone(), some)));
        }
        let pieces = glob.has_holes().then(|| value.to_pieces()).flatten()?;
        let open = pieces.iter().find_map(|piece| match piece {
            Piece::Hole(unknown, _) => Some(unknown).filter(|unknown| is_open(unknown)),
            Piece::Known(..) => None,
        })?;
        Some(Box::new((open.clone(), vec![Pattern::text(glob.widest())])))
    }

    /// Whether it takes in everything that another one does.
    pub(in crate::iam) fn covers(&self, other: &Pattern) -> Truth {
        if is_everything(&self.glob) { Truth::True } else { self.glob.covers(&other.glob) }
    }
}

/// Whether a pattern means whoever asks, or what is its own: `user/${aws:username}`, and not `user/${aws:username}-b` or
/// `user/a-${aws:username}`, which are other users, nor `user/${aws:username}*`, which may be others as well;
/// `session/${aws:username}-*` are the own sessions.
fn is_of_caller(glob: &Glob) -> bool {
    let symbols = glob.symbols();
    let is_iam = || glob.fields().get(2).is_some_and(|service| *service == Glob::literal("iam"));
    // IAM calls nobody by an id.
    let is_name = |symbol: &Symbol| match symbol {
        Symbol::Variable(key) => &**key == "aws:username" || (&**key == "aws:userid" && !is_iam()),
        _ => false,
    };
    let ends = |at: usize| matches!(symbols.get(at + 1), None | Some(Symbol::Char('/'))) || !is_iam();
    let before = |at: usize| at.checked_sub(1).and_then(|before| symbols.get(before));
    let begins = |at: usize| matches!(before(at), None | Some(Symbol::Run(_) | Symbol::Char('/' | ':'))) || !is_iam();
    symbols.iter().enumerate().any(|(at, symbol)| is_name(symbol) && begins(at) && ends(at))
}

/// `*`, or `arn:*`, which is every resource that has an ARN.
pub(in crate::iam) fn is_everything(glob: &Glob) -> bool {
    // Most name something, which shows before they are compared.
    let names = |symbol: &Symbol| matches!(symbol, Symbol::Char(_));
    let mut all = "arn:aws:".chars();
    let head = glob.symbols().iter().take_while(|symbol| names(symbol));
    let differs = |symbol: &Symbol| all.next().is_none_or(|character| *symbol != Symbol::Char(character));
    if glob.symbols().last().is_some_and(names) || head.into_iter().any(differs) {
        return false;
    }
    glob.is_everything() || glob.covers(&Glob::pattern("arn:aws:*")) == Truth::True
}

impl Extent {
    /// The resources as they are in the requests of a user of this name: `${aws:username}` is its name.
    pub(in crate::iam) fn name_caller(&mut self, user: &str) {
        let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = self;
        let is_name = |symbol: &Symbol| matches!(symbol, Symbol::Variable(key) if **key == *"aws:username");
        for pattern in patterns.iter_mut().filter(|pattern| pattern.glob.symbols().iter().any(is_name)) {
            let filled = |symbol: &Symbol| match is_name(symbol) {
                true => user.chars().map(Symbol::Char).collect(),
                false => vec![symbol.clone()],
            };
            pattern.glob = Glob::of_symbols(pattern.glob.symbols().iter().flat_map(filled).collect::<Vec<_>>());
        }
    }

    /// The resources as they are in one request, where what stands for variables is not known.
    pub(super) fn open_variables(&mut self) {
        let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = self;
        for pattern in patterns {
            let symbols = pattern.glob.symbols();
            if !symbols.iter().any(|symbol| matches!(symbol, Symbol::Variable(_))) {
                continue;
            }
            let mut open = None;
            let filled = |symbol: &Symbol| match symbol {
                Symbol::Variable(key) => {
                    open = open.take().or_else(|| Some(key.clone()));
                    vec![Symbol::Hole(Hole::some_text())]
                }
                other => vec![other.clone()],
            };
            pattern.glob = Glob::of_symbols(symbols.iter().flat_map(filled).collect::<Vec<_>>());
            if let Some(key) = open.filter(|_| pattern.unknown.is_none()) {
                let unknown = Unknown::new(Why::Condition, format!("${{{key}}}"), Origin::NONE);
                pattern.unknown = Some(Arc::new(unknown));
            }
        }
    }

    /// Why it is not known whether a resource is among them.
    pub(super) fn doubt(&self, resource: &Glob) -> Option<Arc<Unknown>> {
        let (Extent::Among(patterns, _) | Extent::AllBut(patterns, _)) = self;
        let near = patterns.iter().filter(|pattern| pattern.glob.meets(resource) != Truth::False);
        near.filter_map(|pattern| pattern.unknown.clone()).next()
    }

    /// The resources of a statement.
    pub(in crate::iam) fn of(statement: &Statement) -> Extent {
        let patterns = |elements: &crate::iam::Elements| {
            let some = elements.items.iter().take(MAX_PATTERNS);
            let patterns: Vec<Pattern> = some.filter_map(|item| Pattern::of(item, statement.variables)).collect();
            let left_out = (elements.items.len() > MAX_PATTERNS).then(|| {
                let subject = format!("more than {MAX_PATTERNS} resources in one statement");
                Arc::new(Unknown::new(Why::Limit, subject, elements.origin))
            });
            (patterns, elements.rest.clone().or(left_out))
        };
        match (&statement.resources, &statement.not_resources) {
            (Some(elements), _) => {
                let (patterns, rest) = patterns(elements);
                Extent::Among(patterns, rest)
            }
            (None, Some(elements)) => {
                let (patterns, rest) = patterns(elements);
                match patterns.iter().any(|pattern| pattern.glob.is_everything()) {
                    true => Extent::Among(Vec::new(), None),
                    false => Extent::AllBut(patterns, rest),
                }
            }
            (None, None) => Extent::Among(Vec::new(), None),
        }
    }

    /// Whether a resource is among them, as a pattern that stands for one or for several.
    pub(in crate::iam) fn covers(&self, resource: &Pattern) -> Truth {
        match self {
            Extent::Among(patterns, rest) => {
                let known = Truth::any(patterns.iter().map(|pattern| pattern.covers(resource)));
                if rest.is_some() { known.or(Truth::Unknown) } else { known }
            }
            Extent::AllBut(patterns, rest) => {
                let known = Truth::all(patterns.iter().map(|pattern| !pattern.glob.meets(&resource.glob)));
                if rest.is_some() { known.and(Truth::Unknown) } else { known }
            }
        }
    }

    /// Whether everything is among them.
    pub(in crate::iam) fn is_everything(&self) -> bool {
        match self {
            Extent::Among(patterns, _) => patterns.iter().any(|pattern| is_everything(&pattern.glob)),
            Extent::AllBut(patterns, rest) => patterns.is_empty() && rest.is_none(),
        }
    }

    /// Whether nothing is among them.
    pub(in crate::iam) fn is_empty(&self) -> bool {
        matches!(self, Extent::Among(patterns, None) if patterns.is_empty())
    }

    /// Why it is not known as a whole.
    pub(in crate::iam) fn unknown(&self) -> Option<&Arc<Unknown>> {
        match self {
            Extent::Among(_, rest) | Extent::AllBut(_, rest) => rest.as_ref(),
        }
    }

    /// One resource, if it is among them, with how sure that is.
    pub(in crate::iam) fn only(&self, resource: &Glob) -> (Truth, Extent) {
        let one = Pattern::text(resource.clone());
        (self.covers(&one), Extent::Among(vec![one], None))
    }

    /// What a denial leaves of them for an action, and whether that is less.
    pub(super) fn left_by(&self, denied: &Extent, action: Option<&Action>, whose: Whose<'_>) -> (Extent, Truth) {
        let none = || Extent::Among(Vec::new(), None);
        let unconfined = action.filter(|action| !action.has_resource_types());
        match denied {
            // Requests for what cannot be confined are for `*`.
            _ if unconfined.is_some() => match denied.covers(&Pattern::text(Glob::literal("*"))) {
                Truth::True => (none(), Truth::True),
                cut => (self.clone(), cut),
            },
            Extent::AllBut(spared, rest) => {
                let spared = Extent::Among(spared.clone(), rest.clone());
                if spared.is_everything() {
                    return (self.clone(), Truth::False);
                }
                let mut left = self.within(&spared);
                if let Some(action) = action {
                    left.keep_types_of(action);
                }
                (left, Truth::True)
            }
            Extent::Among(patterns, None)
                if self.is_everything() && denied.covers(&Pattern::text(Glob::literal("*"))) == Truth::False =>
            {
                let globs: Vec<Glob> = patterns.iter().map(|pattern| pattern.glob.clone()).collect();
                if action.is_some_and(|action| takes_all(&globs, action, whose)) {
                    return (none(), Truth::True);
                }
                let mut named = denied.clone();
                if let Some(action) = action {
                    named.keep_types_of(action);
                }
                match named {
                    Extent::Among(patterns, _) if !patterns.is_empty() => {
                        (Extent::AllBut(patterns, self.unknown().cloned()), Truth::False)
                    }
                    _ => (self.clone(), Truth::False),
                }
            }
            _ => {
                let (mut left, cut) = self.clone().without(denied);
                if cut != Truth::False
                    && let Some(action) = action
                {
                    left.keep_types_of(action);
                }
                (left, cut)
            }
        }
    }

    /// Leaves out what is no resource that an action works on.
    pub(super) fn keep_types_of(&mut self, action: &Action) {
        if let Extent::Among(patterns, _) = self
            && action.has_resource_types()
        {
            let meets =
                |kind: &ResourceType, glob: &Glob| kind.arns().iter().any(|arn| arn.meets(glob) != Truth::False);
            patterns.retain(|one| action.resource_types().any(|(kind, _)| meets(kind, &one.glob)));
        }
    }

    /// Whether something may be in both.
    pub(in crate::iam) fn meets(&self, other: &Extent) -> bool {
        match (self, other) {
            (Extent::Among(mine, None), Extent::Among(theirs, None)) => {
                mine.iter().any(|a| theirs.iter().any(|b| a.glob.meets(&b.glob) != Truth::False))
            }
            _ => true,
        }
    }

    /// What is left when these are taken away for certain; whether more may be gone; whether some part of it is.
    pub(in crate::iam) fn without(self, denied: &Extent) -> (Extent, Truth) {
        if let (Extent::Among(patterns, _), Extent::AllBut(spared, None)) = (&self, denied) {
            // Of everything but some these are left.
            let is_spared = |pattern: &Pattern| spared.iter().any(|one| one.covers(pattern) == Truth::True);
            return match patterns.iter().all(is_spared) {
                true => (self, Truth::False),
                false => (self.within(&Extent::Among(spared.clone(), None)), Truth::True),
            };
        }
        match self {
            Extent::Among(patterns, rest) => {
                let (mut kept, mut cut) = (Vec::new(), Truth::False);
                for pattern in patterns {
                    match denied.covers(&pattern) {
                        Truth::True => cut = Truth::True,
                        truth => {
                            cut = cut.or(truth);
                            kept.push(pattern);
                        }
                    }
                }
                let rest = rest.filter(|_| !denied.is_everything());
                (Extent::Among(kept, rest), cut)
            }
            Extent::AllBut(mut patterns, rest) => match denied {
                _ if denied.is_everything() => (Extent::Among(Vec::new(), None), Truth::True),
                Extent::AllBut(spared, None) => {
                    let is_out = |one: &Pattern| patterns.iter().any(|out| out.covers(one) == Truth::True);
                    let left = spared.iter().filter(|one| !is_out(one)).cloned().collect();
                    (Extent::Among(left, rest), Truth::True)
                }
                Extent::Among(more, None) => {
                    patterns.extend(more.iter().cloned());
                    (Extent::AllBut(patterns, rest), Truth::True)
                }
                _ => (Extent::AllBut(patterns, rest), Truth::Unknown),
            },
        }
    }

    /// What is in both.
    pub(in crate::iam) fn within(&self, ceiling: &Extent) -> Extent {
        let open = || self.unknown().or(ceiling.unknown()).cloned();
        match (self, ceiling) {
            (_, ceiling) if ceiling.is_everything() => self.clone(),
            (mine, _) if mine.is_everything() => ceiling.clone(),
            (Extent::Among(mine, _), Extent::Among(theirs, _)) => {
                let mut both = Vec::new();
                for a in mine {
                    for b in theirs.iter().filter(|b| a.glob.meets(&b.glob) != Truth::False) {
                        // Of two that overlap the narrower one; neither may be, and then each part of an ARN may be narrower in
                        // one of them, else the longer one is nearer.
                        if a.covers(b) != Truth::True
                            && b.covers(a) != Truth::True
                            && let Some(glob) = common_part(&a.glob, &b.glob)
                        {
                            both.push(Pattern::text(glob));
                            continue;
                        }
                        let b_is_narrower = a.covers(b) == Truth::True
                            || (b.covers(a) != Truth::True && b.glob.symbols().len() > a.glob.symbols().len());
                        both.push(if b_is_narrower { b.clone() } else { a.clone() });
                    }
                    if both.len() > MAX_PATTERNS {
                        break;
                    }
                }
                Extent::Among(both, open())
            }
            (Extent::Among(some, _), all_but @ Extent::AllBut(left_out, _))
            | (all_but @ Extent::AllBut(left_out, _), Extent::Among(some, _)) => {
                let gone = |pattern: &Pattern| left_out.iter().any(|out| out.covers(pattern) == Truth::True);
                let kept = some.iter().filter(|pattern| !gone(pattern)).cloned().collect();
                Extent::Among(kept, all_but.unknown().cloned().or_else(open))
            }
            (Extent::AllBut(a, _), Extent::AllBut(b, _)) => {
                Extent::AllBut(a.iter().chain(b).cloned().collect(), open())
            }
        }
    }
}

/// The ARNs that match two patterns of six fields, where one pattern says so.
fn common_part(a: &Glob, b: &Glob) -> Option<Glob> {
    let fields = |glob: &Glob| -> Option<Vec<Glob>> {
        let parts: Vec<&[Symbol]> = glob.symbols().splitn(6, |symbol| *symbol == Symbol::Char(':')).collect();
        (parts.len() == 6).then(|| parts.iter().map(|part| Glob::of_symbols(part.to_vec())).collect())
    };
    let mut symbols = Vec::new();
    for (at, (a, b)) in fields(a)?.iter().zip(&fields(b)?).enumerate() {
        if at > 0 {
            symbols.push(Symbol::Char(':'));
        }
        match (a.covers(b), b.covers(a)) {
            (Truth::True, _) => symbols.extend(b.symbols().iter().cloned()),
            (_, Truth::True) => symbols.extend(a.symbols().iter().cloned()),
            _ => symbols.extend(overlap(a.symbols(), b.symbols())?),
        }
    }
    Some(Glob::of_symbols(symbols))
}

/// What matches two patterns of characters, `?` and a `*` at the end; none where no single pattern says so.
fn overlap(a: &[Symbol], b: &[Symbol]) -> Option<Vec<Symbol>> {
    let mut both = Vec::with_capacity(a.len().max(b.len()));
    let (mut a, mut b) = (a, b);
    loop {
        match (a, b) {
            ([], []) => return Some(both),
            ([Symbol::Run(Except::Nothing)], rest) | (rest, [Symbol::Run(Except::Nothing)]) => {
                both.extend(rest.iter().cloned());
                return Some(both);
            }
            ([one @ Symbol::Char(_), more @ ..], [Symbol::One, others @ ..])
            | ([Symbol::One, more @ ..], [one @ Symbol::Char(_), others @ ..]) => {
                both.push(one.clone());
                (a, b) = (more, others);
            }
            ([one @ (Symbol::Char(_) | Symbol::One), more @ ..], [other, others @ ..]) if one == other => {
                both.push(one.clone());
                (a, b) = (more, others);
            }
            _ => return None,
        }
    }
}
