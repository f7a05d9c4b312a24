//! What the engine needs for a plan of its own: the commands by which the repository itself tells whether it is whole, as
//! far as the base commit shows them, and the files that a worker should have read.

use trireme_core::catalogue::Catalogue;
use trireme_core::limits::CHECKS_FOUND;
use trireme_core::prompts::documents::INSTRUCTIONS;
use trireme_core::run::Proposal;
use trireme_core::shortcut::{Shortcut, contract, served};
use trireme_core::{CommitId, Intent, Path, Plan, Seniority, triage};

use crate::blobs::Blobs;
use crate::error::EngineError;
use crate::workspace::{Repo, RepoError};

/// Where a run starts.
pub(crate) struct Start<'a> {
    pub(crate) repo: &'a Repo,
    pub(crate) base: &'a CommitId,
    pub(crate) blobs: &'a Blobs,
}

impl Start<'_> {
    /// The engine's own plan for an intent.
    pub(crate) async fn shortcut(
        &self,
        intent: &Intent,
        path: Path,
        catalogue: &Catalogue,
    ) -> Result<Proposal, EngineError> {
        let judgement = triage::judge(intent);
        let wanted = if path == Path::Solo { Seniority::Senior } else { judgement.worker };
        let worker = served(catalogue, wanted);
        let mut checks = intent.checks.clone();
        let found = self.offered().await?.into_iter().take(CHECKS_FOUND);
        checks.extend(found.filter(|command| !intent.checks.contains(command)));
        let plan =
            Shortcut { intent, path, worker, is_question: judgement.is_question, checks: &checks }.plan();
        self.proposal(plan, intent).await
    }

    /// A plan with the contract of its only task, where it has no Manager.
    pub(crate) async fn proposal(&self, plan: Plan, intent: &Intent) -> Result<Proposal, EngineError> {
        let contract = match contract(&plan, &self.context(intent).await?) {
            Some(contract) => Some(self.blobs.lodge(contract).await?),
            None => None,
        };
        Ok(Proposal { plan: self.blobs.lodge(plan).await?, contract })
    }

    /// What the Owner points at, and the repository's own instructions.
    async fn context(&self, intent: &Intent) -> Result<Vec<String>, RepoError> {
        let mut files = intent.context.clone();
        for name in INSTRUCTIONS {
            if self.repo.has_file(self.base, name).await? && !files.iter().any(|file| file == name) {
                files.push(name.to_owned());
            }
        }
        Ok(files)
    }

    /// The commands that the repository offers. A Makefile comes last: it calls what the others name.
    async fn offered(&self) -> Result<Vec<String>, RepoError> {
        let mut found = Vec::new();
        if self.text("Cargo.toml").await?.is_some() {
            found.push("cargo test".to_owned());
        }
        if self.text("package.json").await?.is_some_and(|text| has_test_script(&text)) {
            found.push("npm test".to_owned());
        }
        if self.uses_pytest().await? {
            found.push("python3 -m pytest".to_owned());
        }
        if self.text("go.mod").await?.is_some() {
            found.push("go test ./...".to_owned());
        }
        if found.is_empty() {
            let target = self.text("Makefile").await?.as_deref().and_then(test_target);
            found.extend(target.map(|target| format!("make {target}")));
        }
        Ok(found)
    }

    async fn uses_pytest(&self) -> Result<bool, RepoError> {
        for name in ["pytest.ini", "conftest.py", "tests/conftest.py"] {
            if self.repo.has_file(self.base, name).await? {
                return Ok(true);
            }
        }
        for name in ["pyproject.toml", "setup.cfg", "tox.ini"] {
            if self.text(name).await?.is_some_and(|text| text.contains("pytest")) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn text(&self, path: &str) -> Result<Option<String>, RepoError> {
        if !self.repo.has_file(self.base, path).await? {
            return Ok(None);
        }
        let bytes = self.repo.read(self.base, path).await?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }
}

/// Whether `npm test` does anything: the script that npm writes by itself only fails.
fn has_test_script(text: &str) -> bool {
    let package: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let script = package.pointer("/scripts/test").and_then(serde_json::Value::as_str);
    script.is_some_and(|script| !script.trim().is_empty() && !script.contains("no test specified"))
}

/// The target by which a Makefile tests.
fn test_target(text: &str) -> Option<&'static str> {
    let has = |target: &str| {
        // What is indented is a recipe.
        text.lines().filter(|line| !line.starts_with(char::is_whitespace)).any(|line| {
            line.split_once(':').is_some_and(|(names, rest)| {
                !rest.starts_with('=') && names.split_whitespace().any(|name| name == target)
            })
        })
    };
    ["test", "check"].into_iter().find(|target| has(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_script_that_tests_counts() {
        assert!(has_test_script(r#"{"scripts":{"test":"vitest run"}}"#));
        let empty = r#"{"scripts":{"test":"echo \"Error: no test specified\" && exit 1"}}"#;
        assert!(!has_test_script(empty) && !has_test_script("{}") && !has_test_script("not json"));
    }

    #[test]
    fn a_target_is_told_from_a_variable_and_a_recipe() {
        assert_eq!(test_target("all:\n\ttrue\ntest lint: build\n\tpytest\n"), Some("test"));
        assert_eq!(test_target("check:\n\ttrue\n"), Some("check"));
        assert_eq!(test_target("test := 1\nall:\n\techo test: no\n"), None);
    }
}
