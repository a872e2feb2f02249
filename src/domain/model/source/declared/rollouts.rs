//! Services that roll a change out by stages of their own, of which CloudFormation tells only that it waited.

use chrono::TimeDelta;

use super::OF_ITSELF;
use crate::domain::model::resource_type::LAMBDA_ALIAS;
use crate::domain::model::source::{
    AskedOfFailures, Companions, HiddenFromTrail, Pace, Permission, Phrases, SourceDescriptor, SourceId,
};

/// Domains of `OpenSearch`: at which stage a change of one failed.
pub static OPENSEARCH: SourceDescriptor = SourceDescriptor {
    id: SourceId::OPENSEARCH,
    label: "OpenSearch",
    speaker: "OpenSearch",
    resource_types: &["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"],
    permissions: &[Permission::further(
        "es:DescribeDomainChangeProgress",
        "at which stage a change of a domain failed",
    )],
    pace: Pace::usual("es"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a domain's change fails",
        instead: "OpenSearch's words on its stages",
    }),
    phrases: Phrases {
        troubles: &["failed: "],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "at which stage the domain's change failed",
        named_by: &["DomainName"],
        ..OF_ITSELF
    }),
};

/// Deployments of `CodeDeploy`: why one was given up.
pub static CODEDEPLOY: SourceDescriptor = SourceDescriptor {
    id: SourceId::CODEDEPLOY,
    label: "CodeDeploy",
    speaker: "CodeDeploy",
    resource_types: &[CODEDEPLOY_GROUP, LAMBDA_ALIAS],
    permissions: &[
        Permission::further("codedeploy:BatchGetDeployments", "why a deployment was given up"),
        Permission::further(
            "codedeploy:ListDeployments",
            "the deployments behind a deployment group or an alias",
        ),
    ],
    pace: Pace::usual("codedeploy"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "why a deployment is given up",
        instead: "CodeDeploy's deployments",
    }),
    phrases: Phrases {
        troubles: &["failed: "],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "why the deployment behind it was given up",
        companions: Some(Companions {
            resource_type: CODEDEPLOY_GROUP,
            arn_part: ":deploymentgroup:",
            most: 50,
        }),
        ..OF_ITSELF
    }),
};

const CODEDEPLOY_GROUP: &str = "AWS::CodeDeploy::DeploymentGroup";

/// Stack sets: in which account and region an operation failed.
pub static STACK_SETS: SourceDescriptor = SourceDescriptor {
    id: SourceId::STACK_SETS,
    label: "CloudFormation StackSets",
    speaker: "the stack set",
    resource_types: &["AWS::CloudFormation::StackSet"],
    permissions: &[
        Permission::further(
            "cloudformation:ListStackSetOperationResults",
            "in which account and region a stack set failed",
        ),
        Permission::further(
            "cloudformation:ListStackSetOperations",
            "which operation of a stack set failed",
        ),
    ],
    // These calls are of the budget of the stacks' events.
    pace: Pace::usual("cloudformation"),
    blind_spot: Some(HiddenFromTrail {
        hidden: "what failed in the accounts of a stack set",
        instead: "the results of its operations",
    }),
    phrases: Phrases {
        summaries: &["the following resource(s) failed", "failure tolerance"],
        troubles: &[],
        routine: &["cancelled since failure tolerance"],
        relief: &[],
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "in which account and region it failed",
        named_by: &[],
        before: TimeDelta::minutes(1),
        after: TimeDelta::minutes(2),
        longest: TimeDelta::days(2),
        kept: TimeDelta::days(90),
        ..OF_ITSELF
    }),
};
