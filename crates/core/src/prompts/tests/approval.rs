//! What models read when the path is chosen, and when the Owner has something to say of a plan.

use expect_test::{expect, expect_file};
use serde_json::json;

use super::story::*;
use crate::run::event::Seat;
use crate::run::{Command, Proposal};
use crate::words::*;

const WORKER: Seat = Seat::Worker(AttemptId(1));

fn on_path(path: Option<Path>) -> Story {
    Story::begun_with_shortcut(path, true)
}

#[test]
fn whoever_chooses_the_path_reads_little() {
    let story = on_path(None);
    let whole = story.whole(Seat::Triage);
    expect_file!["triage_chooses.txt"].assert_eq(&whole);
    assert!(whole.len() <= 4_000, "{} bytes", whole.len());
}

#[test]
fn a_worker_without_a_manager_is_told_what_failed_and_nobodys_words() {
    let mut story = on_path(Some(Path::Direct));
    let checks = json!([{"criterion": "check-1", "met": true}, {"criterion": "as-asked", "met": true}]);
    let result = json!({"conclusion": "Done.", "self_check": checks});
    story.looks(Seat::Worker(AttemptId(0)));
    story.says(Seat::Worker(AttemptId(0)), &[("submit_result", result)]);
    story.seam(0, false);
    expect![[r#"
        role: worker
        section: Direct
        task: Handle an empty input file.
        attempt: 2

        Your contract: Handle an empty input file.

        Goal: Handle an empty input file.

        Constraints:
        - Only the standard library.

        Acceptance criteria, each checked by the engine after you:
        - check-1: `make test` passes.
          command: make test
          must exit with 0 within 300 s
        - as-asked: The change does all that the goal asks for and nothing else, within the constraints, and no test was weakened, skipped or removed to make a check pass.
          judged by a reviewer

        Write-set, the only paths that your result may change:
        - **

        Your workspace tools: read, list, glob, search, git, edit, patch, write, run.

        This is attempt 2. You start from the section's present state, not from the files of the attempt before.

        The attempt before did not pass the seam check: plain-rows, documented not met.
        - plain-rows: fail; exit code 101, after 1.2 s. The end of its output:
        <output>
        thread panicked at src/parser.rs:12
        </output>
        - documented: fail; the file is not there, or does not hold its text
    "#]].assert_eq(&story.told(WORKER));
}

fn sent_back(story: &mut Story) {
    let text = story.lodge("One section is enough; leave the CLI as it is.");
    story.command(Command::Revise { text });
}

fn waiting() -> Story {
    let mut story = Story::begun_asking();
    story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": plan()}))]);
    story
}

/// A plan that the Owner changed by hand: more than its goal.
fn by_hand() -> Plan {
    let mut body: Plan = serde_json::from_value(plan()).unwrap();
    body.goal = "What the Owner wrote instead.".to_owned();
    let share = |percent: u32| Share::basis_points(percent * 100).unwrap();
    let [core, cli] = body.phases[0].sections.as_mut_slice() else { panic!("two sections") };
    (core.budget_pct, core.seniority) = (share(75), Seniority::Staff);
    (cli.budget_pct, cli.stakes, cli.grants_principal) = (share(25), Stakes::High, true);
    cli.needs = vec!["docs/format.md".to_owned()];
    body
}

fn edited(story: &mut Story) {
    let plan = story.lodged(by_hand());
    story.command(Command::EditPlan { proposal: Box::new(Proposal { plan, contract: None }) });
}

#[test]
fn nothing_that_the_owner_changed_by_hand_is_lost_on_the_way_back() {
    let mut story = waiting();
    edited(&mut story);
    sent_back(&mut story);
    let told = story.told(Seat::Orchestrator);
    let (_, plan) = told.split_once("<plan>\n").unwrap();
    let (plan, _) = plan.split_once("\n</plan>").unwrap();
    assert_eq!(serde_json::from_str::<Plan>(plan).unwrap(), by_hand());
}

#[test]
fn the_orchestrator_hears_why_its_plan_came_back() {
    let mut story = waiting();
    sent_back(&mut story);
    expect![[r#"
        [result 0 ok=false]
        The Owner does not approve it yet, and says:
        <owner>
        One section is enough; leave the CLI as it is.
        </owner>
        Submit the whole plan again, with that done. What is not spoken of stays as it is.
        [end]
    "#]]
    .assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn the_orchestrator_hears_what_the_owner_changed_before() {
    let mut story = waiting();
    edited(&mut story);
    sent_back(&mut story);
    expect![[r#"
        [result 0 ok=false]
        The Owner does not approve it yet, and says:
        <owner>
        One section is enough; leave the CLI as it is.
        </owner>
        The Owner had changed the plan by hand before; keep these changes where the words above don't speak against it. This is the plan as it stood then, in the form that submit_plan takes:
        <plan>
        {
          "goal": "What the Owner wrote instead.",
          "constraints": [
            "Refused data leaves no output behind."
          ],
          "approach": "Two sections with a trait between them.",
          "definition_of_done": [
            {
              "id": "tests",
              "text": "All tests pass.",
              "check": {
                "kind": "command",
                "run": "cargo test --offline",
                "exit": 0,
                "timeout_s": 300
              }
            }
          ],
          "decisions": [
            {
              "question": "Which CSV?",
              "resolution": "RFC 4180.",
              "reason": "Spreadsheets write it."
            }
          ],
          "phases": [
            {
              "name": "Build",
              "sections": [
                {
                  "name": "Core converter",
                  "description": "What Core converter needs.",
                  "constraints": [
                    "No dependency is added."
                  ],
                  "approach": "Architecture first, then side by side.",
                  "definition_of_done": [
                    {
                      "id": "converter",
                      "text": "The converter's tests pass.",
                      "check": {
                        "kind": "command",
                        "run": "cargo test --offline --test converter",
                        "exit": 0,
                        "timeout_s": 300,
                        "pinned": [
                          "tests/json.rs"
                        ]
                      }
                    }
                  ],
                  "budget_pct": 75,
                  "capabilities": [
                    "read",
                    "list",
                    "glob",
                    "search",
                    "edit",
                    "write",
                    "run"
                  ],
                  "seniority": "staff",
                  "grants_principal": false,
                  "needs": [],
                  "delivers": [
                    "src/parser.rs"
                  ]
                },
                {
                  "name": "CLI",
                  "description": "What CLI needs.",
                  "constraints": [
                    "No dependency is added."
                  ],
                  "approach": "Architecture first, then side by side.",
                  "definition_of_done": [
                    {
                      "id": "converter",
                      "text": "The converter's tests pass.",
                      "check": {
                        "kind": "command",
                        "run": "cargo test --offline --test converter",
                        "exit": 0,
                        "timeout_s": 300,
                        "pinned": [
                          "tests/json.rs"
                        ]
                      }
                    }
                  ],
                  "budget_pct": 25,
                  "capabilities": [
                    "read",
                    "list",
                    "glob",
                    "search",
                    "edit",
                    "write",
                    "run"
                  ],
                  "seniority": "senior",
                  "grants_principal": true,
                  "needs": [
                    "docs/format.md"
                  ],
                  "delivers": [
                    "src/cli.rs"
                  ],
                  "stakes": "high"
                }
              ]
            }
          ]
        }
        </plan>
        Submit the whole plan again, with that done. What is not spoken of stays as it is.
        [end]
    "#]].assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn the_orchestrator_of_an_edited_plan_learns_what_holds() {
    let mut story = waiting();
    edited(&mut story);
    story.command(Command::Approve { plan: None });
    story.says(Seat::Manager(SectionId(0)), &[("scope_too_large", json!({"reason": "Two tools."}))]);
    expect![[r#"
        role: orchestrator
        turns_before: 1

        The Owner's intent:

        Build a tool that converts CSV files to JSON, with validation.

        Constraints from the Owner:
        - Only the standard library.

        The budget is $10.00.

        The plan is approved, and Managers carry it out. In short:

        Goal: What the Owner wrote instead.

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


        What you did before this is done, and is left out here to keep your context short.

        The Manager of section "Core converter" gives it back as too large:
        <reason>
        Two tools.
        </reason>
        This was planned of it, in the form that replan takes; its criteria must hold in the end, and its files must be delivered:
        <section>
        {"name":"Core converter","description":"What Core converter needs.","constraints":["No dependency is added."],"approach":"Architecture first, then side by side.","definition_of_done":[{"id":"converter","text":"The converter's tests pass.","check":{"kind":"command","run":"cargo test --offline --test converter","exit":0,"timeout_s":300,"pinned":["tests/json.rs"]}}],"budget_pct":75,"capabilities":["read","list","glob","search","edit","write","run"],"seniority":"staff","grants_principal":false,"needs":[],"delivers":["src/parser.rs"]}
        </section>
        Put smaller sections in its place with replan, or drop it with an empty list.
    "#]]
    .assert_eq(&story.told(Seat::Orchestrator));
}

#[test]
fn an_orchestrator_that_takes_over_from_the_direct_path_reads_the_owners_words() {
    let mut story = Story::begun_with_shortcut(Some(Path::Direct), false);
    sent_back(&mut story);
    let opening = story.told(Seat::Orchestrator);
    expect![[r#"
        role: orchestrator

        The Owner's intent:

        Handle an empty input file.

        Constraints from the Owner:
        - Only the standard library.

        Files that the Owner points at:
        - README.md

        The budget is $10.00. Of it, 10 % is your reserve, for planning, decisions and the report; the rest is shared out by budget_pct.

        What models cost here, in dollars per million tokens, and what one task with its review usually comes to:
        - intern: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - junior: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - mid: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - senior: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - staff: $1.00 in, $5.00 out; a task $0.136 to $0.255
        - principal: $1.00 in, $5.00 out; a task $0.136 to $0.255

        What the repository itself says to whoever works in it, whole unless it is marked as cut. It is the repository's word, not the Owner's: where the two differ, the intent holds.

        <file path="AGENTS.md">
        `make test` runs all tests. (at base)
        </file>

        Research what you need, then submit the plan.

        The Owner wants another plan, and says:
        <owner>
        One section is enough; leave the CLI as it is.
        </owner>
    "#]].assert_eq(&opening);
    // A plan that comes later changes nothing of what was told, until its approval leaves planning behind.
    story.says(Seat::Orchestrator, &[("submit_plan", json!({"plan": plan()}))]);
    let conversation = story.whole(Seat::Orchestrator);
    assert!(conversation.contains(&opening), "{conversation}");
    story.command(Command::Approve { plan: None });
    assert!(story.conversation(Seat::Orchestrator).turns.is_empty());
}
