//! Patterns as sequences of symbols: wildcards, policy variables, holes, and the name patterns of resource types.

mod compare;
mod region;

use std::sync::Arc;

pub(in crate::iam) use region::regions_within;
pub use region::{MAX_STATES, Region, regions};

use crate::value::{Fact, Identity, Piece, Reference, Unknown, Value, Why};

/// No ARN comes near this length; a longer text is one hole.
const MAX_SYMBOLS: usize = 4_096;

/// One symbol of a pattern.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// This character.
    Char(char),
    /// This ASCII letter, given in lower case, in either case.
    Letter(char),
    /// `?`: exactly one character.
    One,
    /// `*`: any run of characters, possibly empty, but for those excepted.
    Run(Except),
    /// A policy variable such as `${aws:username}`: the same text wherever it occurs in one request.
    Variable(Arc<str>),
    /// A part that is not known before the deployment.
    Hole(Hole),
}

/// The characters that a run does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Except {
    /// It takes every character.
    Nothing,
    /// It takes no `/`.
    Slash,
    /// It takes no `:`.
    Colon,
    /// It takes neither.
    Both,
}

/// A part that is not known.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hole {
    /// What makes it the same as another hole; none where nothing does.
    pub same: Option<Arc<str>>,
    /// Whatever it is, it holds no wildcard: the attribute of a resource, a fact of the deployment.
    pub literal: bool,
    /// The fact of the deployment that it is.
    pub fact: Option<Fact>,
    /// The characters that it never holds.
    pub except: Except,
    /// It may be empty, which what a resource is called is not.
    pub may_be_empty: bool,
}

/// A pattern.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Glob {
    symbols: Vec<Symbol>,
}

impl Except {
    /// Whether a run with this exception takes a character.
    pub fn takes(self, character: char) -> bool {
        match self {
            Except::Nothing => true,
            Except::Slash => character != '/',
            Except::Colon => character != ':',
            Except::Both => !matches!(character, '/' | ':'),
        }
    }

    /// What a fact of the deployment never holds.
    fn of_fact(fact: Fact) -> Except {
        match fact {
            Fact::Account | Fact::Region | Fact::Partition => Except::Both,
            _ => Except::Nothing,
        }
    }

    /// Whether all that a run with the other exception takes is taken by this one.
    fn takes_all_of(self, other: Except) -> bool {
        ['/', ':'].iter().all(|character| self.takes(*character) || !other.takes(*character))
    }
}

impl Hole {
    /// The hole that an unknown leaves.
    pub fn of(unknown: &Unknown) -> Hole {
        let fact = match unknown.why {
            Why::Environment(fact) if !unknown.derived => Some(fact),
            _ => None,
        };
        // There is one account that is deployed to, whatever it is read from.
        if fact == Some(Fact::Account) {
            return Hole::of_fact(Fact::Account);
        }
        let is_called = |reference: &Reference| {
            let attribute = reference.attribute.to_ascii_lowercase();
            matches!(&*attribute, "id" | "name" | "ref") || attribute.ends_with("arn")
        };
        Hole {
            same: unknown.identity().map(|identity| format!("{identity:?}").into()),
            literal: unknown.refers.is_some() || fact.is_some(),
            fact,
            except: fact.map_or(Except::Nothing, Except::of_fact),
            may_be_empty: fact.is_none() && !unknown.refers.as_ref().is_some_and(is_called),
        }
    }

    /// A hole of which nothing is known.
    pub fn open() -> Hole {
        Hole { same: None, literal: false, fact: None, except: Except::Nothing, may_be_empty: true }
    }

    /// The hole that some text without a wildcard leaves.
    pub fn some_text() -> Hole {
        Hole { literal: true, ..Hole::open() }
    }

    /// The hole that a fact of the deployment leaves.
    pub fn of_fact(fact: Fact) -> Hole {
        let same = Some(format!("{:?}", Identity::Fact(fact)).into());
        Hole { same, literal: true, fact: Some(fact), except: Except::of_fact(fact), may_be_empty: false }
    }
}

impl Glob {
    /// A pattern of these symbols; neighbouring wildcards that take the same are one.
    pub fn of_symbols(symbols: impl IntoIterator<Item = Symbol>) -> Glob {
        let mut glob = Glob::default();
        symbols.into_iter().for_each(|symbol| glob.push(symbol));
        glob.bounded()
    }

