//! Java.

use super::language::{Place, Rule, Spot, Worth};

pub(super) fn rule(spot: &Spot<'_>) -> Rule {
    match (spot.node.kind(), spot.parent, spot.field) {
        ("program" | "class_body" | "interface_body" | "annotation_type_body", _, _)
        | ("enum_body" | "enum_body_declarations", _, _) => Rule::Items,
        ("block" | "constructor_body", _, _) | (_, "lambda_expression", Some("body")) => Rule::Body,
        (_, "variable_declarator" | "annotation_type_element_declaration", Some("value"))
        | (_, "enum_constant", Some("arguments")) => Rule::Value,
        ("line_comment" | "block_comment", _, _) if !is_doc(spot.text) => Rule::Gone,
        _ => Rule::Keep,
    }
}

fn is_doc(comment: &str) -> bool {
    (comment.starts_with("/**") && comment != "/**/") || comment.starts_with("///")
}

pub(super) fn place(spot: &Spot<'_>) -> Place {
    match spot.node.kind() {
        "line_comment" | "block_comment" if is_doc(spot.text) => Place::Lead,
        "line_comment" | "block_comment" => Place::Aside,
        "package_declaration"
        | "import_declaration"
        | "module_declaration"
        | "class_declaration"
        | "interface_declaration"
        | "enum_declaration"
        | "record_declaration"
        | "annotation_type_declaration"
        | "field_declaration"
        | "constant_declaration"
        | "method_declaration"
        | "constructor_declaration"
        | "compact_constructor_declaration"
        | "annotation_type_element_declaration"
        | "enum_constant"
        | "enum_body_declarations" => Place::Item,
        _ => Place::Other,
    }
}

pub(super) fn worth(spot: &Spot<'_>) -> Worth {
    match spot.node.kind() {
        "lambda_expression" => Worth::Callable,
        _ => Worth::Plain,
    }
}
