//! Who always has money left to speak: a Manager for its report, the Orchestrator for its word.

use expect_test::expect;
use trireme_core::run::ask::{Ask, ManagerAsk};
use trireme_core::run::event::{RunEnd, SectionEnd};
use trireme_core::run::{Effect, Outcome};
use trireme_core::words::*;
use trireme_testkit::fixtures::{begin, blob, lodge, plan, section};
use trireme_testkit::{Disturbance, Play, Script, World};

use super::{check, check_whole, place, play};

#[test]
fn a_manager_that_spent_a_part_itself_still_reports_for_a_crew_that_is_dry() {
    let spends = |who: &str, turns: std::ops::Range<u32>, call: &str| -> String {
        turns.map(|turn| format!("say {who} {turn}: {call}\nusage {who} {turn}: 1000\n")).collect()
    };
    let story = format!(
        "total 0.4\nplan given\ntasks core: parser\npatience 1\n{}{}",
        spends("manager core", 1..9, "read"),
        spends("worker parser", 1..40, "write")
    );
    let play = Play::through(Script::read(&story), Disturbance::None);
    let section = play.world.run.sections().get(SectionId(0)).unwrap();
    let manager = play.world.run.ledger().get(section.account.unwrap()).unwrap();
    let own = play.world.run.agents().get(section.manager.unwrap()).unwrap().spent;
    assert!(own > Money::cents(36).fraction(20, 100), "{own}");
    assert!(manager.spent > Money::cents(30), "{}", manager.spent);
    assert_eq!(section.end, Some(SectionEnd::Unverified));
    assert!(section.conclusion.is_some(), "it could not report");
}

#[test]
fn a_request_waits_for_an_orchestrator_whose_call_holds_its_whole_reserve() {
    check(
        "
        total 1.5
        plan given
        phase core 50, cli 50
        section cli needs spec.md
        tasks core: parser
        tasks cli: main
        say manager core 1: request_budget 0.01
        say manager cli 1: request_budget 0.01
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.01 (r0); the reserve has $0.15, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            solid answered the Manager of cli and called request_budget, for $0.003
            cli wants $0.01 (r1); the reserve has $0.15, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r1 waits for a decision
            grand answered the Orchestrator and called decide_budget, decide_budget, for $0.012
            $0.01 from the reserve to core
            request r0 is granted $0.01 by the Orchestrator
            the Manager of core is told: request r0 is granted $0.01
            $0.01 from the reserve to cli
            request r1 is granted $0.01 by the Orchestrator
            the Manager of cli is told: request r1 is granted $0.01
            core is over: verified
            cli is over: verified
            the Orchestrator is shown less of what was before
            the run is over: verified and done
            books: $0.06 spent, $0.00 promised, of $1.50"#]],
    );
}

#[test]
fn a_section_that_is_too_large_waits_for_an_orchestrator_whose_call_holds_its_whole_reserve() {
    let story = "
        total 1.5
        plan given
        phase core 50, cli 50
        section cli needs spec.md
        tasks core: parser
        tasks one: main
        say manager core 1: request_budget 0.01
        say manager cli 1: scope_too_large
        say orchestrator 1: decide_budget r0 0; replan cli:one 100
        ";
    let play = Play::through(Script::read(story), Disturbance::None);
    assert_eq!(play.world.run.end(), Some(RunEnd::Verified));
    assert_eq!(play.world.run.sections().len(), 3);
}

