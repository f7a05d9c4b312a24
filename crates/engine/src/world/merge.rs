//! Merges and branches, by real git.

use trireme_core::CommitId;
use trireme_core::run::Outcome;

use super::job::MergeJob;
use super::{Trouble, World};
use crate::workspace::Merge;

impl World {
    pub(super) async fn merge(&self, job: MergeJob) -> Result<Outcome, Trouble> {
        match self.repo().merge(&job.ours, &job.theirs, &job.message, job.at).await? {
            Merge::Merged(commit) => {
                let tree = self.repo().tree_of(&commit).await?;
                Ok(Outcome::Merged { commit, tree })
            }
            Merge::Conflict(paths) => Ok(Outcome::Conflicted { paths }),
        }
    }

    /// Sets the run's branch. The Owner's own branches, index and files are not touched.
    pub(super) async fn publish(&self, commit: &CommitId) -> Result<Outcome, Trouble> {
        let name = self.branch();
        let old = self.repo().resolve(&name).await?;
        self.repo().set_ref(&name, commit, old.as_ref()).await?;
        Ok(Outcome::Published)
    }

    /// The full name of the run's branch.
    #[must_use]
    pub fn branch(&self) -> String {
        format!("refs/heads/trireme/{}", self.0.folder.run)
    }

    /// Keeps the tip of a section's or a phase's branch under a name of its own, for whoever looks while it grows.
    pub async fn mark(&self, name: &str, commit: &CommitId) {
        let name = format!("{}{name}", self.ref_prefix());
        if let Err(error) = self.repo().put_ref(&name, commit).await {
            tracing::warn!(%error, name, "a reference was not set");
        }
    }
}
