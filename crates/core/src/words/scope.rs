//! A scope: which tools an agent has, and the bounds in which they work. The run's is the Owner's word; a section's lies in it,
//! and a worker's in the section's, which is checked when a plan or a contract is handed in.

use serde::{Deserialize, Serialize};

use super::{Bounds, Tool, ToolSet};

/// What an agent may do. Written as a list of tools where it has no bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct Scope {
    /// Its tools.
    pub tools: ToolSet,
    /// Where and with whom they work.
    pub bounds: Bounds,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Tools(ToolSet),
    Whole {
        tools: ToolSet,
        #[serde(flatten)]
        bounds: Bounds,
    },
}

impl Scope {
    /// Every tool, without bounds.
    #[must_use]
    pub fn all() -> Self {
        ToolSet::ALL.into()
    }

    /// Whether the tool is in it.
    #[must_use]
    pub const fn has(&self, tool: Tool) -> bool {
        self.tools.has(tool)
    }

    /// The same with those of its tools only.
    #[must_use]
    pub fn within(&self, tools: ToolSet) -> Self {
        Self { tools: self.tools.within(tools), bounds: self.bounds.clone() }
    }

    /// The same in narrower bounds.
    #[must_use]
    pub fn narrowed(&self, by: &Bounds) -> Self {
        Self { tools: self.tools, bounds: self.bounds.narrowed(by) }
    }
}

impl From<ToolSet> for Scope {
    fn from(tools: ToolSet) -> Self {
        Self { tools, bounds: Bounds::default() }
    }
}

impl From<Written> for Scope {
    fn from(written: Written) -> Self {
        match written {
            Written::Tools(tools) => tools.into(),
            Written::Whole { tools, bounds } => Self { tools, bounds },
        }
    }
}

impl From<Scope> for Written {
    fn from(scope: Scope) -> Self {
        match scope.bounds == Bounds::default() {
            true => Self::Tools(scope.tools),
            false => Self::Whole { tools: scope.tools, bounds: scope.bounds },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_alone_are_a_list_and_bounds_come_beside_them() {
        let plain: Scope = serde_json::from_str(r#"["read","run"]"#).unwrap();
        assert_eq!(serde_json::to_string(&plain).unwrap(), r#"["read","run"]"#);
        let text = r#"{"tools":["run"],"hosts":["a.org"]}"#;
        let bounded: Scope = serde_json::from_str(text).unwrap();
        assert!(bounded.has(Tool::Run) && !bounded.has(Tool::Read));
        assert_eq!(serde_json::to_string(&bounded).unwrap(), text);
    }
}
