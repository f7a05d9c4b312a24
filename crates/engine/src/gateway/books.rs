//! The gateway's books in the hands of those who serve calls. Deciding is one short lock; a promise is on the disk before
//! its call leaves, in one commit with all others that came meanwhile, which the keeper makes.
//!
//! Invariant: when the journal refuses, the books are ahead of the truth and nothing more is let through.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, Notify, OwnedMutexGuard, oneshot};
use trireme_core::catalogue::Model;
use trireme_core::gateway::{Denied, Ending, Fit, Gateway, GatewayEvent, Wanted};
use trireme_core::limits::{NAME_BYTES, REFUSAL_BYTES};
use trireme_core::{EffectId, KeyId, Millis};

use super::admin::{self, KeyOrder};
use crate::clock;
use crate::error::EngineError;
use crate::journal::InboxAnswer;

/// The books in the hands of everybody who serves calls.
#[derive(Clone)]
pub(super) struct Books(Arc<Inner>);

struct Inner {
    state: Mutex<State>,
    /// Something is to be written.
    work: Notify,
    /// A promise ended: its money may be had.
    freed: Notify,
}

#[derive(Default)]
struct State {
    gateway: Gateway,
    unwritten: Unwritten,
    /// Why nothing is let through any more.
    broken: Option<String>,
    /// Those who wait for money, for each key.
    lines: HashMap<KeyId, Arc<Line>>,
}

/// What is in force and not on the disk.
#[derive(Default)]
pub(super) struct Unwritten {
    /// Events in their order.
    pub(super) queue: Vec<(Millis, GatewayEvent)>,
    /// Answers to orders of other processes.
    pub(super) answers: Vec<InboxAnswer>,
    /// Who waits until all of it is on the disk.
    pub(super) waiting: Vec<oneshot::Sender<()>>,
}

/// The calls of a key that wait for money: first come, first served.
#[derive(Default)]
struct Line {
    turn: Arc<Turn<()>>,
    length: AtomicUsize,
}

/// A place in a line; it is left when this is dropped.
pub(super) struct Place {
    line: Arc<Line>,
    turn: Option<OwnedMutexGuard<()>>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.line.length.fetch_sub(1, Ordering::Relaxed);
        self.turn = None;
    }
}

/// Why a call does not leave.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAdmitted {
    /// The books say no.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The journal can't be written.
    #[error("the gateway's journal can't be written, so nothing is let through: {0}")]
    Broken(String),
}

impl Books {
    /// The books as their journal tells of them, with what has to be written to it now.
    pub(super) fn new(gateway: Gateway, queue: Vec<(Millis, GatewayEvent)>) -> Self {
        let unwritten = Unwritten { queue, ..Unwritten::default() };
        let state = Mutex::new(State { gateway, unwritten, ..State::default() });
        Self(Arc::new(Inner { state, work: Notify::new(), freed: Notify::new() }))
    }

    /// Waits until something is to be written for whom somebody waits.
    pub(super) async fn has_work(&self) {
        self.0.work.notified().await;
    }

    /// Takes what is to be written.
    pub(super) fn take_unwritten(&self) -> Unwritten {
        std::mem::take(&mut self.lock().unwritten)
    }

    /// An answer to an order of another process, to be written with what it did.
    pub(super) fn answer(&self, answer: InboxAnswer) {
        self.lock().unwritten.answers.push(answer);
    }

    /// The journal refuses: whoever waits is told, and nothing more is let through.
    pub(super) fn break_down(&self, why: &EngineError) {
        let mut state = self.lock();
        state.broken = Some(why.to_string());
        state.unwritten.waiting.clear();
        drop(state);
        self.0.freed.notify_waiters();
    }

