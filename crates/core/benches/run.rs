//! What a step costs beside thousands of live agents, what a recovery costs, and what a waiting worker weighs.

use divan::{Bencher, black_box};
use trireme_core::Run;
use trireme_core::run::ask::{Ask, ManagerAsk};
use trireme_core::run::event::Seat;
use trireme_core::run::state::AgentState;
use trireme_core::run::{Effect, Event, Input, Outcome, Stamped};
use trireme_core::words::*;
use trireme_testkit::fixtures::{begin, blob, contract, lodge, plan, section};

fn main() {
    println!("{} bytes of memory per waiting worker of 10,000", bytes_per_worker());
    divan::main();
}

/// A run, and the journal that it made.
#[derive(Clone, Default)]
struct Bench {
    run: Run,
    journal: Vec<(Millis, Event)>,
    keep: bool,
}

impl Bench {
    fn feed(&mut self, input: Input) {
        let stepped = self.run.step([Stamped { at: Millis(1), input }]);
        if self.keep {
            self.journal.extend(stepped.events);
        }
    }

    fn answer(&mut self, effect: EffectId, outcome: Outcome) {
        self.feed(Input::Outcome { effect, outcome });
    }

    fn reply(&mut self, effect: EffectId, model: String, asks: Vec<Ask>) {
        let usage = Some(Usage { input: 1_000, output: 100, ..Usage::default() });
        let reply = Reply { served: model, stop: Stop::ToolUse, usage, latency_ms: 1, sent: None };
        self.answer(effect, Outcome::Replied { reply, content: blob("reply"), asks });
    }
}

/// A run with that many workers, each of them with a call on its way.
fn staffed(workers: usize, keep: bool) -> Bench {
    let per_section = workers.div_ceil(10);
    let sections = (0..10).map(|number| section(&format!("s{number}"), 10)).collect();
    let mut start = begin(Money::MAX, 10, true);
    start.plan = Some(lodge(plan(vec![sections])));
    let mut bench = Bench { keep, ..Bench::default() };
    bench.feed(Input::Begin(Box::new(start)));
    loop {
        let owed: Vec<_> = bench.run.owed().map(|(id, effect)| (id, effect.clone())).collect();
        let mut moved = false;
        for (id, effect) in owed {
            let agent = effect.agent().and_then(|agent| bench.run.agents().get(agent));
            match (effect, agent.map(|agent| agent.seat)) {
                (Effect::Compose { .. }, _) => bench.answer(id, Outcome::Composed { body_bytes: 2_000 }),
                (Effect::Call { model, .. }, Some(Seat::Manager(section))) => {
                    let title = |number| lodge(contract(&format!("task-{section}-{number}")));
                    let contracts = (0..per_section).map(|number| title(number).into()).collect();
                    bench.reply(id, model, vec![Ask::Manager(ManagerAsk::SpawnWorkers(contracts))]);
                }
                _ => continue,
            }
            moved = true;
        }
        if !moved {
            return bench;
        }
    }
}

/// One round of a worker: its reply with a tool, the tool, and the next request. Four steps of the run.
fn round(bench: &mut Bench) {
    let workers = |bench: &Bench| {
        let mut agents = bench.run.agents().iter().rev();
        agents.find_map(
            |(_, agent)| if let AgentState::Calling(effect) = agent.state { Some(effect) } else { None },
        )
    };
    let effect = workers(bench).unwrap_or(EffectId(0));
    bench.reply(effect, "solid".to_owned(), vec![Ask::Tool(Tool::Read)]);
    let tool = EffectId(bench.run.next_effect().0 - 1);
    bench.answer(
        tool,
        Outcome::Done {
            output: blob("text"),
            ok: true,
            tree: None,
            whole: None,
            ran: None,
            refused: Vec::new(),
        },
    );
    let compose = EffectId(bench.run.next_effect().0 - 1);
    bench.answer(compose, Outcome::Composed { body_bytes: 2_000 });
}

#[divan::bench(args = [10, 1_000, 10_000], sample_count = 20, sample_size = 5)]
fn three_steps_of_a_worker_beside_others(bencher: Bencher, agents: usize) {
    let staffed = std::cell::RefCell::new(staffed(agents, false));
    let turns = std::cell::Cell::new(0);
    bencher.bench_local(|| {
        turns.set(turns.get() + 1);
        assert!(turns.get() < 190, "a worker has only so many turns");
        round(&mut staffed.borrow_mut());
    });
}

fn long_journal() -> Vec<(Millis, Event)> {
    let mut bench = staffed(1_000, true);
    while bench.journal.len() < 100_000 {
        let calls: Vec<_> = bench.run.owed().map(|(id, effect)| (id, effect.clone())).collect();
        for (id, effect) in calls {
            match effect {
                Effect::Call { model, .. } => bench.reply(id, model, vec![Ask::Tool(Tool::Read)]),
                Effect::Tool { .. } => {
                    bench.answer(
                        id,
                        Outcome::Done {
                            output: blob("text"),
                            ok: true,
                            tree: None,
                            whole: None,
                            ran: None,
                            refused: Vec::new(),
                        },
                    );
                }
                Effect::Compose { .. } => bench.answer(id, Outcome::Composed { body_bytes: 2_000 }),
                Effect::Seal { .. }
                | Effect::Check { .. }
                | Effect::Merge { .. }
                | Effect::SetUp { .. }
                | Effect::Publish { .. } => {}
            }
        }
    }
    bench.journal.truncate(100_000);
    bench.journal
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fold_of_100_000_events(bencher: Bencher) {
    let journal = long_journal();
    bencher.bench_local(|| black_box(Run::fold(journal.iter().map(|(at, event)| (*at, event)))));
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn fold_of_100_000_events_from_json(bencher: Bencher) {
    let journal: Vec<_> =
        long_journal().iter().map(|(_, event)| serde_json::to_string(event).unwrap_or_default()).collect();
    bencher.bench_local(|| {
        let mut run = Run::default();
        for json in &journal {
            if let Ok(event) = serde_json::from_str::<Event>(json) {
                run.apply(Millis(1), &event);
            }
        }
        black_box(run)
    });
}

#[divan::bench(sample_count = 5, sample_size = 1)]
fn audit_with_10_000_agents(bencher: Bencher) {
    let bench = staffed(10_000, false);
    bencher.bench_local(|| black_box(bench.run.audit()));
}

/// By what the process weighs before and after; pages of 4 KiB.
fn bytes_per_worker() -> u64 {
    let before = resident_pages();
    let bench = staffed(10_000, false);
    let after = resident_pages();
    black_box(&bench);
    (after - before) * 4_096 / 10_000
}

fn resident_pages() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or_default()
}
