//! Stubs: a source file's signatures without bodies, for whoever calls what is in it and need not see how it works.
//!
//! A file is parsed, and what is no part of its interface is taken out of its text: bodies, long values, statements between
//! declarations, tests, comments that document nothing. What remains is the file's own text in its own order. Nothing that
//! the parser could not read is kept.
//!
//! What is absent: clocks, and any state. The same file always gives the same stub, or a prompt would not be a function of
//! the log.
//!
//! ```text
//! language   which language a path is of
//! go java python rust script   what is an item, a body, a value in it
//! outline    tree and rules ──► text
//! ```

mod go;
mod java;
mod language;
mod outline;
mod python;
mod rust;
mod script;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};
use trireme_core::limits::{STUB_ERROR_PCT, STUB_PARSE_STEPS, STUB_SOURCE_BYTES};
use trireme_core::prompts::documents::{Stub, Whole};

use language::Language;

/// The interface of a file, or all of it where that can't be told.
pub(crate) fn stub(path: &str, source: &str) -> Stub {
    match signatures(path, source) {
        Ok(text) => Stub { text, whole: None },
        Err(why) => Stub { text: source.to_owned(), whole: Some(why) },
    }
}

fn signatures(path: &str, source: &str) -> Result<String, Whole> {
    let language = Language::of(path).ok_or(Whole::Language)?;
    if source.len() > STUB_SOURCE_BYTES {
        return Err(Whole::Size);
    }
    let source = source.replace("\r\n", "\n");
    let tree = parse(&source, language)?;
    if unreadable(tree.root_node()) > source.len() * STUB_ERROR_PCT / 100 {
        return Err(Whole::Errors);
    }
    Ok(outline::outline(&source, tree.root_node(), language))
}

fn parse(source: &str, language: &Language) -> Result<Tree, Whole> {
    let mut parser = Parser::new();
    parser.set_language(&(language.grammar)()).map_err(|_| Whole::Language)?;
    let mut steps = 0;
    let mut count = |_: &ParseState| {
        steps += 1;
        if steps > STUB_PARSE_STEPS { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut count);
    let mut read = |at: usize, _| source.as_bytes().get(at..).unwrap_or_default();
    parser.parse_with_options(&mut read, None, Some(options)).ok_or(Whole::Size)
}

/// Bytes that the parser made nothing of.
fn unreadable(root: Node<'_>) -> usize {
    let (mut cursor, mut bytes) = (root.walk(), 0);
    loop {
        let node = cursor.node();
        if node.is_error() {
            bytes += node.byte_range().len();
        }
        if !node.is_error() && node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return bytes;
            }
        }
    }
}
