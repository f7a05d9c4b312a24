//! What the protocol asks of every request, whatever a test is about. Pure; the text of a violation names the place.
//!
//! It is stricter than the provider in two things: context is only appended, so every block of the model's must be one
//! that it sent; and forced tools are refused, since the dearest models refuse them.

use std::collections::HashSet;

use axum::http::HeaderMap;
use serde_json::{Map, Value};

const TOP_LEVEL: [&str; 14] = [
    "model",
    "max_tokens",
    "messages",
    "system",
    "tools",
    "tool_choice",
    "stream",
    "metadata",
    "stop_sequences",
    "thinking",
    "output_config",
    "service_tier",
    "context_management",
    "inference_geo",
];
const VERSIONS: [&str; 2] = ["2026-10-21", "2023-06-01"];
const CACHE_MARKS: usize = 4;

type Checked = Result<(), String>;

/// Whether a request is of the protocol.
pub(super) fn check(headers: &HeaderMap, body: &Value) -> Checked {
    check_headers(headers)?;
    let Value::Object(body) = body else {
        return Err("the body is no JSON object".to_owned());
    };
    check_top(body)?;
    check_tools(list(body, "tools")?)?;
    let messages = list(body, "messages")?;
    check_sides(messages)?;
    for (at, message) in messages.iter().enumerate() {
        check_content(at, message)?;
    }
    check_calls(messages)?;
    check_marks(body)
}

fn check_headers(headers: &HeaderMap) -> Checked {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !header("content-type").starts_with("application/json") {
        return Err("content-type: application/json is missing".to_owned());
    }
    if !VERSIONS.contains(&header("anthropic-version")) {
        return Err(format!("anthropic-version must be one of {}", VERSIONS.join(", ")));
    }
    Ok(())
}

fn check_top(body: &Map<String, Value>) -> Checked {
    for key in ["temperature", "top_p", "top_k"] {
        if body.contains_key(key) {
            return Err(format!("{key}: sampling parameters are not supported"));
        }
    }
    if let Some(key) = body.keys().find(|key| !TOP_LEVEL.contains(&key.as_str())) {
        return Err(format!("{key}: extra inputs are not permitted"));
    }
    if text(body, "model").is_empty() {
        return Err("model: a name is required".to_owned());
    }
    if body.get("max_tokens").and_then(Value::as_u64).is_none_or(|max| max < 1) {
        return Err("max_tokens: at least 1 is required".to_owned());
    }
    let choice = body.get("tool_choice").and_then(Value::as_object);
    if choice.is_some_and(|choice| !["auto", "none"].contains(&text(choice, "type"))) {
        return Err("tool_choice: forced tools are not supported".to_owned());
    }
    Ok(())
}

fn check_tools(tools: &[Value]) -> Checked {
    let mut names = HashSet::new();
    for (at, tool) in tools.iter().enumerate() {
        let tool = object(tool).ok_or_else(|| format!("tools.{at}: not an object"))?;
        let name = text(tool, "name");
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.is_empty() || name.len() > 128 || !name.bytes().all(is_plain) {
            return Err(format!("tools.{at}: {name:?} is no name of a tool"));
        }
        if !names.insert(name) {
            return Err(format!("tools.{at}: two tools are named {name}"));
        }
        let schema = tool.get("input_schema").and_then(object);
        let schema = schema.ok_or_else(|| format!("tools.{at}: {name} has no input_schema"))?;
        check_schema(schema).map_err(|what| format!("tools.{at}: the schema of {name} {what}"))?;
    }
    Ok(())
}

fn check_schema(schema: &Map<String, Value>) -> Checked {
    if text(schema, "type") != "object" {
        return Err("is not of type object".to_owned());
    }
    let none = Map::new();
    let properties = match schema.get("properties") {
        Some(given) => object(given).ok_or("has properties that are no object")?,
        None => &none,
    };
    if let Some((name, _)) =
        properties.iter().find(|(_, property)| !property.is_object() && !property.is_boolean())
    {
        return Err(format!("has a property {name} that is no schema"));
    }
    let Some(required) = schema.get("required") else {
        return Ok(());
    };
    let required = required.as_array().ok_or("has a required that is no list")?;
    let is_known = |name: &Value| name.as_str().is_some_and(|name| properties.contains_key(name));
    match required.iter().find(|name| !is_known(name)) {
        Some(name) => Err(format!("requires {name}, which is none of its properties")),
        None => Ok(()),
    }
}

fn check_sides(messages: &[Value]) -> Checked {
    if messages.is_empty() {
        return Err("messages: at least one message is required".to_owned());
    }
    for (at, message) in messages.iter().enumerate() {
        let wanted = if at.is_multiple_of(2) { "user" } else { "assistant" };
        let role = object(message).map(|message| text(message, "role"));
        if role != Some(wanted) {
            return Err(format!(
                "messages.{at}: the role must be {wanted}: sides alternate, and the user begins"
            ));
        }
    }
    if messages.len().is_multiple_of(2) {
        return Err("messages: the conversation must end with a user message".to_owned());
    }
    Ok(())
}

