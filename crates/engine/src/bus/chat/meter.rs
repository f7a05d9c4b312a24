//! What an answer costs.
//!
//! Chunks have no name, so a search of their bytes tells those that say anything: one with a usage, one with a reason to
//! stop, and the first, which names the model. A quotation mark that a model wrote is escaped and is never taken for one
//! of theirs.

use serde::Deserialize;
use serde_json::Value;
use trireme_core::{Money, Usage};

use crate::bus::dialect::{self, Reading};
use crate::bus::fields::{dollars, has_field, number, ticks};
use crate::bus::sse::SseEvent;

#[derive(Debug, Default)]
pub(super) struct Meter {
    reading: Reading,
    stopped: bool,
}

/// A chunk, or a whole answer, without its content.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Chunk {
    model: Option<String>,
    choices: Vec<Choice>,
    usage: Value,
    x_groq: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Choice {
    finish_reason: Value,
}

impl Meter {
    fn read(&mut self, json: &[u8]) {
        let chunk: Chunk = serde_json::from_slice(json).unwrap_or_default();
        // An upstream that broke in the middle is said to have stopped, too.
        let reason = |choice: &Choice| choice.finish_reason.as_str().is_some_and(|reason| reason != "error");
        self.stopped |= chunk.choices.iter().any(reason);
        let said = usage(&chunk.usage).or_else(|| usage(chunk.x_groq.get("usage")?));
        self.reading.usage = said.or(self.reading.usage);
        let model = chunk.model.filter(|model| !model.is_empty());
        self.reading.served = self.reading.served.take().or(model);
    }

    fn tells(&self, data: &str) -> bool {
        self.reading.served.is_none()
            || has_field(data, "\"usage\"")
            || !self.stopped && has_field(data, "\"finish_reason\"")
    }
}

impl dialect::Meter for Meter {
    fn event(&mut self, event: &SseEvent) {
        let data = event.data.trim();
        if data == "[DONE]" {
            self.reading.ended = self.stopped;
        } else if self.tells(data) {
            self.read(data.as_bytes());
        }
    }

    fn body(&mut self, body: &[u8]) {
        self.read(body);
        self.reading.ended = self.stopped;
    }

    fn reading(&self) -> Reading {
        self.reading.clone()
    }
}

/// The totals include their parts: cached input, and thinking in the output. Some name the parts in words of their own.
fn usage(usage: &Value) -> Option<Usage> {
    let (read, output) = (number(usage, "/prompt_tokens")?, number(usage, "/completion_tokens")?);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| number(usage, pointer)).unwrap_or(0);
    let cache_read =
        first(&["/prompt_tokens_details/cached_tokens", "/prompt_cache_hit_tokens", "/cached_tokens"]);
    let cache_write =
        first(&["/prompt_tokens_details/cache_write_tokens", "/prompt_tokens_details/cache_creation_tokens"]);
    Some(Usage {
        input: read.saturating_sub(cache_read).saturating_sub(cache_write),
        cache_read,
        cache_write,
        // Some put thinking beside the output; the total knows.
        output: output.max(first(&["/total_tokens"]).saturating_sub(read)),
        searches: first(&[
            "/server_tool_use/web_search_requests",
            "/server_side_tool_usage_details/web_search_calls",
            "/num_search_queries",
        ]),
        reported: reported(usage),
        ..Usage::default()
    })
}

