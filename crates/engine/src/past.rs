//! A run as its journal tells of it, for whoever only looks.

use std::collections::BTreeSet;
use std::path::PathBuf;

use bytes::Bytes;
use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::log::{LogLine, payload_of};
use trireme_core::run::{Event, Run};
use trireme_core::view::View;
use trireme_core::{BlobRef, Digest, Intent, Millis, Plan, RunId};

use crate::blobs::{BlobError, Blobs};
use crate::error::EngineError;
use crate::folder::{Bearings, RunFolder};
use crate::journal::Reader;
use crate::redaction::Redactor;
use crate::run_loop;
use crate::scribe::Head;
use crate::vault::Vault;

/// A run, folded; and a way to its payloads.
pub struct Past {
    /// The run.
    pub run: Run,
    /// The project's folder.
    pub project: PathBuf,
    /// The scenario that plays its models, if one does.
    pub scenario: Option<PathBuf>,
    /// Whether a process owns it now.
    pub live: bool,
    folder: RunFolder,
    reader: Reader,
    blobs: Blobs,
    seen: u64,
}

/// A run in the list of all.
pub struct RunEntry {
    /// Its name.
    pub id: RunId,
    /// When it was ordered.
    pub began: Millis,
    /// Whether a process owns it now.
    pub live: bool,
    /// How it stands; none where its journal can't be read.
    pub summary: Option<View>,
    /// The project's folder.
    pub project: PathBuf,
    /// Why its journal can't be read.
    pub error: Option<String>,
}

impl Past {
    pub(crate) async fn open(folder: &RunFolder, vault: &Vault) -> Result<Self, EngineError> {
        let Bearings { project, scenario, .. } = folder.bearings()?;
        let (run, seen) = run_loop::peek(&folder.dir).await?;
        Ok(Self {
            run,
            project,
            scenario,
            live: folder.is_live(),
            folder: folder.clone(),
            reader: Reader::open(&folder.dir).await?,
            // Nothing is written here.
            blobs: folder.blobs(vault, &Redactor::plain())?,
            seen,
        })
    }

    /// Goes back to where the run stood after one of its events, and says which that was.
    ///
    /// # Errors
    /// Where there is no such event, or the journal can't be read.
    pub async fn go_back(&mut self, seq: u64) -> Result<LogLine, EngineError> {
        let none = {
            let (run, end) = (&self.folder.run, self.run.events());
            EngineError::usage(format!("{run} has no event {seq}: the last one is {end}"))
                .hint(format!("trireme log {run}   (their numbers)"))
        };
        let Some(before) = seq.checked_sub(1) else { return Err(none) };
        let Some((_, at, event)) = self.events(seq, 1).await?.pop() else { return Err(none) };
        self.run = run_loop::fold(&mut self.reader, before).await?;
        let line = LogLine::of(&self.run, seq, at, &event);
        self.run.apply(at, &event);
        self.seen = seq;
        Ok(line)
    }

    /// Any payload as text.
    ///
    /// # Errors
    /// Where it is gone or damaged.
    pub async fn text(&self, blob: BlobRef) -> Result<String, EngineError> {
        Ok(String::from_utf8_lossy(&self.bytes(blob).await?).into_owned())
    }

    /// Any payload, byte for byte.
    ///
    /// # Errors
    /// Where it is gone or damaged, or its key can't be had.
    pub async fn bytes(&self, blob: BlobRef) -> Result<Bytes, EngineError> {
        match self.blobs.get(blob).await {
            Err(BlobError::Missing { .. }) if !self.run.shreds().is_empty() => {
                let run = &self.folder.run;
                Err(EngineError::usage(format!("payload {} of {run} was deleted by a rule", blob.0.short()))
                    .hint(format!("trireme log {run} --type shredded   (when, and why)")))
            }
            bytes => Ok(bytes?),
        }
    }

