//! What an answer costs: tokens, though hardly ever money. The last line has the counts and `"done": true`.

use serde::Deserialize;
use trireme_core::Usage;

use crate::bus::dialect::{self, Reading};
use crate::bus::fields::has_field;
use crate::bus::sse::SseEvent;

#[derive(Debug, Default)]
pub(super) struct Meter {
    reading: Reading,
}

/// A line without its content.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Line {
    model: Option<String>,
    done: bool,
    prompt_eval_count: Option<u64>,
    eval_count: Option<u64>,
}

impl Meter {
    fn read(&mut self, json: &[u8]) {
        let line: Line = serde_json::from_slice(json).unwrap_or_default();
        self.reading.ended |= line.done;
        // What went in is left out where all of it was in the server's memory still.
        let counts = line.eval_count.map(|output| (line.prompt_eval_count.unwrap_or(0), output));
        let usage = counts.map(|(input, output)| Usage { input, output, ..Usage::default() });
        self.reading.usage = usage.or(self.reading.usage);
        self.reading.served = line.model.or(self.reading.served.take());
    }
}

impl dialect::Meter for Meter {
    fn event(&mut self, event: &SseEvent) {
        if self.reading.served.is_none() || has_field(&event.data, "\"eval_count\"") || is_done(&event.data) {
            self.read(event.data.as_bytes());
        }
    }

    fn body(&mut self, body: &[u8]) {
        self.read(body);
    }

    fn reading(&self) -> Reading {
        self.reading.clone()
    }
}

fn is_done(data: &str) -> bool {
    data.contains("\"done\":true") || data.contains("\"done\": true")
}
