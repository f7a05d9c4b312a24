use std::os::unix::fs::MetadataExt;

use super::*;
use crate::workspace::tests::{Owner, write};
use crate::workspace::{Pool, Worktree};

/// A folder in which a command made something.
fn made(dir: &Path) -> Fittings {
    write(dir, "modules/a/index.js", "one\n");
    write(dir, "modules/b/index.js", "two\n");
    write(dir, "web/.venv/bin/run", "#!/bin/sh\n");
    fs::set_permissions(dir.join("web/.venv/bin/run"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::hard_link(dir.join("modules/a/index.js"), dir.join("second")).unwrap();
    symlink("../a/index.js", dir.join("modules/b/link.js")).unwrap();
    let long_ago = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = File::options().write(true).open(dir.join("modules/b/index.js")).unwrap();
    file.set_times(FileTimes::new().set_modified(long_ago)).unwrap();
    let paths = vec!["modules".to_owned(), "web/.venv".to_owned()];
    Fittings::at(dir.with_added_extension("kept"), paths)
}

fn read(path: PathBuf) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_copy_is_a_folders_own_and_only_what_was_touched_is_copied_anew() {
    let ground = tempfile::tempdir().unwrap();
    let (maker, dir, list) =
        (ground.path().join("maker"), ground.path().join("a0"), ground.path().join("list"));
    let fittings = made(&maker);
    assert!(!fittings.are_there());
    assert_eq!(fittings.take_from(&maker).unwrap(), <[&str; 0]>::default());
    assert!(fittings.are_there() && !maker.join("modules").exists());
    fs::create_dir_all(&dir).unwrap();
    fittings.bring_into(&dir, &list).unwrap();

    let about = |path: &str| dir.join(path).symlink_metadata().unwrap();
    assert_eq!(about("modules/a/index.js").nlink(), 1);
    assert_eq!(
        (about("modules/b/index.js").mtime(), about("web/.venv/bin/run").mode() & 0o777),
        (1_000_000_000, 0o755)
    );
    assert_eq!(fs::read_link(dir.join("modules/b/link.js")).unwrap(), Path::new("../a/index.js"));

    let (untouched, before) =
        (about("web/.venv/bin/run").ino(), about("modules/b/index.js").modified().unwrap());
    fs::write(dir.join("modules/b/index.js"), "bad\n").unwrap();
    let file = File::options().write(true).open(dir.join("modules/b/index.js")).unwrap();
    file.set_times(FileTimes::new().set_modified(before)).unwrap();
    let foreign = ground.path().join("foreign");
    write(&foreign, "index.js", "foreign\n");
    fs::remove_dir_all(dir.join("modules/a")).unwrap();
    symlink(&foreign, dir.join("modules/a")).unwrap();
    write(&dir, "modules/.cache/poison", "bad\n");
    fs::write(dir.join("web/.venv/bin/python"), "bad\n").unwrap();
    fittings.bring_into(&dir, &list).unwrap();
    assert_eq!(
        (read(dir.join("modules/a/index.js")), read(dir.join("modules/b/index.js"))),
        ("one\n".to_owned(), "two\n".to_owned())
    );
    assert!(!dir.join("modules/.cache").exists() && !dir.join("web/.venv/bin/python").exists());
    assert_eq!(
        (about("web/.venv/bin/run").ino(), read(foreign.join("index.js"))),
        (untouched, "foreign\n".to_owned())
    );
}

#[test]
fn nothing_is_written_through_a_link_and_nothing_half_done_is_taken() {
    let ground = tempfile::tempdir().unwrap();
    let (maker, dir) = (ground.path().join("maker"), ground.path().join("a0"));
    let fittings = made(&maker);
    fs::rename(maker.join("web"), maker.join("elsewhere")).unwrap();
    assert_eq!(fittings.take_from(&maker).unwrap(), ["web/.venv"]);
    assert!(!fittings.are_there() && maker.join("modules/a/index.js").exists(), "all of them or none");
    fs::rename(maker.join("elsewhere"), maker.join("web")).unwrap();
    fittings.take_from(&maker).unwrap();
    let foreign = ground.path().join("foreign");
    write(&foreign, ".venv/theirs", "1\n");
    fs::create_dir_all(&dir).unwrap();
    symlink(&foreign, dir.join("web")).unwrap();
    fittings.bring_into(&dir, &ground.path().join("list")).unwrap();
    assert!(foreign.join(".venv/theirs").exists() && !foreign.join(".venv/bin").exists());
    assert!(dir.join("modules/a/index.js").exists());
}

#[tokio::test]
async fn they_are_no_part_of_a_result_and_stay_in_a_folder_that_is_used_again() {
    let owner = Owner::with(&[("a", "1\n"), ("web/page", "1\n")]);
    let repo = owner.repo().await.with_apart(vec!["modules".to_owned(), "web/.venv".to_owned()]);
    fs::create_dir_all(owner.beside("state/work")).unwrap();
    let pool = Pool::new(&repo, owner.beside("state/work"));
    let (one, other) = (made(&owner.beside("one")), made(&owner.beside("other")));
    fs::write(owner.beside("other/modules/b/index.js"), "new\n").unwrap();
    one.take_from(&owner.beside("one")).unwrap();
    other.take_from(&owner.beside("other")).unwrap();

    let folder = pool.folder("attempt-0", &owner.head(), &|_| true).await.unwrap();
    folder.fit(1, &one).await.unwrap();
    assert_eq!(folder.snapshot().await.unwrap().tree, *folder.base());
    write(folder.dir(), "modules/b/index.js", "poison\n");
    write(folder.dir(), "modules/new/.git/config", "poison\n");
    write(folder.dir(), "new", "1\n");
    let snapshot = folder.snapshot().await.unwrap();
    let changes: Vec<_> = snapshot.changes.iter().map(|change| change.path.as_str()).collect();
    assert_eq!((changes, snapshot.dropped.len()), (vec!["new"], 0));
    let inode = |folder: &Worktree| folder.dir().join("modules/a/index.js").metadata().unwrap().ino();
    let before = inode(&folder);
    pool.give_back(folder);
    pool.idle().await;

    let folder = pool.folder("attempt-1", &owner.head(), &|_| true).await.unwrap();
    folder.fit(1, &one).await.unwrap();
    assert_eq!((read(folder.dir().join("modules/b/index.js")), inode(&folder)), ("two\n".to_owned(), before));
    assert!(!folder.dir().join("modules/new").exists());
    // Others, for other key files: what looks as it did is another file all the same.
    folder.fit(1, &other).await.unwrap();
    assert_eq!(read(folder.dir().join("modules/b/index.js")), "new\n");
    folder.restore(folder.base()).await.unwrap();
    assert!(!folder.dir().join("modules").exists());
    folder.fit(1, &other).await.unwrap();
    assert_eq!(read(folder.dir().join("modules/b/index.js")), "new\n");
}
