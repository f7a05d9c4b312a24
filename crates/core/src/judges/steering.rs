//! Steering: files that decide which tests run, and how. Some do nothing else; of others only a part does.

use super::Changed;

/// Files that do nothing else.
const WHOLE: [&str; 18] = [
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "tox.ini",
    "noxfile.py",
    ".coveragerc",
    "sitecustomize.py",
    "usercustomize.py",
    "nextest.toml",
    "build.rs",
    "makefile",
    "gnumakefile",
    "justfile",
    ".justfile",
    "rakefile",
    "taskfile.yml",
    ".rspec",
    "phpunit.xml",
];

/// And those whose ending varies.
const WITH_ANY_ENDING: [&str; 11] = [
    ".mocharc",
    "karma.conf",
    "jest.config",
    "jest.setup",
    "vitest.config",
    "vitest.setup",
    "playwright.config",
    "ava.config",
    "cypress.config",
    ".nycrc",
    ".c8rc",
];

/// Files of which a part does, and that part: the keys of a JSON or TOML document, or marks in lines.
const PARTS: [(&str, Part); 10] = [
    (
        "package.json",
        Part::Keys(&["scripts", "jest", "mocha", "ava", "vitest", "nyc", "c8", "imports", "type"]),
    ),
    (
        "cargo.toml",
        Part::Keys(&[
            "test",
            "bench",
            "lib",
            "profile",
            "patch",
            "replace",
            "package.build",
            "package.autotests",
            "package.workspace",
        ]),
    ),
    (
        "pyproject.toml",
        Part::Keys(&[
            "tool.pytest",
            "tool.coverage",
            "tool.tox",
            "tool.nox",
            "tool.hatch",
            "tool.pdm",
            "tool.poe",
        ]),
    ),
    (
        "setup.cfg",
        Part::Lines(&["pytest", "coverage", "addopts", "testpaths", "python_files", "norecursedirs"]),
    ),
    ("go.mod", Part::Lines(&["replace ", "exclude ", "toolchain "])),
    ("pom.xml", Part::Lines(&["skip", "test", "surefire", "failsafe", "include>", "exclude>"])),
    ("build.gradle", Part::Lines(&["test", "exclude", "include", "enabled", "ignoreFailures"])),
    ("build.gradle.kts", Part::Lines(&["test", "exclude", "include", "enabled", "ignoreFailures"])),
    ("tsconfig.json", Part::Lines(&["exclude", "include", "paths"])),
    ("gemfile", Part::Lines(&["rspec", "minitest", "test-unit"])),
];

/// Modules that a Python test would take from the repository instead of from where they belong.
const SHADOWED: [&str; 12] = [
    "pytest",
    "unittest",
    "doctest",
    "_pytest",
    "pluggy",
    "random",
    "json",
    "subprocess",
    "os",
    "sys",
    "time",
    "hypothesis",
];

#[derive(Clone, Copy)]
enum Part {
    /// Values of a document, by dotted path.
    Keys(&'static [&'static str]),
    /// Lines that hold one of these.
    Lines(&'static [&'static str]),
}

/// Whether a path, in lower case, steers tests.
pub(super) fn is_steering(lower: &str) -> bool {
    is_whole(lower) || part_of(lower).is_some()
}

fn is_whole(lower: &str) -> bool {
    let name = lower.rsplit('/').next().unwrap_or_default();
    let is_of = |family: &&str| {
        name.strip_prefix(*family).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    WHOLE.contains(&name)
        || WITH_ANY_ENDING.iter().any(is_of)
        || lower.contains(".cargo/config")
        || lower.ends_with(".pth")
        || lower.split('/').any(|folder| folder == "node_modules")
        || shadows(lower)
}

fn shadows(lower: &str) -> bool {
    let stem = lower.strip_suffix("/__init__.py").or_else(|| lower.strip_suffix(".py"));
    stem.is_some_and(|stem| SHADOWED.contains(&stem))
}

fn part_of(lower: &str) -> Option<Part> {
    let name = lower.rsplit('/').next()?;
    PARTS.iter().find(|(file, _)| *file == name).map(|(_, part)| *part)
}

/// What a change did to how tests are run.
pub(super) fn steered(change: &Changed) -> Vec<String> {
    let lower = change.path.to_lowercase();
    let is_other = match part_of(&lower) {
        Some(part) if !is_whole(&lower) => {
            steering_part(change.before, &lower, part) != steering_part(change.after, &lower, part)
        }
        Some(_) | None => change.before != change.after,
    };
    let what = match (change.before, change.after) {
        (None, _) => "is new, and changes how tests are run",
        (_, None) => "is gone, which changes how tests are run",
        (Some(_), Some(_)) => "was changed in what decides how tests are run",
    };
    if is_other { vec![what.to_owned()] } else { Vec::new() }
}

/// What of a document steers, as one text; a document that can't be read steers by all that it holds.
fn steering_part(text: Option<&str>, lower: &str, part: Part) -> String {
    let text = text.unwrap_or_default();
    match part {
        Part::Lines(marks) => {
            let has = |line: &&str| marks.iter().any(|mark| line.contains(mark));
            text.lines().map(str::trim).filter(has).collect::<Vec<_>>().join("\n")
        }
        Part::Keys(keys) => match document(text, lower) {
            Some(document) => {
                let values = keys.iter().filter_map(|key| Some(format!("{key}={}", at(&document, key)?)));
                values.collect::<Vec<_>>().join("\n")
            }
            None => text.to_owned(),
        },
    }
}

fn document(text: &str, lower: &str) -> Option<serde_json::Value> {
    if text.is_empty() {
        return Some(serde_json::Value::Null);
    }
    if lower.ends_with(".json") {
        return serde_json::from_str(text).ok();
    }
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

fn at<'a>(document: &'a serde_json::Value, key: &str) -> Option<&'a serde_json::Value> {
    key.split('.').try_fold(document, |value, part| value.get(part))
}
