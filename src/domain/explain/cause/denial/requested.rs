//! The action and the resource of a refused call, by the record's own members, where its message does not tell them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::explain::iam_statement::literal;
use crate::domain::model::action;
use crate::domain::model::arn::Arn;
use crate::domain::model::trail::{TrailRecord, is_token_of_try};

/// How the members of a request end that tell which thing is meant.
const NAMING: [&str; 6] = ["name", "id", "identifier", "arn", "url", "family"];

/// What a request names at its top, by its members, also where it lies whole in one.
pub(super) fn names(record: &TrailRecord) -> BTreeMap<String, String> {
    let Some(Value::Object(request)) = record.request() else {
        return BTreeMap::new();
    };
    let inner = request.values().filter_map(Value::as_object);
    let inner = inner.filter(|_| request.len() == 1).flatten();
    let names = request.iter().chain(inner);
    let plain = names.filter_map(|(member, value)| Some((member.to_ascii_lowercase(), value.as_str()?)));
    plain
        .filter(|(member, value)| {
            let is_told = !value.contains("HIDDEN") && !is_token_of_try(member);
            is_told && NAMING.iter().any(|end| member.ends_with(end))
        })
        .map(|(member, value)| (member, value.to_owned()))
        .collect()
}

/// Operations of S3 that IAM calls otherwise.
///
/// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3".
const OF_S3: [(&str, &str); 33] = [
    ("HeadBucket", "ListBucket"),
    ("ListObjects", "ListBucket"),
    ("ListObjectsV2", "ListBucket"),
    ("ListBuckets", "ListAllMyBuckets"),
    ("ListObjectVersions", "ListBucketVersions"),
    ("ListMultipartUploads", "ListBucketMultipartUploads"),
    ("ListParts", "ListMultipartUploadParts"),
    ("HeadObject", "GetObject"),
    ("CopyObject", "PutObject"),
    ("CreateMultipartUpload", "PutObject"),
    ("UploadPart", "PutObject"),
    ("CompleteMultipartUpload", "PutObject"),
    ("PostObject", "PutObject"),
    ("DeleteObjects", "DeleteObject"),
    ("GetBucketEncryption", "GetEncryptionConfiguration"),
    ("PutBucketEncryption", "PutEncryptionConfiguration"),
    ("DeleteBucketEncryption", "PutEncryptionConfiguration"),
    ("GetBucketLifecycle", "GetLifecycleConfiguration"),
    ("PutBucketLifecycle", "PutLifecycleConfiguration"),
    ("DeleteBucketLifecycle", "PutLifecycleConfiguration"),
    ("GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"),
    ("PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"),
    ("GetBucketReplication", "GetReplicationConfiguration"),
    ("PutBucketReplication", "PutReplicationConfiguration"),
    ("DeleteBucketReplication", "PutReplicationConfiguration"),
    ("GetBucketCors", "GetBucketCORS"),
    ("PutBucketCors", "PutBucketCORS"),
    ("DeleteBucketCors", "PutBucketCORS"),
    ("PutPublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("GetPublicAccessBlock", "GetBucketPublicAccessBlock"),
    ("DeletePublicAccessBlock", "PutBucketPublicAccessBlock"),
    ("PutBucketNotificationConfiguration", "PutBucketNotification"),
    ("DeleteBucketTagging", "PutBucketTagging"),
];

/// Actions that know no resources: they are allowed on `*` or not at all. An action that ends in `*` stands for all
/// that begin so.
///
/// Source: Service Authorization Reference, the rows without a resource type.
const WITHOUT_RESOURCE: [&str; 27] = [
    "acm:listcertificates",
    "autoscaling:describe*",
    "cloudfront:listdistributions",
    "cloudwatch:getmetricdata",
    "cloudwatch:getmetricstatistics",
    "cloudwatch:listmetrics",
    "cloudwatch:putmetricdata",
    "cognito-idp:createuserpool",
    "cognito-idp:listuserpools",
    "dynamodb:listtables",
    "ec2:describe*",
    "ecr:getauthorizationtoken",
    "ecs:listclusters",
    "elasticloadbalancing:describe*",
    "kms:createkey",
    "kms:listaliases",
    "kms:listkeys",
    "lambda:listfunctions",
    "route53:createhostedzone",
    "route53:listhostedzones*",
    "s3:listallmybuckets",
    "secretsmanager:getrandompassword",
    "secretsmanager:listsecrets",
    "sns:listtopics",
    "sqs:listqueues",
    "ssm:describeparameters",
    "xray:put*",
];

/// Whether an action knows no resources.
pub(super) fn knows_no_resources(action: &str) -> bool {
    let lower = action.to_ascii_lowercase();
    WITHOUT_RESOURCE
        .iter()
        .any(|known| match known.strip_suffix('*') {
            Some(beginning) => lower.starts_with(beginning),
            None => lower == *known,
        })
}

/// The call as IAM writes it.
pub(super) fn action(record: &TrailRecord) -> String {
    let operation = record.operation();
    let name = match record.service() {
        "s3" => OF_S3
            .iter()
            .find(|(name, _)| *name == operation)
            .map(|(_, name)| *name),
        "lambda" if operation == "Invoke" => Some("InvokeFunction"),
        _ => None,
    };
    let service = match record.service() {
        "monitoring" => "cloudwatch",
        "tagging" => "tag",
        service => service,
    };
    format!("{service}:{}", name.unwrap_or(operation))
}

/// The ARN of what a call was on: of a bucket or an object by their names, else the only ARN of the action's service
/// that the record lists or the request holds.
pub(super) fn resource(record: &TrailRecord, action: &str) -> Option<String> {
    let (service, name) = action::parts(action)?;
    if service == "s3" {
        return of_s3(record, name);
    }
    let value: Value = serde_json::from_str(&record.raw).ok()?;
    let listed = value.get("resources").and_then(Value::as_array);
    let listed = listed.into_iter().flatten();
    let listed = listed.filter_map(|one| one.get("ARN").or_else(|| one.get("arn"))?.as_str());
    let asked = value.get("requestParameters").and_then(Value::as_object);
    let asked = asked.into_iter().flat_map(|members| members.values());
    let asked = asked.filter_map(Value::as_str);
    only(listed, service)
        .or_else(|| only(asked, service))
        .map(literal)
}

/// The only ARN of a service among texts.
fn only<'a>(texts: impl Iterator<Item = &'a str>, service: &str) -> Option<&'a str> {
    let mut arns: Vec<&str> = texts.filter(|text| Arn::is_of(text, service)).collect();
    arns.sort_unstable();
    arns.dedup();
    match arns.as_slice() {
        [only] => Some(only),
        _ => None,
    }
}

fn of_s3(record: &TrailRecord, name: &str) -> Option<String> {
    let bucket = record.requested(&["bucketName"])?;
    let partition = partition(record);
    let of_bucket = format!("arn:{partition}:s3:::{}", literal(&bucket));
    if !is_on_objects(name) {
        return Some(of_bucket);
    }
    // A star in a key stands for itself.
    let key = literal(&record.requested(&["key"])?).replace('*', "${*}");
    Some(format!("{of_bucket}/{key}"))
}

/// Whether an action of S3 is on objects and not on their bucket.
fn is_on_objects(name: &str) -> bool {
    let by_name = name.contains("Object") && !name.starts_with("List") && !name.contains("BucketObjectLock");
    by_name || ["AbortMultipartUpload", "ListMultipartUploadParts"].contains(&name)
}

fn partition(record: &TrailRecord) -> &str {
    let of_caller = record.identity.arn.as_deref().and_then(Arn::parse);
    of_caller.map_or_else(|| of_region(&record.region), |arn| arn.partition)
}

fn of_region(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "aws-cn"
    } else if region.starts_with("us-gov-") {
        "aws-us-gov"
    } else {
        "aws"
    }
}
