//! What each role reads in fixed situations. Run with UPDATE_EXPECT=1 to see a change as a diff, and read it as a model.

use expect_test::{ExpectFile, expect, expect_file};
use serde_json::json;

use super::story::*;
use crate::limits::{HIDDEN_INPUT_TOKENS, ORCHESTRATOR_CONTEXT_TOKENS};
use crate::prompts::documents::{
    Cut, excerpt, render_contract, render_diff, render_section, render_section_in_full,
};
use crate::run::event::Seat;
use crate::run::{Command, Subject, Target};
use crate::words::*;

pub(super) const CORE: Seat = Seat::Manager(SectionId(0));
const CLI: Seat = Seat::Manager(SectionId(1));

pub(super) fn worker(attempt: u32) -> Seat {
    Seat::Worker(AttemptId(attempt))
}

fn reviewer(attempt: u32) -> Seat {
    Seat::Reviewer(AttemptId(attempt))
}

/// A whole prompt and the most that it may have, in bytes.
pub(super) fn prompt(text: &str, bytes_max: usize, expected: &ExpectFile) {
    expected.assert_eq(text);
    assert!(text.len() <= bytes_max, "{} bytes, {bytes_max} are allowed", text.len());
}

pub(super) fn spawned() -> Story {
    let mut story = Story::planned();
    let tasks = json!([contract("Parser", "src/parser.rs"), contract("Validator", "src/validator.rs")]);
    story.says(CORE, &[("spawn_workers", json!({"tasks": tasks}))]);
    story
}

pub(super) fn claims(story: &mut Story, attempt: u32) {
    let checks: Vec<_> = ["plain-rows", "documented", "readable"]
        .map(|id| json!({"criterion": id, "met": (id != "readable").then_some(true), "note": "ran it"}))
        .to_vec();
    let args = json!({
        "conclusion": "parse reads rows.", "self_check": checks, "tests_added": ["tests/rows.rs"],
        "risks": ["Long fields."],
    });
    story.looks(worker(attempt));
    story.says(worker(attempt), &[("submit_result", args)]);
}

pub(super) fn verdict(story: &mut Story, attempt: u32, pass: bool) {
    let finding = json!({"criterion": "readable", "pass": pass, "text": "src/parser.rs line 3: one name for two things.", "quote": "let a = a;"});
    story
        .says(reviewer(attempt), &[("submit_review", json!({"conclusion": "Fair.", "findings": [finding]}))]);
}

/// Both tasks are back: the first failed, the second passed everything.
pub(super) fn back() -> Story {
    let mut story = spawned();
    claims(&mut story, 0);
    story.seam(0, false);
    claims(&mut story, 1);
    story.seam(1, true);
    verdict(&mut story, 1, true);
    story
}

#[test]
fn the_orchestrator_plans() {
    let mut story = Story::begun();
    story.says(Seat::Orchestrator, &[("list", json!({})), ("read", json!({"path": "README.md"}))]);
    story.tool("src/lib.rs\n", true);
    story.tool("there is no `README.md`: `list` shows what there is", false);
    story.says(Seat::Orchestrator, &[]);
    story.says(
        Seat::Orchestrator,
        &[("submit_plan", {
            let mut plan = plan();
            plan["phases"][0]["sections"][1]["budget_pct"] = json!(41);
            json!({"plan": plan})
        })],
    );
    prompt(&story.whole(Seat::Orchestrator), 29_000, &expect_file!["orchestrator_plans.txt"]);
}

