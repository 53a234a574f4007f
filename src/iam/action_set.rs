//! Sets of the catalogue's actions.

use std::sync::OnceLock;

use super::catalogue::{self, AccessLevel, Action};

/// A set of actions, and whether it takes in actions that AWS has yet to invent.
#[derive(Clone, Debug, Default)]
pub struct ActionSet {
    /// A bit for each action by its number, from the word `start` on: most sets are of a few services, which lie together.
    words: Vec<u64>,
    start: usize,
    /// It was given by a wildcard or by what it leaves out, so that it grows with the catalogue.
    pub open_ended: bool,
}

impl PartialEq for ActionSet {
    fn eq(&self, other: &ActionSet) -> bool {
        let (start, end) = (self.start.min(other.start), self.end().max(other.end()));
        self.open_ended == other.open_ended && (start..end).all(|at| self.word(at) == other.word(at))
    }
}

impl Eq for ActionSet {}

/// The actions of a level, by the level's place in [`AccessLevel::ALL`].
fn of_levels() -> &'static [ActionSet; 5] {
    static LEVELS: OnceLock<[ActionSet; 5]> = OnceLock::new();
    LEVELS.get_or_init(|| {
        AccessLevel::ALL.map(|level| {
            let mut set = ActionSet::empty();
            let all = ActionSet::all();
            all.iter().filter(|action| action.level == level).for_each(|action| set.insert(action));
            set
        })
    })
}

/// The numbers of the bits of a word, with the place of the word.
fn bits((at, word): (usize, u64)) -> impl Iterator<Item = usize> {
    let some = |word: u64| (word != 0).then_some(word);
    let bits = std::iter::successors(some(word), move |word| some(word & (word - 1)));
    bits.map(move |word| at * 64 + word.trailing_zeros() as usize)
}

impl ActionSet {
    /// The empty set.
    pub fn empty() -> ActionSet {
        ActionSet::default()
    }

    /// Every action there is or will be.
    pub fn all() -> ActionSet {
        ActionSet::empty().complement()
    }

