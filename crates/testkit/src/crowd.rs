//! A scenario with very many workers under many Managers: each worker answers once, with a small file; each Manager accepts
//! all of them and reports; every section joins the one phase.

use std::fmt::Write as _;

use trireme_core::limits::CALLS_PER_REPLY;
use trireme_core::words::Money;

/// How many there are.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    /// Managers, at most 100.
    pub managers: usize,
    /// Workers under each of them.
    pub workers: usize,
}

/// What each call uses: 500 input and 100 output tokens at $1 and $2 a million.
const USAGE: &str = "usage = { input = 500, output = 100 }\n";

/// What each call costs.
pub const COST_OF_A_CALL: Money = Money::nanos(700_000);

impl Crowd {
    /// All calls of the run: two of the Orchestrator, one of each worker; each Manager spawns, accepts and reports.
    #[must_use]
    pub fn calls(&self) -> usize {
        2 + self.managers * (self.workers + self.replies_to_accept() + 2)
    }

    /// So many calls fit into one reply.
    fn replies_to_accept(&self) -> usize {
        self.workers.div_ceil(CALLS_PER_REPLY)
    }

    /// The scenario's text. Its project is a folder `project` with a file `a.txt`.
    #[must_use]
    pub fn scenario(&self) -> String {
        let mut text = HEAD.to_owned();
        for number in 0..self.managers {
            let share = 100 / self.managers + usize::from(number < 100 % self.managers);
            let _ = write!(text, "{}", fill(SECTION, number).replace("SHARE", &share.to_string()));
        }
        for turn in 0..self.replies_to_accept() {
            let _ = write!(text, "[[reply]]\nwhen = {{ role = \"manager\", turn = {} }}\n{USAGE}", turn + 2);
            let accepted = turn * CALLS_PER_REPLY..self.workers.min((turn + 1) * CALLS_PER_REPLY);
            accepted.for_each(|number| text += &fill(ACCEPT, number));
        }
        let last = self.replies_to_accept() + 2;
        let _ = write!(text, "[[reply]]\nwhen = {{ role = \"manager\", turn = {last} }}\n{USAGE}{REPORT}");
        let _ = write!(text, "[[reply]]\nwhen = {{ role = \"manager\", turn = 1 }}\n{USAGE}{SPAWN}");
        (0..self.workers).for_each(|number| text += &fill(TASK, number));
        text
    }
}

fn fill(template: &str, number: usize) -> String {
    template.replace("NUMBER", &number.to_string())
}

const HEAD: &str = r#"
name = "crowd"
project = "project"
[intent]
sentence = "Do very many small things."
budget_usd = "1000"
[models.m]
family = "scripted"
input = "1"
output = "2"
context_tokens = 1000000
output_tokens = 2000
[seniority]
principal = ["m"]
senior = ["m"]
intern = ["m"]
[[reply]]
when = { role = "orchestrator", after = "Write the Owner your last word" }
usage = { input = 500, output = 100 }
[[reply.call]]
tool = "report"
args = { conclusion = "All of it is there." }
[[reply]]
when = { role = "worker" }
usage = { input = 500, output = 100 }
[[reply.call]]
tool = "submit_result"
[reply.call.args]
conclusion = "The file holds the word that it should hold."
self_check = [{ criterion = "right", met = true, note = "It is what I wrote." }]
files = [{ path = "{section}-{task}.txt", content = "right" }]
[[reply]]
when = { role = "orchestrator", turn = 1 }
usage = { input = 500, output = 100 }
[[reply.call]]
tool = "submit_plan"
[reply.call.args.plan]
goal = "Very many small things are done."
constraints = ["Nothing else changes."]
approach = "Each in a file of its own."
definition_of_done = [{ id = "there", text = "The first file is still there.", check = { kind = "file", path = "a.txt" } }]
[[reply.call.args.plan.phases]]
name = "all"
"#;

const SECTION: &str = r#"[[reply.call.args.plan.phases.sections]]
name = "sNUMBER"
description = "Have a file written for each small thing of this section."
approach = "One task for each file."
budget_pct = SHARE
capabilities = ["read", "list", "edit", "write"]
seniority = "senior"
delivers = ["sNUMBER-0.txt"]
definition_of_done = [{ id = "first", text = "The first file is there.", check = { kind = "file", path = "sNUMBER-0.txt", contains = "right" } }]
"#;

const ACCEPT: &str = r#"[[reply.call]]
tool = "accept"
args = { task = "NUMBER", note = "It holds." }
"#;

const REPORT: &str = r#"[[reply.call]]
tool = "report"
args = { status = "done", conclusion = "Every file of this section is there, and each of them holds what it should. Nothing was cut, nothing was tried twice, and nothing is left to do." }
"#;

const SPAWN: &str = "[[reply.call]]\ntool = \"spawn_workers\"\n";

const TASK: &str = r#"[[reply.call.args.tasks]]
title = "NUMBER"
mode = "single"
seniority = "intern"
reason = "One small file."
goal = "Write the file."
context = [{ kind = "note", title = "What", text = "The file holds the word right." }]
constraints = []
acceptance = [{ id = "right", text = "The file holds the word.", check = { kind = "file", path = "{section}-NUMBER.txt", contains = "right" } }]
write_set = ["{section}-NUMBER.txt"]
withheld = []
"#;
