//! What a search of 10,000 files costs, 2,000 of them ignored: by the tool, in its answer's order, and by ripgrep as it is installed,
//! with one thread and with as many as it likes.

#![expect(clippy::unwrap_used, reason = "a bench stops where it fails")]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use divan::Bencher;
use tempfile::TempDir;
use trireme_core::prompts::Page;
use trireme_engine::workspace::Files;

const FOLDERS: usize = 200;
const FILES: usize = 50;
const LINES: usize = 120;
/// There is one in every two hundredth file.
const PATTERN: &str = r"needle_[0-9]+\(";

fn main() {
    divan::main();
}

fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join(".git")).unwrap();
    fs::write(dir.path().join(".gitignore"), "/folder-1[0-3]?/\n*.log\n").unwrap();
    for folder in 0..FOLDERS {
        let place = dir.path().join(format!("folder-{folder}"));
        fs::create_dir(&place).unwrap();
        for file in 0..FILES {
            fs::write(place.join(format!("file-{file}.rs")), text(folder * FILES + file)).unwrap();
        }
    }
    dir
}

fn text(number: usize) -> String {
    let mut text = String::new();
    for line in 0..LINES {
        writeln!(text, "    let value_{line} = compute(needle, {number}, {line});").unwrap();
    }
    if number.is_multiple_of(200) {
        writeln!(text, "    needle_{number}();").unwrap();
    }
    text
}

#[divan::bench(sample_count = 50, sample_size = 1)]
fn tool(bencher: Bencher<'_, '_>) {
    let dir = tree();
    let files = Files::open(dir.path()).unwrap();
    bencher.bench_local(|| {
        let answer = files.search(PATTERN, None, Page::default()).unwrap();
        assert_eq!(answer.lines().count(), 40);
    });
}

#[divan::bench(sample_count = 50, sample_size = 1, args = ["1", "0"])]
fn ripgrep(bencher: Bencher<'_, '_>, threads: &str) {
    let dir = tree();
    bencher.bench_local(|| {
        assert_eq!(hits(dir.path(), threads), 40, "is ripgrep there? apt-get install ripgrep")
    });
}

#[expect(clippy::disallowed_methods, reason = "this is what the tool is compared with")]
fn hits(dir: &Path, threads: &str) -> usize {
    let rg =
        std::process::Command::new("rg").args(["-n", "-j", threads, PATTERN, "."]).current_dir(dir).output();
    rg.map_or(0, |rg| rg.stdout.split(|byte| *byte == b'\n').count() - 1)
}
