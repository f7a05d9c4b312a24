//! From a request to an answer over HTTP: one adapter for one provider's account, whatever its protocol.
//!
//! Encoding is apart from sending because the bus measures the body's bytes before it reserves money. An adapter sends
//! once: each sending has its own reservation.

use std::fmt;
use std::time::Instant;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, Url};
use trireme_core::{Fault, Wire, limits};

use super::call::{Answer, Failed, Request};
use super::dialect::{Decoder, Dialect, Framing, dialect};
use super::http::{self, Exchange, Timeouts};
use super::keys::Secret;
use super::rate::RateLimits;
use super::sse::Frames;

/// How much of a refusal's body is read, in bytes.
const REFUSAL_BYTES: usize = 64 * 1024;
/// How long the end of the connection's body may take after the end of the message, in milliseconds.
const DRAIN_MS: u64 = 100;

/// A request as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Encoded {
    /// The provider's name of the model.
    pub model: String,
    /// Whether the answer comes as a stream.
    pub streamed: bool,
    /// The body.
    pub body: Bytes,
}

impl Encoded {
    /// A request in a provider's words.
    pub(super) fn of(request: &Request, dialect: &dyn Dialect) -> Self {
        let (model, streamed) = (request.model.clone(), request.streamed);
        Self { model, streamed, body: dialect.encode(request).into() }
    }
}

/// Where a provider is, and who we are to it.
#[derive(Clone, Debug)]
pub struct Provider {
    /// Its name in the configuration.
    pub name: String,
    /// What it speaks.
    pub wire: Wire,
    /// The address that paths begin below.
    pub base_url: String,
    /// Its key; only a provider on loopback may be without one.
    pub key: Option<Secret>,
}

impl Provider {
    /// Where its paths begin.
    ///
    /// # Errors
    /// [`SetupError`] for what is no address of a provider, and for one beyond loopback without a key.
    pub fn address(&self) -> Result<Url, SetupError> {
        let base = address(&self.base_url)
            .map_err(|why| SetupError::BadUrl { base_url: without_login(&self.base_url), why })?;
        if self.key.is_none() && !http::is_loopback(&base) {
            let host = base.host_str().unwrap_or_default().to_owned();
            return Err(SetupError::NoKey { name: self.name.clone(), host });
        }
        Ok(base)
    }
}

/// The adapter of one account of a provider.
#[derive(Clone)]
pub struct HttpAdapter {
    name: String,
    wire: Wire,
    client: Client,
    dialect: &'static dyn Dialect,
    base: Url,
    key: Option<Secret>,
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
    #[error(
        "there is no key for {name} at {host}: set its variable, or key_env or key_file of [providers.{name}]"
    )]
    NoKey {
        /// The provider.
        name: String,
        /// Its host.
        host: String,
    },
    /// TLS can't be set up.
    #[error("the HTTP client can't be set up: install the system's CA certificates")]
    Client(#[from] reqwest::Error),
}

/// What performs calls.
pub trait Adapter: Send + Sync {
    /// What it speaks.
    fn wire(&self) -> Wire;

    /// The request as it will be sent. The same request always gives the same bytes.
    fn encode(&self, request: &Request) -> Encoded;

    /// Sends a request once, without retries, and reads the whole answer. Dropping the future ends the connection.
    fn send(&self, encoded: Encoded) -> BoxFuture<'static, Result<Answer, Failed>>;
}

impl HttpAdapter {
    /// An adapter for a provider.
    ///
    /// # Errors
    /// [`SetupError`], before anything is sent.
    pub fn new(provider: Provider, timeouts: Timeouts) -> Result<Self, SetupError> {
        let base = provider.address()?;
        let Provider { name, wire, key, .. } = provider;
        let client = http::client(&base, &timeouts)?;
        Ok(Self { name, wire, client, dialect: dialect(wire), base, key, timeouts })
    }

