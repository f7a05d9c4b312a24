//! Pieces that every dialect needs to write requests and to read answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use trireme_core::{Fault, Reply, Stop};

use super::call::{Answer, Failed, Message, Request, ToolCall, UserPart};
use super::dialect::Reading;
use super::rate::RateLimits;
use super::served::is_same_model;
use super::sse::SseEvent;

/// How much of malformed arguments is shown to the model, in characters.
const RAW_CHARS: usize = 200;

/// What an answer has said by its end.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) content: Vec<Value>,
    pub(super) texts: Vec<String>,
    pub(super) calls: Vec<ToolCall>,
    pub(super) stop: Option<Stop>,
}

impl Draft {
    /// The answer. A reason to stop that is silent about calls is told by them.
    pub(super) fn answer(mut self, reading: Reading, asked: &str, latency_ms: u64) -> Answer {
        let Reading { served, usage, .. } = reading;
        let said = self.stop.unwrap_or(Stop::Other);
        let stop = if said == Stop::EndTurn && !self.calls.is_empty() { Stop::ToolUse } else { said };
        self.texts.retain(|text| !text.is_empty());
        // Who does not name the model has no other word for it than ours.
        let served = served.filter(|served| !served.is_empty()).unwrap_or_else(|| asked.to_owned());
        Answer {
            reply: Reply { served, stop, usage, latency_ms, sent: None },
            content: self.content,
            text: self.texts.join("\n"),
            calls: self.calls,
            limits: RateLimits::default(),
        }
    }
}

/// A failure of an answer that had begun.
pub(super) fn failed(fault: Fault, reading: Reading) -> Failed {
    Failed { fault, usage: reading.usage, limits: Box::default() }
}

pub(super) fn garbled(message: impl Into<String>) -> Fault {
    Fault::Garbled { message: message.into() }
}

/// The JSON of an event.
pub(super) fn event_json(event: &SseEvent) -> Result<Value, Fault> {
    serde_json::from_str(&event.data).map_err(|error| garbled(format!("an event is no JSON: {error}")))
}

/// The JSON of a plain answer.
pub(super) fn body_json(body: &[u8]) -> Result<Value, Fault> {
    serde_json::from_slice(body).map_err(|error| garbled(format!("the answer is no JSON: {error}")))
}

/// Refuses the answer of another model than the one that was asked. Who names none is believed.
pub(super) fn must_be_asked(asked: &str, served: Option<&str>) -> Result<(), Fault> {
    match served.filter(|served| !served.is_empty()) {
        Some(served) if !is_same_model(asked, served) => Err(Fault::WrongModel { served: served.to_owned() }),
        _ => Ok(()),
    }
}

/// An error that a provider reports in its answer. Once it has begun to answer it has read the request, which may be
/// billed: whatever it calls the error, the answer was cut.
pub(super) fn reported(error: &Value, has_begun: bool) -> Fault {
    let message = match error.get("message").and_then(Value::as_str) {
        Some(message) => message.to_owned(),
        None => error.as_str().map_or_else(|| error.to_string(), str::to_owned),
    };
    if has_begun {
        return Fault::Cut { message };
    }
    let code = error.get("code").and_then(|code| code.as_u64().or_else(|| code.as_str()?.parse().ok()));
    let status = code.and_then(|code| u16::try_from(code).ok()).filter(|code| (400..600).contains(code));
    let body = serde_json::json!({"error": error}).to_string();
    let status = status.unwrap_or_else(|| status_of(error));
    super::http::refusal(status, &reqwest::header::HeaderMap::new(), &body)
}

/// The status that an error of that name would have had before the answer.
fn status_of(error: &Value) -> u16 {
    let names = ["code", "type"].map(|name| error.get(name).and_then(Value::as_str).unwrap_or_default());
    let of = |name: &str| match name {
        "rate_limit_exceeded" | "insufficient_quota" => Some(429),
        "context_length_exceeded" | "invalid_request_error" | "invalid_prompt" => Some(400),
        "server_is_overloaded" | "slow_down" => Some(503),
        _ => None,
    };
    names.into_iter().find_map(of).unwrap_or(500)
}

/// The arguments of a call from their JSON text; nothing at all is no argument.
pub(super) fn parse_args(raw: &str) -> Result<Value, String> {
    if raw.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    match serde_json::from_str(raw) {
        Ok(object @ Value::Object(_)) => Ok(object),
        Ok(_) => Err(no_object(raw)),
        Err(error) => Err(format!("the arguments are no JSON ({error}): {}", head(raw))),
    }
}

/// Arguments that came as JSON.
pub(super) fn object_args(args: Option<&Value>) -> Result<Value, String> {
    match args {
        None | Some(Value::Null) => Ok(Value::Object(Map::new())),
        Some(object @ Value::Object(_)) => Ok(object.clone()),
        Some(Value::String(raw)) => parse_args(raw),
        Some(other) => Err(no_object(&other.to_string())),
    }
}

