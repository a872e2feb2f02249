//! Any bytes as a status reason.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/reason.rs"]
mod reason;

fuzz_target!(|bytes: &[u8]| reason::check(&String::from_utf8_lossy(bytes)));
