//! Where agents work: one folder each, made when it is first needed and brought to the state that the run has on record.

use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use tokio::sync::{Mutex, OwnedMutexGuard};
use trireme_core::limits::{FOLDERS_AHEAD, FOLDERS_KEPT};
use trireme_core::run::Run;
use trireme_core::run::event::Seat;
use trireme_core::run::state::AttemptState;
use trireme_core::{AgentId, AttemptId, BlobRef, CommitId, Millis, OpinionId, SectionId, TreeId};

use super::foreign::Servers;
use super::{Trouble, World};
use crate::workspace::{Merge, Pool, Sight, Worktree};

/// Where an agent works, as the run has it on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Desk {
    /// The Orchestrator looks at the base.
    Base {
        /// Which commit.
        base: CommitId,
        /// Globs of the only paths in sight.
        sees: Globs,
    },
    /// A Manager looks at its section's branch.
    Section {
        /// Which.
        section: SectionId,
        /// Its tip.
        tip: CommitId,
        /// Globs of the only paths in sight.
        sees: Globs,
    },
    /// A worker works on an attempt.
    Attempt {
        /// Which.
        attempt: AttemptId,
        /// Where it started.
        base: CommitId,
        /// Its files after the last tool that wrote.
        tree: Option<TreeId>,
        /// What it may see.
        contract: BlobRef,
        /// Globs of the only paths in sight.
        sees: Globs,
    },
    /// A Reviewer looks at results.
    Review {
        /// The attempt that it judges, or that is the review.
        attempt: AttemptId,
        /// The section's branch.
        base: CommitId,
        /// What it judges.
        commits: Vec<CommitId>,
        /// Globs of the only paths in sight.
        sees: Globs,
    },
    /// Advisers look at what they are asked about. They share a folder, in which nobody writes.
    Opinion {
        /// Which.
        opinion: OpinionId,
        /// What they look at.
        base: CommitId,
        /// Globs of the only paths in sight.
        sees: Globs,
    },
}

/// Globs, where a scope bounds anything.
pub type Globs = Option<Vec<String>>;

impl Desk {
    /// The desk of an agent.
    #[must_use]
    pub fn of(run: &Run, agent: AgentId) -> Option<Self> {
        let agent = run.agents().get(agent)?;
        let sees = agent.scope.bounds.read.clone();
        match agent.seat {
            Seat::Orchestrator => Some(Self::Base { base: run.head()?.base.clone(), sees }),
            Seat::Triage => None,
            Seat::Manager(section) => {
                Some(Self::Section { section, tip: run.sections().get(section)?.tip.clone()?, sees })
            }
            Seat::Worker(attempt) => Self::of_attempt(run, attempt),
            Seat::Reviewer(attempt) => Self::of_review(run, attempt, sees),
            Seat::Adviser(opinion, _) | Seat::Synthesist(opinion) => {
                Some(Self::Opinion { opinion, base: run.opinions().get(opinion)?.base.clone(), sees })
            }
        }
    }

    /// The desk of an attempt's worker.
    #[must_use]
    pub fn of_attempt(run: &Run, attempt: AttemptId) -> Option<Self> {
        let state = run.attempts().get(attempt)?;
        let task = run.tasks().get(state.task)?;
        let (contract, sees) = (task.contract, task.outline.scope.bounds.read.clone());
        Some(Self::Attempt { attempt, base: state.base.clone(), tree: state.tree.clone(), contract, sees })
    }

    fn of_review(run: &Run, attempt: AttemptId, sees: Globs) -> Option<Self> {
        let state = run.attempts().get(attempt)?;
        let reviewed = &run.tasks().get(state.task)?.outline.reviews;
        let last = |task| run.attempts().get(*run.tasks().get(task)?.attempts.last()?);
        let sealed = |state: &AttemptState| state.sealed.as_ref()?.commit.clone();
        let others = reviewed.iter().filter_map(|task| sealed(last(*task)?));
        let commits = sealed(state).into_iter().chain(others).collect();
        Some(Self::Review { attempt, base: state.base.clone(), commits, sees })
    }

    /// What its files came from.
    pub(super) const fn commit(&self) -> &CommitId {
        match self {
            Self::Base { base: commit, .. }
            | Self::Section { tip: commit, .. }
            | Self::Attempt { base: commit, .. }
            | Self::Review { base: commit, .. }
            | Self::Opinion { base: commit, .. } => commit,
        }
    }

