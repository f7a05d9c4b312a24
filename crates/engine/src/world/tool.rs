//! Workspace tools: what a model asked for, done at its desk.

use serde_json::Value;
use trireme_core::limits::{COMMAND_TIMEOUT_MAX_S, RUN_TIMEOUT_S};
use trireme_core::prompts::parse::{GitLook, WorkspaceCall, workspace_args};
use trireme_core::run::Outcome;
use trireme_core::run::event::TaskOutline;
use trireme_core::run::input::Ran;
use trireme_core::{BlobRef, Bounds, Tool, TreeId};

use super::desks::{Desk, Open};
use super::job::ToolJob;
use super::model::StoredReply;
use super::{Trouble, World};
use crate::redaction::mark_in;
use crate::workspace::files::named_in;
use crate::workspace::{CommandOutput, Files, Lookback, ToolError, Worktree, WriteSet};

/// What a command leaves besides what a model reads of it.
#[derive(Default)]
pub(super) struct Traces {
    /// All of its output, where the model reads only the ends of it.
    pub(super) whole: Option<Vec<u8>>,
    /// The command that ran.
    pub(super) ran: Option<Ran>,
    /// What was beyond the scope.
    pub(super) refused: Vec<String>,
}

/// What a model reads of a tool, and what a command left.
type Acted = (Result<String, String>, Traces);

impl World {
    pub(super) async fn tool(&self, job: ToolJob) -> Result<Outcome, Trouble> {
        let call = match self.arguments(job.reply, job.index, job.tool).await? {
            Ok(call) => call,
            Err(why) => return self.done(Err(why), None, Traces::default()).await,
        };
        if let WorkspaceCall::Git(look) = &call {
            return self.done(self.look_back(&job.desk, look).await?, None, Traces::default()).await;
        }
        if let Some(Beyond { what, told }) = self.beyond(&job, &call).await? {
            let traces = Traces { refused: vec![what], ..Traces::default() };
            return self.done(Err(told), None, traces).await;
        }
        let place = self.sit_down(&job.desk).await?;
        let Some(Open { worktree, .. }) = &*place else {
            return Err(Trouble::Document("the folder of the agent is gone".to_owned()));
        };
        if let WorkspaceCall::Foreign { args } = call {
            return self.call_server(&job, place, args).await;
        }
        let (answer, traces) = self.act(worktree, call, &job.bounds).await?;
        let on_record = job.tool.writes() && matches!(job.desk, Desk::Attempt { .. });
        let tree = if on_record { Some(worktree.snapshot().await?.tree) } else { None };
        self.done(answer, tree, traces).await
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

    pub(super) async fn done(
        &self,
        answer: Result<String, String>,
        tree: Option<TreeId>,
        traces: Traces,
    ) -> Result<Outcome, Trouble> {
        let ok = answer.is_ok();
        let text = answer.unwrap_or_else(|error| error);
        let output = self.0.blobs.put(text).await?;
        let whole = match traces.whole {
            // Secrets are taken out of texts only.
            Some(whole) => Some(self.0.blobs.put(String::from_utf8_lossy(&whole).into_owned()).await?),
            None => None,
        };
        Ok(Outcome::Done { output, ok, tree, whole, ran: traces.ran, refused: traces.refused })
    }

    async fn act(&self, worktree: &Worktree, call: WorkspaceCall, bounds: &Bounds) -> Result<Acted, Trouble> {
        if let WorkspaceCall::Run { command, timeout_s } = call {
            if !self.ground()?.sandbox.takes_commands_of_models() {
                return Ok((Err(NO_COMMANDS.to_owned()), Traces::default()));
            }
            let mut output = self.run_command(worktree, &command, timeout_s, bounds).await?;
            let exit = output.exit.filter(|_| output.stopped.is_none());
            // No criterion's command has a secret in it, and a hash of one could be guessed.
            let command = TaskOutline::command_digest(&self.0.blobs.redactor().text(&command));
            let whole = output.whole.take();
            let refused = output.refused.clone();
            return Ok((Ok(shown(&output)), Traces { whole, ran: Some(Ran { command, exit }), refused }));
        }
        let (dir, busy) = (worktree.dir().to_owned(), worktree.busy());
        let look = move || {
            let _busy = busy;
            look(&dir, call)
        };
        let looked = tokio::task::spawn_blocking(look).await;
        let looked = looked.map_err(|error| Trouble::Document(error.to_string()))?;
        Ok((looked.map_err(|error| error.to_string()), Traces::default()))
    }

    /// Answers out of the commits at and below the one that the desk started from; a worker sees of them what it sees of
    /// the files.
    async fn look_back(&self, desk: &Desk, look: &GitLook) -> Result<Result<String, String>, Trouble> {
        let sight = self.sight(desk).await?;
        let sight = Some(&sight).filter(|sight| sight.withholds());
        Ok(Lookback::new(self.repo(), desk.commit(), sight).await?.look(look).await?)
    }

    /// What of a call is beyond the scope, before anything is done. What a command does to files is told when its result is
    /// sealed.
    async fn beyond(&self, job: &ToolJob, call: &WorkspaceCall) -> Result<Option<Beyond>, Trouble> {
        let paths = match call {
            WorkspaceCall::Run { command, .. } => {
                return Ok(
                    (!job.bounds.allow_command(command)).then(|| Beyond::command(command, &job.bounds))
                );
            }
            WorkspaceCall::Edit { path, .. } | WorkspaceCall::Write { path, .. } => vec![plain(path)],
            // One that can't be read is refused by the tool itself.
            WorkspaceCall::Patch { diff } => named_in(diff).unwrap_or_default(),
            WorkspaceCall::Read { .. }
            | WorkspaceCall::List { .. }
            | WorkspaceCall::Glob { .. }
            | WorkspaceCall::Search { .. }
            | WorkspaceCall::Git(_)
            | WorkspaceCall::Foreign { .. } => return Ok(None),
        };
        let Desk::Attempt { contract, .. } = &job.desk else { return Ok(None) };
        let contract = self.document(*contract).await?;
        let writes = WriteSet::of(&contract)?.within(job.bounds.write.as_deref())?;
        let path = paths.iter().find(|path| !writes.allows(path));
        Ok(path.map(|path| Beyond::path(path, &writes)))
    }

    async fn run_command(
        &self,
        worktree: &Worktree,
        command: &str,
        timeout_s: Option<u32>,
        bounds: &Bounds,
    ) -> Result<CommandOutput, Trouble> {
        let seconds = timeout_s.unwrap_or(RUN_TIMEOUT_S).clamp(1, COMMAND_TIMEOUT_MAX_S);
        self.furnish(worktree).await?;
        Ok(self.shell(worktree, bounds)?.run(worktree.dir(), command, self.limits(seconds)?).await?)
    }
}

/// Something that an agent may not do.
struct Beyond {
    /// For the log.
    what: String,
    /// For its model, with what it may do.
    told: String,
}

impl Beyond {
    fn command(command: &str, bounds: &Bounds) -> Self {
        let allowed = bounds.commands.as_deref().unwrap_or_default().join(", ");
        let told = format!(
            "this command is beyond your scope. Commands begin with one of: {allowed}; and they are plain words, without quotes, \
             pipes, variables and line ends. Nothing was run."
        );
        Self { what: format!("command {command}"), told }
    }

