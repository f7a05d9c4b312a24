//! From the events of a stream to an answer.
//!
//! Content blocks are kept as they came, with deltas joined in by one rule, so that a block or a delta that this version
//! does not know survives the round trip. `message_stop` is the only end.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value, json};
use trireme_core::{Fault, Stop};

use super::meter::Meter;
use crate::bus::call::{Answer, Failed, ToolCall};
use crate::bus::dialect::{self, Meter as _, Reading};
use crate::bus::fields::{number, text as text_of};
use crate::bus::http;
use crate::bus::parts::{Draft, failed, garbled, no_object, parse_args};
use crate::bus::served::is_same_model;
use crate::bus::sse::SseEvent;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    blocks: BTreeMap<u64, Block>,
    stop: Option<Stop>,
    meter: Meter,
}

/// A content block, and the JSON text of its `input` as far as it has come.
#[derive(Debug)]
struct Block {
    fields: Map<String, Value>,
    input: Option<String>,
}

impl Decoder {
    /// A decoder for the answer of the model named `asked`.
    pub(super) fn new(asked: String) -> Self {
        Self { asked, blocks: BTreeMap::new(), stop: None, meter: Meter::default() }
    }

    fn take(&mut self, event: &Value) -> Result<(), Fault> {
        let kind = text_of(event, "type");
        if !self.meter.has_started() && kind.starts_with("message_") | kind.starts_with("content_") {
            return Err(garbled(format!("{kind} came before message_start")));
        }
        match kind {
            // Leaving now ends a stream that nobody asked for.
            "message_start" => self.must_be_asked(),
            "content_block_start" => self.open_block(event),
            "content_block_delta" => self.grow_block(event),
            "message_delta" => {
                self.end(event.get("delta"));
                Ok(())
            }
            "error" => Err(self.error(event)),
            _ => Ok(()),
        }
    }

    fn must_be_asked(&self) -> Result<(), Fault> {
        let served = self.meter.served().unwrap_or_default();
        if is_same_model(&self.asked, served) {
            return Ok(());
        }
        Err(Fault::WrongModel { served: served.to_owned() })
    }

    fn open_block(&mut self, event: &Value) -> Result<(), Fault> {
        let Some(Value::Object(fields)) = event.get("content_block") else {
            return Err(garbled("content_block_start has no content_block".to_owned()));
        };
        let block = Block { fields: fields.clone(), input: None };
        match self.blocks.insert(index_of(event)?, block) {
            None => Ok(()),
            Some(_) => Err(garbled("two content blocks have one index".to_owned())),
        }
    }

    fn grow_block(&mut self, event: &Value) -> Result<(), Fault> {
        let block = self
            .blocks
            .get_mut(&index_of(event)?)
            .ok_or_else(|| garbled("a delta is for a content block that has not started".to_owned()))?;
        if let Some(Value::Object(delta)) = event.get("delta") {
            delta.iter().for_each(|(name, value)| block.grow(name, value));
        }
        Ok(())
    }

    fn end(&mut self, said: Option<&Value>) {
        if let Some(reason) = said.and_then(|said| said.get("stop_reason")).and_then(Value::as_str) {
            self.stop = Some(stop(reason));
        }
    }

    /// After `message_start` the provider has read the request, which may be billed: whatever it calls the error, the
    /// answer was cut.
    fn error(&self, event: &Value) -> Fault {
        let error = event.get("error").unwrap_or(&Value::Null);
        let (kind, message) = (text_of(error, "type"), text_of(error, "message"));
        if self.meter.has_started() {
            return Fault::Cut { message: format!("{kind}: {message}") };
        }
        http::refusal(status_of(kind), &HeaderMap::new(), &event.to_string())
    }
}

