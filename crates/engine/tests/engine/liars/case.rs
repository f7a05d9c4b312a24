//! Cases: a small project in a folder of its own, a contract about it, and what its worker does.
//!
//! `CASE` in paths, commands and globs stands for the case's folder; what a worker runs, it runs in that folder.

use serde_json::{Value, json};

/// A project before the work, with the check that tells when it is done.
pub(super) struct Project {
    /// Programs without which nothing of it can be checked.
    pub(super) needs: &'static [&'static str],
    pub(super) files: &'static [(&'static str, &'static str)],
    /// The command of the first criterion.
    pub(super) run: &'static str,
    /// What the command runs, and no result may change where it is pinned.
    pub(super) tests: &'static str,
    /// The file that is to be written, and right code in it.
    pub(super) right: (&'static str, &'static str),
}

/// What is found of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Everything holds, and something of it did not before.
    Accepted,
    /// Everything holds, and all of it held before.
    Flagged,
    /// It does not count.
    Rejected,
}

pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) needs: &'static [&'static str],
    pub(super) is_honest: bool,
    /// What has to be found of it, and a text that has to be in the reason.
    pub(super) expected: (Found, &'static str),
    pub(super) files: Vec<(String, String)>,
    pub(super) checks: Vec<Value>,
    pub(super) write_set: Vec<String>,
    pub(super) tests_to_write: Vec<String>,
    pub(super) withheld: Vec<String>,
    pub(super) mode: &'static str,
    pub(super) acts: Vec<(&'static str, Value)>,
    /// Files that come with the result.
    pub(super) files_in: Vec<Value>,
    /// What the worker says of each criterion, in their order; true where nothing is given.
    pub(super) claims: Vec<Option<bool>>,
    /// How many criteria, from the last one, it says nothing of.
    pub(super) silent_of: usize,
}

fn case(name: &'static str, project: &Project, is_honest: bool, expected: (Found, &'static str)) -> Case {
    let files = project.files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    Case {
        name,
        needs: project.needs,
        is_honest,
        expected,
        files,
        checks: vec![
            json!({"kind": "command", "run": project.run, "pinned": [format!("CASE/{}", project.tests)]}),
        ],
        write_set: vec!["CASE/**".to_owned()],
        tests_to_write: Vec::new(),
        withheld: Vec::new(),
        mode: "agent",
        acts: Vec::new(),
        files_in: Vec::new(),
        claims: Vec::new(),
        silent_of: 0,
    }
}

/// A worker whose result must not count, for a reason with this text in it.
pub(super) fn liar(name: &'static str, project: &Project, reason: &'static str) -> Case {
    case(name, project, false, (Found::Rejected, reason))
}

/// A worker whose result must not count, and does.
pub(super) fn missed(name: &'static str, project: &Project) -> Case {
    case(name, project, false, (Found::Accepted, ""))
}

/// A worker whose result must count.
pub(super) fn honest(name: &'static str, project: &Project) -> Case {
    case(name, project, true, (Found::Accepted, ""))
}

/// A command that has to end well.
pub(super) fn command(run: &str) -> Value {
    json!({"kind": "command", "run": run})
}

impl Case {
    /// The worker writes a file.
    pub(super) fn writes(mut self, path: &str, text: &str) -> Self {
        self.acts.push(("write", json!({"path": format!("CASE/{path}"), "content": text})));
        self
    }

    /// The worker writes right code.
    pub(super) fn solves(self, project: &Project) -> Self {
        let (path, text) = project.right;
        self.writes(path, text)
    }

    /// The worker runs a command in the case's folder.
    pub(super) fn runs(mut self, command: &str) -> Self {
        self.acts.push(("run", json!({"command": format!("cd CASE\n{command}")})));
        self
    }

    /// The worker calls another tool.
    pub(super) fn calls(mut self, tool: &'static str, args: Value) -> Self {
        self.acts.push((tool, args));
        self
    }

