//! Who is left once conditions and denials have had their say.

mod bound;
mod carrier;
mod deny;
mod fit;
mod fixed;
mod issuer;
mod level;
mod policy;

pub use bound::{Bound, Callers, Loose, Named, Verdict};
pub use carrier::{Carrier, carrier_of};
pub use deny::Remainder;
pub use fixed::{Fixed, is_fixed, is_organization_id};
pub use issuer::{Subject, subject_of};
pub use level::{Exposure, Level};
pub use policy::{Known, PublicAccessBlock};
