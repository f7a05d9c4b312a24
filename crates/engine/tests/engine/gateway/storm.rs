//! 200 calls at once against one dollar, with everything that goes wrong in a network. The provider's own bill is the
//! judge: it never exceeds the dollar, and the books know at least as much.

use futures_util::future::join_all;
use trireme_testkit::Prng;

use super::*;

const DOLLAR: Money = Money::cents(100);

/// What happens to the call of a number: half of them cost all that they may.
fn play(random: &mut Prng, wait: u64) -> String {
    let uses = random.pick(&["full", "full", "full", "over", "", "500"]);
    let faults = ["", "", "", "", "", "429", "529", "500", "cut", "no-usage", "unknown-events", "429-once"];
    format!("wait={wait};use={uses};fault={}", random.pick(&faults))
}

/// A caller that leaves in the middle of its answer.
async fn leave(request: RequestBuilder) {
    let Ok(mut response) = request.send().await else { return };
    let _ = response.chunk().await;
}

async fn storm(stand: &Stand, key: &str, seed: u64, wait: u64, streamed: bool) {
    println!("seed {seed}, {wait} ms, streamed {streamed}");
    let mut random = Prng::new(seed);
    let calls = (0..200).map(|number| {
        let wire = *random.pick(&WIRES);
        let play = play(&mut random, wait);
        let leaves = random.percent(8);
        async move {
            let request =
                stand.post(wire, key, &play, &body(wire, streamed)).header("x-id", number.to_string());
            if leaves {
                return leave(request).await;
            }
            if let Ok(response) = request.send().await {
                let status = response.status().as_u16();
                assert!([200, 402, 429, 500, 502, 529].contains(&status), "{status}: {play}");
                let _ = response.bytes().await;
            }
        }
    });
    join_all(calls).await;
}

fn judge(stand: &Stand, key: &str) {
    let (billed, bill) = (stand.provider.ledger().bill, stand.bill(key));
    assert!(billed <= DOLLAR, "the provider bills {billed}");
    assert!(bill.spent.plus(bill.reserved) <= DOLLAR, "{bill:?}");
    assert!(bill.spent.plus(bill.reserved) >= billed, "the books know {bill:?}, the provider bills {billed}");
    assert!(bill.spent >= Money::cents(50), "the storm spent something: {bill:?}");
}

async fn weather(wait: u64, streamed: bool) {
    let stand = Stand::new().await;
    let key = stand.key("dollar", 100, None);
    storm(&stand, &key, 7 + wait, wait, streamed).await;
    judge(&stand, "dollar");
    // Whoever left may still be noticed.
    for _ in 0..200 {
        if stand.bill("dollar").reserved.is_zero() {
            return judge(&stand, "dollar");
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("a promise is left: {:?}", stand.bill("dollar"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_answers_at_once() {
    weather(0, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_answers_after_50_ms() {
    weather(50, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_answers_after_500_ms() {
    weather(500, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_at_once() {
    weather(0, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_after_50_ms() {
    weather(50, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_after_500_ms() {
    weather(500, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_gone_in_the_middle_knows_at_least_the_bill() {
    let stand = Stand::new().await;
    let key = stand.key("dollar", 100, None);
    let gone = {
        let busy = storm(&stand, &key, 99, 200, true);
        tokio::select! {
            () = busy => false,
            () = tokio::time::sleep(std::time::Duration::from_millis(300)) => true,
        }
    };
    assert!(gone, "calls are on their way");
    let stand = stand.reopened().await;
    let (billed, bill) = (stand.provider.ledger().bill, stand.bill("dollar"));
    assert!(
        bill.reserved.is_zero() && bill.spent >= billed && bill.spent <= DOLLAR,
        "{bill:?}, billed {billed}"
    );
    storm(&stand, &key, 100, 0, false).await;
    judge(&stand, "dollar");
}