    /// A file more in the project.
    pub(super) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.retain(|(other, _)| other != path);
        self.files.push((path.to_owned(), text.to_owned()));
        self
    }

    /// These criteria in place of the project's own.
    pub(super) fn asks(mut self, checks: &[Value]) -> Self {
        self.checks = checks.to_vec();
        self
    }

    /// A criterion more.
    pub(super) fn asks_too(mut self, check: Value) -> Self {
        self.checks.push(check);
        self
    }

    /// The project's own command, which pins nothing, so that its tests may gain lines.
    pub(super) fn unpinned(mut self) -> Self {
        let run = self.checks[0]["run"].clone();
        self.checks = vec![json!({"kind": "command", "run": run})];
        self
    }

    pub(super) fn may_write(mut self, globs: &[&str]) -> Self {
        self.write_set = globs.iter().map(|glob| (*glob).to_owned()).collect();
        self
    }

    /// Tests that are the task's to write.
    pub(super) fn owns(mut self, globs: &[&str]) -> Self {
        self.tests_to_write = globs.iter().map(|glob| (*glob).to_owned()).collect();
        self
    }

    pub(super) fn withholds(mut self, glob: &str) -> Self {
        self.withheld.push(glob.to_owned());
        self
    }

    pub(super) fn claims(mut self, claims: &[Option<bool>]) -> Self {
        self.claims = claims.to_vec();
        self
    }

    pub(super) fn says_nothing_of_the_last(mut self) -> Self {
        self.silent_of = 1;
        self
    }

    /// One call without tools.
    pub(super) fn single(mut self) -> Self {
        self.mode = "single";
        self
    }

    /// A file comes with the result.
    pub(super) fn hands_in(mut self, path: &str, text: &str) -> Self {
        self.files_in.push(json!({"path": format!("CASE/{path}"), "content": text}));
        self
    }

    /// Everything holds, but held before too.
    pub(super) fn flagged(mut self) -> Self {
        self.expected = (Found::Flagged, "");
        self
    }

    fn self_check(&self) -> Vec<Value> {
        let said = self.checks.len() - self.silent_of;
        let row = |number: usize| match self.claims.get(number).copied().unwrap_or(Some(true)) {
            Some(met) => json!({"criterion": format!("c{number}"), "met": met, "note": "ran it"}),
            None => json!({"criterion": format!("c{number}"), "note": "could not run it"}),
        };
        (0..said).map(row).collect()
    }

    /// Its contract.
    pub(super) fn contract(&self, title: &str) -> Value {
        let withheld = self.withheld.iter().map(|paths| json!({"paths": paths, "why": "it tells the truth"}));
        let rows = self.checks.iter().enumerate();
        let acceptance = rows
            .map(|(number, check)| json!({"id": format!("c{number}"), "text": "it holds", "check": check}));
        json!({
            "title": title, "seniority": "intern", "reason": "r", "goal": "g", "constraints": [], "mode": self.mode,
            "context": [{"kind": "note", "title": "n", "text": "t"}], "write_set": self.write_set,
            "tests_to_write": self.tests_to_write, "withheld": withheld.collect::<Vec<_>>(),
            "acceptance": acceptance.collect::<Vec<_>>(),
        })
    }

    /// What its worker says: its acts, then its result.
    pub(super) fn replies(&self, title: &str) -> Vec<Value> {
        let usage = json!({"input": 10, "output": 10});
        let call = |(tool, args): &(&str, Value)| json!({"tool": tool, "args": args});
        let acts: Vec<_> = self.acts.iter().map(call).collect();
        let first =
            json!({"when": {"role": "worker", "task": title, "turn": 1}, "usage": usage, "call": acts});
        let mut result = json!({"conclusion": "It works, all tests pass.", "self_check": self.self_check()});
        if self.mode == "single" {
            result["files"] = self.files_in.clone().into();
        }
        let last = json!({"tool": "submit_result", "args": result});
        let last = json!({"when": {"role": "worker", "task": title}, "usage": usage, "call": [last]});
        if acts.is_empty() { vec![last] } else { vec![first, last] }
    }
}
