//! The world around one run: journal, clock, and the provider's own bill. After every event it checks every rule.

use std::collections::{BTreeMap, BTreeSet};

use trireme_core::catalogue::Span;
use trireme_core::ledger::{Ledger, Purse};
use trireme_core::run::again::{Again, Mismatch, Origin, ProposalBlobs, edit};
use trireme_core::run::event::{AgentEnd, AgentEvent, MoneyEvent, RunEvent, Seat};
use trireme_core::run::state::AgentState;
use trireme_core::run::{
    Ask, Begin, Command, Effect, Event, Input, Outcome, Proposal, Refusal, Run, Stamped,
};
use trireme_core::words::*;

/// The longest event, in bytes of JSON.
pub const EVENT_BYTES: usize = 16 * 1024;

/// A run with everything around it that the run does not own.
#[derive(Debug)]
pub struct World {
    /// The machine.
    pub run: Run,
    /// What is written down.
    pub journal: Vec<(Millis, Event)>,
    /// The time.
    pub now: Millis,
    /// What the provider has billed: every call that was sent, at its true usage.
    pub bill: Money,
    /// Calls that were sent and not answered, with what they cost in truth, at most their bound.
    pub sent: BTreeMap<EffectId, Money>,
    /// After how many inputs the run is compared with a fold of its journal; 1 for every input.
    pub compare_every: u64,
    /// Calls that were answered by a model.
    pub answered: BTreeSet<EffectId>,
    /// The models that each adviser's calls were promised to.
    advisers: BTreeMap<AgentId, BTreeSet<String>>,
    shadow: Run,
    inputs: u64,
    /// What came in and is on no record: how the run began, what models asked for, the Owner's own plans.
    begin: Begin,
    asks: BTreeMap<EffectId, Vec<Ask>>,
    edits: BTreeMap<BlobRef, Proposal>,
}

impl World {
    /// A world in which a run begins.
    ///
    /// # Panics
    /// Where the run refuses to begin.
    #[must_use]
    pub fn begin(begin: Begin) -> Self {
        let mut world = Self {
            run: Run::default(),
            journal: Vec::new(),
            now: Millis(1_000_000),
            bill: Money::ZERO,
            sent: BTreeMap::new(),
            compare_every: 1,
            answered: BTreeSet::new(),
            advisers: BTreeMap::new(),
            shadow: Run::default(),
            inputs: 0,
            begin: begin.clone(),
            asks: BTreeMap::new(),
            edits: BTreeMap::new(),
        };
        world.feed(Input::Begin(Box::new(begin))).unwrap();
        world
    }

    /// Hands an input to the run and checks everything.
    ///
    /// # Errors
    /// The run's refusal; nothing may have changed then.
    ///
    /// # Panics
    /// Where a rule is broken.
    pub fn feed(&mut self, input: Input) -> Result<(), Refusal> {
        let excess = self.excess(&input);
        self.remember(&input);
        let timers_due = self.run.next_deadline().is_some_and(|due| due <= self.now);
        let stepped = self.run.step([Stamped { at: self.now, input }]);
        let taken = stepped.taken.into_iter().next().unwrap();
        assert!(
            taken.is_ok() || stepped.events.is_empty() || timers_due,
            "refused ({taken:?}), yet it changed: {:?}",
            stepped.events
        );
        for (at, event) in stepped.events {
            self.write_down(at, event);
        }
        // A call that was given up in this very moment is charged at its bound, and what it cost above stays unknown.
        self.bill = self.bill.plus(if taken.is_ok() { excess } else { Money::ZERO });
        self.check_bill();
        self.inputs += 1;
        if self.inputs.is_multiple_of(self.compare_every.max(1)) || self.run.end().is_some() {
            assert!(
                self.shadow == self.run,
                "a fold differs from the run:\n{:#?}\n{:#?}",
                self.shadow,
                self.run
            );
        }
        if self.run.end().is_some() {
            self.check_again();
        }
        taken
    }

    fn remember(&mut self, input: &Input) {
        match input {
            Input::Outcome { effect, outcome: Outcome::Replied { asks, .. } } => {
                self.asks.entry(*effect).or_insert_with(|| asks.clone());
            }
            Input::Command(Command::EditPlan { proposal }) => {
                self.edits.insert(proposal.plan.blob, (**proposal).clone());
            }
            _ => {}
        }
    }

