//! What a configuration says of a server, and what the Owner agrees to: the hash of that.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use reqwest::Url;
use trireme_core::limits::{COMMAND_TIMEOUT_MAX_S, NAME_BYTES, TEXT_BYTES};
use trireme_core::{Caller, Digest};
use zeroize::Zeroizing;

use crate::bus::http::is_loopback;

/// A server of the configuration.
#[derive(Clone, Debug)]
pub struct Server {
    /// Its name there.
    pub name: String,
    /// The project whose file names it; none where it is the Owner's.
    pub project: Option<PathBuf>,
    /// How it is reached.
    pub reach: Reach,
    /// Its tools that are wanted; all of them if none are named.
    pub tools: Option<Vec<String>>,
    /// Whose agents may call them.
    pub callers: Vec<Caller>,
    /// Whether it is believed when it says that a tool only reads.
    pub believed: bool,
    /// Seconds after which a call is given up.
    pub timeout_s: u32,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub enum Reach {
    /// It is a program, started in the sandbox, and talked to over its stdin and stdout.
    Program {
        /// The program and its arguments; `{folder}` stands for the folder that it works in.
        argv: Vec<String>,
        /// Its own variables.
        env: BTreeMap<String, Setting>,
        /// What it may read besides.
        read: Vec<PathBuf>,
    },
    /// It is a service, talked to over streamable HTTP.
    Service {
        /// Its address.
        url: String,
        /// What every request to it carries.
        headers: BTreeMap<String, Setting>,
    },
}

/// A value of the configuration in which variables of the Owner's environment may stand as `${NAME}`.
#[derive(Clone, PartialEq, Eq)]
pub struct Setting {
    /// As it is written.
    pub text: String,
    /// What it comes to.
    pub value: Zeroizing<String>,
    /// What of that is out of the environment.
    pub filled: Vec<Zeroizing<String>>,
}

/// What it comes to is nobody's business.
impl fmt::Debug for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl Server {
    /// What is wrong with it, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ['-', '_'].contains(&letter);
        if self.name.is_empty() || self.name.len() > NAME_BYTES / 2 || !self.name.chars().all(plain) {
            return Some("its name may only have letters, digits, `-` and `_`, since it is part of the names of its tools".to_owned());
        }
        if !(1..=COMMAND_TIMEOUT_MAX_S).contains(&self.timeout_s) {
            return Some(format!("timeout_s is not between 1 and {COMMAND_TIMEOUT_MAX_S}"));
        }
        match &self.reach {
            Reach::Program { argv, env, .. } => {
                let bytes: usize = argv.iter().map(String::len).sum();
                let reserved = |name: &&String| ["HOME", "TMPDIR", "TRIREME_RUN"].contains(&name.as_str());
                match env.keys().find(reserved) {
                    Some(name) => Some(format!("env: {name:?} can't be set here")),
                    None if argv.first().is_none_or(|program| program.trim().is_empty())
                        || bytes > TEXT_BYTES =>
                    {
                        Some(format!("command is empty, or longer than {TEXT_BYTES} bytes with its args"))
                    }
                    None => None,
                }
            }
            Reach::Service { url, headers } => {
                service_fault(url).or_else(|| headers.keys().find_map(|name| header_fault(name)))
            }
        }
    }

    /// What the Owner agrees to: all that decides what is started or reached, what it is given, and whose it is. Of values out
    /// of the environment, which ones they are.
    #[must_use]
    pub fn hash(&self) -> Digest {
        let texts = |settings: &BTreeMap<String, Setting>| -> Vec<String> {
            settings.iter().map(|(name, setting)| format!("{name}={}", setting.text)).collect()
        };
        let parts = match &self.reach {
            Reach::Program { argv, env, read } => serde_json::json!(["program", argv, texts(env), read]),
            Reach::Service { url, headers } => serde_json::json!(["service", url, texts(headers)]),
        };
        let whole = serde_json::json!([self.name, self.project, parts]);
        Digest::of(whole.to_string().as_bytes())
    }

