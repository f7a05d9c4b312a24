//! Retention: payloads of runs that are over go by rules, and events, costs and verdicts stay. Where all payloads of a run go,
//! its data key goes first: whoever has a copy of the blobs, or of the whole folder without that file, reads nothing.
//!
//! Never touched are a run that a process works on (its lease is taken first), one that is not over, and one that is held. What
//! is deleted is deleted before the journal says so, and a crash in between is made good by the next time.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use trireme_core::limits::JOURNAL_PAGE;
use trireme_core::log::event_type;
use trireme_core::run::event::{Event, RunEnd, RunEvent};
use trireme_core::run::{Input, Refusal};
use trireme_core::{BlobRef, Millis, RunId, Shredding, Shreds};

use crate::blobs::{Form, file_of, files};
use crate::clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::{self, RunFolder, unwritable};
use crate::journal::{Lease, Reader};
use crate::run_loop::{self, Keeper};
use crate::vault::Purpose;

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;
const MEGABYTE: u64 = 1_000_000;
/// Events from the end of a journal among which its end is looked for.
const TAIL: usize = 64;

/// When payloads go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// By what.
    pub limit: Limit,
    /// Only of runs that ended so; of all where none is named.
    pub states: Vec<RunEnd>,
    /// Only payloads of events of these types, as the log calls them; all, and the key, where none is named.
    pub kinds: Vec<String>,
    /// Only of runs of this project; of all where none is named.
    pub project: Option<PathBuf>,
}

/// By what payloads go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// The run ended so many days ago.
    Days(u32),
    /// All payloads together take more than so many megabytes: those of the run that ended first go first.
    Megabytes(u64),
}

/// What a rule did, or would do, to a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Pruned {
    /// The run.
    pub run: RunId,
    /// Types of events whose payloads go; empty for all.
    pub kinds: Vec<String>,
    /// Why.
    pub why: String,
    /// What they take, in bytes.
    pub bytes: u64,
    /// Why they stay all the same, where they do.
    pub kept: Option<Kept>,
}

/// Why payloads stay that are due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The Owner said so, in these words.
    Held(String),
    /// A process works on the run.
    Busy,
    /// They could not be deleted: what is wrong.
    Failed(String),
}

/// Why a run is kept whatever the rules say.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Since when.
    pub since: Millis,
    /// In the Owner's words.
    pub reason: String,
}

/// A run that is over.
struct Over {
    folder: RunFolder,
    project: PathBuf,
    end: RunEnd,
    at: Millis,
    shreds: Shreds,
}

impl Engine {
    /// Does what the rules say, or tells what it would do.
    ///
    /// # Errors
    /// Where the state folder can't be read. A run that can't be pruned is told in the list.
    pub async fn prune(&self, dry_run: bool) -> Result<Vec<Pruned>, EngineError> {
        let mut pruned = Vec::new();
        for rule in &self.settings().retention {
            for (over, bytes) in self.due(rule).await? {
                pruned.push(self.apply(rule, &over, bytes, dry_run).await);
            }
        }
        Ok(pruned)
    }

    /// The runs that a rule speaks of and whose payloads are due, each with what they take.
    async fn due(&self, rule: &Rule) -> Result<Vec<(Over, u64)>, EngineError> {
        let mut runs = Vec::new();
        for folder in folder::all(&self.settings().state)? {
            // Nothing is as old as its end before it was ordered.
            let is_young = |days| folder.bearings().is_ok_and(|bearings| is_within(bearings.ordered, days));
            if matches!(rule.limit, Limit::Days(days) if is_young(days)) {
                continue;
            }
            runs.extend(over(folder).await.filter(|over| rule.speaks_of(over)));
        }
        let (mut due, mut total) = (Vec::new(), 0);
        // From the one that ended last on: what is beyond the limit is the oldest.
        runs.sort_by_key(|over| Reverse(over.at));
        for over in runs {
            let is_young = matches!(rule.limit, Limit::Days(days) if is_within(over.at, days));
            if is_young || over.shreds.holds(&rule.kinds) {
                continue;
            }
            let bytes = targets(&over.folder, &rule.kinds).await?.iter().map(|file| size(file)).sum();
            total += bytes;
            let has_room =
                matches!(rule.limit, Limit::Megabytes(most) if total <= most.saturating_mul(MEGABYTE));
            if !has_room {
                due.push((over, bytes));
            }
        }
        Ok(due)
    }

