//! Holds the real program against the embedded endpoint, from outside: its lines, its files, its exit codes.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test may fail by panicking, and prints the figures that it measures"
)]

#[path = "support/judge.rs"]
mod judge;
#[path = "support/program.rs"]
mod program;
#[path = "support/stage.rs"]
mod stage;

#[path = "e2e/any_order.rs"]
mod any_order;
#[path = "e2e/bad_input.rs"]
mod bad_input;
#[path = "e2e/crash.rs"]
mod crash;
#[path = "e2e/denied.rs"]
mod denied;
#[path = "e2e/doctor.rs"]
mod doctor;
#[path = "e2e/endings.rs"]
mod endings;
#[path = "e2e/fault_matrix.rs"]
mod fault_matrix;
#[path = "e2e/faults.rs"]
mod faults;
#[path = "e2e/latency.rs"]
mod latency;
#[path = "e2e/one_shot.rs"]
mod one_shot;
#[path = "e2e/partitions.rs"]
mod partitions;
#[path = "e2e/scenarios.rs"]
mod scenarios;
#[path = "e2e/soak.rs"]
mod soak;
#[path = "e2e/succession.rs"]
mod succession;
