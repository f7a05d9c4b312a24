//! A provider on loopback that keeps its own bill. It speaks the three wires of the gateway, plain and streamed, and does
//! with each request what the request's `x-play` header says, so that a test decides what happens to which call:
//!
//! ```text
//! x-play: wait=50; use=full; fault=cut
//! ```
//!
//! `wait` is in milliseconds; `use` is `full` (all that the bound allows), `over` (more output than was asked for, within the
//! bound), `beyond` (more than the bound) or tokens of output; `fault` is a status, a status with
//! `-once` (only the first request of an `x-id` is refused), `cut`, `no-usage`, `silence` or
//! `unknown-events`; `tool` is the name of a tool to call. What it bills for is what it says it used, also where it says
//! nothing or breaks off: only a refusal with 529 or 4xx, but for 408, is free.

mod answer;

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures_util::{StreamExt, stream};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use trireme_core::catalogue::{Catalogue, Span};
use trireme_core::{Millis, Money, Usage, Wire};

pub use answer::Answer;

/// What the provider saw.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// What it bills.
    pub bill: Money,
    /// Requests that came.
    pub received: u64,
    /// Requests that it bills for.
    pub billed: u64,
    /// The bodies, oldest first, of those that asked for it with `x-keep`.
    pub bodies: Vec<Bytes>,
    /// The headers of the same requests.
    pub headers: Vec<HeaderMap>,
}

struct Till {
    catalogue: Catalogue,
    at: Millis,
    ledger: Mutex<Ledger>,
    seen: Mutex<HashSet<String>>,
    pace: Option<Mutex<Pace>>,
}

/// Requests that are taken: so many a minute, and a second's worth at once.
struct Pace {
    per_minute: u32,
    left: f64,
    at: Instant,
}

impl Pace {
    /// Takes a request, or says how long to wait for the next.
    fn take(&mut self) -> Result<(), Duration> {
        let per_second = f64::from(self.per_minute) / 60.0;
        self.left = (self.left + self.at.elapsed().as_secs_f64() * per_second).min(per_second.max(1.0));
        self.at = Instant::now();
        if self.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.left) / per_second));
        }
        self.left -= 1.0;
        Ok(())
    }
}

/// A provider. Dropped, its port is closed.
pub struct Provider {
    address: SocketAddr,
    till: Arc<Till>,
    _server: JoinSet<()>,
}

/// What is to happen to a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Play {
    wait_ms: u64,
    uses: String,
    fault: String,
    tool: String,
}

impl Provider {
    /// A provider that bills at the prices of a catalogue, at a moment.
    pub async fn start(catalogue: Catalogue, at: Millis) -> Self {
        Self::paced(catalogue, at, None).await
    }

    /// The same, taking only so many requests a minute: others get 429 and `retry-after-ms`.
    pub async fn paced(catalogue: Catalogue, at: Millis, per_minute: Option<u32>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let listener = listener.tap_io(|socket| socket.set_nodelay(true).unwrap());
        let begin = |per_minute| Mutex::new(Pace { per_minute, left: 1.0, at: Instant::now() });
        let pace = per_minute.map(begin);
        let till = Arc::new(Till { catalogue, at, ledger: Mutex::default(), seen: Mutex::default(), pace });
        let serve = |wire| {
            post(move |till: State<Arc<Till>>, headers: HeaderMap, body: Bytes| async move {
                till.serve(wire, headers, body).await
            })
        };
        let router = Router::new()
            .route("/v1/messages", serve(Wire::Anthropic))
            .route("/v1/responses", serve(Wire::Responses))
            .route("/v1/chat/completions", serve(Wire::Chat))
            .route("/v1/messages/count_tokens", post(async || json!({"input_tokens": 42}).to_string()))
            .fallback(async |uri: Uri| (StatusCode::NOT_FOUND, uri.to_string()))
            .with_state(Arc::clone(&till));
        let mut server = JoinSet::new();
        server.spawn(async move {
            axum::serve(listener, router).await.unwrap();
        });
        Self { address, till, _server: server }
    }

    /// Its address without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What it saw by now.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.till.ledger.lock().unwrap().clone()
    }
}

impl Till {
    async fn serve(&self, wire: Wire, headers: HeaderMap, body: Bytes) -> Response<Body> {
        let asked: Value = serde_json::from_slice(&body).unwrap();
        let play = Play::of(&headers);
        let usage = in_words_of(wire, play.usage(self.cap(wire, &asked), body.len() as u64));
        let play = self.once(play, &headers);
        if let Some(Err(wait)) = self.pace.as_ref().map(|pace| pace.lock().unwrap().take()) {
            self.ledger.lock().unwrap().received += 1;
            let mut response = refuse(wire, 429);
            let ms = (wait.as_millis() as u64 + 1).to_string();
            response.headers_mut().insert("retry-after-ms", ms.parse().unwrap());
            return response;
        }
        let refusal = play.fault.parse::<u16>().ok().filter(|status| is_free(*status));
        self.enter(&headers, &body, &asked, refusal.is_none().then_some(usage));
        if play.fault == "silence" {
            std::future::pending::<()>().await;
        }
        let answer = Answer::new(wire, &asked, usage, &play.tool, &play.fault);
        if let Ok(status) = play.fault.parse() {
            pause(play.wait_ms).await;
            return refuse(wire, status);
        }
        if asked["stream"] != true {
            pause(play.wait_ms).await;
            let text = answer.whole().to_string();
            return if play.fault == "cut" { cut(text.into(), "application/json") } else { plain(text) };
        }
        let events = answer.events();
        match play.fault.as_str() {
            "cut" => cut(events[..events.len() - 2].concat().into(), "text/event-stream"),
            _ => streamed(events, play.wait_ms),
        }
    }

