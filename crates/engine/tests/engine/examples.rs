//! The two examples that ship, from sentence to verified branch.

use std::collections::BTreeMap;
use std::path::Path;

use trireme_core::ledger::Ledger;
use trireme_core::run::event::{AttemptEnd, RunEnd};
use trireme_core::run::state::{AttemptState, SlotAnswer};
use trireme_core::run::{Command, Run, Target};
use trireme_core::{AgentId, ContextItem, Contract, Evidence, Money, Share, TaskId, TaskKind, Verdict};
use trireme_engine::{Finish, OnRecord, Order, Past, Wanted};

use crate::support::{Ground, order, sh, workspace_root};

async fn play(example: &str) -> (Ground, Past) {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&workspace_root().join("examples").join(example))).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    let past = ground.engine.past(&run).await.unwrap();
    if finish != Finish::Ended(RunEnd::Verified) {
        dump(&ground, past).await;
        panic!("{example} ended as {finish:?}");
    }
    (ground, past)
}

async fn dump(ground: &Ground, mut past: Past) {
    for (seq, _, event) in past.events(1, 10_000).await.unwrap() {
        println!("{seq} {}", serde_json::to_string(&event).unwrap().chars().take(400).collect::<String>());
    }
    println!("{}", ground.dir.path().display());
}

fn verdicts(attempt: &AttemptState) -> Vec<(&str, Verdict)> {
    attempt.findings.iter().map(|finding| (finding.criterion.as_str(), finding.verdict)).collect()
}

fn tasks_of(run: &Run, section: &str) -> Vec<TaskId> {
    let state = run.sections().iter().find(|(_, state)| state.outline.name == section);
    state.unwrap().1.tasks.clone()
}

fn task(run: &Run, title: &str) -> TaskId {
    run.tasks().iter().find(|(_, task)| task.outline.title == title).unwrap().0
}

fn attempts<'a>(run: &'a Run, title: &str) -> Vec<&'a AttemptState> {
    let task = run.tasks().get(task(run, title)).unwrap();
    task.attempts.iter().map(|id| run.attempts().get(*id).unwrap()).collect()
}

/// The most that each Manager had: what it does not need goes back at the end.
async fn limits(past: &mut Past) -> BTreeMap<String, Money> {
    let (mut run, mut limits) = (Run::default(), BTreeMap::<_, Money>::new());
    for (_, at, event) in past.events(1, 10_000).await.unwrap() {
        run.apply(at, &event);
        for (_, section) in run.sections().iter() {
            if let Some(account) = section.account {
                let most = limits.entry(section.outline.name.clone()).or_default();
                *most = run.ledger().limit(account).max(*most);
            }
        }
    }
    limits
}

fn spent(run: &Run, section: &str) -> String {
    let state = run.sections().iter().find(|(_, state)| state.outline.name == section).unwrap().1;
    run.ledger().get(state.account.unwrap()).unwrap().spent.to_string()
}

