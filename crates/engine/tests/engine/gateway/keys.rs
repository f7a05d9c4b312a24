//! Keys that are made, limited and taken back while the gateway serves, by another process or with nobody serving.

use super::*;
use trireme_engine::gateway;

#[tokio::test]
async fn another_process_makes_limits_and_revokes_keys() {
    let stand = Stand::new().await;
    let dir = stand.books();
    let key = gateway::make_key(&dir, wish("ci", Money::cents(100), None)).await.unwrap();
    assert_eq!(stand.call(Wire::Chat, &key, "", false).await, Some(200));
    gateway::limit_key(&dir, "ci", Money::ZERO).await.unwrap();
    assert_eq!(stand.call(Wire::Chat, &key, "", false).await, Some(402));
    gateway::limit_key(&dir, "ci", Money::cents(100)).await.unwrap();
    assert_eq!(stand.call(Wire::Chat, &key, "", false).await, Some(200));
    gateway::revoke_key(&dir, "ci").await.unwrap();
    assert_eq!(stand.call(Wire::Chat, &key, "", false).await, Some(402));
    let error = gateway::revoke_key(&dir, "ci").await.unwrap_err();
    assert!(error.to_string().contains("there is no open key \"ci\""), "{error}");
    let error = gateway::make_key(&dir, wish("a b", Money::ZERO, None)).await.unwrap_err();
    assert!(error.to_string().contains("is no name for a key"), "{error}");
}

#[tokio::test]
async fn keys_are_there_before_and_after_the_gateway_serves() {
    let dir = tempfile::tempdir().unwrap();
    let books = dir.path().join("gateway");
    let key = gateway::make_key(&books, wish("early", Money::cents(100), None)).await.unwrap();
    assert!(key.starts_with("trireme-") && key.len() > 40, "{key}");
    let provider = Provider::start(catalogue(), Millis(1_790_000_000_000)).await;
    let gateway = Gateway::open(&books, setup(&provider)).await.unwrap();
    let stand = Stand { dir, provider, gateway, client: Client::builder().no_proxy().build().unwrap() };
    assert_eq!(stand.call(Wire::Anthropic, &key, "", true).await, Some(200));
    let bills = stand.gateway.close().await.unwrap();
    let read = gateway::bills(&books).await.unwrap();
    assert_eq!(read, bills);
    assert_eq!((read[0].calls, read[0].spent), (1, stand.provider.ledger().bill));
    let lines = gateway::calls(&books).await.unwrap();
    let call = lines.iter().find(|line| line.event_type == "llm_call").unwrap();
    assert_eq!((call.agent_id.as_str(), call.model.as_deref()), ("early", Some("on-anthropic")));
    let journal = std::fs::read(books.join("journal.db")).unwrap();
    for secret in [key.as_bytes(), REAL_KEY.as_bytes()] {
        assert!(!journal.windows(secret.len()).any(|window| window == secret), "no secret is written down");
    }
}

#[tokio::test]
async fn one_gateway_serves_one_set_of_books() {
    let stand = Stand::new().await;
    let error = Gateway::open(&stand.books(), setup(&stand.provider)).await.err().unwrap();
    assert!(error.to_string().contains("gateway"), "{error}");
}
