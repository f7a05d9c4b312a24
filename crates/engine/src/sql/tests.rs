use serde_json::Value;
use trireme_core::Millis;
use trireme_core::log::LogLine;
use trireme_core::run::{Event, Run};
use trireme_testkit::{Disturbance, Play, Script};

use super::*;
use crate::blobs::Form;
use crate::folder::Bearings;
use crate::journal::{Journal, Row};

/// A state folder with runs that were played.
struct Scene(tempfile::TempDir);

type Told = Vec<(Millis, Event)>;

fn played(script: &str) -> Told {
    Play::through(Script::read(script), Disturbance::None).world.journal
}

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn folder(&self, name: &str) -> RunFolder {
        RunFolder::of(self.0.path(), &RunId(name.to_owned()))
    }

    async fn run(&self, name: &str, events: &[(Millis, Event)]) {
        let folder = self.folder(name);
        Journal::create(&folder.dir, "test").await.unwrap().close().await.unwrap();
        let project = self.0.path().join("project");
        let bearings = Bearings { project, scenario: None, ordered: Millis(1), payloads: Form::Plain };
        folder.write_bearings(&bearings).unwrap();
        self.goes_on(name, events).await;
    }

    async fn goes_on(&self, name: &str, events: &[(Millis, Event)]) {
        let mut journal = Journal::open(&self.folder(name).dir, "test").await.unwrap();
        let row = |(at, event): &(Millis, Event)| Row {
            at: *at,
            kind: "told",
            body: serde_json::to_string(event).unwrap(),
        };
        journal.append(&events.iter().map(row).collect::<Vec<_>>(), &[]).await.unwrap();
        journal.close().await.unwrap();
    }

    async fn ask(&self, run: Option<&str>, query: &str) -> Rows {
        let run = run.map(|name| RunId(name.to_owned()));
        ask(self.0.path(), run.as_ref(), query).await.unwrap()
    }

    /// The only cell of an answer.
    async fn one(&self, run: Option<&str>, query: &str) -> Cell {
        let rows = self.ask(run, query).await.rows;
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        let [cell] = row.as_slice() else { panic!("{row:?}") };
        cell.clone()
    }

    async fn refusal(&self, query: &str) -> String {
        ask(self.0.path(), None, query).await.unwrap_err().to_string()
    }
}

fn lines(events: &[(Millis, Event)]) -> (Run, Vec<LogLine>) {
    let (mut run, mut lines) = (Run::default(), Vec::new());
    for (seq, (at, event)) in (1..).zip(events) {
        lines.push(LogLine::of(&run, seq, *at, event));
        run.apply(*at, event);
    }
    (run, lines)
}

fn json(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => (*number).into(),
        Cell::Real(number) => (*number).into(),
        Cell::Text(text) | Cell::Bytes(text) => text.as_str().into(),
    }
}

/// Every field of every line of the log is a column, and says the same.
#[tokio::test]
async fn events_are_the_lines_of_the_log() {
    let (scene, events) = (Scene::new(), played(""));
    scene.run("amber", &events).await;
    let answer = scene.ask(Some("amber"), "SELECT * FROM events ORDER BY seq").await;
    let (_, lines) = lines(&events);
    assert_eq!(answer.rows.len(), lines.len());
    for (row, line) in answer.rows.iter().zip(&lines) {
        let told = serde_json::to_value(line).unwrap();
        for (column, cell) in answer.columns.iter().zip(row) {
            let wanted = match column.strip_prefix("tokens_") {
                Some(kind) => &told["tokens"][kind],
                None if column == "manager" || column == "cost_usd" || column == "run" => continue,
                None => &told[column],
            };
            assert_eq!(json(cell), *wanted, "{column} of event {}", line.seq);
        }
        let known = |name: &String| name == "tokens" || answer.columns.contains(name);
        assert!(told.as_object().unwrap().keys().all(known), "{told}");
    }
}

#[tokio::test]
async fn costs_calls_steps_and_runs_agree_with_the_ledger() {
    let (scene, events) = (Scene::new(), played("tasks core: parser, printer"));
    scene.run("amber", &events).await;
    scene.run("other", &played("")).await;
    let (run, _) = lines(&events);
    let spent = run.ledger().get(trireme_core::ledger::Ledger::RUN).unwrap().spent;
    let spent = Cell::Integer(spent.as_nanos() as i64);
    for query in [
        "SELECT sum(cost_nanos) FROM costs",
        "SELECT sum(cost_nanos) FROM calls",
        "SELECT sum(cost_nanos) FROM steps",
        "SELECT spent_nanos FROM runs",
    ] {
        assert_eq!(scene.one(Some("amber"), query).await, spent, "{query}");
        let of_all = if query.ends_with("runs") { format!("{query} WHERE run = 'amber'") } else { continue };
        assert_eq!(scene.one(None, &of_all).await, spent, "{query}");
    }
    let calls = scene.one(Some("amber"), "SELECT count(*) FROM calls").await;
    assert_eq!(scene.one(Some("amber"), "SELECT sum(calls) FROM costs").await, calls);
    let steps =
        scene.ask(None, "SELECT manager, step, cost FROM steps WHERE run = 'amber' ORDER BY checkpoint");
    let steps = steps.await.rows;
    assert!(steps.contains(&vec![
        Cell::Text("core".to_owned()),
        Cell::Text("turn_began".to_owned()),
        Cell::Real(0.0)
    ]));
    let outcome = "SELECT outcome FROM runs ORDER BY run";
    assert_eq!(scene.ask(None, outcome).await.rows, vec![vec![Cell::Text("verified".to_owned())]; 2]);
}

