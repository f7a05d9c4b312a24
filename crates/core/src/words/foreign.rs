//! Foreign tools: those of MCP servers, which are no part of Trireme. What a server says of them is foreign text.
//!
//! A run offers those that its servers had when it began, and no others: whoever may call one is fixed by its seat and its
//! scope, so an agent's list never changes. A tool that may change something is for workers that may run any command, since
//! it can do no less; who only looks gets only what only reads.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{BlobRef, Digest, Mode, Scope, Tool, ToolSet};
use crate::limits::FOREIGN_NAME_BYTES;
use crate::run::event::Seat;

/// How the names of foreign tools begin.
const PREFIX: &str = "mcp__";

/// A tool of a server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTool {
    /// The name by which models call it: `mcp__SERVER__TOOL`.
    pub name: String,
    /// The server's name in the configuration.
    pub server: String,
    /// What the server calls it.
    pub tool: String,
    /// What the Owner has agreed to: its name, description and schema as the server gave them.
    pub hash: Digest,
    /// Whether it only reads: its server says so, and the Owner believes it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reads: bool,
    /// Whose agents may call it.
    pub callers: Vec<Caller>,
}

/// The foreign tools of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignTools {
    /// Each once.
    pub tools: Vec<ForeignTool>,
    /// What models are told of them: a list of [`ForeignSpec`] in the same order.
    pub specs: BlobRef,
}

/// A foreign tool as models see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignSpec {
    /// The name by which they call it.
    pub name: String,
    /// What it is, with what its server says of it.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
}

/// An agent's role, as far as servers are for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Caller {
    /// The Orchestrator.
    Orchestrator,
    /// Managers.
    Manager,
    /// Workers.
    Worker,
    /// Reviewers.
    Reviewer,
    /// Advisers.
    Adviser,
}

impl Caller {
    /// Its name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Manager => "manager",
            Self::Worker => "worker",
            Self::Reviewer => "reviewer",
            Self::Adviser => "adviser",
        }
    }

    /// The role of whoever sits there; none where nobody works with tools.
    #[must_use]
    pub const fn of(seat: Seat) -> Option<Self> {
        match seat {
            Seat::Orchestrator => Some(Self::Orchestrator),
            Seat::Manager(_) => Some(Self::Manager),
            Seat::Worker(_) => Some(Self::Worker),
            Seat::Reviewer(_) => Some(Self::Reviewer),
            Seat::Adviser(..) => Some(Self::Adviser),
            Seat::Triage | Seat::Synthesist(_) => None,
        }
    }
}

impl ForeignTool {
    /// Whether a name is that of a foreign tool, of whatever server.
    #[must_use]
    pub fn is_name(name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    /// The name by which models call a server's tool. Providers take letters, digits, `_` and `-` only; none where it would be
    /// longer than they take.
    #[must_use]
    pub fn name_of(server: &str, tool: &str) -> Option<String> {
        let plain = |letter: char| if letter.is_ascii_alphanumeric() || letter == '-' { letter } else { '_' };
        let name = format!("{PREFIX}{}__{}", server, tool.chars().map(plain).collect::<String>());
        (name.len() <= FOREIGN_NAME_BYTES && !tool.is_empty()).then_some(name)
    }

    /// Whether it is meant by one of these names: its own, or `mcp__SERVER` for all of its server.
    #[must_use]
    pub fn is_among(&self, names: &[String]) -> bool {
        names.iter().any(|name| *name == self.name || name.strip_prefix(PREFIX) == Some(self.server.as_str()))
    }

    /// Whether an agent may call it. What may change something is for whoever may run any command: it can do no less.
    #[must_use]
    pub fn is_for(&self, seat: Seat, scope: &Scope, mode: Mode) -> bool {
        let runs_any = scope.has(Tool::Run) && scope.bounds.commands.is_none();
        let is_named = Caller::of(seat).is_some_and(|caller| self.callers.contains(&caller));
        let may = match seat {
            Seat::Worker(_) if mode == Mode::Single => false,
            Seat::Worker(_) => runs_any || (self.reads && scope.tools != ToolSet::NONE),
            Seat::Orchestrator
            | Seat::Triage
            | Seat::Manager(_)
            | Seat::Reviewer(_)
            | Seat::Adviser(..)
            | Seat::Synthesist(_) => self.reads && scope.tools != ToolSet::NONE,
        };
        is_named && may
    }
}

impl ForeignTools {
    /// The tool of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&ForeignTool> {
        self.tools.iter().find(|tool| tool.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{AttemptId, Bounds, SectionId};

    fn tool(reads: bool, callers: &[Caller]) -> ForeignTool {
        let (name, server, tool) = ("mcp__docs__search".to_owned(), "docs".to_owned(), "search".to_owned());
        ForeignTool { name, server, tool, hash: Digest::of(b""), reads, callers: callers.to_vec() }
    }

    #[test]
    fn names_are_what_every_provider_takes() {
        assert_eq!(
            ForeignTool::name_of("docs", "files/read.all").as_deref(),
            Some("mcp__docs__files_read_all")
        );
        assert_eq!(ForeignTool::name_of("docs", &"x".repeat(64)), None);
        assert_eq!(ForeignTool::name_of("docs", ""), None);
    }

    #[test]
    fn what_may_change_something_is_for_workers_that_may_run_commands() {
        let (worker, manager) = (Seat::Worker(AttemptId(0)), Seat::Manager(SectionId(0)));
        let all = [Caller::Worker, Caller::Manager];
        let may = |tool: &ForeignTool, seat, tools: ToolSet| tool.is_for(seat, &tools.into(), Mode::Agent);
        let (writing, reading) = (tool(false, &all), tool(true, &all));
        assert!(may(&writing, worker, ToolSet::ALL));
        assert!(!may(&writing, worker, ToolSet::READ_ONLY) && may(&reading, worker, ToolSet::READ_ONLY));
        assert!(!may(&writing, manager, ToolSet::ALL) && may(&reading, manager, ToolSet::READ_ONLY));
        assert!(
            !may(&reading, worker, ToolSet::NONE) && !reading.is_for(worker, &Scope::all(), Mode::Single)
        );
        assert!(!may(&tool(true, &[Caller::Manager]), worker, ToolSet::ALL));
        assert!(!may(&reading, Seat::Triage, ToolSet::ALL));
    }

    #[test]
    fn whoever_may_run_some_commands_only_has_no_tool_that_can_do_as_much_as_any() {
        let bounds = Bounds { commands: Some(vec!["make".to_owned()]), ..Bounds::default() };
        let scope = Scope::all().narrowed(&bounds);
        let worker = Seat::Worker(AttemptId(0));
        assert!(!tool(false, &[Caller::Worker]).is_for(worker, &scope, Mode::Agent));
        assert!(tool(true, &[Caller::Worker]).is_for(worker, &scope, Mode::Agent));
    }
}
