//! Takes a CSV text apart.

use crate::interface::{Problem, Row, Table};

/// The table in a CSV text (RFC 4180), or the first thing that is wrong with it.
pub fn parse(text: &str) -> Result<Table, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut rows = (1..)
        .zip(text.lines())
        .filter(|(_, line)| !line.is_empty())
        .map(|(line, text)| row(line, text));
    let header = rows
        .next()
        .ok_or_else(|| Problem::at(0, "the text is empty"))?
        .fields;
    let rows: Vec<Row> = rows.collect();
    match rows.iter().find(|row| row.fields.len() != header.len()) {
        Some(row) => {
            let text = format!(
                "{} fields where the header has {}",
                row.fields.len(),
                header.len()
            );
            Err(Problem::at(row.line, text))
        }
        None => Ok(Table { header, rows }),
    }
}

fn row(line: usize, text: &str) -> Row {
    let fields = text
        .split(',')
        .map(|field| field.trim_matches('"').to_owned())
        .collect();
    Row { line, fields }
}
