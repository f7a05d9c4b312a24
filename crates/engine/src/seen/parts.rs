//! The parts of requests, each kept once however often it was sent.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::json;
use trireme_core::Digest;

use crate::bus::{Message, Request, UserPart};

/// A stretch of bytes that a model was given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SeenPart {
    /// Counted from 1, in the order of the first sending.
    pub number: usize,
    /// What it is.
    pub kind: PartKind,
    /// The tool's name, or the id of the call that a result answers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The SHA-256 of its text.
    pub sha256: Digest,
    /// The length of its text, in bytes.
    pub bytes: u64,
    /// The text itself.
    pub text: String,
}

/// What a part is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartKind {
    /// The system prompt.
    System,
    /// A tool: its name, description and schema, as JSON.
    Tool,
    /// What the agent was told.
    Told,
    /// The result of a call.
    Result,
    /// The result of a call that failed.
    FailedResult,
    /// What the model had said, a block of its provider's, as JSON.
    Said,
}

impl PartKind {
    /// The word for people.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system prompt",
            Self::Tool => "tool",
            Self::Told => "told",
            Self::Result => "result",
            Self::FailedResult => "failed result",
            Self::Said => "said",
        }
    }
}

/// All parts so far.
#[derive(Default)]
pub(crate) struct Shelf {
    parts: Vec<SeenPart>,
    numbers: HashMap<(PartKind, Option<String>, Digest), usize>,
}

impl Shelf {
    /// Takes a request apart, and gives the numbers of its parts in order.
    pub(super) fn put(&mut self, request: &Request) -> Vec<usize> {
        let mut numbers = vec![self.number(PartKind::System, None, request.system.clone())];
        for tool in &request.tools {
            let text = json!({"name": tool.name, "description": tool.description, "schema": tool.schema});
            numbers.push(self.number(PartKind::Tool, Some(tool.name.clone().into_owned()), text.to_string()));
        }
        for message in &request.messages {
            match message {
                Message::User(parts) => {
                    // No wire sends a text without words.
                    let sent =
                        parts.iter().filter(|part| !matches!(part, UserPart::Text(text) if text.is_empty()));
                    numbers.extend(sent.map(|part| self.told(part)));
                }
                Message::Assistant(blocks) => {
                    let said =
                        |block: &serde_json::Value| self.number(PartKind::Said, None, block.to_string());
                    numbers.extend(blocks.iter().map(said));
                }
            }
        }
        numbers
    }

    fn told(&mut self, part: &UserPart) -> usize {
        match part {
            UserPart::Text(text) => self.number(PartKind::Told, None, text.clone()),
            UserPart::ToolResult { id, text, is_error } => {
                let kind = if *is_error { PartKind::FailedResult } else { PartKind::Result };
                self.number(kind, Some(id.clone()), text.clone())
            }
            // No agent is shown pictures; only the gateway passes them on.
            UserPart::Image { media_type, bytes } => {
                let text = format!("{media_type} {}", Digest::of(bytes));
                self.number(PartKind::Told, None, text)
            }
        }
    }

    fn number(&mut self, kind: PartKind, name: Option<String>, text: String) -> usize {
        let sha256 = Digest::of(text.as_bytes());
        let next = self.parts.len() + 1;
        let number = *self.numbers.entry((kind, name.clone(), sha256)).or_insert(next);
        if number == next {
            let bytes = u64::try_from(text.len()).unwrap_or(u64::MAX);
            self.parts.push(SeenPart { number, kind, name, sha256, bytes, text });
        }
        number
    }

    pub(super) fn parts(self) -> Vec<SeenPart> {
        self.parts
    }
}
