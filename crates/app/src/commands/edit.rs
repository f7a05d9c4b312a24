//! `edit`: another plan in place of the one that waits, from wherever the Owner is.

use std::process::ExitCode;

use trireme_core::run::{Command, Stage};
use trireme_core::{Plan, RunId};
use trireme_engine::{Engine, Taken};

use super::control::{tell, worth_saying};
use crate::cli::EditArgs;
use crate::config::Config;
use crate::editing::{self, Edit, Edited, Editor};
use crate::failure::Failure;
use crate::{approval, out, plan_file};

/// Changes the plan by a file, by a sentence, or in the editor.
pub(crate) async fn edit(config: Config, args: EditArgs) -> Result<ExitCode, Failure> {
    let file = args.plan.map(|file| config.cwd.join(file));
    let engine = Engine::open(config.settings).await?;
    let run = engine.find(&args.run)?;
    match (file, args.sentence) {
        (Some(file), _) => {
            let command = editing::command(&engine, &run, plan_file::read(&file)?).await?;
            tell(&engine, &run, command, "that is the plan now").await
        }
        (None, Some(sentence)) => {
            let text = engine.put_text(&run, worth_saying(&sentence)?).await?;
            tell(&engine, &run, Command::Revise { text }, "the Orchestrator plans anew").await
        }
        (None, None) => in_editor(&engine, &run, &config.editor).await,
    }
}

async fn in_editor(engine: &Engine, run: &RunId, editor: &Editor) -> Result<ExitCode, Failure> {
    let plan = waiting(engine, run).await?;
    if !approval::can_ask() {
        return Err(Failure::usage("there is no terminal for an editor")
            .hint(format!("trireme edit {run} --plan plan.toml"))
            .hint(format!("trireme edit {run} \"One section is enough.\"")));
    }
    let edit = Edit::of(engine, run, &plan)?;
    loop {
        let faults = match edit.open(editor).await? {
            Edited::Same => {
                out::say("nothing was changed");
                return Ok(ExitCode::SUCCESS);
            }
            Edited::Faulty(faults) => faults,
            Edited::Plan(plan) => {
                let command = editing::command(engine, run, *plan).await?;
                match engine.command(run, command).await? {
                    Taken::Done => {
                        out::say(&format!("{run}: that is the plan now; look with: trireme show {run}"));
                        return Ok(ExitCode::SUCCESS);
                    }
                    Taken::Refused(why) => vec![why],
                }
            }
        };
        edit.mark(&faults)?;
        out::say(&faults.join("\n"));
        if !approval::confirmed("Edit again? [y]es / [n]o") {
            return Err(Failure::usage("the plan is as it was; your text is kept")
                .hint(format!("trireme edit {run}   (goes on with it)"))
                .hint(format!("trireme edit {run} --plan {}", edit.file.display())));
        }
    }
}

/// The plan that waits for approval.
async fn waiting(engine: &Engine, run: &RunId) -> Result<Plan, Failure> {
    let past = engine.past(run).await?;
    let plan = past.plan().await?.filter(|_| past.run.stage() == Stage::Approval);
    plan.ok_or_else(|| {
        Failure::usage(format!("{run} has no plan that waits for you")).hint(format!("trireme show {run}"))
    })
}
