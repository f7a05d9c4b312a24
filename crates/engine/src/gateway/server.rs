//! The gateway's HTTP side: who calls, for which model, and the tries that a call gets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use trireme_core::catalogue::{Catalogue, Model};
use trireme_core::limits::{BLOB_BYTES, CALL_RETRIES, RETRY_BASE_MS, RETRY_MAX_MS};
use trireme_core::{Digest, Fault, KeyId, Wire};

use super::books::{Books, NotAdmitted};
use super::models;
use super::problem::Problem;
use super::relay::{self, OnItsWay, Sent};
use super::request::Asked;
use super::upstream::{self, Target, Upstream};
use crate::clock;

/// What serves calls.
pub(super) struct Desk {
    pub(super) books: Books,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) upstreams: BTreeMap<String, Upstream>,
}

/// A call that came in.
struct Incoming {
    wire: Wire,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// All that the gateway speaks.
pub(super) fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/messages/count_tokens", post(count_messages))
        .route("/v1/responses", post(responses))
        .route("/v1/responses/input_tokens", post(count_responses))
        .route("/v1/chat/completions", post(chat))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{*name}", get(models::one))
        .fallback(elsewhere)
        .layer(DefaultBodyLimit::max(BLOB_BYTES))
        .with_state(desk)
}

macro_rules! serve {
    ($($name:ident $how:ident $wire:ident;)*) => {$(
        async fn $name(State(desk): State<Arc<Desk>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
            desk.$how(Incoming { wire: Wire::$wire, uri, headers, body }).await
        }
    )*};
}
serve! {
    messages call Anthropic;
    responses call Responses;
    chat call Chat;
    count_messages count Anthropic;
    count_responses count Responses;
}

async fn elsewhere(method: Method, uri: Uri) -> Response<Body> {
    let wire = if uri.path().contains("messages") { Wire::Anthropic } else { Wire::Responses };
    let what = format!(
        "{method} {} is not served here: only /v1/messages, /v1/responses, /v1/chat/completions and /v1/models",
        uri.path()
    );
    Problem::missing(what).response(wire)
}

impl Desk {
    /// Serves a call that costs money.
    async fn call(&self, incoming: Incoming) -> Response<Body> {
        let wire = incoming.wire;
        let caller = match self.caller(&incoming.headers) {
            Ok(caller) => caller,
            Err(problem) => return problem.response(wire),
        };
        match self.try_call(caller, &incoming).await {
            Ok(response) => response,
            Err((model, problem)) => {
                self.books.denied(caller, &model, problem.message());
                problem.response(wire)
            }
        }
    }

    async fn try_call(
        &self,
        caller: KeyId,
        incoming: &Incoming,
    ) -> Result<Response<Body>, (String, Problem)> {
        let Incoming { wire, uri, headers, body } = incoming;
        let asked = Asked::read(*wire, body).map_err(|bad| (String::new(), bad.into()))?;
        let named = |problem: Problem| (asked.model.clone(), problem);
        let (name, model) = self.model(&asked.model).map_err(named)?;
        let upstream = self.upstream(model, *wire).map_err(named)?;
        let target = Target { path: below_v1(uri, *wire), query: uri.query(), streamed: asked.streamed };
        let wanted = relay::wanted(&asked, name, model, body.len());
        let mut tries = 0;
        loop {
            let admitted = self.books.admit(caller, &wanted).await;
            let fit = admitted.map_err(|not: NotAdmitted| named(not.into()))?;
            let sent_body = asked.rewritten(&model.id, fit.max_tokens, upstream.cap(*wire));
            let call = OnItsWay::new(&self.books, &self.catalogue, name, fit.call);
            match relay::send(upstream, *wire, &target, headers, sent_body, call).await {
                Sent::Answered(response) => return Ok(response),
                Sent::Failed { fault, told } => match pause(&fault, tries) {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return Ok(told),
                },
            }
            tries += 1;
        }
    }

    /// Passes on a request that costs nothing: the counting of tokens.
    async fn count(&self, incoming: Incoming) -> Response<Body> {
        let wire = incoming.wire;
        self.try_count(&incoming).await.unwrap_or_else(|problem| problem.response(wire))
    }

    async fn try_count(&self, incoming: &Incoming) -> Result<Response<Body>, Problem> {
        let Incoming { wire, uri, headers, body } = incoming;
        self.caller(headers)?;
        let asked = Asked::read(*wire, body)?;
        let (_, model) = self.model(&asked.model)?;
        let upstream = self.upstream(model, *wire)?;
        let target = Target { path: below_v1(uri, *wire), query: uri.query(), streamed: false };
        let sent = upstream.send(*wire, &target, headers, asked.renamed(&model.id)).await;
        let mut exchange = sent.map_err(|fault| Problem::upstream(upstream.scrubbed(fault).to_string()))?;
        let text = exchange.head(BLOB_BYTES).await;
        Ok((
            axum::http::StatusCode::from_u16(exchange.status()).unwrap_or_default(),
            upstream::returned(exchange.headers()),
            text,
        )
            .into_response())
    }

    /// The key that a request carries, in either of the headers that clients use.
    pub(super) fn caller(&self, headers: &HeaderMap) -> Result<KeyId, Problem> {
        let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let bearer = header("authorization").and_then(|text| text.strip_prefix("Bearer "));
        let known =
            |secret: &str| self.books.with(|books| books.key_of(&Digest::of(secret.trim().as_bytes())));
        [header("x-api-key"), bearer].into_iter().flatten().find_map(known).ok_or_else(Problem::key)
    }

    fn model(&self, asked: &str) -> Result<(&str, &Model), Problem> {
        self.catalogue.find(asked).ok_or_else(|| {
            Problem::missing(format!(
                "no price is known for {asked:?}, so it is not called: `trireme models` lists what is; \
                 add [models.{asked:?}] to trireme.toml with its prices, or name another model"
            ))
        })
    }

    fn upstream(&self, model: &Model, wire: Wire) -> Result<&Upstream, Problem> {
        let provider = &model.provider;
        let upstream = self.upstreams.get(provider).ok_or_else(|| {
            Problem::missing(format!(
                "there is no key for {provider}, which serves {:?}: see `trireme doctor`",
                model.id
            ))
        })?;
        if upstream.speaks(wire) {
            return Ok(upstream);
        }
        Err(Problem::request(format!(
            "{provider} does not speak this protocol: {:?} can't be asked for at this address",
            model.id
        )))
    }
}

/// The path below the provider's base URL, which has the version in it for OpenAI and not for Anthropic.
fn below_v1(uri: &Uri, wire: Wire) -> &str {
    match wire {
        Wire::Anthropic => uri.path(),
        Wire::Responses | Wire::Chat | Wire::Gemini | Wire::Ollama => {
            uri.path().strip_prefix("/v1").unwrap_or(uri.path())
        }
    }
}

/// How long to wait before a call is sent once more; none where the caller is told. Only what is certainly unbilled is
/// tried again here: a caller that wants to pay for a second try can ask for it.
fn pause(fault: &Fault, tries: u8) -> Option<Duration> {
    let is_worth_it = fault.is_unbilled() && fault.is_passing() && tries < CALL_RETRIES;
    let doubled = RETRY_BASE_MS.saturating_mul(1 << tries);
    let spread = doubled * u64::from(clock::jitter()) / 1_000;
    let ms = if let Fault::RateLimited { retry_after_ms: Some(ms) } = fault { *ms } else { spread };
    (is_worth_it && ms <= RETRY_MAX_MS).then(|| Duration::from_millis(ms))
}
