//! Commits, trees and refs of a repository: nothing here looks at a work tree.

use std::collections::{HashMap, HashSet};
use std::path::{Component, Path};

use trireme_core::limits::GIT_PATHS;
use trireme_core::{CommitId, Digest, Millis, TreeId};

use super::{Repo, RepoError, TreeIsh};
use crate::workspace::git::{GitError, garbled};
use crate::workspace::staging::{self, Entry, GITLINK, LINK, lossy, records};

/// How two commits came together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Merge {
    /// In this commit.
    Merged(CommitId),
    /// Not at all: both changed these paths.
    Conflict(Vec<String>),
}

/// One path that differs between two trees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From the root of the repository; what is not UTF-8 in it is replaced.
    pub path: String,
    /// What happened to it.
    pub kind: ChangeKind,
    /// Its mode afterwards, as git writes it: `100644`, `100755`, `120000`; `000000` where it is gone.
    pub mode: String,
    /// The objects that it was and is; none where it was not, or is not.
    pub(in crate::workspace) objects: [Option<String>; 2],
}

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// Its content or its mode is another.
    Modified,
    /// It is gone.
    Deleted,
    /// It was a file and is a link, or the other way round.
    TypeChanged,
}

impl Change {
    /// Whether it brings a gitlink, which no worker may.
    #[must_use]
    pub fn is_gitlink(&self) -> bool {
        self.mode == GITLINK
    }

    /// Whether it brings a link.
    #[must_use]
    pub fn is_link(&self) -> bool {
        self.mode == LINK
    }

    /// Reads `:mode mode object object letter` and the path that follows it.
    fn parse(head: &[u8], path: &[u8]) -> Option<Self> {
        let words: Vec<_> = std::str::from_utf8(head).ok()?.split(' ').collect();
        let &[_, mode, before, after, letter] = words.as_slice() else {
            return None;
        };
        let kind = match letter.chars().next()? {
            'A' => ChangeKind::Added,
            'M' => ChangeKind::Modified,
            'D' => ChangeKind::Deleted,
            'T' => ChangeKind::TypeChanged,
            _ => return None,
        };
        let objects =
            [before, after].map(|name| name.contains(|digit| digit != '0').then(|| name.to_owned()));
        Some(Self { path: lossy(path), kind, mode: mode.to_owned(), objects })
    }
}

impl Repo {
    /// A commit of `tree` upon `parents`, by us, dated `at`: the same values give the same commit.
    pub async fn commit(
        &self,
        tree: &TreeId,
        parents: &[CommitId],
        message: &str,
        at: Millis,
    ) -> Result<CommitId, RepoError> {
        let mut call = self.call(&["commit-tree", "--no-gpg-sign", "-F", "-"]);
        for parent in parents {
            call = call.arg("-p").arg(&parent.0);
        }
        let call = call.arg(&tree.0).dated(at).stdin(message.as_bytes().to_vec());
        let commit = CommitId(call.text().await?);
        self.trees.remember(&commit.0, tree);
        Ok(commit)
    }

    /// Brings `theirs` into `ours`: always by a commit of its own, dated `at`, unless `ours` has it already.
    pub async fn merge(
        &self,
        ours: &CommitId,
        theirs: &CommitId,
        message: &str,
        at: Millis,
    ) -> Result<Merge, RepoError> {
        let words = ["merge-tree", "--write-tree", "--no-messages", "--name-only", "-z", &ours.0, &theirs.0];
        let answer = self.call(&words).accepts(&[0, 1]).run().await?;
        let mut parts = records(&answer.out).map(lossy);
        let tree = parts.next().ok_or_else(|| garbled("merge-tree", ""))?;
        if answer.exit != 0 {
            return Ok(Merge::Conflict(parts.collect()));
        }
        let tree = TreeId(tree);
        // Only then is it worth asking whether there is anything to bring.
        if tree == self.tree_of(ours).await? && self.is_ancestor(theirs, ours).await? {
            return Ok(Merge::Merged(ours.clone()));
        }
        let parents = [ours.clone(), theirs.clone()];
        self.commit(&tree, &parents, message, at).await.map(Merge::Merged)
    }

