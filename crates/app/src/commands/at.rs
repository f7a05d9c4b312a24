//! `show --at`: a run as it stood after one of its events. Nothing of what it says is of now.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::log::LogLine;
use trireme_core::view::{View, grouped};
use trireme_core::{Plan, RunId, SetUp};
use trireme_engine::{Engine, Past, Standing, StandingFiles};

use super::show;
use crate::approval;
use crate::failure::Failure;
use crate::follower::text_of;
use crate::out;
use crate::plan_text::plan_text;

/// As a script reads it.
#[derive(Serialize)]
struct Shown<'a> {
    /// The last event that had happened.
    event: &'a LogLine,
    view: &'a View,
    project: String,
    sentence: Option<String>,
    plan: Option<&'a Plan>,
    setups: &'a [SetUp],
    /// Texts by their addresses in the view.
    texts: Vec<(String, String)>,
    files: &'a StandingFiles,
}

/// Prints the run.
pub(crate) async fn at(engine: &Engine, run: &RunId, seq: u64, json: bool) -> Result<ExitCode, Failure> {
    let mut past = engine.past(run).await?;
    let end = past.run.events();
    let event = past.go_back(seq).await?;
    let view = View::of(&past.run);
    let plan = past.plan().await?;
    let files = engine.files(run, &past.run).await?;
    if json {
        out::json(&Shown {
            event: &event,
            project: past.project.display().to_string(),
            sentence: past.intent().await.ok().map(|intent| intent.sentence),
            setups: approval::setups(&past.run),
            texts: show::texts(&past, &view).await,
            plan: plan.as_ref(),
            view: &view,
            files: &files,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let LogLine { event_type, detail, timestamp, .. } = &event;
    let mut text = format!("After event {seq} of {end}, {timestamp}: {event_type}: {detail}\n\n");
    text.push_str(&show::tree(&past, &past.run, &view, view.now));
    if let Some(plan) = plan {
        text.push_str(&format!("\n{}", plan_text(&plan, &past.run)));
    }
    text.push_str(&show::opinions(&past, &view).await);
    text.push_str(&waited(&past, &view).await);
    text.push_str(&listing("Files of the run", &files.run));
    for standing in &files.beside {
        text.push_str(&listing(&format!("Beside them, of {}", standing.of), standing));
    }
    out::prose(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// What waited for the Owner.
async fn waited(past: &Past, view: &View) -> String {
    let mut text = String::new();
    if view.awaits_approval {
        text.push_str("\nThe plan waited for the Owner.\n");
    }
    for question in &view.questions {
        let words = text_of(past, question.text).await;
        text.push_str(&format!("\nQuestion {} waited: {words}\n", question.id));
    }
    for request in &view.requests {
        let reason = text_of(past, request.reason).await;
        let (id, section, amount) = (&request.id, &request.section, request.amount);
        text.push_str(&format!("\nRequest {id} of {section} for {amount} waited: {reason}\n"));
    }
    text
}

fn listing(what: &str, standing: &Standing) -> String {
    let name = &standing.name;
    let Some(files) = &standing.files else {
        return format!("\n{what} ({name}): git has them no more\n");
    };
    let bytes = files.iter().map(|file| file.bytes).sum();
    let mut text = format!("\n{what} ({name}): {}, {} bytes\n", files.len(), grouped(bytes));
    for file in files {
        let (mode, object, bytes) = (&file.mode, &file.object, grouped(file.bytes));
        text.push_str(&format!("  {mode} {object} {bytes:>10}  {}\n", file.path));
    }
    standing.gone.iter().for_each(|path| text.push_str(&format!("  gone: {path}\n")));
    text
}
