//! Fields whose cost has no bound.

use serde::Deserialize;
use trireme_core::Wire;

use super::{Asked, BadRequest};

/// A field's name, its values that are harmless, and what to do instead of the others.
type Rule = (&'static str, &'static [&'static str], &'static str);

const STATE: &str = "send the whole conversation instead of what the provider keeps";
const FAST: &str = "leave it out: only the standard price is known";
const HOSTED: &str = "leave it out, and give the model tools that run on your side";
const DAY: &str = "leave it out: what is kept for a day has no known price";
const TEXT: &str = "leave it out: only the price of text is known";
const ROUTE: &str = "leave it out, and name one model: only its own price is known";
const COMPACT: &str = "leave it out, and shorten the conversation on your side";
const IN_MEMORY: &[&str] = &["\"in_memory\"", "\"in-memory\""];
const STANDARD: &[&str] = &["\"auto\"", "\"default\"", "\"standard\"", "\"standard_only\"", "\"flex\""];

/// Rules of every wire. Resellers take their routes on all of them, and makers know no such fields.
const EVERYWHERE: &[Rule] = &[
    ("service_tier", STANDARD, FAST),
    ("models", &["[]"], ROUTE),
    ("fallbacks", &["[]"], ROUTE),
    ("provider", &["{}"], ROUTE),
    ("preset", &[], ROUTE),
    ("route", &[], ROUTE),
    ("transforms", &["[]"], "leave it out: only what you send yourself has a bound"),
    ("plugins", &["[]"], HOSTED),
];

const ANTHROPIC: &[Rule] =
    &[("container", &[], HOSTED), ("mcp_servers", &["[]"], HOSTED), ("speed", &["\"standard\""], FAST)];

const RESPONSES: &[Rule] = &[
    ("previous_response_id", &[], STATE),
    ("conversation", &[], STATE),
    ("prompt", &[], STATE),
    ("prompt_cache_retention", IN_MEMORY, DAY),
    ("background", &["false"], "leave it out: an answer that nobody waits for can't be metered"),
    ("context_management", &["[]"], COMPACT),
];

const CHAT: &[Rule] = &[
    ("prompt_cache_retention", IN_MEMORY, DAY),
    ("web_search_options", &[], HOSTED),
    ("search_parameters", &[], HOSTED),
    ("prediction", &[], "leave it out: what is not taken from it is billed beyond the cap"),
    ("audio", &[], TEXT),
    ("modalities", &["[\"text\"]"], TEXT),
];

const CONTEXT: &str = "context_management";

/// What may be done to a conversation before the model reads it.
#[derive(Deserialize)]
struct ContextManagement {
    edits: Option<Vec<Edit>>,
}

#[derive(Deserialize)]
struct Edit {
    #[serde(rename = "type")]
    kind: Option<String>,
}

/// Refuses what has no bound.
pub(super) fn refuse(asked: &Asked<'_>) -> Result<(), BadRequest> {
    for (name, allowed, instead) in rules(asked.wire) {
        let Some(value) = asked.raw(name) else { continue };
        if !allowed.contains(&value.get()) {
            return Err(unbounded(name, value.get(), instead));
        }
    }
    if asked.wire == Wire::Anthropic { refuse_edits(asked) } else { Ok(()) }
}

/// To clear something makes a conversation shorter; to make a summary of it is a sampling of its own.
fn refuse_edits(asked: &Asked<'_>) -> Result<(), BadRequest> {
    let context: Option<ContextManagement> = asked.get(CONTEXT, "has no list of edits")?;
    for edit in context.and_then(|context| context.edits).unwrap_or_default() {
        let kind = edit.kind.unwrap_or_default();
        if !kind.starts_with("clear_") {
            return Err(unbounded(CONTEXT, &kind, COMPACT));
        }
    }
    Ok(())
}

/// The names that are looked at.
pub(super) fn names(wire: Wire) -> impl Iterator<Item = &'static str> {
    rules(wire).map(|(name, ..)| name).chain([CONTEXT])
}

fn rules(wire: Wire) -> impl Iterator<Item = Rule> {
    let of_wire = match wire {
        Wire::Anthropic => ANTHROPIC,
        Wire::Responses => RESPONSES,
        Wire::Chat => CHAT,
        // Not spoken by the gateway.
        Wire::Gemini | Wire::Ollama => &[],
    };
    of_wire.iter().chain(EVERYWHERE).copied()
}

fn unbounded(name: &str, value: &str, instead: &'static str) -> BadRequest {
    BadRequest::Unbounded { what: format!("{name:?}: {}", head(value)), instead }
}

/// The beginning of a value, for a message.
fn head(text: &str) -> String {
    text.chars().take(60).collect()
}
