//! A program's request: what it can cost at most, and the few bytes of it that are changed.
//!
//! The body passes through as it came but for three documented changes: the catalogue's name of the model becomes the provider's, the cap on output
//! is lowered or added, a chat stream is asked for its usage. The changes are made in the bytes, since
//! the order of keys and the spelling of strings are the caller's.
//!
//! What has no bound is refused here: media behind an address, state that the provider keeps, tools that the provider runs
//! without a limit.

mod content;
#[cfg(test)]
mod tests;
mod tools;

use std::ops::Range;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;
use trireme_core::Wire;
use trireme_core::catalogue::Model;
use trireme_core::limits::{HIDDEN_INPUT_TOKENS, IMAGE_TOKENS};
use trireme_core::weight::weight;

use content::Media;

/// What the changes add to a body at most, in bytes.
const CHANGE_BYTES: u64 = 256;

/// A body that was read.
#[derive(Debug)]
pub(super) struct Asked<'b> {
    wire: Wire,
    body: &'b [u8],
    fields: Vec<Field<'b>>,
    /// The model by the caller's name for it.
    pub(super) model: String,
    /// The most output that is asked for, in tokens.
    pub(super) max_tokens: Option<u64>,
    /// Answers at once.
    pub(super) choices: u64,
    /// Whether the answer is streamed.
    pub(super) streamed: bool,
    /// Hosted searches that the request allows.
    pub(super) searches_max: u64,
    media: Media,
}

/// One field of the body's object.
#[derive(Debug)]
struct Field<'b> {
    name: String,
    value: &'b RawValue,
}

/// Why a body is not sent on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BadRequest {
    /// It is no object of JSON, or has a field twice.
    #[error("the body can't be read: {0}")]
    Unread(String),
    /// A field is missing or of another type.
    #[error("the body's {field:?} {problem}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Nobody can say what it costs at most.
    #[error("{what} has no upper bound of its cost: {instead}")]
    Unbounded {
        /// What.
        what: String,
        /// What to do.
        instead: &'static str,
    },
}

impl<'b> Asked<'b> {
    /// Reads a body.
    ///
    /// # Errors
    /// [`BadRequest`], with what to do instead.
    pub(super) fn read(wire: Wire, body: &'b [u8]) -> Result<Self, BadRequest> {
        let Fields(fields) =
            serde_json::from_slice(body).map_err(|error| BadRequest::Unread(error.to_string()))?;
        let mut asked = Self {
            wire,
            body,
            fields,
            model: String::new(),
            max_tokens: None,
            choices: 1,
            streamed: false,
            searches_max: 0,
            media: Media::default(),
        };
        asked.model = asked
            .get("model", "is no text")?
            .ok_or(BadRequest::Field { field: "model", problem: "is missing" })?;
        asked.streamed = asked.get("stream", "is neither true nor false")?.unwrap_or(false);
        asked.choices = asked.get("n", "is no number")?.unwrap_or(1).max(1);
        for name in caps(wire) {
            let asked_for: Option<u64> = asked.get(name, "is no number of tokens")?;
            asked.max_tokens = asked.max_tokens.max(asked_for);
        }
        asked.refuse_unbounded()?;
        asked.searches_max = tools::searches(&asked)?;
        asked.media = content::media(&asked)?;
        Ok(asked)
    }

