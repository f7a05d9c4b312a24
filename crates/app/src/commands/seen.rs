//! `show --seen`: every byte that the agents of a task were given, with a manifest.

use std::process::ExitCode;

use trireme_core::view::grouped;
use trireme_core::{RunId, TaskId};
use trireme_engine::{Engine, OnRecord, Seen, SeenAgent, SeenCall, SeenPart, Wanted};

use super::control;
use crate::cli::ShowArgs;
use crate::failure::Failure;
use crate::out;

/// Prints it. Where a request can't be made again as it was sent, that is a failure, told at the end.
pub(crate) async fn seen(
    engine: &Engine,
    run: &RunId,
    task: &str,
    args: &ShowArgs,
) -> Result<ExitCode, Failure> {
    let state = engine.past(run).await?.run;
    let task = control::task(&state, task, run)?;
    let seen = engine.seen(run, Wanted { task, attempt: args.attempt, reviewers: args.reviewer }).await?;
    if seen.agents.is_empty() {
        let attempts = state.tasks().get(task).map_or(0, |task| task.attempts.len());
        return Err(nobody(run, task, args.attempt, attempts));
    }
    if args.json {
        out::json(&seen)?;
    } else {
        out::data(&text(&seen))?;
    }
    let calls = || seen.agents.iter().flat_map(|agent| &agent.calls);
    let differing = calls().filter(|call| matches!(call.record, OnRecord::Differs { .. })).count();
    if differing > 0 {
        return Err(Failure::failed(format!(
            "{differing} of {} requests are not what was sent: this version of trireme tells agents other things than the \
             one that made the run, or what is kept of the run was changed",
            calls().count()
        ))
        .hint(format!("trireme log {run}   (what happened)")));
    }
    Ok(ExitCode::SUCCESS)
}

fn nobody(run: &RunId, task: TaskId, attempt: Option<u32>, attempts: usize) -> Failure {
    let which = attempt.map(|number| format!(" at attempt {number}")).unwrap_or_default();
    Failure::usage(format!("nobody worked on {task}{which}; it has {attempts} attempts"))
        .hint(format!("trireme show {run}"))
}

fn text(seen: &Seen) -> String {
    let mut text = format!("Task {} {:?} of {}\n", seen.task, seen.title, seen.run);
    seen.agents.iter().for_each(|agent| manifest(agent, &mut text));
    for agent in &seen.agents {
        for part in &agent.parts {
            text.push_str(&format!(
                "\n======== part {} of {} {}: {}, {} bytes\n{}\n",
                part.number,
                agent.role,
                agent.agent,
                name(part),
                grouped(part.bytes),
                part.text
            ));
        }
    }
    text
}

fn manifest(agent: &SeenAgent, text: &mut String) {
    let SeenAgent { role, attempt, seniority, base, .. } = agent;
    text.push_str(&format!("\nAttempt {attempt}: {role} {}, {seniority}, from {base}\n", agent.agent));
    match &agent.folder {
        None if *role == "worker" => text.push_str("  No folder: it has no tool that looks into one\n"),
        None => text.push_str("  A folder with all files of what it judges\n"),
        Some(files) => {
            let bytes = files.iter().map(|file| file.bytes).sum();
            let count = files.len();
            text.push_str(&format!("  Files when it began: {count}, {} bytes\n", grouped(bytes)));
            for file in files {
                let (mode, object, bytes) = (&file.mode, &file.object, grouped(file.bytes));
                text.push_str(&format!("    {mode} {object} {bytes:>10}  {}\n", file.path));
            }
        }
    }
    if !agent.fittings.is_empty() {
        let paths = agent.fittings.join(", ");
        text.push_str(&format!("  Left by set-up commands, and not on record: {paths}\n"));
    }
    text.push_str(&format!("  Requests: {}\n", agent.calls.len()));
    agent.calls.iter().for_each(|call| request(call, text));
    let (count, bytes) = (agent.parts.len(), grouped(agent.bytes));
    text.push_str(&format!("  Parts: {count}, {bytes} bytes, sha256 {}\n", agent.sha256));
    for part in &agent.parts {
        let (number, sha256, bytes) = (part.number, part.sha256, grouped(part.bytes));
        text.push_str(&format!("    {number:>4}  {sha256} {bytes:>10}  {}\n", name(part)));
    }
}

/// What a part is, and of which tool or call.
fn name(part: &SeenPart) -> String {
    let kind = part.kind.word();
    part.name.as_ref().map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

fn request(call: &SeenCall, text: &mut String) {
    let record = match call.record {
        OnRecord::Same => "as it was sent".to_owned(),
        OnRecord::Differs { sent, .. } => format!("NOT as it was sent, which was {sent}"),
        OnRecord::Redacted => "as it was sent, but for secrets that are not written down".to_owned(),
        OnRecord::Missing => "nothing on record to compare it with".to_owned(),
    };
    let SeenCall { turn, effect, model, wire, sha256, end, .. } = call;
    let (bytes, parts) = (grouped(call.bytes), ranges(&call.parts));
    text.push_str(&format!(
        "    turn {turn}, {effect}, {model} over {wire}, {end}\n      \
         {bytes} bytes, sha256 {sha256}, {record}\n      parts {parts}\n"
    ));
}

/// Numbers in order, neighbours as `1-4`.
fn ranges(numbers: &[usize]) -> String {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    for number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => ranges.push((*number, *number)),
        }
    }
    let word = |(first, last): &(usize, usize)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn neighbours_are_one_range() {
        assert_eq!(super::ranges(&[1, 2, 3, 7, 9, 10, 4]), "1-3 7 9-10 4");
        assert_eq!(super::ranges(&[]), "");
    }
}