    /// Driven again out of its own journal, the run does the same once more.
    fn check_again(&self) {
        let again = self.again().unwrap_or_else(|(_, difference)| panic!("{difference:#?}"));
        assert!(*again.run() == self.run, "driven again, it stands otherwise");
    }

    /// After how many events of the journal the run does something else when it is driven again.
    #[must_use]
    pub fn parts_at(&self) -> Option<usize> {
        self.again().err().map(|(before, difference)| before + difference.alike)
    }

    fn again(&self) -> Result<Again, (usize, Box<Mismatch>)> {
        let (mut again, mut before) = (Again::default(), 0);
        while before < self.journal.len() {
            let ahead = &self.journal[before..];
            let input = self.input(again.origin(ahead));
            before += again.take(ahead, input).map_err(|difference| (before, difference))?;
        }
        Ok(again)
    }

    fn input(&self, origin: Origin) -> Input {
        match origin {
            Origin::Input(input) => input,
            Origin::Begin(beginning) => {
                let (given, shortcut) = (self.begin.plan.clone(), self.begin.shortcut.clone());
                assert_eq!(beginning.shortcut, shortcut.as_ref().map(ProposalBlobs::of));
                assert_eq!(beginning.given, given.as_ref().map(|plan| plan.blob));
                let (intent, given) = (self.begin.intent.body.clone(), given.map(|plan| plan.body));
                Input::Begin(Box::new(beginning.begin(intent, given, shortcut).unwrap()))
            }
            Origin::Edit(blobs) => edit(self.edits[&blobs.plan].clone()),
            Origin::Reply { effect, reply, content } => {
                let asks = self.asks[&effect].clone();
                Input::Outcome { effect, outcome: Outcome::Replied { reply, content, asks } }
            }
            Origin::Untold(what) => panic!("it is written down nowhere: {what}"),
        }
    }

    /// What a provider bills for a call that it gets now.
    ///
    /// # Panics
    /// Where the model has no price.
    #[must_use]
    pub fn bill_of(&self, model: &str, usage: &Usage) -> Money {
        self.run.catalogue().cost(model, usage, Span::at(self.now)).unwrap()
    }

    /// What a call cost above its bound: the provider bills it only now, since nobody could know before.
    fn excess(&mut self, input: &Input) -> Money {
        let Input::Outcome { effect, outcome } = input else {
            return Money::ZERO;
        };
        let Some(promise) = self.run.ledger().reservation(*effect).copied() else {
            return Money::ZERO;
        };
        self.sent.remove(effect);
        let (Outcome::Replied { reply, .. }, Some((_, Effect::Call { model, .. }))) =
            (outcome, self.run.owed().find(|(id, _)| id == effect))
        else {
            return Money::ZERO;
        };
        self.answered.insert(*effect);
        let span = Span::ended(self.now, reply.latency_ms);
        let cost = reply.usage.and_then(|usage| self.run.catalogue().cost(model, &usage, span));
        cost.unwrap_or_default().minus(promise.bound)
    }

    fn write_down(&mut self, at: Millis, event: Event) {
        let over =
            self.journal.last().is_some_and(|(_, last)| matches!(last, Event::Run(RunEvent::Ended { .. })));
        assert!(!over, "something comes after the end: {event:?}");
        assert!(self.journal.last().is_none_or(|(last, _)| *last <= at), "the journal goes back in time");
        let json = serde_json::to_string(&event).unwrap();
        assert!(json.len() < EVENT_BYTES, "an event of {} bytes: {event:?}", json.len());
        let read: Event = serde_json::from_str(&json).unwrap();
        assert!(read == event, "{event:?} does not read back from {json}");
        self.check_pause(&event);
        self.check_route(at, &event);
        self.check_sides(&event);
        self.shadow.apply(at, &read);
        self.journal.push((at, event));
        self.check_rules();
    }

    /// A run that stands still promises nothing, and nobody's time to answer runs out.
    fn check_pause(&self, event: &Event) {
        let goes_on = matches!(
            event,
            Event::Agent(
                AgentEvent::Reserved { .. }
                    | AgentEvent::QuestionClosed { text: None, .. }
                    | AgentEvent::AgentEnded { end: AgentEnd::Late, .. }
            )
        );
        assert!(!(goes_on && self.shadow.paused()), "the run stands still, yet: {event:?}");
    }

