//! A scenario of many attempts of one section: each reads a file, runs a command and hands its result in, and each is merged.

use std::fmt::Write as _;

use trireme_core::limits::CALLS_PER_REPLY;

/// How many, and what they do. `{task}` stands for an attempt's number in all commands.
#[derive(Clone, Copy, Debug)]
pub struct Attempts<'a> {
    /// How many.
    pub number: usize,
    /// How many of them begin in one moment.
    pub at_once: usize,
    /// What a worker reads first.
    pub reads: &'a str,
    /// How long its model takes to say so, in milliseconds.
    pub latency_ms: u64,
    /// What it runs then. It has to make `out/{task}.txt`, and nothing else.
    pub worker: &'a str,
    /// Commands that have to pass afterwards, one criterion each.
    pub checks: &'a [&'a str],
    /// What the first of them pins.
    pub pinned: &'a [&'a str],
}

impl Attempts<'_> {
    /// The scenario's text. Its project needs nothing.
    #[must_use]
    pub fn scenario(&self) -> String {
        let latency = self.latency_ms.to_string();
        let mut text =
            HEAD.replace("WORKER", self.worker).replace("READS", self.reads).replace("LATENCY", &latency);
        let met = |id: &str, _: &str| format!("{{ criterion = {id:?}, met = true, note = \"\" }}");
        let _ = writeln!(text, "self_check = [{}, {}]", self.each(met), met("there", ""));
        let numbers: Vec<usize> = (0..self.number).collect();
        let mut turn = 0;
        for crew in numbers.chunks(self.at_once) {
            text += &reply(&mut turn, "[[reply.call]]\ntool = \"spawn_workers\"\n");
            crew.iter().for_each(|number| text += &self.task(*number));
            for accepted in crew.chunks(CALLS_PER_REPLY) {
                text += &reply(&mut turn, "");
                accepted.iter().for_each(|number| text += &ACCEPT.replace("NUMBER", &number.to_string()));
            }
        }
        text + &reply(&mut turn, REPORT)
    }

    fn task(&self, number: usize) -> String {
        let check = |id: &str, run: &str| {
            let run = run.replace("{task}", &number.to_string());
            let pinned = if id == "c0" { self.pinned } else { &[] };
            let check = format!("{{ kind = \"command\", run = '''{run}''', pinned = {pinned:?} }}");
            format!("{{ id = {id:?}, text = \"it holds\", check = {check} }}")
        };
        let file = "{ id = \"there\", text = \"it is there\", check = { kind = \"file\", path = \"out/NUMBER.txt\" } }";
        let acceptance = format!("acceptance = [{}, {file}]\n", self.each(check));
        (TASK.to_owned() + &acceptance).replace("NUMBER", &number.to_string())
    }

    fn each(&self, tell: impl Fn(&str, &str) -> String) -> String {
        let each = self.checks.iter().enumerate().map(|(number, run)| tell(&format!("c{number}"), run));
        each.collect::<Vec<_>>().join(", ")
    }
}

fn reply(turn: &mut usize, call: &str) -> String {
    *turn += 1;
    format!(
        "[[reply]]\nwhen = {{ role = \"manager\", turn = {turn} }}\nusage = {{ input = 10, output = 10 }}\n{call}"
    )
}

const HEAD: &str = r#"
name = "attempts"
[intent]
sentence = "Do many small things."
budget_usd = "100"
[models.m]
family = "scripted"
input = "1"
output = "1"
context_tokens = 1000000
output_tokens = 2000
[seniority]
principal = ["m"]
senior = ["m"]
intern = ["m"]
[[reply]]
when = { role = "orchestrator", turn = 1 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "submit_plan"
[reply.call.args.plan]
goal = "g"
constraints = ["Nothing else changes."]
approach = "a"
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "out/0.txt" } }]
[[reply.call.args.plan.phases]]
name = "all"
[[reply.call.args.plan.phases.sections]]
name = "Only"
description = "d"
approach = "a"
budget_pct = 100
capabilities = ["read", "write", "run"]
seniority = "senior"
delivers = ["out/0.txt"]
definition_of_done = [{ id = "there", text = "it is there", check = { kind = "file", path = "out/0.txt" } }]
[[reply]]
when = { role = "orchestrator" }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "report"
args = { conclusion = "over" }
[[reply]]
when = { role = "worker", turn = 1 }
usage = { input = 10, output = 10 }
latency_ms = LATENCY
[[reply.call]]
tool = "read"
args = { path = "READS" }
[[reply]]
when = { role = "worker", turn = 2 }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "run"
args = { command = '''WORKER''' }
[[reply]]
when = { role = "worker" }
usage = { input = 10, output = 10 }
[[reply.call]]
tool = "submit_result"
[reply.call.args]
conclusion = "The file is there."
"#;

const TASK: &str = r#"[[reply.call.args.tasks]]
title = "NUMBER"
seniority = "intern"
reason = "r"
goal = "Write the file."
context = [{ kind = "note", title = "n", text = "t" }]
constraints = []
write_set = ["out/NUMBER.txt"]
withheld = []
"#;

const ACCEPT: &str = r#"[[reply.call]]
tool = "accept"
args = { task = "NUMBER", note = "It holds." }
"#;

const REPORT: &str = r#"[[reply.call]]
tool = "report"
args = { status = "done", conclusion = "Every file is there." }
"#;
