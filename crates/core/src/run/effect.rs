//! What a run owes: things that the world must do next. Each is answered by exactly one outcome that counts.

use serde::{Deserialize, Serialize};

use crate::words::*;

/// Something for the world to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Put together the request of an agent's next turn, and measure it. Costs nothing and can be repeated.
    Compose {
        /// Whose.
        agent: AgentId,
    },
    /// Send it. Money is reserved for it.
    Call {
        /// Whose.
        agent: AgentId,
        /// To which model.
        model: String,
        /// How long it may think.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        effort: Option<Effort>,
        /// With how much output at most.
        max_tokens: u64,
    },
    /// Run a workspace tool.
    Tool {
        /// For whom.
        agent: AgentId,
        /// Which call of the agent's last reply.
        index: u16,
        /// Which tool.
        tool: Tool,
    },
    /// Make a commit of an attempt's files.
    Seal {
        /// Whose.
        attempt: AttemptId,
    },
    /// Run the executable criteria in a clean checkout.
    Check {
        /// Of what.
        subject: Subject,
        /// On which commit.
        commit: CommitId,
    },
    /// Merge two commits.
    Merge {
        /// For what.
        subject: Subject,
        /// The branch.
        ours: CommitId,
        /// What comes into it.
        theirs: CommitId,
    },
    /// Let the run's branch point at a commit.
    Publish {
        /// The commit.
        commit: CommitId,
    },
}

/// What a check or a merge is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// What a section needs from earlier phases, before it starts.
    Needs(SectionId),
    /// An attempt's own commit, against its contract.
    Attempt(AttemptId),
    /// A section's branch with an attempt's commit in it and those that came in with it before, against all their contracts
    /// and those of what is there already.
    Task(AttemptId),
    /// A section's branch, against the section's definition of done.
    Section(SectionId),
    /// A phase's branch with a section in it and those that came in with it before, against the definitions of done of all
    /// sections that are there.
    Phase(SectionId),
    /// All of it, against the plan's definition of done.
    Run,
}

impl Effect {
    /// The agent that waits for it, if it is an agent's.
    #[must_use]
    pub const fn agent(&self) -> Option<AgentId> {
        match self {
            Self::Compose { agent } | Self::Call { agent, .. } | Self::Tool { agent, .. } => Some(*agent),
            Self::Seal { .. } | Self::Check { .. } | Self::Merge { .. } | Self::Publish { .. } => None,
        }
    }
}