    async fn apply(&self, rule: &Rule, over: &Over, bytes: u64, dry_run: bool) -> Pruned {
        let shredding = Shredding { kinds: rule.kinds.clone(), why: rule.words() };
        let kept = match held(&over.folder.dir) {
            Some(hold) => Some(Kept::Held(hold.reason)),
            None if Lease::is_held(&over.folder.dir) => Some(Kept::Busy),
            None if dry_run => None,
            None => {
                let failed = |error: EngineError| Kept::Failed(error.to_string());
                self.shred(&over.folder, shredding).await.err().map(failed)
            }
        };
        Pruned { run: over.folder.run.clone(), kinds: rule.kinds.clone(), why: rule.words(), bytes, kept }
    }

    /// Deletes payloads of a run that is over, and writes it down.
    async fn shred(&self, folder: &RunFolder, shredding: Shredding) -> Result<(), EngineError> {
        let blobs = self.blobs(folder)?;
        let mut keeper = Keeper::open(folder.take_over(self.vault()).await?, blobs).await?;
        let done = match (keeper.run().end(), held(&folder.dir)) {
            (Some(_), None) => delete(folder, &shredding.kinds).await,
            (Some(_), Some(hold)) => Err(EngineError::usage(format!("it is held: {}", hold.reason))),
            (None, _) => Err(EngineError::usage("it is not over")),
        };
        let told = match done {
            Ok(()) => keeper.take(clock::now(), Input::Shred(shredding)).await,
            Err(error) => Err(error),
        };
        keeper.tell(&folder.dir).await;
        keeper.close().await;
        told?.map_err(|refusal: Refusal| EngineError::usage(refusal.to_string()))
    }

    /// Keeps a run whatever the rules say, until it is let go.
    ///
    /// # Errors
    /// Where its folder can't be written.
    pub fn hold(&self, run: &RunId, reason: &str) -> Result<(), EngineError> {
        let path = hold_in(&RunFolder::of(&self.settings().state, run).dir);
        let reason = self.redactor()?.text(reason).into_owned();
        let text = serde_json::to_vec(&Hold { since: clock::now(), reason }).unwrap_or_default();
        fs::write(&path, text).map_err(|error| unwritable(&path, &error))
    }

    /// Lets a run go that was held.
    ///
    /// # Errors
    /// Where it was not, or its folder can't be written.
    pub fn let_go(&self, run: &RunId) -> Result<(), EngineError> {
        let path = hold_in(&RunFolder::of(&self.settings().state, run).dir);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                Err(EngineError::usage(format!("{run} is not held"))
                    .hint(format!("trireme hold {run} \"why\"")))
            }
            done => done.map_err(|error| unwritable(&path, &error)),
        }
    }
}

impl Rule {
    fn speaks_of(&self, over: &Over) -> bool {
        let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let is_here = |project: &PathBuf| real(&over.project).starts_with(real(project));
        (self.states.is_empty() || self.states.contains(&over.end)) && self.project.iter().all(is_here)
    }

    /// The rule as the reason for what it does.
    fn words(&self) -> String {
        match self.limit {
            Limit::Days(1) => "the run ended more than a day ago".to_owned(),
            Limit::Days(days) => format!("the run ended more than {days} days ago"),
            Limit::Megabytes(most) => format!("all payloads together took more than {most} MB"),
        }
    }
}

fn is_within(at: Millis, days: u32) -> bool {
    clock::now().since(at) <= u64::from(days).saturating_mul(DAY_MS)
}

fn hold_in(dir: &Path) -> PathBuf {
    dir.join("hold.json")
}

/// Why the run in `dir` is kept, if it is. A hold that can't be read is one.
fn held(dir: &Path) -> Option<Hold> {
    let text = match fs::read(hold_in(dir)) {
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        text => text.unwrap_or_default(),
    };
    let unknown = || Hold { since: Millis(0), reason: "by a file that can't be read".to_owned() };
    Some(serde_json::from_slice(&text).unwrap_or_else(|_| unknown()))
}

