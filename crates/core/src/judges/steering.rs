//! Steering: files that decide which tests run, and how. Some do nothing else; of others only a part does.

use super::Changed;

/// Files that do nothing else.
const WHOLE: &[&str] = &[
    "conftest.py",
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
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
    ".proverc",
    ".taprc",
    ".npmrc",
    ".envrc",
    "bunfig.toml",
    "rust-toolchain",
    "rust-toolchain.toml",
    // What linters are told, which are checkers too.
    "ruff.toml",
    ".ruff.toml",
    ".flake8",
    "mypy.ini",
    ".pylintrc",
    "clippy.toml",
    ".clippy.toml",
    "biome.json",
];

/// And those whose ending varies.
const WITH_ANY_ENDING: &[&str] = &[
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
    ".babelrc",
    "babel.config",
    ".swcrc",
    ".eslintrc",
    "eslint.config",
    ".golangci",
    ".rubocop",
];

/// Files of which a part does, and that part: the keys of a JSON or TOML document, sections, or marks in lines. After a name
/// without an ending, any may follow.
const PARTS: &[(&str, Part)] = &[
    (
        "package.json",
        Part::Keys(&[
            "scripts",
            "jest",
            "mocha",
            "ava",
            "vitest",
            "tap",
            "nyc",
            "c8",
            "imports",
            "type",
            "babel",
            "eslintConfig",
        ]),
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
            "workspace.exclude",
            "workspace.default-members",
            "lints",
            "workspace.lints",
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
            "tool.ruff",
            "tool.mypy",
            "tool.pylint",
            "tool.pyright",
        ]),
    ),
    ("setup.cfg", Part::Sections(&["pytest", "coverage", "tox", "flake8", "mypy", "pylint", "aliases"])),
    ("go.mod", Part::Lines(&["replace ", "exclude ", "toolchain "])),
    ("pom.xml", Part::Lines(&["skip", "test", "surefire", "failsafe", "include>", "exclude>"])),
    ("build.gradle", Part::Lines(&["test", "exclude", "include", "enabled", "ignoreFailures"])),
    ("build.gradle.kts", Part::Lines(&["test", "exclude", "include", "enabled", "ignoreFailures"])),
    (
        "vite.config",
        Part::Lines(&["test", "exclude", "include", "setupFiles", "globals", "coverage", "threshold"]),
    ),
    ("tsconfig.json", Part::Keys(&["exclude", "include", "files", "compilerOptions.paths"])),
    ("gemfile", Part::Lines(&["rspec", "minitest", "test-unit"])),
    // How files come into a checkout.
    (".gitattributes", Part::Lines(&["eol=", "crlf", "filter", "encoding", "ident"])),
];

/// Libraries of tests, as folders and modules: code that has their names stands in their place.
const LIBRARIES: &[&str] = &[
    "pytest.py",
    "pytest/__init__.py",
    "_pytest/__init__.py",
    "unittest.py",
    "unittest/__init__.py",
    "doctest.py",
    "hypothesis/__init__.py",
    "test/more.pm",
    "test/builder.pm",
    "test/simple.pm",
    "test/harness.pm",
    "test2/api.pm",
    "org/junit",
    "junit/framework",
    "org/testng",
    "org/hamcrest",
    "org/assertj",
    "minitest.rb",
    "minitest/autorun.rb",
];

/// Modules that every test of Python would take from the root instead of from where they belong.
const SHADOWED: &[&str] = &["random", "json", "subprocess", "os", "sys", "time"];

#[derive(Clone, Copy)]
enum Part {
    /// Values of a document, by dotted path.
    Keys(&'static [&'static str]),
    /// Lines that hold one of these.
    Lines(&'static [&'static str]),
    /// Sections of an INI file whose heading holds one of these.
    Sections(&'static [&'static str]),
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
        // Python runs it in place of the source beside it.
        || lower.ends_with(".pyc")
        || lower.split('/').any(|folder| folder == "node_modules")
        || shadows(lower)
}

fn shadows(lower: &str) -> bool {
    let stem = lower.strip_suffix("/__init__.py").or_else(|| lower.strip_suffix(".py"));
    let slashed = format!("/{lower}/");
    stem.is_some_and(|stem| SHADOWED.contains(&stem))
        || LIBRARIES.iter().any(|library| slashed.contains(&format!("/{library}/")))
}

fn part_of(lower: &str) -> Option<Part> {
    let name = lower.rsplit('/').next()?;
    let is_of = |file: &str| {
        name.strip_prefix(file)
            .is_some_and(|rest| rest.is_empty() || (file == "vite.config" && rest.starts_with('.')))
    };
    PARTS.iter().find(|(file, _)| is_of(file)).map(|(_, part)| *part)
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
        Part::Sections(marks) => {
            let mut is_in = false;
            let mut has = |line: &&str| {
                if line.starts_with('[') {
                    is_in = marks.iter().any(|mark| line.contains(mark));
                }
                is_in && !line.is_empty()
            };
            text.lines().map(str::trim).filter(|line| has(line)).collect::<Vec<_>>().join("\n")
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
        return serde_json::from_str(text).or_else(|_| serde_json::from_str(&plain_json(text))).ok();
    }
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

/// JSON without the comments and the last commas that its readers in the world of scripts allow.
fn plain_json(text: &str) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['"', '/', ',']) {
        let (head, tail) = rest.split_at(at);
        plain.push_str(head);
        let ends_list = |text: &str| text.trim_start().starts_with([']', '}']);
        let end = match tail {
            _ if tail.starts_with("//") => tail.find('\n').unwrap_or(tail.len()),
            _ if tail.starts_with("/*") => tail.find("*/").map_or(tail.len(), |end| end + 2),
            _ if tail.starts_with('"') => {
                let end = end_of_quote(tail);
                plain.push_str(tail.get(..end).unwrap_or_default());
                end
            }
            _ if tail.starts_with(',') && ends_list(tail.get(1..).unwrap_or_default()) => 1,
            _ => {
                plain.push_str(tail.get(..1).unwrap_or_default());
                1
            }
        };
        rest = tail.get(end..).unwrap_or_default();
    }
    plain.push_str(rest);
    plain
}

/// Where the text in quotes ends that begins here, behind its last quote.
fn end_of_quote(text: &str) -> usize {
    let mut is_escaped = true;
    let is_end = |c: char| {
        let ends = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        ends
    };
    text.find(is_end).map_or(text.len(), |end| end + 1)
}

fn at<'a>(document: &'a serde_json::Value, key: &str) -> Option<&'a serde_json::Value> {
    key.split('.').try_fold(document, |value, part| value.get(part))
}
