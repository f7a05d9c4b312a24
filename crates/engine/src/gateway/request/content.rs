//! What a conversation holds besides text. A token of text is at most a byte; a picture of few bytes may be many tokens, a
//! document has pages, and what lies behind an address has no size at all. A conversation may also bring tools.
//!
//! Of a kind of block that is known to be text, only what it contains is looked at: an address in it is a quotation. In
//! any other, also in one that is yet to be invented, an address is refused.

use serde_json::Value;
use serde_json::value::RawValue;

use super::tools::Tool;
use super::{Asked, BadRequest};

type Block = serde_json::Map<String, Value>;

/// What the bytes do not bound.
#[derive(Debug, Default)]
pub(super) struct Media {
    /// Pictures.
    pub(super) images: u64,
    /// Documents with pages.
    pub(super) documents: u64,
    /// Tools that are defined in the middle of it.
    pub(super) tools: Vec<Tool>,
}

/// Texts that stand in every conversation with more than text in it. An escaped letter may hide one.
const SIGNS: [&str; 13] = [
    "image",
    "screenshot",
    "document",
    "file",
    "audio",
    "video",
    "url\"",
    "container",
    "item_reference",
    "tool_addition",
    "additional_tools",
    "tool_search_output",
    "\\u00",
];

/// Kinds of blocks that are text, besides results and whatever has to do with the protocol for tools.
const TEXTS: [&str; 14] = [
    "message",
    "text",
    "input_text",
    "output_text",
    "summary_text",
    "reasoning_text",
    "refusal",
    "thinking",
    "redacted_thinking",
    "reasoning",
    "compaction",
    "fallback",
    "tool_reference",
    "tool_removal",
];

/// Counts the media of a request.
pub(super) fn media(asked: &Asked<'_>) -> Result<Media, BadRequest> {
    let mut media = Media::default();
    for name in ["messages", "input", "system"] {
        let Some(raw) = asked.raw(name) else { continue };
        if SIGNS.iter().any(|sign| holds(raw, sign)) {
            let value = serde_json::from_str(raw.get())
                .map_err(|error| BadRequest::Unread(format!("{name}: {error}")))?;
            media.look(&value)?;
        }
    }
    Ok(media)
}

fn holds(raw: &RawValue, sign: &str) -> bool {
    raw.get().contains(sign)
}

impl Media {
    /// Looks at a message, a block, or a list of them.
    fn look(&mut self, value: &Value) -> Result<(), BadRequest> {
        match value {
            Value::Array(values) => values.iter().try_for_each(|value| self.look(value)),
            Value::Object(block) => self.look_at(block),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
        }
    }

    fn look_at(&mut self, block: &Block) -> Result<(), BadRequest> {
        match text(block, "type") {
            "image" | "image_url" | "input_image" | "computer_screenshot" | "image_generation_call" => {
                self.images = self.images.saturating_add(1);
                carried(block)
            }
            "document" | "file" | "input_file" => self.look_at_document(block),
            "additional_tools" | "tool_search_output" => self.take_tools(block.get("tools")),
            "tool_addition" => self.take_addition(block),
            kind @ ("item_reference" | "container_upload") => Err(kept(kind)),
            // What a tool was called with is text, whatever its fields are named.
            kind if kind.ends_with("_call") || kind.ends_with("tool_use") => Ok(()),
            kind if kind.contains("audio") || kind.contains("video") => {
                Err(unbounded(kind, "send text: only its price is known"))
            }
            kind if is_text(kind, block) => self.look_into(block),
            _ => self.look_everywhere(block),
        }
    }

    fn look_at_document(&mut self, block: &Block) -> Result<(), BadRequest> {
        let source = block.get("source").and_then(Value::as_object);
        let is_text = source.is_some_and(|source| matches!(text(source, "type"), "text" | "content"));
        self.documents = self.documents.saturating_add(u64::from(!is_text));
        carried(block)?;
        source.and_then(|source| source.get("content")).map_or(Ok(()), |content| self.look(content))
    }

    /// A text's own fields say nothing of its size; what it contains may be more than text.
    fn look_into(&mut self, block: &Block) -> Result<(), BadRequest> {
        if block.get("audio").is_some_and(|audio| !audio.is_null()) {
            return Err(kept("audio"));
        }
        let inner =
            ["content", "output", "images", "tool_changes"].iter().filter_map(|name| block.get(*name));
        inner.into_iter().try_for_each(|inner| self.look(inner))
    }

    /// Nobody knows which field of it matters.
    fn look_everywhere(&mut self, block: &Block) -> Result<(), BadRequest> {
        block.iter().try_for_each(|(name, value)| match is_address(name) {
            true => carried_at(name, value),
            false => self.look(value),
        })
    }

    fn take_tools(&mut self, tools: Option<&Value>) -> Result<(), BadRequest> {
        for tool in tools.and_then(Value::as_array).into_iter().flatten() {
            self.tools.push(Tool::of(tool)?);
        }
        Ok(())
    }

    /// A tool by its definition, or by a name that the request's own tools have.
    fn take_addition(&mut self, block: &Block) -> Result<(), BadRequest> {
        let Some(tool) = block.get("tool").and_then(Value::as_object) else { return Ok(()) };
        match tool.get("definition") {
            Some(definition) => self.tools.push(Tool::of(definition)?),
            None if text(tool, "type").ends_with("_reference") => {}
            None => self.tools.push(Tool::of(&Value::Object(tool.clone()))?),
        }
        Ok(())
    }
}

fn is_text(kind: &str, block: &Block) -> bool {
    match kind {
        "" => block.contains_key("role"),
        kind => {
            TEXTS.contains(&kind)
                || kind.starts_with("mcp_")
                || kind.ends_with("_result")
                || kind.ends_with("_output")
        }
    }
}

fn is_address(name: &str) -> bool {
    matches!(name, "file_id" | "file_data" | "url") || name.ends_with("_url")
}

/// Media are bounded only where their bytes are in the body.
fn carried(media: &Block) -> Result<(), BadRequest> {
    media.iter().try_for_each(|(name, value)| match (name.as_str(), value) {
        (name, value) if is_address(name) => carried_at(name, value),
        ("source" | "file", Value::Object(inner)) => carried(inner),
        _ => Ok(()),
    })
}

fn carried_at(name: &str, value: &Value) -> Result<(), BadRequest> {
    match (name, value) {
        (_, Value::Null) => Ok(()),
        ("file_id", _) => Err(kept(name)),
        ("file_data", Value::String(bytes)) if !bytes.contains("://") => Ok(()),
        (_, Value::String(address)) if address.starts_with("data:") => Ok(()),
        (_, Value::Object(inner)) => carried(inner),
        _ => Err(unbounded(name, "send the bytes themselves, in base64")),
    }
}

fn text<'v>(block: &'v Block, name: &str) -> &'v str {
    block.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn kept(what: &str) -> BadRequest {
    unbounded(what, "send the content itself instead of what the provider keeps")
}

fn unbounded(what: &str, instead: &'static str) -> BadRequest {
    BadRequest::Unbounded { what: format!("{what:?} in the conversation"), instead }
}
