//! The run loop: the only one who changes a run.
//!
//! ```text
//!  outcomes ─┐
//!  inbox ────┼─► batch ─► commit (decide, write down) ─► start what is owed ─► the world
//!  timers ───┘                                      └──► view, for whoever looks
//! ```
//!
//! While one batch is being written down, the next one gathers: that is all the group commit there is. An effect is
//! started only after the event that owes it is on the disk, and stopped by dropping it once it is owed no more.

mod keeper;
mod lanes;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use trireme_core::EffectId;
use trireme_core::limits::{BATCH, INBOX_POLL_MS, QUEUE, VIEW_EVERY_MS};
use trireme_core::run::event::{
    AgentEvent, BranchEvent, Event, OpinionEvent, RunEnd, RunEvent, Seat, TaskEvent,
};
use trireme_core::run::{Command, Input, Outcome, Refusal, Run, Stamped, Subject};
use trireme_core::view::View;

use crate::clock;
use crate::error::EngineError;
use crate::journal::Inbox;
use crate::scribe::Scribe;
use crate::world::{Desk, World};

use keeper::{Committed, Incoming};
pub use keeper::{Keeper, catch_up, peek, read};
pub(crate) use keeper::{fold, posted};
use lanes::Lanes;

/// How a loop came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The run is over.
    Ended(RunEnd),
    /// The run is paused, and nothing is on its way. It can be resumed.
    Stopped,
}

/// What became of an effect, or why the loop has to stop.
type Answer = Result<Outcome, EngineError>;

/// A command of this process, and where its answer goes.
pub struct Order {
    /// What is commanded.
    pub command: Command,
    /// Whether it was taken.
    pub answer: oneshot::Sender<Result<(), Refusal>>,
}

/// The loop's ends for whoever started it.
pub struct Ends {
    /// Commands go in here.
    pub orders: mpsc::Sender<Order>,
    /// The newest view comes out here.
    pub views: watch::Receiver<Arc<View>>,
}

/// The loop of one run.
pub struct RunLoop {
    keeper: Keeper,
    world: World,
    inbox: Inbox,
    lanes: Lanes,
    answers: mpsc::Receiver<(EffectId, Answer)>,
    orders: mpsc::Receiver<Order>,
    views: watch::Sender<Arc<View>>,
    /// Effects from here on have not been looked at yet.
    next: EffectId,
    /// Why the loop has to stop, once the calls that are on their way have been heard.
    stopping: Option<EngineError>,
}

impl RunLoop {
    /// A loop around a run and its journal; nothing runs until [`RunLoop::run`].
    pub fn new(keeper: Keeper, world: World, inbox: Inbox) -> (Self, Ends) {
        let (answer, answers) = mpsc::channel(QUEUE);
        let (give, orders) = mpsc::channel(QUEUE);
        let (views, seen) = watch::channel(Arc::new(View::of(keeper.run())));
        let lanes = Lanes::new(world.clone(), answer);
        let next = EffectId(0);
        let ends = Ends { orders: give, views: seen };
        (Self { keeper, world, inbox, lanes, answers, orders, views, next, stopping: None }, ends)
    }

    /// Runs until the run is over or stopped, and has its log written meanwhile. On an error everything that runs is stopped;
    /// the journal has the truth.
    ///
    /// # Errors
    /// Where the journal refuses, the disk is full, or a rule of the run does not hold.
    pub async fn run(mut self, scribe: Scribe) -> Result<Finish, EngineError> {
        self.world.open();
        let (stop, stopped) = watch::channel(());
        let mut log = JoinSet::new();
        log.spawn(scribe.follow(stopped));
        let finish = self.go_on().await;
        self.show();
        self.lanes.stop().await;
        self.world.close().await;
        self.world.kill_leftovers().await;
        if let Ok(Finish::Ended(end)) = finish {
            // What a failed run has merged may be all that there is to show: its references stay.
            self.world.clean_up(end == RunEnd::Failed).await;
        }
        drop(stop);
        let told = log.join_next().await;
        if !matches!(told, Some(Ok(Ok(())))) {
            // What kept it from writing may be over.
            self.keeper.tell(self.world.dir()).await;
        }
        self.keeper.close().await;
        finish
    }

    async fn go_on(&mut self) -> Result<Finish, EngineError> {
        self.mark_tips();
        self.start_owed();
        let mut poll = tokio::time::interval(Duration::from_millis(INBOX_POLL_MS));
        poll.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut draw_next = self.show();
        loop {
            self.lanes.reap();
            if let Some(finish) = self.finish() {
                return Ok(finish);
            }
            if let Some(error) = self.stopping.take_if(|_| !self.lanes.has_calls()) {
                return Err(error);
            }
            let (inputs, waiting) = self.gather(&mut poll).await?;
            if !inputs.is_empty() {
                let committed = self.keeper.commit(inputs).await?;
                self.tell(waiting, &committed);
                self.follow(&committed);
            }
            if tokio::time::Instant::now() >= draw_next {
                draw_next = self.show();
            }
        }
    }

    fn run_ref(&self) -> &Run {
        self.keeper.run()
    }

    /// The next batch: at least one input, unless only time has passed.
    async fn gather(
        &mut self,
        poll: &mut tokio::time::Interval,
    ) -> Result<(Vec<Incoming>, Vec<(usize, oneshot::Sender<Result<(), Refusal>>)>), EngineError> {
        let mut inputs = Vec::new();
        let mut waiting = Vec::new();
        let due = self.time_until_due();
        tokio::select! {
            biased;
            _ = poll.tick() => inputs.extend(self.keeper.commands(&mut self.inbox).await?),
            Some(order) = self.orders.recv() => take_order(order, &mut inputs, &mut waiting),
            Some((effect, answer)) = self.answers.recv() => inputs.extend(self.answered(effect, answer)),
            () = tokio::time::sleep(due) => inputs.push(stamped(Input::Tick)),
        }
        while inputs.len() < BATCH {
            let Ok((effect, answer)) = self.answers.try_recv() else { break };
            inputs.extend(self.answered(effect, answer));
        }
        Ok((inputs, waiting))
    }

