//! The traits that the outside world implements.

pub mod clock;

pub use clock::{Clock, ScaledClock};
