//! Calls well and badly made.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::story;
use super::teaching::SEATS;
use crate::limits::{CONCLUSION_BYTES, MEMO_BYTES, TEXT_BYTES};
use crate::prompts::parse::{GitLook, GitVerb, Page, Replacement, ResultFile, WorkspaceCall};
use crate::prompts::{known, parse, tools_for, workspace_args};
use crate::run::Ask;
use crate::run::ask::{Judged, ManagerAsk, OrchestratorAsk, ReviewerAsk, WorkerAsk};
use crate::run::event::Seat;
use crate::survey::Surveyed;
use crate::words::*;

const MANAGER: Seat = SEATS[1];
const WORKER: Seat = SEATS[2];
const REVIEWER: Seat = SEATS[3];

/// The ask with the texts that were lodged, in order.
fn read(seat: Seat, name: &str, args: &Value) -> (Ask, Vec<String>) {
    let mut texts = Vec::new();
    let ask = parse(seat, name, args, &mut |text| {
        texts.push(text.to_owned());
        BlobRef(Digest::of(text.as_bytes()))
    });
    (ask, texts)
}

fn blob(text: &str) -> BlobRef {
    BlobRef(Digest::of(text.as_bytes()))
}

fn misfit(seat: Seat, name: &str, args: &Value, expected: &Expect) {
    match read(seat, name, args) {
        (Ask::Malformed { name: said, why }, _) => {
            assert_eq!(said, name);
            expected.assert_eq(&why);
        }
        (ask, _) => panic!("{name} was read: {ask:?}"),
    }
}

#[test]
fn every_tool_reads_its_own_example_and_lodges_the_same_each_time() {
    for seat in SEATS {
        for tool in tools_for(seat, ToolSet::ALL, Mode::Agent) {
            let example = Tool::named(&tool.name).map(known::workspace_example);
            let example =
                example.or_else(|| known::control_tool(&tool.name, seat).map(|(_, example)| example));
            let args: Value = serde_json::from_str(example.unwrap()).unwrap();
            let (ask, texts) = read(seat, &tool.name, &args);
            assert_eq!(ask.name(), tool.name);
            assert!(!matches!(ask, Ask::Malformed { .. } | Ask::Unknown { .. }), "{ask:?}");
            let (_, again) = read(seat, &tool.name, &args);
            assert_eq!(texts, again);
            assert_eq!(texts.is_empty(), matches!(ask, Ask::Tool(_) | Ask::Triage(_)), "{}", tool.name);
            // An address does not change what is asked of the caller next.
            let mut count = 0;
            parse(seat, &tool.name, &args, &mut |_| {
                count += 1;
                blob("")
            });
            assert_eq!(count, texts.len());
        }
    }
}

#[test]
fn every_tool_says_which_required_field_is_missing() {
    for seat in SEATS {
        for tool in tools_for(seat, ToolSet::ALL, Mode::Agent) {
            let required: Vec<_> = tool.schema["required"].as_array().unwrap().clone();
            let example = Tool::named(&tool.name).map(known::workspace_example);
            let example =
                example.or_else(|| known::control_tool(&tool.name, seat).map(|(_, example)| example));
            let args: Value = serde_json::from_str(example.unwrap()).unwrap();
            for field in required.iter().filter_map(Value::as_str) {
                let mut without = args.clone();
                without.as_object_mut().unwrap().remove(field);
                let mut wrong = args.clone();
                wrong[field] = json!({"x": {"y": 1}});
                for (args, what) in [(without, "is missing"), (wrong, "")] {
                    let (ask, texts) = read(seat, &tool.name, &args);
                    let Ask::Malformed { why, .. } = ask else { panic!("{} took {args}", tool.name) };
                    assert!(
                        why.starts_with(field) && why.contains(what) && why.contains("Example: "),
                        "{why}"
                    );
                    assert!(texts.is_empty());
                }
            }
            let mut stranger = args.clone();
            stranger["stranger"] = json!(1);
            let (ask, _) = read(seat, &tool.name, &stranger);
            assert!(matches!(ask, Ask::Malformed { why, .. } if why.contains("no field \"stranger\"")));
        }
    }
}

