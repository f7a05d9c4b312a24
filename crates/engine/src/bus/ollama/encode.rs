//! A request in the provider's words.

use serde_json::{Value, json};
use trireme_core::Effort;

use crate::bus::call::{Message, Request, UserPart};
use crate::bus::parts::{base64, joined, named_before, result_text, texts};

/// The least context that a model is loaded with, in tokens.
const CONTEXT_MIN: u64 = 8_192;
/// What the model's own template may add, in tokens.
const TEMPLATE: u64 = 2_048;

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let mut body = json!({
        "model": request.model,
        "messages": conversation(request),
        "stream": request.streamed,
    });
    let mut set = |name: &str, value: Value| {
        if let Value::Object(body) = &mut body {
            body.insert(name.to_owned(), value);
        }
    };
    if !request.tools.is_empty() {
        set(
            "tools",
            request
                .tools
                .iter()
                .map(|spec| {
                    json!({"type": "function", "function": {"name": spec.name,
            "description": spec.description, "parameters": spec.schema}})
                })
                .collect(),
        );
    }
    if let Some(effort) = request.effort {
        set(
            "think",
            Value::from(match effort {
                Effort::Minimal | Effort::Low => "low",
                Effort::Medium => "medium",
                Effort::High | Effort::Xhigh | Effort::Max => "high",
            }),
        );
    }
    if let Some(schema) = &request.schema {
        set("format", schema.clone());
    }
    let bytes = serde_json::to_vec(&body).map_or(0, |body| body.len() as u64);
    let options = json!({"num_ctx": context(bytes, request), "num_predict": request.max_tokens});
    if let Value::Object(body) = &mut body {
        body.insert("options".to_owned(), options);
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

/// A request that does not fit is cut without a word, so the context is never less than it may need: no text has more
/// tokens than bytes. In steps, since a model is loaded anew for each other size.
fn context(bytes: u64, request: &Request) -> u64 {
    let need = bytes.saturating_add(TEMPLATE).saturating_add(request.max_tokens);
    let step = need.max(CONTEXT_MIN).checked_next_power_of_two().unwrap_or(need);
    request.context_max.map_or(step, |most| step.min(most))
}

fn conversation(request: &Request) -> Vec<Value> {
    let mut said = Vec::new();
    if !request.system.trim().is_empty() {
        said.push(json!({"role": "system", "content": request.system}));
    }
    for (at, message) in request.messages.iter().enumerate() {
        match message {
            Message::User(parts) => user(parts, request, at, &mut said),
            Message::Assistant(fragments) => {
                let mut message = joined(fragments);
                if message.is_empty() {
                    continue;
                }
                message.entry("content").or_insert(Value::from(""));
                message.insert("role".to_owned(), Value::from("assistant"));
                said.push(Value::Object(message));
            }
        }
    }
    said
}

fn user(parts: &[UserPart], request: &Request, at: usize, said: &mut Vec<Value>) {
    let named = named_before(request, at, super::calls_of);
    let mut images = Vec::new();
    for part in parts {
        match part {
            UserPart::ToolResult { id, text, is_error } => {
                let (name, is_own) = named(id);
                let mut result =
                    json!({"role": "tool", "tool_name": name, "content": result_text(text, *is_error)});
                if is_own && let Value::Object(result) = &mut result {
                    result.insert("tool_call_id".to_owned(), Value::from(id.as_str()));
                }
                said.push(result);
            }
            UserPart::Image { bytes, .. } => images.push(base64(bytes)),
            UserPart::Text(_) => {}
        }
    }
    let text = texts(parts).join("\n\n");
    if text.is_empty() && images.is_empty() {
        return;
    }
    let mut message = json!({"role": "user", "content": text});
    if !images.is_empty()
        && let Value::Object(message) = &mut message
    {
        message.insert("images".to_owned(), Value::from(images));
    }
    said.push(message);
}
