//! `[mcp.NAME]` and a repository's `.mcp.json`: servers whose tools agents may call.
//!
//! Those of the Owner's files are the Owner's. Those that a project names are as foreign as the project: they are not started
//! or reached before the Owner agrees to them, and what decides how far they are believed is not theirs to say. A server that
//! can't be used is left out and named; no project's file keeps a run from beginning by one.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use trireme_core::Caller;
use trireme_core::limits::{SERVER_TIMEOUT_S, SERVERS};
use trireme_engine::mcp::{Reach, Server, Setting};

use super::whole;

/// What a configuration file says of a server.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredServer {
    /// The program.
    command: Option<String>,
    /// Its arguments.
    #[serde(default)]
    args: Vec<String>,
    /// Its own variables.
    #[serde(default)]
    env: BTreeMap<String, String>,
    /// What it may read besides.
    #[serde(default)]
    read: Vec<PathBuf>,
    /// Or the address of a service.
    url: Option<String>,
    /// What every request to it carries.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Its tools that are wanted; all if none are named.
    tools: Option<Vec<String>>,
    /// Whose agents may call them.
    agents: Option<Vec<Caller>>,
    /// Whether it is believed when it says that a tool only reads.
    #[serde(default)]
    believe_read_only: bool,
    /// Seconds after which a call is given up.
    timeout_s: Option<u32>,
}

/// A repository's `.mcp.json`, as other programs write it too; what else stands there is theirs.
#[derive(Deserialize)]
struct Foreign {
    #[serde(default, rename = "mcpServers")]
    servers: BTreeMap<String, ForeignServer>,
}

#[derive(Deserialize)]
struct ForeignServer {
    #[serde(rename = "type")]
    kind: Option<String>,
    command: Option<String>,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: BTreeMap<String, String>,
    url: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// The servers of all files.
#[derive(Default)]
pub(super) struct Servers {
    servers: BTreeMap<String, Server>,
    /// Those that can't be used, a sentence each.
    pub(super) left_out: Vec<String>,
}

impl Servers {
    /// Takes those of a file; `project` is its folder where it is the project's own. A project's server does not take the place
    /// of the Owner's.
    pub(super) fn take(
        &mut self,
        declared: BTreeMap<String, DeclaredServer>,
        project: Option<&Path>,
        home: &Path,
    ) {
        for (name, declared) in declared {
            let server = declared.server(&name, project, home);
            self.put(&name, project.is_some(), server);
        }
    }