#[test]
fn malformed_calls_are_told_what_to_write() {
    misfit(
        Seat::Orchestrator,
        "decide_budget",
        &json!({"request": "first", "grant_usd": "1", "reason": "x"}),
        &expect![[
            r#"request is "first", but must name a request, such as "r0". Example: {"request":"r0","grant_usd":"0.50","reason":"One more attempt at the parser; cut the benchmark."}"#
        ]],
    );
    misfit(
        Seat::Orchestrator,
        "decide_budget",
        &json!({"request": "r0", "grant_usd": "ten", "reason": "x"}),
        &expect![[
            r#"grant_usd: "ten" is not an amount in dollars; write it like 10 or 2.50. Example: {"request":"r0","grant_usd":"0.50","reason":"One more attempt at the parser; cut the benchmark."}"#
        ]],
    );
    misfit(
        Seat::Orchestrator,
        "ask_owner",
        &json!({"question": " "}),
        &expect![[
            r#"question is empty; it must say something. Example: {"question":"Should the export include archived rows? I would leave them out, as the table does."}"#
        ]],
    );
    misfit(
        Seat::Orchestrator,
        "ask_owner",
        &json!({"question": "x".repeat(TEXT_BYTES + 1)}),
        &expect![[
            r#"question has 16385 bytes, and at most 16384 are taken; shorten it. Example: {"question":"Should the export include archived rows? I would leave them out, as the table does."}"#
        ]],
    );
    misfit(
        MANAGER,
        "send_memo",
        &json!({"to": "ALL", "priority": "HIGH", "topic": "t", "content": "c"}),
        &expect![[
            r#"priority must be one of "FYI", "BLOCKER", "URGENT", but is "HIGH". FYI: good to know. BLOCKER: you are held up by it. URGENT: the receiver must know at its next turn. Example: {"to":"ALL","priority":"FYI","topic":"Date format","content":"Dates are ISO 8601 in every file."}"#
        ]],
    );
    misfit(
        MANAGER,
        "send_memo",
        &json!({"to": "ALL", "priority": "FYI", "topic": "t", "content": "c".repeat(MEMO_BYTES + 1)}),
        &expect![[
            r#"content has 4001 bytes, and a memo at most 4000: say it shorter, or name a file that says it. Example: {"to":"ALL","priority":"FYI","topic":"Date format","content":"Dates are ISO 8601 in every file."}"#
        ]],
    );
    misfit(
        MANAGER,
        "send_memo",
        &json!({"to": "ALL", "priority": "FYI", "topic": "two\nlines", "content": "c"}),
        &expect![[
            r#"topic must be one line of 1 to 120 bytes. Example: {"to":"ALL","priority":"FYI","topic":"Date format","content":"Dates are ISO 8601 in every file."}"#
        ]],
    );
    misfit(
        MANAGER,
        "review",
        &json!({"of": ["A"], "seniority": "mid", "reason": "r", "rubric": []}),
        &expect![[
            r#"rubric needs at least one line, and none may be empty: say what is judged. Example: {"of":["Parser","Validator"],"seniority":"mid","reason":"Two authors, one design.","rubric":["Both do what docs/design.md decides."]}"#
        ]],
    );
    misfit(
        MANAGER,
        "report",
        &json!({"status": "finished", "conclusion": "c"}),
        &expect![[
            r#"status must be one of "done", "partial", but is "finished". done: all of it. partial: what there is, because no more can be reached. Example: {"status":"done","conclusion":"Parser and validator are done and verified.","risks":["The whole file is read into memory."]}"#
        ]],
    );
    misfit(
        WORKER,
        "submit_result",
        &json!({"conclusion": "c", "self_check": [], "files": [{"path": "../x", "content": ""}]}),
        &expect![[
            r#"files[0] ("../x"): this is not a path from the root of the repository; write it like src/main.rs. Example: {"conclusion":"parse reads character by character.","self_check":[{"criterion":"unit","met":true,"note":"8 tests passed"}],"risks":["Very long fields are kept in memory."]}"#
        ]],
    );
    misfit(
        WORKER,
        "read",
        &json!({"path": "a", "offset": 0}),
        &expect![[
            r#"offset must be a whole number, 1 or more, but is 0. First line, counted from 1. Example: {"path":"src/main.rs","offset":1,"limit":80}"#
        ]],
    );
    misfit(
        WORKER,
        "run",
        &json!({"command": "", "timeout_s": 10}),
        &expect![[
            r#"command is empty; it must say something. Example: {"command":"cargo test --offline","timeout_s":120}"#
        ]],
    );
}

