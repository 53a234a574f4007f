//! What a statement really reaches: the actions that it names, and the resources on which it has an effect for each.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::action_set::ActionSet;
use super::catalogue::{Action, ResourceType};
pub use super::coverage::Actions;
use super::coverage::{Reach, Share, Whose, all_among, all_but, among, covers_all, key_of, none_among};
use super::document::{Elements, Statement};
use super::glob::Glob;
use super::principal::is_account_id;
use super::reference::symbols_of;
use crate::value::{Truth, Value};

/// AWS takes no policy with so many resources: of a longer list no more are looked at.
const MAX_PATTERNS: usize = 1_000;

/// Nor with so many actions whose service is a pattern, each of which is held against all actions.
const MAX_ACROSS_SERVICES: usize = 50;

/// The resources that a statement reaches with one action.
#[derive(Clone, Debug)]
pub struct Resources {
    /// Whether the statement has any effect for the action.
    pub any: Truth,
    /// Whether it reaches everything that the action works on within one account, or whole types of it.
    pub whole: Truth,
    /// The types of the action with whether one must be allowed for the call to work, and whether the statement reaches some
    /// resource of it. None for an action that cannot be confined.
    pub types: Vec<(&'static ResourceType, bool, Truth)>,
}

impl Statement {
    fn reach(&self) -> &Reach {
        self.reach.get_or_init(|| {
            let actions = match (&self.actions, &self.not_actions) {
                (Some(actions), _) => expansion(actions),
                (None, Some(not)) => {
                    let left_out = expansion(not);
                    Actions { certain: left_out.possible.complement(), possible: left_out.certain.complement() }
                }
                (None, None) => Actions { certain: ActionSet::empty(), possible: ActionSet::empty() },
            };
            let elements = self.resources.as_ref().or(self.not_resources.as_ref());
            let patterns = elements.map(|elements| self.globs(elements)).unwrap_or_default();
            Reach { actions, patterns, known: Mutex::default(), whole: Mutex::default() }
        })
    }

    fn globs(&self, elements: &Elements) -> Vec<Glob> {
        elements.items.iter().take(MAX_PATTERNS).filter_map(|item| self.glob(item)).collect()
    }

    fn glob(&self, item: &Value) -> Option<Glob> {
        match item.as_unknown() {
            // There is only one text that it can be.
            Some(unknown) if unknown.candidates.len() == 1 => {
                Glob::of_value_by(unknown.candidates.first()?, self.variables, symbols_of)
            }
            _ => Glob::of_value_by(item, self.variables, symbols_of),
        }
    }

    /// The patterns of its resources, or of those that it leaves out.
    pub(super) fn patterns(&self) -> &[Glob] {
        &self.reach().patterns
    }

    /// The actions that the statement names: those of `Action`, or all but those of `NotAction`.
    pub fn actions_reached(&self) -> &Actions {
        &self.reach().actions
    }

    /// The resources that the statement reaches with an action, whether or not it names the action.
    ///
    /// A request for an action without resource types is for the resource `*`; others are for an ARN of one of their types.
    /// A trust policy has no resources: what it is attached to is meant.
    pub fn resources_reached(&self, action: &Action) -> Resources {
        if !action.has_resource_types() {
            let (any, whole) = (self.reaches(Share::Some, None), self.reaches(Share::All, None));
            return Resources { any, whole, types: Vec::new() };
        }
        let one = |(kind, required)| (kind, required, self.reaches(Share::Some, Some(kind)));
        let types: Vec<(&'static ResourceType, bool, Truth)> = action.resource_types().map(one).collect();
        Resources { any: Truth::any(types.iter().map(|(.., some)| *some)), whole: self.reaches_whole(action), types }
    }

    /// [`Resources::any`] alone.
    pub fn reaches_any(&self, action: &Action) -> Truth {
        if !action.has_resource_types() {
            return self.reaches(Share::Some, None);
        }
        Truth::any(action.resource_types().map(|(kind, _)| self.reaches(Share::Some, Some(kind))))
    }

    /// [`Resources::whole`] alone, which is found sooner.
    pub fn reaches_whole(&self, action: &Action) -> Truth {
        if !action.has_resource_types() {
            return self.reaches(Share::All, None);
        }
        Truth::any(action.resource_types().map(|(kind, _)| self.reaches(Share::All, Some(kind))))
    }

    /// The account, by its id, of which a resource is that is known not to be the own one.
    pub(super) fn other_account(&self, resource: &Value, own_accounts: &[String]) -> Option<String> {
        let account = self.glob(resource).filter(|_| !own_accounts.is_empty())?.fields().get(4)?.to_string();
        (is_account_id(&account) && !own_accounts.contains(&account)).then_some(account)
    }

    /// [`Statement::reaches_whole`] by those of its resources that may be of the own account.
    pub(super) fn reaches_whole_at_home(&self, action: &Action, own_accounts: &[String]) -> Truth {
        let Some(elements) = &self.resources else { return self.reaches_whole(action) };
        let home = elements.items.iter().take(MAX_PATTERNS);
        let home = home.filter(|item| self.other_account(item, own_accounts).is_none());
        let patterns: Vec<Glob> = home.filter_map(|item| self.glob(item)).collect();
        let open = elements.rest.is_some() || elements.items.len() > MAX_PATTERNS;
        let all = |kind| all_among(&patterns, open, Some(kind), || among(&patterns, open, Some(kind)));
        Truth::any(action.resource_types().map(|(kind, _)| all(kind)))
    }

    /// Whether no request for an action is outside of the resources, whether or not the statement names the action: they take
    /// in everything, or all of a type without which there is no request.
    pub(super) fn takes_in_all(&self, action: &Action, whose: Whose<'_>) -> Truth {
        let found = || self.reach().whole.lock().unwrap_or_else(PoisonError::into_inner);
        let (key, own_accounts) = ((action.id, matches!(whose, Whose::Own(_))), whose.own_accounts());
        if let Some((_, answer)) = found().get(&key).filter(|(accounts, _)| accounts == own_accounts) {
            return *answer;
        }
        let answer = self.find_whether_it_takes_in_all(action, whose);
        found().insert(key, (own_accounts.to_vec(), answer));
        answer
    }

    fn find_whether_it_takes_in_all(&self, action: &Action, whose: Whose<'_>) -> Truth {
        if !action.has_resource_types() || self.on_every_resource().truth.is_true() {
            return self.reaches(Share::All, None);
        }
        let of_type = |kind: &'static ResourceType| match (&self.resources, &self.not_resources) {
            (Some(_), _) => covers_all(&self.reach().patterns, kind, whose),
            _ => self.reaches(Share::All, Some(kind)),
        };
        let each = action.types_of_each_request();
        Truth::any(each.iter().map(|kinds| Truth::all(kinds.iter().map(|kind| of_type(kind)))))
    }