/// What the provider says that the call cost, in its own currency of dollars or ticks. Who brings a key of the maker pays
/// the maker besides.
fn reported(usage: &Value) -> Money {
    let fee = dollars(usage.get("cost").unwrap_or(&Value::Null)).unwrap_or_default();
    let is_own_key = usage.get("is_byok").and_then(Value::as_bool).unwrap_or(false);
    let upstream = usage.pointer("/cost_details/upstream_inference_cost").filter(|_| is_own_key);
    let told = fee.plus(upstream.and_then(dollars).unwrap_or_default());
    told.max(number(usage, "/cost_in_usd_ticks").map_or(Money::ZERO, ticks))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bus::dialect::Meter as _;
    use serde_json::json;

    fn read(events: &[Value]) -> Reading {
        let mut meter = Meter::default();
        for event in events {
            let data = event.as_str().map_or_else(|| event.to_string(), str::to_owned);
            meter.event(&SseEvent { name: String::new(), data });
        }
        meter.reading()
    }

    fn chunk(delta: Value, reason: Value) -> Value {
        json!({"model": "m", "choices": [{"delta": delta, "finish_reason": reason}], "usage": null})
    }

    fn last(usage: Value) -> Value {
        json!({"model": "m", "choices": [], "usage": usage})
    }

    #[test]
    fn the_end_is_done_after_a_reason() {
        let usage = json!({"prompt_tokens": 100, "prompt_tokens_details": {"cached_tokens": 60,
            "cache_write_tokens": 10}, "completion_tokens": 20,
            "completion_tokens_details": {"reasoning_tokens": 15}, "total_tokens": 120});
        let text = chunk(
            json!({"content": "\"finish_reason\":\"stop\", \"usage\":{\"prompt_tokens\":1}"}),
            json!(null),
        );
        let whole = [text.clone(), chunk(json!({}), json!("stop")), last(usage), json!("[DONE]")];
        let expected = Usage { input: 30, cache_read: 60, cache_write: 10, output: 20, ..Usage::default() };
        let served = Some("m".to_owned());
        assert_eq!(read(&whole), Reading { served, usage: Some(expected), ended: true });
        for cut in 0..whole.len() {
            assert!(!read(&whole[..cut]).ended, "{cut}");
        }
        assert!(!read(&[text.clone(), json!("[DONE]")]).ended);
        assert!(!read(&[text.clone(), chunk(json!({}), json!("error")), json!("[DONE]")]).ended);
        let silent = read(&[text, chunk(json!({}), json!("length")), json!("[DONE]")]);
        assert_eq!((silent.usage, silent.ended), (None, true));
    }

    #[test]
    fn each_provider_s_own_words_are_read() {
        let read = |said: Value| read(&[last(said)]).usage.unwrap();
        let deepseek = json!({"prompt_tokens": 10, "completion_tokens": 1, "prompt_cache_hit_tokens": 4});
        assert_eq!((read(deepseek.clone()).input, read(deepseek).cache_read), (6, 4));
        let beside =
            json!({"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 31, "cost_in_usd_ticks": 11});
        assert_eq!((read(beside.clone()).output, read(beside).reported), (21, Money::nanos(2)));
        let router = json!({"prompt_tokens": 10, "completion_tokens": 1, "cost": 0.00014,
            "server_tool_use": {"web_search_requests": 3}, "cost_details": {"upstream_inference_cost": 1}});
        assert_eq!((read(router.clone()).reported, read(router).searches), (Money::nanos(140_000), 3));
        let own_key = json!({"prompt_tokens": 10, "completion_tokens": 1, "cost": 0.01, "is_byok": true,
            "cost_details": {"upstream_inference_cost": 0.2}});
        assert_eq!(read(own_key).reported, Money::cents(21));
        let groq = super::tests::read(&[json!({"model": "m", "choices": [{"finish_reason": "stop"}],
            "x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 2}}})]);
        assert_eq!(groq.usage.unwrap().output, 2);
    }

    #[test]
    fn a_plain_answer_is_read_and_noise_is_not() {
        let plain = |body: &str| {
            let mut meter = Meter::default();
            meter.body(body.as_bytes());
            meter.reading()
        };
        let body = r#"{"model":"m","choices":[{"finish_reason":"stop","message":{"content":"x"}}],
            "usage":{"prompt_tokens":1,"completion_tokens":2}}"#;
        assert_eq!((plain(body).ended, plain(body).usage.unwrap().output), (true, 2));
        for noise in ["", "<html>", "[]", r#"{"choices":7}"#, r#"{"usage":[]}"#] {
            assert_eq!(plain(noise), Reading::default(), "{noise}");
        }
    }
}
