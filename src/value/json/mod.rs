//! JSON with places: one reader for files and for JSON text inside of values, and the writer that `jsonencode` needs.

mod decode;
mod encode;
mod reader;

pub(crate) use decode::align;
pub use decode::{DecodeError, decode_json};
pub use encode::{encode_json, encoded_length, of_serde, to_serde};
pub use reader::{JsonEvent, JsonReader, JsonSyntaxError, MAX_JSON_DEPTH};