impl dialect::Decoder for Decoder {
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault> {
        let value: Value = serde_json::from_str(&event.data)
            .map_err(|error| garbled(format!("an event is no JSON: {error}")))?;
        // The data's own type counts, whatever the event is called.
        let named = SseEvent { name: text_of(&value, "type").to_owned(), data: String::new() };
        if named.name.starts_with("message_") {
            self.meter.event(&SseEvent { data: event.data.clone(), ..named });
        }
        self.take(&value)
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Fault> {
        let message: Value = serde_json::from_slice(body)
            .map_err(|error| garbled(format!("the answer is no JSON: {error}")))?;
        if text_of(&message, "type") == "error" {
            return Err(self.error(&message));
        }
        self.meter.body(body);
        self.must_be_asked()?;
        self.end(Some(&message));
        let blocks = message.get("content").and_then(Value::as_array).into_iter().flatten();
        for (index, block) in (0..).zip(blocks) {
            self.open_block(&json!({"index": index, "content_block": block}))?;
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.meter.has_ended()
    }

    fn reading(&self) -> Reading {
        self.meter.reading()
    }

    fn finish(self: Box<Self>, latency_ms: u64) -> Result<Answer, Failed> {
        let reading = self.meter.reading();
        let mut draft = Draft { stop: self.stop, ..Draft::default() };
        for block in self.blocks.into_values() {
            let (fields, args) = block.close();
            match fields.get("type").and_then(Value::as_str) {
                Some("text") => {
                    draft.texts.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned))
                }
                Some("tool_use") => match tool_call(&fields, args) {
                    Ok(call) => draft.calls.push(call),
                    Err(fault) => return Err(failed(fault, reading)),
                },
                _ => {}
            }
            draft.content.push(Value::Object(fields));
        }
        Ok(draft.answer(reading, &self.asked, latency_ms))
    }
}

impl Block {
    /// Joins one field of a delta in. Texts are appended to the field of the same name: `text`, `thinking`, `signature`
    /// and whatever comes to be. The two that are named otherwise are known by name.
    fn grow(&mut self, name: &str, value: &Value) {
        match (name, value) {
            ("type", _) => {}
            ("partial_json", Value::String(more)) => self.input.get_or_insert_default().push_str(more),
            ("citation", more) => self.cite(more.clone()),
            (name, Value::String(more)) => match self.fields.get_mut(name) {
                Some(Value::String(text)) => text.push_str(more),
                _ => self.set(name, value),
            },
            (name, value) => self.set(name, value),
        }
    }

    fn cite(&mut self, citation: Value) {
        let citations = self.fields.entry("citations").or_insert(Value::Null);
        // It is null until there is one.
        if let Value::Array(citations) = citations {
            citations.push(citation);
        } else {
            *citations = Value::Array(vec![citation]);
        }
    }

    fn set(&mut self, name: &str, value: &Value) {
        self.fields.insert(name.to_owned(), value.clone());
    }

    /// The block as it goes back, and its arguments or why there are none. Malformed arguments go back as an empty
    /// object: the provider takes nothing else.
    fn close(mut self) -> (Map<String, Value>, Result<Value, String>) {
        let args = match self.input.take().filter(|raw| !raw.is_empty()) {
            Some(raw) => parse_args(&raw),
            None => match self.fields.get("input") {
                Some(object @ Value::Object(_)) => Ok(object.clone()),
                Some(other) => Err(no_object(&other.to_string())),
                None => Ok(Value::Object(Map::new())),
            },
        };
        if self.fields.contains_key("input") || args.is_err() {
            let input = args.clone().unwrap_or_else(|_| Value::Object(Map::new()));
            self.set("input", &input);
        }
        (self.fields, args)
    }
}

fn tool_call(fields: &Map<String, Value>, args: Result<Value, String>) -> Result<ToolCall, Fault> {
    let field = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| garbled(format!("a tool call has no {name}")))
    };
    Ok(ToolCall { id: field("id")?, name: field("name")?, args })
}

fn index_of(event: &Value) -> Result<u64, Fault> {
    number(event, "/index").ok_or_else(|| garbled("an event of a content block has no index".to_owned()))
}

fn stop(reason: &str) -> Stop {
    match reason {
        "end_turn" | "stop_sequence" => Stop::EndTurn,
        "tool_use" => Stop::ToolUse,
        "max_tokens" | "model_context_window_exceeded" => Stop::MaxTokens,
        "refusal" => Stop::Refusal,
        _ => Stop::Other,
    }
}

/// The status that an error of this type would have had before the stream.
fn status_of(kind: &str) -> u16 {
    match kind {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "billing_error" => 402,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "timeout_error" => 504,
        "overloaded_error" => 529,
        _ => 500,
    }
}
