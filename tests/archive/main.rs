//! The journal on real files: kept, damaged, searched, taken out and brought back.

mod damage;
mod export;
mod fleet;
mod in_place;
mod journal;
mod redaction;
mod search;
#[path = "../support/support.rs"]
#[expect(dead_code, unused_imports, reason = "every test program takes what it needs")]
mod support;
