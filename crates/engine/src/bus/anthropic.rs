//! Anthropic Messages, streamed.
//!
//! What is absent: sampling parameters (they are refused since 2026-10-21), forced tools, and anything that differs
//! between two encodings of one request. The prefix is stable (tools, system, conversation in order), so that the
//! provider's cache hits on all but the last message.

mod decode;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Instant;

use futures_util::future::BoxFuture;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trireme_core::prompts::ToolSpec;
use trireme_core::{Fault, limits};

use self::decode::Decoder;
use super::http::{self, Exchange, Timeouts};
use super::sse::Sse;
use super::wire::{Answer, Failed, Message, Request, UserPart, Wire};

/// The version of the protocol that is spoken here.
pub const VERSION: &str = "2026-10-21";

/// How much of a refusal's body is read, in bytes.
const REFUSAL_BYTES: usize = 64 * 1024;
/// How long the end of the connection's body may take after the end of the message, in milliseconds.
const DRAIN_MS: u64 = 100;

/// The adapter of one account: an address and, beyond loopback, its key.
#[derive(Clone)]
pub struct Anthropic {
    client: Client,
    url: Url,
    key: Option<(String, HeaderValue)>,
    timeouts: Timeouts,
}

/// Why there can be no adapter.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address is none.
    #[error("{base_url:?} is no address of a provider ({why}): give one like https://api.anthropic.com")]
    BadUrl {
        /// What was given.
        base_url: String,
        /// What is wrong with it.
        why: String,
    },
    /// Only a provider on loopback may be without a key.
    #[error("there is no key for {host}: set ANTHROPIC_API_KEY, or the provider's key_env in trireme.toml")]
    NoKey {
        /// The provider's host.
        host: String,
    },
    /// The key can't be put into a header.
    #[error("the key for {host} holds characters that no key has: set it again, without line ends")]
    BadKey {
        /// The provider's host.
        host: String,
    },
    /// TLS can't be set up.
    #[error("the HTTP client can't be set up: install the system's CA certificates")]
    Client(#[from] reqwest::Error),
}

impl Anthropic {
    /// An adapter for `{base_url}/v1/messages`.
    ///
    /// # Errors
    /// [`SetupError`], before anything is sent.
    pub fn new(base_url: &str, key: Option<&str>, timeouts: Timeouts) -> Result<Self, SetupError> {
        let url = endpoint(base_url)
            .map_err(|why| SetupError::BadUrl { base_url: without_login(base_url), why })?;
        let host = || url.host_str().unwrap_or_default().to_owned();
        if key.is_none() && !http::is_loopback(&url) {
            return Err(SetupError::NoKey { host: host() });
        }
        let key = key.map(secret).transpose();
        Ok(Self {
            client: http::client(&url, &timeouts)?,
            key: key.map_err(|()| SetupError::BadKey { host: host() })?,
            url,
            timeouts,
        })
    }

    async fn call(self, body: Vec<u8>) -> Result<Answer, Failed> {
        let started = Instant::now();
        let mut decoder = Decoder::new(asked_model(&body));
        let outcome = match self.stream(body, &mut decoder).await {
            Ok(()) => decoder.finish(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
            Err(fault) => Err(Failed { fault, usage: decoder.usage_so_far() }),
        };
        outcome.map_err(|failed| Failed {
            fault: http::scrubbed(failed.fault, self.key.as_ref().map(|(key, _)| key.as_str())),
            ..failed
        })
    }

    async fn stream(&self, body: Vec<u8>, decoder: &mut Decoder) -> Result<(), Fault> {
        let mut exchange = Exchange::open(self.request(body), &self.timeouts).await?;
        if !(200..300).contains(&exchange.status()) {
            return Err(refusal(&mut exchange).await);
        }
        must_stream(&mut exchange).await?;
        let mut sse = Sse::new(limits::REPLY_BYTES);
        while let Some(chunk) = exchange.chunk().await? {
            let events = sse.push(&chunk).map_err(|error| Fault::Garbled { message: error.to_string() })?;
            for event in events {
                decoder.take(&event.data)?;
            }
            if decoder.is_done() {
                drain(exchange).await;
                return Ok(());
            }
        }
        Err(Fault::Cut { message: "the stream ended before message_stop".to_owned() })
    }

    fn request(&self, body: Vec<u8>) -> RequestBuilder {
        let request = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header("anthropic-version", VERSION);
        match &self.key {
            Some((_, header)) => request.header("x-api-key", header),
            None => request,
        }
        .body(body)
    }
}

impl Wire for Anthropic {
    fn encode(&self, request: &Request) -> Vec<u8> {
        encode(request)
    }

