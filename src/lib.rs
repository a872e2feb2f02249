//! stacktrail: the flight recorder for AWS CloudFormation deployments.

pub mod archive;
pub mod domain;
pub mod ports;
