//! Criteria: the definition of done, in a form that a seam check can answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BlobRef, TreeId};

/// One line of a definition of done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Criterion {
    /// A short name, unique in its list: `rows-identical`.
    pub id: String,
    /// What must be true, in one sentence.
    pub text: String,
    /// How it is told.
    pub check: Check,
}

/// How a criterion is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Check {
    /// A shell command, run by the engine in a clean checkout.
    Command {
        /// What is run, by `sh -c`, at the root of the checkout.
        run: String,
        /// The exit code that means yes.
        #[serde(default)]
        exit: i32,
        /// A regular expression that must match somewhere in the output, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<String>,
        /// Wall time after which the command counts as failed, in seconds.
        #[serde(default = "default_timeout_s")]
        timeout_s: u32,
        /// Cap on the memory of the command's processes, each, in MiB, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory_mb: Option<u32>,
        /// Files that tell the truth here: taken from the contract's base, and no result may change them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pinned: Vec<String>,
    },
    /// A file is there, and holds a text where one is given.
    File {
        /// Its path from the root of the repository.
        path: String,
        /// A text that it must hold, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contains: Option<String>,
    },
    /// No command can tell: a Reviewer judges by the criterion's text.
    Rubric,
}

const fn default_timeout_s() -> u32 {
    crate::limits::CHECK_TIMEOUT_S
}

impl Check {
    /// Whether the engine can tell it by itself.
    #[must_use]
    pub const fn is_executable(&self) -> bool {
        match self {
            Self::Command { .. } | Self::File { .. } => true,
            Self::Rubric => false,
        }
    }

    /// The files that no result may change.
    #[must_use]
    pub fn pinned(&self) -> &[String] {
        match self {
            Self::Command { pinned, .. } => pinned,
            Self::File { .. } | Self::Rubric => &[],
        }
    }
}

/// What a seam check says of one criterion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not.
    Fail,
    /// Nobody could tell; it counts as not verified.
    Unverifiable,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unverifiable => "unverifiable",
        })
    }
}

/// One criterion's verdict with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The criterion's id.
    pub criterion: String,
    /// What was found.
    pub verdict: Verdict,
    /// What it was found by.
    pub evidence: Evidence,
}

/// What a verdict stands on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// A command's run in a clean checkout.
    Command {
        /// Its exit code; none where a signal or the time limit ended it.
        exit: Option<i32>,
        /// Its output.
        output: BlobRef,
        /// The tree that it ran on.
        tree: TreeId,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// A look at the tree.
    Tree {
        /// The tree looked at.
        tree: TreeId,
    },
    /// A Reviewer's judgement.
    Review {
        /// What the Reviewer wrote.
        text: BlobRef,
    },
    /// The engine could not run the check; the reason is beside it.
    None {
        /// Why, in a sentence.
        reason: String,
    },
}
