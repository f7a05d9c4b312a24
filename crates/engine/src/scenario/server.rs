//! The scripted provider: Anthropic Messages on loopback, streamed and plain.
//!
//! A reply is counted, and its line is in the tally file, before its last event is written: a client that has the whole
//! reply is always counted, whoever is killed when.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State as Shared};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use futures_util::StreamExt as _;
use futures_util::stream;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::script::Scenario;
use super::state::{Play, Refusal, Speech, State, Tally};

/// The largest request, in bytes; the provider's own limit.
const REQUEST_BYTES: usize = 32 * 1024 * 1024;

/// A scripted provider. Dropping it closes the port and ends what it holds in silence.
#[derive(Debug)]
pub struct Server {
    base_url: String,
    desk: Arc<Desk>,
    _open: watch::Sender<()>,
    _tasks: JoinSet<()>,
}

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// There is no port.
    #[error("the scripted models can't listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The tally can't be kept.
    #[error("the tally {} can't be written ({source}): name a file in a folder that is there", file.display())]
    Tally {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

/// What the handlers share.
#[derive(Debug)]
struct Desk {
    state: Mutex<State>,
    tally_file: Option<File>,
    /// Ends when the server is dropped.
    open: watch::Receiver<()>,
}

impl Server {
    /// Starts a server that every conversation begins with. Each whole reply adds a line of JSON to the file `tally`.
    ///
    /// # Errors
    /// [`ServerError`], before anything listens.
    pub async fn start(scenario: Arc<Scenario>, tally: Option<PathBuf>) -> Result<Self, ServerError> {
        Self::open(State::new(scenario, true), tally).await
    }

    /// Starts a server for a run that goes on: conversations that began before are taken on trust.
    ///
    /// # Errors
    /// [`ServerError`], before anything listens.
    pub async fn restart(scenario: Arc<Scenario>, tally: Option<PathBuf>) -> Result<Self, ServerError> {
        Self::open(State::new(scenario, false), tally).await
    }

    async fn open(state: State, tally: Option<PathBuf>) -> Result<Self, ServerError> {
        let tally_file = tally.map(open_tally).transpose()?;
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(ServerError::Listen)?;
        let address = listener.local_addr().map_err(ServerError::Listen)?;
        // Without TCP_NODELAY each streamed reply waits some 40 ms for an acknowledgement.
        let listener = listener.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        let (open, watch) = watch::channel(());
        let desk = Arc::new(Desk { state: Mutex::new(state), tally_file, open: watch.clone() });
        let router = Router::new()
            .route("/v1/messages", post(messages))
            .fallback(elsewhere)
            .layer(DefaultBodyLimit::max(REQUEST_BYTES))
            .with_state(Arc::clone(&desk));
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let serve = axum::serve(listener, router).with_graceful_shutdown(closed(watch));
            let _ = serve.await;
        });
        Ok(Self { base_url: format!("http://{address}"), desk, _open: open, _tasks: tasks })
    }

    /// The address for an adapter, without the path.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What has been seen so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        self.desk.with(|state| state.tally.clone())
    }
}

fn open_tally(file: PathBuf) -> Result<File, ServerError> {
    let opened = OpenOptions::new().create(true).append(true).open(&file);
    opened.map_err(|source| ServerError::Tally { file, source })
}

/// Waits until the server is dropped.
async fn closed(mut open: watch::Receiver<()>) {
    while open.changed().await.is_ok() {}
}

impl Desk {
    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Counts a reply whose end is the next thing written.
    fn count(&self, speech: &Speech) {
        if let Some(mut file) = self.tally_file.as_ref()
            && let Err(error) = file.write_all(speech.line.as_bytes())
        {
            self.with(|state| state.violation(500, format!("the tally can't be written: {error}")));
        }
        self.with(|state| state.answered(&speech.usage));
    }

    /// Waits, but never longer than the server lives.
    async fn pause(&self, ms: u64) {
        if ms > 0 {
            let _ = tokio::time::timeout(Duration::from_millis(ms), closed(self.open.clone())).await;
        }
    }
}

