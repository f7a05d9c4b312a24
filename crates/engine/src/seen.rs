//! What the agents of a task were given, byte for byte: every request to a model, made again from the log, and the files of
//! the folder. And of any one call, as a conversation, what was said.
//!
//! What is absent: keys, connections, and anything that is written. A request is made again by the code that made it the
//! first time, and held against the SHA-256 that its reply has on record: where the two differ (another version of the
//! prompts, a journal that somebody changed), it says so. Of a call without an answer there is nothing on record.
//!
//! ```text
//! trail   journal ──► every call of the task's agents, as the run stood when it left
//! parts   a request ──► its parts: system prompt, tools, what was told, results, what the model said
//! ```

mod parts;
mod trail;

use std::collections::BTreeMap;

use serde::Serialize;
use trireme_core::run::Run;
use trireme_core::run::event::Seat;
use trireme_core::run::state::{Agent, AttemptState};
use trireme_core::{
    AgentId, AttemptId, CommitId, Contract, Digest, EffectId, RunId, Seniority, TaskId, Tool, ToolSet, Wire,
};

use crate::blobs::Blobs;
use crate::bus::{Adapters, Governor};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::{Bearings, RunFolder};
use crate::past::Past;
use crate::workspace::{HeldFile, Repo, Sight, Worktree};
use crate::world::{Imprint, Parts, Record, World};

pub use crate::world::Utterance;
use parts::Shelf;
pub use parts::{PartKind, SeenPart};
use trail::Left;
pub(crate) use trail::{Trail, Whose};

/// Whose view is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// The task.
    pub task: TaskId,
    /// Which of its attempts, counted from 1; all of them where none is named.
    pub attempt: Option<u32>,
    /// Whether Reviewers are wanted beside the workers.
    pub reviewers: bool,
}

/// What the agents of a task were given.
#[derive(Debug, Serialize)]
pub struct Seen {
    /// The run.
    pub run: RunId,
    /// The task.
    pub task: TaskId,
    /// Its title.
    pub title: String,
    /// One by one, in the order of their attempts.
    pub agents: Vec<SeenAgent>,
}

/// What one agent was given.
#[derive(Debug, Serialize)]
pub struct SeenAgent {
    /// Which.
    pub agent: AgentId,
    /// worker or reviewer.
    pub role: &'static str,
    /// Its attempt, counted from 1.
    pub attempt: u32,
    /// How much model.
    pub seniority: Seniority,
    /// The commit that its attempt started from.
    pub base: CommitId,
    /// The files of its folder when it began; none where it has no tool that looks into one, and for a Reviewer, whose
    /// folder has every file of what it judges.
    pub folder: Option<Vec<HeldFile>>,
    /// What set-up commands left, and what is copied into its folder before its first command: paths. Their bytes are not
    /// on record.
    pub fittings: Vec<String>,
    /// Its requests, in order.
    pub calls: Vec<SeenCall>,
    /// What they consist of, each part once, in the order in which it was first sent.
    pub parts: Vec<SeenPart>,
    /// All parts together, in bytes.
    pub bytes: u64,
    /// The SHA-256 over all parts, each led by its length in eight bytes.
    pub sha256: Digest,
}

/// One request.
#[derive(Debug, Serialize)]
pub struct SeenCall {
    /// In which turn of the agent, counted from 1.
    pub turn: usize,
    /// Its effect, as in the log.
    pub effect: EffectId,
    /// The number of the event that let it leave.
    pub seq: u64,
    /// Whose it is.
    pub agent: AgentId,
    /// The model that it was sent to.
    pub model: String,
    /// Over which wire.
    pub wire: Wire,
    /// Its parts by their numbers, in order.
    pub parts: Vec<usize>,
    /// The SHA-256 of its body.
    pub sha256: Digest,
    /// The length of its body, in bytes.
    pub bytes: u64,
    /// Whether it is the request that left.
    pub record: OnRecord,
    /// What became of it.
    pub end: String,
}

/// One call, as a conversation.
#[derive(Debug, Serialize)]
pub struct Transcript {
    /// Its effect, as in the log.
    pub effect: EffectId,
    /// In which turn of its agent, counted from 1.
    pub turn: usize,
    /// The model that it was sent to.
    pub model: String,
    /// The names of the tools that it could call.
    pub tools: Vec<String>,
    /// What was said, in order; what the model answered comes last.
    pub said: Vec<Utterance>,
    /// How many of them the model was sent.
    pub sent: usize,
    /// What became of it.
    pub end: String,
}

/// Whether a request is, byte for byte, the one that left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRecord {
    /// It is.
    Same,
    /// It is not: that one had this hash.
    Differs {
        /// The hash on record.
        sent: Digest,
        /// How long that one was, in bytes.
        bytes: u64,
    },
    /// It is but for secrets that the model had written itself: they went back to it, and stand nowhere.
    Redacted,
    /// Nobody wrote down what left: no answer came, or an earlier version took it.
    Missing,
}

