//! Second opinions: two advisers at once, of different families, and a third who makes one of them.

use expect_test::expect;
use trireme_core::run::event::{OpinionEnd, RunEnd, Seat};
use trireme_core::words::*;
use trireme_testkit::{Disturbance, Play, Script};

use super::{check_whole, place, play};

fn played(story: &str) -> Play {
    Play::through(Script::read(story), Disturbance::None)
}

fn ended(story: &str) -> (Option<RunEnd>, Option<OpinionEnd>) {
    let play = played(story);
    (play.world.run.end(), play.world.run.opinions().get(OpinionId(0)).and_then(|state| state.end))
}

#[test]
fn a_decision_with_high_stakes_rests_on_two_families_and_a_third() {
    check_whole(
        "
        tasks core: parser
        decision which way? on o0
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called second_opinion, for $0.012
            the Orchestrator asks two advisers (o0): one of family a (principal) and one of another family than a (staff)
            adviser 1 on o0 waits for money that is promised to others
            second answered adviser 2 on o0 and called read, for $0.0042
            grand answered adviser 1 on o0 and called read, for $0.012
            read did what was asked for adviser 2 on o0
            read did what was asked for adviser 1 on o0
            second answered adviser 2 on o0 and called submit_opinion, for $0.0042
            adviser 2 on o0 is told: done
            adviser 2 on o0 answered, its confidence is medium
            adviser 2 on o0 is gone: finished
            grand answered adviser 1 on o0 and called submit_opinion, for $0.012
            adviser 1 on o0 is told: done
            adviser 1 on o0 answered, its confidence is medium
            adviser 1 on o0 is gone: finished
            both answers to o0 are there; a third model makes one of them
            grand answered the Synthesist of o0 and called synthesize, for $0.012
            the Synthesist of o0 is told: done
            on o0 the advisers agree in 1 points and disagree in 1
            the Synthesist of o0 is gone: finished
            o0 is over: one was made of two
            the Orchestrator is told: o0 is over
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (93340b122ba7): phases 1, sections 1
            plan 93340b122ba7 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            the Orchestrator is shown less of what was before
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent), because: usual
            attempt 1 at "parser" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.985 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: verified and done
            books: $0.0954 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn both_calls_leave_before_either_is_answered() {
    let lines = play("tasks core: parser\nsay orchestrator 1: second_opinion");
    let promised = |adviser: &str| place(&lines, &format!("for adviser {adviser} on o0"));
    let first = lines.iter().position(|line| line.contains("answered adviser")).unwrap();
    assert!(promised("1") < first && promised("2") < first);
}

#[test]
fn a_plan_that_rests_on_nothing_is_faulty() {
    for (named, why) in [
        ("which way?", "call second_opinion first with this question"),
        ("which way? on o7", "no opinion of that name came; yours are: none yet"),
    ] {
        let lines = play(&format!(
            "tasks core: parser\ndecision {named}\nsay orchestrator 1: submit_plan\nsay orchestrator 2: submit_plan\nsay orchestrator 3: submit_plan\nsay orchestrator 4: submit_plan"
        ));
        assert!(place(&lines, why) < place(&lines, "the run is over: failed"), "{lines:#?}");
    }
}

#[test]
fn only_one_answer_is_said_to_be_only_one() {
    check_whole(
        "
        tasks core: parser
        say orchestrator 1: second_opinion
        fault adviser o0-2 1: 404, 404, 404, 404
        ",
        expect![[r#"
            the run begins with $10.00, 10 % of it the Orchestrator's reserve
            grand answered the Orchestrator and called second_opinion, for $0.012
            the Orchestrator asks two advisers (o0): one of family a (principal) and one of another family than a (staff)
            adviser 1 on o0 waits for money that is promised to others
            a call of adviser 2 on o0 failed, $0.00 is charged: the provider refuses the request (404): 404
            adviser 2 on o0 is gone: the provider refuses the request (404): 404
            grand answered adviser 1 on o0 and called read, for $0.012
            read did what was asked for adviser 1 on o0
            grand answered adviser 1 on o0 and called submit_opinion, for $0.012
            adviser 1 on o0 is told: done
            adviser 1 on o0 answered, its confidence is medium
            adviser 1 on o0 is gone: finished
            o0 is over: only one answered
            the Orchestrator is told: o0 is over
            grand answered the Orchestrator and called submit_plan, for $0.012
            a plan is there (4e36e904d017): phases 1, sections 1
            plan 4e36e904d017 starts, as the Owner had said beforehand
            $9.00 from the pool to core
            the Orchestrator is told: the plan is approved
            the Orchestrator is shown less of what was before
            phase phase 0 begins
            solid answered the Manager of core and called spawn_workers, for $0.003
            core has a new task "parser" (mid build, agent), because: usual
            attempt 1 at "parser" begins, by mid
            solid answered the worker of attempt 1 at "parser" and called write, for $0.003
            write did what was asked for the worker of attempt 1 at "parser"
            solid answered the worker of attempt 1 at "parser" and called submit_result, for $0.003
            the worker of attempt 1 at "parser" is told: done
            the worker of attempt 1 at "parser" is gone: finished
            attempt 1 at "parser" claims 1 of 1 criteria
            attempt 1 at "parser" changed 1 files
            checked attempt 1 at "parser": 1 of 1 criteria hold
            attempt 1 at "parser" is over: verified
            the Manager of core is told: back are attempt 1 at "parser"
            solid answered the Manager of core and called accept, for $0.003
            "parser" is accepted
            merged "parser" in its section, to be checked
            "parser" in its section is in
            the Manager of core is told: "parser" is taken
            solid answered the Manager of core and called report, for $0.003
            core reports that it is done
            checked core: 1 of 1 criteria hold
            the Manager of core is told: done
            the Manager of core is gone: finished
            core is over: verified
            core is closed, $8.985 of it goes back to the reserve
            merged core in its phase, to be checked
            checked core in its phase: 1 of 1 criteria hold
            core in its phase is in
            phase phase 0 is over, every section of it verified
            the run closes: all phases are over
            checked the whole: 1 of 1 criteria hold
            the Orchestrator will be told: all is over but the report
            grand answered the Orchestrator and called report, for $0.012
            the Orchestrator is told: done
            the Orchestrator gave its report
            the Orchestrator is gone: finished
            the run's branch is set
            the run is over: verified and done
            books: $0.075 spent, $0.00 promised, of $10.00"#]],
    );
}

#[test]
fn nobody_and_late_are_ends_too() {
    let ask = "tasks core: parser\nsay orchestrator 1: second_opinion\n";
    let silent = "fault adviser o0-1 1: 404\nfault adviser o0-2 1: 404";
    assert_eq!(ended(&format!("{ask}{silent}")), (Some(RunEnd::Verified), Some(OpinionEnd::Unanswered)));
    let idle: String = (1..=3).map(|turn| format!("say synthesist o0 {turn}: nothing\n")).collect();
    assert_eq!(ended(&format!("{ask}{idle}")), (Some(RunEnd::Verified), Some(OpinionEnd::Unsynthesized)));
}

#[test]
fn a_failover_stays_on_its_side() {
    // Two families at the same seniority; the first one's model goes down in the middle.
    let play = played(
        "tasks core: parser\nserve principal: solid, second, grand\nsay orchestrator 1: second_opinion\nfault adviser o0-1 1: 404",
    );
    let run = &play.world.run;
    let advisers = run.agents().iter().filter(|(_, agent)| matches!(agent.seat, Seat::Adviser(..)));
    let models: Vec<_> = advisers.map(|(_, agent)| agent.model.clone().unwrap()).collect();
    assert_eq!(models, ["grand", "second"]);
    assert_eq!(run.opinions().get(OpinionId(0)).unwrap().end, Some(OpinionEnd::Synthesized));
}

#[test]
fn one_family_gives_two_models_and_says_so_and_one_model_is_refused() {
    let lines = play("never b\ntasks core: parser\nsay orchestrator 1: second_opinion");
    assert!(lines[place(&lines, "asks two advisers")].contains("only one family can be had"), "{lines:#?}");
    let lines = play("tasks core: parser\npin adviser: grand\nsay orchestrator 1: second_opinion");
    let refusal = &lines[place(&lines, "There can be no second opinion")];
    assert!(refusal.contains("grand is the only one here; name models of two makers"), "{refusal}");
}

#[test]
fn a_section_with_high_stakes_begins_with_an_opinion_on_its_own_money() {
    for story in [
        "section core stakes high",
        "rule all",
        "rule above 1.00",
        "rule path src/*.rs\nsection core delivers src/a.rs",
    ] {
        let play = played(&format!("phase core 100\n{story}\ntasks core: parser"));
        let run = &play.world.run;
        assert_eq!(run.end(), Some(RunEnd::Verified), "{story}");
        let state = run.opinions().get(OpinionId(0)).unwrap();
        assert_eq!((state.asker, state.end), (Asker::Section(SectionId(0)), Some(OpinionEnd::Synthesized)));
        let section = run.sections().get(SectionId(0)).unwrap();
        assert_eq!(Some(state.account), section.account);
        let manager = section.manager.unwrap();
        let advisers = state.sides.iter().map(|side| side.agent.unwrap());
        assert!(advisers.into_iter().all(|adviser| adviser < manager), "{story}");
    }
    let normal = played("phase core 100\nrule above 9.50\nrule path docs/**\ntasks core: parser");
    assert!(normal.world.run.opinions().is_empty());
}

#[test]
fn without_a_manager_the_worker_begins_with_the_opinion() {
    let by_flag = "stakes high";
    for (path, rule) in
        [("direct", by_flag), ("solo", by_flag), ("direct", "rule all"), ("direct", "rule above 1.00")]
    {
        let play = played(&format!("path {path}\n{rule}"));
        let run = &play.world.run;
        assert_eq!(run.end(), Some(RunEnd::Verified), "{path}, {rule}");
        let state = run.opinions().get(OpinionId(0)).unwrap();
        assert_eq!(
            (state.asker, state.end),
            (Asker::Section(SectionId(0)), Some(OpinionEnd::Synthesized)),
            "{path}, {rule}"
        );
        let worker = run.attempts().get(AttemptId(0)).unwrap().worker.unwrap();
        assert!(
            state.synthesist.unwrap() < worker,
            "{path}, {rule}: the worker begins when the advisers are heard"
        );
    }
    assert!(played("path direct\nrule above 9.50").world.run.opinions().is_empty());
}

#[test]
fn an_intent_on_which_much_hangs_is_planned() {
    let small = "path judged\nintent Tidy migrations/001.sql up.\n";
    place(&play(small), "the path is direct, by rule");
    for rule in ["stakes high", "rule all", "rule path migrations/**"] {
        let lines = play(&format!("{small}tasks core: parser\n{rule}"));
        place(&lines, "the path is orchestrate, by rule: much hangs on it");
    }
    // How much money there is says nothing of the work; it is heard on all the same.
    let lines = play(&format!("{small}rule above 1.00"));
    assert!(place(&lines, "the path is direct") < place(&lines, "asks two advisers"), "{lines:#?}");
    // Nor is it forgotten where a model chose.
    let lines = play("path judged\nrule above 1.00");
    assert!(
        place(&lines, "the path is direct, by a model") < place(&lines, "asks two advisers"),
        "{lines:#?}"
    );
}

#[test]
fn where_nobody_can_be_asked_the_worker_begins_all_the_same() {
    let lines = play("path direct\nstakes high\npin adviser: grand");
    let nobody = place(&lines, "nobody can be asked for an opinion on Direct");
    assert!(nobody < place(&lines, "has a new task"), "{lines:#?}");
    place(&lines, "the run is over: verified and done");
}

#[test]
fn a_direct_task_ends_with_its_section_while_advisers_are_heard() {
    let play = played("path direct\nstakes high\nwhen asks two advisers: kill s0");
    let run = &play.world.run;
    assert_eq!(run.opinions().get(OpinionId(0)).unwrap().end, Some(OpinionEnd::Dropped));
    assert!(run.tasks().is_empty() && run.end().is_some());
}

#[test]
fn a_manager_asks_only_where_much_hangs_on_it() {
    let lines = play("tasks core: parser\nsay manager core 1: second_opinion");
    place(&lines, "The stakes of your section are not high, so it gets no second opinion");
    let asks = "tasks core: parser\nsection core stakes high\nsay manager core 1: second_opinion";
    let play = played(&format!("phase core 100\n{asks}"));
    assert_eq!(play.world.run.opinions().len(), 2);
    let asker = play.world.run.opinions().get(OpinionId(1)).unwrap().asker;
    assert!(matches!(asker, Asker::Agent { .. }));
}

#[test]
fn a_killed_section_takes_its_opinion_with_it() {
    let story =
        "phase core 60, cli 40\nsection core stakes high\ntasks cli: main\nwhen asks two advisers: kill s0";
    let play = played(story);
    let state = play.world.run.opinions().get(OpinionId(0)).unwrap();
    assert_eq!(state.end, Some(OpinionEnd::Dropped));
    assert!(play.world.run.sections().get(SectionId(0)).unwrap().manager.is_none());
}

#[test]
fn without_money_for_the_second_side_only_one_answers() {
    let play = played("total 0.30\nreserve 60\nsay orchestrator 1: second_opinion\ntasks core: parser");
    assert!(play.world.run.end().is_some());
    let state = play.world.run.opinions().get(OpinionId(0)).unwrap();
    assert!(state.end.is_some(), "{state:?}");
}

#[test]
fn an_opinion_can_be_all_that_is_wanted() {
    check_whole(
        "opinion principal\ntotal 1",
        expect![[r#"
        the run begins with $1.00, 100 % of it the Orchestrator's reserve
        the Owner asks two advisers (o0): one of family a (principal) and one of another family than a (staff)
        adviser 1 on o0 waits for money that is promised to others
        second answered adviser 2 on o0 and called read, for $0.0042
        grand answered adviser 1 on o0 and called read, for $0.012
        read did what was asked for adviser 2 on o0
        read did what was asked for adviser 1 on o0
        second answered adviser 2 on o0 and called submit_opinion, for $0.0042
        adviser 2 on o0 is told: done
        adviser 2 on o0 answered, its confidence is medium
        adviser 2 on o0 is gone: finished
        grand answered adviser 1 on o0 and called submit_opinion, for $0.012
        adviser 1 on o0 is told: done
        adviser 1 on o0 answered, its confidence is medium
        adviser 1 on o0 is gone: finished
        both answers to o0 are there; a third model makes one of them
        grand answered the Synthesist of o0 and called synthesize, for $0.012
        the Synthesist of o0 is told: done
        on o0 the advisers agree in 1 points and disagree in 1
        the Synthesist of o0 is gone: finished
        o0 is over: one was made of two
        the run is over: verified and done
        books: $0.0444 spent, $0.00 promised, of $1.00"#]],
    );
    let one = "opinion principal\ntotal 1\n";
    let down = "fault adviser o0-2 1: 404\n";
    assert_eq!(ended(&format!("{one}{down}")), (Some(RunEnd::Unverified), Some(OpinionEnd::OnlyOne)));
    let both = "fault adviser o0-1 1: 404\nfault adviser o0-2 1: 404";
    assert_eq!(ended(&format!("{one}{both}")), (Some(RunEnd::Failed), Some(OpinionEnd::Unanswered)));
    let poor = ended("opinion principal\ntotal 0.001");
    assert_eq!(poor, (Some(RunEnd::BudgetExhausted), Some(OpinionEnd::Unanswered)));
    let killed = ended(&format!("{one}when asks two advisers: kill"));
    assert_eq!(killed, (Some(RunEnd::Killed), Some(OpinionEnd::Dropped)));
}

#[test]
fn other_roles_forge_no_opinions() {
    let lines =
        play("tasks core: parser\nsay worker parser 1: submit_opinion 0\nsay manager core 1: synthesize");
    place(&lines, "submit_opinion is not a tool of your role");
    place(&lines, "synthesize is not a tool of your role");
}
