//! The command line of Trireme: it reads what was typed, hands commands to the engine, and draws what comes back.
//! stdout is data, stderr is talk, and every failure ends with the next thing to type.

mod approval;
mod attend;
mod branch;
mod cli;
mod commands;
mod config;
mod csv;
mod declare;
mod editing;
mod face;
mod failure;
mod follower;
mod keys;
mod moment;
mod order;
mod out;
mod plan_file;
mod plan_text;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use tokio::runtime::Builder;
use trireme_engine::Engine;
use trireme_engine::bus::providers::key_variables;
use trireme_engine::sandbox::warden_if_asked;

use cli::{Cli, Command};
use config::Config;
use failure::{Failure, Kind};

fn main() -> ExitCode {
    if let Some(code) = warden_if_asked() {
        return code;
    }
    if let Err(error) = keep_to_ourselves() {
        out::say(&format!("warning: other programs of yours can read the keys of this one: {error}"));
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(failure) => {
            if failure.kind != Kind::Unread {
                out::say(&failure.render());
            }
            failure.code()
        }
    }
}

/// Keys come in with the environment, and commands of workers have the same owner as we: nobody but root shall read
/// `/proc/PID/environ` or the memory of this process. The commands themselves start with an environment of their own.
#[cfg(target_os = "linux")]
fn keep_to_ourselves() -> nix::Result<()> {
    nix::sys::prctl::set_dumpable(false)
}

#[cfg(not(target_os = "linux"))]
const fn keep_to_ourselves() -> std::io::Result<()> {
    Ok(())
}

fn run(cli: Cli) -> Result<ExitCode, Failure> {
    let Some(command) = cli.command else {
        out::data(&Cli::command().render_help().to_string())?;
        return Ok(ExitCode::SUCCESS);
    };
    let config = Config::read(&cli.global, &keys::handed())?;
    let mut hidden = key_variables(&config.settings.providers);
    hidden.extend(config.settings.owner_key.variable().map(str::to_owned));
    if let Err(error) = keys::hide(&hidden, config::text) {
        out::say(&format!("warning: keys stay in the environment of this process: {error}"));
    }
    // All that the gateway does is short: on one thread nobody has to be woken for it, which is most of what it costs.
    let is_gateway = matches!(command, Command::Exec(_) | Command::Gateway(_));
    let mut runtime = if is_gateway { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    let runtime = runtime.enable_all().build()?;
    let done = runtime.block_on(dispatch(config, command));
    // A thread may still wait for a line that nobody types.
    runtime.shutdown_background();
    done
}

fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "trireme", &mut script);
    out::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::SUCCESS)
}

async fn dispatch(config: Config, command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Run(args) => commands::run::run(config, args).await,
        Command::Opinion(args) => commands::opinion::opinion(config, args).await,
        Command::Plan(args) => commands::run::plan(config, args).await,
        Command::Resume(args) => commands::run::resume(config, &args).await,
        Command::Runs(args) => commands::runs::list(&open(config).await?, args.json).await,
        Command::Show(args) => commands::show::show(&open(config).await?, &args).await,
        Command::Watch(args) => commands::watch::watch(&open(config).await?, &args).await,
        Command::Exec(args) => commands::gateway::exec(config, args).await,
        Command::Gateway(args) => commands::gateway::serve(config, args).await,
        Command::Keys(args) => commands::gateway::keys(config, args).await,
        Command::Log(args) => {
            if commands::gateway::log(&config, &args).await? {
                return Ok(ExitCode::SUCCESS);
            }
            commands::log::log(&open(config).await?, &args).await
        }
        Command::Sql(args) => commands::sql::sql(&open(config).await?, &args).await,
        Command::Cost(args) => commands::cost::cost(&open(config).await?, &args).await,
        Command::Report(args) => commands::report::report(&open(config).await?, &args).await,
        Command::Replay(args) => commands::replay::replay(&open(config).await?, &args).await,
        Command::Models(args) => commands::models::models(config, args).await,
        Command::Roles(args) => commands::roles::roles(config, args).await,
        Command::Mcp(args) => commands::mcp::mcp(config, args).await,
        Command::Blob(args) => commands::keep::blob(&open(config).await?, &args).await,
        Command::Verify(args) => commands::keep::verify(&open(config).await?, &args).await,
        Command::Prune(args) => commands::keep::prune(&open(config).await?, &args).await,
        Command::Hold(args) => commands::keep::hold(&open(config).await?, &args),
        Command::RotateKey(args) => commands::keep::rotate_key(config, args).await,
        Command::Doctor(args) => commands::doctor::doctor(&open(config).await?, args.json).await,
        Command::Approve(args) => commands::control::approve(&open(config).await?, args).await,
        Command::Edit(args) => commands::edit::edit(config, args).await,
        Command::Reject(args) => commands::control::reject(&open(config).await?, args).await,
        Command::Grant(args) => commands::control::grant(&open(config).await?, args).await,
        Command::Deny(args) => commands::control::deny(&open(config).await?, args).await,
        Command::Answer(args) => commands::control::answer(&open(config).await?, args).await,
        Command::Memo(args) => commands::control::memo(&open(config).await?, args).await,
        Command::Budget(args) => commands::control::budget(&open(config).await?, args).await,
        Command::Pause(args) => commands::control::pause(&open(config).await?, args).await,
        Command::Kill(args) => commands::control::kill(&open(config).await?, args).await,
        Command::Completions { shell } => completions(shell),
    }
}

async fn open(config: Config) -> Result<Engine, Failure> {
    Ok(Engine::open(config.settings).await?)
}