#[test]
fn the_orchestrator_asks_and_hears_nothing() {
    let mut story = Story::begun();
    story.says(Seat::Orchestrator, &[("ask_owner", json!({"question": "Which CSV?"}))]);
    let text = story.lodge("RFC 4180.");
    story.command(Command::Answer { question: QuestionId(0), text });
    assert_eq!(
        story.told(Seat::Orchestrator),
        "[result 0 ok=true]\nThe Owner answers:\n<answer>\nRFC 4180.\n</answer>\n\n[end]\n"
    );
    story.says(Seat::Orchestrator, &[("ask_owner", json!({"question": "Which JSON?"}))]);
    story.wait(crate::limits::QUESTION_DEADLINE_MS);
    expect![[r#"
        [result 0 ok=true]
        The Owner did not answer in time. Decide it yourself, and put the question into decisions with your reason.
        [end]
    "#]].assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn the_orchestrator_decides_replans_and_concludes() {
    let mut story = Story::planned();
    story.says(CORE, &[("request_budget", json!({"usd": "1.00", "reason": "One task is left."}))]);
    let mut told = story.told(Seat::Orchestrator);
    story.says(
        Seat::Orchestrator,
        &[("decide_budget", json!({"request": "r0", "grant_usd": "0.25", "reason": "Finish the parser."}))],
    );
    let granted = story.told(CORE);
    story.says(CLI, &[("scope_too_large", json!({"reason": "Two tools in one."}))]);
    told += &format!("\n=== turn\n{}", story.told(Seat::Orchestrator));
    let mut smaller = section("CLI: flags", 100);
    smaller["delivers"] = json!(["src/cli.rs"]);
    story.says(Seat::Orchestrator, &[("replan", json!({"section": "CLI", "sections": [smaller]}))]);
    let replacement = Seat::Manager(SectionId(2));
    let planned = |told: &str, name: &str| {
        let (_, from) = told.split_once(&format!("{{\"name\":\"{name}\"")).unwrap();
        let (section, _) = from.split_once("\n</section>").unwrap();
        serde_json::from_str::<Section>(&format!("{{\"name\":\"{name}\"{section}")).unwrap()
    };
    let typed: Plan = serde_json::from_value(plan()).unwrap();
    assert_eq!(planned(&told, "CLI"), typed.phases[0].sections[1], "all that must hold in its place");
    let opening = story.told(replacement);
    story.says(CORE, &[("report", json!({"status": "partial", "conclusion": "The parser is missing."}))]);
    story.checked(Subject::Section(SectionId(0)), false);
    for report in 1..=4 {
        story.says(replacement, &[("report", json!({"status": "done", "conclusion": "Flags are read."}))]);
        story.checked(Subject::Section(SectionId(2)), report == 5);
    }
    let both = story.told(Seat::Orchestrator);
    assert_eq!(planned(&both, "CLI: flags").delivers, ["src/cli.rs"], "a replacement is in no plan in short");
    assert!(both.contains("Decided:\n- Which CSV? RFC 4180."));
    told += &format!("\n=== turn\n{both}");
    let drops =
        ["Core converter", "CLI: flags"].map(|name| ("replan", json!({"section": name, "sections": []})));
    story.says(Seat::Orchestrator, &drops);
    told += &format!("\n=== turn\n{}", story.told(Seat::Orchestrator));
    told += &format!("\n=== Manager, granted\n{granted}\n=== Manager of a replacement\n{opening}");
    prompt(&told, 11_000, &expect_file!["orchestrator_later.txt"]);
}

#[test]
fn an_orchestrator_that_did_not_plan_is_told_the_plan() {
    let mut story = Story::begun_with_plan();
    story.says(CORE, &[("scope_too_large", json!({"reason": "Too much."}))]);
    expect![[r#"
        role: orchestrator

        The Owner's intent:

        Build a tool that converts CSV files to JSON, with validation.

        Constraints from the Owner:
        - Only the standard library.

        The budget is $10.00.

        The plan is approved, and Managers carry it out. In short:

        Goal: csv2json turns a CSV file into JSON and refuses bad data.

        Constraints:
        - Refused data leaves no output behind.

        Decided:
        - Which CSV? RFC 4180. (Spreadsheets write it.)

        Phase "Build":
        - Core converter: What Core converter needs.
        - CLI: What CLI needs.

        What models cost here, in dollars per million tokens, and what one task with its review usually comes to:
        - intern: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - junior: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - mid: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - senior: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - staff: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - principal: $1.00 in, $5.00 out; a task $0.136 to $0.255


        The Manager of section "Core converter" gives it back as too large:
        <reason>
        Too much.
        </reason>
        This was planned of it, in the form that replan takes; its criteria must hold in the end, and its files must be delivered:
        <section>
        {"name":"Core converter","description":"What Core converter needs.","constraints":["No dependency is added."],"approach":"Architecture first, then side by side.","definition_of_done":[{"id":"converter","text":"The converter's tests pass.","check":{"kind":"command","run":"cargo test --offline --test converter","exit":0,"timeout_s":300,"pinned":["tests/json.rs"]}}],"budget_pct":60,"capabilities":["read","list","glob","search","edit","write","run"],"seniority":"senior","grants_principal":false,"needs":[],"delivers":["src/parser.rs"]}
        </section>
        Put smaller sections in its place with replan, or drop it with an empty list.
    "#]]
    .assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn a_manager_begins() {
    prompt(&Story::planned().whole(CORE), 28_000, &expect_file!["manager_begins.txt"]);
}

#[test]
fn a_manager_hears_what_came_back() {
    prompt(&back().told(CORE), 6_000, &expect_file!["manager_back.txt"]);
}

#[test]
fn a_manager_hears_every_way_to_end() {
    let mut story = back();
    story.says(CORE, &[("retry", json!({"task": "Parser", "reason": "Read character by character."}))]);
    story.says(worker(2), &[("contract_defect", json!({"missing": "The table's columns."}))]);
    let mut told = story.told(CORE);
    story.says(CORE, &[("retry", json!({"task": "Parser", "reason": "Columns are in src/table.rs."}))]);
    claims(&mut story, 3);
    story.sealed(3, vec!["Cargo.toml".to_owned()]);
    told += &format!("\n=== turn\n{}", story.told(CORE));
    story.says(
        CORE,
        &[("retry", json!({"task": "Parser", "reason": "Leave Cargo.toml alone.", "seniority": "senior"}))],
    );
    story.command(Command::Kill { target: Target::Task(TaskId(0)) });
    told += &format!("\n=== turn\n{}", story.told(CORE));
    let review =
        json!({"of": ["Validator", "Parser"], "seniority": "senior", "reason": "r", "rubric": ["They fit."]});
    story.says(CORE, &[("review", review)]);
    let judged = story.told(reviewer(5));
    let finding = json!({"criterion": "rubric-1", "pass": false, "text": "They do not."});
    story.says(reviewer(5), &[("submit_review", json!({"conclusion": "No.", "findings": [finding]}))]);
    told += &format!("\n=== turn\n{}\n=== the Reviewer was told\n{judged}", story.told(CORE));
    prompt(&told, 12_000, &expect_file!["manager_ends.txt"]);
}

#[test]
fn a_manager_hears_of_merges_and_reports() {
    let mut story = back();
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.conflicted();
    let mut told = story.told(CORE);
    story.says(CORE, &[("retry", json!({"task": "Validator", "reason": "Others changed it."}))]);
    claims(&mut story, 2);
    story.seam(2, true);
    verdict(&mut story, 2, true);
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.merged("other");
    story.checked(Subject::Task(AttemptId(2)), false);
    told += &format!("\n=== turn\n{}", story.told(CORE));
    story.says(
        CORE,
        &[
            ("cut", json!({"task": "Parser", "reason": "No money."})),
            ("accept", json!({"task": "Parser", "note": "n"})),
        ],
    );
    told += &format!("\n=== turn\n{}", story.told(CORE));
    story.says(CORE, &[("retry", json!({"task": "Validator", "reason": "It breaks what is there."}))]);
    claims(&mut story, 3);
    story.seam(3, true);
    verdict(&mut story, 3, true);
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.merged("tree-a3");
    told += &format!("\n=== turn\n{}", story.told(CORE));
    story.says(CORE, &[("report", json!({"status": "done", "conclusion": "All done."}))]);
    story.checked(Subject::Section(SectionId(0)), false);
    told += &format!("\n=== turn\n{}", story.told(CORE));
    prompt(&told, 8_000, &expect_file!["manager_merges.txt"]);
}

#[test]
fn whoever_works_after_a_conflict_has_both_contracts() {
    let mut story = back();
    story.says(CORE, &[("retry", json!({"task": "Parser", "reason": "It panics."}))]);
    claims(&mut story, 2);
    story.seam(2, true);
    verdict(&mut story, 2, true);
    story.says(CORE, &[("accept", json!({"task": "Parser", "note": "Good."}))]);
    story.merged("tree-a2");
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.conflicted();
    story.says(CORE, &[("retry", json!({"task": "Validator", "reason": "Others changed it."}))]);
    let told = story.told(worker(3));
    let (_, after) = told.split_once("The attempt before").unwrap();
    expect![[r#"
         passed the seam check: every criterion holds.
        Yet it did not merge: others had changed the same places of src/parser.rs.
        What others were asked for is in your files now; make yours fit to it, and undo none of it:

        Contract: Parser

        Goal: Write src/parser.rs.

        Constraints:
        - A comma inside quotes belongs to the field.

        Acceptance criteria, which must still hold:
        - plain-rows: Plain rows are read.
          command: ./check plain
          must exit with 0 within 120 s, its output must match /4 passed/, with at most 512 MiB of memory; must not be changed: acceptance/parser.rs
        - documented: The dialect is written down.
          file: docs/design.md must be there and hold "RFC 4180"
        - readable: The code reads well.
          judged by a reviewer
    "#]].assert_eq(after);
}

#[test]
fn whoever_works_after_a_break_sees_what_broke() {
    let mut story = back();
    story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]);
    story.merged("other");
    story.checked(Subject::Task(AttemptId(1)), false);
    story.says(CORE, &[("retry", json!({"task": "Validator", "reason": "It breaks what is there."}))]);
    let told = story.told(worker(2));
    let (_, after) = told.split_once("The attempt before").unwrap();
    expect![[r#"
         passed the seam check: every criterion holds.
        Yet merged with what others had made meanwhile, this did not hold any more:
        - plain-rows: fail; exit code 101, after 1.2 s. The end of its output:
        <output>
        thread panicked at src/parser.rs:12
        </output>
        - documented: fail; the file is not there, or does not hold its text
    "#]]
    .assert_eq(after);
}

#[test]
fn the_report_that_ends_a_section_is_the_one_that_was_named() {
    let mut story = Story::planned();
    let (id, mut told, mut reports) = (SectionId(0), String::new(), 0);
    while story.run.sections().get(id).unwrap().end.is_none() {
        reports += 1;
        story.says(CORE, &[("report", json!({"status": "done", "conclusion": "All done."}))]);
        story.checked(Subject::Section(id), false);
        told = if reports == 1 { story.told(CORE) } else { told };
    }
    assert!(
        told.contains(&format!("report number {reports} that does not hold ends your section")),
        "{told}"
    );
}

#[test]
fn a_manager_hears_faults_memos_and_denials() {
    let mut story = Story::planned();
    story.says(CLI, &[("spawn_workers", json!({"tasks": [contract("Flags", "src/flags.rs")]}))]);
    story.says(worker(0), &[("contract_defect", json!({"missing": "Which flags."}))]);
    for (priority, topic) in
        [("FYI", "a"), ("URGENT", "b"), ("FYI", "c"), ("BLOCKER", "d"), ("FYI", "e"), ("FYI", "f")]
    {
        let memo = json!({"to": "ALL", "priority": priority, "topic": topic, "content": format!("{topic} ").repeat(150), "task": "Flags"});
        story.says(CLI, &[("send_memo", memo)]);
    }
    let content = story.lodge("Hurry up.");
    story.command(Command::Memo { to: Recipient::All, content });
    let mut bad = contract("Parser", "src/parser.rs");
    bad["write_set"] = json!([]);
    bad["context"] = json!([]);
    story.says(CORE, &[("spawn_workers", json!({"tasks": [bad]})), ("spawn_workers", json!({"tasks": []}))]);
    let mut told = story.told(CORE);
    story.says(CORE, &[("request_budget", json!({"usd": "1.00", "reason": "More."}))]);
    story.command(Command::Deny { request: RequestId(0) });
    told += &format!("\n=== turn\n{}", story.told(CORE));
    prompt(&told, 8_000, &expect_file!["manager_inbox.txt"]);
}

#[test]
fn a_worker_begins_and_begins_again() {
    let mut story = back();
    prompt(&story.whole(worker(0)), 16_000, &expect_file!["worker_begins.txt"]);
    story.says(CORE, &[("retry", json!({"task": "Parser", "reason": "Read character by character."}))]);
    let again = story.told(worker(2));
    assert!(!again.contains("parse reads rows"), "nothing of the worker before: {again}");
    prompt(&again, 6_000, &expect_file!["worker_again.txt"]);
    story.says(worker(2), &[]);
    expect![[r#"

        You called no tool, so nothing happened: nobody reads what stands beside calls. Hand your work in with submit_result, or say with contract_defect what is missing.
    "#]].assert_eq(&story.told(worker(2)));
}

#[test]
fn a_worker_with_one_call() {
    let mut story = Story::planned();
    let mut single = contract("Note", "docs/note.md");
    single["mode"] = json!("single");
    story.says(CORE, &[("spawn_workers", json!({"tasks": [single]}))]);
    prompt(&story.whole(worker(0)), 10_000, &expect_file!["worker_single.txt"]);
}

#[test]
fn a_reviewer_judges_an_attempt() {
    let mut story = spawned();
    claims(&mut story, 0);
    story.seam(0, true);
    let whole = story.whole(reviewer(0));
    assert!(!whole.contains("parse reads rows"), "the author's own words stay behind");
    prompt(&whole, 10_000, &expect_file!["reviewer_begins.txt"]);
}

#[test]
fn a_reply_that_was_cut_off_is_told_so() {
    let mut story = spawned();
    story.is_cut_off(worker(0));
    expect![[r#"

        Your reply was cut off at its limit before a tool was called, and nothing of it was done. Say less beside your calls, call one tool at a time, and write long files in parts.
    "#]].assert_eq(&story.told(worker(0)));
}

/// The Orchestrator sees conclusions, never transcripts, and together no more than it can carry.
#[test]
fn a_hundred_sections_close_in_one_short_message() {
    let mut whole = plan();
    let sections = (0..100).map(|number| {
        let mut one = section(&format!("Section with a name of usual length {number}"), 1);
        one["delivers"] = json!([]);
        one
    });
    whole["phases"][0]["sections"] = sections.collect();
    let mut story = Story::begun();
    story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": whole}))]);
    for number in 0..100 {
        let report = json!({"status": "partial", "conclusion": "long ".repeat(400)});
        story.says(Seat::Manager(SectionId(number)), &[("report", report)]);
        story.checked(Subject::Section(SectionId(number)), false);
    }
    let next = |story: &Story| Some(story.run.awaiting_replan().next()?.1.outline.name.clone());
    while let Some(name) = next(&story) {
        let drop = json!({"section": name, "sections": []});
        story.says(Seat::Orchestrator, &[("replan", drop)]);
    }
    let told = story.told(Seat::Orchestrator);
    assert!(told.contains("Section with a name of usual length 29: came back"));
    assert!(
        told.contains("\n- 70 sections more, not verified either: Section with a name of usual length 30, ")
    );
    let whole = story.whole(Seat::Orchestrator).len() as u64 + HIDDEN_INPUT_TOKENS;
    assert!(whole < ORCHESTRATOR_CONTEXT_TOKENS, "{whole} bytes");
}

/// Whatever happens later, what was told before stays as it was, to the byte; and of what is left out, nothing is told.
#[test]
fn a_conversation_only_grows_at_its_end() {
    let mut story = back();
    let told = |story: &Story| -> Vec<_> {
        let agents = story.run.agents().iter().map(|(_, agent)| agent.seat);
        agents
            .map(|seat| {
                let turns = story.conversation(seat).turns;
                let shown = story.run.agents().get(story.agent(seat)).unwrap().compaction.shown.from;
                (shown, turns.iter().map(|turn| story.rendered(turn)).collect::<Vec<_>>())
            })
            .collect()
    };
    let mut before: Vec<(u32, Vec<String>)> = told(&story);
    type Scene = fn(&mut Story);
    let scenes: [Scene; 6] = [
        |story| story.says(CORE, &[("accept", json!({"task": "Validator", "note": "Good."}))]),
        |story| story.merged("tree-a1"),
        |story| {
            let review =
                json!({"of": ["Parser", "Validator"], "seniority": "mid", "reason": "r", "rubric": ["x"]});
            story.says(CORE, &[("review", review), ("retry", json!({"task": "Parser", "reason": "Again."}))]);
        },
        |story| {
            claims(story, 3);
            story.seam(3, true);
        },
        |story| story.says(CLI, &[("request_budget", json!({"usd": "1", "reason": "r"}))]),
        |story| story.command(Command::Grant { request: RequestId(0), amount: None }),
    ];
    for scene in scenes {
        scene(&mut story);
        let after = told(&story);
        for ((left_out, before), (leaves_out, after)) in before.iter().zip(&after) {
            match leaves_out == left_out {
                true => assert_eq!(before[..], after[..before.len()]),
                false => assert_eq!(after.len(), 1),
            }
        }
        before = after;
    }
}

#[test]
fn a_manager_sees_its_own_section_alone_and_a_worker_nothing_withheld() {
    let typed: Plan = serde_json::from_value(plan()).unwrap();
    let text = render_section(&typed, &typed, 0);
    for foreign in ["CLI", "src/cli.rs", "Build", "phase"] {
        assert!(!text.contains(foreign), "{foreign}");
    }
    assert_eq!(render_section(&typed, &typed, 9), "");
    let typed: Contract = serde_json::from_value(contract("Parser", "src/parser.rs")).unwrap();
    let text = render_contract(&typed, ToolSet::ALL, &[], &[]);
    assert!(!text.contains("secret") && !text.contains("another task"), "{text}");
    assert!(text.contains("Context file src/interface.rs: it does not exist yet."));
}

#[test]
fn everything_that_can_be_long_is_cut() {
    assert_eq!(excerpt("áé", 10, Cut::Tail), "áé");
    assert_eq!(excerpt("aéb", 2, Cut::Head), "a\n[… 2 bytes are left out]");
    assert_eq!(excerpt("aéb", 2, Cut::Tail), "[… 2 bytes are left out]\nb");
    assert!(render_diff(&"+\n".repeat(1_000_000)).len() < 100_000);
    let mut typed: Contract = serde_json::from_value(contract("Parser", "src/parser.rs")).unwrap();
    let item = typed.context[0].clone();
    typed.context = vec![item; 100];
    let files = [("src/interface.rs".to_owned(), "x".repeat(1_000_000))];
    assert!(render_contract(&typed, ToolSet::ALL, &files, &[]).len() < 300_000);
}

#[test]
fn what_a_replacement_is_held_to_is_not_cut_for_long_words() {
    let mut typed: Plan = serde_json::from_value(plan()).unwrap();
    let section = &mut typed.phases[0].sections[0];
    (section.description, section.approach) = ("what ".repeat(3_000), "how ".repeat(3_000));
    let text = render_section_in_full(&typed, 0, 2_048);
    assert!(text.contains("--test converter") && text.contains("src/parser.rs"), "{text}");
    assert!(render_section_in_full(&typed, 0, 300).len() < 400);
    assert_eq!(render_section_in_full(&typed, 9, 300), "");
}