    /// Takes those of a repository's `.mcp.json`, if it has one.
    pub(super) fn take_foreign(&mut self, root: &Path) {
        let path = root.join(".mcp.json");
        let read = match std::fs::read_to_string(&path) {
            Ok(text) => serde_json::from_str::<Foreign>(&text).map_err(|error| error.to_string()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return,
            Err(error) => Err(error.to_string()),
        };
        match read {
            Ok(file) => {
                for (name, server) in file.servers {
                    let server =
                        server.declared().and_then(|declared| declared.server(&name, Some(root), root));
                    self.put(&name, true, server);
                }
            }
            Err(why) => self.left_out.push(format!("{}: {why}", path.display())),
        }
    }

    fn put(&mut self, name: &str, is_of_project: bool, server: Result<Server, String>) {
        let is_taken = self.servers.contains_key(name);
        match server {
            Ok(_) if is_of_project && is_taken => self
                .left_out
                .push(format!("server {name}: this project names one too, and yours of that name is taken")),
            Ok(_) if !is_taken && self.servers.len() >= SERVERS => {
                self.left_out.push(format!("server {name}: a configuration has {SERVERS} servers at most"));
            }
            Ok(server) => drop(self.servers.insert(name.to_owned(), server)),
            Err(why) => self.left_out.push(format!("server {name}: {why}")),
        }
    }

    /// All of them, by their names.
    pub(super) fn into_all(self) -> Vec<Server> {
        self.servers.into_values().collect()
    }
}

impl DeclaredServer {
    fn server(self, name: &str, project: Option<&Path>, home: &Path) -> Result<Server, String> {
        if project.is_some() && (!self.read.is_empty() || self.believe_read_only) {
            return Err("read and believe_read_only are not a project's to say: give them in ~/.config/trireme/config.toml".to_owned());
        }
        let reach = match (self.command, self.url) {
            (Some(command), None) if self.headers.is_empty() => {
                let read: Vec<_> = self.read.iter().map(|place| whole(place, home)).collect();
                if let Some(part) = read.iter().find(|place| place.is_relative()) {
                    return Err(format!("read: {} is not a whole path", part.display()));
                }
                let argv = [command].into_iter().chain(self.args).collect();
                Reach::Program { argv, env: filled("env", self.env)?, read }
            }
            (None, Some(url)) if self.args.is_empty() && self.env.is_empty() && self.read.is_empty() => {
                Reach::Service { url, headers: filled("headers", self.headers)? }
            }
            _ => return Err("give either command, with args, env and read, or url, with headers".to_owned()),
        };
        let server = Server {
            name: name.to_owned(),
            project: project.map(|root| root.canonicalize().unwrap_or_else(|_| root.to_owned())),
            reach,
            tools: self.tools,
            callers: self.agents.unwrap_or_else(|| vec![Caller::Worker]),
            believed: self.believe_read_only,
            timeout_s: self.timeout_s.unwrap_or(SERVER_TIMEOUT_S),
        };
        server.fault().map_or(Ok(server), Err)
    }
}

impl ForeignServer {
    /// The same in our words. Other programs fill variables in everywhere; here an address or a program that the environment
    /// decides would be another one than the Owner has agreed to.
    fn declared(self) -> Result<DeclaredServer, String> {
        let Self { kind, command, args, env, url, headers } = self;
        if kind.as_deref().is_some_and(|kind| !["stdio", "http", "streamable-http"].contains(&kind)) {
            return Err("its type is none of stdio and http".to_owned());
        }
        let words = command.iter().chain(&args).chain(&url);
        if let Some(word) = words.into_iter().find(|word| word.contains("${")) {
            return Err(format!("{word:?}: variables are filled into env and headers only"));
        }
        Ok(DeclaredServer {
            command,
            args,
            env,
            read: Vec::new(),
            url,
            headers,
            tools: None,
            agents: None,
            believe_read_only: false,
            timeout_s: None,
        })
    }
}

fn filled(what: &str, settings: BTreeMap<String, String>) -> Result<BTreeMap<String, Setting>, String> {
    let filled = |(name, text): (String, String)| {
        let setting = fill(text, super::text).map_err(|why| format!("{what}: {name}: {why}"))?;
        Ok((name, setting))
    };
    settings.into_iter().map(filled).collect()
}

/// A value with its variables filled in: `${NAME}`, or `${NAME:-what stands there else}`.
fn fill(text: String, look_up: impl Fn(&str) -> Option<String>) -> Result<Setting, String> {
    let (mut value, mut filled, mut rest) = (String::new(), Vec::new(), text.as_str());
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, behind)) = after.split_once('}') else { return Err("`${` has no `}`".to_owned()) };
        let (name, or) = inside.split_once(":-").map_or((inside, None), |(name, or)| (name, Some(or)));
        value.push_str(before);
        match (look_up(name), or) {
            (Some(found), _) => {
                value.push_str(&found);
                filled.push(found.into());
            }
            (None, Some(or)) => value.push_str(or),
            (None, None) => return Err(format!("{name} is not set, or is a provider's key")),
        }
        rest = behind;
    }
    value.push_str(rest);
    Ok(Setting { value: value.into(), filled, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(project: bool, toml: &str) -> Servers {
        let declared = toml::from_str(toml).unwrap();
        let mut servers = Servers::default();
        servers.take(declared, project.then_some(Path::new("/project")), Path::new("/home/o"));
        servers
    }

    fn left_out(project: bool, toml: &str) -> String {
        servers(project, toml).left_out.join("; ")
    }

    #[test]
    fn variables_are_filled_in_and_missing_ones_are_named() {
        let look_up = |name: &str| (name == "TOKEN").then(|| "word".to_owned());
        let filled = |text: &str| fill(text.to_owned(), look_up);
        let bearer = filled("Bearer ${TOKEN}!").unwrap();
        assert_eq!((bearer.value.as_str(), bearer.filled[0].as_str()), ("Bearer word!", "word"));
        let port = filled("${PORT:-80}").unwrap();
        assert_eq!((port.value.as_str(), port.filled.len()), ("80", 0), "what stands there is no secret");
        assert!(filled("${OTHER}").unwrap_err().contains("OTHER is not set"));
        assert!(filled("${TOKEN").is_err());
    }

    #[test]
    fn a_server_is_a_program_or_a_service() {
        let both = servers(
            false,
            "[docs]\ncommand = \"node\"\nargs = [\"s.js\"]\nread = [\"~/docs\"]\n[web]\nurl = \"https://x/mcp\"\nagents = [\"orchestrator\"]",
        );
        assert_eq!(both.left_out, Vec::<String>::new());
        let all = both.into_all();
        let Reach::Program { argv, read, .. } = &all[0].reach else { panic!() };
        assert_eq!((argv.len(), read[0].as_path()), (2, Path::new("/home/o/docs")));
        assert_eq!(all[1].callers, [Caller::Orchestrator]);
        assert!(left_out(false, "[a]\ncommand = \"x\"\nurl = \"https://x\"").contains("either command"));
        assert!(left_out(false, "[a]\nurl = \"http://x\"").contains("neither https"));
    }

    #[test]
    fn a_project_neither_opens_the_sandbox_nor_is_believed_nor_takes_a_name() {
        assert!(left_out(true, "[a]\ncommand = \"x\"\nread = [\"/\"]").contains("not a project's to say"));
        assert!(left_out(true, "[a]\ncommand = \"x\"\nbelieve_read_only = true").contains("not a project's"));
        let mut servers = servers(false, "[a]\ncommand = \"mine\"");
        let theirs = toml::from_str("[a]\ncommand = \"theirs\"").unwrap();
        servers.take(theirs, Some(Path::new("/project")), Path::new("/home/o"));
        assert!(servers.left_out[0].contains("yours of that name is taken"), "{:?}", servers.left_out);
        let [server] = &servers.into_all()[..] else { panic!() };
        assert_eq!(server.project, None);
    }

    #[test]
    fn the_file_of_other_programs_is_read_and_what_cannot_be_is_named() {
        let project = tempfile::tempdir().unwrap();
        let file = r#"{"other": 1, "mcpServers": {
            "files": {"command": "npx", "args": ["server"], "disabled": false},
            "web": {"type": "http", "url": "https://docs.example/mcp"},
            "old": {"type": "sse", "url": "https://docs.example/sse"},
            "odd": {"command": "${HOME}/x"}
        }}"#;
        std::fs::write(project.path().join(".mcp.json"), file).unwrap();
        let mut servers = Servers::default();
        servers.take_foreign(project.path());
        let told = servers.left_out.join("; ");
        assert!(told.contains("server old: its type") && told.contains("${HOME}/x"), "{told}");
        let all = servers.into_all();
        let root = project.path().canonicalize().unwrap();
        let names: Vec<_> = all.iter().map(|server| (server.name.as_str(), server.project.clone())).collect();
        assert_eq!(names, [("files", Some(root.clone())), ("web", Some(root))]);
    }
}
