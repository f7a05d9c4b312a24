//! Which places of this machine a command may read: the system's own, and the tools that PATH and the environment name.
//!
//! A list of what is allowed, never of what is not: what nobody thought of stays unseen. A home is full of secrets, so
//! below it only those folders are taken that tools are made of.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// Folders of the system.
const SYSTEM: [&str; 11] = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/nix/store",
    "/gnu/store",
    "/run/current-system",
    "/sys/devices/system/cpu",
];

/// Folders of programs that did not come with the system.
const FURTHER: [&str; 3] = ["/opt", "/snap", "/home/linuxbrew/.linuxbrew"];

/// What programs read in /etc, and nobody minds.
const SETTINGS: &[&str] = &[
    "alternatives",
    "ca-certificates",
    "ca-certificates.conf",
    "crypto-policies",
    "debian_version",
    "default/locale",
    "fonts",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "inputrc",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "locale.alias",
    "locale.conf",
    "localtime",
    "lsb-release",
    "magic",
    "magic.mime",
    "mime.types",
    "networks",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "perl",
    "pki/ca-trust",
    "pki/tls/cert.pem",
    "pki/tls/certs",
    "protocols",
    "redhat-release",
    "rpc",
    "services",
    "shells",
    "ssl/cert.pem",
    "ssl/certs",
    "ssl/openssl.cnf",
    "static",
    "terminfo",
    "timezone",
];

/// Beginnings of names in /etc that hold versions: `java-17-openjdk`, `python3.11`.
const VERSIONED: [&str; 3] = ["java", "python", "php"];

/// The parts of a tool's folder: beside its `bin`, these are its own.
const PARTS: [&str; 14] = [
    "bin",
    "conf",
    "etc",
    "include",
    "jmods",
    "jre",
    "lib",
    "lib32",
    "lib64",
    "libexec",
    "modules",
    "node_modules",
    "pkg",
    "share",
];

/// The parts of CARGO_HOME; its `credentials.toml` is none.
const CARGO: [&str; 5] = ["bin", "registry", "git", "config", "config.toml"];

/// Variables whose folders are a tool and nothing else.
const WHOLE: [&str; 8] = [
    "RUSTUP_HOME",
    "PYENV_ROOT",
    "NVM_DIR",
    "VIRTUAL_ENV",
    "JAVA_HOME",
    "GOROOT",
    "RBENV_ROOT",
    "VOLTA_HOME",
];

/// What a command's places are made from.
#[derive(Clone, Copy, Debug)]
pub struct Surroundings<'a> {
    /// PATH.
    pub path: &'a OsStr,
    /// Variables that commands get.
    pub env: &'a [(String, String)],
    /// The Owner's home.
    pub home: &'a Path,
    /// What the Owner allows besides.
    pub further: &'a [PathBuf],
    /// What must not be seen, whatever lies above it.
    pub hidden: &'a [PathBuf],
}

impl Surroundings<'_> {
    /// All places that may be read and that are there; none lies above one that is hidden, the system's own apart.
    #[must_use]
    pub fn places(&self) -> Vec<PathBuf> {
        let tools = std::env::split_paths(self.path).flat_map(|folder| self.around(&folder));
        let named = self.env.iter().flat_map(|(name, value)| self.named(name, Path::new(value)));
        let further = FURTHER.iter().map(PathBuf::from).chain(self.further.iter().cloned());
        let open = tools.chain(named).chain(further);
        // Behind a link lies what it is for.
        let open = open.flat_map(|place| [place.canonicalize().unwrap_or_default(), place]);
        let open = open.filter(|place| !self.hidden.iter().any(|hidden| hidden.starts_with(place)));
        let mut places: Vec<_> = system().chain(open).filter(|place| place.exists()).collect();
        places.sort();
        // What lies in another one is there with it.
        places.dedup_by(|inner, outer| inner.starts_with(outer));
        places
    }

    /// What belongs to a folder of PATH.
    fn around(&self, folder: &Path) -> Vec<PathBuf> {
        if !folder.is_absolute() {
            return Vec::new();
        }
        let real = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let mut around = vec![folder.to_owned(), real.clone()];
        if let (Some(name), Some(above)) = (real.file_name(), real.parent()) {
            around.extend(self.beside(name, above));
        }
        around
    }

    /// What lies beside a folder of programs and belongs to it.
    fn beside(&self, name: &OsStr, above: &Path) -> Vec<PathBuf> {
        let is_shared = self.home.starts_with(above) || self.home.join(".local") == above;
        let in_home = above.starts_with(self.home);
        match name.to_str() {
            // ~/bin and ~/.local/bin have neighbours that are not theirs.
            Some("bin" | "sbin") if is_shared => Vec::new(),
            Some("bin" | "sbin") if in_home => PARTS.map(|part| above.join(part)).to_vec(),
            // Version managers call themselves by these.
            Some("bin" | "sbin" | "shims" | ".bin") if !is_shared => vec![above.to_owned()],
            Some(_) | None => Vec::new(),
        }
    }

    /// What a variable of the environment names.
    fn named(&self, name: &str, value: &Path) -> Vec<PathBuf> {
        if !value.is_absolute() {
            return Vec::new();
        }
        match name {
            "CARGO_HOME" => CARGO.map(|part| value.join(part)).to_vec(),
            "GOPATH" => ["bin", "pkg"].map(|part| value.join(part)).to_vec(),
            whole if WHOLE.contains(&whole) => vec![value.to_owned()],
            _ => Vec::new(),
        }
    }
}

