//! Sections that came to nothing, and others in their place before the phase ends without them.

use expect_test::expect;
use trireme_core::limits::REPLAN_DEADLINE_MS;
use trireme_core::run::event::{BranchEvent, Event, RunEnd, SectionEnd};
use trireme_core::run::{CriteriaSource, Subject};
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::check;

fn play(story: &str) -> Play {
    Play::through(Script::read(story), Disturbance::None)
}

fn ends(play: &Play) -> Vec<SectionEnd> {
    play.world.run.sections().iter().map(|(_, section)| section.end.unwrap()).collect()
}

/// How often the Orchestrator was asked.
fn asked(play: &Play) -> usize {
    let asked = |event: &&(Millis, Event)| matches!(event.1, Event::Branch(BranchEvent::ReplanAsked { .. }));
    play.world.journal.iter().filter(asked).count()
}

#[test]
fn a_section_that_came_to_nothing_is_done_by_another() {
    check(
        "
        phase core 60, cli 40
        tasks core: parser
        tasks cli: main
        tasks second: main again
        say manager cli 3: report partial
        say orchestrator 2: replan cli plus 0.10:second 100
        ",
        expect![[r#"
            cli reports that it is not done
            core is over: verified
            cli is over: not verified
            cli came to nothing: its phase waits for another plan
            the Orchestrator will be told: cli came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            cli is replaced by: second
            $3.685 from the reserve to second
            solid answered the Manager of second and called spawn_workers, for $0.003
            second has a new task "main again" (mid build, agent), because: usual
            attempt 1 at "main again" begins, by mid
            solid answered the worker of attempt 1 at "main again" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "main again"
            solid answered the worker of attempt 1 at "main again" and called submit_result, for $0.003
            the worker of attempt 1 at "main again" is told: done
            the worker of attempt 1 at "main again" is gone: finished
            attempt 1 at "main again" claims 1 of 1 criteria
            attempt 1 at "main again" changed 1 files
            checked attempt 1 at "main again": 1 of 1 criteria hold
            attempt 1 at "main again" is over: verified
            the Manager of second is told: back are attempt 1 at "main again"
            solid answered the Manager of second and called accept, for $0.003
            "main again" is accepted
            merged "main again" in its section, to be checked
            checked "main again" in its section: 1 of 1 criteria hold
            "main again" in its section is in
            the Manager of second is told: "main again" is taken
            solid answered the Manager of second and called report, for $0.003
            second reports that it is done
            checked second: 1 of 1 criteria hold
            the Manager of second is told: done
            the Manager of second is gone: finished
            second is over: verified
            second is closed, $3.67 of it goes back to the reserve
            merged second in its phase, to be checked
            checked second in its phase: 1 of 1 criteria hold
            second in its phase is in
            the run is over: verified and done
            books: $0.081 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn what_takes_the_place_begins_from_what_the_phase_has() {
    let play = play(
        "phase core 60, cli 40\nsay manager cli 1: report partial\nsay orchestrator 2: replan cli:second 100",
    );
    let run = &play.world.run;
    let advanced = play.world.journal.iter().find_map(|(_, event)| {
        let Event::Branch(BranchEvent::Advanced { subject: Subject::Phase(SectionId(0)), commit, .. }) =
            event
        else {
            return None;
        };
        Some(commit.clone())
    });
    assert_eq!(run.sections().get(SectionId(2)).unwrap().base, advanced);
    assert_eq!(run.end(), Some(RunEnd::Verified));
    // Its place in the phase is held against what the other one had to reach.
    let held = run.criteria_of(Subject::Phase(SectionId(2)));
    let old = run.sections().get(SectionId(1)).unwrap();
    assert!(held.iter().any(|source| matches!(source, CriteriaSource::Section { plan, place, .. }
        if *plan == old.plan && *place == old.outline.place)));
}

#[test]
fn a_section_that_breaks_the_others_is_done_by_another() {
    for story in ["conflict phase cli", "fail phase cli"] {
        let story = format!("phase core 60, cli 40\n{story}\nsay orchestrator 2: replan cli:second 100");
        let play = play(&story);
        assert_eq!(play.world.run.end(), Some(RunEnd::Verified), "{story}");
        assert_eq!(ends(&play), [SectionEnd::Verified; 3]);
        assert_eq!(asked(&play), 1);
    }
}

#[test]
fn several_come_in_one_turn_and_the_next_phase_begins_once_all_are_replaced() {
    let play = play(
        "phase core 30, cli 30
        phase docs 40
        say manager core 1: report partial
        say manager cli 1: report partial
        say orchestrator 2: replan core:one 100; replan cli:two 100",
    );
    let run = &play.world.run;
    assert_eq!(run.end(), Some(RunEnd::Verified));
    let told = &run.agents().get(run.orchestrator().unwrap()).unwrap().turns[1].notices;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(run.phases().iter().all(|(_, phase)| phase.ended == Some(true)));
}

#[test]
fn one_that_is_dropped_ends_the_phase_once_the_other_is_replaced() {
    let play = play(
        "phase core 50, cli 50
        say manager core 1: report partial
        say manager cli 1: report partial
        say orchestrator 2: replan core:; replan cli:two 100",
    );
    let run = &play.world.run;
    assert_eq!(run.end(), Some(RunEnd::Unverified));
    assert_eq!(run.sections().get(SectionId(2)).unwrap().end, Some(SectionEnd::Verified));
    assert_eq!(asked(&play), 2);
}

#[test]
fn a_line_is_replanned_twice_at_most() {
    let play = play(
        "phase core 100
        say manager core 1: report partial
        say manager one 1: report partial
        say manager two 1: report partial
        say orchestrator 2: replan core:one 100
        say orchestrator 3: replan one:two 100
        say orchestrator 4: replan two:three 100",
    );
    assert_eq!((asked(&play), ends(&play)), (2, vec![SectionEnd::Unverified; 3]));
    assert_eq!(play.world.run.end(), Some(RunEnd::Unverified));
}

#[test]
fn one_that_was_too_large_twice_is_given_up() {
    let play = play(
        "phase core 100
        say manager core 1: scope_too_large
        say manager one 1: scope_too_large
        say manager two 1: scope_too_large
        say orchestrator 2: replan core:one 100
        say orchestrator 3: replan one:two 100
        say orchestrator 4: replan two:three 100",
    );
    assert_eq!(ends(&play), [SectionEnd::TooLarge; 3]);
}

#[test]
fn nobody_is_asked_where_it_is_in_vain() {
    for story in [
        // The Owner stopped it.
        "when core has a new task: kill s0",
        // Its money is gone.
        "total 0.10\nreserve 80",
        // A section of the phase is lost for good.
        "phase core 50, cli 50\nsay manager cli 1: report partial\nwhen core has a new task: kill s0",
        // The Orchestrator is gone.
        "plan given\nphase core 50, cli 50\nsay manager cli 1: request_budget 1.00\nsay orchestrator 1-3: nothing\nsay manager core 1: report partial",
        // Nobody manages it.
        "path direct\nfail section Direct",
        // This machine is broken.
        "tasks core: parser\npatience 1\nbreak parser@1",
    ] {
        let play = play(story);
        assert!(play.world.run.end().is_some_and(|end| end != RunEnd::Verified), "{story}");
        assert_eq!(asked(&play), 0, "{story}");
    }
}

#[test]
fn an_orchestrator_that_says_nothing_in_time_ends_the_phase() {
    let play = play("say manager core 1: report partial\nsilent orchestrator 2\nwhen nobody comes: kill");
    let at = |wanted: fn(&BranchEvent) -> bool| {
        let found =
            play.world.journal.iter().find(|(_, event)| matches!(event, Event::Branch(one) if wanted(one)));
        found.unwrap().0.0
    };
    let asked = at(|event| matches!(event, BranchEvent::ReplanAsked { .. }));
    let dropped = at(|event| matches!(event, BranchEvent::ReplanDropped { .. }));
    assert_eq!(dropped - asked, REPLAN_DEADLINE_MS);
    assert_eq!(play.world.run.phases().get(PhaseId(0)).unwrap().ended, Some(false));
}

#[test]
fn an_orchestrator_that_is_gone_ends_the_phase() {
    let play = play(
        "phase core 50, cli 50
        say manager core 1: report partial
        say manager cli 1: report partial
        say orchestrator 2-4: nothing",
    );
    assert_eq!(play.world.run.end(), Some(RunEnd::Unverified));
    let dropped = play
        .world
        .journal
        .iter()
        .filter(|(_, event)| matches!(event, Event::Branch(BranchEvent::ReplanDropped { .. })));
    assert_eq!(dropped.count(), 2);
}

#[test]
fn more_than_the_reserve_has_is_not_added() {
    check(
        "
        say manager core 1: report partial
        say orchestrator 2: replan core plus 10:one 100
        when can't be $10.00: kill
        ",
        expect![[r#"
            core reports that it is not done
            core is over: not verified
            core came to nothing: its phase waits for another plan
            the Orchestrator will be told: core came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: add_usd can't be $10.00: "core" has $8.997 left, and your reserve has $0.976 to add to that. Choose another amount, or drop the section with an empty list.
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the run is over: killed
            books: $0.027 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_total_that_is_lowered_below_what_is_gone_ends_the_wait() {
    let play = play("say manager core 1: report partial\nwhen its phase waits: budget 0.01");
    assert_eq!(play.world.run.end(), Some(RunEnd::BudgetExhausted));
}
