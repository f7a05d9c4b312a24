//! Payloads go by rules, and events, costs and verdicts stay.

use std::process::Stdio;

use crate::Desk;
use crate::crash::relay;
use crate::keep::files_with;
use crate::kill::{order, scenario, wait_until_stuck};

const DUE: &str = "[[retention]]\nafter_days = 0\n";

fn finished(desk: &Desk) {
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes", "--budget", "400"]);
    assert_eq!(done.code, 0, "{}", done.err);
}

fn rules(desk: &Desk, rules: &str) {
    desk.file(".config/trireme/config.toml", rules);
}

#[test]
fn a_shredded_run_keeps_its_events_costs_and_verdicts_and_nobody_reads_its_payloads() {
    let desk = Desk::new();
    finished(&desk);
    let folder = desk.run_folder().unwrap();
    let key = std::fs::read(folder.join("data.key")).unwrap();
    crate::copy(&folder.join("blobs"), &desk.path().join("copy"));
    let (cost, log) =
        (desk.trireme(&["cost", "last", "--json"]).out, desk.trireme(&["log", "last", "--json"]).out);
    assert!(desk.trireme(&["prune"]).err.contains("[[retention]]"), "without rules nothing goes");

    rules(&desk, DUE);
    let dry = desk.trireme(&["prune", "--dry-run"]);
    assert!(dry.out.contains("would go, since the run ended more than 0 days ago"), "{}{}", dry.out, dry.err);
    assert_eq!(desk.trireme(&["blob", "last", "1"]).code, 0);
    let done = desk.trireme(&["prune"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.out.contains("of payloads are gone"), "{}", done.out);

    let gone = desk.trireme(&["blob", "last", "1"]);
    assert_eq!((gone.code, gone.out.as_str()), (2, ""));
    assert!(gone.err.contains("were shredded") && gone.err.contains("trireme log"), "{}", gone.err);
    assert_eq!(desk.trireme(&["cost", "last", "--json"]).out, cost);
    let later = desk.trireme(&["log", "last", "--json"]).out;
    assert!(later.starts_with(&log), "the events are as they were");
    assert!(later[log.len()..].contains("all payloads are shredded: the run ended more than 0 days ago"));
    let report = desk.trireme(&["report", "last"]).out;
    assert!(report.contains("pass") && report.contains("Total cost: $"), "{report}");
    let proof = desk.trireme(&["verify", "last"]);
    assert_eq!(proof.code, 0, "{}{}", proof.out, proof.err);
    assert_eq!(files_with(&folder, std::str::from_utf8(&key).unwrap()), Vec::<String>::new());

    // A copy of the blobs is of no use to anybody.
    crate::copy(&desk.path().join("copy"), &folder.join("blobs"));
    assert_eq!(desk.trireme(&["blob", "last", "1"]).code, 2);
    assert!(desk.trireme(&["prune"]).err.contains("nothing is due"), "once is enough");
}

#[test]
fn a_held_run_stays_until_it_is_let_go() {
    let desk = Desk::new();
    finished(&desk);
    rules(&desk, DUE);
    let held = desk.trireme(&["hold", "last", "the audit of November"]);
    assert!(held.out.contains("--release"), "{}{}", held.out, held.err);
    let done = desk.trireme(&["prune"]);
    assert!(done.out.contains("kept, it is held: the audit of November"), "{}", done.out);
    assert_eq!(desk.trireme(&["blob", "last", "1"]).code, 0);
    assert_eq!(desk.trireme(&["hold", "last", "--release"]).code, 0);
    assert_eq!(desk.trireme(&["hold", "last", "--release"]).code, 2);

    // What is due and can't be deleted is said, and makes the command fail.
    let key = desk.run_folder().unwrap().join("log.key");
    let locked = std::fs::read(&key).unwrap();
    std::fs::write(&key, "{}").unwrap();
    let done = desk.trireme(&["prune"]);
    assert!(done.code == 1 && done.out.contains("kept, "), "{}{}", done.out, done.err);
    assert_eq!(desk.trireme(&["blob", "last", "1"]).code, 0, "nothing went");
    std::fs::write(&key, locked).unwrap();
    assert!(desk.trireme(&["prune"]).out.contains("are gone"));
}

#[test]
fn rules_look_at_age_state_size_and_kind() {
    let desk = Desk::new();
    finished(&desk);
    for young in [
        "[[retention]]\nafter_days = 30\n",
        "[[retention]]\nafter_days = 0\nstates = [\"killed\", \"failed\"]\n",
        "[[retention]]\nover_mb = 1\n",
    ] {
        rules(&desk, young);
        assert_eq!(desk.trireme(&["prune", "--json"]).out, "[]\n", "{young}");
    }
    rules(&desk, "[[retention]]\nafter_days = 0\nkinds = [\"llm_call\"]\n");
    let done = desk.trireme(&["prune"]);
    assert!(done.out.contains("of payloads of llm_call are gone"), "{}{}", done.out, done.err);
    let log = desk.trireme(&["log", "last", "--json"]).out;
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let code = |kind: &str| {
        let line = lines.iter().find(|line| line["event_type"] == kind).unwrap();
        desk.trireme(&["blob", "last", &line["seq"].to_string()]).code
    };
    assert_eq!((code("llm_call"), code("tool_call"), code("task_created")), (2, 0, 0));
    assert_eq!(lines.last().unwrap()["event_type"], "shredded");
    assert_eq!(desk.trireme(&["prune", "--json"]).out, "[]\n", "once is enough");
    rules(&desk, "[[retention]]\nover_mb = 0\nstates = [\"verified\"]\n");
    assert!(desk.trireme(&["prune"]).out.contains("took more than 0 MB"));
    assert_eq!(code("tool_call"), 2);
}

#[test]
fn a_rule_that_can_t_be_meant_is_named_and_a_project_says_less_than_the_owner() {
    let desk = Desk::new();
    finished(&desk);
    for (text, why) in [
        ("[[retention]]\n", "give one of"),
        ("[[retention]]\nafter_days = 1\nover_mb = 1\n", "give one of"),
        ("[[retention]]\nover_mb = 1\nkinds = [\"llm_call\"]\n", "without kinds"),
        ("[[retention]]\nafter_days = 1\nkinds = [\"llm_cal\"]\n", "no event is of the type llm_cal"),
    ] {
        rules(&desk, text);
        let done = desk.trireme(&["prune"]);
        assert!(done.code == 2 && done.err.contains(why), "{}", done.err);
    }
    rules(&desk, "");
    for (text, why) in [(DUE, "at least 1"), ("[[retention]]\nover_mb = 0\n", "your own configuration")] {
        desk.file("here/trireme.toml", text);
        assert!(desk.trireme(&["prune"]).err.contains(why));
    }
    desk.file("here/trireme.toml", "[[retention]]\nafter_days = 1\n");
    assert_eq!(desk.trireme(&["prune", "--json"]).out, "[]\n", "a run of today stays");
}

/// Old runs are looked at whenever one starts; the one that starts, and one that works, stay as they are.
#[test]
fn starting_a_run_lets_old_ones_go_and_never_a_live_one() {
    let desk = Desk::new();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = runtime.block_on(trireme_engine::scenario::Server::start(scenario(&desk), None)).unwrap();
    let mut child = order(&desk, &server).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let live = wait_until_stuck(&desk, &server);
    finished(&desk);
    rules(&desk, DUE);
    finished(&desk);
    let list: serde_json::Value = serde_json::from_str(&desk.trireme(&["runs", "--json"]).out).unwrap();
    let names: Vec<_> = list.as_array().unwrap().iter().map(|run| run["run"].as_str().unwrap()).collect();
    let is_there = |name: &str| desk.state().join("runs").join(name).join("data.key").exists();
    let (newest, old) = (names[0], names[1]);
    assert!(is_there(&live) && is_there(newest) && !is_there(old), "{names:?}");
    assert_eq!(desk.trireme(&["prune", "--json"]).code, 0);
    assert!(is_there(&live) && !is_there(newest));
    assert_eq!(desk.trireme(&["kill", &live]).code, 0);
    child.wait().unwrap();
}
