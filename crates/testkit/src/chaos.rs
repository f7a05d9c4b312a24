//! A seeded world in which anything may happen: any effect answers next, models babble, providers fail, the Owner
//! changes their mind, the process dies. Whatever happens, every rule holds and the run comes to its end.

mod babble;
mod begin;
mod mood;

use std::collections::BTreeMap;

use trireme_core::limits::QUESTION_DEADLINE_MS;
use trireme_core::run::event::RunEnd;
use trireme_core::run::input::Seal;
use trireme_core::run::{
    Command, Deadlines, Effect, Input, Outcome, Proposal, Refusal, Stage, Subject, Target,
};
use trireme_core::words::*;

use crate::fixtures::{begin, blob, lodge, plan, roles, setup, shortcut};
use crate::play::{held, weigh};
use crate::{Cast, Prng, World};
use begin::{cast, question, stakes, take_path};
use mood::{Mood, mood};

/// More steps than any run needs.
const STEPS: u64 = 40_000;

/// A world that a seed decides.
#[derive(Debug)]
pub struct Chaos {
    /// The world.
    pub world: World,
    /// Its chance.
    pub rng: Prng,
    /// What its models do when they are diligent.
    pub cast: Cast,
    mood: Mood,
    /// Usage that a call was billed for, decided when it left.
    usage: BTreeMap<EffectId, Truth>,
    /// Models that are down: until when, and what they say.
    down: BTreeMap<String, (Millis, Fault)>,
    commits: u64,
}

/// What becomes of a call, decided when it leaves.
#[derive(Clone, Debug)]
enum Truth {
    Reply(Option<Usage>),
    Fault(Fault),
    /// It never leaves.
    Unsent(Option<u64>),
}

