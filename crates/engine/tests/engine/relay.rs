//! A small run through all tiers: two phases, artifacts, memos, money, a wrong attempt, a review.

use trireme_core::run::event::RunEnd;
use trireme_engine::Finish;

use crate::support::{Ground, order, relay};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_runs_from_sentence_to_verified_branch() {
    let ground = Ground::new().await;
    let live = ground.engine.start(order(&relay())).await.unwrap();
    let run = live.id().clone();
    let finish = live.finish().await.unwrap();
    let mut past = ground.engine.past(&run).await.unwrap();
    for (seq, _, event) in past.events(1, 10_000).await.unwrap() {
        println!("{seq} {}", serde_json::to_string(&event).unwrap().chars().take(300).collect::<String>());
    }
    assert_eq!(finish, Finish::Ended(RunEnd::Verified));
}
