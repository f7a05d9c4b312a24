//! What a model says, in no provider's words; and the same in the words of each.

use serde_json::{Value, json};
use trireme_core::{Stop, Usage, Wire};

/// An answer.
#[derive(Clone)]
pub(crate) struct Script {
    pub(crate) served: String,
    pub(crate) thought: Option<&'static str>,
    pub(crate) text: &'static str,
    /// Id, tool and arguments as JSON text.
    pub(crate) calls: Vec<(&'static str, &'static str, &'static str)>,
    pub(crate) stop: Stop,
    pub(crate) usage: Option<Usage>,
    /// Whether there are blocks, fields and events that nobody knows.
    pub(crate) is_odd: bool,
}

impl Default for Script {
    fn default() -> Self {
        let usage = Usage { input: 90, cache_read: 10, output: 7, ..Usage::default() };
        Self {
            served: "m".to_owned(),
            thought: None,
            text: "Grüße, 世界 𝄞 \"data: \\n\"",
            calls: Vec::new(),
            stop: Stop::EndTurn,
            usage: Some(usage),
            is_odd: false,
        }
    }
}

impl Script {
    /// The whole answer.
    pub(crate) fn plain(&self, wire: Wire) -> Vec<u8> {
        let body = match wire {
            Wire::Anthropic => anthropic::whole(self),
            Wire::Responses => responses::whole(self),
            Wire::Chat => chat::whole(self),
            Wire::Gemini => gemini::chunk(self, gemini::parts(self), true),
            Wire::Ollama => ollama::line(self, self.text, self.thought, &self.calls, true),
        };
        body.to_string().into_bytes()
    }

    /// The same as the events of a stream, each with the bytes that end it.
    pub(crate) fn streamed(&self, wire: Wire) -> Vec<String> {
        match wire {
            Wire::Anthropic => named(anthropic::events(self)),
            Wire::Responses => named(responses::events(self)),
            Wire::Chat => {
                let mut all = vec![": PROCESSING\n\n".to_owned()];
                all.extend(chat::chunks(self).iter().map(|chunk| format!("data: {chunk}\n\n")));
                all.push("data: [DONE]\n\n".to_owned());
                all
            }
            Wire::Gemini => {
                gemini::chunks(self).iter().map(|chunk| format!("data: {chunk}\r\n\r\n")).collect()
            }
            Wire::Ollama => ollama::lines(self).iter().map(|line| format!("{line}\n")).collect(),
        }
    }

    /// Two halves of the text, as deltas.
    fn halves(&self) -> Vec<&'static str> {
        let middle = self.text.chars().count() / 2;
        let at = self.text.char_indices().nth(middle).map_or(0, |(at, _)| at);
        [&self.text[..at], &self.text[at..]].into_iter().filter(|half| !half.is_empty()).collect()
    }
}

