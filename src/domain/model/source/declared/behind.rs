//! Services that work behind a custom resource, for its function.

use super::OF_ITSELF;
use crate::domain::model::resource_type::CUSTOM_RESOURCE;
use crate::domain::model::source::{
    AskedOfFailures, Companions, Pace, Permission, Phrases, SourceDescriptor, SourceId,
};

/// Executions of Step Functions behind custom resources: in which state they failed.
pub static STEP_FUNCTIONS: SourceDescriptor = SourceDescriptor {
    id: SourceId::STEP_FUNCTIONS,
    label: "Step Functions",
    speaker: "Step Functions",
    resource_types: &["Custom::*", CUSTOM_RESOURCE],
    permissions: &[
        Permission::further(
            "states:DescribeExecution",
            "for whom an execution was begun, and how it ended",
        ),
        Permission::further(
            "states:GetExecutionHistory",
            "in which state an execution failed, and of which error",
        ),
        Permission::further("states:ListExecutions", "the executions behind a custom resource"),
    ],
    pace: Pace::usual("states"),
    blind_spot: None,
    phrases: Phrases {
        troubles: &["failed: "],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "in which state the execution behind it failed",
        companions: Some(Companions {
            resource_type: "AWS::StepFunctions::StateMachine",
            arn_part: ":stateMachine:",
            most: 4,
        }),
        ..OF_ITSELF
    }),
};

/// Builds of `CodeBuild` behind custom resources: in which phase they failed, and where their logs are.
pub static CODEBUILD: SourceDescriptor = SourceDescriptor {
    id: SourceId::CODEBUILD,
    label: "CodeBuild",
    speaker: "CodeBuild",
    resource_types: &["Custom::*", CUSTOM_RESOURCE],
    permissions: &[
        Permission::further(
            "codebuild:BatchGetBuilds",
            "in which phase a build failed, and where its log is",
        ),
        Permission::further(
            "codebuild:ListBuildsForProject",
            "the builds behind a custom resource",
        ),
    ],
    pace: Pace::usual("codebuild"),
    blind_spot: None,
    phrases: Phrases {
        // Why the command failed, it has written to its log.
        summaries: &["error while executing command", "exit status"],
        troubles: &["failed: "],
        ..Phrases::NONE
    },
    asked_of_failures: Some(AskedOfFailures {
        why: "in which phase the build behind it failed",
        companions: Some(Companions {
            resource_type: "AWS::CodeBuild::Project",
            arn_part: ":project/",
            most: 4,
        }),
        ..OF_ITSELF
    }),
};
