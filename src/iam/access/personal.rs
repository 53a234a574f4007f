//! Policies as they are for one principal: what their conditions ask of whoever makes the request is answered.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use super::Access;
use super::filled::{
    contradict_filled, fill, fill_test, has_some, has_variables, open_variables, variables_in, variables_of,
};
use super::grant::conditions;
use super::tagging::OF_PRINCIPAL;
use crate::iam::catalogue::Action;
use crate::iam::condition::{Normal, Test};
use crate::iam::document::{Document, Statement};
use crate::iam::facts::{Facts, Holding, Limit};
use crate::iam::glob::key_and_default;
use crate::iam::identity::Identity;
use crate::iam::requester::{Filling, Requester, asks_of_requester, asks_who, is_of_requester};
use crate::value::{Truth, Unknown, Value, Why};

/// How the tests of a document come out, in their order; none for those that stay.
type Answers = Vec<Option<Truth>>;

/// What stands for the variables of a document, in their order; none for those that stay.
type Fillings = Vec<Option<Filling>>;

/// What a document asks of whoever makes the request.
#[derive(Default)]
struct Asking {
    /// Some test asks who it is.
    tests: bool,
    /// The variables in its resources and conditions that say who it is, in order.
    variables: Vec<Arc<str>>,
    /// Some of it is a tag.
    tags: bool,
}

impl Asking {
    fn is_any(&self) -> bool {
        self.tests || !self.variables.is_empty()
    }
}

/// So many values of tests are compared with what principals carry: no estate that people keep has as many.
const MAX_COMPARED: usize = 2_000_000;

/// Nor are more statements copied for them.
const MAX_COPIED: usize = 50_000;

/// The documents that have been made.
#[derive(Default)]
struct Made {
    /// By the one that is written, by how its tests come out, by what stands for its variables, and by whether it is too much to
    /// say what does.
    known: HashMap<(usize, Answers, Fillings, bool), usize>,
    /// How many values have been compared, and how many statements copied.
    compared: usize,
    copied: usize,
}

impl Facts {
    /// Gives each principal the policies as they are for it: those that it holds, its permissions boundary, and those of the
    /// organization.
    pub(super) fn make_personal(&mut self, identity: &Identity<'_>) {
        let asks = |document: usize| match self.document(identity, document) {
            Some(document) => {
                let tests = || document.statements.iter().flat_map(|statement| &statement.tests);
                let mut variables = variables_of(document);
                variables.retain(|name| is_of_requester(key_and_default(name).0));
                let tags = tests().map(|test| test.key.as_str()).chain(variables.iter().map(|name| &**name));
                let tags = tags.into_iter().any(|key| key.starts_with(OF_PRINCIPAL));
                Asking { tests: tests().any(asks_of_requester), variables, tags }
            }
            None => Asking::default(),
        };
        let asking: Vec<Asking> = (0..self.sources.len()).map(asks).collect();
        if !asking.iter().any(Asking::is_any) {
            return;
        }
        let of_controls = self.controls.controls.iter().map(|control| control.document);
        let lists = self.controls.allow_lists.iter().flat_map(|list| list.documents.iter().copied());
        let asking = |document: usize| asking.get(document).filter(|asking| asking.is_any());
        let mut controls: Vec<usize> =
            of_controls.chain(lists).filter(|document| asking(*document).is_some()).collect();
        controls.sort_unstable();
        controls.dedup();
        let mut made = Made::default();
        let mut holdings = std::mem::take(&mut self.holdings);
        for (at, holding) in holdings.iter_mut().enumerate() {
            let requester = Requester::of(identity, Some(at));
            self.make_personal_of(identity, &requester, holding, &controls, asking, &mut made);
        }
        self.holdings = holdings;
        let mut anybody = std::mem::take(&mut self.anybody);
        self.make_personal_of(identity, &Requester::of(identity, None), &mut anybody, &controls, asking, &mut made);
        self.anybody = anybody;
        if (0..self.sources.len()).any(|document| asking(document).is_some_and(|asking| asking.tags)) {
            self.name_actions(identity);
            self.make_once_tagged(identity, &controls, asking, &mut made);
        }
    }

