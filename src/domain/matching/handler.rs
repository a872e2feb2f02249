//! Which calls the handler of a resource type makes: `ec2:CreateVpc` and `ec2:ModifyVpcAttribute` for
//! `AWS::EC2::VPC`.
//!
//! The operation's name is taken apart into its verb and what it works on; that must be the type's own noun, alone
//! or with a part of it behind (`BucketPolicy` of a bucket). What cannot be read out of the names is listed.

use super::super::status::Operation;

/// What a call does to what it works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Makes,
    Changes,
    Takes,
    Reads,
}

/// Verbs that make something or put it into its place.
const MAKES: [&str; 21] = [
    "Create",
    "Put",
    "Run",
    "Register",
    "Request",
    "Allocate",
    "Add",
    "Attach",
    "Associate",
    "Import",
    "Provision",
    "Launch",
    "Subscribe",
    "Authorize",
    "Publish",
    "Restore",
    "Copy",
    "Start",
    "Grant",
    "Issue",
    "Open",
];
const CHANGES: [&str; 13] = [
    "Update",
    "Modify",
    "Set",
    "Change",
    "Reset",
    "Replace",
    "Upgrade",
    "Enable",
    "Configure",
    "Apply",
    "Rotate",
    "Tag",
    "Reboot",
];
/// Verbs that take away, whatever it is that goes.
pub(super) const TAKES: [&str; 16] = [
    "Delete",
    "Remove",
    "Terminate",
    "Deregister",
    "Release",
    "Detach",
    "Disassociate",
    "Disable",
    "Revoke",
    "Untag",
    "Unsubscribe",
    "Schedule",
    "Cancel",
    "Close",
    "Stop",
    "Purge",
];
/// Verbs that only look.
pub(super) const READS: [&str; 6] = ["Describe", "Get", "List", "Head", "Check", "Search"];

/// What may stand behind a type's noun and is still a part of the resource, not one of another type.
const PARTS: [&str; 54] = [
    "accelerateconfiguration",
    "accesscontrollist",
    "acl",
    "analyticsconfiguration",
    "assumerolepolicy",
    "attribute",
    "attributes",
    "autoscaling",
    "capacity",
    "code",
    "codesigningconfig",
    "concurrency",
    "config",
    "configuration",
    "cors",
    "deletion",
    "deletionprotection",
    "description",
    "egress",
    "encryption",
    "endpointconfig",
    "eventinvokeconfig",
    "ingress",
    "lifecycle",
    "lifecycleconfiguration",
    "logging",
    "metricsconfiguration",
    "monitoring",
    "notification",
    "notificationconfiguration",
    "notifications",
    "options",
    "ownershipcontrols",
    "parameters",
    "permissionsboundary",
    "policies",
    "policy",
    "properties",
    "publicaccessblock",
    "readreplica",
    "replication",
    "replicationconfiguration",
    "retention",
    "rotation",
    "rulegroup",
    "rules",
    "setting",
    "settings",
    "tagging",
    "tags",
    "ttl",
    "version",
    "versioning",
    "website",
];

