//! The way of a call from its money to its provider: it waits until the governor lets it go.
//!
//! Nobody waits longer than the promise of money holds, nor for a provider that lets nobody go for long, nor while the run
//! stands still: such a call comes back unsent, so that its money is free and another model may be asked.

use std::time::Duration;

use tokio::sync::watch;
use trireme_core::limits::{CALL_PATIENCE_MS, SHUT_PATIENCE_MS};

use crate::bus::governor::{LaneKey, Load, Party, Permit, Shut};
use crate::bus::rate::{Heard, Taken};
use crate::bus::{Answer, Failed, Governor};

/// The gate of one run.
pub(super) struct Gate {
    governor: Governor,
    held: watch::Sender<bool>,
}

/// A call that did not leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsent {
    /// For how long its lane lets nobody go, where that is why.
    pub(super) resumes_in_ms: Option<u64>,
}

impl Gate {
    pub(super) fn new(governor: Governor) -> Self {
        Self { governor, held: watch::Sender::new(false) }
    }

    /// From now on nobody waits here, or they may again. Whoever can leave at once leaves all the same: it has its money.
    pub(super) fn hold(&self, hold: bool) {
        self.held.send_if_modified(|held| std::mem::replace(held, hold) != hold);
    }

    /// Waits until a call may leave.
    pub(super) async fn pass(&self, lane: &LaneKey, who: &Party, load: Load) -> Result<Permit, Unsent> {
        let shut = Duration::from_millis(SHUT_PATIENCE_MS);
        let admitted = self.governor.admit_within(lane, who, load, shut);
        let admitted = tokio::time::timeout(Duration::from_millis(CALL_PATIENCE_MS), admitted);
        let mut held = self.held.subscribe();
        tokio::select! {
            biased;
            admitted = admitted => match admitted {
                Ok(Ok(permit)) => Ok(permit),
                Ok(Err(Shut { resumes_in_ms })) => Err(Unsent { resumes_in_ms: Some(resumes_in_ms) }),
                Err(_) => Err(Unsent { resumes_in_ms: None }),
            },
            _ = held.wait_for(|held| *held) => Err(Unsent { resumes_in_ms: None }),
        }
    }
}

/// Hands over what an answer, or its failing to come, says about the next calls.
pub(super) fn learn(permit: &mut Permit, sent: &Result<Answer, Failed>) {
    let heard = match sent {
        Ok(answer) => Some(Heard { taken: Taken::Served, retry_after_ms: None, limits: answer.limits }),
        Err(failed) => Heard::fault(&failed.fault, *failed.limits),
    };
    if let Some(heard) = heard {
        permit.learn(&heard);
    }
    let usage = sent.as_ref().ok().and_then(|answer| answer.reply.usage);
    if let Some(usage) = usage {
        permit.weighed(usage.into());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::bus::governor::Limits;
    use trireme_core::Fault;

    const UNSENT: Unsent = Unsent { resumes_in_ms: None };

    /// A gate through which one call goes at a time.
    fn narrow() -> Arc<Gate> {
        let limits = Limits { concurrency: Some(1), ..Limits::default() };
        Arc::new(Gate::new(Governor::new(BTreeMap::from([("p".to_owned(), limits)]))))
    }

    async fn pass(gate: &Gate) -> Result<Permit, Unsent> {
        let key = |text: &str| text.to_owned();
        let lane = LaneKey { provider: key("p"), account: key("p"), model: key("m") };
        gate.pass(&lane, &Party::new("run/s0"), Load::likely(4_000, 16_000)).await
    }

    #[tokio::test(start_paused = true)]
    async fn a_run_that_stands_still_keeps_nobody_waiting() {
        let gate = narrow();
        let first = pass(&gate).await.unwrap();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let gate = Arc::clone(&gate);
            waiting.spawn(async move { pass(&gate).await.map(drop) });
        }
        tokio::task::yield_now().await;
        gate.hold(true);
        while let Some(ended) = waiting.join_next().await {
            assert_eq!(ended.unwrap(), Err(UNSENT));
        }
        drop(first);
        let second = pass(&gate).await;
        assert!(second.is_ok(), "what can leave at once leaves");
        assert_eq!(pass(&gate).await.unwrap_err(), UNSENT);
        gate.hold(false);
        drop(second);
        pass(&gate).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_longer_than_the_promise_holds() {
        let gate = narrow();
        let began = tokio::time::Instant::now();
        let _first = pass(&gate).await.unwrap();
        assert_eq!(pass(&gate).await.unwrap_err(), UNSENT);
        assert_eq!(began.elapsed().as_millis(), u128::from(CALL_PATIENCE_MS));
    }

    #[tokio::test(start_paused = true)]
    async fn a_provider_that_lets_nobody_go_for_long_is_not_waited_for() {
        let gate = narrow();
        let busy = |ms| {
            let fault = Fault::RateLimited { retry_after_ms: Some(ms) };
            Err(Failed { fault, usage: None, limits: Box::default() })
        };
        learn(&mut pass(&gate).await.unwrap(), &busy(SHUT_PATIENCE_MS / 2));
        learn(&mut pass(&gate).await.unwrap(), &busy(SHUT_PATIENCE_MS * 4));
        let unsent = pass(&gate).await.unwrap_err();
        assert!(unsent.resumes_in_ms.unwrap() > SHUT_PATIENCE_MS * 3, "{unsent:?}");
    }
}
