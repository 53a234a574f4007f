//! Conditions both ways: the cases that the parameters without a value allow, and the template in each of them.
//!
//! The cases are found by need: the first thing that a condition hangs on is answered in every way it can be, until all
//! conditions that decide something have an answer. Allowed values bound the answers; of a free text only what it is
//! compared with matters, and "anything else". What is no comparison with a parameter is answered as a whole: the
//! condition holds, or it does not.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::Settings;
use super::comparison::parameter_of;
use super::evaluator::Evaluator;
use super::foreach::Open;
use super::nested::Nest;
use super::parameter::partition_of;
use crate::diagnostic::Diagnostic;
use crate::model::{Assumed, Assumption, Case, Scenario};
use crate::source::{FileId, Origin};
use crate::syntax::node::Node;
use crate::value::{Truth, Value};

/// Scenarios of one template.
pub(super) const MAX_SCENARIOS: usize = 64;

/// Ways of answering that are looked at to find them.
const MAX_CASES: usize = 512;

/// Conditions that are followed.
const MAX_QUESTIONS: usize = 256;

/// Bytes of template text that are evaluated in all scenarios together.
const MAX_BYTES: usize = 64 << 20;

/// Resources of all scenarios together.
const MAX_RESOURCES: usize = 50_000;

/// Scenarios for the sake of parameters that decide nothing but the values of properties.
const MAX_OFFERED: usize = 16;

/// Parameters with more allowed values than this are not followed value by value where they choose from a mapping.
const MAX_KEYS: usize = 16;

/// What the keys of [`Branch::Opaque`] start with, and no name does.
pub(super) const OPAQUE: char = '\u{0}';

/// Something that decides what a template becomes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Question {
    /// Whether a condition holds.
    Condition(Arc<str>),
    /// Which value a parameter has, that chooses from a mapping or decides conditions of a stack within.
    Parameter(Arc<str>),
    /// Whether a pseudo parameter is this text, which decides conditions of a stack within.
    Fact(Arc<str>, Arc<str>),
}

/// What is assumed of a parameter.
#[derive(Clone, Debug)]
pub(super) enum Pin {
    Is(Value),
    OneOf(Vec<Value>),
    IsNot(BTreeSet<Arc<str>>),
}

/// What an answer hangs on.
#[derive(Clone, Debug)]
pub(super) enum Branch {
    /// The parameter is one of these.
    Values(Arc<str>, Vec<Value>),
    /// The parameter is this text, or it is not.
    Text(Arc<str>, Value),
    /// What is no parameter that can be told of is this text, or it is not: the key that names it wherever it is
    /// compared, and the text.
    Opaque(Arc<str>, Arc<str>),
    /// The condition holds, or it does not.
    Condition(Arc<str>),
}

impl Branch {
    /// Whatever decides more comes first: what is put together from parameters is decided by their values.
    fn rank(&self) -> u8 {
        match self {
            // A region tells the partition.
            Branch::Text(name, _) if **name == *"AWS::Partition" => 1,
            Branch::Values(..) | Branch::Text(..) => 0,
            Branch::Opaque(..) => 2,
            Branch::Condition(_) => 3,
        }
    }
}

/// Assumptions on the way to a case.
#[derive(Clone, Debug, Default)]
struct Answers {
    pins: BTreeMap<Arc<str>, Pin>,
    conditions: BTreeMap<Arc<str>, bool>,
}

impl Answers {
    fn with(&self, name: &Arc<str>, pin: Pin) -> Answers {
        let mut answers = self.clone();
        answers.pins.insert(name.clone(), pin);
        answers
    }

    /// All answers that a branch allows.
    fn both_ways(&self, branch: &Branch) -> Vec<Answers> {
        match branch {
            Branch::Values(name, values) => {
                values.iter().map(|value| self.with(name, Pin::Is(value.clone()))).collect()
            }
            Branch::Text(name, value) => self.is_or_is_not(name, value),
            Branch::Opaque(key, text) => self.is_or_is_not(key, &Value::string(text.clone(), Origin::NONE)),
            Branch::Condition(name) => {
                let one = |holds: bool| {
                    let mut answers = self.clone();
                    answers.conditions.insert(name.clone(), holds);
                    answers
                };
                vec![one(true), one(false)]
            }
        }
    }

    fn is_or_is_not(&self, name: &Arc<str>, value: &Value) -> Vec<Answers> {
        let mut others = match self.pins.get(name) {
            Some(Pin::IsNot(others)) => others.clone(),
            _ => BTreeSet::new(),
        };
        others.insert(text_of(value));
        vec![self.with(name, Pin::Is(value.clone())), self.with(name, Pin::IsNot(others))]
    }

