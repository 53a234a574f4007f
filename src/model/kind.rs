//! Kinds.
/// x
pub struct Kinds;
/// x
pub struct KindRow;
/// x
pub struct KindInstance;
