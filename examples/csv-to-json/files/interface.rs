//! What the parts of csv2json agree on.

use std::fmt;

/// A CSV text, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The names of the columns, from the first record.
    pub header: Vec<String>,
    /// The other records, in order; each has as many fields as the header.
    pub rows: Vec<Row>,
}

/// One record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the text on which it begins, from 1.
    pub line: usize,
    /// Its fields, unquoted.
    pub fields: Vec<String>,
}

/// Something that is wrong with the data or with the schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The line on which it is, from 1; 0 where it concerns the whole text.
    pub line: usize,
    /// What is wrong, in a sentence.
    pub text: String,
}

impl Problem {
    /// A problem on a line.
    pub fn at(line: usize, text: impl Into<String>) -> Self {
        Self {
            line,
            text: text.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.text),
            line => write!(f, "line {line}: {}", self.text),
        }
    }
}

/// What a column may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Anything.
    Text,
    /// A whole number that fits in 64 bits.
    Integer,
    /// A number with or without decimals.
    Decimal,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "integer" => Some(Self::Integer),
            "decimal" => Some(Self::Decimal),
            "boolean" => Some(Self::Boolean),
            _ => None,
        }
    }
}

/// One column of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name in the header.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row must fill it.
    pub required: bool,
}

impl Column {
    fn read(text: &str) -> Result<Self, String> {
        let (name, kind) = text
            .split_once(':')
            .ok_or_else(|| format!("`{text}` is not of the form `name: kind`"))?;
        let kind = kind.trim();
        let (kind, required) = kind.strip_suffix('?').map_or((kind, true), |kind| (kind, false));
        let kind =
            Kind::named(kind).ok_or_else(|| format!("`{kind}` is not text, integer, decimal or boolean"))?;
        Ok(Self {
            name: name.trim().to_owned(),
            kind,
            required,
        })
    }
}

/// What a table must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its columns, in any order.
    pub columns: Vec<Column>,
}

impl Schema {
    /// A schema from its text: one `name: kind` per line, a `?` after the kind where rows may leave it empty.
    pub fn read(text: &str) -> Result<Self, Problem> {
        let mut columns: Vec<Column> = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let column = Column::read(text).map_err(|why| Problem::at(line, format!("schema: {why}")))?;
            if columns.iter().any(|other| other.name == column.name) {
                return Err(Problem::at(
                    line,
                    format!("schema: column {} is there twice", column.name),
                ));
            }
            columns.push(column);
        }
        if columns.is_empty() {
            return Err(Problem::at(0, "schema: it has no column"));
        }
        Ok(Self { columns })
    }
}

/// The whole conversion, as the command line sees it.
pub trait Convert {
    /// JSON from a CSV text, checked against a schema's text where one is given; else every problem that was found.
    fn convert(&self, csv: &str, schema: Option<&str>) -> Result<String, Vec<Problem>>;
}
