//! From chunks to an answer. Parts are kept as they came, signatures included; only texts that follow each other and
//! carry nothing else become one.

use serde_json::Value;
use trireme_core::{Fault, Stop};

use super::meter::Meter;
use crate::bus::call::{Answer, Failed, ToolCall};
use crate::bus::dialect::{self, Meter as _, Reading};
use crate::bus::fields::{number, text as text_of};
use crate::bus::parts::{
    Draft, body_json, event_json, failed, garbled, must_be_asked, object_args, place_id, reported,
};
use crate::bus::sse::SseEvent;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    has_begun: bool,
    parts: Vec<Value>,
    stop: Option<Stop>,
    meter: Meter,
}

impl Decoder {
    pub(super) fn new(asked: String) -> Self {
        Self { asked, has_begun: false, parts: Vec::new(), stop: None, meter: Meter::default() }
    }

    fn take(&mut self, chunk: &Value) -> Result<(), Fault> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(reported(error, self.has_begun));
        }
        self.has_begun = true;
        must_be_asked(&self.asked, chunk.get("modelVersion").and_then(Value::as_str))?;
        if chunk.pointer("/promptFeedback/blockReason").is_some_and(Value::is_string) {
            self.stop = Some(Stop::Filtered);
        }
        let candidates = chunk.get("candidates").and_then(Value::as_array).into_iter().flatten();
        for candidate in candidates.filter(|candidate| number(candidate, "/index").unwrap_or(0) == 0) {
            let parts = candidate.pointer("/content/parts").and_then(Value::as_array).into_iter().flatten();
            parts.for_each(|part| self.grow(part));
            if let Some(reason) = candidate.get("finishReason").and_then(Value::as_str) {
                self.stop = Some(stop(reason));
            }
        }
        Ok(())
    }

    fn grow(&mut self, part: &Value) {
        match self.parts.last_mut() {
            Some(last) if is_plain(last) && is_plain(part) && is_thought(last) == is_thought(part) => {
                let joined = format!("{}{}", text_of(last, "text"), text_of(part, "text"));
                if let Value::Object(last) = last {
                    last.insert("text".to_owned(), Value::from(joined));
                }
            }
            _ => self.parts.push(part.clone()),
        }
    }
}

/// A text, or a thought, with nothing bound to it.
fn is_plain(part: &Value) -> bool {
    let known = |name: &String| name == "text" || name == "thought";
    part.get("text").is_some_and(Value::is_string)
        && part.as_object().is_some_and(|fields| fields.keys().all(known))
}

fn is_thought(part: &Value) -> bool {
    part.get("thought") == Some(&Value::Bool(true))
}

impl dialect::Decoder for Decoder {
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault> {
        self.meter.event(event);
        self.take(&event_json(event)?)
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Fault> {
        let answer = body_json(body)?;
        self.meter.body(body);
        self.take(&answer)
    }

    fn reading(&self) -> Reading {
        self.meter.reading()
    }

    fn finish(self: Box<Self>, latency_ms: u64) -> Result<Answer, Failed> {
        let reading = self.meter.reading();
        let mut draft = Draft { stop: self.stop, ..Draft::default() };
        let mut text = String::new();
        for part in self.parts {
            if let Some(call) = part.get("functionCall") {
                let call = tool_call(call, draft.calls.len());
                draft.calls.push(call.map_err(|fault| failed(fault, reading.clone()))?);
            } else if !is_thought(&part) {
                text.push_str(text_of(&part, "text"));
            }
            draft.content.push(sendable_part(part));
        }
        draft.texts.push(text);
        Ok(draft.answer(reading, &self.asked, latency_ms))
    }
}

fn tool_call(call: &Value, place: usize) -> Result<ToolCall, Fault> {
    let name = text_of(call, "name");
    if name.is_empty() {
        return Err(garbled("a tool call has no name"));
    }
    let id = match text_of(call, "id") {
        "" => place_id(place),
        id => id.to_owned(),
    };
    Ok(ToolCall { id, name: name.to_owned(), args: object_args(call.get("args")) })
}

/// Arguments that are no object would not be taken back.
fn sendable_part(mut part: Value) -> Value {
    if let Some(args) = part.pointer_mut("/functionCall/args").filter(|args| !args.is_object()) {
        *args = Value::Object(serde_json::Map::new());
    }
    part
}

fn stop(reason: &str) -> Stop {
    match reason {
        "STOP" => Stop::EndTurn,
        "MAX_TOKENS" => Stop::MaxTokens,
        "SAFETY"
        | "RECITATION"
        | "LANGUAGE"
        | "BLOCKLIST"
        | "PROHIBITED_CONTENT"
        | "SPII"
        | "IMAGE_SAFETY"
        | "IMAGE_PROHIBITED_CONTENT"
        | "IMAGE_RECITATION" => Stop::Filtered,
        _ => Stop::Other,
    }
}
