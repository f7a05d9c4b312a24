use std::os::unix::fs::PermissionsExt as _;

use zeroize::Zeroizing;

use super::*;

struct Scene {
    state: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        Self { state: tempfile::tempdir().unwrap() }
    }

    fn own(&self) -> PathBuf {
        self.state.path().join("config/owner.key")
    }

    fn vault(&self) -> Vault {
        Vault::new(KeyPlace::Own(self.own()), self.state.path())
    }

    fn of_variable(&self, text: &str) -> Vault {
        Vault::new(variable(text), self.state.path())
    }

    fn run(&self, name: &str, vault: &Vault) -> PathBuf {
        let dir = self.state.path().join("runs").join(name);
        std::fs::create_dir_all(&dir).unwrap();
        vault.make_keys(&dir).unwrap();
        dir
    }

    fn dirs(&self) -> Vec<PathBuf> {
        let runs = std::fs::read_dir(self.state.path().join("runs")).unwrap();
        runs.map(|entry| entry.unwrap().path()).collect()
    }
}

fn variable(text: &str) -> KeyPlace {
    KeyPlace::Variable { name: "TRIREME_KEY".to_owned(), text: Zeroizing::new(text.to_owned()) }
}

fn data(vault: &Vault, dir: &Path) -> [u8; 32] {
    *vault.key(dir, Purpose::Data).unwrap().bytes()
}

const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "0123456789abcdef0123456789abcdee";

#[test]
fn a_key_of_our_own_is_made_once_for_its_owner_alone() {
    let scene = Scene::new();
    let dir = scene.run("demo", &scene.vault());
    let text = std::fs::read_to_string(scene.own()).unwrap();
    assert_eq!(text.trim().len(), 64);
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&scene.own()), mode(scene.own().parent().unwrap())), (0o600, 0o700));
    let other = scene.run("other", &scene.vault());
    assert_eq!(std::fs::read_to_string(scene.own()).unwrap(), text, "the second run makes no other one");
    assert_eq!(data(&scene.vault(), &dir), data(&scene.vault(), &dir));
    assert_ne!(data(&scene.vault(), &dir), data(&scene.vault(), &other));
    assert_ne!(data(&scene.vault(), &dir), *scene.vault().key(&dir, Purpose::Log).unwrap().bytes());
    let left = std::fs::read_dir(scene.own().parent().unwrap()).unwrap().count();
    assert_eq!(left, 1, "nothing unfinished is left beside it");
}

#[test]
fn of_many_who_make_it_at_one_time_all_have_the_same() {
    let scene = Scene::new();
    let dirs: Vec<_> = std::thread::scope(|scope| {
        let make = |n: usize| scene.run(&format!("r{n}"), &scene.vault());
        let makers: Vec<_> = (0..8).map(|n| scope.spawn(move || make(n))).collect();
        makers.into_iter().map(|maker| maker.join().unwrap()).collect()
    });
    for dir in dirs {
        data(&scene.vault(), &dir);
    }
}

#[test]
fn another_key_is_told_with_the_run_and_what_to_type_and_opens_nothing() {
    let scene = Scene::new();
    let dir = scene.run("demo", &scene.of_variable(KEY));
    data(&scene.of_variable(&format!(" {KEY}\n")), &dir);
    let error = scene.of_variable(OTHER).key(&dir, Purpose::Data).unwrap_err().to_string();
    for part in ["run demo", "TRIREME_KEY", "key_file", "config.toml"] {
        assert!(error.contains(part), "{error}");
    }
    assert!(!error.contains(KEY) && !error.contains(OTHER), "{error}");
    // Somebody writes another key's id into the file.
    let file = Purpose::Data.file_in(&dir);
    let (ours, theirs) = (scene.run("o", &scene.of_variable(OTHER)), std::fs::read_to_string(&file).unwrap());
    let id = |text: &str| text.split('"').nth(5).unwrap().to_owned();
    let theirs_id = id(&std::fs::read_to_string(Purpose::Data.file_in(&ours)).unwrap());
    std::fs::write(&file, theirs.replace(&id(&theirs), &theirs_id)).unwrap();
    let error = scene.of_variable(OTHER).key(&dir, Purpose::Data).unwrap_err();
    assert!(matches!(error, VaultError::Damaged { .. }), "{error}");
}

