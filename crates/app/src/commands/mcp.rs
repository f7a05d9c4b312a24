//! `mcp`: servers of the configuration, and what the Owner agrees to of them.
//!
//! A project's server is shown before it is started, and its tools before they are agreed to; both are asked for where somebody
//! sits there.

use std::process::ExitCode;

use serde::Serialize;
use trireme_core::report::table;
use trireme_engine::Engine;
use trireme_engine::mcp::{Found, Reach, Server, Standing};

use crate::approval::{can_ask, confirmed};
use crate::cli::{McpArgs, McpCommand};
use crate::config::Config;
use crate::failure::Failure;
use crate::out;

/// A server, for whoever reads JSON.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    from: String,
    reach: String,
    agents: String,
    standing: String,
}

/// Lists servers, or agrees to one, or does so no longer.
pub(crate) async fn mcp(config: Config, args: McpArgs) -> Result<ExitCode, Failure> {
    let project = config.project.as_ref().map_or_else(|| config.cwd.clone(), |dir| config.cwd.join(dir));
    let engine = Engine::open(config.settings).await?;
    match args.command {
        McpCommand::List { json } => list(&engine, json)?,
        McpCommand::Trust { name, yes } => {
            let server = named(&engine, &name)?;
            let found = match look(&engine, server, &project, yes).await? {
                Some(found) => found,
                None => return Ok(ExitCode::from(1)),
            };
            engine.trusts().trust(server, &found).map_err(|error| Failure::failed(error.to_string()))?;
            let count = found.len();
            out::say(&format!(
                "{name} is agreed to, with its {count} tools as they are; runs that begin now offer them"
            ));
        }
        McpCommand::Distrust { name } => {
            let server = named(&engine, &name)?;
            let was = engine.trusts().distrust(server).map_err(|error| Failure::failed(error.to_string()))?;
            let said = if was { "is agreed to no longer" } else { "was not agreed to" };
            out::say(&format!("{name} {said}"));
            if server.project.is_none() {
                out::say(
                    "it is your own, so the next run takes its tools as they are then: to be rid of it, take it out of your configuration",
                );
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(engine: &Engine, json: bool) -> Result<(), Failure> {
    let settings = engine.settings();
    settings.servers_left_out.iter().for_each(|why| out::say(&format!("warning: {why}")));
    let listed: Result<Vec<_>, Failure> =
        settings.servers.iter().map(|server| listed(engine, server)).collect();
    let listed = listed?;
    if json {
        return out::json(&listed);
    }
    let cells = |row: &Listed<'_>| {
        vec![
            row.name.to_owned(),
            row.standing.clone(),
            row.agents.clone(),
            row.from.clone(),
            row.reach.clone(),
        ]
    };
    let rows: Vec<_> = listed.iter().map(cells).collect();
    out::prose(&table(&["server", "agreed to", "for", "from", "starts or reaches"], &rows))
}

fn listed<'a>(engine: &Engine, server: &'a Server) -> Result<Listed<'a>, Failure> {
    let standing = match engine.standing(server)? {
        Standing::Trusted(count) => format!("yes, with {count} tools"),
        Standing::Own => "yours; its tools are not seen yet".to_owned(),
        Standing::Asked => format!("no: trireme mcp trust {}", server.name),
    };
    let from = server.project.as_ref().map_or_else(|| "you".to_owned(), |root| root.display().to_string());
    let agents: Vec<_> = server.callers.iter().map(|caller| caller.name()).collect();
    Ok(Listed { name: &server.name, from, reach: reach(server), agents: agents.join(", "), standing })
}

/// What is started or reached, with the names of what it is given, and no value out of the environment.
fn reach(server: &Server) -> String {
    let (mut told, settings) = match &server.reach {
        Reach::Program { argv, env, read } => {
            let mut told = argv.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ");
            read.iter().for_each(|place| told.push_str(&format!(", may read {}", place.display())));
            (told, env)
        }
        Reach::Service { url, headers } => (url.clone(), headers),
    };
    for (name, setting) in settings {
        told.push_str(&format!(", {name}={}", setting.text));
    }
    told
}

/// A word of a command line as a shell would want it.
fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=@+,{}".contains(letter);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

fn named<'a>(engine: &'a Engine, name: &str) -> Result<&'a Server, Failure> {
    let settings = engine.settings();
    let server = settings.servers.iter().find(|server| server.name == name);
    let prefix = format!("server {name}: ");
    let left_out = settings.servers_left_out.iter().find(|why| why.starts_with(&prefix));
    server.ok_or_else(|| match left_out {
        Some(why) => Failure::usage(why.clone()),
        None => Failure::usage(format!("there is no server {name:?} here")).hint("trireme mcp list"),
    })
}

/// Shows a server, starts or reaches it, and shows its tools; none where the Owner does not agree to either.
async fn look(
    engine: &Engine,
    server: &Server,
    project: &std::path::Path,
    yes: bool,
) -> Result<Option<Vec<Found>>, Failure> {
    let whose = match &server.project {
        Some(root) => format!("the project {} names it", root.display()),
        None => "it is of your own configuration".to_owned(),
    };
    out::say(&format!("{}: {whose}\n  {}", server.name, reach(server)));
    if !yes && !can_ask() {
        return Err(Failure::usage("nobody is here to agree to it").hint(format!(
            "trireme mcp trust {} --yes   (starts it, and agrees to the tools that it has)",
            server.name
        )));
    }
    let how = match server.reach {
        Reach::Program { .. } => "Start it in the sandbox, to see its tools? [y/N]",
        Reach::Service { .. } => "Connect to it, to see its tools? [y/N]",
    };
    if !yes && !confirmed(how) {
        return Ok(None);
    }
    let mut found = engine.meet(server, project).await?;
    // Nothing is agreed to that is not shown.
    found.retain(|found| server.wants(&found.tool));
    let known = engine.trusts().known(server).map_err(|error| Failure::failed(error.to_string()))?;
    for tool in &found {
        let news = match &known {
            Some(known) if known.holds(tool) => "",
            Some(known) if known.hash(&tool.tool).is_some() => "  (CHANGED since you agreed)",
            Some(_) | None => "  (new)",
        };
        let reads = if tool.reads { "says that it only reads" } else { "may change something" };
        out::say(&format!(
            "\n{:?}: {reads}{news}\n  {}\n  arguments: {}",
            tool.tool,
            indented(&tool.description),
            tool.schema
        ));
    }
    match yes || confirmed("\nAgree to this server with exactly these tools? Agents read these words. [y/N]")
    {
        true => Ok(Some(found)),
        false => Ok(None),
    }
}

fn indented(words: &str) -> String {
    words.trim().replace('\n', "\n  ")
}
