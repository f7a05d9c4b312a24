//! The world of one run: everything that its effects need to be done.
//!
//! The run loop makes a [`Job`] out of an owed effect while it holds the run, and the world does the job without it.

mod checks;
mod compose;
mod desks;
mod foreign;
mod gate;
mod job;
mod merge;
mod model;
mod quotes;
mod seal;
mod seen;
mod setup;
mod survey;
mod told;
mod tool;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use trireme_core::catalogue::Catalogue;
use trireme_core::run::Outcome;
use trireme_core::{BlobRef, Bounds, SetUp};

use crate::blobs::{BlobError, Blobs};
use crate::bus::{Adapters, Governor};
use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::sandbox::{CommandLimits, DeclaredLimits, Sandbox};
use crate::workspace::{Pool, Repo, RepoError, Shell, Worktree};

pub use desks::{Desk, Globs};
pub use foreign::Foreign;
pub use job::{Call, Job, Lane};
pub(crate) use model::Imprint;
pub(crate) use seen::Record;
pub use seen::Utterance;
pub(crate) use survey::plan_faults_at;

use checks::Verdicts;
use desks::Desks;
use gate::Gate;
use setup::Keys;

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
    ground: Option<Ground>,
    setups: Vec<SetUp>,
    bounds: Bounds,
    keys: Keys,
    verdicts: Verdicts,
}

/// What commands find around them.
#[derive(Clone)]
pub struct Ground {
    /// Where they are started.
    pub sandbox: Sandbox,
    /// PATH.
    pub path: OsString,
    /// Further variables.
    pub env: Vec<(String, String)>,
    /// Variables of the Owner's that a scope may name.
    pub lent: Vec<(String, String)>,
    /// What they may read besides their own folders.
    pub read: Arc<[PathBuf]>,
    /// What they must not see.
    pub hidden: Arc<[PathBuf]>,
    /// What they may use up.
    pub limits: DeclaredLimits,
    /// Servers whose tools agents may call.
    pub foreign: Foreign,
}

impl Ground {
    /// The shell of a folder of a run, with these variables, and a HOME and a TMPDIR that no other folder has.
    pub(crate) fn shell(
        &self,
        run: &str,
        folder: &Worktree,
        mut env: Vec<(String, String)>,
        bounds: &Bounds,
    ) -> Shell {
        let Self { sandbox, path, read, hidden, lent, .. } = self.clone();
        env.extend(lent.into_iter().filter(|(name, _)| bounds.env().contains(name)));
        // Bytecode would come into commits by mistake, and a commit with any is not taken: it is run in place of the sources.
        env.push(("PYTHONDONTWRITEBYTECODE".to_owned(), "1".to_owned()));
        let (home, tmp) = (folder.home(), folder.tmp());
        Shell {
            run: run.to_owned(),
            sandbox,
            path,
            home,
            tmp,
            env,
            read,
            hidden,
            hosts: bounds.hosts().into(),
        }
    }
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
    /// What commands find around them; none where none is started.
    pub ground: Option<Ground>,
    /// Commands that prepare folders.
    pub setups: Vec<SetUp>,
    /// The bounds of the whole run, in which its checks are told too.
    pub bounds: Bounds,
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
    /// A world that only reads was asked for a command.
    #[error("no commands are started here")]
    NoGround,
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
        let Parts { folder, repo, blobs, adapters, catalogue, governor, ground, setups, bounds } = parts;
        let apart = setups.iter().flat_map(|setup| setup.paths.iter().cloned()).collect();
        let repo = repo.for_run(&folder.run.0).with_apart(apart);
        let desks = Desks::new(Pool::new(&repo, folder.work()));
        let gate = Gate::new(governor);
        Self(Arc::new(Inner {
            desks,
            folder,
            repo,
            blobs,
            adapters,
            catalogue,
            gate,
            ground,
            setups,
            bounds,
            keys: Keys::default(),
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
            self.has_room().await?;
        }
        let done = self.attempt(job).await;
        if needs_room {
            self.has_room().await?;
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
            Job::SetUp(setup) => self.set_up(setup).await,
            Job::Publish(commit) => self.publish(&commit).await,
        }
    }

    async fn has_room(&self) -> Result<(), EngineError> {
        if crate::folder::has_room(&self.0.folder.dir).is_ok() {
            return Ok(());
        }
        self.0.desks.pool().empty().await;
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

    fn ground(&self) -> Result<&Ground, Trouble> {
        self.0.ground.as_ref().ok_or(Trouble::NoGround)
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

    /// The shell of a folder, for whoever works in these bounds.
    fn shell(&self, folder: &Worktree, bounds: &Bounds) -> Result<Shell, Trouble> {
        let (env, run) = (self.variables(folder)?, &self.0.folder.run.0);
        Ok(self.ground()?.shell(run, folder, env, bounds))
    }

    /// What a command may use up that has so much time.
    fn limits(&self, seconds: u32) -> Result<CommandLimits, Trouble> {
        Ok(self.ground()?.limits.within(Duration::from_secs(seconds.into())))
    }

    /// Begins: what an earlier process kept of folders goes. Only for whoever is alone with the run.
    pub fn open(&self) {
        self.0.desks.pool().remove_leftovers();
    }

    /// Makes and removes no more folders behind the work, and keeps none.
    pub async fn close(&self) {
        self.0.desks.pool().close().await;
    }

    /// Kills whatever a command left behind, daemons included.
    pub async fn kill_leftovers(&self) {
        let (run, ground) = (self.0.folder.run.to_string(), self.0.ground.clone());
        let kill = move || {
            crate::workspace::kill_marked(&run);
            if let Some(ground) = ground {
                ground.sandbox.sweep(&run);
            }
        };
        let _ = tokio::task::spawn_blocking(kill).await;
    }

    /// Removes every folder that work was done in and, unless they are to be kept, the references that kept its commits.
    pub async fn clean_up(&self, keep_references: bool) {
        self.0.desks.forget_all();
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
