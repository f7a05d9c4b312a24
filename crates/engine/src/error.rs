//! What goes wrong at the face of the engine: what is wrong, where, and what to type next.

use std::error::Error;
use std::fmt;

use trireme_core::RunId;

use crate::blobs::BlobError;
use crate::journal::{InboxError, JournalError};
use crate::mcp::NoTrust;
use crate::redaction::PatternError;
use crate::scenario::{ScenarioError, ServerError};
use crate::vault::VaultError;
use crate::workspace::{GitError, RepoError};

/// Whose fault it is, as far as the exit status tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What was typed can't be done; nothing has changed.
    Usage,
    /// The world failed.
    Failed,
}

/// An error with what to type next.
#[derive(Debug)]
pub struct EngineError {
    /// Whose fault it is.
    pub kind: Kind,
    message: String,
    hints: Vec<String>,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl EngineError {
    /// What was typed can't be done.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: message.into(), hints: Vec::new(), cause: None }
    }

    /// The world failed.
    pub fn failed(message: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, ..Self::usage(message) }
    }

    /// The same with one more thing to type next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// What to type next.
    #[must_use]
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    fn caused(mut self, cause: impl Error + Send + Sync + 'static) -> Self {
        self.cause = Some(Box::new(cause));
        self
    }

    /// No run has that name.
    #[must_use]
    pub fn unknown_run(name: &str, near: &[RunId]) -> Self {
        let error = Self::usage(format!("there is no run {name:?}"));
        match near.first() {
            Some(run) => error.hint(format!("trireme show {run}")).hint("trireme runs"),
            None => error.hint("trireme runs"),
        }
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for EngineError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.cause.as_deref().map(|cause| cause as &(dyn Error + 'static))
    }
}

impl From<JournalError> for EngineError {
    fn from(error: JournalError) -> Self {
        let kind = if matches!(error, JournalError::Lease(_)) { Kind::Usage } else { Kind::Failed };
        Self { kind, ..Self::usage(error.to_string()) }.caused(error)
    }
}

impl From<BlobError> for EngineError {
    fn from(error: BlobError) -> Self {
        // Which key is given is the Owner's to choose.
        let kind = if matches!(error, BlobError::Vault(_)) { Kind::Usage } else { Kind::Failed };
        Self { kind, ..Self::usage(error.to_string()) }.caused(error)
    }
}

impl From<RepoError> for EngineError {
    fn from(error: RepoError) -> Self {
        Self::usage(error.to_string()).caused(error)
    }
}

macro_rules! world_fails {
    ($($error:ty => $kind:ident),*) => {$(
        impl From<$error> for EngineError {
            fn from(error: $error) -> Self {
                Self::$kind(error.to_string()).caused(error)
            }
        }
    )*};
}
world_fails! {
    VaultError => usage, NoTrust => usage, PatternError => usage, InboxError => failed, GitError => usage, ScenarioError => usage, ServerError => failed,
    trireme_core::catalogue::CatalogueError => usage
}
