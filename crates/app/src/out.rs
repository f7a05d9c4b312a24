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

/// Data that people read: a terminal gets it folded between words.
pub(crate) fn prose(text: &str) -> Result<(), Failure> {
    if std::io::stdout().is_terminal() { data(&folded(text, columns())) } else { data(text) }
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
    let text = clean(text.trim_end_matches('\n'));
    let text = if std::io::stderr().is_terminal() { folded(&text, columns()) } else { text };
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

/// Fewer columns than this are not folded for.
const FEWEST: usize = 20;

fn columns() -> usize {
    ratatui::crossterm::terminal::size().map_or(80, |(columns, _)| usize::from(columns))
}

/// Every line folded between words to that many columns; what is folded stands under the first word of its line, past
/// the sign of a list. A word that is longer than a line stays whole, so that it can be copied.
fn folded(text: &str, columns: usize) -> String {
    if columns < FEWEST {
        return text.to_owned();
    }
    text.lines().map(|line| fold(line, columns)).collect::<Vec<_>>().join("\n")
}

fn fold(line: &str, columns: usize) -> String {
    let start = line.trim_start_matches([' ', '-']);
    let indent = (line.len() - start.len() + if line.starts_with(' ') { 0 } else { 2 }).min(columns / 2);
    let (mut folded, mut column) = (String::new(), 0);
    for word in line.split_inclusive(' ') {
        let width = Span::raw(word.trim_end()).width();
        if column > indent && column + width > columns {
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

/// Texts of models and of commands may hold anything; what would steer a terminal is shown as a sign instead.
fn clean(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    text.chars().map(|letter| if steers(letter) { '\u{fffd}' } else { letter }).collect()
}

/// JSON keeps its data: serde escapes what is below U+0020, and this the other letters that would steer a terminal. They
/// stand within strings only.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for letter in json.chars() {
        match letter {
            '\u{7f}'..='\u{9f}' => out.push_str(&format!("\\u{:04x}", u32::from(letter))),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_is_printed_steers_a_terminal() {
        assert_eq!(super::clean("a\u{1b}[2Jb\r\u{9b}1mc\td\ne"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}1mc\td\ne");
    }

    #[test]
    fn json_keeps_every_letter_and_steers_no_terminal_either() {
        let text = "a\u{7f}b\u{85}c\u{9b}1m\u{9f}\u{a0}\u{1b}\n";
        let json = super::escaped(&serde_json::to_string_pretty(&[text]).unwrap());
        assert_eq!(super::clean(&json), json);
        assert_eq!(serde_json::from_str::<[String; 1]>(&json).unwrap(), [text]);
    }

    #[test]
    fn lines_are_folded_between_words_under_their_beginning() {
        let folded = |text| super::folded(text, 20);
        assert_eq!(folded("Goal: a goal that is long"), "Goal: a goal that is\n  long");
        assert_eq!(folded("  - one two three four five"), "  - one two three\n    four five");
        assert_eq!(folded("    done when it is done"), "    done when it is\n    done");
        assert_eq!(folded("a\n\n  b"), "a\n\n  b");
        assert_eq!(folded("see /a/path/that/is/longer/than/that"), "see\n  /a/path/that/is/longer/than/that");
        assert_eq!(super::folded("one two three four", 3), "one two three four");
    }
}
