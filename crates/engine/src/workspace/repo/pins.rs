//! Pins: paths that tell the truth in a check, taken from an earlier commit whatever a result made of them.
//!
//! They are put into a tree, not into a folder: a checkout of that tree then has them as git has them, with their mode
//! and their line ends, and no link of the result is ever followed.

use trireme_core::{CommitId, TreeId};

use super::{Repo, RepoError};
use crate::workspace::staging::PrivateIndex;

/// A path that is taken from a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// Where it tells the truth.
    pub base: CommitId,
    /// From the root of the repository: a file, a link, or a folder with everything below it.
    pub path: String,
}

impl Repo {
    /// `tree` with each pinned path as its base has it, and nothing else there. What a base does not have stays as it is.
    pub async fn with_pins(&self, tree: &TreeId, pins: &[Pin]) -> Result<TreeId, RepoError> {
        let mut entries = Vec::new();
        for Pin { base, path } in pins {
            let (truth, found) = (self.entries_at(base, path).await?, self.entries_at(tree, path).await?);
            if !truth.is_empty() && truth != found {
                found.iter().for_each(|entry| entry.write_gone(&mut entries));
                truth.iter().for_each(|entry| entry.write(&mut entries));
            }
        }
        if entries.is_empty() {
            return Ok(tree.clone());
        }
        let index = PrivateIndex::new(&self.scratch);
        let staging = self.staging(index.path());
        staging.read_tree(tree).await?;
        staging.put(entries).await?;
        Ok(staging.write_tree().await?)
    }
}
