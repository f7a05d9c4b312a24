//! A folder for the tools, with links that lead out of it and something outside that nobody may read or change.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use trireme_engine::workspace::Files;

/// What stands outside.
const SECRET: &str = "outside-of-the-folder-0f4c";
/// After so many uses a folder is too full to be quick.
const USES: usize = 500;

/// A folder, the tools for it, and what lies beside it.
pub struct Ground {
    dir: tempfile::TempDir,
    /// The tools.
    pub files: Files,
    uses: usize,
}

impl Ground {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary folder");
        lay_out(dir.path()).expect("a folder can be filled");
        let files = Files::open(&dir.path().join("root")).expect("the folder is there");
        Self { dir, files, uses: 0 }
    }

    /// Sees that nothing outside was changed, and that an answer tells nothing of it.
    fn check(&self, answer: &str) {
        assert!(!answer.contains(SECRET), "the answer tells what is outside: {answer}");
        let names = |dir: &Path| fs::read_dir(dir).map(Iterator::count).unwrap_or_default();
        assert_eq!(names(self.dir.path()), 2, "something is beside the folder");
        let outside = self.dir.path().join("outside");
        assert_eq!(names(&outside), 1, "something came into the folder outside");
        assert_eq!(fs::read_to_string(outside.join("secret")).ok().as_deref(), Some(SECRET));
        let hooks = self.dir.path().join("root/.git");
        assert_eq!(fs::read_to_string(hooks.join("config")).ok().as_deref(), Some(SECRET), "git's own");
        assert_eq!(names(&hooks), 1, "something came into git's own folder");
    }
}

fn lay_out(dir: &Path) -> std::io::Result<()> {
    let (root, outside) = (dir.join("root"), dir.join("outside"));
    for folder in [&root.join("src/deep"), &root.join(".git"), &outside] {
        fs::create_dir_all(folder)?;
    }
    fs::write(outside.join("secret"), SECRET)?;
    fs::write(root.join(".git/config"), SECRET)?;
    fs::write(root.join(".gitignore"), "*.log\n!keep.log\n")?;
    fs::write(root.join("a"), "one\ntwo\nthree\n")?;
    fs::write(root.join("src/b.rs"), "fn main() {\r\n\tone();\r\n}\r\n")?;
    fs::write(root.join("src/deep/c.rs"), "ünï\n\ncode")?;
    symlink("../outside", root.join("out"))?;
    symlink(&outside, root.join("abs"))?;
    symlink("..", root.join("up"))?;
    symlink("../outside/secret", root.join("src/leak"))?;
    symlink("a", root.join("inside"))
}

thread_local! {
    static GROUND: RefCell<Ground> = RefCell::new(Ground::new());
}

/// Lets a tool work in a folder, and looks at what it did.
pub fn try_out<E: ToString>(tool: impl FnOnce(&Files) -> Result<String, E>) {
    GROUND.with_borrow_mut(|ground| {
        if ground.uses >= USES {
            *ground = Ground::new();
        }
        ground.uses += 1;
        let answer = tool(&ground.files).unwrap_or_else(|error| error.to_string());
        ground.check(&answer);
    });
}
