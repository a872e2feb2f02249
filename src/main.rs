//! The `stacktrail` program.

fn main() {}
