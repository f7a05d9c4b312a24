//! Arguments of workspace tools.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Args, into_map, with_example};
use crate::limits::EDITS;
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
        /// Which lines.
        page: Page,
    },
    /// Files of a folder.
    List {
        /// Which folder; the root where it is not given.
        path: Option<String>,
        /// Which of them.
        page: Page,
    },
    /// Files by their paths.
    Glob {
        /// A glob.
        pattern: String,
        /// The folder that it starts from; the root where it is not given.
        path: Option<String>,
        /// Which of them.
        page: Page,
    },
    /// Lines that match.
    Search {
        /// A regular expression.
        pattern: String,
        /// Where; everywhere where it is not given.
        path: Option<String>,
        /// Which of them.
        page: Page,
    },
    /// How files came to be.
    Git(GitLook),
    /// Texts in place of others.
    Edit {
        /// Which file.
        path: String,
        /// All of them, or none.
        edits: Vec<Replacement>,
    },
    /// What a diff says.
    Patch {
        /// The diff, of one file or several.
        diff: String,
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

/// The part of a long answer that is wanted: lines of a file, files, hits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The first one, counted from 1.
    pub offset: Option<u32>,
    /// How many at most.
    pub limit: Option<u32>,
}

/// One text in place of another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Replacement {
    /// The text that goes.
    pub old: String,
    /// The text that comes.
    pub new: String,
    /// Wherever it occurs; otherwise it must occur once.
    pub all: bool,
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
    let fitted = fit(&tools::workspace(tool).schema, &mended(tool, args)).map(|args| Args(into_map(args)));
    let call = fitted.and_then(|args| workspace_call(tool, args));
    call.map_err(|why| with_example(&why, known::workspace_example(tool)))
}

/// The names that other agents' tools have for what ours take.
const BY_OTHER_NAMES: [(&str, &str); 6] = [
    ("file_path", "path"),
    ("old_string", "old"),
    ("new_string", "new"),
    ("cmd", "command"),
    ("glob_pattern", "pattern"),
    ("patch", "diff"),
];

/// The arguments where a model wrote them as it knows them from elsewhere and only one thing can be meant: a field by
/// another name, or the only edit without its list.
fn mended(tool: Tool, args: &Value) -> Value {
    let Value::Object(fields) = args else {
        return args.clone();
    };
    let mut fields = by_our_names(fields.clone());
    if tool == Tool::Edit {
        if let Some(Value::Array(edits)) = fields.get_mut("edits") {
            edits
                .iter_mut()
                .filter_map(Value::as_object_mut)
                .for_each(|edit| *edit = by_our_names(edit.clone()));
        } else if fields.contains_key("old") && !fields.contains_key("edits") {
            let only = ["old", "new", "replace_all"].into_iter();
            let only = only.filter_map(|name| fields.remove_entry(name)).collect();
            fields.insert("edits".to_owned(), Value::Array(vec![Value::Object(only)]));
        }
    }
    Value::Object(fields)
}

fn by_our_names(mut fields: Map<String, Value>) -> Map<String, Value> {
    for (theirs, ours) in BY_OTHER_NAMES {
        if !fields.contains_key(ours)
            && let Some(value) = fields.remove(theirs)
        {
            fields.insert(ours.to_owned(), value);
        }
    }
    fields
}

fn workspace_call(tool: Tool, mut args: Args) -> Result<WorkspaceCall, String> {
    Ok(match tool {
        Tool::Read => WorkspaceCall::Read { path: args.string("path"), page: page(&mut args) },
        Tool::List => WorkspaceCall::List { path: args.string_if("path"), page: page(&mut args) },
        Tool::Glob => WorkspaceCall::Glob {
            pattern: args.text("pattern")?,
            path: args.string_if("path"),
            page: page(&mut args),
        },
        Tool::Search => WorkspaceCall::Search {
            pattern: args.string("pattern"),
            path: args.string_if("path"),
            page: page(&mut args),
        },
        Tool::Git => WorkspaceCall::Git(git_look(args)?),
        Tool::Edit => WorkspaceCall::Edit { path: args.string("path"), edits: replacements(&mut args)? },
        Tool::Patch => WorkspaceCall::Patch { diff: args.text("diff")? },
        Tool::Write => WorkspaceCall::Write { path: args.string("path"), content: args.string("content") },
        Tool::Run => {
            WorkspaceCall::Run { command: args.text("command")?, timeout_s: args.number("timeout_s") }
        }
        Tool::Foreign => WorkspaceCall::Foreign { args: args.0 },
    })
}

fn replacements(args: &mut Args) -> Result<Vec<Replacement>, String> {
    let edits: Vec<_> = args.rows("edits").map(replacement).collect();
    match edits.len() {
        0 => Err("edits is empty: give at least one.".to_owned()),
        count if count > EDITS => {
            Err(format!("edits has {count}, and at most {EDITS} are taken; make more calls."))
        }
        _ => Ok(edits),
    }
}

fn replacement(mut row: Args) -> Replacement {
    Replacement { old: row.string("old"), new: row.string("new"), all: row.flag("replace_all") }
}

fn page(args: &mut Args) -> Page {
    Page { offset: args.number("offset"), limit: args.number("limit") }
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
