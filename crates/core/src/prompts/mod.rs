//! What models are told, and how their calls are read. Prompts are files beside the crate; the functions here fill
//! them in, and do nothing else: no I/O, and nothing that a run has told an agent once is ever told differently later.
//!
//! ```text
//! tools          what a model may call: name, description, schema       (stable over an agent's life)
//! roles          the system prompt of each role                         (stable over all runs)
//! parse          a call of a tool ──► Ask                               (held against the tool's own schema)
//! conversation   a Run and an agent ──► turns, with the blobs to load
//! documents      loaded blobs ──► text
//! ```

mod again;
mod claims;
mod closing;
pub mod conversation;
mod counsel;
pub mod documents;
mod fell_short;
mod fit;
mod forms;
mod known;
pub mod parse;
mod prices;
mod recall;
mod report;
pub mod roles;
mod schema;
mod stalled;
mod told;
pub mod tools;

use std::borrow::Cow;

use serde_json::Value;

pub use conversation::{Conversation, Offered, PromptTurn, conversation};
pub use documents::{Cut, Document, Part, Piece, Readers};
pub use parse::{Page, Replacement, ResultFile, WorkspaceCall, parse, workspace_args};
pub use tools::tools_for;

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: Cow<'static, str>,
    /// What it does, when to use it, what it answers.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
}

#[cfg(test)]
mod tests;
