//! The conditions under which a call was made, where the evidence tells them and a policy should keep them.

use std::collections::BTreeSet;

use super::Refusal;
use crate::domain::explain::iam_statement::IamCondition;
use crate::domain::model::trail::TrailRecord;
use crate::domain::read::reason::PASS_ROLE;

const MAKE_SERVICE_ROLE: &str = "iam:CreateServiceLinkedRole";

/// The keys that are kept out of all that a decoded message holds.
pub(super) const KEPT: [&str; 2] = ["iam:PassedToService", "iam:AWSServiceName"];

/// To which service a role goes with a call to these: there is only one that it can be meant for.
const PASSED: [(&str, &str, &str); 13] = [
    ("lambda", "", "lambda.amazonaws.com"),
    ("states", "", "states.amazonaws.com"),
    ("codebuild", "", "codebuild.amazonaws.com"),
    ("codepipeline", "", "codepipeline.amazonaws.com"),
    ("firehose", "", "firehose.amazonaws.com"),
    ("glue", "", "glue.amazonaws.com"),
    ("scheduler", "", "scheduler.amazonaws.com"),
    ("sagemaker", "", "sagemaker.amazonaws.com"),
    ("batch", "CreateComputeEnvironment", "batch.amazonaws.com"),
    ("eks", "CreateCluster", "eks.amazonaws.com"),
    ("ecs", "RegisterTaskDefinition", "ecs-tasks.amazonaws.com"),
    ("ec2", "RunInstances", "ec2.amazonaws.com"),
    ("events", "PutTargets", "events.amazonaws.com"),
];

/// The same by the type of the resource that a role was to be passed for.
const PASSED_FOR: [(&str, &str); 8] = [
    ("AWS::Lambda::Function", "lambda.amazonaws.com"),
    ("AWS::StepFunctions::StateMachine", "states.amazonaws.com"),
    ("AWS::CodeBuild::Project", "codebuild.amazonaws.com"),
    ("AWS::CodePipeline::Pipeline", "codepipeline.amazonaws.com"),
    ("AWS::Scheduler::Schedule", "scheduler.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com"),
    ("AWS::EKS::Cluster", "eks.amazonaws.com"),
    ("AWS::Events::Rule", "events.amazonaws.com"),
];

/// What a record tells.
pub(super) fn of_record(record: &TrailRecord, action: &str) -> BTreeSet<IamCondition> {
    let found = match action {
        PASS_ROLE => passed_to(record).map(passed),
        MAKE_SERVICE_ROLE => {
            let asked = |member: &str| record.requested(&[member]);
            let service = asked("aWSServiceName").or_else(|| asked("awsServiceName"));
            service.map(|service| made_for(&service))
        }
        _ => None,
    };
    found.into_iter().collect()
}

/// What the resource of a denial tells: the role of a service names it.
pub(super) fn of_resource(refusal: &Refusal) -> BTreeSet<IamCondition> {
    let makes = refusal.action.as_deref() == Some(MAKE_SERVICE_ROLE);
    let resource = refusal.resource.as_deref().filter(|_| makes);
    let after = resource.and_then(|resource| resource.split_once(":role/aws-service-role/"));
    let service = after.and_then(|(_, rest)| rest.split_once('/'));
    service
        .map(|(service, _)| made_for(service))
        .into_iter()
        .collect()
}

/// What the type of the failed resource tells of a role that was to be passed on.
pub(super) fn of_type(resource_type: &str) -> Option<IamCondition> {
    let found = PASSED_FOR.iter().find(|(kind, _)| *kind == resource_type);
    found.map(|(_, service)| passed(service))
}

fn passed_to(record: &TrailRecord) -> Option<&'static str> {
    // In China some services go by another name there.
    if record.region.starts_with("cn-") {
        return None;
    }
    let found = PASSED.iter().find(|(service, operation, _)| {
        record.service() == *service && (operation.is_empty() || record.operation() == *operation)
    });
    found.map(|(_, _, passed)| *passed)
}

fn passed(service: &str) -> IamCondition {
    IamCondition {
        key: "iam:PassedToService".to_owned(),
        value: service.to_owned(),
    }
}

fn made_for(service: &str) -> IamCondition {
    IamCondition {
        key: "iam:AWSServiceName".to_owned(),
        value: service.to_owned(),
    }
}