    /// Whether `later` already holds `earlier`; a commit holds itself.
    pub async fn is_ancestor(&self, earlier: &CommitId, later: &CommitId) -> Result<bool, RepoError> {
        let words = ["merge-base", "--is-ancestor", &earlier.0, &later.0];
        Ok(self.call(&words).accepts(&[0, 1]).run().await?.exit == 0)
    }

    /// Moves the ref `name` (in full, `refs/…`) from `expected`, none where it must not exist yet, to `new`.
    /// A ref that is at `new` already is fine.
    pub async fn set_ref(
        &self,
        name: &str,
        new: &CommitId,
        expected: Option<&CommitId>,
    ) -> Result<(), RepoError> {
        check_ref(name)?;
        if self.resolve(name).await?.as_ref() == Some(new) {
            return Ok(());
        }
        let old = expected.map_or("", |commit| &commit.0);
        let words = ["update-ref", "--no-deref", "-m", "trireme", name, &new.0, old];
        let Err(error) = self.call(&words).lasting().run().await else {
            return Ok(());
        };
        match self.resolve(name).await? {
            Some(found) if found == *new => Ok(()),
            found if found.as_ref() != expected => {
                Err(RepoError::RefMoved { name: name.to_owned(), expected: expected.cloned(), found })
            }
            _ => Err(error.into()),
        }
    }

    /// Sets the ref `name` (in full, `refs/…`), which nobody else writes, wherever it was.
    pub async fn put_ref(&self, name: &str, new: &CommitId) -> Result<(), RepoError> {
        check_ref(name)?;
        let words = ["update-ref", "--no-deref", "-m", "trireme", name, &new.0];
        self.call(&words).lasting().run().await?;
        Ok(())
    }

    /// Where the ref `name` (in full, `refs/…`) is.
    pub async fn resolve(&self, name: &str) -> Result<Option<CommitId>, RepoError> {
        check_ref(name)?;
        self.resolve_any(name).await
    }

    pub(super) async fn resolve_any(&self, name: &str) -> Result<Option<CommitId>, RepoError> {
        let commit = format!("{name}^{{commit}}");
        let call = self.call(&["rev-parse", "--verify", "--quiet", &commit]);
        let answer = call.accepts(&[0, 1]).run().await?;
        let found = answer.exit == 0;
        Ok(found.then(|| CommitId(lossy(&answer.out).trim_end().to_owned())))
    }

    /// Deletes the ref `prefix` (in full, `refs/…`) and all refs below it.
    pub async fn delete_refs(&self, prefix: &str) -> Result<(), RepoError> {
        check_ref(prefix)?;
        let list = self.call(&["for-each-ref", "--format=%(refname)", prefix]).text().await?;
        if list.is_empty() {
            return Ok(());
        }
        let orders: String = list.lines().map(|name| format!("delete {name}\n")).collect();
        let call = self.call(&["update-ref", "--no-deref", "--stdin"]);
        call.stdin(orders.into_bytes()).run().await?;
        Ok(())
    }

    /// The paths that differ; a renamed file is one that is gone and one that is new.
    pub async fn changes(
        &self,
        base: &impl TreeIsh,
        result: &impl TreeIsh,
    ) -> Result<Vec<Change>, RepoError> {
        let changes = self.raw_changes(base, result).await?;
        Ok(changes.into_iter().map(|(change, _)| change).collect())
    }

