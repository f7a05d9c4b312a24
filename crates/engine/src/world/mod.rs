//! The world of one run: everything that its effects need to be done.
//!
//! The run loop makes a [`Job`] out of an owed effect while it holds the run, and the world does the job without it.

mod checks;
mod compose;
mod desks;
mod gate;
mod job;
mod merge;
mod model;
mod quotes;
mod seal;
mod seen;
mod survey;
mod told;
mod tool;

use std::path::PathBuf;
use std::sync::Arc;

use trireme_core::BlobRef;
use trireme_core::catalogue::Catalogue;
use trireme_core::run::Outcome;

use crate::blobs::{BlobError, Blobs};
use crate::bus::{Adapters, Governor};
use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::workspace::{Repo, RepoError, Shell, Worktree};

pub use job::{Call, Job, Lane};
pub(crate) use model::Imprint;
pub(crate) use seen::Record;
pub(crate) use survey::plan_faults_at;

use checks::Verdicts;
use desks::Desks;
use gate::Gate;

/// Everything that a run's effects need.
#[derive(Clone)]
pub struct World(Arc<Inner>);

struct Inner {
    folder: RunFolder,
    repo: Repo,
    blobs: Blobs,
    adapters: Adapters,
    catalogue: Catalogue,
    gate: Gate,
    desks: Desks,
    path: std::ffi::OsString,
    env: Vec<(String, String)>,
    verdicts: Verdicts,
}

/// What a world is made of.
pub struct Parts {
    /// The run's folder.
    pub folder: RunFolder,
    /// The project's repository.
    pub repo: Repo,
    /// The run's payloads.
    pub blobs: Blobs,
    /// The providers.
    pub adapters: Adapters,
    /// The models that the run is pinned to.
    pub catalogue: Catalogue,
    /// Who lets calls go.
    pub governor: Governor,
    /// PATH for commands.
    pub path: std::ffi::OsString,
    /// Further variables for commands.
    pub env: Vec<(String, String)>,
}

