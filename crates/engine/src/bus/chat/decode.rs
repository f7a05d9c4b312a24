//! From chunks to an answer. The message is kept as the fields that go back, each a block of its own, so that reasoning
//! can be left behind when the model changes.

use serde_json::{Map, Value, json};
use trireme_core::{Fault, Stop};

use super::meter::Meter;
use crate::bus::call::{Answer, Failed, ToolCall};
use crate::bus::dialect::{self, Meter as _, Reading};
use crate::bus::fields::{number, text as text_of};
use crate::bus::parts::{
    Draft, body_json, event_json, failed, garbled, must_be_asked, object_args, place_id, reported, sendable,
};
use crate::bus::sse::SseEvent;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    has_begun: bool,
    text: String,
    refusal: String,
    reasoning: Map<String, Value>,
    details: Vec<Value>,
    calls: Vec<Call>,
    stop: Option<Stop>,
    meter: Meter,
}

/// A call as far as it has come.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    args: Value,
    rest: Map<String, Value>,
}

impl Decoder {
    pub(super) fn new(asked: String) -> Self {
        Self {
            asked,
            has_begun: false,
            text: String::new(),
            refusal: String::new(),
            reasoning: Map::new(),
            details: Vec::new(),
            calls: Vec::new(),
            stop: None,
            meter: Meter::default(),
        }
    }

    fn take(&mut self, chunk: &Value, part: &str) -> Result<(), Fault> {
        if let Some(error) = chunk.get("error").filter(|error| !error.is_null()) {
            return Err(reported(error, self.has_begun));
        }
        self.has_begun = true;
        must_be_asked(&self.asked, self.meter.reading().served.as_deref())?;
        let choices = chunk.get("choices").and_then(Value::as_array).into_iter().flatten();
        // One answer is asked for.
        for choice in choices.filter(|choice| number(choice, "/index").unwrap_or(0) == 0) {
            if let Some(said) = choice.get(part) {
                self.grow(said);
            }
            match choice.get("finish_reason").and_then(Value::as_str) {
                Some("error") => return Err(reported(choice.get("error").unwrap_or(choice), true)),
                Some(reason) => self.stop = Some(stop(reason)),
                None => {}
            }
        }
        Ok(())
    }

    fn grow(&mut self, said: &Value) {
        for (name, value) in said.as_object().into_iter().flatten() {
            match (name.as_str(), value) {
                ("content", value) => self.text.push_str(&plain(value)),
                ("refusal", Value::String(more)) => self.refusal.push_str(more),
                ("tool_calls", Value::Array(calls)) => calls.iter().for_each(|call| self.grow_call(call)),
                ("reasoning_details", Value::Array(more)) => {
                    more.iter().for_each(|detail| grow_detail(&mut self.details, detail));
                }
                (name, Value::String(more)) if super::is_reasoning(name) => {
                    let field = self.reasoning.entry(name).or_insert_with(|| Value::from(""));
                    append(field, more);
                }
                _ => {}
            }
        }
    }

    /// Joins a piece of a call in. Some give no index, and some give every call the same one: a new id is a new call.
    fn grow_call(&mut self, piece: &Value) {
        let (index, id) = (number(piece, "/index"), text_of(piece, "id"));
        let is_same = |call: &&mut Call| match index {
            Some(_) => call.index == index && (id.is_empty() || call.id.is_empty() || call.id == id),
            None => !id.is_empty() && call.id == id,
        };
        let named = piece.pointer("/function/name").and_then(Value::as_str).unwrap_or_default();
        let continues = index.is_none() && id.is_empty() && named.is_empty();
        let found = if continues {
            self.calls.len().checked_sub(1)
        } else {
            self.calls.iter_mut().rposition(|call| is_same(&call))
        };
        if found.is_none() {
            self.calls.push(Call { index, ..Call::default() });
        }
        let at = found.unwrap_or(self.calls.len().saturating_sub(1));
        if let Some(call) = self.calls.get_mut(at) {
            call.grow(piece, id, named);
        }
    }
}

impl Call {
    fn grow(&mut self, piece: &Value, id: &str, name: &str) {
        if self.id.is_empty() {
            id.clone_into(&mut self.id);
        }
        // A name comes whole, sometimes with every piece.
        if self.name.is_empty() {
            name.clone_into(&mut self.name);
        }
        match (&mut self.args, piece.pointer("/function/arguments")) {
            (Value::String(_), Some(Value::String(more))) => append(&mut self.args, more),
            (args, Some(more)) if !more.is_null() => *args = more.clone(),
            _ => {}
        }
        let known = ["index", "id", "type", "function"];
        for (name, value) in piece.as_object().into_iter().flatten() {
            if !known.contains(&name.as_str()) {
                self.rest.insert(name.clone(), value.clone());
            }
        }
    }

