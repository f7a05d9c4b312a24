//! The governor: how many calls a provider gets, how fast, and whose go first. One lane per provider, account and model,
//! shared by all agents of a run and by the gateway.
//!
//! [`lane::Lane`] decides, without a clock; here is what waits. There is no task behind it: of all who wait in a lane, one
//! sleeps until the lane has to be asked again, and whoever changes something asks it.
//!
//! Invariants: a place in the line or on the way is given back when its future or its [`Permit`] is dropped, at once and
//! whatever happens; nobody goes before a provider's `Retry-After` is over.

mod breaker;
mod gauge;
mod lane;
mod line;
mod pace;
mod sent;
mod window;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use trireme_core::Usage;

use self::lane::{Lane, Next};
use super::rate::{Heard, Taken};
use crate::clock;

/// What most answers stay below, in tokens.
const TYPICAL_OUTPUT: u64 = 1_000;

/// What shares its limits with a provider.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LaneKey {
    /// The provider, by its name in the configuration.
    pub provider: String,
    /// Whose key it is, by a name: never the key.
    pub account: String,
    /// The model, as the provider calls it.
    pub model: String,
}

/// Who shares fairly with others: a section of a run, the Orchestrator, a key of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Party(Arc<str>);

impl Party {
    /// A party, by a name that no other has.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.into())
    }
}

/// How much a call is likely to take of a provider's limits, in tokens. An estimate, never a bound: what is above the truth
/// is time lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// What goes in.
    pub input_tokens: u64,
    /// What comes out.
    pub output_tokens: u64,
}

impl Load {
    /// What a request of that many bytes is likely to take: four bytes a token, and not often a long answer.
    #[must_use]
    pub fn likely(body_bytes: u64, max_tokens: u64) -> Self {
        Self { input_tokens: body_bytes / 4, output_tokens: max_tokens.min(TYPICAL_OUTPUT) }
    }
}

impl From<Usage> for Load {
    /// What a call took in the end.
    fn from(usage: Usage) -> Self {
        Self { input_tokens: usage.read(), output_tokens: usage.output }
    }
}

/// What the configuration says of a provider's limits, for each of its lanes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Requests in a minute.
    pub requests_per_minute: Option<u64>,
    /// Tokens in a minute, in and out together.
    pub tokens_per_minute: Option<u64>,
    /// Calls at one time.
    pub concurrency: Option<u32>,
}

/// A place in a lane's order; later ones are greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Ticket(u64);

/// The lane lets nobody go for longer than the caller would wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider wants to be left alone for {resumes_in_ms} ms more")]
pub struct Shut {
    /// How long it takes at least, in milliseconds.
    pub resumes_in_ms: u64,
}

/// How a lane stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Calls on their way.
    pub in_flight: u32,
    /// Calls that wait.
    pub waiting: usize,
    /// For how long nobody goes at all, in milliseconds.
    pub resumes_in_ms: u64,
}

/// All lanes. Its clones are one governor.
#[derive(Clone, Debug)]
pub struct Governor(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    /// By provider.
    limits: BTreeMap<String, Limits>,
    lanes: Mutex<HashMap<LaneKey, Arc<Post>>>,
}

/// A lane with those who wait at it.
#[derive(Debug)]
struct Post {
    began: Instant,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    lane: Lane,
    waiters: BTreeMap<Ticket, Waiter>,
    tickets: u64,
    /// Who sleeps until the lane is asked again, and until when.
    sleeper: Option<(Ticket, u64)>,
}

#[derive(Debug)]
struct Waiter {
    bell: Arc<Notify>,
    is_admitted: bool,
    patience_ms: u64,
}

/// The right to send one call; the place is free again when it is dropped.
#[derive(Debug)]
pub struct Permit {
    post: Arc<Post>,
    ticket: Ticket,
}

impl Governor {
    /// A governor without lanes; they come with their first calls.
    #[must_use]
    pub fn new(limits: BTreeMap<String, Limits>) -> Self {
        Self(Arc::new(Inner { began: Instant::now(), limits, lanes: Mutex::default() }))
    }

