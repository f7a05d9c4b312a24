//! The Scribe writes the log of a run, `log.jsonl`: a line for each event of the journal, in the words of
//! [`trireme_core::log`], behind the run's loop and never in its way.
//!
//! ```text
//! run loop ── append ──► journal.db ── read_from(cursor) ──► Scribe ── lines ──► log.jsonl
//!                           ▲                                  │
//!                           └───── anchor: number and links of the last line ◄── after it is on the disk
//! ```
//!
//! Invariants: only whoever owns the run writes its log; no line is there before its event; the anchor never names a line
//! that a power loss can take. What the file holds is the same whoever wrote it, and can be made again of the journal.

mod file;
mod line;
mod proof;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use trireme_core::limits::{ANCHOR_EVERY_MS, JOURNAL_PAGE, LOG_POLL_MS};
use trireme_core::log::LogLine;
use trireme_core::run::Run;
use trireme_core::{Digest, RunId};

use crate::blobs::Form;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::RunFolder;
use crate::journal::{Anchor, Anchors, Journal, Reader, Record, run_of};
use crate::run_loop;

use file::LogFile;
pub(crate) use file::file_in;
pub use proof::{Flaw, Head, Place, Proof};
use proof::{Question, prove};

/// Whoever writes the log of one run.
pub struct Scribe {
    dir: PathBuf,
    reader: Reader,
    anchors: Anchors,
    pages: Pages,
    /// The number and the link of the line that the anchor names.
    anchored: Option<(u64, Digest)>,
}

/// What is needed to tell a page of the journal; it is worked on by a thread that may block.
struct Pages {
    file: LogFile,
    /// The run up to the last line.
    run: Run,
    /// The number of the last line.
    seq: u64,
}

impl Scribe {
    /// The Scribe of the run in `dir`, behind the last line that the anchor vouches for.
    ///
    /// # Errors
    /// Where the journal or the log can't be read, or the journal ends before its anchor.
    pub async fn open(dir: &Path, journal: &Journal) -> Result<Self, EngineError> {
        let mut anchors = journal.anchors().await?;
        let (mut reader, anchor) = (Reader::open(dir).await?, anchors.get().await?);
        if let Some(anchor) = anchor.filter(|anchor| anchor.seq > journal.head()) {
            return Err(cut_off(dir, anchor.seq, journal.head()));
        }
        let fault = |error: std::io::Error| crate::folder::unwritable(&file_in(dir), &error);
        let anchored = anchor.map(|Anchor { bytes, line, .. }| LogFile::open(dir, bytes, line)).transpose();
        let (file, run, seq) = match (anchor, anchored.map_err(fault)?.flatten()) {
            (Some(anchor), Some(file)) => (file, run_loop::fold(&mut reader, anchor.seq).await?, anchor.seq),
            // The log is shorter than it was, or there is none: it is made again from its first line on.
            (Some(_) | None, _) => {
                let file = LogFile::open(dir, 0, line::START).map_err(fault)?;
                let missing = || EngineError::failed(format!("{} can't be used", file_in(dir).display()));
                (file.ok_or_else(missing)?, Run::default(), 0)
            }
        };
        let anchored = anchor.map(|anchor| (anchor.seq, anchor.line));
        Ok(Self { dir: dir.to_owned(), reader, anchors, pages: Pages { file, run, seq }, anchored })
    }

    /// Writes every line up to the journal's last event, and anchors it.
    ///
    /// # Errors
    /// Where the journal or the log can't be used.
    pub async fn catch_up(mut self) -> Result<(), EngineError> {
        self = self.write().await?.anchor().await?;
        self.anchors.close().await?;
        Ok(self.reader.close().await?)
    }

