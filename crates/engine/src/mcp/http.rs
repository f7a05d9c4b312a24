//! Streamable HTTP to a server: our own client under the protocol's. It follows no redirects, and reads no more than a server
//! may say.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use rmcp::model::{ClientJsonRpcMessage, JsonRpcMessage, ServerJsonRpcMessage};
use rmcp::transport::common::client_side_sse::SseRetryPolicy;
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
    StreamableHttpError, StreamableHttpPostResponse,
};
use sse_stream::{Sse, SseStream};

use super::bounded::Allowance;
use super::server::Setting;
use crate::bus::http::{Timeouts, client};

/// How the names of a session and of the last event go.
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
const LAST_EVENT: HeaderName = HeaderName::from_static("last-event-id");

/// How much of a refusal is shown, in bytes.
const REFUSAL_SHOWN: usize = 300;

/// What a stream that is opened counts, in bytes of the allowance: whoever closes each at once is asked for so many, and no more.
const STREAM_BYTES: usize = 256 * 1_024;

/// How often a stream that is cut is taken up where it was, and how long after, if its server does not say.
const RESUMED: usize = 3;
const RESUMED_AFTER: Duration = Duration::from_secs(1);

/// A stream that is cut goes on where it was: what was asked is not asked again.
#[derive(Debug)]
struct Resumed;

impl SseRetryPolicy for Resumed {
    fn retry(&self, times: usize) -> Option<Duration> {
        (times < RESUMED).then_some(RESUMED_AFTER)
    }
}

type Failed = StreamableHttpError<reqwest::Error>;

/// The client of one server.
#[derive(Clone)]
pub(super) struct Http {
    client: Client,
    headers: HeaderMap,
    allowance: Allowance,
}

/// A connection to a server, before anything is said.
///
/// # Errors
/// Where its address or its headers are none, or there can be no TLS.
pub(super) fn transport(
    url: &str,
    headers: &BTreeMap<String, Setting>,
    allowance: Allowance,
) -> io::Result<StreamableHttpClientTransport<Http>> {
    let address = Url::parse(url).map_err(io::Error::other)?;
    let client = client(&address, &Timeouts::default()).map_err(io::Error::other)?;
    let mut fixed = HeaderMap::new();
    for (name, setting) in headers {
        let mut value = HeaderValue::from_str(&setting.value)
            .map_err(|_| io::Error::other(format!("headers: the value of {name} can't stand in a header")))?;
        value.set_sensitive(true);
        fixed.insert(HeaderName::try_from(name).map_err(io::Error::other)?, value);
    }
    let mut config = StreamableHttpClientTransportConfig::with_uri(url).reinit_on_expired_session(false);
    config.retry_config = Arc::new(Resumed);
    let http = Http { client, headers: fixed, allowance };
    Ok(StreamableHttpClientTransport::with_client(http, config))
}

impl Http {
    async fn send(
        &self,
        request: RequestBuilder,
        session: Option<Arc<str>>,
        token: Option<String>,
        further: HashMap<HeaderName, HeaderValue>,
    ) -> Result<Response, Failed> {
        let mut request = request.headers(self.headers.clone()).headers(further.into_iter().collect());
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(session) = session {
            request = request.header(SESSION, &*session);
        }
        // An address may hold a key.
        request.send().await.map_err(|error| StreamableHttpError::Client(error.without_url()))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failed> {
        let mut body = Vec::new();
        while let Some(piece) =
            response.chunk().await.map_err(|error| StreamableHttpError::Client(error.without_url()))?
        {
            self.allowance.take(piece.len())?;
            body.extend_from_slice(&piece);
        }
        Ok(body)
    }

    fn events(&self, response: Response) -> BoxStream<'static, Result<Sse, SseError>> {
        let allowance = self.allowance.clone();
        let pieces = response.bytes_stream().map(move |piece| -> io::Result<Bytes> {
            let piece = piece.map_err(|error| io::Error::other(error.without_url()))?;
            allowance.take(piece.len())?;
            Ok(piece)
        });
        SseStream::from_bytes_stream(pieces).boxed()
    }

    /// What is not well: an error of the protocol, or what the server says instead.
    async fn refused(
        &self,
        response: Response,
        session: Option<String>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let status = response.status();
        if status.is_redirection() {
            let what =
                format!("HTTP {status}: redirects are not followed, name the address that it leads to");
            return Err(StreamableHttpError::UnexpectedServerResponse(Cow::Owned(what)));
        }
        let body = self.body(response).await?;
        match serde_json::from_slice::<ServerJsonRpcMessage>(&body) {
            Ok(message @ JsonRpcMessage::Error(_)) => Ok(StreamableHttpPostResponse::Json(message, session)),
            Ok(_) | Err(_) => {
                let shown = String::from_utf8_lossy(body.get(..REFUSAL_SHOWN).unwrap_or(&body)).into_owned();
                Err(StreamableHttpError::UnexpectedServerResponse(Cow::Owned(format!(
                    "HTTP {status}: {shown}"
                ))))
            }
        }
    }
}

impl StreamableHttpClient for Http {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        token: Option<String>,
        further: HashMap<HeaderName, HeaderValue>,
    ) -> Result<StreamableHttpPostResponse, Failed> {
        let had_session = session.is_some();
        let wants_answer = matches!(message, ClientJsonRpcMessage::Request(_));
        let request =
            self.client.post(&*uri).header(ACCEPT, "text/event-stream, application/json").json(&message);
        let response = self.send(request, session, token, further).await?;
        let status = response.status();
        if status == StatusCode::ACCEPTED || status == StatusCode::NO_CONTENT {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        if status == StatusCode::NOT_FOUND && had_session {
            return Err(StreamableHttpError::SessionExpired);
        }
        let named = response.headers().get(SESSION).and_then(|name| name.to_str().ok()).map(str::to_owned);
        if !status.is_success() {
            return self.refused(response, named).await;
        }
        if is_of(&response, "text/event-stream") {
            return Ok(StreamableHttpPostResponse::Sse(self.events(response), named));
        }
        if !wants_answer {
            return Ok(StreamableHttpPostResponse::Accepted);
        }
        let body = self.body(response).await?;
        Ok(StreamableHttpPostResponse::Json(serde_json::from_slice(&body)?, named))
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        token: Option<String>,
        further: HashMap<HeaderName, HeaderValue>,
    ) -> Result<(), Failed> {
        // Whoever does not end sessions lets them run out.
        self.send(self.client.delete(&*uri), Some(session), token, further).await.map(drop)
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last_event: Option<String>,
        token: Option<String>,
        further: HashMap<HeaderName, HeaderValue>,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failed> {
        self.allowance.take(STREAM_BYTES)?;
        let mut request = self.client.get(&*uri).header(ACCEPT, "text/event-stream");
        if let Some(last) = last_event {
            request = request.header(LAST_EVENT, last);
        }
        let response = self.send(request, session, token, further).await?;
        if !response.status().is_success() || !is_of(&response, "text/event-stream") {
            return Err(StreamableHttpError::ServerDoesNotSupportSse);
        }
        Ok(self.events(response))
    }
}

fn is_of(response: &Response, kind: &str) -> bool {
    response.headers().get(CONTENT_TYPE).is_some_and(|named| named.as_bytes().starts_with(kind.as_bytes()))
}
