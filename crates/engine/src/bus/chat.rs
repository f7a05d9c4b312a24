//! OpenAI Chat Completions, which many others speak too. The base URL ends with the version.
//!
//! What a model wrote is kept as the fields of its message, each a block: `reasoning_content`, `content`, `tool_calls`…

mod decode;
mod encode;
mod meter;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::call::{Request, ToolCall};
use super::dialect::{Decoder, Dialect, Meter};
use super::keys::Secret;
use super::parts::sendable;

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Chat;

impl Dialect for Chat {
    fn path(&self, _model: &str, _streamed: bool) -> String {
        "/chat/completions".to_owned()
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("authorization", key.header("Bearer ")),
            None => request,
        }
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        encode::encode(request)
    }

    fn is_bound(&self, block: &Value) -> bool {
        block.as_object().is_some_and(|fields| fields.keys().any(|name| is_reasoning(name)))
    }

    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value> {
        let call = |call: &ToolCall| {
            json!({"id": call.id, "type": "function",
                "function": {"name": call.name, "arguments": sendable(&call.args).to_string()}})
        };
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

/// Fields that hold what the model thought, under whichever name.
fn is_reasoning(name: &str) -> bool {
    matches!(name, "reasoning_content" | "reasoning" | "reasoning_details")
}