    /// An effect's answer as an input. Where the machine can't go on, the effect stays owed and nothing new starts; calls
    /// that are on their way are heard first, for they are paid.
    fn answered(&mut self, effect: EffectId, answer: Answer) -> Option<Incoming> {
        self.lanes.answered(effect);
        match answer {
            Ok(outcome) => Some(stamped(Input::Outcome { effect, outcome })),
            Err(error) => {
                self.stopping.get_or_insert(error);
                self.world.hold(true);
                None
            }
        }
    }

    fn time_until_due(&self) -> Duration {
        let due = self.run_ref().next_deadline().map(|at| at.since(clock::now()));
        Duration::from_millis(due.unwrap_or(60_000))
    }

    fn tell(&self, waiting: Vec<(usize, oneshot::Sender<Result<(), Refusal>>)>, committed: &Committed) {
        for (place, answer) in waiting {
            let taken = committed.taken.get(place).cloned().unwrap_or(Ok(()));
            // Whoever asked may be gone; the journal has the command all the same.
            let _ = answer.send(taken);
        }
    }

    /// What has happened: stop what is owed no more, start what is, tidy up behind those who are gone.
    fn follow(&mut self, committed: &Committed) {
        if committed.events.iter().any(|(_, event)| ends_something(event)) {
            self.lanes.drop_unowed(self.keeper.run());
        }
        for (_, event) in &committed.events {
            self.tidy(event);
        }
        self.start_owed();
    }

    fn tidy(&mut self, event: &Event) {
        let run = self.keeper.run();
        match event {
            Event::Agent(AgentEvent::AgentEnded { agent, .. }) => {
                let seat = run.agents().get(*agent).map(|agent| agent.seat);
                // A worker's folder is still needed for its commit.
                if let Some(seat @ (Seat::Manager(_) | Seat::Reviewer(_))) = seat {
                    self.lanes.clear_desk(seat);
                }
            }
            Event::Task(TaskEvent::AttemptBegan { attempt, .. }) => {
                self.lanes.prepare(Desk::of_attempt(run, *attempt));
            }
            Event::Task(TaskEvent::AttemptEnded { attempt, .. }) => {
                self.lanes.clear_desk(Seat::Worker(*attempt));
            }
            Event::Run(RunEvent::PhaseBegan { phase, base }) => {
                let sections = run.phases().get(*phase).map_or(0, |phase| phase.sections.len());
                self.world.make_ahead(base, sections);
            }
            Event::Branch(BranchEvent::Advanced { subject, commit, .. }) => {
                if let Some(name) = branch_name(run, *subject) {
                    self.lanes.mark(name, commit.clone());
                }
            }
            Event::Opinion(OpinionEvent::OpinionClosed { opinion, .. }) => {
                self.lanes.clear_desk(Seat::Synthesist(*opinion));
            }
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }

    /// Whoever owned the run before may have gone before it named these.
    fn mark_tips(&mut self) {
        let run = self.keeper.run();
        for (id, section) in run.sections().iter() {
            if let (Some(tip), true) = (&section.tip, section.tip != section.base) {
                self.lanes.mark(format!("section/{}", id.0), tip.clone());
            }
        }
    }

    fn start_owed(&mut self) {
        let run = self.keeper.run();
        for (id, effect) in run.owed_from(self.next) {
            self.lanes.queue(id, effect);
        }
        self.next = run.next_effect();
        let hold = run.paused() || self.stopping.is_some();
        self.world.hold(hold);
        self.lanes.start(run, hold);
    }

    fn finish(&self) -> Option<Finish> {
        let run = self.run_ref();
        match run.end() {
            Some(end) => Some(Finish::Ended(end)),
            None => (run.paused() && self.lanes.is_quiet(run)).then_some(Finish::Stopped),
        }
    }

    /// Draws the view, and says when the next one is due: drawing a large run takes a twentieth of the time at most.
    fn show(&self) -> tokio::time::Instant {
        let began = tokio::time::Instant::now();
        self.views.send_replace(Arc::new(View::of(self.run_ref())));
        began + Duration::from_millis(VIEW_EVERY_MS).max(began.elapsed() * 20)
    }
}

/// The name under which the tip of a branch is kept while the run goes on.
fn branch_name(run: &Run, subject: Subject) -> Option<String> {
    match subject {
        Subject::Task(attempt) => Some(format!("section/{}", run.section_of_attempt(attempt)?.0)),
        Subject::Phase(section) => Some(format!("phase/{}", run.sections().get(section)?.outline.phase.0)),
        Subject::Attempt(_) | Subject::Section(_) | Subject::Needs(_) | Subject::Run => None,
    }
}

fn stamped(input: Input) -> Incoming {
    Incoming { stamped: Stamped { at: clock::now(), input }, command: None }
}

fn take_order(
    order: Order,
    inputs: &mut Vec<Incoming>,
    waiting: &mut Vec<(usize, oneshot::Sender<Result<(), Refusal>>)>,
) {
    waiting.push((inputs.len(), order.answer));
    inputs.push(stamped(Input::Command(order.command)));
}

fn ends_something(event: &Event) -> bool {
    matches!(
        event,
        Event::Agent(AgentEvent::AgentEnded { .. })
            | Event::Task(TaskEvent::AttemptEnded { .. })
            | Event::Branch(BranchEvent::SectionEnded { .. })
            | Event::Run(RunEvent::Ended { .. })
    )
}
