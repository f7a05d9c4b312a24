//! `watch`: a run that another process works on, as if it were ours. Leaving changes nothing.

use std::process::ExitCode;
use std::time::Duration;

use trireme_core::RunId;
use trireme_core::run::Stage;
use trireme_engine::Engine;

use crate::attend::{Signals, status};
use crate::cli::OneRun;
use crate::face::Face;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::out;

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Watches until the run is over, or nobody works on it any more.
pub(crate) async fn watch(engine: &Engine, args: &OneRun) -> Result<ExitCode, Failure> {
    let run = engine.find(&args.run)?;
    let mut follower = Follower::open(engine, &run).await?;
    let mut face = Face::new(&run, follower.spent());
    let mut signals = Signals::new()?;
    let mut look = tokio::time::interval(LOOK);
    let mut asked = false;
    loop {
        tokio::select! {
            _ = look.tick() => {
                follow(&mut follower, &mut face).await?;
                if !asked && follower.run.stage() == Stage::Approval {
                    asked = true;
                    face.say(&format!("the plan waits for you: trireme show {run}, then trireme approve {run}"));
                }
                if follower.run.end().is_some() || !follower.past.live {
                    break;
                }
            }
            _ = signals.next() => {
                face.close();
                out::say(&format!("{run} works on; look again with: trireme watch {run}"));
                return Ok(ExitCode::from(130));
            }
        }
    }
    face.close();
    last_word(&run, &follower, args.json)
}

async fn follow(follower: &mut Follower, face: &mut Face) -> Result<(), Failure> {
    // Whether somebody works on it is asked before its events: what they wrote last is then seen in any case.
    follower.past.refresh().await?;
    loop {
        let told = follower.next().await?;
        if told.is_empty() {
            break;
        }
        face.tell(&told, follower).await;
    }
    face.draw(follower).await;
    Ok(())
}

fn last_word(run: &RunId, follower: &Follower, json: bool) -> Result<ExitCode, Failure> {
    let view = follower.view();
    if json {
        out::json(&view)?;
    }
    match view.end {
        Some(end) => {
            out::say(&format!("{run}: {}; read more with: trireme report {run}", view.stage));
            Ok(ExitCode::from(status(end)))
        }
        None => {
            out::say(&format!(
                "{run}: {}, and nobody is at it; go on with: trireme resume {run}",
                view.stage
            ));
            Ok(ExitCode::from(130))
        }
    }
}
