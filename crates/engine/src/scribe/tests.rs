use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use trireme_core::Millis;
use trireme_core::run::Event;
use trireme_testkit::{Disturbance, Play, Prng, Script};

use super::*;
use crate::journal::{Lease, Row};
use crate::vault::Key;

/// A run of a few dozen events that was written and told to its end.
struct Scene {
    state: tempfile::TempDir,
    events: Vec<(Millis, Event)>,
}

fn key() -> Key {
    Key::of([7; 32])
}

fn rows(events: &[(Millis, Event)]) -> Vec<Row<'static>> {
    let row = |(at, event): &(Millis, Event)| {
        let body = serde_json::to_string(event).unwrap();
        Row { at: *at, kind: "told", body }
    };
    events.iter().map(row).collect()
}

impl Scene {
    /// A run whose journal has its first `count` events, and no log.
    async fn begun(count: usize) -> (Self, Journal) {
        let events = Play::through(Script::read(""), Disturbance::None).world.journal;
        let scene = Self { state: tempfile::tempdir().unwrap(), events };
        let mut journal = Journal::create(&scene.dir(), "test").await.unwrap().under(&key());
        journal.append(&rows(&scene.events[..count.min(scene.events.len())]), &[]).await.unwrap();
        (scene, journal)
    }

    /// A run that is over, and its log.
    async fn over() -> Self {
        let (scene, journal) = Self::begun(usize::MAX).await;
        scene.tell(&journal).await;
        journal.close().await.unwrap();
        scene
    }

    fn dir(&self) -> PathBuf {
        self.state.path().join("demo")
    }

    /// The same in another place.
    fn copy(&self) -> Self {
        let copy = Self { state: tempfile::tempdir().unwrap(), events: self.events.clone() };
        std::fs::create_dir(copy.dir()).unwrap();
        for file in ["journal.db", "log.jsonl"] {
            std::fs::copy(self.dir().join(file), copy.dir().join(file)).unwrap();
        }
        copy
    }

    async fn tell(&self, journal: &Journal) {
        Scribe::open(&self.dir(), journal).await.unwrap().catch_up().await.unwrap();
    }

    async fn reopened(&self) -> Journal {
        Journal::open(&self.dir(), "test").await.unwrap().under(&key())
    }

    fn log(&self) -> Vec<u8> {
        std::fs::read(file_in(&self.dir())).unwrap()
    }

    async fn prove_with(&self, key: Result<Key, String>, noted: Option<Head>) -> Proof {
        let live = Lease::is_held(&self.dir());
        prove(Question { dir: &self.dir(), key, live, noted }).await.unwrap()
    }

    async fn prove(&self) -> Proof {
        self.prove_with(Ok(key()), None).await
    }

    async fn change(&self, sql: &str) {
        let options = SqliteConnectOptions::new().filename(self.dir().join("journal.db"));
        let mut conn = options.synchronous(SqliteSynchronous::Off).connect().await.unwrap();
        let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut conn).await.unwrap();
        assert!(done.rows_affected() > 0, "{sql}");
        conn.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_line_for_each_event_linked_anchored_and_proven() {
    let scene = Scene::over().await;
    let (text, count) = (String::from_utf8(scene.log()).unwrap(), scene.events.len() as u64);
    assert!(count > 50 && text.lines().count() as u64 == count);
    let mut before = "0".repeat(64);
    for (line, seq) in text.lines().zip(1_u64..) {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["seq"], seq);
        // As docs/log.md says it, for whoever has no Trireme.
        let link = value["link"].as_str().unwrap().to_owned();
        let without = format!("{}}}", line.rsplit_once(",\"link\":").unwrap().0);
        assert_eq!(Digest::of(format!("{before}{without}").as_bytes()).to_string(), link);
        before = link;
    }
    let proof = scene.prove().await;
    assert!(proof.intact && proof.notes.is_empty(), "{proof:?}");
    assert_eq!((proof.events, proof.lines), (count, count));
    let head = proof.head.unwrap();
    assert_eq!(head.to_string(), format!("{count}:{before}"));
    assert!(scene.prove_with(Ok(key()), Some(head.to_string().parse().unwrap())).await.intact);
    let other = Head { seq: 3, link: head.link };
    assert!(!scene.prove_with(Ok(key()), Some(other)).await.intact);
    assert!("412".parse::<Head>().is_err() && "x:00".parse::<Head>().is_err());
}

