//! A run and its journal together: `commit` is the only way in which either changes.

use std::borrow::Cow;
use std::path::Path;

use trireme_core::run::{Command, Effect, Event, Input, Outcome, Refusal, Run, Stamped};
use trireme_core::{BlobRef, Millis, Tool};

use crate::blobs::Blobs;
use crate::clock;
use crate::error::EngineError;
use crate::journal::{Inbox, InboxAnswer, Journal, JournalError, Reader, Record, Row};
use crate::redaction::Redactor;
use crate::scribe::Scribe;
use trireme_core::limits::JOURNAL_PAGE;

/// A run whose events are written down before they are acted upon.
pub struct Keeper {
    journal: Journal,
    run: Run,
    blobs: Blobs,
}

/// An input, and the inbox's number of the command where it is one of another process.
pub struct Incoming {
    /// When it came, and what it is.
    pub stamped: Stamped,
    /// The number of the command.
    pub command: Option<i64>,
}

/// What a commit brought.
pub struct Committed {
    /// What happened.
    pub events: Vec<(Millis, Event)>,
    /// For each input whether it was taken.
    pub taken: Vec<Result<(), Refusal>>,
}

impl Keeper {
    /// A new run with an empty journal.
    pub fn new(journal: Journal, blobs: Blobs) -> Self {
        Self { journal, run: Run::default(), blobs }
    }

    /// A run that was there before: its journal folded.
    ///
    /// # Errors
    /// Where the journal can't be read, or tells of a run that breaks the rules.
    pub async fn open(mut journal: Journal, blobs: Blobs) -> Result<Self, EngineError> {
        let mut run = Run::default();
        let mut next = 1;
        loop {
            let records = journal.read_from(next, JOURNAL_PAGE).await?;
            let Some(last) = records.last().map(|record| record.seq) else { break };
            for record in &records {
                let (at, event) = read(record)?;
                run.apply(at, &event);
            }
            next = last + 1;
        }
        run.audit().map_err(|unsound| {
            EngineError::failed(format!("the journal tells of a run that can't be: {unsound}"))
        })?;
        Ok(Self { journal, run, blobs })
    }

    /// The run as it is.
    pub const fn run(&self) -> &Run {
        &self.run
    }

    /// Decides, writes down, and only then says what happened. On an error the run in memory is ahead of the journal:
    /// nothing more may be done with this keeper.
    ///
    /// # Errors
    /// Where the journal refuses: the disk is full, the lease is another's, a rule of the run does not hold.
    pub async fn commit(&mut self, inputs: Vec<Incoming>) -> Result<Committed, EngineError> {
        let redactor = self.blobs.redactor();
        let (stamped, commands): (Vec<Stamped>, Vec<Option<i64>>) = inputs
            .into_iter()
            .map(|incoming| (cleaned(incoming.stamped, redactor), incoming.command))
            .unzip();
        let stepped = self.run.step(stamped);
        let bodies = stepped.events.iter().map(|(at, event)| Ok((*at, written(event, redactor)?)));
        let bodies: Vec<(Millis, String)> = bodies.collect::<Result<_, EngineError>>()?;
        let rows: Vec<Row> =
            bodies.iter().map(|(at, body)| Row { at: *at, kind: kind(body), body: body.clone() }).collect();
        let answers: Vec<InboxAnswer> = commands.iter().zip(&stepped.taken).filter_map(answer).collect();
        if !rows.is_empty() || !answers.is_empty() {
            self.journal.append(&rows, &answers).await?;
        }
        self.run.audit_after(&stepped.events).map_err(|unsound| {
            EngineError::failed(format!("the run is stopped, since a rule of it does not hold: {unsound}"))
        })?;
        Ok(Committed { events: stepped.events, taken: stepped.taken })
    }