fn check_content(at: usize, message: &Value) -> Checked {
    if message.get("content").and_then(Value::as_str).is_none() && blocks(message).is_empty() {
        return Err(format!("messages.{at}: content must not be empty"));
    }
    if message.get("content").and_then(Value::as_str).is_some_and(|text| text.trim().is_empty()) {
        return Err(format!("messages.{at}: text must be non-blank"));
    }
    for (index, block) in blocks(message).iter().enumerate() {
        let place = format!("messages.{at}.content.{index}");
        let block = object(block).ok_or_else(|| format!("{place}: not an object"))?;
        check_block(at.is_multiple_of(2), block).map_err(|what| format!("{place}: {what}"))?;
    }
    Ok(())
}

fn check_block(is_user: bool, block: &Map<String, Value>) -> Checked {
    let fields: &[&str] = match (text(block, "type"), is_user) {
        ("text", _) if text(block, "text").trim().is_empty() => {
            return Err("text content blocks must be non-blank".to_owned());
        }
        ("text", true) => &["text", "citations"],
        ("tool_result", true) => {
            if block.get("is_error") == Some(&Value::Bool(true)) && text(block, "content").is_empty() {
                return Err("a failed tool_result must have content".to_owned());
            }
            &["tool_use_id", "content", "is_error"]
        }
        ("image" | "document", true) => &["source", "title", "context", "citations"],
        ("thinking", false) if text(block, "signature").is_empty() => {
            return Err("thinking must have its signature".to_owned());
        }
        ("tool_use", false) => {
            if !block.get("input").is_some_and(Value::is_object) {
                return Err("input must be an object".to_owned());
            }
            &["id", "name", "input"]
        }
        // What else a model may say is for the round trip to judge.
        ("tool_result" | "image" | "document" | "", false) | (_, true) => {
            return Err(format!("{:?} can't stand here", text(block, "type")));
        }
        (_, false) => return Ok(()),
    };
    let known =
        |key: &&String| fields.contains(&key.as_str()) || ["type", "cache_control"].contains(&key.as_str());
    match block.keys().find(|key| !known(key)) {
        Some(key) => Err(format!("{key}: extra inputs are not permitted")),
        None => Ok(()),
    }
}

/// Every call is answered exactly once, in order and at the head of the next message, and ids are used once. A model may
/// call what nobody offered, and is answered all the same.
fn check_calls(messages: &[Value]) -> Checked {
    let mut seen = HashSet::new();
    let mut owed: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        if at.is_multiple_of(2) {
            check_results(at, message, &owed)?;
            owed.clear();
            continue;
        }
        for call in blocks(message).iter().filter_map(object) {
            if text(call, "type") != "tool_use" {
                continue;
            }
            let id = text(call, "id");
            if id.is_empty() || !seen.insert(id) {
                return Err(format!("messages.{at}: tool_use ids must be unique, {id:?} is not"));
            }
            owed.push(id);
        }
    }
    Ok(())
}

fn check_results(at: usize, message: &Value, owed: &[&str]) -> Checked {
    let content: Vec<_> = blocks(message).iter().filter_map(object).collect();
    let is_result = |block: &&&Map<String, Value>| text(block, "type") == "tool_result";
    let leading = content.iter().take_while(is_result).count();
    if content.iter().filter(is_result).count() > leading {
        return Err(format!("messages.{at}: tool_result blocks must come first"));
    }
    let given: Vec<&str> = content.iter().take(leading).map(|block| text(block, "tool_use_id")).collect();
    if given == owed {
        return Ok(());
    }
    Err(format!(
        "messages.{at}: each tool_use must have exactly one tool_result in the next message, in order: \
         expected [{}], found [{}]",
        owed.join(", "),
        given.join(", ")
    ))
}

fn check_marks(body: &Map<String, Value>) -> Checked {
    let system = body.get("system").and_then(Value::as_array);
    let tools = body.get("tools").and_then(Value::as_array);
    let messages = body.get("messages").and_then(Value::as_array);
    let said = messages.into_iter().flatten().flat_map(blocks);
    let all = system.into_iter().chain(tools).flatten().chain(said);
    let marks = all.filter(|block| block.get("cache_control").is_some()).count();
    if marks > CACHE_MARKS {
        return Err(format!("at most {CACHE_MARKS} blocks may have cache_control, found {marks}"));
    }
    Ok(())
}

/// The blocks of a message whose content is a list.
pub(super) fn blocks(message: &Value) -> &[Value] {
    message.get("content").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn list<'a>(body: &'a Map<String, Value>, key: &str) -> Result<&'a [Value], String> {
    match body.get(key) {
        None => Ok(&[]),
        Some(Value::Array(items)) => Ok(items),
        Some(_) => Err(format!("{key}: not a list")),
    }
}

fn object(value: &Value) -> Option<&Map<String, Value>> {
    value.as_object()
}