    fn case(&self) -> Case {
        let pins = self.pins.iter().filter(|(name, _)| !name.starts_with(OPAQUE)).filter_map(|(name, pin)| {
            let assumed = match pin {
                Pin::Is(value) => Assumed::Is(text_of(value)),
                Pin::IsNot(values) => Assumed::IsNot(values.iter().cloned().collect()),
                Pin::OneOf(_) => return None,
            };
            Some(Assumption { subject: name.clone(), assumed })
        });
        let conditions = self
            .conditions
            .iter()
            .map(|(name, holds)| Assumption { subject: name.clone(), assumed: Assumed::Holds(*holds) });
        let implied = match (self.pins.get("AWS::Region"), self.pins.get("AWS::Partition")) {
            (Some(Pin::Is(region)), None) => Some(Assumption {
                subject: "AWS::Partition".into(),
                assumed: Assumed::Is(partition_of(&text_of(region)).into()),
            }),
            _ => None,
        };
        let mut case: Case = pins.chain(conditions).chain(implied).collect();
        case.sort();
        case
    }
}

pub(super) fn text_of(value: &Value) -> Arc<str> {
    value.scalar_text().unwrap_or_default().into()
}

/// The answers to all questions, in order; nothing where no assumption would give one.
type Given = Vec<Option<Arc<str>>>;

/// The ways of answering that give all questions the same answers.
struct Found {
    answers: Vec<Answers>,
    truths: Vec<(Arc<str>, bool)>,
}

/// What the evaluation of a template took, nested stacks included.
#[derive(Clone, Copy)]
pub(super) struct Size {
    pub(super) bytes: usize,
    pub(super) resources: usize,
}

/// The template in every case that its undecided questions allow; none where there are no such questions.
pub(super) fn follow(
    (file, root): (FileId, &Node),
    settings: &Settings,
    nest: &Nest<'_>,
    open: &Open,
    (questions, offered): (BTreeSet<Question>, BTreeSet<Question>),
    size: Size,
) -> (Vec<Scenario>, Option<Diagnostic>) {
    let sources = nest.sources();
    let mut explorer = Evaluator::new(file, root, settings, sources);
    let questions: Vec<Question> = questions.into_iter().filter(|question| explorer.is_open(question)).collect();
    let Some(first) = questions.first().or(offered.first()) else { return (Vec::new(), None) };
    let place = explorer.place_of(first);
    let most = MAX_SCENARIOS.min(MAX_BYTES / size.bytes.max(1)).min(MAX_RESOURCES / size.resources.max(1));
    let mut is_cut = questions.len() > MAX_QUESTIONS;
    let asked = questions.get(..MAX_QUESTIONS).unwrap_or(&questions);
    let mut groups: Vec<Vec<Found>> = Vec::new();
    match explorer.explore(asked, most) {
        Some(found) => groups.extend(explorer.with_offered(asked, found, offered, most.min(MAX_OFFERED))),
        None => {
            // All at once would be too many: each set of questions that have something in common for itself.
            is_cut = true;
            let mut left = most;
            for together in explorer.components(asked) {
                let sets = match explorer.explore(&together, left) {
                    Some(found) => vec![found],
                    // Still too many: each question alone.
                    None => together.chunks(1).filter_map(|alone| explorer.explore(alone, MAX_SCENARIOS)).collect(),
                };
                for found in sets {
                    if found.len() <= left {
                        left -= found.len();
                        groups.push(found);
                    }
                }
            }
        }
    }
    let diagnostic = is_cut.then(|| {
        let message =
            format!("the conditions of the template allow more than {most} cases: not all are followed together");
        Diagnostic::warning("cfn-scenarios", message)
            .at(place, "the first condition that is not decided")
            .help("give parameters a value with `--parameter` or `--parameter-file`")
    });
    let mut scenarios = Vec::new();
    for (group, found) in groups.into_iter().enumerate() {
        for one in found {
            let mut evaluator = Evaluator::new(file, root, settings, sources);
            evaluator.nest = nest.anew();
            evaluator.open.clone_from(open);
            evaluator.assume(&one);
            let unit = evaluator.unit();
            scenarios.push(Scenario { unit, group, cases: one.answers.iter().map(Answers::case).collect() });
        }
    }
    (scenarios, diagnostic)
}

impl<'t> Evaluator<'t> {
    /// What the stack around has to answer, so that this one is decided.
    pub(super) fn asked_of_outside(&self) -> Vec<Question> {
        let of = |question: &Question| match question {
            Question::Condition(name) => match self.undecided_by.get(&**name)? {
                Branch::Values(name, _) => Some(Question::Parameter(name.clone())),
                Branch::Text(name, text) if name.starts_with("AWS::") => {
                    Some(Question::Fact(name.clone(), text_of(text)))
                }
                Branch::Text(..) | Branch::Opaque(..) | Branch::Condition(_) => None,
            },
            asked => Some(asked.clone()),
        };
        self.asked.iter().filter_map(of).collect()
    }

