//! `replay`: a recorded run against today's code.

use std::process::ExitCode;

use trireme_core::view::grouped;
use trireme_engine::{Engine, Fact, OnRecord, Parting, Replay, ReplayedCalls, SeenCall};

use crate::cli::ReplayArgs;
use crate::failure::Failure;
use crate::out;

/// Prints what is alike. Where anything is otherwise, that is a failure, told at the end.
pub(crate) async fn replay(engine: &Engine, args: &ReplayArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let replay = engine.replay(&run).await?;
    if args.json {
        out::json(&replay)?;
    } else {
        out::prose(&text(&replay)?)?;
    }
    if replay.differs() {
        return Err(differs(&replay));
    }
    Ok(ExitCode::SUCCESS)
}

fn text(replay: &Replay) -> Result<String, Failure> {
    let Replay { run, calls, recorded, events, verdicts, parting, untold } = replay;
    let ReplayedCalls { same, differing, redacted, missing, first } = calls;
    let all = same + differing + redacted + missing;
    let mut text = format!("Run {run} against this version of trireme\n");
    text.push_str(&format!("Prompts: {} of {} are as they were sent\n", grouped(*same), grouped(all)));
    if *redacted > 0 {
        text.push_str(&format!("  {redacted} held secrets, which are not written down: not compared\n"));
    }
    if *missing > 0 {
        text.push_str(&format!("  {missing} have nothing on record to be compared with\n"));
    }
    if let Some(call) = first {
        text.push_str(&request(call, *differing));
    }
    let came = (grouped(*events), grouped(*recorded));
    text.push_str(&format!("Events: {} of {} came again, with {} verdicts\n", came.0, came.1, verdicts));
    if let Some(untold) = untold {
        text.push_str(&format!(
            "  From event {} on nothing is compared: an earlier version did not write down {}\n",
            untold.seq, untold.what
        ));
    }
    if let Some(Parting { seq, recorded, today }) = parting {
        text.push_str(&format!("  The first that is another one: event {seq}\n"));
        text.push_str(&fact("recorded", recorded.as_ref())?);
        text.push_str(&fact("today", today.as_ref())?);
    }
    Ok(text)
}

fn request(call: &SeenCall, differing: u64) -> String {
    let SeenCall { turn, effect, seq, agent, model, sha256, bytes, record, .. } = call;
    let then = match record {
        OnRecord::Differs { sent, bytes } => format!("{} bytes, sha256 {sent}", grouped(*bytes)),
        OnRecord::Same | OnRecord::Redacted | OnRecord::Missing => "not on record".to_owned(),
    };
    format!(
        "  {differing} are others; the first: call {effect}, event {seq}, turn {turn} of {agent}, {model}\n    \
         recorded: {then}\n    today:    {} bytes, sha256 {sha256}\n",
        grouped(*bytes)
    )
}

/// An event in a sentence and in full, so that a change of a number is seen too.
fn fact(when: &str, fact: Option<&Fact>) -> Result<String, Failure> {
    Ok(match fact {
        None => format!("    {when}: nothing\n"),
        Some(Fact { line, event }) => {
            let (kind, detail) = (&line.event_type, &line.detail);
            format!("    {when}: {kind}: {detail}\n      {}\n", serde_json::to_string(event)?)
        }
    })
}

fn differs(replay: &Replay) -> Failure {
    let Replay { run, calls, parting, .. } = replay;
    let mut what = Vec::new();
    if calls.differing > 0 {
        what.push(format!("{} prompts are others than were sent", calls.differing));
    }
    if let Some(parting) = parting {
        what.push(format!("event {} would be another one", parting.seq));
    }
    let mut failure = Failure::failed(format!(
        "this version of trireme does not do what {run} has on record, or what is kept of it was changed: {}",
        what.join("; ")
    ));
    if let Some(call) = &calls.first {
        failure = failure.hint(format!("trireme log {run} --call {}   (what today's code tells)", call.seq));
    }
    if let Some(parting) = parting {
        let before = parting.seq.saturating_sub(1).max(1);
        failure = failure.hint(format!("trireme show {run} --at {before}   (how it stood before)"));
    }
    failure.hint(format!("trireme verify {run}   (whether the record is as it was written)"))
}
