//! From a CSV text to a JSON text: parse, check, write.

use crate::interface::{Convert, Kind, Problem, Schema, Table};
use crate::json::Value;
use crate::{parser, validator};

/// The converter.
pub struct CsvToJson;

impl Convert for CsvToJson {
    fn convert(&self, csv: &str, schema: Option<&str>) -> Result<String, Vec<Problem>> {
        let schema = schema
            .map(Schema::read)
            .transpose()
            .map_err(|problem| vec![problem])?;
        let table = parser::parse(csv).map_err(|problem| vec![problem])?;
        let problems = schema
            .as_ref()
            .map_or_else(Vec::new, |schema| validator::check(&table, schema));
        if problems.is_empty() {
            Ok(json(&table, schema.as_ref()).to_string())
        } else {
            Err(problems)
        }
    }
}

fn json(table: &Table, schema: Option<&Schema>) -> Value {
    let kinds: Vec<Option<Kind>> = table.header.iter().map(|name| kind_of(schema, name)).collect();
    let object = |fields: &[String]| {
        let members = table.header.iter().zip(fields).zip(&kinds);
        Value::Object(
            members
                .map(|((name, field), kind)| (name.clone(), value(field, *kind)))
                .collect(),
        )
    };
    Value::List(table.rows.iter().map(|row| object(&row.fields)).collect())
}

fn kind_of(schema: Option<&Schema>, name: &str) -> Option<Kind> {
    let columns = schema.map_or(&[][..], |schema| &schema.columns);
    columns
        .iter()
        .find(|column| column.name == name)
        .map(|column| column.kind)
}

/// A field's value; the validator has seen to it that it is of its kind.
fn value(field: &str, kind: Option<Kind>) -> Value {
    match kind {
        None => Value::Text(field.to_owned()),
        Some(_) if field.is_empty() => Value::Null,
        Some(Kind::Text) => Value::Text(field.to_owned()),
        Some(Kind::Integer | Kind::Decimal) => Value::Number(field.to_owned()),
        Some(Kind::Boolean) => Value::Bool(field == "true"),
    }
}