impl Engine {
    /// What the agents of a task were given. Nothing leaves, and nothing is written.
    ///
    /// # Errors
    /// Where the run or a payload of it can't be read, or the commit that an attempt started from is gone.
    pub async fn seen(&self, run: &RunId, wanted: Wanted) -> Result<Seen, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        let past = Past::open(&folder, self.vault()).await?;
        let looker = Looker::new(self, folder, &past.run).await?;
        let mut trail = Trail::read(&looker.folder, Whose::Task(wanted.task)).await?;
        let title = past.run.tasks().get(wanted.task).map(|task| task.outline.title.clone());
        let mut agents = Vec::new();
        for (id, agent, attempt, state) in agents_of(&past.run, wanted) {
            let left = trail.of(id);
            agents.push(looker.agent(&past.run, (id, agent), (attempt, state), left).await?);
        }
        Ok(Seen { run: run.clone(), task: wanted.task, title: title.unwrap_or_default(), agents })
    }
}

impl Engine {
    /// What was said in a call of any agent. Nothing leaves, and nothing is written.
    ///
    /// # Errors
    /// Where the call never left, or what was said can't be read.
    pub async fn transcript(&self, run: &RunId, effect: EffectId) -> Result<Transcript, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        let past = Past::open(&folder, self.vault()).await?;
        let looker = Looker::new(self, folder, &past.run).await?;
        let left = Trail::read(&looker.folder, Whose::Call(effect)).await?.call(effect);
        let never = || EngineError::usage(format!("call {effect} of {run} never left"));
        looker.transcript(left.ok_or_else(never)?).await
    }
}

/// The agents that are wanted, in the order of their attempts. Where an attempt has no worker, its Reviewer is.
fn agents_of(run: &Run, wanted: Wanted) -> Vec<(AgentId, &Agent, AttemptId, &AttemptState)> {
    let of_task = |(_, state): &(AttemptId, &AttemptState)| {
        state.task == wanted.task && wanted.attempt.is_none_or(|number| state.number == number)
    };
    let mut all = Vec::new();
    for (attempt, state) in run.attempts().iter().filter(of_task) {
        for (id, agent) in run.agents().iter() {
            let is_wanted = match agent.seat {
                Seat::Worker(of) => of == attempt,
                Seat::Reviewer(of) => of == attempt && (wanted.reviewers || state.worker.is_none()),
                Seat::Orchestrator
                | Seat::Triage
                | Seat::Manager(_)
                | Seat::Adviser(..)
                | Seat::Synthesist(_) => false,
            };
            if is_wanted {
                all.push((id, agent, attempt, state));
            }
        }
    }
    all
}

/// What it takes to look at a run.
pub(crate) struct Looker {
    pub(crate) folder: RunFolder,
    bearings: Bearings,
    repo: Repo,
    pub(crate) blobs: Blobs,
    catalogue: trireme_core::catalogue::Catalogue,
    /// What each provider speaks, as far as the configuration knows.
    wires: BTreeMap<String, Wire>,
}

impl Looker {
    pub(crate) async fn new(engine: &Engine, folder: RunFolder, run: &Run) -> Result<Self, EngineError> {
        let bearings = folder.bearings()?;
        Ok(Self {
            repo: Repo::reopen(engine.git(), &bearings.project, &folder.dir).await?,
            blobs: engine.blobs(&folder)?.read_only(),
            catalogue: run.catalogue().clone(),
            wires: engine.providers().all.into_iter().map(|source| (source.name, source.wire)).collect(),
            bearings,
            folder,
        })
    }

    /// A world that can read what was said, and nothing else.
    pub(crate) fn reading(&self) -> World {
        self.world(Adapters::unconnected(BTreeMap::new()))
    }

    /// A world that can read and write requests, and nothing else.
    fn world(&self, adapters: Adapters) -> World {
        World::new(Parts {
            folder: self.folder.clone(),
            repo: self.repo.clone(),
            blobs: self.blobs.clone(),
            adapters,
            catalogue: self.catalogue.clone(),
            governor: Governor::new(BTreeMap::new()),
            ground: None,
            setups: Vec::new(),
            bounds: Default::default(),
        })
    }

    async fn agent(
        &self,
        run: &Run,
        (id, agent): (AgentId, &Agent),
        (attempt, state): (AttemptId, &AttemptState),
        left: Vec<Left>,
    ) -> Result<SeenAgent, EngineError> {
        let role = if agent.seat == Seat::Worker(attempt) { "worker" } else { "reviewer" };
        self.repo.tree_of(&state.base).await.map_err(|_| self.gone(state))?;
        let (calls, shelf) = self.calls(left).await?;
        let parts = shelf.parts();
        Ok(SeenAgent {
            agent: id,
            role,
            attempt: state.number,
            seniority: agent.seniority,
            base: state.base.clone(),
            folder: self.files(run, agent, (attempt, state)).await?,
            fittings: fittings(run, agent),
            calls,
            bytes: parts.iter().map(|part| part.bytes).sum(),
            sha256: Digest::of_parts(parts.iter().map(|part| part.text.as_bytes())),
            parts,
        })
    }

