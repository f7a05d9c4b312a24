//! When the parser is done. The tests of plain rows and those of quoted fields can be run apart, by their first word.

#![allow(dead_code)]

#[path = "../src/interface.rs"]
mod interface;
#[path = "../src/parser.rs"]
mod parser;

use interface::Table;

#[track_caller]
fn table(text: &str) -> Table {
    parser::parse(text).unwrap_or_else(|problem| panic!("{text:?} is refused: {problem}"))
}

#[track_caller]
fn rows(text: &str) -> Vec<(usize, Vec<String>)> {
    table(text)
        .rows
        .into_iter()
        .map(|row| (row.line, row.fields))
        .collect()
}

fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
    (line, fields.iter().map(ToString::to_string).collect())
}

#[test]
fn plain_header_and_rows() {
    assert_eq!(table("name,age\nAda,36\n").header, ["name", "age"]);
    assert_eq!(
        rows("name,age\nAda,36\nGrace,85"),
        [row(2, &["Ada", "36"]), row(3, &["Grace", "85"])]
    );
}

#[test]
fn plain_line_ends_and_byte_order_mark() {
    let windows = "\u{feff}name,age\r\nAda,36\r\n";
    assert_eq!(table(windows), table("name,age\nAda,36\n"));
}

#[test]
fn plain_empty_fields_stay_and_empty_lines_go() {
    assert_eq!(rows("a,b\n,\n\n1,\n"), [row(2, &["", ""]), row(4, &["1", ""])]);
}

#[test]
fn plain_rows_as_long_as_the_header() {
    let problem = parser::parse("a,b\n1,2\n1,2,3\n").unwrap_err();
    assert_eq!(problem.line, 3, "{problem}");
    assert_eq!(parser::parse("").unwrap_err().line, 0);
}

#[test]
fn quoted_commas_belong_to_the_field() {
    assert_eq!(
        rows("name,city\n\"Lovelace, Ada\",London\n"),
        [row(2, &["Lovelace, Ada", "London"])]
    );
}

#[test]
fn quoted_line_ends_belong_to_the_field_and_count_as_lines() {
    let text = "name,note\nAda,\"first\nsecond\"\nGrace,x\n";
    assert_eq!(
        rows(text),
        [row(2, &["Ada", "first\nsecond"]), row(4, &["Grace", "x"])]
    );
}

#[test]
fn quoted_quotes_are_doubled() {
    assert_eq!(
        rows("a,b\n\"say \"\"hi\"\"\",\"\"\n"),
        [row(2, &["say \"hi\"", ""])]
    );
}

#[test]
fn quoted_fields_must_end() {
    let problem = parser::parse("a\nx\n\"never closed\n").unwrap_err();
    assert_eq!(problem.line, 3, "{problem}");
}
