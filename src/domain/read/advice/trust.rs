//! A service that cannot assume the role it was given: the statement that the role's trust policy needs.

use std::sync::LazyLock;

use regex::Regex;

use super::Complaint;
use crate::domain::read::pattern::pattern;

/// It could not be assumed, or must be assumable.
static NOT_ASSUMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:unable to assume|error in assuming|(?:cannot|can not|could not|can't|failed to) (?:be assumed|assume)|not able to assume|must allow [\w ]{0,60} to assume|(?:authorized|permission|permitted|allowed) to assume|does not have a trust relationship|trust (?:relationship|policy)|TrustPolicy|assumable by|is not authorized to perform: ?sts:AssumeRole on service role)",
    )
});
static PRINCIPAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?P<p>[a-z][a-z0-9\-]{1,40}(?:\.[a-z0-9\-]{2,40})?\.amazonaws\.com(?:\.cn)?)(?:[^\w./-]|\.?\s|\.?\z)",
    )
});
static ROLE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?P<r>arn:aws[a-z\-]*:iam::\d{12}:role/[\w+=,.@/\-]*[\w+=@\-])"));
/// A service-linked role is made by AWS, and nobody writes its trust policy.
static OF_AWS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)service[- ]linked role|AWSServiceRoleFor"));

/// Who assumes the role of a resource, where its type alone tells it.
const BY_TYPE: [(&str, &str); 27] = [
    ("AWS::AppRunner::", "build.apprunner.amazonaws.com"),
    ("AWS::AppSync::", "appsync.amazonaws.com"),
    ("AWS::Backup::", "backup.amazonaws.com"),
    ("AWS::Batch::ComputeEnvironment", "batch.amazonaws.com"),
    ("AWS::Bedrock::", "bedrock.amazonaws.com"),
    ("AWS::CodeBuild::", "codebuild.amazonaws.com"),
    ("AWS::CodeDeploy::", "codedeploy.amazonaws.com"),
    ("AWS::CodePipeline::", "codepipeline.amazonaws.com"),
    ("AWS::Config::", "config.amazonaws.com"),
    ("AWS::Cognito::UserPool", "cognito-idp.amazonaws.com"),
    ("AWS::DMS::", "dms.amazonaws.com"),
    ("AWS::EC2::FlowLog", "vpc-flow-logs.amazonaws.com"),
    ("AWS::ECS::TaskDefinition", "ecs-tasks.amazonaws.com"),
    ("AWS::EKS::Cluster", "eks.amazonaws.com"),
    ("AWS::EKS::Nodegroup", "ec2.amazonaws.com"),
    ("AWS::Events::", "events.amazonaws.com"),
    ("AWS::Glue::", "glue.amazonaws.com"),
    ("AWS::IoT::", "iot.amazonaws.com"),
    ("AWS::KinesisAnalytics", "kinesisanalytics.amazonaws.com"),
    ("AWS::KinesisFirehose::", "firehose.amazonaws.com"),
    ("AWS::Lambda::Function", "lambda.amazonaws.com"),
    ("AWS::Pipes::", "pipes.amazonaws.com"),
    ("AWS::Redshift::", "redshift.amazonaws.com"),
    ("AWS::SageMaker::", "sagemaker.amazonaws.com"),
    ("AWS::Scheduler::", "scheduler.amazonaws.com"),
    ("AWS::StepFunctions::", "states.amazonaws.com"),
    ("AWS::Transfer::", "transfer.amazonaws.com"),
];

pub(super) fn step(failed: &Complaint<'_>) -> Option<String> {
    let text = failed.sentence;
    let speaks = NOT_ASSUMED.is_match(text) && text.to_ascii_lowercase().contains("role");
    if !speaks || OF_AWS.is_match(text) {
        return None;
    }
    let named = PRINCIPAL.captures(text).map(|found| found["p"].to_owned());
    let principal = named.or_else(|| {
        let kind = failed.kind?;
        let (_, name) = BY_TYPE.iter().find(|(head, _)| kind.starts_with(head))?;
        Some((*name).to_owned())
    })?;
    let role = ROLE.captures(text).map_or_else(
        || format!("the role that {} names", failed.whom()),
        |found| found["r"].to_owned(),
    );
    Some(format!(
        "Let the trust policy (AssumeRolePolicyDocument) of {role} hold {{\"Effect\": \"Allow\", \"Principal\": {{\"Service\": \
         \"{principal}\"}}, \"Action\": \"sts:AssumeRole\"}}, and let {} come after the role and its policies (Ref, GetAtt or \
         DependsOn). Where it is there already, the role was only too young: deploy again.",
        failed.whom()
    ))
}
