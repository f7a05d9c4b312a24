//! JSON schemas of tool arguments, in the few words that every provider understands.

use std::ops::RangeInclusive;

use serde_json::{Map, Value, json};

/// A property: its name, whether it must be there, its schema.
pub(super) type Property = (&'static str, bool, Value);

/// A property that must be there.
pub(super) const fn needed(name: &'static str, schema: Value) -> Property {
    (name, true, schema)
}

/// A property that may be left out.
pub(super) const fn optional(name: &'static str, schema: Value) -> Property {
    (name, false, schema)
}

/// An object with exactly these properties.
pub(super) fn object(properties: impl IntoIterator<Item = Property>) -> Value {
    let mut required = Vec::new();
    let mut all = Map::new();
    for (name, must, schema) in properties {
        if must {
            required.push(Value::from(name));
        }
        all.insert(name.to_owned(), schema);
    }
    json!({"type": "object", "properties": all, "required": required, "additionalProperties": false})
}

/// The same schema with what it is for.
pub(super) fn described(mut schema: Value, description: &str) -> Value {
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("description".to_owned(), Value::from(description));
    }
    schema
}

/// A text.
pub(super) fn text(description: impl Into<String>) -> Value {
    json!({"type": "string", "description": description.into()})
}

/// A text out of a list.
pub(super) fn choice<'a>(options: impl IntoIterator<Item = &'a str>, description: &str) -> Value {
    let options: Vec<_> = options.into_iter().collect();
    json!({"type": "string", "enum": options, "description": description})
}

/// A number without decimals, within limits.
pub(super) fn whole(limits: RangeInclusive<i64>, description: impl Into<String>) -> Value {
    let (minimum, maximum) = limits.into_inner();
    json!({"type": "integer", "minimum": minimum, "maximum": maximum, "description": description.into()})
}

/// A share in percent.
pub(super) fn percent(description: &str) -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 100, "description": description})
}

/// Yes or no.
pub(super) fn flag(description: &str) -> Value {
    json!({"type": "boolean", "description": description})
}

/// A list.
pub(super) fn list(items: Value, description: impl Into<String>) -> Value {
    json!({"type": "array", "items": items, "description": description.into()})
}

/// One of several objects that `kind` tells apart.
pub(super) fn kinds(options: Vec<Value>, description: &str) -> Value {
    json!({"anyOf": options, "description": description})
}
