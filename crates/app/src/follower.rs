//! A run as its journal grows, with each event told as it comes.

use trireme_core::ledger::Ledger;
use trireme_core::log::LogLine;
use trireme_core::report::{Documents, Report, SoloRun, Tally};
use trireme_core::run::{Event, Run};
use trireme_core::view::View;
use trireme_core::{BlobRef, Money, Plan, RunId};
use trireme_engine::{Engine, Past};

use crate::failure::Failure;

/// Events that are read at one time.
const PAGE: usize = 1_000;

/// Whoever follows a run.
pub(crate) struct Follower {
    /// The way to its payloads.
    pub past: Past,
    /// The run up to the last event that was told.
    pub run: Run,
    tally: Tally,
    seq: u64,
}

/// One event, told.
pub(crate) struct Told {
    /// For the log.
    pub line: LogLine,
    /// Itself.
    pub event: Event,
}

impl Follower {
    /// Begins before the first event.
    pub(crate) async fn open(engine: &Engine, run: &RunId) -> Result<Self, Failure> {
        let past = engine.past(run).await?;
        Ok(Self { past, run: Run::default(), tally: Tally::default(), seq: 0 })
    }

    /// Follows to the newest event and forgets what was told.
    pub(crate) async fn caught_up(engine: &Engine, run: &RunId) -> Result<Self, Failure> {
        let mut follower = Self::open(engine, run).await?;
        while !follower.next().await?.is_empty() {}
        Ok(follower)
    }

    /// What came since the last time, at most a page of it; nothing where nothing came.
    pub(crate) async fn next(&mut self) -> Result<Vec<Told>, Failure> {
        let events = self.past.events(self.seq + 1, PAGE).await?;
        let mut told = Vec::with_capacity(events.len());
        for (seq, at, event) in events {
            let line = LogLine::of(&self.run, seq, at, &event);
            self.tally.take(&self.run, &event);
            self.run.apply(at, &event);
            self.seq = seq;
            told.push(Told { line, event });
        }
        Ok(told)
    }

    /// The run from outside.
    pub(crate) fn view(&self) -> View {
        View::of(&self.run)
    }

    /// What was spent up to the last event that was told.
    pub(crate) fn spent(&self) -> Money {
        self.run.ledger().get(Ledger::RUN).map_or(Money::ZERO, |account| account.spent)
    }

    /// Sums over what was told.
    pub(crate) const fn tally(&self) -> &Tally {
        &self.tally
    }

    /// A payload, or why it can't be had.
    pub(crate) async fn text(&self, blob: BlobRef) -> String {
        text_of(&self.past, blob).await
    }

    /// The plan, once there is one.
    pub(crate) async fn plan(&mut self) -> Result<Option<Plan>, Failure> {
        self.past.refresh().await?;
        Ok(self.past.plan().await?)
    }

    /// The report, as things stand. Documents that can't be read are left out.
    pub(crate) async fn report(&mut self, engine: &Engine) -> Report {
        let mut documents = Documents {
            solo: self.solo(engine).await,
            plan: self.plan().await.ok().flatten(),
            intent: self.past.intent().await.ok(),
            log_head: self.past.log_head().await.ok().flatten().map(|head| head.to_string()),
            ..Documents::default()
        };
        for blob in Report::texts_of(&self.run) {
            if let Ok(text) = self.past.text(blob).await {
                documents.texts.insert(blob, text);
            }
        }
        Report::of(&self.run, &self.tally, &documents)
    }

    /// A run of one agent alone to compare with.
    async fn solo(&self, engine: &Engine) -> Option<SoloRun> {
        engine.solo(&self.run.head()?.id).await.ok().flatten()
    }
}

/// A payload of a run, or why it can't be had.
pub(crate) async fn text_of(past: &Past, blob: BlobRef) -> String {
    past.text(blob).await.unwrap_or_else(|error| format!("({error})"))
}
