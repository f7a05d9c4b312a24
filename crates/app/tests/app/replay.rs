//! `replay`: a recorded run against this very program, which made it.

use std::path::PathBuf;

use serde_json::Value;

use crate::crash::relay;
use crate::{Desk, copy};

fn replayed(desk: &Desk) -> Value {
    let done = desk.trireme(&["replay", "last", "--json"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn what_was_recorded_comes_again_and_nothing_is_needed_for_it() {
    let desk = Desk::new();
    // The scenario is gone afterwards: nothing but the record is needed.
    let scenario = desk.path().join("relay");
    copy(relay().as_ref(), &scenario);
    let done = desk.trireme(&["run", "--scenario", scenario.to_str().unwrap(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    std::fs::remove_dir_all(scenario).unwrap();
    let before = files(&desk);
    let replay = replayed(&desk);
    assert_eq!(replay["events"], replay["recorded"]);
    let log = desk.trireme(&["log", "last", "--json"]).out;
    assert_eq!(replay["recorded"], log.lines().count());
    let calls = log.lines().filter(|line| line.contains("\"event_type\":\"llm_call\"")).count();
    assert_eq!(replay["calls"]["same"], calls);
    for none in ["/parting", "/untold", "/calls/first"] {
        assert_eq!(replay.pointer(none), Some(&Value::Null), "{none}");
    }
    assert!(replay["verdicts"].as_u64().unwrap() > 5);
    let told = desk.trireme(&["replay", "last"]).out;
    assert!(told.contains(&format!("Prompts: {calls} of {calls} are as they were sent\n")), "{told}");
    assert_eq!(files(&desk), before, "nothing is written");
}

/// Payloads and what is beside them.
fn files(desk: &Desk) -> Vec<PathBuf> {
    let run = desk.run_folder().unwrap();
    let mut found = Vec::new();
    let mut folders = vec![run.join("blobs"), run];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let is_payloads = entry.path().parent().is_some_and(|folder| folder.ends_with("blobs"));
            match is_payloads {
                true => folders.push(entry.path()),
                false => found.push(entry.path()),
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_run_without_its_payloads_says_why_nobody_can_replay_it() {
    let desk = Desk::new();
    desk.file(".config/trireme/config.toml", "[[retention]]\nover_mb = 0\n");
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(desk.trireme(&["prune"]).code, 0);
    let done = desk.trireme(&["replay", "last"]);
    assert_eq!((done.code, done.out.as_str()), (2, ""));
    assert!(
        done.err.contains("were deleted by a rule") && done.err.contains("--type shredded"),
        "{}",
        done.err
    );
}
