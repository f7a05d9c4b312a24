//! The command line: reads the files, hands them to the converter, and writes what comes out.

use std::fs;
use std::io::{self, Write};

use crate::interface::Convert;

const USAGE: &str = "Usage: csv2json INPUT [--schema FILE] [--output FILE]";

/// Does what the arguments say; the exit code is 0 when the JSON is out, 1 for bad data, 2 for a wrong command line.
pub fn run(
    args: &mut dyn Iterator<Item = String>,
    converter: &dyn Convert,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    match command(args).and_then(|command| perform(&command, converter, out)) {
        Ok(()) => 0,
        Err(Failure::Data(lines)) => told(err, &lines, 1),
        Err(Failure::Usage(why)) => told(err, &[format!("csv2json: {why}"), USAGE.to_owned()], 2),
    }
}

enum Command {
    Help,
    Convert {
        input: String,
        schema: Option<String>,
        output: Option<String>,
    },
}

enum Failure {
    /// One line per problem.
    Data(Vec<String>),
    Usage(String),
}

fn command(args: &mut dyn Iterator<Item = String>) -> Result<Command, Failure> {
    let (mut input, mut schema, mut output) = (None, None, None);
    while let Some(arg) = args.next() {
        let (slot, value) = match arg.as_str() {
            "--help" | "-h" => return Ok(Command::Help),
            "--schema" | "-s" => (&mut schema, args.next()),
            "--output" | "-o" => (&mut output, args.next()),
            option if option.starts_with('-') => {
                return Err(Failure::Usage(format!("no such option: {option}")));
            }
            _ => (&mut input, Some(arg.clone())),
        };
        let value = value.ok_or_else(|| Failure::Usage(format!("{arg} needs a file")))?;
        if slot.replace(value).is_some() {
            return Err(Failure::Usage(format!("one too many: {arg}")));
        }
    }
    let input = input.ok_or_else(|| Failure::Usage("which file?".to_owned()))?;
    Ok(Command::Convert {
        input,
        schema,
        output,
    })
}

fn perform(command: &Command, converter: &dyn Convert, out: &mut dyn Write) -> Result<(), Failure> {
    let Command::Convert {
        input,
        schema,
        output,
    } = command
    else {
        return writeln!(out, "{USAGE}").map_err(|why| unusable("stdout", &why));
    };
    let csv = read(input)?;
    let schema = schema.as_deref().map(read).transpose()?;
    let json = converter.convert(&csv, schema.as_deref()).map_err(|problems| {
        Failure::Data(
            problems
                .iter()
                .map(|problem| format!("{input}: {problem}"))
                .collect(),
        )
    })?;
    match output {
        Some(path) => fs::write(path, json + "\n").map_err(|why| unusable(path, &why)),
        None => writeln!(out, "{json}").map_err(|why| unusable("stdout", &why)),
    }
}

fn read(path: &str) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|why| unusable(path, &why))
}

fn unusable(path: &str, why: &io::Error) -> Failure {
    Failure::Usage(format!("{path}: {why}"))
}

fn told(err: &mut dyn Write, lines: &[String], code: u8) -> u8 {
    for line in lines {
        // Nobody is left to tell when stderr is closed.
        let _ = writeln!(err, "{line}");
    }
    code
}
