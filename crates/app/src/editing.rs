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
    /// Whose plan it is.
    run: RunId,
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
    /// Begins with a plan, or goes on where the last edit of this run was left with faults, or with what is no text.
    pub(crate) fn of(engine: &Engine, run: &RunId, plan: &Plan) -> Result<Self, Failure> {
        let file = engine.settings().state.join("runs").join(&run.0).join("plan.toml");
        let before = plan_file::toml(plan)?;
        let left = std::fs::read(&file).unwrap_or_default();
        if !left.starts_with(FAULT.as_bytes()) && std::str::from_utf8(&left).is_ok() {
            write(&file, &before)?;
        }
        Ok(Self { run: run.clone(), file, before })
    }

    /// Opens it in the editor, and reads what was left there.
    pub(crate) async fn open(&self, editor: &Editor) -> Result<Edited, Failure> {
        let script = format!("{} \"$1\"", editor.0);
        let words = ["sh", "-c", &script, "sh"].map(OsString::from);
        let command = words.into_iter().chain([self.file.clone().into_os_string()]).collect();
        let child = Child { command, set: Vec::new(), withheld: Vec::new() };
        let how = match child.run().await? {
            ChildEnd::Exited(0) => return self.read(),
            ChildEnd::Exited(status) => format!("failed with status {status}"),
            ChildEnd::Killed(signal) => format!("was killed by signal {signal}"),
        };
        let what = format!("the editor `{}` {how}", editor.0);
        // Whatever it had written by then is gone on with.
        if self.text().is_ok_and(|text| text.trim() != self.before.trim()) {
            self.mark(std::slice::from_ref(&what))?;
        }
        Err(self.kept(what).hint("export EDITOR=…   (vi if not set)"))
    }

    fn read(&self) -> Result<Edited, Failure> {
        let text = self.text()?;
        write(&self.file, &text)?;
        if text.trim() == self.before.trim() {
            return Ok(Edited::Same);
        }
        Ok(match plan_file::from_toml(&text) {
            Ok(plan) => Edited::Plan(Box::new(plan)),
            Err((line, what)) => Edited::Faulty(vec![format!("line {line}: {what}")]),
        })
    }

    /// What is there, without our own comments.
    fn text(&self) -> Result<String, Failure> {
        let file = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| self.kept(format!("{file} can't be read as a plan: {error}")))?;
        Ok(without_faults(&text))
    }

    /// What went wrong, with the way back to what was typed.
    fn kept(&self, what: String) -> Failure {
        let (run, file) = (&self.run, self.file.display());
        Failure::failed(what).hint(format!("trireme edit {run} --plan {file}   (the plan as it is there)"))
    }

    /// Keeps the text, with what is wrong with it in front.
    pub(crate) fn mark(&self, faults: &[String]) -> Result<(), Failure> {
        let text = self.text()?;
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
    // Editors take blanks off the ends of lines; a shell's `#!/bin/sh` in a command is not ours.
    let is_ours = |line: &str| line.starts_with(FAULT) || line.trim_end() == FAULT.trim_end();
    text.split_inclusive('\n').filter(|line| !is_ours(line)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: &str = r#"
goal = "g"
constraints = []
approach = "a"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }]
decisions = []
[[phases]]
name = "p"
[[phases.sections]]
name = "S"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read"]
seniority = "senior"
definition_of_done = [{ id = "c", text = "c", check = { kind = "command", run = "true" } }]
"#;

    fn begun(folder: &Path) -> Edit {
        let before = plan_file::toml(&plan_file::from_toml(PLAN).unwrap()).unwrap();
        let edit = Edit { run: RunId("amber-heron".to_owned()), file: folder.join("plan.toml"), before };
        write(&edit.file, &edit.before).unwrap();
        edit
    }

    /// What comes out of an editor that is this script; the file is its `$1`.
    fn opened(edit: &Edit, script: &str) -> Result<Edited, Failure> {
        let editor = edit.file.with_file_name("editor.sh");
        write(&editor, script).unwrap();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(edit.open(&Editor(format!("sh {}", editor.display()))))
    }

    #[test]
    fn an_editor_changes_the_plan_or_leaves_it_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let edit = begun(folder.path());
        assert!(matches!(opened(&edit, "true"), Ok(Edited::Same)));
        assert!(matches!(opened(&edit, "echo >> \"$1\""), Ok(Edited::Same)), "an empty line is no change");
        let changed = opened(&edit, "sed -i 's/goal = .*/goal = \"other\"/' \"$1\"");
        let Ok(Edited::Plan(plan)) = changed else { panic!("{changed:?}") };
        assert_eq!(plan.goal, "other");
    }

    #[test]
    fn a_text_that_is_no_plan_names_its_line_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let edit = begun(folder.path());
        let faulty = opened(&edit, "sed -i '1s/.*/goal = = 1/' \"$1\"");
        let Ok(Edited::Faulty(faults)) = faulty else { panic!("{faulty:?}") };
        assert!(faults[0].starts_with("line 1: "), "{faults:?}");
        edit.mark(&faults).unwrap();
        let again = opened(&edit, "true");
        assert!(matches!(&again, Ok(Edited::Faulty(same)) if *same == faults), "{again:?}");
        assert!(edit.text().unwrap().starts_with("goal = = 1\n"));
    }

    #[test]
    fn an_editor_that_fails_says_where_the_text_is() {
        let folder = tempfile::tempdir().unwrap();
        let edit = begun(folder.path());
        let way = format!("trireme edit amber-heron --plan {}", edit.file.display());
        let told = opened(&edit, "exit 3").unwrap_err().render();
        assert!(told.contains("failed with status 3") && told.contains(&way), "{told}");
        assert_eq!(std::fs::read_to_string(&edit.file).unwrap(), edit.before, "nothing was typed");
        opened(&edit, "echo '# typed' >> \"$1\"; exit 1").unwrap_err();
        let left = std::fs::read_to_string(&edit.file).unwrap();
        assert!(left.starts_with(FAULT) && left.ends_with("# typed\n"), "{left}");
        let told = opened(&edit, "printf '\\377' >> \"$1\"").unwrap_err().render();
        assert!(told.contains(&way), "{told}");
        assert!(std::fs::read(&edit.file).unwrap().ends_with(b"# typed\n\xff"));
    }

    #[test]
    fn faults_stand_before_the_text_and_go_by_themselves() {
        let folder = tempfile::tempdir().unwrap();
        let edit = begun(folder.path());
        std::fs::write(&edit.file, "goal = 1\n# mine\n#!/bin/sh\n").unwrap();
        edit.mark(&["line 1: not a text\nand more".to_owned()]).unwrap();
        edit.mark(&["line 1: still not".to_owned()]).unwrap();
        let marked = std::fs::read_to_string(&edit.file).unwrap();
        assert!(marked.starts_with("#! These are") && marked.contains("#! line 1: still not\n"), "{marked}");
        assert!(!marked.contains("not a text"), "{marked}");
        assert_eq!(without_faults(&marked), "goal = 1\n# mine\n#!/bin/sh\n");
    }
}