/// Calls of a type's handler that do not have the type's noun in their names.
///
/// Source: the permissions that the types' public schemas list for their handlers, and the API references.
#[rustfmt::skip]
const OTHERS: [(&str, &[&str]); 60] = [
    ("AWS::ApiGateway::Account", &["UpdateAccount"]),
    ("AWS::ApiGateway::Method", &["PutMethodResponse", "PutIntegration", "PutIntegrationResponse", "DeleteIntegration"]),
    ("AWS::ApiGateway::RestApi", &["ImportRestApi", "PutRestApi"]),
    ("AWS::ApiGatewayV2::Api", &["ImportApi", "ReimportApi"]),
    ("AWS::ApplicationAutoScaling::ScalingPolicy", &["PutScalingPolicy"]),
    ("AWS::AutoScaling::AutoScalingGroup", &["PutNotificationConfiguration", "PutLifecycleHook", "EnableMetricsCollection", "AttachLoadBalancerTargetGroups"]),
    ("AWS::CertificateManager::Certificate", &["AddTagsToCertificate"]),
    ("AWS::CloudFront::CloudFrontOriginAccessIdentity", &["CreateCloudFrontOriginAccessIdentity"]),
    ("AWS::CloudTrail::Trail", &["StartLogging", "StopLogging", "PutEventSelectors"]),
    ("AWS::CloudWatch::Alarm", &["PutMetricAlarm", "DeleteAlarms", "DescribeAlarms"]),
    ("AWS::CloudWatch::CompositeAlarm", &["DeleteAlarms", "DescribeAlarms"]),
    ("AWS::CodePipeline::Webhook", &["RegisterWebhookWithThirdParty"]),
    ("AWS::Config::ConfigurationRecorder", &["StartConfigurationRecorder"]),
    ("AWS::DynamoDB::GlobalTable", &["CreateTable", "UpdateTable", "DeleteTable", "UpdateTimeToLive", "UpdateContinuousBackups", "UpdateTableReplicaAutoScaling", "TagResource"]),
    ("AWS::DynamoDB::Table", &["UpdateTimeToLive", "UpdateContinuousBackups", "UpdateContributorInsights", "EnableKinesisStreamingDestination", "ImportTable", "PutResourcePolicy"]),
    ("AWS::EC2::EIP", &["AllocateAddress", "AssociateAddress", "DisassociateAddress", "ReleaseAddress", "DescribeAddresses"]),
    ("AWS::EC2::EIPAssociation", &["AssociateAddress", "DisassociateAddress"]),
    ("AWS::EC2::Instance", &["AssociateIamInstanceProfile", "ModifyInstanceMetadataOptions"]),
    ("AWS::EC2::SubnetNetworkAclAssociation", &["ReplaceNetworkAclAssociation"]),
    ("AWS::EC2::SubnetRouteTableAssociation", &["AssociateRouteTable", "DisassociateRouteTable", "ReplaceRouteTableAssociation"]),
    ("AWS::EC2::TransitGatewayAttachment", &["CreateTransitGatewayVpcAttachment", "ModifyTransitGatewayVpcAttachment", "DeleteTransitGatewayVpcAttachment"]),
    ("AWS::EC2::VPCCidrBlock", &["AssociateVpcCidrBlock", "DisassociateVpcCidrBlock"]),
    ("AWS::EC2::VPCDHCPOptionsAssociation", &["AssociateDhcpOptions"]),
    ("AWS::EC2::VPCGatewayAttachment", &["AttachInternetGateway", "DetachInternetGateway", "AttachVpnGateway", "DetachVpnGateway"]),
    ("AWS::EC2::VolumeAttachment", &["AttachVolume", "DetachVolume"]),
    ("AWS::ECR::Repository", &["PutLifecyclePolicy", "PutImageScanningConfiguration", "PutImageTagMutability"]),
    ("AWS::ECS::Cluster", &["PutClusterCapacityProviders"]),
    ("AWS::EFS::MountTarget", &["ModifyMountTargetSecurityGroups"]),
    ("AWS::EKS::Nodegroup", &["UpdateNodegroupVersion"]),
    ("AWS::EMR::Cluster", &["RunJobFlow", "TerminateJobFlows"]),
    ("AWS::ElastiCache::ParameterGroup", &["CreateCacheParameterGroup", "ModifyCacheParameterGroup", "DeleteCacheParameterGroup"]),
    ("AWS::ElastiCache::SubnetGroup", &["CreateCacheSubnetGroup", "ModifyCacheSubnetGroup", "DeleteCacheSubnetGroup"]),
    ("AWS::ElasticLoadBalancingV2::ListenerRule", &["CreateRule", "ModifyRule", "DeleteRule", "SetRulePriorities"]),
    ("AWS::ElasticLoadBalancingV2::LoadBalancer", &["SetSecurityGroups", "SetSubnets", "SetIpAddressType"]),
    ("AWS::ElasticLoadBalancingV2::TargetGroup", &["RegisterTargets", "DeregisterTargets"]),
    ("AWS::Elasticsearch::Domain", &["CreateElasticsearchDomain", "UpdateElasticsearchDomainConfig", "DeleteElasticsearchDomain"]),
    ("AWS::Events::EventBusPolicy", &["PutPermission", "RemovePermission"]),
    ("AWS::Events::Rule", &["PutTargets", "RemoveTargets"]),
    ("AWS::IAM::ManagedPolicy", &["CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "AttachRolePolicy", "AttachUserPolicy", "AttachGroupPolicy", "DetachRolePolicy"]),
    ("AWS::IAM::OIDCProvider", &["CreateOpenIDConnectProvider", "DeleteOpenIDConnectProvider"]),
    ("AWS::IAM::Policy", &["PutRolePolicy", "PutUserPolicy", "PutGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "DeleteGroupPolicy"]),
    ("AWS::IAM::Role", &["UpdateAssumeRolePolicy", "AttachRolePolicy", "DetachRolePolicy"]),
    ("AWS::IAM::InstanceProfile", &["AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile"]),
    ("AWS::IAM::UserToGroupAddition", &["AddUserToGroup", "RemoveUserFromGroup"]),
    ("AWS::IoT::PolicyPrincipalAttachment", &["AttachPolicy", "DetachPolicy"]),
    ("AWS::Kinesis::Stream", &["IncreaseStreamRetentionPeriod", "DecreaseStreamRetentionPeriod", "UpdateShardCount"]),
    ("AWS::Lambda::Permission", &["AddPermission", "RemovePermission"]),
    ("AWS::Lambda::Url", &["CreateFunctionUrlConfig", "UpdateFunctionUrlConfig", "DeleteFunctionUrlConfig"]),
    ("AWS::Lambda::EventInvokeConfig", &["PutFunctionEventInvokeConfig", "DeleteFunctionEventInvokeConfig"]),
    ("AWS::Logs::LogGroup", &["PutRetentionPolicy", "AssociateKmsKey", "DisassociateKmsKey"]),
    ("AWS::OpenSearchService::Domain", &["CreateElasticsearchDomain", "UpdateDomainConfig"]),
    ("AWS::RDS::DBCluster", &["RestoreDBClusterFromSnapshot", "RestoreDBClusterToPointInTime", "AddRoleToDBCluster"]),
    ("AWS::RDS::DBInstance", &["RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime", "AddRoleToDBInstance"]),
    ("AWS::Route53::RecordSet", &["ChangeResourceRecordSets"]),
    ("AWS::Route53::RecordSetGroup", &["ChangeResourceRecordSets"]),
    ("AWS::SNS::Subscription", &["Subscribe", "Unsubscribe", "SetSubscriptionAttributes"]),
    ("AWS::SNS::TopicPolicy", &["SetTopicAttributes"]),
    ("AWS::SQS::QueuePolicy", &["SetQueueAttributes"]),
    ("AWS::SecretsManager::RotationSchedule", &["RotateSecret", "CancelRotateSecret"]),
    ("AWS::WAFv2::WebACLAssociation", &["AssociateWebACL", "DisassociateWebACL"]),
];

/// Whether the handler of this resource type makes a call of this name when it does this to a resource. That the
/// call goes to the type's own service is for the caller to see to.
pub(super) fn calls(resource_type: &str, doing: Operation, operation: &str) -> bool {
    let listed = OTHERS.iter().find(|(named, _)| *named == resource_type);
    let Some((deed, object)) = taken_apart(operation) else {
        return listed.is_some_and(|(_, names)| names.contains(&operation));
    };
    let in_turn = match doing {
        Operation::Create => deed != Deed::Takes,
        Operation::Delete => deed != Deed::Makes,
        _ => true,
    };
    let by_list = listed.is_some_and(|(_, names)| names.contains(&operation));
    in_turn && (by_list || works_on(resource_type, object))
}

/// What kind of thing a type is, in lower case: `vpc` of `AWS::EC2::VPC`.
pub(super) fn noun(resource_type: &str) -> Option<String> {
    let name = resource_type.split("::").nth(2)?;
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// Whether this is one of the type's kind, or a part of one.
fn works_on(resource_type: &str, object: &str) -> bool {
    let Some(noun) = noun(resource_type) else {
        return false;
    };
    let object = object.to_ascii_lowercase();
    let Some(rest) = object.strip_prefix(noun.as_str()) else {
        return is_plural(&object, &noun);
    };
    let rest = rest
        .strip_prefix('s')
        .filter(|rest| rest.is_empty())
        .unwrap_or(rest);
    rest.is_empty() || rest == "es" || rest.starts_with("with") || is_version(rest) || PARTS.contains(&rest)
}

fn is_plural(object: &str, noun: &str) -> bool {
    let stem = noun.strip_suffix('y');
    stem.is_some_and(|stem| object.strip_prefix(stem) == Some("ies"))
}

fn is_version(rest: &str) -> bool {
    let digits = rest.strip_prefix('v').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// The deed and the object of an operation: `CreateVpc` makes a `Vpc`.
fn taken_apart(operation: &str) -> Option<(Deed, &str)> {
    let after_verb = operation
        .char_indices()
        .skip(1)
        .find(|(_, letter)| letter.is_ascii_uppercase())
        .map(|(at, _)| at)?;
    let (verb, object) = operation.split_at_checked(after_verb)?;
    let deed = if MAKES.contains(&verb) {
        Deed::Makes
    } else if CHANGES.contains(&verb) {
        Deed::Changes
    } else if TAKES.contains(&verb) {
        Deed::Takes
    } else if READS.contains(&verb) {
        Deed::Reads
    } else {
        return None;
    };
    Some((deed, object))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_calls_of_a_handler_are_known_by_verb_and_noun() {
        for (resource_type, operation) in [
            ("AWS::EC2::VPC", "CreateVpc"),
            ("AWS::EC2::VPC", "ModifyVpcAttribute"),
            ("AWS::EC2::Instance", "RunInstances"),
            ("AWS::RDS::DBInstance", "CreateDBInstance"),
            ("AWS::S3::Bucket", "PutBucketEncryption"),
            ("AWS::S3::BucketPolicy", "PutBucketPolicy"),
            ("AWS::IAM::Role", "PutRolePolicy"),
            ("AWS::IAM::Policy", "PutRolePolicy"),
            ("AWS::MSK::ServerlessCluster", "CreateServerlessCluster"),
            ("AWS::MSK::Cluster", "CreateClusterV2"),
            ("AWS::CloudFront::Distribution", "CreateDistributionWithTags"),
            ("AWS::ECS::TaskDefinition", "RegisterTaskDefinition"),
            ("AWS::KMS::Key", "EnableKeyRotation"),
            ("AWS::SNS::Subscription", "Subscribe"),
            ("AWS::EC2::FlowLog", "CreateFlowLogs"),
            ("AWS::StepFunctions::Activity", "CreateActivity"),
            ("AWS::EC2::SecurityGroup", "AuthorizeSecurityGroupIngress"),
        ] {
            assert!(
                calls(resource_type, Operation::Create, operation),
                "{resource_type} {operation}"
            );
        }
        assert!(calls("AWS::EC2::VPC", Operation::Delete, "DeleteVpc"));
        assert!(calls("AWS::KMS::Key", Operation::Delete, "ScheduleKeyDeletion"));
    }

    #[test]
    fn another_things_calls_are_not_a_handlers_for_the_names_likeness() {
        for (resource_type, operation) in [
            ("AWS::EC2::Route", "CreateRouteTable"),
            ("AWS::EC2::VPC", "CreateVpcEndpoint"),
            ("AWS::EC2::VPC", "CreateVpcPeeringConnection"),
            ("AWS::EC2::Subnet", "CreateVpc"),
            ("AWS::SNS::Topic", "Subscribe"),
            ("AWS::RDS::DBInstance", "CreateDBCluster"),
            ("AWS::Lambda::Function", "AddPermission"),
            ("AWS::Connect::Instance", "CreateQueue"),
            ("AWS::ApiGateway::Resource", "CreateResourceServer"),
            ("Custom::Vpc", "CreateVpc"),
        ] {
            assert!(
                !calls(resource_type, Operation::Create, operation),
                "{resource_type} {operation}"
            );
        }
        assert!(!calls("AWS::EC2::VPC", Operation::Create, "DeleteVpc"));
        assert!(!calls("AWS::EC2::VPC", Operation::Delete, "CreateVpc"));
    }
}
