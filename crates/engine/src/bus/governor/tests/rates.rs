//! How fast a thousand calls get through, at providers that say much, little or nothing about their limits.

use trireme_core::limits::CALL_RETRIES;

use super::super::Limits;
use super::load;
use super::sim::{Provider, Rule, Says, Sim, Told};

const CALLS: u64 = 1_000;
const STREAMED: bool = false;
const PLAIN: bool = true;

/// The least time in which a provider takes all of the calls, with the last one's answer, in milliseconds.
fn ideal_ms(rule: Rule, latency: (u64, u64)) -> f64 {
    let mean = (latency.0 + latency.1) as f64 / 2.0;
    match rule {
        Rule::Bucket { capacity, per_minute } => {
            (CALLS - capacity) as f64 * 60_000.0 / per_minute as f64 + latency.1 as f64
        }
        Rule::Minute { requests } => ((CALLS - 1) / requests) as f64 * 60_000.0 + latency.1 as f64,
        Rule::AtOnce(limit) => CALLS as f64 * mean / f64::from(limit),
    }
}

/// Plays some seeds, and gives the worst part above the ideal time and the most refusals.
fn worst(seeds: u64, rule: Rule, says: Says, latency: (u64, u64), plain: bool) -> (f64, Told) {
    let mut worst = (f64::MIN, Told::default());
    for seed in 0..seeds {
        let mut sim = Sim::new(seed, rule, says);
        (sim.latency, sim.plain) = (latency, plain);
        let told = sim.run();
        let ideal = ideal_ms(rule, latency);
        worst.0 = worst.0.max(told.makespan_ms as f64 / ideal - 1.0);
        worst.1.refusals = worst.1.refusals.max(told.refusals);
        worst.1.refusals_max = worst.1.refusals_max.max(told.refusals_max);
    }
    let (over, told) = &worst;
    println!(
        "{rule:?} {says:?} {latency:?} plain {plain}: {:+.1} %, {} refusals, {} of one call",
        over * 100.0,
        told.refusals,
        told.refusals_max
    );
    worst
}

const LATENCIES: [((u64, u64), bool); 4] = [
    ((500, 3_000), STREAMED),
    ((500, 3_000), PLAIN),
    ((20_000, 60_000), STREAMED),
    ((20_000, 60_000), PLAIN),
];

#[test]
fn a_thousand_calls_take_the_ideal_time_whatever_the_provider_says() {
    for says in [Says::Headers, Says::RetryAfter, Says::Nothing] {
        for (latency, plain) in LATENCIES {
            for capacity in [10, 60] {
                let rule = Rule::Bucket { capacity, per_minute: 60 };
                let (over, told) = worst(10, rule, says, latency, plain);
                assert!(over < 0.02, "{over}");
                assert!(told.refusals_max < u64::from(CALL_RETRIES), "a call would have failed");
                assert!(told.refusals < 130, "the first moments apart, refusals are rare");
            }
        }
    }
}

#[test]
fn windows_from_minute_to_minute_are_used_up_where_the_pause_is_told() {
    for says in [Says::Headers, Says::RetryAfter] {
        let (over, told) = worst(10, Rule::Minute { requests: 60 }, says, (500, 3_000), STREAMED);
        assert!(over < 0.02, "{over}");
        assert!(told.refusals_max < u64::from(CALL_RETRIES));
    }
}

#[test]
fn a_provider_that_saves_nothing_up_is_nearly_used_up() {
    for says in [Says::Headers, Says::RetryAfter, Says::Nothing] {
        let rule = Rule::Bucket { capacity: 1, per_minute: 60 };
        let (over, told) = worst(10, rule, says, (500, 3_000), STREAMED);
        assert!(over < 0.25, "{over}");
        assert!(told.refusals_max <= u64::from(CALL_RETRIES));
    }
}

#[test]
fn a_limit_at_one_time_that_nobody_tells_of_costs_time_but_no_call() {
    for latency in [(500, 3_000), (5_000, 20_000)] {
        for says in [Says::RetryAfter, Says::Nothing] {
            let (over, told) = worst(10, Rule::AtOnce(5), says, latency, STREAMED);
            assert!(over < 0.75, "{over}");
            assert!(told.refusals_max <= u64::from(CALL_RETRIES));
        }
    }
}

#[test]
fn with_a_configured_limit_nobody_is_refused_at_all() {
    let rule = Rule::Bucket { capacity: 10, per_minute: 60 };
    for seed in 0..10 {
        let mut sim = Sim::new(seed, rule, Says::Nothing);
        sim.limits = Limits { requests_per_minute: Some(59), ..Limits::default() };
        let told = sim.run();
        assert_eq!(told.refusals, 0);
        assert!(told.makespan_ms as f64 / ideal_ms(rule, (500, 3_000)) < 1.03);
    }
}

#[test]
fn tokens_are_counted_as_requests_are() {
    let mut sim = Sim::new(1, Rule::Minute { requests: u64::MAX }, Says::Nothing);
    sim.limits = Limits { tokens_per_minute: Some(100_000), ..Limits::default() };
    sim.weight = load(1_500, 500);
    let told = sim.run();
    // 2,000,000 tokens less the first tenth of a minute's worth, at 100,000 a minute.
    let ideal = (2_000_000.0 - 100_000.0 / 6.0) / 100_000.0 * 60_000.0;
    assert!((told.makespan_ms as f64 / ideal - 1.0).abs() < 0.01, "{}", told.makespan_ms);
}

#[test]
fn no_more_are_on_their_way_than_is_configured() {
    let mut sim = Sim::new(1, Rule::AtOnce(3), Says::Nothing);
    sim.limits = Limits { concurrency: Some(3), ..Limits::default() };
    assert_eq!(sim.run().refusals, 0);
    let unlimited = Provider::new(Rule::AtOnce(u32::MAX), Says::Nothing);
    let mut sim = Sim::new(1, Rule::AtOnce(1), Says::Nothing);
    sim.provider = unlimited;
    assert!(sim.run().makespan_ms < 60_000, "nothing is held back where nothing limits");
}
