//! Ollama's own chat, which alone can say how much context a model gets.

mod meter;

use reqwest::RequestBuilder;

use super::call::Request;
use super::dialect::{Decoder, Dialect, Framing, Meter};
use super::keys::Secret;
use super::unread::Unread;

/// The protocol.
#[derive(Clone, Copy, Debug)]
pub struct Ollama;

impl Dialect for Ollama {
    fn path(&self, _model: &str, _streamed: bool) -> String {
        "/api/chat".to_owned()
    }

    fn authorize(&self, request: RequestBuilder, key: Option<&Secret>) -> RequestBuilder {
        match key {
            Some(key) => request.header("authorization", key.header("Bearer ")),
            None => request,
        }
    }

    fn framing(&self) -> Framing {
        Framing::Lines
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