fn system() -> impl Iterator<Item = PathBuf> {
    let settings = SETTINGS.iter().map(|name| Path::new("/etc").join(name));
    let is_versioned = |name: &OsString| {
        let name = name.to_string_lossy();
        VERSIONED.iter().any(|start| name.starts_with(start))
    };
    let entries = std::fs::read_dir("/etc").into_iter().flatten().flatten();
    let versioned = entries.filter(move |entry| is_versioned(&entry.file_name())).map(|entry| entry.path());
    SYSTEM.iter().map(PathBuf::from).chain(settings).chain(versioned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A home with tools and secrets in it, and what commands may read of it.
    fn read_of_home(path: &[&str], env: &[(&str, &str)], hidden: &[&str]) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        for folder in [
            ".cargo/bin",
            ".cargo/registry",
            ".ssh",
            ".local/bin",
            ".local/share/keyrings",
            "bin",
            "src",
            ".pyenv/shims",
            ".pyenv/versions",
            ".nvm/versions/node/v22/bin",
            ".nvm/versions/node/v22/lib",
            ".nvm/versions/node/v22/secrets",
            "project/.venv/bin",
            "project/node_modules/.bin",
            ".config/bin",
        ] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        fs::write(home.join(".cargo/credentials.toml"), "token").unwrap();
        std::os::unix::fs::symlink("project/.venv", home.join("venv")).unwrap();
        let whole = |name: &&str| home.join(name);
        let path = std::env::join_paths(path.iter().map(whole)).unwrap();
        let env: Vec<_> = env
            .iter()
            .map(|(name, below)| ((*name).to_owned(), whole(below).display().to_string()))
            .collect();
        let hidden: Vec<_> = hidden.iter().map(whole).collect();
        let surroundings =
            Surroundings { path: &path, env: &env, home: &home, further: &[], hidden: &hidden };
        let places = surroundings.places();
        assert!(places.contains(&PathBuf::from("/usr")), "{places:?}");
        assert!(!places.iter().any(|place| place.starts_with("/etc/shadow") || place == Path::new("/etc")));
        let below = places.iter().filter_map(|place| place.strip_prefix(&home).ok());
        below.map(|place| place.display().to_string()).collect()
    }

    #[test]
    fn of_a_home_only_tools_are_read() {
        let tools = |path: &[&str]| read_of_home(path, &[], &[]);
        assert_eq!(tools(&[]), [""; 0]);
        assert_eq!(tools(&["bin"]), ["bin"]);
        assert_eq!(tools(&[".local/bin"]), [".local/bin"]);
        assert_eq!(tools(&[".config/bin"]), [".config/bin"]);
        assert_eq!(tools(&[".pyenv/shims"]), [".pyenv"]);
        assert_eq!(
            tools(&[".nvm/versions/node/v22/bin"]),
            [".nvm/versions/node/v22/bin", ".nvm/versions/node/v22/lib"]
        );
        assert_eq!(tools(&["project/node_modules/.bin"]), ["project/node_modules"]);
    }

    #[test]
    fn what_the_environment_names_is_read_and_no_credentials() {
        let env = [("CARGO_HOME", ".cargo"), ("OTHER", ".ssh"), ("VIRTUAL_ENV", "venv")];
        let read = read_of_home(&[".cargo/bin"], &env, &[]);
        assert_eq!(read, [".cargo/bin", ".cargo/registry", "project/.venv", "venv"]);
    }

    #[test]
    fn nothing_is_read_that_a_hidden_place_lies_in() {
        let hidden = ["project"];
        let read = read_of_home(&["project/.venv/bin"], &[("VIRTUAL_ENV", "project")], &hidden);
        assert_eq!(read, ["project/.venv/bin"]);
        assert_eq!(read_of_home(&[".pyenv/shims"], &[], &[".pyenv/state"]), [".pyenv/shims"]);
    }
}
