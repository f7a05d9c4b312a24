//! The spine under load: real journal, real blobs, real loop; models answer at once and in this process.
//!
//! - durable events per second with 1, 64 and 1,000 agents in flight,
//! - recovery of a run from 100,000 events,
//! - memory per worker that waits for its model, with 10,000 of them in one run.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

mod ground;
mod model;

use std::time::Instant;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::Runtime;
use trireme_engine::blobs::Blobs;
use trireme_engine::journal::Journal;
use trireme_engine::run_loop::Keeper;

use ground::{Ground, lay_out, play};
use model::Model;

fn main() {
    memory_per_idle_worker(10_000, 100);
    divan::main();
}

#[divan::bench(args = [1, 64, 1_000], sample_count = 3, sample_size = 1)]
fn durable_events(bencher: Bencher, agents: usize) {
    let runtime = Runtime::new().unwrap();
    let turns = if agents == 1 { 150 } else { (16_000 / agents).clamp(4, 150) };
    let ground = Ground::new();
    let model = || Model::talking(agents.div_ceil(100), agents.min(100), turns);
    let events = runtime.block_on(play(&ground, &ground.fresh(), model()));
    bencher
        .counter(ItemsCount::new(events))
        .with_inputs(|| ground.fresh())
        .bench_values(|dir| runtime.block_on(play(&ground, &dir, model())));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn recovery_of_100_000_events(bencher: Bencher) {
    let runtime = Runtime::new().unwrap();
    let ground = Ground::new();
    let dir = ground.fresh();
    let events = runtime.block_on(play(&ground, &dir, Model::talking(2, 85, 150)));
    assert!(events >= 100_000, "only {events} events");
    bencher.counter(ItemsCount::new(events)).bench(|| {
        runtime.block_on(async {
            let keeper =
                Keeper::open(Journal::open(&dir, "bench").await.unwrap(), Blobs::memory()).await.unwrap();
            assert_eq!(keeper.run().events(), events as u64);
        });
    });
}

/// Workers of one run that have all been spawned and wait for a model that never answers.
fn memory_per_idle_worker(workers: usize, managers: usize) {
    let runtime = Runtime::new().unwrap();
    let ground = Ground::new();
    let before = resident_bytes();
    let began = Instant::now();
    runtime.block_on(async {
        let model = Model::idle(managers, workers / managers);
        let (run_loop, scribe, ends) = lay_out(&ground, &ground.fresh(), model).await;
        let mut views = ends.views.clone();
        let all_there = async {
            while views.changed().await.is_ok() {
                if views.borrow_and_update().counts.agents > workers + managers {
                    return;
                }
            }
        };
        tokio::select! {
            () = all_there => {}
            finish = run_loop.run(scribe) => panic!("the run ended: {finish:?}"),
        }
        let each = resident_bytes().saturating_sub(before) / workers;
        println!("{workers} idle workers in one run after {:?}: {each} bytes each", began.elapsed());
    });
}

fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 4_096
}
