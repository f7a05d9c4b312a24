//! One suite for all five wires: each case runs over each of them, on real sockets, plain and streamed, in pieces of
//! several sizes down to single bytes. What a wire does not have is in [`LACKS`], and nowhere else.

#![expect(clippy::indexing_slicing, reason = "a test stops where it fails")]

mod answers;
mod faults;
mod requests;
mod script;
mod server;

use serde_json::{Value, json};
use trireme_core::prompts::ToolSpec;
use trireme_core::{Usage, Wire};
use trireme_engine::bus::http::Timeouts;
use trireme_engine::bus::{
    Adapter as _, Answer, Failed, HttpAdapter, Message, Provider as Account, Request, Secret, ToolCall,
    UserPart,
};

use script::Script;
use server::{Asked, Provider, Said};

/// What not every wire has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Feature {
    /// Says how much was read from a cache.
    CachedUsage,
    /// Gives each call an id.
    CallIds,
    /// Says apart from its text that a tool failed.
    ErrorFlag,
    /// Lets the request say what may be cached, or where to look for it.
    CacheMarks,
    /// Says that a model refused.
    Refusal,
    /// Says that a filter held the answer back.
    Filter,
    /// Answers with arguments as text, which may be cut off.
    TextArguments,
}

/// What they lack.
const LACKS: [(Wire, &[Feature]); 5] = [
    (Wire::Anthropic, &[Feature::Filter]),
    (Wire::Responses, &[Feature::ErrorFlag]),
    (Wire::Chat, &[Feature::ErrorFlag, Feature::CacheMarks]),
    (Wire::Gemini, &[Feature::CacheMarks, Feature::Refusal, Feature::TextArguments]),
    (
        Wire::Ollama,
        &[
            Feature::CachedUsage,
            Feature::CallIds,
            Feature::ErrorFlag,
            Feature::CacheMarks,
            Feature::Refusal,
            Feature::Filter,
            Feature::TextArguments,
        ],
    ),
];

fn has(wire: Wire, feature: Feature) -> bool {
    LACKS.iter().any(|(known, lacks)| *known == wire && !lacks.contains(&feature))
}

/// Sizes of the pieces that an answer arrives in.
const STEPS: [usize; 3] = [1, 7, 100_000];
const KEY: &str = "sk-secret-hunter2";

/// The account of a provider's own: names matter to those who speak alike but not the same.
fn account(wire: Wire, base_url: &str) -> Account {
    let key = Some(Secret::new(KEY).unwrap());
    Account { name: name_of(wire).to_owned(), wire, base_url: base_url.to_owned(), key }
}

fn name_of(wire: Wire) -> &'static str {
    match wire {
        Wire::Anthropic => "anthropic",
        Wire::Responses => "openai",
        Wire::Chat => "lab",
        Wire::Gemini => "google",
        Wire::Ollama => "ollama",
    }
}

fn adapter(wire: Wire, base_url: &str) -> HttpAdapter {
    HttpAdapter::new(account(wire, base_url), Timeouts::default()).unwrap()
}

fn kind(wire: Wire, streamed: bool) -> &'static str {
    match (streamed, wire) {
        (false, _) => "application/json; charset=utf-8",
        (true, Wire::Ollama) => "application/x-ndjson",
        (true, _) => "text/event-stream",
    }
}

fn ok(wire: Wire, streamed: bool, body: Vec<u8>, step: usize) -> Said {
    let headers = vec![
        ("content-type", kind(wire, streamed).to_owned()),
        ("x-ratelimit-remaining-requests", "41".to_owned()),
    ];
    Said { status: 200, headers, body, step, breaks: false }
}

fn bytes(wire: Wire, streamed: bool, script: &Script) -> Vec<u8> {
    if streamed { script.streamed(wire).concat().into_bytes() } else { script.plain(wire) }
}

/// One request to a provider that says this.
async fn asked(wire: Wire, request: &Request, said: Said) -> (Result<Answer, Failed>, Vec<Asked>) {
    let provider = Provider::saying(said).await;
    let adapter = adapter(wire, &provider.base_url);
    let answer = adapter.send(adapter.encode(request)).await;
    (answer, provider.asked())
}

/// The answer to a script, which is the same in one piece and in many.
async fn heard(wire: Wire, streamed: bool, script: &Script) -> Result<Answer, Failed> {
    let mut all = Vec::new();
    for step in STEPS {
        let said = ok(wire, streamed, bytes(wire, streamed, script), step);
        let answer = asked(wire, &opening(wire, streamed), said).await.0;
        all.push(answer.map(|mut answer| {
            answer.reply.latency_ms = 0;
            answer
        }));
    }
    let first = all.remove(0);
    for other in all {
        assert_eq!(first, other, "{wire} {streamed}");
    }
    first
}

/// All wires, plain and streamed.
fn everywhere() -> impl Iterator<Item = (Wire, bool)> {
    Wire::ALL.into_iter().flat_map(|wire| [(wire, false), (wire, true)])
}

/// The usage of a script as a wire can say it.
fn known_usage(wire: Wire, usage: Usage) -> Usage {
    if has(wire, Feature::CachedUsage) {
        return usage;
    }
    Usage { input: usage.read(), cache_read: 0, ..usage }
}

fn user(text: &str) -> Message {
    Message::User(vec![UserPart::Text(text.to_owned())])
}

fn result(id: &str, text: &str, is_error: bool) -> UserPart {
    UserPart::ToolResult { id: id.to_owned(), text: text.to_owned(), is_error }
}

fn opening(wire: Wire, streamed: bool) -> Request {
    let spec = |name: &'static str| ToolSpec {
        name: name.into(),
        description: format!("The tool {name}."),
        schema: json!({"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}),
    };
    Request {
        provider: name_of(wire).to_owned(),
        model: "m".to_owned(),
        system: "You row.".to_owned(),
        messages: vec![user("Go.")],
        tools: vec![spec("read"), spec("write")],
        max_tokens: 1_000,
        streamed,
        ..Request::default()
    }
}

/// The body of a request, as it is sent.
fn body(wire: Wire, request: &Request) -> Value {
    let adapter = adapter(wire, "http://127.0.0.1:1");
    let encoded = adapter.encode(request);
    assert_eq!(encoded, adapter.encode(&request.clone()), "the same request gives the same bytes");
    serde_json::from_slice(&encoded.body).unwrap()
}

/// Two calls at once.
fn calling() -> Script {
    let calls = vec![
        ("call_a", "read", r#"{"path":"a/é.rs"}"#),
        ("call_b", "write", r#"{"path":"b","deep":[1,{"x":2.5,"y":true}]}"#),
    ];
    Script { calls, stop: trireme_core::Stop::ToolUse, thought: Some("hm, both"), ..Script::default() }
}

/// A conversation that goes on after these calls.
fn continued(wire: Wire, content: Vec<Value>, calls: &[ToolCall]) -> Request {
    let results = vec![
        result(&calls[0].id, "fn main() {}", false),
        result(&calls[1].id, "no such folder", true),
        UserPart::Text("Go on.".to_owned()),
    ];
    let mut request = opening(wire, true);
    request.messages.extend([Message::Assistant(content), Message::User(results)]);
    request
}
