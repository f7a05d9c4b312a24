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

/// What a table must look like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    /// Its columns, in any order.
    pub columns: Vec<Column>,
}

/// The whole conversion, as the command line sees it.
pub trait Convert {
    /// JSON from a CSV text, checked against a schema's text where one is given; else every problem that was found.
    fn convert(&self, csv: &str, schema: Option<&str>) -> Result<String, Vec<Problem>>;
}
