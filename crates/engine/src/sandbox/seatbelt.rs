//! macOS: a profile of Seatbelt instead of Landlock and seccomp. **Untested**: nobody has run it yet.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::confines::Confines;

/// Where macOS has it.
const SEATBELT: &str = "/usr/bin/sandbox-exec";

/// What every program needs to start.
const ALWAYS: &str = "(version 1)(deny default)(allow process*)(allow sysctl-read)(allow signal (target same-sandbox))\
    (allow file-read-metadata)(allow file-read* (literal \"/\") (subpath \"/System\") (subpath \"/usr\") (subpath \"/bin\") \
    (subpath \"/sbin\") (subpath \"/Library/Developer\") (subpath \"/Applications/Xcode.app\") (subpath \"/private/etc/ssl\") \
    (subpath \"/dev\"))(allow file-write* (literal \"/dev/null\") (literal \"/dev/zero\"))";

/// What goes before the warden.
pub(super) fn args(confines: &Confines, warden: &Path) -> Vec<OsString> {
    let mut profile = ALWAYS.to_owned();
    profile.push_str(&rule(
        "file-read*",
        &[&confines.read[..], &confines.write[..], &[warden.to_owned()]].concat(),
    ));
    profile.push_str(&rule("file-write*", &confines.write));
    [SEATBELT, "-p", &profile].map(OsString::from).to_vec()
}

fn rule(operation: &str, places: &[PathBuf]) -> String {
    let quoted = |place: &PathBuf| {
        let place = place.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        format!(" (subpath \"{place}\")")
    };
    let places: String = places.iter().map(quoted).collect();
    if places.is_empty() { String::new() } else { format!("(allow {operation}{places})") }
}
