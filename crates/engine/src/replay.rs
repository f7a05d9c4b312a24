//! A recorded run against today's code: its prompts are made again, and its machine is driven again with the answers that
//! came. Where anything is otherwise, the first of it is told.
//!
//! What is absent: calls, commands and clocks. What models answered, tools and checks found and the Owner said comes out of the
//! record, and nothing is written but merges that git had already.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::log::LogLine;
use trireme_core::run::again::{Again, Beginning, Mismatch, Origin, ProposalBlobs, edit};
use trireme_core::run::event::{AgentEvent, BranchEvent, Event, RunEvent, TaskEvent};
use trireme_core::run::{Effect, Input, Outcome, Proposal, Run};
use trireme_core::{BlobRef, EffectId, Millis, Reply, RunId};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::journal::Reader;
use crate::past::Past;
use crate::run_loop;
use crate::seen::{Looker, OnRecord, SeenCall, Trail, Whose, unreadable};
use crate::world::{Call, Job, World};

/// A run, replayed.
#[derive(Debug, Serialize)]
pub struct Replay {
    /// The run.
    pub run: RunId,
    /// Its requests.
    pub calls: ReplayedCalls,
    /// Events that are recorded.
    pub recorded: u64,
    /// Events that came again, from the first on.
    pub events: u64,
    /// Verdicts in them: of criteria, attempts, sections and the run.
    pub verdicts: u64,
    /// The first event that is another one.
    pub parting: Option<Parting>,
    /// Where an earlier version did not write down what it takes to go on.
    pub untold: Option<Untold>,
}

/// Requests to models, made again.
#[derive(Debug, Default, Serialize)]
pub struct ReplayedCalls {
    /// Byte for byte as they were sent.
    pub same: u64,
    /// Otherwise.
    pub differing: u64,
    /// As they were sent but for secrets, which are not written down.
    pub redacted: u64,
    /// With nothing on record to compare them with: no answer came, or an earlier version took it.
    pub missing: u64,
    /// The first that is otherwise.
    pub first: Option<SeenCall>,
}

/// Where today's run and the recorded one part.
#[derive(Debug, Serialize)]
pub struct Parting {
    /// The number of the event.
    pub seq: u64,
    /// What is recorded; none where nothing is.
    pub recorded: Option<Fact>,
    /// What happens today; none where nothing does.
    pub today: Option<Fact>,
}

/// An event, in a sentence and in full.
#[derive(Debug, Serialize)]
pub struct Fact {
    /// As in the log.
    pub line: LogLine,
    /// As in the journal.
    pub event: Event,
}

/// Something that is not on record.
#[derive(Debug, Serialize)]
pub struct Untold {
    /// The event from which on nothing is compared.
    pub seq: u64,
    /// What is missing.
    pub what: &'static str,
}

impl Replay {
    /// Whether anything is otherwise.
    #[must_use]
    pub const fn differs(&self) -> bool {
        self.calls.differing > 0 || self.parting.is_some()
    }
}

impl Engine {
    /// Holds a recorded run against today's code.
    ///
    /// # Errors
    /// Where the run, a payload of it, or a commit that it looked at can't be read.
    pub async fn replay(&self, id: &RunId) -> Result<Replay, EngineError> {
        let folder = RunFolder::of(&self.settings().state, id);
        let past = Past::open(&folder, self.vault()).await?;
        if !past.run.shreds().is_empty() {
            return Err(EngineError::usage(format!(
                "payloads of {id} were deleted by a rule: nobody can replay it"
            ))
            .hint(format!("trireme log {id} --type shredded   (when, and why)"))
            .hint(format!("trireme show {id} --at SEQ   (what its events tell is there)")));
        }
        let looker = Looker::new(self, folder, &past.run).await?;
        let left = Trail::read(&looker.folder, Whose::All).await?.all();
        let (made, _) = looker.calls(left).await?;
        let calls = ReplayedCalls::of(made);
        let mut driver = Driver::new(&looker).await?;
        let end = driver.drive().await?;
        let (parting, untold) = match end {
            End::Done => (None, None),
            End::Untold(what) => (None, Some(Untold { seq: driver.seq + 1, what })),
            End::Parted(difference) => (Some(parting(&looker.folder, driver.seq, *difference).await?), None),
        };
        let alike = parting.as_ref().map_or(driver.seq, |parting| parting.seq.saturating_sub(1));
        let (recorded, verdicts) = (past.run.events(), driver.verdicts);
        Ok(Replay { run: id.clone(), calls, recorded, events: alike, verdicts, parting, untold })
    }
}