    /// Waits for as long as it takes. Dropping the future gives the place in the line up.
    pub async fn admit(&self, lane: &LaneKey, who: &Party, cost: Load) -> Permit {
        loop {
            // A patience that never ends is never refused.
            if let Ok(permit) = self.admit_within(lane, who, cost, Duration::MAX).await {
                return permit;
            }
        }
    }

    /// Waits in the line for as long as it takes, but not for a lane that lets nobody go for longer than `patience`.
    ///
    /// # Errors
    /// Where the lane is shut for longer.
    pub async fn admit_within(
        &self,
        lane: &LaneKey,
        who: &Party,
        cost: Load,
        patience: Duration,
    ) -> Result<Permit, Shut> {
        let post = self.post(lane);
        let patience_ms = u64::try_from(patience.as_millis()).unwrap_or(u64::MAX);
        let place = match post.enter(who, cost, patience_ms) {
            Entered::Admitted(permit) => return Ok(permit),
            Entered::Waits(place) => place,
        };
        place.wait().await
    }

    /// How a lane stands.
    #[must_use]
    pub fn standing(&self, lane: &LaneKey) -> Standing {
        let post = self.post(lane);
        let state = post.lock();
        Standing {
            in_flight: state.lane.in_flight(),
            waiting: state.lane.waiting(),
            resumes_in_ms: state.lane.closed_until().saturating_sub(post.now_ms()),
        }
    }

    fn post(&self, key: &LaneKey) -> Arc<Post> {
        let mut lanes = self.0.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(post) = lanes.get(key) {
            return Arc::clone(post);
        }
        let limits = self.0.limits.get(&key.provider).copied().unwrap_or_default();
        let state = State { lane: Lane::new(&limits), waiters: BTreeMap::new(), tickets: 0, sleeper: None };
        let post = Arc::new(Post { began: self.0.began, state: Mutex::new(state) });
        lanes.insert(key.clone(), Arc::clone(&post));
        post
    }
}

enum Entered {
    Admitted(Permit),
    Waits(Place),
}

impl Post {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn enter(self: Arc<Self>, who: &Party, cost: Load, patience_ms: u64) -> Entered {
        let mut state = self.lock();
        state.tickets += 1;
        let ticket = Ticket(state.tickets);
        state.lane.join(ticket, who, cost);
        let bell = Arc::new(Notify::new());
        let waiter = Waiter { bell: Arc::clone(&bell), is_admitted: false, patience_ms };
        state.waiters.insert(ticket, waiter);
        state.ask(self.now_ms());
        let is_admitted = state.take(ticket);
        drop(state);
        if is_admitted {
            return Entered::Admitted(Permit { post: self, ticket });
        }
        Entered::Waits(Place { post: self, ticket, who: who.clone(), bell })
    }
}

impl State {
    /// Lets go whoever may, and sees to it that somebody sleeps until the next one may.
    fn ask(&mut self, now_ms: u64) {
        let Some(until_ms) = self.let_go(now_ms) else { return };
        let sleeper = match self.sleeper {
            Some((_, earlier_ms)) if earlier_ms <= until_ms => return,
            Some((sleeper, _)) => self.waiters.get(&sleeper),
            None => self.waiters.values().find(|waiter| !waiter.is_admitted),
        };
        if let Some(sleeper) = sleeper {
            sleeper.bell.notify_one();
        }
    }

    /// Lets go whoever may, and says when to ask again.
    fn let_go(&mut self, now_ms: u64) -> Option<u64> {
        loop {
            match self.lane.next(now_ms) {
                Next::Admit(ticket) => self.admit(ticket),
                Next::Wait(until_ms) => return until_ms,
            }
        }
    }

    fn admit(&mut self, ticket: Ticket) {
        self.sleeper.take_if(|(sleeper, _)| *sleeper == ticket);
        if let Some(waiter) = self.waiters.get_mut(&ticket) {
            waiter.is_admitted = true;
            waiter.bell.notify_one();
        }
    }