/// Every view can be asked, alone and together, and a run that is chosen is the only one in it.
#[tokio::test]
async fn every_view_is_of_the_run_that_is_asked_for() {
    let scene = Scene::new();
    scene.run("amber", &played("tasks core: parser")).await;
    scene.run("other", &played("")).await;
    for view in ["runs", "events", "calls", "costs", "memos", "verdicts", "budget_moves", "steps"] {
        let names = format!("SELECT DISTINCT run FROM {view}");
        let of_one = scene.ask(Some("other"), &names).await.rows;
        assert!(of_one.iter().all(|row| *row == [Cell::Text("other".to_owned())]), "{view}: {of_one:?}");
        let found = scene.ask(None, &names).await.rows.len();
        assert!(found == 2 || view == "memos", "{view}: {found}");
    }
    let total = "SELECT amount_usd FROM budget_moves WHERE kind = 'total'";
    let limit = scene.one(Some("amber"), "SELECT total_usd FROM runs").await;
    assert_eq!(scene.one(Some("amber"), total).await, limit);
    let passed = "SELECT count(*) > 0 FROM verdicts WHERE about = 'attempt' AND verdict = 'pass'";
    assert_eq!(scene.one(Some("amber"), passed).await, Cell::Integer(1));
}

#[tokio::test]
async fn a_run_that_goes_on_is_told_to_its_end_and_another_one_of_its_name_anew() {
    let (scene, events) = (Scene::new(), played("tasks core: parser, printer"));
    let count = "SELECT count(*) FROM events";
    let (first, rest) = events.split_at(events.len() / 2);
    scene.run("amber", first).await;
    assert_eq!(scene.one(Some("amber"), count).await, Cell::Integer(first.len() as i64));
    scene.goes_on("amber", rest).await;
    let all = scene.ask(None, "SELECT * FROM events ORDER BY seq").await;
    let fresh = Scene::new();
    fresh.run("amber", &events).await;
    assert_eq!(fresh.ask(None, "SELECT * FROM events ORDER BY seq").await, all);
    let moves = "SELECT * FROM budget_moves ORDER BY seq";
    assert_eq!(fresh.ask(None, moves).await, scene.ask(None, moves).await);
    // As many events, and other ones.
    let shorter = &played("")[..20];
    for events in [first, shorter] {
        std::fs::remove_dir_all(scene.folder("amber").dir).unwrap();
        scene.run("amber", events).await;
        assert_eq!(scene.one(None, count).await, Cell::Integer(events.len() as i64));
    }
    std::fs::remove_dir_all(scene.folder("amber").dir).unwrap();
    assert_eq!(scene.one(None, count).await, Cell::Integer(0), "nothing is left of a run that is gone");
}

#[tokio::test]
async fn nothing_is_written_for_whoever_asks() {
    let scene = Scene::new();
    scene.run("amber", &played("")).await;
    let before = scene.one(None, "SELECT count(*) FROM main.line").await;
    let outside = scene.0.path().join("outside.db");
    for query in [
        "WITH x AS (SELECT 1) DELETE FROM main.line".to_owned(),
        "WITH x AS (SELECT 1) INSERT INTO main.made SELECT 'x' FROM x".to_owned(),
        "WITH x AS (SELECT 1) UPDATE main.run SET name = 'x'".to_owned(),
        "DELETE FROM main.line".to_owned(),
        "PRAGMA query_only = 0".to_owned(),
        format!("ATTACH '{}' AS outside", outside.display()),
        format!("SELECT 1; ATTACH '{}' AS outside", outside.display()),
        format!("VACUUM INTO '{}'", outside.display()),
        "SELECT load_extension('x')".to_owned(),
        "SELECT * FROM nothing".to_owned(),
    ] {
        assert!(!scene.refusal(&query).await.is_empty(), "{query}");
    }
    assert!(!outside.exists());
    assert_eq!(scene.one(None, "SELECT count(*) FROM main.line").await, before);
}

#[tokio::test]
async fn a_query_without_end_is_stopped() {
    let scene = Scene::new();
    scene.run("amber", &played("")).await;
    scene.ask(None, "SELECT 1").await;
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
    let file = file_in(scene.0.path());
    let stopped = answer(&file, &About::All, endless, Duration::from_millis(1)).await.unwrap_err();
    assert!(stopped.to_string().contains("took longer than"), "{stopped}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_at_the_same_time_gets_the_same_answer() {
    let (scene, events) = (Scene::new(), played("tasks core: parser, printer"));
    scene.run("amber", &events).await;
    let count = "SELECT count(*), max(seq) FROM events";
    let (one, other) = tokio::join!(scene.ask(None, count), scene.ask(Some("amber"), count));
    assert_eq!(one.rows, other.rows);
    assert_eq!(one.rows, [vec![Cell::Integer(events.len() as i64); 2]]);
}

#[tokio::test]
async fn an_index_that_is_none_is_made_anew_and_a_run_that_can_t_be_read_is_left_out() {
    let scene = Scene::new();
    scene.run("amber", &played("")).await;
    let count = "SELECT count(*) FROM runs";
    assert_eq!(scene.one(None, count).await, Cell::Integer(1));
    std::fs::write(file_in(scene.0.path()), "no database at all, and long enough to be looked at").unwrap();
    assert_eq!(scene.one(None, count).await, Cell::Integer(1));
    scene.run("broken", &[]).await;
    std::fs::remove_file(scene.folder("broken").dir.join("journal.db")).unwrap();
    let answer = scene.ask(None, count).await;
    assert_eq!(answer.rows, [[Cell::Integer(1)]]);
    assert!(answer.left_out[0].starts_with("broken: "), "{:?}", answer.left_out);
}
