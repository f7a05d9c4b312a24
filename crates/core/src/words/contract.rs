//! The contract: everything that travels with a task, and what stays behind.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Bounds, Criterion, Money, Seniority, Share, ToolSet};
use crate::roles::Role;

/// One worker's whole world. Could somebody who can't see any other task still get this one right?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// A short name, unique in its section.
    pub title: String,
    /// What kind of work it is.
    #[serde(default)]
    pub kind: TaskKind,
    /// How the worker works.
    #[serde(default)]
    pub mode: Mode,
    /// How much model it gets; an intern does post-processing where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seniority: Option<Seniority>,
    /// The role of a file that the worker has; none of them where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Why that seniority and that mode.
    pub reason: String,
    /// What is to be done.
    pub goal: String,
    /// Enough to run alone, and no more.
    pub context: Vec<ContextItem>,
    /// The guardrails, handed to the worker word by word.
    pub constraints: Vec<String>,
    /// The definition of done, written so that the worker can check its own work.
    pub acceptance: Vec<Criterion>,
    /// Globs of the only paths that the result may change; empty for work that changes nothing.
    #[serde(default)]
    pub write_set: Vec<String>,
    /// Globs of tests, snapshots and their configuration that are the task's to write or to change; others may only grow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tests_to_write: Vec<String>,
    /// What the worker must not see.
    pub withheld: Vec<Withheld>,
    /// The workspace tools it may use; those of the section where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolSet>,
    /// The bounds in which they work, within those of the section. What may change is the write-set.
    #[serde(default, skip_serializing_if = "Bounds::is_empty")]
    pub bounds: Bounds,
    /// Titles of the tasks whose results it judges; for reviews only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<String>,
    /// A cap as a share of what the Manager may spend on workers; all of it where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cap_pct: Option<Share>,
}

/// A piece of context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ContextItem {
    /// A file of the base commit, given whole.
    File {
        /// Its path from the root of the repository.
        path: String,
    },
    /// A file's interface at the base commit: its signatures without bodies. The file itself is not named by that.
    Stub {
        /// The file's path from the root of the repository.
        path: String,
    },
    /// A text: an interface, a decision, an excerpt.
    Note {
        /// What it is.
        title: String,
        /// The text itself.
        text: String,
    },
}

/// Paths that the worker can't see. What its context gives whole, its criteria pin or its write-set names is visible all
/// the same; a file of which it is given a stub is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Withheld {
    /// A glob of paths; `**` withholds all that the contract does not name.
    pub paths: String,
    /// Why.
    pub why: String,
}

/// What kind of work a task is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskKind {
    /// Changes files and ends in a commit.
    #[default]
    Build,
    /// Judges the results of other tasks and changes nothing.
    Review,
    /// Formats, renames or scaffolds: changes files, and what held before must still hold.
    Post,
}

/// How a worker works.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// One call without workspace tools; the files come with the result.
    Single,
    /// A loop with tools.
    #[default]
    Agent,
}

impl TaskKind {
    /// Whether its result is a commit, and not a judgement.
    #[must_use]
    pub const fn changes_files(self) -> bool {
        match self {
            Self::Build | Self::Post => true,
            Self::Review => false,
        }
    }
}

impl Contract {
    /// How much model the first attempt gets, with that role; none where nothing says so.
    #[must_use]
    pub fn first_seniority(&self, role: Option<&Role>) -> Option<Seniority> {
        let of_role = role.and_then(|role| role.seniority);
        self.seniority.or(of_role).or((self.kind == TaskKind::Post).then_some(Seniority::Intern))
    }

    /// The criteria that a Reviewer has to judge.
    pub fn rubrics(&self) -> impl Iterator<Item = &Criterion> {
        self.acceptance.iter().filter(|criterion| !criterion.check.is_executable())
    }

    /// The files that the contract gives whole as context.
    pub fn context_files(&self) -> impl Iterator<Item = &str> {
        self.context.iter().filter_map(|item| match item {
            ContextItem::File { path } => Some(path.as_str()),
            ContextItem::Stub { .. } | ContextItem::Note { .. } => None,
        })
    }

    /// The files of which the contract gives the interface only.
    pub fn context_stubs(&self) -> impl Iterator<Item = &str> {
        self.context.iter().filter_map(|item| match item {
            ContextItem::Stub { path } => Some(path.as_str()),
            ContextItem::File { .. } | ContextItem::Note { .. } => None,
        })
    }

    /// The files that tell the truth in its criteria.
    pub fn pinned(&self) -> impl Iterator<Item = &str> {
        self.acceptance.iter().flat_map(|criterion| criterion.check.pinned()).map(String::as_str)
    }

    /// The task's cap, out of what the Manager may spend on workers. Without one only its Manager's money bounds it.
    #[must_use]
    pub fn cap(&self, crew_limit: Money) -> Money {
        self.cap_pct.map_or(Money::MAX, |share| {
            crew_limit.fraction(share.points().into(), Share::WHOLE.points().into())
        })
    }
}

impl fmt::Display for TaskKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Build => "build",
            Self::Review => "review",
            Self::Post => "post",
        })
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Single => "single",
            Self::Agent => "agent",
        })
    }
}