    fn send(&self, body: Vec<u8>) -> BoxFuture<'static, Result<Answer, Failed>> {
        Box::pin(self.clone().call(body))
    }
}

/// Without the key.
impl fmt::Debug for Anthropic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Anthropic").field("host", &self.url.host_str()).finish_non_exhaustive()
    }
}

/// An address may carry a name and a password, which are nobody's to read.
fn without_login(base_url: &str) -> String {
    match (base_url.split_once("://"), base_url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => base_url.to_owned(),
    }
}

fn endpoint(base_url: &str) -> Result<Url, String> {
    let text = format!("{}/v1/messages", base_url.trim().trim_end_matches('/'));
    let url = Url::parse(&text).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("neither http nor https".to_owned());
    }
    Ok(url)
}

fn secret(key: &str) -> Result<(String, HeaderValue), ()> {
    let mut header = HeaderValue::from_str(key).map_err(|_| ())?;
    header.set_sensitive(true);
    Ok((key.to_owned(), header))
}

/// The model that an encoded body asks for.
fn asked_model(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Asked {
        model: String,
    }
    serde_json::from_slice::<Asked>(body).map(|asked| asked.model).unwrap_or_default()
}

/// What the provider says with a status other than 2xx.
async fn refusal(exchange: &mut Exchange) -> Fault {
    #[derive(Deserialize)]
    struct Refused {
        error: Inner,
    }
    #[derive(Deserialize)]
    struct Inner {
        #[serde(rename = "type", default)]
        kind: String,
        #[serde(default)]
        message: String,
    }
    let body = exchange.head(REFUSAL_BYTES).await;
    let (kind, message) = match serde_json::from_str::<Refused>(&body) {
        Ok(refused) => (refused.error.kind, refused.error.message),
        Err(_) => (String::new(), body),
    };
    http::refusal(exchange.status(), exchange.headers(), &kind, message)
}

/// A proxy's own page with status 200 is no answer.
async fn must_stream(exchange: &mut Exchange) -> Result<(), Fault> {
    let given = exchange.headers().get(CONTENT_TYPE).cloned();
    match given {
        Some(kind) if !kind.as_bytes().starts_with(b"text/event-stream") => Err(Fault::Garbled {
            message: format!("{kind:?} came instead of a stream: {}", exchange.head(REFUSAL_BYTES).await),
        }),
        _ => Ok(()),
    }
}

/// Reads the end of the body, so that the connection can be used again.
async fn drain(mut exchange: Exchange) {
    let end = tokio::time::Duration::from_millis(DRAIN_MS);
    // Whatever comes or does not, the message is whole: at worst the next call opens a connection of its own.
    let _ = tokio::time::timeout(end, exchange.chunk()).await;
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    max_tokens: u64,
    stream: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    system: Vec<Value>,
    messages: Vec<Said>,
}

#[derive(Serialize)]
struct Said {
    role: &'static str,
    content: Vec<Value>,
}

fn encode(request: &Request) -> Vec<u8> {
    let mut body = Body {
        model: &request.model,
        max_tokens: request.max_tokens,
        stream: true,
        tools: request.tools.iter().map(tool).collect(),
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
