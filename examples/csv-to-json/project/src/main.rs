//! The program: hands its arguments to the command line, with the real converter behind it.

use std::io;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let converter = csv2json::convert::CsvToJson;
    csv2json::cli::run(
        &mut args,
        &converter,
        &mut io::stdout().lock(),
        &mut io::stderr().lock(),
    )
    .into()
}
