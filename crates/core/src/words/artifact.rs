//! Artifacts: files that a section must deliver.

use serde::{Deserialize, Serialize};

use super::Digest;

/// A delivered file as it was when its section was checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Artifact {
    /// Its path from the root of the repository.
    pub path: String,
    /// The SHA-256 of its content; none for a file that is too large to be read whole.
    pub hash: Option<Digest>,
}
