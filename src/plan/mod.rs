//! Plans: what `terraform show -json` and `tofu show -json` write.
//!
//! The text is split into slices that borrow from it; each resource is read from its slice on its own, in parallel. A
//! place is the distance of a slice from the start of the text.

mod address;
mod attributes;
mod configuration;
mod entry;
mod link;
mod mask;
mod output;
mod provider;
mod read;
#[cfg(test)]
mod tests;

pub use read::read;
