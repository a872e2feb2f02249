//! The real program from outside: its lines, its files, its exit codes, its screen on a pseudo-terminal; and the
//! embedded endpoint that it is held against.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and prints the figures that it measures"
)]

mod any_order;
mod bad_input;
mod builtin_stories;
mod change_sets;
mod continued;
mod crash;
mod demo_screen;
mod denied;
mod doctor;
mod endings;
mod explained;
mod extremes;
mod fault_matrix;
mod faults;
mod fetched;
mod hostile_text;
mod killed;
mod large;
mod latency;
mod lean_sources;
mod new_user;
mod one_shot;
mod opening;
mod outputs;
mod partitions;
mod policies;
mod progress;
mod pushed;
mod recorder;
mod recorder_faults;
mod recorder_limits;
mod sandbox;
mod second_look;
mod shared_store;
mod soak;
mod spoken;
mod succession;
#[path = "../support/support.rs"]
#[expect(dead_code, unused_imports, reason = "every test program takes what it needs")]
mod support;
mod terminal;
mod trail_backends;
mod trail_groups;
mod trail_queries;
mod troubles;
