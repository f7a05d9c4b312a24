//! Roles as files: what a Markdown file says of a role, and what of it a run can use.
//!
//! A role only narrows. Its tools are within those of the section and the contract, its text stands below our own rules, and
//! its model is one of the catalogue's that may be asked.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::{Candidate, Catalogue};
use crate::front_matter::{self, FrontMatter, NoFrontMatter, Value};
use crate::limits::{NAME_BYTES, ROLE_BYTES, ROLE_DESCRIPTION_BYTES};
use crate::words::{BlobRef, ForeignTool, Seniority, Tool, ToolSet};

/// A role that contracts of a run may name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// Its name, unique in a run.
    pub name: String,
    /// When to use it, in one line.
    pub description: String,
    /// How much model it gets where the contract does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seniority: Option<Seniority>,
    /// The model that it gets first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Candidate>,
    /// The most that it may use; all that its contract has where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tools: Option<ToolSet>,
    /// The foreign tools that it may call, by their names or their servers'; all that its worker may where it is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Vec<String>>,
    /// What its worker is told beside the contract.
    pub prompt: BlobRef,
    /// Where it is from.
    pub from: String,
}

/// What a file says of a role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoleFile {
    /// Its name.
    pub name: String,
    /// When to use it, in one line.
    pub description: String,
    /// How much model it gets.
    pub seniority: Option<Seniority>,
    /// The model that it wants, as the file writes it.
    pub model: Option<String>,
    /// The most that it may use.
    pub tools: Option<ToolSet>,
    /// Of foreign tools those that it names; all where it names no tools.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub foreign: Option<Vec<String>>,
    /// What its worker is told.
    pub prompt: String,
    /// Where it is from.
    pub from: String,
}

/// Why a file is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoRole {
    /// It is too long.
    #[error("it has {0} bytes, and a role has at most {ROLE_BYTES}")]
    TooLong(usize),
    /// Its head can't be read.
    #[error(transparent)]
    Head(#[from] NoFrontMatter),
    /// A key that it must have.
    #[error("its front matter has no {0}")]
    Lacks(&'static str),
    /// A name that can't be typed.
    #[error("its name must be one line of at most {NAME_BYTES} bytes")]
    Name,
    /// A seniority that is none.
    #[error("{0:?} is no seniority; one of {all}", all = Seniority::ALL.map(Seniority::name).join(", "))]
    Seniority(String),
    /// Nothing after its head.
    #[error("nothing stands below its front matter: say there how the role works")]
    Empty,
}

/// The names that Claude Code has for what our tools do. A command within limits (`Bash(git:*)`) has none: ours has none.
const CLAUDE: [(&str, Tool); 8] = [
    ("Read", Tool::Read),
    ("LS", Tool::List),
    ("Glob", Tool::Glob),
    ("Grep", Tool::Search),
    ("Edit", Tool::Edit),
    ("MultiEdit", Tool::Edit),
    ("Write", Tool::Write),
    ("Bash", Tool::Run),
];

/// Models by their short names, with the seniority where no model of that name is there.
const SHORT: [(&str, Seniority); 3] =
    [("haiku", Seniority::Junior), ("sonnet", Seniority::Mid), ("opus", Seniority::Senior)];

impl RoleFile {
    /// Reads a file. What it says and we can't use is told beside the role.
    ///
    /// # Errors
    /// Where it can't be a role at all.
    pub fn read(text: &str, from: &str) -> Result<(Self, Vec<String>), NoRole> {
        if text.len() > ROLE_BYTES {
            return Err(NoRole::TooLong(text.len()));
        }
        let FrontMatter { fields, body } = front_matter::read(text)?;
        let get = |key: &str| fields.iter().find(|(known, _)| known == key).map(|(_, value)| value);
        let word = |key: &str| get(key).map(Value::text).filter(|text| !text.trim().is_empty());
        let name = word("name").ok_or(NoRole::Lacks("name"))?;
        if name.len() > NAME_BYTES || name.contains(char::is_control) {
            return Err(NoRole::Name);
        }
        let description = one_line(&word("description").ok_or(NoRole::Lacks("description"))?);
        let seniority = word("seniority").map(|name| seniority(&name)).transpose()?;
        if body.trim().is_empty() {
            return Err(NoRole::Empty);
        }
        let (tools, strangers) = tools(get("tools"));
        let (foreign, strangers): (Vec<_>, Vec<_>) =
            strangers.into_iter().partition(|name| ForeignTool::is_name(name));
        let foreign = tools.is_some().then_some(foreign);
        let warnings = strangers.iter().map(|name| format!("there is no tool {name:?} here; it is left out"));
        let (model, prompt) = (word("model"), body.trim_end().to_owned());
        let from = from.to_owned();
        let role = Self { name, description, seniority, model, tools, foreign, prompt, from };
        Ok((role, warnings.collect()))
    }

    /// The role as a run uses it, and what of it could not be had.
    #[must_use]
    pub fn settled(&self, catalogue: &Catalogue, prompt: BlobRef) -> (Role, Option<String>) {
        let wish = self.model.as_deref().filter(|model| *model != "inherit");
        let pin = wish.and_then(|wish| found(wish, catalogue));
        let warning = wish.filter(|_| pin.is_none()).map(|wish| {
            let name = &self.name;
            format!("role {name:?}: no model {wish:?} can be asked here; its seniority decides instead")
        });
        let by_name = wish.and_then(|wish| SHORT.iter().find(|(short, _)| *short == wish));
        let by_model = pin.as_ref().and_then(|pin| lowest(pin, catalogue));
        let role = Role {
            name: self.name.clone(),
            description: self.description.clone(),
            seniority: self.seniority.or(by_model).or(by_name.map(|(_, seniority)| *seniority)),
            pin,
            tools: self.tools,
            foreign: self.foreign.clone(),
            prompt,
            from: self.from.clone(),
        };
        (role, warning)
    }

    /// How much model it gets, in a few words.
    #[must_use]
    pub fn model_words(&self) -> String {
        match (&self.model, self.seniority) {
            (Some(model), Some(seniority)) => format!("{seniority}, {model}"),
            (Some(model), None) => model.clone(),
            (None, Some(seniority)) => seniority.to_string(),
            (None, None) => "whatever is asked for".to_owned(),
        }
    }

    /// What it may use, in a few words.
    #[must_use]
    pub fn tool_words(&self) -> String {
        tool_words(self.tools, self.foreign.as_deref())
    }
}

impl Role {
    /// Whether its model is one that only principals get.
    #[must_use]
    pub fn is_for_principals(&self, catalogue: &Catalogue) -> bool {
        let lowest = self.pin.as_ref().and_then(|pin| lowest(pin, catalogue));
        lowest == Some(Seniority::Principal)
    }

    /// What it may use, in a few words.
    #[must_use]
    pub fn tool_words(&self) -> String {
        tool_words(self.tools, self.foreign.as_deref())
    }
}

/// As a Manager chooses by it.
impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, description, .. } = self;
        write!(f, "{name:?} (tools: {}", self.tool_words())?;
        if let Some(seniority) = self.seniority {
            write!(f, "; seniority: {seniority}")?;
        }
        if let Some(pin) = &self.pin {
            write!(f, "; model: {pin}")?;
        }
        write!(f, "): {description}")
    }
}

