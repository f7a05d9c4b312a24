//! The gateway's HTTP side: who calls, for which model, and the tries that a call gets.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, Response, Uri};
use axum::response::IntoResponse;
use axum::routing::{get, post};
use trireme_core::catalogue::{Catalogue, Model};
use trireme_core::gateway::{Denied, Fit, Wanted};
use trireme_core::limits::{BLOB_BYTES, CALL_RETRIES, RETRY_BASE_MS};
use trireme_core::{Digest, Fault, KeyId, Wire};

use super::books::{Books, NotAdmitted};
use super::models;
use super::problem::Problem;
use super::relay::{self, OnItsWay, Sent};
use super::request::Asked;
use super::upstream::{self, Target, Upstream};
use crate::bus::governor::{Governor, LaneKey, Load, Party, Permit, Shut};
use crate::clock;

/// How long a provider may want to be left alone before the caller is told instead of kept waiting.
const PATIENCE: Duration = Duration::from_secs(180);
/// Times that a call goes back into the line because it was too early.
const LIMITED_RETRIES: u8 = 8;

/// What serves calls.
pub(super) struct Desk {
    pub(super) books: Books,
    pub(super) catalogue: Arc<Catalogue>,
    pub(super) upstreams: BTreeMap<String, Upstream>,
    pub(super) governor: Governor,
}

/// A call that wants to leave.
struct Leaving<'a> {
    caller: KeyId,
    wanted: Wanted<'a>,
    lane: LaneKey,
}

/// Why a call does not leave.
enum Stay {
    Shut(Shut),
    Not(NotAdmitted),
}

impl From<Shut> for Stay {
    fn from(shut: Shut) -> Self {
        Self::Shut(shut)
    }
}

impl From<NotAdmitted> for Stay {
    fn from(not: NotAdmitted) -> Self {
        Self::Not(not)
    }
}

impl From<Stay> for Problem {
    fn from(stay: Stay) -> Self {
        match stay {
            Stay::Shut(shut) => Self::resting(&shut),
            Stay::Not(not) => not.into(),
        }
    }
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
        .with_state(desk)
}

macro_rules! serve {
    ($($name:ident $how:ident $wire:ident;)*) => {$(
        async fn $name(State(desk): State<Arc<Desk>>, request: Request) -> Response<Body> {
            desk.$how(Wire::$wire, request).await
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
    async fn call(&self, wire: Wire, request: Request) -> Response<Body> {
        let (caller, incoming) = match self.take_in(wire, request).await {
            Ok(taken) => taken,
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

    /// Reads a request of somebody who has a key; of nobody else is anything read but the head.
    async fn take_in(&self, wire: Wire, request: Request) -> Result<(KeyId, Incoming), Problem> {
        let (head, body) = request.into_parts();
        let caller = self.caller(&head.headers)?;
        let body = to_bytes(body, BLOB_BYTES).await.map_err(|_| Problem::too_long())?;
        Ok((caller, Incoming { wire, uri: head.uri, headers: head.headers, body }))
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
        let call = Leaving { caller, wanted, lane: upstream.lane(model) };
        let sent_as = sent_name(&asked.model, name, model);
        let mut refused = None;
        for tries in 0.. {
            let (permit, fit) = match (self.let_go(&call).await, refused.take()) {
                (Ok(gone), _) => gone,
                // What the provider said says more than that it rests now.
                (Err(Stay::Shut(_)), Some(told)) => return Ok(told),
                (Err(stay), _) => return Err(named(stay.into())),
            };
            let sent_body = asked.rewritten(sent_as, fit.max_tokens, upstream.cap(*wire));
            let call = OnItsWay {
                books: self.books.clone(),
                catalogue: Arc::clone(&self.catalogue),
                name: name.to_owned(),
                sent_as: sent_as.to_owned(),
                call: fit.call,
                permit,
                is_open: true,
            };
            match relay::send(upstream, *wire, &target, headers, sent_body, call).await {
                Sent::Answered(response) => return Ok(response),
                Sent::Failed { fault, told } => {
                    let Some(pause) = pause(&fault, tries) else { return Ok(told) };
                    refused = Some(told);
                    tokio::time::sleep(pause).await;
                }
            }
        }
        Err(named(Problem::upstream("no try is left")))
    }

    /// Waits until a call may leave: its money is there, the provider takes it, and the money is promised, on the disk. A
    /// place at the provider is never held by a call that waits for money.
    async fn let_go(&self, call: &Leaving<'_>) -> Result<(Permit, Fit), Stay> {
        let Leaving { caller, wanted, lane } = call;
        let party = Party::new(&caller.to_string());
        let load = Load::likely(wanted.body_bytes, wanted.max_tokens.unwrap_or(u64::MAX));
        loop {
            let place = self.books.affordable(*caller, wanted).await?;
            let permit = self.governor.admit_within(lane, &party, load, PATIENCE).await?;
            match self.books.admit(*caller, wanted, place).await {
                // Somebody was quicker.
                Err(NotAdmitted::Denied(Denied::Busy)) => drop(permit),
                admitted => return Ok((permit, admitted?)),
            }
        }
    }

    /// Passes on a request that costs nothing: the counting of tokens.
    async fn count(&self, wire: Wire, request: Request) -> Response<Body> {
        self.try_count(wire, request).await.unwrap_or_else(|problem| problem.response(wire))
    }

    async fn try_count(&self, wire: Wire, request: Request) -> Result<Response<Body>, Problem> {
        let (caller, incoming) = self.take_in(wire, request).await?;
        let Incoming { wire, uri, headers, body } = &incoming;
        let asked = Asked::read(*wire, body)?;
        let (name, model) = self.model(&asked.model)?;
        let at = clock::now();
        self.books.with(|books| books.permits(caller, name, at)).map_err(NotAdmitted::from)?;
        let upstream = self.upstream(model, *wire)?;
        let target = Target { path: below_v1(uri, *wire), query: uri.query(), streamed: false };
        let sent =
            upstream.send(*wire, &target, headers, asked.renamed(sent_name(&asked.model, name, model))).await;
        let mut exchange = sent.map_err(|fault| Problem::upstream(upstream.scrubbed(fault).to_string()))?;
        let text = exchange.head(BLOB_BYTES).await;
        Ok((
            axum::http::StatusCode::from_u16(exchange.status()).unwrap_or_default(),
            upstream::returned(exchange.headers()),
            upstream.without_key(&text),
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

/// What the provider is asked for: the catalogue's own name for a model becomes the provider's; any other is one of the
/// provider's own names, such as a dated one, and the caller's choice.
fn sent_name<'a>(asked: &'a str, name: &str, model: &'a Model) -> &'a str {
    if asked == name { &model.id } else { asked }
}

/// How long to wait before a call is sent once more; none where the caller is told. Only what is certainly unbilled is
/// tried again here: a caller that wants to pay for a second try can ask for it. What a provider limits, the governor
/// paces, and a call that was too early goes back into its line.
fn pause(fault: &Fault, tries: u8) -> Option<Duration> {
    if matches!(fault, Fault::RateLimited { .. }) {
        return (tries < LIMITED_RETRIES).then_some(Duration::ZERO);
    }
    let is_worth_it = fault.is_unbilled() && fault.is_passing() && tries < CALL_RETRIES;
    let doubled = RETRY_BASE_MS.saturating_mul(1 << tries.min(CALL_RETRIES));
    let spread = doubled * u64::from(clock::jitter()) / 1_000;
    is_worth_it.then(|| Duration::from_millis(spread))
}
