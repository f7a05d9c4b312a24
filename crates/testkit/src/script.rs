//! A story's world in words: who says what, which checks fail, which calls fault, what the Owner does and when. Whoever
//! is not told what to do is diligent. One line each:
//!
//! ```text
//! total 10 | reserve 10 | ask first | plan given | patience 2
//! path direct | path solo | path judged (the rules decide, or a model)      intent Fix the typo      worker junior
//! phase core 60, cli 40                  section cli needs spec.md        section core delivers spec.md
//! section core may read,write            section core at intern           section core principals yes
//! want make all                          (a command that the Owner wants to pass at the end)
//! done make all                          (the plan's definition of done)
//! unserved intern                        (no model serves that seniority here)
//! serve mid: solid, second low           (these do, in that order)       pin worker: second, solid
//! tasks core: parser, writer             rubric parser | review judge of parser | single parser | cap parser 20
//! post tidy                              (a task of post-processing, without criteria of its own)
//! grant {"tools":["read"],"hosts":["a.org"]}    section core bounds {"hosts":[]}   bounds parser {"commands":["make"]}
//! roles there                            (those of fixtures::roles)     role parser tester
//! say manager core 2: accept parser; report      (who, turn: calls; `reviewer parser`, `worker parser@2`)
//! say worker parser 1-9: read            (in each of those turns)
//! print worker parser 2: 3 tests failed  (what the tools of that turn answer; `text as tree` for the files afterwards)
//! fault worker parser 1: 429 2000        (the first try of that turn; several faults for several tries, by `,`)
//! usage worker parser 1: none            (or a number of output tokens)
//! fail attempt parser@1 | fail merged parser | fail section core | fail needs cli | fail phase cli | fail whole
//! lack section core                      (the files that it should have left)
//! break attempt parser | break section core | break phase cli   (that check can't be made on this machine)
//! lose worker parser 1 times 10          (that turn's calls go down with their process)
//! hold worker parser 1 | shut worker parser 1   (that turn's call does not leave; for a minute nobody's would)
//! same phase core                        (the merge is the section's own tree)
//! conflict task parser | conflict phase cli | seal parser@1 outside (nothing, weakened)
//! silent worker parser 1                 (that turn's call, and what it calls, is never answered)
//! slow attempt parser@1                  (nor is the check of what that says, as in `fail`)
//! limit attempt_idle_s 60                (a deadline, by its name in the configuration)
//! body 500                               (bytes of every request)
//! heavy worker parser 90000              (and so many more for each turn that is shown whole)
//! when question q0: answer q0            (after the first event whose line holds the text, the Owner commands)
//! setup node run | setup venv section    (set-up commands)              fail setup node in p0 | break setup node in p0
//! foreign docs search, docs put writes   (tools of servers, for all agents: `say worker parser 1: mcp__docs__put`)
//! lose tool worker parser 1              (what that turn calls goes down with its process)
//! section core stakes high | decision which | decision which on o0   (both of high stakes)
//! rule all | rule above 1.00 | rule path src/** | stakes high           (what makes stakes high; the last by the Owner's word)
//! opinion principal                      (that is all that the Owner wants)   never b   (no model of that family)
//! ```

use std::collections::BTreeMap;

use trireme_core::catalogue::Declared;
use trireme_core::roles::Role;
use trireme_core::run::{Command, DeclaredDeadlines, Proposal, Target};
use trireme_core::words::*;

use crate::Cast;
use crate::fixtures::{
    blob, contract, decision, foreign, judged, lodge, plan, review, roles, section, setup, told_by,
};

