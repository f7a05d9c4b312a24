//! Tools of servers: each desk has servers of its own, started when its agent first calls one, and gone with it.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use rmcp::model::JsonObject;
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};
use trireme_core::limits::{OUTPUT_BYTES, OUTPUT_END_BYTES, SERVER_RESTARTS};
use trireme_core::prompts::{Conversation, ToolSpec};
use trireme_core::run::Outcome;
use trireme_core::{Digest, ForeignSpec, ForeignTool};

use super::desks::{Desk, Open};
use super::job::ToolJob;
use super::tool::Traces;
use super::{Ground, Trouble, World};
use crate::mcp::{Contact, ContactError, Place, Reach, Server, Trusts, seated, told};
use crate::workspace::Kept;

/// The servers of the configuration, and the Owner's book of them.
#[derive(Clone)]
pub struct Foreign {
    /// The servers.
    pub servers: Vec<Server>,
    /// What the Owner has agreed to.
    pub trusts: Trusts,
    /// Room for programs.
    pub room: Arc<Semaphore>,
}

/// The servers of a desk.
#[derive(Default)]
pub(super) struct Servers {
    running: HashMap<String, Running>,
    /// How often each was started here.
    starts: BTreeMap<String, u8>,
}

/// A server that is there, with the tools that it has.
struct Running {
    contact: Contact,
    tools: HashMap<String, Digest>,
    /// The room that a program takes.
    _room: Option<OwnedSemaphorePermit>,
}

impl Servers {
    /// Ends all of them: nobody works at the desk any more, or its files are taken as they are.
    pub(super) async fn end(self) {
        for (_, running) in self.running {
            running.contact.end().await;
        }
    }
}

impl World {
    /// A conversation with all that may be called in it.
    pub(crate) async fn whole<'a>(&self, of: &'a Conversation) -> Result<Cow<'a, Conversation>, Trouble> {
        let Some(offered) = &of.foreign else { return Ok(Cow::Borrowed(of)) };
        let specs: Vec<ForeignSpec> = self.document(offered.specs).await?;
        let mut whole = of.clone();
        let theirs = specs.into_iter().filter(|spec| offered.names.contains(&spec.name));
        whole.tools.extend(theirs.map(|ForeignSpec { name, description, schema }| ToolSpec {
            name: Cow::Owned(name),
            description,
            schema,
        }));
        Ok(Cow::Owned(whole))
    }

    /// Calls a tool of a server at a desk.
    pub(super) async fn call_server(
        &self,
        job: &ToolJob,
        mut place: OwnedMutexGuard<Option<Open>>,
        args: JsonObject,
    ) -> Result<Outcome, Trouble> {
        let (Some(Open { worktree, servers, .. }), Some(tool)) = (&mut *place, &job.foreign) else {
            return Err(Trouble::Document("the folder of the agent, or the tool, is gone".to_owned()));
        };
        let Some(server) = self.ground()?.foreign.servers.iter().find(|server| server.name == tool.server)
        else {
            let why = format!("the server {} is not in the configuration any more", tool.server);
            return self.done(Err(why), None, Traces::default()).await;
        };
        self.furnish(worktree).await?;
        // Whoever only looks has servers that only look.
        let writes = matches!(job.desk, Desk::Attempt { .. });
        let ground = Ground { env: self.variables(worktree)?, ..self.ground()?.clone() };
        let answer = match seated(server, &ground, &self.0.folder.run.0, worktree, writes) {
            Ok(place) => ground.foreign.ask(servers, (server, place.as_ref()), tool, args).await,
            Err(error) => Err(error.to_string()),
        };
        let is_program = matches!(server.reach, Reach::Program { .. });
        let tree = if writes && is_program { Some(worktree.snapshot().await?.tree) } else { None };
        let (answer, whole) = match answer {
            Ok((text, ok)) => {
                let (text, whole) = ends(&text);
                let text = format!("The server {} answers:\n{text}", server.name);
                (if ok { Ok(text) } else { Err(text) }, whole)
            }
            Err(why) => (Err(format!("The server {} gave no answer: {why}", server.name)), None),
        };
        self.done(answer, tree, Traces { whole, ..Traces::default() }).await
    }
}

impl Foreign {
    /// Asks a server of a desk, started where it is not there; its text, and whether it says that all went well.
    async fn ask(
        &self,
        servers: &mut Servers,
        (server, place): (&Server, Option<&Place>),
        tool: &ForeignTool,
        args: JsonObject,
    ) -> Result<(String, bool), String> {
        let mut running = match servers.running.remove(&server.name) {
            Some(running) => running,
            None => self.start(servers, server, place).await?,
        };
        let asked = running.ask(tool, args).await;
        match asked {
            Err(ref error) if !error.is_still_there() => running.contact.end().await,
            Ok(_) | Err(_) => drop(servers.running.insert(server.name.clone(), running)),
        }
        asked.map_err(|error| error.to_string())
    }

    /// The Owner may have changed the configuration, or agree no longer, since the run began.
    async fn start(
        &self,
        servers: &mut Servers,
        server: &Server,
        place: Option<&Place>,
    ) -> Result<Running, String> {
        let room = match place {
            Some(_) => Some(Arc::clone(&self.room).try_acquire_owned().map_err(|_| FULL.to_owned())?),
            None => None,
        };
        let starts = servers.starts.entry(server.name.clone()).or_default();
        if *starts > SERVER_RESTARTS {
            return Err(format!(
                "it was started {starts} times here and is gone each time, so it is not started again: do without it"
            ));
        }
        *starts += 1;
        match self.trusts.known(server) {
            Ok(Some(_)) => {}
            Ok(None) => return Err("the Owner does not agree to it any more: do without it".to_owned()),
            Err(error) => return Err(error.to_string()),
        }
        let contact = Contact::to(server, place).await.map_err(|error| error.to_string())?;
        let mut running = Running { contact, tools: HashMap::new(), _room: room };
        running.look().await.map_err(|error| error.to_string())?;
        Ok(running)
    }
}

impl Running {
    /// Which tools it has now.
    async fn look(&mut self) -> Result<(), ContactError> {
        let found = self.contact.tools().await?;
        self.tools = found.into_iter().map(|found| (found.tool.clone(), found.hash())).collect();
        Ok(())
    }

    /// Calls a tool that is what it was when the run began.
    async fn ask(&mut self, tool: &ForeignTool, args: JsonObject) -> Result<(String, bool), ContactError> {
        if self.contact.has_changed() {
            self.look().await?;
        }
        if self.tools.get(&tool.tool) != Some(&tool.hash) {
            let (tool, server) = (&tool.tool, &tool.server);
            return Err(ContactError::Refused(format!(
                "what it says of {tool} has changed since the run began, so it is not called any more: do without it. What the \
                 Owner can do: trireme mcp trust {server}"
            )));
        }
        Ok(told(&self.contact.call(&tool.tool, args).await?))
    }
}

/// What an agent is told while there is no room.
const FULL: &str = "so many servers are at work for other agents that there is no room for another one now: call it again later";

/// Both ends of a long answer, and all of it where that is more.
fn ends(text: &str) -> (String, Option<Vec<u8>>) {
    let mut kept = Kept::new(OUTPUT_END_BYTES, OUTPUT_BYTES);
    kept.push(text.as_bytes());
    kept.into_parts()
}
