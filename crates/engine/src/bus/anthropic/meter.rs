//! What an answer costs.
//!
//! `message_start` says what went in, `message_delta` what came out, `message_stop` that this was all. The deltas between
//! them are told by their name and never parsed.
//!
//! An answer may have taken several samplings, such as a summary of what came before. `iterations` lists them, and the
//! figures above the list leave some of them out: what is charged is the sum, and never less than those figures.

use serde::Deserialize;
use serde_json::Value;
use trireme_core::Usage;

use crate::bus::dialect::{self, Reading};
use crate::bus::fields::number;
use crate::bus::sse::SseEvent;

/// What has been said of the usage. Later figures replace earlier ones: the provider's counts are running totals.
#[derive(Debug, Default)]
pub(super) struct Meter {
    started: bool,
    served: Option<String>,
    read: Read,
    output_first: u64,
    output: Option<u64>,
    searches: u64,
    geo: bool,
    /// The sum of all samplings.
    iterations: Usage,
    ended: bool,
}

/// What went in.
#[derive(Debug, Default)]
struct Read {
    input: Option<u64>,
    cache_read: u64,
    created: u64,
    created_5m: u64,
    created_1h: u64,
}

/// A message, as a plain answer or as `message_start` has it, without its content.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Message {
    model: Option<String>,
    stop_reason: Option<String>,
    usage: Value,
}

/// An event that says anything about the usage.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    message: Message,
    usage: Value,
}

impl Meter {
    /// The usage of `message_start`; its output is a beginning, never the bill.
    fn first(&mut self, message: Message) {
        self.started = true;
        self.served = message.model.or(self.served.take());
        self.read(&message.usage);
        self.output_first = number(&message.usage, "/output_tokens").unwrap_or(self.output_first);
    }

    /// The usage of a `message_delta`, or of a whole message.
    fn last(&mut self, usage: &Value) {
        self.read(usage);
        self.output = number(usage, "/output_tokens").or(self.output);
    }

    fn read(&mut self, usage: &Value) {
        self.read.replace(usage);
        self.searches = number(usage, "/server_tool_use/web_search_requests").unwrap_or(self.searches);
        if let Some(region) = usage.get("inference_geo").and_then(Value::as_str) {
            self.geo = !matches!(region, "" | "global" | "not_available");
        }
        if let Some(iterations) = usage.get("iterations").and_then(Value::as_array) {
            self.iterations = iterations.iter().map(iteration).fold(Usage::default(), Usage::plus);
        }
    }

    /// The usage with that output; none where the provider never said what went in.
    fn usage(&self, output: u64) -> Option<Usage> {
        self.read.input?;
        let told = self.read.usage(output);
        let usage = at_least(self.iterations, told);
        Some(Usage { searches: self.searches, geo: self.geo, ..usage })
    }

    /// Whether the provider has said that the message is whole.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether `message_start` has come.
    pub(super) const fn has_started(&self) -> bool {
        self.started
    }

    /// The model that answers.
    pub(super) fn served(&self) -> Option<&str> {
        self.served.as_deref()
    }
}

impl Read {
    fn replace(&mut self, usage: &Value) {
        let replace = |count: &mut u64, pointer: &str| *count = number(usage, pointer).unwrap_or(*count);
        self.input = number(usage, "/input_tokens").or(self.input);
        replace(&mut self.cache_read, "/cache_read_input_tokens");
        replace(&mut self.created, "/cache_creation_input_tokens");
        replace(&mut self.created_5m, "/cache_creation/ephemeral_5m_input_tokens");
        replace(&mut self.created_1h, "/cache_creation/ephemeral_1h_input_tokens");
    }

    fn usage(&self, output: u64) -> Usage {
        Usage {
            input: self.input.unwrap_or(0),
            cache_read: self.cache_read,
            // What the provider does not split was asked for as the five-minute kind.
            cache_write: self.created_5m.max(self.created.saturating_sub(self.created_1h)),
            cache_write_1h: self.created_1h,
            output,
            ..Usage::default()
        }
    }
}

/// What one sampling used.
fn iteration(said: &Value) -> Usage {
    let mut read = Read::default();
    read.replace(said);
    read.usage(number(said, "/output_tokens").unwrap_or(0))
}

/// The greater of both in each kind. What one of them splits by its time in the cache and the other does not is the same
/// writing, and is counted once.
fn at_least(one: Usage, other: Usage) -> Usage {
    let written = |usage: &Usage| usage.cache_write.saturating_add(usage.cache_write_1h);
    let cache_write_1h = one.cache_write_1h.max(other.cache_write_1h);
    let rest = written(&one).max(written(&other)).saturating_sub(cache_write_1h);
    Usage {
        input: one.input.max(other.input),
        cache_read: one.cache_read.max(other.cache_read),
        cache_write: rest.max(one.cache_write),
        cache_write_1h,
        output: one.output.max(other.output),
        ..other
    }
}

impl dialect::Meter for Meter {
    fn event(&mut self, event: &SseEvent) {
        match kind(event) {
            "message_start" => {
                let Event { message, .. } = serde_json::from_str(&event.data).unwrap_or_default();
                self.first(message);
            }
            "message_delta" => {
                let Event { usage, .. } = serde_json::from_str(&event.data).unwrap_or_default();
                self.last(&usage);
            }
            // Without a beginning there is no end.
            "message_stop" => self.ended = self.started,
            _ => {}
        }
    }