    async fn call(self, encoded: Encoded) -> Result<Answer, Failed> {
        let started = Instant::now();
        let mut decoder = self.dialect.decoder(&encoded.model);
        let mut limits = RateLimits::default();
        let outcome = match self.read(encoded, decoder.as_mut(), &mut limits).await {
            Ok(()) => decoder.finish(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
            Err(fault) => Err(Failed { fault, usage: decoder.reading().usage, limits: Box::default() }),
        };
        let outcome = outcome.map(|answer| Answer { limits, ..answer });
        outcome.map_err(|failed| Failed {
            fault: http::scrubbed(failed.fault, self.key.as_ref()),
            limits: Box::new(limits),
            ..failed
        })
    }

    async fn read(
        &self,
        encoded: Encoded,
        decoder: &mut dyn Decoder,
        limits: &mut RateLimits,
    ) -> Result<(), Fault> {
        let streamed = encoded.streamed;
        // A plain answer begins when it is whole.
        let patience = if streamed { self.timeouts.headers } else { self.timeouts.total };
        let mut exchange = Exchange::open(self.request(encoded), &self.timeouts, patience).await?;
        *limits = http::rate_limits(exchange.headers());
        if !(200..300).contains(&exchange.status()) {
            let body = exchange.head(REFUSAL_BYTES).await;
            return Err(self.dialect.refusal(exchange.status(), exchange.headers(), &body));
        }
        match form(&exchange, streamed) {
            Some(Form::Stream) => stream(exchange, self.dialect.framing(), decoder).await,
            Some(Form::Plain) => plain(exchange, decoder).await,
            None => Err(no_answer(&mut exchange).await),
        }
    }

    fn request(&self, encoded: Encoded) -> RequestBuilder {
        let path = self.dialect.path(&encoded.model, encoded.streamed);
        let mut request = self.client.post(below(&self.base, &path)).header(CONTENT_TYPE, "application/json");
        for (name, value) in self.dialect.headers() {
            request = request.header(*name, *value);
        }
        self.dialect.authorize(request, self.key.as_ref()).body(encoded.body)
    }
}

impl Adapter for HttpAdapter {
    fn wire(&self) -> Wire {
        self.wire
    }

    fn encode(&self, request: &Request) -> Encoded {
        Encoded::of(request, self.dialect)
    }

    fn send(&self, encoded: Encoded) -> BoxFuture<'static, Result<Answer, Failed>> {
        Box::pin(self.clone().call(encoded))
    }
}

/// Without the key.
impl fmt::Debug for HttpAdapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.base.host_str();
        f.debug_struct("HttpAdapter").field("name", &self.name).field("host", &host).finish_non_exhaustive()
    }
}

/// An address may carry a name and a password, which are nobody's to read.
fn without_login(base_url: &str) -> String {
    match (base_url.split_once("://"), base_url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://…@{host}"),
        _ => base_url.to_owned(),
    }
}

fn address(base_url: &str) -> Result<Url, String> {
    let url = Url::parse(base_url.trim()).map_err(|error| error.to_string())?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("neither http nor https".to_owned());
    }
    Ok(url)
}

/// The address of a path below the base, whose own query goes along.
fn below(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    let both = [base.query(), query].into_iter().flatten().collect::<Vec<_>>().join("&");
    url.set_query((!both.is_empty()).then_some(both.as_str()));
    url
}

/// What comes back.
enum Form {
    Stream,
    Plain,
}

/// By the answer's own word; by what was asked where it says nothing. A proxy's page with status 200 is no answer.
fn form(exchange: &Exchange, streamed: bool) -> Option<Form> {
    let asked = if streamed { Form::Stream } else { Form::Plain };
    let Some(kind) = exchange.headers().get(CONTENT_TYPE) else {
        return Some(asked);
    };
    let is = |start: &[u8]| {
        kind.as_bytes().get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
    };
    if is(b"text/event-stream") || is(b"application/x-ndjson") {
        return Some(Form::Stream);
    }
    is(b"application/json").then_some(Form::Plain)
}

