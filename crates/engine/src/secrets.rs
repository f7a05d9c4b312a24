//! What is known to be secret here: the values that a redactor looks for before anything else.

use trireme_core::Intent;
use zeroize::Zeroizing;

use crate::bus::keys::{Secret, file};
use crate::bus::providers::{self, Key};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::mcp::Server;
use crate::redaction::{Redactor, mark_in};
use crate::settings::Settings;
use crate::vault::KeyPlace;

impl Engine {
    /// What takes secrets out of everything that is written of a run. Keys are looked for when it is first wanted.
    pub(crate) fn redactor(&self) -> Result<Redactor, EngineError> {
        if let Some(redactor) = self.redactors().get() {
            return Ok(redactor.clone());
        }
        let settings = self.settings();
        let redactor = Redactor::new(&known(settings), &settings.patterns)?;
        Ok(self.redactors().get_or_init(|| redactor).clone())
    }
}

impl Engine {
    /// What is said of an intent that holds a secret: it is not kept, so nobody reads it.
    ///
    /// # Errors
    /// Where a command of it does: it would not be the same command.
    pub(crate) fn secret_in(&self, intent: &Intent) -> Result<Option<String>, EngineError> {
        let redactor = self.redactor()?;
        for check in &intent.checks {
            let clean = redactor.text(check);
            if let Some(kind) = mark_in(&clean).filter(|_| *clean != *check) {
                return Err(EngineError::usage(format!(
                    "--check holds what looks like a secret ({kind}), and commands are written down"
                ))
                .hint("put it into a file that the command reads, outside of the repository"));
            }
        }
        let clean = redactor.document(intent).map(|clean| clean.to_string());
        let kind = clean.as_deref().and_then(mark_in);
        Ok(kind.map(|kind| {
            format!("the intent holds what looks like a secret: models read [redacted:{kind}] in its place, and it is kept nowhere")
        }))
    }
}

/// Variables that are named like secrets, keys of providers, and the Owner's own.
fn known(settings: &Settings) -> Vec<Zeroizing<String>> {
    let mut known = settings.secrets.clone();
    for source in providers::resolve(settings).all {
        if let Key::Found(key) = source.key {
            known.push(text(&key));
        }
    }
    known.extend(settings.servers.iter().flat_map(Server::secrets).cloned());
    known.extend(match &settings.owner_key {
        KeyPlace::Variable { text, .. } => Some(text.clone()),
        KeyPlace::File(path) | KeyPlace::Own(path) => file::read(path).ok().as_ref().map(text),
        // Nobody here has seen it, unless it opened something; and then only its derivatives are kept.
        KeyPlace::Ring(_) => None,
    });
    known
}

fn text(key: &Secret) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(key.bytes()).into_owned())
}