impl ReplayedCalls {
    fn of(made: Vec<SeenCall>) -> Self {
        let mut calls = Self::default();
        for call in made {
            match call.record {
                OnRecord::Same => calls.same += 1,
                OnRecord::Redacted => calls.redacted += 1,
                OnRecord::Missing => calls.missing += 1,
                OnRecord::Differs { .. } => {
                    calls.differing += 1;
                    calls.first.get_or_insert(call);
                }
            }
        }
        calls
    }
}

/// How far it came.
enum End {
    /// Every event came again.
    Done,
    /// That is not on record.
    Untold(&'static str),
    /// Something else happened.
    Parted(Box<Mismatch>),
}

/// Whoever drives a run again.
struct Driver {
    world: World,
    reader: Reader,
    again: Again,
    /// Calls on their way, as the run stood when they left.
    calls: BTreeMap<EffectId, Call>,
    ahead: Vec<(Millis, Event)>,
    /// The last event that came again.
    seq: u64,
    verdicts: u64,
}

impl Driver {
    async fn new(looker: &Looker) -> Result<Self, EngineError> {
        Ok(Self {
            world: looker.reading(),
            reader: Reader::open(&looker.folder.dir).await?,
            again: Again::default(),
            calls: BTreeMap::new(),
            ahead: Vec::new(),
            seq: 0,
            verdicts: 0,
        })
    }

    async fn drive(&mut self) -> Result<End, EngineError> {
        loop {
            self.look_ahead().await?;
            if self.ahead.is_empty() {
                return Ok(End::Done);
            }
            let taken = match self.again.origin(&self.ahead) {
                Origin::Untold(what) => return Ok(End::Untold(what)),
                Origin::Reply { effect, reply, content } => self.replied(effect, reply, content).await?,
                Origin::Input(input) => self.again.take(&self.ahead, input),
                Origin::Begin(beginning) => {
                    let input = self.beginning(*beginning).await?;
                    self.again.take(&self.ahead, input)
                }
                Origin::Edit(blobs) => {
                    let input = edit(self.proposal(blobs).await?);
                    self.again.take(&self.ahead, input)
                }
            };
            match taken {
                Ok(count) => self.pass(count),
                Err(difference) => return Ok(End::Parted(difference)),
            }
        }
    }

    /// Keeps as many events ahead as any input may bring, as long as there are any.
    async fn look_ahead(&mut self) -> Result<(), EngineError> {
        while self.ahead.len() < JOURNAL_PAGE {
            let read = u64::try_from(self.ahead.len()).unwrap_or(u64::MAX);
            let records = self.reader.read_from(self.seq + read + 1, JOURNAL_PAGE).await?;
            if records.is_empty() {
                return Ok(());
            }
            for record in &records {
                self.ahead.push(run_loop::read(record)?);
            }
        }
        Ok(())
    }

    /// Goes over events that came again.
    fn pass(&mut self, count: usize) {
        let passed: Vec<_> = self.ahead.drain(..count).collect();
        self.seq += u64::try_from(count).unwrap_or(u64::MAX);
        for (_, event) in &passed {
            self.verdicts += verdicts(event);
            if let Event::Agent(AgentEvent::Reserved { effect, .. }) = event
                && let Some(call) = call(self.again.run(), *effect)
            {
                self.calls.insert(*effect, call);
            }
        }
        let run = self.again.run();
        self.calls.retain(|effect, _| run.owes(*effect));
    }