    /// Gives each principal that may change its own tags the policies as they are for it once it has done so, where these are
    /// others.
    fn make_once_tagged<'a>(
        &mut self,
        identity: &Identity<'_>,
        controls: &[usize],
        asking: impl Fn(usize) -> Option<&'a Asking> + Copy,
        made: &mut Made,
    ) {
        let tagging = identity.self_tagging.get_or_init(|| Access::of(identity, self).find_self_tagging());
        let first = tagging.iter().enumerate().filter(|(_, tagging)| !tagging.is_none()).map(|(at, _)| at);
        let mut tag = |facts: &mut Facts, at: usize| {
            let Some(mut then) = facts.as_written(at) else { return };
            let requester = Requester::of(identity, Some(at)).once_tagged();
            facts.make_personal_of(identity, &requester, &mut then, controls, asking, made);
            if facts.holdings.get(at).is_some_and(|now| !now.has_documents_of(&then)) {
                facts.once_tagged.insert(at, then);
            }
        };
        first.for_each(|at| tag(self, at));
        // What it has set may let it set more.
        self.name_actions(identity);
        let further = identity.further_tagging.get_or_init(|| Access::of(identity, self).find_further_tagging());
        further.keys().for_each(|at| tag(self, *at));
        self.name_actions(identity);
        self.make_tagged_by_others(identity, |facts, requester, then| {
            facts.make_personal_of(identity, requester, then, controls, asking, made);
        });
    }

    /// What a principal holds, with the policies as they are written.
    pub(super) fn as_written(&self, at: usize) -> Option<Holding> {
        let mut then = self.holdings.get(at)?.clone();
        then.held.iter_mut().for_each(|held| held.document = self.written(held.document));
        if let Limit::Document(document) = &mut then.boundary {
            *document = self.written(*document);
        }
        Some(then)
    }

    fn make_personal_of<'a>(
        &mut self,
        identity: &Identity<'_>,
        requester: &Requester<'_, '_>,
        holding: &mut Holding,
        controls: &[usize],
        asking: impl Fn(usize) -> Option<&'a Asking>,
        made: &mut Made,
    ) {
        let mut personal = |document: usize| match asking(document) {
            Some(asking) => self.personal(identity, document, asking, requester, made),
            None => document,
        };
        for held in &mut holding.held {
            held.document = personal(held.document);
        }
        if let Limit::Document(document) = &mut holding.boundary {
            *document = personal(*document);
        }
        holding.controls = controls.iter().map(|document| (*document, personal(*document))).collect();
    }

    /// The number of a document as it is for somebody.
    fn personal(
        &mut self,
        identity: &Identity<'_>,
        written: usize,
        asking: &Asking,
        requester: &Requester<'_, '_>,
        made: &mut Made,
    ) -> usize {
        let Some(document) = self.document(identity, written) else { return written };
        let tests =
            document.statements.iter().flat_map(|statement| statement.tests.iter().map(move |t| (statement, t)));
        let is_over = made.compared > MAX_COMPARED || made.copied > MAX_COPIED;
        let answers: Answers = tests
            .map(|(statement, test)| {
                made.compared += if asks_of_requester(test) { test.values.len() } else { 0 };
                match is_over {
                    true => asks_who(test).then_some(Truth::Unknown),
                    false => requester.holds(test, statement),
                }
            })
            .collect();
        made.compared += asking.variables.len();
        let filling = |name: &Arc<str>| requester.filling(name).filter(|_| !is_over);
        let fillings: Fillings = asking.variables.iter().map(filling).collect();
        let are_open = is_over && !asking.variables.is_empty();
        if answers.iter().all(Option::is_none) && fillings.iter().all(Option::is_none) && !are_open {
            return written;
        }
        let key = (written, answers, fillings, are_open);
        if let Some(known) = made.known.get(&key) {
            return *known;
        }
        let doubt = |test: &Test| match is_over {
            true => {
                let subject = "who asks, of so many conditions and principals";
                Arc::new(Unknown::new(Why::Limit, subject, test.origin))
            }
            false => requester.doubt(test),
        };
        let (_, answers, fillings, _) = &key;
        let mut personal = with_answers(document, answers, doubt);
        let filled: Vec<(&str, &Filling)> = asking
            .variables
            .iter()
            .zip(fillings)
            .filter_map(|(name, filling)| Some((&**name, filling.as_ref()?)))
            .collect();
        personal.statements.iter_mut().for_each(|statement| fill(statement, &filled));
        for statement in personal.statements.iter_mut().filter(|one| are_open && has_some(one, &asking.variables)) {
            let subject = "what so many policies name, of so many principals";
            let limit = Arc::new(Unknown::new(Why::Limit, subject, statement.value.origin));
            *statement = of_somebody(statement, &vec![None; statement.tests.len()], |_| limit.clone());
            open_variables(statement, &asking.variables, &limit);
            doubt_all(statement, limit);
        }
        made.copied += personal.statements.len();
        self.personal.push((written, personal));
        made.known.insert(key, self.count() - 1);
        self.count() - 1
    }
}

