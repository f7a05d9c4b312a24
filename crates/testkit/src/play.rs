//! A story is played: one owed effect is answered after the other, in the order in which they came to be owed.

use std::collections::BTreeMap;

use trireme_core::Run;
use trireme_core::judges::Weakening;
use trireme_core::run::event::{Seat, TaskOutline};
use trireme_core::run::input::Seal;
use trireme_core::run::state::Agent;
use trireme_core::run::{Command, CriteriaSource, Effect, Outcome, Subject};
use trireme_core::words::*;

use crate::fixtures::{begin, blob, lodge, shortcut};
use crate::{Script, World, journal, words};

/// More answers than any story needs.
const ANSWERS: usize = 5_000;

/// What goes wrong with one answer, to see whether it matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Disturbance {
    /// Nothing.
    #[default]
    None,
    /// The process dies when the n-th answer was due; the provider has billed.
    Lost(usize),
    /// The n-th answer comes twice.
    Twice(usize),
}

/// A story while it is played.
#[derive(Debug)]
pub struct Play {
    /// Its world.
    pub world: World,
    /// What it is made of.
    pub script: Script,
    /// Answers that were given.
    pub answers: usize,
    /// Calls that were lost on their way.
    pub lost: u32,
    /// What the Owner was refused.
    pub refused: Vec<String>,
    failures: BTreeMap<String, u32>,
    told: usize,
    /// What was owed when the run last went on: it is being done, and comes back even when the run stands still.
    begun: EffectId,
    owner: Vec<(String, Command)>,
    pending: Vec<Command>,
}

impl Play {
    /// Plays a story to its end, or to where only the Owner could go on.
    ///
    /// # Panics
    /// Where a rule is broken, or nothing moves any more although nobody waits for the Owner.
    #[must_use]
    pub fn through(script: Script, disturbance: Disturbance) -> Self {
        let mut start = begin(script.total, script.reserve, script.preapproved);
        start.catalogue = start.catalogue.with(script.declared.clone()).unwrap();
        for seniority in &script.unserved {
            start.catalogue.seniority.remove(seniority);
        }
        start.deadlines = start.deadlines.with(script.limits);
        start.stakes = script.stakes.clone();
        start.intent.body.stakes = script.wanted;
        start.question = script.question.clone();
        start.roles.clone_from(&script.roles);
        start.intent.body.checks.clone_from(&script.checks);
        start.setups.clone_from(&script.setups);
        start.scope.clone_from(&script.scope);
        let foreign = ForeignTools { tools: script.foreign.clone(), specs: blob("specs") };
        start.foreign = (!foreign.tools.is_empty()).then_some(foreign);
        if let Some(path) = script.path {
            let path = (path != "judged").then(|| serde_json::from_value(path.into()).unwrap());
            start.intent.body.sentence = script.sentence.clone();
            let checks = ["make check".to_owned()];
            let (way, worker) = (path.unwrap_or(Path::Direct), script.worker);
            start.shortcut = Some(shortcut(&start.intent.body, way, worker, &checks));
            start.path = path;
        }
        start.plan = script.given.then(|| lodge(script.cast.plan.clone()));
        let world = World::begin(start);
        let (failures, owner) = (script.failures.clone(), script.owner.clone());
        let mut play = Self {
            world,
            script,
            answers: 0,
            lost: 0,
            refused: Vec::new(),
            failures,
            told: 0,
            begun: EffectId(0),
            owner,
            pending: Vec::new(),
        };
        while play.world.run.end().is_none() && play.step(disturbance) {}
        play
    }

    fn step(&mut self, disturbance: Disturbance) -> bool {
        assert!(self.answers < ANSWERS, "no end:\n{}", self.world.state());
        self.owner_acts();
        if self.world.run.end().is_some() {
            return false;
        }
        self.send_calls();
        if !self.world.run.paused() {
            self.begun = self.world.run.next_effect();
        }
        let Some((id, effect)) = self.next() else {
            return self.nothing_to_do();
        };
        self.world.now = self.world.now.plus(1);
        self.answers += 1;
        if disturbance == Disturbance::Lost(self.answers) {
            self.lost += u32::try_from(self.world.sent.len()).unwrap();
            self.world.crash();
            return true;
        }
        let outcome = self.outcome(id, &effect);
        self.world.answer(id, outcome.clone()).unwrap();
        if disturbance == Disturbance::Twice(self.answers) {
            let events = self.world.journal.len();
            assert!(self.world.answer(id, outcome).is_err(), "a second answer was taken");
            assert_eq!(self.world.journal.len(), events, "a second answer changed something");
        }
        true
    }

