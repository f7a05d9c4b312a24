//! The front matter of a Markdown file: `key: value` lines between two lines of three dashes.
//!
//! It reads what people and other tools write at the head of such files, and no more of YAML than that: texts, quoted or
//! not, on one line or folded over several; lists in brackets, by commas, or one item to a line.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text.
    Text(String),
    /// A list that is written as one.
    List(Vec<String>),
}

/// The head of a file, and what comes after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrontMatter<'a> {
    /// Keys with their values, in order.
    pub fields: Vec<(String, Value)>,
    /// The rest of the file.
    pub body: &'a str,
}

/// What is wrong with the head of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoFrontMatter {
    /// There is none.
    #[error(
        "it has no front matter: begin it with a line `---`, then `name: …` and `description: …`, then `---`"
    )]
    Missing,
    /// A line that says nothing.
    #[error("line {0} of its front matter is no `key: value`")]
    Line(usize),
    /// A key that comes twice.
    #[error("its front matter has {0:?} twice")]
    Twice(String),
}

impl Value {
    /// The value as one text.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::List(items) => items.join(", "),
        }
    }

    /// The value as a list: a text is one by its commas.
    #[must_use]
    pub fn items(&self) -> Vec<String> {
        match self {
            Self::Text(text) => by_commas(text),
            Self::List(items) => items.clone(),
        }
    }
}

/// What follows the front matter; the whole text where it has none.
#[must_use]
pub fn body(text: &str) -> &str {
    split(text).map_or(text, |(_, body)| body.trim_start_matches(['\r', '\n']))
}

/// Reads the head of a file.
///
/// # Errors
/// Where there is none, or a line of it can't be read.
pub fn read(text: &str) -> Result<FrontMatter<'_>, NoFrontMatter> {
    let (head, body) = split(text).ok_or(NoFrontMatter::Missing)?;
    let mut fields: Vec<(String, Value)> = Vec::new();
    let mut lines = (2..).zip(head.lines()).peekable();
    while let Some((number, line)) = lines.next() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once(':').ok_or(NoFrontMatter::Line(number))?;
        let key = key.trim_end();
        if key.is_empty() || key.contains(char::is_whitespace) {
            return Err(NoFrontMatter::Line(number));
        }
        if fields.iter().any(|(known, _)| known == key) {
            return Err(NoFrontMatter::Twice(key.to_owned()));
        }
        let mut below = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, line)| is_below(line)) {
            below.push(line.trim());
        }
        fields.push((key.to_owned(), value_of(value.trim(), &below)));
    }
    Ok(FrontMatter { fields, body: body.trim_start_matches(['\r', '\n']) })
}

/// The head and the rest.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start_matches('\u{feff}');
    let inner = text.strip_prefix("---\n").or_else(|| text.strip_prefix("---\r\n"))?;
    let mut start = 0;
    for line in inner.split_inclusive('\n') {
        if line.trim_end() == "---" {
            return Some((inner.get(..start)?, inner.get(start + line.len()..)?));
        }
        start += line.len();
    }
    None
}

/// Whether a line belongs to the key above it. Items of a list may stand at the margin.
fn is_below(line: &str) -> bool {
    line.starts_with([' ', '\t']) || line.starts_with("- ")
}

fn value_of(value: &str, below: &[&str]) -> Value {
    let below: Vec<&str> = below.iter().copied().filter(|line| !line.is_empty()).collect();
    match value {
        "" if below.first().is_some_and(|line| line.starts_with("- ")) => {
            Value::List(below.iter().map(|line| unquoted(line.trim_start_matches("- "))).collect())
        }
        "|" | "|-" | "|+" => Value::Text(below.join("\n")),
        ">" | ">-" | ">+" => Value::Text(below.join(" ")),
        _ => match value.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')) {
            Some(inner) => Value::List(by_commas(inner)),
            None => {
                let lines: Vec<&str> = [value].into_iter().chain(below).collect();
                Value::Text(unquoted(lines.join(" ").trim()))
            }
        },
    }
}

fn by_commas(text: &str) -> Vec<String> {
    text.split(',').map(unquoted).filter(|item| !item.is_empty()).collect()
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inner = |mark: char| text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark));
    inner('"').or_else(|| inner('\'')).unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_and_other_tools_write_is_read() {
        let text = "\u{feff}---\r\nname: tester\r\n# a remark\ndescription: \"Use it: always\"\ntools: Read, Grep\n\
                    list: [a, 'b']\nlines:\n  - one\n- two\nlong: >\n  first\n  second\nplain: one\n  more\n---\r\n\nBody: x\n---\n";
        let FrontMatter { fields, body } = read(text).unwrap();
        let texts: Vec<_> = fields.iter().map(|(key, value)| format!("{key}={}", value.text())).collect();
        assert_eq!(
            texts,
            [
                "name=tester",
                "description=Use it: always",
                "tools=Read, Grep",
                "list=a, b",
                "lines=one, two",
                "long=first second",
                "plain=one more"
            ]
        );
        assert_eq!(fields[2].1.items(), ["Read", "Grep"]);
        assert_eq!(body, "Body: x\n---\n");
    }

    #[test]
    fn what_is_none_is_named() {
        assert_eq!(read("# Title\n"), Err(NoFrontMatter::Missing));
        assert_eq!(read("---\nname: x\n"), Err(NoFrontMatter::Missing));
        assert_eq!(read("---\nname: x\nwords\n---\n"), Err(NoFrontMatter::Line(3)));
        assert_eq!(read("---\nname: x\nname: y\n---\n"), Err(NoFrontMatter::Twice("name".to_owned())));
        assert_eq!((body("---\na: b\n---\n\ntext"), body("text")), ("text", "text"));
    }
}