async fn elsewhere(Shared(desk): Shared<Arc<Desk>>, uri: Uri) -> Response {
    let what = format!("{} is not served here: only POST /v1/messages", uri.path());
    let play = desk.with(|state| {
        state.tally.received += 1;
        state.violation(404, what)
    });
    perform(desk, play).await
}

async fn messages(Shared(desk): Shared<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let play = desk.with(|state| state.take(&headers, &body));
    perform(desk, play).await
}

async fn perform(desk: Arc<Desk>, play: Play) -> Response {
    match play {
        Play::Refuse(refusal) => {
            desk.pause(refusal.latency_ms).await;
            refuse(refusal)
        }
        Play::Silence => {
            closed(desk.open.clone()).await;
            // A status would be an answer after all.
            Body::from_stream(stream::iter([Err::<Bytes, _>(scripted_cut())])).into_response()
        }
        Play::Speak(speech) => speak(desk, *speech).await,
    }
}

fn refuse(refusal: Refusal) -> Response {
    let mut builder =
        Response::builder().status(refusal.status).header(header::CONTENT_TYPE, "application/json");
    for (name, value) in refusal.headers {
        builder = builder.header(name, value);
    }
    // Status and headers were checked when the scenario was loaded.
    builder
        .body(Body::from(refusal.body))
        .unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// A piece of a reply's body.
enum Piece {
    Text(Bytes),
    Pause(u64),
    Count,
    Break,
}

async fn speak(desk: Arc<Desk>, speech: Speech) -> Response {
    let kind = if speech.is_streamed { "text/event-stream; charset=utf-8" } else { "application/json" };
    let headers = [
        (header::CONTENT_TYPE.as_str(), kind.to_owned()),
        ("request-id", speech.spoken.id.replace("msg_", "req_")),
    ];
    let pieces = pieces(&speech);
    (headers, body(desk, speech, pieces)).into_response()
}

/// A stream pauses after its first event: by then the provider has read the request, and the usage is known.
fn pieces(speech: &Speech) -> Vec<Piece> {
    let (first, mut rest) = if speech.is_streamed {
        let mut events = speech.spoken.events();
        let rest = events.split_off(1);
        (events.concat(), rest)
    } else {
        (String::new(), vec![speech.spoken.message().to_string()])
    };
    let last = rest.pop().unwrap_or_default();
    let rest = rest.concat();
    match speech.cut_after_bytes {
        None => vec![
            Piece::Text(first.into()),
            Piece::Pause(speech.latency_ms),
            Piece::Text(rest.into()),
            Piece::Count,
            Piece::Text(last.into()),
        ],
        Some(bytes) => {
            let mut all = (first + &rest + &last).into_bytes();
            // The message is never whole, however far away the cut is.
            all.truncate(bytes.min(all.len().saturating_sub(2)));
            vec![Piece::Pause(speech.latency_ms), Piece::Text(all.into()), Piece::Break]
        }
    }
}

fn body(desk: Arc<Desk>, speech: Speech, pieces: Vec<Piece>) -> Body {
    let speech = Arc::new(speech);
    let written =
        stream::iter(pieces).then(move |piece| write(Arc::clone(&desk), Arc::clone(&speech), piece));
    Body::from_stream(written)
}

async fn write(desk: Arc<Desk>, speech: Arc<Speech>, piece: Piece) -> Result<Bytes, std::io::Error> {
    match piece {
        Piece::Text(text) => return Ok(text),
        Piece::Pause(ms) => desk.pause(ms).await,
        Piece::Count => desk.count(&speech),
        Piece::Break => {
            // What stands before is flushed only when the body has nothing ready.
            tokio::task::yield_now().await;
            return Err(scripted_cut());
        }
    }
    Ok(Bytes::new())
}

fn scripted_cut() -> std::io::Error {
    std::io::Error::other("scripted cut")
}
