//! `[[retention]]`: when payloads of runs that are over go. A project's own file speaks of runs of that project only, and of
//! none that ended within the day: nobody who is not the Owner makes a run's traces go at once.

use std::path::Path;

use serde::Deserialize;
use trireme_core::log::EVENT_TYPES;
use trireme_core::run::event::RunEnd;
use trireme_engine::retention::{Limit, Rule};

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredRule {
    /// How many days after the run ended.
    after_days: Option<u32>,
    /// How much all payloads together may take, in megabytes.
    over_mb: Option<u64>,
    /// How the run ended.
    #[serde(default)]
    states: Vec<RunEnd>,
    /// Whose payloads, by the type of event.
    #[serde(default)]
    kinds: Vec<String>,
}

impl DeclaredRule {
    /// The rule, for the engine; `project` is the folder of the file that it stands in, where that is a project's.
    pub(super) fn rule(self, project: Option<&Path>) -> Result<Rule, String> {
        if let Some(kind) = self.kinds.iter().find(|kind| !EVENT_TYPES.contains(&kind.as_str())) {
            return Err(format!(
                "[[retention]]: no event is of the type {kind}; types are those of `trireme log`, such as llm_call"
            ));
        }
        let limit = self.limit(project.is_some())?;
        Ok(Rule { limit, states: self.states, kinds: self.kinds, project: project.map(Path::to_owned) })
    }

    fn limit(&self, is_project: bool) -> Result<Limit, &'static str> {
        match (self.after_days, self.over_mb) {
            (Some(0), None) if is_project => {
                Err("[[retention]]: in a project's file, after_days is at least 1")
            }
            (None, Some(_)) if is_project => Err(
                "[[retention]]: over_mb is for your own configuration; in a project's file, give after_days",
            ),
            (Some(days), None) => Ok(Limit::Days(days)),
            (None, Some(most)) if self.kinds.is_empty() => Ok(Limit::Megabytes(most)),
            (None, Some(_)) => Err("[[retention]]: over_mb is for all payloads, so it goes without kinds"),
            (None, None) | (Some(_), Some(_)) => Err("[[retention]]: give one of after_days and over_mb"),
        }
    }
}
