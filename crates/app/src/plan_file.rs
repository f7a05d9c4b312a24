//! Plans as files: TOML or JSON, by the name's end.

use std::path::Path;

use trireme_core::{Plan, plan_check};

use crate::config::line_of;
use crate::failure::Failure;

/// Reads a plan and checks it.
pub(crate) fn read(path: &Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(format!("the plan {} can't be read: {error}", path.display()))
            .hint("trireme plan \"…\" --budget USD -o plan.toml   (writes one)")
    })?;
    let plan = if is_json(path) { from_json(&text) } else { from_toml(&text) };
    let plan = plan.map_err(|(line, what)| {
        Failure::usage(format!("{}:{line}: {what}", path.display())).hint("mend that line and run again")
    })?;
    let faults = plan_check::faults(&plan);
    if faults.is_empty() {
        return Ok(plan);
    }
    let list: String = faults.iter().map(|fault| format!("\n  - {fault}")).collect();
    Err(Failure::usage(format!("the plan {} has faults:{list}", path.display()))
        .hint("mend them and run again"))
}

/// Writes a plan.
pub(crate) fn write(path: &Path, plan: &Plan) -> Result<(), Failure> {
    let text = if is_json(path) { serde_json::to_string_pretty(plan)? } else { toml(plan)? };
    std::fs::write(path, text)
        .map_err(|error| Failure::failed(format!("{} can't be written: {error}", path.display())))
}

/// A plan as TOML.
pub(crate) fn toml(plan: &Plan) -> Result<String, Failure> {
    toml::to_string_pretty(plan).map_err(|error| Failure::failed(error.to_string()))
}

fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("json"))
}

fn from_json(text: &str) -> Result<Plan, (usize, String)> {
    serde_json::from_str(text).map_err(|error| (error.line(), error.to_string()))
}

/// A plan of a TOML text.
///
/// # Errors
/// The line of the first thing that is wrong, and what.
pub(crate) fn from_toml(text: &str) -> Result<Plan, (usize, String)> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_of(text, span.start));
        (line, error.message().trim().to_owned())
    })
}
