//! `show`: a run as it is now, with its plan and what waits for the Owner.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::quote::Quote;
use trireme_core::run::Run;
use trireme_core::view::View;
use trireme_core::{Millis, Plan, SetUp, Synthesis};
use trireme_engine::{Engine, Past};

use super::{at, seen};
use crate::approval;
use crate::cli::ShowArgs;
use crate::face::{Pace, Waiting, page};
use crate::failure::Failure;
use crate::follower::{Follower, text_of};
use crate::out;
use crate::plan_text::plan_text;

/// How wide the tree is where it is not drawn on a terminal.
const WIDTH: u16 = 100;

#[derive(Serialize)]
struct Shown<'a> {
    view: &'a View,
    live: bool,
    project: String,
    sentence: Option<String>,
    plan: Option<Plan>,
    setups: &'a [SetUp],
    quote: Option<Quote>,
    /// Texts by their addresses in the view.
    texts: Vec<(String, String)>,
}

/// Prints the run.
pub(crate) async fn show(engine: &Engine, args: &ShowArgs) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    if let Some(task) = &args.task {
        return seen::seen(engine, &run, task, args).await;
    }
    if let Some(seq) = args.at {
        return at::at(engine, &run, seq, args.json).await;
    }
    let mut follower = Follower::caught_up(engine, &run).await?;
    let view = follower.view();
    let plan = follower.plan().await?;
    let quote = approval::quote(engine, &follower.run).await;
    if args.json {
        out::json(&Shown {
            live: follower.past.live,
            project: follower.past.project.display().to_string(),
            sentence: follower.past.intent().await.ok().map(|intent| intent.sentence),
            texts: texts(&follower.past, &view).await,
            view: &view,
            setups: approval::setups(&follower.run),
            plan,
            quote,
        })?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = state(&follower, &view);
    if let Some(plan) = plan {
        text.push_str(&format!("\n{}", plan_text(&plan, &follower.run)));
    }
    if let Some(quote) = quote {
        text.push_str(&format!("\n{}", approval::quote_text(&quote)));
    }
    text.push_str(&opinions(&follower.past, &view).await);
    out::prose(&text)?;
    let waiting = waiting(&follower, &view).await;
    if !waiting.is_empty() {
        out::data(&waiting)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn state(follower: &Follower, view: &View) -> String {
    let until = if view.end.is_some() { view.now } else { trireme_engine::clock::now() };
    let mut text = tree(&follower.past, &follower.run, view, until);
    if view.end.is_none() && !follower.past.live {
        text.push_str(&format!("Nobody is at it; go on with: trireme resume {}\n", view.run));
    }
    text
}

/// The tree of a run with what is known of all of it, as it stood at a moment.
pub(super) fn tree(past: &Past, run: &Run, view: &View, until: Millis) -> String {
    let pace = Pace { burn: None, elapsed_ms: until.since(view.began) };
    let width = out::width().and_then(|columns| u16::try_from(columns).ok()).unwrap_or(WIDTH);
    let lines = page(view, &pace, &Waiting::default(), width, u16::MAX);
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    text.push_str(&format!("Project: {}\n", past.project.display()));
    if let Some(hash) = view.plan_hash {
        text.push_str(&format!("Plan: {hash}\n"));
    }
    text.push_str(&approval::sandbox_text(run));
    text
}

/// What the advisers of each opinion did not agree on, and what was chosen.
pub(super) async fn opinions(past: &Past, view: &View) -> String {
    let mut text = String::new();
    for opinion in &view.opinions {
        text.push_str(&format!("\nOpinion {}, asked by {}: {}\n", opinion.id, opinion.asker, opinion.words));
        let Some(blob) = opinion.synthesis else { continue };
        let Ok(synthesis) = serde_json::from_str::<Synthesis>(&text_of(past, blob).await) else { continue };
        synthesis.disagreements.iter().for_each(|line| text.push_str(&format!("  disagreement: {line}\n")));
        text.push_str(&format!("  choice: {}\n", synthesis.choice));
    }
    text
}

/// Everything that the Owner can decide, each with what to type.
async fn waiting(follower: &Follower, view: &View) -> String {
    let run = &view.run;
    let mut text = String::new();
    if view.awaits_approval {
        text.push_str(&format!(
            "\nThe plan waits for you: trireme approve {run}   (or: trireme edit {run}, trireme reject {run})\n"
        ));
    }
    for question in &view.questions {
        let words = follower.text(question.text).await;
        text.push_str(&format!("\nQuestion {0}: {words}\n  trireme answer {run} {0} \"…\"\n", question.id));
    }
    for request in &view.requests {
        let reason = follower.text(request.reason).await;
        let who = if request.referred { "you decide" } else { "the Orchestrator decides, or you" };
        text.push_str(&format!(
            "\nRequest {0} of {1} for {2} ({who}): {reason}\n  trireme grant {run} {0}   (or: trireme deny {run} {0})\n",
            request.id, request.section, request.amount
        ));
    }
    text
}

/// The texts of what waits for the Owner, by their addresses in the view.
pub(super) async fn texts(past: &Past, view: &View) -> Vec<(String, String)> {
    let mut texts = Vec::new();
    let questions = view.questions.iter().map(|question| question.text);
    for blob in questions.chain(view.requests.iter().map(|request| request.reason)) {
        texts.push((blob.to_string(), text_of(past, blob).await));
    }
    texts
}