fn tool_words(tools: Option<ToolSet>, foreign: Option<&[String]>) -> String {
    let foreign = foreign.unwrap_or_default().iter().map(String::as_str);
    let names: Option<Vec<_>> = tools.map(|tools| {
        let ours = tools.iter().map(|tool| -> &str { tool.name() });
        ours.chain(foreign).collect()
    });
    match names {
        None => "all of the contract".to_owned(),
        Some(names) if names.is_empty() => "none".to_owned(),
        Some(names) => names.join(", "),
    }
}

fn seniority(name: &str) -> Result<Seniority, NoRole> {
    let known = Seniority::ALL.into_iter().find(|seniority| seniority.name() == name);
    known.ok_or_else(|| NoRole::Seniority(name.to_owned()))
}

/// The tools of a list, and the names that are none.
fn tools(value: Option<&Value>) -> (Option<ToolSet>, Vec<String>) {
    let Some(value) = value.filter(|value| **value != Value::Text(String::new())) else {
        return (None, Vec::new());
    };
    let (mut tools, mut strangers) = (ToolSet::NONE, Vec::new());
    for name in value.items() {
        let claudes = || CLAUDE.iter().find(|(theirs, _)| *theirs == name).map(|(_, tool)| *tool);
        match Tool::named(&name).or_else(claudes) {
            Some(tool) => tools = tools.with(tool),
            None => strangers.push(name),
        }
    }
    (Some(tools), strangers)
}

/// A description may be pages long; whoever chooses by it needs its beginning.
fn one_line(text: &str) -> String {
    let text = text.replace("\\n", " ");
    let words: Vec<_> = text.split_whitespace().collect();
    let line: String = words.join(" ").chars().filter(|letter| !letter.is_control()).collect();
    if line.len() <= ROLE_DESCRIPTION_BYTES {
        return line;
    }
    let head = line.get(..line.floor_char_boundary(ROLE_DESCRIPTION_BYTES)).unwrap_or_default();
    format!("{head}…")
}

/// The candidate that a file means: by its name in the catalogue, or the model that is preferred of those of a short name.
fn found(wish: &str, catalogue: &Catalogue) -> Option<Candidate> {
    let wanted: Candidate = wish.parse().ok()?;
    let may = |name: &str| {
        let model = catalogue.models.get(name);
        model.is_some_and(|model| catalogue.families.allow(&model.family))
    };
    let exact = catalogue.find(&wanted.model).map(|(name, _)| name.to_owned());
    let is_short = SHORT.iter().any(|(short, _)| *short == wanted.model);
    let of_name = |candidate: &&Candidate| is_short && candidate.model.contains(&wanted.model);
    let ranks = catalogue.seniority.values().rev();
    let mut preferred = ranks.flat_map(|rank| &rank.candidates).filter(of_name);
    let model = exact.or_else(|| preferred.next().map(|candidate| candidate.model.clone()))?;
    may(&model).then_some(Candidate { model, effort: wanted.effort })
}

/// The lowest seniority that a model serves.
fn lowest(pin: &Candidate, catalogue: &Catalogue) -> Option<Seniority> {
    let serves = |seniority: &Seniority| {
        catalogue.candidates(*seniority).iter().any(|candidate| candidate.model == pin.model)
    };
    Seniority::ALL.into_iter().find(serves)
}

#[cfg(test)]
mod tests;