    /// A text without wildcards.
    pub fn literal(text: &str) -> Glob {
        Glob::of_symbols(text.chars().map(Symbol::Char))
    }

    /// A pattern with `*` and `?`; `${…}` is plain text, as in documents of 2008-10-17.
    pub fn pattern(text: &str) -> Glob {
        Glob::of_symbols(text.chars().map(wildcard))
    }

    /// A pattern with `*`, `?` and policy variables, as in documents of 2012-10-17.
    pub fn with_variables(text: &str) -> Glob {
        let mut glob = Glob::default();
        glob.push_text(text);
        glob.bounded()
    }

    /// A pattern of actions: case is not significant.
    pub fn action(text: &str) -> Glob {
        Glob::of_symbols(text.chars().map(|c| wildcard(c.to_ascii_lowercase())))
    }

    /// The pattern of an element with its holes; `None` for what is no text.
    pub fn of_value(value: &Value, variables: bool) -> Option<Glob> {
        Glob::of_value_by(value, variables, |unknown, _| vec![Symbol::Hole(Hole::of(unknown))])
    }

    /// As [`Glob::of_value`], where `symbols_of` says what stands for a hole, and is told whether the text begins with it.
    pub(in crate::iam) fn of_value_by(
        value: &Value,
        variables: bool,
        symbols_of: fn(&Unknown, bool) -> Vec<Symbol>,
    ) -> Option<Glob> {
        if let Some(text) = value.as_str() {
            return Some(if variables { Glob::with_variables(text) } else { Glob::pattern(text) });
        }
        let mut glob = Glob::default();
        for piece in value.to_joined_pieces()? {
            match piece {
                Piece::Known(text, _) if variables => glob.push_text(&text),
                Piece::Known(text, _) => text.chars().for_each(|c| glob.push(wildcard(c))),
                Piece::Hole(unknown, _) => {
                    let symbols = symbols_of(&unknown, glob.symbols.is_empty());
                    symbols.into_iter().for_each(|symbol| glob.push(symbol));
                }
            }
        }
        Some(glob.bounded())
    }

    /// The symbols.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// Whether some part is not known.
    pub fn has_holes(&self) -> bool {
        self.symbols.iter().any(|symbol| matches!(symbol, Symbol::Hole(_)))
    }

    /// Whether it is exactly one text, known or not: no wildcard.
    pub fn is_literal(&self) -> bool {
        self.symbols.iter().all(|symbol| match symbol {
            Symbol::Char(_) | Symbol::Letter(_) | Symbol::Variable(_) => true,
            Symbol::Hole(hole) => hole.literal,
            Symbol::One | Symbol::Run(_) => false,
        })
    }

    /// Whether it is `*`.
    pub fn is_everything(&self) -> bool {
        matches!(self.symbols.as_slice(), [Symbol::Run(Except::Nothing)])
    }

    /// The widest that it can be: `*` for every hole.
    #[must_use]
    pub fn widest(&self) -> Glob {
        Glob::of_symbols(self.symbols.iter().map(|symbol| match symbol {
            Symbol::Hole(_) => Symbol::Run(Except::Nothing),
            other => other.clone(),
        }))
    }

    /// The pattern where a `*` amid a segment of an ARN stays within the segment; at a segment's end it runs on, as AWS
    /// matches resources. Questions of safety are asked without this.
    #[must_use]
    pub fn within_segments(&self) -> Glob {
        let next = |at: usize| self.symbols.get(at + 1);
        let symbols = self.symbols.iter().enumerate().map(|(at, symbol)| match (symbol, next(at)) {
            (Symbol::Run(Except::Nothing), Some(next)) if *next != Symbol::Char(':') => Symbol::Run(Except::Colon),
            (other, _) => other.clone(),
        });
        Glob::of_symbols(symbols)
    }

