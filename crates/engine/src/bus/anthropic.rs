//! Anthropic Messages.
//!
//! What is absent: sampling parameters (they are refused since 2026-10-21), forced tools, and anything that differs
//! between two encodings of one request. The prefix is stable (tools, system, conversation in order), so that the
//! provider's cache hits on all but the last message.

mod decode;
mod encode;
mod meter;
#[cfg(test)]
mod tests;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::call::{Request, ToolCall};
use super::dialect::{Decoder, Dialect, Meter};
use super::fields::text as text_of;
use super::keys::Secret;
use super::parts::sendable;

/// The version of the protocol that our own requests speak.
pub const VERSION: &str = "2026-10-21";

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Anthropic;

impl Dialect for Anthropic {
    fn path(&self, _model: &str, _streamed: bool) -> String {
        "/v1/messages".to_owned()
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("x-api-key", key.header("")),
            None => request,
        }
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", VERSION)]
    }

    fn encode(&self, request: &Request) -> Vec<u8> {
        encode::encode(request)
    }

    fn is_bound(&self, block: &Value) -> bool {
        matches!(text_of(block, "type"), "thinking" | "redacted_thinking")
    }

    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value> {
        let call = |call: &ToolCall| json!({"type": "tool_use", "id": call.id, "name": call.name, "input": sendable(&call.args)});
        let text = (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text}));
        text.into_iter().chain(calls.iter().map(call)).collect()
    }

    fn decoder(&self, model: &str) -> Box<dyn Decoder> {
        Box::new(decode::Decoder::new(model.to_owned()))
    }

    fn meter(&self) -> Box<dyn Meter> {
        Box::<meter::Meter>::default()
    }
}
