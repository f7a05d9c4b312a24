//! What the Owner tells a run from wherever they are: each is one command, handed over durably.

use std::fmt::Display;
use std::process::ExitCode;
use std::str::FromStr;

use trireme_core::run::state::SectionState;
use trireme_core::run::{Command, Run, Target};
use trireme_core::{Digest, Recipient, RunId, SectionId, TaskId};
use trireme_engine::{Engine, Taken};

use crate::cli::{
    AnswerArgs, ApproveArgs, BudgetArgs, DenyArgs, GrantArgs, KillArgs, MemoArgs, OneRun, RejectArgs,
};
use crate::failure::Failure;
use crate::{order, out};

/// Lets the plan start.
pub(crate) async fn approve(engine: &Engine, args: ApproveArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let plan = args.plan.as_deref().map(|hash| id::<Digest>("plan", hash, &run)).transpose()?;
    tell(engine, &run, Command::Approve { plan }, "the plan starts").await
}

/// Does not let it start.
pub(crate) async fn reject(engine: &Engine, args: RejectArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    tell(engine, &run, Command::Reject { reason: args.reason }, "rejected").await
}

/// Grants money.
pub(crate) async fn grant(engine: &Engine, args: GrantArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let request = id("request", &args.request, &run)?;
    let amount = args.usd.as_deref().map(order::budget).transpose()?;
    tell(engine, &run, Command::Grant { request, amount }, "granted").await
}

/// Denies money.
pub(crate) async fn deny(engine: &Engine, args: DenyArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let request = id("request", &args.request, &run)?;
    tell(engine, &run, Command::Deny { request }, "denied").await
}

/// Answers a question.
pub(crate) async fn answer(engine: &Engine, args: AnswerArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let question = id("question", &args.question, &run)?;
    let text = engine.put_text(&run, worth_saying(&args.text)?).await?;
    tell(engine, &run, Command::Answer { question, text }, "answered").await
}

/// Tells Managers something.
pub(crate) async fn memo(engine: &Engine, args: MemoArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let text = worth_saying(&args.text)?;
    let to = match args.to.as_str() {
        "ALL" => Recipient::All,
        "ORCHESTRATOR" => Recipient::Orchestrator,
        name => Recipient::Section(section(&engine.past(&run).await?.run, name, &run)?),
    };
    let content = engine.put_text(&run, text).await?;
    tell(engine, &run, Command::Memo { to, content }, "sent").await
}

/// Sets the total.
pub(crate) async fn budget(engine: &Engine, args: BudgetArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let total = order::budget(&args.usd)?;
    tell(engine, &run, Command::Budget { total }, &format!("the total is {total} now")).await
}

/// Starts nothing new.
pub(crate) async fn pause(engine: &Engine, args: OneRun) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let said = format!("paused; go on with: trireme resume {run}");
    tell(engine, &run, Command::Pause, &said).await
}

/// Stops for good.
pub(crate) async fn kill(engine: &Engine, args: KillArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let target = match (&args.manager, &args.task) {
        (Some(name), _) => Target::Section(section(&engine.past(&run).await?.run, name, &run)?),
        (None, Some(name)) => Target::Task(task(&engine.past(&run).await?.run, name, &run)?),
        (None, None) => Target::Run,
    };
    tell(engine, &run, Command::Kill { target }, "killed").await
}

/// Hands a command over and says what came of it.
pub(crate) async fn tell(
    engine: &Engine,
    run: &RunId,
    command: Command,
    done: &str,
) -> Result<ExitCode, Failure> {
    let goes_on =
        !matches!(command, Command::Kill { target: Target::Run } | Command::Reject { .. } | Command::Pause);
    match engine.command(run, command).await? {
        Taken::Done => {
            out::say(&format!("{run}: {done}"));
            let past = engine.past(run).await?;
            if goes_on && !past.live && past.run.end().is_none() {
                out::say(&format!("nobody is at it; go on with: trireme resume {run}"));
            }
            Ok(ExitCode::SUCCESS)
        }
        Taken::Refused(why) => Err(Failure::usage(why).hint(format!("trireme show {run}"))),
    }
}

pub(crate) fn worth_saying(text: &str) -> Result<&str, Failure> {
    if text.trim().is_empty() { Err(Failure::usage("there is nothing in that text")) } else { Ok(text) }
}

fn id<T: FromStr<Err: Display>>(what: &str, text: &str, run: &RunId) -> Result<T, Failure> {
    text.parse().map_err(|error| {
        Failure::usage(format!("{text:?} is no {what}: {error}")).hint(format!("trireme show {run}"))
    })
}

/// A section by its name, its id or both, as the log has them; a name goes first, for it may look like an id.
pub(crate) fn section(state: &Run, name: &str, run: &RunId) -> Result<SectionId, Failure> {
    let all = || state.sections().iter();
    let named = all().find(|(_, section)| section.outline.name == name).map(|(id, _)| id);
    let by_id = || name.parse().ok().filter(|id| state.sections().get(*id).is_some());
    let is_meant = |(id, section): &(SectionId, &SectionState)| {
        let own = &section.outline.name;
        [own.clone(), format!("{id} {own}")].iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let in_other_letters = || all().find(is_meant).map(|(id, _)| id);
    named.or_else(by_id).or_else(in_other_letters).ok_or_else(|| {
        let names: Vec<_> = all().map(|(id, section)| format!("{id} {}", section.outline.name)).collect();
        Failure::usage(format!("there is no Manager {name:?}; there are: {}", names.join(", ")))
            .hint(format!("trireme show {run}"))
    })
}

/// A task by its title or its id.
pub(crate) fn task(state: &Run, name: &str, run: &RunId) -> Result<TaskId, Failure> {
    let named = state.tasks().iter().find(|(_, task)| task.outline.title == name).map(|(id, _)| id);
    let by_id = || name.parse().ok().filter(|id| state.tasks().get(*id).is_some());
    named.or_else(by_id).ok_or_else(|| {
        Failure::usage(format!("there is no task {name:?}")).hint(format!("trireme show {run}"))
    })
}
