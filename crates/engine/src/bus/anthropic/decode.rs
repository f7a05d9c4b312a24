//! From the events of a stream to an answer.
//!
//! Content blocks are kept as they came, with deltas joined in by one rule, so that a block or a delta that this version
//! does not know survives the round trip. `message_stop` is the only end.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use reqwest::header::HeaderMap;
use serde_json::{Map, Value};
use trireme_core::{Fault, Reply, Stop, Usage};

use crate::bus::http;
use crate::bus::wire::{Answer, Failed, ToolCall};

/// How much of malformed arguments is shown to the model, in characters.
const RAW_CHARS: usize = 200;

#[derive(Debug)]
pub(super) struct Decoder {
    asked: String,
    served: Option<String>,
    blocks: BTreeMap<u64, Block>,
    stop: Option<Stop>,
    meter: Meter,
    done: bool,
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
        Self {
            asked,
            served: None,
            blocks: BTreeMap::new(),
            stop: None,
            meter: Meter::default(),
            done: false,
        }
    }

    /// Whether the provider has said that the message is whole.
    pub(super) const fn is_done(&self) -> bool {
        self.done
    }

    /// What has been said of the usage: at least what went in.
    pub(super) fn usage_so_far(&self) -> Option<Usage> {
        self.meter.usage(self.meter.output.unwrap_or(self.meter.output_first))
    }

    /// Takes one event's data. Events of unknown type are passed over, as the protocol asks.
    pub(super) fn take(&mut self, data: &str) -> Result<(), Fault> {
        let event: Value =
            serde_json::from_str(data).map_err(|error| garbled(format!("an event is no JSON: {error}")))?;
        let kind = text_of(&event, "type");
        if self.served.is_none() && kind.starts_with("message_d") | kind.starts_with("content_") {
            return Err(garbled(format!("{kind} came before message_start")));
        }
        match kind {
            "message_start" => self.start(&event),
            "content_block_start" => self.open_block(&event),
            "content_block_delta" => self.grow_block(&event),
            "message_delta" => {
                self.end(&event);
                Ok(())
            }
            "message_stop" if self.served.is_none() => {
                Err(garbled("message_stop came before message_start".to_owned()))
            }
            "message_stop" => {
                self.done = true;
                Ok(())
            }
            "error" => Err(self.error(&event)),
            _ => Ok(()),
        }
    }

    fn start(&mut self, event: &Value) -> Result<(), Fault> {
        let message = event.get("message").unwrap_or(&Value::Null);
        self.meter.first(message.get("usage"));
        let served = text_of(message, "model").to_owned();
        let is_asked = is_same_model(&self.asked, &served);
        self.served = Some(served.clone());
        // Leaving now ends a stream that nobody asked for.
        if is_asked { Ok(()) } else { Err(Fault::WrongModel { served }) }
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

    fn end(&mut self, event: &Value) {
        self.meter.last(event.get("usage"));
        let delta = event.get("delta").unwrap_or(&Value::Null);
        if let Some(reason) = delta.get("stop_reason").and_then(Value::as_str) {
            self.stop = Some(stop(reason));
        }
    }

    /// After `message_start` the provider has read the request, which may be billed: whatever it calls the error, the
    /// answer was cut.
    fn error(&self, event: &Value) -> Fault {
        let error = event.get("error").unwrap_or(&Value::Null);
        let (kind, message) = (text_of(error, "type"), text_of(error, "message"));
        if self.served.is_some() {
            return Fault::Cut { message: format!("{kind}: {message}") };
        }
        http::refusal(status_of(kind), &HeaderMap::new(), kind, message.to_owned())
    }

    /// The whole answer, `latency_ms` after its request was sent.
    pub(super) fn finish(self, latency_ms: u64) -> Result<Answer, Failed> {
        let usage = self.meter.output.and_then(|output| self.meter.usage(output));
        let reply = Reply {
            served: self.served.unwrap_or_default(),
            stop: self.stop.unwrap_or(Stop::Other),
            usage,
            latency_ms,
        };
        let (mut content, mut texts, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for block in self.blocks.into_values() {
            let (fields, args) = block.close();
            match fields.get("type").and_then(Value::as_str) {
                Some("text") => texts.extend(fields.get("text").and_then(Value::as_str).map(str::to_owned)),
                Some("tool_use") => match tool_call(&fields, args) {
                    Ok(call) => calls.push(call),
                    Err(fault) => return Err(Failed { fault, usage }),
                },
                _ => {}
            }
            content.push(Value::Object(fields));
        }
        texts.retain(|text| !text.is_empty());
        Ok(Answer { reply, content, text: texts.join("\n"), calls })
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

fn parse_args(raw: &str) -> Result<Value, String> {
    match serde_json::from_str(raw) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(no_object(raw)),
        Err(error) => Err(format!("the arguments are no JSON ({error}): {}", head(raw))),
    }
}

fn no_object(raw: &str) -> String {
    format!("the arguments are no JSON object: {}", head(raw))
}

fn head(raw: &str) -> String {
    raw.chars().take(RAW_CHARS).collect()
}

fn tool_call(fields: &Map<String, Value>, args: Result<Value, String>) -> Result<ToolCall, Fault> {
    let field = |name: &str| {
        let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.map(str::to_owned).ok_or_else(|| garbled(format!("a tool call has no {name}")))
    };
    Ok(ToolCall { id: field("id")?, name: field("name")?, args })
}

/// What has been said of the usage. Later figures replace earlier ones: the provider's counts are running totals.
#[derive(Debug, Default)]
struct Meter {
    input: Option<u64>,
    cache_read: u64,
    created: u64,
    created_5m: u64,
    created_1h: u64,
    output_first: u64,
    output: Option<u64>,
}

impl Meter {
    /// The usage of `message_start`; its output is a beginning, never the bill.
    fn first(&mut self, usage: Option<&Value>) {
        self.read(usage);
        self.output_first = number(usage, "output_tokens").unwrap_or(0);
    }

    /// The usage of a `message_delta`.
    fn last(&mut self, usage: Option<&Value>) {
        self.read(usage);
        self.output = number(usage, "output_tokens").or(self.output);
    }

    fn read(&mut self, usage: Option<&Value>) {
        let split = usage.and_then(|usage| usage.get("cache_creation"));
        let replace = |count: &mut u64, said: Option<u64>| *count = said.unwrap_or(*count);
        self.input = number(usage, "input_tokens").or(self.input);
        replace(&mut self.cache_read, number(usage, "cache_read_input_tokens"));
        replace(&mut self.created, number(usage, "cache_creation_input_tokens"));
        replace(&mut self.created_5m, number(split, "ephemeral_5m_input_tokens"));
        replace(&mut self.created_1h, number(split, "ephemeral_1h_input_tokens"));
    }

    /// The usage with that output; none where the provider never said what went in.
    fn usage(&self, output: u64) -> Option<Usage> {
        Some(Usage {
            input: self.input?,
            cache_read: self.cache_read,
            // What the provider does not split was asked for as the five-minute kind.
            cache_write: self.created_5m.max(self.created.saturating_sub(self.created_1h)),
            cache_write_1h: self.created_1h,
            output,
            ..Usage::default()
        })
    }
}

fn number(object: Option<&Value>, name: &str) -> Option<u64> {
    object.and_then(|object| object.get(name)).and_then(Value::as_u64)
}

fn text_of<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn index_of(event: &Value) -> Result<u64, Fault> {
    number(Some(event), "index").ok_or_else(|| garbled("an event of a content block has no index".to_owned()))
}

fn garbled(message: String) -> Fault {
    Fault::Garbled { message }
}

/// The asked name itself, or that name with a date: `claude-x` and `claude-x-20261001`.
fn is_same_model(asked: &str, served: &str) -> bool {
    let is_date = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    match served.strip_prefix(asked) {
        Some("") => true,
        Some(suffix) => suffix.strip_prefix('-').is_some_and(is_date),
        None => false,
    }
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
