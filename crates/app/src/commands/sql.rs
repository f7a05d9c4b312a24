//! `sql`: questions about runs, in SQL.

use std::collections::BTreeSet;
use std::process::ExitCode;

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use trireme_core::report::table;
use trireme_engine::Engine;
use trireme_engine::sql::{Cell, Rows};

use crate::cli::{SqlArgs, SqlForm};
use crate::csv::field;
use crate::failure::Failure;
use crate::out;

/// Asks, and prints the answer.
pub(crate) async fn sql(engine: &Engine, args: &SqlArgs) -> Result<ExitCode, Failure> {
    let run = args.run.as_deref().map(|name| engine.find(name)).transpose()?;
    let answer = engine.ask(run.as_ref(), &args.query).await?;
    for left_out in &answer.left_out {
        out::say(&format!("left out: {left_out}"));
    }
    match args.form {
        SqlForm { json: true, .. } => print_json(&answer)?,
        SqlForm { csv: true, .. } => out::data(&csv(&answer))?,
        SqlForm { .. } => out::data(&aligned(&answer))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// One row as an object.
struct Record<'a>(&'a [String], &'a [Cell]);

impl Serialize for Record<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, cell) in self.0.iter().zip(self.1) {
            match cell {
                Cell::Null => map.serialize_entry(name, &())?,
                Cell::Integer(number) => map.serialize_entry(name, number)?,
                Cell::Real(number) => map.serialize_entry(name, number)?,
                Cell::Text(text) | Cell::Bytes(text) => map.serialize_entry(name, text)?,
            }
        }
        map.end()
    }
}

fn print_json(answer: &Rows) -> Result<(), Failure> {
    let mut names = BTreeSet::new();
    if let Some(twice) = answer.columns.iter().find(|name| !names.insert(*name)) {
        return Err(Failure::usage(format!(
            "two columns are called {twice:?}, which no JSON object can hold"
        ))
        .hint(format!("give one another name: SELECT … {twice} AS other_name")));
    }
    let records: Vec<_> = answer.rows.iter().map(|row| Record(&answer.columns, row)).collect();
    out::json(&records)
}

fn csv(answer: &Rows) -> String {
    let head = answer.columns.iter().map(|name| field(name)).collect::<Vec<_>>().join(",");
    let cell = |cell: &Cell| match cell {
        Cell::Text(text) => field(text),
        Cell::Null | Cell::Integer(_) | Cell::Real(_) | Cell::Bytes(_) => plain(cell),
    };
    let row = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>().join(",");
    [head].into_iter().chain(answer.rows.iter().map(row)).collect::<Vec<_>>().join("\n")
}

fn aligned(answer: &Rows) -> String {
    let head: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
    table(&head, &answer.rows.iter().map(|row| row.iter().map(plain).collect()).collect::<Vec<_>>())
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => number.to_string(),
        Cell::Text(text) | Cell::Bytes(text) => text.clone(),
    }
}
