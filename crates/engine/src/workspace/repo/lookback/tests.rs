use super::*;
use crate::workspace::tests::Owner;
use serde_json::json;

const SECRET: &str = "the answer is 42";

fn look(verb: GitVerb) -> GitLook {
    GitLook { verb, commit: None, path: None, from_line: None, to_line: None, count: None }
}

fn sight(withheld: &[&str]) -> Sight {
    let withheld: Vec<_> =
        withheld.iter().map(|paths| json!({"paths": paths, "why": "not its task"})).collect();
    let contract = serde_json::from_value(json!({
        "title": "Parser", "seniority": "junior", "reason": "simple", "goal": "parse", "context": [],
        "constraints": [], "write_set": ["src/**"], "withheld": withheld,
        "acceptance": [{"id": "unit", "text": "it works", "check": {"kind": "command", "run": "true"}}],
    }));
    Sight::of(&contract.unwrap()).unwrap()
}

/// A repository whose secret was born under another name, was changed together with what may be seen, was moved to where it
/// is withheld, and was alone in a commit.
struct Past {
    owner: Owner,
    commits: Vec<CommitId>,
}

fn past() -> Past {
    let owner = Owner::with(&[("src/a.rs", "fn a() {}\n"), ("old.rs", "the answer is 42: born\n")]);
    let mut commits = vec![owner.head()];
    commits.push(owner.commits(&[("src/a.rs", "fn a() { b() }\n"), ("old.rs", "the answer is 42: both\n")]));
    std::fs::remove_file(owner.dir().join("old.rs")).unwrap();
    commits.push(owner.commits(&[("tests/secret.rs", "the answer is 42: moved\n")]));
    commits.push(owner.commits(&[("tests/secret.rs", "the answer is 42: alone\n")]));
    owner.write("src/a.rs", "fn a() { c() }\n");
    owner.git(&["add", "-A"]);
    owner.git(&["commit", "-q", "-m", "Calls c", "-m", "Since the answer is 42."]);
    commits.push(owner.head());
    Past { owner, commits }
}

async fn ask(past: &Past, withheld: &[&str], look: GitLook) -> Answer {
    let (repo, from, sight) = (past.owner.repo().await, past.owner.head(), sight(withheld));
    let lookback = Lookback::new(&repo, &from, Some(&sight)).await.unwrap();
    lookback.look(&look).await.unwrap()
}

#[tokio::test]
async fn nothing_withheld_is_told_by_any_verb_on_any_commit_with_any_path() {
    let past = past();
    let commits = past.commits.iter().map(|commit| Some(commit.0.clone())).chain([None]);
    let paths = [None, Some("tests"), Some("tests/secret.rs"), Some("old.rs"), Some("src"), Some("src/a.rs")];
    for commit in commits {
        for path in paths {
            for verb in [GitVerb::Log, GitVerb::Show, GitVerb::Diff, GitVerb::Blame] {
                let path = path.map(str::to_owned);
                let asked = GitLook { commit: commit.clone(), path, ..look(verb) };
                let answer = ask(&past, &["tests/**", "old.rs"], asked.clone()).await;
                let said = match &answer {
                    Ok(said) | Err(said) => said,
                };
                // The message of a commit that changed nothing else is its worker's to read.
                let is_own = commit.as_ref().is_none_or(|commit| *commit == past.commits[4].0);
                let told = if is_own { said.replace("Since the answer is 42.", "") } else { said.clone() };
                assert!(!told.contains(SECRET), "{asked:?}: {said}");
                let names_it = said.contains("secret.rs") || said.contains("old.rs");
                let asked_for_it = asked.path.as_ref().is_some_and(|path| path.ends_with(".rs"));
                assert!(!names_it || asked_for_it, "{asked:?}: {said}");
            }
        }
    }
    // Whoever nothing is withheld from reads all of it.
    let whole = GitLook { commit: Some(past.commits[1].0.clone()), ..look(GitVerb::Show) };
    assert!(ask(&past, &[], whole).await.unwrap().contains(SECRET));
}

#[tokio::test]
async fn an_earlier_name_of_a_withheld_file_is_withheld_too() {
    let past = past();
    for verb in [GitVerb::Show, GitVerb::Diff, GitVerb::Blame] {
        for path in [None, Some("old.rs".to_owned())] {
            let asked = GitLook { commit: Some(past.commits[1].0.clone()), path, ..look(verb) };
            let (Ok(said) | Err(said)) = ask(&past, &["tests/**"], asked).await;
            assert!(!said.contains(SECRET), "{said}");
        }
    }
}

