//! What goes wrong at the face: one shape for every error, rendered once, at the end.

use std::process::ExitCode;

use trireme_engine::{EngineError, Kind as EngineKind};

/// Whose fault it is; the exit status follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// What was typed can't be done.
    Usage,
    /// The world failed.
    Failed,
    /// Whoever read our output is gone, which is nobody's fault.
    Unread,
}

/// What is wrong, and what to type next.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Whose fault.
    pub kind: Kind,
    error: String,
    hints: Vec<String>,
}

impl Failure {
    /// What was typed can't be done.
    pub(crate) fn usage(error: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, error: error.into(), hints: Vec::new() }
    }

    /// The world failed.
    pub(crate) fn failed(error: impl Into<String>) -> Self {
        Self { kind: Kind::Failed, ..Self::usage(error) }
    }

    /// The same with one more thing to type next.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The text that a person reads.
    #[must_use]
    pub(crate) fn render(&self) -> String {
        let hints: String = self.hints.iter().map(|hint| format!("\n  try: {hint}")).collect();
        format!("error: {}{hints}", self.error)
    }

    /// The status that a script reads.
    #[must_use]
    pub(crate) fn code(&self) -> ExitCode {
        ExitCode::from(match self.kind {
            Kind::Usage => 2,
            Kind::Failed => 1,
            Kind::Unread => 0,
        })
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let kind = match error.kind {
            EngineKind::Usage => Kind::Usage,
            EngineKind::Failed => Kind::Failed,
        };
        Self { kind, error: error.to_string(), hints: error.hints().to_vec() }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let unread = error.kind() == std::io::ErrorKind::BrokenPipe;
        Self { kind: if unread { Kind::Unread } else { Kind::Failed }, ..Self::usage(error.to_string()) }
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::failed(error.to_string())
    }
}
