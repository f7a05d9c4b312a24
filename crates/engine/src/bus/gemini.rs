//! Gemini generateContent. The base URL ends with the version.
//!
//! Signatures of thoughts stand on the parts that came of them; the same model gets both back verbatim.

mod decode;
mod encode;
mod meter;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::call::{Request, ToolCall};
use super::dialect::{Decoder, Dialect, Meter};
use super::fields::text as text_of;
use super::keys::Secret;
use super::parts::{Named, place_id, sendable};

/// What the provider takes for the signature of a call that its model did not make.
const FOREIGN: &str = "skip_thought_signature_validator";

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl Dialect for Gemini {
    fn path(&self, model: &str, streamed: bool) -> String {
        let method = if streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
        format!("/models/{}:{method}", model.trim_start_matches("models/"))
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("x-goog-api-key", key.header("")),
            None => request,
        }
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        encode::encode(request)
    }

    fn is_bound(&self, block: &Value) -> bool {
        block.get("thought") == Some(&Value::Bool(true)) || block.get("thoughtSignature").is_some()
    }

    /// Thoughts are left out; what they led to stays, without its signature.
    fn released(&self, content: Vec<Value>) -> Vec<Value> {
        let is_thought = |block: &Value| block.get("thought") == Some(&Value::Bool(true));
        let mut free: Vec<_> = content.into_iter().filter(|block| !is_thought(block)).collect();
        free.iter_mut().filter_map(Value::as_object_mut).for_each(|part| {
            part.remove("thoughtSignature");
        });
        free.retain(|part| part.get("text").is_none_or(|text| text != ""));
        sign(free)
    }

    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value> {
        let call = |call: &ToolCall| json!({"functionCall": {"id": call.id, "name": call.name, "args": sendable(&call.args)}});
        let text = (!text.trim().is_empty()).then(|| json!({"text": text}));
        sign(text.into_iter().chain(calls.iter().map(call)).collect())
    }

    fn decoder(&self, model: &str) -> Box<dyn Decoder> {
        Box::new(decode::Decoder::new(model.to_owned()))
    }

    fn meter(&self) -> Box<dyn Meter> {
        Box::<meter::Meter>::default()
    }
}

/// Calls of a turn want one signature, on the first of them.
fn sign(mut parts: Vec<Value>) -> Vec<Value> {
    let first = parts.iter_mut().find(|part| part.get("functionCall").is_some());
    if let Some(Value::Object(part)) = first {
        part.insert("thoughtSignature".to_owned(), Value::from(FOREIGN));
    }
    parts
}

/// The id, the name, and whether the id is the provider's own, of each call in a message.
fn calls_of(parts: &[Value]) -> Vec<Named> {
    let calls = parts.iter().filter_map(|part| part.get("functionCall")).enumerate();
    let read = |(place, call): (usize, &Value)| {
        let name = text_of(call, "name").to_owned();
        match text_of(call, "id") {
            "" => (place_id(place), name, false),
            id => (id.to_owned(), name, true),
        }
    };
    calls.map(read).collect()
}