/// A story's world.
#[derive(Clone, Debug)]
pub struct Script {
    /// The total.
    pub total: Money,
    /// The Orchestrator's part in percent.
    pub reserve: u32,
    /// Whether the Owner approved beforehand.
    pub preapproved: bool,
    /// Whether the plan comes with the intent.
    pub given: bool,
    /// The path that the Owner wants, or `judged`; none where there is no choice.
    pub path: Option<&'static str>,
    /// The intent, where its path is judged.
    pub sentence: String,
    /// How much model the worker of a direct run gets first.
    pub worker: Seniority,
    /// What diligent models do.
    pub cast: Cast,
    /// What models say instead, by who and turn.
    pub sayings: BTreeMap<String, String>,
    /// What tools answer, by who and turn.
    pub prints: BTreeMap<String, String>,
    /// Faults of calls, by who and turn, in the order of tries.
    pub faults: BTreeMap<String, Vec<String>>,
    /// Output tokens of calls, by who and turn; `none` where the provider does not say.
    pub usages: BTreeMap<String, String>,
    /// What fails, and how often.
    pub failures: BTreeMap<String, u32>,
    /// What the Owner does, and after which words.
    pub owner: Vec<(String, Command)>,
    /// Bytes of a request.
    pub body: u64,
    /// Bytes more for each turn that is shown whole, by who.
    pub heavy: BTreeMap<String, u64>,
    /// Deadlines.
    pub limits: DeclaredDeadlines,
    /// What the configuration says of seniorities and pins.
    pub declared: Declared,
    /// Seniorities that no model serves.
    pub unserved: Vec<Seniority>,
    /// What makes stakes high.
    pub stakes: StakesRule,
    /// The Owner's word on the stakes of the whole.
    pub wanted: Stakes,
    /// A question that is all that the Owner wants.
    pub question: Option<LoneQuestion>,
    /// Roles of files.
    pub roles: Vec<Role>,
    /// Commands that the Owner wants to pass at the end.
    pub checks: Vec<String>,
    /// Set-up commands.
    pub setups: Vec<SetUp>,
    /// The most that anybody may do.
    pub scope: Scope,
    /// Tools of servers.
    pub foreign: Vec<ForeignTool>,
}

