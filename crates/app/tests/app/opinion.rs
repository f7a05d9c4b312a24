//! `trireme opinion`: what is printed, how it ends, and that it survives being killed.

use std::path::PathBuf;

use serde_json::Value;
use tokio::runtime::Runtime;
use trireme_core::run::event::RunEnd;

use crate::Desk;
use crate::crash::{answered_calls, calls_on_their_way, kill_after_one_more, started};

fn scenario() -> PathBuf {
    let root: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../testkit/scenarios/counsel"].iter().collect();
    root.canonicalize().unwrap()
}

/// The scenario with something replaced.
fn changed(desk: &Desk, from: &str, to: &str) {
    let text = std::fs::read_to_string(scenario().join("scenario.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    desk.file("changed/scenario.toml", &text.replacen(from, to, 1));
    let notes = std::fs::read_to_string(scenario().join("project/notes.md")).unwrap();
    desk.file("changed/project/notes.md", &notes);
}

#[test]
fn agreements_disagreements_and_the_choice_are_printed() {
    let desk = Desk::new();
    let scenario = scenario().display().to_string();
    let done = desk.trireme(&["opinion", "--scenario", &scenario]);
    assert_eq!(done.code, 0, "{}", done.err);
    for words in [
        "Should sessions live in Redis or in Postgres?",
        "Agreements:\n- The load is small enough for either.",
        "Disagreements:\n- One would keep sessions in Postgres",
        "Choice: Postgres, with an index",
        "Advisers: scripted-oak (principal) and scripted-elm (principal).",
    ] {
        assert!(done.out.contains(words), "{words}: {}", done.out);
    }
    assert!(done.out.ends_with("Total cost: $0.0498 of $1.00 budget. Surplus: $0.9502.\n"), "{}", done.out);
    let shown = desk.trireme(&["show", "last"]).out;
    assert!(
        shown.contains("DISAGREE in 1 of 2 points") && shown.contains("disagreement: One would"),
        "{shown}"
    );
    let json = desk.trireme(&["opinion", "--scenario", &scenario, "--json"]).out;
    let report: Value = serde_json::from_str(&json).unwrap();
    let opinion = &report["opinions"][0];
    assert_eq!(opinion["synthesis"]["agreements"][0], "The load is small enough for either.");
    assert_eq!(
        (&opinion["families_differ"], &opinion["spent_usd"]),
        (&Value::from(true), &Value::from("0.0498"))
    );
}

#[test]
fn it_says_how_it_ended_with_its_status() {
    for (from, to, code, words) in [
        (
            "when = { role = \"adviser\", side = 2, turn = 1 }",
            "fault = { status = 404 }\nwhen = { role = \"adviser\", side = 2, turn = 1 }",
            3,
            "only one answered",
        ),
        ("budget_usd = \"1\"", "budget_usd = \"0.001\"", 4, "nobody answered"),
        (
            "[\"scripted-oak\", \"scripted-elm\", \"scripted-ash\"]",
            "[\"scripted-oak\"]",
            2,
            "a second opinion needs two models, and scripted-oak is the only one here; name models of two makers",
        ),
    ] {
        let desk = Desk::new();
        changed(&desk, from, to);
        let done = desk.trireme(&["opinion", "--scenario", "../changed"]);
        assert_eq!(done.code, code, "{to}: {}{}", done.out, done.err);
        assert!(format!("{}{}", done.out, done.err).contains(words), "{words}: {}{}", done.out, done.err);
    }
}

#[test]
fn what_is_missing_is_said_before_anything_is_paid() {
    let desk = Desk::new();
    for (args, words) in [
        (vec!["opinion", "--budget", "1"], "there is no question"),
        (vec!["opinion", "Which?"], "there is no budget"),
        (vec!["opinion", "Which?", "--budget", "1", "--seniority", "boss"], "\"boss\" is no seniority"),
    ] {
        let done = desk.trireme(&args);
        assert_eq!((done.code, done.out.as_str()), (2, ""), "{}", done.err);
        assert!(done.err.contains(words), "{}", done.err);
    }
    let scenario = scenario().display().to_string();
    let done = desk.trireme(&["opinion", "--scenario", &scenario, "--context", "none.md"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("--context none.md: there is no such file"), "{}", done.err);
}

#[test]
fn killed_after_each_effect_in_turn_it_comes_to_the_same_choice() {
    let runtime = Runtime::new().unwrap();
    let scenario = scenario().display().to_string();
    let order = ["opinion", "--scenario", &scenario, "--budget", "100"];
    let desk = Desk::new();
    let mut child = started(&desk, &order);
    let (mut kills, mut in_flight, mut answered) = (0, 0, 0);
    let last = loop {
        let now = kill_after_one_more(&runtime, &desk, &mut child, answered);
        if now.run.end().is_some() {
            break now;
        }
        now.run.audit().unwrap();
        kills += 1;
        in_flight += calls_on_their_way(&now.run);
        answered = now.answered;
        child = started(&desk, &["resume", "last"]);
    };
    assert_eq!(last.run.end(), Some(RunEnd::Verified));
    assert!(kills > 0, "it was never killed on its way");
    let calls: usize = answered_calls(&desk.run_folder().unwrap()).values().sum();
    assert!(calls <= 5 + in_flight, "{calls} answered calls, {in_flight} were on their way");
    let printed = desk.trireme(&["report", "last"]).out;
    assert!(printed.contains("Choice: Postgres, with an index"), "{printed}");
}

#[test]
fn with_high_stakes_nothing_is_decided_on_one_model_alone() {
    let desk = Desk::new();
    let planned = desk.trireme(&["plan", "--high-stakes", "--scenario", &crate::crash::relay()]);
    assert!(planned.err.contains("orchestrate, by rule: much hangs on it"), "{}", planned.err);
    // The small run's plan decides something and has heard nobody: it is not taken.
    let refused = "decision \"Are empty lines words?\" has high stakes and names no opinion";
    assert!(planned.code != 0 && planned.err.contains(refused), "{}", planned.err);
}

#[test]
fn rules_on_stakes_are_read_and_faulty_ones_are_named() {
    let desk = Desk::new();
    desk.file("here/trireme.toml", "[stakes]\nabove_usd = 2.50\npaths = [\"../x\"]\n");
    let done = desk.trireme(&["runs"]);
    assert_eq!(done.code, 2, "{}", done.err);
    assert!(done.err.contains("stakes.paths: \"../x\" is not a path from the root"), "{}", done.err);
    desk.file("here/trireme.toml", "[stakes]\nabove_usd = \"a lot\"\n");
    assert_eq!(desk.trireme(&["runs"]).code, 2);
    desk.file("here/trireme.toml", "[stakes]\nabove_usd = 0.05\npaths = [\"count.txt\"]\n");
    // Every section of the small run has more than that: without anybody to play the advisers it can't go on as before.
    let done = desk.trireme(&["run", "--scenario", &crate::crash::relay(), "--yes"]);
    assert!(done.err.contains("section Counting, with high stakes, asks two advisers (o0)"), "{}", done.err);
}
