//! JavaScript and TypeScript, with or without JSX. What is exported may be a function in an assignment, a constant or an
//! object; its signature stays.

use tree_sitter::Node;

use super::language::{Place, Rule, Spot, Worth};

pub(super) fn rule(spot: &Spot<'_>) -> Rule {
    match (spot.node.kind(), spot.parent, spot.field) {
        ("program" | "class_body", _, _) => Rule::Items,
        ("statement_block", "internal_module" | "module" | "ambient_declaration", _) => Rule::Items,
        ("statement_block", _, _) | (_, "arrow_function", Some("body")) => Rule::Body,
        (_, "variable_declarator" | "pair" | "enum_assignment" | "export_statement", Some("value"))
        | (_, "public_field_definition" | "field_definition", Some("value"))
        | (_, "required_parameter" | "optional_parameter", Some("value"))
        | (_, "assignment_pattern" | "object_assignment_pattern", Some("right"))
        | (_, "assignment_expression", Some("right")) => Rule::Value,
        ("comment", _, _) if !is_doc(spot.text) => Rule::Gone,
        _ => Rule::Keep,
    }
}

fn is_doc(comment: &str) -> bool {
    comment.starts_with("/**") && comment != "/**/"
}

pub(super) fn place(spot: &Spot<'_>) -> Place {
    match spot.node.kind() {
        "comment" if is_doc(spot.text) => Place::Lead,
        "comment" => Place::Aside,
        "decorator" => Place::Lead,
        "import_statement"
        | "import_alias"
        | "export_statement"
        | "function_declaration"
        | "generator_function_declaration"
        | "function_signature"
        | "class_declaration"
        | "abstract_class_declaration"
        | "lexical_declaration"
        | "variable_declaration"
        | "interface_declaration"
        | "type_alias_declaration"
        | "enum_declaration"
        | "ambient_declaration"
        | "internal_module"
        | "module"
        | "method_definition"
        | "method_signature"
        | "abstract_method_signature"
        | "field_definition"
        | "public_field_definition"
        | "index_signature" => Place::Item,
        "expression_statement" if spot.node.named_child(0).is_some_and(is_declaration) => Place::Item,
        _ => Place::Other,
    }
}

/// Whether an expression declares something: `"use client"`, `module.exports = …`, `A.prototype.b = …`, a namespace.
fn is_declaration(expression: Node<'_>) -> bool {
    let left = expression.child_by_field_name("left");
    match expression.kind() {
        "string" | "internal_module" => true,
        "assignment_expression" => left.is_some_and(|left| left.kind() == "member_expression"),
        _ => false,
    }
}

pub(super) fn worth(spot: &Spot<'_>) -> Worth {
    match spot.node.kind() {
        kind if is_callable(kind) => Worth::Callable,
        "object" if has(spot.node, is_offered) => Worth::Callable,
        "call_expression" if spot.node.child_by_field_name("arguments").is_some_and(takes_callable) => {
            Worth::Callable
        }
        "as_expression" | "satisfies_expression" | "parenthesized_expression" => Worth::Wrapper,
        _ => Worth::Plain,
    }
}

fn is_callable(kind: &str) -> bool {
    matches!(kind, "arrow_function" | "function_expression" | "generator_function" | "class")
}

fn has(node: Node<'_>, part: fn(Node<'_>) -> bool) -> bool {
    node.named_children(&mut node.walk()).any(part)
}

/// Whether a call wraps something to be called: `memo((props) => …)`, `create({ reducers() {} })`.
fn takes_callable(arguments: Node<'_>) -> bool {
    has(arguments, |one| is_callable(one.kind()) || (one.kind() == "object" && has(one, is_offered)))
}

/// Whether a part of an object is there to be called, or names something that is declared elsewhere.
fn is_offered(part: Node<'_>) -> bool {
    let value = part.child_by_field_name("value");
    match part.kind() {
        "method_definition" | "shorthand_property_identifier" => true,
        "pair" => value.is_some_and(|value| is_callable(value.kind())),
        _ => false,
    }
}
