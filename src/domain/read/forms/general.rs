//! What is read by readers of its own rather than by a form, described like one.

use super::Described;

/// In the order in which they are tried.
pub(super) const GENERAL: [Described; 4] = [
    Described {
        name: "stacktrail",
        what: "what this program itself wrote: exports, lines, diagnoses, reports",
        told_by: "the `schema` member of its JSON, the `type` member of its lines, the head of its reports",
        sample: r#"{"schema":"stacktrail.session/1","root":"arn:aws:cloudformation:eu-west-1:111122223333:stack/shop/0a1b","facts":[]}"#,
    },
    Described {
        name: "stack-events",
        what: "a listing of stack events: describe-stack-events as JSON, YAML, table or text, a console, cdk, sam, serverless",
        told_by: "JSON or YAML with `ResourceStatus` and `LogicalResourceId`, or rows with a status and a type",
        sample: r#"{"StackEvents":[{"StackName":"shop","LogicalResourceId":"Jobs","ResourceType":"AWS::SQS::Queue","ResourceStatus":"CREATE_FAILED","ResourceStatusReason":"jobs already exists"}]}"#,
    },
    Described {
        name: "cloudtrail",
        what: "CloudTrail records as JSON: one, a list, LookupEvents, an EventBridge event, an S3 log file (.json.gz)",
        told_by: "`eventName` or `eventSource`, wherever in the JSON they are",
        sample: r#"{"Records":[{"eventSource":"s3.amazonaws.com","eventName":"CreateBucket","errorCode":"AccessDenied","errorMessage":"Access Denied"}]}"#,
    },
    Described {
        name: "sentence",
        what: "a status reason or an error, as CloudFormation or a service wrote it",
        told_by: "what no other form claims",
        sample: "API: s3:CreateBucket Access Denied",
    },
];
