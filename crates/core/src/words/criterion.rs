//! Criteria: the definition of done, in a form that a seam check can answer.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BlobRef, Check, TreeId};

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
    /// What the same check says of the state before the work, where it passes now and was tried there too. What passed
    /// before as well proves nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Verdict>,
    /// How long all commands took that were run to find it, in milliseconds: again after a pass, with other tests, and on the
    /// state before the work.
    #[serde(default, skip_serializing_if = "is_none")]
    pub commands_ms: u64,
}

impl Finding {
    /// A verdict with its evidence.
    #[must_use]
    pub const fn new(criterion: String, verdict: Verdict, evidence: Evidence) -> Self {
        Self { criterion, verdict, evidence, before: None, commands_ms: 0 }
    }

    /// Whether it passed before the work too, so that its pass says nothing of the work.
    #[must_use]
    pub fn proves_nothing(&self) -> bool {
        self.before == Some(Verdict::Pass)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_none(time_ms: &u64) -> bool {
    *time_ms == 0
}

const fn once() -> u16 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
const fn is_once(runs: &u16) -> bool {
    *runs == 1
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
        /// How often it was run: again after a pass, until it failed or enough passes stood.
        #[serde(default = "once", skip_serializing_if = "is_once")]
        runs: u16,
    },
    /// A server's answer in a clean checkout.
    Http {
        /// The answer's status; none where none came.
        status: Option<u16>,
        /// What the server wrote, and the answer.
        output: BlobRef,
        /// The tree that it ran on.
        tree: TreeId,
        /// From its start to the answer, in milliseconds.
        took_ms: u64,
    },
    /// A look at the tree.
    Tree {
        /// The tree looked at.
        tree: TreeId,
        /// What was seen there, where it is not as it should be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        seen: Option<BlobRef>,
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
