//! stacktrail: the flight recorder for AWS CloudFormation deployments.

pub mod app;
pub mod archive;
pub mod aws;
pub mod cli;
pub mod domain;
pub mod ports;
pub mod report;
pub mod sandbox;
pub mod tui;
pub mod watch;
