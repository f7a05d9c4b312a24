//! The proof of a run: its journal held against the links between its events, its log against the links between its lines,
//! both against the anchor, and every line against the event that it tells. Nothing is written, so anybody may ask for it;
//! without the Owner's key only what needs none is looked at, and that is said.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use serde::Serialize;
use trireme_core::Digest;
use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::log::LogLine;
use trireme_core::run::Run;

use super::{file_in, line};
use crate::error::EngineError;
use crate::journal::{Anchor, Doubter, LINKS, Link, Raw, START, link, run_of};
use crate::run_loop;
use crate::vault::Key;

/// Flaws of each place that are told one by one.
const FLAWS_TOLD: usize = 20;

/// What a proof came to.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// The run.
    pub run: String,
    /// Events in its journal.
    pub events: u64,
    /// Lines in its log.
    pub lines: u64,
    /// The last line that the anchor names: its number and its link.
    pub head: Option<Head>,
    /// Whether everything is as it was written.
    pub intact: bool,
    /// What is not, from the beginning on.
    pub flaws: Vec<Flaw>,
    /// How many flaws there are beyond those.
    pub more: usize,
    /// What is worth knowing and no flaw.
    pub notes: Vec<String>,
}

/// The end of a log, by which everything before it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// The number of the line.
    pub seq: u64,
    /// Its link.
    pub link: Digest,
}

/// What is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Flaw {
    /// Where it is.
    pub place: Place,
    /// The number of the event, or the line of the file.
    pub line: u64,
    /// What is wrong.
    pub what: String,
}

/// Where something is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// `journal.db`.
    Journal,
    /// `log.jsonl`.
    Log,
    /// The anchor in the journal, or a head that somebody noted elsewhere.
    Anchor,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, self.link)
    }
}

impl std::str::FromStr for Head {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parts =
            text.split_once(':').and_then(|(seq, link)| Some((seq.parse().ok()?, link.parse().ok()?)));
        let wrong = || {
            format!(
                "{text:?} is no head; it is the number of a line, a colon and 64 digits, as the report prints it"
            )
        };
        parts.map(|(seq, link)| Self { seq, link }).ok_or_else(wrong)
    }
}

/// What is asked for.
pub(crate) struct Question<'a> {
    /// The run's folder.
    pub(crate) dir: &'a Path,
    /// What vouches for it; none, and why, where it can't be had.
    pub(crate) key: Result<Key, String>,
    /// Whether a process is writing on it now.
    pub(crate) live: bool,
    /// A head that was noted elsewhere.
    pub(crate) noted: Option<Head>,
}

/// What was found so far.
#[derive(Default)]
struct Findings {
    flaws: Vec<Flaw>,
    more: usize,
    notes: Vec<String>,
}

impl Findings {
    fn flaw(&mut self, place: Place, line: u64, what: impl Into<String>) {
        if self.flaws.iter().filter(|flaw| flaw.place == place).count() < FLAWS_TOLD {
            self.flaws.push(Flaw { place, line, what: what.into() });
        } else {
            self.more += 1;
        }
    }
}

/// What the journal says that the log has to be.
#[derive(Default)]
struct Events {
    head: u64,
    /// The digest of each line without its link, as far as the journal can be believed.
    told: Vec<Digest>,
    /// The link of the event that the anchor names.
    at_anchor: Option<Link>,
}

/// What the log's file says.
#[derive(Default)]
struct Lines {
    count: u64,
    last: u64,
    /// The link of the line that the anchor names, and where that line ends.
    at_anchor: Option<(Digest, u64)>,
    /// The link of the line that was noted elsewhere.
    at_noted: Option<Digest>,
    /// Lines that this program would tell in other words.
    reworded: Vec<u64>,
    is_torn: bool,
}

impl Lines {
    fn before_the_first(anchor: Option<&Anchor>) -> Self {
        let at_anchor = anchor.filter(|anchor| anchor.seq == 0).map(|_| (line::START, 0));
        Self { at_anchor, ..Self::default() }
    }
}

/// Proves a run.
pub(crate) async fn prove(question: Question<'_>) -> Result<Proof, EngineError> {
    let mut found = Findings::default();
    let mut doubter = Doubter::open(question.dir).await?;
    // In this order: what is written meanwhile is in the journal first, in the log second and anchored last.
    let anchor = doubter.anchor().await;
    let length = std::fs::metadata(file_in(question.dir)).map_or(0, |meta| meta.len());
    let events =
        examine_events(&mut doubter, &question, anchor.as_ref().map(|(anchor, _)| anchor), &mut found)
            .await?;
    let lines =
        examine_lines(&question, &events, anchor.as_ref().map(|(anchor, _)| anchor), length, &mut found)?;
    examine_anchor(&question, &events, &lines, anchor.as_ref(), &mut found);
    examine_ends(&question, &events, &lines, anchor.as_ref().map(|(anchor, _)| anchor), &mut found);
    if let Err(why) = &question.key {
        found.flaw(Place::Anchor, 0, format!("nothing vouches for journal and log as a whole: {why}"));
    }
    let Findings { flaws, more, notes } = found;
    Ok(Proof {
        run: run_of(question.dir),
        events: events.head,
        lines: lines.count,
        head: anchor.map(|(anchor, _)| Head { seq: anchor.seq, link: anchor.line }),
        intact: flaws.is_empty(),
        flaws,
        more,
        notes,
    })
}

