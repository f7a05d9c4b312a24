//! Any glob, from any folder.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trireme_core::prompts::Page;
use trireme_core::words::bounds::covers;
use trireme_fuzz::try_out;

fuzz_target!(|input: (String, Option<String>, Option<u32>, String)| {
    let (pattern, path, offset, other) = input;
    let page = Page { offset, limit: None };
    try_out(|files| files.glob(&pattern, path.as_deref(), page));
    // A scope holds one glob against another.
    let _ = covers(&pattern, &other);
});
