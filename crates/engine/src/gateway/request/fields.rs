//! The fields of a body, each of them once and by its exact name: what a provider makes of a second one, or of one that is
//! spelled in capitals, is its own affair, and may be another cost than the one that was read here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use trireme_core::Wire;
use trireme_core::limits::REQUEST_FIELDS;

use super::{BadRequest, caps, forbidden};

/// Names that are read or written on every wire, besides the caps and what is forbidden.
const HEEDED: [&str; 10] = [
    "model",
    "stream",
    "stream_options",
    "n",
    "messages",
    "input",
    "system",
    "tools",
    "max_tool_calls",
    "thinking",
];

/// The fields by their names.
#[derive(Debug)]
pub(super) struct Fields<'b>(BTreeMap<String, &'b RawValue>);

impl<'b> Fields<'b> {
    /// Reads the fields of a body.
    pub(super) fn read(wire: Wire, body: &'b [u8]) -> Result<Self, BadRequest> {
        let fields: Self =
            serde_json::from_slice(body).map_err(|error| BadRequest::Unread(error.to_string()))?;
        fields.0.keys().try_for_each(|name| refuse_lookalike(wire, name))?;
        Ok(fields)
    }

    /// A field's value, which may be null.
    pub(super) fn get(&self, name: &str) -> Option<&'b RawValue> {
        self.0.get(name).copied()
    }
}

/// Some providers take a name for another that differs only in its case.
fn refuse_lookalike(wire: Wire, name: &str) -> Result<(), BadRequest> {
    // By way of the capitals, the letters that have more than one small form become one.
    let plain = name.to_uppercase().to_lowercase();
    if plain == name || !is_heeded(wire, &plain) {
        return Ok(());
    }
    Err(BadRequest::Unread(format!(
        "the field {name:?} may be taken for {plain:?}: write that, or leave it out"
    )))
}

fn is_heeded(wire: Wire, name: &str) -> bool {
    HEEDED.contains(&name) || caps(wire).contains(&name) || forbidden::names(wire).any(|known| known == name)
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.len() == REQUEST_FIELDS {
                        return Err(A::Error::custom(format!("it has more than {REQUEST_FIELDS} fields")));
                    }
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("the field {name:?} is there twice")));
                    }
                    fields.insert(name, value);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
