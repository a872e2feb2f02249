//! Resource types that rules name: `AWS::CloudFormation::Stack` and the few others that are not like the rest.

/// The resource type of stacks, nested or not.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A service that runs tasks.
pub const ECS_SERVICE: &str = "AWS::ECS::Service";

/// A virtual machine.
pub const INSTANCE: &str = "AWS::EC2::Instance";