fn named(events: Vec<Value>) -> Vec<String> {
    events
        .iter()
        .map(|event| format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
        .collect()
}

fn args(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
}

mod anthropic {
    use super::*;

    fn usage(script: &Script) -> Value {
        script.usage.map_or(Value::Null, |usage| {
            json!({"input_tokens": usage.input, "cache_read_input_tokens": usage.cache_read,
                "output_tokens": usage.output})
        })
    }

    fn stop(stop: Stop) -> &'static str {
        match stop {
            Stop::EndTurn => "end_turn",
            Stop::ToolUse => "tool_use",
            Stop::MaxTokens => "max_tokens",
            Stop::Refusal => "refusal",
            Stop::Filtered | Stop::Other => "no_such_reason",
        }
    }

    fn blocks(script: &Script) -> Vec<Value> {
        let mut blocks = Vec::new();
        if script.is_odd {
            blocks.push(json!({"type": "server_oddity", "payload": {"deep": [1]}}));
        }
        blocks.extend(
            script
                .thought
                .map(|thought| json!({"type": "thinking", "thinking": thought, "signature": "c2ln"})),
        );
        if !script.text.is_empty() {
            blocks.push(json!({"type": "text", "text": script.text}));
        }
        blocks.extend(
            script.calls.iter().map(
                |(id, name, raw)| json!({"type": "tool_use", "id": id, "name": name, "input": args(raw)}),
            ),
        );
        blocks
    }

    pub(super) fn whole(script: &Script) -> Value {
        json!({"type": "message", "id": "msg_1", "role": "assistant", "model": script.served,
            "content": blocks(script), "stop_reason": stop(script.stop), "usage": usage(script)})
    }

    pub(super) fn events(script: &Script) -> Vec<Value> {
        let mut events =
            vec![json!({"type": "message_start", "message": {"id": "msg_1", "role": "assistant",
            "model": script.served, "content": [], "usage": usage(script)}})];
        if script.is_odd {
            events.push(json!({"type": "oddity", "what": 1}));
        }
        for (index, block) in blocks(script).into_iter().enumerate() {
            let deltas = match block["type"].as_str().unwrap() {
                "text" => {
                    script.halves().iter().map(|half| json!({"type": "text_delta", "text": half})).collect()
                }
                "thinking" => vec![
                    json!({"type": "thinking_delta", "thinking": block["thinking"]}),
                    json!({"type": "signature_delta", "signature": block["signature"]}),
                ],
                "tool_use" => {
                    let raw = script.calls.iter().find(|call| block["id"] == call.0).unwrap().2;
                    vec![
                        json!({"type": "input_json_delta", "partial_json": &raw[..3]}),
                        json!({"type": "input_json_delta", "partial_json": &raw[3..]}),
                    ]
                }
                _ => vec![json!({"type": "odd_delta", "more": true})],
            };
            let mut empty = block.clone();
            for field in ["text", "thinking", "signature"] {
                if empty.get(field).is_some() {
                    empty[field] = Value::from("");
                }
            }
            if empty.get("input").is_some() {
                empty["input"] = json!({});
            }
            events.push(json!({"type": "content_block_start", "index": index, "content_block": empty}));
            events.extend(
                deltas
                    .into_iter()
                    .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
            );
            events.push(json!({"type": "content_block_stop", "index": index}));
        }
        events.push(json!({"type": "message_delta", "delta": {"stop_reason": stop(script.stop)}, "usage": usage(script)}));
        events.push(json!({"type": "message_stop"}));
        events
    }
}

mod responses {
    use super::*;

    fn items(script: &Script) -> Vec<Value> {
        let mut items = Vec::new();
        if script.is_odd {
            items.push(json!({"type": "oddity", "id": "o_1", "payload": [1]}));
        }
        items.extend(script.thought.map(|thought| {
            json!({"type": "reasoning", "id": "rs_1",
            "summary": [{"type": "summary_text", "text": thought}], "encrypted_content": "ZW5j"})
        }));
        let part = match script.stop {
            Stop::Refusal => json!({"type": "refusal", "refusal": script.text}),
            Stop::EndTurn | Stop::ToolUse | Stop::MaxTokens | Stop::Filtered | Stop::Other => {
                json!({"type": "output_text", "text": script.text, "annotations": []})
            }
        };
        if !script.text.is_empty() {
            items.push(json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
                "content": [part]}));
        }
        items.extend(script.calls.iter().map(|(id, name, raw)| {
            json!({"type": "function_call",
            "id": format!("fc_{id}"), "call_id": id, "name": name, "arguments": raw, "status": "completed"})
        }));
        items
    }

    pub(super) fn whole(script: &Script) -> Value {
        let usage = script.usage.map(|usage| {
            json!({"input_tokens": usage.read(),
            "input_tokens_details": {"cached_tokens": usage.cache_read}, "output_tokens": usage.output,
            "total_tokens": usage.read() + usage.output})
        });
        let (status, details) = match script.stop {
            Stop::MaxTokens => ("incomplete", json!({"reason": "max_output_tokens"})),
            Stop::Filtered => ("incomplete", json!({"reason": "content_filter"})),
            Stop::EndTurn | Stop::ToolUse | Stop::Refusal | Stop::Other => ("completed", Value::Null),
        };
        json!({"id": "resp_1", "object": "response", "model": script.served, "status": status, "error": null,
            "incomplete_details": details, "output": items(script), "usage": usage})
    }

    pub(super) fn events(script: &Script) -> Vec<Value> {
        let whole = whole(script);
        let mut events = vec![json!({"type": "response.created", "response": {"id": "resp_1",
            "model": script.served, "status": "in_progress", "output": [], "usage": null}})];
        if script.is_odd {
            events.push(json!({"type": "response.oddity", "what": 1}));
        }
        for (index, item) in items(script).into_iter().enumerate() {
            events.push(json!({"type": "response.output_item.added", "output_index": index, "item": item}));
            if item["type"] == "message" {
                events.extend(script.halves().iter().map(|half| {
                    json!({"type": "response.output_text.delta",
                    "output_index": index, "delta": half})
                }));
            }
            events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item}));
        }
        let end = format!("response.{}", whole["status"].as_str().unwrap());
        events.push(json!({"type": end, "response": whole}));
        events
    }
}

