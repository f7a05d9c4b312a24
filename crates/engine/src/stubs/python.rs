//! Python. A body may begin with a docstring, which stays. Imports and declarations under `if` and `try` stay with them.

use tree_sitter::Node;

use super::language::{Place, Rule, Spot, Worth};

/// How deep `if` in `if` is looked into for declarations.
const NESTED: usize = 4;

pub(super) fn rule(spot: &Spot<'_>) -> Rule {
    match (spot.node.kind(), spot.parent, spot.field) {
        ("block", "function_definition", _) => Rule::Documented,
        ("module" | "block", _, _) => Rule::Items,
        (_, "lambda", Some("body")) => Rule::Body,
        (_, "assignment" | "augmented_assignment", Some("right"))
        | (_, "default_parameter" | "typed_default_parameter", Some("value"))
        | (_, "if_statement" | "elif_clause", Some("condition")) => Rule::Value,
        ("comment", _, _) => Rule::Gone,
        _ => Rule::Keep,
    }
}

pub(super) fn place(spot: &Spot<'_>) -> Place {
    match spot.node.kind() {
        "comment" => Place::Aside,
        "expression_statement" if spot.at == 0 && is_docstring(spot) => Place::Item,
        _ if is_item(spot.node, 0) => Place::Item,
        _ => Place::Other,
    }
}

/// Whether a statement is nothing but a text, which is computed from nothing.
pub(super) fn is_docstring(statement: &Spot<'_>) -> bool {
    let only = statement.node.named_child(0).filter(|_| statement.node.named_child_count() == 1);
    only.is_some_and(|only| only.kind() == "string")
        && statement.text.starts_with(['"', '\'', 'r', 'R', 'u', 'U'])
}

fn is_item(node: Node<'_>, depth: usize) -> bool {
    match node.kind() {
        "import_statement"
        | "import_from_statement"
        | "future_import_statement"
        | "class_definition"
        | "function_definition"
        | "decorated_definition"
        | "type_alias_statement" => true,
        "expression_statement" => node.named_child(0).is_some_and(is_declared),
        "if_statement" | "try_statement" => depth < NESTED && holds_items(node, depth),
        _ => false,
    }
}

/// Whether an assignment gives something a name: `x = 1`, `x: int`, `a, b = …`, `__all__ += […]`.
fn is_declared(assignment: Node<'_>) -> bool {
    let left = assignment.child_by_field_name("left");
    let names = ["identifier", "pattern_list", "tuple_pattern"];
    matches!(assignment.kind(), "assignment" | "augmented_assignment")
        && left.is_some_and(|left| names.contains(&left.kind()))
}

/// Whether a block of an `if` or a `try`, or of one of their clauses, declares anything.
fn holds_items(statement: Node<'_>, depth: usize) -> bool {
    let named = |node: Node<'_>, is_wanted: &dyn Fn(Node<'_>) -> bool| {
        node.named_children(&mut node.walk()).any(is_wanted)
    };
    let declares =
        |block: Node<'_>| block.kind() == "block" && named(block, &|child| is_item(child, depth + 1));
    named(statement, &|part| declares(part) || named(part, &declares))
}

pub(super) fn worth(spot: &Spot<'_>) -> Worth {
    match spot.node.kind() {
        "lambda" => Worth::Callable,
        _ => Worth::Plain,
    }
}
