//! `exec`, `gateway`, `keys`: the bus for programs that are not ours.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use trireme_core::{Money, report};
use trireme_engine::gateway::{self, Bill, CallLine, Child, ChildEnd, Gateway, KeyWish, Setup};

use super::filter::Filter;
use crate::approval::dollars;
use crate::attend::Signals;
use crate::cli::{ExecArgs, GatewayArgs, KeyAsk, KeysArgs, LogArgs, MakeKey};
use crate::config::Config;
use crate::failure::Failure;
use crate::moment::length;
use crate::out;

/// The gateway that `trireme gateway` serves and `trireme keys` is about.
const LASTING: &str = "gateway";
/// Clients of Anthropic send this too; with both set some of them warn.
const CLAUDE_QUIET: (&str, &str) = ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
/// With one of these Claude Code goes to another cloud, past the gateway.
const ELSEWHERE: [&str; 2] = ["CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_VERTEX"];
const HEAD: [&str; 6] = ["spent", "of", "calls", "failed", "refused", "state"];

/// Runs a program under a budget, and prints its bill.
pub(crate) async fn exec(mut config: Config, args: ExecArgs) -> Result<ExitCode, Failure> {
    config.declare(&args.models)?;
    let limit = amount(&args.budget)?;
    let name = format!("exec-{}", trireme_engine::clock::random_name(6));
    let dir = gateway::folder(&config.settings.state, &name);
    let any_port = SocketAddr::from(([127, 0, 0, 1], 0));
    let setup = Setup::of(&config.settings, any_port)?;
    let mut withheld = setup.key_variables.clone();
    withheld.extend(ELSEWHERE.map(str::to_owned));
    let gateway = Gateway::open(&dir, setup).await?;
    let key = gateway.make_key(KeyWish {
        name: name.clone(),
        limit,
        parent: None,
        models: args.only,
        output_cap: args.max_output,
        expires: None,
    })?;
    let mut set = variables(gateway.address(), &key);
    // A proxy of the surroundings is no way to ourselves.
    let direct = [config.no_proxy.as_str(), "127.0.0.1", "localhost"].join(",");
    set.extend(["NO_PROXY", "no_proxy"].map(|name| (name.to_owned(), direct.trim_matches(',').to_owned())));
    let child = Child { command: pointed(args.command.clone(), gateway.address()), set, withheld };
    let (end, bills) = serve_child(gateway, child, &args.command).await?;
    print_bill(&name, &bills, args.json)?;
    Ok(match end {
        ChildEnd::Exited(code) => ExitCode::from(code),
        ChildEnd::Killed(signal) => ExitCode::from(128_u8.saturating_add(signal)),
    })
}

async fn serve_child(
    mut gateway: Gateway,
    child: Child,
    command: &[OsString],
) -> Result<(ChildEnd, Vec<Bill>), Failure> {
    let end = tokio::select! {
        end = child.run() => end,
        // Without a journal nothing more is let through: the program is stopped with us.
        broken = gateway.broken() => return Err(broken.into()),
    };
    let bills = gateway.close().await?;
    let program = command.first().map(|word| word.to_string_lossy().into_owned()).unwrap_or_default();
    let end = end.map_err(|error| {
        Failure::usage(format!("{program:?} can't be started: {error}"))
            .hint("trireme exec --budget 2 -- PROGRAM ARGUMENTS…   (a program on PATH, or its path)")
    })?;
    Ok((end, bills))
}

/// What points a program at the gateway.
fn variables(address: SocketAddr, key: &str) -> Vec<(String, String)> {
    let base = format!("http://{address}");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    vec![
        pair("ANTHROPIC_BASE_URL", &base),
        pair("ANTHROPIC_API_KEY", key),
        pair("OPENAI_BASE_URL", &format!("{base}/v1")),
        pair("OPENAI_API_BASE", &format!("{base}/v1")),
        pair("OPENAI_API_KEY", key),
        pair(CLAUDE_QUIET.0, CLAUDE_QUIET.1),
    ]
}

