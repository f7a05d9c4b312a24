//! The tools with which an agent looks at files and changes them.

use serde_json::Value;

use super::{history, spec};
use crate::limits::{COMMAND_TIMEOUT_MAX_S, RUN_TIMEOUT_S};
use crate::prompts::ToolSpec;
use crate::prompts::schema::*;
use crate::words::Tool;

const PATH: &str = "A path from the repository's root, such as src/main.rs.";
const PLACE: &str = "A file or folder to stay in; the whole repository where it is left out.";
const FOLDER: &str = "The folder; the repository's root where it is left out.";

/// A workspace tool.
pub(in crate::prompts) fn workspace(tool: Tool) -> ToolSpec {
    match tool {
        Tool::Read => read(),
        Tool::List => list_files(),
        Tool::Glob => glob(),
        Tool::Search => search(),
        Tool::Git => history::git(),
        Tool::Edit => edit(),
        Tool::Patch => patch(),
        Tool::Write => write(),
        Tool::Run => run(),
        Tool::Foreign => spec(tool.name(), "A tool of a server.", object([])),
    }
}

fn read() -> ToolSpec {
    spec(
        Tool::Read.name(),
        "Reads a text file. Answers its lines, each led by its number and a tab. Long files are answered in parts; the last line says how to go on.",
        object(paged([needed("path", text(PATH))], "line")),
    )
}

fn list_files() -> ToolSpec {
    spec(
        Tool::List.name(),
        "Lists all files below a folder, but for those that .gitignore excludes. Answers their paths, or counts per folder where there are too many.",
        object(paged([optional("path", text(FOLDER))], "file")),
    )
}

fn glob() -> ToolSpec {
    spec(
        Tool::Glob.name(),
        "Finds files by their paths, as list does. Answers them in order, and how many more there are.",
        object(paged(
            [
                needed(
                    "pattern",
                    text(
                        "Such as src/**/*.rs or *.{ts,tsx}: `*` and `?` stay within a folder, `**` does not. Without a slash it is held against file names in all folders.",
                    ),
                ),
                optional(
                    "path",
                    text(
                        "The folder that the pattern starts from; the repository's root where it is left out.",
                    ),
                ),
            ],
            "file",
        )),
    )
}

fn search() -> ToolSpec {
    spec(
        Tool::Search.name(),
        "Searches the lines of files for a regular expression. Answers path:line: text for each hit.",
        object(paged(
            [
                needed("pattern", text("A regular expression, matched line by line.")),
                optional("path", text(PLACE)),
            ],
            "hit",
        )),
    )
}

fn edit() -> ToolSpec {
    let replacement = object([
        needed(
            "old",
            text(
                "The exact text to replace, without line numbers, with every space as in the file. It must occur exactly once.",
            ),
        ),
        needed("new", text("What stands there instead; empty to delete.")),
        optional("replace_all", flag("true: replaces it wherever it occurs.")),
    ]);
    spec(
        Tool::Edit.name(),
        "Replaces texts in a file: all of them, or none where one does not fit. Each is looked for in the file as it is now, not as another one leaves it. Only files in your write-set count.",
        object([
            needed("path", text(PATH)),
            needed("edits", list(replacement, "What to replace; one or more.")),
        ]),
    )
}

fn patch() -> ToolSpec {
    spec(
        Tool::Patch.name(),
        "Does what a unified diff says, for one file or several: all of it, or nothing. Old lines must be in the file as they stand in the diff; counts in hunk headers don't matter. Only files in your write-set count.",
        object([needed(
            "diff",
            text(
                "As git diff writes it, with `--- a/…` and `+++ b/…` (or /dev/null) before the hunks of each file.",
            ),
        )]),
    )
}

fn write() -> ToolSpec {
    spec(
        Tool::Write.name(),
        "Writes a whole file, new or in place of the old one, and makes its folders. Only files in your write-set count.",
        object([needed("path", text(PATH)), needed("content", text("The whole content of the file."))]),
    )
}

fn run() -> ToolSpec {
    spec(
        Tool::Run.name(),
        "Runs a shell command at the repository's root, without input; it must not need the network. Answers its exit code and its output, with the middle left out where that is long.",
        object([
            needed("command", text("The command, run with `sh -c`. Scratch files go below $TMPDIR.")),
            optional(
                "timeout_s",
                whole(
                    1..=COMMAND_TIMEOUT_MAX_S.into(),
                    format!("Seconds after which it is stopped. Default {RUN_TIMEOUT_S}."),
                ),
            ),
        ]),
    )
}

/// Properties with those by which every long answer is read on.
fn paged(properties: impl IntoIterator<Item = Property>, what: &str) -> impl Iterator<Item = Property> {
    let number = |description: String| -> Value { whole(1..=u32::MAX.into(), description) };
    properties.into_iter().chain([
        optional("offset", number(format!("First {what}, counted from 1."))),
        optional("limit", number(format!("How many {what}s at most."))),
    ])
}