    fn next(&self) -> Option<(EffectId, Effect)> {
        let paused = self.world.run.paused();
        let mut owed = self.world.run.owed();
        let next = owed.find(|(id, effect)| match effect {
            _ if self.is_silent(effect) => false,
            Effect::Call { .. } => self.world.sent.contains_key(id),
            _ => !paused || *id < self.begun,
        });
        next.map(|(id, effect)| (id, effect.clone()))
    }

    /// Whether the story says that nothing ever comes back.
    fn is_silent(&self, effect: &Effect) -> bool {
        let name = match effect {
            Effect::Call { agent, .. } | Effect::Tool { agent, .. } => format!("silent {}", self.who(*agent)),
            Effect::Check { subject: Subject::Attempt(attempt), .. } => {
                format!("slow attempt {}", self.attempt(*attempt))
            }
            _ => return false,
        };
        [name.replace("@1", ""), name].iter().any(|name| self.failures.contains_key(name))
    }

    fn nothing_to_do(&mut self) -> bool {
        if !self.world.run.paused() && self.world.wait() {
            return true;
        }
        assert!(self.world.waits_for_owner(), "nothing moves any more:\n{}", self.world.state());
        false
    }

    /// Reads what is new in the journal, and lets the Owner do what the story says about it.
    fn owner_acts(&mut self) {
        if self.owner.is_empty() && self.pending.is_empty() {
            return;
        }
        let lines = journal::details(&self.world.journal);
        for line in &lines[self.told..] {
            while let Some(at) = self.owner.iter().position(|(words, _)| line.contains(words.as_str())) {
                let (_, command) = self.owner.remove(at);
                self.pending.push(command);
            }
        }
        self.told = lines.len();
        for command in std::mem::take(&mut self.pending) {
            if let Err(refusal) = self.world.command(command) {
                self.refused.push(refusal.to_string());
            }
        }
    }

    /// Every call that is owed leaves at once.
    fn send_calls(&mut self) {
        let calls: Vec<_> = self.world.run.owed().map(|(id, effect)| (id, effect.clone())).collect();
        for (id, effect) in calls {
            let Effect::Call { agent, model, .. } = effect else {
                continue;
            };
            if self.world.sent.contains_key(&id) || self.world.run.paused() {
                continue;
            }
            let fault = self.fault(agent);
            let is_kept = ["hold", "shut"]
                .into_iter()
                .any(|why| self.failures.get(&self.kept(why, agent)).is_some_and(|left| *left > 0));
            let truth = match (fault, self.usage(agent)) {
                _ if is_kept => Money::ZERO,
                (Some(fault), _) if fault.is_unbilled() => Money::ZERO,
                (Some(_), _) | (None, None) => Money::MAX,
                (None, Some(usage)) => self.world.bill_of(&model, &usage),
            };
            self.world.send(id, truth);
        }
    }

    fn who(&self, agent: AgentId) -> String {
        let turn = self.world.run.agents().get(agent).unwrap().turns.len();
        format!("{} {turn}", seat(&self.world.run, agent))
    }

    /// What the story says of a call that does not leave.
    fn kept(&self, why: &str, agent: AgentId) -> String {
        format!("{why} {}", self.who(agent).replace("@1 ", " "))
    }

