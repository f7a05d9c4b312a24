//! All files of one commit in a folder of their own, for checks.

use std::path::Path;

use trireme_core::TreeId;

use super::repo::{Pin, Repo, RepoError, TreeIsh};
use super::worktree::Worktree;

/// The files of one commit, pinned ones as they are in their bases.
#[derive(Debug)]
pub struct Checkout {
    folder: Worktree,
    is_fresh: bool,
}

impl Checkout {
    /// Fills the folder `dir` with the files of `from`; whatever was there before goes.
    pub async fn create(
        repo: &Repo,
        dir: &Path,
        from: &impl TreeIsh,
        pins: &[Pin],
    ) -> Result<Self, RepoError> {
        let tree = repo.with_pins(&repo.tree_of(from).await?, pins).await?;
        let folder = Worktree::create(repo, dir, &tree, &|_| true).await?;
        Ok(Self { folder, is_fresh: true })
    }

    /// The folder, ready for a command that finds nothing of the one before: tracked and pinned files are as they were,
    /// files that are new are gone, HOME and TMPDIR are empty.
    ///
    /// Ignored files stay on purpose. They are build output, such as `target/`, and a check of ten criteria must not
    /// compile ten times. What is ignored is told by tracked files alone, so no command can make its files stay.
    pub async fn ready(&mut self) -> Result<&Worktree, RepoError> {
        if !self.is_fresh {
            self.folder.renew().await?;
        }
        self.is_fresh = false;
        Ok(&self.folder)
    }

    /// The files that the last command changed.
    pub async fn altered(&self) -> Result<Vec<String>, RepoError> {
        self.folder.altered().await
    }

    /// The tree of its files, pins included: that of the commit, unless the commit changed a pinned file.
    #[must_use]
    pub fn tree(&self) -> &TreeId {
        self.folder.base()
    }

    /// Removes the folder, also where a check left folders that can't be written.
    pub async fn remove(self) -> Result<(), RepoError> {
        self.folder.remove().await
    }
}

#[cfg(test)]
mod tests;
