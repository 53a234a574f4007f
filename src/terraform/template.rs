//! Templates: strings put together from literals, interpolations and directives.

use std::rc::Rc;

use super::expression::{Evaluated, Failure, fail, pairs};
use super::functions::{FunctionError, Template};
use super::scope::{Evaluator, Frame};
use crate::source::Origin;
use crate::syntax::hcl::{self, TemplatePart};
use crate::value::{Data, Map, Piece, Unknown, Value, Why, derived};

/// The longest text that a template may give, in bytes.
const MAX_TEXT: usize = 4 << 20;

/// The most pieces that a text may be made of.
const MAX_PIECES: usize = 100_000;

/// One step pays for so many bytes of a template that are parsed.
const BYTES_PER_STEP: usize = 2;

/// The pieces so far, with the marks of what went in.
#[derive(Default)]
struct Assembly {
    pieces: Vec<Piece>,
    length: usize,
    sensitive: bool,
}

impl Evaluator<'_> {
    /// The value of a template; a single interpolation stands for the value itself.
    pub(super) fn template(&self, parts: &[TemplatePart], frame: &Frame<'_>, origin: Origin) -> Evaluated {
        if let [TemplatePart::Interpolation(expression)] = parts {
            return self.evaluate(expression, frame);
        }
        let mut assembly = Assembly::default();
        self.assemble(parts, frame, &mut assembly, origin)?;
        Ok(Value::of_pieces(assembly.pieces, origin).marked(assembly.sensitive))
    }

    fn assemble(
        &self,
        parts: &[TemplatePart],
        frame: &Frame<'_>,
        assembly: &mut Assembly,
        origin: Origin,
    ) -> Result<(), Box<Failure>> {
        for part in parts {
            match part {
                TemplatePart::Literal(text, span) => {
                    assembly.length += text.len();
                    assembly.pieces.push(Piece::Known(text.clone(), frame.origin(*span)));
                }
                TemplatePart::Interpolation(expression) => {
                    let value = self.evaluate(expression, frame)?;
                    let place = frame.origin(expression.span);
                    assembly.sensitive |= value.sensitive;
                    let Some(pieces) = value.to_pieces().filter(|_| !value.is_null()) else {
                        let refused = if value.is_null() { "null" } else { "a list or map" };
                        return fail(format!("{refused} cannot stand in a template"), place);
                    };
                    for piece in pieces {
                        if let Piece::Known(text, _) = &piece {
                            assembly.length += text.len();
                        }
                        assembly.pieces.push(match piece {
                            Piece::Hole(unknown, at) => Piece::Hole(unknown, at.or(place)),
                            known @ Piece::Known(..) => known,
                        });
                    }
                }
                TemplatePart::If { condition, then, otherwise } => {
                    let place = frame.origin(condition.span);
                    let condition = self.evaluate(condition, frame)?;
                    assembly.sensitive |= condition.sensitive;
                    match (condition.as_bool(), condition.as_unknown()) {
                        (Some(true), _) => self.assemble(then, frame, assembly, origin)?,
                        (Some(false), _) => self.assemble(otherwise, frame, assembly, origin)?,
                        (None, Some(unknown)) => {
                            let hole = Unknown::new(Why::Condition, unknown.subject.clone(), unknown.origin);
                            assembly.pieces.push(Piece::Hole(hole.into(), place));
                        }
                        (None, None) => return fail("a condition must be true or false", place),
                    }
                }
                TemplatePart::For { key, value, collection, parts } => {
                    let place = frame.origin(collection.span);
                    let collection = self.evaluate(collection, frame)?;
                    assembly.sensitive |= collection.sensitive;
                    let (walked, rest) = match pairs(&collection, place) {
                        Ok((Some(walked), rest)) => (walked, rest),
                        Ok((None, _)) => return fail("only a list, set or map can be walked", place),
                        Err(unknown) => (Vec::new(), Some(unknown)),
                    };
                    // Where there may be more, it may come before, between and after what there is.
                    let more = |assembly: &mut Assembly| {
                        let hole = rest.as_ref().map(|unknown| Piece::Hole(derived(unknown), place));
                        assembly.pieces.extend(hole);
                    };
                    for (key_value, item) in walked {
                        self.spend(1, place)?;
                        more(assembly);
                        let inner = frame.bind(value, item);
                        match key {
                            Some(key) => self.assemble(parts, &inner.bind(key, key_value), assembly, origin)?,
                            None => self.assemble(parts, &inner, assembly, origin)?,
                        }
                    }
                    more(assembly);
                }
            }
            if assembly.length > MAX_TEXT || assembly.pieces.len() > MAX_PIECES {
                return self.limit(format!("a text of more than {} MiB", MAX_TEXT >> 20), origin);
            }
        }
        Ok(())
    }

    /// Renders a template with its own variables and nothing else.
    pub(super) fn render(
        &self,
        template: &Template<'_>,
        variables: &Map,
        frame: &Frame<'_>,
    ) -> Result<Value, FunctionError> {
        let Template { text, origin, is_exact } = *template;
        let error = |message: String| FunctionError { argument: None, message };
        let limited = |failure: Box<Failure>| error(failure.message);
        let known = is_exact.then(|| self.templates.borrow().get(&origin).cloned()).flatten();
        let parts = match known {
            Some(known) => known,
            None => {
                self.spend(text.len() / BYTES_PER_STEP, origin).map_err(limited)?;
                let parsed = match is_exact {
                    true => hcl::parse_template(origin.file, text, origin.span.start),
                    false => hcl::parse_template_of(origin, text),
                };
                Rc::new(parsed.map_err(|diagnostic| error(diagnostic.message))?)
            }
        };
        if is_exact {
            self.templates.borrow_mut().insert(origin, parts.clone());
        }
        let mut inner = Frame::new(frame.instance, origin.file);
        for entry in variables.entries() {
            inner = inner.bind_owned(&entry.key, entry.value.clone());
        }
        let known = self.enter(origin).and_then(|()| {
            let result = self.template(&parts, &inner, origin);
            self.leave();
            result
        });
        let value = known.map_err(limited)?;
        match (&value.data, &variables.rest) {
            (Data::Unknown(_), _) | (_, None) => Ok(value),
            (_, Some(rest)) => Ok(Value::unknown(derived(rest), origin)),
        }
    }
}
