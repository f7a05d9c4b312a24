//! A reply in the provider's words: as the events of a stream, or as one message.

use serde_json::{Value, json};
use trireme_core::{Digest, Usage};

use super::matching::Card;
use super::script::{ScriptedFault, ScriptedReply};

/// A reply, filled in for one request.
#[derive(Clone, Debug)]
pub(super) struct Spoken {
    /// The message's id.
    pub(super) id: String,
    /// The model that says it answered.
    pub(super) served: String,
    /// What it says: exactly the blocks that must come back in the next request.
    pub(super) blocks: Vec<Value>,
    /// Whether the arguments of its calls break off.
    pub(super) breaks_off: bool,
    /// The arguments of each block's call as JSON text, empty for texts.
    raw: Vec<String>,
    /// Why it stops.
    stop: String,
    /// What it says it used.
    pub(super) usage: Option<Usage>,
}

impl Spoken {
    /// The reply to the conversation of this digest. The ids of calls follow from it, so that a repeat after a crash gives
    /// the same ones.
    pub(super) fn new(
        reply: &ScriptedReply,
        conversation: Digest,
        card: &Card,
        turn: u32,
        model: &str,
        usage: Usage,
    ) -> Self {
        let breaks_off = reply.fault == Some(ScriptedFault::MalformedArgs);
        let (mut blocks, mut raw) = (Vec::new(), Vec::new());
        let text = super::script::fill(&reply.text, card, turn);
        if !text.trim().is_empty() {
            blocks.push(json!({"type": "text", "text": text}));
            raw.push(String::new());
        }
        for (index, call) in reply.calls.iter().enumerate() {
            let args = call.args.fill(card, turn);
            let id = id("toolu_", conversation, index);
            raw.push(if breaks_off { first_half(&args.to_string()) } else { args.to_string() });
            let input = if breaks_off { json!({}) } else { args };
            blocks.push(json!({"type": "tool_use", "id": id, "name": call.tool, "input": input}));
        }
        let served = match &reply.fault {
            Some(ScriptedFault::Served(other)) => other.as_str(),
            _ => model,
        };
        Self {
            id: id("msg_", conversation, 0),
            served: served.to_owned(),
            blocks,
            breaks_off,
            raw,
            stop: reply.stop.clone(),
            usage: (reply.fault != Some(ScriptedFault::NoUsage)).then_some(usage),
        }
    }

    /// The whole reply as one message.
    pub(super) fn message(&self) -> Value {
        let mut blocks = self.blocks.clone();
        for (block, raw) in blocks.iter_mut().zip(&self.raw) {
            if self.breaks_off && block.get("input").is_some() {
                set(block, "input", Value::String(raw.clone()));
            }
        }
        let mut message = self.shell(blocks, json!(self.stop));
        if let Some(usage) = &self.usage {
            set(&mut message, "usage", usage_json(usage, usage.output));
        }
        message
    }

    /// The reply as a stream. The last element is the end; without it the message is not whole.
    pub(super) fn events(&self) -> Vec<String> {
        let mut start = self.shell(Vec::new(), Value::Null);
        let mut end =
            json!({"type": "message_delta", "delta": {"stop_reason": self.stop, "stop_sequence": null}});
        if let Some(usage) = &self.usage {
            set(&mut start, "usage", usage_json(usage, 1));
            set(&mut end, "usage", json!({"output_tokens": usage.output}));
        }
        let mut events =
            vec![event(&json!({"type": "message_start", "message": start})), event(&json!({"type": "ping"}))];
        for (index, (block, raw)) in self.blocks.iter().zip(&self.raw).enumerate() {
            events.extend(block_events(index, block, raw));
        }
        events.push(event(&end));
        events.push(event(&json!({"type": "message_stop"})));
        events
    }

    fn shell(&self, content: Vec<Value>, stop: Value) -> Value {
        json!({"id": self.id, "type": "message", "role": "assistant", "model": self.served, "content": content,
            "stop_reason": stop, "stop_sequence": null})
    }
}

/// An id that looks like the provider's: the prefix and twenty hexadecimal digits.
fn id(prefix: &str, conversation: Digest, index: usize) -> String {
    let digest =
        Digest::of_parts([prefix.as_bytes(), conversation.bytes().as_slice(), index.to_string().as_bytes()]);
    prefix.chars().chain(digest.to_string().chars().take(20)).collect()
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Value::Object(object) = object {
        object.insert(key.to_owned(), value);
    }
}

fn event(data: &Value) -> String {
    let name = data.get("type").and_then(Value::as_str).unwrap_or_default();
    format!("event: {name}\ndata: {data}\n\n")
}

/// A block comes empty, then in two deltas, so that whoever joins them is always put to the test.
fn block_events(index: usize, block: &Value, raw: &str) -> Vec<String> {
    let is_text = block.get("type").and_then(Value::as_str) == Some("text");
    let whole = if is_text { block.get("text").and_then(Value::as_str).unwrap_or_default() } else { raw };
    let (field, kind, key, empty) = if is_text {
        ("text", "text_delta", "text", json!(""))
    } else {
        ("input", "input_json_delta", "partial_json", json!({}))
    };
    let mut opened = block.clone();
    set(&mut opened, field, empty);
    let first = first_half(whole);
    let second = whole.strip_prefix(first.as_str()).unwrap_or_default();
    let delta = |part: &str| {
        event(&json!({"type": "content_block_delta", "index": index, "delta": {"type": kind, key: part}}))
    };
    vec![
        event(&json!({"type": "content_block_start", "index": index, "content_block": opened})),
        delta(&first),
        delta(second),
        event(&json!({"type": "content_block_stop", "index": index})),
    ]
}

/// The first half of the characters, at least one.
fn first_half(text: &str) -> String {
    text.chars().take(text.chars().count().div_ceil(2)).collect()
}

fn usage_json(usage: &Usage, output: u64) -> Value {
    json!({
        "input_tokens": usage.input,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation_input_tokens": usage.cache_write.saturating_add(usage.cache_write_1h),
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": output,
    })
}
