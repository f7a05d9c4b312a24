//! The rules of `.gitignore` files on the way from a root down to a folder.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// A set of rules for each folder from the root down to where somebody looks, empty where there is none.
#[derive(Default)]
pub(super) struct Ignores(Vec<(PathBuf, Gitignore)>);

impl Ignores {
    /// Goes into a folder whose `.gitignore` says `text`.
    pub(super) fn enter(&mut self, folder: &Path, text: &str) {
        let mut rules = GitignoreBuilder::new("");
        for line in text.lines() {
            // A line that is no glob excludes nothing, as with git.
            let _ = rules.add_line(None, line);
        }
        let rules = rules.build().unwrap_or_else(|_| Gitignore::empty());
        self.0.push((folder.to_owned(), rules));
    }

    /// Goes out of the folder that was entered last.
    pub(super) fn leave(&mut self) {
        self.0.pop();
    }

    /// Whether a path in the folder that was entered last is excluded.
    pub(super) fn exclude(&self, path: &Path, is_dir: bool) -> bool {
        let verdict = self.0.iter().rev().find_map(|(folder, rules)| {
            let verdict = rules.matched(path.strip_prefix(folder).ok()?, is_dir);
            (!verdict.is_none()).then(|| verdict.is_ignore())
        });
        verdict.unwrap_or(false)
    }
}