#[tokio::test]
async fn a_worker_reads_the_past_of_what_it_sees() {
    let past = past();
    let withheld = ["tests/**"];
    let log = ask(&past, &withheld, look(GitVerb::Log)).await.unwrap();
    let hashes: Vec<_> = log.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect();
    let short = |at: usize| past.commits[at].0[..SHOWN_DIGITS].to_owned();
    assert_eq!(hashes, [short(4), short(1), short(0)], "{log}");
    assert!(log.lines().next().unwrap().ends_with("\tOwner\tCalls c"), "{log}");

    let shown =
        ask(&past, &withheld, GitLook { commit: Some(short(1)), ..look(GitVerb::Show) }).await.unwrap();
    assert!(shown.contains("+fn a() { b() }") && shown.contains("the Owner's"), "{shown}");
    let alone = ask(&past, &withheld, GitLook { commit: Some(short(3)), ..look(GitVerb::Show) }).await;
    assert!(alone.unwrap_err().contains("changed nothing there that you see"));

    let since = GitLook { commit: Some(short(0)), ..look(GitVerb::Diff) };
    let diff = ask(&past, &withheld, since).await.unwrap();
    assert!(diff.contains("-fn a() {}") && diff.contains("+fn a() { c() }"), "{diff}");
    let blame = GitLook { path: Some("src/a.rs".to_owned()), ..look(GitVerb::Blame) };
    assert_eq!(ask(&past, &withheld, blame).await.unwrap(), format!("{} 1\tfn a() {{ c() }}\n", short(4)));
}

#[tokio::test]
async fn whatever_is_not_below_the_base_is_not_there() {
    let past = past();
    let repo = past.owner.repo().await;
    past.owner.git(&["branch", "abcdef1"]);
    let lookback = Lookback::new(&repo, &past.commits[1], None).await.unwrap();
    for hash in
        [past.commits[2].0.as_str(), "abcdef1", "0000000", &repo.tree_of(&past.commits[0]).await.unwrap().0]
    {
        let asked = GitLook { commit: Some(hash.to_owned()), ..look(GitVerb::Show) };
        let why = lookback.look(&asked).await.unwrap().unwrap_err();
        assert!(why.contains("There is no commit") && why.contains("log lists them"), "{why}");
    }
    let log = lookback.look(&GitLook { count: Some(1), ..look(GitVerb::Log) }).await.unwrap().unwrap();
    assert_eq!(log.lines().count(), 1);
    let first = GitLook { commit: Some(past.commits[0].0.clone()), ..look(GitVerb::Show) };
    assert!(
        lookback.look(&first).await.unwrap().unwrap().contains("+fn a() {}"),
        "the first commit has a patch"
    );
}

#[tokio::test]
async fn what_a_repository_configures_is_not_run_and_long_answers_are_cut() {
    let owner = Owner::with(&[("a.bin", "x\n"), (".gitattributes", "*.bin diff=evil\n")]);
    let ran = owner.beside("ran");
    let command = format!("touch {} && cat", ran.display());
    owner.git(&["config", "diff.evil.textconv", &command]);
    owner.git(&["config", "diff.external", &command]);
    let earlier = owner.head();
    owner.commits(&[("a.bin", &"long line\n".repeat(20_000))]);
    let (repo, head) = (owner.repo().await, owner.head());
    let lookback = Lookback::new(&repo, &head, None).await.unwrap();
    for verb in [GitVerb::Log, GitVerb::Show, GitVerb::Diff, GitVerb::Blame] {
        let commit = (verb == GitVerb::Diff).then(|| earlier.0.clone());
        let asked = GitLook { commit, path: Some("a.bin".to_owned()), ..look(verb) };
        let said = lookback.look(&asked).await.unwrap().unwrap();
        assert!(said.len() <= TOOL_RESULT_BYTES + 100, "{verb:?}: {}", said.len());
    }
    assert!(!ran.exists());
    let beyond = GitLook { path: Some("a.bin".to_owned()), from_line: Some(90_000), ..look(GitVerb::Blame) };
    let why = lookback.look(&beyond).await.unwrap().unwrap_err();
    assert!(why.contains("has only 20000 lines"), "{why}");
}
