//! Holds a table against a schema.

use crate::interface::{Column, Kind, Problem, Schema, Table};

/// Everything in the table that the schema forbids, in the order of the lines.
pub fn check(table: &Table, schema: &Schema) -> Vec<Problem> {
    let mut problems = header(table, schema);
    if !problems.is_empty() {
        return problems;
    }
    let columns: Vec<Option<&Column>> = table.header.iter().map(|name| find(schema, name)).collect();
    for row in &table.rows {
        let fields = columns.iter().zip(&row.fields);
        let wrong = fields.filter_map(|(column, field)| wrong((*column)?, field));
        problems.extend(wrong.map(|text| Problem::at(row.line, text)));
    }
    problems
}

fn header(table: &Table, schema: &Schema) -> Vec<Problem> {
    let missing = schema
        .columns
        .iter()
        .filter(|column| column.required && !table.header.contains(&column.name));
    let missing = missing.map(|column| format!("column {} is missing", column.name));
    let unknown = table.header.iter().filter(|name| find(schema, name).is_none());
    let unknown = unknown.map(|name| format!("column {name} is not in the schema"));
    let again = table
        .header
        .iter()
        .enumerate()
        .filter(|(at, name)| table.header[..*at].contains(name));
    let again = again.map(|(_, name)| format!("column {name} is there twice"));
    missing
        .chain(unknown)
        .chain(again)
        .map(|text| Problem::at(1, text))
        .collect()
}

fn find<'a>(schema: &'a Schema, name: &str) -> Option<&'a Column> {
    schema.columns.iter().find(|column| column.name == name)
}

/// What is wrong with a field, if anything is.
fn wrong(column: &Column, field: &str) -> Option<String> {
    let name = &column.name;
    if field.is_empty() {
        return column.required.then(|| format!("{name} is empty"));
    }
    let expected = match column.kind {
        Kind::Text => return None,
        Kind::Integer if is_integer(field) => return None,
        Kind::Decimal if is_decimal(field) => return None,
        Kind::Boolean if matches!(field, "true" | "false") => return None,
        Kind::Integer => "a whole number",
        Kind::Decimal => "a number",
        Kind::Boolean => "true or false",
    };
    Some(format!("{name} is `{field}`, not {expected}"))
}

fn is_integer(field: &str) -> bool {
    is_decimal(field) && field.parse::<i64>().is_ok()
}

/// Whether JSON can hold the field as a number, just as it is written: no plus sign, no leading zero, no `inf`.
fn is_decimal(field: &str) -> bool {
    let digits = field.strip_prefix('-').unwrap_or(field);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all_digits(whole) && all_digits(part) && (whole == "0" || !whole.starts_with('0'))
}
