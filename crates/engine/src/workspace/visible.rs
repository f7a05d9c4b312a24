//! What a contract lets its worker see, and what it lets it change.
//!
//! Globs are matched against paths from the root of the repository; `*` and `?` stay within one folder, `**` does
//! not. A glob that ends in a slash means everything below.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};
use trireme_core::Contract;

use super::repo::Change;

/// A contract with a glob that is none.
#[derive(Debug, thiserror::Error)]
#[error("the {list} of {title:?} has a wrong glob: {source}; write it like `src/**/*.rs`")]
pub struct SightError {
    list: &'static str,
    title: String,
    source: globset::Error,
}

/// Which paths a worker sees. A file of which its context gives a stub is not named by that: where it is withheld, its
/// interface is all that the worker sees of it.
#[derive(Clone, Debug)]
pub struct Sight {
    named: Vec<String>,
    write_set: GlobSet,
    withheld: GlobSet,
    /// The only paths that a scope leaves in sight.
    scope: Option<GlobSet>,
}

impl Sight {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        let none = GlobSet::empty;
        Self { named: Vec::new(), write_set: none(), withheld: none(), scope: None }
    }

    /// What of it lies in the globs of a scope, and what the contract names as a whole file.
    pub fn within(self, globs: Option<&[String]>) -> Result<Self, SightError> {
        Ok(Self { scope: scope(globs)?, ..self })
    }

    /// What the contract says about it.
    pub fn of(contract: &Contract) -> Result<Self, SightError> {
        let withheld = contract.withheld.iter().map(|withheld| withheld.paths.as_str());
        Ok(Self {
            named: contract.context_files().chain(contract.pinned()).map(str::to_owned).collect(),
            write_set: write_set(contract)?,
            withheld: set(&contract.title, "withheld paths", withheld)?,
            scope: None,
        })
    }

    /// Whether anything may be hidden at all.
    #[must_use]
    pub fn withholds(&self) -> bool {
        !self.withheld.is_empty() || self.scope.is_some()
    }

    /// Whether the worker sees the path: the contract names it as a whole file, or does not withhold it.
    #[must_use]
    pub fn shows(&self, path: &str) -> bool {
        self.named.iter().any(|name| is_at_or_below(path, name))
            || (self.scope.as_ref().is_none_or(|scope| scope.is_match(path))
                && (self.write_set.is_match(path) || !self.withheld.is_match(path)))
    }
}

/// Which paths a result may change.
#[derive(Clone, Debug)]
pub struct WriteSet {
    allowed: GlobSet,
    /// The only paths that a scope lets change.
    scope: Option<GlobSet>,
    pinned: Vec<String>,
    /// As it is written.
    globs: Vec<String>,
}

impl WriteSet {
    /// What the contract says about it.
    pub fn of(contract: &Contract) -> Result<Self, SightError> {
        Ok(Self {
            allowed: write_set(contract)?,
            scope: None,
            pinned: contract.pinned().map(str::to_owned).collect(),
            globs: contract.write_set.clone(),
        })
    }

    /// What of it lies in the globs of a scope.
    pub fn within(self, globs: Option<&[String]>) -> Result<Self, SightError> {
        Ok(Self { scope: scope(globs)?, globs: globs.map_or(self.globs, <[String]>::to_vec), ..self })
    }

    /// As it is written, for whoever is told.
    #[must_use]
    pub fn globs(&self) -> &[String] {
        &self.globs
    }

    /// Adds what another contract pins.
    pub fn pin(&mut self, other: &Contract) {
        self.pinned.extend(other.pinned().map(str::to_owned));
    }

    /// Whether a result may change the path.
    #[must_use]
    pub fn allows(&self, path: &str) -> bool {
        let in_scope = self.scope.as_ref().is_none_or(|scope| scope.is_match(path));
        in_scope && self.allowed.is_match(path) && !self.is_pinned(path)
    }

    /// Whether the path tells the truth in a criterion.
    #[must_use]
    pub fn is_pinned(&self, path: &str) -> bool {
        self.pinned.iter().any(|pinned| is_at_or_below(path, pinned))
    }

    /// The changed paths that had to stay as they were: outside the write-set, or pinned, or a gitlink.
    #[must_use]
    pub fn outside(&self, changes: &[Change]) -> Vec<String> {
        let is_wrong = |change: &&Change| change.is_gitlink() || !self.allows(&change.path);
        changes.iter().filter(is_wrong).map(|change| change.path.clone()).collect()
    }
}