    /// The payload that a person means: by its address, the beginning of it, or the number of its event.
    ///
    /// # Errors
    /// Where there is none, or more than one.
    pub async fn find_blob(&mut self, name: &str) -> Result<BlobRef, EngineError> {
        if let Ok(blob) = name.parse() {
            return Ok(BlobRef(blob));
        }
        if let Some(seq) = name.parse().ok().filter(|_| name.len() < SHORTEST_NAME) {
            return self.payload_of(seq).await;
        }
        let mut found = BTreeSet::new();
        let mut seq = 0;
        loop {
            let records = self.reader.read_from(seq + 1, JOURNAL_PAGE).await?;
            let Some(last) = records.last() else { break };
            seq = last.seq;
            found.extend(records.iter().flat_map(|record| digests(&record.body, name)));
        }
        let run = &self.folder.run;
        match found.len() {
            1 => Ok(BlobRef(found.pop_first().unwrap_or_else(|| Digest::of(b"")))),
            0 => Err(EngineError::usage(format!("no event of {run} names a payload {name:?}"))
                .hint(format!("trireme log {run} --json   (payload_ref names them)"))),
            many => Err(EngineError::usage(format!("{name:?} could be {many} payloads of {run}"))
                .hint("give more of its address")),
        }
    }

    async fn payload_of(&mut self, seq: u64) -> Result<BlobRef, EngineError> {
        let events = self.events(seq, 1).await?;
        let run = &self.folder.run;
        let here = events.first().filter(|(found, _, _)| *found == seq);
        here.and_then(|(_, _, event)| payload_of(event)).ok_or_else(|| {
            EngineError::usage(format!("event {seq} of {run} has no payload"))
                .hint(format!("trireme log {run} --json   (payload_ref names them)"))
        })
    }

    /// The plan, once there is one.
    ///
    /// # Errors
    /// Where its document can't be read.
    pub async fn plan(&self) -> Result<Option<Plan>, EngineError> {
        match self.run.plan() {
            Some(plan) => Ok(Some(self.document(plan.plan).await?)),
            None => Ok(None),
        }
    }

    /// What the Owner asked for.
    ///
    /// # Errors
    /// Where its document can't be read.
    pub async fn intent(&self) -> Result<Intent, EngineError> {
        let head = self.run.head().ok_or_else(|| EngineError::failed("the run never began"))?;
        self.document(head.intent).await
    }

    async fn document<T: serde::de::DeserializeOwned>(&self, blob: BlobRef) -> Result<T, EngineError> {
        let bytes = self.bytes(blob).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| EngineError::failed(format!("a stored document can't be read: {error}")))
    }

    /// Events from a sequence number on, at most `limit` of them.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub async fn events(
        &mut self,
        from_seq: u64,
        limit: usize,
    ) -> Result<Vec<(u64, Millis, Event)>, EngineError> {
        let records = self.reader.read_from(from_seq, limit).await?;
        let read = |record| run_loop::read(&record).map(|(at, event)| (record.seq, at, event));
        records.into_iter().map(read).collect()
    }

    /// The end of its log, as far as it is anchored; none before the first anchor.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub async fn log_head(&mut self) -> Result<Option<Head>, EngineError> {
        let anchor = self.reader.anchor().await?;
        Ok(anchor.map(|anchor| Head { seq: anchor.seq, link: anchor.line }))
    }

    /// Folds what came since, and says how many events that were.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub async fn refresh(&mut self) -> Result<usize, EngineError> {
        self.live = self.folder.is_live();
        run_loop::catch_up(&mut self.reader, &mut self.run, &mut self.seen).await
    }
}

/// Shorter texts of digits are numbers of events: nobody copies so little of an address.
const SHORTEST_NAME: usize = 8;

/// The digests in an event's text that begin so.
fn digests(body: &str, beginning: &str) -> impl Iterator<Item = Digest> {
    body.split('"').filter(move |text| text.starts_with(beginning)).filter_map(|text| text.parse().ok())
}

impl RunEntry {
    pub(crate) async fn of(folder: &RunFolder) -> Self {
        let bearings = folder.bearings().ok();
        let peeked = run_loop::peek(&folder.dir).await;
        let (summary, error) = match peeked {
            Ok((run, _)) => (Some(View::of(&run)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        Self {
            id: folder.run.clone(),
            began: bearings.as_ref().map(|bearings| bearings.ordered).unwrap_or_default(),
            live: folder.is_live(),
            summary,
            project: bearings.map(|bearings| bearings.project).unwrap_or_default(),
            error,
        }
    }
}
