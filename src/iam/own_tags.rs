//! Which tags a principal may set and remove, of itself or of another thing, by what lets it and what keeps it from that.

use std::collections::{BTreeMap, BTreeSet};

use super::cached::Cached;
use super::condition::{Context, Family, Test, is_harmless};
use super::requester::Requester;
use super::tag::Tag;
use crate::model::Resource;
use crate::source::Origin;
use crate::value::{Truth, Value};

const KEYS: &str = "aws:tagkeys";

/// The key of a further tag, which nobody asks for by its name.
const MORE: &str = "\u{0}";

/// Values that nobody asks for by name.
const OTHERS: [&str; 2] = ["zz-9", "qq-8"];

/// No more values are tried for one tag.
const MAX_VALUES: usize = 16;

/// The tests of a statement, and whether policy variables count in it.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) tests: Vec<Test>,
    pub(super) variables: bool,
}

/// What lets a principal change tags.
#[derive(Debug)]
pub(super) struct Permit {
    /// Whether it certainly does where a request passes the tests, and none of the denials.
    pub(super) truth: Truth,
    pub(super) asked: Asked,
    /// What is asked where it is denied.
    pub(super) denials: Vec<Asked>,
}

/// Of tags, by name, whether they are set and removed.
pub(super) type ByName = Vec<(String, Truth, Truth)>;

/// The permissions of a principal over its own tags.
#[derive(Debug, Default)]
pub(super) struct SelfTagging {
    pub(super) sets: Vec<Permit>,
    pub(super) removes: Vec<Permit>,
    /// The tags that its own policies ask for, by name, and whether they do in several ways.
    pub(super) asked: BTreeMap<String, bool>,
    /// Whether others set and remove its tags for it, by name.
    by_others: BTreeMap<String, (Truth, Truth)>,
}

/// What is done with the tag of a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doing<'v> {
    /// It is set to what whoever asks likes.
    Sets,
    SetsTo(&'v Value),
    Removes,
}

/// A request of a principal about one tag of a resource.
struct Request<'r, 'i, 'u> {
    requester: &'r Requester<'i, 'u>,
    of: Option<&'r Resource>,
    name: &'r str,
    doing: Doing<'r>,
    /// The tags that go with it.
    more: Vec<&'r str>,
}

impl SelfTagging {
    pub(super) fn of(sets: Vec<Permit>, removes: Vec<Permit>, asked: BTreeMap<String, bool>) -> SelfTagging {
        SelfTagging { sets, removes, asked, by_others: BTreeMap::new() }
    }

    /// What others make of the tags of a principal that its policies ask for.
    pub(super) fn by_others(asked: BTreeMap<String, bool>, by_others: BTreeMap<String, (Truth, Truth)>) -> SelfTagging {
        SelfTagging { asked, by_others, ..SelfTagging::default() }
    }

    /// What others do with each tag.
    pub(super) fn by_name(&self) -> ByName {
        self.by_others.iter().map(|(name, (sets, removes))| (name.clone(), *sets, *removes)).collect()
    }

    pub(super) fn is_none(&self) -> bool {
        self.sets.is_empty() && self.removes.is_empty() && self.by_others.is_empty()
    }

    /// Whether its own policies ask for the tag of a name.
    pub(super) fn is_asked(&self, name: &str) -> bool {
        self.asked.contains_key(name)
    }

    /// Whether they do in several ways, so that what suits one may not suit another.
    pub(super) fn is_contested(&self, name: &str) -> bool {
        self.asked.get(name) == Some(&true)
    }

    /// Whether the principal may set the tag of a name, as it likes.
    pub(super) fn sets(&self, requester: &Requester<'_, '_>, name: &str) -> Truth {
        let by_others = self.by_others.get(name).map_or(Truth::False, |(sets, _)| *sets);
        by_others.or(are_let(&self.sets, requester, requester.resource(), name, Doing::Sets))
    }

    /// Whether a tag that it may set to some values alone can be one that suits a test, by how the test comes out for each.
    pub(super) fn sets_to_some(
        &self,
        requester: &Requester<'_, '_>,
        name: &str,
        test: &Test,
        suits: impl Fn(&Value) -> Truth,
    ) -> Truth {
        if !self.by_others.is_empty() {
            return Truth::Unknown;
        }
        let of_request = self.sets.iter().flat_map(|permit| permit.tests_of(name));
        let (values, is_all) = values_to_try(std::iter::once(test).chain(of_request));
        let sets_to = |value| are_let(&self.sets, requester, requester.resource(), name, Doing::SetsTo(value));
        let found = Truth::any(values.iter().map(|value| suits(value).and(sets_to(value))));
        if is_all { found } else { found.or(Truth::Unknown) }
    }

    /// Whether it may remove that.
    pub(super) fn removes(&self, requester: &Requester<'_, '_>, name: &str) -> Truth {
        let by_others = self.by_others.get(name).map_or(Truth::False, |(_, removes)| *removes);
        by_others.or(are_let(&self.removes, requester, requester.resource(), name, Doing::Removes))
    }
}

