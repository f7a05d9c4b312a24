//! A connection to a server: started or reached, asked for its tools, called.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rmcp::ClientHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
    Implementation, JsonObject, PaginatedRequestParams, ProtocolVersion,
};
use rmcp::service::{NotificationContext, RoleClient, RunningService, ServiceError, ServiceExt as _};
use rmcp::transport::async_rw::AsyncRwTransport;
use tokio::time::timeout;
use trireme_core::limits::{
    FOREIGN_TOOLS, REFUSAL_BYTES, SERVER_BYTES, SERVER_PAGES, SERVER_START_MS, TERM_GRACE_MS,
};
use trireme_core::setup::FOLDER;

use super::bounded::{Allowance, Bounded};
use super::found::Found;
use super::http;
use super::said::plain;
use super::server::{Reach, Server, Setting};
use crate::sandbox::DeclaredLimits;
use crate::workspace::command::{Serving, Talker};
use crate::workspace::{CommandError, CommandOutput, Shell};

/// Where a program works.
#[derive(Clone, Debug)]
pub struct Place {
    /// What it finds around it.
    pub shell: Shell,
    /// The folder that it is started in.
    pub dir: PathBuf,
    /// Whether it may change that folder.
    pub writes: bool,
    /// What it may use up.
    pub limits: DeclaredLimits,
}

/// A connection to a server. Its drop ends it, and a program with it.
pub struct Contact {
    service: RunningService<RoleClient, Ours>,
    serving: Option<Serving>,
    allowance: Allowance,
    timeout_s: u32,
}

/// Why a server could not be asked, or did not answer.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// Its program was not started.
    #[error(transparent)]
    Start(#[from] CommandError),
    /// There is no way to it.
    #[error("it can't be reached: {0}")]
    Unreachable(String),
    /// It is gone.
    #[error("it is gone: {0}")]
    Gone(String),
    /// It says nothing.
    #[error("it did not answer within {0} s")]
    Silent(u64),
    /// It says too much.
    #[error("it said more than {} MiB at once, and was stopped", SERVER_BYTES / (1_024 * 1_024))]
    Flood,
    /// It does not do what was asked.
    #[error("{0}")]
    Refused(String),
}

impl ContactError {
    /// Whether there is still somebody to be asked.
    #[must_use]
    pub const fn is_still_there(&self) -> bool {
        matches!(self, Self::Refused(_))
    }
}

/// Our side of a connection: it claims nothing, and does nothing for a server but answer its pings.
struct Ours {
    /// Whether the server says that it has other tools now.
    changed: Arc<AtomicBool>,
}

impl ClientHandler for Ours {
    fn get_info(&self) -> ClientConfig {
        let us = Implementation::new("trireme", env!("CARGO_PKG_VERSION"));
        // The last revision that begins with `initialize`.
        ClientConfig::new(ClientCapabilities::default(), us)
            .with_protocol_version(ProtocolVersion::V_2025_11_25)
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.changed.store(true, Ordering::Relaxed);
    }
}

impl Contact {
    /// Starts or reaches a server.
    ///
    /// # Errors
    /// Where that can't be done, or it does not speak the protocol in time; or it is a program, and there is no place for one.
    pub async fn to(server: &Server, place: Option<&Place>) -> Result<Self, ContactError> {
        let allowance = Allowance::new();
        let ours = Ours { changed: Arc::default() };
        let patience = Duration::from_millis(SERVER_START_MS);
        let (greeted, mut serving) = match &server.reach {
            Reach::Program { argv, env, read } => {
                let place = place.ok_or_else(|| ContactError::Unreachable(NO_PLACE.to_owned()))?;
                let (line, serving) = place.shell.serve(&place.dir, &talker(argv, env, read, place)).await?;
                let (reader, writer) = line.into_split();
                let reader = Bounded::new(reader, allowance.clone());
                let line_max = usize::try_from(SERVER_BYTES).unwrap_or(usize::MAX);
                let transport = AsyncRwTransport::new_client(reader, writer).with_max_line_length(line_max);
                (timeout(patience, ours.serve(transport)).await, Some(serving))
            }
            Reach::Service { url, headers } => {
                let unreachable = |error: std::io::Error| ContactError::Unreachable(error.to_string());
                let transport = http::transport(url, headers, allowance.clone()).map_err(unreachable)?;
                (timeout(patience, ours.serve(transport)).await, None)
            }
        };
        match greeted {
            Ok(Ok(service)) => Ok(Self { service, serving, allowance, timeout_s: server.timeout_s }),
            Ok(Err(_)) if allowance.is_used_up() => Err(ContactError::Flood),
            Ok(Err(error)) => Err(gone(&mut serving, &error.to_string()).await),
            Err(_) => Err(ContactError::Silent(patience.as_secs())),
        }
    }