/// How a run ended, by the end of its journal; none where it goes on, or can't be read.
async fn over(folder: RunFolder) -> Option<Over> {
    let project = folder.bearings().ok()?.project;
    let mut reader = Reader::open(&folder.dir).await.ok()?;
    let head = reader.head().await.ok()?;
    let tail = reader.read_from(head.saturating_sub(TAIL as u64) + 1, TAIL).await.ok()?;
    let (mut ended, mut shreds) = (None, Shreds::default());
    for (at, event) in tail.iter().filter_map(|record| run_loop::read(record).ok()) {
        match event {
            Event::Run(RunEvent::Ended { end }) => ended = Some((end, at)),
            Event::Run(RunEvent::Shredded { shredding }) => shreds.take(&shredding),
            Event::Run(_)
            | Event::Money(_)
            | Event::Agent(_)
            | Event::Task(_)
            | Event::Branch(_)
            | Event::Opinion(_) => {}
        }
    }
    let (end, at) = ended?;
    Some(Over { folder, project, end, at, shreds })
}

/// The files that go with payloads of these kinds.
async fn targets(folder: &RunFolder, kinds: &[String]) -> Result<Vec<PathBuf>, EngineError> {
    if kinds.is_empty() {
        return Ok(files(&folder.dir));
    }
    let (mut named, mut kept) = (HashSet::new(), HashSet::new());
    let (mut reader, mut seq) = (Reader::open(&folder.dir).await?, 0);
    loop {
        let records = reader.read_from(seq + 1, JOURNAL_PAGE).await?;
        let Some(last) = records.last() else { break };
        seq = last.seq;
        for record in &records {
            let (_, event) = run_loop::read(record)?;
            let is_of = kinds.iter().any(|kind| kind == event_type(&event));
            let blobs = record.body.split('"').filter_map(|text| text.parse().ok().map(BlobRef));
            if is_of { &mut named } else { &mut kept }.extend(blobs);
        }
    }
    // What another event names too is that one's as well.
    let files = named.difference(&kept).map(|blob| file_of(&folder.dir, *blob));
    Ok(files.filter(|file| file.is_file()).collect())
}

fn size(file: &Path) -> u64 {
    fs::metadata(file).map_or(0, |meta| meta.len())
}

/// Deletes payloads, and their key before them where all of them go.
async fn delete(folder: &RunFolder, kinds: &[String]) -> Result<(), EngineError> {
    let targets = targets(folder, kinds).await?;
    let key = Purpose::Data.file_in(&folder.dir);
    let is_locked = folder.bearings()?.payloads == Form::Sealed;
    let key = Some(key).filter(|_| kinds.is_empty() && is_locked);
    let delete = move || -> Result<(), EngineError> {
        for path in key.iter().chain(&targets) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(unwritable(path, &error));
                }
                Ok(()) | Err(_) => {}
            }
            if Some(path) == key.as_ref() {
                folder::sync_folder_of(path).map_err(|error| unwritable(path, &error))?;
            }
        }
        Ok(())
    };
    let done = tokio::task::spawn_blocking(delete).await;
    done.unwrap_or_else(|error| Err(EngineError::failed(error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A run of the project in `folder` that was killed.
    fn killed(folder: &str) -> Over {
        let dir = PathBuf::from("/nowhere");
        Over {
            folder: RunFolder { run: RunId("r".to_owned()), dir },
            project: PathBuf::from(folder),
            end: RunEnd::Killed,
            at: Millis(0),
            shreds: Shreds::default(),
        }
    }

    #[test]
    fn a_rule_speaks_of_its_project_and_its_states() {
        let rule = |project: Option<&str>, states: &[RunEnd]| Rule {
            limit: Limit::Days(1),
            states: states.to_vec(),
            kinds: Vec::new(),
            project: project.map(PathBuf::from),
        };
        let of_all = rule(None, &[]);
        assert!(of_all.speaks_of(&killed("/a/b")) && of_all.speaks_of(&killed("/c")));
        let of_one = rule(Some("/a"), &[]);
        assert!(of_one.speaks_of(&killed("/a/b")) && !of_one.speaks_of(&killed("/ab")));
        assert!(rule(None, &[RunEnd::Killed]).speaks_of(&killed("/a")));
        assert!(!rule(Some("/a"), &[RunEnd::Verified]).speaks_of(&killed("/a")));
    }

    #[test]
    fn a_hold_that_cannot_be_read_is_one() {
        let dir = tempfile::tempdir().unwrap();
        assert!(held(dir.path()).is_none());
        fs::create_dir(hold_in(dir.path())).unwrap();
        assert!(held(dir.path()).is_some());
    }
}
