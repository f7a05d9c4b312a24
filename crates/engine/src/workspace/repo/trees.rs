//! What is known of commits and trees, remembered: they never change, and a process of git for each question is dear.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use trireme_core::{TreeId, limits};

use crate::workspace::staging::Entry;

/// What is known, shared by all who hold the repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Trees(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    /// The trees of commits.
    trees: HashMap<String, TreeId>,
    /// What is at some paths and below them.
    held: HashMap<(String, Vec<String>), Arc<[Entry]>>,
}

impl Trees {
    pub(super) fn get(&self, name: &str) -> Option<TreeId> {
        self.known().trees.get(name).cloned()
    }

    /// Remembers the tree of what has a full name; when there are too many, all are forgotten.
    pub(super) fn remember(&self, name: &str, tree: &TreeId) {
        if !is_full(name) {
            return;
        }
        let trees = &mut self.known().trees;
        if trees.len() >= limits::TREES_KNOWN {
            trees.clear();
        }
        trees.extend([name, &tree.0].map(|name| (name.to_owned(), tree.clone())));
    }

    /// What is at some paths of a commit or a tree.
    pub(super) fn held(&self, name: &str, paths: &[&str]) -> Option<Arc<[Entry]>> {
        self.known().held.get(&key(name, paths)).cloned()
    }

    /// Remembers what is there, under the same rules.
    pub(super) fn remember_held(&self, name: &str, paths: &[&str], entries: &Arc<[Entry]>) {
        if !is_full(name) || entries.len() > limits::PINNED_KNOWN {
            return;
        }
        let held = &mut self.known().held;
        if held.values().map(|entries| entries.len()).sum::<usize>() >= limits::PINNED_KNOWN {
            held.clear();
        }
        held.insert(key(name, paths), Arc::clone(entries));
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key(name: &str, paths: &[&str]) -> (String, Vec<String>) {
    (name.to_owned(), paths.iter().map(|path| (*path).to_owned()).collect())
}

/// Names that are shorter may mean another thing some day.
fn is_full(name: &str) -> bool {
    name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