    /// `429-once` is a refusal for the first request of an `x-id`, and nothing for the next.
    fn once(&self, play: Play, headers: &HeaderMap) -> Play {
        let Some(fault) = play.fault.strip_suffix("-once") else { return play };
        let id = headers["x-id"].to_str().unwrap().to_owned();
        let first = self.seen.lock().unwrap().insert(id);
        Play { fault: if first { fault.to_owned() } else { String::new() }, ..play }
    }

    /// The cap, in a field that the model's provider reads. Of those that speak the wire of chats, only OpenAI is sure to know
    /// the newer name, and it does not take both.
    fn cap(&self, wire: Wire, asked: &Value) -> u64 {
        let provider = &self.catalogue.find(asked["model"].as_str().unwrap()).unwrap().1.provider;
        let cap = match wire {
            Wire::Responses => "max_output_tokens",
            Wire::Chat if provider == "openai" && asked["max_tokens"].is_null() => "max_completion_tokens",
            _ => "max_tokens",
        };
        asked[cap].as_u64().expect("every request that comes through the gateway has a cap")
    }

    /// Bills before anything is answered, as a provider does that has begun to work.
    fn enter(&self, headers: &HeaderMap, body: &Bytes, asked: &Value, usage: Option<Usage>) {
        let model = self.catalogue.find(asked["model"].as_str().unwrap()).unwrap().1;
        let mut ledger = self.ledger.lock().unwrap();
        ledger.received += 1;
        if let Some(usage) = usage {
            ledger.billed += 1;
            ledger.bill = ledger.bill.plus(model.tariff.cost(&usage, Span::at(self.at)));
        }
        if headers.contains_key("x-keep") {
            ledger.bodies.push(body.clone());
            ledger.headers.push(headers.clone());
        }
    }
}

impl Play {
    fn of(headers: &HeaderMap) -> Self {
        let text = headers.get("x-play").map(|value| value.to_str().unwrap()).unwrap_or_default();
        let mut play = Self::default();
        for (name, value) in text.split(';').filter_map(|part| part.trim().split_once('=')) {
            match name {
                "wait" => play.wait_ms = value.parse().unwrap(),
                "use" => play.uses = value.to_owned(),
                "fault" => play.fault = value.to_owned(),
                "tool" => play.tool = value.to_owned(),
                other => panic!("x-play knows no {other:?}"),
            }
        }
        play
    }

    fn usage(&self, most: u64, bytes: u64) -> Usage {
        let few = Usage { input: bytes / 4, output: 20.min(most), ..Usage::default() };
        match self.uses.as_str() {
            "" => few,
            // The dearest way to read all that a body of so many bytes can be.
            "full" => Usage { input: 0, cache_write_1h: bytes + 2_048, output: most, ..few },
            "over" => Usage { input: bytes / 8, output: most + bytes / 64, ..few },
            "beyond" => Usage { input: bytes + 2_048, output: most * 3 + 100_000, ..few },
            tokens => Usage { output: tokens.parse().unwrap(), ..few },
        }
    }
}

const fn is_free(status: u16) -> bool {
    status == 529 || (status < 500 && status != 408)
}

/// Only one wire tells what was written to the one-hour cache; the others have one kind, at the price of the five minutes.
const fn in_words_of(wire: Wire, usage: Usage) -> Usage {
    match wire {
        Wire::Anthropic => usage,
        _ => Usage { cache_write: usage.cache_write + usage.cache_write_1h, cache_write_1h: 0, ..usage },
    }
}

async fn pause(ms: u64) {
    if ms > 0 {
        tokio::time::sleep(Duration::from_millis(ms)).await;
    }
}

fn plain(text: String) -> Response<Body> {
    let builder =
        Response::builder().header("content-type", "application/json").header("request-id", "req_1");
    builder.body(Body::from(text)).unwrap()
}

/// The first event at once, the rest after the wait.
fn streamed(events: Vec<String>, wait_ms: u64) -> Response<Body> {
    let pieces = stream::iter(events.into_iter().enumerate()).then(move |(at, event)| async move {
        pause(if at == 1 { wait_ms } else { 0 }).await;
        Ok::<_, std::io::Error>(Bytes::from(event))
    });
    let builder =
        Response::builder().header("content-type", "text/event-stream").header("request-id", "req_1");
    builder.body(Body::from_stream(pieces)).unwrap()
}

/// The beginning of an answer, and then a connection that breaks.
fn cut(text: Bytes, kind: &str) -> Response<Body> {
    let head = text.slice(..text.len() / 2 + 1);
    let pieces = stream::iter([Ok(head), Err(std::io::Error::other("cut"))]).then(|piece| async {
        // What stands before is flushed only when the body has nothing ready.
        tokio::task::yield_now().await;
        piece
    });
    Response::builder().header("content-type", kind).body(Body::from_stream(pieces)).unwrap()
}

fn refuse(wire: Wire, status: u16) -> Response<Body> {
    let body = match wire {
        Wire::Anthropic => json!({"type": "error", "error": {"type": "played", "message": "as played"}}),
        _ => json!({"error": {"type": "played", "message": "as played", "code": null, "param": null}}),
    };
    let mut builder = Response::builder().status(status).header("content-type", "application/json");
    if status == 429 {
        builder = builder.header("retry-after-ms", "20");
    }
    builder.body(Body::from(body.to_string())).unwrap()
}