    fn body(&mut self, body: &[u8]) {
        let message: Message = serde_json::from_slice(body).unwrap_or_default();
        self.ended = message.stop_reason.is_some();
        self.last(&message.usage);
        self.first(message);
    }

    fn reading(&self) -> Reading {
        let output = if self.ended { self.output } else { Some(self.output.unwrap_or(self.output_first)) };
        let usage = output.and_then(|output| self.usage(output));
        Reading { served: self.served.clone(), usage, ended: self.ended }
    }
}

/// The event's name. Some servers leave it out and have it in the data only, where a quotation mark that a model wrote is
/// escaped.
fn kind(event: &SseEvent) -> &str {
    if !event.name.is_empty() {
        return &event.name;
    }
    let named = |kind: &&&str| event.data.contains(&format!("\"{kind}\""));
    ["message_start", "message_delta", "message_stop"].iter().find(named).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::dialect::Meter as _;
    use serde_json::json;

    fn read(named: bool, events: &[Value]) -> Reading {
        let mut meter = Meter::default();
        for event in events {
            let name = if named { event["type"].as_str().unwrap().to_owned() } else { String::new() };
            meter.event(&SseEvent { name, data: event.to_string() });
        }
        meter.reading()
    }

    #[test]
    fn a_stream_is_metered_with_and_without_names() {
        let events = [
            json!({"type": "message_start", "message": {"model": "m", "usage":
                {"input_tokens": 9, "output_tokens": 2, "inference_geo": "us"}}}),
            json!({"type": "content_block_delta", "delta": {"text": "\"message_stop\""}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage":
                {"output_tokens": 40, "server_tool_use": {"web_search_requests": 3}}}),
            json!({"type": "message_stop"}),
        ];
        for named in [true, false] {
            let part = Usage { input: 9, output: 2, geo: true, ..Usage::default() };
            let served = Some("m".to_owned());
            assert_eq!(
                read(named, &events[..2]),
                Reading { served: served.clone(), usage: Some(part), ended: false }
            );
            let whole = Usage { output: 40, searches: 3, ..part };
            assert_eq!(read(named, &events), Reading { served, usage: Some(whole), ended: true });
            let without = [events[0].clone(), events[3].clone()];
            assert_eq!((read(named, &without).usage, read(named, &without).ended), (None, true));
        }
        assert_eq!(read(true, &events[2..]).usage, None);
        assert!(!read(true, &events[3..]).ended);
    }

    #[test]
    fn what_was_done_in_between_is_charged_too() {
        let whole = |usage: Value| {
            let mut meter = Meter::default();
            meter.body(
                json!({"model": "m", "stop_reason": "end_turn", "usage": usage}).to_string().as_bytes(),
            );
            meter.reading().usage.unwrap()
        };
        let compaction = json!({"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500,
            "cache_read_input_tokens": 7, "cache_creation_input_tokens": 5,
            "cache_creation": {"ephemeral_5m_input_tokens": 1, "ephemeral_1h_input_tokens": 4}});
        let message = json!({"type": "message", "input_tokens": 23_000, "output_tokens": 1_000});
        let told = json!({"input_tokens": 23_000, "output_tokens": 1_000,
            "iterations": [compaction.clone(), message.clone()]});
        let all = Usage {
            input: 203_000,
            output: 4_500,
            cache_read: 7,
            cache_write: 1,
            cache_write_1h: 4,
            ..Usage::default()
        };
        assert_eq!(whole(told), all);
        let less = json!({"input_tokens": 400_000, "output_tokens": 5_000, "cache_creation_input_tokens": 100,
            "iterations": [compaction.clone(), {"type": "odd"}, 7]});
        let most = Usage { input: 400_000, output: 5_000, cache_write: 96, cache_write_1h: 4, ..all };
        assert_eq!(whole(less), most, "never less than the top level says");
        for none in [json!(null), json!([]), json!("odd")] {
            let plain = whole(json!({"input_tokens": 2, "output_tokens": 3, "iterations": none}));
            assert_eq!(plain, Usage { input: 2, output: 3, ..Usage::default() });
        }
        let events = [
            json!({"type": "message_start", "message": {"model": "m", "usage":
                {"input_tokens": 23_000, "output_tokens": 2, "iterations": [message]}}}),
            json!({"type": "message_delta", "delta": {}, "usage":
                {"output_tokens": 1_000, "iterations": [compaction, message]}}),
            json!({"type": "message_stop"}),
        ];
        assert_eq!(read(true, &events).usage, Some(all));
    }

    #[test]
    fn a_plain_answer_is_whole_with_a_reason_to_stop() {
        let read = |body: &str| {
            let mut meter = Meter::default();
            meter.body(body.as_bytes());
            meter.reading()
        };
        let whole = r#"{"model":"m","stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2,
            "inference_geo":"global"}}"#;
        let usage = Usage { input: 1, output: 2, ..Usage::default() };
        assert_eq!(read(whole), Reading { served: Some("m".to_owned()), usage: Some(usage), ended: true });
        assert_eq!(read("[]"), Reading { ended: false, served: None, usage: None });
    }
}
