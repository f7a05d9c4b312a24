//! What commands of this machine find around them: the sandbox, probed once in a process, and what they may read.

use std::path::Path;

use hyper::Uri;
use trireme_core::{Host, RunId, SandboxLevel};

use crate::bus::providers::resolve;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::sandbox::{NoSandbox, Sandbox, Surroundings};
use crate::settings::Settings;
use crate::world::Ground;

impl Engine {
    /// The sandbox as the Owner wants it, probed once.
    ///
    /// # Errors
    /// Where the level that the Owner asks for can't be had.
    pub async fn sandbox(&self) -> Result<&Sandbox, EngineError> {
        let Settings { sandbox, path, state, .. } = self.settings();
        Ok(self.sandbox.get_or_try_init(|| Sandbox::find(sandbox, path, state)).await?)
    }

    /// Sees that no command gets past the bus to a model.
    ///
    /// # Errors
    /// Where a host of the scope is a provider's.
    pub(crate) fn keeps_to_the_bus(&self, hosts: &[Host]) -> Result<(), EngineError> {
        let sources = resolve(self.settings()).all;
        let reached = sources.iter().find_map(|source| {
            let address: Uri = source.base_url.parse().ok()?;
            let port =
                address.port_u16().unwrap_or(if address.scheme_str() == Some("http") { 80 } else { 443 });
            let name = address.host()?;
            let host = hosts.iter().find(|host| host.allows(name, port))?;
            Some((host, &source.name, name.to_owned()))
        });
        match reached {
            None => Ok(()),
            Some((host, provider, name)) => Err(EngineError::usage(format!(
                "scope.hosts: {host} lets commands reach the provider {provider} at {name}, past the budget"
            ))
            .hint("name the hosts that commands need one by one, without that one")),
        }
    }

    /// Sees that commands of a run are held no less than before, unless the Owner says so now.
    pub(crate) async fn holds_as_before(
        &self,
        run: &RunId,
        before: Option<SandboxLevel>,
    ) -> Result<(), EngineError> {
        let sandbox = self.sandbox().await?;
        let (level, is_named) = (sandbox.level(), self.settings().sandbox.level.is_some());
        match before {
            Some(before) if level < before && !is_named => Err(EngineError::usage(format!(
                "{run} was at sandbox level {before}, and this machine has {level} only now"
            ))
            .hint("trireme doctor   (what is missing)")
            .hint(format!("trireme resume {run} --sandbox {level}"))),
            Some(_) | None => Ok(()),
        }
    }

    /// What commands of a run find around them. What the Owner has checked out, and what other runs do, is not there.
    ///
    /// # Errors
    /// As [`Engine::sandbox`].
    pub async fn ground(&self, project: &Path) -> Result<Ground, EngineError> {
        let sandbox = self.sandbox().await?.clone();
        let Settings { path, passed: env, lent, home, state, sandbox: wanted, .. } = self.settings();
        let hidden = [state.clone(), project.to_owned()];
        if let Some(place) =
            wanted.read.iter().find(|place| hidden.iter().any(|hidden| hidden.starts_with(place)))
        {
            return Err(EngineError::usage(format!(
                "sandbox.read: {} holds what commands must not see: the project, or the runs",
                place.display()
            ))
            .hint("name the folders in it that they need"));
        }
        let surroundings = Surroundings { path, env, home, further: &wanted.read, hidden: &hidden };
        let read = surroundings.places().into();
        let (path, env, limits) = (path.clone(), env.clone(), wanted.limits);
        let (lent, foreign) = (lent.clone(), self.servers());
        Ok(Ground { sandbox, path, env, lent, read, hidden: hidden.into(), limits, foreign })
    }
}

impl From<NoSandbox> for EngineError {
    fn from(error: NoSandbox) -> Self {
        let told = Self::usage(error.to_string());
        match error {
            NoSandbox::Short(short) => told
                .hint(short.hint)
                .hint("or a lower level, such as --sandbox L2: trireme doctor tells them apart"),
            NoSandbox::Contradiction(_) => told.hint("leave out one of --sandbox and --require-sandbox"),
            NoSandbox::Nothing(_) => told.hint("trireme doctor"),
        }
    }
}
