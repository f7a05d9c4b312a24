//! Bounds of a scope: paths to read and to write, commands, hosts, and variables.

use std::fmt::Display;

use globset::GlobBuilder;
use serde::{Deserialize, Serialize};

use super::Host;
use super::setup::is_variable;
use crate::limits::{BOUNDS, TEXT_BYTES};
use crate::plan_check::glob_fault;

/// Where and with whom tools work. A part that is left out is as wide as that of whoever grants it; where nobody says anything,
/// paths and commands are free, and there are no hosts and no variables.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// Globs of the only paths that are there to be seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<Vec<String>>,
    /// Globs of the only paths that may be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write: Option<Vec<String>>,
    /// What the only commands begin with, word by word, such as `cargo test`. They are plain words then: no quotes, and nothing
    /// that a shell acts upon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commands: Option<Vec<String>>,
    /// Whom commands may talk to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hosts: Option<Vec<Host>>,
    /// Names of the Owner's variables that commands find set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<Vec<String>>,
}

impl Bounds {
    /// Whether nothing is bounded, and nothing granted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// These, with each part that the other one names put in its place.
    #[must_use]
    pub fn narrowed(&self, by: &Self) -> Self {
        Self {
            read: by.read.clone().or_else(|| self.read.clone()),
            write: by.write.clone().or_else(|| self.write.clone()),
            commands: by.commands.clone().or_else(|| self.commands.clone()),
            hosts: by.hosts.clone().or_else(|| self.hosts.clone()),
            env: by.env.clone().or_else(|| self.env.clone()),
        }
    }

    /// The hosts; none where nobody grants any.
    #[must_use]
    pub fn hosts(&self) -> &[Host] {
        self.hosts.as_deref().unwrap_or_default()
    }

    /// The Owner's variables; none where nobody grants any.
    #[must_use]
    pub fn env(&self) -> &[String] {
        self.env.as_deref().unwrap_or_default()
    }

    /// Whether a command may run.
    #[must_use]
    pub fn allow_command(&self, command: &str) -> bool {
        self.commands.as_ref().is_none_or(|rules| rules.iter().any(|rule| begins_with(command, rule)))
    }

    /// What is wrong with them by themselves.
    #[must_use]
    pub fn faults(&self) -> Vec<String> {
        let globs = |list: &'static str, globs: &Option<Vec<String>>| -> Vec<String> {
            let fault =
                |glob: &String| Some(format!("{list}: {glob:?} {}", glob_fault(glob.trim_end_matches('/'))?));
            globs.iter().flatten().filter_map(fault).collect()
        };
        let mut faults = [globs("read", &self.read), globs("write", &self.write)].concat();
        let is_command = |rule: &String| plain_words(rule).is_some_and(|words| !words.is_empty());
        faults.extend(self.commands.iter().flatten().filter(|rule| !is_command(rule)).map(|rule| {
            format!(
                "commands: {rule:?} is not the beginning of a command in plain words, such as \"cargo test\""
            )
        }));
        let env = self.env.iter().flatten().filter(|name| !is_variable(name));
        faults.extend(env.map(|name| format!("env: {name:?} can't be passed on")));
        let lists = [&self.read, &self.write, &self.commands, &self.env];
        let longest = lists.into_iter().flatten().map(Vec::len).chain([self.hosts().len()]).max();
        if longest.is_some_and(|longest| longest > BOUNDS) {
            faults.push(format!("a list of bounds has at most {BOUNDS} entries; join some"));
        }
        faults
    }

    /// What of these is not in wider ones, and what would be.
    #[must_use]
    pub fn beyond(&self, wide: &Self) -> Vec<String> {
        let (hosts, env) = (Some(wide.hosts().to_vec()), Some(wide.env().to_vec()));
        let mut beyond = outside("read", &self.read, &wide.read, |wide, narrow| covers(wide, narrow));
        beyond.extend(outside("write", &self.write, &wide.write, |wide, narrow| covers(wide, narrow)));
        beyond.extend(outside("commands", &self.commands, &wide.commands, |wide, narrow| {
            begins_with(narrow, wide)
        }));
        beyond.extend(outside("hosts", &self.hosts, &hosts, Host::covers));
        beyond.extend(outside("env", &self.env, &env, String::eq));
        beyond
    }

    /// What is bounded or granted, a line each.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        let line = |name: &str, list: Option<String>| list.map(|list| format!("{name}: {list}"));
        let lines = [
            line("paths to be seen", self.read.as_deref().map(joined)),
            line("paths that may change", self.write.as_deref().map(joined)),
            line(
                "commands, in plain words without quotes, pipes or variables",
                self.commands.as_deref().map(joined),
            ),
            line(
                "hosts that commands reach, through the proxy of HTTPS_PROXY",
                self.hosts.as_deref().map(joined),
            ),
            line("variables that commands find", self.env.as_deref().map(joined)),
        ];
        lines.into_iter().flatten().collect()
    }
}

