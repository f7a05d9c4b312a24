//! Roles of files: those of the repository, as its base commit has them, and those of the person.
//!
//! A file that is no role is named and left out; it never keeps a run from beginning.

use std::path::Path;

use trireme_core::catalogue::Catalogue;
use trireme_core::limits::{ROLE_BYTES, ROLES};
use trireme_core::roles::{NoRole, Role, RoleFile};
use trireme_core::{CommitId, prompts};

use crate::blobs::Blobs;
use crate::clock;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::workspace::{DirtyTree, Repo, RepoError};

/// Folders of a project, the first one first where two have a role of one name.
const FOLDERS: [&str; 2] = ["roles", ".claude/agents"];

/// Roles, and what was wrong with files on the way.
#[derive(Clone, Debug, Default)]
pub struct Roles {
    /// Each name once; the project's go before the person's.
    pub files: Vec<RoleFile>,
    /// A sentence each, with the file's name.
    pub warnings: Vec<String>,
}

impl Engine {
    /// Our own roles, those of a project as its HEAD has them (or its folder, where that is no repository), and the
    /// person's.
    ///
    /// # Errors
    /// Where there is no such folder, or git fails.
    pub async fn roles(&self, project: &Path) -> Result<Roles, EngineError> {
        if !project.is_dir() {
            return Err(EngineError::usage(format!("there is no folder {}", project.display())));
        }
        let mut roles = Roles::default();
        match Repo::reopen(self.git(), project, &self.settings().state).await {
            Ok(repo) => match repo.base(DirtyTree::Ignore, clock::now()).await {
                Ok(head) => roles.take_commit(&repo, &head).await?,
                Err(RepoError::NoCommit(_)) => {}
                Err(error) => return Err(error.into()),
            },
            Err(RepoError::NoFolder(_)) => {
                FOLDERS.iter().for_each(|folder| roles.take_folder(&project.join(folder), folder));
            }
            Err(error) => return Err(error.into()),
        }
        self.take_personal(&mut roles);
        let own = prompts::roles::built_in();
        roles.files.splice(0..0, own);
        Ok(roles)
    }

    /// The roles of a run, lodged, and what was wrong on the way.
    pub(crate) async fn roles_of_run(
        &self,
        repo: &Repo,
        base: &CommitId,
        blobs: &Blobs,
        catalogue: &Catalogue,
    ) -> Result<(Vec<Role>, Vec<String>), EngineError> {
        let mut roles = Roles::default();
        roles.take_commit(repo, base).await?;
        self.take_personal(&mut roles);
        let Roles { files, mut warnings } = roles;
        if let Some(left_out) = files.get(ROLES..).filter(|left_out| !left_out.is_empty()) {
            let names: Vec<_> = left_out.iter().map(|file| file.name.as_str()).collect();
            warnings.push(format!("a run takes {ROLES} roles; left out are {}", names.join(", ")));
        }
        let mut lodged = Vec::new();
        for file in files.into_iter().take(ROLES) {
            let (role, warning) = file.settled(catalogue, blobs.put(file.prompt.clone()).await?);
            lodged.push(role);
            warnings.extend(warning);
        }
        Ok((lodged, warnings))
    }

    fn take_personal(&self, roles: &mut Roles) {
        if let Some(folder) = &self.settings().roles {
            roles.take_folder(folder, &folder.display().to_string());
        }
    }
}

impl Roles {
    /// Those of a commit. Links are none: they could lead anywhere.
    async fn take_commit(&mut self, repo: &Repo, commit: &CommitId) -> Result<(), EngineError> {
        for folder in FOLDERS {
            let files = repo.files_below(commit, folder).await?;
            for path in files.iter().filter(|path| is_role(path, folder)) {
                match repo.read(commit, path).await {
                    Ok(Some(bytes)) => self.take(path, &bytes),
                    Ok(None) => {}
                    Err(error) => self.warn(path, &error),
                }
            }
        }
        Ok(())
    }

    /// Those of a folder on the disk, which may not be there. `shown` is what people call it.
    fn take_folder(&mut self, folder: &Path, shown: &str) {
        let Ok(entries) = std::fs::read_dir(folder) else { return };
        let mut names: Vec<_> =
            entries.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        for name in names.iter().filter(|name| name.ends_with(".md")) {
            let (path, shown) = (folder.join(name), format!("{shown}/{name}"));
            match read(&path) {
                Ok(bytes) => self.take(&shown, &bytes),
                Err(error) => self.warn(&shown, &error),
            }
        }
    }

    fn take(&mut self, from: &str, bytes: &[u8]) {
        match RoleFile::read(&String::from_utf8_lossy(bytes), from) {
            Ok((file, warnings)) => {
                self.warnings.extend(warnings.iter().map(|warning| format!("{from}: {warning}")));
                if !self.files.iter().any(|known| known.name == file.name) {
                    self.files.push(file);
                }
            }
            Err(fault) => self.warn(from, &fault),
        }
    }

    fn warn(&mut self, from: &str, fault: &impl std::fmt::Display) {
        self.warnings.push(format!("{from} is no role and is left out: {fault}"));
    }
}

/// Whether a path is a Markdown file right in a folder.
fn is_role(path: &str, folder: &str) -> bool {
    let name = path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/'));
    name.is_some_and(|name| name.ends_with(".md") && !name.contains('/'))
}

/// A file that is not longer than a role may be.
fn read(path: &Path) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
    let long = std::fs::metadata(path)?.len();
    if long > ROLE_BYTES as u64 {
        return Err(NoRole::TooLong(usize::try_from(long).unwrap_or(usize::MAX)).into());
    }
    Ok(std::fs::read(path)?)
}
