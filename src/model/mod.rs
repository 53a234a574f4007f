//! The common model: resources, units, kinds declared as data, and the relations between resources.

mod aws_policy;
mod identifier;
mod kind;
mod name;
mod relation;
mod resource;
mod scenario;
mod unit;

pub use aws_policy::aws_policy_path;
pub use identifier::identified_by;
pub use kind::{KindInstance, KindRow, Kinds, descend, of_toml};
pub use relation::{Relations, Resolution};
pub use resource::{Account, Change, Construct, Mode, Resource, Step};
pub use scenario::{Assumed, Assumption, Case, Scenario, describe};
pub use unit::{Unit, UnitKind};
