//! Workspace tools: what a model asked for, done at its desk.

use std::time::Duration;

use serde_json::Value;
use trireme_core::limits::{COMMAND_TIMEOUT_MAX_S, OUTPUT_END_BYTES, RUN_TIMEOUT_S};
use trireme_core::prompts::parse::{GitLook, WorkspaceCall, workspace_args};
use trireme_core::run::Outcome;
use trireme_core::run::event::TaskOutline;
use trireme_core::run::input::Ran;
use trireme_core::{BlobRef, Tool, TreeId};

use super::desks::{Desk, Open};
use super::job::ToolJob;
use super::model::StoredReply;
use super::{Trouble, World};
use crate::redaction::mark_in;
use crate::workspace::{CommandLimits, CommandOutput, Files, Lookback, Sight, ToolError, Worktree};

/// What a model reads of a tool, and the command that ran, if one did.
type Acted = (Result<String, String>, Option<Ran>);

impl World {
    pub(super) async fn tool(&self, job: ToolJob) -> Result<Outcome, Trouble> {
        let call = match self.arguments(job.reply, job.index, job.tool).await? {
            Ok(call) => call,
            Err(why) => return self.done(Err(why), None, None).await,
        };
        if let WorkspaceCall::Git(look) = &call {
            return self.done(self.look_back(&job.desk, look).await?, None, None).await;
        }
        let place = self.sit_down(&job.desk).await?;
        let Some(Open { worktree, .. }) = &*place else {
            return Err(Trouble::Document("the folder of the agent is gone".to_owned()));
        };
        let (answer, ran) = self.act(worktree, call).await?;
        let on_record = job.tool.writes() && matches!(job.desk, Desk::Attempt { .. });
        let tree = if on_record { Some(worktree.snapshot().await?.tree) } else { None };
        self.done(answer, tree, ran).await
    }

    async fn arguments(
        &self,
        reply: BlobRef,
        index: u16,
        tool: Tool,
    ) -> Result<Result<WorkspaceCall, String>, Trouble> {
        let stored: StoredReply = self.truth(reply).await?;
        let call = stored.calls.into_iter().nth(index.into());
        let args = call.map_or(Err("the call is gone".to_owned()), |call| call.args);
        Ok(args.and_then(|args: Value| match mark_in(&args.to_string()) {
            Some(kind) => Err(hidden(kind)),
            None => workspace_args(tool, &args),
        }))
    }

    async fn done(
        &self,
        answer: Result<String, String>,
        tree: Option<TreeId>,
        ran: Option<Ran>,
    ) -> Result<Outcome, Trouble> {
        let ok = answer.is_ok();
        let text = answer.unwrap_or_else(|error| error);
        let output = self.0.blobs.put(text).await?;
        Ok(Outcome::Done { output, ok, tree, ran })
    }

    async fn act(&self, worktree: &Worktree, call: WorkspaceCall) -> Result<Acted, Trouble> {
        if let WorkspaceCall::Run { command, timeout_s } = call {
            let output = self.run_command(worktree, &command, timeout_s).await?;
            let exit = output.exit.filter(|_| !output.timed_out);
            // No criterion's command has a secret in it, and a hash of one could be guessed.
            let command = TaskOutline::command_digest(&self.0.blobs.redactor().text(&command));
            let ran = Ran { command, exit };
            return Ok((Ok(shown(&output)), Some(ran)));
        }
        let dir = worktree.dir().to_owned();
        let looked = tokio::task::spawn_blocking(move || look(&dir, call)).await;
        let looked = looked.map_err(|error| Trouble::Document(error.to_string()))?;
        Ok((looked.map_err(|error| error.to_string()), None))
    }

    /// Answers out of the commits at and below the one that the desk started from; a worker sees of them what it sees of
    /// the files.
    async fn look_back(&self, desk: &Desk, look: &GitLook) -> Result<Result<String, String>, Trouble> {
        let sight = match desk {
            Desk::Attempt { contract, .. } => Some(Sight::of(&self.document(*contract).await?)?),
            Desk::Base(_) | Desk::Section { .. } | Desk::Review { .. } | Desk::Opinion { .. } => None,
        };
        Ok(Lookback::new(self.repo(), desk.commit(), sight.as_ref()).await?.look(look).await?)
    }

    async fn run_command(
        &self,
        worktree: &Worktree,
        command: &str,
        timeout_s: Option<u32>,
    ) -> Result<CommandOutput, Trouble> {
        let seconds = timeout_s.unwrap_or(RUN_TIMEOUT_S).clamp(1, COMMAND_TIMEOUT_MAX_S);
        let limits = CommandLimits {
            timeout: Duration::from_secs(seconds.into()),
            memory_mb: None,
            output_end_bytes: OUTPUT_END_BYTES,
        };
        Ok(self.shell(worktree).run(worktree.dir(), command, limits).await?)
    }
}

/// Nobody writes a mark where a secret stood, nor looks for one.
fn hidden(kind: &str) -> String {
    format!(
        "an argument holds [redacted:{kind}], which stands in the place of a secret that is not shown to you: leave such lines \
         as they are. If the value was your own, it was not kept over a restart: make the call again with it."
    )
}

/// File tools block, and run on a thread for that.
fn look(dir: &std::path::Path, call: WorkspaceCall) -> Result<String, ToolError> {
    let files = Files::open(dir).map_err(|source| ToolError::Io { path: ".".to_owned(), source })?;
    match call {
        WorkspaceCall::Read { path, from_line, to_line } => {
            let line = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
            files.read(&path, line(from_line), line(to_line))
        }
        WorkspaceCall::List { path } => files.list(path.as_deref()),
        WorkspaceCall::Search { pattern, path } => files.search(&pattern, path.as_deref()),
        WorkspaceCall::Edit { path, old, new } => files.edit(&path, &old, &new),
        WorkspaceCall::Write { path, content } => files.write(&path, &content),
        WorkspaceCall::Run { .. } | WorkspaceCall::Git(_) => Ok(String::new()),
    }
}

/// What a model reads of a command.
fn shown(output: &CommandOutput) -> String {
    let ended = match (output.timed_out, output.exit) {
        (true, _) => format!("stopped at its time limit after {} ms", output.took_ms),
        (false, Some(code)) => format!("exit code {code}, {} ms", output.took_ms),
        (false, None) => format!("ended by a signal after {} ms", output.took_ms),
    };
    format!("{}\n[{ended}]", output.output.trim_end_matches('\n'))
}
