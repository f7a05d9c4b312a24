//! A request in the provider's words: nothing is stored there, so everything goes along, the reasoning encrypted.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use trireme_core::Effort;

use super::Responses;
use crate::bus::call::{Message, Request, UserPart};
use crate::bus::dialect::Dialect as _;
use crate::bus::fields::text as text_of;
use crate::bus::parts::{data_url, is_closed, result_text, texts};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let mut body = json!({
        "model": request.model,
        "input": request.messages.iter().flat_map(items).collect::<Vec<_>>(),
        "max_output_tokens": request.max_tokens,
        "stream": request.streamed,
        "store": false,
        "include": ["reasoning.encrypted_content"],
    });
    let mut set = |name: &str, value: Value| {
        if let Value::Object(body) = &mut body {
            body.insert(name.to_owned(), value);
        }
    };
    if !request.system.trim().is_empty() {
        set("instructions", Value::from(request.system.as_str()));
    }
    let tools: Vec<_> = request
        .tools
        .iter()
        .map(|spec| {
            json!({"type": "function", "name": spec.name,
        "description": spec.description, "parameters": spec.schema, "strict": false})
        })
        .collect();
    if request.provider == "openai" {
        set("prompt_cache_key", Value::from(cache_key(&request.system, &tools)));
    }
    if !tools.is_empty() {
        set("tools", Value::from(tools));
    }
    if let Some(effort) = request.effort {
        set("reasoning", json!({"effort": effort_of(effort)}));
    }
    if let Some(schema) = &request.schema {
        set(
            "text",
            json!({"format": {"type": "json_schema", "name": "answer", "schema": schema,
            "strict": is_closed(schema)}}),
        );
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

const fn effort_of(effort: Effort) -> &'static str {
    match effort {
        Effort::Minimal | Effort::Low | Effort::Medium | Effort::High => effort.name(),
        Effort::Xhigh | Effort::Max => Effort::Xhigh.name(),
    }
}

/// Requests that begin alike go where that beginning is cached.
fn cache_key(system: &str, tools: &[Value]) -> String {
    let mut hash = Sha256::new();
    hash.update(system);
    tools.iter().for_each(|tool| hash.update(tool.to_string()));
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn items(message: &Message) -> Vec<Value> {
    match message {
        Message::User(parts) => user(parts),
        // Reasoning that was not sent to us can't be found by those who stored nothing.
        Message::Assistant(items) if items.iter().any(is_lost) => Responses.released(items.clone()),
        Message::Assistant(items) => items.clone(),
    }
}

fn is_lost(item: &Value) -> bool {
    text_of(item, "type") == "reasoning" && text_of(item, "encrypted_content").is_empty()
}

fn user(parts: &[UserPart]) -> Vec<Value> {
    let (mut items, mut content) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            UserPart::ToolResult { id, text, is_error } => items.push(
                json!({"type": "function_call_output", "call_id": id, "output": result_text(text, *is_error)}),
            ),
            UserPart::Image { media_type, bytes } => {
                content.push(json!({"type": "input_image", "image_url": data_url(media_type, bytes)}));
            }
            UserPart::Text(_) => {}
        }
    }
    content.extend(texts(parts).into_iter().map(|text| json!({"type": "input_text", "text": text})));
    if !content.is_empty() {
        items.push(json!({"type": "message", "role": "user", "content": content}));
    }
    items
}
