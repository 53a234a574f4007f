//! What principals may do: the questions and answers of `testdata/iam/access.toml`.

use std::collections::{BTreeMap, BTreeSet};

use iacscan::iam::{Access, Identity, Outsider, is_gone};
use iacscan::model::Kinds;
use iacscan::scan::{Model, Options, Text, model};
use iacscan::source::Origin;
use iacscan::value::Truth;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Book {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    terraform: String,
    #[serde(default)]
    cloudformation: String,
    #[serde(default)]
    plan: String,
    /// The ids of the own account.
    #[serde(default)]
    own: Vec<String>,
    #[serde(default)]
    ask: Vec<Ask>,
    #[serde(default)]
    who: Vec<Who>,
    #[serde(default)]
    others: Vec<Others>,
    #[serde(default)]
    levels: Vec<Levels>,
    /// By name whether it is an administrator.
    #[serde(default)]
    administrators: BTreeMap<String, String>,
}

/// Who is let in from outside, as kind, name and answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Others {
    action: String,
    resource: Option<String>,
    others: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    principal: String,
    action: String,
    resource: Option<String>,
    answer: String,
    decides: Option<String>,
    because: Option<Vec<String>>,
    #[serde(default)]
    conditional: bool,
    #[serde(default)]
    incomplete: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Who {
    action: String,
    resource: Option<String>,
    principals: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Levels {
    principal: String,
    levels: Vec<String>,
    /// Of each of them how many actions there are for certain.
    actions: Option<Vec<usize>>,
    /// How many there may be beside, over all levels.
    possible: Option<usize>,
}

pub(crate) fn model_of(name: &str, text: &str) -> Model {
    let texts = vec![Text { name: name.to_owned(), bytes: text.as_bytes().to_vec() }];
    model(&Options { texts, threads: Some(1), ..Options::default() })
}

/// The line of a text at a place.
pub(crate) fn line(text: &str, place: Origin) -> &str {
    let start = place.span.start as usize;
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[from..].lines().next().unwrap_or_default()
}

fn told(answer: Truth) -> &'static str {
    match answer {
        Truth::True => "yes",
        Truth::False => "no",
        Truth::Unknown => "undecided",
    }
}

fn only(access: &Access<'_, '_>, name: &str) -> usize {
    match access.named(name).as_slice() {
        [one] => *one,
        found => panic!("{} principals are called {name}", found.len()),
    }
}

#[test]
fn questions_are_answered() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/iam/access.toml");
    let book: Book = toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut wrong = Vec::new();
    for case in &book.case {
        let texts = [("main.tf", &case.terraform), ("stack.yaml", &case.cloudformation), ("plan.json", &case.plan)];
        let (name, text) = texts.into_iter().find(|(_, text)| !text.is_empty()).unwrap();
        let mut model = model_of(name, text);
        model.units[0].resources.retain(|resource| !is_gone(resource));
        let identity = Identity::new(&model.units[0], Kinds::built_in(), &model.sources, &case.own);
        let access = identity.access();
        for ask in &case.ask {
            let decision = access.may(only(&access, &ask.principal), &ask.action, ask.resource.as_deref());
            let answer = told(decision.answer);
            let about = format!("{}: may {} {} {:?}", case.name, ask.principal, ask.action, ask.resource);
            let mut check = |right: bool, what: String| {
                if !right {
                    wrong.push(format!("{about}: {what}"));
                }
            };
            check(answer == ask.answer, format!("{answer}, not {}", ask.answer));
            check(decision.conditional == ask.conditional, format!("conditional: {}", decision.conditional));
            check(decision.incomplete.is_some() == ask.incomplete, format!("incomplete: {:?}", decision.incomplete));
            check(decision.answer != Truth::Unknown || decision.unknown.is_some(), "no reason".to_owned());
            if let Some(decides) = &ask.decides {
                let shown = line(text, decision.place());
                check(shown.contains(decides.as_str()), format!("decided by `{shown}`"));
            }
            if let Some(because) = &ask.because {
                let steps: Vec<&str> = decision.because.iter().map(|step| step.text.as_str()).collect();
                check(steps == *because, format!("because {steps:#?}"));
            }
        }
        for who in &case.who {
            let all = access.who_may(&who.action, who.resource.as_deref());
            let names: BTreeSet<String> = all.iter().map(|(one, _)| access.actor(*one).unwrap().name).collect();
            if names != who.principals {
                wrong.push(format!("{}: who may {}: {names:?}", case.name, who.action));
            }
        }
        for one in &case.others {
            let told = |other: &Outsider| {
                let conditional = if other.decision.conditional { ", conditional" } else { "" };
                format!("{} {} {}{conditional}", other.kind.name(), other.name, told(other.decision.answer))
            };
            let found = access.others_who_may(&one.action, one.resource.as_deref());
            let names: BTreeSet<String> = found.iter().map(told).collect();
            if names != one.others {
                wrong.push(format!("{}: others who may {}: {names:?}", case.name, one.action));
            }
        }
        for (name, expected) in &case.administrators {
            let found = access.administrator(only(&access, name));
            if told(found.answer) != expected {
                wrong.push(format!("{}: administrator {name}: {}", case.name, told(found.answer)));
            }
            assert!(found.answer != Truth::Unknown || found.unknown.is_some(), "{}: no reason", case.name);
        }
        for one in &case.levels {
            let levels = access.levels(only(&access, &one.principal));
            let names: Vec<&str> = levels.iter().filter(|l| l.actions > 0).map(|l| l.level.name()).collect();
            if names != one.levels {
                wrong.push(format!("{}: levels of {}: {names:?}", case.name, one.principal));
            }
            let counts: Vec<usize> = levels.iter().map(|l| l.actions).filter(|count| *count > 0).collect();
            if one.actions.as_ref().is_some_and(|expected| *expected != counts) {
                wrong.push(format!("{}: actions of {}: {counts:?}", case.name, one.principal));
            }
            let possible: usize = levels.iter().map(|l| l.possible).sum();
            if one.possible.is_some_and(|expected| expected != possible) {
                wrong.push(format!("{}: possible actions of {}: {possible}", case.name, one.principal));
            }
            for level in levels {
                let way = level.because.first().unwrap_or_else(|| panic!("{}: {:?}", case.name, level.level));
                assert!(way.last().unwrap().origin.is_some(), "{}", case.name);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
