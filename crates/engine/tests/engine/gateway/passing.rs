//! What goes through, and what it looks like on the other side.

use super::*;

#[tokio::test]
async fn a_body_passes_byte_for_byte_under_the_owners_key() {
    let stand = Stand::new().await;
    let key = stand.key("one", 100, None);
    let body = "{\"model\":\"on-anthropic-dated\", \"max_tokens\" :5,\n \"future\":{\"b\":1,\"a\":[1.50]},\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\u{1F6A3}\"}]}";
    let url = format!("http://{}/v1/messages?beta=true", stand.gateway.address());
    let request =
        stand.client.post(url).header("authorization", format!("Bearer {key}")).header("x-keep", "1");
    let response = request.header("anthropic-beta", "one-2026-01-01").body(body).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["request-id"], "req_1");
    let seen = stand.provider.ledger();
    assert_eq!(seen.bodies[0], body.as_bytes());
    assert_eq!(seen.headers[0]["anthropic-beta"], "one-2026-01-01");
    assert_eq!(seen.headers[0]["x-api-key"], REAL_KEY);
    assert!(!seen.headers[0].contains_key("authorization"), "the virtual key stays here");
}

#[tokio::test]
async fn each_wire_is_answered_and_settled_at_what_it_used() {
    let stand = Stand::new().await;
    for wire in WIRES {
        for streamed in [false, true] {
            let name = format!("{wire}-{streamed}");
            let key = stand.key(&name, 100, None);
            let before = stand.provider.ledger().bill;
            let play = "fault=unknown-events";
            let response = stand.post(wire, &key, play, &body(wire, streamed)).send().await.unwrap();
            assert_eq!(response.status(), 200, "{name}");
            let text = response.text().await.unwrap();
            assert!(text.contains(" boat."), "{name}: {text}");
            let bill = stand.bill(&name);
            let billed = Money::nanos(stand.provider.ledger().bill.as_nanos() - before.as_nanos());
            assert_eq!(
                (bill.spent, bill.reserved, bill.calls, bill.failed),
                (billed, Money::ZERO, 1, 0),
                "{name}"
            );
        }
    }
}

#[tokio::test]
async fn our_name_becomes_the_providers_and_a_missing_cap_is_written() {
    let stand = Stand::new().await;
    let key = stand.key("one", 1_000, None);
    for (wire, suffix, sent_as) in [
        (Wire::Anthropic, "", "on-anthropic-id"),
        (Wire::Responses, "-dated", "on-responses-dated"),
        (Wire::Chat, "", "on-chat-id"),
    ] {
        let mut asked = body(wire, true);
        asked.as_object_mut().unwrap().retain(|name, _| !name.starts_with("max_"));
        asked["model"] = json!(format!("{}{suffix}", asked["model"].as_str().unwrap()));
        let response = stand.post(wire, &key, "", &asked).header("x-keep", "1").send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap();
        let sent: Value = serde_json::from_slice(stand.provider.ledger().bodies.last().unwrap()).unwrap();
        assert_eq!(sent["model"], sent_as);
        let cap = ["max_tokens", "max_output_tokens"].iter().find_map(|name| sent[name].as_u64());
        assert_eq!(cap, Some(32_000), "{sent}");
        let usage = if wire == Wire::Chat { json!(true) } else { json!(null) };
        assert_eq!(sent["stream_options"]["include_usage"], usage);
        let tier = if wire == Wire::Responses { json!("default") } else { json!(null) };
        assert_eq!(sent["service_tier"], tier);
    }
}

