//! The report of stories: what only many kinds of events together show.

use expect_test::{Expect, expect};
use trireme_core::report::{Documents, Report, Tally};
use trireme_testkit::{Disturbance, Play, Script};

fn report(story: &str) -> Report {
    let journal = Play::through(Script::read(story), Disturbance::None).world.journal;
    let (tally, run) = Tally::fold(journal.iter().map(|(at, event)| (*at, event)));
    Report::of(&run, &tally, &Documents::default())
}

fn check_matters(story: &str, expected: &Expect) {
    let orchestrator = report(story).orchestrator;
    let row = |row: &trireme_core::report::MatterReport| {
        format!("{}: {} times, {} calls, {} tokens\n", row.matter.word(), row.times, row.calls, row.read)
    };
    let rows: String = orchestrator.matters.iter().map(row).collect();
    expected.assert_eq(&format!("{rows}{:?} for each task\n", orchestrator.per_task()));
    assert_eq!(orchestrator.read, orchestrator.matters.iter().map(|row| row.read).sum::<u64>());
}

#[test]
fn what_the_orchestrator_is_asked_for_is_counted_by_matter() {
    check_matters(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        say orchestrator 1: list
        say manager core 1: request_budget 0.10
        say manager cli 1: scope_too_large
        say orchestrator 3: decide_budget r0 0.10
        say orchestrator 4: replan cli: half 100
        when attempt 1: memo orchestrator
        ",
        &expect![[r#"
            planning: 1 times, 2 calls, 2000 tokens
            requests for money: 1 times, 1 calls, 1000 tokens
            re-plans: 1 times, 1 calls, 1000 tokens
            memos: 1 times, 1 calls, 1000 tokens
            the last report: 1 times, 1 calls, 1000 tokens
            Some(2000) for each task
        "#]],
    );
}