/// Reads the journal, and makes of it what the log has to be. What comes behind the first flaw is not believed, and so no
/// line is made of it.
async fn examine_events(
    doubter: &mut Doubter,
    question: &Question<'_>,
    anchor: Option<&Anchor>,
    found: &mut Findings,
) -> Result<Events, EngineError> {
    let key = question.key.as_ref().ok().map(|key| key.derive(LINKS));
    let (mut events, mut run, mut before) = (Events::default(), Some(Run::default()), START);
    events.at_anchor = anchor.filter(|anchor| anchor.seq == 0).map(|_| START);
    let mut unlinked = 0;
    loop {
        let rows = doubter.after(events.head, JOURNAL_PAGE).await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            let is_first = row.link.is_none() && unlinked == events.head;
            unlinked += u64::from(is_first);
            let flaw = if is_first {
                gap(&row, events.head)
            } else {
                examine_row(&row, events.head, &before, key.as_ref())
            };
            events.head = row.seq;
            before = row.link.unwrap_or(START);
            if anchor.is_some_and(|anchor| anchor.seq == row.seq) {
                events.at_anchor = Some(before);
            }
            run = match (flaw, run) {
                (Some(what), _) => {
                    found.flaw(Place::Journal, row.seq, what);
                    None
                }
                (None, Some(run)) => tell(&row, run, &mut events.told, found),
                (None, None) => None,
            };
        }
    }
    if unlinked > 0 {
        let of = if doubter.has_links() { "were written" } else { "all were written" };
        found.flaw(
            Place::Journal,
            unlinked,
            format!("events 1 to {unlinked} {of} before events were linked: nothing proves them"),
        );
    }
    Ok(events)
}

/// What is wrong with a row, given the one before it.
fn examine_row(row: &Raw, head: u64, before: &Link, key: Option<&Key>) -> Option<String> {
    let Some(record) = &row.record else { return Some("it can't be read: it was changed".to_owned()) };
    let Some(found) = row.link else { return Some("its link was taken away".to_owned()) };
    if let Some(gap) = gap(row, head) {
        return Some(gap);
    }
    let due = link(key?, before, record.seq, record.at, &record.kind, &record.body);
    (due != found).then(|| {
        "it is not what was written behind the event before it: it was changed, or put there".to_owned()
    })
}

fn gap(row: &Raw, head: u64) -> Option<String> {
    let missing = row.seq.checked_sub(head + 1)?;
    match missing {
        0 => None,
        1 => Some(format!("event {} before it was taken away", head + 1)),
        _ => Some(format!("events {} to {} before it were taken away", head + 1, row.seq - 1)),
    }
}

/// The run behind an event, whose line is noted.
fn tell(row: &Raw, mut run: Run, told: &mut Vec<Digest>, found: &mut Findings) -> Option<Run> {
    let event = row.record.as_ref().map(run_loop::read);
    let (at, event) = match event {
        Some(Ok(read)) => read,
        Some(Err(error)) => {
            found.flaw(Place::Journal, row.seq, error.to_string());
            return None;
        }
        None => return None,
    };
    told.push(Digest::of(line::body(&LogLine::of(&run, row.seq, at, &event)).as_bytes()));
    run.apply(at, &event);
    Some(run)
}

/// Reads the log up to a length, line by line.
fn examine_lines(
    question: &Question<'_>,
    events: &Events,
    anchor: Option<&Anchor>,
    length: u64,
    found: &mut Findings,
) -> Result<Lines, EngineError> {
    let path = file_in(question.dir);
    let Ok(file) = File::open(&path) else { return Ok(Lines::before_the_first(anchor)) };
    let fault = |error: std::io::Error| crate::folder::unwritable(&path, &error);
    let (mut file, mut text) = (BufReader::new(file.take(length)), Vec::new());
    let (mut lines, mut before, mut bytes) = (Lines::before_the_first(anchor), line::START, 0);
    while file.read_until(b'\n', &mut text).map_err(fault)? > 0 {
        lines.count += 1;
        bytes += text.len() as u64;
        let Some(whole) = text.strip_suffix(b"\n") else {
            lines.is_torn = true;
            break;
        };
        let (number, of_file) = (lines.count, std::str::from_utf8(whole).ok().and_then(line::parted));
        match of_file {
            Some((body, stated)) => {
                examine_line(&mut lines, &body, (&before, &stated), events, found);
                before = stated;
                if anchor.is_some_and(|anchor| anchor.seq == lines.last) {
                    lines.at_anchor = Some((stated, bytes));
                }
                if question.noted.is_some_and(|noted| noted.seq == lines.last) {
                    lines.at_noted = Some(stated);
                }
            }
            None => found.flaw(Place::Log, number, "it is no line of a log: it was changed, or put there"),
        }
        text.clear();
    }
    Ok(lines)
}