    /// The actions that an action pattern takes in.
    pub fn matching(pattern: &str) -> ActionSet {
        if !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*') {
            return ActionSet::all();
        }
        let mut set = ActionSet { open_ended: pattern.contains(['*', '?']), ..ActionSet::default() };
        catalogue::actions_matching(pattern).into_iter().for_each(|action| set.insert(action));
        set
    }

    /// The word behind the last one.
    fn end(&self) -> usize {
        self.start + self.words.len()
    }

    fn word(&self, at: usize) -> u64 {
        at.checked_sub(self.start).and_then(|at| self.words.get(at)).copied().unwrap_or(0)
    }

    /// The words with their places.
    fn placed(&self) -> impl Iterator<Item = (usize, u64)> {
        self.words.iter().enumerate().map(|(at, word)| (self.start + at, *word))
    }

    /// Makes room for these words.
    fn reserve(&mut self, start: usize, end: usize) {
        if self.words.is_empty() {
            self.start = start;
        }
        if let Some(more) = self.start.checked_sub(start) {
            self.words.splice(0..0, std::iter::repeat_n(0, more));
            self.start = start;
        }
        if self.end() < end {
            self.words.resize(end - self.start, 0);
        }
    }

    /// Adds an action.
    pub fn insert(&mut self, action: &Action) {
        let at = action.id / 64;
        self.reserve(at, at + 1);
        if let Some(word) = at.checked_sub(self.start).and_then(|at| self.words.get_mut(at)) {
            *word |= 1 << (action.id % 64);
        }
    }

    /// Whether an action is in it.
    pub fn contains(&self, action: &Action) -> bool {
        self.word(action.id / 64) & (1 << (action.id % 64)) != 0
    }

    /// Adds the actions of another set.
    pub fn add(&mut self, other: &ActionSet) {
        if !other.words.is_empty() {
            self.reserve(other.start, other.end());
            let mine = self.words.iter_mut().skip(other.start - self.start);
            mine.zip(&other.words).for_each(|(mine, theirs)| *mine |= theirs);
        }
        self.open_ended |= other.open_ended;
    }

    /// The actions of this set that are not in the other.
    #[must_use]
    pub fn without(&self, other: &ActionSet) -> ActionSet {
        let words = self.placed().map(|(at, word)| word & !other.word(at)).collect();
        ActionSet { words, start: self.start, open_ended: self.open_ended }
    }

    /// Whether the other one has all of its actions.
    pub fn is_within(&self, other: &ActionSet) -> bool {
        self.placed().all(|(at, word)| word & !other.word(at) == 0)
    }

    /// The actions that are in both.
    #[must_use]
    pub fn intersection(&self, other: &ActionSet) -> ActionSet {
        let (start, end) = (self.start.max(other.start), self.end().min(other.end()));
        let words = (start..end).map(|at| self.word(at) & other.word(at)).collect();
        ActionSet { words, start, open_ended: self.open_ended && other.open_ended }
    }

    /// All actions that are not in it, those to come included.
    #[must_use]
    pub fn complement(&self) -> ActionSet {
        let count = catalogue::action_count();
        let word = |at: usize| {
            let known = count.saturating_sub(at * 64).min(64);
            let mask = if known == 64 { u64::MAX } else { (1 << known) - 1 };
            !self.word(at) & mask
        };
        ActionSet { words: (0..count.div_ceil(64)).map(word).collect(), start: 0, open_ended: true }
    }

    /// Whether it has no action of the catalogue.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }

    /// Whether it takes in services that AWS has yet to invent: it has actions of more than half of those there are.
    pub fn open_ended_over_services(&self) -> bool {
        let half = catalogue::services().len() / 2;
        if !self.open_ended || self.len() <= half {
            return false;
        }
        let mut services: Vec<&str> = self.iter().map(|action| action.service).collect();
        services.dedup();
        services.len() > half
    }

    /// How many actions of the catalogue it has.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// How many actions of the catalogue it has by level, from the least to the most.
    pub fn count_by_level(&self) -> [usize; 5] {
        self.common_by_level(self)
    }

    /// How many actions by level are in both.
    pub fn common_by_level(&self, other: &ActionSet) -> [usize; 5] {
        let mut counts = [0; 5];
        for (at, word) in self.placed().filter(|(_, word)| *word != 0) {
            let both = word & other.word(at);
            if both != 0 {
                for (count, level) in counts.iter_mut().zip(of_levels()) {
                    *count += (both & level.word(at)).count_ones() as usize;
                }
            }
        }
        counts
    }

    /// The actions of a level, in the catalogue's order.
    pub fn of_level(&self, level: AccessLevel) -> impl Iterator<Item = &'static Action> {
        let levels = AccessLevel::ALL.into_iter().zip(of_levels());
        let of_level = levels.filter(move |(other, _)| *other == level).map(|(_, set)| set);
        of_level.flat_map(|set| {
            self.placed().map(|(at, word)| (at, word & set.word(at))).flat_map(bits).filter_map(catalogue::action_of_id)
        })
    }

    /// The actions, in the catalogue's order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Action> {
        let mut service: &[Action] = &[];
        self.placed().flat_map(bits).filter_map(move |id| {
            let in_service = |service: &'static [Action]| service.get(id.checked_sub(service.first()?.id)?);
            in_service(service).or_else(|| {
                service = catalogue::service_of_id(id)?.actions();
                in_service(service)
            })
        })
    }

    /// How many actions of each level it has, from the least level to the most.
    pub fn levels(&self) -> [(AccessLevel, usize); 5] {
        let mut counts = self.count_by_level().into_iter();
        AccessLevel::ALL.map(|level| (level, counts.next().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_counted_joined_and_taken_away() {
        let all = ActionSet::all();
        assert_eq!(all.len(), catalogue::action_count());
        assert!(all.open_ended && ActionSet::empty().is_empty());
        let iam = ActionSet::matching("iam:*");
        let others = iam.complement();
        assert_eq!(iam.len() + others.len(), all.len());
        assert!(iam.intersection(&others).is_empty());
        assert_eq!(
            all.without(&others).iter().map(|action| action.service).collect::<Vec<_>>(),
            vec!["iam"; iam.len()]
        );
        let mut both = ActionSet::matching("s3:GetObject");
        assert!(!both.open_ended);
        both.add(&ActionSet::matching("IAM:passrole"));
        assert_eq!(both.iter().map(Action::full_name).collect::<Vec<_>>(), ["iam:PassRole", "s3:GetObject"]);
        assert!(both.contains(catalogue::action("iam:PassRole").unwrap()));
        assert_eq!(both.levels().iter().map(|(_, count)| count).sum::<usize>(), 2);
        assert_eq!(ActionSet::matching("*").levels(), all.levels());
        let of_levels = AccessLevel::ALL.map(|level| all.iter().filter(|action| action.level == level).count());
        assert_eq!(all.count_by_level(), of_levels);
        assert_eq!(AccessLevel::ALL.map(|level| all.of_level(level).count()), of_levels);
        assert_eq!(all.common_by_level(&iam), iam.count_by_level());
    }

    #[test]
    fn sets_are_the_same_wherever_their_words_begin() {
        let of = |patterns: &[&str]| {
            let mut set = ActionSet::empty();
            patterns.iter().for_each(|pattern| set.add(&ActionSet::matching(pattern)));
            set
        };
        let names = |set: &ActionSet| set.iter().map(Action::full_name).collect::<Vec<_>>();
        let (mut late_first, early_first) = (of(&["xray:Get*", "s3:GetObject"]), of(&["s3:GetObject", "xray:Get*"]));
        assert_eq!(late_first, early_first);
        assert_eq!(names(&late_first), names(&early_first));
        late_first.insert(catalogue::action("acm:AddTagsToCertificate").unwrap());
        assert_ne!(late_first, early_first);
        assert_eq!(late_first.len(), early_first.len() + 1);
        assert_eq!(late_first.without(&of(&["acm:*"])), early_first);
        assert_eq!(late_first.intersection(&of(&["a*:*"])).len(), 1);
        assert!(of(&["xray:*"]).intersection(&of(&["acm:*"])).is_empty());
        assert_eq!(early_first.complement().complement(), ActionSet { open_ended: true, ..early_first });
        let all = ActionSet::all();
        assert_eq!(all.iter().map(|action| action.id).collect::<Vec<_>>(), (0..all.len()).collect::<Vec<_>>());
    }
}
