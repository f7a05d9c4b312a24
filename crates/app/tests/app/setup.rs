//! Set-up commands: declared in a file, approved with the plan, and told when they fail.

use crate::Desk;
use crate::crash::relay;

const SETUP: &str = "[setup.tools]\nrun = \"mkdir tools && cat words.txt > tools/list\"\nkeys = [\"words.txt\"]\n\
    paths = [\"tools\"]\nenv = { LIST = \"{folder}/tools/list\" }\n";

#[test]
fn the_projects_own_are_shown_before_they_are_run_and_run_once() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", SETUP);
    let done = desk.trireme(&["plan", "--scenario", &relay()]);
    assert_eq!(done.code, 0, "{}", done.err);
    for told in
        ["Set-up, before the work:", "tools: the command mkdir tools", "Leaves tools", "With LIST={folder}/"]
    {
        assert!(done.out.contains(told), "{told:?} is not in {}", done.out);
    }
    let shown = desk.trireme(&["show", "last", "--json"]).out;
    assert!(shown.contains("\"setups\""), "{shown}");
    assert!(!desk.trireme(&["log", "last"]).out.contains("set-up"), "nothing is run before the approval");
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let log = desk.trireme(&["log", "last", "--type", "set_up_ended"]).out;
    assert!(log.matches("set-up \"tools\" is done").count() == 1, "{log}");
    let seen = desk.trireme(&["show", "last", "--task", "t0", "--seen"]).out;
    assert!(seen.contains("Left by set-up commands, and not on record: tools\n"), "{seen}");
}

#[test]
fn one_that_fails_is_told_with_what_it_wrote() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", &SETUP.replace("mkdir tools &&", "echo no network; exit 7;"));
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 1, "{}", done.err);
    assert!(done.err.contains("ended with exit code 7: no network"), "{}", done.err);
    let report = desk.trireme(&["report", "last"]).out;
    assert!(report.contains("Broken on this machine: set-up \"tools\""), "{report}");
}

#[test]
fn a_faulty_one_is_named_with_what_to_write() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", &SETUP.replace("\"tools\"]", "\"../tools\"]"));
    let done = desk.trireme(&["runs"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("setup.tools: paths: \"../tools\" is no path in the project"), "{}", done.err);
    assert!(done.err.contains("[setup.node] run = \"npm ci\""), "{}", done.err);
}
