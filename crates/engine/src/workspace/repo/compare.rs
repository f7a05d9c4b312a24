//! What two trees differ in, beyond the names: how many lines, and the texts themselves.

use std::collections::HashSet;

use trireme_core::CommitId;
use trireme_core::limits::JUDGED_BYTES;

use super::{Change, Repo, RepoError, TreeIsh};
use crate::workspace::git::garbled;
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
        let objects: Vec<&str> =
            changes.iter().flat_map(|change| &change.objects).flatten().map(String::as_str).collect();
        if objects.is_empty() {
            return Ok(changes.iter().map(|_| [None, None]).collect());
        }
        let sizes = self.sizes(objects.iter().copied()).await?;
        let small = objects.into_iter().zip(sizes).filter(|(_, size)| *size <= JUDGED_BYTES);
        let small: Vec<&str> = small.map(|(name, _)| name).collect();
        let order: String = small.iter().map(|name| format!("{name}\n")).collect();
        let out = self.call(&["cat-file", "--batch"]).stdin(order.into_bytes()).run().await?.out;
        let small: HashSet<_> = small.into_iter().collect();
        let is_read = |object: &Option<String>| object.as_deref().is_some_and(|name| small.contains(name));
        let mut rest = out.as_slice();
        let mut read = |object: &Option<String>| match is_read(object) {
            true => next_text(&mut rest).map(Some),
            false => Some(None),
        };
        let mut texts = |change: &&Change| {
            let [before, after] = &change.objects;
            Some([read(before)?, read(after)?])
        };
        let all: Option<Vec<_>> = changes.iter().map(&mut texts).collect();
        Ok(all.ok_or_else(|| garbled("cat-file --batch", ""))?)
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
