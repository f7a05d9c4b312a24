//! Staying with a run that this process owns: showing it, asking the Owner, and stopping it when the Owner says so.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use trireme_core::RunId;
use trireme_core::report::render_text;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Command, Refusal, Target};
use trireme_engine::{Engine, Finish, Live, Orders};

use crate::face::Face;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::{approval, branch, out};

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(100);

/// What to do once there is a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Ask the Owner, and go on.
    Ask,
    /// Leave it to wait for the Owner.
    Leave,
}

/// A run that this process owns, and what was said about it.
struct Attended {
    run: RunId,
    orders: Orders,
    /// Commands that the run has not answered yet. Nobody waits for one before giving the next.
    commands: JoinSet<Result<(), Refusal>>,
    then: Then,
    face: Face,
    follower: Follower,
    /// Whether the plan was shown.
    shown: bool,
    answer: Option<oneshot::Receiver<bool>>,
    /// How often the Owner has said stop.
    stops: u32,
}

/// Stays with a run until it is over or stopped; the follower then knows all of it. What it knew before is not told.
pub(crate) async fn attend(
    live: Live,
    follower: Follower,
    then: Then,
) -> Result<(Finish, Follower), Failure> {
    let run = live.id().clone();
    let face = Face::new(&run, follower.spent());
    let mut attended = Attended {
        orders: live.orders(),
        commands: JoinSet::new(),
        run,
        then,
        face,
        follower,
        shown: false,
        answer: None,
        stops: 0,
    };
    let mut signals = Signals::new()?;
    let mut finish = pin!(live.finish());
    let mut look = tokio::time::interval(LOOK);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let finished = loop {
        tokio::select! {
            finished = &mut finish => break finished,
            _ = look.tick() => attended.look().await?,
            stop = signals.next() => attended.stop(stop),
            answer = answered(&mut attended.answer) => attended.decide(answer),
            Some(taken) = attended.commands.join_next() => attended.taken(taken),
        }
    };
    // What happened before an error is told before it.
    let looked = attended.look().await;
    attended.face.close();
    let finished = finished?;
    looked?;
    Ok((finished, attended.follower))
}

/// Says how it ended, and with which status.
pub(crate) async fn conclude(
    engine: &Engine,
    finish: Finish,
    follower: &mut Follower,
    json: bool,
) -> Result<ExitCode, Failure> {
    let report = follower.report().await;
    match finish {
        Finish::Ended(end) => {
            if json {
                out::json(&report)?
            } else {
                out::prose(&render_text(&report))?
            }
            if let Some(branch) = branch::told(engine, follower, &report) {
                out::say(&branch);
            }
            Ok(ExitCode::from(status(end)))
        }
        Finish::Stopped => {
            if json {
                out::json(&report)?;
            }
            out::say(&format!("stopped; resume with: trireme resume {}", report.run));
            Ok(ExitCode::from(130))
        }
    }
}

/// The exit status of an end.
pub(crate) const fn status(end: RunEnd) -> u8 {
    match end {
        RunEnd::Verified => 0,
        RunEnd::Failed => 1,
        RunEnd::Unverified => 3,
        RunEnd::BudgetExhausted => 4,
        RunEnd::Killed => 5,
        RunEnd::Rejected => 6,
    }
}

impl Attended {
    async fn look(&mut self) -> Result<(), Failure> {
        loop {
            let told = self.follower.next().await?;
            let more = !told.is_empty();
            self.face.tell(&told, &self.follower).await;
            if !more {
                break;
            }
        }
        let waits = self.follower.run.stage() == trireme_core::run::Stage::Approval;
        match (waits, self.shown) {
            (true, false) => self.propose().await,
            (false, true) if self.answer.take().is_some() => {
                out::say("the plan was decided on elsewhere");
                Ok(())
            }
            (true, true) => Ok(()),
            (false, _) => {
                self.face.draw(&self.follower).await;
                Ok(())
            }
        }
    }

    /// There is a plan: show it, and ask or tell how to approve it.
    async fn propose(&mut self) -> Result<(), Failure> {
        self.shown = true;
        self.face.close();
        if self.then == Then::Leave {
            self.command(Command::Pause);
            return Ok(());
        }
        if let (Some(plan), Some(quote)) = (self.follower.plan().await?, approval::quote(&self.follower.run))
        {
            out::tell(&format!("{}\n{}", approval::plan_text(&plan), approval::quote_text(&quote)));
        }
        if approval::can_ask() {
            self.answer = Some(approval::ask());
        } else {
            out::say(&format!(
                "the plan waits for you: trireme approve {0}   (or: trireme reject {0})",
                self.run
            ));
        }
        Ok(())
    }

    fn decide(&mut self, answer: Option<bool>) {
        match answer {
            Some(true) => {
                let plan = self.follower.run.plan().map(|plan| plan.hash);
                self.command(Command::Approve { plan });
            }
            Some(false) => self.command(Command::Reject { reason: String::new() }),
            None => out::say(&format!("the plan waits for you: trireme approve {}", self.run)),
        }
    }

    /// Once: nothing new starts. Twice: everything ends, unless it is only the terminal that went: that tells us so twice
    /// or more, and a kill is for good.
    fn stop(&mut self, stop: Stop) {
        if self.stops > 0 && stop == Stop::Gone {
            return;
        }
        self.stops += 1;
        if self.stops > 1 {
            return self.command(Command::Kill { target: Target::Run });
        }
        let calls = self.follower.view().counts.calls;
        self.face.say(&format!(
            "stopping: {calls} calls are on their way (again to kill); resume with: trireme resume {}",
            self.run
        ));
        if !self.follower.run.paused() {
            self.command(Command::Pause);
        }
    }

    fn command(&mut self, command: Command) {
        let orders = self.orders.clone();
        self.commands.spawn(async move { orders.command(command).await });
    }

    /// A command was answered. That the run is over is seen anyway.
    fn taken(&mut self, taken: Result<Result<(), Refusal>, tokio::task::JoinError>) {
        if let Ok(Err(why)) = taken
            && why != Refusal::Over
        {
            self.face.say(&why.to_string());
        }
    }
}

/// The Owner's answer, once there is one; waits for ever where nobody was asked.
async fn answered(asked: &mut Option<oneshot::Receiver<bool>>) -> Option<bool> {
    let Some(receiver) = asked else {
        return std::future::pending().await;
    };
    let answer = receiver.await.ok();
    *asked = None;
    answer
}

/// Who says stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// The Owner, or a machine that goes down.
    Said,
    /// Nobody: the terminal went.
    Gone,
}

/// The signals that say stop.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Signals {
    /// Listens from now on.
    pub(crate) fn new() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) -> Stop {
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Said,
            _ = self.terminate.recv() => Stop::Said,
            _ = self.hangup.recv() => Stop::Gone,
        }
    }
}