    /// Writes the log until it is told to stop, and then up to the last event.
    ///
    /// # Errors
    /// As [`Scribe::catch_up`].
    pub async fn follow(mut self, mut stopped: watch::Receiver<()>) -> Result<(), EngineError> {
        self = self.write().await?.anchor().await?;
        let mut anchor_at = Instant::now() + Duration::from_millis(ANCHOR_EVERY_MS);
        loop {
            let is_over = tokio::select! {
                // Whoever told it to stop may be gone.
                _ = stopped.changed() => true,
                () = tokio::time::sleep(Duration::from_millis(LOG_POLL_MS)) => false,
            };
            if is_over {
                return self.catch_up().await;
            }
            self = self.write().await?;
            if Instant::now() >= anchor_at {
                self = self.anchor().await?;
                anchor_at = Instant::now() + Duration::from_millis(ANCHOR_EVERY_MS);
            }
        }
    }

    /// Writes the lines of all events that are there.
    async fn write(mut self) -> Result<Self, EngineError> {
        loop {
            let records = self.reader.read_from(self.pages.seq + 1, JOURNAL_PAGE).await?;
            if records.is_empty() {
                return Ok(self);
            }
            let (mut pages, dir) = (self.pages, self.dir.clone());
            let told = spawn_blocking(move || {
                pages.tell(&records, &dir)?;
                Ok::<_, EngineError>(pages)
            });
            self.pages = joined(told.await)??;
        }
    }

    /// Puts what was written on the disk, and the anchor behind it.
    async fn anchor(mut self) -> Result<Self, EngineError> {
        let (mut pages, dir) = (self.pages, self.dir.clone());
        let synced = spawn_blocking(move || {
            pages.file.sync().map_err(|error| crate::folder::unwritable(&file_in(&dir), &error))?;
            Ok::<_, EngineError>(pages)
        });
        self.pages = joined(synced.await)??;
        let Pages { file, seq, .. } = &self.pages;
        let here = Some((*seq, file.last)).filter(|(seq, _)| *seq > 0);
        if here != self.anchored {
            self.anchors.put(*seq, file.last, file.bytes).await?;
            self.anchored = here;
        }
        Ok(self)
    }
}

/// Anchors a log that has no line yet, so that there is an anchor whatever happens next.
///
/// # Errors
/// Where the journal refuses.
pub(crate) async fn cast_anchor(journal: &Journal) -> Result<(), EngineError> {
    let mut anchors = journal.anchors().await?;
    anchors.put(0, line::START, 0).await?;
    Ok(anchors.close().await?)
}

impl Engine {
    /// Looks whether journal and log of a run are what was written, and whether the log goes through a head that was noted
    /// elsewhere. Writes nothing.
    ///
    /// # Errors
    /// Where there is no journal to be read at all.
    pub async fn verify(&self, run: &RunId, noted: Option<Head>) -> Result<Proof, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        let key = match folder.bearings()?.payloads {
            Form::Plain => Err("the run was begun before there were keys".to_owned()),
            Form::Sealed => folder.log_key(self.vault()).map_err(|error| error.to_string()),
        };
        prove(Question { dir: &folder.dir, key, live: folder.is_live(), noted }).await
    }
}

impl Pages {
    fn tell(&mut self, records: &[Record], dir: &Path) -> Result<(), EngineError> {
        let fault = |error: std::io::Error| crate::folder::unwritable(&file_in(dir), &error);
        for record in records {
            let (at, event) = run_loop::read(record)?;
            let told = LogLine::of(&self.run, record.seq, at, &event);
            self.file.add(&line::body(&told)).map_err(fault)?;
            self.run.apply(at, &event);
            self.seq = record.seq;
        }
        self.file.flush().map_err(fault)
    }
}

/// Somebody has taken events away since: to go on would hide it.
fn cut_off(dir: &Path, anchored: u64, head: u64) -> EngineError {
    let run = run_of(dir);
    EngineError::failed(format!(
        "the journal of {run} ends at event {head}, and its log was anchored at event {anchored}: events were taken away"
    ))
    .hint(format!("put {} back as it was", dir.join("journal.db").display()))
    .hint(format!("trireme verify {run}"))
}

fn joined<T>(done: Result<T, tokio::task::JoinError>) -> Result<T, EngineError> {
    match done {
        Ok(done) => Ok(done),
        Err(failed) if failed.is_panic() => std::panic::resume_unwind(failed.into_panic()),
        Err(_) => Err(EngineError::failed("the program is ending")),
    }
}