    fn close(mut self, place: usize) -> Result<(ToolCall, Value), Fault> {
        if self.name.is_empty() {
            return Err(garbled("a tool call has no name"));
        }
        let id = if self.id.is_empty() { place_id(place) } else { self.id };
        let args = object_args(Some(&self.args));
        // Some read what was called again: it has to be an object.
        let arguments = match (&args, self.args) {
            (Ok(_), Value::String(raw)) if !raw.trim().is_empty() => raw,
            (args, _) => sendable(args).to_string(),
        };
        self.rest.insert("id".to_owned(), Value::from(id.clone()));
        self.rest.insert("type".to_owned(), Value::from("function"));
        self.rest.insert("function".to_owned(), json!({"name": self.name, "arguments": arguments}));
        Ok((ToolCall { id, name: self.name, args }, Value::Object(self.rest)))
    }
}

impl dialect::Decoder for Decoder {
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault> {
        self.meter.event(event);
        if event.data.trim() == "[DONE]" {
            return Ok(());
        }
        self.take(&event_json(event)?, "delta")
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Fault> {
        let answer = body_json(body)?;
        self.meter.body(body);
        self.take(&answer, "message")
    }

    fn reading(&self) -> Reading {
        self.meter.reading()
    }

    fn finish(self: Box<Self>, latency_ms: u64) -> Result<Answer, Failed> {
        let reading = self.meter.reading();
        let mut draft = Draft { stop: self.stop, ..Draft::default() };
        if !self.refusal.is_empty() && draft.stop != Some(Stop::Filtered) {
            draft.stop = Some(Stop::Refusal);
        }
        draft.content.extend(
            self.reasoning.into_iter().map(|(name, value)| Value::Object(Map::from_iter([(name, value)]))),
        );
        if !self.details.is_empty() {
            draft.content.push(json!({"reasoning_details": self.details}));
        }
        let text = if self.text.is_empty() { self.refusal } else { self.text };
        if !text.is_empty() {
            draft.content.push(json!({"content": text}));
        }
        draft.texts.push(text);
        let mut calls = Vec::new();
        for (place, call) in self.calls.into_iter().enumerate() {
            let (call, native) = call.close(place).map_err(|fault| failed(fault, reading.clone()))?;
            draft.calls.push(call);
            calls.push(native);
        }
        if !calls.is_empty() {
            draft.content.push(json!({"tool_calls": calls}));
        }
        Ok(draft.answer(reading, &self.asked, latency_ms))
    }
}

/// The text of a content, which some give in pieces of several kinds.
fn plain(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(pieces) => {
            let texts = pieces.iter().filter(|piece| text_of(piece, "type") == "text");
            texts.map(|piece| text_of(piece, "text")).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => String::new(),
    }
}

/// Joins a piece of a reseller's reasoning to the one that it goes on with.
fn grow_detail(details: &mut Vec<Value>, piece: &Value) {
    let key = |detail: &Value| (number(detail, "/index"), text_of(detail, "type").to_owned());
    let same = details.iter_mut().find(|detail| key(detail).0.is_some() && key(detail) == key(piece));
    let (Some(Value::Object(known)), Some(more)) = (same, piece.as_object()) else {
        details.push(piece.clone());
        return;
    };
    for (name, value) in more {
        match (known.get_mut(name), value) {
            (Some(text @ Value::String(_)), Value::String(more))
                if ["text", "summary", "data"].contains(&name.as_str()) =>
            {
                append(text, more);
            }
            (_, Value::Null) => {}
            _ => {
                known.insert(name.clone(), value.clone());
            }
        }
    }
}

fn append(text: &mut Value, more: &str) {
    if let Value::String(text) = text {
        text.push_str(more);
    }
}

fn stop(reason: &str) -> Stop {
    match reason {
        "stop" | "eos" | "end_turn" => Stop::EndTurn,
        "tool_calls" | "function_call" => Stop::ToolUse,
        "length" | "max_tokens" | "model_length" => Stop::MaxTokens,
        "content_filter" | "sensitive" => Stop::Filtered,
        "refusal" => Stop::Refusal,
        _ => Stop::Other,
    }
}
