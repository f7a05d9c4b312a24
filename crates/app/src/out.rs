//! Where words go: data to stdout, talk to stderr. A reader that went away ends us quietly.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Data, with a line end.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(clean(text.trim_end_matches('\n')).as_bytes())?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
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
}
