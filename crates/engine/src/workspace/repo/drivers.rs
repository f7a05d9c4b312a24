//! Programs that settings name for files of a kind, filters and merges: none of them is run.
//!
//! A worker's `.gitattributes` would choose the files, and its own file may be the program: `filter.x.clean = tools/clean`.
//! So a file under git-lfs is its pointer in every folder of ours, and a file with a merge of its own that two results changed
//! is a conflict. Only the Owner's own folder holds filtered files; what of them is not in a commit can't be taken from there.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};
use trireme_core::{CommitId, TreeId};

use super::{ChangeKind, Repo, RepoError, SHOWN};
use crate::workspace::git::{Git, GitError, Place, Setting, garbled};
use crate::workspace::staging::{Staging, as_path, lossy, records};

/// The filter whose pointers we read.
const LFS: &str = "lfs";

/// A pointer of git-lfs is no longer than this, in bytes.
const POINTER_BYTES: usize = 1_024;

/// A git that runs none of the programs that are named where `place` is.
pub(super) async fn inert(git: &Git, place: &Place) -> Result<Git, GitError> {
    let programs = r"^(filter\..*\.(clean|smudge|process|required)|merge\..*\.driver)$";
    let call = git.at(place, &["config", "--null", "--name-only", "--get-regexp", programs]);
    let listing = call.accepts(&[0, 1]).run().await?.out;
    let keys: BTreeSet<_> = records(&listing).map(lossy).collect();
    Ok(git.with(keys.iter().flat_map(|key| silenced(key)).collect()))
}

fn silenced(key: &str) -> Vec<Setting> {
    let Some((name, _)) = key.rsplit_once('.') else { return Vec::new() };
    if name.starts_with("merge.") {
        // A merge that fails is a conflict.
        return vec![(key.to_owned(), "false".to_owned())];
    }
    let none = ["clean", "smudge", "process"].map(|what| (format!("{name}.{what}"), String::new()));
    none.into_iter().chain([(format!("{name}.required"), "false".to_owned())]).collect()
}

impl Repo {
    /// Those of the Owner's files that a filter stands before, with its name.
    async fn filtered(&self, paths: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, String)>, RepoError> {
        let has_filters = self.git.settings().iter().any(|(key, _)| key.starts_with("filter."));
        if paths.is_empty() || !has_filters {
            return Ok(Vec::new());
        }
        let stdin = paths.iter().flat_map(|path| path.iter().chain(&[0])).copied().collect();
        let call = self.call(&["check-attr", "--stdin", "-z", "filter"]).stdin(stdin);
        let answer = call.run().await?.out;
        // Path, attribute and value of each.
        let parts: Vec<_> = answer.split(|byte| *byte == 0).collect();
        let mut filtered = Vec::new();
        for part in parts.chunks_exact(3) {
            let &[path, _, value] = part else { return Err(garbled("check-attr", &lossy(&answer)).into()) };
            let value = lossy(value);
            let known = format!("filter.{value}.clean");
            if self.git.settings().iter().any(|(key, _)| *key == known) {
                filtered.push((path.to_vec(), value));
            }
        }
        Ok(filtered)
    }

    /// Those files behind a filter that are, by their pointers in `from`, what they were; and the others, each with its
    /// filter. Git itself can't tell without the filter, and asks its contents where their times are too near to each other.
    pub(super) async fn unchanged_behind_filters(
        &self,
        from: &str,
        paths: &[Vec<u8>],
    ) -> Result<(Vec<Vec<u8>>, Vec<String>), RepoError> {
        let (mut unchanged, mut others) = (Vec::new(), Vec::new());
        for (path, filter) in self.filtered(paths).await? {
            match filter == LFS && self.is_what_lfs_points_to(from, &path).await? {
                true => unchanged.push(path),
                false => others.push(format!("{} ({filter})", lossy(&path))),
            }
        }
        Ok((unchanged, others))
    }

    /// The tree of an index of the Owner's files; an error where a file behind a filter is not as in `head`.
    pub(super) async fn without_filtered(
        &self,
        staging: &Staging<'_>,
        head: &CommitId,
    ) -> Result<TreeId, RepoError> {
        let tree = staging.write_tree().await?;
        let changed = self.raw_changes(head, &tree).await?.into_iter();
        let there = changed.filter(|(change, _)| change.kind != ChangeKind::Deleted).map(|(_, path)| path);
        let (unchanged, others) = self.unchanged_behind_filters(&head.0, &there.collect::<Vec<_>>()).await?;
        if !others.is_empty() {
            return Err(RepoError::Filtered(
                self.root().to_owned(),
                others.into_iter().take(SHOWN).collect(),
            ));
        }
        if unchanged.is_empty() {
            return Ok(tree);
        }
        let mut entries = self.entries(&self.tree_of(head).await?).await?;
        entries.retain(|entry| unchanged.contains(&entry.path));
        let mut listing = Vec::new();
        entries.iter().for_each(|entry| entry.write(&mut listing));
        staging.put(listing).await?;
        Ok(staging.write_tree().await?)
    }

    async fn is_what_lfs_points_to(&self, from: &str, path: &[u8]) -> Result<bool, RepoError> {
        let order = [from.as_bytes(), b":", path, b"\0"].concat();
        let call = self.call(&["cat-file", "--batch", "-z"]).stdin(order);
        let Some(pointer) = pointer(&call.cut_at(POINTER_BYTES).run().await?.out) else { return Ok(false) };
        let file = self.root().join(as_path(path));
        let hash = tokio::task::spawn_blocking(move || hash(&file)).await.ok().flatten();
        Ok(hash.is_some_and(|hash| hash == pointer))
    }
}

/// The hash that a pointer names.
fn pointer(blob: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(blob).ok()?;
    let lines = || text.lines();
    lines().find(|line| line.starts_with("version https://git-lfs.github.com/spec/"))?;
    lines().find_map(|line| line.strip_prefix("oid sha256:")).map(str::to_owned)
}

fn hash(file: &Path) -> Option<String> {
    let found = file.symlink_metadata().ok().filter(fs::Metadata::is_file)?;
    let mut file = File::open(file).ok()?.take(found.len());
    let mut hash = Sha256::new();
    io::copy(&mut file, &mut hash).ok()?;
    Some(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
