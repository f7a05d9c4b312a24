//! A provider as the gateway sees it: where requests of each wire go on to, with the provider's own key.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Url};
use trireme_core::catalogue::Model;
use trireme_core::{Fault, Wire};

use crate::bus::dialect::dialect;
use crate::bus::governor::LaneKey;
use crate::bus::http::{self, Exchange, Timeouts};
use crate::bus::keys::Secret;
use crate::bus::{Provider, SetupError};

/// Headers of the caller that are not the provider's to see, or are ours to write. Answers must come unpacked, or nobody
/// could read what they used.
const OURS: [&str; 16] = [
    "host",
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "content-length",
    "expect",
    "authorization",
    "x-api-key",
    "x-goog-api-key",
    "cookie",
    "accept-encoding",
];

/// One provider.
pub(super) struct Upstream {
    pub(super) name: String,
    wire: Wire,
    client: Client,
    base: Url,
    key: Option<Secret>,
    timeouts: Timeouts,
}

impl Upstream {
    /// A provider to pass requests to.
    pub(super) fn new(provider: Provider, timeouts: Timeouts) -> Result<Self, SetupError> {
        let base = provider.address()?;
        let client = http::client(&base, &timeouts)?;
        let Provider { name, wire, key, .. } = provider;
        Ok(Self { name, wire, client, base, key, timeouts })
    }

    /// Whether it takes requests of this wire as they are. OpenAI speaks both of its own.
    pub(super) fn speaks(&self, wire: Wire) -> bool {
        self.wire == wire || (self.wire == Wire::Responses && wire == Wire::Chat)
    }

    /// The field that caps the output of a body which has none.
    pub(super) fn cap(&self, wire: Wire) -> &'static str {
        match wire {
            Wire::Responses => "max_output_tokens",
            Wire::Chat if self.wire == Wire::Responses => "max_completion_tokens",
            Wire::Anthropic | Wire::Chat | Wire::Gemini | Wire::Ollama => "max_tokens",
        }
    }

    /// What a model's calls share their limits in.
    pub(super) fn lane(&self, model: &Model) -> LaneKey {
        LaneKey { provider: self.name.clone(), account: self.name.clone(), model: model.id.clone() }
    }

    /// Sends a body on and waits for the head of the answer.
    pub(super) async fn send(
        &self,
        wire: Wire,
        target: &Target<'_>,
        headers: &HeaderMap,
        body: Vec<u8>,
    ) -> Result<Exchange, Fault> {
        let patience = if target.streamed { self.timeouts.headers } else { self.timeouts.total };
        Exchange::open(self.request(wire, target, headers).body(body), &self.timeouts, patience).await
    }

    fn request(&self, wire: Wire, target: &Target<'_>, headers: &HeaderMap) -> RequestBuilder {
        let mut url = self.base.clone();
        let below = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{below}{}", target.path));
        url.set_query(target.query);
        let request = self.client.post(url).headers(forwarded(headers));
        dialect(wire).authorize(request, self.key.as_ref())
    }

    /// A provider's text without its key in it.
    pub(super) fn scrubbed(&self, fault: Fault) -> Fault {
        http::scrubbed(fault, self.key.as_ref())
    }
}

/// Where a request goes at the provider.
pub(super) struct Target<'a> {
    /// Below the base URL.
    pub(super) path: &'a str,
    /// The caller's query.
    pub(super) query: Option<&'a str>,
    /// Whether the answer is a stream.
    pub(super) streamed: bool,
}

fn forwarded(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| !OURS.contains(&name.as_str());
    let mut kept: HeaderMap = headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    kept.entry("content-type").or_insert(HeaderValue::from_static("application/json"));
    kept
}

/// What of the provider's headers reaches the caller: all but those of the connection.
pub(super) fn returned(headers: &HeaderMap) -> HeaderMap {
    let passes = |name: &HeaderName| {
        !OURS.contains(&name.as_str()) && !matches!(name.as_str(), "content-encoding" | "set-cookie")
    };
    headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}
