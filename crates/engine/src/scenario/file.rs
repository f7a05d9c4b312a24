//! A scenario file, read whole and checked before anything runs: every error names the file, the line and what to type.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use trireme_core::{PicoPerToken, Seniority, Usage, limits};

use super::matching::{When, is_match};
use super::script::{
    IntentDefaults, Scenario, ScriptedCall, ScriptedFault, ScriptedModel, ScriptedReply, Template,
};

const ROLES: [&str; 7] = ["triage", "orchestrator", "manager", "worker", "reviewer", "adviser", "synthesist"];
const STOPS: [&str; 6] = ["end_turn", "tool_use", "max_tokens", "stop_sequence", "refusal", "pause_turn"];

/// Why a scenario can't be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Its file can't be read.
    #[error("the scenario {} can't be read ({source}): name a folder with a scenario.toml in it, or the file itself", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Something in it is wrong.
    #[error("{}:{line}: {what}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong and what to type.
        what: String,
    },
}

impl Scenario {
    /// Reads a scenario from its file, or from the folder that holds a `scenario.toml`.
    ///
    /// # Errors
    /// [`ScenarioError`], by the first thing that is wrong.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let file = if path.is_dir() { path.join("scenario.toml") } else { path.to_owned() };
        let unreadable = |source| ScenarioError::Unreadable { file: file.clone(), source };
        let text = read_capped(&file).map_err(unreadable)?;
        let loader = Loader { folder: file.parent().unwrap_or(Path::new("")), text: &text };
        loader.load(&file).map_err(|wrong| ScenarioError::Wrong {
            line: loader.line(&wrong.at),
            what: wrong.what,
            file: file.clone(),
        })
    }
}

fn read_capped(file: &Path) -> std::io::Result<String> {
    let size = std::fs::metadata(file)?.len();
    if size > limits::FILE_BYTES as u64 {
        let text = format!("it has {size} bytes, more than {}", limits::FILE_BYTES);
        return Err(std::io::Error::other(text));
    }
    std::fs::read_to_string(file)
}

struct Wrong {
    at: Range<usize>,
    what: String,
}

