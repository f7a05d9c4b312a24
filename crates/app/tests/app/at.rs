//! `show --at`: a run as it stood after one of its events, through the program.

use serde_json::Value;

use crate::crash::relay;
use crate::{Desk, copy};

fn at(desk: &Desk, seq: u64) -> Value {
    let done = desk.trireme(&["show", "last", "--at", &seq.to_string(), "--json"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    serde_json::from_str(&done.out).unwrap()
}

fn paths(standing: &Value) -> Vec<&str> {
    standing["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect()
}

#[test]
fn a_run_is_shown_as_it_stood_after_each_of_its_events() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let log = desk.trireme(&["log", "last", "--json"]).out;
    let log: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let last = log.last().unwrap()["seq"].as_u64().unwrap();
    let seq_of = |kind: &str| {
        let found = log.iter().find(|line| line["event_type"] == kind);
        found.unwrap_or_else(|| panic!("no {kind}"))["seq"].as_u64().unwrap()
    };
    money_is_what_was_spent_up_to_there(&desk, &log);
    files_are_those_that_were_there(&desk, last, &seq_of);

    let waiting = desk.trireme(&["show", "last", "--at", &seq_of("plan_proposed").to_string()]);
    assert_eq!((waiting.code, waiting.err.as_str()), (0, ""));
    assert!(waiting.out.contains("The plan waited for the Owner."), "{}", waiting.out);
    let first = desk.trireme(&["show", "last", "--at", "1"]).out;
    assert!(first.starts_with(&format!("After event 1 of {last}, ")), "{first}");
    for words in ["trireme ", "Nobody is at it"] {
        assert!(!first.contains(words), "nothing of now is told: {first}");
    }
    nothing_before_the_first_and_after_the_last(&desk, last);
}

fn money_is_what_was_spent_up_to_there(desk: &Desk, log: &[Value]) {
    let mut spent = 0;
    for line in log {
        spent += line["cost_nanos"].as_u64().unwrap();
        // Every call, and nothing between: so many runs of the program are enough.
        if line["event_type"] == "llm_call" {
            let shown = at(desk, line["seq"].as_u64().unwrap());
            let usd: f64 = shown["view"]["money"]["spent_usd"].as_str().unwrap().parse().unwrap();
            assert!((usd * 1e9 - spent as f64).abs() < 1.0, "{usd} is not {spent}");
            assert_eq!((&shown["event"]["seq"], shown["view"]["now"].is_u64()), (&line["seq"], true));
        }
    }
    assert!(spent > 0);
}

fn files_are_those_that_were_there(desk: &Desk, last: u64, seq_of: &dyn Fn(&str) -> u64) {
    let began = at(desk, 1);
    let own = paths(&began["files"]["run"]);
    assert_eq!(own, ["README.txt", "check_count.sh", "words.txt"]);
    assert_eq!(began["files"]["beside"], Value::Array(Vec::new()));
    // The first result is in its folder, and in no branch.
    let sealed = at(desk, seq_of("attempt_sealed"));
    assert_eq!(sealed["files"]["run"], began["files"]["run"]);
    let beside = sealed["files"]["beside"].as_array().unwrap();
    assert_eq!(beside.len(), 1, "{beside:?}");
    assert!(beside[0]["of"].as_str().unwrap().starts_with("attempt 1 at t0 "), "{beside:?}");
    let ended = at(desk, last);
    assert!(paths(&ended["files"]["run"]).len() > own.len(), "{}", ended["files"]);
    assert_eq!(ended["files"]["beside"], Value::Array(Vec::new()), "everything is merged");
}

fn nothing_before_the_first_and_after_the_last(desk: &Desk, last: u64) {
    for seq in [0, last + 1] {
        let done = desk.trireme(&["show", "last", "--at", &seq.to_string()]);
        assert_eq!((done.code, done.out.as_str()), (2, ""));
        let told = format!("has no event {seq}: the last one is {last}");
        assert!(done.err.contains(&told) && done.err.contains("try: trireme log"), "{}", done.err);
    }
}

#[test]
fn files_that_git_has_no_more_are_an_error_that_says_which() {
    let desk = Desk::new();
    let scenario = desk.path().join("relay");
    copy(relay().as_ref(), &scenario);
    let done = desk.trireme(&["run", "--scenario", scenario.to_str().unwrap(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let run = desk.run_folder().unwrap();
    for place in ["shadow.git/objects", "project/.git/objects"] {
        let objects = run.join(place);
        if objects.is_dir() {
            std::fs::remove_dir_all(&objects).unwrap();
            std::fs::create_dir(&objects).unwrap();
        }
    }
    let done = desk.trireme(&["show", "last", "--at", "1"]);
    assert_eq!((done.code, done.out.as_str()), (1, ""));
    assert!(done.err.contains("which is gone from ") && done.err.contains("fsck"), "{}", done.err);
}
