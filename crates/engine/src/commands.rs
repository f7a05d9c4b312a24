//! Commands to a run from any process, and the texts that they name.

use std::time::Duration;

use trireme_core::run::Command;
use trireme_core::{BlobRef, RunId};

use crate::engine::Engine;
use crate::error::EngineError;
use crate::folder::{RunFolder, owner};
use crate::journal::{Inbox, Journal, JournalError};
use crate::run_loop::{Keeper, posted};

/// How long a command waits for the answer of a run that another process owns.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a command waits before it looks whether the owner is still there.
const GLANCE: Duration = Duration::from_millis(100);

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It was taken.
    Done,
    /// It was not, and why.
    Refused(String),
}

impl Engine {
    /// Stores a text that a command names.
    ///
    /// # Errors
    /// Where it can't be stored.
    pub async fn put_text(&self, run: &RunId, text: &str) -> Result<BlobRef, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        Ok(self.blobs(&folder)?.put(text).await?)
    }

    /// Hands a command to a run through its inbox: the run's owner takes it out, or this process does where there is none.
    ///
    /// # Errors
    /// Where the run can't be read, or its owner does not answer.
    pub async fn command(&self, run: &RunId, command: Command) -> Result<Taken, EngineError> {
        let folder = RunFolder::of(&self.settings().state, run);
        let mut inbox = Inbox::open(&folder.dir).await?;
        let id = inbox.post(&self.written(&folder, command).await?).await?;
        let began = tokio::time::Instant::now();
        while began.elapsed() < PATIENCE {
            if let Some(answer) = inbox.wait_for(id, GLANCE).await? {
                return Ok(taken(&answer));
            }
            if !folder.is_live() {
                self.take_for_nobody(&folder, &mut inbox).await?;
            }
        }
        Err(EngineError::failed(format!("the owner of {run} does not answer; the command is kept for it"))
            .hint(format!("trireme watch {run}")))
    }

    /// A command as it is put into the inbox. Only those with words of the Owner's can hold a secret.
    async fn written(&self, folder: &RunFolder, command: Command) -> Result<String, EngineError> {
        if matches!(command, Command::Reject { .. } | Command::EditPlan { .. }) {
            return posted(&self.blobs(folder)?, command).await;
        }
        serde_json::to_string(&command).map_err(|error| EngineError::failed(error.to_string()))
    }

    /// Nobody owns the run: what is in its inbox is taken here and now, and nothing is started.
    async fn take_for_nobody(&self, folder: &RunFolder, inbox: &mut Inbox) -> Result<(), EngineError> {
        let journal = match Journal::open(&folder.dir, &owner()).await {
            // Somebody has just taken it over, and will read the inbox.
            Err(JournalError::Lease(_)) => return Ok(()),
            journal => journal?.under(&folder.log_key(self.vault())?),
        };
        let mut keeper = Keeper::open(journal, self.blobs(folder)?).await?;
        keeper.stand_still().await?;
        keeper.empty(inbox).await?;
        let ended = keeper.run().end();
        keeper.tell(&folder.dir).await;
        keeper.close().await;
        if let Some(end) = ended {
            self.clean_up_after(folder, end).await;
        }
        Ok(())
    }
}

fn taken(answer: &str) -> Taken {
    match serde_json::from_str::<Option<String>>(answer) {
        Ok(None) => Taken::Done,
        Ok(Some(why)) => Taken::Refused(why),
        Err(_) => Taken::Refused(answer.to_owned()),
    }
}
