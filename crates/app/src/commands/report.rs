//! `report`: what became of a run.

use std::path::Path;
use std::process::ExitCode;

use trireme_core::report::{render_html, render_markdown, render_text};
use trireme_engine::Engine;

use crate::cli::ReportArgs;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::{branch, out};

/// Prints the report, or writes it.
pub(crate) async fn report(engine: &Engine, args: &ReportArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let mut follower = Follower::caught_up(engine, &run).await?;
    let report = follower.report(engine).await;
    if args.json {
        out::json(&report)?;
    }
    if let Some(file) = &args.md {
        write(file, &render_markdown(&report))?;
    }
    if let Some(file) = &args.html {
        write(file, &render_html(&report))?;
    }
    if !args.json && args.md.is_none() && args.html.is_none() {
        out::prose(&render_text(&report))?;
        if let Some(branch) = branch::told(engine, &follower, &report) {
            out::say(&branch);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    if file == Path::new("-") {
        return out::data(text);
    }
    std::fs::write(file, text)
        .map_err(|error| Failure::failed(format!("{} can't be written: {error}", file.display())))?;
    out::say(&format!("the report is in {}", file.display()));
    Ok(())
}
