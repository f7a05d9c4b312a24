//! The command line from outside, with a small converter behind it: files in, files out, exit codes.

use std::fs;
use std::path::{Path, PathBuf};

use csv2json::cli;
use csv2json::interface::{Convert, Problem};

/// Counts the lines of its input; an input without any is a problem.
struct Lines;

impl Convert for Lines {
    fn convert(&self, csv: &str, schema: Option<&str>) -> Result<String, Vec<Problem>> {
        match csv.lines().count() {
            0 => Err(vec![Problem::at(0, "no lines")]),
            lines => Ok(format!("[{lines},{}]", schema.is_some())),
        }
    }
}

/// A folder of a test's own, gone when the test is.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("csv2json-cli-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.0.join(name), text).unwrap();
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn run(args: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = cli::run(
        &mut args.iter().map(ToString::to_string),
        &Lines,
        &mut out,
        &mut err,
    );
    (
        code,
        String::from_utf8(out).unwrap(),
        String::from_utf8(err).unwrap(),
    )
}

#[test]
fn a_file_becomes_json_on_stdout() {
    let folder = Folder::new("stdout");
    assert_eq!(
        run(&[&folder.file("in.csv", "a\n1\n")]),
        (0, "[2,false]\n".to_owned(), String::new())
    );
}

#[test]
fn options_may_stand_anywhere() {
    let folder = Folder::new("anywhere");
    let (input, schema) = (folder.file("in.csv", "a"), folder.file("in.schema", "a: text"));
    assert_eq!(
        run(&["-s", &schema, &input]),
        (0, "[1,true]\n".to_owned(), String::new())
    );
}

#[test]
fn an_output_file_is_written_and_stdout_stays_empty() {
    let folder = Folder::new("output");
    let (input, output) = (folder.file("in.csv", "a"), folder.0.join("out.json"));
    assert_eq!(
        run(&[&input, "-o", output.to_str().unwrap()]),
        (0, String::new(), String::new())
    );
    assert_eq!(fs::read_to_string(output).unwrap(), "[1,false]\n");
}

#[test]
fn bad_data_is_exit_code_1_and_leaves_no_output() {
    let folder = Folder::new("bad");
    let (input, output) = (folder.file("in.csv", ""), folder.0.join("out.json"));
    assert_eq!(
        run(&[&input, "-o", output.to_str().unwrap()]),
        (1, String::new(), format!("{input}: no lines\n"))
    );
    assert!(!Path::new(&output).exists());
}

#[test]
fn a_missing_file_is_exit_code_2_and_named() {
    let (code, _, err) = run(&["no-such.csv"]);
    assert_eq!(code, 2);
    assert!(err.starts_with("csv2json: no-such.csv: "), "{err}");
}
