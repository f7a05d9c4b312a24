//! What `--help` says is a promise, so it is written down here.

use crate::Desk;
use expect_test::expect_file;

const COMMANDS: [&str; 35] = [
    "run",
    "plan",
    "opinion",
    "runs",
    "show",
    "watch",
    "replay",
    "log",
    "sql",
    "cost",
    "report",
    "approve",
    "edit",
    "reject",
    "grant",
    "deny",
    "answer",
    "memo",
    "budget",
    "pause",
    "resume",
    "kill",
    "exec",
    "gateway",
    "keys",
    "models",
    "roles",
    "mcp",
    "blob",
    "verify",
    "prune",
    "hold",
    "rotate-key",
    "doctor",
    "completions",
];

#[test]
fn every_command_has_a_short_help_with_an_example() {
    let desk = Desk::new();
    let mut all = desk.trireme(&[]).out;
    for command in COMMANDS {
        let done = desk.trireme(&[command, "--help"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{command}");
        assert!(done.out.contains("Example: trireme "), "{command}");
        assert!(done.out.lines().count() < 40, "{command}");
        all.push_str(&format!("\n---- trireme {command} --help\n\n{}", done.out));
    }
    expect_file!["help.txt"].assert_eq(&all);
}

#[test]
fn alone_it_says_what_to_type_first() {
    let done = Desk::new().trireme(&[]);
    assert_eq!(done.code, 0);
    assert!(done.out.trim_end().ends_with("trireme run --scenario examples/csv-to-json"));
}

#[test]
fn completions_are_for_a_shell() {
    let done = Desk::new().trireme(&["completions", "bash"]);
    assert_eq!(done.code, 0);
    assert!(done.out.contains("_trireme()"));
}

#[test]
fn without_runs_there_is_a_list_of_none() {
    let desk = Desk::new();
    assert_eq!(desk.trireme(&["runs", "--json"]).out, "[]\n");
    let done = desk.trireme(&["runs"]);
    assert_eq!((done.code, done.out.as_str()), (0, ""));
    assert!(done.err.contains("there are no runs yet"));
}
