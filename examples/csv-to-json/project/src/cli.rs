//! The command line. Still to be written.

use std::io::Write;

use crate::interface::Convert;

/// Does what the arguments say; the exit code is 0 when the JSON is out, 1 for bad data, 2 for a wrong command line.
pub fn run(
    _args: &mut dyn Iterator<Item = String>,
    _converter: &dyn Convert,
    _out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let _ = writeln!(err, "csv2json: the command line is still to be written");
    2
}
