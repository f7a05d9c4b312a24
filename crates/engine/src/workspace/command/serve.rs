//! Programs that are talked to: started like every command, and there until nobody wants them any longer.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::net::UnixStream;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;
use trireme_core::limits::TALKER_MS;

use super::watch::Watch;
use super::{CommandError, CommandOutput, Running, Shell, Turn};
use crate::sandbox::{CommandLimits, DeclaredLimits};

/// A program to be talked to.
#[derive(Clone, Debug)]
pub struct Talker {
    /// The program and its arguments.
    pub argv: Vec<OsString>,
    /// Whether it may change the folder that it is started in.
    pub writes: bool,
    /// What it may read besides.
    pub read: Vec<PathBuf>,
    /// Variables of its own.
    pub env: Vec<(OsString, OsString)>,
    /// What it may use up; its time is its owner's business.
    pub limits: DeclaredLimits,
}

/// A program that is there to be talked to. Its drop ends it, and all that it started.
#[derive(Debug)]
pub struct Serving {
    task: JoinSet<std::io::Result<CommandOutput>>,
    /// Its drop says that it is wanted no longer.
    wanted: oneshot::Sender<()>,
}

impl Shell {
    /// Starts a program in a folder, and answers the line to its stdin and stdout.
    ///
    /// # Errors
    /// Where it can't be started.
    pub async fn serve(&self, dir: &Path, talker: &Talker) -> Result<(UnixStream, Serving), CommandError> {
        let not_started = |source| CommandError::Start { dir: dir.to_owned(), source };
        let limits = talker.limits.within(Duration::from_millis(TALKER_MS));
        // It says nothing as long as it is asked nothing.
        let limits = CommandLimits { idle: limits.timeout, ..limits };
        let mut order = self.order(dir, talker.argv.clone(), limits).map_err(not_started)?;
        order.talks = true;
        order.confines.env.extend(talker.env.iter().cloned());
        order.confines.read.extend(talker.read.iter().cloned());
        if !talker.writes {
            order.confines.write.retain(|folder| *folder != order.dir);
            order.confines.read.push(order.dir.clone());
        }
        let folder = order.dir.clone();
        let mut running = self.start_as(order).await.map_err(not_started)?;
        let watch = Watch::new(&running.started, [&folder, &self.home, &self.tmp], limits);
        match running.started.line().await {
            Ok(line) => {
                let (mut task, (wanted, unwanted)) = (JoinSet::new(), oneshot::channel());
                task.spawn(running.serve(watch, unwanted));
                Ok((line, Serving { task, wanted }))
            }
            Err(_) => match running.until_end().await {
                Err(error) => Err(not_started(error)),
                Ok(ended) => Err(not_started(std::io::Error::other(format!("{ended:?} before it began")))),
            },
        }
    }
}

impl Running {
    /// Is there for it until its end, or one of its limits, or nobody wants it any longer.
    async fn serve(
        mut self,
        mut watch: Watch,
        unwanted: oneshot::Receiver<()>,
    ) -> std::io::Result<CommandOutput> {
        let began = Instant::now();
        let turn = tokio::select! {
            turn = self.attend(&mut watch, began) => turn,
            _ = unwanted => Turn::Enough,
        };
        let (ended, stopped) = match turn {
            Turn::Ended(ended) => (ended, None),
            Turn::Stop(why) => (self.stop().await, Some(why)),
            Turn::Enough => (self.stop().await, None),
        };
        Ok(self.into_output(ended?, stopped, began).await)
    }
}

impl Serving {
    /// Waits for its end; none where that was told already.
    ///
    /// # Errors
    /// Where it was never started, with what is wrong.
    pub async fn until_end(&mut self) -> Option<std::io::Result<CommandOutput>> {
        let ended = self.task.join_next().await?;
        Some(ended.unwrap_or_else(|error| Err(std::io::Error::other(error))))
    }

    /// Ends it, and waits until nothing of it is left.
    pub async fn end(self) {
        let Self { mut task, wanted } = self;
        drop(wanted);
        while task.join_next().await.is_some() {}
    }
}