/// The same examples by one model, held against the repository's own tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_examples_can_be_played_solo() {
    for example in ["csv-to-json", "csv-export"] {
        let ground = Ground::new().await;
        let scenario = workspace_root().join("examples").join(example);
        let solo = Order { path: Some(trireme_core::Path::Solo), ..order(&scenario) };
        let live = ground.engine.start(solo).await.unwrap();
        let run = live.id().clone();
        let finish = live.finish().await.unwrap();
        let past = ground.engine.past(&run).await.unwrap();
        assert_eq!(finish, Finish::Ended(RunEnd::Verified), "{example}");
        assert_eq!(past.run.triage().unwrap().path, trireme_core::Path::Solo);
        assert!(past.run.orchestrator().is_none());
        assert_eq!((past.run.tasks().len(), past.run.attempts().len()), (1, 1), "{example}");
        // A context that only grows: the last request is the widest, and most of what it holds was sent before.
        let (_, worker) = past.run.agents().iter().next().unwrap();
        assert!(worker.used.input > 10 * worker.widest / 4, "{example}: {:?}", worker.used);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_to_json_is_section_6_of_the_proposal() {
    let (_ground, mut past) = play("csv-to-json").await;
    past.run.audit().unwrap();
    let limits = limits(&mut past).await;
    let run = &past.run;

    assert_eq!(run.ledger().get(Ledger::RUN).unwrap().spent.to_string(), "$5.00");
    assert_eq!(run.ledger().limit(Ledger::RUN).to_string(), "$10.00");
    assert_eq!(past.intent().await.unwrap().reserve, Share::default());
    assert_eq!((limits["Core converter"], limits["CLI and tests"]), (Money::cents(600), Money::cents(400)));
    assert_eq!((spent(run, "Core converter"), spent(run, "CLI and tests")), ("$3.20".into(), "$1.80".into()));

    let staff = |section: &str| -> Vec<String> {
        let staffed = |id: TaskId| {
            let outline = &run.tasks().get(id).unwrap().outline;
            format!("{} {}", outline.kind, outline.seniority)
        };
        tasks_of(run, section).into_iter().map(staffed).collect()
    };
    assert_eq!(
        staff("Core converter"),
        ["build senior", "build mid", "build mid", "review mid", "build junior"]
    );
    assert_eq!(staff("CLI and tests"), ["build mid", "build junior"]);
    the_parser_was_claimed_and_refused(run);
    the_reviewer_is_nobody_who_wrote(run);
}

fn the_parser_was_claimed_and_refused(run: &Run) {
    let parser = attempts(run, "Parser");
    let [first, second] = parser.as_slice() else { panic!("{} attempts", parser.len()) };
    let claim = first.claim.as_ref().unwrap();
    assert_eq!(claim.self_check, [("plain-rows".to_owned(), true), ("quoted-fields".to_owned(), true)]);
    assert_eq!(verdicts(first), [("plain-rows", Verdict::Pass), ("quoted-fields", Verdict::Fail)]);
    assert_eq!((&first.end, &second.end), (&Some(AttemptEnd::Unmet), &Some(AttemptEnd::Verified)));
    assert_eq!(verdicts(second), [("plain-rows", Verdict::Pass), ("quoted-fields", Verdict::Pass)]);
}

fn the_reviewer_is_nobody_who_wrote(run: &Run) {
    let (_, review) = run.tasks().iter().find(|(_, task)| task.outline.kind == TaskKind::Review).unwrap();
    assert_eq!(review.outline.reviews, [task(run, "Parser"), task(run, "Validator")]);
    let judged = run.attempts().get(*review.attempts.first().unwrap()).unwrap();
    let reviewer = judged.reviewer.unwrap();
    let model = |agent: AgentId| run.agents().get(agent).unwrap().model.clone().unwrap();
    for author in attempts(run, "Parser").into_iter().chain(attempts(run, "Validator")) {
        let author = author.worker.unwrap();
        assert_ne!(author, reviewer);
        assert_ne!(model(author), model(reviewer), "another family judges");
    }
    assert_eq!(verdicts(judged), [("rubric-1", Verdict::Pass), ("rubric-2", Verdict::Pass)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_export_is_four_contracts_of_the_document() {
    let (ground, past) = play("csv-export").await;
    let run = &past.run;
    run.audit().unwrap();
    let titles: Vec<_> = run.tasks().iter().map(|(_, task)| task.outline.title.as_str()).collect();
    assert_eq!(
        titles,
        ["Shared column config", "Streaming endpoint", "Filter pass-through", "Front-end trigger"]
    );

    let endpoint = attempts(run, "Streaming endpoint");
    let [first, second] = endpoint.as_slice() else { panic!("{} attempts", endpoint.len()) };
    assert_eq!(verdicts(first), [("same-params", Verdict::Pass), ("big-account", Verdict::Fail)]);
    assert_eq!(verdicts(second), [("same-params", Verdict::Pass), ("big-account", Verdict::Pass)]);
    assert_eq!((&first.end, &second.end), (&Some(AttemptEnd::Unmet), &Some(AttemptEnd::Verified)));
    let Evidence::Command { exit, output, .. } = second.findings[1].evidence else { panic!("no command") };
    assert_eq!(exit, Some(0));
    assert!(past.text(output).await.unwrap().contains("200000 rows"));

    the_filters_see_three_files(&past).await;
    every_request_can_be_made_again(&ground, &past).await;
}

/// Whoever looks needs neither the scenario's server nor any key.
async fn every_request_can_be_made_again(ground: &Ground, past: &Past) {
    let run = &past.run.head().unwrap().id;
    let (mut workers, mut calls) = (0, 0);
    for (task, _) in past.run.tasks().iter() {
        let seen = ground.engine.seen(run, Wanted { task, attempt: None, reviewers: true }).await.unwrap();
        workers += seen.agents.len();
        for call in seen.agents.iter().flat_map(|agent| &agent.calls) {
            assert_eq!((call.record, call.end.as_str()), (OnRecord::Same, "answered"));
            calls += 1;
        }
    }
    assert_eq!((workers, calls), (5, 16));
}

async fn the_filters_see_three_files(past: &Past) {
    let run = &past.run;
    let task = run.tasks().get(task(run, "Filter pass-through")).unwrap();
    let contract: Contract = serde_json::from_str(&past.text(task.contract).await.unwrap()).unwrap();
    let seen = ["src/filter_params.rs", "acceptance/filter_passthrough.rs", "src/filter_map.rs"];
    assert_eq!(contract.context_files().collect::<Vec<_>>(), seen[..2]);
    assert_eq!(contract.context_stubs().collect::<Vec<_>>(), ["src/columns.rs"]);
    let notes = contract.context.iter().filter(|item| matches!(item, ContextItem::Note { .. }));
    assert_eq!(notes.count(), 1);
    assert_eq!(contract.write_set, seen[2..]);
    assert_eq!(contract.withheld.iter().map(|held| held.paths.as_str()).collect::<Vec<_>>(), ["**"]);

    let attempt = run.attempts().get(*task.attempts.first().unwrap()).unwrap();
    let worker = run.agents().get(attempt.worker.unwrap()).unwrap();
    let mut results = Vec::new();
    for slot in worker.turns.iter().flat_map(|turn| &turn.slots) {
        if let Some(SlotAnswer::Tool { output, .. }) = &slot.answer {
            results.push(past.text(*output).await.unwrap());
        }
    }
    let listed: Vec<_> = results.iter().take(2).map(|result| result.trim()).collect();
    assert_eq!(listed, ["src/filter_map.rs\nsrc/filter_params.rs", "acceptance/filter_passthrough.rs"]);
    let told = results.join("\n");
    let withheld = lines_of_withheld(&past.project, &attempt.base.to_string(), &seen);
    assert!(withheld.len() > 100, "{}", withheld.len());
    for line in withheld {
        assert!(!told.contains(&line), "{line}");
    }
}

/// Every line that means something in files of a commit, but for those of some of them.
fn lines_of_withheld(project: &Path, commit: &str, seen: &[&str]) -> Vec<String> {
    let names = sh(project, &format!("git ls-tree -r --name-only {commit}"));
    assert!(names.contains("src/columns.rs"), "what is merged already is withheld too: {names}");
    let files = names.lines().filter(|name| !seen.contains(name));
    let texts = files.map(|name| sh(project, &format!("git show {commit}:{name}")));
    let lines = texts.flat_map(|text| text.lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>());
    let open: String = seen.iter().map(|name| sh(project, &format!("git show {commit}:{name}"))).collect();
    lines.filter(|line| line.len() > 16 && !open.contains(line)).collect()
}

/// What is scripted can't follow the Owner's words, but it does not end for them either.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sentence_at_the_approval_of_csv_to_json_brings_its_plan_back() {
    let ground = Ground::new().await;
    let order = order(&workspace_root().join("examples/csv-to-json"));
    let live = ground.engine.start(Order { preapproved: false, ..order }).await.unwrap();
    let (mut views, orders) = (live.views(), live.orders());
    views.wait_for(|view| view.awaits_approval).await.unwrap();
    let text = ground.engine.put_text(live.id(), "One section is enough.").await.unwrap();
    orders.command(Command::Revise { text }).await.unwrap();
    // A plan can be approved only once it is back.
    while orders.command(Command::Approve { plan: None }).await.is_err() {
        views.changed().await.unwrap();
    }
    live.command(Command::Kill { target: Target::Run }).await.unwrap();
    assert_eq!(live.finish().await.unwrap(), Finish::Ended(RunEnd::Killed));
}
