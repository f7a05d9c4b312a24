//! Pins: paths that tell the truth in a check, taken from an earlier commit whatever a result made of them.
//!
//! They are put into a tree, not into a folder: a checkout of that tree then has them as git has them, with their mode
//! and their line ends, and no link of the result is ever followed.

use std::collections::BTreeMap;
use std::sync::Arc;

use trireme_core::{CommitId, TreeId};

use super::{Repo, RepoError, TreeIsh};
use crate::workspace::staging::{Entry, PrivateIndex, lossy};
use crate::workspace::visible::is_at_or_below;

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
        let mut of_bases = BTreeMap::new();
        for Pin { base, .. } in pins {
            if !of_bases.contains_key(&base.0) {
                let of_base = |pin: &&Pin| pin.base == *base;
                let paths: Vec<_> = pins.iter().filter(of_base).map(|pin| pin.path.as_str()).collect();
                let found = (self.held(base, &paths).await?, self.held(tree, &paths).await?);
                of_bases.insert(base.0.clone(), found);
            }
        }
        let mut entries = Vec::new();
        for Pin { base, path } in pins {
            if let Some((truth, found)) = of_bases.get(&base.0) {
                pin(path, truth, found, &mut entries);
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

    /// What is at these paths and below them; not asked twice.
    async fn held(&self, from: &impl TreeIsh, paths: &[&str]) -> Result<Arc<[Entry]>, RepoError> {
        if let Some(known) = self.trees.held(from.name(), paths) {
            return Ok(known);
        }
        let entries = self.entries_at(from, paths).await?.into();
        self.trees.remember_held(from.name(), paths, &entries);
        Ok(entries)
    }
}

/// What has to go and to come so that a path is as it truly is.
fn pin(path: &str, truth: &[Entry], found: &[Entry], entries: &mut Vec<u8>) {
    let is_below = |entry: &&Entry| is_at_or_below(&lossy(&entry.path), path);
    let below = |list: &[Entry]| list.iter().filter(is_below).cloned().collect::<Vec<_>>();
    let (truth, found) = (below(truth), below(found));
    if !truth.is_empty() && truth != found {
        found.iter().for_each(|entry| entry.write_gone(entries));
        truth.iter().for_each(|entry| entry.write(entries));
    }
}
