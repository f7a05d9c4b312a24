//! A request in the provider's words, and in those of the many who speak almost the same.

use serde_json::{Map, Value, json};
use trireme_core::Effort;

use crate::bus::call::{Message, Request, UserPart};
use crate::bus::parts::{data_url, is_closed, joined, result_text, texts};

/// Those who refuse reasoning that is sent back.
const FORGETFUL: [&str; 4] = ["openai", "groq", "mistral", "xai"];
/// Those who answer in JSON, but in no schema.
const JSON_ONLY: [&str; 2] = ["deepseek", "zai"];

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let is = |provider: &str| request.provider == provider;
    let limit = if is("openai") { "max_completion_tokens" } else { "max_tokens" };
    let mut body = json!({
        "model": request.model,
        "messages": conversation(request),
        limit: request.max_tokens,
        "stream": request.streamed,
    });
    let mut set = |name: &str, value: Value| {
        if let Value::Object(body) = &mut body {
            body.insert(name.to_owned(), value);
        }
    };
    if request.streamed {
        set("stream_options", json!({"include_usage": true}));
    }
    if is("openrouter") {
        set("usage", json!({"include": true}));
    }
    if !request.tools.is_empty() {
        set("tools", request.tools.iter().map(|spec| json!({"type": "function", "function": {"name": spec.name, "description": spec.description, "parameters": spec.schema}})).collect());
    }
    if let Some(effort) = request.effort {
        let (name, value) = effort_of(effort, &request.provider);
        set(name, value);
    }
    if let Some(schema) = &request.schema {
        let strict = is_closed(schema);
        let whole = json!({"type": "json_schema",
            "json_schema": {"name": "answer", "schema": schema, "strict": strict}});
        set("response_format", if is_json_only(request) { json!({"type": "json_object"}) } else { whole });
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

fn is_json_only(request: &Request) -> bool {
    JSON_ONLY.contains(&request.provider.as_str())
}

/// Three steps are known everywhere; the maker knows more.
fn effort_of(effort: Effort, provider: &str) -> (&'static str, Value) {
    let name = match effort {
        Effort::Minimal if provider == "openai" => "minimal",
        Effort::Minimal | Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::Xhigh | Effort::Max if provider == "openai" => "xhigh",
        Effort::High | Effort::Xhigh | Effort::Max => "high",
    };
    if provider == "openrouter" {
        return ("reasoning", json!({"effort": name}));
    }
    ("reasoning_effort", Value::from(name))
}

fn conversation(request: &Request) -> Vec<Value> {
    let mut said = Vec::new();
    let mut system = request.system.clone();
    if let Some(schema) = request.schema.as_ref().filter(|_| is_json_only(request)) {
        system.push_str(&format!("\n\nAnswer with one JSON document of this schema: {schema}"));
    }
    if !system.trim().is_empty() {
        said.push(json!({"role": "system", "content": marked(&system, request)}));
    }
    let last = request.messages.len().saturating_sub(1);
    for (at, message) in request.messages.iter().enumerate() {
        match message {
            Message::User(parts) => user(parts, request, at == last, &mut said),
            Message::Assistant(fragments) => said.extend(assistant(fragments, request)),
        }
    }
    said
}

/// A text that ends what may be cached, where the reseller passes such marks on.
fn marked(text: &str, request: &Request) -> Value {
    if request.provider == "openrouter" && request.model.starts_with("anthropic/") {
        return json!([{"type": "text", "text": text, "cache_control": {"type": "ephemeral"}}]);
    }
    Value::from(text)
}

/// Results first, each a message of its own, then what there is to tell.
fn user(parts: &[UserPart], request: &Request, is_last: bool, said: &mut Vec<Value>) {
    let before = said.len();
    let mut images = Vec::new();
    for part in parts {
        match part {
            UserPart::ToolResult { id, text, is_error } => {
                said.push(
                    json!({"role": "tool", "tool_call_id": id, "content": result_text(text, *is_error)}),
                );
            }
            UserPart::Image { media_type, bytes } => {
                images.push(json!({"type": "image_url", "image_url": {"url": data_url(media_type, bytes)}}));
            }
            UserPart::Text(_) => {}
        }
    }
    let text = texts(parts).join("\n\n");
    let follows_result = said.len() > before;
    if !images.is_empty() {
        if !text.is_empty() {
            images.push(json!({"type": "text", "text": text}));
        }
        said.push(json!({"role": "user", "content": images}));
    } else if text.is_empty() {
    } else if follows_result && request.provider == "mistral" {
        // Nobody may speak between a result and the model there.
        append(said.last_mut(), &text);
    } else {
        let content = if is_last { marked(&text, request) } else { Value::from(text) };
        said.push(json!({"role": "user", "content": content}));
    }
}

fn append(result: Option<&mut Value>, text: &str) {
    if let Some(Value::String(content)) = result.and_then(|result| result.get_mut("content")) {
        content.push_str("\n\n");
        content.push_str(text);
    }
}

/// The message that was taken apart; none where nothing of it can be sent.
fn assistant(fragments: &[Value], request: &Request) -> Option<Value> {
    let mut message: Map<String, Value> = joined(fragments);
    if FORGETFUL.contains(&request.provider.as_str()) {
        message.retain(|name, _| !super::is_reasoning(name));
    }
    let has = |name: &str| message.get(name).is_some_and(|value| !value.is_null() && value != "");
    if !has("content") && !has("tool_calls") {
        return None;
    }
    message.entry("content").or_insert(Value::Null);
    message.insert("role".to_owned(), Value::from("assistant"));
    Some(Value::Object(message))
}
