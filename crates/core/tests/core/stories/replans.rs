//! Sections in the place of one that was too large: what the Owner approved of it is the most they may do and the least
//! they must.

use expect_test::expect;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{CriteriaSource, Input, Refusal, Run, Stamped, Subject};
use trireme_core::words::*;
use trireme_testkit::fixtures::{begin, lodge, plan, section};
use trireme_testkit::{Disturbance, Play, Script};

use super::{check, check_whole};

const LARGE: &str = "tasks one: a\ntasks two: b\nsay manager core 1: scope_too_large\n";

fn replanned(story: &str) -> Play {
    Play::through(Script::read(&format!("{LARGE}{story}")), Disturbance::None)
}

/// The sections whose criteria a section's place in its phase is held against, by name.
fn held_against(run: &Run, section: u32) -> Vec<String> {
    let sources = run.criteria_of(Subject::Phase(SectionId(section)));
    let name = |source: &CriteriaSource| {
        let CriteriaSource::Section { plan, place, .. } = source else {
            panic!("{source:?}");
        };
        let mut sections = run.sections().iter();
        let found = sections.find(|(_, state)| state.plan == *plan && state.outline.place == *place);
        found.unwrap().1.outline.name.clone()
    };
    sources.iter().map(name).collect()
}

#[test]
fn a_replacement_may_do_no_more_than_what_it_replaces() {
    let play = replanned(
        "phase core 100\nsection core may read,list,edit\nsay orchestrator 2: replan core:one 50 principals yes, two 50",
    );
    for (_, section) in play.world.run.sections().iter() {
        assert_eq!(section.outline.capabilities.tools.iter().count(), 3, "{}", section.outline.name);
        assert!(!section.outline.grants_principal);
    }
    let scopes = play.world.run.agents().iter().skip(1).map(|(_, agent)| agent.scope.tools);
    assert!(scopes.into_iter().all(|scope| !scope.has(Tool::Write) && !scope.has(Tool::Run)));
}

#[test]
fn a_replacement_may_have_the_principals_that_were_approved() {
    let play = replanned(
        "phase core 100\nsection core principals yes\nsay orchestrator 2: replan core:one 50 principals yes, two 50",
    );
    let grants: Vec<_> =
        play.world.run.sections().iter().map(|(_, section)| section.outline.grants_principal).collect();
    assert_eq!(grants, [true, true, false]);
}

