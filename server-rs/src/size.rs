//! The memory size of values.

use serde_json::Value;

/// The estimated size of a value in bytes.
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
/// The estimated size of a property's name and entry.
const FIELD_BYTES: usize = 48;
