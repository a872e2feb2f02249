//! Resource types that rules name: `AWS::CloudFormation::Stack` and the few others that are not like the rest.

/// The resource type of stacks, nested or not.
pub(crate) const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// A service that runs tasks.
pub(crate) const ECS_SERVICE: &str = "AWS::ECS::Service";

/// A group of virtual machines.
pub(crate) const AUTO_SCALING_GROUP: &str = "AWS::AutoScaling::AutoScalingGroup";

/// A virtual machine.
pub(crate) const INSTANCE: &str = "AWS::EC2::Instance";

/// What waits for signals by itself.
pub(crate) const WAIT_CONDITION: &str = "AWS::CloudFormation::WaitCondition";

/// A custom resource under its plain name; the others begin with `Custom::`.
pub(crate) const CUSTOM_RESOURCE: &str = "AWS::CloudFormation::CustomResource";

/// A Lambda function.
pub(crate) const LAMBDA_FUNCTION: &str = "AWS::Lambda::Function";

/// A Lambda function's alias.
pub(crate) const LAMBDA_ALIAS: &str = "AWS::Lambda::Alias";

/// A log group.
pub(crate) const LOG_GROUP: &str = "AWS::Logs::LogGroup";