    /// What of its files whoever sits there sees; a worker's contract withholds more.
    pub(super) fn sees(&self) -> Option<&[String]> {
        match self {
            Self::Base { sees, .. }
            | Self::Section { sees, .. }
            | Self::Attempt { sees, .. }
            | Self::Review { sees, .. }
            | Self::Opinion { sees, .. } => sees.as_deref(),
        }
    }

    fn key(&self) -> Key {
        match self {
            Self::Base { .. } => Key::Base,
            Self::Section { section, .. } => Key::Section(*section),
            Self::Attempt { attempt, .. } => Key::Attempt(*attempt),
            Self::Review { attempt, .. } => Key::Review(*attempt),
            Self::Opinion { opinion, .. } => Key::Opinion(*opinion),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Base,
    Section(SectionId),
    Attempt(AttemptId),
    Review(AttemptId),
    Opinion(OpinionId),
}

impl Key {
    fn folder(self) -> String {
        match self {
            Self::Base => "base".to_owned(),
            Self::Section(section) => format!("section-{}", section.0),
            Self::Attempt(attempt) => format!("attempt-{}", attempt.0),
            Self::Review(attempt) => format!("review-{}", attempt.0),
            Self::Opinion(opinion) => format!("opinion-{}", opinion.0),
        }
    }
}

/// A folder that is there.
pub(super) struct Open {
    /// The folder.
    pub(super) worktree: Worktree,
    /// What a Manager's folder was made from; for another one it needs another folder.
    made_from: Option<CommitId>,
    /// Whether nobody has sat there yet.
    is_untouched: bool,
    /// Servers that its agent has called, which go with it.
    pub(super) servers: Servers,
}

impl Open {
    fn new(worktree: Worktree, made_from: Option<CommitId>) -> Self {
        Self { worktree, made_from, is_untouched: true, servers: Servers::default() }
    }
}

type Place = Arc<Mutex<Option<Open>>>;

/// All folders of a run. One agent at a time is at a desk.
pub(super) struct Desks {
    pool: Pool,
    places: StdMutex<HashMap<Key, Place>>,
}

impl Desks {
    pub(super) fn new(pool: Pool) -> Self {
        Self { pool, places: StdMutex::default() }
    }

    /// Where folders come from and go to.
    pub(super) const fn pool(&self) -> &Pool {
        &self.pool
    }

    /// Whether folders may be made before anybody sits down: where very many agents wait, each would have one.
    fn may_prepare(&self) -> bool {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).len() < FOLDERS_KEPT
    }

    fn place(&self, key: Key) -> Place {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
    }

    /// Forgets every folder; the caller removes them.
    pub(super) fn forget_all(&self) {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn forget(&self, key: Key) -> Option<Place> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).remove(&key)
    }
}

impl World {
    /// The folder of a desk, in the state that the run has on record. Whoever holds it is alone with it.
    pub(super) async fn sit_down(&self, desk: &Desk) -> Result<OwnedMutexGuard<Option<Open>>, Trouble> {
        let mut place = self.place(desk).await?;
        if let Some(open) = place.as_mut().filter(|open| open.is_untouched) {
            open.worktree.settle()?;
            open.is_untouched = false;
        }
        Ok(place)
    }

    /// Makes the folder of a desk before anybody sits down there: its agent asks its model first, and that takes longer.
    pub async fn prepare(&self, desk: Desk) {
        // Before the desk is taken: whoever sits down does not wait for the others that are made ahead.
        let _turn = self.0.desks.pool.turn().await;
        if self.0.desks.may_prepare()
            && let Err(error) = self.place(&desk).await
        {
            // Whoever sits down there tries again, and says so.
            tracing::debug!(%error, "a folder could not be made ahead");
        }
    }

    /// Sees to it that folders of a commit are at hand for so many sections.
    pub fn make_ahead(&self, commit: &CommitId, sections: usize) {
        self.0.desks.pool.make_ahead(commit, sections * FOLDERS_AHEAD);
    }

