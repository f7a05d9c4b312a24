//! One run of the machine over recorded tasks.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use trireme_core::ledger::Ledger;
use trireme_core::run::ask::{Ask, WorkerAsk};
use trireme_core::run::event::Seat;
use trireme_core::run::input::Seal;
use trireme_core::run::state::TaskStage;
use trireme_core::run::{Begin, Effect, Input, Outcome, Run, Stamped, Subject};
use trireme_core::words::*;

use super::{Game, Order, Policy, RUNGS, Tally, Task, budget, manager};
use crate::Cast;
use crate::cast::claim;
use crate::fixtures::{begin, blob, contract, lodge, plan, section};

/// Calls of an attempt; each costs as much as the others.
const CALLS: u64 = 4;
const SECTION: &str = "all";

/// What is played.
pub(super) struct Play<'a> {
    tasks: BTreeMap<&'a str, &'a Task>,
    /// Dollars for a million tokens of each model.
    prices: [Money; RUNGS],
    order: Order,
    game: Game,
    budget: Money,
    cast: Cast,
}

impl<'a> Play<'a> {
    pub(super) fn new(tasks: &'a [Task], prices: [Money; RUNGS], policy: Policy, game: Game) -> Self {
        let seniority = Some(Seniority::ALL[policy.first]);
        let of = |task: &Task| Contract { seniority, ..contract(&task.title) };
        let contracts = BTreeMap::from([(SECTION.to_owned(), tasks.iter().map(of).collect())]);
        Self {
            tasks: tasks.iter().map(|task| (task.title.as_str(), task)).collect(),
            prices,
            order: policy.order,
            game,
            budget: budget(tasks, game),
            cast: Cast { plan: plan(vec![vec![section(SECTION, 100)]]), contracts, patience: 1 },
        }
    }

    /// What is owed longest is answered first, so that workers who are there at the same time go on in turn.
    pub(super) fn through(&self) -> Tally {
        let mut run = Run::default();
        feed(&mut run, Input::Begin(Box::new(self.begin())));
        while run.end().is_none() {
            let owed = run.owed().next().map(|(id, effect)| (id, effect.clone()));
            let (effect, wanted) = owed.expect("somebody goes on until the run is over");
            let outcome = self.outcome(&run, effect, &wanted);
            feed(&mut run, Input::Outcome { effect, outcome });
        }
        self.tally(&run)
    }

    /// A run with an approved plan and without a reserve, for nobody but workers costs anything.
    fn begin(&self) -> Begin {
        let mut begin = begin(self.budget, 0, true);
        begin.catalogue = begin.catalogue.with(toml::from_str(&self.ladder()).unwrap()).unwrap();
        begin.plan = Some(lodge(self.cast.plan.clone()));
        begin
    }

    /// A model for each seniority up to staff, whose calls are bounded by the longest that is recorded; and a free one for
    /// those who lead.
    fn ladder(&self) -> String {
        let mut text = model("lead", Money::ZERO, 1_000);
        text += "[pins]\nmanager = [\"lead\"]\n[seniority]\nprincipal = [\"lead\"]\n";
        for (rung, seniority) in Seniority::ALL.into_iter().take(RUNGS).enumerate() {
            let longest = self.tasks.values().map(|task| self.tokens(task, rung)).max().unwrap();
            let name = format!("rung-{rung}");
            text += &model(&name, self.prices[rung], longest);
            let _ =
                writeln!(text, "[seniority.{seniority}]\ncandidates = [\"{name}\"]\noutput_cap = {longest}");
        }
        text
    }

    /// The tokens of one call of an attempt.
    fn tokens(&self, task: &Task, rung: usize) -> u64 {
        let price = self.prices[rung].as_nanos();
        (task.cost[rung].as_nanos() * 1_000_000 / price).div_ceil(CALLS)
    }