    /// Nobody who is well is passed over for one who rests, and nobody at all without a reason.
    fn check_route(&self, at: Millis, event: &Event) {
        let Event::Agent(AgentEvent::Reserved { agent, model, losers, .. }) = event else { return };
        let lost = |name: &String| losers.iter().any(|loser| loser.model == *name);
        let rests = self.shadow.health().rest(model, at).is_some();
        let candidates = self.shadow.candidates_of(*agent).into_iter().map(|candidate| &candidate.model);
        let mut first = candidates.filter(|name| *name != model);
        assert!(!rests || first.all(lost), "one who rests is asked before others: {event:?}");
    }

    /// The two sides of an opinion are never served by the same model, nor by the same family where there are two, and the
    /// first call of neither leaves before the other's can.
    fn check_sides(&mut self, event: &Event) {
        let Event::Agent(AgentEvent::Reserved { agent, model, .. }) = event else { return };
        let state = self.shadow.agents().get(*agent).unwrap();
        let Seat::Adviser(opinion, side) = state.seat else { return };
        self.advisers.entry(*agent).or_default().insert(model.clone());
        let opinion = self.shadow.opinions().get(opinion).unwrap();
        let Some(other) = opinion.sides[usize::from(1 - side)].agent else { return };
        let beside = self.shadow.agents().get(other).unwrap();
        let is_composing = beside.turns.len() == 1 && matches!(beside.state, AgentState::Composing(_));
        assert!(state.turns.len() > 1 || !is_composing, "one side leaves before the other can: {event:?}");
        for model_beside in self.advisers.get(&other).into_iter().flatten() {
            let family = |name: &String| &self.shadow.catalogue().models[name].family;
            let same = match opinion.difference {
                Difference::Family => family(model) == family(model_beside),
                Difference::Model => model == model_beside,
            };
            assert!(!same, "both sides are of one mind: {event:?} beside {model_beside}");
        }
    }

    fn check_rules(&self) {
        let run = &self.shadow;
        let last = || &self.journal.last().unwrap().1;
        if let Err(unsound) = run.audit() {
            panic!("after {:?}: {unsound}", last());
        }
        let ledger = run.ledger();
        for (id, account) in ledger.iter().filter(|(_, account)| !account.overrun) {
            let used = account.spent.plus(account.reserved);
            assert!(
                used <= ledger.limit(id),
                "{id} ({:?}) is over its limit after {:?}",
                account.purse,
                last()
            );
        }
        let funded = ledger
            .iter()
            .filter(|(_, account)| matches!(account.purse, Purse::Reserve | Purse::Pool | Purse::Manager(_)));
        let sum: Money = funded.map(|(id, _)| ledger.limit(id)).sum();
        assert_eq!(sum, ledger.limit(Ledger::RUN), "the parts are not the total after {:?}", last());
        if run.owed().next().is_none() {
            assert!(ledger.reservations().next().is_none(), "promised at rest after {:?}", last());
        }
    }

    /// What the provider bills is never more than what is spent and promised.
    fn check_bill(&self) {
        let root = self.run.ledger().get(Ledger::RUN).unwrap();
        let known = root.spent.plus(root.reserved);
        assert!(self.bill <= known, "the provider bills {}, the books say {known}", self.bill);
    }

    /// A call leaves for the provider, which will bill it.
    ///
    /// # Panics
    /// Where the call has no promise.
    pub fn send(&mut self, call: EffectId, truth: Money) {
        let bound = self.run.ledger().reservation(call).unwrap().bound;
        let truth = truth.min(bound);
        assert!(self.sent.insert(call, truth).is_none(), "{call} was sent twice");
        self.bill = self.bill.plus(truth);
        self.check_bill();
    }

    /// The owner of the run dies and another one takes over, as an engine does.
    ///
    /// # Panics
    /// Where the fold is another run.
    pub fn crash(&mut self) {
        self.stand_still();
        self.go_on();
    }

