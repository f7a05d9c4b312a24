//! What two trees differ in, beyond the names: how many lines, and the texts themselves.

use std::collections::{BTreeSet, HashMap};

use trireme_core::CommitId;
use trireme_core::limits::JUDGED_BYTES;

use super::{Change, Repo, RepoError, TreeIsh};
use crate::workspace::git::garbled;
use crate::workspace::index_file::IndexFile;
use crate::workspace::staging::{lossy, records};

/// A changed file's content before and after; none where it is not there, or is too large to be looked at.
pub(in crate::workspace) type Contents = [Option<String>; 2];

impl Repo {
    /// Lines that were added and removed, together; a file that is not text counts as one.
    pub async fn changed_lines(&self, base: &impl TreeIsh, result: &impl TreeIsh) -> Result<u64, RepoError> {
        let words = ["diff-tree", "-r", "-z", "--numstat", "--no-renames", "--no-ext-diff", "--no-textconv"];
        let listing = self.call(&words).arg(base.name()).arg(result.name()).run().await?.out;
        let lines = |record: &[u8]| {
            let text = lossy(record);
            let mut numbers = text.split('\t').take(2).map(|number| number.parse::<u64>().ok());
            numbers
                .next()
                .flatten()
                .zip(numbers.next().flatten())
                .map_or(1, |(added, removed)| added + removed)
        };
        Ok(records(&listing).map(lines).sum())
    }

    /// Whether a file of a commit has all of these texts, each in one of its lines.
    pub async fn has_lines(&self, commit: &CommitId, texts: &[&str]) -> Result<bool, RepoError> {
        let mut call = self.call(&["grep", "--quiet", "--fixed-strings", "--all-match", "-I"]);
        for text in texts {
            call = call.arg("-e").arg(text);
        }
        Ok(call.arg(&commit.0).accepts(&[0, 1]).run().await?.exit == 0)
    }

    /// What changed files held and hold, in their order. Bytes that are not UTF-8 are replaced.
    pub async fn contents(&self, changes: &[&Change]) -> Result<Vec<Contents>, RepoError> {
        let objects = changes.iter().flat_map(|change| &change.objects).flatten().map(String::as_str);
        let texts = self.texts_of(objects.collect()).await?;
        let text = |object: &Option<String>| object.as_ref().and_then(|name| texts.get(name).cloned());
        Ok(changes.iter().map(|change| change.objects.each_ref().map(text)).collect())
    }

    /// The texts of some files of an index, with their paths; not of those that are too large to be looked at. They are chosen
    /// out of the paths of all its files.
    pub(in crate::workspace) async fn texts(
        &self,
        index: &IndexFile,
        choose: impl FnOnce(&[&str]) -> BTreeSet<String>,
    ) -> Result<Vec<(String, String)>, RepoError> {
        let files = index.entries.iter().filter(|tracked| tracked.is_file());
        let files: Vec<_> = files.map(|tracked| (lossy(&tracked.path), tracked)).collect();
        let chosen = choose(&files.iter().map(|(path, _)| path.as_str()).collect::<Vec<_>>());
        let chosen = files.into_iter().filter(|(path, _)| chosen.contains(path));
        let chosen: Vec<_> = chosen.map(|(path, tracked)| (path, tracked.entry().object)).collect();
        let texts = self.texts_of(chosen.iter().map(|(_, object)| object.as_str()).collect()).await?;
        Ok(chosen
            .into_iter()
            .filter_map(|(path, object)| Some((path, texts.get(&object)?.clone())))
            .collect())
    }

    /// The texts of objects by their names, without those that are too large to be looked at.
    async fn texts_of(&self, objects: BTreeSet<&str>) -> Result<HashMap<String, String>, RepoError> {
        if objects.is_empty() {
            return Ok(HashMap::new());
        }
        let sizes = self.sizes(objects.iter().copied()).await?;
        let small = objects.into_iter().zip(sizes).filter(|(_, size)| *size <= JUDGED_BYTES);
        let small: Vec<&str> = small.map(|(name, _)| name).collect();
        let order: String = small.iter().map(|name| format!("{name}\n")).collect();
        let out = self.call(&["cat-file", "--batch"]).stdin(order.into_bytes()).run().await?.out;
        let mut rest = out.as_slice();
        let texts = small.into_iter().map(|name| Some((name.to_owned(), next_text(&mut rest)?)));
        Ok(texts.collect::<Option<_>>().ok_or_else(|| garbled("cat-file --batch", ""))?)
    }
}

/// `object blob size`, a line end, so many bytes, a line end.
fn next_text(rest: &mut &[u8]) -> Option<String> {
    let end = rest.iter().position(|byte| *byte == b'\n')?;
    let head = std::str::from_utf8(rest.get(..end)?).ok()?;
    let size: usize = head.rsplit(' ').next()?.parse().ok()?;
    let content = rest.get(end + 1..end + 1 + size)?;
    let text = lossy(content);
    *rest = rest.get(end + 2 + size..)?;
    Some(text)
}
