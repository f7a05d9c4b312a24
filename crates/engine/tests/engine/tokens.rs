//! The claim that reservations stand on: a request never has more tokens than its body weighs, and what the provider adds.
//! Measured on real files of this machine and on texts that were made to break it, with three tokenizers.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use trireme_core::Wire;
use trireme_core::limits::HIDDEN_INPUT_TOKENS;
use trireme_core::weight::weight;
use trireme_engine::bus::dialect;
use trireme_engine::bus::{Message, Request, UserPart};

const COUNTER: &str = include_str!("tokens.py");
const FILES_MIN: usize = 500;
const FILES_MAX: usize = 600;
/// What is taken of one file.
const FILE_BYTES: usize = 12_000;
const ENDINGS: [&str; 9] = ["rs", "md", "toml", "json", "lock", "py", "txt", "c", "yml"];

struct Sample {
    name: String,
    text: String,
    /// The lightest body that carries it.
    weight: u64,
    body: String,
}

#[test]
fn no_text_has_more_tokens_than_its_request_weighs() {
    let samples = samples();
    let files = samples.iter().filter(|sample| sample.name.starts_with('/')).count();
    assert!(files >= FILES_MIN, "{files} files: too few to say anything");
    let o200k = tiktoken_rs::o200k_base().unwrap();
    let counts = |text: &str| o200k.encode_ordinary(text).len();
    let texts: Vec<usize> = samples.iter().map(|sample| counts(&sample.text)).collect();
    let bodies: Vec<usize> = samples.iter().map(|sample| counts(&sample.body)).collect();
    hold("o200k", &samples, &texts, &bodies);
    let both = samples.iter().map(|sample| &sample.text).chain(samples.iter().map(|sample| &sample.body));
    match others(&both.collect::<Vec<_>>()) {
        Ok(counts) => {
            assert_eq!(counts.len(), 2);
            for (name, counts) in counts {
                let (texts, bodies) = counts.split_at(samples.len());
                hold(&name, &samples, texts, bodies);
            }
        }
        Err(why) => {
            trireme_testkit::skipped(format!("the tokenizers of Claude and DeepSeek can't be fetched: {why}"))
        }
    }
}

/// Without the allowance for what the provider adds, so that all of it is left for that.
fn hold(tokenizer: &str, samples: &[Sample], texts: &[usize], bodies: &[usize]) {
    for ((sample, text), body) in samples.iter().zip(texts).zip(bodies) {
        for (what, tokens) in [("text", *text as u64), ("body", *body as u64)] {
            assert!(
                tokens <= sample.weight,
                "{tokenizer}: {}: {what}: {tokens} > {}",
                sample.name,
                sample.weight
            );
        }
    }
    let weights: u64 = samples.iter().map(|sample| sample.weight + HIDDEN_INPUT_TOKENS).sum();
    let tokens: usize = texts.iter().sum();
    assert_eq!((texts.len(), bodies.len()), (samples.len(), samples.len()));
    eprintln!("{tokenizer}: {} samples, {tokens} tokens, bound {weights}", samples.len());
}

fn samples() -> Vec<Sample> {
    let mut texts: Vec<(String, String)> = made();
    let mut files = Vec::new();
    for root in roots() {
        collect(&root, &mut files, 0);
    }
    files.sort();
    let step = (files.len() / FILES_MAX).max(1);
    let read = |path: &PathBuf| {
        let text = String::from_utf8(std::fs::read(path).ok()?).ok()?;
        let end = (0..=FILE_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end))?;
        (end > 0).then(|| (path.display().to_string(), text[..end].to_owned()))
    };
    texts.extend(files.iter().step_by(step).filter_map(read).take(FILES_MAX));
    texts.into_iter().map(sample).collect()
}

/// The request as our own encoders make it.
fn sample((name, text): (String, String)) -> Sample {
    let request = Request {
        model: "m".to_owned(),
        messages: vec![Message::User(vec![UserPart::Text(text.clone())])],
        max_tokens: 1,
        ..Request::default()
    };
    let bodies = Wire::ALL.map(|wire| dialect(wire).encode(&request));
    let bodies = bodies.into_iter().filter(|body| !body.is_empty());
    let lightest = bodies.min_by_key(|body| weight(body)).unwrap();
    Sample { name, text, weight: weight(&lightest), body: String::from_utf8(lightest).unwrap() }
}