    fn path(path: &str, writes: &WriteSet) -> Self {
        let told = match writes.is_pinned(path) {
            true => {
                format!("{path} tells whether your work is right, and stays as it is. Nothing was changed.")
            }
            false => format!(
                "{path} is beyond your scope. You may change: {}. Nothing was changed.",
                writes.globs().join(", ")
            ),
        };
        Self { what: format!("change of {path}"), told }
    }
}

/// A path as globs are written: what leads out of the folder is left for the file tools to refuse.
fn plain(path: &str) -> String {
    path.split('/').filter(|part| !matches!(*part, "" | ".")).collect::<Vec<_>>().join("/")
}

/// Why a command is not run where nothing would hold it.
const NO_COMMANDS: &str = "commands are off: this machine can't hold them in a sandbox, and the Owner has not allowed them \
    without one. Work with your other tools; the engine runs the checks itself. What the Owner can do: trireme doctor says \
    what is missing for a sandbox; --sandbox L1 allows commands without";
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
        WorkspaceCall::Read { path, page } => files.read(&path, page),
        WorkspaceCall::List { path, page } => files.list(path.as_deref(), page),
        WorkspaceCall::Glob { pattern, path, page } => files.glob(&pattern, path.as_deref(), page),
        WorkspaceCall::Search { pattern, path, page } => files.search(&pattern, path.as_deref(), page),
        WorkspaceCall::Edit { path, edits } => files.edit(&path, &edits),
        WorkspaceCall::Patch { diff } => files.patch(&diff),
        WorkspaceCall::Write { path, content } => files.write(&path, &content),
        WorkspaceCall::Run { .. } | WorkspaceCall::Git(_) | WorkspaceCall::Foreign { .. } => {
            Ok(String::new())
        }
    }
}

/// What a model reads of a command.
fn shown(output: &CommandOutput) -> String {
    let ended = match (output.stopped, output.exit) {
        (Some(why), _) => format!("{why}, after {} ms", output.took_ms),
        (None, Some(code)) => format!("exit code {code}, {} ms", output.took_ms),
        (None, None) => format!("ended by a signal after {} ms", output.took_ms),
    };
    let beyond = output.beyond().map(|beyond| format!("\n[{beyond}]")).unwrap_or_default();
    format!("{}\n[{ended}]{beyond}", output.output.trim_end_matches('\n'))
}