mod chat {
    use super::*;

    fn usage(script: &Script) -> Value {
        script.usage.map_or(Value::Null, |usage| {
            json!({"prompt_tokens": usage.read(), "completion_tokens": usage.output,
                "prompt_tokens_details": {"cached_tokens": usage.cache_read}})
        })
    }

    fn stop(stop: Stop) -> &'static str {
        match stop {
            Stop::EndTurn | Stop::Refusal => "stop",
            Stop::ToolUse => "tool_calls",
            Stop::MaxTokens => "length",
            Stop::Filtered => "content_filter",
            Stop::Other => "no_such_reason",
        }
    }

    fn field(script: &Script) -> &'static str {
        if script.stop == Stop::Refusal { "refusal" } else { "content" }
    }

    fn call(id: &str, name: &str, raw: &str) -> Value {
        json!({"id": id, "type": "function", "function": {"name": name, "arguments": raw}})
    }

    pub(super) fn whole(script: &Script) -> Value {
        let mut message = json!({"role": "assistant", field(script): script.text});
        if let Some(thought) = script.thought {
            message["reasoning_content"] = Value::from(thought);
        }
        if !script.calls.is_empty() {
            message["tool_calls"] = script.calls.iter().map(|(id, name, raw)| call(id, name, raw)).collect();
        }
        if script.is_odd {
            message["oddity"] = json!([1]);
        }
        json!({"id": "c_1", "object": "chat.completion", "model": script.served,
            "choices": [{"index": 0, "message": message, "finish_reason": stop(script.stop)}], "usage": usage(script)})
    }

    pub(super) fn chunks(script: &Script) -> Vec<Value> {
        let chunk = |delta: Value, reason: Value| {
            json!({"id": "c_1", "object": "chat.completion.chunk", "model": script.served,
                "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        };
        let more = |delta: Value| chunk(delta, Value::Null);
        let mut chunks = vec![more(json!({"role": "assistant"}))];
        if script.is_odd {
            chunks.push(more(json!({"oddity": {"deep": 1}})));
            chunks.push(json!({"object": "oddity", "choices": []}));
        }
        chunks.extend(script.thought.map(|thought| more(json!({"reasoning_content": thought}))));
        chunks.extend(script.halves().iter().map(|half| more(json!({field(script): half}))));
        for (index, (id, name, raw)) in script.calls.iter().enumerate() {
            let mut first = call(id, name, &raw[..3]);
            first["index"] = Value::from(index);
            chunks.push(more(json!({"tool_calls": [first]})));
            chunks
                .push(more(json!({"tool_calls": [{"index": index, "function": {"arguments": &raw[3..]}}]})));
        }
        chunks.push(chunk(json!({}), Value::from(stop(script.stop))));
        chunks.push(json!({"id": "c_1", "model": script.served, "choices": [], "usage": usage(script)}));
        chunks
    }
}

mod gemini {
    use super::*;

    pub(super) fn parts(script: &Script) -> Vec<Value> {
        let mut parts = Vec::new();
        if script.is_odd {
            parts.push(json!({"oddity": {"deep": [1]}}));
        }
        parts.extend(script.thought.map(|thought| json!({"text": thought, "thought": true})));
        parts.extend(script.halves().iter().map(|half| json!({"text": half})));
        for (index, (id, name, raw)) in script.calls.iter().enumerate() {
            let mut part = json!({"functionCall": {"id": id, "name": name, "args": args(raw)}});
            if index == 0 && script.thought.is_some() {
                part["thoughtSignature"] = Value::from("c2ln");
            }
            parts.push(part);
        }
        parts
    }

    pub(super) fn chunk(script: &Script, parts: Vec<Value>, is_last: bool) -> Value {
        let mut candidate = json!({"index": 0, "content": {"role": "model", "parts": parts}});
        let mut chunk = json!({"modelVersion": script.served, "responseId": "r_1"});
        if is_last {
            candidate["finishReason"] = Value::from(match script.stop {
                Stop::EndTurn | Stop::ToolUse => "STOP",
                Stop::MaxTokens => "MAX_TOKENS",
                Stop::Filtered => "SAFETY",
                Stop::Refusal | Stop::Other => "NO_SUCH_REASON",
            });
            if let Some(usage) = script.usage {
                chunk["usageMetadata"] = json!({"promptTokenCount": usage.read(),
                    "cachedContentTokenCount": usage.cache_read, "candidatesTokenCount": usage.output - 2,
                    "thoughtsTokenCount": 2});
            }
        }
        chunk["candidates"] = json!([candidate]);
        chunk
    }

    pub(super) fn chunks(script: &Script) -> Vec<Value> {
        let mut chunks: Vec<_> =
            parts(script).into_iter().map(|part| chunk(script, vec![part], false)).collect();
        chunks.push(chunk(script, Vec::new(), true));
        chunks
    }
}

mod ollama {
    use super::*;

    type Call = (&'static str, &'static str, &'static str);

    pub(super) fn line(
        script: &Script,
        text: &str,
        thought: Option<&str>,
        calls: &[Call],
        is_last: bool,
    ) -> Value {
        let mut message = json!({"role": "assistant", "content": text});
        if let Some(thought) = thought {
            message["thinking"] = Value::from(thought);
        }
        if !calls.is_empty() {
            let call = |(_, name, raw): &Call| json!({"function": {"name": name, "arguments": args(raw)}});
            message["tool_calls"] = calls.iter().map(call).collect();
        }
        if script.is_odd {
            message["oddity"] = json!([1]);
        }
        let mut line = json!({"model": script.served, "created_at": "2026-11-20T12:00:00Z", "message": message,
            "done": is_last});
        if is_last {
            line["done_reason"] = Value::from(match script.stop {
                Stop::EndTurn | Stop::ToolUse => "stop",
                Stop::MaxTokens => "length",
                Stop::Refusal | Stop::Filtered | Stop::Other => "no_such_reason",
            });
            if let Some(usage) = script.usage {
                line["prompt_eval_count"] = Value::from(usage.read());
                line["eval_count"] = Value::from(usage.output);
            }
        }
        line
    }

    pub(super) fn lines(script: &Script) -> Vec<Value> {
        let mut lines = Vec::new();
        lines.extend(script.thought.map(|thought| line(script, "", Some(thought), &[], false)));
        lines.extend(script.halves().iter().map(|half| line(script, half, None, &[], false)));
        lines.extend(script.calls.iter().map(|call| line(script, "", None, &[*call], false)));
        lines.push(line(script, "", None, &[], true));
        lines
    }
}
