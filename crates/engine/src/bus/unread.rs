//! Answers of which only the usage is read. No agent speaks to a model over such a wire: no adapter is made for one.

use trireme_core::Fault;

use super::call::{Answer, Failed};
use super::dialect::{Decoder, Meter, Reading};
use super::sse::SseEvent;

pub(super) struct Unread(pub(super) Box<dyn Meter>);

impl Decoder for Unread {
    fn event(&mut self, event: &SseEvent) -> Result<(), Fault> {
        self.0.event(event);
        Ok(())
    }

    fn body(&mut self, body: &[u8]) -> Result<(), Fault> {
        self.0.body(body);
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.0.reading().ended
    }

    fn reading(&self) -> Reading {
        self.0.reading()
    }

    fn finish(self: Box<Self>, _latency_ms: u64) -> Result<Answer, Failed> {
        let message = "agents do not speak this wire".to_owned();
        Err(Failed { fault: Fault::Garbled { message }, usage: self.0.reading().usage })
    }
}
