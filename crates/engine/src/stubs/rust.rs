//! Rust. Items under `#[cfg(test)]` and tests are no part of an interface; of a macro its patterns are.

use trireme_core::limits::STUB_VALUE_BYTES;

use super::language::{Place, Rule, Spot, Worth};

pub(super) fn rule(spot: &Spot<'_>) -> Rule {
    match (spot.node.kind(), spot.parent, spot.field) {
        ("source_file" | "declaration_list", _, _) => Rule::Items,
        ("block", _, _) | (_, "closure_expression", Some("body")) | (_, "macro_rule", Some("right")) => {
            Rule::Body
        }
        ("token_tree", "macro_invocation", _) if is_code(spot.text) => Rule::Body,
        (_, "const_item" | "static_item" | "enum_variant", Some("value")) => Rule::Value,
        ("line_comment" | "block_comment", _, _) if !is_doc(spot.text) => Rule::Gone,
        _ => Rule::Keep,
    }
}

/// What a macro is called with may be anything.
fn is_code(arguments: &str) -> bool {
    arguments.contains('{') || arguments.len() > STUB_VALUE_BYTES
}

fn is_doc(comment: &str) -> bool {
    is_inner(comment)
        || (comment.starts_with("///") && !comment.starts_with("////"))
        || (comment.starts_with("/**") && !comment.starts_with("/***") && comment != "/**/")
}

/// Whether a comment documents what it stands in.
fn is_inner(comment: &str) -> bool {
    comment.starts_with("//!") || comment.starts_with("/*!")
}

pub(super) fn place(spot: &Spot<'_>) -> Place {
    match spot.node.kind() {
        "attribute_item" if is_test(spot.text) => Place::TestLead,
        "attribute_item" => Place::Lead,
        "line_comment" | "block_comment" => match (is_inner(spot.text), is_doc(spot.text)) {
            (true, _) => Place::Item,
            (false, true) => Place::Lead,
            (false, false) => Place::Aside,
        },
        "inner_attribute_item"
        | "mod_item"
        | "foreign_mod_item"
        | "struct_item"
        | "union_item"
        | "enum_item"
        | "type_item"
        | "function_item"
        | "function_signature_item"
        | "const_item"
        | "static_item"
        | "impl_item"
        | "trait_item"
        | "associated_type"
        | "use_declaration"
        | "extern_crate_declaration"
        | "macro_definition"
        | "macro_invocation" => Place::Item,
        "expression_statement"
            if spot.node.named_child(0).is_some_and(|only| only.kind() == "macro_invocation") =>
        {
            Place::Item
        }
        _ => Place::Other,
    }
}

fn is_test(attribute: &str) -> bool {
    let text: String = attribute.chars().filter(|letter| !letter.is_whitespace()).collect();
    let text = text.trim_start_matches("#[").trim_end_matches(']');
    let (path, arguments) = text.split_once('(').unwrap_or((text, ""));
    match path.rsplit("::").next().unwrap_or_default() {
        "test" | "bench" | "rstest" => true,
        "cfg" => {
            ["test)", "test,", "all(test,", "all(test)"].iter().any(|start| arguments.starts_with(start))
        }
        _ => false,
    }
}

pub(super) fn worth(spot: &Spot<'_>) -> Worth {
    match spot.node.kind() {
        "closure_expression" => Worth::Callable,
        _ => Worth::Plain,
    }
}
