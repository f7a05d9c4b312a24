use std::fs;
use std::path::Path;

use super::*;
use crate::workspace::tests::{Owner, all_of, write};
use crate::workspace::{Checkout, Pool};

/// What commands may do to a folder of files. `$OUT` is a folder elsewhere on the same disk.
const DEEDS: [&str; 24] = [
    "printf 2 | dd of=src/a conv=notrunc status=none; touch -r src/b src/a",
    "mkdir -p target; ln src/a target/x; echo more >> target/x; rm target/x",
    "ln src/a $OUT/x; echo more >> $OUT/x; rm $OUT/x",
    "python3 -c \"import mmap, os; f = open('src/a', 'r+b'); m = mmap.mmap(f.fileno(), 0); f.close(); m[0:1] = b'X'; os._exit(0)\"",
    "truncate -s 0 src/deep/a",
    "mv src/a src/c; cp src/c src/a; rm src/c",
    "mv src/a $OUT/a; mv $OUT/a src/a",
    "mv src src2; cp -r src2 src; rm -r src2",
    "mv src src2; mkdir src; mv src2 src/deeper",
    "rm -r src/deep",
    "rm -r src; echo file > src",
    "rm -r src; ln -s $OUT src; mkdir $OUT/deep; echo foreign > $OUT/deep/a",
    "chmod 600 src/a",
    "chmod 500 src/deep; chmod 700 .",
    "rm src/a; ln -s b src/a",
    "rm link; echo file > link",
    "echo new > src/new; mkdir -p new/folder; echo new > new/folder/file",
    "mkdir -p target/sub; echo '!*' > target/.gitignore; echo built > target/sub/x",
    "mkdir -p half; echo 1 > half/built",
    "echo 1 > half/kept",
    "echo '*' > .gitignore; echo 1 > hidden; echo '*' > src/.gitignore; echo 1 > src/hidden",
    "i=0; while [ $i -lt 9000 ]; do echo $i >> src/a; echo $i >> src/b; i=$((i+1)); done",
    "exec 3<> src/a; echo x >&3; cp src/b $OUT/b; cat $OUT/b > src/a",
    "mkdir .git src/.git; echo x > .git/config; echo x > src/.git/HEAD; mkfifo src/pipe",
];

#[expect(clippy::disallowed_methods, reason = "plays a command of a check, outside of any sandbox")]
fn perform(deed: &str, dir: &Path, elsewhere: &Path) {
    let mut sh = std::process::Command::new("sh");
    let done = sh.args(["-ec", deed]).current_dir(dir).env("OUT", elsewhere).status().unwrap();
    assert!(done.success(), "{deed}");
}

fn owner() -> Owner {
    let owner = Owner::with(&[
        (".gitignore", "target/\nhalf/*\n!half/kept\n"),
        ("src/a", "1\n"),
        ("src/b", "1\n"),
        ("src/deep/a", "1\n"),
        ("src/deep/deeper/a", "1\n"),
    ]);
    std::os::unix::fs::symlink("src/a", owner.dir().join("link")).unwrap();
    owner.commits(&[]);
    owner
}

async fn checkout(owner: &Owner) -> Checkout {
    let pool = Pool::new(&owner.repo().await, owner.beside("state"));
    pool.checkout("check", &owner.head(), &[]).await.unwrap()
}

/// What is there but for what tracked rules exclude.
fn files(dir: &Path) -> BTreeSet<(PathBuf, u32, u64, Vec<u8>)> {
    let all = all_of(dir).into_iter().map(|(path, (mode, names, content))| (path, mode, names, content));
    all.filter(|(path, ..)| !path.starts_with("target") && !path.starts_with("half")).collect()
}

#[tokio::test]
async fn whatever_was_done_the_next_command_finds_nothing_of_it() {
    let owner = owner();
    let mut checkout = checkout(&owner).await;
    let dir = checkout.ready().await.unwrap().dir().to_owned();
    let before = files(&dir);
    // Backwards as well: what one deed leaves must not hide the next one.
    for deed in DEEDS.iter().chain(DEEDS.iter().rev()) {
        let elsewhere = owner.beside("elsewhere");
        fs::create_dir_all(&elsewhere).unwrap();
        perform(deed, &dir, &elsewhere);
        checkout.ready().await.unwrap();
        assert_eq!(files(&dir), before, "{deed}");
        assert!(!dir.join("half/kept").exists(), "{deed}");
        fs::remove_dir_all(elsewhere).unwrap();
    }
}

#[tokio::test]
async fn only_what_was_touched_is_looked_at() {
    let owner = owner();
    let folder = Pool::new(&owner.repo().await, owner.beside("state"));
    let folder = folder.folder("folder", &owner.head(), &|_| true).await.unwrap();
    folder.watch().await.unwrap();
    let dir = folder.dir();
    let touched = || {
        folder.take_vigil().map(|mut vigil| {
            let touched = vigil.touched(dir).clone();
            folder.keep_vigil(Some(vigil));
            touched
        })
    };
    let Some(none) = touched() else {
        return trireme_testkit::skipped("no folder can be watched here".to_owned());
    };
    let within = |folders: &[&str]| Touched::Within(folders.iter().map(PathBuf::from).collect());
    assert_eq!(none, within(&[]));
    fs::read(dir.join("src/a")).unwrap();
    assert_eq!(touched(), Some(within(&[])), "who reads touches nothing");
    write(dir, "src/deep/a", "2\n");
    write(dir, "target/built", "1\n");
    assert_eq!(touched(), Some(within(&["", "src/deep"])));
    assert_eq!(folder.altered().await.unwrap(), ["src/deep/a"]);
    folder.renew().await.unwrap();
    assert_eq!(touched(), Some(within(&[""])), "what is left in it is not watched");
    assert_eq!(folder.altered().await.unwrap(), [""; 0]);
    fs::rename(dir.join("src"), dir.join("other")).unwrap();
    assert_eq!(touched(), Some(Touched::Anywhere));
    folder.renew().await.unwrap();
    write(dir, "src/deep/deeper/a", "2\n");
    assert_eq!(touched(), Some(within(&["", "src/deep/deeper"])), "it began anew");
    fs::rename(dir, owner.beside("moved")).unwrap();
    fs::create_dir(dir).unwrap();
    assert_eq!(touched(), Some(Touched::Anywhere), "another folder");
}