    /// Looks at the books.
    pub(super) fn with<T>(&self, look: impl FnOnce(&Gateway) -> T) -> T {
        look(&self.lock().gateway)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a call's money could be promised: at once, or when it is its turn and enough has come back. The place
    /// in the line is kept until the promise is made.
    pub(super) async fn affordable(
        &self,
        key: KeyId,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Place>, NotAdmitted> {
        let is_alone = self.line(key).length.load(Ordering::Relaxed) == 0;
        match self.looks(key, wanted) {
            Err(NotAdmitted::Denied(Denied::Busy)) => {}
            Ok(()) if !is_alone => {}
            looks => return looks.map(|()| None),
        }
        let place = self.place(key).await;
        loop {
            let mut freed = std::pin::pin!(self.0.freed.notified());
            // From here on no ending is missed, even one that comes before the waiting.
            freed.as_mut().enable();
            match self.looks(key, wanted) {
                Err(NotAdmitted::Denied(Denied::Busy)) => freed.await,
                looks => return looks.map(|()| Some(place)),
            }
        }
    }

    /// Promises money to a call, and returns when the promise is on the disk. While others of the same key wait for money,
    /// only who has a place in the line is promised any.
    pub(super) async fn admit(
        &self,
        key: KeyId,
        wanted: &Wanted<'_>,
        place: Option<Place>,
    ) -> Result<Fit, NotAdmitted> {
        let (fit, written) = self.promise(key, wanted)?;
        // The next in the line need not wait for the disk.
        drop(place);
        let unsent = Unsent { books: self, call: fit.call, model: wanted.model, sent: false };
        if written.await.is_err() {
            let why = self.lock().broken.clone();
            return Err(NotAdmitted::Broken(why.unwrap_or_else(|| "it was closed".to_owned())));
        }
        unsent.sent();
        Ok(fit)
    }

    async fn place(&self, key: KeyId) -> Place {
        let line = self.line(key);
        line.length.fetch_add(1, Ordering::Relaxed);
        let mut place = Place { line: Arc::clone(&line), turn: None };
        place.turn = Some(Arc::clone(&line.turn).lock_owned().await);
        place
    }

    fn line(&self, key: KeyId) -> Arc<Line> {
        Arc::clone(self.lock().lines.entry(key).or_default())
    }

    /// Whether a call could be promised its money now.
    pub(super) fn looks(&self, key: KeyId, wanted: &Wanted<'_>) -> Result<(), NotAdmitted> {
        let state = self.lock();
        if let Some(why) = &state.broken {
            return Err(NotAdmitted::Broken(why.clone()));
        }
        state.gateway.admit(key, wanted, clock::now())?;
        Ok(())
    }

    fn promise(&self, key: KeyId, wanted: &Wanted<'_>) -> Result<(Fit, oneshot::Receiver<()>), NotAdmitted> {
        let at = clock::now();
        let mut state = self.lock();
        if let Some(why) = &state.broken {
            return Err(NotAdmitted::Broken(why.clone()));
        }
        let fit = state.gateway.admit(key, wanted, at)?;
        state.gateway.apply(at, &fit.event);
        if let Err(unsound) = state.gateway.audit_promise(key) {
            state.broken = Some(unsound.to_string());
            return Err(NotAdmitted::Broken(unsound.to_string()));
        }
        let (done, written) = oneshot::channel();
        state.unwritten.queue.push((at, fit.event.clone()));
        state.unwritten.waiting.push(done);
        drop(state);
        self.0.work.notify_one();
        Ok((fit, written))
    }

    /// A call ended. What is charged is written with the next promise, or with the next look at the inbox: until it is on
    /// the disk the promise stands there, which is more.
    pub(super) fn end(&self, call: EffectId, asked: &Model, ending: Ending<'_>) {
        let at = clock::now();
        let mut state = self.lock();
        if let Some(event) = state.gateway.end(call, asked, ending, at) {
            state.gateway.apply(at, &event);
            state.unwritten.queue.push((at, event));
        }
        drop(state);
        self.0.freed.notify_waiters();
    }

    /// Ends calls that take longer than any may: their callers have stopped reading, and hold the promise for nothing.
    pub(super) fn expire(&self) {
        let at = clock::now();
        let mut state = self.lock();
        let late = state.gateway.late(at);
        if late.is_empty() {
            return;
        }
        for event in late {
            state.gateway.apply(at, &event);
            state.unwritten.queue.push((at, event));
        }
        drop(state);
        self.0.freed.notify_waiters();
    }

    /// A call was not let through.
    pub(super) fn denied(&self, key: KeyId, model: &str, why: &str) {
        let event =
            GatewayEvent::Denied { key, model: head(model, NAME_BYTES), why: head(why, REFUSAL_BYTES) };
        self.note(event);
    }

    /// Writes a fact down that changes no money that anybody waits for.
    pub(super) fn note(&self, event: GatewayEvent) {
        let at = clock::now();
        let mut state = self.lock();
        state.gateway.apply(at, &event);
        state.unwritten.queue.push((at, event));
        drop(state);
        self.0.work.notify_one();
    }

    /// Does an order about keys; it is in force at once and on the disk with the next commit.
    pub(super) fn order(&self, order: KeyOrder) -> Result<(), String> {
        let at = clock::now();
        let mut state = self.lock();
        let event = admin::decide(&state.gateway, order)?;
        state.gateway.apply(at, &event);
        state.unwritten.queue.push((at, event));
        drop(state);
        self.0.work.notify_one();
        // More money, or none any more: whoever waits looks again.
        self.0.freed.notify_waiters();
        Ok(())
    }
}

/// The beginning of what a caller wrote, which may be of any length.
fn head(text: &str, bytes_max: usize) -> String {
    let end = (0..=bytes_max.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    text.get(..end).unwrap_or_default().to_owned()
}

/// A promise whose call has not left. Dropped before that, the call certainly cost nothing.
struct Unsent<'a> {
    books: &'a Books,
    call: EffectId,
    model: &'a Model,
    sent: bool,
}

impl Unsent<'_> {
    fn sent(mut self) {
        self.sent = true;
    }
}

impl Drop for Unsent<'_> {
    fn drop(&mut self) {
        if !self.sent {
            self.books.end(self.call, self.model, Ending::Refused(None));
        }
    }
}
