//! From events to an answer. Items are taken whole, as `response.output_item.done` or the response itself has them, and
//! go back verbatim; the deltas before them say nothing more.

use std::collections::BTreeMap;

use serde_json::Value;
use trireme_core::{Fault, Stop};

use super::meter::Meter;
use crate::bus::call::{Answer, Failed, ToolCall};
use crate::bus::dialect::{self, Meter as _, Reading};
use crate::bus::fields::{number, text as text_of};
use crate::bus::parts::{Draft, body_json, event_json, failed, garbled, must_be_asked, parse_args, reported};
use crate::bus::sse::SseEvent;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    has_begun: bool,
    items: BTreeMap<u64, Value>,
    stop: Option<Stop>,
    meter: Meter,
}

impl Decoder {
    pub(super) fn new(asked: String) -> Self {
        Self { asked, has_begun: false, items: BTreeMap::new(), stop: None, meter: Meter::default() }
    }

    fn begin(&mut self) -> Result<(), Fault> {
        self.has_begun = true;
        must_be_asked(&self.asked, self.meter.reading().served.as_deref())
    }

    /// The response as it is at its end.
    fn end(&mut self, response: &Value) -> Result<(), Fault> {
        self.begin()?;
        let output = response.get("output").and_then(Value::as_array);
        // Some leave the output of the last event empty, since it was all sent before.
        if let Some(output) = output.filter(|output| !output.is_empty()) {
            self.items = (0..).zip(output.iter().cloned()).collect();
        }
        self.stop = Some(match text_of(response, "status") {
            "failed" => return Err(reported(response.get("error").unwrap_or(&Value::Null), true)),
            "incomplete" => match response.pointer("/incomplete_details/reason").and_then(Value::as_str) {
                Some("max_output_tokens" | "max_tokens") => Stop::MaxTokens,
                Some("content_filter") => Stop::Filtered,
                _ => Stop::Other,
            },
            _ => Stop::EndTurn,
        });
        Ok(())
    }
}

impl dialect::Decoder for Decoder {
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault> {
        if event.data.trim() == "[DONE]" {
            return Ok(());
        }
        let value = event_json(event)?;
        // The data's own type counts, whatever the event is called.
        let name = text_of(&value, "type").to_owned();
        self.meter.event(&SseEvent { name: name.clone(), data: event.data.clone() });
        match name.as_str() {
            "response.created" | "response.in_progress" => self.begin(),
            "response.output_item.done" => {
                let index = number(&value, "/output_index").unwrap_or(self.items.len() as u64);
                self.items.extend(value.get("item").map(|item| (index, item.clone())));
                Ok(())
            }
            "response.completed" | "response.incomplete" | "response.failed" => {
                self.end(value.get("response").unwrap_or(&Value::Null))
            }
            "error" => Err(reported(value.get("error").unwrap_or(&value), self.has_begun)),
            _ => Ok(()),
        }
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Fault> {
        let response = body_json(body)?;
        self.meter.body(body);
        if let Some(error) = response.get("error").filter(|error| !error.is_null()) {
            return Err(reported(error, response.get("status").is_some()));
        }
        self.end(&response)
    }

    fn reading(&self) -> Reading {
        self.meter.reading()
    }

    fn finish(self: Box<Self>, latency_ms: u64) -> Result<Answer, Failed> {
        let reading = self.meter.reading();
        let mut draft = Draft { stop: self.stop, ..Draft::default() };
        for mut item in self.items.into_values() {
            match text_of(&item, "type") {
                "message" => read_message(&item, &mut draft),
                "function_call" => {
                    let call = tool_call(&item).map_err(|fault| failed(fault, reading.clone()))?;
                    if call.args.is_err()
                        && let Some(fields) = item.as_object_mut()
                    {
                        fields.insert("arguments".to_owned(), Value::from("{}"));
                    }
                    draft.calls.push(call);
                }
                _ => {}
            }
            draft.content.push(item);
        }
        Ok(draft.answer(reading, &self.asked, latency_ms))
    }
}

fn read_message(item: &Value, draft: &mut Draft) {
    for part in item.get("content").and_then(Value::as_array).into_iter().flatten() {
        match text_of(part, "type") {
            "output_text" => draft.texts.push(text_of(part, "text").to_owned()),
            "refusal" => {
                draft.texts.push(text_of(part, "refusal").to_owned());
                if draft.stop != Some(Stop::Filtered) {
                    draft.stop = Some(Stop::Refusal);
                }
            }
            _ => {}
        }
    }
}

fn tool_call(item: &Value) -> Result<ToolCall, Fault> {
    let field = |name: &str| match text_of(item, name) {
        "" => Err(garbled(format!("a tool call has no {name}"))),
        text => Ok(text.to_owned()),
    };
    Ok(ToolCall { id: field("call_id")?, name: field("name")?, args: parse_args(text_of(item, "arguments")) })
}
