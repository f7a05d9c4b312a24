//! Manifests: files that say what a project depends on. Pure; names only, so that another version is no new dependency.

use std::collections::BTreeSet;

use serde_json::Value;

/// The names of what a manifest says that its project depends on; none where the path is no manifest that is known here.
/// A manifest that can't be read has one dependency, its own text, so that nothing new hides behind a slip.
#[must_use]
pub fn dependencies(path: &str, text: &str) -> Option<BTreeSet<String>> {
    let name = path.rsplit('/').next()?.to_lowercase();
    let tables: &[&str] = match name.as_str() {
        "package.json" => &[
            "dependencies",
            "devDependencies",
            "peerDependencies",
            "optionalDependencies",
            "bundledDependencies",
        ],
        "cargo.toml" => &[
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "workspace.dependencies",
            "target.*.dependencies",
            "target.*.dev-dependencies",
            "target.*.build-dependencies",
        ],
        "pyproject.toml" => &[
            "project.dependencies",
            "project.optional-dependencies.*",
            "dependency-groups.*",
            "build-system.requires",
            "tool.poetry.dependencies",
            "tool.poetry.group.*.dependencies",
        ],
        "composer.json" => &["require", "require-dev"],
        "go.mod" => return Some(go_modules(text)),
        "gemfile" => return Some(quoted_after(text, "gem ")),
        "pom.xml" => return Some(between(text, "<artifactId>", "</artifactId>")),
        "build.gradle" | "build.gradle.kts" => return Some(gradle(text)),
        _ if name.starts_with("requirements") && name.ends_with(".txt") => {
            return Some(text.lines().filter_map(requirement).collect());
        }
        _ => return None,
    };
    Some(document(&name, text).map_or_else(
        || BTreeSet::from([text.to_owned()]),
        |document| tables.iter().flat_map(|table| names_at(&document, table)).collect(),
    ))
}

fn document(name: &str, text: &str) -> Option<Value> {
    if text.trim().is_empty() {
        return Some(Value::Null);
    }
    if name.ends_with(".json") {
        return serde_json::from_str(text).ok();
    }
    serde_json::to_value(toml::from_str::<toml::Value>(text).ok()?).ok()
}

/// The names in a table or a list at a dotted path, where `*` stands for any key.
fn names_at(document: &Value, path: &str) -> BTreeSet<String> {
    let mut values = vec![document];
    for part in path.split('.') {
        values = values
            .into_iter()
            .flat_map(|value| match part {
                "*" => value.as_object().map(|table| table.values().collect()).unwrap_or_default(),
                key => value.get(key).into_iter().collect::<Vec<_>>(),
            })
            .collect();
    }
    values.into_iter().flat_map(names_in).collect()
}

fn names_in(value: &Value) -> Vec<String> {
    match value {
        Value::Object(table) => table.keys().cloned().collect(),
        Value::Array(list) => list.iter().filter_map(|line| requirement(line.as_str()?)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

/// The name in a line of requirements: `requests[socks]>=2 ; python_version > "3"`.
fn requirement(line: &str) -> Option<String> {
    let line = line.split(" #").next().unwrap_or_default().trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    if line.starts_with('-') || line.contains("://") {
        return Some(line.to_owned());
    }
    let name: String = line.chars().take_while(|c| c.is_alphanumeric() || "-_.".contains(*c)).collect();
    (!name.is_empty()).then(|| name.to_lowercase().replace('_', "-"))
}

fn go_modules(text: &str) -> BTreeSet<String> {
    let words = |line: &str| {
        let line = line.split("//").next().unwrap_or_default().trim().trim_start_matches("require ").trim();
        let mut words = line.split_whitespace();
        let (name, version) = (words.next()?, words.next()?);
        version.starts_with('v').then(|| name.to_owned())
    };
    text.lines().filter_map(words).collect()
}

fn quoted_after(text: &str, word: &str) -> BTreeSet<String> {
    let name = |line: &str| {
        let rest = line.trim().strip_prefix(word)?.trim();
        let quote = rest.chars().next().filter(|c| "'\"".contains(*c))?;
        Some(rest.get(1..)?.split(quote).next()?.to_owned())
    };
    text.lines().filter_map(name).collect()
}

fn between(text: &str, open: &str, close: &str) -> BTreeSet<String> {
    text.split(open).skip(1).filter_map(|rest| Some(rest.split_once(close)?.0.trim().to_owned())).collect()
}

/// `implementation("group:name:1.0")`, and whatever else names something with two colons or one.
fn gradle(text: &str) -> BTreeSet<String> {
    let quoted = text.split(['"', '\'']).skip(1).step_by(2);
    let name = |coordinates: &str| {
        let mut parts = coordinates.split(':');
        Some(format!("{}:{}", parts.next()?, parts.next()?))
    };
    quoted.filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(path: &str, text: &str) -> String {
        dependencies(path, text).unwrap().into_iter().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_found_in_the_usual_manifests() {
        for (path, text, expected) in [
            ("package.json", r#"{"dependencies":{"a":"^1"},"devDependencies":{"b":"2"}}"#, "a b"),
            (
                "a/Cargo.toml",
                "[dependencies]\na='1'\n[target.'cfg(unix)'.dependencies]\nb={version='1'}\n",
                "a b",
            ),
            ("Cargo.toml", "[workspace.dependencies]\nc='1'\n", "c"),
            (
                "pyproject.toml",
                "[project]\ndependencies=['Requests>=2','typing_extensions']\n[dependency-groups]\ntest=['pytest']\n",
                "pytest requests typing-extensions",
            ),
            ("requirements-dev.txt", "# x\nflask==3 # web\n-r base.txt\n\n", "-r base.txt flask"),
            (
                "go.mod",
                "module x\ngo 1.22\nrequire (\n\tgithub.com/a/b v1.2.3 // indirect\n)\nrequire c.org/d v0.1.0\n",
                "c.org/d github.com/a/b",
            ),
            ("Gemfile", "gem 'rails', '7'\n# gem 'x'\n", "rails"),
            ("pom.xml", "<dependency><artifactId>junit</artifactId></dependency>", "junit"),
            ("build.gradle.kts", "implementation(\"org.a:b:1.0\")\n", "org.a:b"),
            ("composer.json", "{}", ""),
            ("package.json", "", ""),
        ] {
            assert_eq!(names(path, text), expected, "{path}");
        }
        assert_eq!(dependencies("src/lib.rs", "x"), None);
        assert_eq!(names("package.json", "{"), "{");
    }
}
