//! Shares between parties, and order within one.

use super::super::Limits;
use super::super::Ticket;
use super::super::line::Line;
use super::sim::{Rule, Says, Sim};
use super::{Dice, load, party};

/// How many of the first `count` entries belong to each party.
fn shares(order: &[usize], count: usize, parties: usize) -> Vec<usize> {
    let mut shares = vec![0; parties];
    order.iter().take(count).for_each(|party| shares[*party] += 1);
    shares
}

#[test]
fn whoever_has_more_waiting_gets_no_more() {
    for says in [Says::Headers, Says::RetryAfter, Says::Nothing] {
        for seed in 0..5 {
            let mut sim = Sim::new(seed, Rule::Bucket { capacity: 10, per_minute: 60 }, says);
            sim.queues = vec![700, 100, 100, 100];
            let told = sim.run();
            // All four have something waiting for as long as this.
            for share in shares(&told.order, 360, 4) {
                assert!((86..=94).contains(&share), "{share} of 90");
            }
        }
    }
}

#[test]
fn large_calls_count_for_more_than_small_ones() {
    let mut line = Line::default();
    for ticket in 0..2_000 {
        let number = usize::from(ticket % 2 == 1);
        line.join(Ticket(ticket), &party(number), load(if number == 0 { 9_000 } else { 0 }, 0));
    }
    let served: Vec<usize> = (0..550).map(|_| usize::from(line.pop().unwrap().0.0 % 2 == 1)).collect();
    let shares = shares(&served, 550, 2);
    assert!(shares[0].abs_diff(50) <= 1, "ten thousand tokens' work is worth ten of a thousand: {shares:?}");
}

#[test]
fn within_a_party_the_first_goes_first_and_nobody_starves() {
    let mut dice = Dice(7);
    let mut line = Line::default();
    let (mut ticket, mut last) = (0, std::collections::HashMap::new());
    // One that asks once in a while waits for at most one call of each of the others.
    for round in 0..500 {
        for number in 0..9 {
            for _ in 0..dice.below(4) {
                ticket += 1;
                line.join(Ticket(ticket), &party(number), load(100, 0));
            }
        }
        if round % 7 == 0 {
            ticket += 1;
            let rare = Ticket(ticket);
            line.join(rare, &party(9), load(100, 0));
            let before = std::iter::from_fn(|| line.pop()).position(|(next, _)| next == rare).unwrap();
            assert!(before <= 10, "{before} went before it");
        } else if let Some((party, first, _)) = line.first() {
            let newest = last.insert(party.clone(), first);
            assert!(newest.is_none_or(|newest| newest < first));
            line.pop();
        }
    }
    assert!(line.parties() <= 30);
}

#[test]
fn parties_that_are_gone_are_forgotten() {
    let mut line = Line::default();
    for number in 0..10_000 {
        line.join(Ticket(number), &party(usize::try_from(number).unwrap()), load(1, 1));
        assert!(line.pop().is_some());
    }
    assert!(line.parties() < 40, "{}", line.parties());
    assert_eq!(line.len(), 0);
}

#[test]
fn one_at_a_time_is_fair_too() {
    let mut sim = Sim::new(3, Rule::AtOnce(1), Says::RetryAfter);
    sim.limits = Limits { concurrency: Some(1), ..Limits::default() };
    sim.queues = vec![60, 20, 20];
    let told = sim.run();
    assert_eq!(shares(&told.order, 60, 3), [20, 20, 20]);
}
