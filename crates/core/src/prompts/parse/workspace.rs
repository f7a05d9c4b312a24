//! Arguments of workspace tools.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Args, into_map, with_example};
use crate::plan_check::path_fault;
use crate::prompts::fit::fit;
use crate::prompts::{known, tools};
use crate::words::Tool;

/// A workspace tool with its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkspaceCall {
    /// Lines of a file.
    Read {
        /// Which file.
        path: String,
        /// The first line, from 1.
        from_line: Option<u32>,
        /// The last line.
        to_line: Option<u32>,
    },
    /// Files of a folder.
    List {
        /// Which folder; the root where it is not given.
        path: Option<String>,
    },
    /// Lines that match.
    Search {
        /// A regular expression.
        pattern: String,
        /// Where; everywhere where it is not given.
        path: Option<String>,
    },
    /// How files came to be.
    Git(GitLook),
    /// One text in place of another.
    Edit {
        /// Which file.
        path: String,
        /// The text that goes.
        old: String,
        /// The text that comes.
        new: String,
    },
    /// A whole file.
    Write {
        /// Which file.
        path: String,
        /// Its content.
        content: String,
    },
    /// A command.
    Run {
        /// For `sh -c`.
        command: String,
        /// Wall time, in seconds.
        timeout_s: Option<u32>,
    },
    /// A foreign tool.
    Foreign {
        /// Its arguments, as they are.
        args: Map<String, Value>,
    },
}

/// A look at how files came to be, from the commit that its agent works from and below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitLook {
    /// What is wanted.
    pub verb: GitVerb,
    /// The hash of a commit, or its head; the one that the agent works from where it is not given.
    pub commit: Option<String>,
    /// A file or a folder to stay in.
    pub path: Option<String>,
    /// The first line of a blame, from 1.
    pub from_line: Option<u32>,
    /// The last line of a blame.
    pub to_line: Option<u32>,
    /// Commits of a log.
    pub count: Option<u32>,
}

/// What git is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GitVerb {
    /// Which commits there are, the newest first.
    Log,
    /// What one commit says and changed.
    Show,
    /// What changed from one commit to the agent's own.
    Diff,
    /// Which commit each line of a file is from.
    Blame,
}

impl GitVerb {
    /// Their names.
    pub(in crate::prompts) const NAMES: [&str; 4] = ["log", "show", "diff", "blame"];
}

/// The least digits of a commit's hash.
const HASH_DIGITS: usize = 7;

/// The arguments of a workspace tool.
///
/// # Errors
/// What is wrong, and what to write instead.
pub fn workspace_args(tool: Tool, args: &Value) -> Result<WorkspaceCall, String> {
    if tool == Tool::Foreign {
        // What else they have to be its server knows.
        let args = args.as_object().ok_or("The arguments must be an object.")?;
        return Ok(WorkspaceCall::Foreign { args: args.clone() });
    }
    let fitted = fit(&tools::workspace(tool).schema, args).map(|args| Args(into_map(args)));
    let call = fitted.and_then(|args| workspace_call(tool, args));
    call.map_err(|why| with_example(&why, known::workspace_example(tool)))
}

fn workspace_call(tool: Tool, mut args: Args) -> Result<WorkspaceCall, String> {
    Ok(match tool {
        Tool::Read => WorkspaceCall::Read {
            path: args.string("path"),
            from_line: args.number("from_line"),
            to_line: args.number("to_line"),
        },
        Tool::List => WorkspaceCall::List { path: args.string_if("path") },
        Tool::Search => {
            WorkspaceCall::Search { pattern: args.string("pattern"), path: args.string_if("path") }
        }
        Tool::Git => WorkspaceCall::Git(git_look(args)?),
        Tool::Edit => WorkspaceCall::Edit {
            path: args.string("path"),
            old: args.string("old"),
            new: args.string("new"),
        },
        Tool::Write => WorkspaceCall::Write { path: args.string("path"), content: args.string("content") },
        Tool::Run => {
            WorkspaceCall::Run { command: args.text("command")?, timeout_s: args.number("timeout_s") }
        }
        Tool::Foreign => WorkspaceCall::Foreign { args: args.0 },
    })
}

fn git_look(mut args: Args) -> Result<GitLook, String> {
    let look = GitLook {
        verb: args.document("verb")?,
        commit: args.string_if("commit").map(|commit| commit.to_ascii_lowercase()),
        path: args.string_if("path").map(|path| path.trim_end_matches('/').to_owned()),
        from_line: args.number("from_line"),
        to_line: args.number("to_line"),
        count: args.number("count"),
    };
    match git_fault(&look) {
        Some(fault) => Err(fault),
        None => Ok(look),
    }
}

fn git_fault(look: &GitLook) -> Option<String> {
    if let Some(commit) = look.commit.as_deref().filter(|commit| !is_hash(commit)) {
        return Some(format!(
            "commit is {commit:?}, but must be a commit's hash of {HASH_DIGITS} digits or more, as log lists them; leave it \
             out for the commit that you work from."
        ));
    }
    if let Some((path, fault)) = look.path.as_ref().and_then(|path| Some((path, path_fault(path)?))) {
        return Some(format!("path is {path:?}: this {fault}; leave it out for all files."));
    }
    match (look.verb, &look.commit, &look.path) {
        (GitVerb::Blame, _, None) => Some("blame needs the path of one file.".to_owned()),
        (GitVerb::Diff, None, _) => Some(
            "diff needs the earlier commit: what changed since then is answered. log lists commits."
                .to_owned(),
        ),
        (GitVerb::Log | GitVerb::Show | GitVerb::Diff | GitVerb::Blame, ..) => None,
    }
}

fn is_hash(text: &str) -> bool {
    (HASH_DIGITS..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
