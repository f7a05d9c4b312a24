//! Scopes: the run's is the Owner's word, a section's lies in it, and a worker's in the section's. What asks for more is
//! refused when it is handed in; nobody finds out later.

use super::Run;
use crate::limits::NAMED_AT_MOST;
use crate::roles::Role;
use crate::words::{Bounds, Contract, Plan, Scope, Section, ToolSet};

impl Run {
    /// The most that anybody may do.
    #[must_use]
    pub fn scope(&self) -> Scope {
        self.head.as_ref().map_or_else(Scope::all, |head| head.scope.clone())
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
pub(super) fn beyond_run(plan: &Plan, granted: &Scope) -> Vec<String> {
    let managed = plan.sections().map(|(_, section)| section).filter(|section| !section.unmanaged);
    let faults = managed.filter_map(|section| {
        let fault = beyond_tools("capabilities", section.capabilities, granted.tools)?;
        Some(format!("section {:?}: {fault}", section.name))
    });
    faults.chain(beyond_bounds(plan, granted)).take(NAMED_AT_MOST).collect()
}

/// The bounds of a plan's sections that nobody grants.
pub(super) fn beyond_bounds(plan: &Plan, granted: &Scope) -> Vec<String> {
    let faults = plan.sections().flat_map(|(_, section)| {
        let faults = section.bounds.faults().into_iter().chain(section.bounds.beyond(&granted.bounds));
        faults.map(|fault| format!("section {:?}: bounds: {fault}", section.name))
    });
    faults.take(NAMED_AT_MOST).collect()
}

/// What a contract asks for and its section does not grant.
pub(crate) fn beyond_section(contract: &Contract, granted: &Scope) -> Vec<String> {
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