    /// The same, each with its path as git has it, which need not be text.
    pub(in crate::workspace) async fn raw_changes(
        &self,
        base: &impl TreeIsh,
        result: &impl TreeIsh,
    ) -> Result<Vec<(Change, Vec<u8>)>, RepoError> {
        let words = [
            "diff-tree",
            "-r",
            "-z",
            "--raw",
            "--no-renames",
            "--no-abbrev",
            "--ignore-submodules=none",
            base.name(),
            result.name(),
        ];
        let listing = self.call(&words).run().await?.out;
        let mut parts = records(&listing);
        let mut changes = Vec::new();
        while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
            let change = Change::parse(head, path).ok_or_else(|| garbled("diff-tree", &lossy(head)))?;
            changes.push((change, path.to_vec()));
        }
        Ok(changes)
    }

    /// The differences as a patch, cut after `cap` bytes with a line that says so.
    pub async fn diff(
        &self,
        base: &impl TreeIsh,
        result: &impl TreeIsh,
        cap: usize,
    ) -> Result<String, RepoError> {
        let words = [
            "diff-tree",
            "-r",
            "-p",
            "--no-renames",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--ignore-submodules=none",
            base.name(),
            result.name(),
        ];
        let answer = self.call(&words).cut_at(cap).run().await?;
        let mut text = lossy(&answer.out);
        if answer.cut {
            text.push_str(&format!("\n[… the patch is longer than {cap} bytes and is cut here]\n"));
        }
        Ok(text)
    }

    /// A file of a tree; for a link, where it points to. None where there is no such file.
    pub async fn read(&self, from: &impl TreeIsh, path: &str) -> Result<Option<Vec<u8>>, RepoError> {
        check_path(path)?;
        let order = format!("{}:{path}\0", from.name());
        let call = self.call(&["cat-file", "--batch", "-z"]);
        let out = call.stdin(order.into_bytes()).run().await?.out;
        let end = out.iter().position(|byte| *byte == b'\n').unwrap_or(out.len());
        let head = lossy(out.get(..end).unwrap_or_default());
        // A name that was not found is given back as it was asked, colon and all.
        let size = match head.split(' ').collect::<Vec<_>>().as_slice() {
            &[object, "blob", size] if !object.contains(':') => size,
            _ => return Ok(None),
        };
        let size: usize = size.parse().map_err(|_| garbled("cat-file", &head))?;
        let content = out.get(end + 1..end + 1 + size).ok_or_else(|| garbled("cat-file", &head))?;
        Ok(Some(content.to_vec()))
    }

    /// How long each of some objects is, in bytes.
    pub(in crate::workspace) async fn sizes(
        &self,
        objects: impl Iterator<Item = &str>,
    ) -> Result<Vec<u64>, RepoError> {
        let order: String = objects.map(|object| format!("{object}\n")).collect();
        let call = self.call(&["cat-file", "--batch-check=%(objectsize)"]).stdin(order.into_bytes());
        let answer = lossy(&call.run().await?.out);
        let size = |line: &str| line.parse().map_err(|_| garbled("cat-file --batch-check", line).into());
        answer.lines().map(size).collect()
    }

    /// Whether a tree has a file proper there: a link is none, wherever it leads.
    pub async fn has_file(&self, from: &impl TreeIsh, path: &str) -> Result<bool, RepoError> {
        let entries = self.entries_at(from, &[path]).await?;
        Ok(entries.iter().any(|entry| entry.is_file() && entry.path == path.as_bytes()))
    }

    /// Which of some paths are files proper of a tree.
    pub async fn files_among(
        &self,
        from: &impl TreeIsh,
        paths: &[&str],
    ) -> Result<HashSet<String>, RepoError> {
        let mut files = HashSet::new();
        for some in paths.chunks(GIT_PATHS) {
            let entries = self.entries_at(from, some).await?;
            files.extend(entries.iter().filter(|entry| entry.is_file()).map(|entry| lossy(&entry.path)));
        }
        Ok(files)
    }

    /// Whether a tree has anything at a path or below it.
    pub async fn has_below(&self, from: &impl TreeIsh, path: &str) -> Result<bool, RepoError> {
        Ok(!self.entries_at(from, &[path]).await?.is_empty())
    }

    /// What the contents of some files are, in a word that is the same for the same contents.
    pub(crate) async fn contents_of(
        &self,
        from: &impl TreeIsh,
        paths: &[String],
    ) -> Result<Digest, RepoError> {
        let paths: Vec<_> = paths.iter().map(String::as_str).collect();
        let mut listing = Vec::new();
        self.entries_at(from, &paths).await?.iter().for_each(|entry| entry.write(&mut listing));
        Ok(Digest::of(&listing))
    }

    /// The entries at these paths, and all below them.
    pub(super) async fn entries_at(
        &self,
        from: &impl TreeIsh,
        paths: &[&str],
    ) -> Result<Vec<Entry>, RepoError> {
        paths.iter().try_for_each(|path| check_path(path))?;
        let words = ["--literal-pathspecs", "ls-tree", "-r", "-z", "--full-tree", from.name(), "--"];
        let listing = self.call(&[&words[..], paths].concat()).run().await?.out;
        Ok(Entry::parse_all(&listing).ok_or_else(|| garbled("ls-tree", &lossy(&listing)))?)
    }

    /// The files proper below a folder of a tree, in git's order; links are none.
    pub async fn files_below(&self, from: &impl TreeIsh, folder: &str) -> Result<Vec<String>, RepoError> {
        let entries = self.entries_at(from, &[folder]).await?;
        Ok(entries.iter().filter(|entry| entry.is_file()).map(|entry| lossy(&entry.path)).collect())
    }

    /// All paths of a tree, in git's order.
    pub async fn list(&self, from: &impl TreeIsh) -> Result<Vec<String>, RepoError> {
        let words = ["ls-tree", "-r", "-z", "--full-tree", "--name-only", from.name()];
        let listing = self.call(&words).run().await?.out;
        Ok(records(&listing).map(lossy).collect())
    }

    /// The tree of a commit.
    pub async fn tree_of(&self, from: &impl TreeIsh) -> Result<TreeId, RepoError> {
        if let Some(known) = self.trees.get(from.name()) {
            return Ok(known);
        }
        let tree = format!("{}^{{tree}}", from.name());
        let tree = TreeId(self.call(&["rev-parse", "--verify", "--quiet", &tree]).text().await?);
        self.trees.remember(from.name(), &tree);
        Ok(tree)
    }

    /// What a tree holds, by path: a file proper with the object that it is, a link without.
    pub async fn objects(&self, from: &impl TreeIsh) -> Result<HashMap<String, Option<String>>, RepoError> {
        let entries = self.entries(&self.tree_of(from).await?).await?;
        let named =
            entries.into_iter().map(|entry| (lossy(&entry.path), entry.is_file().then_some(entry.object)));
        Ok(named.collect())
    }

    /// How long each of some objects is, in bytes.
    pub async fn sizes_of(&self, objects: &[&String]) -> Result<Vec<u64>, RepoError> {
        if objects.is_empty() {
            return Ok(Vec::new());
        }
        self.sizes(objects.iter().map(|object| object.as_str())).await
    }

    pub(in crate::workspace) async fn entries(&self, tree: &TreeId) -> Result<Vec<Entry>, GitError> {
        staging::entries(&self.git, &self.place, tree).await
    }
}

fn check_ref(name: &str) -> Result<(), RepoError> {
    let is_plain = |letter: char| !letter.is_control() && !" ~^:?*[\\".contains(letter);
    match name.starts_with("refs/") && !name.contains("..") && name.chars().all(is_plain) {
        true => Ok(()),
        false => Err(RepoError::NotARef(name.to_owned())),
    }
}

fn check_path(path: &str) -> Result<(), RepoError> {
    let is_name = |part: Component<'_>| matches!(part, Component::Normal(_));
    match !path.is_empty() && !path.contains('\0') && Path::new(path).components().all(is_name) {
        true => Ok(()),
        false => Err(RepoError::NotAPath(path.to_owned())),
    }
}
