//! Seeded worlds: every one comes to its end, and every rule holds on the way.

use std::collections::BTreeMap;

use trireme_core::Run;
use trireme_testkit::chaos::Chaos;

/// `SEED=17` runs one world, `SEEDS=100000` that many.
#[expect(clippy::disallowed_methods, reason = "a developer's switch, read in a test only")]
fn switch(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

fn live(seed: u64) -> Chaos {
    let mut chaos = Chaos::new(seed);
    chaos.world.compare_every = 32;
    chaos.finish();
    chaos
}

#[test]
fn every_world_comes_to_its_end() {
    let seeds = match switch("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..switch("SEEDS").unwrap_or(400),
    };
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    let mut failed = Vec::new();
    let mut events = 0;
    for seed in seeds {
        if switch("SEEDS").is_some() {
            eprint!("{seed} ");
        }
        match std::panic::catch_unwind(|| live(seed)) {
            Ok(chaos) => {
                events += chaos.world.journal.len();
                *ends.entry(format!("{:?}", chaos.world.run.end())).or_default() += 1;
            }
            Err(_) => {
                eprintln!("--- that was SEED={seed}");
                failed.push(seed);
                if failed.len() > 8 {
                    break;
                }
            }
        }
    }
    println!("{ends:?}, {events} events");
    assert!(failed.is_empty(), "failed: SEED={failed:?}");
}

#[test]
fn a_fold_of_any_prefix_holds_every_rule() {
    for seed in 0..12 {
        let chaos = live(seed);
        let mut run = Run::default();
        for (at, event) in &chaos.world.journal {
            run.apply(*at, event);
            run.audit().unwrap();
            let _ = (run.next_deadline(), run.owed().count(), run.end());
        }
        assert!(run == chaos.world.run, "seed {seed}");
    }
}
