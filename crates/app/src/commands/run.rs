//! `run`, `plan` and `resume`: the commands that own a run while they last.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::quote::Quote;
use trireme_core::run::Command;
use trireme_core::{Digest, Plan};
use trireme_engine::{Engine, Finish, Live, Order, Taken};

use crate::attend::{Hands, Then, attend, conclude};
use crate::cli::{PlanArgs, ResumeArgs, RunArgs};
use crate::config::Config;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::plan_text::plan_text;
use crate::{approval, order, out, plan_file};

/// Plans, asks, works, reports.
pub(crate) async fn run(mut config: Config, args: RunArgs) -> Result<ExitCode, Failure> {
    config.declare(&args.intent.models)?;
    let plan = args.plan.as_ref().map(|file| plan_file::read(&config.cwd.join(file))).transpose()?;
    let order = order::of(&config, args.intent, plan, args.yes)?;
    let engine = Engine::open(config.settings).await?;
    let live = started(&engine, order).await?;
    let follower = Follower::open(&engine, live.id()).await?;
    let hands = Hands { engine: engine.clone(), editor: config.editor };
    let (finish, mut follower) = attend(live, follower, Then::Ask, hands).await?;
    conclude(&engine, finish, &mut follower, args.json).await
}

/// Plans and quotes, and leaves the run to wait for the Owner: what planning cost is not lost.
pub(crate) async fn plan(mut config: Config, args: PlanArgs) -> Result<ExitCode, Failure> {
    config.declare(&args.intent.models)?;
    let order = order::of(&config, args.intent, None, false)?;
    let file = args.output.map(|file| config.cwd.join(file));
    let engine = Engine::open(config.settings).await?;
    let live = started(&engine, order).await?;
    let run = live.id().clone();
    let follower = Follower::open(&engine, &run).await?;
    let hands = Hands { engine: engine.clone(), editor: config.editor };
    let (finish, mut follower) = attend(live, follower, Then::Leave, hands).await?;
    let quoted = match follower.plan().await? {
        Some(plan) => approval::quote(&engine, &follower.run).await.map(|quote| (plan, quote)),
        None => None,
    };
    let (Finish::Stopped, Some((plan, quote))) = (finish, quoted) else {
        return conclude(&engine, finish, &mut follower, args.json).await;
    };
    if let Some(file) = &file {
        plan_file::write(file, &plan)?;
    }
    print_plan(&plan, &quote, &follower, args.json)?;
    let written = file.map(|file| format!("the plan is in {}; ", file.display())).unwrap_or_default();
    out::say(&format!(
        "{written}start it with: trireme resume {run}   (or: trireme edit {run}, trireme reject {run})"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Begins, and says what was left out.
async fn started(engine: &Engine, order: Order) -> Result<Live, Failure> {
    let live = engine.start(order).await?;
    for warning in live.warnings() {
        out::say(&format!("warning: {warning}"));
    }
    Ok(live)
}

/// A plan with its quote, for scripts.
#[derive(Serialize)]
struct Quoted<'a> {
    run: String,
    plan_hash: Option<Digest>,
    plan: &'a Plan,
    quote: &'a Quote,
}

fn print_plan(plan: &Plan, quote: &Quote, follower: &Follower, json: bool) -> Result<(), Failure> {
    if !json {
        return out::prose(&format!("{}\n{}", plan_text(plan, &follower.run), approval::quote_text(quote)));
    }
    let view = follower.view();
    out::json(&Quoted { run: view.run, plan_hash: view.plan_hash, plan, quote })
}

/// Goes on with a run: in its own process where one is at it, else in this one.
pub(crate) async fn resume(config: Config, args: &ResumeArgs) -> Result<ExitCode, Failure> {
    let hands = Hands { engine: Engine::open(config.settings).await?, editor: config.editor };
    let engine = &hands.engine.clone();
    let run = engine.find(&args.run)?;
    if engine.past(&run).await?.live {
        return match engine.command(&run, Command::Resume).await? {
            Taken::Done => {
                out::say(&format!("{run} goes on; look with: trireme watch {run}"));
                Ok(ExitCode::SUCCESS)
            }
            Taken::Refused(why) => Err(Failure::usage(why).hint(format!("trireme watch {run}"))),
        };
    }
    let follower = Follower::caught_up(engine, &run).await?;
    let live = engine.resume(&run).await?;
    let (finish, mut follower) = attend(live, follower, Then::Ask, hands).await?;
    conclude(engine, finish, &mut follower, args.json).await
}
