//! Where words go: data to stdout, talk to stderr. A reader that went away ends us quietly.

use std::io::{IsTerminal, Write};

use ratatui::text::Span;
use serde::Serialize;

use crate::failure::Failure;

/// Data, with a line end.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(clean(text.trim_end_matches('\n')).as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Bytes as they are; where a terminal reads them, as text that does not steer it.
pub(crate) fn exact(bytes: &[u8]) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() {
        return data(&String::from_utf8_lossy(bytes));
    }
    let mut out = std::io::stdout().lock();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Data that people read: a terminal gets it folded between words.
pub(crate) fn prose(text: &str) -> Result<(), Failure> {
    match width() {
        Some(columns) => data(&folded(text, columns)),
        None => data(text),
    }
}

/// One JSON value on lines of its own.
pub(crate) fn json(value: &impl Serialize) -> Result<(), Failure> {
    data(&escaped(&serde_json::to_string_pretty(value)?))
}

/// One JSON value on one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    data(&escaped(&serde_json::to_string(value)?))
}

/// Talk; where nobody can hear it, that is no reason to stop.
pub(crate) fn say(text: &str) {
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{}", clean(text.trim_end_matches('\n')));
}

/// Talk that is long, and of which nothing is to be typed again: a terminal gets it folded between words.
pub(crate) fn tell(text: &str) {
    if std::io::stderr().is_terminal() { say(&folded(text, columns())) } else { say(text) }
}

/// Fewer columns than this are not folded for.
const FEWEST: usize = 20;

/// How wide stdout is, where it is a terminal.
pub(crate) fn width() -> Option<usize> {
    std::io::stdout().is_terminal().then(columns)
}

fn columns() -> usize {
    ratatui::crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns))
}

/// Every line folded between words to that many columns. A word that is longer than a line stays whole, so that it can be
/// copied.
fn folded(text: &str, columns: usize) -> String {
    if columns < FEWEST {
        return text.to_owned();
    }
    text.lines().map(|line| fold(line, columns)).collect::<Vec<_>>().join("\n")
}

fn fold(line: &str, columns: usize) -> String {
    let indent = hang(line, columns);
    let (mut folded, mut column) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        let width = Span::raw(word.trim_end()).width();
        if column > indent && width > 0 && column + width > columns {
            folded.truncate(folded.trim_end().len());
            folded.push('\n');
            folded.push_str(&" ".repeat(indent));
            column = indent;
        }
        folded.push_str(word);
        column += Span::raw(word).width();
    }
    folded
}

/// Where the rest of a folded line begins: under its first word, past the sign of a list; in a row of a table, under the
/// last cell that there is enough room for.
fn hang(line: &str, columns: usize) -> usize {
    let first = line.len() - line.trim_start_matches([' ', '-']).len();
    let begins_cell = |at: &usize| match (line.get(..*at), line.get(*at..)) {
        (Some(before), Some(rest)) => before.ends_with("  ") && !rest.starts_with(' '),
        _ => false,
    };
    let mut cells = (first + 1..line.len()).filter(begins_cell);
    let room = columns.saturating_sub(ROOM);
    cells.rfind(|at| *at <= room).unwrap_or(first).min(columns / 2 + ROOM)
}

/// The least columns that a cell is folded to.
const ROOM: usize = 18;

/// Texts of models and of commands may hold anything; what would steer a terminal is shown as a sign instead.
fn clean(text: &str) -> String {
    let steers = |letter: char| steers(letter) && letter != '\n' && letter != '\t';
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// Whether a letter does more than stand there: controls, and marks that turn the direction of what follows, by which a
/// text looks like another one.
pub(crate) fn steers(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON keeps its data: serde escapes what is below U+0020, and this the other letters that would steer a terminal. They
/// stand within strings only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\u{7f}'..='\u{9f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                out.push_str(&format!("\\u{:04x}", u32::from(letter)))
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_is_printed_steers_a_terminal() {
        assert_eq!(
            super::clean("a\u{1b}[2Jb\r\u{9b}1mc\td\ne\u{202e}f"),
            "a\u{fffd}[2Jb\u{fffd}\u{fffd}1mc\td\ne\u{fffd}f"
        );
    }

    #[test]
    fn json_keeps_every_letter_and_steers_no_terminal_either() {
        let text = "a\u{7f}b\u{85}c\u{9b}1m\u{9f}\u{a0}\u{1b}\u{2066}\n";
        let json = super::escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(super::clean(&json), json);
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

    #[test]
    fn lines_are_folded_between_words_under_their_beginning() {
        let folded = |text| super::folded(text, 20);
        assert_eq!(folded("Goal: a goal that is long"), "Goal: a goal that is\nlong");
        assert_eq!(folded("  - one two three four five"), "  - one two three\n    four five");
        assert_eq!(folded("    done when it is done"), "    done when it is\n    done");
        assert_eq!(folded("a\n\n  b"), "a\n\n  b");
        assert_eq!(folded("see /a/path/that/is/longer/than/that"), "see\n/a/path/that/is/longer/than/that");
        let row = super::folded("  pass  tests  All tests pass on the merged tree.", 36);
        assert_eq!(row, "  pass  tests  All tests pass on the\n               merged tree.");
        assert_eq!(super::folded("one two three four", 3), "one two three four");
    }
}