    async fn transcript(&self, left: Left) -> Result<Transcript, EngineError> {
        let Left { effect, turn, call, reply, end, .. } = left;
        let world = self.reading();
        let mut said = world.said(&call).await.map_err(unreadable)?;
        let sent = said.len();
        if let Some(reply) = reply {
            said.extend(world.answered(reply).await.map_err(unreadable)?);
        }
        let tools = world.whole(&call.conversation).await.map_err(unreadable)?;
        let tools = tools.tools.iter().map(|tool| tool.name.clone().into_owned()).collect();
        Ok(Transcript { effect, turn, model: call.model, tools, said, sent, end })
    }

    fn gone(&self, state: &AttemptState) -> EngineError {
        let (number, base, project) = (state.number, &state.base, self.bearings.project.display());
        EngineError::failed(format!("attempt {number} started from {base}, which is gone from {project}"))
            .hint(format!("git -C {project} fsck --lost-found   (its requests hold files of that commit)"))
            .hint(format!("trireme log {} --json   (what is kept without it)", self.folder.run))
    }

    /// The files of a worker's folder when it began.
    async fn files(
        &self,
        run: &Run,
        agent: &Agent,
        (attempt, state): (AttemptId, &AttemptState),
    ) -> Result<Option<Vec<HeldFile>>, EngineError> {
        let looks = agent.seat == Seat::Worker(attempt) && agent.scope.tools != ToolSet::NONE;
        let Some(task) = run.tasks().get(state.task).filter(|_| looks) else { return Ok(None) };
        let bytes = self.blobs.get(task.contract).await?;
        let contract: Contract = serde_json::from_slice(&bytes).map_err(unreadable)?;
        let sight =
            Sight::of(&contract).and_then(|sight| sight.within(task.outline.scope.bounds.read.as_deref()));
        let sight = sight.map_err(unreadable)?;
        Ok(Some(Worktree::files_of(&self.repo, &state.base, &|path| sight.shows(path)).await?))
    }

    /// Requests of calls, made again, and their parts.
    pub(crate) async fn calls(&self, left: Vec<Left>) -> Result<(Vec<SeenCall>, Shelf), EngineError> {
        let (mut calls, mut shelf) = (Vec::new(), Shelf::default());
        let reading = self.reading();
        let mut wires = self.wires.clone();
        for Left { effect, seq, agent, turn, call, reply, end } in left {
            let record = match reply {
                Some(reply) => Some(reading.record(reply).await.map_err(unreadable)?),
                None => None,
            };
            let wire = self.wire(&call.model, record.as_ref(), &mut wires);
            let world = self.world(match self.bearings.scenario {
                Some(_) => Adapters::unconnected_player(wire),
                None => Adapters::unconnected(wires.clone()),
            });
            let given = world.given(&call).await.map_err(unreadable)?;
            let nobody = || unreadable(format!("nobody serves {}", call.model));
            let (request, made) = given.ok_or_else(nobody)?;
            let parts = shelf.put(&request);
            let record = OnRecord::of(record.as_ref(), made);
            let Imprint { sha256, bytes } = made;
            let model = call.model;
            calls.push(SeenCall { turn, effect, seq, agent, model, wire, parts, sha256, bytes, record, end });
        }
        Ok((calls, shelf))
    }

    /// What a call's provider speaks: by its reply, else by what was learned of it last.
    fn wire(&self, model: &str, record: Option<&Record>, wires: &mut BTreeMap<String, Wire>) -> Wire {
        let provider = self.catalogue.models.get(model).map(|row| row.provider.clone()).unwrap_or_default();
        let is_played = self.bearings.scenario.is_some();
        let learned = wires.get(&provider).copied().filter(|_| !is_played);
        let wire = record.map(|record| record.wire).or(learned).unwrap_or(Wire::Anthropic);
        wires.insert(provider, wire);
        wire
    }
}

/// What comes into an agent's folder beside the files of its base.
fn fittings(run: &Run, agent: &Agent) -> Vec<String> {
    let setups = run.head().filter(|_| agent.scope.has(Tool::Run)).map(|head| head.setups.as_slice());
    setups.unwrap_or_default().iter().flat_map(|setup| setup.paths.iter().cloned()).collect()
}

impl OnRecord {
    fn of(record: Option<&Record>, made: Imprint) -> Self {
        match record {
            Some(Record { held_secret: true, .. }) => Self::Redacted,
            Some(Record { sent: Some(sent), .. }) if *sent == made => Self::Same,
            Some(Record { sent: Some(Imprint { sha256, bytes }), .. }) => {
                Self::Differs { sent: *sha256, bytes: *bytes }
            }
            Some(Record { sent: None, .. }) | None => Self::Missing,
        }
    }
}

pub(crate) fn unreadable(why: impl std::fmt::Display) -> EngineError {
    EngineError::failed(format!("what is kept of the run can't be read: {why}"))
}
