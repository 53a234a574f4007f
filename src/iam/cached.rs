//! What has been found of something, kept beside it.

use std::sync::OnceLock;

/// An answer that is found at the first question. A copy of what it is about forgets it, since copies are made to change them.
#[derive(Debug)]
pub(super) struct Cached<T>(OnceLock<T>);

impl<T> Cached<T> {
    /// The answer, found by `find` where nobody has asked.
    pub(super) fn get(&self, find: impl FnOnce() -> T) -> &T {
        self.0.get_or_init(find)
    }
}

impl<T> Default for Cached<T> {
    fn default() -> Cached<T> {
        Cached(OnceLock::new())
    }
}

impl<T> Clone for Cached<T> {
    fn clone(&self) -> Cached<T> {
        Cached::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_asked_anew() {
        let known: Cached<i32> = Cached::default();
        assert_eq!((*known.get(|| 1), *known.get(|| 2), *known.clone().get(|| 3)), (1, 1, 3));
    }
}