    /// Calls that were on their way when the last owner went, of models and of servers, are lost. The run stands still until [`Keeper::go_on`], so
    /// that nothing is promised to calls that nobody sends.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    pub async fn stand_still(&mut self) -> Result<(), EngineError> {
        if !self.run.paused() && self.run.end().is_none() {
            self.take(clock::now(), Input::Command(Command::Pause)).await?.ok();
        }
        let is_call = |effect: &Effect| {
            matches!(effect, Effect::Call { .. } | Effect::Tool { tool: Tool::Foreign, .. })
        };
        let calls = self.run.owed().filter(|(_, effect)| is_call(effect));
        let lose = |(effect, _)| Stamped {
            at: clock::now(),
            input: Input::Outcome { effect, outcome: Outcome::Lost },
        };
        let lost: Vec<_> = calls.map(lose).map(|stamped| Incoming { stamped, command: None }).collect();
        self.commit(lost).await.map(drop)
    }

    /// The run goes on.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    pub async fn go_on(&mut self) -> Result<(), EngineError> {
        self.take(clock::now(), Input::Command(Command::Resume)).await.map(drop)
    }

    /// Commands of other processes, those that can't be read answered already.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    pub async fn commands(&mut self, inbox: &mut Inbox) -> Result<Vec<Incoming>, EngineError> {
        let mut commands = Vec::new();
        let pending = match inbox.pending().await {
            // Somebody else holds the file for a moment; the next look is not far.
            Err(JournalError::Busy { .. }) => Vec::new(),
            pending => pending?,
        };
        for (id, body) in pending {
            match self.command(&body).await {
                Ok(command) => {
                    let stamped = Stamped { at: clock::now(), input: Input::Command(command) };
                    commands.push(Incoming { stamped, command: Some(id) });
                }
                Err(why) => self.refuse(refusal(id, &format!("the command can't be read: {why}"))).await?,
            }
        }
        Ok(commands)
    }

    /// A command as it was posted: itself, or the address of it.
    async fn command(&self, body: &str) -> Result<Command, String> {
        let Ok(Posted { lodged }) = serde_json::from_str(body) else {
            return serde_json::from_str(body).map_err(|error| error.to_string());
        };
        let bytes = self.blobs.get(lodged).await.map_err(|error| error.to_string())?;
        serde_json::from_slice(&bytes).map_err(|error| error.to_string())
    }

    /// Takes every command that is in the inbox.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    pub async fn empty(&mut self, inbox: &mut Inbox) -> Result<(), EngineError> {
        let commands = self.commands(inbox).await?;
        self.commit(commands).await.map(drop)
    }

    /// Answers a command that never became an input.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    async fn refuse(&mut self, answer: InboxAnswer) -> Result<(), EngineError> {
        self.journal.append(&[], &[answer]).await?;
        Ok(())
    }

    /// Takes one input that this process makes by itself.
    ///
    /// # Errors
    /// As [`Keeper::commit`].
    pub async fn take(&mut self, at: Millis, input: Input) -> Result<Result<(), Refusal>, EngineError> {
        let incoming = Incoming { stamped: Stamped { at, input }, command: None };
        let committed = self.commit(vec![incoming]).await?;
        Ok(committed.taken.into_iter().next().unwrap_or(Ok(())))
    }

    /// Whoever writes the log of this run.
    ///
    /// # Errors
    /// Where the log can't be read, or says more than the journal.
    pub async fn scribe(&self, dir: &Path) -> Result<Scribe, EngineError> {
        Scribe::open(dir, &self.journal).await
    }

    /// Writes the log up to the last event. Where that can't be, the journal has everything, and whoever owns the run next
    /// writes it.
    pub async fn tell(&self, dir: &Path) {
        let told = async { self.scribe(dir).await?.catch_up().await };
        if let Err(error) = told.await {
            tracing::warn!(%error, "the log of the run was not written to its end");
        }
    }

    /// Leaves the journal whole in one file.
    pub async fn close(self) {
        if let Err(error) = self.journal.close().await {
            tracing::warn!(%error, "the journal was not folded into one file");
        }
    }
}

fn answer((command, taken): (&Option<i64>, &Result<(), Refusal>)) -> Option<InboxAnswer> {
    let id = (*command)?;
    Some(match taken {
        Ok(()) => InboxAnswer { id, answer: "null".to_owned() },
        Err(why) => refusal(id, &why.to_string()),
    })
}