#[tokio::test]
async fn a_cap_that_the_provider_does_not_read_is_written_so_that_it_does() {
    let stand = Stand::new().await;
    let key = stand.key("one", 100, None);
    let mut asked = body(Wire::Chat, false);
    let cap = asked.as_object_mut().unwrap().remove("max_tokens").unwrap();
    asked["max_completion_tokens"] = cap;
    let response =
        stand.post(Wire::Chat, &key, "use=full", &asked).header("x-keep", "1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let sent: Value = serde_json::from_slice(&stand.provider.ledger().bodies[0]).unwrap();
    assert_eq!((&sent["max_tokens"], &sent["max_completion_tokens"]), (&json!(2_000), &json!(2_000)));
    assert!(!stand.bill("one").closed && stand.bill("one").spent == stand.provider.ledger().bill);
}

#[tokio::test]
async fn a_spent_key_is_told_so_that_nobody_tries_again() {
    let stand = Stand::new().await;
    let key = stand.gateway.make_key(wish("poor", Money::nanos(10_000), None)).unwrap();
    for wire in WIRES {
        let response = stand.post(wire, &key, "", &body(wire, false)).send().await.unwrap();
        let (status, headers, told) = told(response).await;
        assert_eq!((status, headers["x-should-retry"].to_str().unwrap()), (402, "false"));
        let kind = told["error"]["type"].as_str().unwrap();
        match wire {
            Wire::Anthropic => assert_eq!((told["type"].as_str().unwrap(), kind), ("error", "billing_error")),
            _ => assert_eq!(
                (kind, told["error"]["code"].as_str().unwrap()),
                ("insufficient_quota", "budget_exhausted")
            ),
        }
        assert!(
            told["error"]["message"].as_str().unwrap().contains("the budget of \"poor\" is spent"),
            "{told}"
        );
    }
    assert_eq!(stand.provider.ledger().received, 0);
    assert_eq!(stand.bill("poor").refused, 3);
}

#[tokio::test]
async fn what_can_not_be_served_never_leaves() {
    let stand = Stand::new().await;
    let key = stand.key("one", 100, None);
    let with = |field: &str, value: Value| {
        let mut body = body(Wire::Anthropic, false);
        body[field] = value;
        body
    };
    let table = [
        ("no such key", body(Wire::Anthropic, false), 401, "trireme keys make"),
        (&key, with("model", json!("mystery")), 404, "no price is known for \"mystery\""),
        (&key, with("model", json!("gemini-3.8-flash")), 404, "there is no key for google"),
        (&key, with("model", json!("on-chat")), 400, "does not speak this protocol"),
        (&key, with("container", json!("c")), 400, "no upper bound of its cost"),
        (&key, json!([]), 400, "the body can't be read"),
    ];
    for (key, body, status, words) in table {
        let answer = told(stand.post(Wire::Anthropic, key, "", &body).send().await.unwrap()).await;
        assert_eq!((answer.0, answer.1["x-should-retry"].to_str().unwrap()), (status, "false"), "{words}");
        assert!(answer.2["error"]["message"].as_str().unwrap().contains(words), "{}", answer.2);
    }
    let elsewhere = stand.client.get(format!("http://{}/v1/responses", stand.gateway.address()));
    assert_eq!(elsewhere.send().await.unwrap().status(), 405);
    assert_eq!(stand.provider.ledger().received, 0);
}

#[tokio::test]
async fn refusals_pass_as_they_came_and_a_busy_provider_is_asked_again() {
    let stand = Stand::new().await;
    let key = stand.key("one", 100, None);
    let refused = stand.post(Wire::Anthropic, &key, "fault=400", &body(Wire::Anthropic, false));
    let (status, _, answer) = told(refused.send().await.unwrap()).await;
    assert_eq!((status, answer["error"]["message"].as_str().unwrap()), (400, "as played"));
    assert_eq!(stand.bill("one").spent, Money::ZERO);
    let busy = stand
        .post(Wire::Anthropic, &key, "fault=429-once", &body(Wire::Anthropic, false))
        .header("x-id", "1");
    assert_eq!(busy.send().await.unwrap().status(), 200);
    let bill = stand.bill("one");
    assert_eq!(
        (bill.calls, bill.failed, stand.provider.ledger().received),
        (3, 2, 3),
        "each try has its own promise"
    );
}

#[tokio::test]
async fn counting_is_free_and_models_are_listed() {
    let stand = Stand::new().await;
    let key = stand.gateway.make_key(wish("poor", Money::ZERO, None)).unwrap();
    let at = |path: &str| format!("http://{}{path}", stand.gateway.address());
    let count = stand.client.post(at("/v1/messages/count_tokens")).header("x-api-key", &key);
    let (status, _, counted) = told(count.json(&body(Wire::Anthropic, false)).send().await.unwrap()).await;
    assert_eq!((status, counted["input_tokens"].as_u64()), (200, Some(42)));
    let list = stand.client.get(at("/v1/models")).header("authorization", format!("Bearer {key}"));
    let (status, _, listed) = told(list.send().await.unwrap()).await;
    let ids: Vec<_> =
        listed["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect();
    assert_eq!(status, 200);
    assert!(ids.contains(&"on-chat") && ids.contains(&"on-anthropic"), "{ids:?}");
    assert_eq!(stand.client.get(at("/v1/models")).send().await.unwrap().status(), 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_calls_of_four_keys_wait_for_a_slow_provider_and_none_fails() {
    // A hundred a second instead of one: what 1,000 calls would wait for a quarter of an hour takes ten seconds.
    let stand =
        Stand::before(Provider::paced(catalogue(), Millis(1_790_000_000_000), Some(6_000)).await).await;
    let keys: Vec<_> = (0..4).map(|number| stand.key(&format!("key-{number}"), 5_000, None)).collect();
    let calls = (0..1_000_usize).map(|number| {
        let key = &keys[[0, 0, 0, 0, 1, 1, 1, 2, 2, 3][number % 10]];
        stand.call(Wire::Anthropic, key, "wait=30", number.is_multiple_of(2))
    });
    let statuses = futures_util::future::join_all(calls).await;
    assert!(statuses.iter().all(|status| *status == Some(200)), "{statuses:?}");
    let refused = stand.provider.ledger().received - 1_000;
    println!("1,000 calls, {refused} of them too early at first");
    assert!(refused < 400, "the pace was learned: {refused}");
}