    /// The tools that it has now.
    ///
    /// # Errors
    /// Where it does not say, or says too much.
    pub async fn tools(&mut self) -> Result<Vec<Found>, ContactError> {
        self.service.service().changed.store(false, Ordering::Relaxed);
        self.allowance.renew();
        let patience = Duration::from_millis(SERVER_START_MS);
        match timeout(patience, self.list()).await {
            Ok(Ok(tools)) => Ok(tools),
            Ok(Err(error)) => Err(self.fault(error).await),
            Err(_) => Err(ContactError::Silent(patience.as_secs())),
        }
    }

    async fn list(&self) -> Result<Vec<Found>, ServiceError> {
        let (mut tools, mut page) = (Vec::new(), PaginatedRequestParams::default());
        for _ in 0..SERVER_PAGES {
            let listed = self.service.list_tools(Some(page.clone())).await?;
            tools.extend(listed.tools.into_iter().map(Found::of));
            page.cursor = listed.next_cursor;
            if page.cursor.is_none() || tools.len() > FOREIGN_TOOLS {
                break;
            }
        }
        tools.truncate(FOREIGN_TOOLS);
        Ok(tools)
    }

    /// Whether it has said that its tools are others now.
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.service.service().changed.load(Ordering::Relaxed)
    }

    /// Calls a tool.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn call(&mut self, tool: &str, args: JsonObject) -> Result<CallToolResult, ContactError> {
        self.allowance.renew();
        let asked = CallToolRequestParams::new(tool.to_owned()).with_arguments(args);
        let patience = Duration::from_secs(self.timeout_s.into());
        let answer = tokio::select! {
            answer = timeout(patience, self.service.call_tool_once(asked)) => answer,
            // Who is not listened to any more can't answer either.
            () = self.allowance.until_used_up() => return Err(ContactError::Flood),
        };
        match answer {
            Ok(Ok(CallToolResponse::Complete(result))) => Ok(result),
            Ok(Ok(_)) => Err(ContactError::Refused(
                "it wants to go on otherwise than with an answer, which is not offered to servers here"
                    .to_owned(),
            )),
            Ok(Err(error)) => Err(self.fault(error).await),
            Err(_) => Err(ContactError::Silent(patience.as_secs())),
        }
    }

    async fn fault(&mut self, error: ServiceError) -> ContactError {
        if self.allowance.is_used_up() {
            return ContactError::Flood;
        }
        if let ServiceError::McpError(error) = error {
            return ContactError::Refused(shown(&error.message));
        }
        // Of a service it may be its session that is over: whoever calls it next begins anew.
        gone(&mut self.serving, &error.to_string()).await
    }

    /// Ends it, and waits until nothing of a program is left.
    pub async fn end(self) {
        let Self { service, serving, .. } = self;
        // Who hears that its stdin is closed ends by itself; of a service it is the end of the session.
        let _ = service.cancel().await;
        if let Some(serving) = serving {
            serving.end().await;
        }
    }
}

/// Why no program is started where there is no folder for one.
const NO_PLACE: &str = "no programs are started here";

/// What is started in a place.
fn talker(argv: &[String], env: &BTreeMap<String, Setting>, read: &[PathBuf], place: &Place) -> Talker {
    let folder = place.dir.to_string_lossy();
    Talker {
        argv: argv.iter().map(|word| word.replace(FOLDER, &folder).into()).collect(),
        read: read.to_vec(),
        writes: place.writes,
        env: env.iter().map(|(name, setting)| (name.into(), setting.value.as_str().into())).collect(),
        limits: place.limits,
    }
}

/// Why nobody is there: how a program ended, with the end of what it said; else what was noticed.
async fn gone(serving: &mut Option<Serving>, noticed: &str) -> ContactError {
    let patience = Duration::from_millis(TERM_GRACE_MS);
    let ended = match serving {
        Some(serving) => timeout(patience, serving.until_end()).await.ok().flatten(),
        None => None,
    };
    match (ended, serving) {
        (Some(Ok(output)), _) => ContactError::Gone(how(&output)),
        (Some(Err(error)), _) => ContactError::Gone(shown(&error.to_string())),
        (None, Some(_)) => ContactError::Gone(format!("it does not speak the protocol: {}", shown(noticed))),
        (None, None) => ContactError::Unreachable(shown(noticed)),
    }
}

fn how(output: &CommandOutput) -> String {
    let how = match (output.stopped, output.exit) {
        (Some(why), _) => why.to_string(),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "ended by a signal".to_owned(),
    };
    let from = output.output.ceil_char_boundary(output.output.len().saturating_sub(REFUSAL_BYTES));
    let said = plain(output.output.get(from..).unwrap_or_default());
    if said.trim().is_empty() { how } else { format!("{how}; the end of its stderr: {}", said.trim()) }
}

/// Foreign words in an error.
fn shown(words: &str) -> String {
    let words = plain(words);
    words.get(..words.floor_char_boundary(REFUSAL_BYTES)).unwrap_or_default().to_owned()
}