fn wrong(at: Range<usize>, what: impl Into<String>) -> Wrong {
    Wrong { at, what: what.into() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    name: String,
    project: Option<Spanned<String>>,
    #[serde(default)]
    intent: IntentDefaults,
    models: BTreeMap<String, RawModel>,
    seniority: BTreeMap<Seniority, Vec<Spanned<String>>>,
    #[serde(default)]
    reply: Vec<Spanned<RawReply>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    family: String,
    input: Spanned<String>,
    cache_read: Option<Spanned<String>>,
    cache_write: Option<Spanned<String>>,
    cache_write_1h: Option<Spanned<String>>,
    output: Spanned<String>,
    context_tokens: u64,
    output_tokens: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReply {
    #[serde(default)]
    when: RawWhen,
    text: Option<String>,
    #[serde(default)]
    call: Vec<Spanned<RawCall>>,
    usage: Option<RawUsage>,
    #[serde(default)]
    latency_ms: u64,
    stop: Option<Spanned<String>>,
    fault: Option<Spanned<RawFault>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    role: Option<Spanned<String>>,
    section: Option<String>,
    task: Option<String>,
    attempt: Option<u32>,
    side: Option<u32>,
    turn: Option<u32>,
    #[serde(rename = "try")]
    try_number: Option<u32>,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCall {
    tool: String,
    #[serde(default)]
    args: toml::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawUsage {
    input: u64,
    output: u64,
    #[serde(default)]
    cache_read: u64,
    #[serde(default)]
    cache_write: u64,
    #[serde(default)]
    cache_write_1h: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFault {
    status: Option<u16>,
    headers: Option<BTreeMap<String, String>>,
    body: Option<String>,
    cut_after_bytes: Option<usize>,
    #[serde(default)]
    silence: bool,
    #[serde(default)]
    malformed_args: bool,
    #[serde(default)]
    no_usage: bool,
    served: Option<String>,
    #[serde(default)]
    overbill: bool,
}

struct Loader<'a> {
    folder: &'a Path,
    text: &'a str,
}

impl Loader<'_> {
    fn line(&self, at: &Range<usize>) -> usize {
        let before = self.text.get(..at.start).unwrap_or(self.text);
        before.matches('\n').count() + 1
    }

    fn load(&self, file: &Path) -> Result<Scenario, Wrong> {
        let raw: RawScenario = toml::from_str(self.text)
            .map_err(|error| wrong(error.span().unwrap_or_default(), error.message()))?;
        let models: BTreeMap<_, _> = raw
            .models
            .into_iter()
            .map(|(name, model)| Ok((name, priced(model)?)))
            .collect::<Result<_, _>>()?;
        let replies: Vec<_> =
            raw.reply.into_iter().map(|reply| self.reply(reply)).collect::<Result<_, _>>()?;
        self.all_distinct(&replies)?;
        Ok(Scenario {
            name: raw.name,
            file: file.to_owned(),
            project: raw.project.map(|folder| self.project(&folder)).transpose()?,
            intent: raw.intent,
            seniority: known(raw.seniority, &models)?,
            models,
            replies,
        })
    }

    fn project(&self, folder: &Spanned<String>) -> Result<PathBuf, Wrong> {
        let path = self.folder.join(folder.get_ref());
        if path.is_dir() {
            return Ok(path);
        }
        let what =
            format!("there is no folder {}: `project` names a folder beside this file", path.display());
        Err(wrong(folder.span(), what))
    }

    fn reply(&self, raw: Spanned<RawReply>) -> Result<ScriptedReply, Wrong> {
        let at = raw.span();
        let raw = raw.into_inner();
        if raw.text.is_none() && raw.call.is_empty() && raw.fault.is_none() {
            return Err(wrong(at, "this reply says nothing: give it a text, a [[reply.call]] or a fault"));
        }
        let stop = match raw.stop {
            Some(stop) => known_stop(&stop)?,
            None if raw.call.is_empty() => "end_turn".to_owned(),
            None => "tool_use".to_owned(),
        };
        let calls = raw.call.into_iter().map(|call| self.call(call));
        Ok(ScriptedReply {
            line: self.line(&at),
            when: when(raw.when)?,
            text: raw.text.unwrap_or_default(),
            calls: calls.collect::<Result<_, _>>()?,
            usage: raw.usage.map(usage),
            latency_ms: raw.latency_ms,
            stop,
            fault: raw.fault.map(fault).transpose()?,
        })
    }

    fn call(&self, raw: Spanned<RawCall>) -> Result<ScriptedCall, Wrong> {
        let at = raw.span();
        let call = raw.into_inner();
        let args = self.template(toml::Value::Table(call.args));
        Ok(ScriptedCall { tool: call.tool, args: args.map_err(|what| wrong(at, what))? })
    }

    fn template(&self, value: toml::Value) -> Result<Template, String> {
        Ok(match value {
            toml::Value::String(text) => Template::Text(text),
            toml::Value::Integer(number) => Template::Fixed(number.into()),
            toml::Value::Float(number) => Template::Fixed(number.into()),
            toml::Value::Boolean(flag) => Template::Fixed(flag.into()),
            toml::Value::Datetime(moment) => Template::Fixed(moment.to_string().into()),
            toml::Value::Array(items) => {
                let items = items.into_iter().map(|item| self.template(item));
                Template::List(items.collect::<Result<_, _>>()?)
            }
            toml::Value::Table(fields) if fields.contains_key("$file") => self.file(&fields)?,
            toml::Value::Table(fields) => {
                let fields = fields.into_iter();
                let filled = fields.map(|(key, value)| self.template(value).map(|value| (key, value)));
                Template::Table(filled.collect::<Result<_, _>>()?)
            }
        })
    }

    fn file(&self, fields: &toml::Table) -> Result<Template, String> {
        let name = match (fields.get("$file"), fields.len()) {
            (Some(toml::Value::String(name)), 1) => Path::new(name),
            _ => {
                return Err(
                    "`$file` stands alone and names a path: { \"$file\" = \"files/a.rs\" }".to_owned()
                );
            }
        };
        let plain = |part| matches!(part, std::path::Component::Normal(_) | std::path::Component::CurDir);
        if !name.components().all(plain) {
            return Err(format!(
                "`$file` {} leads out of the scenario's folder: put the file beside this one",
                name.display()
            ));
        }
        let path = self.folder.join(name);
        let text = read_capped(&path).map_err(|error| {
            format!("`$file` {} can't be read ({error}): its path is relative to this file", path.display())
        })?;
        Ok(Template::Fixed(text.into()))
    }

    /// Two replies for exactly the same requests could only ever tie.
    fn all_distinct(&self, replies: &[ScriptedReply]) -> Result<(), Wrong> {
        for (index, reply) in replies.iter().enumerate() {
            let earlier = replies.iter().take(index).find(|other| other.when == reply.when);
            if let Some(earlier) = earlier {
                let what = format!(
                    "this reply has the same `when` as the one at line {}: add a key to one of them",
                    earlier.line
                );
                return Err(wrong(self.start_of(reply.line), what));
            }
        }
        Ok(())
    }

    fn start_of(&self, line: usize) -> Range<usize> {
        let before: usize = self.text.split_inclusive('\n').take(line - 1).map(str::len).sum();
        before..before
    }
}

fn priced(raw: RawModel) -> Result<ScriptedModel, Wrong> {
    let price = |text: &Spanned<String>| {
        PicoPerToken::parse_per_million(text.get_ref()).map_err(|error| {
            wrong(text.span(), format!("{error}; a price is dollars per million tokens, as in \"2.50\""))
        })
    };
    let input = price(&raw.input)?;
    let or_input = |text: &Option<Spanned<String>>| text.as_ref().map_or(Ok(input), price);
    Ok(ScriptedModel {
        input,
        cache_read: or_input(&raw.cache_read)?,
        cache_write: or_input(&raw.cache_write)?,
        cache_write_1h: or_input(&raw.cache_write_1h)?,
        output: price(&raw.output)?,
        family: raw.family,
        context_tokens: raw.context_tokens,
        output_tokens: raw.output_tokens,
    })
}

fn known(
    raw: BTreeMap<Seniority, Vec<Spanned<String>>>,
    models: &BTreeMap<String, ScriptedModel>,
) -> Result<BTreeMap<Seniority, Vec<String>>, Wrong> {
    if let Some(name) = raw.values().flatten().find(|name| !models.contains_key(name.get_ref())) {
        let what = format!("there is no model {0:?}: add a table [models.{0:?}]", name.get_ref());
        return Err(wrong(name.span(), what));
    }
    let plain = |names: Vec<Spanned<String>>| names.into_iter().map(Spanned::into_inner).collect();
    Ok(raw.into_iter().map(|(seniority, names)| (seniority, plain(names))).collect())
}

fn known_stop(stop: &Spanned<String>) -> Result<String, Wrong> {
    if STOPS.contains(&stop.get_ref().as_str()) {
        return Ok(stop.get_ref().clone());
    }
    let what = format!("{:?} is no reason to stop: one of {}", stop.get_ref(), STOPS.join(", "));
    Err(wrong(stop.span(), what))
}

fn when(raw: RawWhen) -> Result<When, Wrong> {
    if let Some(role) = &raw.role
        && !ROLES.iter().any(|known| is_match(role.get_ref(), known))
    {
        let what = format!("nobody has the role {:?}: one of {}", role.get_ref(), ROLES.join(", "));
        return Err(wrong(role.span(), what));
    }
    Ok(When {
        role: raw.role.map(Spanned::into_inner),
        section: raw.section,
        task: raw.task,
        attempt: raw.attempt,
        side: raw.side,
        turn: raw.turn,
        try_number: raw.try_number,
        after: raw.after,
    })
}

fn usage(raw: RawUsage) -> Usage {
    Usage {
        input: raw.input,
        cache_read: raw.cache_read,
        cache_write: raw.cache_write,
        cache_write_1h: raw.cache_write_1h,
        output: raw.output,
        ..Usage::default()
    }
}

fn fault(raw: Spanned<RawFault>) -> Result<ScriptedFault, Wrong> {
    let at = raw.span();
    let raw = raw.into_inner();
    if raw.status.is_none() && (raw.headers.is_some() || raw.body.is_some()) {
        return Err(wrong(at, "`headers` and `body` need a `status`, as in { status = 429 }"));
    }
    let status = raw.status.map(|status| ScriptedFault::Status {
        status,
        headers: raw.headers.unwrap_or_default(),
        body: raw.body.unwrap_or_else(|| "scripted".to_owned()),
    });
    let given = [
        status,
        raw.cut_after_bytes.map(ScriptedFault::CutAfterBytes),
        raw.silence.then_some(ScriptedFault::Silence),
        raw.malformed_args.then_some(ScriptedFault::MalformedArgs),
        raw.no_usage.then_some(ScriptedFault::NoUsage),
        raw.served.map(ScriptedFault::Served),
        raw.overbill.then_some(ScriptedFault::Overbill),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some(fault), None) => sound(fault).map_err(|what| wrong(at, what)),
        _ => Err(wrong(
            at,
            "a fault is exactly one of status, cut_after_bytes, silence, malformed_args, no_usage, served, overbill",
        )),
    }
}

fn sound(fault: ScriptedFault) -> Result<ScriptedFault, String> {
    if let ScriptedFault::Status { status, headers, .. } = &fault {
        if !(300..600).contains(status) {
            return Err(format!("{status} is no status of a fault: from 300 to 599"));
        }
        for (name, value) in headers {
            let name_ok = name.parse::<axum::http::HeaderName>().is_ok();
            if !name_ok || value.parse::<axum::http::HeaderValue>().is_err() {
                return Err(format!("{name:?} = {value:?} is no HTTP header"));
            }
        }
    }
    Ok(fault)
}
