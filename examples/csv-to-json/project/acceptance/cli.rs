//! When the command line is done. A converter of two lines stands behind it, so that nothing else has to be there.

#![allow(dead_code)]

#[path = "../src/cli.rs"]
mod cli;
#[path = "../src/interface.rs"]
mod interface;

use std::path::PathBuf;

use interface::{Convert, Problem};

/// Refuses a text that holds `bad`; else shows what it was given.
struct Fixture;

impl Convert for Fixture {
    fn convert(&self, csv: &str, schema: Option<&str>) -> Result<String, Vec<Problem>> {
        if csv.contains("bad") {
            return Err(vec![Problem::at(2, "bad field"), Problem::at(0, "bad text")]);
        }
        Ok(format!("[{csv:?},{schema:?}]"))
    }
}

/// Exit code, stdout and stderr.
fn run(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut args = args.iter().map(ToString::to_string);
    let code = cli::run(&mut args, &Fixture, &mut out, &mut err);
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

fn file(name: &str, text: &str) -> String {
    let path: PathBuf = std::env::temp_dir().join(format!("csv2json-{}-{name}", std::process::id()));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn json_goes_to_stdout() {
    let input = file("plain.csv", "a\n1\n");
    assert_eq!(
        run(&[&input]),
        (0, "[\"a\\n1\\n\",None]\n".to_owned(), String::new())
    );
}

#[test]
fn a_schema_is_read_and_an_output_is_written() {
    let (input, schema) = (file("in.csv", "a"), file("in.schema", "a: text"));
    let output = file("out.json", "");
    assert_eq!(
        run(&[&input, "--schema", &schema, "--output", &output]),
        (0, String::new(), String::new())
    );
    assert_eq!(
        std::fs::read_to_string(output).unwrap(),
        "[\"a\",Some(\"a: text\")]\n"
    );
}

#[test]
fn bad_data_is_told_on_stderr_and_nothing_is_written() {
    let (input, output) = (file("bad.csv", "bad"), file("kept.json", "old"));
    let (code, out, err) = run(&[&input, "--output", &output]);
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(err, format!("{input}: line 2: bad field\n{input}: bad text\n"));
    assert_eq!(std::fs::read_to_string(output).unwrap(), "old");
}

#[test]
fn a_wrong_command_line_says_how_to_use_it() {
    for args in [
        &[][..],
        &["--wat"],
        &["a.csv", "b.csv"],
        &["a.csv", "--schema"],
        &["/no/such/file.csv"],
    ] {
        let (code, out, err) = run(args);
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("csv2json"), "{args:?}: {err}");
    }
    let (code, out, _) = run(&["--help"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("Usage: csv2json INPUT [--schema FILE] [--output FILE]"),
        "{out}"
    );
}
