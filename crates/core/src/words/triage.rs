//! Triage: which way an intent goes before anybody plans.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The way of an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Path {
    /// A plan of the engine's: one task, one worker, no Manager.
    Direct,
    /// A plan of the Orchestrator's, with Managers.
    Orchestrate,
    /// One strong model with all tools: what the other ways are compared with.
    Solo,
}

/// Who decided on a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriagedBy {
    /// The Owner said so.
    Owner,
    /// The rules over the intent's words.
    Rule,
    /// A model, because the rules were in doubt.
    Model,
}

/// A path, decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// Which way.
    pub path: Path,
    /// Why, in one line.
    pub reason: String,
    /// Who decided.
    pub by: TriagedBy,
}

impl Path {
    /// Its name in files, on the command line and on the screen.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Orchestrate => "orchestrate",
            Self::Solo => "solo",
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Display for TriagedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Owner => "the Owner",
            Self::Rule => "rule",
            Self::Model => "a model",
        })
    }
}

/// As the log and the faces tell it.
impl fmt::Display for Triage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, reason, by } = self;
        match by {
            TriagedBy::Owner => write!(f, "{path}: {reason}"),
            TriagedBy::Rule | TriagedBy::Model => write!(f, "{path}, by {by}: {reason}"),
        }
    }
}
