//! `log`: what happened, event by event.

use std::process::ExitCode;
use std::time::Duration;

use trireme_core::log::LogLine;
use trireme_engine::Engine;

use crate::attend::Signals;
use crate::cli::LogArgs;
use crate::failure::Failure;
use crate::follower::{Follower, Told};
use crate::out;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Prints the log.
pub(crate) async fn log(engine: &Engine, args: &LogArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let mut follower = Follower::open(engine, &run).await?;
    let mut signals = Signals::new()?;
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = look.tick() => print_new(&mut follower, args).await?,
            _ = signals.next() => return Ok(ExitCode::from(130)),
        }
        if !args.follow || follower.run.end().is_some() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

async fn print_new(follower: &mut Follower, args: &LogArgs) -> Result<(), Failure> {
    loop {
        let told = follower.next().await?;
        if told.is_empty() {
            return Ok(());
        }
        for Told { line, .. } in &told {
            if args.kind.as_ref().is_none_or(|kind| *kind == line.event_type) {
                print(line, args.json)?;
            }
        }
    }
}

fn print(line: &LogLine, json: bool) -> Result<(), Failure> {
    if json {
        return out::json_line(line);
    }
    let LogLine { seq, timestamp, event_type, agent_id, detail, cost_usd, cost_nanos, .. } = line;
    // The words may say it already.
    let is_told = *cost_nanos == 0 || detail.contains(&format!("${cost_usd}"));
    let cost = if is_told { String::new() } else { format!("  ${cost_usd}") };
    let time = timestamp.get(11..23).unwrap_or(timestamp);
    out::prose(&format!("{seq:>5}  {time}  {agent_id:<4} {event_type:<17} {detail}{cost}"))
}