    /// The pattern with what a request carries for its variables, in which nothing is a wildcard; `None` where one is not
    /// carried and has no default, for then nothing matches.
    ///
    /// # Errors
    ///
    /// What `carried` gives for a variable that cannot be told.
    pub(in crate::iam) fn filled<E>(
        &self,
        carried: impl Fn(&str) -> Result<Option<Vec<Symbol>>, E>,
    ) -> Result<Option<Glob>, E> {
        if !self.symbols.iter().any(|symbol| matches!(symbol, Symbol::Variable(_))) {
            return Ok(Some(self.clone()));
        }
        let mut symbols = Vec::new();
        for symbol in &self.symbols {
            let Symbol::Variable(name) = symbol else {
                symbols.push(symbol.clone());
                continue;
            };
            let (key, default) = key_and_default(name);
            match (carried(key)?, default) {
                (Some(text), _) => symbols.extend(text),
                (None, Some(default)) => symbols.extend(default.chars().map(Symbol::Char)),
                (None, None) => return Ok(None),
            }
        }
        Ok(Some(Glob::of_symbols(symbols)))
    }

    /// The six fields of an ARN, of which only the last may hold colons; fewer where there are fewer.
    pub fn fields(&self) -> Vec<Glob> {
        let mut fields = vec![Glob::default()];
        for symbol in &self.symbols {
            if *symbol == Symbol::Char(':') && fields.len() < 6 {
                fields.push(Glob::default());
            } else if let Some(field) = fields.last_mut() {
                field.push(symbol.clone());
            }
        }
        fields
    }

    fn push(&mut self, symbol: Symbol) {
        if matches!(symbol, Symbol::Run(_)) && self.symbols.last() == Some(&symbol) {
            return;
        }
        self.symbols.push(symbol);
    }

    fn push_text(&mut self, text: &str) {
        for token in tokens(text) {
            match token {
                Token::Plain(text) => text.chars().for_each(|character| self.push(wildcard(character))),
                Token::Escaped(character, _) => self.push(Symbol::Char(character)),
                Token::Variable(name, _) => self.push(Symbol::Variable(name.into())),
            }
        }
    }

    fn bounded(self) -> Glob {
        if self.symbols.len() <= MAX_SYMBOLS {
            return self;
        }
        Glob { symbols: vec![Symbol::Hole(Hole::open())] }
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for symbol in &self.symbols {
            match symbol {
                Symbol::Char(character) | Symbol::Letter(character) => write!(f, "{character}")?,
                Symbol::One => write!(f, "?")?,
                Symbol::Run(_) => write!(f, "*")?,
                Symbol::Variable(name) => write!(f, "${{{name}}}")?,
                Symbol::Hole(_) => write!(f, "…")?,
            }
        }
        Ok(())
    }
}

/// A part of a text of a policy of version 2012-10-17.
pub(in crate::iam) enum Token<'t> {
    /// Text with its wildcards.
    Plain(&'t str),
    /// `${*}`, `${?}` or `${$}`, with what is written.
    Escaped(char, &'t str),
    /// A variable, with what is written.
    Variable(String, &'t str),
}

/// The parts of a text, in order.
pub(in crate::iam) fn tokens(text: &str) -> impl Iterator<Item = Token<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let start = rest.find("${").filter(|start| rest.get(*start..).is_some_and(|from| from.contains('}')));
        let (plain, from) = rest.split_at(start.unwrap_or(rest.len()));
        if !plain.is_empty() {
            rest = from;
            return Some(Token::Plain(plain));
        }
        let (written, after) = from.split_at(from.find('}').map_or(from.len(), |end| end + 1));
        rest = after;
        let name = written.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(written).trim();
        Some(match name {
            "*" => Token::Escaped('*', written),
            "?" => Token::Escaped('?', written),
            "$" => Token::Escaped('$', written),
            name => Token::Variable(variable(name), written),
        })
    })
}

/// The key of a variable in lower case, and what stands for it where it is not carried.
pub(in crate::iam) fn key_and_default(variable: &str) -> (&str, Option<&str>) {
    match variable.split_once(',') {
        Some((key, default)) => (key.trim(), Some(default.trim().trim_matches('\''))),
        None => (variable, None),
    }
}

/// The name of a variable: its key in lower case, with the default as it is written.
fn variable(name: &str) -> String {
    match name.split_once(',') {
        Some((key, default)) => format!("{},{default}", key.trim_end().to_ascii_lowercase()),
        None => name.to_ascii_lowercase(),
    }
}

fn wildcard(character: char) -> Symbol {
    match character {
        '*' => Symbol::Run(Except::Nothing),
        '?' => Symbol::One,
        other => Symbol::Char(other),
    }
}