#[test]
fn a_phase_that_never_began_pays_for_the_report() {
    check_whole(
        "
        total 1
        reserve 1
        plan given
        phase core 1
        phase cli 99
        ",
        expect![[r#"
            the run begins with $1.00, 1 % of it the Orchestrator's reserve
            a plan is there, of the Owner's (32a63e56023a): phases 2, sections 2
            plan 32a63e56023a starts, as the Owner had said beforehand
            $0.0099 from the pool to core
            $0.9801 from the pool to cli
            phase phase 0 begins
            there is no money for a call of the Manager of core (solid would need $0.018336; second would need $0.024432)
            the Manager of core is gone: no money for its next call
            core is over: budget exhausted
            core is closed, $0.0099 of it goes back to the reserve
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            cli is over: not started
            cli is closed, $0.9801 of it goes back to the reserve
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run is over: budget exhausted
            books: $0.012 spent, $0.00 promised, of $1.00"#]],
    );
}

#[test]
fn a_grant_wakes_those_who_wait_below_it() {
    let lines = play(
        "
        total 0.2
        reserve 50
        plan given
        body 0
        tasks core: a, b
        say manager core 1: request_budget 0.02; diligent
        ",
    );
    let waits = place(&lines, "the worker of attempt 1 at \"b\" waits for money");
    let granted = place(&lines, "$0.02 from the reserve to core");
    let funded = place(&lines, "for the worker of attempt 1 at \"b\", ");
    let back = place(&lines, "solid answered the worker of attempt 1 at \"a\"");
    assert!(waits < granted && granted < funded && funded < back, "{lines:#?}");
}

#[test]
fn a_grant_takes_nothing_from_a_section_that_was_given_back() {
    check(
        "
        total 1.5
        plan given
        phase core 50, cli 50
        tasks core: parser
        say manager core 1: request_budget 0.2
        say manager cli 1: scope_too_large
        when for the Owner to decide: deny r0
        ",
        expect![[r#"
            solid answered the Manager of core and called request_budget, for $0.003
            core wants $0.20 (r0); the reserve has $0.15, 0 of its 0 tasks are merged
            the Orchestrator will be told: request r0 waits for a decision
            solid answered the Manager of cli and called scope_too_large, for $0.003
            cli is given back as too large
            the Orchestrator will be told: cli is too large
            grand answered the Orchestrator and called decide_budget, replan, for $0.012
            the Orchestrator is told: $0.20 is more than the $0.138 that can be moved, so the Owner is asked to decide on r0. Nothing more is yours to do about it.
            request r0 is for the Owner to decide
            cli is dropped
            cli is over: replaced, it was too large
            the Owner commands: deny request r0
            request r0 is denied by the Owner
            the Manager of core is told: request r0 is denied
            core is over: verified
            checked core in its phase: 1 of 1 criteria hold
            phase phase 0 is over, and not all of it is there
            the run closes: a phase did not end whole
            the Orchestrator is shown less of what was before
            the run is over: finished, not everything verified
            books: $0.045 spent, $0.00 promised, of $1.50"#]],
    );
}

#[test]
fn nobody_gives_whose_needs_are_not_known_to_be_there() {
    let cli = Section { needs: vec!["spec.md".to_owned()], ..section("cli", 50) };
    let mut start = begin(Money::cents(1_000), 10, true);
    start.plan = Some(lodge(plan(vec![vec![section("core", 50), cli]])));
    let mut world = World::begin(start);
    // The check of what cli needs takes its time; core's Manager does not wait for it.
    let compose = owed(&world, |effect| matches!(effect, Effect::Compose { .. }));
    world.answer(compose, Outcome::Composed { body_bytes: 500 }).unwrap();
    let call = owed(&world, |effect| matches!(effect, Effect::Call { .. }));
    let reply =
        Reply { served: "solid".to_owned(), stop: Stop::ToolUse, usage: None, latency_ms: 1, sent: None };
    let more = ManagerAsk::RequestBudget { amount: Money::cents(100), reason: blob("more") };
    world
        .answer(call, Outcome::Replied { reply, content: blob("reply"), asks: vec![Ask::Manager(more)] })
        .unwrap();
    assert_eq!(world.run.requests().get(RequestId(0)).unwrap().facts.givable, []);
}

fn owed(world: &World, is: impl Fn(&Effect) -> bool) -> EffectId {
    world.run.owed().find(|(_, effect)| is(effect)).unwrap().0
}

#[test]
fn a_giver_keeps_what_it_needs_for_its_own_report() {
    let story = "
        phase core 50, cli 50
        tasks core: parser
        tasks cli: main
        say manager cli 1: read
        usage manager cli 1: 3000
        say manager core 1: read
        say manager core 2: request_budget 4
        ";
    let play = Play::through(Script::read(story), Disturbance::None);
    let givable = &play.world.run.requests().get(RequestId(0)).unwrap().facts.givable;
    // Half of $4.50 less a tenth of it for the report and $0.032 that its Manager spent, and what it is calling for now.
    let most = Money::cents(450).minus(Money::cents(45)).minus(Money::parse("0.032").unwrap()).fraction(1, 2);
    assert!(givable.iter().all(|(_, amount)| *amount <= most), "{givable:?}, {most}");
    assert_eq!(givable.len(), 1);
}
