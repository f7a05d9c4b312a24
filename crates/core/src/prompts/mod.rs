//! What models are told. Prompts are files beside this module; the functions here fill them in, and do nothing else.

use serde_json::Value;

/// A tool as a model sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    /// Its name.
    pub name: &'static str,
    /// What it does, when to use it, what it answers.
    pub description: String,
    /// JSON schema of its arguments.
    pub schema: Value,
}
