//! Trees of commits, remembered: a commit never gets another one, and a process of git for each question is dear.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use trireme_core::{TreeId, limits};

/// What is known of commits and their trees, shared by all who hold the repository.
#[derive(Clone, Debug, Default)]
pub(super) struct Trees(Arc<Mutex<HashMap<String, TreeId>>>);

impl Trees {
    pub(super) fn get(&self, name: &str) -> Option<TreeId> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// Remembers the tree of what has a full name; when there are too many, all are forgotten.
    pub(super) fn remember(&self, name: &str, tree: &TreeId) {
        let is_full = name.len() >= 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_full {
            return;
        }
        let mut trees = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if trees.len() >= limits::TREES_KNOWN {
            trees.clear();
        }
        trees.insert(name.to_owned(), tree.clone());
    }
}
