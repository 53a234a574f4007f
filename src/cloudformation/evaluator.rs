//! Nodes to values: scalars as CloudFormation reads them, merge keys, and the limits of an evaluation.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::Settings;
use super::foreach::{Open, PREFIX};
use super::nested::Nest;
use super::scenario::{Branch, Pin, Question};
use super::template::{Pair, Template, origin_of};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Origin, SourceFile, Sources, Span};
use crate::syntax::node::{Node, NodeKind, Style};
use crate::value::{Data, Entry, Map, Number, Truth, Unknown, Value, Why};

/// Calls of functions and references within each other, nesting included.
const MAX_DEPTH: usize = 300;

/// Nodes that may be visited besides those that stand in the text: what aliases and merge keys repeat.
const EXTRA_VISITS: usize = 500_000;

/// Merge keys within each other.
const MAX_MERGE_DEPTH: usize = 32;

/// Diagnostics of one template.
const MAX_DIAGNOSTICS: usize = 200;

/// How many pairs merge keys may still copy.
pub(super) struct MergeBudget(usize);

/// The pairs of a mapping with those of its merge keys (`<<`) before its own: the last pair of a key counts.
pub(super) fn entries<'t>(node: &'t Node, budget: &mut MergeBudget) -> Vec<Pair<'t>> {
    let mut pairs = Vec::new();
    collect_entries(node, budget, 0, &mut pairs);
    pairs
}

fn collect_entries<'t>(node: &'t Node, budget: &mut MergeBudget, depth: usize, pairs: &mut Vec<Pair<'t>>) {
    let Some(own) = node.as_mapping() else { return };
    let is_merge = |key: &Node| matches!(&key.kind, NodeKind::Scalar(text, Style::Plain) if &**text == "<<");
    if depth > 0 {
        budget.0 = budget.0.saturating_sub(own.len());
    }
    if budget.0 == 0 || depth > MAX_MERGE_DEPTH {
        budget.0 = 0;
        return;
    }
    for (_, merged) in own.iter().filter(|(key, _)| is_merge(key)) {
        match merged.as_sequence() {
            // Of several merged mappings the first one counts.
            Some(several) => several.iter().rev().for_each(|one| collect_entries(one, budget, depth + 1, pairs)),
            None => collect_entries(merged, budget, depth + 1, pairs),
        }
    }
    pairs.extend(own.iter().filter(|(key, _)| !is_merge(key)).map(|(key, value)| (key, value)));
}

