//! YAML with places.