#[test]
fn what_is_no_key_is_refused_with_what_to_type() {
    let scene = Scene::new();
    for (text, why) in
        [("", "empty"), ("short", "5 characters"), ("two words two words two words two words", "spaces")]
    {
        let error = scene.of_variable(text).make_keys(scene.state.path()).unwrap_err().to_string();
        assert!(error.contains(why) && error.contains("openssl rand -hex 32"), "{error}");
    }
    let missing = Vault::new(KeyPlace::File(scene.state.path().join("none")), scene.state.path());
    assert!(matches!(missing.make_keys(scene.state.path()), Err(VaultError::Unusable { .. })));
    assert!(!scene.state.path().join("none").exists(), "a file that was named is not made");
}

#[test]
fn without_its_data_key_a_run_is_shredded_and_its_log_can_still_be_vouched_for() {
    let scene = Scene::new();
    let dir = scene.run("demo", &scene.vault());
    std::fs::remove_file(Purpose::Data.file_in(&dir)).unwrap();
    let error = scene.vault().key(&dir, Purpose::Data).unwrap_err();
    assert!(error.to_string().contains("the payloads of demo were shredded"), "{error}");
    scene.vault().key(&dir, Purpose::Log).unwrap();
}

#[test]
fn a_rotation_locks_every_run_anew_and_the_old_key_opens_none() {
    let scene = Scene::new();
    let dirs = [scene.run("a", &scene.vault()), scene.run("b", &scene.vault())];
    let (before, old) =
        (dirs.clone().map(|dir| data(&scene.vault(), &dir)), std::fs::read(scene.own()).unwrap());
    let long_open = scene.vault();
    data(&long_open, &dirs[0]);

    let rotated = scene.vault().rotate(None, || scene.dirs()).unwrap();
    assert_eq!((rotated.runs, rotated.foreign.len()), (2, 0));
    assert_eq!(rotated.place, scene.own().display().to_string());
    assert_ne!(std::fs::read(scene.own()).unwrap(), old);
    assert_eq!(dirs.clone().map(|dir| data(&scene.vault(), &dir)), before, "payloads are where they were");
    assert_eq!(data(&long_open, &dirs[0]), before[0], "a process that knew the old one looks again");

    std::fs::write(scene.own(), old).unwrap();
    let refused = scene.vault().key(&dirs[0], Purpose::Data);
    assert!(matches!(refused, Err(VaultError::Other { .. })));
}

#[test]
fn a_rotation_that_was_cut_off_is_ended_by_the_next_one_and_loses_nothing_meanwhile() {
    let scene = Scene::new();
    let dirs =
        [scene.run("a", &scene.vault()), scene.run("b", &scene.vault()), scene.run("c", &scene.vault())];
    let before = dirs.clone().map(|dir| data(&scene.vault(), &dir));
    // It dies after each file in turn: those before it are locked with the new key, and nothing was put in place.
    for cut in 0..=PURPOSES.len() * dirs.len() {
        let old = scene.vault().read_owner().unwrap();
        let waiting = KeyPlace::Own(scene.own().with_extension("next")).read().unwrap();
        let files = dirs.iter().flat_map(|dir| PURPOSES.map(|purpose| purpose.file_in(dir)));
        for path in files.take(cut) {
            let key = Locked::read(&path).unwrap().unwrap().open(&old).unwrap();
            Locked::lock(&key, &waiting).unwrap().write(&path).unwrap();
        }
        assert_eq!(dirs.clone().map(|dir| data(&scene.vault(), &dir)), before, "{cut}");
        scene.vault().rotate(None, || scene.dirs()).unwrap();
        assert_eq!(dirs.clone().map(|dir| data(&scene.vault(), &dir)), before, "{cut}");
        assert_eq!(scene.vault().read_owner().unwrap().id, waiting.id);
        assert!(!scene.own().with_extension("next").exists());
    }
}

#[test]
fn a_key_of_the_environment_gives_way_to_one_that_is_named_only() {
    let scene = Scene::new();
    let (mine, strangers) = (scene.run("mine", &scene.of_variable(KEY)), scene.run("s", &scene.vault()));
    let error = scene.of_variable(KEY).rotate(None, || scene.dirs()).unwrap_err().to_string();
    assert!(error.contains("--to-env"), "{error}");
    let rotated = scene.of_variable(KEY).rotate(Some(variable(OTHER)), || scene.dirs()).unwrap();
    assert_eq!((rotated.runs, rotated.foreign.len()), (1, 2), "{rotated:?}");
    data(&scene.of_variable(OTHER), &mine);
    data(&scene.vault(), &strangers);
}

#[test]
fn no_key_shows_itself() {
    assert_eq!(format!("{:?}", Key::of([7; 32])), "Key([key])");
}
