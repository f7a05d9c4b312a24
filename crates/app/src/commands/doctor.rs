//! `doctor`: whether everything is there that a run needs.

use std::process::ExitCode;

use trireme_engine::{Check, Engine};

use crate::failure::Failure;
use crate::out;

/// Prints what was looked at; the status is 1 where something is missing.
pub(crate) async fn doctor(engine: &Engine, json: bool) -> Result<ExitCode, Failure> {
    let checks = engine.doctor().await;
    if json {
        out::json(&checks)?
    } else {
        out::prose(&checks.iter().map(told).collect::<String>())?
    }
    let healthy = checks.iter().all(|check| check.ok);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn told(check: &Check) -> String {
    let verdict = if check.ok { "ok" } else { "missing" };
    let hint = check.hint.as_ref().map(|hint| format!("\n           try: {hint}")).unwrap_or_default();
    format!("{verdict:<9}  {}: {}{hint}\n", check.name, check.detail)
}
