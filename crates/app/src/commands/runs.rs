//! `runs`: all of them, newest first.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::log::rfc3339;
use trireme_core::report::table;
use trireme_core::view::usd_text;
use trireme_engine::{Engine, RunEntry};

use crate::failure::Failure;
use crate::out;

#[derive(Serialize)]
struct Row {
    run: String,
    began: String,
    live: bool,
    state: String,
    spent_usd: Option<String>,
    limit_usd: Option<String>,
    project: String,
}

/// Prints the list.
pub(crate) async fn list(engine: &Engine, json: bool) -> Result<ExitCode, Failure> {
    let rows: Vec<Row> = engine.runs().await?.iter().map(row).collect();
    if json {
        out::json(&rows)?;
    } else if rows.is_empty() {
        out::say("there are no runs yet; try: trireme run --scenario examples/csv-to-json");
    } else {
        out::prose(&listed(&rows))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(entry: &RunEntry) -> Row {
    let money = entry.summary.as_ref().map(|view| view.money);
    let state = match (&entry.summary, &entry.error) {
        (Some(view), _) if view.end.is_none() && !entry.live => format!("{} (nobody is at it)", view.stage),
        (Some(view), _) => view.stage.clone(),
        (None, Some(error)) => error.clone(),
        (None, None) => "unreadable".to_owned(),
    };
    Row {
        run: entry.id.to_string(),
        began: rfc3339(entry.began),
        live: entry.live,
        state,
        spent_usd: money.map(|money| usd_text(money.spent)),
        limit_usd: money.map(|money| usd_text(money.limit)),
        project: entry.project.display().to_string(),
    }
}

fn listed(rows: &[Row]) -> String {
    let dollars =
        |amount: &Option<String>| amount.as_ref().map(|text| format!("${text}")).unwrap_or_default();
    let cells = |row: &Row| {
        let began = row.began.get(..16).unwrap_or_default().replace('T', " ");
        vec![
            row.run.clone(),
            row.state.clone(),
            dollars(&row.spent_usd),
            dollars(&row.limit_usd),
            began,
            row.project.clone(),
        ]
    };
    let rows: Vec<_> = rows.iter().map(cells).collect();
    table(&["run", "state", "spent", "budget", "began (UTC)", "project"], &rows)
}
