//! The gateway's books and their journal. Deciding is one short lock; a promise is on the disk before its call leaves, in
//! one commit with all others that came meanwhile.
//!
//! Invariants: events are written in the order in which they changed the books; when the journal refuses, the books are
//! ahead of the truth and nothing more is let through.

use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, Notify, OwnedMutexGuard, oneshot, watch};
use trireme_core::catalogue::Model;
use trireme_core::gateway::{Denied, Ending, Fit, Gateway, GatewayEvent, Wanted};
use trireme_core::limits::{INBOX_POLL_MS, JOURNAL_PAGE, NAME_BYTES, REFUSAL_BYTES};
use trireme_core::{EffectId, KeyId, Millis};

use super::admin::{self, KeyOrder};
use crate::clock;
use crate::error::EngineError;
use crate::journal::{Inbox, InboxAnswer, Journal, JournalError, Reader, Record, Row};

/// How often a commit lets all others go first.
const GATHER_TURNS: usize = 3;
/// How many events one commit takes at most.
const BATCH: usize = 1_024;

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
struct Unwritten {
    /// Events in their order.
    queue: Vec<(Millis, GatewayEvent)>,
    /// Answers to orders of other processes.
    answers: Vec<InboxAnswer>,
    /// Who waits until all of it is on the disk.
    waiting: Vec<oneshot::Sender<()>>,
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

/// The books with their journal, before and after serving.
pub(super) struct Keeper {
    books: Books,
    journal: Journal,
    inbox: Inbox,
}

impl Books {
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
        if let Err(unsound) = state.gateway.audit_key(key) {
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
    fn expire(&self) {
        let at = clock::now();
        let mut state = self.lock();
        let late = state.gateway.late(at);
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

impl Keeper {
    /// The books of a journal in `dir`. Calls that were on their way when the last process ended are forfeited before
    /// anything else happens.
    pub(super) async fn open(mut journal: Journal, dir: &Path) -> Result<Self, EngineError> {
        let inbox = Inbox::open(dir).await?;
        let mut state = State::default();
        let mut next = 1;
        loop {
            let records = journal.read_from(next, JOURNAL_PAGE).await?;
            let Some(last) = records.last().map(|record| record.seq) else { break };
            for record in &records {
                let (at, event) = read(record)?;
                state.gateway.apply(at, &event);
            }
            next = last + 1;
        }
        let at = clock::now();
        for event in state.gateway.lost(at) {
            state.gateway.apply(at, &event);
            state.unwritten.queue.push((at, event));
        }
        state.gateway.audit().map_err(|unsound| {
            EngineError::failed(format!("the gateway's journal tells of books that can't be: {unsound}"))
        })?;
        let inner = Inner { state: Mutex::new(state), work: Notify::new(), freed: Notify::new() };
        let mut keeper = Self { books: Books(Arc::new(inner)), journal, inbox };
        keeper.write().await?;
        Ok(keeper)
    }

    /// The books.
    pub(super) fn books(&self) -> Books {
        self.books.clone()
    }

    /// Writes what is to be written until it is told to stop, or the journal refuses. A write that has begun is finished.
    pub(super) async fn keep(&mut self, mut stopped: watch::Receiver<()>) -> Option<EngineError> {
        let mut look = tokio::time::interval(Duration::from_millis(INBOX_POLL_MS));
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let books = self.books.clone();
        loop {
            let done = tokio::select! {
                () = books.0.work.notified() => {
                    gather().await;
                    self.write().await
                }
                _ = look.tick() => self.obey().await,
                _ = stopped.changed() => return None,
            };
            if let Err(error) = done {
                let mut state = self.books.lock();
                state.broken = Some(error.to_string());
                state.unwritten.waiting.clear();
                drop(state);
                self.books.0.freed.notify_waiters();
                return Some(error);
            }
        }
    }

    /// Puts everything that is in force on the disk.
    pub(super) async fn write(&mut self) -> Result<(), EngineError> {
        loop {
            let Unwritten { queue, answers, waiting } = std::mem::take(&mut self.books.lock().unwritten);
            if queue.is_empty() && answers.is_empty() {
                return Ok(());
            }
            let (last, batches) = batches(&queue);
            for batch in batches {
                self.journal.append(&rows(batch)?, &[]).await?;
            }
            self.journal.append(&rows(last)?, &answers).await?;
            for done in waiting {
                // Whoever asked may have gone.
                let _ = done.send(());
            }
        }
    }

    /// Takes orders of other processes out of the inbox, each answered in one commit with what it did.
    pub(super) async fn obey(&mut self) -> Result<(), EngineError> {
        self.books.expire();
        self.write().await?;
        let pending = match self.inbox.pending().await {
            // Somebody else holds the file for a moment; the next look is not far.
            Err(JournalError::Busy { .. }) => return Ok(()),
            pending => pending?,
        };
        for (id, body) in pending {
            let order =
                serde_json::from_str(&body).map_err(|error| format!("the order can't be read: {error}"));
            let obeyed = order.and_then(|order| self.books.order(order));
            let answer =
                obeyed.map_or_else(serde_json::Value::from, |()| serde_json::Value::Null).to_string();
            self.books.lock().unwritten.answers.push(InboxAnswer { id, answer });
            self.write().await?;
        }
        Ok(())
    }

    /// Writes the rest and leaves the journal whole in one file.
    pub(super) async fn close(mut self) -> Result<(), EngineError> {
        self.write().await?;
        self.journal.close().await?;
        Ok(())
    }
}

/// Lets those go first who are about to promise something: what they promise goes into the same commit. A commit costs a
/// good deal more than a look at who is ready; a timer would cost latency.
async fn gather() {
    for _ in 0..GATHER_TURNS {
        tokio::task::yield_now().await;
    }
}

type Stamped = (Millis, GatewayEvent);

/// The last batch, which carries the answers, and those before it.
fn batches(queue: &[Stamped]) -> (&[Stamped], impl Iterator<Item = &[Stamped]>) {
    let before = queue.len().saturating_sub(1) / BATCH * BATCH;
    let (first, last) = queue.split_at(before.min(queue.len()));
    (last, first.chunks(BATCH))
}

fn rows(batch: &[Stamped]) -> Result<Vec<Row<'static>>, EngineError> {
    batch.iter().map(row).collect()
}

fn row((at, event): &(Millis, GatewayEvent)) -> Result<Row<'static>, EngineError> {
    let body = serde_json::to_string(event)
        .map_err(|error| EngineError::failed(format!("an event can't be written down: {error}")))?;
    Ok(Row { at: *at, kind: event.kind(), body })
}

/// An event out of the journal.
pub(super) fn read(record: &Record) -> Result<(Millis, GatewayEvent), EngineError> {
    let event = serde_json::from_str(&record.body).map_err(|error| {
        EngineError::failed(format!("event {} of the journal can't be read: {error}", record.seq))
            .hint("it was written by a newer version, or it is damaged")
    })?;
    Ok((record.at, event))
}

/// Folds the books out of their journal without owning them, and hands out every event on the way.
pub(super) async fn peek(
    dir: &Path,
    mut each: impl FnMut(&Gateway, u64, Millis, &GatewayEvent),
) -> Result<Gateway, EngineError> {
    let mut reader = Reader::open(dir).await?;
    let mut gateway = Gateway::default();
    let mut next = 1;
    loop {
        let records = reader.read_from(next, JOURNAL_PAGE).await?;
        let Some(last) = records.last().map(|record| record.seq) else { return Ok(gateway) };
        for record in &records {
            let (at, event) = read(record)?;
            each(&gateway, record.seq, at, &event);
            gateway.apply(at, &event);
        }
        next = last + 1;
    }
}
