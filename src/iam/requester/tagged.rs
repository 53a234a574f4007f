//! The tags of a principal as conditions see them: as they are, or as it makes them.

use super::{Carried, Requester, anything};
use crate::iam::condition::Test;
use crate::iam::document::Statement;
use crate::iam::own_tags::SelfTagging;
use crate::iam::tag::Tag;
use crate::model::Resource;
use crate::value::{Truth, Value};

/// Which tags a principal asks with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tags {
    AsTheyAre,
    /// Those that it gives itself, as far as it may, so as to suit its own policies.
    Own,
    /// Those that suit what a policy on a resource says of it.
    Others,
}

impl<'i, 'u> Requester<'i, 'u> {
    /// The same once it has changed its own tags, as far as it may, for what its own policies say.
    pub(in crate::iam) fn once_tagged(self) -> Requester<'i, 'u> {
        Requester { tags: Tags::Own, ..self }
    }

    /// As [`Requester::once_tagged`], for what a policy on a resource says.
    pub(in crate::iam) fn once_tagged_for_others(self) -> Requester<'i, 'u> {
        Requester { tags: Tags::Others, ..self }
    }

    /// The same once others have changed its tags for it, as far as they may.
    pub(in crate::iam) fn tagged_as(self, tagging: &'i SelfTagging) -> Requester<'i, 'u> {
        Requester { tags: Tags::Own, tagged_as: Some(tagging), ..self }
    }

    /// The resource that declares the principal.
    pub(in crate::iam) fn resource(&self) -> Option<&'u Resource> {
        self.principal.map(|(_, principal)| principal.instance.resource)
    }

    /// A tag of the principal, by its name in lower case.
    pub(super) fn tag(&self, name: &str) -> Carried {
        let now = self.tag_now(name);
        let Some(own) = self.self_tagging() else { return now };
        match (own.sets(self, name), own.removes(self, name)) {
            (Truth::False, Truth::False) => now,
            (Truth::False, _) => Carried { present: now.present.and(Truth::Unknown), ..now },
            _ => Carried::perhaps(),
        }
    }

    fn tag_now(&self, name: &str) -> Carried {
        let Some((_, principal)) = self.principal else { return Carried::perhaps() };
        match &*principal.instance.row.kind {
            "user" => {}
            "role" if !self.takes_session_tags(principal) => {}
            _ => return Carried::perhaps(),
        }
        Carried::tag(&Tag::of(principal.instance.resource, name))
    }

    /// What lets it change its own tags, where it has done so.
    fn self_tagging(&self) -> Option<&'i SelfTagging> {
        if self.tagged_as.is_some() {
            return self.tagged_as;
        }
        let (at, _) = self.principal.filter(|_| self.tags != Tags::AsTheyAre)?;
        let further = self.identity.further_tagging.get().and_then(|all| all.get(&at));
        further.or_else(|| self.identity.self_tagging.get()?.get(at)).filter(|own| !own.is_none())
    }

    /// Whether a key is one of its own tags, which it may have changed.
    pub(super) fn retags(&self, key: &str) -> bool {
        let own = self.self_tagging().zip(key.strip_prefix("aws:principaltag/"));
        own.is_some_and(|(own, name)| own.sets(self, name).or(own.removes(self, name)) != Truth::False)
    }

    /// Whether a key is one of its own tags, which it sets to what it likes, and which no condition asks for.
    pub(super) fn retags_at_will(&self, key: &str) -> bool {
        let own = self.self_tagging().zip(key.strip_prefix("aws:principaltag/"));
        own.is_some_and(|(own, name)| !own.is_asked(name) && own.sets(self, name) == Truth::True)
    }

    /// How a test comes out that is on one of its own tags, which it has changed: as it suits the principal, as far as it may.
    pub(super) fn holds_once_tagged(&self, test: &Test, statement: &Statement) -> Option<Truth> {
        let name = test.key.strip_prefix("aws:principaltag/")?;
        let own = self.self_tagging()?;
        let suits = match (statement.allows(), statement.denies()) {
            (Truth::True, _) => Truth::True,
            (_, Truth::True) => Truth::False,
            _ => return None,
        };
        let holds = |carried: &Carried| self.holds_of(test, statement.variables, carried);
        let set = Carried { present: Truth::True, value: anything() };
        let (now, removed, set) = (holds(&self.tag_now(name))?, holds(&Carried::absent())?, holds(&set)?);
        // Any value that is wanted, and any that is not, is one that may be set.
        let is_plain = |value: &Value| value.as_str().is_some_and(|text| !(statement.variables && text.contains("${")));
        let is_chosen = set == Truth::Unknown && test.rest.is_none() && test.values.iter().all(is_plain);
        let set = if is_chosen { suits } else { set };
        let is_suited = |holds: Truth| if suits == Truth::True { holds } else { !holds };
        let set = match own.sets(self, name) {
            Truth::Unknown => own.sets_to_some(self, name, test, |value| {
                holds(&Carried::tag(&Tag::Value(value))).map_or(Truth::Unknown, is_suited)
            }),
            sets => sets.and(is_suited(set)),
        };
        let suited = is_suited(now).or(set).or(own.removes(self, name).and(is_suited(removed)));
        // What suits one condition on a tag may not suit another one.
        let is_alone = match self.tags {
            Tags::AsTheyAre | Tags::Own => !own.is_contested(name),
            Tags::Others => {
                suits == Truth::True
                    && !own.is_asked(name)
                    && statement.tests.iter().filter(|one| one.key == test.key).count() == 1
            }
        };
        Some(match suited {
            Truth::False => !suits,
            Truth::True if is_alone => suits,
            _ => Truth::Unknown,
        })
    }
}
