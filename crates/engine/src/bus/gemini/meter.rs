//! What an answer costs.
//!
//! Every chunk has the usage so far, and its last figures count. The end is a chunk with a reason to finish, or with the
//! reason why the prompt was blocked.

use serde::Deserialize;
use serde_json::Value;
use trireme_core::Usage;

use crate::bus::dialect::{self, Reading};
use crate::bus::fields::{has_field, number};
use crate::bus::sse::SseEvent;

#[derive(Debug, Default)]
pub(super) struct Meter {
    reading: Reading,
    searches: u64,
}

/// A chunk, or a whole answer, without its content.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Chunk {
    model_version: Option<String>,
    candidates: Vec<Candidate>,
    prompt_feedback: Value,
    usage_metadata: Value,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Candidate {
    finish_reason: Value,
    grounding_metadata: Value,
}

impl Meter {
    fn read(&mut self, json: &[u8]) {
        let chunk: Chunk = serde_json::from_slice(json).unwrap_or_default();
        let is_finished = chunk.candidates.iter().any(|candidate| candidate.finish_reason.is_string());
        let is_blocked = chunk.prompt_feedback.get("blockReason").is_some_and(Value::is_string);
        self.reading.ended |= is_finished || is_blocked;
        let searches = chunk.candidates.iter().map(Candidate::searches).max().unwrap_or(0);
        self.searches = self.searches.max(searches);
        self.reading.usage = usage(&chunk.usage_metadata).or(self.reading.usage);
        self.reading.served = chunk.model_version.or(self.reading.served.take());
    }
}

impl Candidate {
    fn searches(&self) -> u64 {
        let queries = self.grounding_metadata.get("webSearchQueries").and_then(Value::as_array);
        queries.map_or(0, |queries| queries.len() as u64)
    }
}

impl dialect::Meter for Meter {
    fn event(&mut self, event: &SseEvent) {
        let tells = ["\"usageMetadata\"", "\"finishReason\"", "\"blockReason\""];
        if tells.iter().any(|field| has_field(&event.data, field)) {
            self.read(event.data.as_bytes());
        }
    }

    fn body(&mut self, body: &[u8]) {
        self.read(body);
    }

    fn reading(&self) -> Reading {
        let usage = self.reading.usage.map(|usage| Usage { searches: self.searches, ..usage });
        Reading { usage, ..self.reading.clone() }
    }
}

/// The prompt's count includes what was cached; thinking stands beside the candidates' count. A count of zero is left out.
fn usage(said: &Value) -> Option<Usage> {
    let part = |pointer| number(said, pointer).unwrap_or(0);
    let read = number(said, "/promptTokenCount")?.saturating_add(part("/toolUsePromptTokenCount"));
    let cache_read = part("/cachedContentTokenCount");
    let output = part("/candidatesTokenCount").saturating_add(part("/thoughtsTokenCount"));
    Some(Usage {
        input: read.saturating_sub(cache_read),
        cache_read,
        output: output.max(part("/totalTokenCount").saturating_sub(read)),
        ..Usage::default()
    })
}
