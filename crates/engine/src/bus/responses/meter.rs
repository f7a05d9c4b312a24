//! What an answer costs.
//!
//! Only the event that ends a stream has the usage; all others are told by their name and never parsed, the first apart,
//! which names the model.

use serde::Deserialize;
use serde_json::Value;
use trireme_core::{Money, Usage};

use crate::bus::dialect::{self, Reading};
use crate::bus::fields::{number, ticks};
use crate::bus::sse::SseEvent;

#[derive(Debug, Default)]
pub(super) struct Meter {
    reading: Reading,
}

/// An event that has the response in it.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Event {
    response: Response,
}

/// A response without its content.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Response {
    model: Option<String>,
    status: Option<String>,
    usage: Value,
    output: Vec<Item>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Item {
    #[serde(rename = "type")]
    kind: Option<String>,
}

impl Meter {
    fn read(&mut self, response: Response, ended: bool) {
        let searches = response.output.iter().filter(|item| item.is_search()).count();
        self.reading.ended |= ended;
        self.reading.usage = usage(&response.usage, searches as u64).or(self.reading.usage);
        self.reading.served = response.model.or(self.reading.served.take());
    }
}

impl Item {
    fn is_search(&self) -> bool {
        self.kind.as_deref().is_some_and(|kind| kind.starts_with("web_search"))
    }
}

impl dialect::Meter for Meter {
    fn event(&mut self, event: &SseEvent) {
        let ended = match kind(event) {
            "response.completed" | "response.incomplete" | "response.failed" => true,
            "response.created" => false,
            _ => return,
        };
        let Event { response } = serde_json::from_str(&event.data).unwrap_or_default();
        self.read(response, ended);
    }

    fn body(&mut self, body: &[u8]) {
        let response: Response = serde_json::from_slice(body).unwrap_or_default();
        // In the background it goes on after this answer.
        let ended = matches!(response.status.as_deref(), Some("completed" | "incomplete" | "failed"));
        self.read(response, ended);
    }

    fn reading(&self) -> Reading {
        self.reading.clone()
    }
}

/// Both totals include their parts: cached input, and thinking in the output.
fn usage(usage: &Value, searches: u64) -> Option<Usage> {
    let (read, output) = (number(usage, "/input_tokens")?, number(usage, "/output_tokens")?);
    let part = |pointer| number(usage, pointer).unwrap_or(0);
    let cache_read = part("/input_tokens_details/cached_tokens");
    let cache_write = part("/input_tokens_details/cache_write_tokens");
    let told = part("/server_side_tool_usage_details/web_search_calls");
    Some(Usage {
        input: read.saturating_sub(cache_read).saturating_sub(cache_write),
        cache_read,
        cache_write,
        // Some put thinking beside the output; the total knows.
        output: output.max(part("/total_tokens").saturating_sub(read)),
        searches: searches.max(told),
        reported: number(usage, "/cost_in_usd_ticks").map_or(Money::ZERO, ticks),
        ..Usage::default()
    })
}

/// The event's name, which the data has as well.
fn kind(event: &SseEvent) -> &str {
    if !event.name.is_empty() {
        return &event.name;
    }
    let named = |kind: &&&str| event.data.contains(&format!("\"{kind}\""));
    let telling = ["response.created", "response.completed", "response.incomplete", "response.failed"];
    telling.iter().find(named).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::dialect::Meter as _;
    use serde_json::json;

    fn event(kind: &str, response: Value, named: bool) -> SseEvent {
        let data = json!({"type": kind, "response": response}).to_string();
        SseEvent { name: if named { kind.to_owned() } else { String::new() }, data }
    }

    fn response(status: &str) -> Value {
        json!({"model": "m-2026-10-01", "status": status,
            "output": [{"type": "reasoning"}, {"type": "web_search_call"}, {"type": "message", "content": []}],
            "usage": {"input_tokens": 100, "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
                "output_tokens": 20, "output_tokens_details": {"reasoning_tokens": 15}, "total_tokens": 120}})
    }

    fn expected() -> Option<Usage> {
        Some(Usage {
            input: 30,
            cache_read: 60,
            cache_write: 10,
            output: 20,
            searches: 1,
            ..Usage::default()
        })
    }

    #[test]
    fn the_last_event_has_it_all() {
        for named in [true, false] {
            for end in ["completed", "incomplete", "failed"] {
                let mut meter = Meter::default();
                meter.event(&event("response.created", json!({"model": "m", "usage": null}), named));
                let delta = r#"{"type":"response.output_text.delta","delta":"say \"response.completed\""}"#;
                let name = if named { "response.output_text.delta" } else { "" };
                meter.event(&SseEvent { name: name.to_owned(), data: delta.to_owned() });
                let first = Reading { served: Some("m".to_owned()), usage: None, ended: false };
                assert_eq!(meter.reading(), first);
                meter.event(&event(&format!("response.{end}"), response(end), named));
                let served = Some("m-2026-10-01".to_owned());
                assert_eq!(meter.reading(), Reading { served, usage: expected(), ended: true });
            }
        }
    }

    #[test]
    fn a_plain_answer_that_goes_on_in_the_background_has_not_ended() {
        let read = |body: Value| {
            let mut meter = Meter::default();
            meter.body(body.to_string().as_bytes());
            meter.reading()
        };
        assert_eq!(
            (read(response("completed")).ended, read(response("completed")).usage),
            (true, expected())
        );
        assert!(!read(response("in_progress")).ended);
        assert_eq!(read(json!({"status": "completed", "model": "m"})).usage, None);
        assert_eq!(read(json!([1])), Reading::default());
        assert_eq!(read(json!({"status": "completed", "output": "odd"})), Reading::default());
    }
}