#[tokio::test]
async fn whatever_a_crash_left_of_the_tail_the_next_owner_writes_the_same_log() {
    let (scene, mut journal) = Scene::begun(30).await;
    scene.tell(&journal).await;
    let (begun, anchored) = (scene.log(), journal.anchors().await.unwrap().get().await.unwrap().unwrap());
    journal.append(&rows(&scene.events[30..]), &[]).await.unwrap();
    scene.tell(&journal).await;
    let text = scene.log();
    let leftovers = [&b""[..], b"\0\0\0\0", b"{\"seq\":31,\"of\":\"somebody else\"}\n"];
    for (number, cut) in (begun.len()..=text.len()).step_by(211).chain([text.len()]).enumerate() {
        // What is written and not anchored is what a crash may tear.
        let left = [&text[..cut], leftovers[number % leftovers.len()]].concat();
        std::fs::write(file_in(&scene.dir()), left).unwrap();
        let mut anchors = journal.anchors().await.unwrap();
        anchors.put(anchored.seq, anchored.line, anchored.bytes).await.unwrap();
        scene.tell(&journal).await;
        assert!(scene.log() == text, "cut at {cut}");
        assert!(scene.prove().await.intact);
    }
}

#[tokio::test]
async fn a_log_that_is_gone_or_shorter_than_anchored_is_made_again() {
    let scene = Scene::over().await;
    let (text, journal) = (scene.log(), scene.reopened().await);
    std::fs::remove_file(file_in(&scene.dir())).unwrap();
    scene.tell(&journal).await;
    assert!(scene.log() == text && scene.prove().await.intact);
    std::fs::write(file_in(&scene.dir()), &text[..text.len() / 2]).unwrap();
    scene.tell(&journal).await;
    assert!(scene.log() == text && scene.prove().await.intact);
}