impl Chaos {
    /// The world of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut rng = Prng::new(seed);
        let cast = cast(&mut rng);
        let mood = mood(&mut rng);
        let total = Money::cents(*rng.pick(&[1, 10, 60, 150, 400, 1_000, 5_000, 20_000]));
        let reserve = u32::try_from(*rng.pick(&[0, 2, 10, 10, 30])).unwrap();
        let mut start = begin(total, reserve, rng.percent(70));
        if rng.percent(20) || reserve == 0 {
            start.plan = Some(crate::fixtures::lodge(cast.plan.clone()));
        }
        if rng.percent(30) {
            start.deadlines = Deadlines {
                attempt_idle_s: *rng.pick(&[10, 600]),
                attempt_s: *rng.pick(&[30, 3_000]),
                section_s: *rng.pick(&[60, 9_000]),
            };
        }
        if rng.percent(15) {
            start.stakes = stakes(&mut rng);
        }
        if rng.percent(4) {
            start.plan = None;
            start.question = Some(question(&mut rng));
        }
        if rng.percent(10) && start.question.is_none() {
            // Nobody could contradict anybody.
            let alone = toml::from_str("[pins]\nadviser = \"grand\"").unwrap();
            start.catalogue = start.catalogue.with(alone).unwrap();
        }
        if start.plan.is_none() && start.question.is_none() && rng.percent(35) {
            take_path(&mut start, &mut rng);
        }
        if rng.percent(40) {
            start.roles = roles();
        }
        // Not by the dice: the seeds that found something stay what they are.
        if seed % 7 == 3 {
            start.setups = vec![setup("node", "run"), setup("venv", "section")];
        }
        let world = World::begin(start);
        Self { world, rng, cast, mood, usage: BTreeMap::new(), down: BTreeMap::new(), commits: 0 }
    }

    /// Lets the world go on until the run is over.
    ///
    /// # Panics
    /// Where a rule is broken, nothing moves any more, or there is no end.
    pub fn finish(&mut self) -> RunEnd {
        for _ in 0..STEPS {
            if let Some(end) = self.world.run.end() {
                return end;
            }
            self.step();
        }
        panic!("no end after {STEPS} steps:\n{}", self.world.state());
    }

    fn step(&mut self) {
        self.world.now = self.world.now.plus(self.rng.below(200));
        if self.rng.below(1_000) < self.mood.crash {
            return self.crash();
        }
        if self.rng.below(1_000) < self.mood.owner {
            return self.owner();
        }
        if self.rng.below(1_000) < self.mood.down {
            self.go_down();
        }
        if !self.world.run.paused() {
            self.send_calls();
        }
        let ready = self.ready();
        if !ready.is_empty() && self.rng.percent(97) {
            let effect = *self.rng.pick(&ready);
            return self.answer(effect);
        }
        // Work that is on its way comes back before a far deadline; near ones may pass first.
        let near = self.world.now.plus(2 * QUESTION_DEADLINE_MS);
        let next = self.world.run.next_deadline();
        if next.is_some_and(|due| ready.is_empty() || due <= near && self.rng.percent(30)) {
            self.world.wait();
            return;
        }
        if ready.is_empty() {
            assert!(self.world.waits_for_owner(), "nothing moves any more:\n{}", self.world.state());
            self.owner_must_act();
        }
    }

    /// The owner dies. It may take a while until another one comes, and commands may be taken in between.
    fn crash(&mut self) {
        self.usage.clear();
        let gone_ms = *self.rng.pick(&[0, 0, 1_000, 2 * QUESTION_DEADLINE_MS]);
        self.world.now = self.world.now.plus(gone_ms);
        self.world.stand_still();
        for _ in 0..self.rng.below(3) {
            if self.world.run.end().is_none() && self.world.run.paused() {
                self.owner();
            }
        }
        self.world.go_on();
    }

    /// Calls leave for the provider as soon as they are owed; what will be billed is decided then.
    fn send_calls(&mut self) {
        let calls: Vec<_> = self.world.run.owed().map(|(id, effect)| (id, effect.clone())).collect();
        for (id, effect) in calls {
            let Effect::Call { model, max_tokens, .. } = effect else {
                continue;
            };
            if self.world.sent.contains_key(&id) {
                continue;
            }
            let truth = self.truth(id, &model, max_tokens);
            let bound = self.world.run.ledger().reservation(id).unwrap().bound;
            let billed = match &truth {
                Truth::Reply(Some(usage)) => self.world.bill_of(&model, usage),
                Truth::Unsent(_) => Money::ZERO,
                Truth::Fault(fault) if fault.is_unbilled() => Money::ZERO,
                Truth::Reply(None) | Truth::Fault(_) => bound.fraction(self.rng.below(101), 100),
            };
            self.world.send(id, billed);
            self.usage.insert(id, truth);
        }
    }

    /// A model is down for a while, whoever asks it.
    fn go_down(&mut self) {
        let models: Vec<String> = self.world.run.catalogue().models.keys().cloned().collect();
        let model = self.rng.pick(&models).clone();
        let until = self.world.now.plus(*self.rng.pick(&[5_000, 60_000, 900_000, 4_000_000]));
        let message = "down".to_owned();
        let fault = match self.rng.below(8) {
            0 => Fault::Auth { message },
            1 => Fault::Billing { message },
            2 => Fault::WrongModel { served: message },
            3 => Fault::BadRequest { status: 404, message },
            4 => Fault::RateLimited { retry_after_ms: Some(until.since(self.world.now)) },
            5 => Fault::Unreachable { message },
            6 => Fault::Server { status: 503 },
            _ => Fault::Overloaded,
        };
        self.down.insert(model, (until, fault));
    }

    fn truth(&mut self, call: EffectId, model: &str, max_tokens: u64) -> Truth {
        if let Some((_, fault)) = self.down.get(model).filter(|(until, _)| self.world.now < *until) {
            return Truth::Fault(fault.clone());
        }
        if self.rng.below(300) < self.mood.fault {
            return Truth::Unsent(*self.rng.pick(&[None, None, Some(20_000), Some(700_000)]));
        }
        if self.rng.percent(self.mood.fault) {
            return Truth::Fault(self.fault());
        }
        if self.rng.below(100) < self.mood.fault / 4 {
            return Truth::Reply(None);
        }
        let bound = self.world.run.ledger().reservation(call).unwrap().bound;
        // Small enough that it stays under the bound of every model here, unless the provider bills wrongly.
        let input = 200 + self.rng.below(800);
        let output = self.rng.below(max_tokens / 4 + 1);
        let wrong = self.rng.below(1_000) < self.mood.fault;
        let factor = if wrong && !bound.is_zero() { 40 } else { 1 };
        Truth::Reply(Some(Usage { input: input * factor, output: output * factor, ..Usage::default() }))
    }

    fn fault(&mut self) -> Fault {
        let message = "as it goes".to_owned();
        let pause = [None, Some(0), Some(1_500), Some(90_000)];
        match self.rng.below(14) {
            0 | 1 => Fault::RateLimited { retry_after_ms: *self.rng.pick(&pause) },
            2 | 3 => Fault::Overloaded,
            4 => Fault::Unreachable { message },
            5 => Fault::Server { status: 500 },
            6 | 7 => Fault::Cut { message },
            8 | 9 => Fault::Timeout,
            10 => Fault::Garbled { message },
            11 if self.rng.percent(30) => Fault::WrongModel { served: "other".to_owned() },
            12 if self.rng.percent(30) => Fault::Auth { message },
            13 if self.rng.percent(30) => Fault::ContextTooLong { message },
            _ => Fault::RateLimited { retry_after_ms: None },
        }
    }

    /// What may be answered now: everything that was started. A paused run starts nothing, but calls that left come back.
    fn ready(&self) -> Vec<EffectId> {
        let paused = self.world.run.paused();
        let started = |id: &EffectId| !paused || self.world.sent.contains_key(id);
        self.world.run.owed().map(|(id, _)| id).filter(started).collect()
    }

    fn answer(&mut self, id: EffectId) {
        // What is late is late, even if its answer comes in the same moment.
        self.world.feed(Input::Tick).unwrap();
        let Some((_, effect)) = self.world.run.owed().find(|(owed, _)| *owed == id) else { return };
        let effect = effect.clone();
        if !matches!(effect, Effect::Call { .. }) && self.rng.below(1_000) < self.mood.broken {
            // What was lost on this machine is done once more.
            return self.world.lose(id);
        }
        let outcome = if self.rng.below(1_000) < self.mood.broken {
            Outcome::Broken { reason: "the disk is full".to_owned() }
        } else {
            self.outcome(id, &effect)
        };
        let is_late = self.world.run.next_deadline().is_some_and(|due| due <= self.world.now);
        match self.world.answer(id, outcome.clone()) {
            // Whoever is sent away at a deadline that passed is not answered any more.
            Err(Refusal::NotOwed(_)) if is_late => return,
            answered => answered.unwrap(),
        }
        if self.rng.percent(3) {
            let before = self.world.journal.len();
            assert!(self.world.answer(id, outcome).is_err(), "{id} was answered twice");
            let fired = self.world.journal.len() != before;
            assert!(
                !fired || self.world.run.next_deadline().is_some() || self.world.run.owed().next().is_some()
            );
        }
    }

    fn outcome(&mut self, id: EffectId, effect: &Effect) -> Outcome {
        match effect {
            Effect::Compose { agent } => {
                let past = weigh(self.world.run.agents().get(*agent).unwrap(), self.mood.turn_bytes);
                Outcome::Composed { body_bytes: 500 + self.rng.below(6_000) + past }
            }
            Effect::Call { agent, model, .. } => self.call(id, *agent, model),
            Effect::Tool { tool, .. } => {
                let tree = tool.writes().then(|| self.tree());
                let output = blob(&format!("output {}", self.rng.below(self.mood.outputs)));
                Outcome::Done {
                    output,
                    ok: self.rng.percent(80),
                    tree,
                    whole: None,
                    ran: None,
                    refused: Vec::new(),
                }
            }
            Effect::Seal { .. } => self.seal(),
            Effect::Check { subject, .. } => self.check(*subject),
            Effect::Merge { ours, theirs, .. } => self.merge(ours, theirs),
            Effect::SetUp { .. } => self.set_up(),
            Effect::Publish { .. } => Outcome::Published,
        }
    }

    fn set_up(&mut self) -> Outcome {
        if self.rng.percent(3) {
            return Outcome::Broken { reason: "no folder could be made".to_owned() };
        }
        let fault = self.rng.percent(5).then(|| "set-up failed".to_owned());
        let output = self.rng.percent(50).then(|| blob("added 12 packages"));
        Outcome::SetUp(SetUpResult { output, took_ms: self.rng.below(90_000), fault })
    }

    fn call(&mut self, id: EffectId, agent: AgentId, model: &str) -> Outcome {
        let jitter = u16::try_from(self.rng.below(1_001)).unwrap();
        match self.usage.remove(&id) {
            Some(Truth::Fault(fault)) => Outcome::Faulted { fault, jitter },
            Some(Truth::Unsent(resumes_in_ms)) => Outcome::Unsent { resumes_in_ms },
            Some(Truth::Reply(usage)) => {
                let asks = self.asks(agent);
                let stop =
                    if asks.is_empty() && self.rng.percent(50) { Stop::MaxTokens } else { Stop::ToolUse };
                let reply = Reply { served: model.to_owned(), stop, usage, latency_ms: 10, sent: None };
                Outcome::Replied { reply, content: blob("reply"), asks }
            }
            None => Outcome::Faulted { fault: Fault::Lost, jitter },
        }
    }

    fn tree(&mut self) -> TreeId {
        self.commits += 1;
        TreeId(format!("tree{}", self.commits))
    }

    fn seal(&mut self) -> Outcome {
        let tree = self.tree();
        let fails = self.rng.percent(self.mood.fail);
        let commit = (!fails || self.rng.percent(50)).then(|| CommitId(format!("commit-{tree}")));
        let outside = if fails && self.rng.percent(50) { vec!["elsewhere".to_owned()] } else { Vec::new() };
        Outcome::Sealed(Seal { commit, tree, changed: 1, outside, weakened: Vec::new() })
    }

    fn check(&mut self, subject: Subject) -> Outcome {
        let files = self.world.run.files_for(subject);
        let missing = if self.rng.percent(self.mood.fail / 2) { files } else { Vec::new() };
        let held = held(&self.world.run, subject);
        let ids: Vec<String> = match subject {
            Subject::Attempt(_) | Subject::Task(_) if !held.is_empty() => held,
            Subject::Needs(_) => Vec::new(),
            Subject::Run => vec!["whole".to_owned()],
            Subject::Attempt(_) | Subject::Task(_) | Subject::Section(_) | Subject::Phase(_) => {
                vec!["unit".to_owned()]
            }
        };
        let mut finding = |criterion: String| {
            let verdict = match (self.rng.percent(self.mood.fail), self.rng.percent(80)) {
                (false, _) => Verdict::Pass,
                (true, true) => Verdict::Fail,
                (true, false) => Verdict::Unverifiable,
            };
            Finding::new(criterion, verdict, Evidence::None { reason: "chance".to_owned() })
        };
        let findings = ids.into_iter().map(&mut finding).collect();
        Outcome::Checked { findings, missing, artifacts: Vec::new() }
    }

    fn merge(&mut self, ours: &CommitId, theirs: &CommitId) -> Outcome {
        if self.rng.percent(self.mood.fail / 2) {
            return Outcome::Conflicted { paths: vec!["src/a.rs".to_owned()] };
        }
        let commit = CommitId(Digest::of(format!("{ours}+{theirs}").as_bytes()).short());
        let known = theirs.0.strip_prefix("commit-").map(str::to_owned);
        let tree = known.filter(|_| self.rng.percent(60)).map_or_else(|| self.tree(), TreeId);
        Outcome::Merged { commit, tree }
    }

    /// A command at a moment that nobody chose; many are refused, and that is right.
    fn owner(&mut self) {
        let run = &self.world.run;
        let (sections, tasks) = (run.sections().len() as u64, run.tasks().len() as u64);
        let (questions, requests) = (run.questions().len() as u64, run.requests().len() as u64);
        let spent = run.ledger().get(trireme_core::ledger::Ledger::RUN).unwrap().spent;
        let narrow = |number: u64| u32::try_from(number).unwrap();
        let open = run.requests().iter().find(|(_, request)| request.granted.is_none()).map(|(id, _)| id);
        let any = RequestId(narrow(self.rng.below(requests + 1)));
        let request = open.filter(|_| self.rng.percent(80)).unwrap_or(any);
        let command = match self.rng.below(14) {
            12 => Command::Revise { text: blob("smaller") },
            13 => self.another_plan(),
            0 if self.rng.percent(self.mood.kill / 4) => Command::Kill { target: Target::Run },
            1 if self.rng.percent(self.mood.kill) => {
                Command::Kill { target: Target::Section(SectionId(narrow(self.rng.below(sections + 1)))) }
            }
            2 if self.rng.percent(self.mood.kill) => {
                Command::Kill { target: Target::Task(TaskId(narrow(self.rng.below(tasks + 1)))) }
            }
            3 => Command::Pause,
            4 => Command::Resume,
            5 => Command::Budget { total: spent.plus(Money::cents(self.rng.below(2_000))) },
            6 if self.rng.percent(self.mood.kill) => {
                Command::Budget { total: spent.fraction(self.rng.below(100), 100) }
            }
            7 => Command::Answer {
                question: QuestionId(narrow(self.rng.below(questions + 1))),
                text: blob("yes"),
            },
            8 => {
                let amount = self.rng.percent(50).then(|| Money::cents(self.rng.below(500)));
                Command::Grant { request, amount }
            }
            9 => Command::Deny { request },
            10 => {
                let one = Recipient::Section(SectionId(narrow(self.rng.below(sections + 1))));
                let to = *self.rng.pick(&[Recipient::All, Recipient::Orchestrator, one]);
                Command::Memo { to, content: blob("listen") }
            }
            _ => Command::Approve { plan: None },
        };
        let _refused = self.world.command(command);
    }

    /// A plan of the Owner's: the cast's again, one without a Manager, or none that can be.
    fn another_plan(&mut self) -> Command {
        let proposal = match self.rng.below(4) {
            0 => Proposal { plan: lodge(plan(Vec::new())), contract: None },
            1 => {
                let intent = begin(Money::cents(100), 10, false).intent.body;
                shortcut(&intent, Path::Direct, Seniority::Mid, &["make".to_owned()])
            }
            _ => Proposal { plan: lodge(self.cast.plan.clone()), contract: None },
        };
        Command::EditPlan { proposal: Box::new(proposal) }
    }

    /// Everything waits for the Owner, so the Owner acts.
    fn owner_must_act(&mut self) {
        let run = &self.world.run;
        let open = run.requests().iter().find(|(_, request)| request.granted.is_none()).map(|(id, _)| id);
        let command = match (run.stage(), open) {
            (Stage::Approval, _) if self.rng.percent(20) => self.another_plan(),
            (Stage::Approval, _) if self.rng.percent(20) => Command::Revise { text: blob("smaller") },
            (Stage::Approval, _) if self.rng.percent(5) => Command::Reject { reason: "no".to_owned() },
            (Stage::Approval, _) => Command::Approve { plan: None },
            (_, Some(request)) if !run.paused() => Command::Deny { request },
            _ => Command::Resume,
        };
        if matches!(command, Command::EditPlan { .. } | Command::Revise { .. }) {
            let _refused = self.world.command(command);
        } else if self.world.run.paused() {
            self.world.feed(Input::Command(Command::Resume)).unwrap();
        } else {
            self.world.command(command).unwrap();
        }
    }
}