/// The command as it is started. Codex does not heed the variables, so it is told with its own flags.
fn pointed(mut command: Vec<OsString>, address: SocketAddr) -> Vec<OsString> {
    let program = command.first().map(PathBuf::from);
    let name = program.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
    match name {
        Some("codex") => {
            let provider = format!(
                "model_providers.trireme={{name=\"trireme\",base_url=\"http://{address}/v1\",wire_api=\"responses\",\
                 env_key=\"OPENAI_API_KEY\",request_max_retries=0,stream_max_retries=0}}"
            );
            let settings = ["model_provider=trireme", &provider, "web_search=\"disabled\""];
            let flags = settings.iter().flat_map(|setting| ["-c".into(), OsString::from(setting)]);
            command.splice(1..1, flags);
            out::say(
                "note: codex gets its address by -c flags; its hosted web search is off, since its cost has no bound",
            );
        }
        Some("opencode") => out::say(
            "note: opencode takes its address from opencode.json: set provider.NAME.options.baseURL to \
             {env:OPENAI_BASE_URL} and apiKey to {env:OPENAI_API_KEY}",
        ),
        _ => {}
    }
    command
}

fn print_bill(name: &str, bills: &[Bill], json: bool) -> Result<(), Failure> {
    let Some(bill) = bills.first() else { return Ok(()) };
    if json {
        out::say(&serde_json::to_string(bill)?);
        return Ok(());
    }
    let [spent, limit] = [bill.spent, bill.limit].map(|amount| dollars(&[amount]).concat());
    let mut text = format!("\nBill: {spent} of {limit} · {}", plural(bill.calls, "call"));
    for (count, what) in [(bill.failed, "without a whole answer"), (bill.refused, "refused")] {
        if count > 0 {
            text.push_str(&format!(", {count} {what}"));
        }
    }
    let usage = bill.usage;
    text.push_str(&format!(" · {} tokens in, {} out", usage.read(), usage.output));
    text.push_str(&format!("\nEach call: trireme log {name}"));
    out::say(&text);
    Ok(())
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}

/// Serves the gateway until it is told to stop.
pub(crate) async fn serve(mut config: Config, args: GatewayArgs) -> Result<ExitCode, Failure> {
    config.declare(&args.models)?;
    let dir = gateway::folder(&config.settings.state, LASTING);
    let setup = Setup::of(&config.settings, args.listen)?;
    let providers: Vec<_> = setup.providers.iter().map(|provider| provider.name.clone()).collect();
    let mut gateway = Gateway::open(&dir, setup).await?;
    let address = gateway.address();
    out::data(&format!("http://{address}"))?;
    out::say(&format!("serving {} at http://{address}; Ctrl-C ends it", providers.join(", ")));
    out::say("a key for a program: trireme keys make NAME --budget USD");
    let mut signals = Signals::new()?;
    tokio::select! {
        _ = signals.next() => {}
        broken = gateway.broken() => return Err(broken.into()),
    }
    let bills = gateway.close().await?;
    if !bills.is_empty() {
        out::say(&table_of(&bills));
    }
    Ok(ExitCode::SUCCESS)
}

