//! Names of fields: those that stand in the program are many times the same, and are shared.

use std::cell::RefCell;
use std::sync::Arc;

/// What names a field of a map.
pub trait FieldName {
    /// The name as maps keep it.
    fn shared(self) -> Arc<str>;
}

impl FieldName for Arc<str> {
    fn shared(self) -> Arc<str> {
        self
    }
}

impl FieldName for String {
    fn shared(self) -> Arc<str> {
        self.into()
    }
}

impl FieldName for &&'static str {
    fn shared(self) -> Arc<str> {
        (*self).shared()
    }
}

/// Names are told apart by where they lie in the program. Of two that fall on the same place the later one stays.
const PLACES: usize = 512;

/// A name in the program, and what all values share of it.
type Place = Option<(&'static str, Arc<str>)>;

thread_local! {
    static KNOWN: RefCell<Vec<Place>> = RefCell::new(vec![None; PLACES]);
}

impl FieldName for &'static str {
    fn shared(self) -> Arc<str> {
        let address = self.as_ptr().addr();
        KNOWN.with_borrow_mut(|known| {
            let Some(place) = known.get_mut((address ^ (address >> 9)) % PLACES) else { return self.into() };
            match place {
                Some((text, name)) if std::ptr::eq(*text, self) => name.clone(),
                _ => {
                    let name: Arc<str> = self.into();
                    *place = Some((self, name.clone()));
                    name
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_the_program_is_made_once() {
        let both = [0, 1].map(|_| "name".shared());
        assert!(Arc::ptr_eq(&both[0], &both[1]));
        let whole = "names";
        assert_eq!((&*whole[..4].shared(), &*whole.shared()), ("name", "names"));
    }
}
