//! The files of a run as it stood after one of its events, read out of git.
//!
//! What is absent: a checkout. Commits and trees are on record with the events, and nothing is written to look at them.

use std::collections::BTreeSet;

use serde::Serialize;
use trireme_core::run::Run;
use trireme_core::{CommitId, RunId};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::workspace::{HeldFile, Repo, TreeIsh, Worktree};

/// The files of a run as it stood.
#[derive(Debug, Serialize)]
pub struct StandingFiles {
    /// The run's own: all that was merged, over what it began from.
    pub run: Standing,
    /// What sections and attempts had beside that: only what the run's own files had not.
    pub beside: Vec<Standing>,
}

/// The files of one branch or folder.
#[derive(Debug, Serialize)]
pub struct Standing {
    /// Whose: `run`, `s0 Parser`, `attempt 2 at t1 Tokens`.
    pub of: String,
    /// The commit or tree.
    pub name: String,
    /// By path; none where git has them no more.
    pub files: Option<Vec<HeldFile>>,
    /// Paths that are no more.
    pub gone: Vec<String>,
}

impl Engine {
    /// The files of a run as it stood then.
    ///
    /// # Errors
    /// Where git has the commit of the run's own files no more.
    pub async fn files(&self, id: &RunId, run: &Run) -> Result<StandingFiles, EngineError> {
        let folder = RunFolder::of(&self.settings().state, id);
        let project = folder.bearings()?.project;
        let repo = Repo::reopen(self.git(), &project, &folder.dir).await?;
        let base = run.head().map(|head| &head.base);
        let tip = run.tip().or(base).ok_or_else(|| EngineError::failed("the run never began"))?;
        let gone = |_| {
            let project = project.display();
            EngineError::failed(format!("the run's files were those of {tip}, which is gone from {project}"))
                .hint(format!("git -C {project} fsck --lost-found"))
                .hint(format!("trireme log {id}   (what is kept without it)"))
        };
        let files = Worktree::files_of(&repo, tip, &|_| true).await.map_err(gone)?;
        let mut beside = sections(run, &repo, &files).await;
        beside.extend(attempts(run, &repo, &files).await);
        let run =
            Standing { of: "run".to_owned(), name: tip.to_string(), files: Some(files), gone: Vec::new() };
        Ok(StandingFiles { run, beside })
    }
}

/// What sections had merged.
async fn sections(run: &Run, repo: &Repo, held: &[HeldFile]) -> Vec<Standing> {
    let mut all = Vec::new();
    for (id, section) in run.sections().iter() {
        let (Some(base), Some(tip)) = (&section.base, &section.tip) else { continue };
        all.extend(beside(repo, format!("{id} {}", section.outline.name), base, tip, held).await);
    }
    all
}

/// What attempts that were not over had in their folders after the last tool that wrote.
async fn attempts(run: &Run, repo: &Repo, held: &[HeldFile]) -> Vec<Standing> {
    let mut all = Vec::new();
    for (_, attempt) in run.attempts().iter().filter(|(_, attempt)| attempt.end.is_none()) {
        let sealed = attempt.sealed.as_ref().map(|seal| &seal.tree);
        let Some(tree) = sealed.or(attempt.tree.as_ref()) else { continue };
        let title = run.tasks().get(attempt.task).map(|task| task.outline.title.as_str()).unwrap_or_default();
        let of = format!("attempt {} at {} {title}", attempt.number, attempt.task);
        all.extend(beside(repo, of, &attempt.base, tree, held).await);
    }
    all
}

/// What changed from a base to a result and is not so among the files that are held already; none where all of it is.
async fn beside(
    repo: &Repo,
    of: String,
    base: &CommitId,
    result: &impl TreeIsh,
    held: &[HeldFile],
) -> Option<Standing> {
    let name = result.name().to_owned();
    let before = Worktree::files_of(repo, base, &|_| true).await;
    let after = Worktree::files_of(repo, result, &|_| true).await;
    let (Ok(before), Ok(mut files)) = (before, after) else {
        return Some(Standing { of, name, files: None, gone: Vec::new() });
    };
    let there: BTreeSet<_> = files.iter().map(|file| file.path.clone()).collect();
    files.retain(|file| !before.contains(file) && !held.contains(file));
    let is_gone =
        |file: &&HeldFile| !there.contains(&file.path) && held.iter().any(|other| other.path == file.path);
    let gone: Vec<_> = before.iter().filter(is_gone).map(|file| file.path.clone()).collect();
    let is_any = !files.is_empty() || !gone.is_empty();
    is_any.then_some(Standing { of, name, files: Some(files), gone })
}