impl<'i, 'u> Access<'i, 'u> {
    /// A principal as a statement of a policy on a resource sees it.
    fn requester(&self, principal: usize, statement: &Statement) -> Requester<'i, 'u> {
        let requester = Requester::of(self.identity, Some(principal));
        let asks = |test: &Test| test.key.starts_with(OF_PRINCIPAL);
        if !self.once_tagged || !statement.tests.iter().any(asks) {
            return requester;
        }
        self.identity.self_tagging.get_or_init(|| self.find_self_tagging());
        requester.once_tagged_for_others()
    }

    /// Whether some policy is another document for somebody.
    pub(in crate::iam) fn has_personal_policies(&self) -> bool {
        !self.facts.personal.is_empty()
    }

    /// A policy of the unit as it is for a principal, where that is not as it is written.
    pub(in crate::iam) fn personal_policy(&self, principal: usize, policy: usize) -> Option<&'i Document> {
        let held = &self.facts.holdings.get(principal).filter(|_| self.has_personal_policies())?.held;
        let mut own = held.iter().filter_map(|held| self.facts.personal_at(held.document));
        own.find(|(written, _)| *written == policy).map(|(_, document)| document)
    }

    /// Whether what a statement asks of whoever makes the request is so of a principal, and why that is not known.
    pub(super) fn holds_for(&self, statement: &Statement, principal: usize) -> (Truth, Option<Arc<Unknown>>) {
        let requester = self.requester(principal, statement);
        let (mut truth, mut doubt) = (Truth::True, None);
        for test in statement.tests.iter().filter(|test| asks_of_requester(test)) {
            let holds = requester.holds(test, statement).unwrap_or(Truth::True);
            truth = truth.and(holds);
            if holds == Truth::Unknown && doubt.is_none() {
                doubt = Some(requester.doubt(test));
            }
        }
        (truth, doubt)
    }

    /// The conditions of a statement for an action, without what [`Access::holds_for`] answers.
    pub(super) fn conditions_for<'f>(
        &self,
        statement: &'f Statement,
        action: Option<&'static Action>,
        principal: usize,
    ) -> Option<Vec<&'f Test>> {
        let mut tests = conditions(statement, action)?;
        let depends = |test: &Test| asks_of_requester(test) || (statement.variables && has_variables(test));
        if tests.iter().any(|test| depends(test)) {
            let requester = self.requester(principal, statement);
            tests.retain(|test| requester.holds(test, statement).is_none());
            for at in (0..tests.len()).rev() {
                let Some(test) = tests.get(at).filter(|test| statement.variables && has_variables(test)) else {
                    continue;
                };
                match normal_of_filled(test, &requester) {
                    Some(Normal::Always) => drop(tests.remove(at)),
                    Some(Normal::Never) => return None,
                    _ => {}
                }
            }
            if contradict_for(&requester, statement, &tests) {
                return None;
            }
        }
        Some(tests)
    }
}

