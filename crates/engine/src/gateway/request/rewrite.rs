//! The changes to a body, made in its bytes.

use std::ops::Range;

use trireme_core::Wire;

use super::{Asked, caps};

/// What the changes add to a body at most, in bytes.
pub(super) const CHANGE_BYTES: u64 = 384;

/// The cap that OpenAI has and nobody else needs.
const OPENAI_CAP: &str = "max_completion_tokens";

impl Asked<'_> {
    /// The body with the model's id, and nothing else changed.
    pub(in crate::gateway) fn renamed(&self, id: &str) -> Vec<u8> {
        let mut patch = Patch::of(self);
        patch.name(id);
        patch.bytes()
    }

    /// The body as it is sent: with the model's id, and with the cap on output; `cap` is the field that the provider heeds.
    pub(in crate::gateway) fn rewritten(&self, id: &str, max_tokens: u64, cap: &str) -> Vec<u8> {
        let mut patch = Patch::of(self);
        patch.name(id);
        patch.cap(max_tokens, cap);
        if self.wire == Wire::Chat && self.streamed {
            patch.set("stream_options", &self.stream_options());
        }
        if self.wire == Wire::Responses || cap == OPENAI_CAP {
            patch.standard_tier();
        }
        patch.bytes()
    }

    /// The same options, and usage.
    fn stream_options(&self) -> String {
        let given = self.raw("stream_options").and_then(|value| serde_json::from_str(value.get()).ok());
        let mut options: serde_json::Map<String, serde_json::Value> = given.unwrap_or_default();
        options.insert("include_usage".to_owned(), true.into());
        serde_json::Value::Object(options).to_string()
    }
}

/// Changes that are still to be made.
struct Patch<'a, 'b> {
    asked: &'a Asked<'b>,
    edits: Vec<(Range<usize>, String)>,
    added: String,
}

impl<'a, 'b> Patch<'a, 'b> {
    const fn of(asked: &'a Asked<'b>) -> Self {
        Self { asked, edits: Vec::new(), added: String::new() }
    }

    fn name(&mut self, id: &str) {
        if self.asked.model != id {
            self.set("model", &serde_json::Value::from(id).to_string());
        }
    }

    /// Lowers each cap that is there. One that this provider does not read is none: then its own is written besides. OpenAI
    /// reads both, and refuses to have both.
    fn cap(&mut self, max_tokens: u64, cap: &str) {
        let given = caps(self.asked.wire).iter().copied().filter(|name| self.asked.raw(name).is_some());
        let given: Vec<_> = given.collect();
        for name in &given {
            self.set(name, &max_tokens.to_string());
        }
        let is_heeded = given.contains(&cap) || (cap == OPENAI_CAP && !given.is_empty());
        if !is_heeded {
            self.set(cap, &max_tokens.to_string());
        }
    }

    /// What is left to the project's settings there may be a dearer tier.
    fn standard_tier(&mut self) {
        let given = self.asked.raw("service_tier").map(|tier| tier.get());
        if matches!(given, None | Some("\"auto\"")) {
            self.set("service_tier", "\"default\"");
        }
    }

    /// Gives a field its value: in its place, or at the front.
    fn set(&mut self, name: &str, text: &str) {
        let Some(value) = self.asked.fields.get(name).map(|value| value.get()) else {
            return self.added.push_str(&format!("\"{name}\":{text},"));
        };
        let start = value.as_ptr().addr().checked_sub(self.asked.body.as_ptr().addr());
        let Some(start) = start.filter(|_| value != text) else { return };
        self.edits.push((start..start + value.len(), text.to_owned()));
    }

    fn bytes(mut self) -> Vec<u8> {
        let body = self.asked.body;
        let open = body.iter().position(|byte| *byte == b'{').map_or(0, |at| at + 1);
        self.edits.push((open..open, self.added));
        self.edits.sort_by_key(|(range, _)| range.start);
        patched(body, &self.edits)
    }
}

fn patched(body: &[u8], edits: &[(Range<usize>, String)]) -> Vec<u8> {
    let mut text = Vec::with_capacity(body.len() + 64);
    let mut from = 0;
    for (range, new) in edits {
        text.extend_from_slice(body.get(from..range.start).unwrap_or_default());
        text.extend_from_slice(new.as_bytes());
        from = range.end;
    }
    text.extend_from_slice(body.get(from..).unwrap_or_default());
    text
}
