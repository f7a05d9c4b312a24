//! What a run needs, checked before one is paid for.

use crate::engine::Engine;
use crate::folder;
use crate::workspace::Shell;

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
        vec![
            self.check_git().await,
            self.check_state(),
            self.check_shell().await,
            self.check_provider(),
            self.check_catalogue(),
        ]
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

    async fn check_shell(&self) -> Check {
        let dir = &self.settings().state;
        let shell = Shell {
            run: "doctor".to_owned(),
            path: self.settings().path.clone(),
            home: dir.clone(),
            tmp: dir.clone(),
            env: Vec::new(),
        };
        let limits = crate::workspace::CommandLimits {
            timeout: std::time::Duration::from_secs(10),
            memory_mb: None,
            output_end_bytes: 1_024,
        };
        match shell.run(dir, "echo works", limits).await {
            Ok(ran) if ran.exit == Some(0) => good("shell", "sh runs commands".to_owned()),
            Ok(ran) => bad("shell", ran.output, "put sh into PATH"),
            Err(error) => bad("shell", error.to_string(), "put sh into PATH"),
        }
    }

    fn check_provider(&self) -> Check {
        let key = self.settings().anthropic_key.as_ref().map(|_| "key present");
        let Some(base) = self.settings().anthropic_base.as_deref() else {
            return key.map_or_else(
                || {
                    bad(
                        "provider",
                        "ANTHROPIC_API_KEY is not set; only scenarios can run".to_owned(),
                        "export ANTHROPIC_API_KEY=…, or trireme run --scenario examples/csv-to-json",
                    )
                },
                |key| good("provider", format!("Anthropic Messages, {key}")),
            );
        };
        match whereabouts(base) {
            Some(place) => {
                good("provider", format!("Anthropic Messages at {place}, {}", key.unwrap_or("no key")))
            }
            None => bad(
                "provider",
                "ANTHROPIC_BASE_URL is no address of a provider".to_owned(),
                "export ANTHROPIC_BASE_URL=https://api.anthropic.com",
            ),
        }
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