impl Script {
    /// Reads a story.
    ///
    /// # Panics
    /// Where a line is not one of the above.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let cast = Cast { plan: plan(Vec::new()), contracts: BTreeMap::new(), patience: 3 };
        let mut script = Self {
            total: Money::cents(1_000),
            reserve: 10,
            preapproved: true,
            given: false,
            path: None,
            sentence: "Handle an empty input file.".to_owned(),
            worker: Seniority::Junior,
            cast,
            sayings: BTreeMap::new(),
            prints: BTreeMap::new(),
            faults: BTreeMap::new(),
            usages: BTreeMap::new(),
            failures: BTreeMap::new(),
            owner: Vec::new(),
            body: 2_000,
            heavy: BTreeMap::new(),
            limits: DeclaredDeadlines::default(),
            declared: Declared::default(),
            unserved: Vec::new(),
            stakes: StakesRule::default(),
            wanted: Stakes::Normal,
            question: None,
            roles: Vec::new(),
            checks: Vec::new(),
            setups: Vec::new(),
            scope: Scope::all(),
            foreign: Vec::new(),
        };
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            script.line(line);
        }
        if script.cast.plan.phases.is_empty() {
            script.line("phase core 100");
        }
        script
    }

    /// The same world when everybody is diligent and nothing goes wrong.
    #[must_use]
    pub fn quiet(&self) -> Self {
        Self {
            preapproved: true,
            sayings: BTreeMap::new(),
            faults: BTreeMap::new(),
            usages: BTreeMap::new(),
            failures: BTreeMap::new(),
            owner: Vec::new(),
            ..self.clone()
        }
    }

    fn line(&mut self, line: &str) {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let keyed = || {
            let (key, value) = rest.split_once(':').unwrap_or_else(|| panic!("no colon in {line:?}"));
            (key.trim().to_owned(), value.trim().to_owned())
        };
        match verb {
            "total" => self.total = Money::parse(rest).unwrap(),
            "reserve" => self.reserve = rest.parse().unwrap(),
            "ask" => self.preapproved = false,
            "plan" => self.given = true,
            "path" => {
                let paths = ["direct", "solo", "orchestrate", "judged"];
                self.path = paths.into_iter().find(|path| *path == rest);
            }
            "intent" => self.sentence = rest.to_owned(),
            "worker" => self.worker = seniority(rest),
            "patience" => self.cast.patience = rest.parse().unwrap(),
            "body" => self.body = rest.parse().unwrap(),
            "phase" => self.phase(rest),
            "section" => self.section(rest),
            "unserved" => self.unserved.push(seniority(rest)),
            "heavy" => {
                let (who, bytes) = rest.rsplit_once(' ').unwrap();
                self.heavy.insert(who.to_owned(), bytes.parse().unwrap());
            }
            "limit" => self.limits = toml::from_str(&rest.replace(' ', " = ")).unwrap(),
            "stakes" => self.wanted = Stakes::High,
            "rule" | "opinion" | "decision" | "never" => self.counsel(verb, rest),
            "serve" | "pin" => self.served(verb, keyed()),
            "tasks" => {
                let (name, titles) = keyed();
                let contracts = titles.split(", ").map(contract).collect();
                self.cast.contracts.insert(name, contracts);
            }
            "roles" => self.roles = roles(),
            "setup" => self.setups.push(rest.split_once(' ').map(|(name, per)| setup(name, per)).unwrap()),
            "grant" => self.scope = serde_json::from_str(rest).unwrap(),
            "foreign" => self.foreign.extend(rest.split(", ").map(foreign)),
            "want" => self.checks.push(rest.to_owned()),
            "done" => self.cast.plan.definition_of_done = vec![told_by("wanted", rest)],
            "rubric" | "post" | "single" | "look" | "cap" | "bounds" | "role" => self.task(verb, rest),
            "review" => {
                let (title, of) = rest.split_once(" of ").unwrap();
                let contract = review(title, &[of]);
                let section =
                    self.cast.contracts.values_mut().find(|all| all.iter().any(|one| one.title == of));
                section.unwrap().push(contract);
            }
            "say" => self.sayings.extend(each_turn(keyed())),
            "print" => self.prints.extend(each_turn(keyed())),
            "fault" => {
                let (who, faults) = keyed();
                self.faults.insert(who, faults.split(", ").map(str::to_owned).collect());
            }
            "usage" => self.usages.extend([keyed()]),
            "fail" | "lack" | "conflict" | "seal" | "break" | "lose" | "hold" | "shut" | "same"
            | "silent" | "slow" => {
                let (what, times) = rest.split_once(" times ").unwrap_or((rest, "1"));
                self.failures.insert(format!("{verb} {what}"), times.parse().unwrap());
            }
            "when" => {
                let (words, commands) = keyed();
                for command in commands.split(", ") {
                    self.owner.push((words.clone(), command_of(command)));
                }
            }
            _ => panic!("{line:?} is not a line of a story"),
        }
    }

    /// Who serves a seniority, or a job whatever its seniority.
    fn served(&mut self, verb: &str, (who, candidates): (String, String)) {
        let list: Vec<_> = candidates.split(", ").map(|one| format!("{one:?}")).collect();
        let table = if verb == "pin" { "pins" } else { "seniority" };
        let text = format!("[{table}]\n{who} = [{}]", list.join(", "));
        self.declared.overlay(toml::from_str(&text).unwrap());
    }

    /// What a story says of one task.
    fn task(&mut self, verb: &str, rest: &str) {
        let (title, value) = rest.split_once(' ').unwrap_or((rest, ""));
        let contract = self.contract(title);
        match verb {
            "rubric" => contract.acceptance.push(judged("good")),
            "single" => contract.mode = Mode::Single,
            "look" => contract.tools = Some(ToolSet::READ_ONLY),
            "bounds" => contract.bounds = serde_json::from_str(value).unwrap(),
            "cap" => contract.cap_pct = Share::basis_points(value.parse::<u32>().unwrap() * 100),
            "role" => {
                (contract.role, contract.seniority) = (Some(value.to_owned()), None);
            }
            _ => {
                (contract.kind, contract.seniority) = (TaskKind::Post, None);
                contract.acceptance.clear();
            }
        }
    }

    /// What a story says of opinions.
    fn counsel(&mut self, verb: &str, rest: &str) {
        match verb {
            "rule" => self.rule(rest),
            "opinion" => {
                let (text, files) = (blob("which way?"), vec!["README.md".to_owned()]);
                self.question = Some(LoneQuestion { text, files, seniority: seniority(rest) });
                self.reserve = 100;
            }
            "decision" => {
                let (question, opinion) = rest.split_once(" on ").map_or((rest, None), |(a, b)| (a, Some(b)));
                self.cast.plan.decisions.push(decision(question, opinion));
            }
            _ => {
                self.declared.overlay(toml::from_str(&format!("[families]\nnever = [{rest:?}]")).unwrap());
            }
        }
    }

    fn rule(&mut self, text: &str) {
        match text.split_once(' ') {
            Some(("above", money)) => self.stakes.above = Some(Money::parse(money).unwrap()),
            Some(("path", glob)) => self.stakes.paths.push(glob.to_owned()),
            _ => self.stakes.all = Stakes::High,
        }
    }

    fn phase(&mut self, text: &str) {
        let sections = text.split(", ").map(|part| {
            let (name, percent) = part.rsplit_once(' ').unwrap();
            section(name, percent.parse().unwrap())
        });
        let name = format!("phase {}", self.cast.plan.phases.len());
        self.cast.plan.phases.push(Phase { name, sections: sections.collect() });
    }

    fn section(&mut self, text: &str) {
        let [name, what, value] = text.split(' ').collect::<Vec<_>>()[..] else {
            panic!("section {text:?} needs a name, what it is about, and a value");
        };
        let sections = self.cast.plan.phases.iter_mut().flat_map(|phase| &mut phase.sections);
        for section in sections.filter(|section| section.name == name) {
            set(section, what, value);
        }
    }

    fn contract(&mut self, title: &str) -> &mut Contract {
        let all = self.cast.contracts.values_mut().flatten();
        all.into_iter()
            .find(|contract| contract.title == title)
            .unwrap_or_else(|| panic!("no task {title:?}"))
    }
}