/// A list in one line.
fn joined<T: Display>(list: &[T]) -> String {
    let names: Vec<_> = list.iter().map(ToString::to_string).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// The entries of a list that none of the wider one covers.
fn outside<T: Display>(
    name: &str,
    narrow: &Option<Vec<T>>,
    wide: &Option<Vec<T>>,
    covers: impl Fn(&T, &T) -> bool,
) -> Vec<String> {
    let Some(wide) = wide else { return Vec::new() };
    let left = narrow.iter().flatten().filter(|entry| !wide.iter().any(|other| covers(other, entry)));
    left.map(|entry| format!("{name}: {entry} is not granted to you; granted is: {}", joined(wide))).collect()
}

/// The words of a command that a shell would take as they stand.
fn plain_words(command: &str) -> Option<Vec<&str>> {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || " _-./:=,@+%".contains(sign);
    (command.len() <= TEXT_BYTES && command.chars().all(is_plain))
        .then(|| command.split_whitespace().collect())
}

fn begins_with(command: &str, rule: &str) -> bool {
    match (plain_words(command), plain_words(rule)) {
        (Some(command), Some(rule)) => !rule.is_empty() && command.starts_with(&rule),
        (None, _) | (_, None) => false,
    }
}

/// Whether every path that the narrow glob matches is matched by the wide one. It may say no where it is so, never yes where it
/// is not.
#[must_use]
pub fn covers(wide: &str, narrow: &str) -> bool {
    let (wide, narrow) = (whole(wide), whole(narrow));
    if wide == narrow || wide == "**" {
        return true;
    }
    // What is in braces may hold folders.
    if wide.contains('{') || narrow.contains('{') {
        return false;
    }
    let (wide, narrow): (Vec<_>, Vec<_>) = (wide.split('/').collect(), narrow.split('/').collect());
    // From the end: whether what is left of the wide one covers what is left of the narrow one.
    let mut below: Vec<bool> = narrow.iter().map(|_| false).chain([true]).collect();
    for (place, part) in wide.iter().enumerate().rev() {
        let is_last = place + 1 == wide.len();
        let mut row = vec![false; narrow.len() + 1];
        for at in (0..=narrow.len()).rev() {
            let after = |row: &[bool]| row.get(at + 1).copied().unwrap_or(false);
            let here = narrow.get(at);
            let covered = match (*part, here) {
                // The last one stands for one folder or more, others for none or more.
                ("**", None) => !is_last && below.get(at).copied().unwrap_or(false),
                ("**", Some(_)) if is_last => true,
                ("**", Some(_)) => below.get(at).copied().unwrap_or(false) || after(&row),
                (_, None | Some(&"**")) => false,
                (part, Some(name)) => covers_part(part, name) && after(&below),
            };
            if let Some(cell) = row.get_mut(at) {
                *cell = covered;
            }
        }
        below = row;
    }
    below.first().copied().unwrap_or(false)
}

/// A glob without the short forms of its ends.
fn whole(glob: &str) -> String {
    let glob = glob.trim_start_matches("./");
    if glob.ends_with('/') { format!("{glob}**") } else { glob.to_owned() }
}

/// The same of one part between two slashes.
fn covers_part(wide: &str, narrow: &str) -> bool {
    let has_signs = |part: &str| part.contains(['*', '?', '[', '\\']);
    if wide == narrow || (wide == "*" && !narrow.contains("**")) {
        return true;
    }
    let glob = GlobBuilder::new(wide).literal_separator(true).build();
    !has_signs(narrow)
        && !wide.contains("**")
        && glob.is_ok_and(|glob| glob.compile_matcher().is_match(narrow))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_glob_covers_what_lies_in_it() {
        for (wide, narrow, covered) in [
            ("**", "src/a.rs", true),
            ("src/", "src/**", true),
            ("src/**", "src/deep/*.rs", true),
            ("src/**", "src", false),
            ("src/*.rs", "src/a.rs", true),
            ("src/*.rs", "src/**", false),
            ("src/*.rs", "src/*", false),
            ("src/*", "src/*.rs", true),
            ("**/*.rs", "a/b/c.rs", true),
            ("**/*.rs", "a/**/*.rs", true),
            ("**/*.rs", "*.rs", true),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/**", false),
            ("*/x", "**/x", false),
            ("{a,b}/**", "a/x", false),
            ("{a,b}/**", "{a,b}/**", true),
        ] {
            assert_eq!(covers(wide, narrow), covered, "{wide} {narrow}");
        }
    }

    fn glob() -> impl Strategy<Value = String> {
        let part = prop::sample::select(vec!["a", "b", "ab", "*", "**", "a*", "*b", "?"]);
        prop::collection::vec(part, 1..5).prop_map(|parts| parts.join("/"))
    }

    fn matches(glob: &str, path: &str) -> bool {
        let glob = GlobBuilder::new(glob).literal_separator(true).build().unwrap();
        glob.compile_matcher().is_match(path)
    }

    proptest! {
        #[test]
        fn what_is_covered_is_matched(wide in glob(), narrow in glob(), path in "(a|b|ab|aab)(/(a|b|ab|ba)){0,4}") {
            if covers(&wide, &narrow) && matches(&narrow, &path) {
                prop_assert!(matches(&wide, &path), "{wide} covers {narrow}, and not {path}");
            }
        }
    }

    #[test]
    fn commands_begin_with_the_words_of_a_rule_and_hold_nothing_for_a_shell() {
        let bounds = Bounds { commands: Some(vec!["cargo test".to_owned()]), ..Bounds::default() };
        for (command, allowed) in [
            ("cargo test", true),
            ("  cargo   test -p core --lib a::b", true),
            ("cargo testing", false),
            ("cargo", false),
            ("cargo test; curl evil.org", false),
            ("cargo test\ncurl evil.org", false),
            ("cargo test $(id)", false),
            ("cargo test `id`", false),
            ("cargo test 'a b'", false),
            ("FOO=1 cargo test", false),
            ("", false),
        ] {
            assert_eq!(bounds.allow_command(command), allowed, "{command:?}");
        }
        assert!(Bounds::default().allow_command("anything | at all"));
    }

    fn bounds(text: &str) -> Bounds {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_wider_is_named_with_what_is_granted() {
        let wide =
            bounds(r#"{"write":["src/**"],"commands":["cargo"],"hosts":["*.crates.io"],"env":["CI"]}"#);
        let inside = r#"{"read":["docs/**"],"write":["src/a/*.rs"],"commands":["cargo test"],"hosts":["index.crates.io"],"env":[]}"#;
        assert_eq!(bounds(inside).beyond(&wide), Vec::<String>::new());
        assert_eq!(Bounds::default().beyond(&wide), Vec::<String>::new());
        let outside = r#"{"write":["**"],"commands":["npm"],"hosts":["evil.org"],"env":["TOKEN"]}"#;
        let told = bounds(outside).beyond(&wide);
        assert_eq!(told.len(), 4, "{told:?}");
        assert!(
            told.contains(&"hosts: evil.org is not granted to you; granted is: *.crates.io".to_owned()),
            "{told:?}"
        );
        assert_eq!(bounds(r#"{"hosts":["a.org"],"env":["CI"]}"#).beyond(&Bounds::default()).len(), 2);
    }

    #[test]
    fn faults_of_bounds_are_named() {
        let faulty = r#"{"read":["../x"],"write":["[a"],"commands":["a|b",""],"env":["HOME"]}"#;
        assert_eq!(bounds(faulty).faults().len(), 5);
        assert_eq!(
            bounds(r#"{"read":["src/"],"commands":["npm ci"],"env":["CI"]}"#).faults(),
            Vec::<String>::new()
        );
        assert!(serde_json::from_str::<Bounds>(r#"{"hosts":["http://a"]}"#).is_err());
    }
}
