//! A plan in the Owner's editor: written as TOML beside the run, opened, read back. What was typed stays in its file
//! whatever becomes of it; faults go in front of it as comments and come out again by themselves.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use trireme_core::run::{Command, Proposal};
use trireme_core::{Plan, RunId};
use trireme_engine::Engine;
use trireme_engine::gateway::{Child, ChildEnd};

use crate::failure::Failure;
use crate::plan_file;

/// How our own comments begin.
const FAULT: &str = "#! ";

/// The Owner's editor.
#[derive(Clone, Debug)]
pub(crate) struct Editor(pub(crate) String);

/// A plan that is being edited.
#[derive(Debug)]
pub(crate) struct Edit {
    /// Where it is.
    pub(crate) file: PathBuf,
    /// What it was before.
    before: String,
}

/// What came out of the editor.
#[derive(Debug)]
pub(crate) enum Edited {
    /// Nothing was changed.
    Same,
    /// Another plan.
    Plan(Box<Plan>),
    /// A text that is no plan, and why.
    Faulty(Vec<String>),
}

impl Edit {
    /// Begins with a plan, or goes on where the last edit of this run was left with faults.
    pub(crate) fn of(engine: &Engine, run: &RunId, plan: &Plan) -> Result<Self, Failure> {
        let file = engine.settings().state.join("runs").join(&run.0).join("plan.toml");
        let before = plan_file::toml(plan)?;
        let left = std::fs::read_to_string(&file).unwrap_or_default();
        if !left.starts_with(FAULT) {
            write(&file, &before)?;
        }
        Ok(Self { file, before })
    }

    /// Opens it in the editor, and reads what was left there.
    pub(crate) async fn open(&self, editor: &Editor) -> Result<Edited, Failure> {
        let script = format!("{} \"$1\"", editor.0);
        let words = ["sh", "-c", &script, "sh"].map(OsString::from);
        let command = words.into_iter().chain([self.file.clone().into_os_string()]).collect();
        let child = Child { command, set: Vec::new(), withheld: Vec::new() };
        match child.run().await? {
            ChildEnd::Exited(0) => self.read(),
            ChildEnd::Exited(_) | ChildEnd::Killed(_) => {
                Err(Failure::failed(format!("the editor `{}` failed", editor.0))
                    .hint("export EDITOR=…   (vi if not set)")
                    .hint(format!(
                        "trireme edit RUN --plan {}   (the plan as it is there)",
                        self.file.display()
                    )))
            }
        }
    }

    fn read(&self) -> Result<Edited, Failure> {
        let text = without_faults(&std::fs::read_to_string(&self.file)?);
        write(&self.file, &text)?;
        if text.trim() == self.before.trim() {
            return Ok(Edited::Same);
        }
        Ok(match plan_file::from_toml(&text) {
            Ok(plan) => Edited::Plan(Box::new(plan)),
            Err((line, what)) => Edited::Faulty(vec![format!("line {line}: {what}")]),
        })
    }

    /// Keeps the text, with what is wrong with it in front.
    pub(crate) fn mark(&self, faults: &[String]) -> Result<(), Failure> {
        let text = without_faults(&std::fs::read_to_string(&self.file)?);
        let faults = faults.iter().flat_map(|fault| fault.lines());
        let notes: String = faults.map(|line| format!("{FAULT}{line}\n")).collect();
        write(
            &self.file,
            &format!(
                "{FAULT}These are the faults of this plan; mend them. Lines with this sign go by themselves.\n{notes}{text}"
            ),
        )
    }
}

/// The command that puts an edited plan in place of the one that waits.
pub(crate) async fn command(engine: &Engine, run: &RunId, plan: Plan) -> Result<Command, Failure> {
    let proposal: Proposal = engine.proposal(run, plan).await?;
    Ok(Command::EditPlan { proposal: Box::new(proposal) })
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(file, text)
        .map_err(|error| Failure::failed(format!("{} can't be written: {error}", file.display())))
}

fn without_faults(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with(FAULT.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_stand_before_the_text_and_go_by_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let edit = Edit { file: folder.path().join("plan.toml"), before: String::new() };
        std::fs::write(&edit.file, "goal = 1\n# mine\n").unwrap();
        edit.mark(&["line 1: not a text\nand more".to_owned()]).unwrap();
        edit.mark(&["line 1: still not".to_owned()]).unwrap();
        let marked = std::fs::read_to_string(&edit.file).unwrap();
        assert!(marked.starts_with("#! These are") && marked.contains("#! line 1: still not\n"), "{marked}");
        assert!(!marked.contains("not a text"), "{marked}");
        assert_eq!(without_faults(&marked), "goal = 1\n# mine\n");
    }
}
