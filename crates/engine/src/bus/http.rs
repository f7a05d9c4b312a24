//! HTTP to a provider: the client, the timeouts, and what each way of failing means.
//!
//! Two invariants: the client never sends a request twice by itself, for each sending has its own reservation; and a
//! fault is only one of the unbilled ones where the provider certainly did no work.

use std::error::Error as _;
use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, Url};
use tokio::time::{Instant, timeout_at};
use trireme_core::{Fault, limits};

use super::keys::Secret;

mod headers;
mod refusal;

pub use headers::{rate_limits, retry_after_ms};
pub use refusal::refusal;

/// How long each part of a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// Until there is a connection.
    pub connect: Duration,
    /// From sending to the first byte of the answer.
    pub headers: Duration,
    /// Between two pieces of the answer; a provider's `ping` is a piece.
    pub idle: Duration,
    /// The whole call.
    pub total: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(limits::CONNECT_TIMEOUT_MS),
            headers: Duration::from_millis(limits::HEADERS_TIMEOUT_MS),
            idle: Duration::from_millis(limits::IDLE_TIMEOUT_MS),
            total: Duration::from_millis(limits::CALL_TIMEOUT_MS),
        }
    }
}

/// Whether the address is this machine's own.
#[must_use]
pub fn is_loopback(base: &Url) -> bool {
    let host = base.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The client for one provider: no retries, no redirects, and no proxy on loopback.
///
/// # Errors
/// Where the system's TLS roots can't be read; never for `http`, which does without them.
pub fn client(base: &Url, timeouts: &Timeouts) -> Result<Client, reqwest::Error> {
    let mut builder = Client::builder()
        .connect_timeout(timeouts.connect)
        .tcp_nodelay(true)
        // Before the provider closes it: a request that meets a closing connection may have been billed, for all we know.
        .pool_idle_timeout(Duration::from_millis(limits::POOL_IDLE_MS))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .user_agent(concat!("trireme/", env!("CARGO_PKG_VERSION")));
    if is_loopback(base) {
        builder = builder.no_proxy();
    }
    if base.scheme() == "http" {
        builder = builder.tls_certs_only([]);
    }
    builder.build()
}

/// One answer on its way, read under the timeouts and the cap on its size.
#[derive(Debug)]
pub struct Exchange {
    response: Response,
    idle: Duration,
    deadline: Instant,
    bytes_left: usize,
}

impl Exchange {
    /// Sends the request and waits for the head of the answer, for `patience` at most.
    ///
    /// # Errors
    /// `Unreachable` where nothing was sent, else `Timeout` or `Cut`.
    pub async fn open(
        request: RequestBuilder,
        timeouts: &Timeouts,
        patience: Duration,
    ) -> Result<Self, Fault> {
        let now = Instant::now();
        let deadline = now + timeouts.total;
        let head = timeout_at(deadline.min(now + patience), request.send());
        let response = head.await.map_err(|_| Fault::Timeout)?.map_err(|error| network_fault(&error))?;
        Ok(Self { response, idle: timeouts.idle, deadline, bytes_left: limits::REPLY_BYTES })
    }

    /// The same for an answer of at most `bytes_max` bytes that is passed on: some providers think in silence for longer than
    /// we would wait for ourselves.
    #[must_use]
    pub fn relayed(self, bytes_max: usize) -> Self {
        let idle = self.idle.max(Duration::from_millis(limits::RELAY_IDLE_MS));
        Self { bytes_left: bytes_max, idle, ..self }
    }

    /// The answer's status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    /// The answer's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// The next piece of the body, none at its end.
    ///
    /// # Errors
    /// `Timeout`, `Cut`, or `Garbled` for an answer beyond [`limits::REPLY_BYTES`].
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Fault> {
        let until = self.deadline.min(Instant::now() + self.idle);
        let chunk = timeout_at(until, self.response.chunk())
            .await
            .map_err(|_| Fault::Timeout)?
            .map_err(|error| network_fault(&error))?;
        let size = chunk.as_ref().map_or(0, Bytes::len);
        self.bytes_left = self.bytes_left.checked_sub(size).ok_or_else(too_long)?;
        Ok(chunk)
    }

    /// The head of the body as text, at most `bytes_max` bytes, for an error's message; what can't be read is left out.
    pub async fn head(&mut self, bytes_max: usize) -> String {
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = self.chunk().await {
            body.extend_from_slice(&chunk);
            if body.len() >= bytes_max {
                break;
            }
        }
        body.truncate(bytes_max);
        String::from_utf8_lossy(&body).into_owned()
    }
}

fn too_long() -> Fault {
    Fault::Garbled { message: format!("the answer is longer than {} bytes", limits::REPLY_BYTES) }
}

/// What a failing network means: only without a connection is it certain that nothing was sent.
fn network_fault(error: &reqwest::Error) -> Fault {
    let message = causes(error);
    if error.is_connect() {
        Fault::Unreachable { message }
    } else if error.is_timeout() {
        Fault::Timeout
    } else {
        Fault::Cut { message }
    }
}

/// The error's causes, innermost last. Its own text is left out: it holds the address, which may hold a password.
fn causes(error: &reqwest::Error) -> String {
    let mut texts = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        texts.push(error.to_string());
        cause = error.source();
    }
    if texts.is_empty() {
        return "the connection failed".to_owned();
    }
    texts.join(": ")
}

/// The fault with its texts fit to be shown and kept: without the key, and at most [`limits::ERROR_CHARS`] long.
#[must_use]
pub fn scrubbed(fault: Fault, key: Option<&Secret>) -> Fault {
    let clean = |text: String| clean(&text, key);
    match fault {
        Fault::Unreachable { message } => Fault::Unreachable { message: clean(message) },
        Fault::Auth { message } => Fault::Auth { message: clean(message) },
        Fault::Billing { message } => Fault::Billing { message: clean(message) },
        Fault::ContextTooLong { message } => Fault::ContextTooLong { message: clean(message) },
        Fault::BadRequest { status, message } => Fault::BadRequest { status, message: clean(message) },
        Fault::Cut { message } => Fault::Cut { message: clean(message) },
        Fault::Garbled { message } => Fault::Garbled { message: clean(message) },
        Fault::WrongModel { served } => Fault::WrongModel { served: clean(served) },
        plain @ (Fault::RateLimited { .. }
        | Fault::Overloaded
        | Fault::Server { .. }
        | Fault::Timeout
        | Fault::Lost) => plain,
    }
}

fn clean(text: &str, key: Option<&Secret>) -> String {
    let hidden = match key {
        Some(key) => key.hidden_in(text),
        None => text.to_owned(),
    };
    let visible = hidden.chars().map(|c| if c.is_control() { ' ' } else { c });
    visible.take(limits::ERROR_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_the_key_and_their_tail() {
        let message = format!("bad key sk-secret\n{}", "é".repeat(1_000));
        let Fault::Auth { message } =
            scrubbed(Fault::Auth { message }, Some(&Secret::new("sk-secret").unwrap()))
        else {
            panic!("the fault changed its kind");
        };
        assert!(message.starts_with("bad key [key] éé"), "{message}");
        assert_eq!(message.chars().count(), limits::ERROR_CHARS);
    }

    #[test]
    fn loopback_is_told_by_its_address() {
        for (url, loopback) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:1", true),
            ("http://[::1]:1/x", true),
            ("http://127.0.0.1.example.com", false),
            ("https://api.anthropic.com", false),
        ] {
            assert_eq!(is_loopback(&url.parse().unwrap()), loopback, "{url}");
        }
    }
}