    /// The owner of the run dies. Whoever opens the journal next folds it, lets the run stand still, and gives up the
    /// calls that were on their way; everything else stays owed.
    ///
    /// # Panics
    /// Where the fold is another run.
    pub fn stand_still(&mut self) {
        let folded = Run::fold(self.journal.iter().map(|(at, event)| (*at, event)));
        assert!(folded == self.run, "a fold differs from the run");
        self.run = folded;
        self.sent.clear();
        if !self.run.paused() && self.run.end().is_none() {
            self.command(Command::Pause).unwrap();
        }
        let calls = self.run.owed().filter(|(_, effect)| matches!(effect, Effect::Call { .. }));
        let calls: Vec<_> = calls.map(|(id, _)| id).collect();
        for call in calls {
            self.answer(call, Outcome::Lost).unwrap();
        }
    }

    /// A new owner lets the run go on; one that is over or goes on already stays as it is.
    pub fn go_on(&mut self) {
        let _refused = self.command(Command::Resume);
    }

    /// The Owner commands.
    ///
    /// # Errors
    /// The run's refusal.
    pub fn command(&mut self, command: Command) -> Result<(), Refusal> {
        self.feed(Input::Command(command))
    }

    /// The world answers.
    ///
    /// # Errors
    /// The run's refusal.
    pub fn answer(&mut self, effect: EffectId, outcome: Outcome) -> Result<(), Refusal> {
        self.feed(Input::Outcome { effect, outcome })
    }

    /// What works on an effect that is no call is lost on this machine, if the effect is owed still.
    ///
    /// # Panics
    /// Where another refusal comes.
    pub fn lose(&mut self, effect: EffectId) {
        match self.answer(effect, Outcome::Lost) {
            Ok(()) | Err(Refusal::NotOwed(_)) => {}
            Err(refusal) => panic!("{refusal}"),
        }
    }

    /// Lets time pass up to the next thing that happens by itself; false where there is none.
    pub fn wait(&mut self) -> bool {
        let Some(due) = self.run.next_deadline() else {
            return false;
        };
        self.now = self.now.max(due);
        self.feed(Input::Tick).is_ok()
    }

    /// How often each agent's turn was promised money for a call.
    #[must_use]
    pub fn promises(&self) -> BTreeMap<(AgentId, u32), u32> {
        let mut turns: BTreeMap<AgentId, u32> = BTreeMap::new();
        let mut promises = BTreeMap::new();
        for (_, event) in &self.journal {
            match event {
                Event::Agent(AgentEvent::TurnBegan { agent, .. }) => *turns.entry(*agent).or_default() += 1,
                Event::Agent(AgentEvent::Reserved { agent, .. }) => {
                    *promises.entry((*agent, turns[agent])).or_default() += 1;
                }
                _ => {}
            }
        }
        promises
    }

    /// Whether any call cost more than was promised.
    #[must_use]
    pub fn overran(&self) -> bool {
        self.journal.iter().any(|(_, event)| matches!(event, Event::Money(MoneyEvent::Overran { .. })))
    }

    /// Whether a request for money waits for the Owner.
    #[must_use]
    pub fn waits_for_owner(&self) -> bool {
        use trireme_core::run::Stage;
        let referred =
            self.run.requests().iter().any(|(_, request)| request.referred && request.granted.is_none());
        self.run.stage() == Stage::Approval || self.run.paused() || referred
    }

    /// The run as somebody sees it who looks for why nothing moves.
    #[must_use]
    pub fn state(&self) -> String {
        let mut text = format!("stage {:?}, paused {}\n", self.run.stage(), self.run.paused());
        for (id, effect) in self.run.owed() {
            text += &format!("owed {id}: {effect:?}\n");
        }
        for (id, agent) in self.run.agents().iter().filter(|(_, agent)| !agent.ended()) {
            text += &format!(
                "{id} {:?} {:?} turns {} slots {:?}\n",
                agent.seat,
                agent.state,
                agent.turns.len(),
                agent.slots()
            );
        }
        for (id, section) in self.run.sections().iter() {
            text += &format!(
                "{id} {} phase {} end {:?} queue {:?} reporting {:?} returned {:?}\n",
                section.outline.name,
                section.outline.phase,
                section.end,
                section.queue,
                section.reporting,
                section.returned
            );
        }
        for (id, task) in self.run.tasks().iter() {
            text += &format!("{id} {} {:?} attempts {:?}\n", task.outline.title, task.stage, task.attempts);
        }
        for (at, event) in self.journal.iter().rev().take(25).rev() {
            text += &format!("{} {event:?}\n", at.0);
        }
        text
    }
}