/// Whether no request of somebody passes all of some tests of a statement, once what its requests carry stands for variables.
pub(super) fn contradict_for(requester: &Requester<'_, '_>, statement: &Statement, tests: &[&Test]) -> bool {
    let mut names: Vec<Arc<str>> = Vec::new();
    let some = tests.iter().filter(|test| statement.variables && has_variables(test));
    some.for_each(|test| names.extend(variables_in(test)));
    let fillings: Vec<(&str, Filling)> =
        names.iter().filter_map(|name| Some((&**name, requester.own_filling(name)?))).collect();
    let fillings: Vec<(&str, &Filling)> = fillings.iter().map(|(name, filling)| (*name, filling)).collect();
    contradict_filled(tests, &fillings)
}

/// What a test comes to once what the requests of somebody carry stands for its variables.
fn normal_of_filled(test: &Test, requester: &Requester<'_, '_>) -> Option<Normal> {
    let names = variables_in(test);
    let fillings: Vec<(&str, Filling)> =
        names.iter().filter_map(|name| Some((&**name, requester.filling(name)?))).collect();
    let fillings: Vec<(&str, &Filling)> = fillings.iter().map(|(name, filling)| (*name, filling)).collect();
    fill_test(test, &fillings).map(|filled| filled.normal())
}

fn with_answers(document: &Document, answers: &Answers, doubt: impl Fn(&Test) -> Arc<Unknown>) -> Document {
    let mut answers = answers.iter().copied();
    let mut personal = Document {
        statements: Vec::with_capacity(document.statements.len()),
        rest: document.rest.clone(),
        invalid: document.invalid.clone(),
        id: document.id.clone(),
        version: document.version.clone(),
        has_principals: document.has_principals,
        ..Document::default()
    };
    for statement in &document.statements {
        let of_tests: Answers = answers.by_ref().take(statement.tests.len()).collect();
        if of_tests.iter().all(Option::is_none) {
            personal.statements.push(statement.clone());
        } else if !of_tests.contains(&Some(Truth::False)) {
            personal.statements.push(of_somebody(statement, &of_tests, &doubt));
        }
    }
    personal
}

/// A statement without the tests that are answered; undecided where one of them is.
fn of_somebody(statement: &Statement, answers: &Answers, why: impl Fn(&Test) -> Arc<Unknown>) -> Statement {
    let mut own = Statement {
        tests: Vec::new(),
        admin: OnceLock::new(),
        denial: OnceLock::new(),
        opposites: OnceLock::new(),
        ..statement.clone()
    };
    let mut doubt: Option<Arc<Unknown>> = None;
    for (test, answer) in statement.tests.iter().zip(answers) {
        match answer {
            None => own.tests.push(test.clone()),
            Some(Truth::Unknown) => doubt = doubt.or_else(|| Some(why(test))),
            Some(_) => {}
        }
    }
    if let Some(doubt) = doubt {
        doubt_all(&mut own, doubt);
    }
    own
}

/// Makes a statement one that is there, or not.
pub(super) fn doubt_all(statement: &mut Statement, doubt: Arc<Unknown>) {
    if statement.denies() == Truth::True {
        let origin = statement.effect.origin;
        let candidates = ["Deny", ""].map(|effect| Value::string(effect, origin)).to_vec();
        let either = Unknown { candidates, ..Unknown::new(doubt.why, doubt.subject.clone(), doubt.origin) };
        statement.effect = Value::unknown(either, origin);
        statement.denial = OnceLock::new();
    } else {
        statement.more_tests = statement.more_tests.take().or(Some(doubt));
    }
}