    /// A field's value; none where it is missing or null.
    fn raw(&self, name: &str) -> Option<&'b RawValue> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        (field.value.get() != "null").then_some(field.value)
    }

    fn get<T: Deserialize<'b>>(
        &self,
        field: &'static str,
        problem: &'static str,
    ) -> Result<Option<T>, BadRequest> {
        let parsed = self.raw(field).map(|value| serde_json::from_str(value.get())).transpose();
        parsed.map_err(|_| BadRequest::Field { field, problem })
    }

    fn refuse_unbounded(&self) -> Result<(), BadRequest> {
        for (name, allowed, instead) in forbidden(self.wire) {
            let Some(value) = self.raw(name) else { continue };
            if !allowed.contains(&value.get()) {
                let what = format!("{name:?}: {}", head(value.get()));
                return Err(BadRequest::Unbounded { what, instead });
            }
        }
        Ok(())
    }

    /// The most tokens that the provider can read for this request. A hosted search reads what it finds, and all of the
    /// conversation again; a document's pages are not in its bytes: there only the model's context is a bound.
    pub(super) fn input_tokens_max(&self, model: &Model) -> u64 {
        if self.searches_max > 0 {
            return model.context_tokens.saturating_mul(self.searches_max.saturating_add(1));
        }
        let bytes = weight(self.body).saturating_add(CHANGE_BYTES);
        let images = self.media.images.saturating_mul(IMAGE_TOKENS);
        let counted = bytes.saturating_add(HIDDEN_INPUT_TOKENS).saturating_add(images);
        if self.media.documents > 0 { counted.max(model.context_tokens) } else { counted }
    }

    /// The body with the model's id, and nothing else changed.
    pub(super) fn renamed(&self, id: &str) -> Vec<u8> {
        let edit = (self.model != id).then(|| self.replace("model", serde_json::Value::from(id).to_string()));
        patched(self.body, edit.flatten().as_slice())
    }

    /// The body as it is sent: with the model's id, and with the cap on output; `cap` is the field for a body without one.
    pub(super) fn rewritten(&self, id: &str, max_tokens: u64, cap: &str) -> Vec<u8> {
        let mut edits = Vec::new();
        if self.model != id {
            edits.extend(self.replace("model", serde_json::Value::from(id).to_string()));
        }
        let present: Vec<_> = caps(self.wire).iter().filter(|name| self.has(name)).collect();
        for name in &present {
            edits.extend(self.replace(name, max_tokens.to_string()));
        }
        let mut added = String::new();
        if present.is_empty() {
            added.push_str(&format!("\"{cap}\":{max_tokens},"));
        }
        if self.wire == Wire::Chat && self.streamed {
            match self.has("stream_options") {
                true => edits.extend(self.replace("stream_options", self.stream_options())),
                false => added.push_str("\"stream_options\":{\"include_usage\":true},"),
            }
        }
        let open = self.body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
        edits.push((open..open, added));
        edits.sort_by_key(|(range, _)| range.start);
        patched(self.body, &edits)
    }

    fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// The same options, and usage.
    fn stream_options(&self) -> String {
        let given = self.raw("stream_options").and_then(|value| serde_json::from_str(value.get()).ok());
        let mut options: serde_json::Map<String, serde_json::Value> = given.unwrap_or_default();
        options.insert("include_usage".to_owned(), true.into());
        serde_json::Value::Object(options).to_string()
    }

    fn replace(&self, name: &str, text: String) -> Option<(Range<usize>, String)> {
        let field = self.fields.iter().find(|field| field.name == name)?;
        let value = field.value.get();
        let start = value.as_ptr().addr().checked_sub(self.body.as_ptr().addr())?;
        (value != text).then(|| (start..start + value.len(), text))
    }
}

fn patched(body: &[u8], edits: &[(Range<usize>, String)]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len() + 64);
    let mut from = 0;
    for (range, new) in edits {
        text.extend_from_slice(body.get(from..range.start).unwrap_or_default());
        text.extend_from_slice(new.as_bytes());
        from = range.end;
    }
    text.extend_from_slice(body.get(from..).unwrap_or_default());
    text
}

/// The fields that cap the output.
const fn caps(wire: Wire) -> &'static [&'static str] {
    match wire {
        Wire::Anthropic => &["max_tokens"],
        Wire::Responses => &["max_output_tokens"],
        Wire::Chat => &["max_completion_tokens", "max_tokens"],
        // Not spoken by the gateway.
        Wire::Gemini | Wire::Ollama => &[],
    }
}

/// Fields whose cost has no bound, with the values that are harmless, and what to do instead.
fn forbidden(wire: Wire) -> Vec<(&'static str, &'static [&'static str], &'static str)> {
    const STATE: &str = "send the whole conversation instead of what the provider keeps";
    const FAST: &str = "leave it out: only the standard price is known";
    const HOSTED: &str = "leave it out, and give the model tools that run on your side";
    const DAY: &str = "leave it out: what is kept for a day has no known price";
    const IN_MEMORY: &[&str] = &["\"in_memory\"", "\"in-memory\""];
    const STANDARD: &[&str] = &["\"auto\"", "\"default\"", "\"standard\"", "\"standard_only\"", "\"flex\""];
    let of_wire: &[_] = match wire {
        Wire::Anthropic => &[
            ("container", &[][..], HOSTED),
            ("mcp_servers", &["[]"][..], HOSTED),
            ("speed", &["\"standard\""][..], FAST),
        ],
        Wire::Responses => &[
            ("previous_response_id", &[][..], STATE),
            ("conversation", &[][..], STATE),
            ("prompt", &[][..], STATE),
            ("prompt_cache_retention", IN_MEMORY, DAY),
            ("background", &["false"][..], "leave it out: an answer that nobody waits for can't be metered"),
        ],
        Wire::Chat => &[
            ("prompt_cache_retention", IN_MEMORY, DAY),
            ("web_search_options", &[][..], HOSTED),
            ("search_parameters", &[][..], HOSTED),
            ("plugins", &["[]"][..], HOSTED),
            ("models", &["[]"][..], "name one model"),
            ("prediction", &[][..], "leave it out: what is not taken from it is billed beyond the cap"),
            ("audio", &[][..], "leave it out: only the price of text is known"),
            ("modalities", &["[\"text\"]"][..], "leave it out: only the price of text is known"),
        ],
        Wire::Gemini | Wire::Ollama => &[],
    };
    of_wire.iter().copied().chain([("service_tier", STANDARD, FAST)]).collect()
}

/// The beginning of a value, for a message.
fn head(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The fields of an object, each once: what a provider makes of a second one is its own affair.
struct Fields<'b>(Vec<Field<'b>>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields: Vec<Field<'de>> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.iter().any(|field| field.name == name) {
                        return Err(A::Error::custom(format!("the field {name:?} is there twice")));
                    }
                    fields.push(Field { name, value });
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