/// `worker parser 1-3` is three turns.
fn each_turn((who, what): (String, String)) -> Vec<(String, String)> {
    let (name, turns) = who.rsplit_once(' ').unwrap();
    match turns.split_once('-') {
        None => vec![(who, what)],
        Some((first, last)) => {
            let turns = first.parse::<u32>().unwrap()..=last.parse().unwrap();
            turns.map(|turn| (format!("{name} {turn}"), what.clone())).collect()
        }
    }
}

/// Gives a section one thing: what it needs or delivers, what it may use, at what seniority its Manager is.
pub(crate) fn set(section: &mut Section, what: &str, value: &str) {
    match what {
        "needs" => section.needs.push(value.to_owned()),
        "delivers" => section.delivers.push(value.to_owned()),
        "may" => {
            let tools = value.split(',').map(|name| Tool::named(name).unwrap());
            section.capabilities = tools.fold(ToolSet::NONE, ToolSet::with);
        }
        "bounds" => section.bounds = serde_json::from_str(value).unwrap(),
        "stakes" => section.stakes = if value == "high" { Stakes::High } else { Stakes::Normal },
        "at" => section.seniority = seniority(value),
        "principals" => section.grants_principal = value == "yes",
        _ => panic!("{what:?} says nothing of a section"),
    }
}

pub(crate) fn seniority(name: &str) -> Seniority {
    Seniority::ALL
        .into_iter()
        .find(|one| one.name() == name)
        .unwrap_or_else(|| panic!("no seniority {name:?}"))
}

/// Another plan of the Owner's: one section of that name, or one without a Manager, or a faulty one.
fn edit(what: &str) -> Command {
    let plan = match what {
        "bad" => plan(Vec::new()),
        name => plan(vec![vec![section(name, 100)]]),
    };
    Command::EditPlan { proposal: Box::new(Proposal { plan: lodge(plan), contract: None }) }
}

/// A command of the Owner.
fn command_of(text: &str) -> Command {
    let words: Vec<&str> = text.split(' ').collect();
    let money = |at: usize| words.get(at).map(|text| Money::parse(text).unwrap());
    match words[0] {
        "approve" => Command::Approve { plan: None },
        "edit" => edit(words.get(1).copied().unwrap_or_default()),
        "revise" => Command::Revise { text: blob("smaller") },
        "reject" => Command::Reject { reason: "not what I meant".to_owned() },
        "kill" if words.len() == 1 => Command::Kill { target: Target::Run },
        "kill" if words[1].starts_with('s') => {
            Command::Kill { target: Target::Section(words[1].parse().unwrap()) }
        }
        "kill" => Command::Kill { target: Target::Task(words[1].parse().unwrap()) },
        "pause" => Command::Pause,
        "resume" => Command::Resume,
        "budget" => Command::Budget { total: money(1).unwrap() },
        "answer" => Command::Answer { question: words[1].parse().unwrap(), text: blob("the answer") },
        "grant" => Command::Grant { request: words[1].parse().unwrap(), amount: money(2) },
        "deny" => Command::Deny { request: words[1].parse().unwrap() },
        "memo" if words.len() > 1 => Command::Memo { to: Recipient::Orchestrator, content: blob("listen") },
        "memo" => Command::Memo { to: Recipient::All, content: blob("listen") },
        _ => panic!("{text:?} is no command"),
    }
}
