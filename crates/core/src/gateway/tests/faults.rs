//! The ten faults of budgets that were reported against the leading gateway, each as a test that passes here. What of them
//! only shows over a network is tested once more in the engine, against a provider that keeps its own bill.

use super::*;
use crate::catalogue::{Period, Span, Step};

/// A tree of a global budget, a session below it and an end user below that.
fn tree(global: u64, session: u64, end_user: u64) -> Gateway {
    books(&[
        new_key("global", Money::cents(global), None),
        new_key("session", Money::cents(session), Some(KeyId(0))),
        new_key("end-user", Money::cents(end_user), Some(KeyId(1))),
    ])
}

const SESSION: KeyId = KeyId(1);
const END_USER: KeyId = KeyId(2);

/// Makes calls until one is refused, and says what is promised to all of them.
fn fill(gateway: &mut Gateway, key: KeyId) -> Money {
    let model = model();
    // Each is bounded at $0.006.
    let call = wanted(&model, 2_000, 1_000);
    let mut promised = Money::ZERO;
    while let Ok(fit) = gateway.admit(key, &call, NOW) {
        gateway.apply(NOW, &fit.event);
        promised = promised.plus(gateway.ledger.reservation(fit.call).unwrap().bound);
    }
    gateway.audit().unwrap();
    promised
}

#[test]
fn fault_01_the_session_counter_is_not_raced() {
    let mut gateway = tree(1_000, 10, 1_000);
    assert!(fill(&mut gateway, SESSION) <= Money::cents(10));
    assert!(
        fill(&mut gateway, END_USER).is_zero(),
        "what the session has promised is promised for all below it"
    );
}

#[test]
fn fault_02_the_global_counter_is_not_raced() {
    let mut gateway = tree(10, 1_000, 1_000);
    let promised =
        fill(&mut gateway, SESSION).plus(fill(&mut gateway, END_USER)).plus(fill(&mut gateway, KeyId(0)));
    assert!(promised <= Money::cents(10), "{promised}");
}

#[test]
fn fault_03_the_end_users_counter_is_not_raced() {
    let mut gateway = tree(1_000, 1_000, 10);
    assert!(fill(&mut gateway, END_USER) <= Money::cents(10));
    assert!(!fill(&mut gateway, SESSION).is_zero(), "the others are not held back by it");
}

#[test]
fn fault_04_a_model_without_a_price_is_not_let_through() {
    // No row, no model, no call: there is nothing to make a `Wanted` of. The engine answers 404 and sends nothing.
    assert_eq!(Catalogue::built_in().unwrap().find("mystery-9000"), None);
}

#[test]
fn fault_05_a_price_by_tiers_is_bounded_by_the_tier_that_the_prompt_may_reach() {
    let usual = model().tariff.periods()[0].rates;
    let five_times = |price: PicoPerToken| PicoPerToken(price.0 * 5);
    let dear = Rates { input: five_times(usual.input), output: five_times(usual.output), ..usual };
    let steps = vec![Step { above: 100_000, rates: dear }];
    let tariff = Tariff::new(vec![Period { steps, ..Period::always(usual) }]).unwrap();
    let tiered = Model { tariff, ..model() };
    let long = wanted(&tiered, 150_000, 1_000);
    let gateway = one_key(Money::cents(10_000));
    let fit = gateway.admit(ONE, &long, NOW).unwrap();
    let GatewayEvent::Reserved { bound: promised, .. } = fit.event else { panic!() };
    let usage = Usage { input: 150_000, output: 1_000, ..Usage::default() };
    let true_cost = tiered.tariff.cost(&usage, Span::at(NOW));
    assert_eq!(true_cost, Money::nanos(5 * (150_000 * 1_000 + 1_000 * 4_000)), "all of it is dearer");
    assert!(promised >= true_cost, "{promised} < {true_cost}");
}

#[test]
fn fault_06_a_promise_is_not_leaked_when_a_call_fails() {
    let model = model();
    let call = wanted(&model, 2_000, 1_000);
    let endings = [
        Ending::Refused(None),
        Ending::Refused(Some(429)),
        Ending::Lost(Loss::Cut),
        Ending::Lost(Loss::CallerGone),
        used(1, 1),
    ];
    for ending in endings {
        let mut gateway = one_key(Money::cents(1));
        let id = gateway.take(ONE, &call).unwrap();
        gateway.finish(id, &model, ending).unwrap();
        let standing = gateway.standings().next().unwrap();
        assert!(standing.reserved.is_zero(), "{ending:?}");
        assert_eq!(gateway.all_pending().count(), 0);
        assert!(gateway.end(id, &model, ending, NOW).is_none(), "and it does not end twice");
    }
}

#[test]
fn fault_07_a_promise_is_not_leaked_when_the_gateway_dies() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
    for event in gateway.lost(NOW) {
        gateway.apply(NOW, &event);
    }
    let standing = gateway.standings().next().unwrap();
    assert_eq!((standing.reserved, standing.spent), (Money::ZERO, Money::nanos(6_000_000)));
}

#[test]
fn fault_08_success_without_usage_is_not_free() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    let id = gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
    gateway.finish(id, &model, Ending::Lost(Loss::NoUsage)).unwrap();
    assert_eq!(gateway.spent(ONE), Money::nanos(6_000_000));
}

#[test]
fn fault_09_a_promise_is_not_shrunk_to_fit() {
    let model = model();
    let gateway = one_key(Money::nanos(6_100_000));
    // What does not fit asks for less output; the promise is the bound of what is asked for.
    let call = wanted(&model, 2_000, 32_000);
    let fit = gateway.admit(ONE, &call, NOW).unwrap();
    assert!(fit.max_tokens < 32_000);
    let GatewayEvent::Reserved { bound, max_tokens, .. } = fit.event else { panic!() };
    assert_eq!(bound, call.bound(max_tokens, NOW));
    let too_long = wanted(&model, 6_000, 1_024);
    assert!(matches!(gateway.admit(ONE, &too_long, NOW), Err(Denied::Spent { .. })));
}

#[test]
fn fault_10_more_usage_than_was_promised_is_charged_and_closes_the_key() {
    let model = model();
    let mut gateway = tree(1_000, 1_000, 1_000);
    let id = gateway.take(END_USER, &wanted(&model, 2_000, 1_000)).unwrap();
    gateway.finish(id, &model, used(2_000, 50_000)).unwrap();
    let cost = Money::nanos(202_000_000);
    assert_eq!((gateway.spent(END_USER), gateway.spent(KeyId(0))), (cost, cost));
    let again = gateway.admit(END_USER, &wanted(&model, 10, 10), NOW);
    assert_eq!(again, Err(Denied::Closed("end-user".to_owned())));
    assert!(gateway.admit(SESSION, &wanted(&model, 10, 10), NOW).is_ok(), "the others go on");
}