    /// What the story says under the agent's name; a first attempt needs no number.
    fn told<'a, T>(&self, agent: AgentId, by: &'a BTreeMap<String, T>) -> Option<&'a T> {
        let who = self.who(agent);
        by.get(&who).or_else(|| by.get(&who.replace("@1 ", " ")))
    }

    fn fault(&self, agent: AgentId) -> Option<Fault> {
        let tries = usize::from(self.world.run.agents().get(agent)?.tries);
        let text = self.told(agent, &self.script.faults)?.get(tries)?;
        let message = text.clone();
        let mut words = text.split(' ');
        Some(match words.next()? {
            "429" => {
                let retry_after_ms = words.next().map(|ms| ms.parse().unwrap());
                Fault::RateLimited { retry_after_ms }
            }
            "529" => Fault::Overloaded,
            "404" => Fault::BadRequest { status: 404, message },
            "400" => Fault::BadRequest { status: 400, message },
            "billing" => Fault::Billing { message },
            "other" => Fault::WrongModel { served: message },
            "down" => Fault::Unreachable { message },
            "cut" => Fault::Cut { message },
            "auth" => Fault::Auth { message },
            "long" => Fault::ContextTooLong { message },
            "timeout" => Fault::Timeout,
            other => panic!("{other:?} is no fault"),
        })
    }

    fn usage(&self, agent: AgentId) -> Option<Usage> {
        let output = match self.told(agent, &self.script.usages).map(String::as_str) {
            Some("none") => return None,
            Some(number) => number.parse().unwrap(),
            None => 100,
        };
        Some(Usage { input: 1_000, output, ..Usage::default() })
    }

    fn outcome(&mut self, id: EffectId, effect: &Effect) -> Outcome {
        match effect {
            Effect::Compose { agent } => Outcome::Composed { body_bytes: self.body(*agent) },
            Effect::Call { agent, .. } if self.goes_wrong(&format!("lose {}", self.who(*agent))) => {
                Outcome::Lost
            }
            Effect::Tool { agent, .. } if self.goes_wrong(&format!("lose tool {}", self.who(*agent))) => {
                Outcome::Lost
            }
            Effect::Call { agent, .. } if self.goes_wrong(&self.kept("hold", *agent)) => {
                Outcome::Unsent { resumes_in_ms: None }
            }
            Effect::Call { agent, .. } if self.goes_wrong(&self.kept("shut", *agent)) => {
                Outcome::Unsent { resumes_in_ms: Some(60_000) }
            }
            Effect::Call { agent, model, .. } => self.call(*agent, model),
            Effect::Tool { agent, tool, .. } => {
                let printed = self.told(*agent, &self.script.prints).map_or("output", String::as_str);
                let (output, tree) = match printed.split_once(" as ") {
                    Some((output, tree)) => (output, tree.to_owned()),
                    None => (printed, format!("tree-{id}")),
                };
                let tree = tool.writes().then_some(TreeId(tree));
                Outcome::Done {
                    output: blob(output),
                    ok: true,
                    tree,
                    whole: None,
                    ran: None,
                    refused: Vec::new(),
                }
            }
            Effect::Seal { attempt } => self.seal(*attempt),
            Effect::Check { subject, .. } => self.check(*subject),
            Effect::Merge { subject, ours, theirs } => self.merge(*subject, ours, theirs),
            Effect::SetUp { number, phase, .. } => self.set_up(*number, *phase),
            Effect::Publish { .. } if self.goes_wrong("break publish") => {
                Outcome::Broken { reason: "the disk is full".to_owned() }
            }
            Effect::Publish { .. } => Outcome::Published,
        }
    }

    /// Bytes of an agent's next request.
    fn body(&self, agent: AgentId) -> u64 {
        let who = seat(&self.world.run, agent).replace("@1", "");
        let heavy = self.script.heavy.get(&who).copied().unwrap_or_default();
        self.script.body + weigh(self.world.run.agents().get(agent).unwrap(), heavy)
    }

    fn call(&self, agent: AgentId, model: &str) -> Outcome {
        if let Some(fault) = self.fault(agent) {
            return Outcome::Faulted { fault, jitter: 500 };
        }
        let run = &self.world.run;
        let asks = match self.told(agent, &self.script.sayings) {
            Some(text) => words::asks(text, run, agent, &self.script.cast),
            None => self.script.cast.asks(run, agent),
        };
        let stop = if asks.is_empty() { Stop::EndTurn } else { Stop::ToolUse };
        let usage = self.usage(agent);
        let reply = Reply { served: model.to_owned(), stop, usage, latency_ms: 10, sent: None };
        Outcome::Replied { reply, content: blob("reply"), asks }
    }

    /// Whether the story lets something go wrong now; it does so as often as it says.
    fn goes_wrong(&mut self, what: &str) -> bool {
        let left = match self.failures.get_mut(what) {
            Some(left) => left,
            None => match self.failures.get_mut(&what.replace("@1", "")) {
                Some(left) => left,
                None => return false,
            },
        };
        let wrong = *left > 0;
        *left = left.saturating_sub(1);
        wrong
    }

    fn set_up(&mut self, number: u16, phase: PhaseId) -> Outcome {
        let name = self.script.setups[usize::from(number)].name.clone();
        if self.goes_wrong(&format!("break setup {name} in {phase}")) {
            return Outcome::Broken { reason: "no folder could be made".to_owned() };
        }
        let fault = self.goes_wrong(&format!("fail setup {name} in {phase}"));
        let fault = fault.then(|| format!("set-up {name:?} ended with exit code 1: no network"));
        Outcome::SetUp(SetUpResult { output: Some(blob("added 12 packages")), took_ms: 4_000, fault })
    }

    /// Whether a story says so, however often it was looked at.
    fn is_said(&self, what: &str) -> bool {
        [what.to_owned(), what.replace("@1", "")].iter().any(|line| self.failures.contains_key(line))
    }

    /// All that a check of a merge looks at.
    fn together(&self, subject: Subject) -> Vec<String> {
        let run = &self.world.run;
        match subject {
            Subject::Task(attempt) => {
                let section = run.section_of_attempt(attempt).and_then(|id| run.sections().get(id)).unwrap();
                let there = section.merged.iter().copied().chain(section.batch.up_to(attempt));
                there.map(|id| format!("merged {}", self.attempt(id))).collect()
            }
            Subject::Phase(section) => {
                let phase = run.phases().get(run.sections().get(section).unwrap().outline.phase).unwrap();
                let there = phase.joined.iter().copied().chain(phase.batch.up_to(section));
                there.map(|id| format!("phase {}", self.section(id))).collect()
            }
            Subject::Attempt(_) | Subject::Needs(_) | Subject::Section(_) | Subject::Run => Vec::new(),
        }
    }

    fn attempt(&self, attempt: AttemptId) -> String {
        let state = self.world.run.attempts().get(attempt).unwrap();
        format!("{}@{}", self.world.run.tasks().get(state.task).unwrap().outline.title, state.number)
    }

    fn section(&self, section: SectionId) -> String {
        self.world.run.sections().get(section).unwrap().outline.name.clone()
    }

    fn seal(&mut self, attempt: AttemptId) -> Outcome {
        let name = self.attempt(attempt);
        if self.goes_wrong(&format!("break {name}")) {
            return Outcome::Broken { reason: "the disk is full".to_owned() };
        }
        let nothing = self.goes_wrong(&format!("seal {name} nothing"));
        let outside = self.goes_wrong(&format!("seal {name} outside"));
        let weakened = self.goes_wrong(&format!("seal {name} weakened"));
        let what = "is gone, with its tests".to_owned();
        let weakening = Weakening { path: "tests/unit.rs".to_owned(), what, declared: false };
        Outcome::Sealed(Seal {
            commit: (!nothing).then(|| CommitId(format!("commit of {name}"))),
            tree: TreeId(format!("tree of {name}")),
            changed: u32::from(!nothing),
            outside: if outside { vec!["Cargo.lock".to_owned()] } else { Vec::new() },
            weakened: if weakened { vec![weakening] } else { Vec::new() },
        })
    }

    fn check(&mut self, subject: Subject) -> Outcome {
        let (what, criterion) = match subject {
            Subject::Attempt(attempt) => (format!("attempt {}", self.attempt(attempt)), "unit"),
            Subject::Task(attempt) => (format!("merged {}", self.attempt(attempt)), "unit"),
            Subject::Needs(section) => (format!("needs {}", self.section(section)), ""),
            Subject::Section(section) => (format!("section {}", self.section(section)), "done"),
            Subject::Phase(section) => (format!("phase {}", self.section(section)), "done"),
            Subject::Run => ("whole".to_owned(), "whole"),
        };
        if self.goes_wrong(&format!("break {what}")) {
            return Outcome::Broken { reason: "the disk is full".to_owned() };
        }
        let together = self.together(subject);
        let fails = match together.is_empty() {
            true => self.goes_wrong(&format!("fail {what}")),
            false => together.iter().any(|name| self.is_said(&format!("fail {name}"))),
        };
        let lacks = self.goes_wrong(&format!("lack {what}"));
        let verdict = if fails { Verdict::Fail } else { Verdict::Pass };
        let evidence = Evidence::Tree { tree: TreeId("tree".to_owned()), seen: None };
        let mut names = held(&self.world.run, subject);
        if names.is_empty() {
            names.push(criterion.to_owned());
        }
        let finding = |criterion| Finding::new(criterion, verdict, evidence.clone());
        let findings = names.into_iter().map(finding).collect();
        let needs = matches!(subject, Subject::Needs(_));
        let missing = if lacks || (needs && fails) { self.world.run.files_for(subject) } else { Vec::new() };
        let findings = if needs { Vec::new() } else { findings };
        Outcome::Checked { findings, missing, artifacts: Vec::new() }
    }

    /// A branch that has nothing of its own yet takes the other one's tree over; every other merge is a new tree.
    fn merge(&mut self, subject: Subject, ours: &CommitId, theirs: &CommitId) -> Outcome {
        let what = match subject {
            Subject::Task(attempt) => format!("conflict task {}", self.attempt(attempt)),
            Subject::Phase(section) => format!("conflict phase {}", self.section(section)),
            other => panic!("a merge for {other:?}"),
        };
        if self.goes_wrong(&what) {
            return Outcome::Conflicted { paths: vec!["src/lib.rs".to_owned()] };
        }
        let commit = CommitId(Digest::of(format!("{ours}+{theirs}").as_bytes()).short());
        let fresh = ours.0 == "base" && matches!(subject, Subject::Task(_));
        if let Subject::Phase(section) = subject
            && self.goes_wrong(&format!("same phase {}", self.section(section)))
        {
            let tree = self.world.run.sections().get(section).unwrap().tree.clone().unwrap();
            return Outcome::Merged { commit, tree };
        }
        let tree = if fresh { theirs.0.replace("commit", "tree") } else { format!("tree {commit}") };
        Outcome::Merged { commit, tree: TreeId(tree) }
    }
}

