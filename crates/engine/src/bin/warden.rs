//! Development only: the warden by itself, for tests and benches of this crate. In the product, `trireme` is its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    trireme_engine::sandbox::warden()
}
