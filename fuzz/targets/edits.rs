//! Any text, and any edits of it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use trireme_core::prompts::Replacement;
use trireme_fuzz::try_out;

fuzz_target!(|input: (String, Vec<(String, String, bool)>)| {
    let (text, edits) = input;
    let edits: Vec<_> = edits.into_iter().map(|(old, new, all)| Replacement { old, new, all }).collect();
    try_out(|files| {
        files.write("edited", &text)?;
        files.edit("edited", &edits)
    });
});
