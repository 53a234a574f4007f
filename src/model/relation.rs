//! Relations.
/// x
pub struct Relations;
/// x
pub struct Resolution;
