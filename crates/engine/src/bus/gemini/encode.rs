//! A request in the provider's words.

use serde_json::{Map, Value, json};
use trireme_core::Effort;

use crate::bus::call::{Message, Request, UserPart};
use crate::bus::parts::{base64, named_before, result_text, texts};

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let mut body = json!({
        "contents": conversation(request),
        "generationConfig": config(request),
    });
    let mut set = |name: &str, value: Value| {
        if let Value::Object(body) = &mut body {
            body.insert(name.to_owned(), value);
        }
    };
    if !request.system.trim().is_empty() {
        set("systemInstruction", json!({"parts": [{"text": request.system}]}));
    }
    if !request.tools.is_empty() {
        let declared: Vec<_> = request
            .tools
            .iter()
            .map(|spec| {
                json!({"name": spec.name,
            "description": spec.description, "parametersJsonSchema": spec.schema})
            })
            .collect();
        set("tools", json!([{"functionDeclarations": declared}]));
    }
    serde_json::to_vec(&body).unwrap_or_default()
}

fn config(request: &Request) -> Value {
    let mut config = Map::from_iter([("maxOutputTokens".to_owned(), Value::from(request.max_tokens))]);
    if let Some(schema) = &request.schema {
        config.insert("responseMimeType".to_owned(), Value::from("application/json"));
        config.insert("responseJsonSchema".to_owned(), schema.clone());
    }
    if let Some(effort) = request.effort {
        let level = match effort {
            Effort::Minimal | Effort::Low | Effort::Medium | Effort::High => effort.name(),
            Effort::Xhigh | Effort::Max => Effort::High.name(),
        };
        config.insert("thinkingConfig".to_owned(), json!({"thinkingLevel": level}));
    }
    Value::Object(config)
}

/// Sides alternate: where a message has nothing that can be sent, its neighbours become one.
fn conversation(request: &Request) -> Vec<Value> {
    let mut said: Vec<(&str, Vec<Value>)> = Vec::new();
    for (at, message) in request.messages.iter().enumerate() {
        let (role, parts) = match message {
            Message::User(parts) => ("user", user(parts, request, at)),
            Message::Assistant(parts) => ("model", parts.clone()),
        };
        match said.last_mut() {
            Some((last, all)) if *last == role => all.extend(parts),
            _ if parts.is_empty() => {}
            _ => said.push((role, parts)),
        }
    }
    said.into_iter().map(|(role, parts)| json!({"role": role, "parts": parts})).collect()
}

fn user(parts: &[UserPart], request: &Request, at: usize) -> Vec<Value> {
    let named = named_before(request, at, super::calls_of);
    let (mut results, mut rest) = (Vec::new(), Vec::new());
    for part in parts {
        match part {
            UserPart::ToolResult { id, text, is_error } => {
                let (name, is_own) = named(id);
                let key = if *is_error { "error" } else { "output" };
                let mut result = json!({"name": name, "response": {key: result_text(text, false)}});
                if is_own && let Value::Object(result) = &mut result {
                    result.insert("id".to_owned(), Value::from(id.as_str()));
                }
                results.push(json!({"functionResponse": result}));
            }
            UserPart::Image { media_type, bytes } => {
                rest.push(json!({"inlineData": {"mimeType": media_type, "data": base64(bytes)}}));
            }
            UserPart::Text(_) => {}
        }
    }
    rest.extend(texts(parts).into_iter().map(|text| json!({"text": text})));
    results.into_iter().chain(rest).collect()
}
