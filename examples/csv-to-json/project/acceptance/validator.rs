//! When the validator is done.

#![allow(dead_code)]

#[path = "../src/interface.rs"]
mod interface;
#[path = "../src/validator.rs"]
mod validator;

use interface::{Column, Kind, Row, Schema, Table};

const COLUMNS: [(&str, Kind, bool); 4] = [
    ("name", Kind::Text, true),
    ("age", Kind::Integer, true),
    ("height", Kind::Decimal, false),
    ("member", Kind::Boolean, false),
];

fn schema() -> Schema {
    let column = |(name, kind, required): (&str, _, _)| Column {
        name: name.to_owned(),
        kind,
        required,
    };
    Schema {
        columns: COLUMNS.into_iter().map(column).collect(),
    }
}

/// The lines of the problems that a table has; its rows begin on line 2.
fn lines(header: &str, rows: &[&str]) -> Vec<usize> {
    let fields = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    let rows = rows
        .iter()
        .zip(2..)
        .map(|(text, line)| Row {
            line,
            fields: fields(text),
        })
        .collect();
    let problems = validator::check(
        &Table {
            header: fields(header),
            rows,
        },
        &schema(),
    );
    problems.iter().map(|problem| problem.line).collect()
}

#[test]
fn a_good_table_has_no_problem_in_any_order_of_columns() {
    assert_eq!(
        lines("name,age,height,member", &["Ada,36,1.65,true", "Grace,-85,,"]),
        [0; 0]
    );
    assert_eq!(lines("age,name", &["36,Ada"]), [0; 0]);
}

#[test]
fn every_wrong_field_is_a_problem_on_its_line() {
    let rows = [
        "Ada,36,1.65,true",
        "Ada,x,1.65,true",
        ",36,tall,yes",
        "Ada,1.5,inf,TRUE",
    ];
    assert_eq!(lines("name,age,height,member", &rows), [3, 4, 4, 4, 5, 5, 5]);
}

#[test]
fn missing_unknown_and_repeated_columns_are_problems_of_the_header() {
    assert_eq!(lines("name", &["Ada"]), [1]);
    assert_eq!(lines("name,age,shoe", &["Ada,36,41"]), [1]);
    assert_eq!(lines("name,age,age", &["Ada,36,36"]), [1]);
}