    /// Notes what a stack within asks for.
    pub(super) fn ask_within(&mut self, questions: Vec<Question>) {
        for question in questions {
            match question {
                Question::Parameter(name) => {
                    if let Some(value) = self.parameter(&name, Origin::NONE) {
                        self.ask_for(&value);
                    }
                }
                Question::Fact(..) => {
                    self.asked.insert(question);
                }
                Question::Condition(_) => {}
            }
        }
    }

    /// Notes that a parameter chooses from a mapping.
    pub(super) fn ask_for(&mut self, key: &Value) {
        self.asked.extend(self.choice(key));
    }

    /// Notes that a property has the value of a parameter.
    pub(super) fn offer(&mut self, value: &Value) {
        self.offered.extend(self.choice(value));
    }

    /// The question which of a few values a parameter has.
    fn choice(&self, value: &Value) -> Option<Question> {
        let name = parameter_of(value).filter(|_| self.defining.is_empty() && !value.sensitive)?;
        let count = value.as_unknown()?.candidates.len();
        (2..=MAX_KEYS).contains(&count).then(|| Question::Parameter(name.into()))
    }

    fn place_of(&self, question: &Question) -> Origin {
        let pair = match question {
            Question::Condition(name) => self.template.conditions.get(&**name),
            Question::Parameter(name) => self.template.parameters.get(&**name),
            Question::Fact(..) => None,
        };
        pair.map_or(Origin { file: self.file, span: Default::default() }, |(key, _)| self.origin(key))
    }

    /// Whether a question can be answered one way or another.
    fn is_open(&mut self, question: &Question) -> bool {
        self.answer(question).is_err()
    }

    /// The answer to a question: true or false, a text, or nothing where no assumption would give one; else what it
    /// hangs on.
    fn answer(&mut self, question: &Question) -> Result<Option<Arc<str>>, Branch> {
        match question {
            Question::Condition(name) => {
                self.branches.clear();
                let place = self.place_of(question);
                match self.condition(name, place) {
                    Truth::True => Ok(Some("true".into())),
                    Truth::False => Ok(Some("false".into())),
                    Truth::Unknown => {
                        self.branches.iter().min_by_key(|branch| branch.rank()).cloned().map_or(Ok(None), Err)
                    }
                }
            }
            Question::Fact(name, text) => match self.pins.get(name) {
                Some(Pin::Is(value)) => Ok(Some(if text_of(value) == *text { "true" } else { "false" }.into())),
                Some(Pin::IsNot(values)) if values.contains(text) => Ok(Some("false".into())),
                _ => Err(Branch::Text(name.clone(), Value::string(text.clone(), Origin::NONE))),
            },
            Question::Parameter(name) => {
                let place = self.place_of(question);
                let Some(value) = self.parameter(name, place) else { return Ok(None) };
                match value.as_unknown() {
                    None => Ok(value.scalar_text().map(Into::into)),
                    Some(unknown) if unknown.candidates.is_empty() => Ok(None),
                    Some(unknown) => Err(Branch::Values(name.clone(), unknown.candidates.clone())),
                }
            }
        }
    }

    /// Starts anew under other assumptions.
    fn answer_as(&mut self, answers: &Answers) {
        self.truths.clear();
        self.undecided_by.clear();
        self.comparing.clear();
        self.parameters.clear();
        self.pins = answers.pins.iter().map(|(name, pin)| (name.clone(), pin.clone())).collect();
        for (name, holds) in &answers.conditions {
            if let Some((id, _)) = self.template.conditions.get_key_value(&**name) {
                self.truths.insert(id, Some((*holds).into()));
            }
        }
    }

    /// All ways of answering questions, those with the same answers together; none where there are too many.
    fn explore(&mut self, questions: &[Question], most: usize) -> Option<Vec<Found>> {
        let mut found: Vec<(Given, Vec<Answers>)> = Vec::new();
        let mut left = vec![Answers::default()];
        let mut steps = 0;
        while let Some(answers) = left.pop() {
            steps += 1;
            if steps > 2 * MAX_CASES {
                return None;
            }
            self.answer_as(&answers);
            let mut given = Vec::with_capacity(questions.len());
            let mut open: Option<Branch> = None;
            for question in questions {
                match self.answer(question) {
                    Ok(answer) => given.push(answer),
                    Err(branch) if open.as_ref().is_none_or(|open| branch.rank() < open.rank()) => open = Some(branch),
                    Err(_) => {}
                }
                if open.as_ref().is_some_and(|branch| branch.rank() == 0) {
                    break;
                }
            }
            match open {
                Some(branch) => left.extend(answers.both_ways(&branch).into_iter().rev()),
                None => {
                    let answers = self.told(answers, questions, &given);
                    let is_full = found.len() >= most;
                    match found.iter_mut().find(|(known, _)| *known == given) {
                        Some((_, together)) => together.push(answers),
                        None if is_full => return None,
                        None => found.push((given, vec![answers])),
                    }
                }
            }
        }
        let found = found.into_iter().map(|(given, answers)| {
            let truths = questions.iter().zip(given).filter_map(|(question, answer)| match question {
                Question::Condition(name) => Some((name.clone(), &*answer? == "true")),
                Question::Parameter(_) | Question::Fact(..) => None,
            });
            Found { truths: truths.collect(), answers }
        });
        Some(found.collect())
    }

