//! A look at the repository for documents that a model hands in: is what they name there, can their criteria be told, and how
//! much is there to read?

use std::collections::HashMap;

use serde_json::Value;
use trireme_core::judges::{is_same_word, judges_in};
use trireme_core::limits::NAMED_AT_MOST;
use trireme_core::router::BYTES_PER_TOKEN;
use trireme_core::run::Ask;
use trireme_core::run::ask::{ManagerAsk, OrchestratorAsk};
use trireme_core::survey::{Survey, contradictions};
use trireme_core::*;

use super::job::Ground;
use super::{Trouble, World};
use crate::stubs::stub;
use crate::workspace::{Merge, Repo, WriteSet};

/// What a commit holds, by path: a file with the object that it is, a link without.
struct Files(HashMap<String, Option<String>>);

impl World {
    /// Looks at the repository for every document that is handed in.
    pub(super) async fn survey(&self, ground: &Ground, asks: &mut [Ask]) -> Result<(), Trouble> {
        let mut files = None;
        for ask in asks {
            match ask {
                Ask::Manager(ManagerAsk::SpawnWorkers(offers)) => {
                    let files = self.files_of(&ground.base, &mut files).await?;
                    for offer in offers {
                        offer.survey = self.survey_contract(ground, files, &offer.document.body).await?;
                    }
                }
                Ask::Orchestrator(
                    OrchestratorAsk::SubmitPlan(plan) | OrchestratorAsk::Replan { plan, .. },
                ) => {
                    let files = self.files_of(&ground.base, &mut files).await?;
                    plan.survey.faults = plan_faults(&plan.document.body, files);
                }
                Ask::Tool(_)
                | Ask::Foreign { .. }
                | Ask::KeepNotes { .. }
                | Ask::Triage(_)
                | Ask::Orchestrator(_)
                | Ask::Manager(_)
                | Ask::Worker(_)
                | Ask::Reviewer(_)
                | Ask::Adviser(_)
                | Ask::Synthesist(_)
                | Ask::Unknown { .. }
                | Ask::Malformed { .. } => {}
            }
        }
        Ok(())
    }

    async fn files_of<'a>(
        &self,
        commit: &CommitId,
        known: &'a mut Option<Files>,
    ) -> Result<&'a Files, Trouble> {
        let files = match known.take() {
            Some(files) => files,
            None => Files(self.repo().objects(commit).await?),
        };
        Ok(known.insert(files))
    }

    async fn survey_contract(
        &self,
        ground: &Ground,
        files: &Files,
        contract: &Contract,
    ) -> Result<Survey, Trouble> {
        let mut faults = Vec::new();
        for path in contract.context_files().chain(contract.context_stubs()) {
            faults.extend((files.lacks(path) || files.is_link(path)).then(|| not_there(path)));
        }
        let writes = WriteSet::of(contract).ok();
        let may_write = |path: &str| writes.as_ref().is_some_and(|set| set.allows(path));
        for criterion in &contract.acceptance {
            faults.extend(check_faults(criterion, files, &may_write));
        }
        if let Some((plan, place)) = &ground.plan {
            let plan: Plan = self.document(*plan).await?;
            faults.extend(contradictions(contract, &plan, usize::from(*place)));
        }
        faults.truncate(NAMED_AT_MOST);
        let context_tokens = self.context_tokens(ground, files, contract).await?;
        Ok(Survey { faults, context_tokens, conflicts: self.conflicts(ground, contract).await? })
    }

    /// What a contract gives to read: whole files, interfaces, notes.
    async fn context_tokens(
        &self,
        ground: &Ground,
        files: &Files,
        contract: &Contract,
    ) -> Result<u64, Trouble> {
        let objects: Vec<_> =
            contract.context_files().filter_map(|path| files.0.get(path)?.as_ref()).collect();
        let sizes = self.repo().sizes_of(&objects).await?;
        let mut bytes: u64 = sizes.iter().sum();
        for path in contract.context_stubs().filter(|path| files.0.contains_key(*path)) {
            let text = self.repo().read(&ground.base, path).await?.unwrap_or_default();
            let stub = stub(path, &String::from_utf8_lossy(&text));
            bytes += u64::try_from(stub.text.len()).unwrap_or(u64::MAX);
        }
        for item in &contract.context {
            if let ContextItem::Note { text, .. } = item {
                bytes += u64::try_from(text.len()).unwrap_or(u64::MAX);
            }
        }
        Ok(bytes / BYTES_PER_TOKEN)
    }

    /// Files of the contract that the section's branch and another one of its phase have both changed, so that they do not
    /// merge any more.
    async fn conflicts(&self, ground: &Ground, contract: &Contract) -> Result<Vec<String>, Trouble> {
        let Ok(writes) = WriteSet::of(contract) else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for (name, tip) in &ground.beside {
            let merge = self.repo().merge(&ground.base, tip, "Foreseen\n", Millis(0)).await?;
            let Merge::Conflict(paths) = merge else { continue };
            let ours = paths.into_iter().filter(|path| writes.allows(path));
            found.extend(ours.map(|path| {
                format!("{path:?} does not merge with what section {name:?} has made of it already")
            }));
        }
        found.truncate(NAMED_AT_MOST);
        Ok(found)
    }
}

