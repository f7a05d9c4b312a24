//! Providers that are down or overloaded, pauses that they ask for, and callers who change their minds.

use trireme_core::limits::{BREAKER_FAULTS, GOVERNED_AT_FIRST};

use super::super::lane::{Lane, Next};
use super::super::{Limits, Ticket};
use super::{Dice, load, party};
use crate::bus::rate::{Heard, RateLimits, Taken};

fn heard(status: u16) -> Heard {
    Heard::head(status, None, RateLimits::default())
}

/// A lane in which `waiting` calls wait, with tickets from 1.
fn lane(waiting: u64) -> Lane {
    let mut lane = Lane::new(&Limits::default());
    (1..=waiting).for_each(|ticket| lane.join(Ticket(ticket), &party(0), load(1, 1)));
    lane
}

/// Lets go whoever may.
fn go(lane: &mut Lane, now_ms: u64) -> (Vec<Ticket>, Option<u64>) {
    let mut gone = Vec::new();
    loop {
        match lane.next(now_ms) {
            Next::Admit(ticket) => gone.push(ticket),
            Next::Wait(until) => return (gone, until),
        }
    }
}

#[test]
fn nobody_goes_before_a_pause_that_was_asked_for_is_over() {
    for status in [429, 503, 529, 500] {
        let mut lane = lane(100);
        let (gone, _) = go(&mut lane, 0);
        lane.heard(gone[0], &Heard::head(status, Some(7_000), RateLimits::default()), 50, 500);
        lane.heard(gone[1], &heard(200), 60, 500);
        gone.iter().for_each(|ticket| lane.release(*ticket, 60));
        assert_eq!(go(&mut lane, 7_049), (vec![], Some(7_050)), "{status}");
        assert!(!go(&mut lane, 7_050).0.is_empty(), "{status}");
    }
}

#[test]
fn the_longest_pause_counts() {
    let mut lane = lane(100);
    let (gone, _) = go(&mut lane, 0);
    for (ticket, pause) in gone.iter().zip([3_000, 9_000, 1_000]) {
        lane.heard(*ticket, &Heard::head(429, Some(pause), RateLimits::default()), 10, 0);
    }
    gone.iter().for_each(|ticket| lane.release(*ticket, 10));
    assert_eq!(go(&mut lane, 9_009).0, []);
    assert_eq!(go(&mut lane, 9_010).0.len(), 1, "and then slowly");
}

#[test]
fn a_provider_that_is_down_is_left_alone_then_looked_at_by_one() {
    let mut lane = lane(1_000);
    let mut now = 0;
    let (gone, _) = go(&mut lane, now);
    for ticket in &gone {
        lane.heard(*ticket, &heard(500), now, 1_000);
        lane.release(*ticket, now);
    }
    // It is down: each look is one call, and each pause is twice as long as the last, up to a minute.
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let (gone, until) = go(&mut lane, now);
        assert_eq!(gone, []);
        pauses.push((until.unwrap() - now) / 1_000);
        now = until.unwrap();
        let (gone, until) = go(&mut lane, now);
        assert_eq!((gone.len(), until), (1, None), "one goes to look, and nobody else meanwhile");
        lane.heard(gone[0], &heard(502), now + 10, 1_000);
        lane.release(gone[0], now + 10);
        now += 10;
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
    // It is back.
    let (_, until) = go(&mut lane, now);
    let (gone, _) = go(&mut lane, until.unwrap());
    lane.heard(gone[0], &heard(200), until.unwrap(), 0);
    assert!(go(&mut lane, until.unwrap()).0.len() > 10, "the breaker is closed");
}

#[test]
fn pauses_of_the_breaker_have_full_jitter() {
    for (jitter, pause) in [(0, 0), (250, 250), (1_000, 1_000)] {
        let mut lane = lane(1_000);
        for ticket in go(&mut lane, 0).0 {
            lane.heard(ticket, &heard(500), 5, jitter);
            lane.release(ticket, 5);
        }
        assert_eq!(lane.closed_until(), 5 + pause);
    }
}

#[test]
fn faults_that_are_not_in_a_row_open_nothing() {
    let mut lane = lane(64);
    for (place, ticket) in go(&mut lane, 0).0.into_iter().enumerate() {
        let status = if place as u32 % BREAKER_FAULTS == BREAKER_FAULTS - 1 { 404 } else { 500 };
        lane.heard(ticket, &heard(status), 5, 1_000);
    }
    assert_eq!(lane.closed_until(), 0);
}

#[test]
fn one_who_went_to_look_and_never_came_back_is_followed_by_another() {
    let mut lane = lane(100);
    for ticket in go(&mut lane, 0).0 {
        lane.heard(ticket, &heard(500), 0, 1_000);
        lane.release(ticket, 0);
    }
    let (gone, _) = go(&mut lane, 1_000);
    assert_eq!(gone.len(), 1);
    lane.release(gone[0], 1_500);
    assert_eq!(go(&mut lane, 1_500).0.len(), 1);
}

