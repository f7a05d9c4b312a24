//! The way up: a commit of what a worker left, and whether it changed anything that it must not.

use std::path::{Component, Path};

use serde::Deserialize;
use trireme_core::judges::{Changed, Weakening, is_looked_at, weakenings};
use trireme_core::limits::NAMED_AT_MOST;
use trireme_core::run::Outcome;
use trireme_core::run::input::Seal;
use trireme_core::{BlobRef, Contract};

use super::desks::Open;
use super::job::SealJob;
use super::{Trouble, World};
use crate::redaction::mark_in;
use crate::workspace::{Change, Files, Worktree, WriteSet};

/// A file that came with the result of a worker in `single` mode.
#[derive(Deserialize)]
struct HandedIn {
    path: String,
    content: String,
}

impl World {
    /// Makes a commit of what the worker left, and sees whether it changed anything that it must not.
    pub(super) async fn seal(&self, job: SealJob) -> Result<Outcome, Trouble> {
        let contract: Contract = self.document(job.contract).await?;
        let mut place = self.sit_down(&job.desk).await?;
        let Some(Open { worktree, servers, .. }) = &mut *place else {
            return Err(Trouble::Document("the folder of the attempt is gone".to_owned()));
        };
        // Nobody changes a file behind the commit.
        std::mem::take(servers).end().await;
        let mut write_set = WriteSet::of(&contract)?.within(job.writes.as_deref())?;
        for held in &job.held {
            write_set.pin(&self.document(*held).await?);
        }
        let mut outside = self.hand_in(worktree, job.files).await?;
        let (commit, snapshot) = worktree.commit(&job.base, &job.message, job.at).await?;
        let changes = snapshot.changes;
        outside.extend(write_set.outside(&changes));
        outside.extend(snapshot.dropped);
        outside.extend(self.links_out(&changes).await?);
        outside.truncate(NAMED_AT_MOST);
        let weakened = self.weakened(&changes, &contract.tests_to_write).await?;
        let changed = u32::try_from(changes.len()).unwrap_or(u32::MAX);
        if changed > 0 {
            let name = format!("{}attempt/{}", self.ref_prefix(), job.attempt.0);
            self.repo().put_ref(&name, &commit).await?;
        }
        let commit = (changed > 0).then_some(commit);
        Ok(Outcome::Sealed(Seal { commit, tree: snapshot.tree, changed, outside, weakened }))
    }

    /// Writes the files that came with a result; those that can't be written are named.
    async fn hand_in(&self, worktree: &Worktree, files: Option<BlobRef>) -> Result<Vec<String>, Trouble> {
        let Some(files) = files else { return Ok(Vec::new()) };
        let files: Vec<HandedIn> = self.truth(files).await?;
        let (dir, busy) = (worktree.dir().to_owned(), worktree.busy());
        let write = move || -> std::io::Result<Vec<String>> {
            let _busy = busy;
            let folder = Files::open(&dir)?;
            let is_refused = |file: &HandedIn| {
                // A mark is no content: the truth was forgotten over a restart, or was never known.
                mark_in(&file.content).is_some() || folder.write(&file.path, &file.content).is_err()
            };
            let refused = files.into_iter().filter(is_refused);
            Ok(refused.map(|file| file.path).collect())
        };
        let written = tokio::task::spawn_blocking(write)
            .await
            .unwrap_or_else(|error| Err(std::io::Error::other(error)));
        written.map_err(|error| Trouble::Folder { path: "result".into(), error })
    }

    /// Links that a result brings and that lead out of the repository, or into its git folder.
    async fn links_out(&self, changes: &[Change]) -> Result<Vec<String>, Trouble> {
        let links: Vec<_> = changes.iter().filter(|change| change.is_link()).collect();
        let targets = self.repo().contents(&links).await?;
        let leads_out = |(link, target): (&&Change, [Option<String>; 2])| {
            let target = target.into_iter().nth(1).flatten().unwrap_or_default();
            leads_out(&link.path, &target).then(|| format!("{} (a link to {target})", link.path))
        };
        Ok(links.iter().zip(targets).filter_map(leads_out).collect())
    }

    /// What a result does to files by which results are told.
    async fn weakened(&self, changes: &[Change], own: &[String]) -> Result<Vec<Weakening>, Trouble> {
        let judges: Vec<_> = changes.iter().filter(|change| is_looked_at(&change.path)).collect();
        let contents = self.repo().contents(&judges).await?;
        let changed = |(change, texts): (&&Change, &[Option<String>; 2])| {
            let [before, after] = texts.each_ref().map(Option::as_deref);
            (change.path.clone(), before.map(str::to_owned), after.map(str::to_owned))
        };
        let texts: Vec<_> = judges.iter().zip(&contents).map(changed).collect();
        let changed: Vec<_> = texts
            .iter()
            .map(|(path, before, after)| Changed { path, before: before.as_deref(), after: after.as_deref() })
            .collect();
        let mut found = weakenings(&changed, own);
        // Those that end the attempt come first.
        found.sort_by_key(|weakening| weakening.declared);
        found.truncate(NAMED_AT_MOST);
        Ok(found)
    }
}

/// Whether a link at a path leads out of the repository, or into its git folder.
fn leads_out(path: &str, target: &str) -> bool {
    let mut depth = Path::new(path).components().count().saturating_sub(1);
    for part in Path::new(target).components() {
        match part {
            Component::Prefix(_) | Component::RootDir => return true,
            Component::CurDir => {}
            Component::ParentDir if depth == 0 => return true,
            Component::ParentDir => depth -= 1,
            Component::Normal(name) if name.eq_ignore_ascii_case(".git") => return true,
            Component::Normal(_) => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::leads_out;

    #[test]
    fn links_lead_out_by_any_way() {
        for (path, target, expected) in [
            ("a", "b", false),
            ("a/b", "../c", false),
            ("a/b", "../../c", true),
            ("a", "../c", true),
            ("a/b/c", "../../../x", true),
            ("a", "/etc/passwd", true),
            ("a", "x/../../y", true),
            ("a", ".git/hooks", true),
            ("a/b", "./c/../d", false),
        ] {
            assert_eq!(leads_out(path, target), expected, "{path} -> {target}");
        }
    }
}
