//! Staying with a run that this process owns: showing it, asking the Owner, and stopping it when the Owner says so.

use std::pin::pin;
use std::process::ExitCode;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use trireme_core::report::render_text;
use trireme_core::run::event::RunEnd;
use trireme_core::run::{Command, Refusal, Stage, Target};
use trireme_core::{Digest, RunId};
use trireme_engine::{Engine, Finish, Live, Orders};

use crate::approval::Said;
use crate::editing::{self, Edit, Edited, Editor};
use crate::face::Face;
use crate::failure::Failure;
use crate::follower::Follower;
use crate::plan_text::plan_text;
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

/// What answering needs beside the run: a way to its folder, and the Owner's editor.
pub(crate) struct Hands {
    /// The engine.
    pub engine: Engine,
    /// The editor.
    pub editor: Editor,
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
    hands: Hands,
    /// The plan that was shown.
    shown: Option<Digest>,
    answer: Option<oneshot::Receiver<Said>>,
    /// How often the Owner has said stop.
    stops: u32,
}

/// Stays with a run until it is over or stopped; the follower then knows all of it. What it knew before is not told.
pub(crate) async fn attend(
    live: Live,
    follower: Follower,
    then: Then,
    hands: Hands,
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
        hands,
        shown: None,
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
            answer = answered(&mut attended.answer) => attended.decide(answer).await?,
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
    let report = follower.report(engine).await;
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
        let stage = self.follower.run.stage();
        let plan = self.follower.run.plan().map(|plan| plan.hash);
        match stage {
            Stage::Approval if self.shown != plan => self.propose(plan).await,
            Stage::Approval => Ok(()),
            // It went back to the Orchestrator; whoever still reads a line answers to the next one.
            Stage::Planning => {
                self.shown = None;
                self.face.draw(&self.follower).await;
                Ok(())
            }
            Stage::Unborn
            | Stage::Advising
            | Stage::Working(_)
            | Stage::Joining(_)
            | Stage::Checking(_)
            | Stage::Concluding(_)
            | Stage::Publishing(_)
            | Stage::Ended(_) => {
                if self.answer.take().is_some() {
                    out::say("the plan was decided on elsewhere");
                }
                self.face.draw(&self.follower).await;
                Ok(())
            }
        }
    }

    /// There is a plan: show it, and ask or tell how to approve it.
    async fn propose(&mut self, plan: Option<Digest>) -> Result<(), Failure> {
        self.shown = plan;
        self.face.close();
        if self.then == Then::Leave {
            self.command(Command::Pause);
            return Ok(());
        }
        let quote = approval::quote(&self.hands.engine, &self.follower.run).await;
        if let (Some(plan), Some(quote)) = (self.follower.plan().await?, quote) {
            out::tell(&format!("{}\n{}", plan_text(&plan, &self.follower.run), approval::quote_text(&quote)));
        }
        if self.answer.is_some() {
            out::say(approval::QUESTION);
        } else if approval::can_ask() {
            self.answer = Some(approval::ask());
        } else {
            out::say(&format!(
                "the plan waits for you: trireme approve {0}   (or: trireme edit {0}, trireme reject {0})",
                self.run
            ));
        }
        Ok(())
    }

    async fn decide(&mut self, answer: Option<Said>) -> Result<(), Failure> {
        match answer {
            Some(Said::Yes) => self.command(Command::Approve { plan: self.shown }),
            Some(Said::No) => self.command(Command::Reject { reason: String::new() }),
            Some(Said::Edit) => self.edit().await?,
            Some(Said::Sentence(sentence)) => {
                let text = self.hands.engine.put_text(&self.run, &sentence).await?;
                if let Err(why) = self.orders.command(Command::Revise { text }).await {
                    self.ask_again(&why.to_string());
                }
            }
            None => out::say(&format!("the plan waits for you: trireme approve {}", self.run)),
        }
        Ok(())
    }

    /// The plan in the Owner's editor. What is faulty is shown, stays in its file, and can be mended there.
    async fn edit(&mut self) -> Result<(), Failure> {
        let Some(plan) = self.follower.plan().await? else { return Ok(()) };
        let Hands { engine, editor } = &self.hands;
        let edit = Edit::of(engine, &self.run, &plan)?;
        let plan = match edit.open(editor).await {
            Ok(Edited::Plan(plan)) => *plan,
            Ok(Edited::Same) => {
                self.ask_again("nothing was changed");
                return Ok(());
            }
            Ok(Edited::Faulty(faults)) => return self.faulty(&edit, &faults),
            Err(failure) => {
                self.ask_again(&failure.render());
                return Ok(());
            }
        };
        let command = editing::command(engine, &self.run, plan).await?;
        match self.orders.command(command).await {
            Ok(()) => Ok(()),
            Err(why) => self.faulty(&edit, &[why.to_string()]),
        }
    }

    fn faulty(&mut self, edit: &Edit, faults: &[String]) -> Result<(), Failure> {
        edit.mark(faults)?;
        let faults = faults.join("\n");
        self.ask_again(&format!(
            "{faults}\nThe plan that waits is the old one; your text is kept in {}, and edit opens it again",
            edit.file.display()
        ));
        Ok(())
    }

    fn ask_again(&mut self, why: &str) {
        out::say(why);
        self.answer = Some(approval::ask());
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
async fn answered(asked: &mut Option<oneshot::Receiver<Said>>) -> Option<Said> {
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
