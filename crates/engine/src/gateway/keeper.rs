//! Who writes the gateway's books down, and reads them again.
//!
//! Invariant: events are written in the order in which they changed the books.

use std::path::Path;
use std::time::Duration;

use tokio::sync::watch;
use trireme_core::Millis;
use trireme_core::gateway::{Gateway, GatewayEvent};
use trireme_core::limits::{INBOX_POLL_MS, JOURNAL_PAGE};

use super::books::{Books, Unwritten};
use crate::clock;
use crate::error::EngineError;
use crate::journal::{Inbox, InboxAnswer, Journal, JournalError, Reader, Record, Row};

/// How often a commit lets all others go first.
const GATHER_TURNS: usize = 3;
/// How many events one commit takes at most.
const BATCH: usize = 1_024;

/// The books with their journal, before and after serving.
pub(super) struct Keeper {
    books: Books,
    journal: Journal,
    inbox: Inbox,
}

impl Keeper {
    /// The books of a journal in `dir`. Calls that were on their way when the last process ended are forfeited before
    /// anything else happens.
    pub(super) async fn open(mut journal: Journal, dir: &Path) -> Result<Self, EngineError> {
        let inbox = Inbox::open(dir).await?;
        let mut gateway = Gateway::default();
        let mut next = 1;
        loop {
            let records = journal.read_from(next, JOURNAL_PAGE).await?;
            let Some(last) = records.last().map(|record| record.seq) else { break };
            for record in &records {
                let (at, event) = read(record)?;
                gateway.apply(at, &event);
            }
            next = last + 1;
        }
        // Before anything is done about it: what an edited journal says is charged to nobody.
        gateway.audit().map_err(|unsound| {
            EngineError::failed(format!("the gateway's journal tells of books that can't be: {unsound}"))
        })?;
        let at = clock::now();
        let lost: Vec<Stamped> = gateway.lost(at).into_iter().map(|event| (at, event)).collect();
        for (at, event) in &lost {
            gateway.apply(*at, event);
        }
        let mut keeper = Self { books: Books::new(gateway, lost), journal, inbox };
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
                () = books.has_work() => {
                    gather().await;
                    self.write().await
                }
                _ = look.tick() => self.obey().await,
                _ = stopped.changed() => return None,
            };
            if let Err(error) = done {
                self.books.break_down(&error);
                return Some(error);
            }
        }
    }

    /// Puts everything that is in force on the disk.
    pub(super) async fn write(&mut self) -> Result<(), EngineError> {
        loop {
            let Unwritten { queue, answers, waiting } = self.books.take_unwritten();
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
            self.books.answer(InboxAnswer { id, answer });
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
