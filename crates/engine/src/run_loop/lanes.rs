//! Lanes: what is owed waits here for its place, runs, and is dropped when it is owed no more.
//!
//! A call keeps its place from the moment its request is put together until its answer is there, so that no money is
//! promised to calls that can't leave yet.

use std::collections::{HashMap, HashSet, VecDeque};

use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};
use trireme_core::limits::{CALLS_IN_FLIGHT, COMMANDS_AT_ONCE, FILE_TOOLS_AT_ONCE, QUEUE, SERVERS_AT_ONCE};
use trireme_core::run::event::Seat;
use trireme_core::run::state::AgentState;
use trireme_core::run::{Effect, Outcome, Run};
use trireme_core::{AgentId, CommitId, EffectId};

use crate::error::EngineError;
use crate::world::{Desk, Job, Lane, World};

/// How long the naming of tips may take after everything else has stopped.
const NAMING: std::time::Duration = std::time::Duration::from_millis(400);

/// What runs, and what waits to.
pub(super) struct Lanes {
    world: World,
    answer: mpsc::Sender<(EffectId, Result<Outcome, EngineError>)>,
    tasks: JoinSet<()>,
    running: HashMap<EffectId, (Lane, AbortHandle)>,
    /// Agents whose call is anywhere between being put together and being answered.
    calling: HashSet<AgentId>,
    waiting: HashMap<Lane, VecDeque<EffectId>>,
    /// Calls whose money is promised already: they go first.
    funded: VecDeque<EffectId>,
    /// Tips of branches that are to be named.
    marks: Option<mpsc::Sender<(String, CommitId)>>,
    namer: JoinSet<()>,
}

impl Lanes {
    /// Empty lanes; answers go to `answer`.
    pub(super) fn new(world: World, answer: mpsc::Sender<(EffectId, Result<Outcome, EngineError>)>) -> Self {
        let (marks, mut names) = mpsc::channel::<(String, CommitId)>(QUEUE);
        let mut namer = JoinSet::new();
        let naming = world.clone();
        namer.spawn(async move {
            while let Some((name, commit)) = names.recv().await {
                naming.mark(&name, &commit).await;
            }
        });
        Self {
            world,
            answer,
            tasks: JoinSet::new(),
            running: HashMap::new(),
            calling: HashSet::new(),
            waiting: HashMap::new(),
            funded: VecDeque::new(),
            marks: Some(marks),
            namer,
        }
    }

    /// Puts an effect into its lane.
    pub(super) fn queue(&mut self, id: EffectId, effect: &Effect) {
        if matches!(effect, Effect::Call { .. }) {
            self.funded.push_back(id);
        } else {
            self.waiting.entry(Job::lane(effect)).or_default().push_back(id);
        }
    }

    /// An effect was answered.
    pub(super) fn answered(&mut self, id: EffectId) {
        self.running.remove(&id);
    }

    /// Starts what has a place. On `hold` nothing new starts, but calls with money leave.
    pub(super) fn start(&mut self, run: &Run, hold: bool) {
        while let Some(id) = self.funded.pop_front() {
            self.launch(run, id);
        }
        let running = &self.running;
        self.calling.retain(|agent| holds_place(run, running, *agent));
        if hold {
            return;
        }
        for (lane, places) in [
            (Lane::Call, CALLS_IN_FLIGHT),
            (Lane::Light, FILE_TOOLS_AT_ONCE),
            (Lane::Heavy, COMMANDS_AT_ONCE),
            (Lane::Foreign, SERVERS_AT_ONCE),
        ] {
            while self.taken(lane) < places {
                let Some(id) = self.waiting.get_mut(&lane).and_then(VecDeque::pop_front) else { break };
                self.launch(run, id);
            }
        }
    }

