//! Go. Its doc comments look like all others, so that every comment outside of a body stays.

use super::language::{Place, Rule, Spot, Worth};

pub(super) fn rule(spot: &Spot<'_>) -> Rule {
    match (spot.node.kind(), spot.parent, spot.field) {
        ("source_file", _, _) => Rule::Items,
        ("block", _, _) => Rule::Body,
        (_, "const_spec" | "var_spec", Some("value")) => Rule::Value,
        _ => Rule::Keep,
    }
}

pub(super) fn place(spot: &Spot<'_>) -> Place {
    match spot.node.kind() {
        "comment"
        | "package_clause"
        | "import_declaration"
        | "const_declaration"
        | "var_declaration"
        | "type_declaration"
        | "function_declaration"
        | "method_declaration" => Place::Item,
        _ => Place::Other,
    }
}

pub(super) fn worth(spot: &Spot<'_>) -> Worth {
    match spot.node.kind() {
        "func_literal" => Worth::Callable,
        "expression_list" => Worth::Wrapper,
        _ => Worth::Plain,
    }
}
