//! `opinion`: two advisers and a Synthesist, without a plan; the repository stays as it is.

use std::process::ExitCode;

use trireme_core::{Seniority, Stakes};
use trireme_engine::{DirtyTree, Engine, Order};

use crate::attend::{Hands, Then, attend, conclude};
use crate::cli::OpinionArgs;
use crate::config::Config;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::order;

/// What to type.
const EXAMPLE: &str = "trireme opinion \"Should sessions live in Redis or Postgres?\" --budget 2";

/// Asks, and prints what was agreed, what was not, and what was chosen.
pub(crate) async fn opinion(mut config: Config, args: OpinionArgs) -> Result<ExitCode, Failure> {
    config.declare(&args.models)?;
    let json = args.json;
    let order = ordered(&config, args)?;
    let engine = Engine::open(config.settings).await?;
    let hands = Hands { engine: engine.clone(), editor: config.editor };
    let live = engine.start(order).await?;
    let follower = Follower::open(&engine, live.id()).await?;
    let (finish, mut follower) = attend(live, follower, Then::Ask, hands).await?;
    conclude(&engine, finish, &mut follower, json).await
}

fn ordered(config: &Config, args: OpinionArgs) -> Result<Order, Failure> {
    let question = args.question.filter(|question| !question.trim().is_empty());
    let is_scripted = args.scenario.is_some();
    if question.is_none() && !is_scripted {
        return Err(Failure::usage("there is no question: say what is to be decided").hint(EXAMPLE));
    }
    if args.budget.is_none() && !is_scripted {
        return Err(
            Failure::usage("there is no budget: say how much it may cost at most, in dollars").hint(EXAMPLE)
        );
    }
    let seniority = args.seniority.as_deref().map_or(Ok(Seniority::Principal), seniority)?;
    Ok(Order {
        project: config.project.clone(),
        cwd: config.cwd.clone(),
        sentence: question,
        budget: args.budget.as_deref().map(order::budget).transpose()?,
        reserve: None,
        constraints: Vec::new(),
        checks: Vec::new(),
        context: args.context,
        path: None,
        plan: None,
        scenario: args.scenario.map(|file| config.cwd.join(file)),
        // Advisers only look, so they may as well look at what is there now.
        dirty: DirtyTree::Include,
        preapproved: false,
        stakes: Stakes::Normal,
        opinion: Some(seniority),
    })
}

fn seniority(name: &str) -> Result<Seniority, Failure> {
    let known = Seniority::ALL.into_iter().find(|seniority| seniority.name() == name);
    let names: Vec<_> = Seniority::ALL.iter().map(|seniority| seniority.name()).collect();
    known.ok_or_else(|| {
        Failure::usage(format!("{name:?} is no seniority; one of {}", names.join(", ")))
            .hint("--seniority principal")
    })
}
