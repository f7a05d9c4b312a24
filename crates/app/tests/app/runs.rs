//! Whole runs of the example scenario, through the program.

use std::path::{Path, PathBuf};

use crate::crash::relay;
use crate::{Desk, Done, copy};

const LAST: &str = "Total cost: $5.00 of $10.00 budget. Surplus: $5.00.";

fn scenario() -> String {
    let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../examples/csv-to-json"].iter().collect();
    root.canonicalize().unwrap().display().to_string()
}

fn json(done: &Done) -> serde_json::Value {
    serde_json::from_str(&done.out).unwrap_or_else(|error| panic!("{error}: {}\n{}", done.out, done.err))
}

#[test]
fn a_run_without_a_terminal_tells_lines_and_ends_with_its_money() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &scenario(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(done.out.lines().last(), Some(LAST));
    for words in
        ["the Owner had said beforehand", "attempt 1 at \"Parser\" is over: criteria not met", "$5.00"]
    {
        assert!(done.err.contains(words), "{words}: {}", done.err);
    }
    assert!(!done.err.contains('\u{1b}') && !done.out.contains('\u{1b}'), "no colour without a terminal");
    every_look_at_it_agrees(&desk);
}

fn every_look_at_it_agrees(desk: &Desk) {
    let runs = json(&desk.trireme(&["runs", "--json"]));
    let name = runs[0]["run"].as_str().unwrap();
    assert_eq!(
        (runs[0]["state"].as_str(), runs[0]["spent_usd"].as_str()),
        (Some("verified and done"), Some("5.00"))
    );
    let report = json(&desk.trireme(&["report", name, "--json"]));
    assert_eq!(
        (report["end"].as_str(), report["money"]["surplus_usd"].as_str()),
        (Some("verified"), Some("5.00"))
    );
    assert!(desk.trireme(&["report", name]).out.ends_with(&format!("{LAST}\n")));
    let shown = json(&desk.trireme(&["show", "last", "--json"]));
    assert_eq!(shown["view"]["counts"]["merged"], 6);
    let calls = desk.trireme(&["log", name, "--type", "llm_call", "--json"]);
    let lines: Vec<serde_json::Value> =
        calls.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let nanos: u64 = lines.iter().map(|line| line["cost_nanos"].as_u64().unwrap()).sum();
    assert_eq!((lines.len(), nanos), (42, 5_000_000_000));
    for by in ["manager", "task", "agent", "seniority", "model", "provider", "phase", "role"] {
        let table = desk.trireme(&["cost", name, "--by", by]).out;
        assert!(table.trim_end().trim_end_matches('0').ends_with("  $5."), "{table}");
    }
    let watched = desk.trireme(&["watch", name]);
    assert_eq!(watched.code, 0, "{}", watched.err);
    let late = desk.trireme(&["kill", name]);
    assert_eq!(late.code, 2);
    assert!(late.err.contains("the run is over"), "{}", late.err);
}

/// What stderr says to type, typed.
fn shown_by(done: &Done) -> String {
    let command = done.err.lines().find_map(|line| line.trim().strip_prefix("look at it with: "));
    let command = command.unwrap_or_else(|| panic!("{}", done.err));
    let output = std::process::Command::new("sh").args(["-c", command]).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn it_ends_with_the_branch_and_how_to_look_at_it() {
    let desk = Desk::new();
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("Branch: trireme/"), "{}", done.err);
    assert!(shown_by(&done).contains("+++ b/report.txt"));
    assert!(shown_by(&desk.trireme(&["report", "last"])).contains("+++ b/report.txt"));
}

#[test]
fn of_a_folder_without_a_repository_it_names_the_one_of_the_run() {
    let desk = Desk::new();
    let project = desk.path().join("my project");
    copy(&Path::new(&relay()).join("project"), &project);
    let done = desk.trireme(&["run", "--scenario", &relay(), "--yes", "--in", "../my project"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("my project is no repository"), "{}", done.err);
    assert!(shown_by(&done).contains("+++ b/report.txt"));
    assert!(!project.join("report.txt").exists(), "the folder is as it was");
}

#[test]
fn a_plan_is_left_to_wait_and_starts_with_approval() {
    let desk = Desk::new();
    let done = desk.trireme(&["plan", "--scenario", &scenario(), "-o", "plan.toml", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    let quoted = json(&done);
    assert_eq!(quoted["quote"]["total"]["worst_usd"], "10.00");
    assert_eq!(quoted["plan"]["phases"][0]["sections"][0]["name"], "Core converter");
    assert!(done.err.contains("start it with: trireme resume"));
    let shown = desk.trireme(&["show", "last"]);
    assert!(shown.out.contains("The plan waits for you: trireme approve"), "{}", shown.out);
    assert_eq!(desk.trireme(&["approve", "last"]).code, 0);
    let done = desk.trireme(&["resume", "last", "--json"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(json(&done)["end"], "verified");
}

#[test]
fn a_plan_that_was_written_reads_back_and_can_be_rejected() {
    let desk = Desk::new();
    assert_eq!(desk.trireme(&["plan", "--scenario", &scenario(), "-o", "plan.toml"]).code, 0);
    assert_eq!(desk.trireme(&["reject", "last", "Not now."]).code, 0);
    let again = desk.trireme(&["approve", "last"]);
    assert_eq!(again.code, 2);
    let late = desk.trireme(&["resume", "last"]);
    assert_eq!(late.code, 2);
    assert!(late.err.contains("was rejected"), "{}", late.err);
    let toml = std::fs::read_to_string(desk.path().join("here/plan.toml")).unwrap();
    assert!(toml.contains("budget_pct = 60"));
    let args =
        ["run", "--scenario", &scenario(), "--plan", "plan.toml", "--yes", "--budget", "0.05", "--json"];
    let done = desk.trireme(&args);
    assert_eq!(done.code, 4, "{}", done.err);
    assert_eq!(json(&done)["end"], "budget_exhausted");
}

#[test]
fn a_solo_run_of_the_example_is_what_the_three_tiers_are_measured_by() {
    let desk = Desk::new();
    let solo = desk.trireme(&["run", "--scenario", &scenario(), "--solo", "--yes"]);
    assert_eq!(solo.code, 0, "{}", solo.err);
    assert!(!solo.out.contains("one agent alone"), "{}", solo.out);
    let name = json(&desk.trireme(&["runs", "--json"]))[0]["run"].as_str().unwrap().to_owned();
    let cost =
        json(&desk.trireme(&["report", &name, "--json"]))["money"]["spent_usd"].as_str().unwrap().to_owned();
    let tiers = desk.trireme(&["run", "--scenario", &scenario(), "--yes"]);
    let row = tiers.out.lines().find(|line| line.trim_start().starts_with("one agent alone")).unwrap();
    assert!(row.contains(&format!("${cost}")) && row.ends_with("measured"), "{row}");
    // The story's usage makes the three tiers dearer than the one agent is by what it really sends: that is said plainly.
    assert!(tiers.out.contains(" MORE than one agent alone (measured)"), "{}", tiers.out);
    assert!(
        tiers.out.contains(&format!("run {name} did the same alone from the same files")),
        "{}",
        tiers.out
    );
    let report = json(&desk.trireme(&["report", "last", "--json"]));
    assert_eq!(
        (report["solo"]["known"].as_str(), report["solo"]["cost_usd"].as_str()),
        (Some("measured"), Some(&*cost))
    );
    let quoted = desk.trireme(&["plan", "--scenario", &scenario()]).out;
    assert!(quoted.contains("from 1 earlier run here (worker); typical for orchestrator"), "{quoted}");
}