pub(super) fn no_object(raw: &str) -> String {
    format!("the arguments are no JSON object: {}", head(raw))
}

fn head(raw: &str) -> String {
    raw.chars().take(RAW_CHARS).collect()
}

/// Arguments as a provider takes them back: always an object.
pub(super) fn sendable(args: &Result<Value, String>) -> Value {
    args.clone().unwrap_or_else(|_| Value::Object(Map::new()))
}

pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// An image in its own address.
pub(super) fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", base64(bytes))
}

/// What a tool said, where the wire can't say by itself that it failed.
pub(super) fn result_text(text: &str, is_error: bool) -> String {
    let text = if text.trim().is_empty() { "(empty)" } else { text };
    if is_error { format!("Error: {text}") } else { text.to_owned() }
}

/// The texts of a message, blank ones left out.
pub(super) fn texts<'a>(parts: &'a [UserPart]) -> Vec<&'a str> {
    let text = |part: &'a UserPart| match part {
        UserPart::Text(text) if !text.trim().is_empty() => Some(text.as_str()),
        UserPart::Text(_) | UserPart::ToolResult { .. } | UserPart::Image { .. } => None,
    };
    parts.iter().filter_map(text).collect()
}

/// Joins the fields that a message was taken apart into.
pub(super) fn joined(fragments: &[Value]) -> Map<String, Value> {
    let fields = fragments.iter().filter_map(Value::as_object).flatten();
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The id of a call that its provider gave none: its place in the message.
pub(super) fn place_id(index: usize) -> String {
    format!("call-{index}")
}

/// A call in a message: its id, its tool, and whether the id is the provider's own.
pub(super) type Named = (String, String, bool);

/// The name of the tool that each result belongs to, by the ids of the message before.
pub(super) fn named_before<'a>(
    request: &'a Request,
    at: usize,
    calls_of: fn(&[Value]) -> Vec<Named>,
) -> impl Fn(&str) -> (String, bool) + use<'a> {
    let before = at.checked_sub(1).and_then(|before| request.messages.get(before));
    let calls = match before {
        Some(Message::Assistant(content)) => calls_of(content),
        Some(Message::User(_)) | None => Vec::new(),
    };
    move |id| {
        let found = calls.iter().find(|(known, _, _)| known == id);
        found.map_or_else(|| (id.to_owned(), false), |(_, name, is_own)| (name.clone(), *is_own))
    }
}

/// Whether a schema leaves nothing open, as makers ask of those that they enforce to the letter.
pub(super) fn is_closed(schema: &Value) -> bool {
    match schema {
        Value::Object(fields) => {
            let here =
                fields.get("type").and_then(Value::as_str) != Some("object") || is_closed_object(fields);
            here && fields.values().all(is_closed)
        }
        Value::Array(items) => items.iter().all(is_closed),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn is_closed_object(fields: &Map<String, Value>) -> bool {
    let properties = fields.get("properties").and_then(Value::as_object);
    let required = fields.get("required").and_then(Value::as_array);
    let is_required =
        |name: &String| required.is_some_and(|names| names.iter().any(|known| known == name.as_str()));
    fields.get("additionalProperties") == Some(&Value::Bool(false))
        && properties.is_none_or(|properties| properties.keys().all(is_required))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_closed_schema_requires_everything_and_admits_nothing_else() {
        let inner = json!({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "string"}}, "required": ["a"]});
        assert!(is_closed(&inner));
        let outer = |inner: Value| json!({"type": "array", "items": inner});
        assert!(is_closed(&outer(inner)));
        assert!(!is_closed(&outer(json!({"type": "object", "properties": {}}))));
        assert!(!is_closed(
            &json!({"type": "object", "additionalProperties": false, "properties": {"a": {}}})
        ));
    }

    #[test]
    fn an_error_before_the_answer_is_a_refusal_and_afterwards_a_cut() {
        let error = json!({"message": "slow down", "code": 429});
        assert_eq!(reported(&error, false), Fault::RateLimited { retry_after_ms: None });
        assert_eq!(reported(&error, true), Fault::Cut { message: "slow down".to_owned() });
        let named = |name: &str| reported(&json!({"message": "m", "code": name}), false);
        assert!(matches!(named("rate_limit_exceeded"), Fault::RateLimited { .. }));
        assert!(matches!(named("insufficient_quota"), Fault::Billing { .. }));
        assert!(matches!(named("context_length_exceeded"), Fault::ContextTooLong { .. }));
        assert_eq!(named("server_is_overloaded"), Fault::Overloaded);
        assert_eq!(reported(&json!("broken"), false), Fault::Server { status: 500 });
    }
}
