//! The ten faults of budgets that were reported against the leading gateway, over the network. The same names stand in
//! the core's tests, without it.

use futures_util::future::join_all;

use super::*;

/// 60 calls at once at three keys of a tree, each costing all that it may.
async fn race(global: u64, session: u64, end_user: u64) -> Stand {
    let stand = Stand::new().await;
    let keys = [
        stand.key("global", global, None),
        stand.key("session", session, Some("global")),
        stand.key("end-user", end_user, Some("session")),
    ];
    let calls = (0..60).map(|number| {
        stand.call(WIRES[number % 3], &keys[number / 3 % 3], "wait=20;use=full", number % 2 == 0)
    });
    join_all(calls).await;
    stand
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_01_the_session_counter_is_not_raced() {
    let stand = race(1_000, 40, 1_000).await;
    assert!(stand.bill("session").spent <= Money::cents(40));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_02_the_global_counter_is_not_raced() {
    let stand = race(40, 1_000, 1_000).await;
    assert!(stand.provider.ledger().bill <= Money::cents(40));
    assert!(stand.bill("global").spent >= stand.provider.ledger().bill);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fault_03_the_end_users_counter_is_not_raced() {
    let stand = race(1_000, 1_000, 40).await;
    assert!(stand.bill("end-user").spent <= Money::cents(40));
    assert!(stand.bill("global").spent > Money::cents(80), "the others were not held back");
}

#[tokio::test]
async fn fault_04_a_model_without_a_price_is_not_let_through() {
    let stand = Stand::new().await;
    let key = stand.key("one", 100, None);
    for wire in WIRES {
        let mut asked = body(wire, false);
        asked["model"] = json!("gpt-99-unheard-of");
        assert_eq!(stand.post(wire, &key, "", &asked).send().await.unwrap().status(), 404);
    }
    assert_eq!(stand.provider.ledger().received, 0);
}

#[tokio::test]
async fn fault_05_a_price_by_tiers_is_promised_at_the_tier_that_may_be_reached() {
    let stand = Stand::new().await;
    // 2,000,000 characters are at most as many tokens: far beyond any step of any price.
    let long = "row ".repeat(500_000);
    let mut asked = body(Wire::Anthropic, false);
    asked["messages"] = json!([{"role": "user", "content": long}]);
    asked["model"] = json!("claude-haiku-5-5");
    let (_, haiku) =
        catalogue().find("claude-haiku-5-5").map(|(name, model)| (name.to_owned(), model.clone())).unwrap();
    let ask = trireme_core::catalogue::Ask {
        input_tokens_max: 2_000_000,
        output_tokens_max: 2_000,
        searches_max: 0,
    };
    let bound = haiku.tariff.bound(ask, trireme_core::catalogue::Span::of_call(Millis(1_790_000_000_000)));
    let short = stand.gateway.make_key(wish("short", Money::nanos(bound.as_nanos() / 2), None)).unwrap();
    assert_eq!(stand.post(Wire::Anthropic, &short, "use=full", &asked).send().await.unwrap().status(), 402);
    let enough = stand.gateway.make_key(wish("enough", bound.plus(bound), None)).unwrap();
    assert_eq!(stand.post(Wire::Anthropic, &enough, "use=full", &asked).send().await.unwrap().status(), 200);
    assert!(!stand.bill("enough").closed, "it did not overrun");
}

#[tokio::test]
async fn fault_06_a_promise_is_not_leaked_when_a_call_fails() {
    let stand = Stand::new().await;
    let key = stand.key("one", 500, None);
    for fault in ["400", "408", "429", "500", "503", "529", "cut", "no-usage"] {
        for (wire, streamed) in WIRES.into_iter().zip([true, false, true]) {
            stand.call(wire, &key, &format!("fault={fault}"), streamed).await;
            assert_eq!(stand.bill("one").reserved, Money::ZERO, "{fault}");
        }
    }
}

#[tokio::test]
async fn what_may_have_been_billed_is_charged_and_not_sent_again() {
    let stand = Stand::new().await;
    for (status, wire) in [("408", Wire::Anthropic), ("503", Wire::Responses), ("500", Wire::Chat)] {
        let key = stand.key(status, 500, None);
        let before = stand.provider.ledger();
        let told = stand.call(wire, &key, &format!("fault={status};use=full"), false).await;
        assert_eq!(told, Some(status.parse().unwrap()));
        let after = stand.provider.ledger();
        let billed = after.bill.as_nanos() - before.bill.as_nanos();
        assert_eq!((after.received - before.received, after.billed - before.billed), (1, 1), "{status}");
        assert!(billed > 0 && stand.bill(status).spent.as_nanos() >= billed, "{status}");
    }
}

#[tokio::test]
async fn fault_07_a_promise_is_not_leaked_when_the_caller_or_the_gateway_goes() {
    let stand = Stand::new().await;
    let key = stand.key("one", 500, None);
    let request = stand.post(Wire::Anthropic, &key, "wait=60000", &body(Wire::Anthropic, true));
    let mut response = request.send().await.unwrap();
    response.chunk().await.unwrap();
    let promised = stand.bill("one").reserved;
    assert!(!promised.is_zero());
    drop(response);
    while !stand.bill("one").reserved.is_zero() {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(stand.bill("one").spent, promised, "and what nobody knows is charged");
    let request = stand.post(Wire::Anthropic, &key, "fault=silence", &body(Wire::Anthropic, true));
    let mut waiting = tokio::task::JoinSet::new();
    waiting.spawn(request.send());
    while stand.provider.ledger().received < 2 {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    let stand = stand.reopened().await;
    let bill = stand.bill("one");
    assert_eq!((bill.reserved, bill.spent), (Money::ZERO, promised.plus(promised)));
    assert!(waiting.join_next().await.unwrap().unwrap().is_err());
}

#[tokio::test]
async fn fault_08_success_without_usage_is_not_free() {
    let stand = Stand::new().await;
    for wire in WIRES {
        for streamed in [false, true] {
            let name = format!("{wire}-{streamed}");
            let key = stand.key(&name, 500, None);
            let before = stand.provider.ledger().bill;
            stand.call(wire, &key, "fault=no-usage;use=full", streamed).await;
            let billed = stand.provider.ledger().bill.as_nanos() - before.as_nanos();
            assert!(stand.bill(&name).spent.as_nanos() >= billed, "{name}");
        }
    }
}

#[tokio::test]
async fn fault_09_the_request_is_lowered_and_never_the_promise() {
    let stand = Stand::new().await;
    let key = stand.key("one", 10, None);
    let mut asked = body(Wire::Anthropic, false);
    asked["max_tokens"] = json!(30_000);
    let response =
        stand.post(Wire::Anthropic, &key, "use=full", &asked).header("x-keep", "1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let sent: Value = serde_json::from_slice(&stand.provider.ledger().bodies[0]).unwrap();
    let lowered = sent["max_tokens"].as_u64().unwrap();
    assert!((1_024..30_000).contains(&lowered), "{lowered}");
    let (billed, bill) = (stand.provider.ledger().bill, stand.bill("one"));
    assert!(billed <= Money::cents(10) && bill.spent == billed && !bill.closed, "{bill:?}");
}

#[tokio::test]
async fn fault_10_more_usage_than_was_promised_is_charged_and_closes_the_key() {
    let stand = Stand::new().await;
    let key = stand.key("one", 500, None);
    assert_eq!(stand.call(Wire::Responses, &key, "use=beyond", false).await, Some(200));
    let bill = stand.bill("one");
    assert!(bill.closed && bill.spent == stand.provider.ledger().bill, "{bill:?}");
    assert_eq!(stand.call(Wire::Responses, &key, "", false).await, Some(402));
    assert_eq!(stand.provider.ledger().received, 1);
}