/// Holds one line against the one before it, and against the event that it tells.
fn examine_line(
    lines: &mut Lines,
    body: &str,
    (before, stated): (&Digest, &Digest),
    events: &Events,
    found: &mut Findings,
) {
    let number = lines.count;
    let seq = number_of(body);
    if seq != Some(lines.last + 1) {
        let told = seq.map_or("nothing".to_owned(), |seq| format!("event {seq}"));
        let what = format!(
            "it tells {told}, and event {} is due: lines were taken away, put there or moved",
            lines.last + 1
        );
        found.flaw(Place::Log, number, what);
    } else if line::link(before, body) != *stated {
        found.flaw(
            Place::Log,
            number,
            "its link is not that of its words behind the line before it: it was changed",
        );
    }
    lines.last = seq.unwrap_or(lines.last + 1);
    let due = usize::try_from(lines.last).ok().and_then(|seq| events.told.get(seq.checked_sub(1)?));
    if due.is_some_and(|due| *due != Digest::of(body.as_bytes())) {
        lines.reworded.push(number);
    }
}

/// The number of the event that a line tells.
fn number_of(body: &str) -> Option<u64> {
    body.strip_prefix("{\"seq\":")?.split_once(',')?.0.parse().ok()
}

/// Holds the anchor against journal and log.
fn examine_anchor(
    question: &Question<'_>,
    events: &Events,
    lines: &Lines,
    anchor: Option<&(Anchor, Vec<u8>)>,
    found: &mut Findings,
) {
    let is_anchored = match anchor {
        Some((anchor, mac)) => examine_anchored(question, events, lines, (anchor, mac), found),
        None => {
            found.flaw(Place::Anchor, 0, "there is no anchor of the log, or none that can be read");
            false
        }
    };
    if let Some(noted) = question.noted
        && lines.at_noted != Some(noted.link)
    {
        found.flaw(Place::Anchor, noted.seq, "the log has another line there than the one that was noted");
    }
    let anchored = anchor.filter(|_| is_anchored).map_or(0, |(anchor, _)| anchor.seq);
    let (proven, others): (Vec<u64>, Vec<u64>) = lines.reworded.iter().partition(|line| **line <= anchored);
    for line in others {
        found.flaw(Place::Log, line, "it does not tell what the journal says");
    }
    if let Some(first) = proven.first() {
        let (count, words) =
            (proven.len(), "as they were written, and this Trireme would tell them in other words");
        found.notes.push(format!("{count} lines of the log, the first of them line {first}, are {words}"));
    }
}

/// Whether the anchor vouches for the log up to the line that it names.
fn examine_anchored(
    question: &Question<'_>,
    events: &Events,
    lines: &Lines,
    (anchor, mac): (&Anchor, &[u8]),
    found: &mut Findings,
) -> bool {
    if let Ok(key) = &question.key
        && anchor.mac(key, &run_of(question.dir)) != mac
    {
        found.flaw(
            Place::Anchor,
            anchor.seq,
            "the anchor was changed: the Owner's key does not vouch for it",
        );
        return false;
    }
    if events.at_anchor != Some(anchor.event) {
        let what =
            format!("the journal has another event {} than the one that was anchored, or none", anchor.seq);
        found.flaw(Place::Journal, anchor.seq, what);
    }
    let is_line = lines.at_anchor == Some((anchor.line, anchor.bytes));
    if !is_line {
        let what = format!("the log has another line {} than the one that was anchored, or none", anchor.seq);
        found.flaw(Place::Log, anchor.seq, what);
    }
    is_line && question.key.is_ok()
}

/// Where log and journal end. Behind the anchor the log may lack lines: its writer is a moment late, or died.
fn examine_ends(
    question: &Question<'_>,
    events: &Events,
    lines: &Lines,
    anchor: Option<&Anchor>,
    found: &mut Findings,
) {
    let anchored = anchor.map_or(0, |anchor| anchor.seq);
    let missing = events.head.saturating_sub(lines.last);
    if lines.is_torn && lines.last < anchored {
        found.flaw(Place::Log, lines.count, "it is torn: its end is missing");
    }
    if lines.last > events.head {
        found.flaw(Place::Log, lines.count, format!("the journal ends at event {}", events.head));
    }
    if missing > 0 && lines.last >= anchored && !question.live {
        let run = run_of(question.dir);
        found.notes.push(format!(
            "the log lacks the last {missing} events: its writer was ended; `trireme resume {run}` writes them"
        ));
    }
}