#[tokio::test]
async fn a_crash_before_the_log_was_written_is_told_and_is_no_flaw() {
    let (scene, journal) = Scene::begun(30).await;
    scene.tell(&journal).await;
    drop(journal);
    let mut journal = scene.reopened().await;
    journal.append(&rows(&scene.events[30..]), &[]).await.unwrap();
    drop(journal);
    assert!(crate::journal::released(&scene.dir()).await);
    let proof = scene.prove().await;
    assert!(proof.intact, "{proof:?}");
    let missing = scene.events.len() - 30;
    assert!(proof.notes[0].contains(&format!("the last {missing} events")), "{proof:?}");
    assert!(proof.notes[0].contains("trireme resume demo"), "{proof:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_follows_the_journal_and_stops_behind_its_last_event() {
    let (scene, mut journal) = Scene::begun(1).await;
    let (stop, stopped) = watch::channel(());
    let scribe = Scribe::open(&scene.dir(), &journal).await.unwrap();
    let mut follower = tokio::task::JoinSet::new();
    follower.spawn(scribe.follow(stopped));
    for chunk in scene.events[1..].chunks(7) {
        journal.append(&rows(chunk), &[]).await.unwrap();
        tokio::task::yield_now().await;
    }
    drop(stop);
    follower.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(scene.prove().await.lines, scene.events.len() as u64);
    assert!(scene.prove().await.intact);
}

#[tokio::test]
async fn a_journal_that_ends_before_its_anchor_is_not_gone_on_with() {
    let scene = Scene::over().await;
    scene.change("DELETE FROM events WHERE seq > 20").await;
    let journal = scene.reopened().await;
    let Err(error) = Scribe::open(&scene.dir(), &journal).await else { panic!("it goes on") };
    assert!(error.to_string().contains("ends at event 20"), "{error}");
    assert!(error.hints().iter().any(|hint| hint == "trireme verify demo"));
}

#[tokio::test]
async fn without_the_key_damage_is_found_and_nothing_is_vouched_for() {
    let scene = Scene::over().await;
    let keyless = || Err("no key here".to_owned());
    let proof = scene.prove_with(keyless(), None).await;
    assert!(!proof.intact && proof.flaws.len() == 1, "{proof:?}");
    assert!(proof.flaws[0].what.contains("no key here"), "{proof:?}");
    let log = String::from_utf8(scene.log()).unwrap();
    std::fs::write(file_in(&scene.dir()), log.replacen("the run begins", "the run began", 1)).unwrap();
    let proof = scene.prove_with(keyless(), None).await;
    assert_eq!((proof.flaws[0].place, proof.flaws[0].line), (Place::Log, 1), "{proof:?}");
}

/// Somebody who has everything but the key writes journal and log anew, with links that fit.
#[tokio::test]
async fn a_wholesale_rewrite_is_found() {
    let scene = Scene::over().await;
    let (whole, other) = (scene.dir(), scene.state.path().join("other"));
    std::fs::rename(&whole, &other).unwrap();
    let mut forged = Journal::create(&whole, "forger").await.unwrap().under(&Key::of([8; 32]));
    let fewer: Vec<_> = scene.events.iter().take(scene.events.len() - 3).cloned().collect();
    forged.append(&rows(&fewer), &[]).await.unwrap();
    scene.tell(&forged).await;
    forged.close().await.unwrap();
    let proof = scene.prove().await;
    assert!(proof.flaws.iter().any(|flaw| flaw.place == Place::Anchor), "{proof:?}");
    assert!(proof.flaws.iter().any(|flaw| (flaw.place, flaw.line) == (Place::Journal, 1)), "{proof:?}");
}

fn below(prng: &mut Prng, end: usize) -> usize {
    usize::try_from(prng.below(end as u64)).unwrap()
}

/// What a person, or a fault of the disk, may do to lines of the log.
fn edited(log: &[u8], prng: &mut Prng) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = log.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    let count = lines.len();
    let (at, other) = (below(prng, count), below(prng, count));
    match below(prng, 9) {
        0 => {
            let mut bytes = log.to_vec();
            let bit = below(prng, bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
            return bytes;
        }
        1 => drop(lines.remove(at)),
        2 => lines.insert(at, lines[other].clone()),
        3 => lines.swap(at, (at + 1 + other % (count - 1)) % count),
        4 => return log[..below(prng, log.len())].to_vec(),
        5 => drop(lines.drain(at..)),
        6 => {
            let mut bytes = log.to_vec();
            bytes.insert(below(prng, log.len() + 1), b"x \n{}\"0"[below(prng, 7)]);
            return bytes;
        }
        // With a link that fits, as somebody would who knows how they are made.
        7 => forge(&mut lines, at),
        _ => lines.push(format!("{{\"seq\":{}}}\n", lines.len() + 1).into_bytes()),
    }
    lines.concat()
}

/// Another cost in a line, and links that fit from there to the end.
fn forge(lines: &mut [Vec<u8>], at: usize) {
    let text = |line: &[u8]| std::str::from_utf8(line).unwrap().trim_end().to_owned();
    let mut before =
        at.checked_sub(1).map_or(line::START, |before| line::parted(&text(&lines[before])).unwrap().1);
    for (index, one) in lines.iter_mut().enumerate().skip(at) {
        let (mut body, _) = line::parted(&text(one)).unwrap();
        if index == at {
            body = body.replacen("\"cost_usd\":\"", "\"cost_usd\":\"9", 1);
        }
        before = line::link(&before, &body);
        *one = line::linked(&body, &before).into_bytes();
    }
}

#[tokio::test]
async fn of_1_000_edits_of_the_log_1_000_are_found() {
    let scene = Scene::over().await;
    let (log, mut prng) = (scene.log(), Prng::new(1));
    let mut found = 0;
    for number in 0..1_000 {
        let other = edited(&log, &mut prng);
        if other == log {
            // Two lines that are the same changed places, or a byte became itself.
            continue;
        }
        std::fs::write(file_in(&scene.dir()), &other).unwrap();
        let proof = scene.prove().await;
        assert!(!proof.intact, "edit {number} is not found");
        assert!(proof.flaws.iter().all(|flaw| flaw.line > 0), "{proof:?}");
        found += 1;
    }
    assert!(found > 950, "{found} edits were none");
    std::fs::write(file_in(&scene.dir()), &log).unwrap();
    assert!(scene.prove().await.intact);
}

/// What can be done to the journal with SQL.
fn sql(events: u64, prng: &mut Prng) -> String {
    let [at, other] = [(); 2].map(|()| 1 + prng.below(events));
    match below(prng, 11) {
        0 => format!("UPDATE events SET body = replace(body, '0', '1') || ' ' WHERE seq = {at}"),
        1 => format!("UPDATE events SET at_ms = at_ms + {other} WHERE seq = {at}"),
        2 => format!("UPDATE events SET kind = kind || 'x' WHERE seq = {at}"),
        3 => format!("UPDATE events SET link = zeroblob(32) WHERE seq = {at}"),
        4 => format!("UPDATE events SET link = NULL WHERE seq = {at}"),
        5 => format!("DELETE FROM events WHERE seq = {at}"),
        6 => format!("DELETE FROM events WHERE seq >= {at}"),
        7 => format!(
            "INSERT INTO events SELECT {events} + 1, at_ms, kind, body, link FROM events WHERE seq = {at}"
        ),
        // An event is taken away, and the others close ranks.
        8 => format!(
            "DELETE FROM events WHERE seq = {at};
             UPDATE events SET seq = -seq WHERE seq > {at}; UPDATE events SET seq = -seq - 1 WHERE seq < 0"
        ),
        9 if at != other => format!(
            "UPDATE events SET seq = -1 WHERE seq = {at}; UPDATE events SET seq = {at} WHERE seq = {other};
             UPDATE events SET seq = {other} WHERE seq = -1"
        ),
        9 => "DELETE FROM anchor".to_owned(),
        _ => {
            let column =
                ["seq = seq - 1", "bytes = bytes + 1", "mac = zeroblob(32)", "line = event", "event = line"];
            format!("UPDATE anchor SET {}", column[below(prng, 5)])
        }
    }
}

#[tokio::test]
async fn of_1_000_edits_of_the_journal_1_000_are_found() {
    let (scene, mut prng) = (Scene::over().await, Prng::new(2));
    for number in 0..1_000 {
        let copy = scene.copy();
        let edit = sql(copy.events.len() as u64, &mut prng);
        copy.change(&edit).await;
        assert!(!copy.prove().await.intact, "edit {number} is not found: {edit}");
    }
    assert!(scene.copy().prove().await.intact);
}

#[tokio::test]
async fn a_change_is_named_by_its_event_and_by_its_line() {
    let scene = Scene::over().await;
    scene.change("UPDATE events SET body = replace(body, '{', '{ ') WHERE seq = 12").await;
    let proof = scene.prove().await;
    let places: Vec<_> = proof.flaws.iter().map(|flaw| (flaw.place, flaw.line)).collect();
    assert_eq!(places, [(Place::Journal, 12)], "{proof:?}");

    let scene = Scene::over().await;
    scene.change("DELETE FROM events WHERE seq BETWEEN 5 AND 7").await;
    let proof = scene.prove().await;
    assert_eq!((proof.flaws[0].place, proof.flaws[0].line), (Place::Journal, 8));
    assert!(proof.flaws[0].what.contains("events 5 to 7 before it were taken away"), "{proof:?}");

    let scene = Scene::over().await;
    let log = String::from_utf8(scene.log()).unwrap();
    let without: Vec<_> = log.split_inclusive('\n').enumerate().filter(|(index, _)| *index != 8).collect();
    let without: String = without.into_iter().map(|(_, line)| line).collect();
    std::fs::write(file_in(&scene.dir()), without).unwrap();
    let proof = scene.prove().await;
    assert_eq!((proof.flaws[0].place, proof.flaws[0].line), (Place::Log, 9), "{proof:?}");
    assert!(proof.flaws[0].what.contains("event 9 is due"), "{proof:?}");
}
