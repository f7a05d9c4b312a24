//! One source of truth for columns and their order: what the view shows is what `columns` says.

use reports::columns::{COLUMNS, Column};
use reports::filter_params::FilterParams;
use reports::store::{Row, Store};
use reports::{html, report_view};

fn cells(line: &str, tag: &str) -> Vec<String> {
    let line = line.replace(&format!("</{tag}>"), "");
    line.replace("<tr>", "")
        .replace("</tr>", "")
        .split(&format!("<{tag}>"))
        .skip(1)
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_view_shows_the_columns_in_their_order() {
    let rows: Vec<Row> = Store::synthetic(7).page(&FilterParams::default(), None, 10);
    let table = report_view::render(&rows);
    let titles: Vec<&str> = COLUMNS.iter().map(|column| column.title).collect();
    assert_eq!(cells(table.lines().nth(1).unwrap(), "th"), titles);
    for (row, line) in rows.iter().zip(table.lines().skip(2)) {
        let fields: Vec<String> = COLUMNS
            .iter()
            .map(|column| html::escape(&(column.cell)(row)))
            .collect();
        assert_eq!(cells(line, "td"), fields);
    }
}

#[test]
fn every_column_has_a_key_of_its_own() {
    let keys: Vec<&str> = COLUMNS.iter().map(|column: &Column| column.key).collect();
    assert_eq!(keys, ["id", "day", "customer", "status", "amount", "note"]);
}

#[test]
fn the_view_names_no_column_itself() {
    let source = include_str!("../src/report_view.rs");
    for column in &COLUMNS {
        assert!(
            !source.contains(column.title),
            "src/report_view.rs still names {}",
            column.title
        );
    }
}
