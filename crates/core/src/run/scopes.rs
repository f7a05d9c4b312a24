//! Scopes: the run's is the Owner's word, a section's lies in it, and a worker's in the section's. What asks for more is
//! refused when it is handed in; nobody finds out later.

use super::Run;
use crate::limits::NAMED_AT_MOST;
use crate::roles::Role;
use crate::words::{Bounds, Contract, Criterion, Plan, Scope, Section, ToolSet};

impl Run {
    /// The most that anybody may do.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.head.as_ref().map_or_else(Scope::all, |head| head.scope.clone())
    }

    /// Commands that the Owner wants to pass at the end, whatever the scope says.
    pub(super) fn checks(&self) -> &[String] {
        self.head.as_ref().map(|head| head.checks.as_slice()).unwrap_or_default()
    }

    /// The role of that name that a file has, which narrows what its worker may do.
    #[must_use]
    pub fn role(&self, name: &str) -> Option<&Role> {
        self.head.as_ref()?.roles.iter().find(|role| role.name == name)
    }
}

/// What a section's agents may do.
pub(super) fn of_section(section: &Section, granted: &Scope) -> Scope {
    granted.within(section.capabilities).narrowed(&section.bounds)
}

/// What a plan asks for and nobody grants. The engine's own plans ask for every tool there is.
pub(super) fn beyond_run(plan: &Plan, granted: &Scope, checks: &[String]) -> Vec<String> {
    let managed = plan.sections().map(|(_, section)| section).filter(|section| !section.unmanaged);
    let faults = managed.filter_map(|section| {
        let fault = beyond_tools("capabilities", section.capabilities, granted.tools)?;
        Some(format!("section {:?}: {fault}", section.name))
    });
    let whole = match plan.sections().all(|(_, section)| section.unmanaged) {
        true => Vec::new(),
        false => beyond_commands(&plan.definition_of_done, &granted.bounds, checks),
    };
    faults.chain(whole).chain(beyond_bounds(plan, granted, checks)).take(NAMED_AT_MOST).collect()
}

/// The bounds and commands of a plan's sections that nobody grants.
pub(super) fn beyond_bounds(plan: &Plan, granted: &Scope, checks: &[String]) -> Vec<String> {
    let faults = plan.sections().flat_map(|(_, section)| {
        let bounds = section.bounds.faults().into_iter().chain(section.bounds.beyond(&granted.bounds));
        let bounds = bounds.map(|fault| format!("bounds: {fault}"));
        let commands = match section.unmanaged {
            true => Vec::new(),
            false => beyond_commands(&section.definition_of_done, &granted.bounds, checks),
        };
        let at = |fault| format!("section {:?}: {fault}", section.name);
        bounds.chain(commands).map(at)
    });
    faults.take(NAMED_AT_MOST).collect()
}

/// Commands of criteria that no rule begins: the engine would run for an agent what the agent may not. What the Owner wants to
/// pass is the Owner's own word.
fn beyond_commands(criteria: &[Criterion], granted: &Bounds, checks: &[String]) -> Vec<String> {
    let is_allowed =
        |run: &str| granted.allow_command(run) || checks.iter().any(|check| check.trim() == run.trim());
    let beyond = criteria.iter().filter_map(|criterion| Some((&criterion.id, criterion.check.command()?)));
    let rules = granted.commands.as_deref().unwrap_or_default().join(", ");
    let fault = |(id, run): (&String, &str)| {
        format!(
            "criterion {id:?}: `{run}` is not granted to you; commands are plain words, and begin with one of: {rules}"
        )
    };
    beyond.filter(|(_, run)| !is_allowed(run)).map(fault).collect()
}

/// What a contract asks for and its section does not grant.
pub(crate) fn beyond_section(contract: &Contract, granted: &Scope, checks: &[String]) -> Vec<String> {
    let wanted = contract.tools.unwrap_or(ToolSet::NONE);
    let bounds = contract.bounds.faults().into_iter().chain(contract.bounds.beyond(&granted.bounds));
    let mut faults: Vec<_> = beyond_tools("tools", wanted, granted.tools).into_iter().collect();
    faults.extend(bounds.map(|fault| format!("bounds: {fault}")));
    if contract.bounds.write.is_some() {
        faults.push("bounds: leave out write; what may change is the write_set".to_owned());
    }
    let looked = contract.context_files().chain(contract.context_stubs()).chain(contract.pinned());
    let looked = Bounds { read: Some(looked.map(str::to_owned).collect()), ..Bounds::default() };
    faults.extend(
        looked.beyond(&granted.bounds).into_iter().map(|fault| format!("context and pinned files: {fault}")),
    );
    faults.extend(beyond_commands(&contract.acceptance, &granted.bounds, checks));
    let written = Bounds { write: Some(contract.write_set.clone()), ..Bounds::default() };
    faults.extend(written.beyond(&granted.bounds).into_iter().map(|fault| format!("write_set: {fault}")));
    faults
}

fn beyond_tools(name: &str, wanted: ToolSet, granted: ToolSet) -> Option<String> {
    let names = |set: ToolSet| set.iter().map(|tool| tool.name()).collect::<Vec<_>>().join(", ");
    let missing: ToolSet = wanted.iter().filter(|tool| !granted.has(*tool)).collect::<Vec<_>>().into();
    (missing != ToolSet::NONE)
        .then(|| format!("{name}: {} is not granted to you; granted is: {}", names(missing), names(granted)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{Proposal, outline};
    use crate::shortcut::{self, Shortcut};
    use crate::words::{BlobRef, Digest, Intent, Lodged, Money, Path, Seniority, Share, Stakes, Tool};

    /// What the Owner's own plan without a Manager says of its only section holds its only task, too.
    #[test]
    fn a_task_without_a_manager_keeps_to_its_section() {
        let intent = Intent {
            sentence: "Tidy the docs.".to_owned(),
            constraints: Vec::new(),
            context: Vec::new(),
            checks: Vec::new(),
            total: Money::MAX,
            reserve: Share::WHOLE,
            stakes: Stakes::Normal,
        };
        let (path, worker) = (Path::Direct, Seniority::Mid);
        let mut plan = Shortcut { intent: &intent, path, worker, is_question: false, checks: &[] }.plan();
        let section = &mut plan.phases[0].sections[0];
        section.capabilities = ToolSet::READ_ONLY.with(Tool::Edit);
        section.bounds.write = Some(vec!["docs/**".to_owned()]);
        let lodged = |digest: &[u8]| BlobRef(Digest::of(digest));
        let contract = shortcut::contract(&plan, &[]).map(|body| Lodged { body, blob: lodged(b"contract") });
        let proposal = Proposal { plan: Lodged { body: plan, blob: lodged(b"plan") }, contract };
        let outline = outline(&proposal, &Scope::all());
        let task = &outline.sections[0].only.as_ref().unwrap().outline;
        assert!(task.scope.has(Tool::Edit) && !task.scope.has(Tool::Run), "{:?}", task.scope);
        assert_eq!(task.scope.bounds.write.as_deref(), Some(&["docs/**".to_owned()][..]));
    }
}