    /// Forgets tasks that are over. One that panicked is a bug of ours, and the process goes down with it: the journal
    /// has the truth, and the run can be resumed.
    pub(super) fn reap(&mut self) {
        while let Some(ended) = self.tasks.try_join_next() {
            if let Err(error) = ended
                && error.is_panic()
            {
                std::panic::resume_unwind(error.into_panic());
            }
        }
    }

    fn taken(&self, lane: Lane) -> usize {
        match lane {
            Lane::Call => self.calling.len(),
            Lane::Light | Lane::Heavy | Lane::Foreign => {
                self.running.values().filter(|(other, _)| *other == lane).count()
            }
        }
    }

    fn launch(&mut self, run: &Run, id: EffectId) {
        let Some((_, effect)) = run.owed_from(id).next().filter(|(owed, _)| *owed == id) else { return };
        let job = Job::of(run, effect);
        if let Effect::Compose { agent } | Effect::Call { agent, .. } = effect {
            self.calling.insert(*agent);
        }
        let (world, answer) = (self.world.clone(), self.answer.clone());
        let handle = self.tasks.spawn(async move {
            let outcome = match job {
                Some(job) => world.perform(job).await,
                None => Ok(Outcome::Broken { reason: "the run does not say how to do it".to_owned() }),
            };
            // The loop is gone only when the run is put away, and then nobody needs the answer.
            let _ = answer.send((id, outcome)).await;
        });
        self.running.insert(id, (Job::lane(effect), handle));
    }

    /// Stops what is owed no more: its processes die and its connections close with it.
    pub(super) fn drop_unowed(&mut self, run: &Run) {
        self.running.retain(|id, (_, handle)| {
            let owed = run.owes(*id);
            if !owed {
                handle.abort();
            }
            owed
        });
    }

    /// An agent is gone; its folder goes too, beside the work.
    pub(super) fn clear_desk(&mut self, seat: Seat) {
        let world = self.world.clone();
        self.tasks.spawn(async move { world.clear_desk(seat).await });
    }

    /// An agent will sit down at a desk; its folder is made beside the work.
    pub(super) fn prepare(&mut self, desk: Option<Desk>) {
        let world = self.world.clone();
        if let Some(desk) = desk {
            self.tasks.spawn(async move { world.prepare(desk).await });
        }
    }

    /// Keeps the tip of a branch under a name. Tips are named in the order in which they came to be.
    pub(super) fn mark(&mut self, name: String, commit: CommitId) {
        let full = self.marks.as_ref().is_none_or(|marks| marks.try_send((name, commit)).is_err());
        if full {
            tracing::warn!("a branch of the run was not named; its commits are on record all the same");
        }
    }

    /// Whether a call is on its way.
    pub(super) fn has_calls(&self) -> bool {
        self.running.values().any(|(lane, _)| *lane == Lane::Call)
    }

    /// Whether nothing runs, and nothing with money waits to.
    pub(super) fn is_quiet(&self, run: &Run) -> bool {
        self.funded.is_empty() && !self.running.keys().any(|id| run.owes(*id))
    }

    /// Drops everything that runs, and waits until it is gone.
    pub(super) async fn stop(&mut self) {
        for (_, handle) in self.running.values() {
            handle.abort();
        }
        // A git that is killed while it names a tip leaves a lock behind: those on the way may finish.
        self.marks = None;
        let _ = tokio::time::timeout(NAMING, self.namer.join_next()).await;
        self.tasks.shutdown().await;
    }
}

/// Whether an agent's call is on its way. One that waits for its next turn has given its place back.
fn holds_place(run: &Run, running: &HashMap<EffectId, (Lane, AbortHandle)>, agent: AgentId) -> bool {
    match run.agents().get(agent).map(|agent| &agent.state) {
        Some(AgentState::Composing(effect) | AgentState::Calling(effect)) => running.contains_key(effect),
        Some(
            AgentState::Parked { .. }
            | AgentState::Pausing(_)
            | AgentState::Acting
            | AgentState::Resting
            | AgentState::Ended(_),
        )
        | None => false,
    }
}
