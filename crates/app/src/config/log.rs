//! `[log]`: where the Owner's key is. A project is foreign, so its file says nothing of it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use trireme_engine::vault::KeyPlace;

/// The variable that needs no configuration.
const VARIABLE: &str = "TRIREME_KEY";

/// What a configuration file says of the log.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredLog {
    /// The variable that holds the Owner's key.
    key_env: Option<String>,
    /// The file that holds it: absolute, or below `~/`.
    key_file: Option<String>,
    /// The entry of the system keyring that holds it.
    key_keyring: Option<String>,
}

/// What a project's file may not say.
const OF_PROJECT: &str = "[log]: where your key is stands in ~/.config/trireme/config.toml, or in a file that you name with --config FILE";

impl DeclaredLog {
    fn places(&self) -> usize {
        [&self.key_env, &self.key_file, &self.key_keyring].into_iter().flatten().count()
    }

    /// Sees whether a project's own file may say this.
    pub(super) fn check_of_project(&self) -> Result<(), &'static str> {
        if self.places() == 0 { Ok(()) } else { Err(OF_PROJECT) }
    }

    /// Sees whether one layer makes sense.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        if self.places() < 2 { Ok(()) } else { Err("[log]: give one of key_env, key_file and key_keyring") }
    }

    /// Lays a layer over the lower ones.
    pub(super) fn take(&mut self, layer: Self) {
        if layer.places() > 0 {
            *self = layer;
        }
    }

    /// Where the Owner's key is: in TRIREME_KEY, where the configuration says, or in a file of our own.
    pub(super) fn owner_key(
        self,
        home: &Path,
        own: PathBuf,
        look_up: impl Fn(&str) -> Option<String>,
    ) -> KeyPlace {
        let of = |name: &str, text: String| KeyPlace::Variable { name: name.to_owned(), text: text.into() };
        if let Some(text) = look_up(VARIABLE) {
            return of(VARIABLE, text);
        }
        match (self.key_env, self.key_file, self.key_keyring) {
            (Some(name), _, _) => of(&name, look_up(&name).unwrap_or_default()),
            (None, Some(path), _) => KeyPlace::File(below_home(home, &path)),
            (None, None, Some(entry)) => KeyPlace::Ring(entry),
            (None, None, None) => KeyPlace::Own(own),
        }
    }
}

/// A path as people write it.
pub(super) fn below_home(home: &Path, path: &str) -> PathBuf {
    path.strip_prefix("~/").map_or_else(|| PathBuf::from(path), |below| home.join(below))
}
