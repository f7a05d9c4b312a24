//! Checks that look at files and changes, and run nothing.

use std::collections::BTreeSet;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use serde_json::Value;
use trireme_core::limits::{DIFF_LOOKED_BYTES, NAMED_AT_MOST, OUTPUT_END_BYTES};
use trireme_core::manifests::dependencies;
use trireme_core::*;

use super::run::{is_match, matcher};
use super::{unverifiable, verdict};
use crate::workspace::{Change, ChangeKind};
use crate::world::{Trouble, World};

/// Words that say that work is left undone.
const UNDONE: [&str; 4] = ["TODO", concat!("FIX", "ME"), concat!("XX", "X"), "HACK"];
/// Calls that do.
const UNDONE_CALLS: [&str; 2] = [concat!("todo", "!("), concat!("unimplemented", "!(")];
/// What begins a comment.
const COMMENTS: [&str; 6] = ["//", "#", "/*", "--", "<!--", ";"];

impl World {
    /// Whether a file that is there holds what it should: a text, and what fits a pattern.
    pub(super) async fn file(
        &self,
        commit: &CommitId,
        path: &str,
        is_there: bool,
        [part, pattern]: [Option<&str>; 2],
    ) -> Result<(Verdict, Evidence), Trouble> {
        let pattern = match pattern.map(matcher).transpose() {
            Ok(pattern) => pattern,
            Err(why) => return Ok(why),
        };
        if !is_there {
            return self.seen(commit, false, "").await;
        }
        if part.is_none() && pattern.is_none() {
            return self.seen(commit, true, "").await;
        }
        let text = self.repo().read(commit, path).await?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let holds = part.is_none_or(|part| text.contains(part));
        let matches = pattern.is_none_or(|pattern| is_match(&pattern, &text));
        self.seen(commit, holds && matches, "").await
    }

    /// Whether a file is JSON that fits a schema; a schema in a file is that of the base.
    pub(super) async fn json(
        &self,
        commit: &CommitId,
        base: &CommitId,
        path: &str,
        schema: Option<&str>,
        schema_file: Option<&str>,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let schema = match (schema, schema_file) {
            (Some(text), _) => Some(text.as_bytes().to_vec()),
            (None, Some(file)) => self.repo().read(base, file).await?,
            (None, None) => None,
        };
        let Some(schema) = schema else {
            return Ok(unverifiable("the file with the schema is not there before the work"));
        };
        let schema = serde_json::from_slice::<Value>(&schema).map_err(|error| error.to_string());
        let validator = match schema
            .and_then(|schema| jsonschema::validator_for(&schema).map_err(|error| error.to_string()))
        {
            Ok(validator) => validator,
            Err(error) => return Ok(unverifiable(format!("the schema is no JSON schema: {error}"))),
        };
        let Some(text) = self.repo().read(commit, path).await?.filter(|_| true) else {
            return self.seen(commit, false, &format!("{path} is not there")).await;
        };
        match serde_json::from_slice::<Value>(&text) {
            Ok(document) => {
                let misfits: Vec<_> = validator
                    .iter_errors(&document)
                    .take(NAMED_AT_MOST)
                    .map(|error| format!("{path}{}: {error}", error.instance_path()))
                    .collect();
                self.seen(commit, misfits.is_empty(), &misfits.join("\n")).await
            }
            Err(error) => self.seen(commit, false, &format!("{path} is no JSON: {error}")).await,
        }
    }

    /// Whether a change keeps to its bounds.
    pub(super) async fn keeps_to(
        &self,
        commit: &CommitId,
        base: &CommitId,
        only: &[String],
        no_deletions: bool,
        lines_max: Option<u32>,
    ) -> Result<(Verdict, Evidence), Trouble> {
        let Some(allowed) = globs(only) else {
            return Ok(unverifiable("a glob in only can't be read"));
        };
        let changes = self.repo().changes(base, commit).await?;
        let mut broken = Vec::new();
        let outside = |change: &&Change| !only.is_empty() && !allowed.is_match(&change.path);
        broken.extend(changes.iter().filter(outside).map(|change| format!("{} differs", change.path)));
        let gone = |change: &&Change| no_deletions && change.kind == ChangeKind::Deleted;
        broken.extend(changes.iter().filter(gone).map(|change| format!("{} is gone", change.path)));
        if let Some(most) = lines_max {
            let lines = self.repo().changed_lines(base, commit).await?;
            if lines > u64::from(most) {
                broken.push(format!("{lines} lines were added and removed, {most} are allowed"));
            }
        }
        broken.truncate(NAMED_AT_MOST);
        self.seen(commit, broken.is_empty(), &broken.join("\n")).await
    }

