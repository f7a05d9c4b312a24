//! Checks: the ways in which a criterion is told.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::CHECK_TIMEOUT_S;

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
        #[serde(default = "timeout_s")]
        timeout_s: u32,
        /// Cap on the memory of the command's processes, each, in MiB, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory_mb: Option<u32>,
        /// Files that tell the truth here: taken from the contract's base, and no result may change them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pinned: Vec<String>,
    },
    /// A file is there, and holds what it should where that is given.
    File {
        /// Its path from the root of the repository.
        path: String,
        /// A text that it must hold, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contains: Option<String>,
        /// A regular expression that must match in it, if given; `^` and `$` stand for the ends of a line.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matches: Option<String>,
    },
    /// A JSON file fits a JSON schema: the one that is given here, or that of a pinned file.
    Json {
        /// The file's path from the root of the repository.
        path: String,
        /// The schema as JSON text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema: Option<String>,
        /// A file with the schema, taken from the contract's base; no result may change it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema_file: Option<String>,
    },
    /// A server answers as it should, once the engine has started it.
    Http {
        /// What starts it, by `sh -c`, at the root of the checkout; it has to listen on 127.0.0.1 at `$PORT`.
        start: String,
        /// The path that is asked for.
        #[serde(default = "root")]
        path: String,
        /// The status that means yes.
        #[serde(default = "ok")]
        status: u16,
        /// A regular expression that must match somewhere in the body, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        body: Option<String>,
        /// Wall time from its start to the answer after which it counts as failed, in seconds.
        #[serde(default = "timeout_s")]
        timeout_s: u32,
        /// Cap on the memory of the server's processes, each, in MiB, if given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        memory_mb: Option<u32>,
        /// Files that tell the truth here, as for a command.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        pinned: Vec<String>,
    },
    /// The change keeps to bounds.
    Diff {
        /// Globs of the only paths that may differ; all where there is none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        only: Vec<String>,
        /// Whether no file may be gone.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        no_deletions: bool,
        /// The most lines that may be added and removed together, if given. A file that is not text counts as one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines_max: Option<u32>,
    },
    /// The change brings nothing of these into the tree.
    Tree {
        /// What.
        forbid: Vec<Forbidden>,
    },
    /// No command can tell: a Reviewer judges by the criterion's text.
    Rubric,
}

/// What a change may be forbidden to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Forbidden {
    /// A note that work is left undone.
    Todo,
    /// A dependency that no manifest had before.
    NewDependency,
}

const fn timeout_s() -> u32 {
    CHECK_TIMEOUT_S
}

fn root() -> String {
    "/".to_owned()
}

const fn ok() -> u16 {
    200
}

impl Check {
    /// Whether the engine can tell it by itself.
    #[must_use]
    pub const fn is_executable(&self) -> bool {
        !matches!(self, Self::Rubric)
    }

    /// Whether it looks at the change and not at what is there: it holds before the work too, and is to hold still.
    #[must_use]
    pub const fn is_guard(&self) -> bool {
        match self {
            Self::Diff { .. } | Self::Tree { .. } => true,
            Self::Command { .. }
            | Self::File { .. }
            | Self::Json { .. }
            | Self::Http { .. }
            | Self::Rubric => false,
        }
    }

    /// The files that no result may change.
    #[must_use]
    pub fn pinned(&self) -> &[String] {
        match self {
            Self::Command { pinned, .. } | Self::Http { pinned, .. } => pinned,
            Self::Json { schema_file, .. } => schema_file.as_slice(),
            Self::File { .. } | Self::Diff { .. } | Self::Tree { .. } | Self::Rubric => &[],
        }
    }

    /// The shell command that it runs, if it runs one.
    #[must_use]
    pub fn command(&self) -> Option<&str> {
        match self {
            Self::Command { run, .. } => Some(run),
            Self::Http { start, .. } => Some(start),
            Self::File { .. } | Self::Json { .. } | Self::Diff { .. } | Self::Tree { .. } | Self::Rubric => {
                None
            }
        }
    }

    /// The file that it looks for, if it looks for one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::File { path, .. } => Some(path),
            Self::Command { .. }
            | Self::Json { .. }
            | Self::Http { .. }
            | Self::Diff { .. }
            | Self::Tree { .. }
            | Self::Rubric => None,
        }
    }

    /// The regular expression in it, if there is one, with the name of its field.
    #[must_use]
    pub fn pattern(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Command { output, .. } => Some(("output", output.as_deref()?)),
            Self::File { matches, .. } => Some(("matches", matches.as_deref()?)),
            Self::Http { body, .. } => Some(("body", body.as_deref()?)),
            Self::Json { .. } | Self::Diff { .. } | Self::Tree { .. } | Self::Rubric => None,
        }
    }
}

/// How it is told, in a sentence.
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command { run, exit, output, timeout_s, memory_mb, pinned } => {
                write!(f, "command: {run}\nmust exit with {exit} within {timeout_s} s")?;
                output.iter().try_for_each(|pattern| write!(f, ", its output must match /{pattern}/"))?;
                limits(f, *memory_mb, pinned)
            }
            Self::File { path, contains, matches } => {
                write!(f, "file: {path} must be there")?;
                contains.iter().try_for_each(|text| write!(f, " and hold {text:?}"))?;
                matches.iter().try_for_each(|pattern| write!(f, " and match /{pattern}/"))
            }
            Self::Json { path, schema, schema_file } => {
                write!(f, "file: {path} must be JSON that fits the schema")?;
                schema_file.iter().try_for_each(|file| write!(f, " in {file}, which must not be changed"))?;
                schema.iter().try_for_each(|schema| write!(f, " {schema}"))
            }
            Self::Http { start, path, status, body, timeout_s, memory_mb, pinned } => {
                write!(
                    f,
                    "server: {start}\nmust answer GET {path} on 127.0.0.1:$PORT with status {status} "
                )?;
                write!(f, "within {timeout_s} s of its start")?;
                body.iter().try_for_each(|pattern| write!(f, ", the body must match /{pattern}/"))?;
                limits(f, *memory_mb, pinned)
            }
            Self::Diff { only, no_deletions, lines_max } => {
                let paths = (!only.is_empty()).then(|| format!("only {} may differ", only.join(", ")));
                let gone = no_deletions.then(|| "no file may be gone".to_owned());
                let lines = lines_max.map(|most| format!("at most {most} lines may be added and removed"));
                let rules: Vec<_> = paths.into_iter().chain(gone).chain(lines).collect();
                write!(f, "the change: {}", rules.join("; "))
            }
            Self::Tree { forbid } => {
                let names: Vec<_> = forbid.iter().map(|thing| thing.name()).collect();
                write!(f, "the change: brings {}", names.join(" and "))
            }
            Self::Rubric => f.write_str("judged by a reviewer"),
        }
    }
}

fn limits(f: &mut fmt::Formatter<'_>, memory_mb: Option<u32>, pinned: &[String]) -> fmt::Result {
    memory_mb.iter().try_for_each(|memory| write!(f, ", with at most {memory} MiB of memory"))?;
    if pinned.is_empty() {
        return Ok(());
    }
    write!(f, "; must not be changed: {}", pinned.join(", "))
}

impl Forbidden {
    const fn name(self) -> &'static str {
        match self {
            Self::Todo => "no TODO",
            Self::NewDependency => "no new dependency",
        }
    }
}
