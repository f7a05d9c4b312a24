//! What a conversation holds besides text. A token of text is at most a byte; a picture of few bytes may be many tokens, a
//! document has pages, and what lies behind an address has no size at all.

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Asked, BadRequest};

type Block = serde_json::Map<String, Value>;

/// What the bytes do not bound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Media {
    /// Pictures.
    pub(super) images: u64,
    /// Documents with pages.
    pub(super) documents: u64,
}

/// Texts that stand in every conversation with more than text in it. An escaped letter may hide one.
const SIGNS: [&str; 8] =
    ["image", "document", "file", "audio", "\"url\"", "container", "item_reference", "\\u00"];

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
            // What a tool was called with is text, whatever its fields are named.
            "tool_use" | "server_tool_use" | "mcp_tool_use" | "function_call" | "custom_tool_call" => Ok(()),
            kind @ ("item_reference" | "container_upload") => Err(kept(kind)),
            "input_audio" => Err(unbounded("audio", "send text: only its price is known")),
            "image" | "image_url" | "input_image" => {
                self.images = self.images.saturating_add(1);
                carried(block)
            }
            "document" | "file" | "input_file" => {
                let inner = block.get("source").and_then(Value::as_object);
                let is_text = inner.is_some_and(|source| matches!(text(source, "type"), "text" | "content"));
                self.documents = self.documents.saturating_add(u64::from(!is_text));
                carried(block)
            }
            _ => {
                let inner = ["content", "output"].iter().filter_map(|name| block.get(*name));
                inner.into_iter().try_for_each(|inner| self.look(inner))
            }
        }
    }
}

/// Media are bounded only where their bytes are in the body.
fn carried(media: &Block) -> Result<(), BadRequest> {
    if media.get("file_id").is_some_and(|id| !id.is_null()) {
        return Err(kept("file_id"));
    }
    for name in ["url", "image_url", "file_url"] {
        let address = media.get(name).and_then(Value::as_str).unwrap_or("data:");
        if !address.starts_with("data:") {
            return Err(unbounded(name, "send the bytes themselves, in base64"));
        }
    }
    let inner = ["source", "image_url", "file", "content"].iter().filter_map(|name| media.get(*name));
    inner.into_iter().try_for_each(|inner| match inner {
        Value::Object(object) => carried(object),
        Value::Array(blocks) => blocks.iter().filter_map(Value::as_object).try_for_each(carried),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    })
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