    /// Whether a change brings none of these.
    pub(super) async fn brings_none(
        &self,
        commit: &CommitId,
        base: &CommitId,
        forbid: &[Forbidden],
    ) -> Result<(Verdict, Evidence), Trouble> {
        let mut found = Vec::new();
        for thing in forbid {
            match thing {
                Forbidden::Todo => {
                    let diff = self.repo().diff(base, commit, DIFF_LOOKED_BYTES).await?;
                    if diff.len() > DIFF_LOOKED_BYTES {
                        return Ok(unverifiable("the change is too large to be looked through"));
                    }
                    found.extend(undone(&diff));
                }
                Forbidden::NewDependency => found.extend(self.new_dependencies(base, commit).await?),
            }
        }
        found.truncate(NAMED_AT_MOST);
        self.seen(commit, found.is_empty(), &found.join("\n")).await
    }

    async fn new_dependencies(&self, base: &CommitId, commit: &CommitId) -> Result<Vec<String>, Trouble> {
        let changes = self.repo().changes(base, commit).await?;
        let manifests: Vec<_> =
            changes.iter().filter(|change| dependencies(&change.path, "").is_some()).collect();
        let contents = self.repo().contents(&manifests).await?;
        let mut new = Vec::new();
        for (manifest, [before, after]) in manifests.iter().zip(contents) {
            let names = |text: Option<String>| dependencies(&manifest.path, &text.unwrap_or_default());
            let before: BTreeSet<_> = names(before).unwrap_or_default();
            let after = names(after).unwrap_or_default();
            new.extend(after.difference(&before).map(|name| format!("{}: {name} is new", manifest.path)));
        }
        Ok(new)
    }

    async fn seen(&self, commit: &CommitId, holds: bool, what: &str) -> Result<(Verdict, Evidence), Trouble> {
        let tree = self.repo().tree_of(commit).await?;
        let text: String = what.chars().take(OUTPUT_END_BYTES / 4).collect();
        let seen = match text.is_empty() {
            true => None,
            false => Some(self.0.blobs.put(text).await?),
        };
        Ok((verdict(holds), Evidence::Tree { tree, seen }))
    }
}

fn globs(texts: &[String]) -> Option<GlobSet> {
    let mut set = GlobSetBuilder::new();
    for text in texts {
        set.add(GlobBuilder::new(text).literal_separator(true).build().ok()?);
    }
    set.build().ok()
}

/// Lines that a patch adds and that say that something is left undone.
fn undone(patch: &str) -> Vec<String> {
    let mut path = "";
    let mut found = Vec::new();
    for line in patch.lines() {
        if let Some(file) = line.strip_prefix("+++ ") {
            path = file.strip_prefix("b/").unwrap_or(file);
        } else if let Some(added) = line.strip_prefix('+').filter(|added| is_undone(added)) {
            found.push(format!("{path}: {}", added.trim()));
        }
    }
    found
}

/// Whether a line says so in big letters, by a macro, or at the beginning of a comment.
fn is_undone(line: &str) -> bool {
    let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    let begins = |(at, mark): (usize, &str)| {
        let comment = line.get(at + mark.len()..).unwrap_or_default().trim_start().to_uppercase();
        UNDONE.iter().filter_map(|word| comment.strip_prefix(word)).any(|rest| rest.starts_with([':', '(']))
    };
    words.any(|word| UNDONE.contains(&word))
        || UNDONE_CALLS.iter().any(|call| line.contains(call))
        || COMMENTS.iter().flat_map(|mark| line.match_indices(mark)).any(begins)
}

#[cfg(test)]
mod tests {
    use super::undone;

    #[test]
    fn only_added_lines_leave_something_undone() {
        const CALL: &str = concat!("todo", "!()");
        let patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-// TODO old\n+// TODO: new\n+let todos = TODO_LIST;\n context TODO\n\
                     +// todo: small\n+  CALL\n+self.todo = todo  # what is to do\n+b # todo(me): it\n+a: [todo: 1]\n"
            .replace("CALL", CALL);
        let expected = ["x: // TODO: new", "x: // todo: small", &format!("x: {CALL}"), "x: b # todo(me): it"];
        assert_eq!(undone(&patch), expected);
    }
}
