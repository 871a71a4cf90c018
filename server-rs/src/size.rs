//! What values take of the memory.

use serde_json::Value;

/// About how many bytes of memory a value takes.
pub(crate) fn size_of(value: &Value) -> usize {
    VALUE_BYTES
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(list) => list.iter().map(size_of).sum(),
            Value::Object(map) => {
                map.iter().map(|(name, part)| FIELD_BYTES + name.len() + size_of(part)).sum()
            }
        }
}

const VALUE_BYTES: usize = 32;
/// A name, and its place.
const FIELD_BYTES: usize = 48;
