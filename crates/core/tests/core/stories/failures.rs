//! The taxonomy: a story for each of its names, and what else is told beside it. Counting events counts failures, so nothing
//! is told twice.

use std::collections::BTreeSet;

use trireme_core::Run;
use trireme_core::failure::Failure;
use trireme_core::report::{Documents, Report, Tally};
use trireme_testkit::{Disturbance, Play, Script};

/// The labels of a story in the order of its events.
fn labels(story: &str) -> Vec<String> {
    let journal = Play::through(Script::read(story), Disturbance::None).world.journal;
    let (tally, run) = Tally::fold(journal.iter().map(|(at, event)| (*at, event)));
    let (mut before, mut labels) = (Run::default(), Vec::new());
    for (at, event) in &journal {
        labels.extend(Failure::of(&before, event).map(Failure::label));
        before.apply(*at, event);
    }
    let report = Report::of(&run, &tally, &Documents::default());
    let counted: u64 = report.failures.iter().map(|failure| failure.times).sum();
    assert_eq!(counted, labels.len() as u64, "the report counts what the log labels");
    labels
}

const BESIDE: &str = "phase core 60, cli 40\ntasks core: parser\ntasks cli: main\n";

/// Stories with all that goes wrong in them, in order.
const STORIES: [(&str, &[&str]); 44] = [
    ("say orchestrator 1: submit_plan bad", &["specification/faulty_plan"]),
    ("tasks core: parser\nsay manager core 1: spawn bad", &["specification/faulty_contract"]),
    ("tasks core: parser\nsay worker parser 1: contract_defect", &["specification/contract_defect"]),
    (
        "say manager core 1: scope_too_large\nsay orchestrator 2: replan core: half 100",
        &["specification/scope_too_large"],
    ),
    ("tasks core: parser\nseal parser outside", &["specification/outside_write_set"]),
    ("tasks core: parser\nsay worker parser 2: spawn writer", &["specification/role_breach"]),
    ("tasks core: parser\nsay worker parser 2: unknown fly", &["specification/role_breach"]),
    ("tasks core: parser\nsay worker parser 2: malformed read", &["specification/malformed_call"]),
    ("tasks core: parser\nsay worker parser 1-9: nothing", &["specification/no_tool_call"]),
    ("tasks core: parser\nsay worker parser 1-199: read", &["specification/endless_loop"]),
    ("tasks core: parser, writer\nconflict task writer", &["coordination/merge_conflict"]),
    ("{beside}conflict phase cli", &["coordination/merge_conflict"]),
    ("tasks core: parser, writer\nfail merged writer", &["coordination/broken_by_merge"]),
    // A joined section breaks what the others were to be.
    ("{beside}fail phase cli", &["coordination/broken_by_merge"]),
    (
        "phase core 60\nphase cli 40\nsection core delivers a.rs\nsection cli needs a.rs\ntasks core: parser\ntasks cli: main\nfail needs cli",
        &["coordination/missing_artifact"],
    ),
    // A file that it should have left: it says that it is done again and again, and the file does not come.
    (
        "phase core 100\nsection core delivers a.rs\ntasks core: parser\nlack section core times 9",
        &[
            "verification/premature_report",
            "verification/premature_report",
            "verification/premature_report",
            "coordination/missing_artifact",
        ],
    ),
    (
        "phase core 100\nsection core delivers a.rs\ntasks core: parser\nsay manager core 3: report partial\nlack section core",
        &["coordination/missing_artifact"],
    ),
    (
        "{beside}fail attempt parser@1\nsay manager core 2: memo cli BLOCKER which columns for parser; request_budget 5\nwhen for the Owner to decide: pause, resume",
        &["verification/false_claim", "coordination/unanswered_memo", "surroundings/late"],
    ),
    ("tasks core: parser\nfail attempt parser", &["verification/false_claim"]),
    ("tasks core: parser\nrubric parser\nsay reviewer parser 1: verdict none", &["verification/not_met"]),
    ("tasks core: parser\nfail whole", &["verification/not_met"]),
    ("tasks core: parser\nsay manager core 3: report partial\nfail section core", &["verification/not_met"]),
    ("path direct\nfail section Direct", &["verification/not_met"]),
    ("tasks core: parser\nseal parser nothing", &["verification/no_change"]),
    ("tasks core: parser\nseal parser weakened", &["verification/weakened_tests"]),
    ("tasks core: parser\nsay worker parser 1: submit", &["verification/no_activity"]),
    ("tasks core: parser\nsay worker parser 2: submit denied", &["verification/contradicted"]),
    ("tasks core: parser\nsay worker parser 2-9: submit unchecked", &["verification/no_self_check"]),
    ("tasks core: parser\nfail section core", &["verification/premature_report"]),
    (
        "tasks core: parser\nfail section core times 9",
        &[
            "verification/premature_report",
            "verification/premature_report",
            "verification/premature_report",
            "verification/premature_report",
        ],
    ),
    ("patience 1\ntasks core: parser\ncap parser 0", &["surroundings/no_money"]),
    ("tasks core: parser\nusage worker parser 1: 50000\nwhen more than: resume", &["surroundings/overrun"]),
    ("tasks core: parser\nfault worker parser 1: 400, 400", &["surroundings/provider"]),
    (
        "phase core 100\npin adviser: grand\nsection core stakes high\ntasks core: parser",
        &["surroundings/provider"],
    ),
    // The Reviewer can't go on: that is not the worker's fault.
    ("tasks core: parser\nrubric parser\nfault reviewer parser 1: 400, 400", &["surroundings/provider"]),
    ("tasks core: parser\nsilent worker parser 1", &["surroundings/late"]),
    ("tasks core: parser\nrubric parser\nsilent reviewer parser 1", &["surroundings/late"]),
    ("tasks core: parser\nslow attempt parser", &["surroundings/late"]),
    ("tasks core: parser\nsay orchestrator 1: ask_owner which dialect", &["surroundings/late"]),
    ("tasks core: parser\nsay manager core 1: request_budget 5", &["surroundings/late"]),
    (
        "say manager core 1: scope_too_large\nsilent orchestrator 2\nwhen core is over: kill",
        &["specification/scope_too_large", "surroundings/late"],
    ),
    ("tasks core: parser\nbreak parser@1", &["surroundings/machine"]),
    ("tasks core: parser\nbreak attempt parser@1", &["surroundings/machine"]),
    ("tasks core: parser\nbreak section core", &["surroundings/machine"]),
];

#[test]
fn each_failure_is_labelled_once() {
    for (story, expected) in STORIES {
        let told = labels(&story.replace("{beside}", BESIDE));
        assert_eq!(told, *expected, "{story}");
    }
}

#[test]
fn every_name_has_a_story() {
    let told: BTreeSet<String> =
        STORIES.iter().flat_map(|(_, labels)| *labels).map(|label| (*label).to_owned()).collect();
    let all: BTreeSet<String> = Failure::ALL.into_iter().map(Failure::label).collect();
    assert_eq!(told, all);
}

/// Whoever stops something, or finds that nobody waits any more, is no failure.
#[test]
fn what_the_owner_stops_is_no_failure() {
    for story in [
        "tasks core: parser\nwhen attempt 1: kill",
        "tasks core: parser\nwhen attempt 1: kill t0",
        "phase core 60, cli 40\ntasks cli: main\nsay manager core 1: request_budget 5; request_budget 6\nwhen core wants $6.00: kill s0",
        "say manager core 1: report partial\nsilent orchestrator 2\nwhen its phase waits: kill",
    ] {
        assert_eq!(labels(story), Vec::<String>::new(), "{story}");
    }
}
