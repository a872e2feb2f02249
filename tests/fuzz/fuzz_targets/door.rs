//! Any bytes, explained.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks/door.rs"]
mod door;

fuzz_target!(|bytes: &[u8]| door::check(bytes));
