//! What a call costs in the governor where nothing limits it: `cargo bench -p trireme-engine --bench governor`.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::collections::BTreeMap;

use divan::Bencher;
use divan::counter::ItemsCount;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use trireme_engine::bus::governor::{Governor, LaneKey, Load, Party};
use trireme_engine::bus::rate::{Heard, RateLimits};

/// Calls of one sample.
const CALLS: usize = 10_000;

fn main() {
    divan::main();
}

async fn calls(governor: Governor, number: usize, count: usize) {
    let lane =
        LaneKey { provider: "provider".to_owned(), account: "key".to_owned(), model: "model".to_owned() };
    let who = Party::new(&format!("section {number}"));
    let weight = Load { input_tokens: 1_000, output_tokens: 500 };
    for _ in 0..count {
        let mut permit = governor.admit(&lane, &who, weight).await;
        permit.learn(&Heard::head(200, None, RateLimits::default()));
    }
}

/// Admitted, heard of and gone, by as many at one time.
#[divan::bench(args = [1, 16, 64], sample_count = 20, sample_size = 1)]
fn nothing_is_limited(bencher: Bencher<'_, '_>, at_once: usize) {
    let runtime = Runtime::new().unwrap();
    let governor = Governor::new(BTreeMap::new());
    bencher.counter(ItemsCount::new(CALLS)).bench_local(|| {
        runtime.block_on(async {
            let mut all = JoinSet::new();
            for number in 0..at_once {
                all.spawn(calls(governor.clone(), number, CALLS / at_once));
            }
            all.join_all().await;
        });
    });
}
