//! A run as its journal tells of it, for whoever only looks.

use std::path::PathBuf;

use trireme_core::run::{Event, Run};
use trireme_core::view::View;
use trireme_core::{BlobRef, Intent, Millis, Plan, RunId};

use crate::blobs::Blobs;
use crate::error::EngineError;
use crate::folder::{Bearings, RunFolder};
use crate::journal::Reader;
use crate::run_loop;

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
    pub(crate) async fn open(folder: &RunFolder) -> Result<Self, EngineError> {
        let Bearings { project, scenario, .. } = folder.bearings()?;
        let (run, seen) = run_loop::peek(&folder.dir).await?;
        Ok(Self {
            run,
            project,
            scenario,
            live: folder.is_live(),
            folder: folder.clone(),
            reader: Reader::open(&folder.dir).await?,
            blobs: Blobs::local(&folder.dir),
            seen,
        })
    }

    /// Any payload.
    ///
    /// # Errors
    /// Where it is gone or damaged.
    pub async fn bytes(&self, blob: BlobRef) -> Result<bytes::Bytes, EngineError> {
        Ok(self.blobs.get(blob).await?)
    }

    /// Any payload as text.
    ///
    /// # Errors
    /// Where it is gone or damaged.
    pub async fn text(&self, blob: BlobRef) -> Result<String, EngineError> {
        let bytes = self.blobs.get(blob).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
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
        let bytes = self.blobs.get(blob).await?;
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

    /// Folds what came since, and says how many events that were.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub async fn refresh(&mut self) -> Result<usize, EngineError> {
        self.live = self.folder.is_live();
        run_loop::catch_up(&mut self.reader, &mut self.run, &mut self.seen).await
    }
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