/// Why a job could not be done at all: this machine is at fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// A payload can't be read or written.
    #[error(transparent)]
    Blob(#[from] BlobError),
    /// Git or the file system refuses.
    #[error(transparent)]
    Repo(#[from] RepoError),
    /// A folder can't be used.
    #[error("{path}: {error}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// A command did not start.
    #[error(transparent)]
    Command(#[from] crate::workspace::CommandError),
    /// A contract's globs can't be read.
    #[error(transparent)]
    Sight(#[from] crate::workspace::SightError),
    /// A stored document is not what it should be.
    #[error("a stored document can't be read: {0}")]
    Document(String),
}

impl Trouble {
    /// Whether there was no room, whoever noticed it: we, git, or a file tool.
    fn is_full_disk(&self) -> bool {
        let chain = std::iter::successors(Some(self as &dyn std::error::Error), |error| error.source());
        let mut texts = chain.map(ToString::to_string);
        texts.any(|text| text.contains("No space left on device") || text.contains("Disk quota exceeded"))
    }

    fn stops(self) -> EngineError {
        EngineError::failed(format!("the disk is full: {self}"))
            .hint("make room, then: trireme resume last")
            .hint("nothing that was written down is lost")
    }
}

impl World {
    /// The world of a run.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { folder, repo, blobs, adapters, catalogue, governor, path, env } = parts;
        let (desks, repo) = (Desks::new(folder.work()), repo.for_run(&folder.run.0));
        let gate = Gate::new(governor);
        Self(Arc::new(Inner {
            desks,
            folder,
            repo,
            blobs,
            adapters,
            catalogue,
            gate,
            path,
            env,
            verdicts: Verdicts::default(),
        }))
    }

    /// From now on no call waits for its provider, or they may again.
    pub fn hold(&self, hold: bool) {
        self.0.gate.hold(hold);
    }

    /// Does a job. Dropping the future stops it, its processes and its connection included.
    ///
    /// # Errors
    /// Where the machine can't go on at all: the disk is full. The effect stays owed then, for when there is room.
    pub async fn perform(&self, job: Job) -> Result<Outcome, EngineError> {
        // A call has its money, so it leaves, and its answer counts. Everything else needs room first: a command that ran
        // out of it fails like one that is wrong, so it does not start, or does not count.
        let needs_room = !matches!(job, Job::Call(_));
        if needs_room {
            self.has_room()?;
        }
        let done = self.attempt(job).await;
        if needs_room {
            self.has_room()?;
        }
        match done {
            Err(trouble) if trouble.is_full_disk() => Err(trouble.stops()),
            Err(trouble) => {
                let reason = self.0.blobs.redactor().text(&trouble.to_string()).into_owned();
                Ok(Outcome::Broken { reason })
            }
            Ok(outcome) => Ok(outcome),
        }
    }

    async fn attempt(&self, job: Job) -> Result<Outcome, Trouble> {
        match job {
            Job::Compose(composition) => self.measure(&composition).await,
            Job::Call(call) => self.call(call).await,
            Job::Tool(tool) => self.tool(tool).await,
            Job::Seal(seal) => self.seal(seal).await,
            Job::Check(check) => self.check(check).await,
            Job::Merge(merge) => self.merge(merge).await,
            Job::Publish(commit) => self.publish(&commit).await,
        }
    }

    fn has_room(&self) -> Result<(), EngineError> {
        crate::folder::has_room(&self.0.folder.dir)
    }

    /// The run's folder.
    pub(crate) fn dir(&self) -> &std::path::Path {
        &self.0.folder.dir
    }

    /// The repository.
    pub(crate) fn repo(&self) -> &Repo {
        &self.0.repo
    }

    /// A payload as text.
    pub(crate) async fn text(&self, blob: BlobRef) -> Result<String, Trouble> {
        let bytes = self.0.blobs.get(blob).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// A document.
    pub(crate) async fn document<T: serde::de::DeserializeOwned>(&self, blob: BlobRef) -> Result<T, Trouble> {
        let bytes = self.0.blobs.get(blob).await?;
        serde_json::from_slice(&bytes).map_err(|error| Trouble::Document(error.to_string()))
    }

    /// A document as it was before its secrets were taken out, for doing what it says; as it is stored where this process does
    /// not know it any more.
    async fn truth<T: serde::de::DeserializeOwned>(&self, blob: BlobRef) -> Result<T, Trouble> {
        match self.known_truth(blob)? {
            Some(truth) => Ok(truth),
            None => self.document(blob).await,
        }
    }

    fn known_truth<T: serde::de::DeserializeOwned>(&self, blob: BlobRef) -> Result<Option<T>, Trouble> {
        let read = |bytes: bytes::Bytes| serde_json::from_slice(&bytes);
        self.0.blobs.truth(blob).map(read).transpose().map_err(|error| Trouble::Document(error.to_string()))
    }

    /// The shell of a folder, with a HOME and a TMPDIR that no other folder has.
    fn shell(&self, folder: &Worktree) -> Shell {
        Shell {
            run: self.0.folder.run.to_string(),
            path: self.0.path.clone(),
            home: folder.home(),
            tmp: folder.tmp(),
            env: self.0.env.clone(),
        }
    }

    /// Kills whatever a command left behind, daemons included.
    pub async fn kill_leftovers(&self) {
        let run = self.0.folder.run.to_string();
        let _ = tokio::task::spawn_blocking(move || crate::workspace::kill_marked(&run)).await;
    }

    /// Removes every folder that work was done in and, unless they are to be kept, the references that kept its commits.
    pub async fn clean_up(&self, keep_references: bool) {
        self.0.desks.forget_all().await;
        if let Err(error) = crate::workspace::remove_tree(self.0.folder.work()).await {
            tracing::warn!(%error, "folders of the run were left behind");
        }
        if keep_references {
            return;
        }
        if let Err(error) = self.0.repo.delete_refs(&self.ref_prefix()).await {
            tracing::warn!(%error, "references of the run were left behind");
        }
    }

    fn ref_prefix(&self) -> String {
        format!("refs/trireme/{}/", self.0.folder.run)
    }
}