/// Values of which one suits several tests of one tag where any does, as far as they tell, and whether they tell it all.
pub(super) fn values_to_try<'t>(tests: impl Iterator<Item = &'t Test>) -> (Vec<Value>, bool) {
    let (mut texts, mut globs, mut is_all) = (BTreeSet::from(OTHERS.map(str::to_owned)), BTreeSet::new(), true);
    for test in tests {
        let family = test.kind().map(|operator| operator.family);
        is_all &= matches!(family, Some(Family::Text | Family::Pattern | Family::Null)) && test.rest.is_none();
        for value in &test.values {
            match value.as_str() {
                None => is_all = false,
                Some(text) if text.contains("${") => is_all = false,
                Some(text) if family == Some(Family::Pattern) && text.contains(['*', '?']) => {
                    let fill = |run: &str, one: &str| text.replace('*', run).replace('?', one);
                    texts.extend([fill("", "x"), fill(OTHERS[0], "x"), fill(OTHERS[1], "y")]);
                    globs.insert(text);
                }
                Some(text) => _ = texts.insert(text.to_owned()),
            }
        }
    }
    // What two patterns share, and no value of them shows.
    is_all &= globs.len() < 2 && texts.len() <= MAX_VALUES;
    (texts.into_iter().take(MAX_VALUES).map(|text| Value::string(text, Origin::NONE)).collect(), is_all)
}

/// Whether a request for one tag of a resource is let by some permit, alone or with further tags.
pub(super) fn are_let<'p>(
    permits: impl IntoIterator<Item = &'p Permit>,
    requester: &Requester<'_, '_>,
    of: Option<&Resource>,
    name: &str,
    doing: Doing<'_>,
) -> Truth {
    Truth::any(permits.into_iter().map(|permit| {
        let asked = permit.asked.tests.iter().flat_map(|test| match test.key.strip_prefix("aws:requesttag/") {
            Some(other) => vec![other],
            None if test.key == KEYS => test.values.iter().filter_map(Value::as_str).collect(),
            None => Vec::new(),
        });
        let asked: Vec<&str> = asked.filter(|other| !other.eq_ignore_ascii_case(name)).collect();
        let more = if asked.is_empty() { vec![MORE] } else { asked };
        Truth::any([Vec::new(), more].map(|more| Request { requester, of, name, doing, more }.is_let_by(permit)))
    }))
}

impl Permit {
    /// What is asked of the value that a tag is set to.
    pub(super) fn tests_of<'p>(&'p self, name: &'p str) -> impl Iterator<Item = &'p Test> {
        let all = self.asked.tests.iter().chain(self.denials.iter().flat_map(|asked| &asked.tests));
        all.filter(move |test| test.key.strip_prefix("aws:requesttag/") == Some(name))
    }
}

impl Request<'_, '_, '_> {
    fn is_let_by(&self, permit: &Permit) -> Truth {
        let passes = |asked: &Asked, when_harmless: Truth| {
            let each = asked.tests.iter().map(|test| match self.passes(test, asked.variables) {
                Truth::Unknown if self.is_free(test) => when_harmless,
                truth => truth,
            });
            Truth::all(each)
        };
        // Whoever asks fulfils what is harmless where it is let by that, and does without where it is denied by that.
        let denied = Truth::any(permit.denials.iter().map(|asked| passes(asked, Truth::False)));
        permit.truth.and(passes(&permit.asked, Truth::True)).and(!denied)
    }

    fn passes(&self, test: &Test, variables: bool) -> Truth {
        let key = test.key.as_str();
        if key == KEYS {
            // IAM does not tell keys of tags apart by their case.
            let values = test.values.iter().map(|value| match value.as_str() {
                Some(text) => Value::string(text.to_ascii_lowercase(), value.origin),
                None => value.clone(),
            });
            let test = Test { values: values.collect(), normal: Cached::default(), ..test.clone() };
            let keys = std::iter::once(&self.name).chain(&self.more).map(|key| key.to_ascii_lowercase());
            return test.holds(&Context::default().with(KEYS, keys), variables);
        }
        let of_request = key.strip_prefix("aws:requesttag/");
        if let Some(name) = of_request {
            let (is_it, sets) = (name == self.name, !matches!(self.doing, Doing::Removes));
            if let Doing::SetsTo(value) = self.doing
                && is_it
            {
                let holds = self.requester.holds_of_tag(test, variables, &Tag::Value(value));
                return holds.unwrap_or(Truth::Unknown);
            }
            return match test.wants_absence().filter(|_| test.operator == "null") {
                Some(absent) if !sets || is_it || self.more.is_empty() => Truth::from(absent != (sets && is_it)),
                _ if sets && (is_it || !self.more.is_empty()) => Truth::Unknown,
                _ => test.holds_when_absent().map_or(Truth::Unknown, Truth::from),
            };
        }
        let of_itself = key.strip_prefix("aws:resourcetag/").or_else(|| key.strip_prefix("iam:resourcetag/"));
        let own = of_itself.and_then(|name| Some((self.of?, name)));
        let holds = own.and_then(|(own, name)| self.requester.holds_of_tag(test, variables, &Tag::of(own, name)));
        holds.unwrap_or(Truth::Unknown)
    }

    /// Whether it is up to whoever asks to pass a test, whatever the tag: further tags have what values they are asked for.
    fn is_free(&self, test: &Test) -> bool {
        match test.key.strip_prefix("aws:requesttag/") {
            Some(name) => name != self.name,
            None => is_harmless(&test.key) && test.key != KEYS,
        }
    }
}
