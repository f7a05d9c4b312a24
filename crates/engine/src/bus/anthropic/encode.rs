//! A request in the provider's words.

use serde::Serialize;
use serde_json::{Map, Value, json};
use trireme_core::Effort;
use trireme_core::prompts::ToolSpec;

use crate::bus::call::{Message, Request, UserPart};
use crate::bus::parts::base64;

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
    messages: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    role: &'static str,
    content: Vec<Value>,
}

pub(super) fn encode(request: &Request) -> Vec<u8> {
    let mut body = Body {
        model: &request.model,
        max_tokens: request.max_tokens,
        stream: request.streamed,
        tools: request.tools.iter().map(tool).collect(),
        output_config: output_config(request),
        system: text(&request.system).into_iter().collect(),
        messages: conversation(&request.messages),
    };
    mark(body.tools.last_mut());
    mark(body.system.last_mut());
    // What the model wrote goes back untouched: only the Owner's side is marked.
    let last = body.messages.last_mut().filter(|said| said.role == "user");
    mark(last.and_then(|said| said.content.last_mut()));
    // Strings, numbers and values can't fail to serialise.
    serde_json::to_vec(&body).unwrap_or_default()
}

fn output_config(request: &Request) -> Option<Value> {
    let mut config = Map::new();
    if let Some(effort) = request.effort {
        // Its least is low.
        config.insert("effort".to_owned(), Value::from(effort.max(Effort::Low).name()));
    }
    if let Some(schema) = &request.schema {
        config.insert("format".to_owned(), json!({"type": "json_schema", "schema": schema}));
    }
    (!config.is_empty()).then_some(Value::Object(config))
}

/// Ends a prefix that the provider may cache.
fn mark(block: Option<&mut Value>) {
    if let Some(Value::Object(block)) = block {
        block.insert("cache_control".to_owned(), json!({"type": "ephemeral"}));
    }
}

fn tool(spec: &ToolSpec) -> Value {
    json!({"name": spec.name, "description": spec.description, "input_schema": spec.schema})
}

/// A text block; none for blank text, which the provider refuses.
fn text(text: &str) -> Option<Value> {
    (!text.trim().is_empty()).then(|| json!({"type": "text", "text": text}))
}

/// The messages in the provider's words. Sides alternate: where a message has nothing that can be sent, as after a reply
/// without content, its neighbours become one.
fn conversation(messages: &[Message]) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    for message in messages {
        let (role, content): (_, Vec<Value>) = match message {
            Message::User(parts) => ("user", parts.iter().filter_map(user_block).collect()),
            Message::Assistant(blocks) => {
                let sendable = blocks.iter().filter(|block| is_sendable(block));
                ("assistant", sendable.cloned().collect())
            }
        };
        match said.last_mut() {
            Some(last) if last.role == role => last.content.extend(content),
            _ if content.is_empty() => {}
            _ => said.push(Said { role, content }),
        }
    }
    said
}

fn user_block(part: &UserPart) -> Option<Value> {
    match part {
        UserPart::Text(words) => text(words),
        UserPart::Image { media_type, bytes } => Some(json!({"type": "image",
            "source": {"type": "base64", "media_type": media_type, "data": base64(bytes)}})),
        UserPart::ToolResult { id, text, is_error } => {
            // A failed result may not be empty, and an empty one says nothing to the model either.
            let content = if text.trim().is_empty() { "(empty)" } else { text };
            let mut block = json!({"type": "tool_result", "tool_use_id": id, "content": content});
            if *is_error && let Value::Object(block) = &mut block {
                block.insert("is_error".to_owned(), Value::Bool(true));
            }
            Some(block)
        }
    }
}

/// Two kinds of block come from the provider and are refused by it: blank texts, and thinking that `max_tokens` cut off
/// before its signature.
fn is_sendable(block: &Value) -> bool {
    let field = |name: &str| block.get(name).and_then(Value::as_str).unwrap_or_default();
    match field("type") {
        "text" => !field("text").trim().is_empty(),
        "thinking" => !field("signature").is_empty(),
        _ => true,
    }
}
