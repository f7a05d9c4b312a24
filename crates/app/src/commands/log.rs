//! `log`: what happened, event by event.

use std::process::ExitCode;
use std::time::Duration;

use trireme_core::log::LogLine;
use trireme_engine::Engine;

use super::filter::Filter;
use super::transcript;
use crate::attend::Signals;
use crate::cli::LogArgs;
use crate::failure::Failure;
use crate::follower::{Follower, Told};
use crate::out;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Prints the log, or one call of it.
pub(crate) async fn log(engine: &Engine, args: &LogArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    if let Some(seq) = args.call {
        return transcript::print(engine, &run, seq, args.json).await;
    }
    let mut follower = Follower::open(engine, &run).await?;
    let goes_on = args.follow && follower.past.run.end().is_none();
    let filter = Filter::of_run(&args.only, (&run, &follower.past.run), goes_on)?;
    let mut signals = Signals::new()?;
    let mut look = tokio::time::interval(LOOK);
    loop {
        tokio::select! {
            _ = look.tick() => print_new(&mut follower, &filter, args.json).await?,
            _ = signals.next() => return Ok(ExitCode::from(130)),
        }
        if !args.follow || follower.run.end().is_some() {
            return Ok(ExitCode::SUCCESS);
        }
    }
}

async fn print_new(follower: &mut Follower, filter: &Filter, json: bool) -> Result<(), Failure> {
    loop {
        let told = follower.next().await?;
        if told.is_empty() {
            return Ok(());
        }
        for Told { line, .. } in told.iter().filter(|told| filter.takes_of(&follower.run, &told.line)) {
            print(line, json)?;
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
