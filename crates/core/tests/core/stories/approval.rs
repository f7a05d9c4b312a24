//! What the Owner can do to a plan that waits, beside yes and no.

use expect_test::expect;

use super::{check, place, play};
use trireme_core::limits::PLAN_REVISIONS;
use trireme_testkit::fixtures::{plan, section};

#[test]
fn a_sentence_sends_the_plan_back_and_the_orchestrator_submits_anew() {
    check(
        "
        ask first
        say orchestrator 2: submit_plan mine
        tasks mine: parser
        when a plan is there (XXXX: revise
        when a plan is there (YYYY: approve
        ",
        expect!["books: $0.012 spent, $0.00 promised, of $10.00"],
    );
}

#[test]
fn an_edited_plan_takes_the_place_of_the_other_and_the_orchestrator_is_told() {
    let lines = play("ask first\nwhen a plan is there (: edit mine, approve\ntasks mine: a");
    place(&lines, "the Orchestrator is told: the plan is approved as the Owner changed it");
    place(&lines, "mine is over: verified");
}

#[test]
fn a_faulty_edit_changes_nothing_and_says_what_is_wrong() {
    check(
        "
        ask first
        tasks core: parser
        when a plan is there: edit bad, approve
        ",
        expect![[r#"
            the Owner commands: approve the plan
            the Owner approved plan 4e36e904d017
            core is over: verified
            the run is over: verified and done
            books: $0.039 spent, $0.00 promised, of $10.00
            refused: the plan has faults:
            - every phase needs at least one section
            - budget_pct of all sections adds up to 0.00, not to 100; change the shares"#]],
    );
}

#[test]
fn a_direct_plan_that_is_sent_back_goes_to_the_orchestrator() {
    let lines = play(
        "path direct\nask first\ntasks core: parser\nwhen of the engine's: revise\nwhen a plan is there (: approve",
    );
    let up = place(&lines, "the path is orchestrate: the Owner asked for another plan");
    assert!(up < place(&lines, "the Orchestrator and called submit_plan"), "{lines:#?}");
    place(&lines, "core is over: verified");
    assert!(lines.iter().all(|line| !line.contains("Direct has a new task")), "{lines:#?}");
}

#[test]
fn a_plan_is_sent_back_only_so_often() {
    let hash = |name: &str| plan(vec![vec![section(name, 100)]]).hash().short();
    let mut story = "total 100\nask first\n".to_owned();
    for turn in 1..=9 {
        let name = format!("p{turn}");
        story += &format!("say orchestrator {turn}: submit_plan {name}\nwhen ({}): revise\n", hash(&name));
    }
    let lines = play(&story);
    let back = lines.iter().filter(|line| line.contains("the plan goes back")).count();
    assert_eq!(back, usize::from(PLAN_REVISIONS), "{lines:#?}");
}

#[test]
fn nothing_but_planning_is_spent_before_the_approval() {
    let lines = play("ask first\nwhen a plan is there: edit mine");
    let paid: Vec<_> = lines.iter().filter(|line| line.contains(", for $")).collect();
    assert!(paid.iter().all(|line| line.contains("the Orchestrator")), "{paid:#?}");
    assert!(lines.iter().all(|line| !line.contains("phase 0 begins")), "{lines:#?}");
}

#[test]
fn an_approved_plan_is_not_changed_any_more() {
    let story = "tasks core: parser\nwhen phase phase 0 begins: edit mine, revise";
    check(
        story,
        expect![[r#"
        core is over: verified
        the run is over: verified and done
        books: $0.039 spent, $0.00 promised, of $10.00
        refused: the plan is approved already, and what is approved is not changed; `trireme kill` stops a run
        refused: the plan is approved already, and what is approved is not changed; `trireme kill` stops a run"#]],
    );
}
