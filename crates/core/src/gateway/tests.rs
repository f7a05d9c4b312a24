use super::*;
use crate::catalogue::{Capabilities, Catalogue, Model, Rates, Tariff};
use crate::words::PicoPerToken;

mod faults;
mod simulation;

const NOW: Millis = Millis(1_790_000_000_000);

/// A dollar per million tokens in, four out, nothing else.
fn model() -> Model {
    let price = |dollars: u64| PicoPerToken(dollars * 1_000_000);
    Model {
        tariff: Tariff::flat(Rates {
            input: price(1),
            cache_read: price(1),
            cache_write: price(1),
            cache_write_1h: price(1),
            output: price(4),
        }),
        context_tokens: 1_000_000,
        output_tokens: 100_000,
        capabilities: Capabilities::default(),
        ..Catalogue::built_in().unwrap().models["claude-opus-5-5"].clone()
    }
}

fn wanted(model: &Model, input_tokens_max: u64, max_tokens: u64) -> Wanted<'_> {
    Wanted {
        name: "m",
        model,
        input_tokens_max,
        max_tokens: Some(max_tokens),
        least: 0,
        choices: 1,
        searches_max: 0,
        body_bytes: input_tokens_max,
    }
}

fn new_key(name: &str, limit: Money, parent: Option<KeyId>) -> NewKey {
    NewKey {
        name: name.to_owned(),
        secret: Digest::of(name.as_bytes()),
        limit,
        parent,
        models: Vec::new(),
        output_cap: 32_000,
        expires: None,
    }
}

fn books(keys: &[NewKey]) -> Gateway {
    let mut gateway = Gateway::default();
    for key in keys {
        gateway.apply(NOW, &GatewayEvent::KeyMade { key: key.clone() });
    }
    gateway
}

fn one_key(limit: Money) -> Gateway {
    books(&[new_key("one", limit, None)])
}

const ONE: KeyId = KeyId(0);

impl Gateway {
    fn take(&mut self, key: KeyId, wanted: &Wanted<'_>) -> Result<EffectId, Denied> {
        let fit = self.admit(key, wanted, NOW)?;
        self.apply(NOW, &fit.event);
        self.audit().unwrap();
        Ok(fit.call)
    }

    fn finish(&mut self, call: EffectId, model: &Model, ending: Ending<'_>) -> Option<GatewayEvent> {
        let event = self.end(call, model, ending, NOW)?;
        self.apply(NOW, &event);
        self.audit().unwrap();
        Some(event)
    }

    fn spent(&self, key: KeyId) -> Money {
        self.ledger.get(account(key)).unwrap().spent
    }
}

fn used(input: u64, output: u64) -> Ending<'static> {
    Ending::Answered { usage: Usage { input, output, ..Usage::default() }, served: None }
}

#[test]
fn output_is_lowered_before_a_call_is_refused_and_never_below_the_least() {
    let model = model();
    let gateway = one_key(Money::cents(1));
    // 2,000 tokens in cost $0.002; the other $0.008 pay 2,000 tokens out.
    let fit = gateway.admit(ONE, &wanted(&model, 2_000, 32_000), NOW).unwrap();
    assert_eq!(fit.max_tokens, 2_000);
    // 6,000 in leave 1,000 out, which is less than is worth a call.
    let error = gateway.admit(ONE, &wanted(&model, 6_000, 32_000), NOW).unwrap_err();
    assert!(matches!(error, Denied::Spent { .. }), "{error}");
    // Who asks for less than the least gets that.
    assert_eq!(gateway.admit(ONE, &wanted(&model, 6_000, 500), NOW).unwrap().max_tokens, 500);
}

#[test]
fn money_that_is_only_promised_is_waited_for() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    let first = gateway.take(ONE, &wanted(&model, 2_000, 2_000)).unwrap();
    let small = wanted(&model, 1_000, 100);
    assert_eq!(gateway.admit(ONE, &small, NOW), Err(Denied::Busy));
    gateway.finish(first, &model, used(500, 100)).unwrap();
    gateway.take(ONE, &small).unwrap();
}

#[test]
fn a_missing_cap_is_the_keys_and_the_models() {
    let model = model();
    let gateway = one_key(Money::cents(10_000));
    let open = Wanted { max_tokens: None, ..wanted(&model, 1_000, 0) };
    assert_eq!(gateway.admit(ONE, &open, NOW).unwrap().max_tokens, 32_000);
    let small = Model { output_tokens: 8_000, ..model.clone() };
    let open = Wanted { model: &small, ..open };
    assert_eq!(gateway.admit(ONE, &open, NOW).unwrap().max_tokens, 8_000);
}

#[test]
fn answers_at_once_each_have_their_output() {
    let model = model();
    let gateway = one_key(Money::cents(1));
    let both = Wanted { choices: 2, ..wanted(&model, 2_000, 32_000) };
    assert!(matches!(gateway.admit(ONE, &both, NOW), Err(Denied::Spent { .. })));
    let gateway = one_key(Money::cents(2));
    assert_eq!(gateway.admit(ONE, &both, NOW).unwrap().max_tokens, 2_250);
}

#[test]
fn keys_end_with_their_time_with_the_one_above_and_when_taken_back() {
    let model = model();
    let call = wanted(&model, 100, 100);
    let top = NewKey { expires: Some(NOW.plus(10)), ..new_key("top", Money::cents(100), None) };
    let mut gateway = books(&[top, new_key("below", Money::cents(100), Some(KeyId(0)))]);
    gateway.take(KeyId(1), &call).unwrap();
    assert_eq!(gateway.admit(KeyId(1), &call, NOW.plus(10)), Err(Denied::Expired("top".to_owned())));
    gateway.apply(NOW, &GatewayEvent::KeyRevoked { key: KeyId(0) });
    assert_eq!(gateway.admit(KeyId(1), &call, NOW), Err(Denied::Closed("top".to_owned())));
}