/// The names of what must still hold, as the engine gives them: a merged task's title and its criterion.
pub(crate) fn held(run: &Run, subject: Subject) -> Vec<String> {
    let contracts = run.criteria_of(subject).into_iter().filter_map(|source| match source {
        CriteriaSource::Held { contract, .. } => Some(contract),
        _ => None,
    });
    let outline = |contract| run.tasks().iter().find(|(_, task)| task.contract == contract).unwrap().1;
    let named = |outline: &TaskOutline| -> Vec<String> {
        outline.executable.iter().map(|id| format!("{}: {id}", outline.title)).collect()
    };
    contracts.flat_map(|contract| named(&outline(contract).outline)).collect()
}

/// Bytes of what an agent is shown of its past, where a turn's results have so many.
pub(crate) fn weigh(agent: &Agent, bytes: u64) -> u64 {
    let (shown, last) = (agent.compaction.shown, agent.turns.len().saturating_sub(1) as u64);
    let turns = u64::from(shown.from)..last;
    let each = turns.map(|turn| match shown.cut {
        _ if turn < u64::from(shown.omitted) => 40,
        Some((cut, most)) if u64::from(cut) == turn => bytes.min(u64::from(most)),
        _ => bytes,
    });
    each.sum()
}

/// An agent by what it serves: `manager core`, `worker parser@2`.
fn seat(run: &Run, agent: AgentId) -> String {
    let attempt = |id: AttemptId| {
        let state = run.attempts().get(id).unwrap();
        format!("{}@{}", run.tasks().get(state.task).unwrap().outline.title, state.number)
    };
    match run.agents().get(agent).unwrap().seat {
        Seat::Orchestrator => "orchestrator".to_owned(),
        Seat::Triage => "triage".to_owned(),
        Seat::Manager(section) => format!("manager {}", run.sections().get(section).unwrap().outline.name),
        Seat::Worker(id) => format!("worker {}", attempt(id)),
        Seat::Reviewer(id) => format!("reviewer {}", attempt(id)),
        Seat::Adviser(opinion, side) => format!("adviser {opinion}-{}", side + 1),
        Seat::Synthesist(opinion) => format!("synthesist {opinion}"),
    }
}
