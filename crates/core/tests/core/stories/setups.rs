//! Set-up: what comes before the sections of a phase, and what becomes of a run without it.

use expect_test::expect;
use trireme_core::run::event::RunEnd;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, place, play};

const TWO_PHASES: &str = "
    phase core 50
    phase cli 50
    setup node run
    setup venv section
";

#[test]
fn nobody_begins_before_what_is_set_up_for_them() {
    let lines = play(TWO_PHASES);
    let at = |words: &str| place(&lines, words);
    let (approved, phase) = (at("as the Owner had said beforehand"), at("phase phase 0 begins"));
    let (node, done) = (at("set-up \"node\" begins"), at("set-up \"node\" is done, 4000 ms"));
    let (venv, manager) = (at("set-up \"venv\" begins"), at("the Manager of core is there"));
    assert!(approved < phase && phase < node && node < done && done < venv && venv < manager, "{lines:#?}");
    let again: Vec<_> =
        lines.iter().skip(at("phase phase 1 begins")).filter(|line| line.contains("set-up")).collect();
    assert_eq!(again.len(), 2, "only the one that is looked at again: {again:#?}");
    assert!(again[0].contains("venv"));
}

#[test]
fn a_run_whose_set_up_fails_ends_before_anybody_is_paid_for_work() {
    check(
        "
        setup node run
        setup venv run
        fail setup node in p0
        ",
        expect![[r#"
            set-up "node" ended with exit code 1: no network
            the run closes: a set-up command failed
            core is over: not started
            the Orchestrator is gone: stopped
            the run is over: failed
            books: $0.012 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn what_is_merged_is_not_lost_when_a_later_set_up_fails() {
    for (wrong, why) in [("fail setup venv in p1", "no network"), ("break setup venv in p1", "no folder")] {
        let story = format!("{TWO_PHASES}\n{wrong}");
        let run = Play::through(Script::read(&story), Disturbance::None).world.run;
        assert_eq!(run.end(), Some(RunEnd::Failed), "{wrong}");
        assert!(run.broken().unwrap().contains(why), "{wrong}");
        assert_ne!(
            run.tip(),
            Some(&run.head().unwrap().base),
            "{wrong}: what the first phase made is published"
        );
        let published = play(&story);
        place(&published, "the run's branch is set");
    }
}

#[test]
fn a_section_that_the_owner_stops_meanwhile_does_not_begin() {
    let lines = play(
        "
        setup node run
        when set-up \"node\" begins: kill s0
        ",
    );
    assert!(!lines.iter().any(|line| line.contains("Manager of core begins")), "{lines:#?}");
    place(&lines, "the run is over");
}
