//! A world that lacks something: one clear error, and what to do about it.

use std::path::Path;
use std::process::Command;

use crate::crash::relay;
use crate::{Desk, Done};

fn done(command: &mut Command) -> Done {
    let output = command.output().unwrap();
    Done {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn is_one_error(done: &Done, code: i32, words: &[&str]) {
    assert_eq!((done.code, done.out.as_str()), (code, ""), "{}", done.err);
    let errors = done.err.lines().filter(|line| line.starts_with("error:"));
    assert_eq!(errors.count(), 1, "{}", done.err);
    for words in words {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
}

fn git(folder: &Path, args: &[&str]) {
    let name = ["-c", "user.name=anna", "-c", "user.email=anna@example.org"];
    let output = Command::new("git").args(name).args(args).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_state_folder_that_can_t_be_written() {
    let desk = Desk::new();
    desk.file("file", "not a folder");
    let state = desk.path().join("file/state");
    for args in [vec!["run", "--scenario", &relay(), "--yes"], vec!["runs"], vec!["resume", "last"]] {
        let done = done(desk.command(&args).env("TRIREME_STATE", &state));
        is_one_error(&done, 1, &["file/state", "TRIREME_STATE", "--state DIR"]);
    }
}

#[test]
fn a_machine_without_git() {
    let desk = Desk::new();
    let tools = desk.path().join("tools");
    std::fs::create_dir(&tools).unwrap();
    for tool in ["sh", "cat", "grep", "sort", "wc"] {
        let found = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join(tool))
            .find(|path| path.is_file());
        std::os::unix::fs::symlink(found.unwrap(), tools.join(tool)).unwrap();
    }
    for args in [vec!["run", "--scenario", &relay(), "--yes"], vec!["doctor"]] {
        let done = done(desk.command(&args).env("PATH", &tools));
        is_one_error(&done, 2, &["git was not found in PATH", "install git"]);
    }
}

#[test]
fn changes_that_are_not_committed_are_named() {
    let desk = Desk::new();
    desk.file("here/words.txt", "keel\n");
    let here = desk.path().join("here");
    git(&here, &["init", "-q"]);
    git(&here, &["add", "."]);
    git(&here, &["commit", "-qm", "words"]);
    desk.file("here/words.txt", "keel\nmast\n");
    desk.file("here/new.txt", "oar\n");
    let args = ["run", "--scenario", &relay(), "--yes", "--in", "."];
    let done = desk.trireme(&args);
    is_one_error(&done, 2, &["words.txt", "new.txt", "--dirty include", "--dirty ignore"]);
    assert!(desk.trireme(&["runs", "--json"]).out.starts_with("[]"), "nothing is left of it");
}

#[test]
fn a_scenario_that_can_t_be_read_is_named_with_its_line() {
    let desk = Desk::new();
    desk.file("bad/scenario.toml", "name = \"bad\"\n[intent]\nsentence = \"s\"\nbudget = \"4\"\n");
    let done = desk.trireme(&["run", "--scenario", "../bad", "--yes"]);
    is_one_error(&done, 2, &["bad/scenario.toml:4: unknown field `budget`"]);
    let done = desk.trireme(&["run", "--scenario", "../none", "--yes"]);
    is_one_error(&done, 2, &["none"]);
}
