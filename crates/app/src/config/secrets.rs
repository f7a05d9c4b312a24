//! What nobody may write down: values of variables that are named like secrets, and `[redaction]`.

use std::path::Path;

use serde::Deserialize;
use trireme_engine::redaction::Pattern;
use zeroize::Zeroizing;

/// Words of a variable's name that say that its value is a secret.
const WORDS: [&str; 14] = [
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PASS",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "COOKIE",
    "DSN",
];

/// What a configuration file says of redaction.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredRedaction {
    /// What else is taken out.
    #[serde(default)]
    patterns: Vec<DeclaredPattern>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeclaredPattern {
    /// What the mark says.
    kind: String,
    /// A regular expression; its first group is taken out, or all of the match.
    regex: String,
}

impl DeclaredRedaction {
    /// Sees whether a project's own file may say this: what a project has taken out, nobody would ever see.
    pub(super) const fn check_of_project(&self) -> Result<(), &'static str> {
        if self.patterns.is_empty() {
            return Ok(());
        }
        Err(
            "[redaction]: what is taken out of the log stands in ~/.config/trireme/config.toml, or in a file that you name with --config FILE",
        )
    }

    /// The patterns, for the engine.
    pub(super) fn patterns(&self) -> impl Iterator<Item = Pattern> {
        let pattern = |declared: &DeclaredPattern| Pattern {
            kind: declared.kind.clone(),
            regex: declared.regex.clone(),
        };
        self.patterns.iter().map(pattern)
    }
}

/// The secrets of an environment, by the names of its variables: their values, and the passwords in them where they are
/// addresses. Where something is, is no secret.
pub(super) fn found(environment: impl Iterator<Item = (String, String)>) -> Vec<Zeroizing<String>> {
    let mut secrets = Vec::new();
    for (name, value) in environment {
        if let Some(password) = password(&value) {
            secrets.push(Zeroizing::new(password.to_owned()));
        }
        if is_secret(&name) && !Path::new(&value).exists() {
            secrets.push(Zeroizing::new(value));
        }
    }
    secrets
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // Where the shell is, and was.
    name != "PWD" && name != "OLDPWD" && name.split('_').any(|word| WORDS.contains(&word))
}

/// The password of `scheme://name:password@host`.
fn password(value: &str) -> Option<&str> {
    let (login, _) = value.split_once("://")?.1.split_once('@')?;
    Some(login.split_once(':')?.1).filter(|password| !password.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_secret_by_their_names_and_addresses_by_their_passwords() {
        let environment = [
            ("GITHUB_TOKEN", "token-value"),
            ("my_api_key", "key-value"),
            ("DATABASE_URL", "postgres://app:db-password@host/db"),
            ("PWD", "/root"),
            ("SSH_AUTH_SOCK", "/tmp/socket"),
            ("CARGO_REGISTRIES_KEY", "/etc"),
            ("MONKEY", "banana-value"),
            ("EDITOR", "vi"),
        ];
        let owned = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let secrets: Vec<String> = found(owned.into_iter()).iter().map(|secret| (**secret).clone()).collect();
        assert_eq!(secrets, ["token-value", "key-value", "db-password"]);
    }
}