#[test]
fn a_key_is_for_the_models_that_it_names() {
    let model = model();
    let gateway = books(&[NewKey {
        models: vec!["gpt-6*".to_owned(), "m".to_owned()],
        ..new_key("one", Money::cents(100), None)
    }]);
    let call = wanted(&model, 100, 100);
    for (name, may) in [("m", true), ("gpt-6-luna", true), ("gpt-5", false), ("mm", false)] {
        assert_eq!(gateway.admit(ONE, &Wanted { name, ..call }, NOW).is_ok(), may, "{name}");
    }
}

#[test]
fn a_limit_is_never_less_than_what_is_promised() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    let call = gateway.take(ONE, &wanted(&model, 2_000, 2_000)).unwrap();
    gateway.apply(NOW, &GatewayEvent::KeyLimited { key: ONE, limit: Money::ZERO });
    gateway.audit().unwrap();
    gateway.finish(call, &model, used(2_000, 0)).unwrap();
    let standing = gateway.standings().next().unwrap();
    assert_eq!((standing.limit, standing.spent), (Money::nanos(2_000_000), Money::nanos(2_000_000)));
    let more = gateway.admit(ONE, &wanted(&model, 10, 1), NOW);
    assert!(matches!(more, Err(Denied::Spent { .. })), "what came back is not to be had again");
}

#[test]
fn a_call_that_can_not_be_paid_whatever_comes_back_does_not_wait() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
    assert!(matches!(gateway.admit(ONE, &wanted(&model, 9_000, 1_024), NOW), Err(Denied::Spent { .. })));
}

#[test]
fn who_wants_to_think_gets_more_than_it_may_think_or_nothing() {
    let model = model();
    let thinks = |least| Wanted { least, ..wanted(&model, 2_000, 40_000) };
    let gateway = one_key(Money::cents(1));
    assert!(matches!(gateway.admit(ONE, &thinks(40_001), NOW), Err(Denied::Capped { .. })));
    assert!(matches!(gateway.admit(ONE, &thinks(3_000), NOW), Err(Denied::Spent { .. })));
    assert_eq!(gateway.admit(ONE, &thinks(1_900), NOW).unwrap().max_tokens, 2_000);
}

#[test]
fn an_answer_of_another_model_costs_what_that_one_costs_and_a_stranger_the_bound() {
    let model = model();
    let dear = Catalogue::built_in().unwrap().models["claude-opus-5-5"].clone();
    let usage = Usage { input: 100, output: 10, ..Usage::default() };
    for (row, cost) in [(Some(&dear), 600_000), (None, 6_000_000)] {
        let mut gateway = one_key(Money::cents(1));
        let call = gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
        gateway.finish(call, &model, Ending::Answered { usage, served: Some(("other", row)) }).unwrap();
        assert_eq!(gateway.spent(ONE), Money::nanos(cost));
    }
}

#[test]
fn a_call_that_nobody_reads_ends_by_itself() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
    assert_eq!(gateway.late(NOW.plus(crate::limits::CALL_TIMEOUT_MS)), []);
    let late = gateway.late(NOW.plus(crate::limits::CALL_TIMEOUT_MS + 60_001));
    assert!(matches!(late[..], [GatewayEvent::Ended { cost, .. }] if cost == Money::nanos(6_000_000)));
}

#[test]
fn an_edited_journal_is_refused() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    let fit = gateway.admit(ONE, &wanted(&model, 2_000, 1_000), NOW).unwrap();
    let GatewayEvent::Reserved { call, key, model, max_tokens, body_bytes, .. } = fit.event else { panic!() };
    let dear = GatewayEvent::Reserved { call, key, model, max_tokens, bound: Money::cents(2), body_bytes };
    gateway.apply(NOW, &dear);
    assert_eq!(gateway.audit(), Err(Discrepancy::Unpromised(call)));
}

#[test]
fn a_promise_beyond_the_limit_is_found_at_once() {
    let model = model();
    let mut gateway = one_key(Money::cents(1));
    gateway.take(ONE, &wanted(&model, 2_000, 1_000)).unwrap();
    gateway.audit_promise(ONE).unwrap();
    // Less than is promised: no new promise may have been made under this limit.
    gateway.apply(NOW, &GatewayEvent::KeyLimited { key: ONE, limit: Money::ZERO });
    gateway.audit().unwrap();
    assert!(matches!(gateway.audit_promise(ONE), Err(Discrepancy::OverLimit(..))));
}

#[test]
fn a_fold_of_what_happened_gives_the_same_books() {
    let model = model();
    let mut gateway = one_key(Money::cents(5));
    let mut events = vec![GatewayEvent::KeyMade { key: new_key("one", Money::cents(5), None) }];
    let fit = gateway.admit(ONE, &wanted(&model, 2_000, 1_000), NOW).unwrap();
    gateway.apply(NOW, &fit.event);
    events.push(fit.event);
    events.push(gateway.finish(fit.call, &model, used(5, 7)).unwrap());
    let denied = GatewayEvent::Denied { key: ONE, model: "x".to_owned(), why: "y".to_owned() };
    gateway.apply(NOW, &denied);
    events.push(denied);
    let mut folded = Gateway::default();
    for event in &events {
        let text = serde_json::to_string(event).unwrap();
        folded.apply(NOW, &serde_json::from_str(&text).unwrap());
    }
    assert_eq!(folded, gateway);
}