fn text<'a>(object: &'a Map<String, Value>, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn headers() -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json".parse().unwrap());
        headers.insert("anthropic-version", "2026-10-21".parse().unwrap());
        headers
    }

    fn good() -> Value {
        json!({
            "model": "m", "max_tokens": 10, "stream": true, "system": "s",
            "tools": [{"name": "read", "description": "d", "input_schema":
                {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}}],
            "messages": [
                {"role": "user", "content": "go"},
                {"role": "assistant", "content": [
                    {"type": "text", "text": "a"},
                    {"type": "tool_use", "id": "1", "name": "read", "input": {"path": "a"}},
                    {"type": "tool_use", "id": "2", "name": "read", "input": {}}]},
                {"role": "user", "content": [
                    {"type": "tool_result", "tool_use_id": "1", "content": "x"},
                    {"type": "tool_result", "tool_use_id": "2", "content": "y", "is_error": true},
                    {"type": "text", "text": "b", "cache_control": {"type": "ephemeral"}}]},
            ],
        })
    }

    /// Puts `value` at `path` in a good request and expects a violation that says `words`.
    fn refuses(path: &str, value: Value, words: &str) {
        let mut body = good();
        match body.pointer_mut(path) {
            Some(place) => *place = value,
            None => {
                let (parent, key) = path.rsplit_once('/').unwrap();
                let parent = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                parent.insert(key.to_owned(), value);
            }
        }
        let violation = check(&headers(), &body).unwrap_err();
        assert!(violation.contains(words), "{path}: {violation}");
    }

    #[test]
    fn a_good_request_passes_and_needs_its_headers() {
        assert_eq!(check(&headers(), &good()), Ok(()));
        for missing in ["content-type", "anthropic-version"] {
            let mut headers = headers();
            headers.remove(missing);
            assert!(check(&headers, &good()).unwrap_err().contains(missing));
        }
        assert!(check(&headers(), &json!([])).is_err());
    }

    #[test]
    fn top_level_fields_are_known_and_sound() {
        refuses("/max_tokens", json!(0), "max_tokens");
        refuses("/max_tokens", Value::Null, "max_tokens");
        refuses("/model", json!(""), "model");
        for key in ["temperature", "top_p", "top_k"] {
            refuses(&format!("/{key}"), json!(1), key);
        }
        refuses("/surprise", json!(1), "surprise");
        refuses("/tool_choice", json!({"type": "any"}), "forced");
        refuses("/messages", json!({}), "not a list");
    }

    #[test]
    fn tools_are_named_once_and_take_objects() {
        let schema = "/tools/0/input_schema";
        refuses(schema, Value::Null, "input_schema");
        refuses(schema, json!({"type": "string"}), "not of type object");
        refuses(&format!("{schema}/properties/path"), json!("string"), "no schema");
        refuses(&format!("{schema}/required"), json!(["pth"]), "requires \"pth\"");
        refuses("/tools/0/name", json!("re ad"), "no name");
        let twice = json!([good()["tools"][0], good()["tools"][0]]);
        refuses("/tools", twice, "two tools");
    }

    #[test]
    fn sides_alternate_and_the_user_has_both_ends() {
        refuses("/messages", json!([]), "at least one");
        refuses("/messages/0/role", json!("assistant"), "alternate");
        refuses("/messages/1/role", json!("user"), "alternate");
        let without_end = json!([good()["messages"][0], good()["messages"][1]]);
        refuses("/messages", without_end, "end with a user");
    }

    #[test]
    fn blocks_are_filled_and_in_their_place() {
        refuses("/messages/0/content", json!(" "), "non-blank");
        refuses("/messages/0/content", json!([]), "empty");
        refuses("/messages/1/content/0/text", json!("\n"), "non-blank");
        refuses("/messages/2/content/2/text", json!(""), "non-blank");
        refuses("/messages/1/content/1/input", json!("{"), "object");
        refuses("/messages/1/content/1/caller", json!("x"), "extra inputs");
        refuses("/messages/2/content/1/content", json!(""), "failed tool_result");
        refuses("/messages/2/content/2/type", json!("thinking"), "can't stand");
        refuses("/messages/1/content/0/type", json!("tool_result"), "can't stand");
        let unsigned = json!({"type": "thinking", "thinking": "x"});
        refuses("/messages/1/content/0", unsigned, "signature");
    }

    #[test]
    fn calls_and_results_pair_up() {
        refuses("/messages/1/content/2/id", json!("1"), "unique");
        refuses("/messages/2/content/0/tool_use_id", json!("2"), "expected [1, 2], found [2, 2]");
        refuses("/messages/2/content/1", json!({"type": "text", "text": "t"}), "found [1]");
        refuses("/messages/0/content", json!([{"type": "tool_result", "tool_use_id": "9"}]), "found [9]");
        let late = json!([{"type": "text", "text": "t"}, good()["messages"][2]["content"][0]]);
        refuses("/messages/2/content", late, "come first");
    }

    #[test]
    fn cache_marks_are_counted() {
        let marked = json!({"type": "text", "text": "t", "cache_control": {"type": "ephemeral"}});
        refuses("/system", json!([marked, marked, marked, marked]), "found 5");
    }
}
