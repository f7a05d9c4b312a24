//! What the outline has to know of a language.

use tree_sitter::Node;

use super::{go, java, python, rust, script};

/// A language: its grammar, and what its nodes are to an outline.
pub(super) struct Language {
    /// The grammar.
    pub(super) grammar: fn() -> tree_sitter::Language,
    /// What becomes of a node.
    pub(super) rule: fn(&Spot<'_>) -> Rule,
    /// What a node is in a list of items.
    pub(super) place: fn(&Spot<'_>) -> Place,
    /// What a value is to be taken for.
    pub(super) worth: fn(&Spot<'_>) -> Worth,
    /// What stands in place of bodies and values that are left out; by their first sign where it is none.
    pub(super) mark: Option<&'static str>,
}

/// A node where it stands.
#[derive(Clone, Copy)]
pub(super) struct Spot<'a> {
    /// The node.
    pub(super) node: Node<'a>,
    /// The kind of the node above it.
    pub(super) parent: &'a str,
    /// What it is to the node above it.
    pub(super) field: Option<&'a str>,
    /// Its text.
    pub(super) text: &'a str,
    /// How many nodes that are no comments stand before it below the same node.
    pub(super) at: usize,
}

/// What becomes of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// It stays, and the same is asked of the nodes below.
    Keep,
    /// It is a list, of which items stay.
    Items,
    /// It is a body: a mark stands in its place.
    Body,
    /// It is a body that may begin with a text about it, which stays.
    Documented,
    /// It is a value: it stays if it is short once bodies are out of it.
    Value,
    /// It goes.
    Gone,
}

/// What a node is in a list of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A declaration, which stays.
    Item,
    /// It belongs to the item after it, and goes with that.
    Lead,
    /// The same, and the item is a test.
    TestLead,
    /// A comment that documents nothing.
    Aside,
    /// Something else, such as a statement.
    Other,
}

/// What a value is to be taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worth {
    /// Something to call, whose signature stays however long it is.
    Callable,
    /// What wraps values.
    Wrapper,
    /// Anything else.
    Plain,
}

const RUST: Language = Language {
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    rule: rust::rule,
    place: rust::place,
    worth: rust::worth,
    mark: None,
};
const PYTHON: Language = Language {
    grammar: || tree_sitter_python::LANGUAGE.into(),
    rule: python::rule,
    place: python::place,
    worth: python::worth,
    mark: Some("..."),
};
const JAVASCRIPT: Language = Language {
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
    rule: script::rule,
    place: script::place,
    worth: script::worth,
    mark: None,
};
const TYPESCRIPT: Language =
    Language { grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(), ..JAVASCRIPT };
const TSX: Language = Language { grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(), ..JAVASCRIPT };
const GO: Language = Language {
    grammar: || tree_sitter_go::LANGUAGE.into(),
    rule: go::rule,
    place: go::place,
    worth: go::worth,
    mark: None,
};
const JAVA: Language = Language {
    grammar: || tree_sitter_java::LANGUAGE.into(),
    rule: java::rule,
    place: java::place,
    worth: java::worth,
    mark: None,
};

impl Language {
    /// The language of a path, by its ending.
    pub(super) fn of(path: &str) -> Option<&'static Self> {
        let name = path.rsplit('/').next().unwrap_or_default();
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "rs" => &RUST,
            "py" | "pyi" => &PYTHON,
            "js" | "jsx" | "mjs" | "cjs" => &JAVASCRIPT,
            "ts" | "mts" | "cts" => &TYPESCRIPT,
            "tsx" => &TSX,
            "go" => &GO,
            "java" => &JAVA,
            _ => return None,
        })
    }

    /// What stands in place of a text that is left out.
    pub(super) fn mark_for(&self, text: &str) -> &'static str {
        self.mark.unwrap_or(match text.chars().next() {
            Some('{') => "{ … }",
            Some('[') => "[…]",
            Some('(') => "(…)",
            _ => "…",
        })
    }
}
