//! When the architecture is done: a schema can be read.

#![allow(dead_code)]

#[path = "../src/interface.rs"]
mod interface;

use interface::{Column, Kind, Problem, Schema};

fn column(name: &str, kind: Kind, required: bool) -> Column {
    Column {
        name: name.to_owned(),
        kind,
        required,
    }
}

#[test]
fn a_schema_has_a_column_per_line() {
    let text = "# people\nname: text\nage: integer\n\nheight: decimal?\nmember: boolean?\n";
    let columns = vec![
        column("name", Kind::Text, true),
        column("age", Kind::Integer, true),
        column("height", Kind::Decimal, false),
        column("member", Kind::Boolean, false),
    ];
    assert_eq!(Schema::read(text), Ok(Schema { columns }));
}

#[test]
fn a_wrong_schema_is_a_problem_with_its_line() {
    for (text, line) in [
        ("name text", 1),
        ("name: text\nage: number\n", 2),
        ("a: text\n\na: text\n", 3),
        ("", 0),
    ] {
        let problem: Problem = Schema::read(text).unwrap_err();
        assert_eq!(problem.line, line, "{text:?}: {problem}");
    }
}