async fn no_answer(exchange: &mut Exchange) -> Fault {
    let kind = exchange.headers().get(CONTENT_TYPE).cloned();
    let head = exchange.head(REFUSAL_BYTES).await;
    Fault::Garbled { message: format!("{:?} came instead of an answer: {head}", kind.unwrap_or(EMPTY)) }
}

const EMPTY: reqwest::header::HeaderValue = reqwest::header::HeaderValue::from_static("");

async fn stream(mut exchange: Exchange, framing: Framing, decoder: &mut dyn Decoder) -> Result<(), Fault> {
    let mut frames = Frames::new(framing, limits::REPLY_BYTES);
    loop {
        let chunk = exchange.chunk().await?;
        let events = match &chunk {
            Some(chunk) => frames.push(chunk),
            None => Ok(frames.close()),
        };
        for event in events.map_err(|error| Fault::Garbled { message: error.to_string() })? {
            decoder.event(&event)?;
        }
        if decoder.is_done() {
            drain(exchange).await;
            return Ok(());
        }
        if chunk.is_none() {
            return Err(Fault::Cut { message: "the stream ended before the provider's own end".to_owned() });
        }
    }
}

async fn plain(mut exchange: Exchange, decoder: &mut dyn Decoder) -> Result<(), Fault> {
    let mut body = Vec::new();
    while let Some(chunk) = exchange.chunk().await? {
        body.extend_from_slice(&chunk);
    }
    decoder.body(&body)?;
    if decoder.is_done() {
        return Ok(());
    }
    Err(Fault::Cut { message: "the answer does not say that it is whole".to_owned() })
}

/// Reads the end of the body, so that the connection can be used again.
async fn drain(mut exchange: Exchange) {
    let end = tokio::time::Duration::from_millis(DRAIN_MS);
    // Whatever comes or does not, the message is whole: at worst the next call opens a connection of its own.
    let _ = tokio::time::timeout(end, exchange.chunk()).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider(base_url: &str, key: Option<&str>) -> Provider {
        let key = key.map(|key| Secret::new(key).unwrap());
        Provider { name: "anthropic".to_owned(), wire: Wire::Anthropic, base_url: base_url.to_owned(), key }
    }

    #[test]
    fn an_adapter_needs_an_address_and_beyond_loopback_a_key() {
        let refused =
            |url: &str| HttpAdapter::new(provider(url, None), Timeouts::default()).unwrap_err().to_string();
        assert!(refused("https://api.anthropic.com").contains("[providers.anthropic]"));
        assert!(refused("api.anthropic.com").contains("no address"));
        assert!(refused("ftp://127.0.0.1").contains("neither http nor https"));
        assert!(!refused("ftp://anna:hunter2@host").contains("hunter2"));
        assert_eq!(
            provider("http://localhost:1/v1", None).address().unwrap().as_str(),
            "http://localhost:1/v1"
        );
        assert!(provider("https://api.anthropic.com", Some("k")).address().is_ok());
        let local = provider("http://127.0.0.1:1/", Some("sk-secret"));
        let adapter = HttpAdapter::new(local, Timeouts::default()).unwrap();
        assert!(!format!("{adapter:?}").contains("sk-secret"));
    }

    #[test]
    fn paths_begin_below_the_base_and_keep_its_query() {
        for (base, path, url) in [
            ("http://a", "/v1/messages", "http://a/v1/messages"),
            ("http://a/gate/", "/v1/messages", "http://a/gate/v1/messages"),
            ("http://a/v1?region=eu", "/m:stream?alt=sse", "http://a/v1/m:stream?region=eu&alt=sse"),
        ] {
            assert_eq!(below(&base.parse().unwrap(), path).as_str(), url);
        }
    }
}
