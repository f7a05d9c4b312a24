//! `replay`: a recorded run against this very program, which made it.

use std::path::PathBuf;

use serde_json::Value;
use sqlx::Connection as _;

use crate::Desk;
use crate::crash::{relay, relay_alone};

fn replayed(desk: &Desk) -> Value {
    let done = desk.trireme(&["replay", "last", "--json"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{}", done.out);
    serde_json::from_str(&done.out).unwrap()
}

#[test]
fn what_was_recorded_comes_again_and_nothing_is_needed_for_it() {
    let desk = Desk::new();
    relay_alone(&desk);
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
fn where_the_record_is_another_one_the_first_difference_is_told() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    tokio::runtime::Runtime::new().unwrap().block_on(renamed(&desk));

    let log = desk.trireme(&["log", "last", "--type", "task_created", "--json"]).out;
    let created: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    let seq = created["seq"].as_u64().unwrap();
    let done = desk.trireme(&["replay", "last"]);
    assert_eq!(done.code, 1, "{}", done.out);
    for words in [
        format!("The first that is another one: event {seq}\n"),
        "recorded: task_created: ".to_owned(),
        "Count Words".to_owned(),
        "are others; the first: call e".to_owned(),
    ] {
        assert!(done.out.contains(&words), "{words}: {}", done.out);
    }
    for words in [format!("event {seq} would be another one"), "try: trireme verify".to_owned()] {
        assert!(done.err.contains(&words), "{words}: {}", done.err);
    }
    let json: Value = serde_json::from_str(&desk.trireme(&["replay", "last", "--json"]).out).unwrap();
    assert_eq!((json["parting"]["seq"].as_u64(), json["events"].as_u64()), (Some(seq), Some(seq - 1)));
    assert!(json["calls"]["differing"].as_u64().unwrap() > 0 && json["calls"]["same"].as_u64().unwrap() > 0);
}

/// The record says that a task has another title than the Manager gave it.
async fn renamed(desk: &Desk) {
    let journal = desk.run_folder().unwrap().join("journal.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(journal);
    let mut journal = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
    let changed = sqlx::query("UPDATE events SET body = replace(body, 'Count words', 'Count Words')");
    assert!(changed.execute(&mut journal).await.unwrap().rows_affected() > 0);
    journal.close().await.unwrap();
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
