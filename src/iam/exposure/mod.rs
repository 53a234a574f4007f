//! Who is left once conditions and denials have had their say.

mod block;
mod bound;
mod carrier;
mod claim;
mod deny;
mod fit;
mod fixed;
mod guard;
mod issuer;
mod level;
mod policy;

pub use block::PublicAccessBlock;
pub use bound::Callers;
pub use carrier::{Carrier, carrier_of, carrier_of_service};
pub use claim::LetIn;
pub use fixed::{Fixed, is_fixed, is_organization_id};
pub use guard::{Guard, Guards};
pub(in crate::iam) use issuer::is_for_anyone;
pub use issuer::{Subject, subject_of};
pub use level::{Exposure, Level};
pub(in crate::iam) use policy::is_confused;
pub use policy::{Exposures, Known};

pub use super::denial::{Bound, Loose, Named, Remainder, Verdict};