    /// Whether it was admitted; it waits no more then.
    fn take(&mut self, ticket: Ticket) -> bool {
        let is_admitted = self.waiters.get(&ticket).is_some_and(|waiter| waiter.is_admitted);
        if is_admitted {
            self.waiters.remove(&ticket);
        }
        is_admitted
    }

    /// Those who would not wait for so long look up.
    fn wake_impatient(&self, now_ms: u64) {
        let closed_ms = self.lane.closed_until().saturating_sub(now_ms);
        if closed_ms == 0 {
            return;
        }
        let impatient = self.waiters.values().filter(|waiter| waiter.patience_ms < closed_ms);
        impatient.for_each(|waiter| waiter.bell.notify_one());
    }
}

/// A place in the line.
struct Place {
    post: Arc<Post>,
    ticket: Ticket,
    who: Party,
    bell: Arc<Notify>,
}

/// What somebody who waits finds.
enum Look {
    Admitted,
    Shut(Shut),
    Sleep(Option<Instant>),
}

impl Place {
    async fn wait(self) -> Result<Permit, Shut> {
        loop {
            match self.look() {
                Look::Admitted => return Ok(Permit { post: Arc::clone(&self.post), ticket: self.ticket }),
                Look::Shut(shut) => return Err(shut),
                Look::Sleep(None) => self.bell.notified().await,
                Look::Sleep(Some(until)) => {
                    let _ = tokio::time::timeout_at(until, self.bell.notified()).await;
                }
            }
        }
    }

    fn look(&self) -> Look {
        let now_ms = self.post.now_ms();
        let mut state = self.post.lock();
        // Whoever wakes sleeps no longer, so that the lane is asked with open eyes.
        state.sleeper.take_if(|(sleeper, _)| *sleeper == self.ticket);
        let until_ms = state.let_go(now_ms);
        if state.take(self.ticket) {
            state.ask(now_ms);
            return Look::Admitted;
        }
        let resumes_in_ms = state.lane.closed_until().saturating_sub(now_ms);
        let patience_ms = state.waiters.get(&self.ticket).map_or(u64::MAX, |waiter| waiter.patience_ms);
        if resumes_in_ms > patience_ms {
            return Look::Shut(Shut { resumes_in_ms });
        }
        let Some(until_ms) = until_ms.filter(|_| state.sleeper.is_none()) else { return Look::Sleep(None) };
        state.sleeper = Some((self.ticket, until_ms));
        Look::Sleep(self.post.began.checked_add(Duration::from_millis(until_ms)))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let now_ms = self.post.now_ms();
        let mut state = self.post.lock();
        // One that became a permit is no longer among those who wait.
        let Some(waiter) = state.waiters.remove(&self.ticket) else { return };
        if waiter.is_admitted {
            state.lane.release(self.ticket, now_ms);
        } else {
            state.lane.leave(self.ticket, &self.who);
        }
        state.sleeper.take_if(|(sleeper, _)| *sleeper == self.ticket);
        state.ask(now_ms);
    }
}

impl Permit {
    /// Hands over what the answer says about the next calls; as soon as its head is there, and again should it fail later.
    pub fn learn(&mut self, heard: &Heard) {
        let now_ms = self.post.now_ms();
        let mut state = self.post.lock();
        // Only a pause needs chance.
        let jitter = if heard.taken == Taken::Served { 0 } else { clock::jitter() };
        state.lane.heard(self.ticket, heard, now_ms, jitter);
        state.ask(now_ms);
        state.wake_impatient(now_ms);
    }

    /// Hands over what the call really took.
    pub fn weighed(&mut self, was: Load) {
        let now_ms = self.post.now_ms();
        let mut state = self.post.lock();
        state.lane.weighed(self.ticket, was);
        state.ask(now_ms);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let now_ms = self.post.now_ms();
        let mut state = self.post.lock();
        state.lane.release(self.ticket, now_ms);
        state.ask(now_ms);
    }
}
