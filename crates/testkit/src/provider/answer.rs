//! An answer in the words of each wire, plain and as events.

use serde_json::{Value, json};
use trireme_core::{Usage, Wire};

/// What a model says: a text or a call of a tool.
pub struct Answer {
    wire: Wire,
    model: Value,
    usage: Value,
    tool: String,
    odd: bool,
}

const TEXT: [&str; 3] = ["Row", " your", " boat."];
const ARGS: &str = r#"{"city":"Piraeus"}"#;

impl Answer {
    /// The answer to a request.
    #[must_use]
    pub fn new(wire: Wire, asked: &Value, usage: Usage, tool: &str, fault: &str) -> Self {
        let usage = if fault == "no-usage" { Value::Null } else { told(wire, &usage) };
        Self {
            wire,
            model: asked["model"].clone(),
            usage,
            tool: tool.to_owned(),
            odd: fault == "unknown-events",
        }
    }

    /// As one body.
    #[must_use]
    pub fn whole(&self) -> Value {
        let body = match self.wire {
            Wire::Anthropic => {
                let (block, stop) = match self.calls() {
                    false => (json!({"type": "text", "text": TEXT.concat(), "citations": null}), "end_turn"),
                    true => {
                        let input: Value = serde_json::from_str(ARGS).unwrap();
                        (
                            json!({"type": "tool_use", "id": "toolu_1", "name": self.tool, "input": input}),
                            "tool_use",
                        )
                    }
                };
                json!({"id": "msg_1", "type": "message", "role": "assistant", "model": self.model, "content": [block],
                    "stop_reason": stop, "stop_sequence": null, "usage": self.usage})
            }
            Wire::Responses => self.response("completed", vec![self.item()], self.usage.clone()),
            _ => {
                let (message, finish) = match self.calls() {
                    false => {
                        (json!({"role": "assistant", "content": TEXT.concat(), "refusal": null}), "stop")
                    }
                    true => (
                        json!({"role": "assistant", "content": null, "tool_calls": [
                        {"id": "call_1", "type": "function", "function": {"name": self.tool, "arguments": ARGS}}]}),
                        "tool_calls",
                    ),
                };
                json!({"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": self.model,
                    "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": null}],
                    "usage": self.usage})
            }
        };
        without_null_usage(body)
    }

    /// As events; the last two are the end and what it says was used.
    #[must_use]
    pub fn events(&self) -> Vec<String> {
        let mut events = match self.wire {
            Wire::Anthropic => self.messages(),
            Wire::Responses => self.response_events(),
            _ => self.chunks(),
        };
        if self.odd {
            events.insert(
                1,
                "event: from_the_future\ndata: {\"type\":\"from_the_future\",\"usage\":7}\n\n".to_owned(),
            );
        }
        events
    }

    fn calls(&self) -> bool {
        !self.tool.is_empty()
    }

    fn messages(&self) -> Vec<String> {
        let mut whole = self.whole();
        let end = whole["stop_reason"].take();
        let mut block = whole["content"][0].clone();
        whole["content"] = json!([]);
        let deltas: Vec<Value> = if self.calls() {
            block["input"] = json!({});
            vec![json!({"type": "input_json_delta", "partial_json": ARGS})]
        } else {
            block["text"] = json!("");
            TEXT.iter().map(|text| json!({"type": "text_delta", "text": text})).collect()
        };
        let output = self.usage.get("output_tokens").cloned();
        if let Some(usage) = whole.get_mut("usage") {
            usage["output_tokens"] = json!(1);
        }
        let mut last = json!({"type": "message_delta", "delta": {"stop_reason": end, "stop_sequence": null}});
        if let Some(output) = output {
            last["usage"] = json!({"output_tokens": output});
        }
        let mut events = vec![json!({"type": "message_start", "message": whole})];
        events.push(json!({"type": "content_block_start", "index": 0, "content_block": block}));
        let delta = |delta: Value| json!({"type": "content_block_delta", "index": 0, "delta": delta});
        events.extend(deltas.into_iter().map(delta));
        events.push(json!({"type": "content_block_stop", "index": 0}));
        events.extend([last, json!({"type": "message_stop"})]);
        events.iter().map(named).collect()
    }

    fn item(&self) -> Value {
        match self.calls() {
            false => json!({"id": "msg_1", "type": "message", "role": "assistant", "status": "completed",
                "content": [{"type": "output_text", "text": TEXT.concat(), "annotations": []}]}),
            true => json!({"id": "fc_1", "type": "function_call", "call_id": "call_1", "name": self.tool,
                "arguments": ARGS, "status": "completed"}),
        }
    }

    fn response(&self, status: &str, output: Vec<Value>, usage: Value) -> Value {
        json!({"id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": self.model,
            "output": output, "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "error": null,
            "incomplete_details": null, "instructions": null, "metadata": {}, "temperature": null, "top_p": null,
            "usage": usage})
    }

    fn response_events(&self) -> Vec<String> {
        let mut opened = self.item();
        let (place, deltas) = if self.calls() {
            opened["arguments"] = json!("");
            let done = json!({"type": "response.function_call_arguments.done", "item_id": "fc_1", "name": self.tool,
                "arguments": ARGS});
            (
                json!({}),
                vec![
                    json!({"type": "response.function_call_arguments.delta", "item_id": "fc_1", "delta": ARGS}),
                    done,
                ],
            )
        } else {
            opened["content"] = json!([]);
            let part = json!({"type": "output_text", "text": "", "annotations": []});
            let delta = |text: &&str| json!({"type": "response.output_text.delta", "item_id": "msg_1", "delta": text, "logprobs": []});
            let mut deltas =
                vec![json!({"type": "response.content_part.added", "item_id": "msg_1", "part": part})];
            deltas.extend(TEXT.iter().map(delta));
            (json!({"content_index": 0}), deltas)
        };
        let begun = self.response("in_progress", vec![], Value::Null);
        let mut events = vec![json!({"type": "response.created", "response": without_null_usage(begun)})];
        events.push(json!({"type": "response.output_item.added", "item": opened}));
        events.extend(deltas.into_iter().map(|mut delta| {
            delta.as_object_mut().unwrap().extend(place.as_object().unwrap().clone());
            delta
        }));
        events.push(json!({"type": "response.output_item.done", "item": self.item()}));
        events.push(json!({"type": "response.completed", "response": self.whole()}));
        for (number, event) in events.iter_mut().enumerate() {
            event["sequence_number"] = json!(number);
            event["output_index"] = json!(0);
        }
        events.iter().map(named).collect()
    }

    fn chunks(&self) -> Vec<String> {
        let chunk = |choices: Value, usage: Value| {
            json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": self.model,
                "choices": choices, "usage": usage})
        };
        let piece = |delta: Value, finish: Value| {
            chunk(json!([{"index": 0, "delta": delta, "finish_reason": finish}]), Value::Null)
        };
        let mut chunks = vec![piece(json!({"role": "assistant", "content": ""}), Value::Null)];
        if self.calls() {
            let call = json!({"index": 0, "id": "call_1", "type": "function",
                "function": {"name": self.tool, "arguments": ARGS}});
            chunks.push(piece(json!({"tool_calls": [call]}), Value::Null));
            chunks.push(piece(json!({}), json!("tool_calls")));
        } else {
            chunks.extend(TEXT.iter().map(|text| piece(json!({"content": text}), Value::Null)));
            chunks.push(piece(json!({}), json!("stop")));
        }
        if !self.usage.is_null() {
            chunks.push(chunk(json!([]), self.usage.clone()));
        }
        let data = chunks.iter().map(|chunk| format!("data: {chunk}\n\n"));
        data.chain(["data: [DONE]\n\n".to_owned()]).collect()
    }
}

fn named(event: &Value) -> String {
    format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap())
}

fn without_null_usage(mut body: Value) -> Value {
    if body["usage"].is_null() {
        body.as_object_mut().unwrap().remove("usage");
    }
    body
}

/// A usage as each wire tells it.
fn told(wire: Wire, usage: &Usage) -> Value {
    let read = usage.read();
    let written = usage.cache_write + usage.cache_write_1h;
    match wire {
        Wire::Anthropic => json!({
            "input_tokens": usage.input, "output_tokens": usage.output,
            "cache_read_input_tokens": usage.cache_read, "cache_creation_input_tokens": written,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.cache_write, "ephemeral_1h_input_tokens": usage.cache_write_1h,
            },
        }),
        Wire::Responses => json!({
            "input_tokens": read, "output_tokens": usage.output, "total_tokens": read + usage.output,
            "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": written},
            "output_tokens_details": {"reasoning_tokens": 0},
        }),
        _ => json!({
            "prompt_tokens": read, "completion_tokens": usage.output, "total_tokens": read + usage.output,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": written},
        }),
    }
}