/// Texts that were made to have many tokens.
fn made() -> Vec<(String, String)> {
    let mut prng = trireme_testkit::Prng::new(20_261_120);
    let mut random = |letters: &[char]| (0..4_000).map(|_| *prng.pick(letters)).collect::<String>();
    let range = |from: u32, until: u32| (from..until).filter_map(char::from_u32).collect::<Vec<_>>();
    let base64: Vec<char> = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['+', '/']).collect();
    let texts = [
        ("chinese", "船在港口等待潮水，水手们把绳子一圈一圈地收起来。".repeat(40)),
        ("japanese", "三段櫂船は静かな海をゆっくりと進んだ。ｶﾞｷﾞｸﾞ㍿㌔".repeat(40)),
        ("korean", "노를 젓는 사람들은 북소리에 맞추어 노래를 불렀다.".repeat(40)),
        ("arabic", "السفينة تنتظر المد في الميناء ﷺ ﷻ".repeat(40)),
        ("thai", "เรือรอน้ำขึ้นอยู่ในท่าเรือ".repeat(40)),
        ("emoji", "👩‍👩‍👧‍👦🏴󠁧󠁢󠁳󠁣󠁴󠁿🤽🏽‍♀️🧑🏿‍🚀".repeat(60)),
        ("prose", "The galley lay at anchor; nobody rowed, and the drum was silent. ".repeat(40)),
        ("base64", random(&base64)),
        ("hex", random(&"0123456789abcdef".chars().collect::<Vec<_>>())),
        ("random ascii", random(&range(0x20, 0x7f))),
        ("control", random(&range(0x01, 0x20))),
        ("rare ideographs", random(&range(0x20000, 0x2a6d0))),
        ("private use", random(&range(0xe000, 0xf8ff))),
        ("compatibility", random(&range(0xf900, 0xfffd))),
        ("mathematics", random(&range(0x1d400, 0x1d7ff))),
        ("notes", random(&range(0x1d15e, 0x1d165))),
        ("marks", random(&range(0x300, 0x36f))),
        ("everything", random(&range(0x80, 0x2fff))),
        ("the worst letter", "\u{fdfa}".repeat(4_000)),
        ("other long letters", "\u{f79}\u{f77}\u{2a0c}\u{334a}\u{1d1c0}".repeat(400)),
        ("nothing between", "\u{200b}\u{200d}\u{feff}".repeat(400)),
        ("words of tokenizers", "<|endoftext|><|im_start|>\n\nHuman: <EOT>".repeat(80)),
        ("quotes", "\\\"\n\t\r\\u0000".repeat(300)),
        ("letters alone", "a b c d e f ! ? ; : ".repeat(200)),
    ];
    texts.into_iter().map(|(name, text)| (name.to_owned(), text)).collect()
}

/// Sources of other people that every machine has that builds this: of packages, and of Python.
#[expect(clippy::disallowed_methods, reason = "tests find the files of the machine that they run on")]
fn roots() -> Vec<PathBuf> {
    let home = || std::env::var("HOME").map(|home| Path::new(&home).join(".cargo"));
    let cargo = std::env::var("CARGO_HOME").map(PathBuf::from).or_else(|_| home()).unwrap_or_default();
    let python =
        run(Path::new("python3"), &["-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"], &[]);
    let python = python.ok().and_then(|path| String::from_utf8(path).ok());
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
    let python = python.map(|path| PathBuf::from(path.trim()));
    [Some(cargo.join("registry/src")), python, Some(ours)].into_iter().flatten().collect()
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>, depth: usize) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() && depth < 8 {
            collect(&path, files, depth + 1);
        } else if ENDINGS.contains(&ending) {
            files.push(path);
        }
    }
}

/// What the tokenizers count that a wheel carries, by name.
fn others(texts: &[&String]) -> Result<BTreeMap<String, Vec<usize>>, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tokens");
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let words = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    if !python.is_file() {
        run(Path::new("python3"), &["-m", "venv", &venv.display().to_string()], &[])?;
    }
    run(&python, &words("-m pip install --quiet --no-deps tokenizers==0.23.3"), &[])?;
    let dest = folder.display().to_string();
    let download = "-m pip download --quiet --no-deps --only-binary=:all: litellm==1.109.1 --dest";
    run(&python, &[words(download), vec![&dest]].concat(), &[])?;
    let entries = std::fs::read_dir(&folder).map_err(|error| error.to_string())?;
    let mut paths = entries.flatten().map(|entry| entry.path().display().to_string());
    let wheel = paths.find(|path| path.ends_with(".whl")).ok_or("no wheel came")?;
    let input = serde_json::to_vec(texts).unwrap();
    let counts = run(&python, &["-c", COUNTER, &wheel], &input);
    // What is installed must work: only what can't be had is skipped.
    Ok(serde_json::from_slice(&counts.unwrap()).unwrap())
}

#[expect(clippy::disallowed_methods, reason = "the counters are other programs")]
fn run(program: &Path, words: &[&str], input: &[u8]) -> Result<Vec<u8>, String> {
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let feeder = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let _ = feeder.join();
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
