//! A contract's context as text: files whole, files by their interface, notes. All files share one cap.

use std::fmt;

use super::{Cut, excerpt};
use crate::limits::{CONTEXT_BYTES, TOOL_RESULT_BYTES};
use crate::words::{ContextItem, Contract};

/// What is shown of a file of which the interface is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stub {
    /// The interface, or the whole file.
    pub text: String,
    /// Why it is the whole file; none where it is the interface.
    pub whole: Option<Whole>,
}

/// Why there is no stub of a file, so that all of it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Nobody knows signatures in its language, or its name does not tell it.
    Language,
    /// It has too many bytes, or takes too much work to read.
    Size,
    /// Too much of it can't be read.
    Errors,
}

impl fmt::Display for Whole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Language => "signatures are not told apart in its language",
            Self::Size => "it is too large to be read for its signatures",
            Self::Errors => "too much of it can't be read for its signatures",
        })
    }
}

pub(super) fn all(
    text: &mut String,
    contract: &Contract,
    files: &[(String, String)],
    stubs: &[(String, Stub)],
) {
    let mut left = CONTEXT_BYTES;
    for path in contract.context_files() {
        file(text, path, files, &mut left);
    }
    for path in contract.context_stubs() {
        stub(text, path, stubs, &mut left);
    }
    notes(text, contract);
}

/// One context file, and what is left of the room for all of them.
pub(super) fn file(text: &mut String, path: &str, files: &[(String, String)], left: &mut usize) {
    let Some((_, content)) = files.iter().find(|(known, _)| known == path) else {
        return missing(text, path);
    };
    let shown = shown(content, left);
    text.push_str(&format!("\nContext file {path}:\n<file path={path:?}>\n{shown}\n</file>\n"));
}

/// One file by its interface.
fn stub(text: &mut String, path: &str, stubs: &[(String, Stub)], left: &mut usize) {
    let Some((_, stub)) = stubs.iter().find(|(known, _)| known == path) else {
        return missing(text, path);
    };
    let shown = shown(&stub.text, left);
    text.push_str(&match stub.whole {
        None => format!(
            "\nContext file {path}; you see its interface only, signatures without bodies:\n\
             <interface path={path:?}>\n{shown}\n</interface>\n"
        ),
        Some(why) => {
            format!("\nContext file {path}, whole, because {why}:\n<file path={path:?}>\n{shown}\n</file>\n")
        }
    });
}

fn missing(text: &mut String, path: &str) {
    text.push_str(&format!("\nContext file {path}: it does not exist yet.\n"));
}

fn shown(content: &str, left: &mut usize) -> String {
    let shown = excerpt(content.trim_end_matches('\n'), (*left).min(TOOL_RESULT_BYTES), Cut::Head);
    *left = left.saturating_sub(shown.len());
    shown
}

pub(super) fn notes(text: &mut String, contract: &Contract) {
    for item in &contract.context {
        if let ContextItem::Note { title, text: note } = item {
            text.push_str(&format!("\nNote: {title}\n<note>\n{note}\n</note>\n"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: [&str; 4] = ["src/api.rs", "docs/api.txt", "src/gone.rs", "src/large.rs"];

    fn contract() -> Contract {
        let context = PATHS.map(|path| ContextItem::Stub { path: path.to_owned() });
        let text = r#"{"title":"T","reason":"r","goal":"g","context":[],"constraints":[],"acceptance":[],"withheld":[]}"#;
        Contract { context: context.into(), ..serde_json::from_str(text).unwrap() }
    }

    #[test]
    fn a_stub_says_that_it_is_one_and_a_whole_file_why_it_is_not() {
        let stub = |text: &str, whole| Stub { text: text.to_owned(), whole };
        let stubs = [
            (PATHS[0].to_owned(), stub("fn parse() { … }\n", None)),
            (PATHS[1].to_owned(), stub("parse: text to rows\n", Some(Whole::Language))),
            (PATHS[3].to_owned(), stub(&"x".repeat(CONTEXT_BYTES), None)),
        ];
        let mut text = String::new();
        all(&mut text, &contract(), &[], &stubs);
        let (told, large) = text.split_once("\nContext file src/large.rs").unwrap();
        assert_eq!(
            told,
            "
Context file src/api.rs; you see its interface only, signatures without bodies:
<interface path=\"src/api.rs\">
fn parse() { … }
</interface>

Context file docs/api.txt, whole, because signatures are not told apart in its language:
<file path=\"docs/api.txt\">
parse: text to rows
</file>

Context file src/gone.rs: it does not exist yet.
"
        );
        assert!(large.contains("bytes are left out]") && large.len() < TOOL_RESULT_BYTES + 200);
    }
}
