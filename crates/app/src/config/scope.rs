//! `[scope]`: the most that anybody may do in a run. Sections and workers get it, or less. A project is foreign, so its file
//! says nothing of it.

use serde::Deserialize;
use trireme_core::{Bounds, Host, Scope, ToolSet};

use crate::failure::Failure;

/// What a configuration file says of it.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredScope {
    /// The tools; all of them if not given.
    tools: Option<ToolSet>,
    /// Globs of the only paths that are there to be seen.
    read: Option<Vec<String>>,
    /// Globs of the only paths that may be changed.
    write: Option<Vec<String>>,
    /// What the only commands begin with.
    commands: Option<Vec<String>>,
    /// Whom commands may talk to.
    hosts: Option<Vec<Host>>,
    /// Names of variables that commands find set.
    env: Option<Vec<String>>,
}

impl DeclaredScope {
    /// Lays a layer over the lower ones: what it names replaces what they name.
    pub(super) fn take(&mut self, layer: Self) {
        self.tools = layer.tools.or(self.tools);
        self.read = layer.read.or(self.read.take());
        self.write = layer.write.or(self.write.take());
        self.commands = layer.commands.or(self.commands.take());
        self.hosts = layer.hosts.or(self.hosts.take());
        self.env = layer.env.or(self.env.take());
    }

    /// The scope as the files say, with the hosts of the command line beside theirs.
    pub(super) fn scope(self, more: &[Host]) -> Result<Scope, Failure> {
        let Self { tools, read, write, commands, hosts, env } = self;
        let hosts = hosts.into_iter().flatten().chain(more.iter().cloned()).collect::<Vec<_>>();
        let hosts = (!hosts.is_empty()).then_some(hosts);
        let scope = Scope {
            tools: tools.unwrap_or(ToolSet::ALL),
            bounds: Bounds { read, write, commands, hosts, env },
        };
        match scope.bounds.faults().first() {
            None => Ok(scope),
            Some(fault) => Err(Failure::usage(format!("scope.{fault}"))
                .hint("[scope] is like: write = [\"src/**\"], commands = [\"cargo test\"], hosts = [\"*.crates.io\"], env = [\"CI\"]")),
        }
    }
}
