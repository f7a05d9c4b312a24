//! A dialect: one provider's protocol without I/O. Agents and gateway share it, so that what one of them is billed for
//! the other reads the same way.
//!
//! What is absent: connections, clocks, retries, and failing meters. A meter passes over whatever it does not know: an
//! answer that it can't read has no usage, which is charged at the bound.

use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;
use serde_json::Value;
use trireme_core::{Fault, Usage, Wire};

use super::anthropic::Anthropic;
use super::call::{Answer, Failed, Request, ToolCall};
use super::chat::Chat;
use super::gemini::Gemini;
use super::keys::Secret;
use super::ollama::Ollama;
use super::responses::Responses;
use super::sse::SseEvent;

/// One provider's protocol.
pub trait Dialect: Send + Sync {
    /// Where calls go, below the base URL, query included.
    fn path(&self, model: &str, streamed: bool) -> String;

    /// Puts the key where the protocol wants it, and nothing else.
    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder;

    /// What our own requests carry besides. A gateway forwards its client's.
    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// How the events of a stream are told apart.
    fn framing(&self) -> Framing {
        Framing::Sse
    }

    /// The request's body. The same request always gives the same bytes.
    fn encode(&self, request: &Request) -> Vec<u8>;

    /// Whether a block of what a model wrote is bound to that model: another one may not be shown it.
    fn is_bound(&self, block: &Value) -> bool;

    /// What a model wrote, for another model behind the same wire: without what is bound to the first.
    fn released(&self, content: Vec<Value>) -> Vec<Value> {
        content.into_iter().filter(|block| !self.is_bound(block)).collect()
    }

    /// What was said over another wire, in the blocks of this one.
    fn said(&self, text: &str, calls: &[ToolCall]) -> Vec<Value>;

    /// Reads a whole answer of the model of that name.
    fn decoder(&self, model: &str) -> Box<dyn Decoder>;

    /// Reads no more of an answer than what it costs.
    fn meter(&self) -> Box<dyn Meter>;

    /// What an answer with a status other than 2xx means.
    fn refusal(&self, status: u16, headers: &HeaderMap, body: &str) -> Fault {
        super::http::refusal(status, headers, body)
    }
}

/// How the events of a stream are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON document per line; each is an event without a name.
    Lines,
}

/// Reads what an answer costs while it passes by. It is given either the events of a stream or one plain body.
pub trait Meter: Send {
    /// Takes one event of a stream.
    fn event(&mut self, event: &SseEvent);

    /// Takes the whole body of a plain answer.
    fn body(&mut self, body: &[u8]);

    /// What has been read by now.
    fn reading(&self) -> Reading;
}

/// What an answer has said about itself by now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The model that answers, by the provider's own word.
    pub served: Option<String>,
    /// What was used. Until the end it is a lower bound, never the bill; at the end it is whole, or none.
    pub usage: Option<Usage>,
    /// Whether the provider's own end was seen.
    pub ended: bool,
}

/// Reads a whole answer: its events in order and then [`Decoder::finish`], or one plain body and the same.
pub trait Decoder: Send {
    /// Takes one event of a stream. Events of unknown type are passed over.
    ///
    /// # Errors
    /// What the provider says went wrong, or `Garbled`; the decoder is of no use afterwards but for its reading.
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault>;

    /// Takes the whole body of a plain answer.
    ///
    /// # Errors
    /// As for an event.
    fn body(&mut self, body: &[u8]) -> Result<(), Fault>;

    /// Whether the provider has said that the answer is whole.
    fn is_done(&self) -> bool {
        self.reading().ended
    }

    /// What the answer has said about itself by now.
    fn reading(&self) -> Reading;

    /// The whole answer, `latency_ms` after its request was sent.
    ///
    /// # Errors
    /// Where the parts make no answer.
    fn finish(self: Box<Self>, latency_ms: u64) -> Result<Answer, Failed>;
}

/// The dialect of a wire.
#[must_use]
pub fn dialect(wire: Wire) -> &'static dyn Dialect {
    match wire {
        Wire::Anthropic => &Anthropic,
        Wire::Responses => &Responses,
        Wire::Chat => &Chat,
        Wire::Gemini => &Gemini,
        Wire::Ollama => &Ollama,
    }
}