    /// Whether one of its tools is wanted.
    #[must_use]
    pub fn wants(&self, tool: &str) -> bool {
        self.tools.as_ref().is_none_or(|tools| tools.iter().any(|wanted| wanted == tool))
    }

    /// Values out of the environment that nobody may write down.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &Zeroizing<String>> {
        let settings = match &self.reach {
            Reach::Program { env, .. } => env,
            Reach::Service { headers, .. } => headers,
        };
        settings.values().flat_map(|setting| &setting.filled)
    }
}

/// A service elsewhere is talked to under TLS: its tools are what agents believe, and headers may hold a key.
fn service_fault(url: &str) -> Option<String> {
    let Ok(parsed) = Url::parse(url) else { return Some(format!("url: {url:?} is no address")) };
    match parsed.scheme() {
        "https" => None,
        "http" if is_loopback(&parsed) => None,
        _ => Some(format!("url: {url:?} is neither https nor on this machine")),
    }
}

/// What the protocol says itself.
fn header_fault(name: &str) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let is_ours = lower.starts_with("mcp-")
        || ["accept", "content-type", "last-event-id", "host"].contains(&lower.as_str());
    let is_name = reqwest::header::HeaderName::try_from(name).is_ok();
    (is_ours || !is_name).then(|| format!("headers: {name:?} can't be set here"))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn setting(text: &str) -> Setting {
        Setting { text: text.to_owned(), value: Zeroizing::new(text.to_owned()), filled: Vec::new() }
    }

    /// A program under a name, for whoever wants one.
    pub(crate) fn program(argv: &[&str]) -> Server {
        let argv = argv.iter().map(ToString::to_string).collect();
        Server {
            name: "docs".to_owned(),
            project: None,
            reach: Reach::Program { argv, env: BTreeMap::new(), read: Vec::new() },
            tools: None,
            callers: vec![Caller::Worker],
            believed: false,
            timeout_s: 10,
        }
    }

    fn service(url: &str, header: &str) -> Server {
        let headers = BTreeMap::from([(header.to_owned(), setting("Bearer ${DOCS_TOKEN}"))]);
        Server { reach: Reach::Service { url: url.to_owned(), headers }, ..program(&[]) }
    }

    #[test]
    fn the_hash_is_of_all_that_decides_what_is_started_and_of_no_secret() {
        let one = program(&["node", "server.js"]);
        let other_project = Server { project: Some("/elsewhere".into()), ..one.clone() };
        let mut with_env = one.clone();
        if let Reach::Program { env, .. } = &mut with_env.reach {
            env.insert("TOKEN".to_owned(), setting("${TOKEN}"));
        }
        let mut with_value = with_env.clone();
        if let Reach::Program { env, .. } = &mut with_value.reach {
            let value = Zeroizing::new("secret".to_owned());
            let filled = vec![value.clone()];
            env.insert("TOKEN".to_owned(), Setting { text: "${TOKEN}".to_owned(), value, filled });
        }
        let others = [program(&["node", "other.js"]), other_project, with_env.clone()];
        assert!(others.iter().all(|other| other.hash() != one.hash()));
        assert_eq!(with_env.hash(), with_value.hash());
        assert!(!format!("{with_value:?}").contains("secret"));
    }

    #[test]
    fn what_cannot_be_is_said_before_anything_is_started() {
        let fault = |server: Server| server.fault().unwrap_or_default();
        assert_eq!(program(&["node"]).fault(), None);
        assert_eq!(service("https://docs.example/mcp", "Authorization").fault(), None);
        assert_eq!(service("http://127.0.0.1:1/mcp", "Authorization").fault(), None);
        assert!(fault(program(&[])).contains("command is empty"));
        assert!(fault(Server { name: "a b".to_owned(), ..program(&["x"]) }).contains("its name"));
        assert!(fault(Server { timeout_s: 0, ..program(&["x"]) }).contains("timeout_s"));
        assert!(fault(service("http://docs.example/mcp", "X-Key")).contains("neither https"));
        assert!(fault(service("docs", "X-Key")).contains("no address"));
        assert!(fault(service("https://docs.example", "Mcp-Session-Id")).contains("Mcp-Session-Id"));
    }
}
