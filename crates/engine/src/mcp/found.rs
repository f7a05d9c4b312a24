//! A tool as its server lists it, and the hash that an Owner agrees to.

use std::collections::BTreeMap;

use rmcp::model::Tool;
use serde_json::Value;
use trireme_core::Digest;

/// A tool that a server has.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// What the server calls it.
    pub tool: String,
    /// What the server says of it.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
    /// Whether the server says that it only reads.
    pub reads: bool,
}

impl Found {
    pub(super) fn of(tool: Tool) -> Self {
        let reads = tool.annotations.and_then(|notes| notes.read_only_hint).unwrap_or(false);
        Self {
            tool: tool.name.into_owned(),
            description: tool.description.unwrap_or_default().into_owned(),
            schema: Value::Object((*tool.input_schema).clone()),
            reads,
        }
    }

    /// What the Owner agrees to: every word of it, in whatever order the schema's keys come.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let reads = if self.reads { "reads" } else { "writes" };
        let schema = sorted(&self.schema).to_string();
        Digest::of_parts([self.tool.as_str(), &self.description, &schema, reads].map(str::as_bytes))
    }
}

/// The same value with the keys of its objects in order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<_, _> =
                fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_word_makes_another_tool_and_the_order_of_keys_does_not() {
        let found = |description: &str, schema: Value, reads| {
            let (tool, description) = ("search".to_owned(), description.to_owned());
            Found { tool, description, schema, reads }.hash()
        };
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}}});
        let turned = json!({"properties": {"a": {"type": "string"}}, "type": "object"});
        let one = found("Searches.", schema.clone(), false);
        assert_eq!(one, found("Searches.", turned, false));
        assert_ne!(one, found("Searches!", schema.clone(), false));
        assert_ne!(one, found("Searches.", json!({"type": "object"}), false));
        assert_ne!(one, found("Searches.", schema, true));
    }
}
