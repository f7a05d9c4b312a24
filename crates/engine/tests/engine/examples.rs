//! The two examples that ship, from sentence to verified branch.

use trireme_core::run::event::RunEnd;
use trireme_engine::Finish;

use crate::support::{Ground, order, workspace_root};

async fn play(example: &str) -> (Ground, trireme_engine::Past) {
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

async fn dump(ground: &Ground, mut past: trireme_engine::Past) {
    for (seq, _, event) in past.events(1, 10_000).await.unwrap() {
        println!("{seq} {}", serde_json::to_string(&event).unwrap().chars().take(400).collect::<String>());
    }
    println!("{}", ground.dir.path().display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_to_json_costs_five_dollars_of_ten() {
    let (_ground, past) = play("csv-to-json").await;
    let ledger = past.run.ledger();
    assert_eq!(ledger.get(trireme_core::ledger::Ledger::RUN).unwrap().spent.to_string(), "$5.00");
    past.run.audit().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn csv_export_is_verified() {
    let (_ground, past) = play("csv-export").await;
    past.run.audit().unwrap();
}
