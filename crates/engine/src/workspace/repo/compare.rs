//! What two trees differ in, beyond the names: how many lines, and the texts themselves.

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

    /// What changed files held and hold, in their order. Bytes that are not UTF-8 are replaced.
    pub async fn contents(&self, changes: &[&Change]) -> Result<Vec<Contents>, RepoError> {
        let wanted: Vec<_> = changes.iter().flat_map(|change| &change.objects).collect();
        let sizes = self.sizes(&wanted).await?;
        let order: Vec<_> = wanted
            .iter()
            .zip(&sizes)
            .map(|(object, size)| object.as_ref().filter(|_| *size <= JUDGED_BYTES))
            .collect();
        let names: String = order.iter().flatten().map(|name| format!("{name}\n")).collect();
        let out = match names.is_empty() {
            true => Vec::new(),
            false => self.call(&["cat-file", "--batch"]).stdin(names.into_bytes()).run().await?.out,
        };
        let mut rest = out.as_slice();
        let mut texts = Vec::new();
        for name in order {
            texts.push(match name {
                Some(_) => Some(next_text(&mut rest).ok_or_else(|| garbled("cat-file", &lossy(rest)))?),
                None => None,
            });
        }
        let mut texts = texts.into_iter();
        Ok(changes.iter().map(|_| [texts.next().flatten(), texts.next().flatten()]).collect())
    }

    async fn sizes(&self, objects: &[&Option<String>]) -> Result<Vec<u64>, RepoError> {
        let names: String =
            objects.iter().filter_map(|object| Some(format!("{}\n", object.as_ref()?))).collect();
        if names.is_empty() {
            return Ok(vec![0; objects.len()]);
        }
        let call = self.call(&["cat-file", "--batch-check=%(objectsize)"]);
        let out = call.stdin(names.into_bytes()).run().await?.out;
        let text = lossy(&out);
        let mut sizes = text.lines().map(|line| line.parse().unwrap_or(u64::MAX));
        let size = |object: &&Option<String>| object.as_ref().map_or(0, |_| sizes.next().unwrap_or(u64::MAX));
        Ok(objects.iter().map(size).collect())
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
