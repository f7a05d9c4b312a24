//! One call from the caller to the provider and back. Every way out of here ends the call in the books: with what it used,
//! as unbilled, or, dropped in the middle, forfeited at its bound.

use std::io;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Response, StatusCode};
use futures_util::stream::try_unfold;
use reqwest::header::CONTENT_TYPE;
use trireme_core::catalogue::{Catalogue, Model};
use trireme_core::gateway::{Ending, Loss, Wanted};
use trireme_core::limits::{BLOB_BYTES, REPLY_BYTES};
use trireme_core::{EffectId, Fault, Wire};

use super::books::Books;
use super::problem::Problem;
use super::request::Asked;
use super::upstream::{self, Target, Upstream};
use crate::bus::dialect::{Meter, Reading, dialect};
use crate::bus::governor::Permit;
use crate::bus::http::{self, Exchange};
use crate::bus::rate::{Heard, RateLimits};
use crate::bus::served::is_same_model;
use crate::bus::sse::Sse;

/// A call whose money is promised. Dropped without an end, the caller or the provider is gone, and nobody knows the bill.
pub(super) struct OnItsWay {
    pub(super) books: Books,
    pub(super) catalogue: Arc<Catalogue>,
    /// The catalogue's name of the model.
    pub(super) name: String,
    /// The model as the provider was asked for it.
    pub(super) sent_as: String,
    pub(super) call: EffectId,
    pub(super) permit: Permit,
    pub(super) is_open: bool,
}

impl OnItsWay {
    /// Ends the call with what went wrong.
    fn failed(&mut self, fault: &Fault, exchange: Option<&Exchange>) {
        let status = exchange.map(Exchange::status);
        self.learn(fault, exchange);
        if fault.is_unbilled() {
            return self.end(Ending::Refused(status));
        }
        self.end(Ending::Lost(match fault {
            Fault::Timeout => Loss::Silent,
            Fault::Cut { .. } => Loss::Cut,
            Fault::Unreachable { .. }
            | Fault::RateLimited { .. }
            | Fault::Overloaded
            | Fault::Server { .. }
            | Fault::Auth { .. }
            | Fault::Billing { .. }
            | Fault::ContextTooLong { .. }
            | Fault::BadRequest { .. }
            | Fault::WrongModel { .. }
            | Fault::Garbled { .. }
            | Fault::Lost => Loss::Broken,
        }));
    }

    fn learn(&mut self, fault: &Fault, exchange: Option<&Exchange>) {
        let heard = match exchange {
            Some(exchange) => Some(heard(exchange)),
            None => Heard::fault(fault, RateLimits::default()),
        };
        if let Some(heard) = heard {
            self.permit.learn(&heard);
        }
    }

    /// Ends the call with what its answer says of itself. Who read nothing has not said what it read.
    fn answered(&mut self, reading: &Reading) {
        let told = reading.usage.filter(|usage| reading.ended && usage.read() > 0);
        let Some(usage) = told else {
            return self.end(Ending::Lost(if reading.ended { Loss::NoUsage } else { Loss::Cut }));
        };
        self.permit.weighed(usage.into());
        let catalogue = Arc::clone(&self.catalogue);
        let served = reading.served.as_deref().and_then(|served| self.another(&catalogue, served));
        self.end(Ending::Answered { usage, served });
    }

    /// The model that answered, if it is another one, and its row at the same provider.
    fn another<'a>(&self, catalogue: &'a Catalogue, served: &'a str) -> Option<(&'a str, Option<&'a Model>)> {
        let asked = catalogue.models.get(&self.name)?;
        if is_same_model(&self.sent_as, served) || is_same_model(&asked.id, served) {
            return None;
        }
        let is_it = |model: &&Model| model.id == served || model.aliases.iter().any(|alias| alias == served);
        let row = catalogue.models.values().filter(|model| model.provider == asked.provider).find(is_it);
        (row != Some(asked)).then_some((served, row))
    }

    fn end(&mut self, ending: Ending<'_>) {
        let Some(model) = self.catalogue.models.get(&self.name).filter(|_| self.is_open) else { return };
        self.is_open = false;
        self.books.end(self.call, model, ending);
    }
}

impl Drop for OnItsWay {
    fn drop(&mut self) {
        self.end(Ending::Lost(Loss::CallerGone));
    }
}

