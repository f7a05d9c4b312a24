//! The plan in the Owner's editor, at a terminal: editors that do what they should, and editors that don't. What was typed
//! stays in its file, and the Owner is told where.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::rc::Rc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use nix::pty::openpty;

use crate::Desk;
use crate::crash::relay;

const PATIENCE: Duration = Duration::from_secs(60);

/// The program with a person before it, whose editor is a script.
struct Sitting {
    desk: Rc<Desk>,
    child: Child,
    keys: File,
    screen: Receiver<String>,
}

impl Sitting {
    fn at(desk: Rc<Desk>, args: &[&str]) -> Self {
        let pty = openpty(None, None).unwrap();
        let script = desk.path().join("editor.sh");
        let mut command = desk.command(args);
        command.env("EDITOR", format!("sh {}", script.display()));
        command.stdin(Stdio::from(pty.slave.try_clone().unwrap())).stderr(Stdio::from(pty.slave));
        let child = command.stdout(Stdio::null()).spawn().unwrap();
        // The command holds its ends of the terminal until it is gone; then reading ends.
        drop(command);
        let mut master = File::from(pty.master.try_clone().unwrap());
        let (tell, screen) = channel();
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(read @ 1..) = master.read(&mut piece) {
                let _ = tell.send(String::from_utf8_lossy(&piece[..read]).replace('\r', ""));
            }
        });
        Self { desk, child, keys: File::from(pty.master), screen }
    }

    /// A run whose plan waits.
    fn asked(editor: &str) -> Self {
        let desk = Rc::new(Desk::new());
        desk.file("editor.sh", editor);
        let mut sitting = Self::at(desk, &["run", "--scenario", &relay()]);
        sitting.until("Start? [y]es / [n]o");
        sitting
    }

    fn editor(&self, script: &str) {
        self.desk.file("editor.sh", script);
    }

    /// What is shown from now on, up to these words.
    fn until(&mut self, words: &str) -> String {
        let mut shown = String::new();
        while !shown.contains(words) {
            match self.screen.recv_timeout(PATIENCE) {
                Ok(piece) => shown.push_str(&piece),
                Err(why) => panic!("{words:?} does not come ({why}): {shown}"),
            }
        }
        shown
    }

    /// Types a line, and reads up to these words.
    fn types(&mut self, line: &str, until: &str) -> String {
        writeln!(self.keys, "{line}").unwrap();
        self.until(until)
    }

    fn file(&self) -> PathBuf {
        self.desk.run_folder().unwrap().join("plan.toml")
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.file()).unwrap()
    }

    fn rejects(mut self) {
        writeln!(self.keys, "n").unwrap();
        assert_eq!(self.child.wait().unwrap().code(), Some(6));
    }
}

/// Nobody is left at a terminal that is gone.
impl Drop for Sitting {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const NEW_GOAL: &str = "sed -i 's/^goal = .*/goal = \"As it was typed.\"/' \"$1\"\n";

#[test]
fn what_was_edited_is_shown_and_asked_about_anew() {
    let mut sitting = Sitting::asked(NEW_GOAL);
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("Goal: As it was typed."), "{shown}");
    let shown = sitting.desk.trireme(&["show", "last", "--json"]).out;
    assert!(shown.contains("\"goal\": \"As it was typed.\""), "{shown}");
    sitting.rejects();
}

#[test]
fn an_editor_that_changes_nothing_changes_nothing() {
    let mut sitting = Sitting::asked("true\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("nothing was changed") && !shown.contains("Goal:"), "{shown}");
    let log = sitting.desk.trireme(&["log", "last", "--type", "plan_proposed"]).out;
    assert_eq!(log.lines().count(), 1, "{log}");
    sitting.rejects();
}

#[test]
fn an_editor_that_fails_leaves_what_was_typed() {
    let mut sitting = Sitting::asked(&format!("{NEW_GOAL}exit 3\n"));
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    let file = sitting.file();
    let name = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    assert!(shown.contains("failed with status 3"), "{shown}");
    assert!(shown.contains(&format!("trireme edit {name} --plan {}", file.display())), "{shown}");
    assert!(sitting.text().contains("goal = \"As it was typed.\""), "{}", sitting.text());
    // Opened again, it is still there: this editor adds nothing but a line of its own.
    sitting.editor("grep -q typed \"$1\" && echo '# seen' >> \"$1\"\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("Goal: As it was typed."), "{shown}");
    sitting.rejects();
}

#[test]
fn an_editor_that_cannot_be_started_says_what_to_type() {
    let mut sitting = Sitting::asked("exec no-such-editor \"$1\"\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("failed with status 127") && shown.contains("export EDITOR="), "{shown}");
    sitting.rejects();
}

#[test]
fn a_text_that_is_no_plan_stays_and_can_be_mended() {
    let mut sitting = Sitting::asked(&format!("{NEW_GOAL}echo 'and = = this' >> \"$1\"\n"));
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    let told = format!("your text is kept in {}", sitting.file().display());
    assert!(shown.contains("line ") && shown.contains(&told), "{shown}");
    let text = sitting.text();
    assert!(text.starts_with("#! ") && text.contains("and = = this"), "{text}");
    // An editor that does nothing leaves the same faults: they are told again, and the text stays.
    sitting.editor("true\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains(&told) && sitting.text() == text, "{shown}");
    sitting.editor("sed -i '/= =/d' \"$1\"\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("Goal: As it was typed."), "{shown}");
    sitting.rejects();
}

#[test]
fn a_plan_with_faults_stays_too_and_so_does_what_is_no_text() {
    let mut sitting = Sitting::asked("sed -i 's/^budget_pct = .*/budget_pct = 90/' \"$1\"\n");
    let shown = sitting.types("e", "Start? [y]es / [n]o");
    assert!(shown.contains("your text is kept in"), "{shown}");
    assert_eq!(sitting.text().matches("budget_pct = 90").count(), 3);
    sitting.editor("printf '\\377typed' >> \"$1\"\n");
    for _ in 0..2 {
        let shown = sitting.types("e", "Start? [y]es / [n]o");
        assert!(shown.contains("UTF-8") && shown.contains("plan.toml"), "{shown}");
        let bytes = std::fs::read(sitting.file()).unwrap();
        assert!(bytes.ends_with(b"\xfftyped"), "{}", String::from_utf8_lossy(&bytes));
    }
    sitting.rejects();
}

/// From another terminal, without `run` beside it.
#[test]
fn the_command_edit_opens_the_editor_too() {
    let desk = Rc::new(Desk::new());
    assert_eq!(desk.trireme(&["plan", "--scenario", &relay()]).code, 0);
    desk.file("editor.sh", &format!("{NEW_GOAL}echo 'and = = this' >> \"$1\"\n"));
    let mut sitting = Sitting::at(desk, &["edit", "last"]);
    sitting.until("Edit again? [y]es / [n]o");
    let shown = sitting.types("n", "--plan ");
    assert!(shown.contains("your text is kept"), "{shown}");
    assert_eq!(sitting.child.wait().unwrap().code(), Some(2));
    sitting.editor("sed -i '/= =/d' \"$1\"\n");
    let mut again = Sitting::at(Rc::clone(&sitting.desk), &["edit", "last"]);
    again.until("that is the plan now");
    assert_eq!(again.child.wait().unwrap().code(), Some(0));
    let shown = again.desk.trireme(&["show", "last"]).out;
    assert!(shown.contains("Goal: As it was typed."), "{shown}");
}
