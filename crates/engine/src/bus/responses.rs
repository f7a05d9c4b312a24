//! OpenAI Responses. The base URL ends with the version, as the maker's own variable has it.
//!
//! Nothing is stored at the provider: reasoning comes encrypted and goes back verbatim, to the model that wrote it.

mod decode;
mod encode;
mod meter;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::call::{Request, ToolCall};
use super::dialect::{Decoder, Dialect, Meter};
use super::fields::text as text_of;
use super::keys::Secret;
use super::parts::sendable;

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Responses;

impl Dialect for Responses {
    fn path(&self, _model: &str, _streamed: bool) -> String {
        "/responses".to_owned()
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
        text_of(block, "type") == "reasoning"
    }

    /// Without their ids: by these the provider would look for the reasoning that belongs to them.
    fn released(&self, content: Vec<Value>) -> Vec<Value> {
        let mut free: Vec<_> = content.into_iter().filter(|block| !self.is_bound(block)).collect();
        free.iter_mut().filter_map(Value::as_object_mut).for_each(|item| {
            item.remove("id");
        });
        free
    }

    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value> {
        let message = json!({"type": "message", "role": "assistant",
            "content": [{"type": "output_text", "text": text}]});
        let call = |call: &ToolCall| {
            json!({"type": "function_call", "call_id": call.id, "name": call.name,
                "arguments": sendable(&call.args).to_string()})
        };
        let text = (!text.trim().is_empty()).then_some(message);
        text.into_iter().chain(calls.iter().map(call)).collect()
    }

    fn decoder(&self, model: &str) -> Box<dyn Decoder> {
        Box::new(decode::Decoder::new(model.to_owned()))
    }

    fn meter(&self) -> Box<dyn Meter> {
        Box::<meter::Meter>::default()
    }
}
