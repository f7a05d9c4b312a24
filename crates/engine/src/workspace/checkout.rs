//! All files of one commit in a folder of their own, for checks.

use std::collections::BTreeSet;

use trireme_core::TreeId;

use super::pool::Lent;
use super::repo::RepoError;
use super::worktree::Worktree;

/// The files of one commit, pinned ones as they are in their bases. The folder goes when it is dropped.
#[derive(Debug)]
pub struct Checkout {
    lent: Lent,
    is_fresh: bool,
}

impl Checkout {
    /// A checkout in a folder in which nobody has worked.
    pub(super) const fn new(lent: Lent) -> Self {
        Self { lent, is_fresh: true }
    }

    /// The folder, ready for a command that finds nothing of the one before: tracked and pinned files are as they were,
    /// files that are new are gone, HOME and TMPDIR are empty.
    ///
    /// Ignored files stay on purpose. They are build output, such as `target/`, and a check of ten criteria must not
    /// compile ten times. What is ignored is told by tracked files alone, so no command can make its files stay.
    pub async fn ready(&mut self) -> Result<&Worktree, RepoError> {
        match std::mem::take(&mut self.is_fresh) {
            true => self.lent.folder.watch().await?,
            false => self.lent.folder.renew().await?,
        }
        Ok(&self.lent.folder)
    }

    /// The files that the last command changed.
    pub async fn altered(&self) -> Result<Vec<String>, RepoError> {
        self.lent.folder.altered().await
    }

    /// The texts of some of its files as they are tracked, with their paths, chosen out of the paths of all; not of those that
    /// are too large to be looked at.
    pub async fn texts(
        &self,
        choose: impl FnOnce(&[&str]) -> BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, RepoError> {
        self.lent.folder.texts(choose).await
    }

    /// The tree of its files, pins included: that of the commit, unless the commit changed a pinned file.
    #[must_use]
    pub fn tree(&self) -> &TreeId {
        self.lent.folder.base()
    }

    /// Gives the folder back. What is ignored goes too, before another check gets it.
    pub fn give_back(self) {
        self.lent.give_back();
    }
}

#[cfg(test)]
mod tests;
