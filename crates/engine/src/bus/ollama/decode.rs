//! From lines to an answer. The message is kept as the fields that go back, each a block of its own.

use serde_json::{Map, Value, json};
use trireme_core::{Fault, Stop};

use super::meter::Meter;
use crate::bus::call::{Answer, Failed, ToolCall};
use crate::bus::dialect::{self, Meter as _, Reading};
use crate::bus::fields::text as text_of;
use crate::bus::parts::{
    Draft, body_json, event_json, failed, garbled, must_be_asked, object_args, place_id, reported,
};
use crate::bus::sse::SseEvent;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    has_begun: bool,
    text: String,
    thinking: String,
    calls: Vec<Value>,
    stop: Option<Stop>,
    meter: Meter,
}

impl Decoder {
    pub(super) fn new(asked: String) -> Self {
        Self {
            asked,
            has_begun: false,
            text: String::new(),
            thinking: String::new(),
            calls: Vec::new(),
            stop: None,
            meter: Meter::default(),
        }
    }

    fn take(&mut self, line: &Value) -> Result<(), Fault> {
        if let Some(error) = line.get("error").filter(|error| !error.is_null()) {
            return Err(reported(error, self.has_begun));
        }
        self.has_begun = true;
        must_be_asked(&self.asked, line.get("model").and_then(Value::as_str))?;
        if let Some(message) = line.get("message") {
            self.text.push_str(text_of(message, "content"));
            self.thinking.push_str(text_of(message, "thinking"));
            self.calls
                .extend(message.get("tool_calls").and_then(Value::as_array).into_iter().flatten().cloned());
        }
        if line.get("done") == Some(&Value::Bool(true)) {
            self.stop = Some(match text_of(line, "done_reason") {
                // Older servers give no reason but this one.
                "stop" | "" => Stop::EndTurn,
                "length" => Stop::MaxTokens,
                _ => Stop::Other,
            });
        }
        Ok(())
    }
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
        let mut calls = Vec::new();
        for (place, call) in self.calls.into_iter().enumerate() {
            let read = tool_call(&call, place).map_err(|fault| failed(fault, reading.clone()))?;
            draft.calls.push(read);
            calls.push(sendable_call(call));
        }
        for (name, text) in [("thinking", &self.thinking), ("content", &self.text)] {
            if !text.is_empty() {
                draft
                    .content
                    .push(Value::Object(Map::from_iter([(name.to_owned(), Value::from(text.as_str()))])));
            }
        }
        if !calls.is_empty() {
            draft.content.push(json!({"tool_calls": calls}));
        }
        draft.texts.push(self.text);
        Ok(draft.answer(reading, &self.asked, latency_ms))
    }
}

fn tool_call(call: &Value, place: usize) -> Result<ToolCall, Fault> {
    let function = call.get("function").unwrap_or(&Value::Null);
    let name = text_of(function, "name");
    if name.is_empty() {
        return Err(garbled("a tool call has no name"));
    }
    let id = match text_of(call, "id") {
        "" => place_id(place),
        id => id.to_owned(),
    };
    Ok(ToolCall { id, name: name.to_owned(), args: object_args(function.get("arguments")) })
}

/// Arguments that are no object would not be taken back.
fn sendable_call(mut call: Value) -> Value {
    if let Some(args) = call.pointer_mut("/function/arguments").filter(|args| !args.is_object()) {
        *args = object_args(Some(args)).unwrap_or_else(|_| Value::Object(Map::new()));
    }
    call
}
