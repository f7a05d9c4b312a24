//! The tool that looks at how files came to be.

use crate::limits::{GIT_COMMITS, GIT_COMMITS_MAX};
use crate::prompts::ToolSpec;
use crate::prompts::parse::GitVerb;
use crate::prompts::schema::*;
use crate::words::Tool;

use super::spec;

pub(super) fn git() -> ToolSpec {
    spec(
        Tool::Git.name(),
        "Tells how files came to be, and changes nothing. log: commits, newest first. show: one commit's message and change. \
         diff: what changed from a commit to the one that you work from. blame: which commit each line of a file is from. \
         Knows the commit that you work from and those before it.",
        object([
            needed("verb", choice(GitVerb::NAMES, "What you want to know.")),
            optional(
                "commit",
                text(
                    "A commit's hash, as log lists them. diff: the earlier one, needed. Otherwise the commit that you work from where it is left out.",
                ),
            ),
            optional(
                "path",
                text("A file or folder to stay in; blame needs a file. All files where it is left out."),
            ),
            optional("from_line", whole(1..=u32::MAX.into(), "blame: first line, counted from 1.")),
            optional("to_line", whole(1..=u32::MAX.into(), "blame: last line.")),
            optional(
                "count",
                whole(1..=GIT_COMMITS_MAX.into(), format!("log: how many commits. Default {GIT_COMMITS}.")),
            ),
        ]),
    )
}