/// The evaluation of one template.
pub(super) struct Evaluator<'t> {
    pub(super) file: FileId,
    pub(super) source: Arc<SourceFile>,
    pub(super) settings: &'t Settings,
    pub(super) template: Template<'t>,
    /// The conditions that were asked for; `None` while one is evaluated.
    pub(super) truths: HashMap<&'t str, Option<Truth>>,
    /// The conditions that hold or do not hold where the evaluation stands.
    pub(super) assumed: Vec<(&'t str, bool)>,
    /// The properties that references asked for; `None` while one is evaluated.
    pub(super) properties: HashMap<(&'t str, String), Option<Option<Value>>>,
    pub(super) parameters: HashMap<&'t str, Value>,
    /// The identifiers of the loops around the collection that is evaluated, the innermost last.
    pub(super) bindings: Vec<(Arc<str>, Value)>,
    /// What is assumed of parameters and pseudo parameters that have no value.
    pub(super) pins: HashMap<Arc<str>, Pin>,
    /// The conditions and parameters that decided what the template becomes, and have no answer.
    pub(super) asked: BTreeSet<Question>,
    /// Parameters with few allowed values that stand in properties: they are followed where that takes little.
    pub(super) offered: BTreeSet<Question>,
    /// The conditions whose definitions are evaluated, the innermost last.
    pub(super) defining: Vec<&'t str>,
    /// What the conditions that were asked for hang on, in order.
    pub(super) branches: Vec<Branch>,
    /// The first of them for each condition that has no answer.
    pub(super) undecided_by: HashMap<&'t str, Branch>,
    /// Conditions that compare what is assumed to be equal to something or not, and has no name.
    pub(super) comparing: BTreeSet<Arc<str>>,
    /// Entries that come from loops over what is not known.
    pub(super) open: Open,
    /// Bytes that may still be put together from pieces.
    pub(super) text_budget: usize,
    /// The role by which functions are deployed step by step is made.
    pub(super) has_deployment_role: bool,
    /// The stacks around and within.
    pub(super) nest: Nest<'t>,
    merges: MergeBudget,
    pub(super) depth: usize,
    visits: usize,
    diagnostics: Vec<Diagnostic>,
    told: HashSet<(&'static str, Span, String)>,
}

impl<'t> Evaluator<'t> {
    pub(super) fn new(file: FileId, root: &'t Node, settings: &'t Settings, sources: &'t Sources) -> Evaluator<'t> {
        let source = sources.get(file);
        let mut merges = MergeBudget(EXTRA_VISITS);
        let template = Template::new(root, &mut merges);
        let mut evaluator = Evaluator {
            file,
            settings,
            template,
            truths: HashMap::new(),
            assumed: Vec::new(),
            properties: HashMap::new(),
            parameters: HashMap::new(),
            bindings: Vec::new(),
            pins: HashMap::new(),
            asked: BTreeSet::new(),
            offered: BTreeSet::new(),
            defining: Vec::new(),
            branches: Vec::new(),
            undecided_by: HashMap::new(),
            comparing: BTreeSet::new(),
            has_deployment_role: false,
            open: Open::new(),
            text_budget: super::substitute::MAX_TEXT_TOTAL,
            nest: Nest::outermost(file, sources),
            merges,
            depth: 0,
            // A node takes a byte at least, and is met once as itself and seldom again through a reference.
            visits: EXTRA_VISITS + 3 * source.text().len(),
            diagnostics: Vec::new(),
            told: HashSet::new(),
            source,
        };
        evaluator.tell_of_merges(root);
        evaluator
    }

    fn tell_of_merges(&mut self, node: &Node) {
        if self.merges.0 == 0 {
            let message = "the template is too large to evaluate: merge keys repeat too much";
            self.tell(Diagnostic::warning("cfn-limit", message).at(self.origin(node), ""));
        }
    }

    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        self.diagnostics
    }

    pub(super) fn origin(&self, node: &Node) -> Origin {
        origin_of(self.file, node)
    }

    /// Notes a diagnostic once.
    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        // A limit is told once: it would be reached again at every further place.
        let place = diagnostic.labels.first().filter(|_| diagnostic.code != "cfn-limit");
        let span = place.map_or(Span::default(), |label| label.origin.span);
        if self.diagnostics.len() < MAX_DIAGNOSTICS
            && self.told.insert((diagnostic.code, span, diagnostic.message.clone()))
        {
            self.diagnostics.push(diagnostic);
        }
    }

    /// An unknown value for something that CloudFormation would refuse, and the warning.
    pub(super) fn invalid(&mut self, code: &'static str, subject: &str, message: String, place: Origin) -> Value {
        self.tell(Diagnostic::warning(code, message).at(place, ""));
        Value::unknown(Unknown::new(Why::Invalid, subject, place), place)
    }

    /// Runs `task` where a condition holds.
    pub(super) fn assuming<T>(&mut self, condition: Option<&'t str>, task: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.assumed.len();
        self.assumed.extend(condition.map(|name| (name, true)));
        let result = task(self);
        self.assumed.truncate(before);
        result
    }

    /// Runs `task` one level deeper; a value of the right kind where a limit is reached.
    pub(super) fn deeper<T>(
        &mut self,
        place: Origin,
        task: impl FnOnce(&mut Self) -> T,
        limit: impl FnOnce(Value) -> T,
    ) -> T {
        if self.depth >= MAX_DEPTH || self.visits == 0 {
            let what = if self.visits == 0 { "aliases repeat too much" } else { "functions are nested too deeply" };
            let message = format!("the template is too large to evaluate: {what}");
            self.tell(Diagnostic::warning("cfn-limit", message).at(place, ""));
            return limit(Value::unknown(Unknown::new(Why::Limit, what, place), place));
        }
        self.visits -= 1;
        self.depth += 1;
        let result = task(self);
        self.depth -= 1;
        result
    }

    /// The value of a node; `None` for `AWS::NoValue`.
    pub(super) fn evaluate(&mut self, node: &'t Node) -> Option<Value> {
        let node = node.target();
        let place = self.origin(node);
        self.deeper(
            place,
            |evaluator| match evaluator.call_of(node) {
                Some(call) => evaluator.call(&call),
                None => Some(evaluator.plain(node)),
            },
            Some,
        )
    }

    /// The value of a node whose own tag does not count.
    pub(super) fn plain(&mut self, node: &'t Node) -> Value {
        let node = node.target();
        let place = self.origin(node);
        match &node.kind {
            NodeKind::Scalar(text, style) => self.scalar(node, text, *style),
            NodeKind::Sequence(items) => {
                Value::list(items.iter().filter_map(|item| self.evaluate(item)).collect(), place)
            }
            NodeKind::Mapping(_) => self.mapping(node),
            NodeKind::Alias(_) => Value::null(place),
        }
    }

    fn mapping(&mut self, node: &'t Node) -> Value {
        let place = self.origin(node);
        let mut values = Vec::new();
        let mut rest = None;
        for (key, value) in self.entries(node) {
            let Some(name) = key.as_str() else { continue };
            if name == "Fn::Transform" || name.starts_with(PREFIX) {
                rest = Some(Arc::new(Unknown::new(Why::Function, name, self.origin(key))));
                continue;
            }
            if let Some(value) = self.evaluate(value) {
                values.push(Entry { key: name.into(), key_origin: self.origin(key), value });
            }
        }
        let mut map = Map::new(values);
        map.rest = rest;
        Value::new(Data::Map(Arc::new(map)), place)
    }

    /// The pairs of a mapping, merge keys followed.
    pub(super) fn entries(&mut self, node: &'t Node) -> Vec<Pair<'t>> {
        let pairs = entries(node, &mut self.merges);
        self.tell_of_merges(node);
        pairs
    }

    fn scalar(&mut self, node: &Node, text: &Arc<str>, style: Style) -> Value {
        let place = self.origin(node);
        let is_text = node.tag.as_ref().is_some_and(|(name, _)| &**name == "tag:yaml.org,2002:str");
        if style == Style::Plain
            && !is_text
            && let Some(data) = plain_scalar(text)
        {
            return Value::new(data, place);
        }
        if let Some(text) = self.bound_text(text) {
            return Value::string(text, place);
        }
        if let Some(value) = self.service_text(node, text) {
            return value;
        }
        if text.contains("{{resolve:") {
            return self.text_with_references(node, text);
        }
        Value::string(text.clone(), place)
    }
}

impl Evaluator<'_> {
    /// A text with the identifiers of the loops around put in; `None` where it has none.
    fn bound_text(&self, text: &str) -> Option<String> {
        let mut result: Option<String> = None;
        for (name, value) in self.bindings.iter().rev() {
            let current = result.as_deref().unwrap_or(text);
            let wanted = format!("${{{name}}}");
            if let Some(value) = value.scalar_text().filter(|_| current.contains(&wanted)) {
                result = Some(current.replace(&wanted, &value));
            }
        }
        result.filter(|result| result.len() < self.text_budget)
    }
}

/// A plain scalar that is no string: YAML 1.1's booleans, null, and numbers whose digits say all that the text says.
fn plain_scalar(text: &str) -> Option<Data> {
    if text.len() <= 5 {
        let word = text.to_ascii_lowercase();
        match word.as_str() {
            "" | "~" | "null" => return Some(Data::Null),
            "true" | "yes" | "on" => return Some(Data::Bool(true)),
            "false" | "no" | "off" => return Some(Data::Bool(false)),
            _ => {}
        }
    }
    let number = Number::parse(text)?;
    // An account id with leading zeros, `1_000` or `1.50` would lose something.
    (number.to_string() == text).then_some(Data::Number(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_lose_nothing() {
        for text in ["yes", "On", "TRUE", "true"] {
            assert!(matches!(plain_scalar(text), Some(Data::Bool(true))), "{text}");
        }
        for text in ["12", "-3", "0.5", "123456789012"] {
            assert!(matches!(plain_scalar(text), Some(Data::Number(_))), "{text}");
        }
        for text in ["012345678901", "2012-10-17", "1_000", "1.50", "0x1F", "+1", "1e3", "y", ".5", "-0"] {
            assert!(plain_scalar(text).is_none(), "{text}");
        }
    }
}
