//! A small run through all tiers: two phases, artifacts, memos, money, a wrong attempt, a review.

use trireme_core::run::event::{RunEnd, SectionEnd};
use trireme_core::{Money, Seniority};
use trireme_engine::Finish;

use crate::support::{Ground, order, relay};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_from_sentence_to_verified_branch() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_file_itself_answers_who_did_what_for_how_much() {
    use sqlx::Connection as _;
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    live.finish().await.unwrap();
    let past = ground.engine.past(&run).await.unwrap();
    let file = ground.dir.path().join(format!("state/runs/{run}/journal.db"));
    let mut conn =
        sqlx::SqliteConnection::connect(&format!("sqlite:{}?mode=ro", file.display())).await.unwrap();
    let steps: Vec<(String, String, i64, f64)> = sqlx::query_as(
        "SELECT manager, step, cost_nanos, cost FROM steps WHERE run = $1 ORDER BY checkpoint",
    )
    .bind(&run.0)
    .fetch_all(&mut conn)
    .await
    .unwrap();
    let spent = past.run.ledger().get(trireme_core::ledger::Ledger::RUN).unwrap().spent;
    assert_eq!(steps.iter().map(|(_, _, nanos, _)| nanos).sum::<i64>() as u64, spent.as_nanos());
    for manager in ["orchestrator", "Counting", "Reporting", "Indexing"] {
        let calls = steps.iter().filter(|(by, step, ..)| by == manager && step == "replied").count();
        assert!(calls >= 3, "{manager} made {calls} calls");
    }
}
