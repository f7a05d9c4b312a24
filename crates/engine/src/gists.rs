//! What earlier runs of a project tell a later one: the gist of each, made of its journal when it is first wanted and kept
//! in its folder, so that many old runs cost no time.
//!
//! Of the same project are runs in the same folder, and runs of the same scenario where it brings its own project, which is
//! copied for every run. What a scenario plays tells nothing of real models, so the two are never mixed. Whatever can't be
//! read is left out: no run fails for the sake of another one. A gist holds no payload: it stands plain in its folder.

use std::path::{Path, PathBuf};

use trireme_core::gist::{Gist, solo_of};
use trireme_core::limits::{JOURNALS_READ, RUNS_QUOTED};
use trireme_core::quote::History;
use trireme_core::report::{SoloRun, Tally};
use trireme_core::{Intent, Run, RunId, TreeId};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::{self, Bearings, RunFolder};
use crate::journal::Reader;
use crate::past::Past;
use crate::redaction::Redactor;
use crate::run_loop;
use crate::workspace::Repo;

/// Where a run belongs: the project that it works on, and the scenario that plays its models.
#[derive(PartialEq, Eq)]
struct Origin {
    /// None where the scenario brought it.
    project: Option<PathBuf>,
    scenario: Option<PathBuf>,
}

impl Origin {
    fn of(folder: &RunFolder, bearings: &Bearings) -> Self {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let copied = real(&bearings.project).starts_with(real(&folder.dir));
        Self {
            project: (!copied).then(|| real(&bearings.project)),
            scenario: bearings.scenario.as_deref().map(real),
        }
    }
}

impl Engine {
    /// How agents went about their work in the newest finished runs of a run's project.
    ///
    /// # Errors
    /// Where the run or the state folder can't be read.
    pub async fn history(&self, run: &RunId) -> Result<History, EngineError> {
        let gists = self.gists(run).await?;
        Ok(History::of(gists.iter().filter(|gist| !gist.solo).take(RUNS_QUOTED)))
    }

    /// The run of one agent alone with which a run is best compared: with the same intent, and from the same files if there
    /// is one.
    ///
    /// # Errors
    /// Where the run or the state folder can't be read.
    pub async fn solo(&self, run: &RunId) -> Result<Option<SoloRun>, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        let past = Past::open(&folder, self.vault()).await?;
        let sentence = past.intent().await?.sentence;
        let tree = self.tree(&folder, &past.project, &past.run).await;
        let mut same = Vec::new();
        for gist in self.gists(run).await?.into_iter().filter(|gist| gist.solo_run(None).is_some()) {
            if self.sentence(&gist).await.is_some_and(|other| other.trim() == sentence.trim()) {
                same.push(gist);
            }
        }
        Ok(solo_of(&same, tree.as_ref()))
    }

    /// What the Owner wanted of that run; none where its payloads can't be read.
    async fn sentence(&self, gist: &Gist) -> Option<String> {
        let blobs =
            RunFolder::of(&self.settings().state, &gist.run).blobs(self.vault(), &Redactor::plain()).ok()?;
        let intent: Intent = serde_json::from_slice(&blobs.get(gist.intent).await.ok()?).ok()?;
        Some(intent.sentence)
    }

    /// The gists of the other finished runs of a run's project, newest first.
    async fn gists(&self, run: &RunId) -> Result<Vec<Gist>, EngineError> {
        let state = &self.settings().state;
        let own = RunFolder::of(state, run);
        let origin = Origin::of(&own, &own.bearings()?);
        let (mut gists, mut read) = (Vec::new(), 0);
        for folder in folder::all(state)?.into_iter().filter(|folder| folder.run != *run) {
            let is_ours = folder.bearings().is_ok_and(|bearings| Origin::of(&folder, &bearings) == origin);
            if !is_ours {
                continue;
            }
            if let Some(gist) = kept(&folder) {
                gists.push(gist);
            } else if read < JOURNALS_READ && !folder.is_live() {
                read += 1;
                gists.extend(self.make(&folder).await);
            }
        }
        Ok(gists)
    }

    /// The gist of a run, read out of its journal and kept; none where it is not over, or can't be read.
    async fn make(&self, folder: &RunFolder) -> Option<Gist> {
        let past = Past::open(folder, self.vault()).await.ok()?;
        past.run.end()?;
        let tally = tally(folder).await.ok()?;
        let tree = self.tree(folder, &past.project, &past.run).await;
        let gist = Gist::of(&past.run, &tally, tree)?;
        keep(folder, &gist);
        Some(gist)
    }

    /// The files that a run started from.
    async fn tree(&self, folder: &RunFolder, project: &Path, run: &Run) -> Option<TreeId> {
        let base = &run.head()?.base;
        let repo = Repo::reopen(self.git(), project, &folder.dir).await.ok()?;
        repo.tree_of(base).await.ok()
    }
}

async fn tally(folder: &RunFolder) -> Result<Tally, EngineError> {
    let (mut tally, mut run, mut seq) = (Tally::default(), Run::default(), 0);
    let mut reader = Reader::open(&folder.dir).await?;
    loop {
        let records = reader.read_from(seq + 1, trireme_core::limits::JOURNAL_PAGE).await?;
        let Some(last) = records.last() else { return Ok(tally) };
        seq = last.seq;
        for record in &records {
            let (at, event) = run_loop::read(record)?;
            tally.take(&run, &event);
            run.apply(at, &event);
        }
    }
}

/// What was kept earlier; what another version kept in another form is made anew.
fn kept(folder: &RunFolder) -> Option<Gist> {
    serde_json::from_slice(&std::fs::read(folder.gist()).ok()?).ok()
}

/// Several processes may do this at one time: each writes a file of its own, and a rename is all or nothing.
fn keep(folder: &RunFolder, gist: &Gist) {
    let path = folder.gist();
    let fresh = folder.dir.join(format!("gist-{}.tmp", std::process::id()));
    let text = serde_json::to_vec(gist).unwrap_or_default();
    let written = std::fs::write(&fresh, text).and_then(|()| std::fs::rename(&fresh, &path));
    if let Err(error) = written {
        tracing::warn!(%error, path = %path.display(), "the gist of a run was not kept");
    }
}
