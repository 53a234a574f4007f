//! Sets of the actions that ways of escalation ask for, as bits: whether a statement names one is asked for every statement.

/// Room for that many actions.
pub(super) const WORDS: usize = 10;

/// A set of watched actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits([u64; WORDS]);

impl Bits {
    pub(super) const ALL: Bits = Bits([u64::MAX; WORDS]);

    pub(super) fn set(&mut self, bit: usize) {
        if let Some(word) = self.0.get_mut(bit / 64) {
            *word |= 1 << (bit % 64);
        }
    }

    pub(super) fn has(&self, bit: usize) -> bool {
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    pub(super) fn add(&mut self, other: &Bits) {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine |= theirs);
    }

    pub(super) fn complement(self) -> Bits {
        Bits(self.0.map(|word| !word))
    }

    pub(super) fn common(mut self, other: &Bits) -> Bits {
        self.0.iter_mut().zip(other.0).for_each(|(mine, theirs)| *mine &= theirs);
        self
    }
}

/// The watched actions that a statement names: for certain, and possibly.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Names {
    pub(super) certain: Bits,
    pub(super) possible: Bits,
}
