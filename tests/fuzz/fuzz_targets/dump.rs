//! Any bytes as an event listing.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/dump.rs"]
mod dump;

fuzz_target!(|bytes: &[u8]| dump::check(&String::from_utf8_lossy(bytes)));
