//! Set-up: a command is run once in a folder of its own, and what it leaves comes into all folders in which commands run.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use trireme_core::limits::{REFUSAL_BYTES, TREES_KNOWN};
use trireme_core::run::Outcome;
use trireme_core::{Digest, SetUp, SetUpResult, TreeId};

use super::job::SetUpJob;
use super::{Trouble, World};
use crate::workspace::{CommandOutput, Fittings, Stopped, TreeIsh, Worktree};

/// How the names of folders begin that keep fittings.
const KEPT: &str = "setup-";

impl World {
    /// Runs a set-up command in a folder of its own, unless what it leaves is there.
    pub(super) async fn set_up(&self, job: SetUpJob) -> Result<Outcome, Trouble> {
        let Some(setup) = self.0.setups.get(job.number) else {
            return Err(Trouble::Document("the run has no such set-up command".to_owned()));
        };
        let fittings = self.fittings(job.number, setup, &job.commit).await?;
        if fittings.are_there() {
            return Ok(Outcome::SetUp(SetUpResult { output: None, took_ms: 0, fault: None }));
        }
        let pool = self.0.desks.pool();
        let folder = pool.folder("preparing", &job.commit, &|_| true).await?;
        self.furnish_for(&folder, job.number).await?;
        let limits = self.limits(setup.timeout_s)?;
        let ran =
            self.shell(&folder, &setup.bounds(&self.0.bounds))?.run(folder.dir(), &setup.run, limits).await?;
        let fault = match failed(setup, &ran) {
            None => missing(setup, take(fittings, folder.dir()).await?, &ran),
            fault => fault,
        };
        pool.discard(&folder);
        let (took_ms, output) = (ran.took_ms, self.0.blobs.put(ran.said()).await?);
        Ok(Outcome::SetUp(SetUpResult { output: Some(output), took_ms, fault }))
    }

    /// Brings into a folder what set-up commands left, before a command runs there.
    pub(super) async fn furnish(&self, folder: &Worktree) -> Result<(), Trouble> {
        self.furnish_for(folder, self.0.setups.len()).await
    }

    /// Brings in what the commands before that number left.
    async fn furnish_for(&self, folder: &Worktree, number: usize) -> Result<(), Trouble> {
        for (number, setup) in self.0.setups.iter().enumerate().take(number) {
            let exact = self.fittings(number, setup, folder.base()).await?;
            // A task that changes a key file works with what was there before, until its result is merged.
            let known = if exact.are_there() { Some(exact) } else { self.newest(number, setup) };
            if let Some(known) = known {
                folder.fit(number, &known).await?;
            }
        }
        Ok(())
    }

    /// Variables of commands in a folder.
    pub(super) fn variables(&self, folder: &Worktree) -> Result<Vec<(String, String)>, Trouble> {
        let ground = self.ground()?;
        let (dir, path) = (folder.dir().to_string_lossy(), ground.path.to_string_lossy());
        let of_setups = self.0.setups.iter().flat_map(|setup| setup.variables(&dir, &path));
        let of_setups = of_setups.map(|(name, value)| (name.to_owned(), value));
        Ok(ground.env.iter().cloned().chain(of_setups).collect())
    }

    /// What a set-up command leaves, or would leave, where key files are as in that tree.
    async fn fittings(&self, number: usize, setup: &SetUp, of: &impl TreeIsh) -> Result<Fittings, Trouble> {
        let tree = self.repo().tree_of(of).await?;
        let keys = self.keys(number, setup, &tree).await?;
        let name = format!("{KEPT}{number}-{}", keys.short());
        Ok(Fittings::at(self.0.folder.work().join(name), setup.paths.clone()))
    }

    async fn keys(&self, number: usize, setup: &SetUp, tree: &TreeId) -> Result<Digest, Trouble> {
        if let Some(known) = self.0.keys.get(number, tree) {
            return Ok(known);
        }
        let keys = self.repo().contents_of(tree, &setup.keys).await?;
        self.0.keys.remember(number, tree, keys);
        Ok(keys)
    }

    /// What the command of that number left the last time.
    fn newest(&self, number: usize, setup: &SetUp) -> Option<Fittings> {
        let prefix = format!("{KEPT}{number}-");
        let entries = std::fs::read_dir(self.0.folder.work()).ok()?.flatten();
        let ours = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix));
        let kept = ours.map(|entry| Fittings::at(entry.path(), setup.paths.clone()));
        kept.filter(Fittings::are_there).max_by_key(Fittings::since)
    }
}

/// What is known of key files: a tree never has others.
#[derive(Default)]
pub(super) struct Keys(Mutex<HashMap<(usize, TreeId), Digest>>);

impl Keys {
    fn get(&self, number: usize, tree: &TreeId) -> Option<Digest> {
        self.known().get(&(number, tree.clone())).copied()
    }

    /// Remembers; when there are too many, all are forgotten.
    fn remember(&self, number: usize, tree: &TreeId, keys: Digest) {
        let mut known = self.known();
        if known.len() >= TREES_KNOWN {
            known.clear();
        }
        known.insert((number, tree.clone()), keys);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<(usize, TreeId), Digest>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes what a command left out of its folder, on a thread that may block; says what is missing.
async fn take(fittings: Fittings, dir: &Path) -> Result<Vec<String>, Trouble> {
    let from = dir.to_owned();
    let taken = tokio::task::spawn_blocking(move || fittings.take_from(&from)).await;
    let taken = taken.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    taken.map_err(|error| Trouble::Folder { path: dir.to_owned(), error })
}

fn failed(setup: &SetUp, ran: &CommandOutput) -> Option<String> {
    let how = match (ran.stopped, ran.exit) {
        (None, Some(0)) => return None,
        (Some(Stopped::Time), _) => {
            format!("was stopped after {} s; give it more with timeout_s", setup.timeout_s)
        }
        (Some(why), _) => format!("was {why}"),
        (None, Some(code)) => format!("ended with exit code {code}"),
        (None, None) => "was ended by a signal".to_owned(),
    };
    Some(fault(setup, &how, ran))
}

fn missing(setup: &SetUp, paths: Vec<String>, ran: &CommandOutput) -> Option<String> {
    (!paths.is_empty()).then(|| fault(setup, &format!("did not leave {}", paths.join(", ")), ran))
}

/// What went wrong, with the end of what the command said.
fn fault(setup: &SetUp, how: &str, ran: &CommandOutput) -> String {
    let from = ran.output.len().saturating_sub(REFUSAL_BYTES);
    let from = (from..ran.output.len()).find(|at| ran.output.is_char_boundary(*at)).unwrap_or_default();
    let end = ran.output.get(from..).unwrap_or_default().trim();
    format!("set-up {:?}, `{}`, {how}: {end}", setup.name, setup.run)
}
