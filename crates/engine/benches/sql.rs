//! What questions in SQL cost: `cargo bench -p trireme-engine --bench sql`, of a run with 1,000,000 events; another number of
//! them behind `--`. Figures of time are by the wall, and of the process's processor time, which other work on the machine does
//! not change.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops where it fails"
)]

use std::path::Path;
use std::time::Instant;

use nix::time::{ClockId, clock_gettime};
use trireme_core::run::Event;
use trireme_core::run::event::AgentEvent;
use trireme_core::{Millis, Money, RunId};
use trireme_engine::RunFolder;
use trireme_engine::journal::{Journal, Row};
use trireme_engine::sql::{Cell, ask};
use trireme_testkit::{Disturbance, Play, Script};

/// Events of the run, where nothing is said.
const EVENTS: usize = 1_000_000;
/// Tasks of the run whose turns are played again and again.
const TASKS: usize = 100;

const QUERIES: [&str; 5] = [
    "SELECT manager, sum(cost_nanos) FROM costs GROUP BY manager",
    "SELECT sum(cost_nanos) FROM costs",
    "SELECT role, seniority, model, sum(calls), sum(tokens_in), sum(tokens_out), sum(cost_usd) FROM costs GROUP BY 1, 2, 3",
    "SELECT manager, step, cost FROM steps WHERE cost_nanos > 0 ORDER BY checkpoint LIMIT 100",
    "SELECT event_type, count(*) FROM events GROUP BY event_type",
];

fn main() {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(EVENTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let state = tempfile::tempdir().unwrap();
        let (run, events) = (RunId("bench".to_owned()), long_run(count));
        write(state.path(), &run, &events).await;
        let cost: u64 = events.iter().map(|(_, event)| cost(event).as_nanos()).sum();
        println!(
            "{} events, {} of them calls",
            events.len(),
            events.iter().filter(|(_, event)| is_call(event)).count()
        );
        measured("the first question tells all of them", ask(state.path(), Some(&run), QUERIES[1])).await;
        for query in QUERIES {
            measured(query, ask(state.path(), Some(&run), query)).await;
        }
        let all = ask(state.path(), None, QUERIES[1]).await.unwrap().rows;
        assert_eq!(all, [[Cell::Integer(i64::try_from(cost).unwrap())]]);
        let bytes = std::fs::metadata(state.path().join("index/events.db")).unwrap().len();
        println!("the index takes {} MB", bytes / 1_000_000);
        write(state.path(), &run, &events[..1_000]).await;
        measured("one more question, 1,000 events later", ask(state.path(), Some(&run), QUERIES[1])).await;
    });
}

async fn measured<T>(what: &str, asked: impl Future<Output = Result<T, trireme_engine::EngineError>>) {
    let (began, processor) = (Instant::now(), spent());
    asked.await.expect(what);
    println!(
        "{:>8.3} s, {:>8.3} s of processor time: {what}",
        began.elapsed().as_secs_f64(),
        spent() - processor
    );
}

fn spent() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).unwrap();
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

/// The events of a run with many tasks, and then its agents' turns again and again: a log does not mind how long agents live.
fn long_run(count: usize) -> Vec<(Millis, Event)> {
    let tasks: Vec<_> = (0..TASKS).map(|number| format!("t{number}")).collect();
    let script = Script::read(&format!("tasks core: {}", tasks.join(", ")));
    let mut events = Play::through(script, Disturbance::None).world.journal;
    let turns: Vec<_> = events.iter().filter(|(_, event)| is_of_turn(event)).cloned().collect();
    while events.len() < count {
        let rest = count - events.len();
        events.extend(turns.iter().take(rest).cloned());
    }
    events
}

fn is_of_turn(event: &Event) -> bool {
    matches!(
        event,
        Event::Agent(
            AgentEvent::TurnBegan { .. }
                | AgentEvent::Reserved { .. }
                | AgentEvent::Replied { .. }
                | AgentEvent::ToolCalled { .. }
                | AgentEvent::ToolDone { .. }
        )
    )
}

fn is_call(event: &Event) -> bool {
    matches!(event, Event::Agent(AgentEvent::Replied { .. }))
}

fn cost(event: &Event) -> Money {
    if let Event::Agent(AgentEvent::Replied { cost, .. }) = event { *cost } else { Money::ZERO }
}

/// Appends them to the run's journal, and makes it where there is none.
async fn write(state: &Path, run: &RunId, events: &[(Millis, Event)]) {
    let folder = RunFolder::of(state, run);
    let mut journal = match Journal::open(&folder.dir, "bench").await {
        Ok(journal) => journal,
        Err(_) => Journal::create(&folder.dir, "bench").await.unwrap(),
    };
    std::fs::write(folder.dir.join("run.json"), r#"{"project": "/", "scenario": null, "ordered": 1}"#)
        .unwrap();
    for page in events.chunks(5_000) {
        let row = |(at, event): &(Millis, Event)| Row {
            at: *at,
            kind: "told",
            body: serde_json::to_string(event).unwrap(),
        };
        journal.append(&page.iter().map(row).collect::<Vec<_>>(), &[]).await.unwrap();
    }
    journal.close().await.unwrap();
}