    /// What a model asked for is read anew. A look at the repository was taken at some moment between the call and its answer:
    /// what either end of that brings counts.
    async fn replied(
        &mut self,
        effect: EffectId,
        reply: Reply,
        content: BlobRef,
    ) -> Result<Result<usize, Box<Mismatch>>, EngineError> {
        let late = call(self.again.run(), effect);
        let early = self.calls.remove(&effect);
        let is_same = |early: &Call, late: &Call| early.ground == late.ground && early.judges == late.judges;
        let before = match (&early, &late) {
            (Some(early), Some(late)) if !is_same(early, late) => Some(self.again.clone()),
            _ => None,
        };
        let Some(first) = early.as_ref().or(late.as_ref()) else {
            // Nobody waits for it: whatever it asks for, the machine says so.
            let outcome = Outcome::Replied { reply, content, asks: Vec::new() };
            return Ok(self.again.take(&self.ahead, Input::Outcome { effect, outcome }));
        };
        let taken = self.take_reply(first, (effect, reply.clone(), content)).await?;
        match (taken, before, &late) {
            (Err(_), Some(before), Some(late)) => {
                self.again = before;
                self.take_reply(late, (effect, reply, content)).await
            }
            (taken, ..) => Ok(taken),
        }
    }

    async fn take_reply(
        &mut self,
        call: &Call,
        (effect, reply, content): (EffectId, Reply, BlobRef),
    ) -> Result<Result<usize, Box<Mismatch>>, EngineError> {
        let asks = self.world.wanted(call, content).await.map_err(unreadable)?;
        let outcome = Outcome::Replied { reply, content, asks };
        Ok(self.again.take(&self.ahead, Input::Outcome { effect, outcome }))
    }

    async fn beginning(&self, beginning: Beginning) -> Result<Input, EngineError> {
        let intent = self.document(beginning.intent).await?;
        let given = match beginning.given {
            Some(plan) => Some(self.document(plan).await?),
            None => None,
        };
        let shortcut = match beginning.shortcut {
            Some(blobs) => Some(self.proposal(blobs).await?),
            None => None,
        };
        let begin = beginning.begin(intent, given, shortcut);
        begin.map(|begin| Input::Begin(Box::new(begin))).ok_or_else(|| unreadable("it has no beginning"))
    }

    async fn proposal(&self, blobs: ProposalBlobs) -> Result<Proposal, EngineError> {
        let contract = match blobs.contract {
            Some(contract) => Some(self.document(contract).await?),
            None => None,
        };
        Ok(blobs.proposal(self.document(blobs.plan).await?, contract))
    }

    async fn document<T: DeserializeOwned>(&self, blob: BlobRef) -> Result<T, EngineError> {
        self.world.document(blob).await.map_err(unreadable)
    }
}

/// A call that the run owes, as the run stands.
fn call(run: &Run, id: EffectId) -> Option<Call> {
    let (_, effect) = run.owed_from(id).next().filter(|(owed, _)| *owed == id)?;
    if !matches!(effect, Effect::Call { .. }) {
        return None;
    }
    match Job::of(run, effect)? {
        Job::Call(call) => Some(call),
        Job::Compose(_)
        | Job::Tool(_)
        | Job::Seal(_)
        | Job::Check(_)
        | Job::Merge(_)
        | Job::SetUp(_)
        | Job::Publish(_) => None,
    }
}

/// How many verdicts an event has.
fn verdicts(event: &Event) -> u64 {
    let count = match event {
        Event::Task(TaskEvent::Checked { findings, .. } | TaskEvent::Reviewed { findings, .. }) => {
            findings.len()
        }
        Event::Task(TaskEvent::AttemptEnded { .. })
        | Event::Branch(BranchEvent::SectionEnded { .. })
        | Event::Run(RunEvent::Ended { .. }) => 1,
        Event::Run(_)
        | Event::Money(_)
        | Event::Agent(_)
        | Event::Task(_)
        | Event::Branch(_)
        | Event::Opinion(_) => 0,
    };
    u64::try_from(count).unwrap_or(u64::MAX)
}

async fn parting(folder: &RunFolder, seq: u64, difference: Mismatch) -> Result<Parting, EngineError> {
    let Mismatch { alike, recorded, made } = difference;
    let before = seq + u64::try_from(alike).unwrap_or(u64::MAX);
    let seq = before + 1;
    let run = run_loop::fold(&mut Reader::open(&folder.dir).await?, before).await?;
    let fact = |(at, event): (Millis, Event)| Fact { line: LogLine::of(&run, seq, at, &event), event };
    Ok(Parting { seq, recorded: recorded.map(fact), today: made.map(fact) })
}
