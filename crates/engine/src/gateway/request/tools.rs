//! The tools of a request: those that the caller runs cost nothing here; those that the provider runs need a limit.

use serde::Deserialize;
use serde_json::value::RawValue;
use trireme_core::Wire;

use super::{Asked, BadRequest};

/// As much of a tool as decides who runs it.
#[derive(Deserialize)]
struct Tool {
    #[serde(rename = "type")]
    kind: Option<String>,
    max_uses: Option<u64>,
}

/// What a kind of tool means for the cost.
enum Runs {
    /// On the caller's side.
    There,
    /// At the provider: a search, which is billed by its number and by what it finds.
    Search,
    /// At the provider, at a cost that nobody limits.
    Hosted,
}

/// The most hosted searches that the tools allow.
pub(super) fn searches(asked: &Asked<'_>) -> Result<u64, BadRequest> {
    let Some(tools) = asked.raw("tools") else { return Ok(0) };
    let unread = |_| BadRequest::Field { field: "tools", problem: "is no list of tools" };
    let tools: Vec<&RawValue> = serde_json::from_str(tools.get()).map_err(unread)?;
    let all_at_most: Option<u64> = asked.get("max_tool_calls", "is no number")?;
    let mut searches = 0_u64;
    for tool in tools {
        let tool: Tool = serde_json::from_str(tool.get()).map_err(unread)?;
        let kind = tool.kind.unwrap_or_default();
        let limit = tool.max_uses.or(all_at_most);
        match (runs(asked.wire, &kind), limit) {
            (Runs::There, _) => {}
            (Runs::Search, Some(limit)) => searches = searches.saturating_add(limit),
            (Runs::Search, None) => return Err(unbounded(kind, capped_by(asked.wire))),
            (Runs::Hosted, _) => return Err(unbounded(kind, "leave this tool out")),
        }
    }
    Ok(searches)
}

const fn capped_by(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses => {
            "give the request max_tool_calls, or leave this tool out (codex: -c web_search=\"disabled\")"
        }
        Wire::Anthropic | Wire::Chat | Wire::Gemini | Wire::Ollama => {
            "give it max_uses, or leave this tool out"
        }
    }
}

fn unbounded(kind: String, instead: &'static str) -> BadRequest {
    BadRequest::Unbounded { what: format!("the tool {kind:?}"), instead }
}

fn runs(wire: Wire, kind: &str) -> Runs {
    let begins = |heads: &[&str]| heads.iter().any(|head| kind.starts_with(head));
    let there = match wire {
        Wire::Anthropic => {
            matches!(kind, "" | "custom")
                || begins(&["bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_"])
        }
        Wire::Responses => matches!(
            kind,
            "function"
                | "custom"
                | "namespace"
                | "local_shell"
                | "apply_patch"
                | "tool_search"
                | "computer_use_preview"
        ),
        Wire::Chat => matches!(kind, "function" | "custom"),
        Wire::Gemini | Wire::Ollama => false,
    };
    match there {
        true => Runs::There,
        false if begins(&["web_search"]) => Runs::Search,
        false => Runs::Hosted,
    }
}
