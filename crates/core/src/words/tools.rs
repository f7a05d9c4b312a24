//! Workspace tools and sets of them. A scope is a [`ToolSet`]: what an agent may do, enforced by the run and not by a prompt.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ForeignTool;

/// A workspace tool: an effect on the files of an attempt, or a look at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tool {
    /// Read a file, or a range of its lines.
    Read,
    /// List a folder.
    List,
    /// Find files by their paths.
    Glob,
    /// Search file contents by a regular expression.
    Search,
    /// Look at how files came to be.
    Git,
    /// Replace an exact text in a file.
    Edit,
    /// Do what a diff says.
    Patch,
    /// Write a whole file.
    Write,
    /// Run a command.
    Run,
    /// Call a foreign tool, see [`super::ForeignTool`]. It is in no scope and no list of ours: a run decides by the name that
    /// was called.
    Foreign,
}

impl Tool {
    /// All of ours.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::List,
        Self::Glob,
        Self::Search,
        Self::Git,
        Self::Edit,
        Self::Patch,
        Self::Write,
        Self::Run,
    ];

    /// The name by which models call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Glob => "glob",
            Self::Search => "search",
            Self::Git => "git",
            Self::Edit => "edit",
            Self::Patch => "patch",
            Self::Write => "write",
            Self::Run => "run",
            Self::Foreign => "foreign",
        }
    }

    /// What a call of that name is, if it is of a workspace tool.
    #[must_use]
    pub fn called(name: &str) -> Option<Self> {
        Self::named(name).or_else(|| ForeignTool::is_name(name).then_some(Self::Foreign))
    }

    /// Our tool of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tool| tool.name() == name)
    }

    /// Whether it can change files. A command may, whatever it is meant for, and so may a server.
    #[must_use]
    pub const fn writes(self) -> bool {
        match self {
            Self::Read | Self::List | Self::Glob | Self::Search | Self::Git => false,
            Self::Edit | Self::Patch | Self::Write | Self::Run | Self::Foreign => true,
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A set of workspace tools, written as a list of their names.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Tool>", into = "Vec<Tool>")]
pub struct ToolSet(u16);

impl ToolSet {
    /// No tool.
    pub const NONE: Self = Self(0);
    /// Looking only: read, list, glob, search, git.
    pub const READ_ONLY: Self = Self(0b1_1111);
    /// Every tool of ours.
    pub const ALL: Self = Self(0b1_1111_1111);

    const fn bit(tool: Tool) -> u16 {
        1 << tool as u8
    }

    /// Whether the tool is in the set.
    #[must_use]
    pub const fn has(self, tool: Tool) -> bool {
        self.0 & Self::bit(tool) != 0
    }

    /// The tools that are in both.
    #[must_use]
    pub const fn within(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The set and one tool more.
    #[must_use]
    pub const fn with(self, tool: Tool) -> Self {
        Self(self.0 | Self::bit(tool))
    }

    /// The tools, in the order of [`Tool::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Tool> {
        Tool::ALL.into_iter().chain([Tool::Foreign]).filter(move |tool| self.has(*tool))
    }
}

impl From<Vec<Tool>> for ToolSet {
    fn from(tools: Vec<Tool>) -> Self {
        tools.into_iter().fold(Self::NONE, Self::with)
    }
}

impl From<ToolSet> for Vec<Tool> {
    fn from(set: ToolSet) -> Self {
        set.iter().collect()
    }
}

impl fmt::Debug for ToolSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::{Tool, ToolSet};

    #[test]
    fn the_read_only_set_holds_exactly_the_tools_that_do_not_write() {
        let looking: Vec<_> = Tool::ALL.into_iter().filter(|tool| !tool.writes()).collect();
        assert_eq!(ToolSet::READ_ONLY, ToolSet::from(looking));
        assert_eq!(ToolSet::ALL, ToolSet::from(Tool::ALL.to_vec()));
    }
}