#[test]
fn a_replan_that_drops_a_file_is_faulty() {
    check(
        "
        phase core 100
        section core delivers spec.md
        say manager core 1: scope_too_large
        say orchestrator 2: replan core:one 50, two 50
        when spec.md: kill
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: the plan has faults: "spec.md", which "core" had to deliver, is delivered by nobody; give it to a section
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.027 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_replan_with_a_seniority_that_nobody_serves_is_faulty() {
    check(
        "
        phase core 100
        unserved intern
        say manager core 1: scope_too_large
        say orchestrator 2: replan core:one 50 at intern, two 50
        when no model serves seniority: kill
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            the Orchestrator is told: the plan has faults: section "one": no model serves seniority intern here; choose another one
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            core is over: killed
            the run is over: killed
            books: $0.027 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn the_last_replacement_is_held_against_what_it_replaces() {
    let play = replanned("phase core 100\nsay orchestrator 2: replan core:one 50, two 50");
    let run = &play.world.run;
    assert_eq!(run.phases().get(PhaseId(0)).unwrap().joined, [SectionId(1), SectionId(2)]);
    assert_eq!(held_against(run, 2), ["one", "two", "core"]);
}

#[test]
fn a_replacement_is_checked_even_where_its_tree_is_known() {
    for (story, end) in [
        ("phase core 100\nsame phase core\nfail phase core", RunEnd::Verified),
        (
            "phase core 100\nsay manager core 1: scope_too_large\nsay orchestrator 2: replan core:one 100\nsame phase one\nfail phase one",
            RunEnd::Unverified,
        ),
    ] {
        let play = Play::through(Script::read(story), Disturbance::None);
        assert_eq!(play.world.run.end(), Some(end), "{story}");
    }
}

#[test]
fn a_replacement_of_a_replacement_is_held_against_both() {
    let play = replanned(
        "phase core 100\ntasks three: c\nsay manager two 1: scope_too_large\nsay orchestrator 2: replan core:one 50, two 50
        say orchestrator 3: replan two:three 100",
    );
    let held = held_against(&play.world.run, 3);
    assert!(
        ["one", "three", "core", "two"].iter().all(|name| held.iter().any(|held| held == name)),
        "{held:?}"
    );
    assert_eq!(play.world.run.end(), Some(RunEnd::Verified));
}

#[test]
fn a_replacement_that_changes_nothing_is_held_against_what_it_replaces() {
    check(
        "
        phase core 100
        tasks one: a
        say manager core 1: scope_too_large
        say orchestrator 2: replan core:one 50, two 50
        say manager two 1: report
        fail phase two
        ",
        expect![[r#"
            solid answered the Manager of core and called scope_too_large, for $0.003
            core is given back as too large
            the Orchestrator will be told: core is too large
            grand answered the Orchestrator and called replan, for $0.012
            core is replaced by: one, two
            $4.4985 from core to one
            $4.4985 from core to two
            core is over: replaced, it was too large
            solid answered the Manager of one and called spawn_workers, for $0.003
            one has a new task "a" (mid build, agent), because: usual
            attempt 1 at "a" begins, by mid
            solid answered the Manager of two and called report, for $0.003
            two reports that it is done
            checked two: 1 of 1 criteria hold
            the Manager of two is told: done
            the Manager of two is gone: finished
            two is over: verified
            two is closed, $4.4955 of it goes back to the reserve
            solid answered the worker of attempt 1 at "a" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "a"
            solid answered the worker of attempt 1 at "a" and called submit_result, for $0.003
            the worker of attempt 1 at "a" is told: done
            the worker of attempt 1 at "a" is gone: finished
            attempt 1 at "a" claims 1 of 1 criteria
            attempt 1 at "a" changed 1 files
            checked attempt 1 at "a": 1 of 1 criteria hold
            attempt 1 at "a" is over: verified
            the Manager of one is told: back are attempt 1 at "a"
            solid answered the Manager of one and called accept, for $0.003
            "a" is accepted
            merged "a" in its section, to be checked
            "a" in its section is in
            the Manager of one is told: "a" is taken
            solid answered the Manager of one and called report, for $0.003
            one reports that it is done
            checked one: 1 of 1 criteria hold
            the Manager of one is told: done
            the Manager of one is gone: finished
            one is over: verified
            one is closed, $4.4835 of it goes back to the reserve
            merged one in its phase, to be checked
            merged two in its phase, to be checked
            checked two in its phase: 0 of 1 criteria hold, not done
            checked one in its phase: 1 of 1 criteria hold
            one in its phase is in
            two in its phase stays out
            two came to nothing: its phase waits for another plan
            the Orchestrator will be told: two came to nothing
            grand answered the Orchestrator and called replan, for $0.012
            two is dropped
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the run is over: finished, not everything verified
            books: $0.069 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_replacement_is_not_put_out_for_what_another_one_lacks() {
    let play = replanned(
        "phase core 100\nsay orchestrator 2: replan core:one 50, two 50\nsay manager one 3: report partial",
    );
    let run = &play.world.run;
    assert!(!held_against(run, 2).contains(&"core".to_owned()));
    assert_eq!(run.phases().get(PhaseId(0)).unwrap().joined, [SectionId(1), SectionId(2)]);
}

#[test]
fn a_submitted_plan_with_a_seniority_that_nobody_serves_is_faulty() {
    check_whole(
        "
        phase core 100
        section core at intern
        unserved intern
        when no model serves seniority: kill
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called submit_plan, for $0.012
            the Orchestrator is told: the plan has faults: section "core": no model serves seniority intern here; choose another one
            the Owner commands: kill the run
            the Orchestrator is gone: stopped
            the run is over: killed
            books: $0.012 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn a_given_plan_with_a_seniority_that_nobody_serves_is_refused() {
    let mut begin = begin(Money::cents(100), 10, true);
    begin.plan =
        Some(lodge(plan(vec![vec![Section { seniority: Seniority::Intern, ..section("core", 100) }]])));
    begin.catalogue.seniority.remove(&Seniority::Intern);
    let stepped = Run::default().step([Stamped { at: Millis(0), input: Input::Begin(Box::new(begin)) }]);
    assert!(stepped.events.is_empty());
    let Some(Err(Refusal::PlanFaulty(faults))) = stepped.taken.first() else {
        panic!("{:?}", stepped.taken);
    };
    assert_eq!(faults, &["section \"core\": no model serves seniority intern here; choose another one"]);
}
