//! Memos: what Managers tell each other.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BlobRef, Millis, SectionId, TaskId};

/// A memo as it is kept: numbers and an address, never the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memo {
    /// A UUID, made from the run and the memo's number.
    pub id: String,
    /// Its sender; none is the Orchestrator, in whose name the Owner's words go out too.
    pub from: Option<SectionId>,
    /// Whether the words are the Owner's.
    #[serde(default, skip_serializing_if = "is_not")]
    pub of_owner: bool,
    /// To whom.
    pub to: Recipient,
    /// How urgent.
    pub priority: Priority,
    /// What it is about, in a few words.
    pub topic: String,
    /// What it says.
    pub content: BlobRef,
    /// When it was sent.
    pub at: Millis,
    /// The sender's task that it holds up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// When its sender has to decide without an answer; for BLOCKER memos of Managers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Millis>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_not(of_owner: &bool) -> bool {
    !*of_owner
}

/// To whom a memo goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Recipient {
    /// The Manager of a section.
    Section(SectionId),
    /// Every live Manager but the sender.
    All,
    /// The Orchestrator; only the Owner writes to it.
    Orchestrator,
}

/// How urgent a memo is; reading goes from the most urgent down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Priority {
    /// Good to know.
    Fyi,
    /// The sender is held up.
    Blocker,
    /// At the next turn.
    Urgent,
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Fyi => "FYI",
            Self::Blocker => "BLOCKER",
            Self::Urgent => "URGENT",
        })
    }
}