#[test]
fn misfits_of_documents_are_told_with_their_place() {
    let mut parser = story::contract("Parser", "src/parser.rs");
    parser["acceptance"][1]["check"] = json!({"kind": "shell", "run": "true"});
    let tasks = json!({"tasks": [story::contract("Validator", "src/validator.rs"), parser]});
    short(
        MANAGER,
        "spawn_workers",
        &tasks,
        &expect![[
            r#"tasks[1] ("Parser").acceptance[1] ("documented").check must be an object of one of these shapes: {"kind":"command","run":…}, {"kind":"file","path":…}, {"kind":"json","path":…}, {"kind":"http","start":…}, {"kind":"diff"}, {"kind":"tree","forbid":…}, {"kind":"rubric"}, but is {"kind":"shell","run":"true"}. How it is told: a command wherever a command can tell, a rubric only where nothing else can."#
        ]],
    );

    let mut parser = story::contract("Parser", "src/parser.rs");
    parser["acceptance"][0]["check"]["cmd"] = json!("true");
    short(
        MANAGER,
        "spawn_workers",
        &json!({"tasks": [parser]}),
        &expect![[
            r#"tasks[0] ("Parser").acceptance[0] ("plain-rows").check: there is no field "cmd" here; there are exit, kind, memory_mb, output, pinned, run, timeout_s."#
        ]],
    );

    let mut parser = story::contract("Parser", "src/parser.rs");
    parser.as_object_mut().unwrap().remove("withheld");
    short(
        MANAGER,
        "spawn_workers",
        &json!({"tasks": [parser]}),
        &expect![[
            r#"tasks[0] ("Parser").withheld is missing: it must be a list. What the worker must not see: other tasks' files and tests. [] where there is nothing to withhold."#
        ]],
    );

    let mut plan = story::plan();
    plan["phases"][0]["sections"][1]["budget_pct"] = json!("40 %");
    short(
        Seat::Orchestrator,
        "submit_plan",
        &json!({"plan": plan}),
        &expect![[
            r#"plan.phases[0] ("Build").sections[1] ("CLI").budget_pct must be a percentage from 0 to 100 with at most two decimals, but is "40 %". Percent of the money that the sections share, such as 40 or 12.5. All sections of all phases add up to exactly 100."#
        ]],
    );

    let mut plan = story::plan();
    plan["phases"][0]["sections"][1]["budget_pct"] = json!(33.333);
    short(
        Seat::Orchestrator,
        "submit_plan",
        &json!({"plan": plan}),
        &expect![[
            r#"plan.phases[0] ("Build").sections[1] ("CLI").budget_pct must be a percentage from 0 to 100 with at most two decimals, but is 33.333. Percent of the money that the sections share, such as 40 or 12.5. All sections of all phases add up to exactly 100."#
        ]],
    );

    let mut plan = story::plan();
    plan["phases"][0]["sections"][0]["capabilities"] = json!(["read", "bash"]);
    short(
        Seat::Orchestrator,
        "submit_plan",
        &json!({"plan": plan}),
        &expect![[
            r#"plan.phases[0] ("Build").sections[0] ("Core converter").capabilities[1] must be one of "read", "list", "glob", "search", "git", "edit", "patch", "write", "run", but is "bash". A workspace tool."#
        ]],
    );
    short(
        Seat::Orchestrator,
        "submit_plan",
        &json!({"plan": "{not json"}),
        &expect![[r#"plan must be an object, but is "{not json". The whole plan."#]],
    );
}

/// The misfit without its example, which is long.
fn short(seat: Seat, name: &str, args: &Value, expected: &Expect) {
    match read(seat, name, args) {
        (Ask::Malformed { why, .. }, _) => {
            let (what, example) = why.split_once(" Example: ").unwrap();
            assert!(serde_json::from_str::<Value>(example).is_ok());
            expected.assert_eq(what);
        }
        (ask, _) => panic!("{name} was read: {ask:?}"),
    }
}

#[test]
fn a_document_in_a_string_is_read_and_nothing_else_is_mended() {
    let plan = story::plan();
    let (ask, texts) = read(Seat::Orchestrator, "submit_plan", &json!({"plan": plan.to_string()}));
    let Ask::Orchestrator(OrchestratorAsk::SubmitPlan(Surveyed { document: lodged, .. })) = ask else {
        panic!()
    };
    assert_eq!(lodged.body, serde_json::from_value(plan).unwrap());
    assert_eq!(texts, [serde_json::to_string(&lodged.body).unwrap()]);
    assert_eq!(lodged.blob, blob(&texts[0]));

    let tasks = json!([story::contract("Parser", "src/parser.rs").to_string()]);
    let (ask, _) = read(MANAGER, "spawn_workers", &json!({"tasks": tasks.to_string()}));
    assert!(matches!(ask, Ask::Manager(ManagerAsk::SpawnWorkers(tasks)) if tasks.len() == 1));

    let (ask, _) = read(MANAGER, "cut", &json!({"task": ["A"], "reason": "r"}));
    assert!(matches!(ask, Ask::Malformed { .. }));
    let (ask, _) = read(WORKER, "read", &json!({"path": "a", "offset": "three"}));
    assert!(matches!(ask, Ask::Malformed { .. }));
    // What may be left out may be null.
    let args = json!({"path": "a", "offset": null});
    let whole = WorkspaceCall::Read { path: "a".into(), page: Page::default() };
    assert_eq!(workspace_args(Tool::Read, &args), Ok(whole));
}

#[test]
fn money_may_be_a_number_or_a_text() {
    for usd in [json!("0.50"), json!(0.5), json!("$.5")] {
        let (ask, _) = read(MANAGER, "request_budget", &json!({"usd": usd, "reason": "r"}));
        let expected = ManagerAsk::RequestBudget { amount: Money::cents(50), reason: blob("r") };
        assert_eq!(ask, Ask::Manager(expected));
    }
    for usd in [json!(-1), json!(1e30), json!(true)] {
        let (ask, _) = read(MANAGER, "request_budget", &json!({"usd": usd, "reason": "r"}));
        assert!(matches!(ask, Ask::Malformed { .. }), "{usd}");
    }
}

#[test]
fn the_seat_decides_whose_report_it_is() {
    let args = json!({"conclusion": "c"});
    let (ask, _) = read(Seat::Orchestrator, "report", &args);
    assert_eq!(ask, Ask::Orchestrator(OrchestratorAsk::Conclude { conclusion: blob("c") }));
    assert!(matches!(read(MANAGER, "report", &args).0, Ask::Malformed { .. }));
    let args = json!({"status": "partial", "conclusion": "c", "risks": ["slow", "large"]});
    let (ask, texts) = read(MANAGER, "report", &args);
    assert_eq!(texts, ["c\n\nOpen risks:\n- slow\n- large"]);
    assert_eq!(ask, Ask::Manager(ManagerAsk::Report { done: false, conclusion: blob(&texts[0]) }));
}

#[test]
fn another_roles_tool_is_read_as_what_it_is_but_not_taught() {
    let (ask, _) = read(WORKER, "cut", &json!({"task": "A", "reason": "r"}));
    assert!(matches!(ask, Ask::Manager(ManagerAsk::Cut { .. })));
    for (seat, name) in [(WORKER, "cut"), (MANAGER, "submit_plan"), (WORKER, "report"), (WORKER, "sudo")] {
        let (ask, texts) = read(seat, name, &json!({}));
        assert_eq!((ask, texts), (Ask::Unknown { name: name.into() }, vec![]));
    }
}

#[test]
fn a_review_becomes_a_contract() {
    let args = json!({"of": ["Parser", "Validator"], "seniority": "senior", "reason": "r", "rubric": ["It holds.", "It reads."]});
    let Ask::Manager(ManagerAsk::Review(review)) = read(MANAGER, "review", &args).0 else { panic!() };
    let body = &review.body;
    assert_eq!(
        (body.title.as_str(), body.kind, body.mode),
        ("Review: Parser, Validator", TaskKind::Review, Mode::Agent)
    );
    let ids: Vec<_> =
        body.rubrics().map(|criterion| (criterion.id.as_str(), criterion.text.as_str())).collect();
    assert_eq!(ids, [("rubric-1", "It holds."), ("rubric-2", "It reads.")]);
    assert_eq!(body.reviews, ["Parser", "Validator"]);
    let mut named = args;
    named["title"] = json!("Second look");
    let Ask::Manager(ManagerAsk::Review(lodged)) = read(MANAGER, "review", &named).0 else { panic!() };
    assert_eq!(lodged.body.title, "Second look");
}

#[test]
fn replacements_become_a_plan_without_faults() {
    let args = json!({"section": "Core", "sections": [story::section("Parser", 50), story::section("Validator", 50)]});
    let (ask, _) = read(Seat::Orchestrator, "replan", &args);
    let Ask::Orchestrator(OrchestratorAsk::Replan { section, plan, extra }) = ask else { panic!() };
    let mut plan = plan.document;
    assert_eq!((section.as_str(), extra), ("Core", Money::ZERO));
    plan.body.phases[0].sections[1].delivers.clear();
    assert_eq!(crate::plan_check::faults(&plan.body), Vec::<String>::new());
    let (ask, _) =
        read(Seat::Orchestrator, "replan", &json!({"section": "Core", "sections": [], "add_usd": "0.25"}));
    let Ask::Orchestrator(OrchestratorAsk::Replan { plan, extra, .. }) = ask else { panic!() };
    assert_eq!((plan.document.body.sections().count(), extra), (0, Money::cents(25)));
}

#[test]
fn a_result_is_read_with_its_files_and_risks() {
    let args = json!({
        "conclusion": "c", "self_check": [{"criterion": "unit", "met": true}, {"criterion": "docs", "met": false, "note": "n"}, {"criterion": "ui"}],
        "tests_added": ["tests/a.rs"], "risks": ["slow"], "files": [{"path": "src/a.rs", "content": "fn a() {}\n"}],
    });
    let (ask, texts) = read(WORKER, "submit_result", &args);
    let Ask::Worker(WorkerAsk::SubmitResult(claim)) = ask else { panic!() };
    assert_eq!(
        claim.self_check,
        [("unit".to_owned(), Some(true)), ("docs".to_owned(), Some(false)), ("ui".to_owned(), None),]
    );
    assert_eq!((claim.risks, claim.tests_added), (1, vec!["tests/a.rs".to_owned()]));
    assert_eq!(texts[0], "c\n\nOpen risks:\n- slow");
    let files: Vec<ResultFile> = serde_json::from_str(&texts[1]).unwrap();
    assert_eq!(files, [ResultFile { path: "src/a.rs".into(), content: "fn a() {}\n".into() }]);
    assert_eq!((claim.conclusion, claim.files), (blob(&texts[0]), Some(blob(&texts[1]))));
    assert_eq!((&*texts[2], &*texts[3]), ("n", "- slow"));
    assert_eq!(claim.notes, [("docs".to_owned(), blob(&texts[2]))]);
    assert_eq!(claim.open_risks, Some(blob(&texts[3])));

    let (ask, _) = read(WORKER, "submit_result", &json!({"conclusion": "c", "self_check": []}));
    assert!(matches!(ask, Ask::Worker(WorkerAsk::SubmitResult(claim)) if claim.files.is_none()));
}

#[test]
fn long_conclusions_are_cut_and_keep_their_risks() {
    let args = json!({"conclusion": "é".repeat(CONCLUSION_BYTES), "self_check": [], "risks": ["slow"]});
    let (_, texts) = read(WORKER, "submit_result", &args);
    assert!(texts[0].len() <= CONCLUSION_BYTES);
    assert!(texts[0].ends_with("é […]\n\nOpen risks:\n- slow"), "{}", &texts[0]);
    let (_, texts) = read(Seat::Orchestrator, "report", &json!({"conclusion": "é".repeat(CONCLUSION_BYTES)}));
    assert!(texts[0].ends_with("é […]") && texts[0].len() <= CONCLUSION_BYTES);
}

#[test]
fn verdicts_carry_their_quotes() {
    let args = json!({"conclusion": "c", "findings": [{"criterion": "readable", "pass": false, "text": "Line 3.", "quote": "a\nb"}]});
    let (ask, texts) = read(REVIEWER, "submit_review", &args);
    assert_eq!(texts, ["c", "Line 3.\n\n> a\n> b"]);
    let verdicts = vec![Judged {
        criterion: "readable".to_owned(),
        holds: false,
        text: blob(&texts[1]),
        quote: Some("a\nb".to_owned()),
        is_there: false,
    }];
    assert_eq!(ask, Ask::Reviewer(ReviewerAsk::SubmitReview { verdicts, conclusion: blob("c") }));
}

#[test]
fn workspace_calls_are_read_whole() {
    let path = || "src/a.rs".to_owned();
    let calls: BTreeMap<_, _> = Tool::ALL
        .into_iter()
        .zip([
            (
                json!({"path": "src/a.rs", "offset": 2, "limit": 3}),
                WorkspaceCall::Read { path: path(), page: Page { offset: Some(2), limit: Some(3) } },
            ),
            (
                json!({"offset": 9}),
                WorkspaceCall::List { path: None, page: Page { offset: Some(9), limit: None } },
            ),
            (
                json!({"pattern": "*.rs", "path": "src", "limit": 9}),
                WorkspaceCall::Glob {
                    pattern: "*.rs".into(),
                    path: Some("src".into()),
                    page: Page { offset: None, limit: Some(9) },
                },
            ),
            (
                json!({"pattern": "fn", "path": "src/a.rs"}),
                WorkspaceCall::Search { pattern: "fn".into(), path: Some(path()), page: Page::default() },
            ),
            (
                json!({"verb": "blame", "commit": "ABCDEF1", "path": "src/a.rs", "from_line": 2, "to_line": 3}),
                WorkspaceCall::Git(GitLook {
                    verb: GitVerb::Blame,
                    commit: Some("abcdef1".into()),
                    path: Some(path()),
                    from_line: Some(2),
                    to_line: Some(3),
                    count: None,
                }),
            ),
            (
                json!({"path": "src/a.rs", "edits": [{"old": "a", "new": ""}, {"old": "b", "new": "c", "replace_all": true}]}),
                WorkspaceCall::Edit {
                    path: path(),
                    edits: vec![
                        Replacement { old: "a".into(), new: String::new(), all: false },
                        Replacement { old: "b".into(), new: "c".into(), all: true },
                    ],
                },
            ),
            (json!({"diff": "--- a/f"}), WorkspaceCall::Patch { diff: "--- a/f".into() }),
            (
                json!({"path": "src/a.rs", "content": ""}),
                WorkspaceCall::Write { path: path(), content: String::new() },
            ),
            (
                json!({"command": "true", "timeout_s": 5}),
                WorkspaceCall::Run { command: "true".into(), timeout_s: Some(5) },
            ),
        ])
        .collect();
    for (tool, (args, expected)) in calls {
        assert_eq!(workspace_args(tool, &args), Ok(expected));
    }
}

#[test]
fn what_other_agents_call_by_other_names_is_read() {
    let only = WorkspaceCall::Edit {
        path: "a".into(),
        edits: vec![Replacement { old: "x".into(), new: "y".into(), all: true }],
    };
    for args in [
        json!({"path": "a", "old": "x", "new": "y", "replace_all": true}),
        json!({"file_path": "a", "old_string": "x", "new_string": "y", "replace_all": "true"}),
        json!({"file_path": "a", "edits": [{"old_string": "x", "new_string": "y", "replace_all": true}]}),
        json!({"path": "a", "edits": "[{\"old\":\"x\",\"new\":\"y\",\"replace_all\":true}]"}),
    ] {
        assert_eq!(workspace_args(Tool::Edit, &args), Ok(only.clone()), "{args}");
    }
    let read = WorkspaceCall::Read { path: "a".into(), page: Page { offset: Some(3), limit: None } };
    assert_eq!(workspace_args(Tool::Read, &json!({"path": "a", "offset": "3"})), Ok(read));
    for (tool, args, why) in [
        (Tool::Read, json!({"path": "a", "file_path": "b"}), "no field \"file_path\""),
        (Tool::Read, json!({"path": "a", "offset": "3 or 4"}), "offset must be a whole number"),
        (
            Tool::Edit,
            json!({"path": "a", "old": "x", "edits": [{"old": "x", "new": "y"}]}),
            "no field \"old\"",
        ),
        (Tool::Edit, json!({"path": "a", "edits": []}), "at least one"),
        (
            Tool::Edit,
            json!({"path": "a", "edits": vec![json!({"old": "x", "new": "y"}); 101]}),
            "at most 100",
        ),
        (Tool::Edit, json!({"path": "a", "old": "x"}), "edits[0].new is missing"),
    ] {
        let error = workspace_args(tool, &args).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn what_git_is_not_asked_is_told_with_what_to_ask() {
    let wrong = |args: Value| workspace_args(Tool::Git, &args).unwrap_err();
    let mut told = String::new();
    for args in [
        json!({"verb": "push"}),
        json!({"verb": "log", "commit": "HEAD~1"}),
        json!({"verb": "log", "commit": "--all"}),
        json!({"verb": "show", "path": "../other"}),
        json!({"verb": "blame"}),
        json!({"verb": "diff", "path": "src"}),
        json!({"verb": "log", "count": 100_000}),
    ] {
        told += &format!("{}\n", wrong(args).split(" Example: ").next().unwrap_or_default());
    }
    expect![[r#"
        verb must be one of "log", "show", "diff", "blame", but is "push". What you want to know.
        commit is "head~1", but must be a commit's hash of 7 digits or more, as log lists them; leave it out for the commit that you work from.
        commit is "--all", but must be a commit's hash of 7 digits or more, as log lists them; leave it out for the commit that you work from.
        path is "../other": this is not a path from the root of the repository; write it like src/main.rs; leave it out for all files.
        blame needs the path of one file.
        diff needs the earlier commit: what changed since then is answered. log lists commits.
        count must be a whole number from 1 to 200, but is 100000. log: how many commits. Default 20.
    "#]].assert_eq(&told);
    let folder = workspace_args(Tool::Git, &json!({"verb": "log", "path": "src/"}));
    assert!(matches!(folder, Ok(WorkspaceCall::Git(GitLook { path: Some(path), .. })) if path == "src"));
}