/// Whether a path is that file, or in that folder.
pub(super) fn is_at_or_below(path: &str, name: &str) -> bool {
    let name = name.trim_start_matches("./").trim_end_matches('/');
    path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn write_set(contract: &Contract) -> Result<GlobSet, SightError> {
    set(&contract.title, "write-set", contract.write_set.iter().map(String::as_str))
}

fn scope(globs: Option<&[String]>) -> Result<Option<GlobSet>, SightError> {
    globs.map(|globs| set("the scope", "paths", globs.iter().map(String::as_str))).transpose()
}

fn set<'a>(
    title: &str,
    list: &'static str,
    globs: impl Iterator<Item = &'a str>,
) -> Result<GlobSet, SightError> {
    let wrong = |source| SightError { list, title: title.to_owned(), source };
    let mut set = GlobSetBuilder::new();
    for text in globs {
        set.add(glob(text).map_err(wrong)?);
    }
    set.build().map_err(wrong)
}

/// A glob as it is meant everywhere here.
pub(super) fn glob(text: &str) -> Result<Glob, globset::Error> {
    let text = text.trim_start_matches("./");
    let below = if text.ends_with('/') { "**" } else { "" };
    GlobBuilder::new(&format!("{text}{below}")).literal_separator(true).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::ChangeKind;
    use serde_json::{Value, json};

    fn contract(write_set: &[&str], withheld: &[&str], pinned: &[&str], files: &[&str]) -> Contract {
        let withheld: Vec<Value> =
            withheld.iter().map(|paths| json!({"paths": paths, "why": "not its task"})).collect();
        let context: Vec<Value> = files.iter().map(|path| json!({"kind": "file", "path": path})).collect();
        serde_json::from_value(json!({
            "title": "Parser", "seniority": "junior", "reason": "simple", "goal": "parse",
            "context": context, "constraints": [], "write_set": write_set, "withheld": withheld,
            "acceptance": [{"id": "unit", "text": "it works",
                "check": {"kind": "command", "run": "true", "pinned": pinned}}],
        }))
        .unwrap()
    }

    #[test]
    fn what_is_named_is_seen_although_it_is_withheld() {
        let sight =
            Sight::of(&contract(&["src/parser/*.rs"], &["**"], &["tests/parser.rs"], &["docs/grammar.md"]))
                .unwrap();
        for (path, shown) in [
            ("src/parser/mod.rs", true),
            ("src/parser/deep/mod.rs", false),
            ("tests/parser.rs", true),
            ("docs/grammar.md", true),
            ("docs/grammar.md.bak", false),
            ("Cargo.toml", false),
        ] {
            assert_eq!(sight.shows(path), shown, "{path}");
        }
        let mut stubbed = contract(&[], &["**"], &[], &[]);
        stubbed.context.push(trireme_core::ContextItem::Stub { path: "src/store.rs".to_owned() });
        assert!(
            !Sight::of(&stubbed).unwrap().shows("src/store.rs"),
            "its interface is all that is seen of it"
        );
        let open = Sight::of(&contract(&[], &["secrets/"], &[], &[])).unwrap();
        assert!(open.shows("src/lib.rs") && !open.shows("secrets/deep/key"));
    }

    #[test]
    fn changes_outside_the_write_set_and_to_pinned_files_are_named() {
        let set = WriteSet::of(&contract(&["src/", "tests/**"], &[], &["tests/parser.rs"], &[])).unwrap();
        let change = |path: &str, mode: &str| Change {
            path: path.to_owned(),
            kind: ChangeKind::Modified,
            mode: mode.to_owned(),
            objects: [None, None],
        };
        let changes = [
            change("src/lib.rs", "100644"),
            change("src/odd name\nü.rs", "100644"),
            change("tests/parser.rs", "100644"),
            change("tests/other.rs", "000000"),
            change("Cargo.toml", "100644"),
            change("src/nested", "160000"),
        ];
        assert_eq!(set.outside(&changes), ["tests/parser.rs", "Cargo.toml", "src/nested"]);
        assert!(WriteSet::of(&contract(&[], &[], &[], &[])).unwrap().outside(&changes).len() == 6);
    }

    #[test]
    fn a_wrong_glob_is_named() {
        let error = WriteSet::of(&contract(&["src/[a"], &[], &[], &[])).unwrap_err();
        assert!(error.to_string().starts_with("the write-set of \"Parser\" has a wrong glob"), "{error}");
    }
}
