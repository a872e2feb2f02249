//! stacktrail: the flight recorder for AWS CloudFormation deployments.

pub mod app;
pub mod domain;
pub mod ports;
pub mod tui;
