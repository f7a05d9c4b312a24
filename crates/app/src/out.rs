//! Where words go: data to stdout, talk to stderr. A reader that went away ends us quietly.

use std::io::Write;

use serde::Serialize;

use crate::failure::Failure;

/// Data, with a line end.
pub(crate) fn data(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.trim_end_matches('\n').as_bytes())?;
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
    let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
}
