//! The governor itself under a clock that jumps: real futures, real cancelling.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use trireme_core::limits::CALL_RETRIES;

use super::super::{Governor, Limits, Load, Standing};
use super::sim::{Provider, Rule, Says};
use super::{Dice, key, load, party};
use crate::bus::rate::{Heard, RateLimits, Taken};

fn governor(limits: Limits) -> Governor {
    Governor::new(BTreeMap::from([("p".to_owned(), limits)]))
}

/// One call that is made again as often as a run makes it again; how often it was refused.
async fn call(
    governor: Governor,
    provider: Arc<Mutex<Provider>>,
    began: Instant,
    number: usize,
    seed: u64,
) -> Result<u8, u8> {
    let mut dice = Dice(seed);
    for tries in 0..=CALL_RETRIES {
        let mut permit = governor.admit(&key(), &party(number), Load::default()).await;
        sleep(Duration::from_millis(dice.between((5, 25)))).await;
        let now = u64::try_from(began.elapsed().as_millis()).unwrap();
        let heard = provider.lock().unwrap().take(now);
        sleep(Duration::from_millis(dice.between((5, 25)))).await;
        permit.learn(&heard);
        if heard.taken == Taken::Served {
            sleep(Duration::from_millis(dice.between((500, 3_000)))).await;
            provider.lock().unwrap().done();
            return Ok(tries);
        }
    }
    Err(CALL_RETRIES + 1)
}

#[tokio::test(start_paused = true)]
async fn a_provider_of_sixty_a_minute_and_a_thousand_calls_of_four_managers() {
    for says in [Says::Headers, Says::RetryAfter, Says::Nothing] {
        for capacity in [10, 60] {
            let began = Instant::now();
            let governor = governor(Limits::default());
            let rule = Rule::Bucket { capacity, per_minute: 60 };
            let provider = Arc::new(Mutex::new(Provider::new(rule, says)));
            let mut calls = JoinSet::new();
            for (number, queue) in [400, 300, 200, 100].into_iter().enumerate() {
                for place in 0..queue {
                    let seed = number as u64 * 1_000 + place;
                    calls.spawn(call(governor.clone(), Arc::clone(&provider), began, number, seed));
                }
            }
            let tries = calls.join_all().await;
            assert!(tries.iter().all(Result::is_ok), "no call fails");
            let refusals: u32 = tries.iter().flatten().map(|tries| u32::from(*tries)).sum();
            let ideal = (1_000 - capacity) as f64;
            let over = began.elapsed().as_secs_f64() / ideal - 1.0;
            println!("{says:?}, bucket of {capacity}: {:+.2} %, {refusals} refusals", over * 100.0);
            assert!(over < 0.05, "{says:?}: {over}");
            assert_eq!(governor.standing(&key()), Standing::default());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_place_is_given_back_by_whoever_is_dropped() {
    let governor = governor(Limits { concurrency: Some(1), ..Limits::default() });
    let lane = key();
    let first = governor.admit(&lane, &party(0), load(1, 1)).await;
    let who = party(0);
    let second = governor.admit(&lane, &who, load(1, 1));
    assert!(timeout(Duration::from_secs(1), second).await.is_err());
    assert_eq!(governor.standing(&lane), Standing { in_flight: 1, waiting: 0, resumes_in_ms: 0 });
    drop(first);
    drop(governor.admit(&lane, &party(1), load(1, 1)).await);
    assert_eq!(governor.standing(&lane), Standing::default());
}

#[tokio::test(start_paused = true)]
async fn a_lane_that_is_shut_is_told_at_once_to_whoever_would_not_wait() {
    let governor = governor(Limits::default());
    let lane = key();
    let mut permit = governor.admit(&lane, &party(0), load(1, 1)).await;
    let blocked = governor_full(&governor).await;
    let who = party(0);
    let waits = governor.admit_within(&lane, &who, load(1, 1), Duration::from_secs(5));
    let learns = async {
        sleep(Duration::from_secs(1)).await;
        permit.learn(&Heard::head(429, Some(60_000), RateLimits::default()));
        Instant::now()
    };
    let (shut, at) = tokio::join!(waits, learns);
    assert_eq!(shut.unwrap_err().resumes_in_ms, 60_000);
    assert_eq!(Instant::now(), at, "whoever waits already is told too");
    let patient = governor.admit_within(&lane, &who, load(1, 1), Duration::from_secs(61));
    drop(blocked);
    patient.await.unwrap();
    assert_eq!(at.elapsed(), Duration::from_secs(60));
}

/// Takes all the places that are left.
async fn governor_full(governor: &Governor) -> Vec<super::super::Permit> {
    let mut permits = Vec::new();
    while let Ok(permit) =
        timeout(Duration::from_millis(1), governor.admit(&key(), &party(1), load(1, 1))).await
    {
        permits.push(permit);
    }
    permits
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_cancelled_waiters_leave_nothing_behind() {
    let limits = Limits { concurrency: Some(4), requests_per_minute: Some(6_000), tokens_per_minute: None };
    let governor = governor(limits);
    let mut calls = JoinSet::new();
    for seed in 0..10_000_u64 {
        let governor = governor.clone();
        calls.spawn(async move {
            let mut dice = Dice(seed);
            let number = usize::try_from(dice.below(5)).unwrap();
            let patience = Duration::from_millis(dice.below(60_000));
            let admitted = timeout(patience, governor.admit(&key(), &party(number), load(1, 1))).await;
            let Ok(mut permit) = admitted else { return false };
            sleep(Duration::from_millis(dice.below(100))).await;
            if dice.below(20) == 0 {
                permit.learn(&Heard::head(429, Some(dice.below(500)), RateLimits::default()));
            }
            true
        });
    }
    let admitted = calls.join_all().await.into_iter().filter(|admitted| *admitted).count();
    assert!((100..9_900).contains(&admitted), "some got through and some did not: {admitted}");
    assert_eq!(governor.standing(&key()).in_flight, 0);
    assert_eq!(governor.standing(&key()).waiting, 0);
    let (lane, who) = (key(), party(0));
    let next = governor.admit(&lane, &who, load(1, 1));
    assert!(timeout(Duration::from_secs(60), next).await.is_ok(), "and the lane still works");
}

#[tokio::test(start_paused = true)]
async fn lanes_do_not_wait_for_each_other() {
    let governor = governor(Limits { concurrency: Some(1), ..Limits::default() });
    let _held = governor.admit(&key(), &party(0), load(1, 1)).await;
    let mut other = key();
    other.model = "n".to_owned();
    let _free =
        timeout(Duration::from_millis(1), governor.admit(&other, &party(0), load(1, 1))).await.unwrap();
}
