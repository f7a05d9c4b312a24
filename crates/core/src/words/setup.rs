//! Set-up: commands that prepare what folders need before anything can run in them, such as `npm ci`.
//!
//! They are the Owner's, from the configuration, or the project's with the Owner's approval. They run once, in a folder of
//! their own with the files of a commit that is merged, never with those of an attempt: what comes out of them, the fittings,
//! is copied into the folders of attempts and checks, and is no part of any result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ids::BlobRef;
use super::{Bounds, Host};
use crate::limits::{
    COMMAND_TIMEOUT_MAX_S, NAME_BYTES, PATH_BYTES, SETUP_PATHS, SETUP_TIMEOUT_S, TEXT_BYTES,
};

/// What stands for the folder in a variable's value, and what for the PATH that is there without it.
pub const FOLDER: &str = "{folder}";
/// See [`FOLDER`].
pub const PATH: &str = "{path}";

/// One set-up command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetUp {
    /// Its name in the configuration.
    #[serde(default)]
    pub name: String,
    /// The command, for `sh -c` at the root of the folder.
    pub run: String,
    /// Files that decide what comes out of it, such as `package-lock.json`: while they are the same, it is not run again.
    pub keys: Vec<String>,
    /// Files and folders that come out of it, such as `node_modules`.
    pub paths: Vec<String>,
    /// Variables of every command in a folder that has its fittings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// Hosts that it reaches, of those that the Owner allows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<Host>,
    /// How often it is looked whether it has to be run.
    #[serde(default)]
    pub per: SetUpPer,
    /// Its wall time, in seconds.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u32,
}

/// How often it is looked whether a set-up command has to be run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetUpPer {
    /// Before the first phase.
    #[default]
    Run,
    /// Before the sections of every phase, with what is merged until then.
    Section,
}

/// What became of a set-up command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUpResult {
    /// What it wrote; none where it was not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<BlobRef>,
    /// How long it took, in milliseconds; nothing where its fittings were there already.
    pub took_ms: u64,
    /// Why there are no fittings, with the end of the output, where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
}

const fn default_timeout_s() -> u32 {
    SETUP_TIMEOUT_S
}

impl SetUp {
    /// What is wrong with it, if anything is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.run.trim().is_empty() || self.run.len() > TEXT_BYTES || self.name.len() > NAME_BYTES {
            return Some(format!("run is empty, or longer than {TEXT_BYTES} bytes, or the name is too long"));
        }
        for (list, paths) in [("keys", &self.keys), ("paths", &self.paths)] {
            if paths.is_empty() || paths.len() > SETUP_PATHS {
                return Some(format!("{list} needs between 1 and {SETUP_PATHS} paths"));
            }
            if let Some(path) = paths.iter().find(|path| !is_inside(path)) {
                return Some(format!(
                    "{list}: {path:?} is no path in the project; give it from the root, without `..`, `.git` and a slash at the end"
                ));
            }
        }
        if let Some(path) = self.paths.iter().find(|path| self.keys.contains(path)) {
            return Some(format!(
                "{path:?} is both a key and a path: what comes out of it can't decide that"
            ));
        }
        if !(1..=COMMAND_TIMEOUT_MAX_S).contains(&self.timeout_s) {
            return Some(format!("timeout_s is not between 1 and {COMMAND_TIMEOUT_MAX_S}"));
        }
        let name = self.env.keys().find(|name| !is_variable(name));
        name.map(|name| format!("env: {name:?} can't be set here"))
    }

    /// The bounds in which it runs: those of the run, with no hosts but its own.
    #[must_use]
    pub fn bounds(&self, run: &Bounds) -> Bounds {
        Bounds { hosts: Some(self.hosts.clone()), ..run.clone() }
    }

    /// What it asks for and the Owner does not allow, and what to do about that.
    #[must_use]
    pub fn beyond(&self, run: &Bounds) -> Option<String> {
        let beyond = |host: &&Host| !run.hosts().iter().any(|own| own.covers(host));
        let host = self.hosts.iter().find(beyond)?;
        Some(format!("set-up {:?} wants to reach {host}, which you have not allowed", self.name))
    }

    /// The variable's values for a folder.
    pub fn variables<'a>(
        &'a self,
        folder: &'a str,
        path: &'a str,
    ) -> impl Iterator<Item = (&'a str, String)> {
        let filled = move |value: &str| value.replace(FOLDER, folder).replace(PATH, path);
        self.env.iter().map(move |(name, value)| (name.as_str(), filled(value)))
    }
}

impl SetUpResult {
    /// What became of the command of that name, in a sentence.
    #[must_use]
    pub fn words(&self, name: &str) -> String {
        match self {
            Self { fault: Some(fault), .. } => fault.clone(),
            Self { output: None, .. } => format!("set-up {name:?} has left all that is needed already"),
            Self { took_ms, .. } => format!("set-up {name:?} is done, {took_ms} ms"),
        }
    }
}

/// Whether a path leads to something in a folder, and is written in the one way in which git writes it.
fn is_inside(path: &str) -> bool {
    let is_name = |part: &str| !part.is_empty() && ![".", "..", ".git"].contains(&part);
    path.len() <= PATH_BYTES && !path.contains('\0') && path.split('/').all(is_name)
}

/// Whether a variable may be set: HOME and TMPDIR are each folder's own, and by TRIREME_RUN processes are found.
pub(super) fn is_variable(name: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !name.is_empty() && name.chars().all(is_letter) && !["HOME", "TMPDIR", "TRIREME_RUN"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> SetUp {
        let text = r#"{"run": "npm ci", "keys": ["package-lock.json"], "paths": ["node_modules"]}"#;
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_says_little_is_complete() {
        let node = node();
        assert_eq!((node.per, node.timeout_s, node.fault()), (SetUpPer::Run, SETUP_TIMEOUT_S, None));
    }

    #[test]
    fn paths_outside_and_variables_of_ours_are_refused() {
        let with = |change: fn(&mut SetUp)| {
            let mut node = node();
            change(&mut node);
            node.fault().unwrap_or_default()
        };
        assert!(with(|it| it.run = " ".to_owned()).contains("run is empty"));
        assert!(with(|it| it.paths = vec!["../x".to_owned()]).contains("\"../x\" is no path"));
        for path in ["/etc", "a//b", "./a", "a/", ".git/hooks", ""] {
            let mut node = node();
            node.paths = vec![path.to_owned()];
            assert!(node.fault().is_some(), "{path}");
        }
        assert!(with(|it| it.keys.clear()).contains("keys needs"));
        assert!(with(|it| it.paths = it.keys.clone()).contains("both a key and a path"));
        assert!(with(|it| it.timeout_s = 0).contains("timeout_s"));
        assert!(with(|it| drop(it.env.insert("HOME".to_owned(), "x".to_owned()))).contains("\"HOME\""));
        assert!(with(|it| drop(it.env.insert("A=B".to_owned(), "x".to_owned()))).contains("A=B"));
    }

    #[test]
    fn variables_name_the_folder() {
        let mut node = node();
        node.env.insert("PATH".to_owned(), "{folder}/.venv/bin:{path}".to_owned());
        let variables: Vec<_> = node.variables("/w/a", "/bin").collect();
        assert_eq!(variables, [("PATH", "/w/a/.venv/bin:/bin".to_owned())]);
    }
}