    /// The ways of answering questions and as many of those that are offered as take few scenarios; none where there
    /// are no questions.
    fn with_offered(
        &mut self,
        asked: &[Question],
        found: Vec<Found>,
        offered: BTreeSet<Question>,
        most: usize,
    ) -> Option<Vec<Found>> {
        let mut questions = asked.to_vec();
        let mut found = found;
        for question in offered.into_iter().take(MAX_QUESTIONS) {
            if questions.contains(&question) {
                continue;
            }
            questions.push(question);
            match self.explore(&questions, most) {
                Some(more) => found = more,
                None => drop(questions.pop()),
            }
        }
        (!questions.is_empty()).then_some(found)
    }

    /// Answers by which a case can be told: the conditions stand for what they compare, since that has no name.
    fn told(&mut self, mut answers: Answers, questions: &[Question], given: &Given) -> Answers {
        for name in std::mem::take(&mut self.comparing) {
            match self.condition(&name, Origin::NONE) {
                Truth::Unknown => {
                    // Others were decided without it: all of them tell the case.
                    for (question, answer) in questions.iter().zip(given) {
                        if let (Question::Condition(name), Some(answer)) = (question, answer) {
                            answers.conditions.insert(name.clone(), **answer == *"true");
                        }
                    }
                }
                truth => {
                    answers.conditions.insert(name, truth.is_true());
                }
            }
        }
        answers
    }

    /// Questions that hang on the same parameters and conditions, together.
    fn components(&mut self, questions: &[Question]) -> Vec<Vec<Question>> {
        let mut sets: Vec<(BTreeSet<Arc<str>>, Vec<Question>)> = Vec::new();
        for question in questions {
            let Some(found) = self.explore(std::slice::from_ref(question), MAX_SCENARIOS) else { continue };
            let mut subjects: BTreeSet<Arc<str>> = found
                .iter()
                .flat_map(|one| &one.answers)
                .flat_map(|answers| answers.pins.keys().chain(answers.conditions.keys()).cloned())
                .collect();
            let mut together = vec![question.clone()];
            sets.retain_mut(|(known, others)| {
                let is_apart = known.is_disjoint(&subjects);
                if !is_apart {
                    subjects.append(known);
                    together.append(others);
                }
                is_apart
            });
            together.sort();
            sets.push((subjects, together));
        }
        sets.sort_by(|(_, a), (_, b)| a.cmp(b));
        sets.into_iter().map(|(_, questions)| questions).collect()
    }

    /// Takes for true what all ways to a scenario have in common.
    fn assume(&mut self, found: &Found) {
        let Some(first) = found.answers.first() else { return };
        let mut common = Answers::default();
        for (name, pin) in &first.pins {
            // A fact of the deployment keeps what it stands for, since the own account is no account of that number:
            // what is assumed of it only answers comparisons.
            if !self.template.parameters.contains_key(&**name) {
                if let Some(pin) = shared_fact(&found.answers, name) {
                    common.pins.insert(name.clone(), pin);
                }
                continue;
            }
            let values = found.answers.iter().map(|answers| match answers.pins.get(name) {
                Some(Pin::Is(value)) => Some(value.clone()),
                _ => None,
            });
            if let Some(mut values) = values.collect::<Option<Vec<Value>>>() {
                let mut seen = BTreeSet::new();
                values.retain(|value| seen.insert(text_of(value)));
                let pin = if values.len() == 1 { pin.clone() } else { Pin::OneOf(values) };
                common.pins.insert(name.clone(), pin);
            }
        }
        common.conditions = found.truths.iter().cloned().collect();
        self.answer_as(&common);
    }
}

/// What all answers assume of a fact: one value, or the values that none of them allows.
fn shared_fact(answers: &[Answers], name: &Arc<str>) -> Option<Pin> {
    let mut shared: Option<Pin> = None;
    for answers in answers {
        shared = Some(match (shared, answers.pins.get(name)?) {
            (None, pin) => pin.clone(),
            (Some(Pin::Is(one)), Pin::Is(other)) if text_of(&one) == text_of(other) => Pin::Is(one),
            (Some(Pin::IsNot(some)), Pin::IsNot(others)) => Pin::IsNot(some.intersection(others).cloned().collect()),
            _ => return None,
        });
    }
    shared
}
