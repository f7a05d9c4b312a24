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
    data(&serde_json::to_string_pretty(value)?)
}

/// One JSON value on one line.
pub(crate) fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    data(&serde_json::to_string(value)?)
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

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_that_is_printed_steers_a_terminal() {
        assert_eq!(super::clean("a\u{1b}[2Jb\r\u{9b}1mc\td\ne"), "a\u{fffd}[2Jb\u{fffd}\u{fffd}1mc\td\ne");
    }
}
