//! JSON files with places.
