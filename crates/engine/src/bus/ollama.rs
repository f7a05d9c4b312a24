//! Ollama's own chat, which alone can say how much context a model gets.
//!
//! What a model wrote is kept as the fields of its message, each a block: `thinking`, `content`, `tool_calls`.

mod decode;
mod encode;
mod meter;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::call::{Request, ToolCall};
use super::dialect::{Decoder, Dialect, Framing, Meter};
use super::fields::text as text_of;
use super::keys::Secret;
use super::parts::{Named, place_id, sendable};

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Ollama;

impl Dialect for Ollama {
    fn path(&self, _model: &str, _streamed: bool) -> String {
        "/api/chat".to_owned()
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("authorization", key.header("Bearer ")),
            None => request,
        }
    }

    fn framing(&self) -> Framing {
        Framing::Lines
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        encode::encode(request)
    }

    fn is_bound(&self, block: &Value) -> bool {
        block.get("thinking").is_some()
    }

    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value> {
        let call = |call: &ToolCall| json!({"id": call.id, "function": {"name": call.name, "arguments": sendable(&call.args)}});
        let calls: Vec<_> = calls.iter().map(call).collect();
        let text = (!text.trim().is_empty()).then(|| json!({"content": text}));
        text.into_iter().chain((!calls.is_empty()).then(|| json!({"tool_calls": calls}))).collect()
    }

    fn decoder(&self, model: &str) -> Box<dyn Decoder> {
        Box::new(decode::Decoder::new(model.to_owned()))
    }

    fn meter(&self) -> Box<dyn Meter> {
        Box::<meter::Meter>::default()
    }
}

/// The id, the name, and whether the id is the provider's own, of each call in a message.
fn calls_of(fragments: &[Value]) -> Vec<Named> {
    let calls = fragments.iter().filter_map(|block| block.get("tool_calls")).filter_map(Value::as_array);
    let read = |(place, call): (usize, &Value)| {
        let name =
            call.get("function").map(|function| text_of(function, "name")).unwrap_or_default().to_owned();
        match text_of(call, "id") {
            "" => (place_id(place), name, false),
            id => (id.to_owned(), name, true),
        }
    };
    calls.flatten().enumerate().map(read).collect()
}
