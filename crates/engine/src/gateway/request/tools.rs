//! The tools of a request, wherever it defines them: those that the caller runs cost nothing here; those that the provider
//! runs need a limit that it heeds.

use serde::Deserialize;
use serde_json::Value;
use trireme_core::Wire;

use super::{Asked, BadRequest};

/// What the tools add to a request's cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tools {
    /// The most hosted searches that they allow.
    pub(super) searches_max: u64,
    /// Tools of the caller's that the provider describes to the model in its own words.
    pub(super) described: u64,
}

/// As much of a tool as decides who runs it.
#[derive(Debug, Deserialize)]
pub(super) struct Tool {
    #[serde(rename = "type")]
    kind: Option<String>,
    max_uses: Option<u64>,
    /// Those of a group.
    tools: Option<Vec<Tool>>,
}

/// What a kind of tool means for the cost.
enum Runs {
    /// On the caller's side, and all that the model is told of it is in the body.
    There,
    /// On the caller's side, and the provider knows how to describe it.
    Described,
    /// At the provider: a search, which is billed by its number and by what it finds.
    Search,
    /// At the provider, at a cost that nobody limits.
    Hosted,
}

/// What all tools of a request add: its own, and those that its conversation brings.
pub(super) fn read(asked: &Asked<'_>) -> Result<Tools, BadRequest> {
    let own: Vec<Tool> = asked.get("tools", "is no list of tools")?.unwrap_or_default();
    let all_at_most = asked.get("max_tool_calls", "is no number")?;
    let mut tools = Tools::default();
    for tool in own.iter().chain(&asked.media.tools) {
        tools.add(asked.wire, tool, all_at_most)?;
    }
    Ok(tools)
}

impl Tool {
    /// A tool out of a conversation.
    pub(super) fn of(definition: &Value) -> Result<Self, BadRequest> {
        Self::deserialize(definition)
            .map_err(|_| BadRequest::Field { field: "tools", problem: "is no list of tools" })
    }
}

impl Tools {
    fn add(&mut self, wire: Wire, tool: &Tool, all_at_most: Option<u64>) -> Result<(), BadRequest> {
        let kind = tool.kind.as_deref().unwrap_or_default();
        match (runs(wire, kind), limit(wire, tool, all_at_most)) {
            (Runs::There, _) => {}
            (Runs::Described, _) => self.described = self.described.saturating_add(1),
            (Runs::Search, Some(limit)) => self.searches_max = self.searches_max.saturating_add(limit),
            (Runs::Search, None) => return Err(unbounded(kind, capped_by(wire))),
            (Runs::Hosted, _) => return Err(unbounded(kind, "leave this tool out")),
        }
        tool.tools.iter().flatten().try_for_each(|inner| self.add(wire, inner, all_at_most))
    }
}

/// How often a tool may run, in the field that the wire has for it.
const fn limit(wire: Wire, tool: &Tool, all_at_most: Option<u64>) -> Option<u64> {
    match wire {
        Wire::Anthropic => tool.max_uses,
        Wire::Responses => all_at_most,
        Wire::Chat | Wire::Gemini | Wire::Ollama => None,
    }
}

const fn capped_by(wire: Wire) -> &'static str {
    match wire {
        Wire::Responses => {
            "give the request max_tool_calls, or leave this tool out (codex: -c web_search=\"disabled\")"
        }
        Wire::Anthropic => "give it max_uses, or leave this tool out",
        Wire::Chat | Wire::Gemini | Wire::Ollama => "leave this tool out",
    }
}

fn unbounded(kind: &str, instead: &'static str) -> BadRequest {
    BadRequest::Unbounded { what: format!("the tool {kind:?}"), instead }
}

fn runs(wire: Wire, kind: &str) -> Runs {
    let begins = |heads: &[&str]| heads.iter().any(|head| kind.starts_with(head));
    match (wire, kind) {
        (Wire::Anthropic, "" | "custom")
        | (Wire::Responses, "function" | "custom" | "namespace")
        | (Wire::Chat, "function" | "custom") => Runs::There,
        (Wire::Responses, "local_shell" | "apply_patch" | "tool_search" | "computer_use_preview") => {
            Runs::Described
        }
        (Wire::Anthropic, _)
            if begins(&["bash_", "text_editor_", "computer_", "memory_", "tool_search_tool_"]) =>
        {
            Runs::Described
        }
        _ if begins(&["web_search"]) => Runs::Search,
        _ => Runs::Hosted,
    }
}
