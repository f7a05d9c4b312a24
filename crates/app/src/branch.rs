//! Where a run has left its work, and what to type to look at it.

use std::path::Path;

use trireme_core::report::Report;
use trireme_engine::{Engine, RunFolder};

use crate::follower::Follower;

/// How much of a commit's name is typed.
const SHORT: usize = 12;

/// The branch, its repository, and the command that shows what changed; nothing where there is no branch.
pub(crate) fn told(engine: &Engine, follower: &Follower, report: &Report) -> Option<String> {
    let branch = report.branch.as_ref()?;
    let head = follower.run.head()?;
    let base: String = head.base.to_string().chars().take(SHORT).collect();
    let project = &follower.past.project;
    let shadow = RunFolder::of(&engine.settings().state, &head.id).dir.join("shadow.git");
    let (place, git) = if shadow.exists() {
        let place = format!("{} ({} is no repository)", shadow.display(), project.display());
        (place, format!("git --git-dir={}", quoted(&shadow)))
    } else {
        (project.display().to_string(), format!("git -C {}", quoted(project)))
    };
    Some(format!("Branch: {branch} in {place}\n  look at it with: {git} diff {base}...{branch}"))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+@:,".contains(letter);
    if text.chars().all(is_plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_paths_as_they_are() {
        let told = |path: &str| quoted(Path::new(path));
        assert_eq!(told("/home/anna/my-project_1.0"), "/home/anna/my-project_1.0");
        assert_eq!(told("/home/anna/it's mine"), "'/home/anna/it'\\''s mine'");
    }
}
