//! What everybody may do whatever policies say.

use super::{Access, Step, Wanted};

impl Access<'_, '_> {
    /// That AWS asks for no permission, where that is so for a principal.
    pub(super) fn needs_no_permission(&self, principal: usize, wanted: &Wanted) -> Option<Step> {
        let actor = self.actor(principal)?;
        let is_free = match &*wanted.name {
            "sts:getcalleridentity" => &*actor.kind != "group",
            "sts:getsessiontoken" => &*actor.kind == "user",
            _ => false,
        };
        is_free.then(|| Step::new("AWS asks for no permission", actor.origin))
    }
}