/// Lists, makes, limits and revokes keys.
pub(crate) async fn keys(config: Config, args: KeysArgs) -> Result<ExitCode, Failure> {
    let dir = gateway::folder(&config.settings.state, LASTING);
    match args.ask {
        None => list(&dir, args.json).await?,
        Some(KeyAsk::Make(make)) => make_key(&dir, make).await?,
        Some(KeyAsk::Limit { name, usd }) => {
            let limit = amount(&usd)?;
            gateway::limit_key(&dir, &name, limit).await?;
            out::say(&format!("{name} may spend {limit} in all"));
        }
        Some(KeyAsk::Revoke { name }) => {
            gateway::revoke_key(&dir, &name).await?;
            out::say(&format!("{name} is taken back"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(dir: &Path, json: bool) -> Result<(), Failure> {
    let bills = if dir.exists() { gateway::bills(dir).await? } else { Vec::new() };
    if json {
        return out::json(&bills);
    }
    if bills.is_empty() {
        out::say("there are no keys yet; try: trireme keys make ci --budget 5");
        return Ok(());
    }
    out::data(&table_of(&bills))
}

async fn make_key(dir: &Path, make: MakeKey) -> Result<(), Failure> {
    let expires = make.expires.as_deref().map(moment_in).transpose()?;
    let limit = amount(&make.budget)?;
    let wish = KeyWish {
        name: make.name.clone(),
        limit,
        parent: make.under,
        models: make.only,
        output_cap: make.max_output,
        expires,
    };
    let secret = gateway::make_key(dir, wish).await?;
    out::say(&format!("the key {:?} may spend {limit}; its secret is shown this once:", make.name));
    out::data(&secret)
}

fn table_of(bills: &[Bill]) -> String {
    let amounts: Vec<Money> = bills.iter().flat_map(|bill| [bill.spent, bill.limit]).collect();
    let texts = dollars(&amounts);
    let mut texts = texts.into_iter();
    let mut money = || texts.next().unwrap_or_default();
    let row = |bill: &Bill| {
        let key = match &bill.parent {
            Some(parent) => format!("{} (under {parent})", bill.key),
            None => bill.key.clone(),
        };
        let state = if bill.closed {
            "closed"
        } else if bill.reserved.is_zero() {
            "open"
        } else {
            "calling"
        };
        let counts = [bill.calls, bill.failed, bill.refused].map(|count| count.to_string());
        let [calls, failed, refused] = counts;
        vec![key, money(), money(), calls, failed, refused, state.to_owned()]
    };
    let rows: Vec<Vec<String>> = bills.iter().map(row).collect();
    report::table(&[&["key"], &HEAD[..]].concat(), &rows)
}

/// What happened at a gateway, line by line. False where no gateway has that name.
pub(crate) async fn log(config: &Config, args: &LogArgs) -> Result<bool, Failure> {
    let dir = gateway::folder(&config.settings.state, &args.run);
    if !gateway::is_name(&args.run) || !dir.is_dir() {
        return Ok(false);
    }
    let only = Filter::of_gateway(&args.only)?;
    for line in gateway::calls(&dir).await? {
        if only.takes(line.event_type, &line.timestamp, &line.detail) {
            print_line(&line, args.json)?;
        }
    }
    Ok(true)
}

fn print_line(line: &CallLine, json: bool) -> Result<(), Failure> {
    if json {
        return out::json_line(line);
    }
    let CallLine { seq, timestamp, agent_id, event_type, detail, cost_usd, cost_nanos, .. } = line;
    let cost = if *cost_nanos == 0 { String::new() } else { format!("  {cost_usd}") };
    let time = timestamp.get(11..23).unwrap_or(timestamp);
    out::prose(&format!("{seq:>5}  {time}  {agent_id:<12} {event_type:<12} {detail}{cost}"))
}

fn amount(text: &str) -> Result<Money, Failure> {
    Money::parse(text).map_err(|error| Failure::usage(format!("the budget: {error}")).hint("--budget 2.50"))
}

/// A moment from a text like `90m`, `8h` or `7d`.
fn moment_in(text: &str) -> Result<trireme_core::Millis, Failure> {
    let wrong = || Failure::usage(format!("{text:?} is no length of time")).hint("--expires 90m, 8h or 7d");
    Ok(trireme_engine::clock::now().plus(length(text).ok_or_else(wrong)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(command: &[&str]) -> Vec<String> {
        let command = command.iter().map(OsString::from).collect();
        let pointed = pointed(command, SocketAddr::from(([127, 0, 0, 1], 9)));
        pointed.into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn codex_is_told_by_its_flags_and_others_as_they_are() {
        let told = words(&["/usr/bin/codex", "exec", "mend it"]);
        assert_eq!(
            (told[0].as_str(), told[1].as_str(), told[2].as_str()),
            ("/usr/bin/codex", "-c", "model_provider=trireme")
        );
        assert!(
            told[4].contains("base_url=\"http://127.0.0.1:9/v1\"") && !told[4].contains("trireme-"),
            "{}",
            told[4]
        );
        assert_eq!(told[5..], ["-c", "web_search=\"disabled\"", "exec", "mend it"]);
        assert_eq!(words(&["claude", "-p", "x"]), ["claude", "-p", "x"]);
    }
}