impl Files {
    fn is_link(&self, path: &str) -> bool {
        self.0.get(path).is_some_and(Option::is_none)
    }

    /// Whether nothing is there: no file, no link and no folder.
    fn lacks(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        !self.0.contains_key(path) && !self.0.keys().any(|other| other.starts_with(&folder))
    }
}

/// What is wrong with a plan's criteria, as far as the files that it begins with tell.
pub(crate) async fn plan_faults_at(
    repo: &Repo,
    base: &CommitId,
    plan: &Plan,
) -> Result<Vec<String>, crate::workspace::RepoError> {
    Ok(plan_faults(plan, &Files(repo.objects(base).await?)))
}

fn plan_faults(plan: &Plan, files: &Files) -> Vec<String> {
    // Later phases may pin what earlier ones make.
    let first = plan.phases.first().map(|phase| phase.sections.as_slice()).unwrap_or_default();
    let of_sections = first.iter().flat_map(|section| {
        let at = format!("section {:?}: ", section.name);
        section.definition_of_done.iter().map(move |criterion| (at.clone(), criterion))
    });
    let of_plan = plan.definition_of_done.iter().map(|criterion| (String::new(), criterion));
    let faults = of_plan.chain(of_sections).flat_map(|(at, criterion)| {
        let faults = check_faults(criterion, files, &|_| true);
        faults.into_iter().map(move |fault| format!("{at}{fault}"))
    });
    faults.take(NAMED_AT_MOST).collect()
}

/// Why a criterion can't be told, or never be met.
fn check_faults(criterion: &Criterion, files: &Files, may_write: &dyn Fn(&str) -> bool) -> Vec<String> {
    let Criterion { id, check, .. } = criterion;
    let pinned = check.pinned();
    let unpinned = pinned.iter().filter(|path| files.lacks(path)).map(|path| {
        format!(
            "criterion {id:?}: {path:?} is pinned and not there; pin what is there already, and name tests that are still to be \
             written in the contract's tests_to_write"
        )
    });
    let judges = judges_in(check);
    let can_be = |path: &&String| {
        judges.iter().any(|other| is_same_word(path, other) && (!files.lacks(other) || may_write(other)))
    };
    let named = judges.iter().filter(|path| !pinned.iter().any(|pin| pin == *path));
    let never = named.filter(|path| !can_be(path)).map(|path| {
        format!("criterion {id:?}: its command names {path:?}, which is not there and not in the write_set; so it can never hold")
    });
    unpinned.chain(never).chain(schema_fault(id, check)).collect()
}

fn schema_fault(id: &str, check: &Check) -> Option<String> {
    let Check::Json { schema: Some(schema), .. } = check else { return None };
    let schema: Value = serde_json::from_str(schema).ok()?;
    let error = jsonschema::validator_for(&schema).err()?;
    Some(format!("criterion {id:?}: schema is no JSON schema: {error}"))
}

fn not_there(path: &str) -> String {
    format!(
        "context: {path:?} is not there at the section's present state; name a file that is, or write what it should say into a note"
    )
}