    fn outcome(&self, run: &Run, id: EffectId, effect: &Effect) -> Outcome {
        match effect {
            Effect::Compose { .. } => Outcome::Composed { body_bytes: 1_000 },
            Effect::Call { agent, model, max_tokens, .. } => {
                let (reply, asks) = self.reply(run, *agent, model, *max_tokens);
                Outcome::Replied { reply, content: blob("reply"), asks }
            }
            Effect::Tool { .. } => Outcome::Done {
                output: blob(&id.to_string()),
                ok: true,
                tree: Some(TreeId(id.to_string())),
                whole: None,
                ran: None,
                refused: Vec::new(),
            },
            Effect::Seal { attempt } => Outcome::Sealed(Seal {
                commit: Some(CommitId(format!("commit of {attempt}"))),
                tree: TreeId(format!("tree of {attempt}")),
                changed: 1,
                outside: Vec::new(),
                weakened: Vec::new(),
            }),
            Effect::Check { subject, .. } => self.check(run, *subject),
            Effect::Merge { ours, theirs, .. } => {
                let commit = Digest::of(format!("{ours}+{theirs}").as_bytes()).short();
                Outcome::Merged { tree: TreeId(format!("tree {commit}")), commit: CommitId(commit) }
            }
            Effect::SetUp { .. } => Outcome::SetUp(SetUpResult { output: None, took_ms: 0, fault: None }),
            Effect::Publish { .. } => Outcome::Published,
        }
    }

    /// A worker looks around, writes, tries, and hands in. A reply that the money cuts short does nothing.
    fn reply(&self, run: &Run, id: AgentId, model: &str, max_tokens: u64) -> (Reply, Vec<Ask>) {
        let agent = run.agents().get(id).unwrap();
        let (output, asks) = match agent.seat {
            Seat::Worker(attempt) => {
                let (task, rung) = self.at(run, attempt);
                let done = agent.turns.iter().filter(|turn| !turn.slots.is_empty()).count() as u64;
                let tools = [Tool::Read, Tool::Write, Tool::Run].map(Ask::Tool);
                let submit = || Ask::Worker(WorkerAsk::SubmitResult(claim(run, attempt)));
                let ask = tools.into_iter().nth(done as usize).unwrap_or_else(submit);
                (self.tokens(task, rung), vec![ask])
            }
            Seat::Manager(_) => (0, manager::asks(run, &self.cast.contracts_of(SECTION), self.order)),
            _ => (0, self.cast.asks(run, id)),
        };
        let whole = output <= max_tokens;
        let usage = Some(Usage { output: output.min(max_tokens), ..Usage::default() });
        let stop = if whole { Stop::ToolUse } else { Stop::MaxTokens };
        (
            Reply { served: model.to_owned(), stop, usage, latency_ms: 1, sent: None },
            if whole { asks } else { Vec::new() },
        )
    }

    /// What is tried, and by whom.
    fn at(&self, run: &Run, attempt: AttemptId) -> (&Task, usize) {
        let state = run.attempts().get(attempt).unwrap();
        let title = run.tasks().get(state.task).unwrap().outline.title.as_str();
        (self.tasks[title], Seniority::ALL.into_iter().position(|one| one == state.seniority).unwrap())
    }

    fn check(&self, run: &Run, subject: Subject) -> Outcome {
        let passes = match subject {
            Subject::Attempt(attempt) => {
                let (task, rung) = self.at(run, attempt);
                task.passes(rung, self.game.leak)
            }
            _ => true,
        };
        let verdict = if passes { Verdict::Pass } else { Verdict::Fail };
        let evidence = Evidence::Tree { tree: TreeId("tree".to_owned()), seen: None };
        let findings = vec![Finding::new("unit".to_owned(), verdict, evidence)];
        Outcome::Checked { findings, missing: Vec::new(), artifacts: Vec::new() }
    }

    fn tally(&self, run: &Run) -> Tally {
        let merged = run.tasks().iter().filter(|(_, task)| task.stage == TaskStage::Merged);
        let last = merged.filter_map(|(_, task)| task.attempts.last());
        let right: Vec<bool> =
            last.map(|attempt| self.at(run, *attempt)).map(|(task, rung)| task.right[rung]).collect();
        Tally {
            tasks: self.tasks.len(),
            accepted: right.len(),
            right: right.iter().filter(|right| **right).count(),
            cost: run.ledger().get(Ledger::RUN).unwrap().spent,
        }
    }
}

fn feed(run: &mut Run, input: Input) {
    let stepped = run.step([Stamped { at: Millis(1), input }]);
    assert!(stepped.taken.iter().all(Result::is_ok), "{:?}", stepped.taken);
}

fn model(name: &str, price: Money, output_tokens: u64) -> String {
    let price = price.to_string().replace('$', "");
    format!(
        "[models.{name}]\nfamily = \"recorded\"\ninput = \"0\"\noutput = \"{price}\"\ncontext_tokens = 100000000\noutput_tokens = {output_tokens}\n"
    )
}