/// Sends a request that has its money, and passes on what comes back.
///
/// # Errors
/// Where nothing came back; the fault says whether it is worth another try.
pub(super) async fn send(
    upstream: &Upstream,
    wire: Wire,
    target: &Target<'_>,
    headers: &HeaderMap,
    body: Vec<u8>,
    mut call: OnItsWay,
) -> Sent {
    match upstream.send(wire, target, headers, body).await {
        Err(fault) => {
            call.failed(&fault, None);
            let told = Problem::upstream(upstream.scrubbed(fault.clone()).to_string()).response(wire);
            Sent::Failed { fault, told }
        }
        Ok(exchange) if (200..300).contains(&exchange.status()) => {
            call.permit.learn(&heard(&exchange));
            Sent::Answered(pass_on(exchange, wire, call).await)
        }
        Ok(mut exchange) => {
            let text = exchange.head(REPLY_BYTES).await;
            let fault = dialect(wire).refusal(exchange.status(), exchange.headers(), &text);
            call.failed(&fault, Some(&exchange));
            let told = match exchange.status() {
                // Clients would follow it, past this gateway.
                300..400 => Problem::upstream("the provider is elsewhere: mend its base_url").response(wire),
                _ => response(&exchange, Body::from(upstream.without_key(&text))),
            };
            Sent::Failed { fault, told }
        }
    }
}

/// What an answer's head teaches the governor.
fn heard(exchange: &Exchange) -> Heard {
    let headers = exchange.headers();
    Heard::head(exchange.status(), http::retry_after_ms(headers), http::rate_limits(headers))
}

/// What came of a sending.
pub(super) enum Sent {
    /// An answer, whole or still coming.
    Answered(Response<Body>),
    /// None, and what the caller is told if there is no other try.
    Failed {
        /// What went wrong.
        fault: Fault,
        /// The provider's own refusal, or ours.
        told: Response<Body>,
    },
}

async fn pass_on(exchange: Exchange, wire: Wire, call: OnItsWay) -> Response<Body> {
    let is_stream = exchange
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if is_stream {
        let head = response(&exchange, Body::empty());
        let tap = Tap { call, meter: dialect(wire).meter(), sse: Some(Sse::new(REPLY_BYTES)) };
        // Nobody holds all of a stream, so it may be of any length.
        return head.map(|_| Body::from_stream(flow(exchange.relayed(usize::MAX), tap)));
    }
    whole(&mut exchange.relayed(BLOB_BYTES), wire, call).await
}

/// A plain answer is passed on when all of it is here, and settled before that.
async fn whole(exchange: &mut Exchange, wire: Wire, mut call: OnItsWay) -> Response<Body> {
    let mut body = Vec::new();
    loop {
        match exchange.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(fault) => {
                call.failed(&fault, None);
                return Problem::upstream(fault.to_string()).response(wire);
            }
        }
    }
    let mut meter = dialect(wire).meter();
    meter.body(&body);
    call.answered(&meter.reading());
    response(exchange, Body::from(body))
}

fn response(exchange: &Exchange, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(exchange.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    *response.headers_mut() = upstream::returned(exchange.headers());
    response
}

/// Reads the usage out of a stream that passes by.
struct Tap {
    call: OnItsWay,
    meter: Box<dyn Meter>,
    /// None after an event that no provider sends: then nothing more is read.
    sse: Option<Sse>,
}

impl Tap {
    /// Settles with the event that ends the answer, before the caller has it.
    fn take(&mut self, chunk: &[u8]) {
        let Some(Ok(events)) = self.sse.as_mut().map(|sse| sse.push(chunk)) else {
            self.sse = None;
            return;
        };
        for event in &events {
            self.meter.event(event);
        }
        if !events.is_empty() {
            let reading = self.meter.reading();
            if reading.ended {
                self.call.answered(&reading);
            }
        }
    }
}

/// The stream's bytes, each piece passed on as it comes.
fn flow(exchange: Exchange, tap: Tap) -> impl futures_util::Stream<Item = Result<Bytes, io::Error>> {
    try_unfold((exchange, tap), |(mut exchange, mut tap)| async move {
        match exchange.chunk().await {
            Ok(Some(chunk)) => {
                tap.take(&chunk);
                Ok(Some((chunk, (exchange, tap))))
            }
            Ok(None) => {
                tap.call.answered(&tap.meter.reading());
                Ok(None)
            }
            Err(fault) => {
                tap.call.failed(&fault, None);
                Err(io::Error::other(fault.to_string()))
            }
        }
    })
}

/// What the caller wants, with the row of its model.
pub(super) fn wanted<'a>(
    asked: &Asked<'_>,
    name: &'a str,
    model: &'a Model,
    body_bytes: usize,
) -> Wanted<'a> {
    Wanted {
        name,
        model,
        input_tokens_max: asked.input_tokens_max(model),
        max_tokens: asked.max_tokens,
        least: asked.least,
        choices: asked.choices,
        searches_max: asked.searches_max,
        body_bytes: u64::try_from(body_bytes).unwrap_or(u64::MAX),
    }
}