    /// Whether the statement reaches some or all of a type, or of what actions without a type work on.
    fn reaches(&self, share: Share, kind: Option<&ResourceType>) -> Truth {
        let Reach { patterns, known, .. } = self.reach();
        let key = key_of(kind);
        let before = || known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = before().get(&key).and_then(|found| match share {
            Share::Some => found.some,
            Share::All => found.all,
        });
        if let Some(found) = found {
            return found;
        }
        let open = |elements: &Elements| elements.rest.is_some() || elements.items.len() > MAX_PATTERNS;
        let some = || match (&self.resources, &self.not_resources) {
            (Some(elements), _) => among(patterns, open(elements), kind),
            (None, Some(elements)) => all_but(patterns, open(elements), kind),
            (None, None) => Truth::True,
        };
        let answer = match (share, &self.resources, &self.not_resources) {
            (Share::Some, ..) => some(),
            (Share::All, Some(elements), _) => all_among(patterns, open(elements), kind, some),
            (Share::All, None, Some(elements)) => none_among(patterns, open(elements), kind),
            (Share::All, None, None) => Truth::True,
        };
        let mut known = before();
        let found = known.entry(key).or_default();
        match share {
            Share::Some => found.some = Some(answer),
            Share::All => found.all = Some(answer),
        }
        answer
    }

    /// The resource elements that have no effect for any action of the statement, so that they might as well be absent.
    pub fn resources_without_effect(&self) -> Vec<&Value> {
        let (Some(elements), reached) = (&self.resources, self.actions_reached()) else { return Vec::new() };
        if reached.possible.is_empty() {
            return Vec::new();
        }
        let is_alone = elements.items.len() == 1 && elements.rest.is_none();
        let idle = |item: &&Value| {
            if is_alone && self.reach().patterns.len() == 1 {
                return reached.possible.iter().all(|action| self.reaches_any(action) == Truth::False);
            }
            let Some(glob) = self.glob(item) else { return false };
            let glob = [glob];
            let mut known: HashMap<usize, bool> = HashMap::new();
            let mut has_none = |kind: Option<&ResourceType>| {
                *known.entry(key_of(kind)).or_insert_with(|| among(&glob, false, kind) == Truth::False)
            };
            reached.possible.iter().all(|action| match action.has_resource_types() {
                true => action.resource_types().all(|(kind, _)| has_none(Some(kind))),
                false => has_none(None),
            })
        };
        elements.items.iter().filter(idle).collect()
    }
}

fn expansion(elements: &Elements) -> Actions {
    let (mut certain, mut possible) = (ActionSet::empty(), ActionSet::empty());
    if elements.rest.is_some() {
        possible = ActionSet::all();
    }
    let mut across_services = 0;
    for item in &elements.items {
        let text = item.as_str();
        across_services += usize::from(text.is_some_and(|text| {
            let service = text.split(':').next().unwrap_or_default();
            service.contains(['*', '?']) && service != "*"
        }));
        if across_services > MAX_ACROSS_SERVICES {
            possible = ActionSet::all();
            break;
        }
        match (text, item.as_unknown()) {
            (Some(text), _) => {
                let set = ActionSet::matching(text);
                certain.add(&set);
                possible.add(&set);
            }
            (None, Some(unknown)) if !unknown.candidates.is_empty() => {
                let texts = unknown.candidates.iter().map(Value::as_str);
                let sets: Option<Vec<ActionSet>> = texts.map(|text| text.map(ActionSet::matching)).collect();
                match sets {
                    Some(sets) => {
                        let first = sets.first().cloned().unwrap_or_default();
                        certain.add(&sets.iter().skip(1).fold(first, |so_far, set| so_far.intersection(set)));
                        sets.iter().for_each(|set| possible.add(set));
                    }
                    None => possible = ActionSet::all(),
                }
            }
            // No text at all names no action.
            _ => {
                if let Some(widest) = item.with_holes_as_wildcards() {
                    possible.add(&ActionSet::matching(&widest));
                }
            }
        }
    }
    Actions { certain, possible }
}