#[test]
fn an_overloaded_provider_gets_half_as_much_and_then_more_again() {
    let mut lane = Lane::new(&Limits::default());
    let mut tickets = 0;
    let mut round = |lane: &mut Lane, status: u16| {
        for _ in 0..200 {
            tickets += 1;
            lane.join(Ticket(tickets), &party(0), load(1, 1));
        }
        let (gone, _) = go(lane, 0);
        // A fault in between two answers opens no breaker.
        lane.heard(gone[0], &heard(status), 0, 0);
        gone.iter().skip(1).for_each(|ticket| lane.heard(*ticket, &heard(200), 0, 0));
        gone.iter().for_each(|ticket| lane.release(*ticket, 0));
        gone.len()
    };
    let first = GOVERNED_AT_FIRST as usize;
    assert_eq!(round(&mut lane, 529), first);
    let halved = round(&mut lane, 200);
    assert!((first / 2..=first / 2 + 2).contains(&halved), "{halved}");
    assert_eq!(round(&mut lane, 200), halved + 1, "one more for each round");
    assert_eq!(round(&mut lane, 200), halved + 2);
}

/// Somebody's way through the lane, for the schedules below.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Line(usize),
    Way,
}

#[test]
fn ten_thousand_schedules_leak_nothing() {
    for seed in 0..10_000 {
        let mut dice = Dice(seed);
        let limits = Limits {
            concurrency: [None, Some(3)][usize::try_from(dice.below(2)).unwrap()],
            requests_per_minute: [None, Some(600)][usize::try_from(dice.below(2)).unwrap()],
            tokens_per_minute: None,
        };
        let mut lane = Lane::new(&limits);
        let mut all: Vec<(Ticket, At)> = Vec::new();
        let (mut now, mut tickets) = (0, 0);
        for _ in 0..40 {
            now += dice.below(300);
            match dice.below(4) {
                0 | 1 => {
                    tickets += 1;
                    let number = usize::try_from(dice.below(3)).unwrap();
                    lane.join(Ticket(tickets), &party(number), load(dice.below(50), 5));
                    all.push((Ticket(tickets), At::Line(number)));
                }
                2 if !all.is_empty() => {
                    let place = usize::try_from(dice.below(all.len() as u64)).unwrap();
                    leave(&mut lane, all.swap_remove(place), now);
                }
                _ => {
                    let statuses = [200, 200, 200, 429, 500, 529];
                    let status = statuses[usize::try_from(dice.below(6)).unwrap()];
                    let pause = (dice.below(3) == 0).then(|| dice.below(2_000));
                    let way = all.iter().find(|(_, at)| *at == At::Way).map(|(ticket, _)| *ticket);
                    let Some(ticket) = way else { continue };
                    lane.heard(
                        ticket,
                        &Heard::head(status, pause, RateLimits::default()),
                        now,
                        dice.jitter(),
                    );
                }
            }
            for ticket in go(&mut lane, now).0 {
                all.iter_mut().filter(|(other, _)| *other == ticket).for_each(|(_, at)| *at = At::Way);
            }
            check(&lane, &all, seed);
        }
        // Everybody gets through in the end, whatever was said before.
        let mut rounds = 0;
        while !all.is_empty() {
            rounds += 1;
            assert!(rounds < 1_000, "seed {seed}: {} are stuck", all.len());
            let on_way: Vec<_> = all.iter().filter(|(_, at)| *at == At::Way).copied().collect();
            for (ticket, at) in on_way {
                let served = Heard { taken: Taken::Served, ..heard(200) };
                lane.heard(ticket, &served, now, 0);
                leave(&mut lane, (ticket, at), now);
                all.retain(|(other, _)| *other != ticket);
            }
            let (gone, until) = go(&mut lane, now);
            for ticket in gone {
                all.iter_mut().filter(|(other, _)| *other == ticket).for_each(|(_, at)| *at = At::Way);
            }
            now = until.unwrap_or(now);
        }
        check(&lane, &all, seed);
    }
}

fn leave(lane: &mut Lane, (ticket, at): (Ticket, At), now: u64) {
    match at {
        At::Line(number) => lane.leave(ticket, &party(number)),
        At::Way => lane.release(ticket, now),
    }
}

fn check(lane: &Lane, all: &[(Ticket, At)], seed: u64) {
    let on_way = all.iter().filter(|(_, at)| *at == At::Way).count();
    assert_eq!(lane.in_flight() as usize, on_way, "seed {seed}");
    assert_eq!(lane.waiting(), all.len() - on_way, "seed {seed}");
}