/// The answer to a command that was not taken.
fn refusal(id: i64, why: &str) -> InboxAnswer {
    InboxAnswer { id, answer: serde_json::Value::from(why).to_string() }
}

/// A command that has a document in it, in the inbox: the document is a payload.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    lodged: BlobRef,
}

/// A command as it is put into the inbox, which keeps what was put into it for ever.
///
/// # Errors
/// Where its document can't be stored.
pub(crate) async fn posted(blobs: &Blobs, command: Command) -> Result<String, EngineError> {
    let is_document = matches!(command, Command::EditPlan { .. });
    let command = blobs.redactor().clean(command);
    let text = if is_document {
        serde_json::to_string(&Posted { lodged: blobs.lodge(command).await?.blob })
    } else {
        serde_json::to_string(&command)
    };
    text.map_err(|error| EngineError::failed(error.to_string()))
}

/// An input without secrets. Outcomes come without them; a command may be of this very process.
fn cleaned(stamped: Stamped, redactor: &Redactor) -> Stamped {
    let Stamped { at, input } = stamped;
    let input = match input {
        Input::Command(command) => Input::Command(redactor.clean(command)),
        input @ (Input::Begin(_)
        | Input::Outcome { .. }
        | Input::Tick
        | Input::Shred(_)
        | Input::Sandbox(_)) => input,
    };
    Stamped { at, input }
}

/// An event as it stands in the journal. Whatever text came by another way than it should have comes here at the latest.
fn written(event: &Event, redactor: &Redactor) -> Result<String, EngineError> {
    let text = serde_json::to_string(event)
        .map_err(|error| EngineError::failed(format!("an event can't be written down: {error}")))?;
    Ok(match redactor.json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    })
}

/// The name of an event, out of `{"topic":{"name":…`.
fn kind(body: &str) -> &str {
    body.split('"').nth(3).unwrap_or_default()
}

/// An event out of the journal.
pub fn read(record: &Record) -> Result<(Millis, Event), EngineError> {
    let event = serde_json::from_str(&record.body).map_err(|error| {
        EngineError::failed(format!("event {} of the journal can't be read: {error}", record.seq))
            .hint("it was written by a newer version, or it is damaged")
    })?;
    Ok((record.at, event))
}

/// Folds a run out of its journal without owning it.
///
/// # Errors
/// Where the journal can't be read.
pub async fn peek(dir: &Path) -> Result<(Run, u64), EngineError> {
    let mut run = Run::default();
    let mut seen = 0;
    let mut reader = Reader::open(dir).await?;
    catch_up(&mut reader, &mut run, &mut seen).await?;
    Ok((run, seen))
}

/// The run up to an event.
///
/// # Errors
/// Where the journal can't be read.
pub(crate) async fn fold(reader: &mut Reader, seq: u64) -> Result<Run, EngineError> {
    let (mut run, mut seen) = (Run::default(), 0);
    while seen < seq {
        let limit = usize::try_from(seq - seen).unwrap_or(JOURNAL_PAGE).min(JOURNAL_PAGE);
        let records = reader.read_from(seen + 1, limit).await?;
        let Some(last) = records.last() else { break };
        seen = last.seq;
        for record in &records {
            let (at, event) = read(record)?;
            run.apply(at, &event);
        }
    }
    Ok(run)
}

/// Folds what came since, and says how many events that were.
///
/// # Errors
/// Where the journal can't be read.
pub async fn catch_up(reader: &mut Reader, run: &mut Run, seen: &mut u64) -> Result<usize, EngineError> {
    let mut count = 0;
    loop {
        let records = reader.read_from(*seen + 1, JOURNAL_PAGE).await?;
        let Some(last) = records.last().map(|record| record.seq) else { return Ok(count) };
        for record in &records {
            let (at, event) = read(record)?;
            run.apply(at, &event);
        }
        count += records.len();
        *seen = last;
    }
}
