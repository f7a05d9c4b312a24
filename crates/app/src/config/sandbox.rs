//! `[sandbox]`: where commands are started, and what they may use up. A project is foreign, so its file says nothing of it.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use trireme_core::SandboxLevel;
use trireme_engine::sandbox::{DeclaredLimits, SandboxSettings, WARDEN_ARGUMENT};

use super::whole;
use crate::cli::Global;
use crate::failure::Failure;

/// What a configuration file says of it.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredSandbox {
    /// The level; the highest that can be had if not given.
    level: Option<SandboxLevel>,
    /// Whether to go on with L3 only.
    required: Option<bool>,
    /// What commands may read besides.
    #[serde(default)]
    read: Vec<PathBuf>,
    #[serde(default)]
    limits: DeclaredLimits,
}

impl DeclaredSandbox {
    /// Lays a layer over the lower ones.
    pub(super) fn take(&mut self, layer: Self) {
        self.level = layer.level.or(self.level);
        self.required = layer.required.or(self.required);
        self.read.extend(layer.read);
        self.limits = self.limits.overlaid(layer.limits);
    }

    /// The sandbox as the files say, the command line over them; our own program is every command's warden.
    pub(super) fn settings(self, global: &Global, home: &Path) -> Result<SandboxSettings, Failure> {
        let own = std::env::current_exe()
            .map_err(|error| Failure::failed(format!("the program can't find itself: {error}")))?;
        let Self { level, required, read, limits } = self;
        let read: Vec<_> = read.iter().map(|place| whole(place, home)).collect();
        if let Some(part) = read.iter().find(|place| place.is_relative()) {
            return Err(Failure::usage(format!("sandbox.read: {} is not a whole path", part.display()))
                .hint("read = [\"/opt/data\", \"~/data\"]"));
        }
        let level = global.sandbox.or(level);
        let is_required = global.require_sandbox || (required.unwrap_or(false) && global.sandbox.is_none());
        Ok(SandboxSettings {
            level,
            is_required,
            read,
            limits,
            ..SandboxSettings::of(own, &[WARDEN_ARGUMENT])
        })
    }
}