    async fn place(&self, desk: &Desk) -> Result<OwnedMutexGuard<Option<Open>>, Trouble> {
        let key = desk.key();
        let mut place = self.0.desks.place(key).lock_owned().await;
        let stale = match (&*place, desk) {
            (None, _) => true,
            (Some(open), Desk::Section { tip, .. }) => open.made_from.as_ref() != Some(tip),
            (
                Some(_),
                Desk::Base { .. } | Desk::Attempt { .. } | Desk::Review { .. } | Desk::Opinion { .. },
            ) => false,
        };
        if stale {
            if let Some(old) = place.take() {
                old.servers.end().await;
                self.0.desks.pool.give_back(old.worktree);
            }
            *place = Some(self.make(desk, &key.folder()).await?);
        }
        Ok(place)
    }

    async fn make(&self, desk: &Desk, name: &str) -> Result<Open, Trouble> {
        let (repo, pool) = (self.repo(), &self.0.desks.pool);
        match desk {
            Desk::Base { base: commit, .. }
            | Desk::Opinion { base: commit, .. }
            | Desk::Section { tip: commit, .. } => self.fresh(name, commit.clone(), desk).await,
            Desk::Attempt { base, tree, .. } => {
                let sight = self.sight(desk).await?;
                let (worktree, untouched) =
                    match Worktree::open(repo, &self.0.folder.work().join(name)).await? {
                        Some(left) => (left, false),
                        None => (pool.folder(name, base, &|path| sight.shows(path)).await?, true),
                    };
                // What a tool did that was interrupted is not on record, so it did not happen.
                match tree {
                    Some(tree) => worktree.restore(tree).await?,
                    None if untouched => worktree.watch().await?,
                    None => worktree.restore(&repo.tree_of(base).await?).await?,
                }
                Ok(Open { is_untouched: untouched && tree.is_none(), ..Open::new(worktree, None) })
            }
            Desk::Review { base, commits, .. } => {
                let commit = self.together(base, commits).await?;
                self.fresh(name, commit, desk).await
            }
        }
    }

    /// What whoever sits at a desk sees.
    pub(super) async fn sight(&self, desk: &Desk) -> Result<Sight, Trouble> {
        let sight = match desk {
            Desk::Attempt { contract, .. } => Sight::of(&self.document(*contract).await?)?,
            Desk::Base { .. } | Desk::Section { .. } | Desk::Review { .. } | Desk::Opinion { .. } => {
                Sight::all()
            }
        };
        Ok(sight.within(desk.sees())?)
    }

    async fn fresh(&self, name: &str, commit: CommitId, desk: &Desk) -> Result<Open, Trouble> {
        let sight = self.sight(desk).await?;
        let worktree = self.0.desks.pool.folder(name, &commit, &|path| sight.shows(path)).await?;
        Ok(Open::new(worktree, Some(commit)))
    }

    /// Several results in one tree, for whoever judges them; one that does not merge stays out.
    pub(super) async fn together(&self, base: &CommitId, commits: &[CommitId]) -> Result<CommitId, Trouble> {
        let mut all = base.clone();
        for commit in commits {
            if let Merge::Merged(merged) = self.repo().merge(&all, commit, "For review\n", Millis(0)).await? {
                all = merged;
            }
        }
        Ok(all)
    }

    /// An attempt's work is a commit: its folder goes, with all that is in no commit, so that no check finds it.
    pub(super) async fn leave(&self, attempt: AttemptId) -> Result<(), Trouble> {
        let key = Key::Attempt(attempt);
        // Held until the folder has left its name: whoever makes this desk ready ahead would take it for one that was left.
        let mut place = self.0.desks.place(key).lock_owned().await;
        let left = match place.take() {
            Some(open) => {
                open.servers.end().await;
                Some(open.worktree)
            }
            // A process before this one left it.
            None => Worktree::open(self.repo(), &self.0.folder.work().join(key.folder())).await?,
        };
        match left {
            Some(worktree) => Ok(self.0.desks.pool.take_back(worktree).await?),
            None => Ok(()),
        }
    }

    /// An agent is gone, and so is its folder.
    pub async fn clear_desk(&self, seat: Seat) {
        let key = match seat {
            Seat::Orchestrator | Seat::Triage => return,
            Seat::Manager(section) => Key::Section(section),
            Seat::Worker(attempt) => Key::Attempt(attempt),
            Seat::Reviewer(attempt) => Key::Review(attempt),
            Seat::Adviser(opinion, _) | Seat::Synthesist(opinion) => Key::Opinion(opinion),
        };
        if let Some(place) = self.0.desks.forget(key)
            && let Some(open) = place.lock().await.take()
        {
            open.servers.end().await;
            self.0.desks.pool.give_back(open.worktree);
        }
    }
}
