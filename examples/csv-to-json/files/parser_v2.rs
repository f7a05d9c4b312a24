//! Takes a CSV text apart, character by character: commas and line ends inside quotes belong to the field.

use std::iter::Peekable;
use std::str::Chars;

use crate::interface::{Problem, Row, Table};

/// The table in a CSV text (RFC 4180), or the first thing that is wrong with it.
pub fn parse(text: &str) -> Result<Table, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        chars: text.chars().peekable(),
        line: 1,
    };
    let header = reader
        .record()?
        .ok_or_else(|| Problem::at(0, "the text is empty"))?
        .fields;
    let mut rows = Vec::new();
    while let Some(row) = reader.record()? {
        if row.fields.len() != header.len() {
            let text = format!(
                "{} fields where the header has {}",
                row.fields.len(),
                header.len()
            );
            return Err(Problem::at(row.line, text));
        }
        rows.push(row);
    }
    Ok(Table { header, rows })
}

struct Reader<'a> {
    chars: Peekable<Chars<'a>>,
    /// The line of the next character, from 1.
    line: usize,
}

impl Reader<'_> {
    /// The next record that is not an empty line.
    fn record(&mut self) -> Result<Option<Row>, Problem> {
        while self.line_end() {}
        if self.chars.peek().is_none() {
            return Ok(None);
        }
        let line = self.line;
        let mut fields = vec![self.field()?];
        while self.next_if(',') {
            fields.push(self.field()?);
        }
        self.line_end();
        Ok(Some(Row { line, fields }))
    }

    fn field(&mut self) -> Result<String, Problem> {
        if self.next_if('"') {
            return self.quoted();
        }
        let mut field = String::new();
        while let Some(c) = self.chars.next_if(|c| !matches!(c, ',' | '\n' | '\r')) {
            field.push(c);
        }
        Ok(field)
    }

    /// The rest of a quoted field; two quotes are one.
    fn quoted(&mut self) -> Result<String, Problem> {
        let began = self.line;
        let mut field = String::new();
        loop {
            match self.chars.next() {
                None => return Err(Problem::at(began, "a quoted field never ends")),
                Some('"') if self.next_if('"') => field.push('"'),
                Some('"') => break,
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    field.push(c);
                }
            }
        }
        match self.chars.peek() {
            None | Some(',' | '\n' | '\r') => Ok(field),
            Some(c) => Err(Problem::at(self.line, format!("`{c}` after a quoted field"))),
        }
    }

    fn line_end(&mut self) -> bool {
        let found = self.next_if('\r') | self.next_if('\n');
        self.line += usize::from(found);
        found
    }

    fn next_if(&mut self, c: char) -> bool {
        self.chars.next_if_eq(&c).is_some()
    }
}
