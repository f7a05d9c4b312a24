//! What a run needs, checked before one is paid for.

use crate::bus::providers::{Key, Source};
use crate::engine::Engine;
use crate::folder;

/// One thing that was looked at.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub ok: bool,
    /// What was found.
    pub detail: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl Engine {
    /// Looks at everything that a run needs. Nothing is sent to a provider.
    pub async fn doctor(&self) -> Vec<Check> {
        let mut checks = vec![self.check_git().await, self.check_state(), self.check_sandbox().await];
        checks.extend(self.check_providers());
        checks.push(self.check_catalogue());
        checks
    }

    async fn check_git(&self) -> Check {
        match self.git().git_version().await {
            Ok(version) => good("git", format!("{}.{}", version.major, version.minor)),
            Err(error) => bad("git", error.to_string(), "install git 2.38 or newer"),
        }
    }

    fn check_state(&self) -> Check {
        let state = &self.settings().state;
        match folder::prepare(state) {
            Ok(()) => good("state folder", state.display().to_string()),
            Err(error) => {
                bad("state folder", error.to_string(), "set TRIREME_STATE to a folder that you can write")
            }
        }
    }

    /// The level that commands run at, and what would make it a higher one.
    async fn check_sandbox(&self) -> Check {
        let sandbox = match self.sandbox().await {
            Ok(sandbox) => sandbox,
            Err(error) => return bad("sandbox", error.to_string(), &error.hints().join("; ")),
        };
        let level = sandbox.level();
        let groups =
            sandbox.groups_told().unwrap_or("each process by itself, since no control group can be made");
        let mut detail = format!("{level}: {}. Limits by {groups}", level.told());
        let mut hint = None;
        for shortfall in sandbox.shortfalls() {
            detail.push_str(&format!(". No {}: {}", shortfall.level, shortfall.why));
            hint = hint.or(Some(shortfall.hint.clone()));
        }
        Check { name: "sandbox", ok: level.holds(), detail, hint }
    }

    /// Every provider that has a key or is spoken of: where it is, and where its key comes from. Without any, what to do.
    fn check_providers(&self) -> Vec<Check> {
        let providers = self.providers();
        let is_known_of = |source: &&Source| source.is_named || !matches!(source.key, Key::Missing);
        let told: Vec<_> = providers.all.iter().filter(is_known_of).map(check_provider).collect();
        if !told.is_empty() {
            return told;
        }
        vec![bad(
            "provider",
            "ANTHROPIC_API_KEY is not set; only scenarios can run".to_owned(),
            "export ANTHROPIC_API_KEY=…, or trireme run --scenario examples/csv-to-json",
        )]
    }

    fn check_catalogue(&self) -> Check {
        match self.catalogue(None) {
            Ok(catalogue) => {
                good("models", format!("{} models with prices, six seniorities", catalogue.models.len()))
            }
            Err(error) => bad("models", error.to_string(), "mend [models] and [seniority] in trireme.toml"),
        }
    }
}

fn check_provider(source: &Source) -> Check {
    let Source { name, wire, base_url, from, .. } = source;
    let Some(place) = whereabouts(base_url) else {
        let hint =
            format!("base_url of [providers.{name}], or its variable, is like https://api.anthropic.com");
        return bad("provider", format!("{name}: its address is none"), &hint);
    };
    match &source.key {
        Key::Found(_) => good("provider", format!("{name}: {wire} at {place}, key from {from}")),
        Key::Missing if source.usable().is_some() => {
            good("provider", format!("{name}: {wire} at {place}, no key"))
        }
        Key::Missing => bad(
            "provider",
            format!("{name}: {wire} at {place}, no key in {from}"),
            &format!("set {from}, or key_env, key_file or key_keyring of [providers.{name}]"),
        ),
        Key::Refused(why) => bad(
            "provider",
            format!("{name}: {wire} at {place}, its key can't be taken: {why}"),
            &format!("mend {from}"),
        ),
    }
}

/// Scheme, host and port of an address. Never the rest of it: a name and a password may stand there, or a token.
fn whereabouts(base: &str) -> Option<String> {
    let url: reqwest::Url = base.trim().parse().ok()?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{}{port}", url.scheme(), url.host_str()?))
}

const fn good(name: &'static str, detail: String) -> Check {
    Check { name, ok: true, detail, hint: None }
}

fn bad(name: &'static str, detail: String, hint: &str) -> Check {
    Check { name, ok: false, detail, hint: Some(hint.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::whereabouts;

    #[test]
    fn of_an_address_only_scheme_host_and_port_are_told() {
        let told = |base: &str| whereabouts(base).unwrap();
        assert_eq!(told("https://anna:secret@proxy.example/path?token=t#f"), "https://proxy.example");
        assert_eq!(told(" http://anna@127.0.0.1:8080/v1"), "http://127.0.0.1:8080");
        assert_eq!(whereabouts("anna:secret@proxy.example"), None);
    }
}
