//! A small run through all tiers: two phases, artifacts, memos, money, a wrong attempt, a review.

use trireme_core::run::event::{RunEnd, SectionEnd};
use trireme_core::{Money, Seniority};
use trireme_engine::Finish;
use trireme_engine::sql::Cell;

use crate::support::{Ground, order, relay, replayed};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_from_sentence_to_verified_branch() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    replayed(&ground.engine, &run).await;
    let past = ground.engine.past(&run).await.unwrap();
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
    let run = &past.run;
    run.audit().unwrap();
    let granted: Vec<_> =
        run.requests().iter().map(|(_, request)| (request.amount, request.granted)).collect();
    assert_eq!(granted, [(Money::cents(10), Some(Money::cents(5)))]);
    assert_eq!(run.memos().len(), 1);
    let of = |title: &str| {
        let (_, task) = run.tasks().iter().find(|(_, task)| task.outline.title == title).unwrap();
        let attempts = task.attempts.iter().map(|id| run.attempts().get(*id).unwrap());
        attempts.collect::<Vec<_>>()
    };
    let counts = of("Count words");
    assert_eq!(counts.iter().map(|attempt| attempt.verified()).collect::<Vec<_>>(), [false, true]);
    assert_eq!(
        counts[0].claim.as_ref().unwrap().self_check,
        [("count".to_owned(), Some(true))],
        "claimed is not verified"
    );
    assert_eq!((counts[0].seniority, counts[1].seniority), (Seniority::Junior, Seniority::Mid));
    let report = of("Write report")[0];
    let author = run.agents().get(report.worker.unwrap()).unwrap();
    let judge = run.agents().get(report.reviewer.unwrap()).unwrap();
    assert!(judge.spent > Money::ZERO && author.spent > Money::ZERO);
    let (_, counting) = run.sections().iter().next().unwrap();
    let count = trireme_core::Digest::of(b"3\n");
    assert_eq!(counting.artifacts.iter().map(|artifact| artifact.hash).collect::<Vec<_>>(), [Some(count)]);
    let sections: Vec<_> = run.sections().iter().map(|(_, section)| section.end).collect();
    assert_eq!(sections, [Some(SectionEnd::Verified); 3]);
}

/// The question that Proposal 006 asks of its checkpoints.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sql_answers_who_did_what_for_how_much_in_order() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    let past = ground.engine.past(&run).await.unwrap();
    let query = format!(
        "SELECT manager, step, cost, cost_nanos, checkpoint FROM steps WHERE run = '{run}' ORDER BY checkpoint"
    );
    let steps = ground.engine.ask(None, &query).await.unwrap().rows;
    let nanos = |row: &Vec<Cell>| match row[3] {
        Cell::Integer(nanos) => nanos as u64,
        _ => panic!("{row:?}"),
    };
    let spent = past.run.ledger().get(trireme_core::ledger::Ledger::RUN).unwrap().spent;
    assert_eq!(steps.iter().map(nanos).sum::<u64>(), spent.as_nanos());
    let text = |text: &str| Cell::Text(text.to_owned());
    for manager in ["orchestrator", "Counting", "Reporting", "Indexing"] {
        let is_call = |row: &&Vec<Cell>| row[0] == text(manager) && row[1] == text("llm_call");
        let calls = steps.iter().filter(is_call).count();
        assert!(calls >= 3, "{manager} made {calls} calls");
    }
    let granted =
        "SELECT amount_usd, request FROM budget_moves WHERE kind = 'granted' AND target = 'Reporting'";
    let granted = ground.engine.ask(Some(&run), granted).await.unwrap();
    assert_eq!(granted.rows, [vec![Cell::Real(0.05), text("r0")]]);
    let memos = ground.engine.ask(Some(&run), "SELECT count(*) FROM memos").await.unwrap();
    assert_eq!(memos.rows, [vec![Cell::Integer(1)]]);
}
