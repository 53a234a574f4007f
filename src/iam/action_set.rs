//! Sets of the catalogue's actions.

use super::catalogue::{self, AccessLevel, Action};

/// A set of actions, and whether it takes in actions that AWS has yet to invent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActionSet {
    words: Vec<u64>,
    /// It was given by a wildcard or by what it leaves out, so that it grows with the catalogue.
    pub open_ended: bool,
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
        let mut set = ActionSet { words: Vec::new(), open_ended: pattern.contains(['*', '?']) };
        catalogue::actions_matching(pattern).into_iter().for_each(|action| set.insert(action));
        set
    }

    /// Adds an action.
    pub fn insert(&mut self, action: &Action) {
        let word = action.id / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        if let Some(word) = self.words.get_mut(word) {
            *word |= 1 << (action.id % 64);
        }
    }

    /// Whether an action is in it.
    pub fn contains(&self, action: &Action) -> bool {
        self.words.get(action.id / 64).is_some_and(|word| word & (1 << (action.id % 64)) != 0)
    }

    /// Adds the actions of another set.
    pub fn add(&mut self, other: &ActionSet) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(mine, theirs)| *mine |= theirs);
        self.open_ended |= other.open_ended;
    }

    /// The actions of this set that are not in the other.
    #[must_use]
    pub fn without(&self, other: &ActionSet) -> ActionSet {
        let theirs = other.words.iter().copied().chain(std::iter::repeat(0));
        ActionSet {
            words: self.words.iter().zip(theirs).map(|(mine, theirs)| mine & !theirs).collect(),
            open_ended: self.open_ended,
        }
    }

    /// The actions that are in both.
    #[must_use]
    pub fn intersection(&self, other: &ActionSet) -> ActionSet {
        ActionSet {
            words: self.words.iter().zip(&other.words).map(|(mine, theirs)| mine & theirs).collect(),
            open_ended: self.open_ended && other.open_ended,
        }
    }

    /// All actions that are not in it, those to come included.
    #[must_use]
    pub fn complement(&self) -> ActionSet {
        let count = catalogue::action_count();
        let word = |at: usize| {
            let known = count.saturating_sub(at * 64).min(64);
            let mask = if known == 64 { u64::MAX } else { (1 << known) - 1 };
            !self.words.get(at).copied().unwrap_or(0) & mask
        };
        ActionSet { words: (0..count.div_ceil(64)).map(word).collect(), open_ended: true }
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
        static LEVELS: std::sync::OnceLock<[ActionSet; 5]> = std::sync::OnceLock::new();
        let of_level = LEVELS.get_or_init(|| {
            AccessLevel::ALL.map(|level| {
                let mut set = ActionSet::empty();
                let all = ActionSet::all();
                all.iter().filter(|action| action.level == level).for_each(|action| set.insert(action));
                set
            })
        });
        let common = |level: &ActionSet| -> usize {
            self.words.iter().zip(&level.words).map(|(mine, theirs)| (mine & theirs).count_ones() as usize).sum()
        };
        [0, 1, 2, 3, 4].map(|at| of_level.get(at).map_or(0, common))
    }

    /// The actions, in the catalogue's order.
    pub fn iter(&self) -> impl Iterator<Item = &'static Action> {
        let of_word = |(at, word): (usize, &u64)| {
            let some = |word: u64| (word != 0).then_some(word);
            let bits = std::iter::successors(some(*word), move |word| some(word & (word - 1)));
            bits.map(move |word| at * 64 + word.trailing_zeros() as usize)
        };
        self.words.iter().enumerate().flat_map(of_word).filter_map(catalogue::action_of_id)
    }

    /// How many actions of each level it has, from the least level to the most.
    pub fn levels(&self) -> [(AccessLevel, usize); 5] {
        let mut counts = AccessLevel::ALL.map(|level| (level, 0));
        for action in self.iter() {
            if let Some((_, count)) = counts.iter_mut().find(|(level, _)| *level == action.level) {
                *count += 1;
            }
        }
        counts
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
    }
}
