//! Gemini generateContent. The base URL ends with the version.

mod meter;

use reqwest::RequestBuilder;

use super::call::Request;
use super::dialect::{Decoder, Dialect, Meter};
use super::keys::Secret;
use super::unread::Unread;

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Gemini;

impl Dialect for Gemini {
    fn path(&self, model: &str, streamed: bool) -> String {
        let method = if streamed { "streamGenerateContent?alt=sse" } else { "generateContent" };
        format!("/models/{}:{method}", model.trim_start_matches("models/"))
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("x-goog-api-key", key.header("")),
            None => request,
        }
    }

    fn encode(&self, _request: &Request) -> Vec<u8> {
        Vec::new()
    }

    fn decoder(&self, _model: &str) -> Box<dyn Decoder> {
        Box::new(Unread(self.meter()))
    }

    fn meter(&self) -> Box<dyn Meter> {
        Box::<meter::Meter>::default()
    }
}
